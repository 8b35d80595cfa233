from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from songsmith.accompaniment.grids import Step, bar_steps, parse_grid, swung
from songsmith.errors import InputError
from songsmith.timeline import METERS, Meter

FOUR = Meter.parse("4/4")


def test_a_grid_is_read_as_it_is_written():
    assert parse_grid("R--- ..5- a--- ....", "bass", FOUR).notes == (
        Step(0, 4, "R"),
        Step(6, 2, "5"),
        Step(8, 4, "a"),
    )
    drums = parse_grid("kick x... .... X... ....\nhat  o.......|........", "drums", FOUR)
    assert drums.notes == (Step(0, 1, "x", 36), Step(0, 1, "o", 42), Step(8, 1, "X", 36))


@pytest.mark.parametrize(
    ("text", "part", "message"),
    [
        ("x...", "harmony", "has 4 steps: a bar of 4/4 has 16"),
        ("", "harmony", "has 0 steps"),
        ("-... .... .... ....", "bass", "holds at step 1"),
        ("z... .... .... ....", "bass", "character 'z'"),
        ("kick x...............\nhat x...", "drums", "has 4 steps"),
        ("bell", "drums", "has 0 steps"),
        ("", "drums", "empty"),
    ],
)
def test_a_wrong_grid_is_refused(text: str, part: str, message: str):
    with pytest.raises(InputError, match=message):
        parse_grid(text, part, FOUR)


@given(st.sampled_from(METERS), st.integers(1, 3), st.data())
def test_notes_of_a_grid_lie_in_it_in_order_without_overlap(meter: str, bars: int, data: st.DataObject):
    steps = bar_steps(Meter.parse(meter)) * bars
    tokens = data.draw(st.text(alphabet="R35.", min_size=steps, max_size=steps))
    grid = parse_grid(tokens, "bass", Meter.parse(meter))
    assert grid.steps == steps
    assert [note.step for note in grid.notes] == [i for i, token in enumerate(tokens) if token != "."]
    assert all(note.step + note.length <= steps for note in grid.notes)


@given(st.floats(0, 64), st.floats(0, 64), st.floats(0, 1), st.sampled_from([0.25, 0.5]))
def test_swing_keeps_order_and_whole_pairs(first: float, second: float, swing: float, unit: float):
    low, high = sorted((first, second))
    assert swung(low, swing, unit) <= swung(high, swing, unit) + 1e-6
    pair = round(low / (2 * unit)) * 2 * unit
    assert swung(pair, swing, unit) == pytest.approx(pair, abs=1e-6)
    assert swung(low, 0.0, unit) == pytest.approx(low, abs=1e-6)


def test_full_swing_is_triplets():
    assert swung(0.5, 1.0, 0.5) == pytest.approx(2 / 3, abs=1e-6)
    assert swung(3.25, 1.0, 0.25) == pytest.approx(3 + 1 / 3, abs=1e-6)
