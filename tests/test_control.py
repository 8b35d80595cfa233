"""What a prompt and a sheet ask of the music, from the words to the parts: read, planned, played and set on paper."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pretty_midi  # type: ignore[import-untyped]
import pytest

from songsmith.errors import InputError
from songsmith.paper import Paper, read_lyrics, write_paper

SHEET = """
[Verse]
Copper kettle on the fire
Seven sparrows on the wire
[Chorus: style=rock, energy=0.9]
Morning comes in by the door
Nobody told me, nobody knew
[Verse 2]
How many colours are there in blue
[Chorus]
"""
STYLES = ("pop", "folk", "ballad", "rock", "soul", "lofi", "country", "bossa", "techno", "gospel")


def height_and_force(paper: Paper) -> tuple[float, float]:
    notes = [n for p in paper.accompaniment.parts if p.name == "harmony" for n in p.notes]
    return sum(n.pitch for n in notes) / len(notes), sum(n.velocity for n in notes) / len(notes)


def test_tags_and_form_reach_the_parts() -> None:
    paper = write_paper("folk, 100 BPM, intro > verse > build > chorus > verse > chorus > outro", SHEET, seed=1)
    sections = paper.plan.sections
    assert [s.kind for s in sections] == ["intro", "verse", "build", "chorus", "verse", "chorus", "outro"]
    assert [s.style for s in sections] == [None, None, None, "rock", None, "rock", None]
    assert [n.syllable for n in paper.score.notes if not n.slur] == list(range(len(paper.lyrics.syllables)))
    names = [p.name for p in paper.accompaniment.parts]
    assert {"harmony", "harmony-rock", "drums", "bass"} <= set(names)
    assert not [w for w in paper.warnings if "style" in w or "form" in w]


def test_an_unknown_style_in_a_tag_is_one_clear_line() -> None:
    with pytest.raises(
        InputError, match=r"section \[Chorus\]: style 'polka' is not known: use one of ambient, .*trap"
    ):
        write_paper("folk", SHEET.replace("rock", "polka"))


def test_an_instrumental_has_a_lead_and_nobody_sings() -> None:
    paper = write_paper("uplifting trance", seed=2, instrumental=True, length_s=60.0)
    assert paper.score.notes == ()
    assert "lead" in [p.name for p in paper.accompaniment.parts]
    assert {"build", "drop"} <= {s.kind for s in paper.plan.sections}
    assert not any(any(s.voice) for s in paper.plan.sections)


@pytest.mark.parametrize("style", STYLES)
def test_melancholic_is_slower_lower_softer_and_minor_beside_happy(style: str) -> None:
    sheet = SHEET.replace(": style=rock, energy=0.9", "")
    for seed in range(2):
        sad, happy = (write_paper(f"{mood} {style}", sheet, seed=seed) for mood in ("melancholic", "happy"))
        assert sad.plan.tempo < happy.plan.tempo
        assert (sad.plan.key.split()[1], happy.plan.key.split()[1]) == ("minor", "major")
        assert all(low < high for low, high in zip(height_and_force(sad), height_and_force(happy), strict=True))


def test_energy_words_of_a_tag_are_heard_in_every_step() -> None:
    forces = []
    for energy in (0.1, 0.3, 0.5, 0.7, 0.9):
        paper = write_paper("pop, 110 BPM", f"[Verse: energy={energy}]\nCopper kettle on the fire\n", seed=3)
        verse = paper.plan.sections[1]
        start, end = verse.bar * 4, (verse.bar + verse.bars) * 4
        inside = [n for p in paper.accompaniment.parts for n in p.notes if start <= n.onset < end]
        forces.append(sum(n.velocity for n in inside))
    assert all(a < b for a, b in pairwise(forces))


def test_a_path_of_pronunciations_may_be_a_text(tmp_path: Path) -> None:
    place = tmp_path / "own.txt"
    place.write_text("kettle B AA1 T AH0 L\n", encoding="utf-8")
    sheet = "[Verse]\nCopper kettle\n"
    ways: tuple[Path | str | dict[str, str], ...] = (place, str(place), {"kettle": "B AA1 T AH0 L"})
    read = [read_lyrics(sheet, lexicon=lexicon) for lexicon in ways]
    assert read[0] == read[1] == read[2] != read_lyrics(sheet)
    parsed = read_lyrics(sheet)
    assert read_lyrics(parsed) is parsed
    with pytest.raises(InputError, match="lexicon= does nothing to lyrics that are parsed"):
        read_lyrics(parsed, lexicon=str(place))
    with pytest.raises(InputError, match="language= does nothing to lyrics that are parsed"):
        read_lyrics(parsed, language="en")


@pytest.mark.parametrize("seed", [1.5, True, "1", -1, 2**63])
def test_a_seed_is_a_whole_number(seed: Any) -> None:
    with pytest.raises(InputError, match=re.escape(f"seed {seed!r} is out of range: use a whole number from 0 to")):
        write_paper("folk", SHEET, seed)


def test_what_of_the_form_a_tune_does_not_follow_is_told(tmp_path: Path) -> None:
    tune = pretty_midi.PrettyMIDI(initial_tempo=100)
    voice = pretty_midi.Instrument(0)
    for k, pitch in enumerate((60, 62, 64, 65, 67, 65, 64, 62) * 4):
        voice.notes.append(pretty_midi.Note(90, pitch, 0.6 * k, 0.6 * k + 0.55))
    tune.instruments.append(voice)
    tune.write(str(tmp_path / "tune.mid"))
    sheet = "[Verse]\nCopper kettle on the fire\nSeven sparrows on the wire\n"
    asked = "folk, intro > verse > bridge > outro"
    told = write_paper(asked, sheet, melody=tmp_path / "tune.mid").warnings
    assert "the form asks for 'bridge' that the lyrics have no words for: left out" in told
