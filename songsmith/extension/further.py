"""A further part over new bars: what an accompanist writes on their chords and beats, softly under the recording."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from songsmith.accompaniment import DEFAULT, accompanist_backend
from songsmith.accompaniment import accompanist as find_accompanist
from songsmith.accompaniment.parts import Part, PartNote
from songsmith.accompaniment.render import render_parts
from songsmith.accompaniment.soundfont import find_soundfont, load_soundfont
from songsmith.audio import Audio
from songsmith.errors import InputError
from songsmith.extension.assembly import total_of
from songsmith.extension.level import edged, under_ceiling
from songsmith.extension.recording import Extended
from songsmith.extension.singing import at_rate
from songsmith.mix import MIX_SAMPLE_RATE, DefaultMixer, MixSettings
from songsmith.mixing.loudness import loudness_lufs
from songsmith.pipeline import channels_of
from songsmith.plan import Chord, Plan, PlannedSection
from songsmith.prompt import Overrides, understand
from songsmith.song import Backend
from songsmith.timeline import Meter
from songsmith.tunes.tune import TuneNote
from songsmith.units import db_to_gain

UNDER_LU = 9.0
"""How much softer the new parts are than the recording."""

WANTED = (("lead", "pad"), ("figure", "pad"))
"""The parts that are played where nobody sings, and where somebody does."""

OTHERWISE = "harmony"
STEM = "new_"
OFF_TUNE = 0.2
TUNE_VELOCITY, FLUTE = 84, 73
EDGE_S = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Further:
    """The parts that were added: who wrote and who played them, and what to tell of them."""

    parts: tuple[Part, ...]
    accompanist: Backend
    soundfont: Backend
    notes: tuple[str, ...]


def add_parts(
    extended: Extended,
    seed: int,
    *,
    sung: bool,
    tune: Sequence[TuneNote] | None = None,
    tuning: float = 0.0,
    prompt: str = "",
    accompanist: str = DEFAULT,
    soundfont: str | Path | None = None,
    workers: int = 2,
) -> tuple[Extended, Further]:
    """Return a longer recording with further parts over its new bars, and what they are.

    Parameters
    ----------
    sung : whether somebody will sing there
    tune : in beats of the new bars, for an instrument to play instead of what the accompanist leads with
    tuning : of the recording against A = 440 Hz, in semitones
    prompt : words about how to play: style, mood, instruments
    """
    meter = Meter.parse(extended.meter)
    per_bar = meter.beats_per_bar
    bars = len(extended.bars)
    reading = understand(
        prompt or "song", seed, Overrides(None, extended.timeline.tempo, extended.key, extended.meter, None)
    )
    brief = replace(reading.brief, instrumental=not sung)
    sections = [
        PlannedSection("verse", f"New {k + 1}", s.bar, s.bars, s.energy, (sung,) * s.bars)
        for k, s in enumerate(extended.sections)
    ]
    # A bar past the end takes the accompanist's last chord, and is left out again.
    sections.append(PlannedSection("outro", "End", bars, 1, 0.3, (False,)))
    last = extended.chords[-1].symbol if extended.chords else "N"
    chords = (*extended.chords, Chord(float(bars * per_bar), float(per_bar), last))
    plan = Plan(extended.timeline.tempo, brief.key, extended.meter, tuple(sections), chords)
    written = {part.name: part for part in find_accompanist(accompanist).accompany(plan, brief, seed).parts}
    names = [name for name in WANTED[sung] if name in written] or [name for name in (OTHERWISE,) if name in written]
    if tune is not None:
        leader = next((written[name] for name in ("lead", "figure", "harmony") if name in written), None)
        own = tuple(PartNote(note.onset, note.duration, note.pitch, TUNE_VELOCITY) for note in tune)
        written["lead"] = Part("lead", leader.program if leader is not None else FLUTE, False, own)
        names = ["lead"]
    parts = tuple(_until(written[name], float(bars * per_bar)) for name in names)
    parts = tuple(part for part in parts if part.notes)
    if not parts:
        raise InputError(
            "--new-parts: the accompanist has no part to add here: name an instrument with --prompt ('with strings')"
        )
    start = extended.new_s[0]
    beats = tuple(round(max(0.0, beat - start), 4) for beat in extended.timeline.beats)
    timeline = replace(extended.timeline, beats=beats)
    rate = extended.mix.sample_rate
    first, past = extended.new_frames
    frames = math.ceil((past - first) * MIX_SAMPLE_RATE / rate)
    instruments = load_soundfont(find_soundfont(soundfont))
    played = render_parts(parts, timeline, instruments, MIX_SAMPLE_RATE, frames, workers)
    channels = channels_of(parts, reading.style)
    mixer = DefaultMixer(MixSettings.load(reading.style.mix))
    sound = mixer.mix(None, played, channels, brief.texture, frames, (), workers)
    lufs = loudness_lufs(sound.mix.samples, MIX_SAMPLE_RATE)
    gain = np.float32(db_to_gain(extended.wanted_lufs - UNDER_LU - lufs)) if math.isfinite(lufs) else np.float32(0.0)
    stems = dict(extended.stems)
    for name, audio in sound.stems.items():
        samples = np.zeros_like(extended.mix.samples)
        samples[:, first:past] = gain * at_rate(audio, rate, extended.mix.channels, past - first)
        stems[STEM + name] = Audio(samples, rate)
    curve = under_ceiling(
        total_of({name: stem.samples[:, first:past] for name, stem in stems.items()}), extended.ceiling, rate
    )
    curve = edged(curve, round(EDGE_S * rate))
    for name, stem in stems.items():
        samples = stem.samples.copy()
        samples[:, first:past] *= curve
        stems[name] = Audio(samples, rate)
    mix = extended.mix.samples.copy()
    mix[:, first:past] = total_of({name: stem.samples[:, first:past] for name, stem in stems.items()})
    told = []
    if abs(tuning) > OFF_TUNE:
        told.append(f"the recording is {100 * tuning:+.0f} cents off A = 440 Hz, the new parts are not")
    return replace(extended, mix=Audio(mix, rate), stems=stems), Further(
        parts,
        accompanist_backend(accompanist),
        Backend.of(instruments.path.stem, sha256=instruments.sha256),
        tuple(told),
    )


def _until(part: Part, end: float) -> Part:
    """Return a part without what is played after a beat."""
    return replace(
        part,
        notes=tuple(
            replace(note, duration=round(min(note.duration, end - note.onset), 6))
            for note in part.notes
            if note.onset < end - 0.05
        ),
    )
