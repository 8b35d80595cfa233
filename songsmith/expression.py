"""How a line is sung: the intended pitch and loudness, 5 ms a frame.

Pitch is drawn in semitones: a step at each note, glided (portamento); a little preparation before a leap and
overshoot after it; a dip where a pitch is struck again; vibrato that comes late, only on long notes, and the
deeper the longer they are; a slow drift. Loudness is drawn in decibels: an arch and a rise over the phrase,
accents by stress, the section's energy, a dip before a repeated note, a fall at the end. Frame `i`
stands at `i * FRAME_PERIOD_S` seconds. Each line draws from its own generator.
Source for portamento, preparation, overshoot and vibrato: T. Saitou et al., "Development of an F0 control
model based on F0 dynamic characteristics for singing-voice synthesis", Speech Communication 46 (2005).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from songsmith.performance import BREATH, Curve, Performance, PhonemeSpan
from songsmith.score import Score
from songsmith.seeds import generator
from songsmith.singing.phonemes import SONORANTS, bare
from songsmith.singing.voices import Voice, VoicePitch
from songsmith.timeline import Timeline
from songsmith.units import midi_to_hz

SILENT_DB = -60.0
STRESS_WEIGHT = {0: -1.0, 1: 1.0, 2: 0.3}
LEAP_SEMITONES = 1.5
SCOOP_S = 0.04
REATTACK_S = 0.03  # half width of the dip before a repeated note
FALL_S = 0.12
SHORTEST_VIBRATO = 0.4  # share of the depth on the shortest notes that have any

Frames = npt.NDArray[np.float64]
Random = np.random.Generator


@dataclass(frozen=True, slots=True)
class SungNote:
    """A note in seconds with what its loudness depends on."""

    start_s: float
    end_s: float
    pitch: int
    syllable: int
    line: int
    stress: int
    energy: float


def sung_notes(score: Score, timeline: Timeline) -> tuple[SungNote, ...]:
    """Return the notes of a score in seconds, with line, stress and section energy."""
    lines = {k: line.number for line, numbers in score.lyrics.numbered_lines() for k in numbers}
    stresses = [syllable.stress for syllable in score.lyrics.syllables]
    plan = score.plan
    result = []
    for note in score.notes:
        start, end = (float(t) for t in timeline.beats_to_seconds([note.onset, note.end]))
        bar = min(max(int(note.onset // plan.beats_per_bar), 0), plan.bars - 1)
        energy = plan.section_of_bar(bar).energy
        k = note.syllable
        result.append(SungNote(start, end, note.pitch, k, lines[k], stresses[k], energy))
    return tuple(result)


def pitch_curve(performance: Performance, notes: tuple[SungNote, ...], voice: Voice, seed: int) -> Curve:
    """Return the intended pitch in Hz: `[frames]` float32, 0 in silences and breaths.

    `performance` gives the phrases and the frame grid; its own curves are not read.
    """
    f0_hz = np.zeros(performance.f0_hz.shape, np.float32)
    counts: dict[int, int] = {}
    for frames, phrase_notes, _ in _sung_phrases(performance, notes):
        line = phrase_notes[0].line
        counts[line] = counts.get(line, 0) + 1
        random = generator(seed, "pitch", line, counts[line])
        t = np.asarray(frames * performance.frame_period_s, np.float64)
        f0_hz[frames] = midi_to_hz(_semitones(t, phrase_notes, voice.pitch, random))
    return f0_hz


def loudness_curve(performance: Performance, notes: tuple[SungNote, ...], voice: Voice) -> Curve:
    """Return the intended level in dB relative to the voice's own: `[frames]` float32, -60 in silences."""
    level_db = np.full(performance.loudness_db.shape, SILENT_DB, np.float32)
    for frames, phrase_notes, spans in _sung_phrases(performance, notes):
        t = np.asarray(frames * performance.frame_period_s, np.float64)
        level_db[frames] = _decibels(t, phrase_notes, spans, voice)
    return level_db


def _sung_phrases(
    performance: Performance, notes: tuple[SungNote, ...]
) -> list[tuple[npt.NDArray[np.int64], tuple[SungNote, ...], tuple[PhonemeSpan, ...]]]:
    """Return each phrase's frames from its first phoneme on, its notes and its spans, breaths left out."""
    by_syllable: dict[int, list[SungNote]] = {}
    for note in notes:
        by_syllable.setdefault(note.syllable, []).append(note)
    result = []
    for phrase in performance.phrases():
        spans = tuple(span for span in phrase if span.symbol != BREATH)
        first = int(np.ceil(spans[0].start / performance.frame_period_s - 1e-6))
        last = int(np.ceil(spans[-1].end / performance.frame_period_s - 1e-6))
        numbers = sorted({span.syllable for span in spans if span.syllable is not None})
        inside = tuple(note for k in numbers for note in by_syllable[k])
        result.append((np.arange(first, min(last, len(performance.f0_hz))), inside, spans))
    return result


