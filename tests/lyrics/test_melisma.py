from __future__ import annotations

import pytest

from lyrics import parse_sheet


@pytest.mark.parametrize(
    ("word", "pieces"),
    [("Father,", ("Fa", "ther,")), ("ri~ver", ("ri", "ver")), ("dar~lin'", ("dar", "lin'")), ("20", ("twen", "ty"))],
)
def test_words_are_cut_as_written(word: str, pieces: tuple[str, ...]) -> None:
    (line,) = parse_sheet(f"[Verse]\n{word}\n").lines
    assert line.words[0].written == pieces


@pytest.mark.parametrize(
    ("word", "counts"),
    [
        ("light", (0,)),
        ("li~~ght", (2,)),
        ("ri~ver", (1, 0)),
        ("river~,", (0, 1)),
        ("27~", (0, 0, 1)),
        ("dar~lin'", (1, 0)),
    ],
)
def test_marks_belong_to_the_syllable_before_them(word: str, counts: tuple[int, ...]) -> None:
    (line,) = parse_sheet(f"[Verse]\n{word}\n").lines
    expected = counts if word != "27~" else (0,) * (len(line.words[0].syllables) - 1) + (1,)
    assert line.words[0].melismas == expected
