from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from song_plans import plan_and_brief

from songsmith.accompaniment import ACCOMPANISTS, accompanist
from songsmith.accompaniment.frame import LARGEST_SHIFT
from songsmith.accompaniment.instruments import PART_NAMES, instrument
from songsmith.accompaniment.parts import Accompaniment, Part
from songsmith.accompaniment.voicing import voice_chord
from songsmith.errors import InputError
from songsmith.plan import Chord, Plan, PlannedSection, chord_at
from songsmith.styles import load_style, style_names
from songsmith.theory import QUALITIES, ChordTones, parse_chord
from songsmith.timeline import METERS, TAIL_S

FREE_REACH = {"bass": 0, "harmony": 4, "pad": 4, "figure": 0}


def accompany(style: str, meter: str = "4/4", seed: int = 0, **options) -> tuple[Plan, Accompaniment]:
    plan, brief = plan_and_brief(style, meter, **options)
    return plan, accompanist("patterns").accompany(plan, brief, seed)


def part(accompaniment: Accompaniment, name: str) -> Part:
    return next(p for p in accompaniment.parts if p.name == name)


@pytest.mark.parametrize("meter", METERS)
@pytest.mark.parametrize("style", style_names())
def test_notes_lie_in_the_song_in_range_in_order_without_overlap(style: str, meter: str):
    plan, song = accompany(style, meter, seed=3)
    names = [p.name for p in song.parts]
    assert names == [name for name in PART_NAMES if name in names]
    assert {"bass", "harmony"} <= set(names)
    assert all(p.notes for p in song.parts)
    for p in song.parts:
        assert p.notes
        assert list(p.notes) == sorted(p.notes, key=lambda n: (n.onset, n.pitch))
        ends: dict[int, float] = {}
        for note in p.notes:
            assert note.onset + note.duration <= plan.beats + 1e-6
            assert ends.get(note.pitch, 0.0) <= note.onset + 1e-6
            ends[note.pitch] = note.onset + note.duration
            if not p.is_drum:
                low, high = load_style(style).part(p.name).range
                shift = LARGEST_SHIFT if p.name != "bass" else 0
                assert low - shift <= note.pitch <= high + shift + FREE_REACH[p.name]
    assert len({note.velocity for p in song.parts for note in p.notes}) <= 24


@pytest.mark.parametrize("meter", METERS)
@pytest.mark.parametrize("style", style_names())
def test_notes_on_the_beat_belong_to_the_chord(style: str, meter: str):
    plan, song = accompany(style, meter, seed=1, number=1)
    on_beat = [n for p in song.parts if not p.is_drum for n in p.notes if n.onset == int(n.onset)]
    inside = 0
    for note in on_beat:
        chord = chord_at(plan.chords, note.onset)
        tones = parse_chord(chord.symbol) if chord else None
        inside += tones is not None and note.pitch % 12 in (*tones.tones, tones.bass)
    assert inside / len(on_beat) >= 0.95


@pytest.mark.parametrize("style", style_names())
def test_something_sounds_in_every_bar_and_the_last_chord_is_held(style: str):
    for seed in range(3):
        plan, song = accompany(style, seed=seed)
        for bar in range(plan.bars):
            start, end = bar * plan.beats_per_bar, (bar + 1) * plan.beats_per_bar
            assert any(n.onset < end and n.onset + n.duration > start for p in song.parts for n in p.notes)
        last = plan.beats - plan.beats_per_bar
        for name in ("bass", "harmony"):
            final = [n for n in part(song, name).notes if n.onset >= last]
            assert final
            assert all(n.onset == last and n.onset + n.duration == plan.beats for n in final)


def test_the_timeline_is_steady_and_reaches_past_the_last_bar():
    plan, song = accompany("folk", "3/4")
    assert song.timeline.tempo == plan.tempo
    tail_s = song.timeline.beats[-1] - song.timeline.seconds(plan.beats)
    assert TAIL_S <= tail_s < TAIL_S + 60 / plan.tempo
    assert song.timeline.beats[6] == pytest.approx(6 * 60 / plan.tempo, abs=1e-6)
    assert song.timeline.downbeats[:3] == (0, 3, 6)
    assert song.chords == plan.chords


