"""What can be measured of a melody on paper: conflicts with the chords, uneven repeats, structure, statistics.

Positions are in beats; intervals in semitones. All functions are pure and take values of the score.

- A **harmonic conflict** is a note on a strong beat that is no chord tone and does not resolve: neither does the
  next note move by step (as appoggiaturas and suspensions do), nor does the chord become one that it belongs to
  while it sounds, nor is it a passing sixteenth.
- A **rhythmic inconsistency** is a line sung again (the same kind of section, the same place in it, as many
  syllables) in another rhythm.
- **Structure**: how alike sections of one kind are, and how unlike those of different kinds, 0 to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from statistics import fmean

from lyrics.prosody import syllable_weights
from songsmith.metre import metric_level
from songsmith.plan import Chord, chord_at
from songsmith.score import Note, Score
from songsmith.theory import Key, parse_chord
from songsmith.timeline import Meter

PASSING_BEATS = 0.26
"""A note no longer than this passes."""

LEAP = 7
"""Semitones: intervals wider than this are leaps over a fifth."""


CONFLICTS_SHARE, CHORD_TONE_SHARE = 0.06, 0.7
"""A melody with more conflicts among its strong notes, or fewer chord tones, is faulty; of people, 0.02 and 0.8."""

ENOUGH_STRONG_NOTES = 12


@dataclass(frozen=True, slots=True)
class MelodyStatistics:
    """A melody in numbers; shares from 0 to 1, `nan`-free: 0 where there is nothing to count.

    Parameters
    ----------
    notes, slurs : how many, and how many of them continue a syllable
    lowest, highest, mean_pitch : MIDI
    steps, repeats, leaps : shares of intervals of 1 or 2 semitones, of 0, and over a fifth
    unrecovered_leaps : share of leaps of a fourth or more after which the tune goes on the same way by a skip
    strong_chord_tones : share of notes on strong beats that belong to their chord
    out_of_key : share of notes outside the scale
    stressed_on_strong : share of stressed syllables on a stronger position than an unstressed neighbour
    mean_duration : beats
    shortest_syllable_s : seconds
    """

    notes: int
    slurs: int
    lowest: int
    highest: int
    mean_pitch: float
    steps: float
    repeats: float
    leaps: float
    unrecovered_leaps: float
    strong_chord_tones: float
    out_of_key: float
    stressed_on_strong: float
    mean_duration: float
    shortest_syllable_s: float


def harmonic_conflicts(notes: Sequence[Note], chords: Sequence[Chord], meter: Meter) -> tuple[Note, ...]:
    """Return the notes that clash with their chord and do not resolve; see the module's header."""
    laid = tuple(chords)
    found = []
    for i, note in enumerate(notes):
        after = notes[i + 1] if i + 1 < len(notes) else None
        if metric_level(note.onset, meter) < 3 or note.duration <= PASSING_BEATS or _fits(note, laid, note.onset):
            continue
        resolves = after is not None and 1 <= abs(after.pitch - note.pitch) <= 2 and after.onset - note.end < 0.5
        if not resolves and not _fits(note, laid, note.end - 0.05):
            found.append(note)
    return tuple(found)


def _fits(note: Note, chords: tuple[Chord, ...], beat: float) -> bool:
    """Tell whether a note belongs to the chord at a beat; any does where there is none."""
    chord = chord_at(chords, beat)
    tones = parse_chord(chord.symbol) if chord else None
    return tones is None or note.pitch % 12 in tones.tones


def rhythmic_inconsistencies(score: Score) -> tuple[int, ...]:
    """Return the numbers of the lines that are sung again in another rhythm than the first time."""
    first: dict[tuple[str, int, int], tuple[float, ...]] = {}
    found = []
    for kind, place, number, notes, bar_line in _lines(score):
        onsets = tuple(round(note.onset - bar_line, 3) for note in notes if not note.slur)
        known = first.setdefault((kind, place, len(onsets)), onsets)
        shift = onsets[0] - known[0]
        whole_bars = abs(shift / score.plan.beats_per_bar - round(shift / score.plan.beats_per_bar)) < 1e-3
        if not whole_bars or any(abs(a - b - shift) > 1e-3 for a, b in zip(onsets, known, strict=True)):
            found.append(number)
    return tuple(found)


def _lines(score: Score) -> list[tuple[str, int, int, list[Note], float]]:
    """Return (kind of section, place in it, line number, notes, beat its section begins) of every sung line."""
    by_syllable: dict[int, list[Note]] = {}
    for note in score.notes:
        by_syllable.setdefault(note.syllable, []).append(note)
    spans = {line.number: span for line, span in score.lyrics.numbered_lines()}
    planned = [section for section in score.plan.sections if any(section.voice)]
    with_words = [section for section in score.lyrics.sections if not section.is_instrumental]
    found = []
    for section, place in zip(with_words, planned, strict=True):
        sung = [line for line in section.lines if line.words]
        for i, line in enumerate(sung):
            notes = [note for k in spans[line.number] for note in by_syllable.get(k, [])]
            if notes:
                beat = float(place.bar * score.plan.beats_per_bar)
                found.append((section.kind, i, line.number, notes, beat))
    return found


