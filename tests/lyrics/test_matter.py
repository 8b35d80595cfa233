"""What a prompt asks the words to be about."""

from __future__ import annotations

import pytest

from lyrics.lyricist.brief import WritingBrief
from lyrics.lyricist.corpus import THEMES, Corpus
from lyrics.lyricist.matter import Matter, find_matter, phrase_kind, phrases_of, themes_of


def matter(prompt: str) -> Matter:
    return find_matter(WritingBrief(prompt), Corpus.load())


@pytest.mark.parametrize(
    ("topic", "phrases"),
    [
        ("leaving home", ["leaving home"]),
        ("a robot lost in space", ["the robot lost in space", "the robot", "space"]),
        ("falling in love with my best friend", ["falling in love", "love", "my best friend"]),
        ("a soldier who never came home", ["the soldier"]),
        ("a friday night", ["the Friday night"]),
    ],
)
def test_phrases_of_a_topic_can_be_sung(topic: str, phrases: list[str]) -> None:
    assert phrases_of(topic) == phrases


@pytest.mark.parametrize(
    ("phrase", "kind"),
    [
        *(("leaving home", "doing"), ("my best friend", "person"), ("the robot lost in space", "thing")),
        *(("the morning rain", "thing"), ("wedding bells", "thing"), ("the king of the hill", "person")),
    ],
)
def test_kinds_of_phrases(phrase: str, kind: str) -> None:
    assert phrase_kind(phrase) == kind


@pytest.mark.parametrize(
    ("prompt", "theme"),
    [
        *(("a song about a robot lost in space", "machines"), ("blues about my man cheating on me", "jealousy")),
        *(("pop about the divorce of my parents", "parting"), ("rock about winning the cup", "games")),
        *(("a ballad about a hospital at night", "illness"), ("a song about my dog", "animals")),
        *(("a song about coffee", "food"), ("metal about a dragon", "legends"), ("a song about the sea", "sea")),
        *(("punk about school", "school"), ("a song about our wedding day", "wedding")),
    ],
)
def test_themes_of_prompts(prompt: str, theme: str) -> None:
    assert matter(prompt).themes[0][0] == theme


def test_every_theme_is_found_by_its_name_and_has_company() -> None:
    for name in THEMES:
        words = name.replace("-", " ")
        found = themes_of(words, words.split())
        assert name in dict(found)
        assert len(found) > 1
        assert sum(dict(found).values()) == pytest.approx(1.0)


def test_sad_topics_are_dark_and_feasts_are_bright() -> None:
    assert matter("a ballad about my grandfather who died").tone == "dark"
    assert matter("pop about dancing at a wedding").tone == "bright"
    assert matter("a folk song about a lighthouse").tone == ""
