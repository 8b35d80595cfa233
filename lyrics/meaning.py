"""How near two phrases are in meaning: a static text encoder of a few megabytes.

A phrase is cut into word pieces as BERT does (lower case, accents off, longest piece first); its vector is the mean
of the vectors of its pieces, of length 1. The vectors were distilled from all-MiniLM-L6-v2 and tuned on phrases about
music; `docs/models/meaning.md` says how.

Source: T. Wolf et al.'s description of WordPiece, huggingface.co/learn, after Y. Wu et al., arXiv:1609.08144, 2016.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from lyrics.errors import MissingData

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST_TEXT = 2000
"""Characters; what is beyond is not read."""

_LONGEST_WORD = 40


@dataclass(frozen=True, slots=True, eq=False)
class Meaning:
    """The encoder.

    Parameters
    ----------
    vectors : [pieces, dimensions] int8
    scale : [pieces] float32, of each row
    pieces : row of each word piece; those inside a word begin with ##
    """

    vectors: NDArray[np.int8]
    scale: NDArray[np.float32]
    pieces: Mapping[str, int]

    @classmethod
    def load(cls) -> Meaning:
        """Return the encoder that comes with the install, read once a process."""
        return _load()

    @property
    def dimensions(self) -> int:
        """Length of an embedding."""
        return int(self.vectors.shape[1])

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the embeddings of texts.

        Returns
        -------
        [texts, dimensions] float32 of length 1; zeros for a text without a known word piece
        """
        import numpy as np

        out = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in enumerate(texts):
            places = [self.pieces[piece] for piece in self.cut(text) if piece in self.pieces]
            if places:
                total = self.scale[places] @ self.vectors[places].astype(np.float32)
                out[row] = total / max(float(np.linalg.norm(total)), 1e-12)
        return out

    def similarity(self, text: str, others: Sequence[str]) -> NDArray[np.float32]:
        """Return the cosine [others] between one text and others, from -1 to 1."""
        vectors = self.embed([text, *others])
        cosines: NDArray[np.float32] = vectors[1:] @ vectors[0]
        return cosines

    def nearest(self, text: str, candidates: Sequence[str], count: int = 1) -> tuple[tuple[str, float], ...]:
        """Return the candidates nearest in meaning with their cosine, nearest first; equals in the order given."""
        scores = self.similarity(text, candidates)
        order = sorted(range(len(candidates)), key=lambda i: (-float(scores[i]), i))
        return tuple((candidates[i], float(scores[i])) for i in order[:count])

    def cut(self, text: str) -> list[str]:
        """Return the word pieces of a text; a word of which some part is not known is left out whole."""
        found: list[str] = []
        for word in _words(text[:LONGEST_TEXT]):
            found.extend(self._pieces_of(word))
        return found

    def _pieces_of(self, word: str) -> list[str]:
        if len(word) > _LONGEST_WORD:
            return []
        found: list[str] = []
        start = 0
        while start < len(word):
            mark = "##" if start else ""
            end = next((end for end in range(len(word), start, -1) if mark + word[start:end] in self.pieces), 0)
            if not end:
                return []
            found.append(mark + word[start:end])
            start = end
        return found


def _words(text: str) -> list[str]:
    """Return the words and marks of a text in lower case, accents taken off."""
    plain = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if unicodedata.category(c) != "Mn")
    spaced = "".join(c if c.isalnum() else f" {c} " if c.isprintable() and not c.isspace() else " " for c in plain)
    return spaced.split()


@cache
def _load() -> Meaning:
    from safetensors.numpy import load_file

    weights, vocabulary = Path(__file__).with_name("meaning.safetensors"), Path(__file__).with_name("meaning.txt")
    if not weights.exists() or not vocabulary.exists():
        raise MissingData(f"{weights.name} is not there: install songsmith again")
    table = load_file(weights)
    pieces = {piece: row for row, piece in enumerate(vocabulary.read_text(encoding="utf-8").splitlines()) if row}
    return Meaning(table["vectors"], table["scale"], pieces)
