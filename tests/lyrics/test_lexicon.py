"""A song's own pronunciations: files, their errors, and what they win over."""

from __future__ import annotations

from pathlib import Path

import pytest

from lyrics import LyricsError, Word, parse_sheet, read_lexicon
from lyrics.arpabet import as_text


def sounds(word: Word) -> str:
    return " . ".join(as_text(syllable.phonemes) for syllable in word.syllables)


def write(folder: Path, text: str) -> Path:
    path = folder / "names.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_lexicon_says_names_figures_and_other_scripts(tmp_path: Path) -> None:
    lexicon = read_lexicon(
        write(
            tmp_path,
            "# names\nAoife\tiy1 f ah0\n27   T W EH1 N\n\nпривет P R IY0 V EH1 T\nthe DH AA1\nXena Z IY1 N AH0",
        )
    )
    assert list(lexicon) == ["aoife", "27", "привет", "the", "xena"]
    (line,) = parse_sheet("AOIFE, 27 привет the Aoife’s lamp-Xena xenas' aoif", lexicon=lexicon).lines
    assert [(word.text, word.sung) for word in line.words[:3]] == [
        ("AOIFE,", "aoife"),
        ("27", "27"),
        ("привет", "привет"),
    ]
    assert [sounds(word) for word in line.words[:7]] == [
        *("IY1 . F AH0", "T W EH1 N", "P R IY0 . V EH1 T", "DH AA1", "IY1 . F AH0 Z"),
        *("L AE1 M P . Z IY1 . N AH0", "Z IY1 . N AH0 Z"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# a\nAoife", ":2: the word 'Aoife' has no sounds after it; write: word W ER1 D"),
        ("a-b AH1", ":1: 'a-b' is not one word of letters, figures and apostrophes; write: word W ER1 D"),
        ("-- AH1", ":1: '--' is not one word"),
        ("wren R EH1 N\nWren R EH1 N", ":2: the word 'Wren' was given sounds before; keep one of the two lines"),
        ("wren R EH N", ":1: the vowel 'EH' needs a stress digit"),
        ("wren R EQ1 N", ":1: 'EQ1' is no ARPAbet sound"),
        ("wren ɹ Q n", ":1: 'Q' is no sound of this language; write IPA"),
        ("wren R N", ":1: the pronunciation 'R N' has no vowel"),
        ("x" * 65 + " AH1", ":1: .*is not one word"),
        ("a" * 1_000_001, ": is 1000 kB; a pronunciation lexicon may have 1000 kB"),
    ],
)
def test_wrong_entries_name_their_line(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(LyricsError, match=message) as caught:
        read_lexicon(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_lexicon_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LyricsError, match="no such file; give the path of a pronunciation lexicon"):
        read_lexicon(tmp_path / "none.txt")
