"""Checks that the sound of songs obeys the words of prompts: python scripts/evaluate_obedience.py [words|knobs|moods]

Ten short songs of ten styles. For the texture every song is played and sung once, dry; then it is mixed as the
prompts "STYLE song, WORD" ask, for every word of configs/prompt/sound.toml, and the measure of the word's knob must
have moved to its side of the plain prompt's ("words"), and strictly step by step from one end of each knob to the
other ("knobs"). For the moods ("moods") the whole song is made again as "a MOOD STYLE song", and opposites are
compared. For the texture, the sources stop dead before the end of the excerpt that is mixed, so that the room is
heard alone.

`--songs N` takes the first N songs, `--work FOLDER` keeps the dry songs for the next time.
"""

from __future__ import annotations

import argparse
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from songsmith.audio import Audio
from songsmith.brief import Texture
from songsmith.mix import BackingVoice, MixSettings, PartSettings, mix
from songsmith.mixing.measures import texture_measures

ROOT = Path(__file__).parents[1]
RATE = 44100
SOUND_S, TAIL_S = 8.0, 4.0
STEPS = tuple(round(k / 3, 3) for k in range(-3, 4))
KNOBS = tuple(field.name for field in fields(Texture))
LATE_S = 0.05
LEAST_CHANGE = 0.002
"""Share of itself that a measure must move by to count."""

TEXTS = {
    "paper boat": """[Verse]
I fold a boat of morning news
And set it on the rain
The gutter takes it past our shoes
And past the window pane
[Chorus]
Sail away my paper boat
Sail beyond the street
Anything that stays afloat
Carries something sweet""",
    "neon harbor": """[Verse]
Headlights on the water line
Numbers on the dash
Every sign is spelling mine
Every wave a flash
[Chorus]
Neon harbor call me in
Turn the night to gold
Let the second hand begin
Never growing old""",
    "back porch": """[Verse]
Mama hums behind the screen
Peaches in a bowl
Sunday shirt as white and clean
As Sunday on the soul
[Chorus]
Come and sit a while with me
Let the evening start
There is room upon the step
There is room at heart""",
}
SONGS = (  # name of an example or text, style, seed
    ("ballad_half_the_house", "ballad", 1),
    ("rock_copper_wire", "rock", 2),
    ("paper boat", "pop", 3),
    ("house_open_window", "house", 4),
    ("folk_ferry_light", "folk", 5),
    ("lofi_laundry_room", "lofi", 6),
    ("bossa_lemon_street", "bossa", 7),
    ("neon harbor", "synthwave", 8),
    ("waltz_clockmaker", "country", 9),
    ("back porch", "soul", 10),
)
OPPOSITES = (("melancholic", "happy"), ("sad", "happy"), ("calm", "energetic"), ("dark", "bright"))
SIDES = ("slower", "lower", "minor", "darker", "sparser")
ASKED = {  # what each pair of opposites must differ in
    ("melancholic", "happy"): ("slower", "lower", "minor", "darker"),
    ("sad", "happy"): ("slower", "lower", "minor", "darker"),
    ("calm", "energetic"): ("slower", "darker", "sparser"),
    ("dark", "bright"): ("minor", "darker"),
}


def sheet(name: str) -> str:
    """Return a verse and a chorus of a sheet."""
    if name in TEXTS:
        return TEXTS[name]
    text = (ROOT / "lyrics" / "examples" / f"{name}.txt").read_text()
    blocks = [block.strip() for block in text.split("\n\n") if "\n" in block.strip()]
    sung = [block for block in blocks if block.startswith("[")]
    verse = next(block for block in sung if "verse" in block.lower())
    chorus = next((block for block in sung if "chorus" in block.lower()), sung[1])
    return f"{verse}\n\n{chorus}"


