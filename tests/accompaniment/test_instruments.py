from __future__ import annotations

import pretty_midi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from songsmith.accompaniment.instruments import (
    GENERAL,
    INSTRUMENTS,
    PART_NAMES,
    covers,
    find_instruments,
    instrument,
)
from songsmith.errors import InputError


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("warm folk with acoustic guitar and fiddle", ("acoustic guitar", "fiddle")),
        ("synthwave, no drums", ("no drums",)),
        ("pop without bass or guitars, with strings", ("no bass", "no guitar", "strings")),
        ("drumless ambient piano", ("no drums", "piano")),
        ("drum-free", ("no drums",)),
        ("solo piano ballad", ("only piano",)),
        ("Just an Acoustic Guitar", ("only acoustic guitar",)),
        ("rhodes and 808s", ("electric piano", "808 kit")),
        ("fast drum and bass", ()),
        ("electric guitars, upright bass", ("clean guitar", "acoustic bass")),
        ("piano, piano and more piano", ("piano",)),
        ("harpoon trumpeter celloist", ()),
        ("", ()),
    ],
)
def test_instruments_are_found_in_prompts(text: str, found: tuple[str, ...]):
    assert find_instruments(text) == found


def test_names_are_unique_and_programs_are_general_midi():
    names = [name for entry in INSTRUMENTS for name in entry.all_names]
    assert len(names) == len(set(names))
    programs = [entry.program for entry in INSTRUMENTS if not entry.is_drum]
    assert len(programs) == len(set(programs))
    assert set(range(112)) <= set(programs)
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


@given(st.text(max_size=80))
def test_any_text_is_read(text: str):
    for entry in find_instruments(text):
        name = entry.removeprefix("no ").removeprefix("only ")
        assert name in GENERAL or instrument(name).name == name


def test_a_family_covers_its_instruments():
    assert covers("guitar", instrument("nylon guitar"), "harmony")
    assert covers("pad", instrument("strings"), "pad")
    assert not covers("piano", instrument("strings"), "pad")


def test_unknown_instruments_are_refused():
    with pytest.raises(InputError, match="instrument 'vuvuzela' is not known"):
        instrument("vuvuzela")
