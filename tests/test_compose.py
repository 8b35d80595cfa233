"""From words to notes: plan, rhythm and melody, on random sheets."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lyrics.parse import parse_sheet
from songsmith.accompaniment.parts import Accompaniment
from songsmith.compose import compose, sung_sections
from songsmith.errors import InputError
from songsmith.form import plan_song
from songsmith.phrasing import SHORTEST_SYLLABLE_S, lay_lines, shortest_bars
from songsmith.plan import chord_at
from songsmith.prompt import Overrides, read_prompt
from songsmith.score import Score
from songsmith.theory import Key, parse_chord
from songsmith.timeline import Meter, Timeline

RANGE = (55, 70)
WORDS = ("river", "light", "the", "of", "remember", "carry", "stone", "tomorrow", "and", "window", "blue", "holiday")

VERSES = """
[Verse 1]
The baker wakes before the sun
And lights the oven, one by one
[Chorus]
Carry the morning over the hill
Carry it gently, hold it still
[Verse 2]
The teacher waits beside the door
And counts the marbles on the floor
[Chorus]
[Outro]
"""


def write(sheet: str, tempo: float = 100.0, meter: str = "4/4", key: str = "D minor", seed: int = 0) -> Score:
    """Plan and compose a sheet in the folk style, on chords alone."""
    brief, style = read_prompt("folk", seed, Overrides(tempo=tempo, meter=meter, key=key))
    lyrics = parse_sheet(sheet)
    plan = plan_song(brief, lyrics, style, seed)
    timeline = Timeline.steady(tempo, plan.beats, plan.beats_per_bar)
    return compose(lyrics, plan, Accompaniment((), timeline, plan.chords), RANGE, seed)


sheets = st.lists(
    st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map(" ".join), min_size=1, max_size=6),
    min_size=1,
    max_size=4,
).map(
    lambda sections: "\n".join(f"[{'Chorus' if i % 2 else 'Verse'}]\n" + "\n".join(s) for i, s in enumerate(sections))
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sheets, st.integers(50, 220), st.sampled_from(("4/4", "3/4", "6/8")), st.sampled_from(("C major", "F# minor")),
       st.integers(0, 3))  # fmt: skip
def test_every_syllable_is_sung_once_in_order(sheet: str, tempo: int, meter: str, key: str, seed: int) -> None:
    score = write(sheet, tempo, meter, key, seed)
    assert [note.syllable for note in score.notes] == list(range(len(score.lyrics.syllables)))
    assert all(RANGE[0] <= note.pitch <= RANGE[1] for note in score.notes)
    assert all(a.end <= b.onset + 1e-6 for a, b in pairwise(score.notes))
    beat_s = 60.0 / tempo
    assert min(note.duration for note in score.notes) * beat_s >= 0.9 * SHORTEST_SYLLABLE_S
    assert score.notes[-1].end <= score.plan.beats
    assert score.notes[0].onset >= 0


@settings(max_examples=25, deadline=None)
@given(sheets, st.integers(60, 160), st.integers(0, 3))
def test_lines_leave_room_to_breathe(sheet: str, tempo: int, seed: int) -> None:
    score = write(sheet, tempo, seed=seed)
    beat_s = 60.0 / tempo
    ends = {}
    for line, syllables in score.lyrics.numbered_lines():
        ends[line.number] = (score.notes[syllables[0]].onset, score.notes[syllables[-1]].end)
    for (_, end), (start, _) in pairwise(ends.values()):
        assert (start - end) * beat_s >= 0.1


def test_voice_stays_in_its_bars() -> None:
    score = write(VERSES)
    for (section, planned), _ in zip(sung_sections(score.lyrics, score.plan), range(9), strict=False):
        first = planned.bar * 4
        numbers = [line.number for line in section.lines]
        notes = [
            score.notes[k] for line, span in score.lyrics.numbered_lines() if line.number in numbers for k in span
        ]
        assert notes[0].onset >= first - 1.5, "no pickup longer than a beat and a half"
        assert notes[-1].end <= first + planned.bars * 4


def test_sections_that_come_back_have_one_tune() -> None:
    score = write(VERSES)
    lines = [[score.notes[k] for k in span] for _, span in score.lyrics.numbered_lines()]
    for first, again in ((lines[2], lines[6]), (lines[3], lines[7])):  # the chorus, word for word
        shift = again[0].onset - first[0].onset
        assert shift % 4 == 0
        assert [(n.onset + shift, n.duration, n.pitch) for n in first[:-1]] == [
            (n.onset, n.duration, n.pitch) for n in again[:-1]
        ]
    rhythm = [[round(n.onset % 8, 3) for n in line] for line in (lines[0], lines[4])]
    assert len(set(rhythm[0]) & set(rhythm[1])) >= 0.7 * len(rhythm[0]), "the second verse adapts the first"


def test_choruses_lie_above_verses() -> None:
    means = defaultdict(list)
    for seed in range(8):
        score = write(VERSES, seed=seed)
        for section, planned in sung_sections(score.lyrics, score.plan):
            span = range(planned.bar * 4, (planned.bar + planned.bars) * 4)
            means[section.kind] += [note.pitch for note in score.notes if int(note.onset) in span]
    assert sum(means["chorus"]) / len(means["chorus"]) > sum(means["verse"]) / len(means["verse"]) + 1


def test_strong_beats_have_chord_tones_and_notes_are_in_key() -> None:
    strong = good = foreign = total = 0
    for seed in range(6):
        score = write(VERSES, seed=seed)
        scale = Key.parse(score.plan.key).scale
        for note in score.notes:
            chord = chord_at(score.chords, note.onset)
            assert chord is not None
            tones = parse_chord(chord.symbol)
            assert tones is not None
            total += 1
            foreign += note.pitch % 12 not in scale and note.pitch % 12 not in tones.tones
            if note.onset % 2 == 0:
                strong += 1
                good += note.pitch % 12 in tones.tones
    assert foreign == 0
    assert good / strong >= 0.85, f"{good} of {strong}"


def test_stressed_syllables_find_strong_beats() -> None:
    better = pairs = 0
    strength = {0.0: 4, 2.0: 3, 1.0: 2, 3.0: 2, 0.5: 1, 1.5: 1, 2.5: 1, 3.5: 1}
    for seed in range(6):
        score = write(VERSES, seed=seed)
        for line in score.lyrics.lines:
            syllables = [s for word in line.words if len(word.syllables) > 1 for s in word.syllables]
            assert syllables
        flat = [(word, k) for line in score.lyrics.lines for word in line.words for k in range(len(word.syllables))]
        for i in range(len(flat) - 1):
            (word, k), (following, _) = flat[i], flat[i + 1]
            if word is following and word.syllables[k].stress == 1 and word.syllables[k + 1].stress == 0:
                here = strength.get(score.notes[i].onset % 4, 0)
                there = strength.get(score.notes[i + 1].onset % 4, 0)
                pairs += 1
                better += here > there
    assert better / pairs >= 0.85, f"{better} of {pairs}"


def test_seeds_give_other_tunes_and_the_same_seed_the_same() -> None:
    assert write(VERSES, seed=1) == write(VERSES, seed=1)
    tunes = {tuple((n.onset, n.pitch) for n in write(VERSES, seed=seed).notes) for seed in range(5)}
    assert len(tunes) == 5


def test_melisma_has_a_note_for_each_mark() -> None:
    score = write("[Verse]\nHold on to the li~~ght\nSlowly the ri~ver turns\n", tempo=80)
    counts = defaultdict(int)
    for note in score.notes:
        counts[note.syllable] += 1
    assert [counts[k] for k in range(11)] == [1, 1, 1, 1, 3, 1, 1, 1, 2, 1, 1]
    assert all(
        note.slur == (i > 0 and score.notes[i - 1].syllable == note.syllable) for i, note in enumerate(score.notes)
    )


def test_bars_asked_for_by_tag() -> None:
    score = write("[Verse: bars=16]\nOne small line here\nAnd another one\n")
    assert [section.bars for section in score.plan.sections if any(section.voice)] == [16]
    with pytest.raises(InputError, match=r"\[Verse\].*do not fit into 1 bars.*or more"):
        write("[Verse: bars=1]\n" + "wonderful holiday tomorrow remember\n" * 6)


@given(st.integers(1, 120), st.integers(40, 260), st.sampled_from(("4/4", "3/4", "6/8")))
def test_lines_of_any_length_get_bars(syllables: int, tempo: int, meter: str) -> None:
    lyrics = parse_sheet("[Verse]\n" + " ".join(["stone"] * min(syllables, 60)))
    slots = lay_lines(lyrics.lines, None, tempo, Meter.parse(meter))
    assert slots[0].bars >= shortest_bars(min(syllables, 60), tempo, Meter.parse(meter))