@dataclass(frozen=True, slots=True, eq=False)
class DryExcerpt:
    """What the mixer takes of a song: seconds in which the voice sings, and silence after them."""

    vocal: Audio
    stems: dict[str, Audio]
    parts: dict[str, PartSettings]
    voices: list[BackingVoice]
    settings: MixSettings

    def measured(self, texture: Texture) -> dict[str, float]:
        """Mix at a texture; return the measures that its knobs move."""
        mixed = mix(self.vocal, self.stems, self.settings, self.parts, texture, voices=self.voices)
        found = texture_measures(mixed.mix)
        # Hiss goes on when the band stops: it would be measured instead of the room.
        hiss = mixed.stems["noise"].samples if "noise" in mixed.stems else np.float32(0.0)
        return {
            "centroid": found.centroid_hz,
            "side/mid": found.side_to_mid,
            "ringing": ringing_db(mixed.mix.samples - hiss),
            "bandwidth": found.bandwidth_hz,
            "noise": found.noise_floor_db,
        }


def dry_excerpt(
    name: str, style: str, seed: int, folder: Path | None, sound_s: float = SOUND_S, tail_s: float = TAIL_S
) -> DryExcerpt:
    """Play and sing a song, dry; return so much from its first sung note on, and so much silence after it."""
    from songsmith.accompaniment.palette import part_styles
    from songsmith.accompaniment.render import render_parts
    from songsmith.accompaniment.soundfont import find_soundfont, load_soundfont
    from songsmith.cache import Cache
    from songsmith.paper import write_paper
    from songsmith.vocals import Studio, fit

    paper = write_paper(f"a {style} song", sheet(name), seed, style=style)
    parts, timeline = paper.accompaniment.parts, paper.accompaniment.timeline
    kept = folder / f"{style}-{seed}.npz" if folder else None
    if kept is not None and kept.is_file():
        sounds = dict(np.load(kept))
    else:
        frames = int(timeline.beats[-1] * RATE)
        stems = render_parts(parts, timeline, load_soundfont(find_soundfont(None)), RATE, frames, 1)
        studio = Studio(seed, Cache(None), 1)
        vocal = fit(studio.sing_lead(paper.performance, paper.lyrics, paper.cast), frames)
        start = round(timeline.seconds(paper.score.notes[0].onset) * RATE)
        sounds = {"vocal": vocal.samples, **{f"stem {key}": stem.samples for key, stem in stems.items()}}
        sounds |= {
            f"voice {voice.pan} {voice.level_db} {number}": voice.audio.samples
            for number, voice in enumerate(studio.sing_parts(paper.voices, frames))
        }
        sounds = {key: samples[:, start : start + round(sound_s * RATE)] for key, samples in sounds.items()}
        if kept is not None:
            np.savez(kept, **sounds)
    stopped = {key: Audio(np.pad(part, ((0, 0), (0, round(tail_s * RATE)))), RATE) for key, part in sounds.items()}
    return DryExcerpt(
        vocal=stopped["vocal"],
        stems={key[5:]: audio for key, audio in stopped.items() if key.startswith("stem ")},
        parts={
            key: PartSettings(gain_db=part.gain_db, pan=part.pan, reverb=part.reverb)
            for key, part in part_styles(parts, paper.style).items()
        },
        voices=[
            BackingVoice(audio, float(key.split()[1]), float(key.split()[2]))
            for key, audio in stopped.items()
            if key.startswith("voice ")
        ],
        settings=MixSettings.load(paper.style.mix),
    )


def ringing_db(samples: np.ndarray) -> float:
    """Return the energy from 50 ms after the sources stop, over that of a second before.

    The slope of the decay alone would not do: a dry mix falls in steps, from echo to echo.
    """
    energies = (samples.astype(np.float64) ** 2).sum(axis=0)
    stop, late = round(SOUND_S * RATE), round((SOUND_S + LATE_S) * RATE)
    return float(10.0 * np.log10(energies[late:].sum() / (RATE * energies[:stop].mean()) + 1e-12))


def words() -> list[tuple[str, str, float]]:
    """Return the words for the sound of a mix: knob, word, how far it is to move."""
    tables = tomllib.loads((ROOT / "configs" / "prompt" / "sound.toml").read_text())
    return [(knob, word, value) for knob in KNOBS for word, value in tables[knob]["words"].items()]


def asked_texture(style: str, word: str, seed: int) -> Texture:
    """Return the texture that a prompt in a style asks for, with a word or without."""
    from songsmith.prompt import Overrides, understand

    prompt = f"{style} song, {word}" if word else f"{style} song"
    return understand(prompt, seed, Overrides(style=style)).brief.texture


