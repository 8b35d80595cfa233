"""From score to performance: times, pitch and loudness."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from songsmith.align import perform
from songsmith.errors import InputError
from songsmith.performance import BREATH, FRAME_PERIOD_S, SILENCE, Performance
from songsmith.score import Note, Score
from songsmith.singing.voices import load_voice, performance_names
from songsmith.timeline import Timeline
from songsmith.units import cents_between, midi_to_hz
from tests.singing.scores import lyrics_of, score_of, scores, simple_score

VOICE = load_voice("heart")


def performed(case: tuple[Score, Timeline], seed: int = 0) -> Performance:
    """Perform a drawn score; those that no one could sing (a line too close to the next) are not counted."""
    try:
        return perform(*case, VOICE, seed)
    except InputError:
        assume(False)
        raise


def first_onsets(score: Score, timeline: Timeline) -> dict[int, float]:
    return {note.syllable: timeline.seconds(note.onset) for note in score.notes if not note.slur}


@given(scores())
@settings(max_examples=150, deadline=None)
def test_spans_tile_the_song_and_hold_every_phoneme_once_in_order(case: tuple[Score, Timeline]) -> None:
    score, timeline = case
    performance = performed(case)
    spans = performance.phonemes
    assert spans[0].start == 0.0
    assert spans[-1].end == pytest.approx(timeline.beats[-1], abs=1e-5)
    assert all(a.end == b.start for a, b in pairwise(spans))
    sung = [(span.syllable, span.symbol) for span in spans if span.symbol not in (SILENCE, BREATH)]
    assert sung == [(k, str(p)) for k, syllable in enumerate(score.lyrics.syllables) for p in syllable.phonemes]


@given(scores())
@settings(max_examples=150, deadline=None)
def test_vowels_start_on_their_notes_and_keep_their_share(case: tuple[Score, Timeline]) -> None:
    score, timeline = case
    performance = performed(case)
    onsets = first_onsets(score, timeline)
    line_of = {k: line.number for line, numbers in score.lyrics.numbered_lines() for k in numbers}
    ends = {note.syllable: timeline.seconds(note.end) for note in score.notes}
    for span in performance.phonemes:
        k = span.syllable
        if k is None or not span.is_vowel:
            continue
        if k > 0 or onsets[0] > 0.2:  # nothing fits before a note on the very first beat
            assert span.start == pytest.approx(onsets[k], abs=1e-5)
        if k > 0 and line_of.get(k + 1) == line_of[k]:
            room = min(onsets[k + 1], ends[k]) - span.start
            assert span.end - span.start >= 0.3 * room - 1e-4
    shortest = min(span.end - span.start for span in performance.phonemes)
    assert shortest > 0.003


@given(scores())
@settings(max_examples=100, deadline=None)
def test_lines_are_parted_by_silence(case: tuple[Score, Timeline]) -> None:
    score, _ = case
    performance = performed(case)
    line_of = {k: line.number for line, numbers in score.lyrics.numbered_lines() for k in numbers}
    sung = [[span for span in phrase if span.syllable is not None] for phrase in performance.phrases()]
    assert all(len({line_of[span.syllable] for span in phrase if span.syllable is not None}) == 1 for phrase in sung)
    for before, after in pairwise(sung):
        assert after[0].start - before[-1].end >= 0.02 - 2e-5


@given(scores(), st.integers(0, 3))
@settings(max_examples=50, deadline=None)
def test_curves_cover_the_song_and_stay_near_the_notes(case: tuple[Score, Timeline], seed: int) -> None:
    performance = performed(case, seed)
    score, timeline = case
    frames = len(performance.f0_hz)
    assert abs(frames * FRAME_PERIOD_S - performance.duration_s) <= 2 * FRAME_PERIOD_S
    assert np.isfinite(performance.f0_hz).all()
    assert np.isfinite(performance.loudness_db).all()
    assert performance.loudness_db.max() < 12.0
    times = np.arange(frames) * FRAME_PERIOD_S
    for span in performance.phonemes:
        inside = performance.f0_hz[(times > span.start + 0.006) & (times < span.end - 0.006)]
        assert (inside == 0).all() if span.symbol in (SILENCE, BREATH) else (inside > 0).all()
    vowels = {span.syllable: span for span in performance.phonemes if span.is_vowel}
    for note in score.notes:
        start, end = timeline.beats_to_seconds([note.onset, note.end])
        start, end = max(start, vowels[note.syllable].start), min(end, vowels[note.syllable].end)
        inside = (times >= start + 0.2 * (end - start)) & (times <= end - 0.15 * (end - start))
        if end - start >= 0.08 and inside.any():
            heard = float(np.median(performance.f0_hz[inside]))
            assert abs(cents_between(heard, midi_to_hz(float(note.pitch)))) <= 35.0


def test_equal_arguments_give_equal_values_and_the_seed_only_drifts() -> None:
    score, timeline = simple_score("copper pennies sink in the harbor")
    one, two, other = (perform(score, timeline, VOICE, seed) for seed in (3, 3, 4))
    assert one.phonemes == two.phonemes == other.phonemes
    assert one.f0_hz.tobytes() == two.f0_hz.tobytes() != other.f0_hz.tobytes()
    assert one.loudness_db.tobytes() == other.loudness_db.tobytes()


@pytest.mark.parametrize("gap", [0.0, 0.25, 1.0, 4.0])
def test_new_words_in_one_line_leave_the_others_alone(gap: float) -> None:
    def others(words: str) -> list[tuple[object, ...]]:
        score, timeline = simple_score("copper pennies", words, "in the harbor", gap=gap)
        performance = perform(score, timeline, VOICE, 0)
        parts = [phrase for phrase in performance.phrases() if not 3 < phrase[-1].syllable < 8]  # type: ignore[operator]
        cut = [slice(round(p[0].start / 0.005) + 1, round(p[-1].end / 0.005) - 1) for p in parts]
        return [
            (p, performance.f0_hz[c].tobytes(), performance.loudness_db[c].tobytes())
            for p, c in zip(parts, cut, strict=True)
        ]

    assert len(others("a melody")) == 2
    assert others("a melody") == others("the melody") == others("strange harbor oh")


def test_rests_and_breaths() -> None:
    lyrics = lyrics_of("oh the harbor", "copper")
    notes = (
        Note(8, 1, 60, 0),
        Note(10, 1, 60, 1),
        Note(11, 1, 62, 2),
        Note(12, 1, 62, 3),
        Note(16, 1, 64, 4),
        Note(17, 1, 64, 5),
    )
    performance = perform(*score_of(lyrics, notes, 120.0), VOICE, 0)
    phrases = list(performance.phrases())
    assert [phrase[-1].syllable for phrase in phrases] == [0, 3, 5]  # the rest inside line 1 is a silence too
    breaths = [span for span in performance.phonemes if span.symbol == BREATH]
    assert [phrase[0].symbol for phrase in phrases] == [BREATH] * 3
    assert all(0.1 <= span.end - span.start <= 0.25 for span in breaths)


def test_consonants_hurry_gracefully() -> None:
    lengths = []
    for tempo in (60.0, 100.0, 140.0, 180.0, 240.0):
        performance = perform(*simple_score("copper pennies sink in the harbor", tempo=tempo), VOICE, 0)
        spans = {(span.syllable, span.symbol): span.end - span.start for span in performance.phonemes}
        lengths.append(spans[(3, "N")] if (3, "N") in spans else spans[(3, "Z")])
        consonants = [v for (k, s), v in spans.items() if k is not None and not s[-1].isdigit()]
        assert min(consonants) >= 0.0249
    assert lengths == sorted(lengths, reverse=True)


def test_the_end_of_a_phrase_falls_away_but_not_its_last_consonants() -> None:
    performance = perform(*simple_score("a melody", "the harbor texts", tempo=60.0), VOICE, 0)
    first, second = performance.phrases()

    def level_db(time: float) -> float:
        return float(performance.loudness_db[round(time / performance.frame_period_s)])

    vowel = next(span for span in reversed(first) if span.is_vowel)
    assert level_db(vowel.end - 0.4) - level_db(vowel.end - 0.02) > 2.5
    held = next(span for span in reversed(second) if span.is_vowel)
    after = [level_db(0.5 * (span.start + span.end)) for span in second[second.index(held) + 1 :]]
    assert len(after) == 4
    assert min(after) > level_db(held.end - 0.02) - 1.0


def test_vibrato_is_late_and_only_on_long_notes() -> None:
    lyrics = lyrics_of("oh oh")
    performance = perform(*score_of(lyrics, (Note(4, 0.5, 60, 0), Note(4.5, 3, 60, 1))), VOICE, 0)
    cents = cents_between(np.maximum(performance.f0_hz, 1.0).astype(float), midi_to_hz(60.0))

    def spread(start_s: float, end_s: float) -> float:
        part = cents[round(start_s / FRAME_PERIOD_S) : round(end_s / FRAME_PERIOD_S)]
        return float(np.ptp(part))

    assert spread(2.5, 2.66) < 15
    assert spread(2.72, 2.95) < 15
    assert 50 < spread(3.5, 4.2) < 100


def test_vibrato_grows_with_the_note() -> None:
    def depth(beats: float) -> float:
        performance = perform(*score_of(lyrics_of("oh"), (Note(4, beats, 60, 0),)), VOICE, 0)
        cents = cents_between(np.maximum(performance.f0_hz, 1.0).astype(float), midi_to_hz(60.0))
        inside = slice(round((2.4 + 0.25) / FRAME_PERIOD_S), round((2.4 + 0.6 * beats - 0.2) / FRAME_PERIOD_S))
        return float(np.ptp(cents[inside]))

    short, middle, long = depth(1.2), depth(1.6), depth(3.0)
    assert short < middle < long


def test_a_repeated_note_is_struck_again() -> None:
    lyrics = lyrics_of("the oh oh oh")
    notes = tuple(Note(4 + k, 1, pitch, k) for k, pitch in enumerate((60, 60, 60, 64)))
    score, timeline = score_of(lyrics, notes)
    performance = perform(score, timeline, VOICE, 0)
    onsets = [timeline.seconds(note.onset) for note in notes]

    def dip(curve: npt.NDArray[np.float64], at: float) -> float:
        """How far a curve sinks just before a time, below what it is 0.1 s earlier and later."""
        before, just, after = (float(curve[round((at + d) / FRAME_PERIOD_S)]) for d in (-0.1, -0.015, 0.1))
        return min(before, after) - just

    cents = cents_between(np.maximum(performance.f0_hz, 1.0).astype(float), midi_to_hz(60.0))
    for at in onsets[1:3]:
        assert dip(cents, at) > 8.0
        assert dip(performance.loudness_db.astype(float), at) > 1.0
    assert dip(performance.loudness_db.astype(float), onsets[3]) < 1.0


def test_hurried_words_have_shorter_consonants_than_the_table_says() -> None:
    """The network hurries the consonants of small words; those of a table know nothing of the word they are in."""
    score, timeline = simple_score("the strange melody", beat=2.0)
    own, table = (
        perform(score, timeline, replace(VOICE, timing=replace(VOICE.timing, natural=share)), 0)
        for share in (1.0, 0.0)
    )
    ratio = {
        (a.syllable, a.symbol): (a.end - a.start) / (b.end - b.start)
        for a, b in zip((s for s in own.phonemes if s.syllable is not None),
                        (s for s in table.phonemes if s.syllable is not None), strict=True)
        if not a.is_vowel
    }  # fmt: skip
    assert ratio[0, "DH"] < 0.7
    assert max(ratio.values()) > 0.9


@pytest.mark.parametrize("name", performance_names())
def test_ways_to_perform_differ_and_keep_the_notes(name: str) -> None:
    score, timeline = simple_score("copper pennies sink in the harbor", beat=1.0)
    performance = perform(score, timeline, load_voice("heart", name), 0)
    plain = perform(score, timeline, load_voice("heart", "plain"), 0)
    assert [s.symbol for s in performance.phonemes] == [s.symbol for s in plain.phonemes]
    both = (performance.f0_hz > 0) & (plain.f0_hz > 0)
    cents = cents_between(performance.f0_hz[both].astype(float), plain.f0_hz[both].astype(float))
    assert abs(float(np.median(cents))) < 5.0
    assert (float(np.abs(cents).max()) > 2.0) == (name != "plain")


def test_verses_are_softer_than_choruses_and_phrases_fall() -> None:
    score, timeline = simple_score("copper pennies sink in the harbor", beat=1.0)
    levels = []
    for energy in (0.2, 0.9):
        section = replace(score.plan.sections[0], energy=energy)
        energetic = replace(score, plan=replace(score.plan, sections=(section,)))
        performance = perform(energetic, timeline, VOICE, 0)
        sung = performance.loudness_db[performance.f0_hz > 0]
        levels.append(float(np.mean(sung)))
        assert sung[-1] < np.median(sung) - 3.0
    assert levels[1] - levels[0] == pytest.approx(2 * VOICE.level.energy_db * 0.7, abs=0.1)


def test_pitch_moves_with_the_score() -> None:
    score, timeline = simple_score("copper pennies sink in the harbor")
    up = Score(
        tuple(Note(n.onset, n.duration, n.pitch + 5, n.syllable) for n in score.notes),
        score.chords,
        score.lyrics,
        score.plan,
    )
    low, high = perform(score, timeline, VOICE, 0), perform(up, timeline, VOICE, 0)
    assert low.phonemes == high.phonemes
    sung = low.f0_hz > 0
    assert np.allclose(cents_between(high.f0_hz[sung].astype(float), low.f0_hz[sung].astype(float)), 500.0, atol=0.01)


@pytest.mark.parametrize(
    ("notes", "message"),
    [
        ((Note(4, 1, 60, 0),), "has no note"),
        ((Note(4, 1, 60, 1), Note(5, 1, 60, 0)), "in order"),
        ((Note(4, 1, 60, 0), Note(4.5, 1, 60, 1)), "before the one before it ends"),
        ((Note(4, 0.02, 60, 0), Note(5, 1, 60, 1)), "lasts 12 ms"),
        ((Note(4, 1, 60, 0, True), Note(5, 1, 60, 1)), "in order"),
        ((Note(4, 1, 60, 0), Note(5, 1, 60, 1), Note(6, 1, 60, 2)), "in order"),
    ],
)
def test_notes_that_do_not_fit_the_words_are_refused(notes: tuple[Note, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        perform(*score_of(lyrics_of("copper"), notes), VOICE, 0)


def test_a_song_without_words_is_silent() -> None:
    performance = perform(*score_of(lyrics_of(), ()), VOICE, 0)
    assert [span.symbol for span in performance.phonemes] == [SILENCE]
    assert not performance.f0_hz.any()