def _semitones(t: Frames, notes: tuple[SungNote, ...], style: VoicePitch, random: Random) -> Frames:
    """Return the fractional MIDI pitch at times `t`."""
    pitch = np.full(t.shape, float(notes[0].pitch))
    for a, b in pairwise(notes):
        pitch += _transition(t, a, b, style)
    pitch -= style.scoop_cents / 100.0 * np.exp(-np.maximum(t - notes[0].start_s, 0.0) / SCOOP_S)
    pitch -= style.reattack_cents / 100.0 * _reattacks(t, notes)
    final = notes[-1]
    fall = min(FALL_S, 0.3 * (final.end_s - final.start_s))
    pitch -= style.fall_cents / 100.0 * np.clip((t - (final.end_s - fall)) / fall, 0.0, 1.0) ** 2
    for k, note in enumerate(notes):
        until = notes[k + 1].start_s if k + 1 < len(notes) else note.end_s
        pitch += _vibrato(t, note.start_s, until, style, random)
    return pitch + _drift(t - notes[0].start_s, style, random)


def _reattacks(t: Frames, notes: tuple[SungNote, ...]) -> Frames:
    """Return 1 just before each note that strikes the pitch of the one before it again, falling to 0 around."""
    dips = np.zeros(t.shape)
    for a, b in pairwise(notes):
        if a.pitch == b.pitch and a.syllable != b.syllable:
            width = min(REATTACK_S, 0.25 * (b.start_s - a.start_s))
            x = np.clip((t - (b.start_s - 0.5 * width)) / width, -1.0, 1.0)
            dips = np.maximum(dips, 0.5 + 0.5 * np.cos(np.pi * x))
    return dips


def _transition(t: Frames, a: SungNote, b: SungNote, style: VoicePitch) -> Frames:
    """Return the glide from one note to the next in semitones, 0 long before it and `b - a` long after."""
    step = float(b.pitch - a.pitch)
    if step == 0.0:
        return np.zeros(t.shape)
    shorter = min(b.start_s - a.start_s, b.end_s - b.start_s)
    width = min(style.portamento_s * (0.8 + 0.04 * min(abs(step), 10.0)), 0.45 * shorter)
    if width <= 0.0:
        return np.asarray(step * (t >= b.start_s), np.float64)
    phase = np.clip((t - b.start_s) / width + 0.5, 0.0, 1.0)
    curve = np.asarray(step * (0.5 - 0.5 * np.cos(np.pi * phase)), np.float64)
    if abs(step) > LEAP_SEMITONES and shorter > 0.15:
        size = np.sign(step) * min(abs(step) / 5.0, 1.0) / 100.0
        after = np.maximum(t - (b.start_s + 0.5 * width), 0.0) / 0.03
        before = np.maximum((b.start_s - 0.5 * width) - t, 0.0) / 0.02
        curve += size * style.overshoot_cents * after * np.exp(1.0 - after)
        curve -= size * style.preparation_cents * before * np.exp(1.0 - before)
    return curve


def _vibrato(t: Frames, start: float, end: float, style: VoicePitch, random: Random) -> Frames:
    """Return the vibrato of one note in semitones; the generator advances alike for every note."""
    rate = style.vibrato_hz * random.uniform(0.96, 1.04)
    depth = style.vibrato_cents * random.uniform(0.85, 1.1)
    begin = start + style.vibrato_delay_s
    longer = (end - start - style.vibrato_from_s) / max(style.vibrato_full_s - style.vibrato_from_s, 1e-3)
    depth *= SHORTEST_VIBRATO + (1.0 - SHORTEST_VIBRATO) * min(max(longer, 0.0), 1.0)
    if end - start < style.vibrato_from_s or end - begin < 0.1:
        return np.zeros(t.shape)
    ramp = np.clip((t - begin) / 0.3, 0.0, 1.0) * np.clip((end - t) / 0.08, 0.0, 1.0)
    return depth / 100.0 * ramp * np.sin(2.0 * np.pi * rate * (t - begin))


def _drift(t: Frames, style: VoicePitch, random: Random) -> Frames:
    """Return a slow wandering in semitones, never more than the voice's drift."""
    rates, phases = random.uniform(0.4, 2.2, 3), random.uniform(0.0, 2.0 * np.pi, 3)
    waves = np.sin(2.0 * np.pi * rates[:, None] * t[None, :] + phases[:, None])
    return np.asarray(style.drift_cents / 100.0 * waves.mean(0))


def _decibels(t: Frames, notes: tuple[SungNote, ...], spans: tuple[PhonemeSpan, ...], voice: Voice) -> Frames:
    """Return the level of one phrase in dB at times `t`."""
    style = voice.level
    start, end = spans[0].start, spans[-1].end
    x = (t - start) / (end - start)
    level = style.arch_db * (np.interp(x, (0.0, 0.3, 0.65, 1.0), (-0.6, 0.1, 0.4, -0.5)))
    level += style.crescendo_db * (x - 0.5) - style.reattack_db * _reattacks(t, notes)
    centres = [0.5 * (n.start_s + n.end_s) for n in notes]
    accents = [style.accent_db * STRESS_WEIGHT[n.stress] for n in notes]
    energies = [style.energy_db * (2.0 * n.energy - 1.0) for n in notes]
    level += np.interp(t, centres, accents) + np.interp(t, centres, energies)
    fall = min(0.5 * (notes[-1].end_s - notes[-1].start_s), 0.4)
    falling = np.clip((t - (end - fall)) / fall, 0.0, 1.0)
    return level - style.final_fall_db * np.where(t < _last_consonants(spans), falling, 0.0)


def _last_consonants(spans: tuple[PhonemeSpan, ...]) -> float:
    """Return where the consonants begin that end a phrase and are no sonorants; they do not fall away with it."""
    start = spans[-1].end
    for span in reversed(spans):
        if span.is_vowel or bare(span.symbol) in SONORANTS:
            break
        start = span.start
    return start
