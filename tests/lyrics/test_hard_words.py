"""Hard words and phrases, against the hand-written list `hard_words.tsv`."""

from __future__ import annotations

import re
from itertools import accumulate
from pathlib import Path

import pytest

from lyrics import Word, parse_sheet
from lyrics.arpabet import as_text, parse_phonemes

TABLE = Path(__file__).with_name("hard_words.tsv")
ROWS = [
    tuple((*row.split("\t"), "")[:3])
    for row in TABLE.read_text(encoding="utf-8").splitlines()
    if row and not row.startswith("# ")
]


def same_sounds(text: str) -> str:
    return text.replace("IH0", "AH0")


def sounds_of(words: list[Word], name: str) -> str:
    """Return the sounds of the first sung word `name`, which may be one of several in a written word."""
    word = next(word for word in words if name in word.sung.split())
    sung = word.sung.split()
    start = sum(map(len, sung[: sung.index(name)]))
    places = [0, *accumulate(len(syllable.text) for syllable in word.syllables)]
    inside = [s for s, place in zip(word.syllables, places, strict=False) if start <= place < start + len(name)]
    return " ".join(as_text(syllable.phonemes) for syllable in inside)


def test_the_list_is_long_enough() -> None:
    assert len({row[0] for row in ROWS}) >= 700
    assert sum(bool(row[2]) for row in ROWS) >= 350


@pytest.mark.parametrize(("written", "sung", "sounds"), ROWS, ids=[row[0] for row in ROWS])
def test_hard_words_by_hand(written: str, sung: str, sounds: str) -> None:
    (line,) = parse_sheet(f"[Verse]\n{written}").lines
    expected = re.sub("[^a-z' ]", "", written.lower()) if sung == "=" else sung
    assert line.backing == ()
    assert " ".join(word.sung for word in line.words) == expected
    for item in filter(None, sounds.split(";")):
        name, _, readings = item.partition("=")
        choices = [same_sounds(as_text(parse_phonemes(reading))) for reading in readings.split(" / ")]
        assert same_sounds(sounds_of(list(line.words), name)) in choices
