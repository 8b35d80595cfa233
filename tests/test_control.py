"""What a prompt and a sheet ask of the music, from the words to the parts: read, planned, played and set on paper."""

from __future__ import annotations

from itertools import pairwise

import pytest

from songsmith.errors import InputError
from songsmith.paper import Paper, write_paper

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
