"""The lyricist: what is written keeps form, metre, rhyme and matter; the same seed gives the same words."""

from __future__ import annotations

import subprocess
import sys
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lyrics.errors import LyricsError
from lyrics.lyricist.brief import WritingBrief
from lyrics.lyricist.corpus import SLOT, Corpus
from lyrics.lyricist.drafts import Draft
from lyrics.lyricist.reading import words_of
from lyrics.lyricist.revise import continue_sheet, replaced, rewrite_line, shape_of
from lyrics.lyricist.rhyme import rhyme_of
from lyrics.lyricist.score import rhyme_pairs
from lyrics.lyricist.stanza import line_fit
from lyrics.lyricist.write import write, write_drafts
from lyrics.parse import parse_sheet

PROMPTS = ("a slow folk song about leaving home", "a pop song about a lantern in the rain", "blues about money")

SHEET = """# Title: The Ferry
[Verse 1]
My father kept the ferry light
Above the river stones
And every boat that crossed at night
He guided safely home

[Chorus]
So burn, little lantern, burn
"""


@cache
def draft(prompt: str, seed: int = 0) -> Draft:
    return write_drafts(prompt, seed, 2)[0]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_lines_fill_their_patterns(prompt: str) -> None:
    for line in draft(prompt).lines:
        assert line_fit(line.text, line.pattern).good, line


@pytest.mark.parametrize("prompt", PROMPTS)
def test_what_should_rhyme_rhymes(prompt: str) -> None:
    pairs = rhyme_pairs(draft(prompt))
    assert pairs
    assert all(kind in ("perfect", "family") for _, _, kind in pairs)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_no_verse_line_comes_twice_and_no_long_line_of_the_corpus(prompt: str) -> None:
    lyrics = parse_sheet(draft(prompt).text)
    verses = [line.text for section in lyrics.sections if section.kind == "verse" for line in section.lines]
    assert len(set(verses)) == len(verses)
    known = {line for unit in Corpus.load().units for line in unit.lines}
    long = [line.text for line in lyrics.lines if len(line.words) > 8 and line.text in known]
    assert len(set(long)) == len(long)


def test_the_words_of_the_prompt_are_sung() -> None:
    words = {word for line in draft(PROMPTS[1]).lines for word in words_of(line.text)}
    assert words & {"lantern", "rain"}


def test_no_slot_and_no_mark_reaches_the_sheet() -> None:
    for prompt in PROMPTS:
        assert not SLOT.search(draft(prompt).text)
        assert not set("<>{}@") & set(draft(prompt).text)


def test_the_best_draft_comes_first() -> None:
    found = write_drafts(PROMPTS[0], 3, 3)
    assert [one.worth for one in found] == sorted((one.worth for one in found), reverse=True)
    assert parse_sheet(found[0].text) == write(PROMPTS[0], 3, 3)


def test_another_process_writes_the_same_words() -> None:
    code = (
        f"from lyrics.lyricist.write import write_drafts; print(write_drafts({PROMPTS[0]!r}, 0, 2)[0].text, end='')"
    )
    environment = {"PYTHONHASHSEED": "17", "PATH": ""}
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment, cwd="."
    )
    assert run.stdout == draft(PROMPTS[0]).text


def test_other_seeds_write_other_words() -> None:
    for prompt in PROMPTS[:2]:
        a, b = ({line.text for line in draft(prompt, seed).lines} for seed in (0, 1))
        assert len(a & b) <= 0.2 * min(len(a), len(b))


@pytest.mark.parametrize("length_s", [20.0, 30.0, 60.0, 180.0])
def test_words_are_as_long_as_the_song(length_s: float) -> None:
    found = write_drafts(WritingBrief("a pop song about rain", tempo=120.0, length_s=length_s), 0, 1)[0]
    words: dict[str, int] = {}
    sung = 0
    for section in found.sections:
        if section.lines:
            words[section.kind] = len(section.lines)
        sung += words.get(section.kind, 0)
    assert 0.35 * length_s <= sung * 4.0 <= length_s


SCHEMES = (
    *(("AABB", 8), ("ABAB", 8), ("ABAB", None), ("ABBA", 8), ("ABCB", 8), ("AABA", 7), ("AAAA", 8), ("ABABCC", 8)),
    *(("XAXA", 7), ("XAXA", None), ("AABB", 6)),
)


