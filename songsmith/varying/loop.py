"""Loops: some bars of a song as music that goes on from its end to its beginning, at one or several energies.

The last bars are drawn again between those before them and the first, so that they lead back. What rings past the
end sounds in the beginning, and the mix is that of a second round, so that reverb and limiter go on over the seam.
Loops of one set have the same bars, chords, players and length: one can be faded into another at any moment. Nobody
sings in a loop.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lyrics.text import printable
from lyrics.values import Lyrics
from songsmith import __version__
from songsmith.accompaniment import accompanist_backend
from songsmith.accompaniment.latent.band import settings, stem_of
from songsmith.accompaniment.latent.generator import Generator
from songsmith.accompaniment.latent.playing import finish
from songsmith.accompaniment.latent.revising import played_in, read_notes
from songsmith.accompaniment.latent.rolls import PARTS
from songsmith.accompaniment.palette import LEAD
from songsmith.accompaniment.parts import Accompaniment, Part
from songsmith.accompaniment.render import render_parts
from songsmith.accompaniment.soundfont import find_soundfont, load_soundfont
from songsmith.audio import Audio
from songsmith.cast import cast_voices
from songsmith.errors import InputError
from songsmith.mix import MIX_SAMPLE_RATE, DefaultMixer, MixSettings
from songsmith.mixing.loudness import loudness_lufs
from songsmith.paper import paper_of, song_of
from songsmith.pipeline import Progress, channels_of
from songsmith.plan import Plan
from songsmith.score import Score
from songsmith.singing.voices import load_voice
from songsmith.song import Backend, Mix, Provenance, Song
from songsmith.styles import load_style
from songsmith.threads import single_threaded
from songsmith.timeline import Timeline
from songsmith.units import db_to_gain
from songsmith.varying.request import Request, chosen_bars

SHORTEST_BARS, LONGEST_BARS = 4, 64
RING_S = 6.0
"""How long a note may ring past the end of a loop."""

SPARE_S = 2.0
"""Of a third round, which the mixer fades out."""

LEVEL_AMOUNT = 0.5
"""Share of noise with which a loop is played at another energy: what is played stays recognisable."""

QUIETEST_DB = -9.0


@dataclass(frozen=True, slots=True)
class Seam:
    """How the end of a loop goes on in its beginning.

    Parameters
    ----------
    step : between its last and first sample, against the largest step between neighbours elsewhere
    flux : change of the spectrum over the seam, against the largest at any other bar line
    """

    step: float
    flux: float


@single_threaded()
def make_loops(
    song: Song,
    *,
    section: str | None = None,
    bars: tuple[int, int] | None = None,
    levels: Mapping[str, float] | None = None,
    seed: int = 0,
    guidance: float | None = None,
    soundfont: str | Path | None = None,
    workers: int = 2,
    progress: Progress | None = None,
) -> dict[str, Song]:
    """Return loops of a song as instrumentals by the name of their level, under `loop` where no levels are asked for.

    Parameters
    ----------
    section, bars : which bars, as in `Request`; by default the first of its sections with most energy
    levels : name to energy, 0 to 1; None for the bars as they are played in the song
    seed : another seed gives another way back
    guidance : see `Request`

    Raises
    ------
    InputError : for bars that cannot be looped, and energies that cannot be
    """
    request = Request("all", 1.0, None, section, bars, seed, guidance)
    first, last = _bars(song, request)
    for name, energy in (levels or {}).items():
        if not (math.isfinite(energy) and 0.0 <= energy <= 1.0):
            raise InputError(f"energy {energy:g} of {printable(name)[:40]!r} is not possible: use 0 to 1")
    tell = progress or (lambda stage, share: None)
    plan = cut(song.plan, first, last)
    wanted: Mapping[str, float | None] = levels or {"loop": None}
    instruments = load_soundfont(find_soundfont(soundfont))
    tell("playing", 0.0)
    written = {name: write_loop(song, plan, first, energy, seed, guidance) for name, energy in wanted.items()}
    timeline = Timeline.steady(plan.tempo, plan.beats, plan.beats_per_bar)
    frames = int(timeline.beats[-1] * MIX_SAMPLE_RATE)
    style = load_style(song.brief.style)
    mixer = DefaultMixer(MixSettings.load(style.mix))
    mixes: dict[str, Mix] = {}
    loud: dict[str, float] = {}
    for number, (name, parts) in enumerate(written.items()):
        ringing = frames + round(RING_S * MIX_SAMPLE_RATE)
        stems = render_parts(parts, timeline, instruments, MIX_SAMPLE_RATE, ringing, workers)
        wrapped = {part: wrap(audio.samples, frames) for part, audio in stems.items()}
        loud[name] = loudness_lufs(np.sum(list(wrapped.values()), axis=0), MIX_SAMPLE_RATE)
        rounds = np.arange(2 * frames + round(SPARE_S * MIX_SAMPLE_RATE)) % frames
        going = {part: Audio(np.ascontiguousarray(s[:, rounds]), MIX_SAMPLE_RATE) for part, s in wrapped.items()}
        mix = mixer.mix(None, going, channels_of(parts, style), song.brief.texture, len(rounds), (), workers)
        mixes[name] = Mix(_round(mix.mix, frames), {part: _round(s, frames) for part, s in mix.stems.items()})
        tell("playing", (number + 1) / len(written))
    loudest = max(loud.values())
    made = {}
    for name, mix in mixes.items():
        gain = np.float32(db_to_gain(max(QUIETEST_DB, loud[name] - loudest)))
        stems = {part: _scaled(audio, gain) for part, audio in mix.stems.items()}
        facts = {"bars": f"{first + 1}-{last}", "seed": str(seed)}
        asked = wanted[name]
        if asked is not None:
            facts["energy"] = f"{asked:g}"
        did = Backend.of("loop", **facts)
        sound = ("soundfont", Backend.of(instruments.path.stem, sha256=instruments.sha256))
        own = plan if asked is None else at_energy(plan, asked)
        made[name] = _song(song, name, own, written[name], timeline, Mix(_scaled(mix.mix, gain), stems), did, sound)
    return made


def _bars(song: Song, request: Request) -> tuple[int, int]:
    """Return the first bar of a loop and the one past its last."""
    if request.section is None and request.bars is None:
        best = max(song.plan.sections, key=lambda s: (s.bars >= SHORTEST_BARS, s.energy, -s.bar))
        chosen = list(range(best.bar, best.bar + best.bars))
    else:
        chosen = sorted(chosen_bars(song, request))
    first = chosen[0]
    last = first
    while last in chosen:
        last += 1
        if request.bars is None and any(s.bar == last for s in song.plan.sections):
            break  # the first section of the name
    if not SHORTEST_BARS <= last - first <= LONGEST_BARS:
        raise InputError(
            f"bars {first + 1}-{last} are {last - first}: a loop has {SHORTEST_BARS} to {LONGEST_BARS} bars, "
            "name them with --bars A-B"
        )
    styles = {song.plan.section_of_bar(bar).style for bar in range(first, last)}
    if len(styles) > 1:
        raise InputError(f"bars {first + 1}-{last} are played in several styles: loop a section of one style")
    return first, last


def cut(plan: Plan, first: int, last: int) -> Plan:
    """Return bars of a plan, the last one left out, as a plan of their own in which nobody sings."""
    sections = []
    for section in plan.sections:
        start, end = max(section.bar, first), min(section.bar + section.bars, last)
        if start < end:
            sections.append(replace(section, bar=start - first, bars=end - start, voice=(False,) * (end - start)))
    begin, stop = (float(bar * plan.beats_per_bar) for bar in (first, last))
    chords = []
    for chord in plan.chords:
        onset, end_beat = max(chord.onset, begin), min(chord.end, stop)
        if end_beat > onset + 1e-6:
            chords.append(replace(chord, onset=onset - begin, duration=end_beat - onset))
    return replace(plan, sections=tuple(sections), chords=tuple(chords))


def at_energy(plan: Plan, energy: float) -> Plan:
    """Return a plan with one energy in all of its sections."""
    return replace(plan, sections=tuple(replace(section, energy=energy) for section in plan.sections))


def write_loop(
    song: Song, plan: Plan, first: int, energy: float | None, seed: int, guidance: float | None
) -> tuple[Part, ...]:
    """Return what is played in a loop.

    Parameters
    ----------
    plan : of the bars of the loop
    first : the bar of the song that it begins with
    energy : at which it is played, None for as in the song
    """
    model = Generator.load()
    whole = settings(model, plan if energy is None else at_energy(plan, energy), song.brief, song.seed)
    name = plan.sections[0].style
    one = whole[name]
    named = {part.name: part for part in song.parts}
    stems = {part: stem_of(part, name, one, whole[None]) for part in PARTS if part in one.players}
    played = {part: named[stem].notes for part, stem in stems.items() if stem in named}
    notes = read_notes(played, song.plan, one, song.brief)
    notes = notes[(notes[:, 0] >= first) & (notes[:, 0] < first + plan.bars)]
    notes[:, 0] -= first
    there = played_in(notes, plan.bars)
    asked = replace(one.asked, ending=np.zeros(plan.bars, bool), following=one.asked.chords[0])
    if one.alone:
        asked = replace(asked, plays=asked.plays & np.array([part != "bass" for part in PARTS]))
    if energy is None:
        asked = replace(asked, plays=there)
    codes = model.encode(notes, asked)
    if energy is not None:
        names = ("loop", name or "")
        if (asked.plays & ~there).any():  # who joins in has nothing to start from
            new = np.repeat(~there, model.numbers // len(PARTS), axis=1)
            codes = np.where(new, model.sample(asked, seed, *names, guidance=guidance), codes)
        codes = model.sample(asked, seed, *names, guidance=guidance, start_from=codes, amount=LEVEL_AMOUNT)
    codes = model.close_loop(codes, asked, seed, name or "")
    made = finish(model.decode(codes, asked), asked, plan, one.style, song.brief, closes=False)
    parts = [
        Part(stem, one.players[part].program, one.players[part].is_drum, tuple(made[part]))
        for part, stem in stems.items()
        if made.get(part)
    ]
    if LEAD in named:
        begin, beats = float(first * plan.beats_per_bar), float(plan.beats)
        tune = (replace(note, onset=round(note.onset - begin, 6)) for note in named[LEAD].notes)
        inside = tuple(
            replace(note, duration=min(note.duration, round(beats - note.onset, 6)))
            for note in tune
            if 0.0 <= note.onset < beats
        )
        parts += [replace(named[LEAD], notes=inside)] if inside else []
    if not parts:
        raise InputError(f"nobody plays in bars {first + 1}-{first + plan.bars}: loop others")
    return tuple(parts)


def wrap(samples: npt.NDArray[np.float32], frames: int) -> npt.NDArray[np.float32]:
    """Return the first frames of a sound with what rings past them added to their beginning."""
    wrapped = samples[:, :frames].copy()
    for start in range(frames, samples.shape[1], frames):
        rest = samples[:, start : start + frames]
        wrapped[:, : rest.shape[1]] += rest
    return wrapped


def _round(audio: Audio, frames: int) -> Audio:
    """Return the second round of a sound."""
    return Audio(np.ascontiguousarray(audio.samples[:, frames : 2 * frames]), audio.sample_rate)


def _scaled(audio: Audio, gain: np.float32) -> Audio:
    return Audio(audio.samples * gain, audio.sample_rate)


def seam(audio: Audio, bars: int) -> Seam:
    """Return how a loop of so many bars goes on over its seam."""
    mono = audio.samples.mean(axis=0)
    steps = np.abs(np.diff(mono))
    size = 1024
    window = np.hanning(size)

    def spectrum(start: int) -> npt.NDArray[np.float64]:
        inside = mono[np.arange(start, start + size) % len(mono)]
        return np.log1p(100.0 * np.abs(np.fft.rfft(inside * window)))

    def flux(place: int) -> float:
        change = spectrum(place) - spectrum(place - size // 2)
        return float(np.maximum(change, 0.0).sum())

    lines = [max(flux(round(bar * len(mono) / bars) + shift) for shift in (-512, 0, 512)) for bar in range(bars)]
    return Seam(float(abs(mono[0] - mono[-1]) / max(1e-9, steps.max())), lines[0] / max(1e-9, max(lines[1:])))


def _song(
    song: Song,
    name: str,
    plan: Plan,
    parts: tuple[Part, ...],
    timeline: Timeline,
    audio: Mix,
    did: Backend,
    sound: tuple[str, Backend],
) -> Song:
    """Return a loop as a song in which nobody sings."""
    accompaniment = Accompaniment(parts, timeline, plan.chords)
    words = Lyrics(song.lyrics.language, ())
    brief = replace(song.brief, instrumental=True)
    voice = load_voice(brief.voice, brief.performance or None)
    score = Score((), plan.chords, words, plan)
    title = f"{song.title} ({name})"
    cast = cast_voices(words, brief.voice)
    paper = paper_of(title, song.seed, brief, load_style(brief.style), voice, cast, accompaniment, score)
    made = song_of(paper, (), audio)
    backends = (
        ("lyricist", None), ("accompanist", accompanist_backend("diffusion")), ("singer", None), sound,
        ("variation", did),
    )  # fmt: skip
    return replace(made, provenance=Provenance(__version__, backends, paper.warnings))
