from __future__ import annotations

import pretty_midi
import pytest

from songsmith.accompaniment.instruments import (
    GENERAL,
    INSTRUMENTS,
    PART_NAMES,
    covers,
    instrument,
    spoken_names,
)
from songsmith.errors import InputError


def test_names_are_unique_and_programs_are_general_midi():
    names = [name for entry in INSTRUMENTS for name in entry.all_names]
    assert len(names) == len(set(names))
    players = [(entry.program, entry.part) for entry in INSTRUMENTS if not entry.is_drum]
    assert len(players) == len(set(players)), "one sound has two names for one part"
    assert set(range(112)) <= {program for program, _ in players}
    assert all(entry.part in PART_NAMES for entry in INSTRUMENTS)


@pytest.mark.parametrize(
    ("name", "midi_name"),
    [
        ("piano", "Acoustic Grand Piano"),
        ("celesta", "Celesta"),
        ("organ", "Drawbar Organ"),
        ("acoustic guitar", "Acoustic Guitar (steel)"),
        ("fretless bass", "Fretless Bass"),
        ("harp", "Orchestral Harp"),
        ("strings", "String Ensemble 1"),
        ("choir", "Choir Aahs"),
        ("french horn", "French Horn"),
        ("tenor sax", "Tenor Sax"),
        ("flute", "Flute"),
        ("synth lead", "Lead 2 (sawtooth)"),
        ("warm pad", "Pad 2 (warm)"),
        ("star theme", "FX 8 (sci-fi)"),
        ("shehnai", "Shanai"),
        ("steel drums", "Steel Drums"),
    ],
)
def test_programs_agree_with_another_table(name: str, midi_name: str):
    assert instrument(name).program == pretty_midi.instrument_name_to_program(midi_name)


def test_every_spoken_name_means_an_instrument():
    for name in spoken_names().values():
        assert name in GENERAL or instrument(name).name == name
    assert spoken_names()["rhodes"] == "electric piano"
    assert spoken_names()["guitars"] == "guitar"
    assert "atmosphere" not in spoken_names()


def test_a_family_covers_its_instruments():
    assert covers("guitar", instrument("nylon guitar"), "harmony")
    assert covers("pad", instrument("strings"), "pad")
    assert not covers("piano", instrument("strings"), "pad")


def test_unknown_instruments_are_refused():
    with pytest.raises(InputError, match="instrument 'vuvuzela' is not known"):
        instrument("vuvuzela")
