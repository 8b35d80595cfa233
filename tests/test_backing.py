"""The voices beside the lead: in harmony, in time, in their ranges, and never at the cost of the lead."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lyrics.parse import parse_sheet
from songsmith.backing import arrange_backing, voice_seed
from songsmith.cast import Cast, cast_voices, move_into_ranges, octave_for, only_lines, out_of_reach
from songsmith.errors import InputError
from songsmith.harmonies import INTERVAL_COST, harmonise_line
from songsmith.paper import Paper, write_paper
from songsmith.performance import SILENCE
from songsmith.plan import Chord
from songsmith.resources import preset_path
from songsmith.score import Note
from songsmith.singing.voices import VoiceRange, load_voice, voice_names
from songsmith.theory import Key, parse_chord

SHEET = """[Verse 1]
I carried water up the hill
You waited by the door (by the door)
[Chorus: energy=0.9]
Two lanterns on the water
Two lanterns on the shore (hold on, hold on)
[Verse 2]
The winter took the orchard down
We planted it again
[Chorus: energy=0.9]
"""
PITCHES = st.lists(st.integers(58, 72), min_size=1, max_size=16)
CHORDS = tuple(Chord(4.0 * i, 4.0, symbol) for i, symbol in enumerate(("C", "A:min", "F", "G:7")))


@pytest.fixture(scope="module")
def paper() -> Paper:
    return write_paper("pop, 100 BPM, G major", SHEET)


# --- harmonies


@given(PITCHES, st.booleans())
def test_a_harmony_keeps_its_distance_and_its_side(pitches: list[int], below: bool) -> None:
    notes = [Note(float(i), 1.0, pitch, i) for i, pitch in enumerate(pitches)]
    harmony = harmonise_line(notes, CHORDS, Key(0, "major"), 40, 90, below=below)
    assert harmony is not None
    for note, pitch in zip(notes, harmony, strict=True):
        distance = note.pitch - pitch if below else pitch - note.pitch
        assert distance in INTERVAL_COST


def test_under_a_scale_a_harmony_runs_in_thirds_and_sixths_on_chord_tones() -> None:
    scale = [72, 71, 69, 67, 65, 64, 62, 60]
    notes = [Note(2.0 * i, 2.0, pitch, i) for i, pitch in enumerate(scale)]
    chords = (Chord(0.0, 16.0, "C"),)
    harmony = harmonise_line(notes, chords, Key(0, "major"), 48, 72, below=True)
    assert harmony is not None
    tones = parse_chord("C")
    assert tones is not None
    on_chord = [pitch % 12 in tones.tones for pitch in harmony]
    assert all(on_chord), harmony
    assert all(pitch % 12 in Key(0, "major").scale for pitch in harmony)


def test_a_range_without_room_has_no_harmony() -> None:
    notes = [Note(0.0, 1.0, 60, 0)]
    assert harmonise_line(notes, CHORDS, Key(0, "major"), 59, 62, below=True) is None
    assert harmonise_line(notes, CHORDS, Key(0, "major"), 60, 72, below=True) == (64,), "it crosses the tune"
    assert harmonise_line(notes, CHORDS, Key(0, "major"), 50, 72, below=True) == (52,), "the chord's third"


# --- who sings


def test_untagged_sections_are_the_songs_own_voice() -> None:
    cast = cast_voices(parse_sheet(SHEET), "heart")
    assert cast.leads == ("heart",)
    assert set(cast.lead) == {1, 2, 3, 4, 5, 6, 7, 8}
    assert cast.second == {}
    assert cast.warnings == ()


def test_characters_get_voices_of_their_own_and_that_is_told() -> None:
    sheet = parse_sheet(
        SHEET.replace("[Verse 1]", "[Verse 1: singer=Anna]").replace("[Verse 2]", "[Verse 2: singer=anna+Bert]")
    )
    cast = cast_voices(sheet, "heart")
    assert cast.lead[1] == cast.lead[5] == "heart"
    assert cast.second[5] == cast.second[6]
    assert cast.warnings[0] == "section [Verse 1]: Anna is sung by the voice 'heart'"
    if len(voice_names()) > 1:
        assert cast.second[5] != ("heart",)


def cast_of(*singers: str, language: str = "en") -> Cast:
    tags = "".join(f"[Verse {n}: singer={name}]\nla la la\n" for n, name in enumerate(singers, 1))
    return cast_voices(parse_sheet(tags, language), "heart")


def test_no_character_gets_a_voice_that_a_tag_names() -> None:
    cast = cast_of("Ben", "Anna", "alto")
    assert cast.lead[1] == "heart"
    assert cast.lead[3] == "alto"
    assert len(set(cast.lead.values())) == 3
    assert cast_of("Ben", "heart").lead[1] != "heart"


def test_more_characters_than_voices_is_told() -> None:
    names = ["Zeno", "Yuri", "Xaver", "Wanda", "Vera", "Ulla", "Quentin", "Olga"][: len(voice_names()) + 1]
    cast = cast_of(*names)
    assert cast.lead[len(names)] == "heart"
    assert "which others have, too" in cast.warnings[-1]
    assert sum("which others have" in told for told in cast.warnings) == 1


def test_nobody_sings_a_duet_with_himself() -> None:
    cast = cast_of("alto+alto", "alto+tenor+tenor")
    assert cast.second == {2: ("tenor",)}
    assert cast.warnings[0] == "section [Verse 1]: the voice 'alto' is asked for twice and sings once"
    assert cast.warnings[1] == "section [Verse 2]: the voice 'tenor' is asked for twice and sings once"


def test_who_joins_has_to_sing_the_language_too(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    text = preset_path("voices", "heart").read_text(encoding="utf-8")
    own.write_text(text.replace('language = "en"', 'language = "ja"'), encoding="utf-8")
    sheet = replace(parse_sheet("[Verse: singer=Zeno+alto]\nla la la\n"), language="ja")
    with pytest.raises(InputError, match="voice 'alto' sings 'en', the lyrics are 'ja'"):
        cast_voices(sheet, str(own))


def test_a_misspelt_voice_is_refused() -> None:
    sheet = parse_sheet(SHEET.replace("[Verse 1]", "[Verse 1: singer=hearth]"))
    with pytest.raises(InputError, match=r"section \[Verse 1\]: there is no voice 'hearth'; 'heart' is one"):
        cast_voices(sheet, "heart")


@given(st.lists(st.integers(40, 84), min_size=1, max_size=12))
def test_octaves_bring_a_tune_nearer(pitches: list[int]) -> None:
    home = VoiceRange()
    notes = [Note(float(i), 1.0, pitch, i) for i, pitch in enumerate(pitches)]
    shift = octave_for(notes, home)
    assert shift % 12 == 0

    def strain(by: int) -> tuple[int, int]:
        low, high = home.comfortable_lowest, home.comfortable_highest
        out = sum(not home.lowest <= p + by <= home.highest for p in pitches)
        return out, sum(max(0, low - p - by, p + by - high) for p in pitches)

    assert strain(shift) <= min(strain(0), strain(12), strain(-12))
    if strain(0) == (0, 0):
        assert shift == 0


@given(st.sampled_from(voice_names()), st.sampled_from(voice_names()), st.data())
def test_no_line_leaves_the_reach_of_its_singer_untold(
    paper: Paper, writer: str, singer: str, data: st.DataObject
) -> None:
    home, reach = load_voice(writer).range, load_voice(singer).range
    pitches = st.integers(home.comfortable_lowest, home.comfortable_highest)
    notes = tuple(replace(note, pitch=data.draw(pitches)) for note in paper.score.notes)
    lead = {line.number: singer if line.number % 2 else writer for line in paper.lyrics.lines}
    cast = replace(paper.cast, lead=lead, second={})
    moved = move_into_ranges(replace(paper.score, notes=notes), cast, writer)
    told = out_of_reach(moved, cast)
    outside = 0
    for line, numbers in paper.lyrics.numbered_lines():
        if not line.words:
            continue
        before, after = ([n.pitch for n in tune if n.syllable in numbers] for tune in (notes, moved.notes))
        shifts = {b - a for a, b in zip(before, after, strict=True)}
        assert len(shifts) == 1
        assert shifts <= {-24, -12, 0, 12, 24}
        if lead[line.number] == writer:
            assert shifts == {0}
            continue
        out = [p for p in after if not reach.lowest <= p <= reach.highest]
        assert not out or not any(
            all(reach.lowest <= p + octave <= reach.highest for p in before) for octave in (-24, -12, 0, 12, 24)
        )
        outside += len(out)
    assert len(told) == (outside > 0)
    if told:
        assert told[0].startswith(f"voice '{singer}' cannot reach {outside} note")


def test_a_second_singer_out_of_reach_is_told(paper: Paper) -> None:
    low, high = load_voice("child").range.lowest, load_voice("child").range.highest
    ends = {0: low - 1, 1: high + 1}  # wider than the voice: no octave fits
    lines = dict(zip((line.number for line in paper.lyrics.lines), paper.lyrics.numbered_lines(), strict=True))
    first = lines[1][1]
    notes = tuple(replace(n, pitch=ends[n.syllable % 2]) if n.syllable in first else n for n in paper.score.notes)
    cast = replace(paper.cast, second={1: ("child",)})
    _, missed = arrange_backing(replace(paper.score, notes=notes), paper.accompaniment.timeline, cast, 0)
    assert any("voice 'child' cannot reach" in told and "of line 1:" in told for told in missed)


def test_the_lead_moves_by_octaves_where_its_singer_changes(paper: Paper) -> None:
    cast = paper.cast
    low = next((name for name in voice_names() if load_voice(name).range.comfortable_highest < 65), None)
    if low is None:
        pytest.skip("there is no low voice")
    changed = replace(cast, lead={line: low if line < 3 else "heart" for line in cast.lead})
    moved = move_into_ranges(paper.score, changed, "heart")
    shifts = {a.pitch - b.pitch for a, b in zip(moved.notes, paper.score.notes, strict=True)}
    assert shifts == {0, -12}
    assert [n.onset for n in moved.notes] == [n.onset for n in paper.score.notes]


def test_the_lines_of_a_performance_part_without_loss(paper: Paper) -> None:
    numbers = [line.number for line in paper.lyrics.lines]
    odd, even = (
        only_lines(paper.performance, paper.lyrics, frozenset(n for n in numbers if n % 2 == r)) for r in (1, 0)
    )
    for part in (odd, even):
        assert part.phonemes[0].start == 0.0
        assert all(a.end == b.start for a, b in pairwise(part.phonemes))
    sung = [a if a.symbol != SILENCE else b for a, b in zip(odd.phonemes, even.phonemes, strict=True)]
    assert tuple(sung) == paper.performance.phonemes
    both = [a for a, b in zip(odd.phonemes, even.phonemes, strict=True) if SILENCE not in (a.symbol, b.symbol)]
    assert both == []


# --- the arrangement


def test_every_voice_sings_its_words_once_in_order_and_in_range(paper: Paper) -> None:
    assert {voice.kind for voice in paper.voices} == {"harmony", "double", "backing"}
    assert len({voice.name for voice in paper.voices}) == len(paper.voices)
    for voice in paper.voices:
        begun = [note.syllable for note in voice.notes if not note.slur]
        assert begun == list(range(len(voice.lyrics.syllables)))
        assert all(a.end <= b.onset + 1e-6 for a, b in pairwise(voice.notes))
        reach = load_voice(voice.voice).range
        assert all(reach.lowest <= note.pitch <= reach.highest for note in voice.notes)
        assert voice.notes[-1].end <= paper.plan.beats
        spoken = {span.syllable for span in voice.performance.phonemes if span.syllable is not None}
        assert spoken == set(range(len(voice.lyrics.syllables)))


def test_harmony_and_double_follow_the_choruses_of_the_lead(paper: Paper) -> None:
    lead = {round(note.onset, 6): note.pitch for note in paper.score.notes}
    chorus = [3, 4, 7, 8]
    for kind in ("harmony", "double"):
        voice = next(v for v in paper.voices if v.kind == kind)
        assert [line.number for line in voice.lyrics.lines] == chorus
        distances = {lead[round(note.onset, 6)] - note.pitch for note in voice.notes}
        assert distances <= ({0} if kind == "double" else {*INTERVAL_COST, *(-d for d in INTERVAL_COST)})


def test_backing_words_come_after_their_line_on_chord_tones(paper: Paper) -> None:
    group = [voice for voice in paper.voices if voice.kind == "backing"]
    assert len(group) == 2
    ends: dict[int, float] = {}
    for line, numbers in paper.lyrics.numbered_lines():
        ends[line.number] = max(note.end for note in paper.score.notes if note.syllable in numbers)
    for voice in group:
        assert [line.number for line in voice.lyrics.lines] == [2, 4, 8]
        for line, numbers in voice.lyrics.numbered_lines():
            notes = [note for note in voice.notes if note.syllable in numbers]
            assert notes[0].onset >= ends[line.number] - 1e-6
    for a, b in zip(group[0].notes, group[1].notes, strict=True):
        assert a.onset == b.onset
        assert a.pitch % 12 != b.pitch % 12


def test_a_plain_song_has_no_voices_beside_the_lead() -> None:
    quiet = write_paper("folk, 90 BPM", "[Verse]\nCopper kettle on the fire\nLittle lantern in the rain\n")
    assert quiet.voices == ()


def test_the_lead_is_the_same_with_and_without_backing_words(paper: Paper) -> None:
    without = write_paper(
        "pop, 100 BPM, G major", SHEET.replace(" (by the door)", "").replace(" (hold on, hold on)", "")
    )
    assert without.score.notes == paper.score.notes
    assert without.performance.phonemes == paper.performance.phonemes


def test_a_song_of_backing_words_alone_is_refused() -> None:
    with pytest.raises(InputError, match="no words for the lead to sing"):
        write_paper("pop", "[Chorus]\n(ooh la la)\n")


def test_seeds_of_voices_differ() -> None:
    assert len({voice_seed(1, name) for name in ("harmony", "double", "backing-1")} | {voice_seed(2, "harmony")}) == 4


@settings(max_examples=12, deadline=None)
@given(st.integers(60, 180), st.sampled_from(["4/4", "3/4", "6/8"]), st.integers(0, 50))
def test_any_song_has_room_for_its_voices(tempo: int, meter: str, seed: int) -> None:
    sheet = (
        "[Chorus: energy=1]\nBurn, little lantern, burn (burn it, burn it down now)\nTurn (turn)\n(ooh, ooh)\nHome\n"
    )
    made = write_paper("rock", sheet, seed, tempo=float(tempo), meter=meter)
    voices, missed = arrange_backing(made.score, made.accompaniment.timeline, made.cast, seed)
    assert [v.name for v in voices] == [v.name for v in made.voices]
    told = len(missed)
    sung = {line.number for v in voices if v.kind == "backing" for line in v.lyrics.lines}
    assert len(sung) + told == 3
