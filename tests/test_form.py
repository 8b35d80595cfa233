from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lyrics.parse import parse_sheet
from songsmith.accompaniment import song_timeline
from songsmith.brief import Brief
from songsmith.errors import InputError
from songsmith.form import form_warnings, plan_song
from songsmith.plan import Plan
from songsmith.styles import load_style, style_names
from songsmith.theory import Key, numeral_to_chord, parse_chord

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


def brief_of(style: str = "folk", tempo: float = 100.0, key: str = "G major", meter: str = "4/4", **more) -> Brief:
    return Brief("", style, tempo, key, meter, **more)


def plan(brief: Brief | None = None, sheet: str | None = SHEET, seed: int = 0, length_s: float | None = None) -> Plan:
    brief = brief or brief_of()
    return plan_song(brief, parse_sheet(sheet) if sheet else None, load_style(brief.style), seed, length_s)


def kinds(song: Plan) -> list[str]:
    return [section.kind for section in song.sections]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(style_names()), st.sampled_from(("4/4", "3/4", "6/8")),
       st.sampled_from(("C major", "A minor")), st.integers(50, 200), st.integers(0, 5))  # fmt: skip
def test_chords_tile_the_song_and_end_at_home(style: str, meter: str, key: str, tempo: int, seed: int) -> None:
    song = plan(brief_of(style, tempo, key, meter), seed=seed)
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
        plan(brief_of(tempo=40), "[Verse]\n" + "A long and winding line of many words to sing\n" * 400)


def test_seeds_choose_other_chords() -> None:
    assert len({plan(seed=seed).chords for seed in range(8)}) >= 4


# --- styles and energies of sections -------------------------------------------------------------------------


def test_a_section_has_the_chords_of_its_style() -> None:
    sheet = "[Verse]\nCopper kettle on the fire\n[Chorus: style=Bossa Nova, bars=8]\nNobody told me, nobody knew\n"
    song = plan(sheet=sheet)
    assert [s.style for s in song.sections] == [None, None, "bossa", None]
    chorus = song.sections[2]
    symbols = [c.symbol for c in song.chords if chorus.bar * 4 <= c.onset < (chorus.bar + 6) * 4]
    key = Key.parse(song.key)
    bossa = load_style("bossa").progressions_for("chorus", "major")
    assert any(set(symbols) <= {numeral_to_chord(n, key) for bar in p for n in bar.split()} for p in bossa)
    assert any(":maj7" in s or ":min7" in s or ":7" in s or ":maj9" in s for s in symbols)


def test_the_songs_own_style_is_no_other() -> None:
    assert plan(sheet="[Verse: style=folk]\nCopper kettle on the fire\n").sections[1].style is None


@pytest.mark.parametrize("wrong", ["polka", "/etc/passwd", "../styles/folk.toml", "x" * 500])
def test_an_unknown_style_of_a_section_is_refused(wrong: str) -> None:
    with pytest.raises(
        InputError, match=r"section \[Hook\]: style '.*' is not known: use one of ambient, "
    ) as caught:
        plan(sheet=f"[Hook: style={wrong}]\nCopper kettle on the fire\n")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


# --- the form that is asked for ------------------------------------------------------------------------------

WORDS = {
    "verse": "[Verse]\nCopper kettle on the fire\nSparrows on the telephone wire\n",
    "chorus": "[Chorus]\nNobody told me, nobody knew\nHow many colours there are in blue\n",
    "bridge": "[Bridge]\nAnd the rain came in by the door\n",
}


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.sampled_from(sorted(WORDS)), min_size=1, max_size=5),
    st.lists(
        st.sampled_from(("intro", "verse", "chorus", "bridge", "build", "drop", "solo", "interlude", "outro")),
        min_size=1,
        max_size=8,
    ),
)
def test_words_are_never_lost_repeated_or_moved(sheet: list[str], form: list[str]) -> None:
    lyrics = parse_sheet("\n".join(WORDS[kind] for kind in sheet))
    brief = brief_of(form=tuple(form))
    song = plan_song(brief, lyrics, load_style("folk"), 0)
    assert [s.kind for s in song.sections if any(s.voice)] == sheet
    played = [s.kind for s in song.sections if not any(s.voice)]
    asked = [kind for kind in form if kind not in WORDS]
    assert played in (asked, ["intro", *asked])
    told = form_warnings(brief, lyrics, load_style("folk"))
    agrees = [kind for kind in form if kind in WORDS] == sheet
    assert agrees == (not [t for t in told if "lead in" not in t])


def test_a_form_puts_instrumental_sections_between_those_of_the_sheet() -> None:
    form = ("intro", "verse", "build", "drop", "chorus", "solo", "outro")
    song = plan(brief_of(form=form), WORDS["verse"] + WORDS["chorus"])
    assert tuple(kinds(song)) == form
    assert [any(s.voice) for s in song.sections] == [False, True, False, False, True, False, False]


