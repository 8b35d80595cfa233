"""The clean filter reads through spelling tricks, and lets plain words by."""

from __future__ import annotations

import codecs

import pytest

from lyrics.errors import LyricsError
from lyrics.lyricist.brief import WritingBrief
from lyrics.lyricist.clean import unclean
from lyrics.lyricist.corpus import Corpus
from lyrics.lyricist.matter import without_names

SLUR = codecs.decode("snttbg", "rot13")
COARSE = codecs.decode("shpxvat", "rot13")


def tricks(word: str) -> list[str]:
    return [
        word,
        word.upper(),
        ".".join(word),
        " ".join(word),
        "-".join(word),
        word.replace("a", "4").replace("o", "0"),
        word.replace("a", "á"),
        word[:2] + word[1] * 3 + word[2:],
        f"{word}s",
        f"({word})!",
    ]


@pytest.mark.parametrize("spelled", tricks(SLUR))
def test_slurs_are_found_however_they_are_spelled(spelled: str) -> None:
    assert unclean(f"a song about a {spelled} in town", explicit=True) == "a slur"


def test_a_brief_with_a_slur_is_refused_even_if_explicit() -> None:
    for field in ("prompt", "topic", "title"):
        with pytest.raises(LyricsError, match="has a slur: no lyric is written with that; use other words"):
            WritingBrief(**{"prompt": "a song", field: f"the {SLUR}", "explicit": True})  # type: ignore[arg-type]
    with pytest.raises(LyricsError, match="the list of keywords has a slur"):
        WritingBrief("a song", keywords=("rain", SLUR), explicit=True)


@pytest.mark.parametrize(
    "minor", ["a schoolgirl", "a 15 year old", "the little girl", "teenagers", "an under-age boy"]
)
def test_sexual_words_beside_minors_are_refused_even_if_explicit(minor: str) -> None:
    with pytest.raises(LyricsError, match="sexual words beside words for minors"):
        WritingBrief(f"a sexy song about {minor}", explicit=True)


def test_coarse_words_only_where_asked_for() -> None:
    with pytest.raises(LyricsError, match="coarse words: use others, or ask for them with --explicit"):
        WritingBrief(f"a {COARSE} song")
    assert WritingBrief(f"a {COARSE} song", explicit=True).explicit


@pytest.mark.parametrize(
    "text",
    [
        "my child is asleep, the kids are out at play",
        "a classic night in Scunthorpe, the cocktail glass",
        "doo-wop on the Niger river, spices and a chin on a hand",
        "therapist, grape, assassin, Essex, analyse, title",
    ],
)
def test_plain_words_pass(text: str) -> None:
    assert unclean(text) == ""


def test_the_corpus_is_clean() -> None:
    for unit in Corpus.load().units:
        assert not unclean("\n".join(unit.lines)), unit.place


def test_names_of_artists_leave_a_prompt() -> None:
    assert without_names("a sad song in the style of Jane Q. Public about rain") == "a sad song about rain"
    assert without_names("Jane Public type beat, dark") == ", dark"
