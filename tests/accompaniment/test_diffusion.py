"""The accompanist `diffusion`: its parts with a tiny untrained network, and the music of the weights that ship."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from song_plans import FORM, plan_and_brief

from songsmith.accompaniment import accompanist
from songsmith.accompaniment.latent import band, playing
from songsmith.accompaniment.latent.asking import chord_table
from songsmith.accompaniment.latent.conditions import BAR_FEATURES, STYLES, Conditions, features, program_choice
from songsmith.accompaniment.latent.denoiser import Denoiser, DenoiserSize
from songsmith.accompaniment.latent.generator import CONTEXT, PASSAGE, WEIGHTS, Generator, passages
from songsmith.accompaniment.latent.plain import PlainCoders, PlainDenoiser
from songsmith.accompaniment.latent.revising import read_notes, vary
from songsmith.accompaniment.latent.rolls import (
    DRUM_CLASSES,
    LENGTHS,
    PARTS,
    from_beats,
    root_pitches,
    to_beats,
)
from songsmith.accompaniment.latent.vae import Coders, CoderSize
from songsmith.accompaniment.parts import Accompaniment, PartNote
from songsmith.brief import Groove
from songsmith.errors import InputError, MissingPart
from songsmith.plan import chord_at
from songsmith.theory import Key, parse_chord
from songsmith.timeline import METERS

SHIPPED = pytest.mark.skipif(not WEIGHTS.exists(), reason="the weights are not there")
SHORT = (("intro", 2, 0.3), ("verse", 4, 0.5), ("chorus", 4, 0.85), ("verse", 4, 0.5), ("outro", 2, 0.3))


@pytest.fixture(scope="module")
def tiny() -> Generator:
    """Return a model of a few thousand numbers that was never trained."""
    torch.manual_seed(0)
    coders, denoiser = Coders(CoderSize(6, 12, 16)), Denoiser(DenoiserSize(6, 16, 2, 2))
    torch.nn.init.normal_(denoiser.clean.weight, std=0.3)
    torch.nn.init.constant_(coders.drums.onset.bias, -1.0)
    torch.nn.init.constant_(coders.pitched.onset.bias, -1.5)
    for network in (coders, denoiser):
        network.train(False).requires_grad_(False)
    usual = np.full((len(STYLES) + 1, 3, len(PARTS)), 1.5, np.float32)
    return Generator.of_networks(coders, denoiser, usual, usual)


def asked_of(tiny: Generator, meter: str = "4/4", style: str = "pop", form: tuple = FORM) -> Conditions:
    plan, brief = plan_and_brief(style, meter, form=form)
    return band.settings(tiny, plan, brief, 0)[None].asked


notes_of_songs = st.lists(
    st.tuples(
        st.integers(0, 3), st.integers(0, 4), st.integers(0, 47), st.integers(0, 60), st.sampled_from(LENGTHS),
        st.integers(1, 127),
    ),
    max_size=40,
    unique_by=lambda n: n[:4],
)  # fmt: skip


@given(notes_of_songs, st.lists(st.integers(0, 11), min_size=16, max_size=16))
def test_notes_are_the_same_after_beats_and_back(drawn, roots):
    table = np.array(roots, np.int64).reshape(4, 4)
    rows = []
    for bar, part, tick, offset, length, velocity in drawn:
        low = root_pitches(np.array([table[bar, tick // 12]]), np.array([part]))[0] - 12
        pitch = DRUM_CLASSES[offset % len(DRUM_CLASSES)][0] if part == 0 else low + offset % 48
        rows.append((bar, part, tick, pitch, length, velocity))
    notes = np.array(sorted({row[:4]: row for row in rows}.values()), np.int16).reshape(-1, 6)
    again = from_beats(to_beats(notes, table), table)
    assert np.array_equal(again, notes)


def test_pitches_out_of_range_come_back_in_another_octave():
    notes = np.array([(0, 1, 0, 120, 12, 90), (0, 2, 0, 10, 12, 90)], np.int16)
    roots = np.zeros((1, 4), np.int64)
    again = from_beats(to_beats(notes, roots), roots)
    assert again[:, 3].tolist() != notes[:, 3].tolist()
    assert (again[:, 3] % 12).tolist() == (notes[:, 3] % 12).tolist()


@pytest.mark.parametrize("meter", METERS)
def test_what_is_asked_has_a_row_a_bar(tiny: Generator, meter: str):
    asked = asked_of(tiny, meter)
    found = features(asked)
    assert found.bars.shape == (len(asked), BAR_FEATURES)
    assert np.isfinite(found.bars).all()
    assert asked.plays.any(axis=1).all()
    assert not np.isfinite(asked.density[~asked.plays]).any()
    assert asked.fill.sum() == len(FORM)
    assert asked.ending.sum() == 1


def test_chords_of_a_plan_are_those_that_sound_on_the_beats():
    plan, _ = plan_and_brief("swing")
    table = chord_table(plan)
    for bar in range(plan.bars):
        for beat in range(4):
            tones = parse_chord(chord_at(plan.chords, 4 * bar + beat).symbol)
            assert (tones.root, tones.bass) == tuple(table[bar, beat, :2])


def test_the_voice_is_given_room(tiny: Generator):
    plan, brief = plan_and_brief("pop")
    silent = replace(plan, sections=tuple(replace(s, voice=(False,) * s.bars) for s in plan.sections))
    sung, free = (band.settings(tiny, p, brief, 0)[None].asked for p in (plan, silent))
    voice = np.array([flag for s in plan.sections for flag in s.voice])
    for part in ("harmony", "figure"):
        number = PARTS.index(part)
        both = sung.plays[:, number] & free.plays[:, number]
        assert (sung.register[voice & both, number] < free.register[voice & both, number]).all()
        lower = np.nan_to_num(sung.density[voice & both, number], nan=9.0)
        assert (lower < np.nan_to_num(free.density[voice & both, number], nan=9.0)).all()


@given(st.integers(1, 200))
def test_passages_cover_a_song_and_overlap(bars: int):
    found = list(passages(bars))
    covered = sorted({bar for first, last in found for bar in range(first, last)})
    assert covered == list(range(bars))
    assert all(last - first <= PASSAGE + CONTEXT for first, last in found)
    for (_, end), (start, _) in pairwise(found):
        assert end - start == CONTEXT


@pytest.mark.parametrize("size", [(6, 16, 2, 2), (4, 24, 3, 4)])
def test_the_networks_without_torch_are_those_that_are_trained(size: tuple[int, int, int, int]):
    torch.manual_seed(1)
    code, width, layers, heads = size
    coders, denoiser = Coders(CoderSize(code, 12, 16)), Denoiser(DenoiserSize(code, width, layers, heads))
    for value in (*coders.parameters(), *denoiser.parameters()):
        torch.nn.init.normal_(value, std=0.2)
    rng = np.random.default_rng(0)

    def drawn(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(np.float32)

    rows, bars = 3, 7
    known = (rng.random((bars, 5)) < 0.5).astype(np.float32)
    text, numbers, told, noisy = (
        drawn(rows, 128),
        drawn(rows, 6),
        drawn(rows, bars, BAR_FEATURES),
        drawn(bars, code * 20),
    )
    choices = np.stack([[1, 0, 2, 3, 40, 0, 5, 6], [0] * 8, [28, 2, 4, 130, 1, 2, 3, 4]])
    with torch.inference_mode():
        wanted = denoiser(
            torch.from_numpy(noisy).expand(rows, -1, -1), torch.full((rows,), 0.37),
            torch.from_numpy(known).expand(rows, -1, -1), torch.from_numpy(text), torch.from_numpy(numbers),
            torch.from_numpy(choices), torch.from_numpy(told),
        ).numpy()  # fmt: skip
    clean = PlainDenoiser.of_network(denoiser).told(known, text, numbers, choices, told)
    for some in (slice(None), slice(1, None), slice(0, 1)):
        assert np.allclose(clean(noisy, 0.37, some), wanted[some], atol=2e-4, rtol=1e-4)
    plain = PlainCoders.of_network(coders)
    for network, own, extra in ((coders.drums, plain.drums, 0), (coders.pitched, plain.pitched, 28)):
        rolls, more, beats = drawn(9, 12, own.rows, own.channels), drawn(9, extra), drawn(9, code)
        beat, tick, row = (rng.integers(0, high, 20) for high in (9, 12, own.rows))
        with torch.inference_mode():
            mean = network.encode(torch.from_numpy(rolls), torch.from_numpy(more))[0].numpy()
            logits, columns, hidden = network.decode(torch.from_numpy(beats), torch.from_numpy(more))
            lengths, velocities = network.notes(columns, hidden, *map(torch.from_numpy, (beat, tick, row)))
        assert np.allclose(own.encode(rolls, more), mean, atol=1e-4)
        found = own.decode(beats, more)
        assert np.allclose(found[0], logits.numpy(), atol=1e-4)
        notes = own.notes(found[1], found[2], beat, tick, row)
        assert np.allclose(notes[0], lengths.numpy(), atol=1e-4)
        assert np.allclose(notes[1], velocities.numpy(), atol=1e-4)


@SHIPPED
def test_a_song_is_drawn_without_loading_torch():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from song_plans import plan_and_brief\n"
        "from songsmith.accompaniment import accompanist\n"
        "assert accompanist('diffusion').accompany(*plan_and_brief('pop'), 1).parts\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code, str(Path(__file__).parent)], check=True)


def test_the_same_seed_gives_the_same_codes_whatever_else_is_made(tiny: Generator):
    asked = asked_of(tiny)
    first = tiny.sample(asked, 3)
    tiny.sample(asked_of(tiny, "3/4"), 4)
    assert np.array_equal(tiny.sample(asked, 3), first)
    assert not np.array_equal(tiny.sample(asked, 4), first)


def test_a_song_begins_as_its_beginning_alone_does(tiny: Generator):
    asked = asked_of(tiny)
    whole, alone = tiny.sample(asked, 3), tiny.sample(asked.window(0, PASSAGE), 3)
    assert np.array_equal(whole[:PASSAGE], alone)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**20), st.floats(0.1, 1.0))
def test_what_is_kept_stays_exactly(seed: int, amount: float):
    torch.manual_seed(0)
    usual = np.ones((len(STYLES) + 1, 3, len(PARTS)), np.float32)
    model = Generator.of_networks(Coders(CoderSize(4, 8, 8)), Denoiser(DenoiserSize(4, 16, 1, 2)), usual, usual)
    asked = asked_of(model, form=SHORT)
    rng = np.random.default_rng(seed)
    codes = rng.standard_normal((len(asked), model.numbers)).astype(np.float32)
    keep = rng.random((len(asked), len(PARTS))) < 0.5
    made = model.sample(asked, 1, keep=keep, start_from=codes, amount=amount)
    wide = keep.repeat(model.numbers // len(PARTS), axis=1)
    assert np.array_equal(made[wide], codes[wide])
    assert not np.array_equal(made[~wide], codes[~wide]) or not (~wide).any()


def test_words_do_nothing_without_guidance(tiny: Generator):
    plan, brief = plan_and_brief("pop", form=SHORT)
    plain = band.settings(tiny, plan, brief, 0)[None].asked
    said = replace(plain, text=np.eye(1, 128, 5, dtype=np.float32)[0])
    away = [
        float(np.abs(tiny.sample(said, 3, guidance=g) - tiny.sample(plain, 3, guidance=g)).mean())
        for g in (0.0, 1.0, 3.0)
    ]
    assert away[0] == 0.0
    assert away[1] > 0.0
    assert away[2] > 0.0


def test_a_blend_lies_between_its_ends(tiny: Generator):
    asked = asked_of(tiny, form=SHORT)
    other = replace(asked, style=1 + (asked.style + 5) % len(STYLES))
    here, there = tiny.sample(asked, 3), tiny.sample(other, 3)
    ends = [tiny.sample(asked, 3, other=other, at=at) for at in (0.0, 1.0)]
    assert np.allclose(ends[0], here, atol=1e-4)
    assert np.allclose(ends[1], there, atol=1e-4)
    middle = tiny.sample(asked, 3, other=other, at=0.5)
    assert np.abs(middle - here).mean() < np.abs(there - here).mean()


def test_a_loop_changes_its_last_bars_only(tiny: Generator):
    asked = asked_of(tiny, form=(("verse", 8, 0.6),))
    codes = tiny.sample(asked, 3)
    closed = tiny.close_loop(codes, asked, 3)
    changed = np.flatnonzero((closed != codes).any(axis=1))
    assert changed.tolist() == [6, 7]


def test_decoded_notes_stay_where_parts_play(tiny: Generator):
    for meter in METERS:
        asked = asked_of(tiny, meter, form=SHORT)
        notes = tiny.decode(tiny.sample(asked, 1), asked)
        assert len(notes)
        assert asked.plays[notes[:, 0], notes[:, 1]].all()
        assert (notes[:, 2] < asked.beats * 12).all()


def test_codes_of_silence_are_zero(tiny: Generator):
    asked = asked_of(tiny, form=SHORT)
    notes = np.array([(1, 2, 0, 60, 12, 80)], np.int16)
    codes = tiny.encode(notes, asked).reshape(len(asked), len(PARTS), -1)
    assert np.any(codes[1, 2])
    codes[1, 2] = 0.0
    assert not codes.any()


def test_notes_outside_chord_and_key_are_moved_into_them():
    plan, _ = plan_and_brief("folk")  # G major
    table = chord_table(plan)
    asked = type("Asked", (), {"tonic": 7, "mode": "major", "chords": table})
    notes = np.array([(0, 2, 0, 68, 12, 80), (0, 2, 3, 69, 3, 80), (0, 2, 12, 67, 12, 80)], np.int16)
    moved = playing.tidy(notes, asked)
    chord = parse_chord(plan.chords[0].symbol)
    assert moved[0, 3] % 12 in {*chord.tones, chord.bass, *Key.parse(plan.key).scale}
    assert abs(moved[0, 3] - 68) == 1
    assert moved[1].tolist() == notes[1].tolist()
    assert playing.tidy(moved, asked).tolist() == moved.tolist()


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20), st.integers(50, 54)), max_size=30), st.integers(1, 3)
)
def test_notes_of_a_pitch_are_kept_apart(drawn, unit):
    notes = [PartNote(onset / unit, length / unit, pitch, 80) for onset, length, pitch in drawn]
    found = playing.apart(notes)
    assert {(n.onset, n.pitch) for n in found} == {(n.onset, n.pitch) for n in notes}
    ends: dict[int, float] = {}
    for note in found:
        assert ends.get(note.pitch, 0.0) <= note.onset + 1e-6
        ends[note.pitch] = note.onset + note.duration


def test_the_last_bar_is_one_held_stroke():
    notes = np.array(
        [(0, 2, 6, 60, 3, 80), (1, 2, 3, 60, 3, 80), (1, 2, 3, 64, 3, 80), (1, 2, 24, 62, 3, 80)], np.int16
    )
    held = playing.held_last_bar(notes, 1, 4)
    assert held.tolist() == [[0, 2, 6, 60, 3, 80], [1, 2, 0, 60, 48, 80], [1, 2, 0, 64, 48, 80]]


def test_missing_weights_are_told(tmp_path):
    with pytest.raises(MissingPart, match=r"the weights of the accompanist are not at .*none.safetensors: install"):
        Generator.load(tmp_path / "none.safetensors")


def test_instruments_have_one_number_each():
    numbers = [program_choice(p, False) for p in range(128)] + [program_choice(p, True) for p in (0, 8, 25, 40)]
    assert len(set(numbers)) == len(numbers)
    assert 0 not in numbers


# --- the weights that ship


@pytest.fixture(scope="module")
def songs() -> dict[str, tuple]:
    found = {}
    for style, meter in (("pop", "4/4"), ("folk", "6/8"), ("swing", "4/4"), ("techno", "4/4"), ("ballad", "3/4")):
        plan, brief = plan_and_brief(style, meter)
        brief = replace(brief, prompt=f"{style} song")
        found[style] = (plan, brief, accompanist("diffusion").accompany(plan, brief, 1))
    return found


@SHIPPED
def test_songs_are_whole_and_in_order(songs):
    for plan, _, song in songs.values():
        names = [part.name for part in song.parts]
        assert names == [name for name in PARTS if name in names]
        played = np.zeros(plan.bars, bool)
        for part in song.parts:
            assert list(part.notes) == sorted(part.notes, key=lambda n: (n.onset, n.pitch))
            ends: dict[int, float] = {}
            for note in part.notes:
                assert note.onset + note.duration <= plan.beats + 1e-6
                assert ends.get(note.pitch, 0.0) <= note.onset + 1e-6
                ends[note.pitch] = note.onset + note.duration
                played[min(plan.bars - 1, int(note.onset // plan.beats_per_bar))] = True
        assert played.all()


@SHIPPED
def test_notes_on_beats_are_chord_tones(songs):
    for plan, _, song in songs.values():
        inside = []
        for part in song.parts:
            for note in part.notes if not part.is_drum else ():
                if abs(note.onset - round(note.onset)) < 0.02:
                    tones = parse_chord(chord_at(plan.chords, round(note.onset)).symbol)
                    inside.append(note.pitch % 12 in {*tones.tones, tones.bass})
        assert np.mean(inside) > 0.75


@SHIPPED
def test_the_same_seed_gives_the_same_song_and_another_another(songs):
    plan, brief, song = songs["pop"]
    assert accompanist("diffusion").accompany(plan, brief, 1) == song
    assert accompanist("diffusion").accompany(plan, brief, 2) != song


@SHIPPED
def test_little_noise_changes_little(songs):
    plan, brief, _ = songs["pop"]
    model = Generator.load()
    asked = band.settings(model, plan, brief, 1)[None].asked.window(4, 20)
    codes = model.sample(asked, 3)
    played = np.repeat(asked.plays, model.numbers // len(PARTS), axis=1)
    moved = [
        float(np.abs(model.sample(asked, 5, start_from=codes, amount=amount) - codes)[played].mean())
        for amount in (0.05, 0.3, 1.0)
    ]
    assert moved[0] < moved[1] < moved[2]


@SHIPPED
def test_what_is_denied_does_not_play_and_what_is_asked_for_does(songs):
    plan, brief, _ = songs["pop"]
    song = accompanist("diffusion").accompany(plan, replace(brief, palette=("no drums", "accordion")), 1)
    assert not any(part.is_drum for part in song.parts)
    assert 21 in {part.program for part in song.parts}


@SHIPPED
def test_energy_is_heard(songs):
    plan, brief, _ = songs["pop"]

    def strength(energy: float) -> float:
        sections = tuple(replace(s, energy=energy) for s in plan.sections)
        song = accompanist("diffusion").accompany(replace(plan, sections=sections), brief, 1)
        return sum(note.velocity for part in song.parts for note in part.notes)

    assert strength(0.2) < strength(0.9)


@SHIPPED
def test_changed_bars_change_and_all_others_are_the_same_notes(songs):
    plan, brief, song = songs["pop"]
    new = vary(song, plan, brief, 1, 7, parts=("drums", "bass"), bars=range(8, 12), amount=1.0)
    changed = set()
    for before, after in zip(song.parts, new.parts, strict=True):
        assert before.name == after.name
        for bar in range(plan.bars):
            old, now = (
                [n for n in part.notes if bar * 4 <= n.onset + 0.04 < bar * 4 + 4] for part in (before, after)
            )
            if old != now:
                changed.add((before.name, bar))
    assert changed
    assert changed <= {(name, bar) for name in ("drums", "bass") for bar in range(8, 12)}
    assert vary(song, plan, brief, 1, 7, amount=0.0) == song


@SHIPPED
def test_what_repeats_goes_on_repeating_when_it_is_varied(songs):
    plan, brief, song = songs["pop"]
    new = vary(song, plan, brief, 1, 7, parts=("drums",), amount=0.6)
    first, second = (s for s in plan.sections if s.kind == "chorus")
    shared = []
    drums = next(part for part in new.parts if part.is_drum)
    for bar in range(first.bars):
        here, there = (
            {(round(n.onset - 4 * b, 3), n.pitch) for n in drums.notes if 4 * b <= n.onset + 0.04 < 4 * b + 4}
            for b in (first.bar + bar, second.bar + bar)
        )
        shared.append(len(here & there) / max(1, len(here | there)))
    assert np.mean(shared) > 0.6


@SHIPPED
def test_swung_notes_are_read_back_where_the_model_wrote_them(songs):
    plan, brief, song = songs["swing"]
    setting = band.settings(Generator.load(), plan, brief, 1)[None]
    table = read_notes({part.name: part.notes for part in song.parts}, plan, setting, brief)
    back = playing.finish(table, setting.asked, plan, setting.style, brief)
    for part in song.parts:
        before = {(round(n.onset, 3), n.pitch) for n in part.notes}
        assert len(before ^ {(round(n.onset, 3), n.pitch) for n in back[part.name]}) <= 0.02 * len(before)


@SHIPPED
def test_a_straight_groove_has_no_swung_eighths(songs):
    plan, brief, _ = songs["swing"]
    song: Accompaniment = accompanist("diffusion").accompany(plan, replace(brief, groove=Groove(swing=0.0)), 1)
    assert not any(0.55 < note.onset % 1.0 < 0.70 for part in song.parts for note in part.notes)


@SHIPPED
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"parts": ("tuba",)}, "part 'tuba' is not known: use one of drums, bass, harmony, pad, figure"),
        ({"amount": 1.5}, "amount 1.5 is out of range: use 0 to 1"),
        ({"bars": range(8, 90)}, "bars 9-90 are not in the song, which has 42"),
        ({"bars": ()}, "there are no bars to change: name at least one"),
    ],
)
def test_variations_that_cannot_be_are_refused(songs, options, message):
    plan, brief, song = songs["pop"]
    with pytest.raises(InputError) as caught:
        vary(song, plan, brief, 1, 7, **options)
    assert str(caught.value) == message
