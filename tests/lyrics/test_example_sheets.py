"""The sheets that come with the package are whole, singable songs."""

from __future__ import annotations

from pathlib import Path

import pytest

import lyrics
from lyrics.dictionary import pronunciations
from lyrics.parse import LANGUAGES

SHEETS = sorted((Path(lyrics.__file__).parent / "examples").glob("*.txt"))


def test_there_are_enough() -> None:
    assert len(SHEETS) >= 6


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
def test_an_example_is_a_whole_song(path: Path) -> None:
    song = lyrics.read_sheet(path)
    assert song.title
    assert song.notes == ()
    assert {"verse", "chorus"} <= {section.kind for section in song.sections}
    distinct = {line.text for line in song.lines}
    assert 12 <= len(distinct) <= 28
    counts = [len(line.syllables) for line in song.lines]
    assert all(4 <= count <= 11 for count in counts)
    words = {word.sung for line in song.lines for word in line.words}
    assert song.language != "en" or all(pronunciations(word) for word in words)


def test_every_language_has_one() -> None:
    assert {lyrics.read_sheet(path).language for path in SHEETS} == set(LANGUAGES)


def test_titles_differ() -> None:
    assert len({lyrics.read_sheet(path).title for path in SHEETS}) == len(SHEETS)
