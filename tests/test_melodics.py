"""Measures of a melody, on melodies whose measures are plain to see."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lyrics.parse import parse_sheet
from songsmith.melodics import (
    harmonic_conflicts,
    melody_statistics,
    rhythmic_inconsistencies,
    section_heights,
    structural_integrity,
)
from songsmith.metre import metric_level, metric_strength
from songsmith.plan import Chord, Plan, PlannedSection
from songsmith.score import Note, Score
from songsmith.timeline import Meter

FOUR = Meter.parse("4/4")
C_MAJOR = (Chord(0.0, 16.0, "C"),)


def tune(*pitches: int, beats: float = 1.0, start: float = 0.0) -> tuple[Note, ...]:
    return tuple(Note(start + k * beats, beats, pitch, k) for k, pitch in enumerate(pitches))


@pytest.mark.parametrize(
    ("meter", "strengths"),
    [("4/4", (3, 1, 2, 1, 3, 1, 2, 1)), ("3/4", (3, 1, 2, 1, 2, 1)), ("6/8", (3, 1, 1, 3, 1, 1))],
)
def test_strength_follows_the_meter(meter: str, strengths: tuple[int, ...]) -> None:
    parsed = Meter.parse(meter)
    assert tuple(metric_level(k / 2, parsed) for k in range(len(strengths))) == strengths
    assert metric_level(0.25, parsed) == 0
    fine = [metric_level(k / 2, parsed) for k in range(len(strengths))]
    coarse = metric_strength([k / 2 for k in range(len(strengths))], parsed)
    assert all((a > b) <= (coarse[i] > coarse[j]) for i, a in enumerate(fine) for j, b in enumerate(fine))
    assert metric_level(parsed.beats_per_bar * 3, parsed) == 3


def test_a_wrong_note_that_moves_by_step_resolves() -> None:
    assert harmonic_conflicts(tune(60, 62, 64, 65), C_MAJOR, FOUR) == ()
    assert harmonic_conflicts(tune(65, 64, 60, 64), C_MAJOR, FOUR) == ()  # an appoggiatura on the downbeat
    held = tune(65, 65, 60, 64)
    assert harmonic_conflicts(held, C_MAJOR, FOUR) == held[:1]
    leapt = tune(60, 64, 66, 72)
    assert harmonic_conflicts(leapt, C_MAJOR, FOUR) == leapt[2:3]


def test_weak_beats_passing_notes_and_coming_chords_do_not_conflict() -> None:
    assert harmonic_conflicts(tune(60, 65, 60, 66), C_MAJOR, FOUR) == ()
    assert harmonic_conflicts((Note(0.0, 0.25, 65, 0), Note(0.25, 1.0, 60, 1)), C_MAJOR, FOUR) == ()
    chords = (Chord(0.0, 1.0, "C"), Chord(1.0, 8.0, "F"))
    assert harmonic_conflicts((Note(0.0, 3.0, 65, 0),), chords, FOUR) == ()
    assert harmonic_conflicts(tune(61, 65, 61, 66), (Chord(0.0, 16.0, "N"),), FOUR) == ()


SHEET = "[Verse]\nOne small stone\n[Chorus]\nSing it out\n[Verse]\nOld blue boat\n[Chorus]\n"


def song(*lines: tuple[int, ...], shift: float = 0.0) -> Score:
    """Return a score of four sections of a bar, each a line of three quarter notes; `shift` moves the third line."""
    lyrics = parse_sheet(SHEET)
    sections = tuple(
        PlannedSection(s.kind, s.label, bar, 1, 0.5, (True,)) for bar, s in enumerate(lyrics.sections)
    )  # fmt: skip
    plan = Plan(120.0, "C major", "4/4", sections, C_MAJOR)
    notes = [
        Note(4.0 * bar + k + (shift if bar == 2 and k else 0.0), 0.5, pitch, 3 * bar + k)
        for bar, line in enumerate(lines)
        for k, pitch in enumerate(line)
    ]
    return Score(tuple(notes), C_MAJOR, lyrics, plan)


def test_repeats_are_compared() -> None:
    good = song((60, 62, 64), (67, 67, 69), (60, 62, 64), (67, 67, 69))
    assert rhythmic_inconsistencies(good) == ()
    assert structural_integrity(good) == (1.0, 1.0)
    assert section_heights(good) == {"verse": pytest.approx(62.0), "chorus": pytest.approx(203 / 3)}
    uneven = song((60, 62, 64), (67, 67, 69), (60, 62, 64), (67, 67, 69), shift=0.5)
    assert rhythmic_inconsistencies(uneven) == (3,)
    same = song((60, 62, 64), (60, 62, 64), (60, 62, 64), (60, 62, 64))
    assert structural_integrity(same) == (1.0, 0.0)
    changed = song((60, 62, 64), (67, 67, 69), (59, 60, 62), (65, 67, 69))
    alike, unlike = structural_integrity(changed)
    assert alike == pytest.approx((0 + 2 / 3) / 2)
    assert unlike == 1.0


def test_statistics_count_inside_lines() -> None:
    numbers = melody_statistics(song((60, 62, 62), (60, 69, 73), (60, 61, 64), (67, 67, 67)))
    assert (numbers.notes, numbers.slurs, numbers.lowest, numbers.highest) == (12, 0, 60, 73)
    assert numbers.steps == pytest.approx(2 / 8)  # 60-62 and 60-61
    assert numbers.repeats == pytest.approx(3 / 8)
    assert numbers.leaps == pytest.approx(1 / 8)
    assert numbers.unrecovered_leaps == 1.0  # 60-69-73
    assert numbers.out_of_key == pytest.approx(2 / 12)  # C sharp twice
    assert numbers.strong_chord_tones == pytest.approx(6 / 8)  # not the third beats of the first two
    assert numbers.shortest_syllable_s == pytest.approx(0.25)
    assert numbers.mean_duration == pytest.approx(0.5)


def test_silence_has_no_statistics() -> None:
    silent = replace(song((60, 62, 64)), notes=())
    assert melody_statistics(silent).notes == 0
    assert harmonic_conflicts((), C_MAJOR, FOUR) == ()
