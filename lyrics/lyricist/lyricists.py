"""Who writes: the corpus, or a language model; each makes drafts from a brief."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from lyrics.errors import LyricsError
from lyrics.lyricist.brief import WritingBrief
from lyrics.lyricist.corpus import Corpus
from lyrics.lyricist.drafts import Draft
from lyrics.lyricist.write import DRAFTS, write_drafts

MODEL_PREFIX = "hf:"


class Lyricist(Protocol):
    """Whoever writes lyrics."""

    @property
    def name(self) -> str:
        """What provenance calls it."""
        ...

    def facts(self) -> dict[str, str]:
        """Return what provenance says of it: version and hash of what it writes from."""
        ...

    @property
    def usual(self) -> int:
        """How many drafts are written where nobody says."""
        ...

    def drafts(self, brief: WritingBrief, seed: int, count: int) -> tuple[Draft, ...]:
        """Return drafts, the best first."""
        ...


class CorpusLyricist:
    """The writer that needs no network: lines of our own corpus under metre and rhyme."""

    name = "corpus"
    usual = DRAFTS

    def facts(self) -> dict[str, str]:
        """Return the hash of the corpus and how many lines it has."""
        corpus = Corpus.load()
        return {"sha256": corpus.sha256, "lines": str(sum(len(unit.lines) for unit in corpus.units))}

    def drafts(self, brief: WritingBrief, seed: int, count: int) -> tuple[Draft, ...]:
        """Return drafts, the best first."""
        return write_drafts(brief, seed, count)


def find_lyricist(name: str, fetch: bool = False) -> Lyricist:
    """Return the lyricist of a name: `corpus`, or `hf:` and the name, folder or GGUF file of a language model.

    Parameters
    ----------
    fetch : whether a model that is not on this machine may be downloaded
    """
    if name == CorpusLyricist.name:
        return CorpusLyricist()
    if name.startswith(MODEL_PREFIX) and name.removeprefix(MODEL_PREFIX).strip():
        from lyrics.lyricist.model import ModelLyricist

        return ModelLyricist(name.removeprefix(MODEL_PREFIX).strip(), fetch)
    hint = " (a file or folder: put hf: before it)" if Path(name).exists() else ""
    raise LyricsError(
        f"lyricist {name[:80]!r} is not known{hint}: use corpus, or hf: and a model, folder or GGUF file"
    )