def test_where_form_and_sheet_disagree_the_sheet_wins_and_it_is_told() -> None:
    brief = brief_of(form=("intro", "chorus", "bridge", "outro"))
    sheet = WORDS["verse"] + WORDS["chorus"]
    assert kinds(plan(brief, sheet)) == ["intro", "verse", "chorus", "outro"]
    assert form_warnings(brief, parse_sheet(sheet), load_style("folk")) == (
        "the form does not have 'Verse' of the lyrics: kept in the order of the sheet",
        "the form asks for 'bridge' that the lyrics have no words for: left out",
    )


def test_an_unknown_kind_in_a_form_is_refused() -> None:
    with pytest.raises(InputError, match=r"form: the section kind 'twist' is not known; use one of intro, verse"):
        plan(brief_of(form=("intro", "twist")))


# --- songs that nobody sings ---------------------------------------------------------------------------------


@pytest.mark.parametrize("style", style_names())
def test_without_a_sheet_the_styles_own_form_fills_two_minutes(style: str) -> None:
    song = plan(brief_of(style, sum(load_style(style).tempo) / 2, instrumental=True), sheet=None)
    assert not any(any(s.voice) for s in song.sections)
    form = load_style(style).form
    assert (song.sections[0].kind, song.sections[-1].kind) == (form[0], form[-1])
    assert set(kinds(song)) <= set(form)
    assert len(song.sections) >= 4
    assert len({s.label for s in song.sections}) == len(song.sections)
    assert 80 <= song_timeline(song).beats[-1] <= 170
    assert {s.bars for s in song.sections} <= {2, 4, 8, 12, 16}


@pytest.mark.parametrize("length_s", [20, 45, 90, 200, 400, 900])
def test_an_instrumental_is_as_long_as_asked(length_s: float) -> None:
    for brief in (brief_of("house", 124, instrumental=True, length_s=length_s), brief_of("ballad", 66)):
        song = plan(brief, sheet=None, length_s=None if brief.length_s else length_s)
        assert song_timeline(song).beats[-1] == pytest.approx(length_s, abs=4 * 60 / brief.tempo)


def test_an_instrumental_keeps_the_form_that_is_asked_for() -> None:
    form = ("intro", "build", "drop", "interlude", "build", "drop", "outro")
    song = plan(brief_of("house", 124, instrumental=True, form=form), sheet=None, length_s=240)
    assert tuple(kinds(song)) == form
    with pytest.raises(InputError, match=r"length 8 s is too short for these sections, which need"):
        plan(brief_of("house", 124, instrumental=True, form=form), sheet=None, length_s=8)


def test_a_sheet_of_tags_is_the_form_of_an_instrumental() -> None:
    sheet = "[Intro: bars=2]\n[Verse: energy=0.9]\nCopper kettle\n[Drop: bars=16]\n[Outro]\n"
    song = plan(brief_of(instrumental=True), sheet)
    assert kinds(song) == ["intro", "verse", "drop", "outro"]
    assert (song.sections[0].bars, song.sections[2].bars, song.sections[1].energy) == (2, 16, 0.9)
    assert not any(any(s.voice) for s in song.sections)


# --- lengths -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length_s", [150, 240, 400])
def test_much_room_is_shared_among_many_places(length_s: float) -> None:
    song = plan(length_s=length_s)
    wordless = [s for s in song.sections if not any(s.voice)]
    assert max(s.bars for s in wordless) <= 22
    assert song_timeline(song).beats[-1] == pytest.approx(length_s, abs=2.4)
    told = form_warnings(brief_of(), parse_sheet(SHEET), load_style("folk"), length_s)
    assert any("instrumental section" in t for t in told) == (len(wordless) > 3)


def test_no_section_is_shorter_than_two_bars_unless_the_sheet_says_so() -> None:
    sheet = "[Verse]\nBlue\n[Chorus]\nHey\n[Bridge: bars=1]\nOh\n"
    song = plan(brief_of(tempo=70), sheet)
    assert {s.label: s.bars for s in song.sections}["Bridge"] == 1
    assert min(s.bars for s in song.sections if s.label != "Bridge") >= 2


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(sorted(WORDS)), min_size=1, max_size=5), st.integers(60, 160), st.integers(60, 600))
def test_any_length_that_is_long_enough_is_kept(sheet: list[str], tempo: int, length_s: int) -> None:
    lyrics = parse_sheet("\n".join(WORDS[kind] for kind in sheet))
    brief = brief_of(tempo=float(tempo))
    shortest = plan_song(brief, lyrics, load_style("folk"), 0)
    sung = sum(s.bars for s in shortest.sections if any(s.voice)) * 4 * 60 / tempo
    assume(sung + 2 * 4 * 60 / tempo + 4 < length_s)
    song = plan_song(brief, lyrics, load_style("folk"), 0, float(length_s))
    assert [s.kind for s in song.sections if any(s.voice)] == sheet
    assert song_timeline(song).beats[-1] == pytest.approx(length_s, abs=4 * 60 / tempo)
    assert all(s.bars >= 1 for s in song.sections)


def test_a_briefs_length_counts_unless_another_is_given() -> None:
    long = brief_of(length_s=150.0)
    assert song_timeline(plan(long)).beats[-1] == pytest.approx(150, abs=2.4)
    assert song_timeline(plan(long, length_s=100)).beats[-1] == pytest.approx(100, abs=2.4)
    assert plan(replace(long, length_s=None)) == plan()