def moved(knob: str, value: float, before: dict[str, float], after: dict[str, float]) -> bool:
    """Tell whether the measure of a knob moved to the side that a value asks for."""

    def change(measure: str) -> float:
        return (after[measure] - before[measure]) / max(1e-3, abs(before[measure]))

    if knob == "lofi" and value > 0:
        return change("bandwidth") < -LEAST_CHANGE and change("noise") > LEAST_CHANGE
    measure = {"brightness": "centroid", "width": "side/mid", "reverb": "ringing", "lofi": "bandwidth"}[knob]
    side = np.sign(value) * (-1 if knob == "lofi" else 1)
    return bool(side * change(measure) > LEAST_CHANGE)


def check_words(songs: list[tuple[str, str, int]], folder: Path | None) -> list[str]:
    """Return what disobeys: words by knob, song by song; print the table."""
    wrong: list[str] = []
    right: dict[tuple[str, bool], list[bool]] = {}
    for name, style, seed in songs:
        dry = dry_excerpt(name, style, seed, folder)
        known: dict[Texture, dict[str, float]] = {}
        plain = asked_texture(style, "", seed)
        known[plain] = dry.measured(plain)
        for knob, word, value in words():
            texture = asked_texture(style, word, seed)
            if texture not in known:
                known[texture] = dry.measured(texture)
            good = moved(knob, value, known[plain], known[texture])
            right.setdefault((knob, value > 0), []).append(good)
            if not good:
                wrong.append(
                    f"{style}: {word!r} ({knob} {value:+g}): {known[plain]} -> {known[texture]} at {texture}"
                )
        own = [line for line in wrong if line.startswith(f"{style}:")]
        print(
            f"{style:10} {len(words())} words, {len(known)} textures, {len(own)} wrong", *own, sep="\n  ", flush=True
        )
    print("\n| knob | words | right |\n|---|---|---|")
    for (knob, up), found in right.items():
        print(f"| {knob} {'up' if up else 'down'} | {len(found) // len(songs)} | {sum(found)} of {len(found)} |")
    return wrong


def _line(measures: dict[str, float]) -> str:
    return " ".join(f"{name} {value:.3g}" for name, value in measures.items())


def check_knobs(songs: list[tuple[str, str, int]], folder: Path | None) -> list[str]:
    """Return the knobs whose measure does not rise or fall at every step; print the mean of every measure."""
    wrong: list[str] = []
    tables: dict[tuple[str, str], list[list[float]]] = {}
    for name, style, seed in songs:
        dry = dry_excerpt(name, style, seed, folder)
        middle = dry.measured(Texture())
        for knob, measure, side in (
            ("brightness", "centroid", 1),
            ("width", "side/mid", 1),
            ("reverb", "ringing", 1),
            ("lofi", "bandwidth", -1),
            ("lofi", "noise", 1),
        ):
            if measure != "noise":
                found = [middle if step == 0 else dry.measured(Texture(**{knob: step})) for step in STEPS]
            row = [one[measure] for one in found]
            tables.setdefault((knob, measure), []).append(row)
            steps = side * np.diff(row)
            # Noise is only ever added: below 0 there is none to take away, but that of a preset.
            if not (steps[3 if measure == "noise" else 0 :] > 0).all() or not (steps >= 0).all():
                wrong.append(f"{style}: {knob} -> {measure}: {', '.join(f'{value:.4g}' for value in row)}")
        print(f"{style:10} done", flush=True)
    print(f"\n| knob: measure | {' | '.join(f'{step:+.2f}' for step in STEPS)} | monotone |")
    print("|---" * (len(STEPS) + 2) + "|")
    for (knob, measure), rows in tables.items():
        bad = sum(f"{knob} -> {measure}:" in line for line in wrong)
        means = " | ".join(f"{value:.3g}" for value in np.mean(rows, axis=0))
        print(f"| {knob}: {measure} | {means} | {len(rows) - bad} of {len(rows)} |")
    return wrong