@pytest.mark.parametrize("style", style_names())
def test_a_seed_decides_everything(style: str):
    assert accompany(style, seed=5)[1] == accompany(style, seed=5)[1]
    songs = [accompany(style, seed=seed)[1].parts for seed in range(4)]
    assert all(songs[i] != songs[j] for i in range(4) for j in range(i))


def test_a_section_that_returns_is_played_alike():
    plan, song = accompany("pop", seed=2)
    first, second = (s for s in plan.sections if s.kind == "chorus")
    beats = plan.beats_per_bar
    inner = first.bars - 1  # the last bar leads on, to different sections
    for name in ("bass", "harmony", "pad", "figure"):
        notes = part(song, name).notes

        def of(section: PlannedSection, notes=notes) -> set[tuple[float, int]]:
            start = section.bar * beats
            return {(n.onset - start, n.pitch) for n in notes if start <= n.onset < start + inner * beats}

        assert of(first) == of(second)


def test_energy_brings_more_notes_and_more_force():
    form = (("verse", 4, 0.2), ("verse", 4, 0.5), ("verse", 4, 0.9), ("outro", 1, 0.5))
    for style in style_names():
        plan, song = accompany(style, form=form)
        notes = [n for p in song.parts for n in p.notes]
        span = 4 * plan.beats_per_bar
        force = [sum(n.velocity for n in notes if i * span <= n.onset < (i + 1) * span) for i in range(3)]
        assert force[0] < force[2], style
        assert force[1] < force[2], style


def test_the_drums_lead_into_the_chorus_and_crash_on_it():
    plan, song = accompany("rock")
    chorus = next(s for s in plan.sections if s.kind == "chorus")
    start = chorus.bar * plan.beats_per_bar
    drums = part(song, "drums").notes
    assert any(n.onset == start and n.pitch == 49 for n in drums)
    usual = {(n.onset % 4, n.pitch) for n in drums if start <= n.onset < start + 4}
    before = {(n.onset % 4, n.pitch) for n in drums if start - 4 <= n.onset < start}
    assert before - usual


@pytest.mark.parametrize("style", ["bluegrass", "celtic", "ambient"])
def test_hand_drums_and_brushes_have_no_crash(style: str):
    for seed in range(3):
        _, song = accompany(style, seed=seed)
        assert not [n for p in song.parts if p.is_drum for n in p.notes if n.pitch in (49, 57)]


def test_a_roll_is_two_strokes_in_the_time_of_one():
    rolls = [n for seed in range(4) for n in part(accompany("trap", seed=seed)[1], "drums").notes if n.onset % 0.25]
    assert rolls
    assert {n.onset % 0.25 for n in rolls} == {0.125}