def structural_integrity(score: Score) -> tuple[float, float]:
    """Return how alike the lines of sections of one kind are, and how unlike those of different kinds.

    Lines in the same place of two sections are compared: the share of their onsets (from the bar line of the
    section) with the same pitch in both. The first number is the mean over pairs of sections of one kind (1 where
    no kind comes back), the second one less the mean over pairs of different kinds (1 where there is one kind).
    """
    sections: dict[float, tuple[str, dict[tuple[float, int], None]]] = {}
    for kind, _, _, notes, bar_line in _lines(score):
        marks = sections.setdefault(bar_line, (kind, {}))[1]
        marks.update({(round(note.onset - bar_line, 3), note.pitch): None for note in notes})
    alike: list[float] = []
    unlike: list[float] = []
    for (kind, marks), (other_kind, other) in combinations(sections.values(), 2):
        shared = sum(mark in other for mark in marks)
        (alike if kind == other_kind else unlike).append(shared / max(1, min(len(marks), len(other))))
    return (fmean(alike) if alike else 1.0), (1.0 - fmean(unlike) if unlike else 1.0)


def section_heights(score: Score) -> dict[str, float]:
    """Return the mean pitch of each kind of section, each note counted once."""
    heights: dict[str, list[int]] = {}
    for kind, _, _, notes, _ in _lines(score):
        heights.setdefault(kind, []).extend(note.pitch for note in notes)
    return {kind: fmean(pitches) for kind, pitches in heights.items()}


def melody_statistics(score: Score) -> MelodyStatistics:
    """Return the numbers of a melody; intervals are those inside lines."""
    meter, key = Meter.parse(score.plan.meter), Key.parse(score.plan.key)
    notes = score.notes
    if not notes:
        return MelodyStatistics(0, 0, 0, 0, *(0.0,) * 10)
    moves: list[int] = []
    leaps = unrecovered = 0
    for _, _, _, line, _ in _lines(score):
        steps = [b.pitch - a.pitch for a, b in pairwise(line)]
        moves += steps
        for here, after in pairwise(steps):
            leaps += abs(here) >= 5
            unrecovered += abs(here) >= 5 and abs(after) > 2 and (here > 0) == (after > 0)
    strong = [note for note in notes if metric_level(note.onset, meter) == 3]
    beat_s = 60.0 / score.plan.tempo
    shortest = min(note.duration for note in notes if not note.slur) * beat_s
    return MelodyStatistics(
        notes=len(notes),
        slurs=sum(note.slur for note in notes),
        lowest=min(note.pitch for note in notes),
        highest=max(note.pitch for note in notes),
        mean_pitch=fmean(note.pitch for note in notes),
        steps=_share([1 <= abs(move) <= 2 for move in moves]),
        repeats=_share([move == 0 for move in moves]),
        leaps=_share([abs(move) > LEAP for move in moves]),
        unrecovered_leaps=unrecovered / leaps if leaps else 0.0,
        strong_chord_tones=_share([_fits(note, score.chords, note.onset) for note in strong]),
        out_of_key=_share([note.pitch % 12 not in key.scale for note in notes]),
        stressed_on_strong=_stressed_share(score, meter),
        mean_duration=fmean(note.duration for note in notes),
        shortest_syllable_s=shortest,
    )


def _share(flags: Sequence[bool]) -> float:
    return fmean(flags) if flags else 0.0


def _stressed_share(score: Score, meter: Meter) -> float:
    """Return the share of neighbours, one stressed and one not, of which the stressed is on the stronger position."""
    onsets = {note.syllable: note.onset for note in score.notes if not note.slur}
    good = []
    for line, span in score.lyrics.numbered_lines():
        weights = syllable_weights(line)
        for (k, a), (_, b) in pairwise(zip(span, weights, strict=True)):
            if (a >= 0.8) == (b >= 0.8) or min(a, b) > 0.35 or k not in onsets or k + 1 not in onsets:
                continue
            here, there = metric_level(onsets[k], meter), metric_level(onsets[k + 1], meter)
            good.append(here > there if a > b else there > here)
    return _share(good)


def melody_faults(score: Score) -> tuple[str, ...]:
    """Return what is wrong enough with a melody to write another one, in words; nothing for most."""
    meter = Meter.parse(score.plan.meter)
    strong = sum(metric_level(note.onset, meter) == 3 for note in score.notes)
    faults = []
    if strong >= ENOUGH_STRONG_NOTES:
        conflicts = len(harmonic_conflicts(score.notes, score.chords, meter))
        if conflicts > CONFLICTS_SHARE * strong:
            faults.append(f"{conflicts} of {strong} strong notes clash with their chord")
        share = melody_statistics(score).strong_chord_tones
        if share < CHORD_TONE_SHARE:
            faults.append(f"only {share:.0%} of the strong notes belong to their chord")
    uneven = rhythmic_inconsistencies(score)
    if uneven:
        faults.append(f"{len(uneven)} lines that come back are sung in another rhythm")
    return tuple(faults)
