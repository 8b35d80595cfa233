"""Stress, weight and rhyme."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyrics import analyse_word, parse_sheet, rhyme_part, rhymes, stress_pattern, syllable_weight, syllable_weights
from lyrics.arpabet import as_text
from lyrics.values import Line


def line_of(text: str) -> Line:
    return parse_sheet(text).lines[0]


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("Before the kettle sings", (0, 1, 0, 1, 0, 1)),
        ("My father kept the ferry light", (0, 1, 0, 1, 0, 1, 0, 1)),
        ("He taught me how to trim the wick", (0, 1, 0, 1, 0, 1, 0, 1)),
        ("Snow on the river and you on the bridge", (1, 0, 0, 1, 0, 0, 0, 0, 0, 1)),
    ],
)
def test_stress_pattern(text: str, pattern: tuple[int, ...]) -> None:
    assert stress_pattern(line_of(text)) == pattern


def test_weights_order_the_syllables_of_a_line() -> None:
    line = line_of("Before the kettle sings to everybody")
    weights = dict(zip((s.text for s in line.syllables), syllable_weights(line), strict=True))
    assert weights["the"] < weights["sings"]
    assert weights["be"] < weights["fore"] < weights["ket"]
    assert weights["tle"] < weights["ket"]


def test_a_function_word_gains_at_the_end_of_a_line() -> None:
    middle, end = line_of("hold me now"), line_of("now hold me")
    assert syllable_weights(middle)[1] < syllable_weights(end)[2]


def test_the_last_content_word_weighs_most() -> None:
    weights = syllable_weights(line_of("the river runs below the house"))
    assert weights[-1] == max(weights) == 1.0
    assert weights.count(1.0) == 1


words = st.sampled_from(
    ["the", "moon", "is", "over", "everybody", "nothing", "TV", "27", "runnin'", "ooh", "well-known"]
)


@given(st.lists(words, min_size=1, max_size=10).map(" ".join))
def test_weights_are_shares(text: str) -> None:
    line = line_of(text)
    weights = syllable_weights(line)
    assert len(weights) == len(stress_pattern(line)) == len(line.syllables)
    assert all(0 < weight <= 1 for weight in weights)
    for word in line.words:
        assert all(0 < syllable_weight(word, i) <= 1 for i in range(len(word.syllables)))


@pytest.mark.parametrize(
    ("a", "b", "kind"),
    [
        ("night", "light", "perfect"),
        ("tonight", "light", "perfect"),
        ("dancing", "glancing", "perfect"),
        ("river", "shiver", "perfect"),
        ("knight", "night", "perfect"),
        ("me", "sea", "perfect"),
        ("home", "alone", "family"),
        ("time", "times", "family"),
        ("back", "cat", "family"),
        ("love", "rush", "assonant"),
        ("home", "road", "assonant"),
        ("night", "moon", None),
        ("night", "night", None),
        ("river", "sea", None),
    ],
)
def test_rhymes_by_hand(a: str, b: str, kind: str | None) -> None:
    first, second = analyse_word(a), analyse_word(b)
    assert rhymes(first, second) == kind
    assert rhymes(second, first) == kind


def test_rhyme_part() -> None:
    assert as_text(rhyme_part(analyse_word("tonight"))) == "AY1 T"
    assert as_text(rhyme_part(analyse_word("dancing"))) == "AE1 N S IH0 NG"
    assert as_text(rhyme_part(analyse_word("the"))) == "AH0"