@dataclass(frozen=True, slots=True)
class Heard:
    """What a song is like.

    Parameters
    ----------
    pitch : mean MIDI number of the tune and the band's pitched notes, by the time they last
    is_minor : the key that the notes sound in
    brightness : the mix's centroid in Hz; on paper the knob of the texture
    density : the band's notes a second
    """

    tempo: float
    pitch: float
    is_minor: bool
    brightness: float
    density: float

    def against(self, other: Heard) -> dict[str, bool]:
        """Tell in what this is the sadder or calmer of two."""
        return {
            "slower": self.tempo < other.tempo,
            "lower": self.pitch < other.pitch,
            "minor": self.is_minor and not other.is_minor,
            "darker": self.brightness < other.brightness,
            "sparser": self.density < other.density,
        }


def heard(mood: str, name: str, style: str, seed: int, sounding: bool = True) -> Heard:
    """Make a song of a mood, with its sound or on paper only, and measure it."""
    from songsmith.evaluation.harmony import pitch_class_weights
    from songsmith.keyfinding import estimate_key
    from songsmith.paper import write_paper
    from songsmith.pipeline import render

    paper = write_paper(f"a {mood} {style} song", sheet(name), seed, style=style)
    band = [note for part in paper.accompaniment.parts if not part.is_drum for note in part.notes]
    notes = [(note.pitch, note.duration) for note in (*paper.score.notes, *band)]
    pitches, durations = np.asarray(notes).T
    is_minor = paper.plan.key.endswith("minor")
    brightness = paper.brief.texture.brightness
    if sounding:
        song = render(paper, workers=1)
        key = estimate_key(pitch_class_weights(song))
        is_minor = key is not None and key.is_minor
        brightness = texture_measures(song.read_audio().mix).centroid_hz
    seconds = paper.accompaniment.timeline.seconds(float(paper.plan.beats))
    played = sum(len(part.notes) for part in paper.accompaniment.parts)
    return Heard(
        tempo=paper.plan.tempo,
        pitch=float((pitches * durations).sum() / durations.sum()),
        is_minor=is_minor,
        brightness=brightness,
        density=played / seconds,
    )


def check_moods(songs: list[tuple[str, str, int]], folder: Path | None) -> list[str]:
    """Return what opposite moods do not differ in; print every song and the table."""
    wrong: list[str] = []
    moods = tuple(dict.fromkeys(mood for pair in OPPOSITES for mood in pair))
    counts = {pair: dict.fromkeys(SIDES, 0) for pair in OPPOSITES}
    for name, style, seed in songs:
        found = {mood: heard(mood, name, style, seed) for mood in moods}
        for mood, one in found.items():
            print(
                f"{style:10} {mood:12} {one.tempo:5.0f} BPM  pitch {one.pitch:5.2f}  "
                f"{'minor' if one.is_minor else 'major'}  {one.brightness:5.0f} Hz  {one.density:4.1f} notes/s",
                flush=True,
            )
        for pair in OPPOSITES:
            first, second = pair
            for side, is_so in found[first].against(found[second]).items():
                counts[pair][side] += is_so
                if side in ASKED[pair] and not is_so:
                    wrong.append(f"{style}: {first} is not {side} than {second}: {found[first]}, {found[second]}")
    print(f"\n| opposites | {' | '.join(SIDES)} |\n|{'---|' * (len(SIDES) + 1)}")
    for (first, second), sides in counts.items():
        cells = (
            f"{count} of {len(songs)}{'' if side in ASKED[first, second] else ' (not asked)'}"
            for side, count in sides.items()
        )
        print(f"| {first}, {second} | {' | '.join(cells)} |")
    return wrong


CHECKS = {"words": check_words, "knobs": check_knobs, "moods": check_moods}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checks", nargs="*", choices=[*CHECKS, []], default=[], help="all where none is named")
    parser.add_argument("--songs", type=int, default=len(SONGS))
    parser.add_argument("--work", type=Path)
    options = parser.parse_args()
    if options.work is not None:
        options.work.mkdir(parents=True, exist_ok=True)
    wrong = [
        line
        for check in options.checks or CHECKS
        for line in CHECKS[check](list(SONGS[: options.songs]), options.work)
    ]
    print(f"\n{len(wrong)} wrong", *wrong, sep="\n  ")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
