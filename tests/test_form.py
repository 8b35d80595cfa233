from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lyrics.parse import parse_sheet
from songsmith.accompaniment import song_timeline
from songsmith.errors import InputError
from songsmith.form import plan_song
from songsmith.plan import Plan
from songsmith.prompt import Overrides, read_prompt
from songsmith.styles import style_names
from songsmith.theory import Key, parse_chord

SHEET = """
[Verse]
Copper kettle on the fire
Sparrows on the telephone wire
[Chorus]
Nobody told me, nobody knew
How many colours there are in blue
[Solo]
[Chorus]
"""


def plan(prompt: str = "folk, 100 BPM", sheet: str = SHEET, seed: int = 0, length_s: float | None = None) -> Plan:
    brief, style = read_prompt(prompt, seed)
    return plan_song(brief, parse_sheet(sheet), style, seed, length_s)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(style_names()), st.sampled_from(("4/4", "3/4", "6/8")),
       st.sampled_from(("C major", "A minor")), st.integers(50, 200), st.integers(0, 5))  # fmt: skip
def test_chords_tile_the_song_and_end_at_home(style: str, meter: str, key: str, tempo: int, seed: int) -> None:
    brief, values = read_prompt(style, seed, Overrides(style=style, key=key, meter=meter, tempo=tempo))
    song = plan_song(brief, parse_sheet(SHEET), values, seed)
    assert song.chords[0].onset == 0
    assert all(abs(a.end - b.onset) < 1e-9 for a, b in pairwise(song.chords))
    assert song.chords[-1].end == song.beats
    last = parse_chord(song.chords[-1].symbol)
    assert last is not None
    assert last.root == Key.parse(key).tonic


def test_sections_follow_the_sheet_with_intro_and_outro() -> None:
    song = plan()
    assert [s.kind for s in song.sections] == ["intro", "verse", "chorus", "solo", "chorus", "outro"]
    assert [any(s.voice) for s in song.sections] == [False, True, True, False, True, False]
    energy = {s.label: s.energy for s in song.sections}
    assert energy["Intro"] < energy["Verse"] < energy["Chorus"]


def test_the_same_kind_has_the_same_chords() -> None:
    song = plan()
    choruses = [s for s in song.sections if s.kind == "chorus"]
    rows = [
        [(c.onset - s.bar * 4, c.symbol) for c in song.chords if s.bar * 4 <= c.onset < (s.bar + s.bars) * 4]
        for s in choruses
    ]
    assert rows[0] == rows[1]


def test_tags_are_obeyed() -> None:
    song = plan(sheet="[Verse: bars=8, energy=0.9]\nSparrows on the telephone wire\n")
    verse = song.sections[1]
    assert (verse.bars, verse.energy) == (8, 0.9)


@pytest.mark.parametrize("length_s", [60, 90, 150, 240])
def test_length_is_kept_within_a_bar(length_s: float) -> None:
    song = plan(length_s=length_s)
    assert song_timeline(song).beats[-1] == pytest.approx(length_s, abs=2.4)


def test_a_length_never_changes_bars_that_the_sheet_gives() -> None:
    song = plan(sheet="[Intro: bars=2]\n[Verse]\nSparrows on the telephone wire\n[Solo: bars=8]\n", length_s=90)
    assert {s.label: s.bars for s in song.sections}["Intro"] == 2
    assert {s.label: s.bars for s in song.sections}["Solo"] == 8
    assert song_timeline(song).beats[-1] == pytest.approx(90, abs=2.4)


def test_a_length_finds_room_where_every_section_has_words() -> None:
    sheet = "[Intro]\nSparrows on the wire\n[Outro]\nSparrows on the telephone wire\n"
    song = plan(sheet=sheet, length_s=60)
    assert [s.kind for s in song.sections] == ["intro", "solo", "outro"]
    assert song_timeline(song).beats[-1] == pytest.approx(60, abs=2.4)


def test_a_length_the_words_do_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="too short for these lyrics, which need"):
        plan(length_s=5)


def test_an_endless_song_is_refused() -> None:
    with pytest.raises(InputError, match="minutes"):
        plan("folk, 40 BPM", "[Verse]\n" + "A long and winding line of many words to sing\n" * 400)


def test_seeds_choose_other_chords() -> None:
    assert len({plan(seed=seed).chords for seed in range(8)}) >= 4
