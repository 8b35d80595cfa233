"""The corpus: its format, and that every line of it is as the format says."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from lyrics.errors import LyricsError
from lyrics.lyricist.corpus import GENRES, THEMES, Corpus, parse_corpus
from lyrics.lyricist.pronouns import as_he, as_i, as_we, persons_in

ROOT = Path(__file__).parents[2]


def test_the_corpus_is_large_and_broad() -> None:
    corpus = Corpus.load()
    lines = [line for unit in corpus.units for line in unit.lines]
    assert len(lines) >= 3000
    assert len(set(lines)) == len(lines)
    themes = Counter(name for unit in corpus.units for name in unit.themes for _ in unit.lines)
    genres = Counter(name for unit in corpus.units for name in unit.genres for _ in unit.lines)
    assert all(themes[name] >= 100 for name in THEMES)
    assert all(genres[name] >= 50 for name in GENRES)
    kinds = Counter(entry.kind for entry in corpus.entries)
    assert all(kinds[kind] >= 10 for kind in ("thing", "place", "nature", "person", "season", "move", "title"))


@pytest.mark.slow
def test_no_line_has_a_fault() -> None:
    run = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "check_corpus.py"), "--quiet"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout.strip() == "0 faults"


def test_units_and_blocks_are_read() -> None:
    text = (
        "@file themes=sea\n@ role=hook person=I,we tense=present\n<Low tide> again\nI know the rain\n\n# no\n\nI sing"
    )
    corpus = parse_corpus(text, "f")
    assert [unit.lines for unit in corpus.units] == [("<Low tide> again", "I know the rain"), ("I sing",)]
    assert corpus.units[0].persons == ("I", "we")
    assert corpus.units[0].themes == ("sea",)
    assert corpus.units[1].place == ("f", 8)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("I sing", "f, line 1: a line stands before the first @ that says what it is"),
        ("@ role=hook person=I", "f, line 1: @ lacks tense="),
        ("@ role=x person=I tense=past", "f, line 1: role=x is not known: use one of setting, story"),
        ("@ role=turn person=I tense=past themes=tax\nA\n", "f, line 3: themes=tax is not known: use love"),
        (
            "@ role=turn person=I tense=past\na\nb\nc\n",
            "f, line 5: the unit before this line has 3 lines: use 1, 2 or 4",
        ),
        ("@ role=turn person=I tense=past\nA; b", "f, line 2: ';' is not accepted"),
        ("@ role=turn person=I tense=past\nA {thing} b", "f, line 2: the slot {thing} lacks its stress: /10"),
        ("@ role=turn person=I tense=past\nA {tax/1} b", "f, line 2: the slot {tax} is not known"),
        ("@ role=hook person=I tense=past tone=loud", "f, line 1: tone=loud is not known: use one of , bright, dark"),
        (
            "@ role=hook person=I tense=past\nA {topic/thing+noun} b",
            "f, line 2: the slot {topic} takes no /thing+noun: use thing, person, doing, joined by +",
        ),
        ("@bench class=thing", "f, line 1: '@bench' is not known: use @, @half, @bank or @file"),
    ],
)
def test_faults_of_a_file_are_told_with_their_line(text: str, message: str) -> None:
    with pytest.raises(LyricsError) as caught:
        parse_corpus(text, "f")
    assert str(caught.value).startswith(message)


def test_persons_are_turned() -> None:
    assert as_we("I was sure I'd lost my way, you gave me mine") == "We were sure we'd lost our way, you gave us ours"
    assert as_i("We were late and our bus was gone") == "I was late and my bus was gone"
    assert as_he("She shut her book, I gave her hers") == "He shut his book, I gave him his"
    assert as_he("I told her to wait by her door") == "I told him to wait by his door"
    assert persons_in("You and I walked") == {"I", "you"}