@pytest.mark.parametrize(("scheme", "syllables"), SCHEMES)
def test_scheme_and_syllables_are_kept(scheme: str, syllables: int | None) -> None:
    brief = WritingBrief("a song about the sea", scheme=scheme, syllables=syllables, form=("verse", "chorus"))
    found = write_drafts(brief, 0, 1)[0]
    for section in found.sections:
        assert all(abs(line_fit(line.text, "1" * (syllables or 0)).added) <= 1 for line in section.lines if syllables)
        for at in range(0, len(section.lines) - len(scheme) + 1, len(scheme)):
            stanza = section.lines[at : at + len(scheme)]
            for i, letter in enumerate(scheme):
                for j in range(i):
                    good = rhyme_of(stanza[i].text, stanza[j].text) in ("perfect", "family")
                    assert good == (scheme[j] == letter) or "X" in (letter, scheme[j]), (stanza[j], stanza[i])


@given(seed=st.integers(0, 2**40))
@settings(max_examples=3, deadline=None)
def test_rhymes_of_any_seed_cross_where_they_should(seed: int) -> None:
    brief = WritingBrief("a rock song about a long road", scheme="ABAB", syllables=8, form=("verse",))
    a, b, *_ = (line.text for line in write_drafts(brief, seed, 1)[0].lines)
    assert rhyme_of(a, b) not in ("perfect", "family")


def test_form_title_and_words_to_avoid() -> None:
    brief = WritingBrief(
        "a folk song about the sea",
        form=("intro", "verse", "chorus", "bridge"),
        title="Salt and Silver",
        avoid=("boat",),
    )
    found = write_drafts(brief, 0, 2)[0]
    assert [section.kind for section in found.sections] == ["intro", "verse", "chorus", "bridge"]
    assert found.title == "Salt and Silver"
    assert "salt and silver" in found.sections[2].lines[0].text.lower()
    assert "boat" not in {word for line in found.lines for word in words_of(line.text)}


@given(
    prompt=st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=60).filter(lambda text: text.strip()),
    seed=st.integers(0, 2**40),
)
@settings(max_examples=6, deadline=None)
def test_any_prompt_is_written_or_refused_in_one_line(prompt: str, seed: int) -> None:
    try:
        told = "" if write(prompt, seed, 1).syllables else "no words"
    except LyricsError as err:
        told = str(err)
    assert told != "no words"
    assert "\n" not in told


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"prompt": " "}, "the prompt is empty: say what the song is about, like 'a folk song about leaving home'"),
        (
            {"scheme": "AZ"},
            "scheme 'AZ' is not possible: use 2 to 8 of the letters A to H, and X for a line without a",
        ),
        ({"syllables": 3}, "3 syllables a line is out of range: use 4 to 12"),
        ({"language": "es"}, "language 'es' cannot be written: lyrics are written in English (en)"),
        ({"genre": "polka"}, "genre 'polka' is not known: use one of pop, rock, folk"),
        ({"form": ("intro", "solo")}, "the form intro solo has no words: name a verse or a chorus"),
        ({"form": ("vers",)}, "section 'vers' is not known: use intro, verse"),
        ({"keywords": ("...",)}, "keywords: '...' has no letters: use words"),
    ],
)
def test_wishes_that_cannot_be_are_refused(wish: dict[str, object], message: str) -> None:
    with pytest.raises(LyricsError) as caught:
        WritingBrief(**{"prompt": "a song about rain", **wish})  # type: ignore[arg-type]
    assert str(caught.value).startswith(message)


def test_a_sheet_is_gone_on_with_in_its_own_shape() -> None:
    found = continue_sheet(SHEET, WritingBrief("a folk song about the sea and a lantern"), 1, "verse")
    assert found.text.startswith(SHEET.rstrip())
    assert found.section.label == "Verse 2"
    lines = [line.text for line in found.section.lines]
    assert len(lines) == 4
    written = parse_sheet(found.text).sections[-1]
    asked = shape_of(parse_sheet(SHEET).sections[0])
    assert asked.scheme == "ABAB"
    assert found.notes or shape_of(written).scheme == asked.scheme
    for line in found.section.lines:
        assert line_fit(line.text, line.pattern).good


def test_a_line_gets_other_words_of_its_metre_and_rhyme() -> None:
    found = rewrite_line(SHEET, 3, WritingBrief("a folk song about the sea"), 0)
    assert found
    for line in found:
        assert line_fit(line, "01010101").good
        assert rhyme_of(line, "My father kept the ferry light") in ("perfect", "family")
    assert found[0] in replaced(SHEET, 3, found[0]).splitlines()
    assert "And every boat" not in replaced(SHEET, 3, found[0])


def test_a_line_that_is_not_there() -> None:
    with pytest.raises(LyricsError, match="line 9 is not there: the sheet has lines 1 to 5, repeats counted"):
        rewrite_line(SHEET, 9, WritingBrief("the sea"), 0)
