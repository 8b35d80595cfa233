"""Sections in styles of their own, songs that nobody sings, and what is not to play."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from song_plans import plan_and_brief

from songsmith.accompaniment.feel import swing_melody
from songsmith.accompaniment.instruments import INSTRUMENTS, covers, instrument
from songsmith.accompaniment.lead import LEAD_KINDS
from songsmith.accompaniment.palette import LEAD_GAIN_DB, part_styles
from songsmith.accompaniment.parts import Accompaniment
from songsmith.accompaniment.patterns import PatternAccompanist
from songsmith.brief import Groove
from songsmith.plan import Plan, chord_at
from songsmith.score import Note
from songsmith.styles import load_style, style_names
from songsmith.theory import Key, parse_chord

FORM = (("intro", 4, 0.4), ("verse", 8, 0.5), ("chorus", 8, 0.8), ("verse", 8, 0.5), ("outro", 2, 0.4))


def evolved(style: str, chorus: str, seed: int = 0) -> tuple[Plan, Accompaniment]:
    plan, brief = plan_and_brief(style, form=FORM)
    sections = tuple(replace(s, style=chorus) if s.kind == "chorus" else s for s in plan.sections)
    plan = replace(plan, sections=sections)
    return plan, PatternAccompanist().accompany(plan, brief, seed)


@pytest.mark.parametrize(
    ("style", "chorus"), [("folk", "rock"), ("lofi", "house"), ("pop", "swing"), ("ballad", "pop")]
)
def test_a_section_plays_the_instruments_of_its_style_and_the_others_do_not(style: str, chorus: str) -> None:
    for seed in range(3):
        plan, song = evolved(style, chorus, seed)
        place = next(s for s in plan.sections if s.kind == "chorus")
        start, end = place.bar * 4, (place.bar + place.bars) * 4
        for part in song.parts:
            name, _, other = part.name.partition("-")
            inside = [n for n in part.notes if start <= n.onset < end - 1e-6]
            outside = [n for n in part.notes if not start - 0.5 <= n.onset < end]
            allowed = {player.program for player in load_style(chorus).part(name).instruments}
            assert not inside or part.program in allowed
            if other:
                assert other == chorus
                assert inside
                assert not outside
        assert {p.name.partition("-")[0] for p in song.parts if any(start <= n.onset < end for n in p.notes)} >= {
            "drums", "bass", "harmony",
        }  # fmt: skip


def test_the_other_sections_are_as_they_were() -> None:
    plan, song = evolved("folk", "rock")
    _, brief = plan_and_brief("folk", form=FORM)
    plain = PatternAccompanist().accompany(plan_and_brief("folk", form=FORM)[0], brief, 0)
    end = next(s.bar for s in plan.sections if s.kind == "chorus") * 4
    for part in plain.parts:
        same = next((p.notes for p in song.parts if p.name == part.name), ())
        assert [n for n in part.notes if n.onset < end - 4] == [n for n in same if n.onset < end - 4]


def test_parts_are_known_to_the_mix_by_name() -> None:
    _, song = evolved("folk", "rock")
    folk, rock = load_style("folk"), load_style("rock")
    known = part_styles(song.parts, folk)
    assert set(known) == {p.name for p in song.parts}
    assert known["harmony-rock"] == rock.part("harmony")
    assert known["harmony"] == folk.part("harmony")


@pytest.mark.parametrize("meter", ["4/4", "3/4", "6/8"])
@pytest.mark.parametrize("style", style_names())
def test_a_song_that_nobody_sings_has_a_tune(style: str, meter: str) -> None:
    plan, brief = plan_and_brief(style, meter)
    plan = replace(plan, sections=tuple(replace(s, voice=(False,) * s.bars) for s in plan.sections))
    song = PatternAccompanist().accompany(plan, replace(brief, instrumental=True), 1)
    lead = next(p for p in song.parts if p.name == "lead")
    assert [p.name for p in song.parts][-1] == "lead"
    bars = {int(n.onset // plan.beats_per_bar) for n in lead.notes}
    tuneful = {s.bar + i for s in plan.sections if s.kind in LEAD_KINDS for i in range(s.bars)}
    assert bars == tuneful
    key = Key.parse(plan.key)
    strong = [n for n in lead.notes if n.onset % plan.beats_per_bar == 0]
    for note in strong:
        chord = chord_at(plan.chords, note.onset)
        tones = parse_chord(chord.symbol) if chord else None
        assert tones is not None
        assert note.pitch % 12 in tones.tones
    in_scale = [n.pitch % 12 in key.scale for n in lead.notes]
    assert sum(in_scale) >= 0.75 * len(in_scale)
    steps = [abs(a.pitch - b.pitch) for a, b in zip(lead.notes, lead.notes[1:], strict=False)]
    assert max(steps) <= 19
    assert sum(step <= 4 for step in steps) >= 0.6 * len(steps)
    assert len({n.pitch for n in lead.notes}) >= 5
    assert part_styles(song.parts, load_style(style))["lead"].gain_db == pytest.approx(
        load_style(style).part("figure").gain_db + LEAD_GAIN_DB
    )


def test_a_verse_that_returns_has_the_same_tune() -> None:
    plan, brief = plan_and_brief("pop")
    song = PatternAccompanist().accompany(plan, replace(brief, instrumental=True), 2)
    lead = next(p for p in song.parts if p.name == "lead").notes
    first, second = (s.bar * 4 for s in plan.sections if s.kind == "chorus")
    tunes = [[(n.onset - at, n.pitch) for n in lead if at <= n.onset < at + 28] for at in (first, second)]
    assert tunes[0] == tunes[1]


@pytest.mark.parametrize("style", style_names())
@pytest.mark.parametrize("name", ["drums", "bass", "pad", "figure", "piano", "guitar", "strings"])
def test_what_is_not_wanted_does_not_play(style: str, name: str) -> None:
    plan, brief = plan_and_brief(style, form=FORM)
    song = PatternAccompanist().accompany(plan, replace(brief, without=(name,), instrumental=True), 0)
    assert song.parts
    for part in song.parts:
        assert part.name != name
        player = next(i for i in INSTRUMENTS if (i.program, i.is_drum) == (part.program, part.is_drum))
        assert not covers(name, player, part.name)


@pytest.mark.parametrize("style", ["pop", "ballad", "techno", "swing"])
def test_one_piano_plays_the_bass_with_the_left_hand(style: str) -> None:
    plan, brief = plan_and_brief(style, form=FORM)
    alone = replace(brief, palette=("piano",), without=("drums", "bass", "pad", "figure"))
    song = PatternAccompanist().accompany(plan, alone, 0)
    assert [(p.name, p.program) for p in song.parts] == [("harmony", instrument("piano").program)]
    low = load_style(style).part("harmony").range[0]
    assert sum(n.pitch < low for n in song.parts[0].notes) > plan.bars / 2


def test_a_calm_song_lies_lower_and_softer_than_a_lively_one() -> None:
    for style in style_names()[::3]:
        heights, forces = [], []
        for energy, key in ((0.2, "E minor"), (0.9, "E major")):
            plan, brief = plan_and_brief(style, form=FORM)
            brief = replace(brief, energy=energy, key=key)
            song = PatternAccompanist().accompany(plan, brief, 0)
            chords = [n for p in song.parts if p.name == "harmony" for n in p.notes]
            heights.append(sum(n.pitch for n in chords) / len(chords))
            forces.append(sum(n.velocity for n in chords) / len(chords))
        assert heights[0] < heights[1] - 0.5, style


def test_the_voice_swings_where_its_section_does() -> None:
    plan, _ = evolved("pop", "swing")
    verse, chorus = plan.sections[1], plan.sections[2]
    notes = tuple(Note(s.bar * 4 + beat, 0.5, 60, 0) for s in (verse, chorus) for beat in (0.0, 0.5, 1.0))
    swung = swing_melody(notes, plan, load_style("pop"), Groove())
    late = 0.5 * (1 + load_style("swing").swing / 3)
    expected = [verse.bar * 4, verse.bar * 4 + 0.5, verse.bar * 4 + 1, chorus.bar * 4, chorus.bar * 4 + late,
                chorus.bar * 4 + 1]  # fmt: skip
    assert [n.onset for n in swung] == pytest.approx(expected, abs=1e-5)
    assert all(a.end <= b.onset + 1e-6 for a, b in pairwise(swung))
    straight = swing_melody(notes, plan, load_style("pop"), Groove(swing=0.0))
    assert straight == notes