def test_the_figure_answers_where_the_voice_rests():
    _, song = accompany("folk", form=(("verse", 8, 0.5), ("outro", 1, 0.3)))
    bars = {int(n.onset // 4) for n in part(song, "figure").notes}
    assert bars == {3, 7, 8}


def test_chords_may_last_half_a_bar_or_many_and_name_their_bass():
    sections = (PlannedSection("verse", "Verse", 0, 8, 0.8, (True,) * 8),)
    chords = (Chord(0, 24, "C/3"), Chord(24, 2, "F"), Chord(26, 2, "G:7"), Chord(28, 4, "C"))
    plan = Plan(100.0, "C major", "4/4", sections, chords)
    _, brief = plan_and_brief("pop")
    song = accompanist("patterns").accompany(plan, brief, 0)
    bass = part(song, "bass").notes
    assert {n.pitch % 12 for n in bass if n.onset < 24 and n.onset % 4 == 0} == {4}
    assert {n.pitch % 12 for n in bass if n.onset in (24, 26)} == {5, 7}
    for note in (n for p in song.parts if not p.is_drum for n in p.notes if n.onset >= 24):
        chord = chord_at(chords, note.onset)
        assert chord is not None
        tones = parse_chord(chord.symbol)
        assert tones is not None
        assert note.pitch % 12 in (*tones.tones, tones.bass)


def test_a_bar_without_chord_is_left_to_the_drums():
    sections = (PlannedSection("verse", "Verse", 0, 3, 0.8, (False,) * 3),)
    plan = Plan(100.0, "C major", "4/4", sections, (Chord(0, 4, "C"), Chord(4, 4, "N"), Chord(8, 4, "C")))
    _, brief = plan_and_brief("rock")
    song = accompanist("patterns").accompany(plan, brief, 0)
    for p in song.parts:
        inside = [n for n in p.notes if n.onset < 8 and n.onset + n.duration > 4 + 1e-6]
        assert bool(inside) == p.is_drum


@pytest.mark.parametrize(
    ("palette", "programs", "absent"),
    [
        (("no drums",), {}, {"drums"}),
        (("no bass", "no drums"), {}, {"bass", "drums"}),
        (("piano",), {"harmony": 0}, set()),
        (("flute", "strings"), {"figure": 73, "pad": 48}, set()),
        (("piano", "acoustic guitar"), {"harmony": 0, "figure": 25}, set()),
        (("violin", "flute"), {"figure": 40}, set()),
        (("jazz kit",), {"drums": 32}, set()),
        (("only piano",), {"harmony": 0}, {"drums", "bass", "pad", "figure"}),
        (("only strings", "flute"), {"pad": 48, "figure": 73}, {"drums", "bass", "harmony"}),
    ],
)
@pytest.mark.parametrize("style", ["pop", "folk", "swing"])
def test_the_palette_is_honoured(style: str, palette: tuple[str, ...], programs: dict[str, int], absent: set[str]):
    for seed in range(3):
        _, song = accompany(style, seed=seed, palette=palette)
        found = {p.name: p.program for p in song.parts}
        assert found.keys().isdisjoint(absent)
        played = {p.program for p in song.parts if p.notes}
        for name in palette:
            if not name.startswith("no "):
                assert instrument(name.removeprefix("only ")).program in played
        if style != "folk":  # whose own instruments differ
            assert programs.items() <= found.items()


def test_an_open_word_keeps_the_instrument_of_the_style():
    for seed in range(4):
        programs = {p.name: p.program for p in accompany("swing", seed=seed, palette=("bass", "drums"))[1].parts}
        assert programs["bass"] == 32
        assert programs["drums"] in (32, 40)


@given(
    st.sampled_from(sorted(QUALITIES)),
    st.integers(0, 11),
    st.integers(2, 5),
    st.integers(45, 55),
    st.integers(15, 24),
)
@settings(max_examples=200)
def test_voicings_are_chord_tones_in_range(quality: str, root: int, voices: int, low: int, width: int):
    tones = tuple((root + interval) % 12 for interval in QUALITIES[quality])
    chord = ChordTones(root, root, tones)
    first = voice_chord(chord, voices, low, low + width)
    for voicing in (first, voice_chord(chord, voices, low, low + width, first)):
        assert list(voicing) == sorted(set(voicing))
        assert all(low <= pitch <= low + width and pitch % 12 in tones for pitch in voicing)
    if voices > 2:
        assert voice_chord(chord, voices, low, low + width, first) == first


def test_voices_move_little_from_chord_to_chord():
    plan, song = accompany("ballad", seed=1)
    previous: tuple[int, ...] = ()
    moves = []
    pad = part(song, "pad").notes
    for chord in plan.chords:
        voicing = tuple(sorted(n.pitch for n in pad if n.onset <= chord.onset < n.onset + n.duration))
        if previous and len(voicing) == len(previous):
            moves += [abs(a - b) for a, b in zip(voicing, previous, strict=True)]
        previous = voicing
    assert sum(moves) / len(moves) < 2.5


def test_accompanists_are_found_by_name():
    assert "patterns" in ACCOMPANISTS.names()
    with pytest.raises(InputError, match=r"accompanist 'orchestra' is not known: use one of .*patterns"):
        accompanist("orchestra")


def test_styles_swing_only_where_they_say_so():
    for name in style_names():
        _, song = accompany(name)
        off_grid = [n for p in song.parts for n in p.notes if abs(n.onset * 8 - round(n.onset * 8)) > 1e-3]
        assert bool(off_grid) == (load_style(name).swing > 0)
