"""A token: a run of a line between spaces."""

from __future__ import annotations

from dataclasses import dataclass

from lyrics.errors import LyricsError

MAX_WORD_LETTERS = 64
MAX_MELISMA_NOTES = 32


@dataclass(frozen=True, slots=True)
class Token:
    """A run of a line between spaces: as written with `~`, and its own pronunciation where braces gave one."""

    text: str
    sounds: str | None = None

    @property
    def bare(self) -> str:
        return self.text.replace("~", "")


def check_size(token: Token) -> None:
    """Raise LyricsError where a token is too long for a word, or asks for more notes than a word may have."""
    if len(token.bare) > MAX_WORD_LETTERS:
        raise LyricsError(
            f"{token.bare[:24] + '...'!r} is a word of {len(token.bare)} characters; at most {MAX_WORD_LETTERS} are "
            "sung: put spaces between its words"
        )
    if (notes := token.text.count("~")) > MAX_MELISMA_NOTES:
        raise LyricsError(
            f"{token.bare!r} asks for {notes} more notes with ~; at most {MAX_MELISMA_NOTES} are sung on a word"
        )


def own_text(text: str) -> str:
    """Return the sung text of a word whose pronunciation is given: its letters and figures, lower-case."""
    letters = "".join(char for char in text.lower().replace("’", "'") if char.isalnum() or char == "'")
    return letters.strip("'") or letters
