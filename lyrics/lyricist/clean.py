"""What is never written: slurs, and sexual words beside words for minors; coarse words only where asked for.

The same check reads what comes in (prompt, title, keywords) and what goes out, whoever wrote it, so no wording of a
prompt gets round it. Spelling tricks (figures for letters, dots or spaces between letters, letters doubled, accents)
are undone before the words are looked up.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from functools import cache
from pathlib import Path

from lyrics.errors import LyricsError

_LETTERS_FOR = str.maketrans("013457@$!|+", "oieastasiit")
_AGE = re.compile(
    r"\b(?:[1-9]|1[0-7])[- ]?(?:years?|yrs?|yo)\b(?:[- ]?olds?)?|\bunder(?:[- ]?age| 18| eighteen)\b", re.I
)
_YOUNG = re.compile(r"\b(?:little|young|school|small|teen\w*|preteen)[- ](?:girl|boy)s?\b", re.I)
_SPELLED = re.compile(r"\b(?:[^\W_][.\-_*'’ ]){2,}[^\W_]\b")


def unclean(text: str, explicit: bool = False) -> str:
    """Return what is wrong with a text, in words fit to print, or empty where it is clean.

    Parameters
    ----------
    explicit : whether coarse words are accepted
    """
    words = _words(text)
    if words & _list("slur"):
        return "a slur"
    if words & _list("sexual") and (words & _list("minor") or _AGE.search(text) or _YOUNG.search(text)):
        return "sexual words beside words for minors"
    if not explicit and words & _list("coarse"):
        return "coarse words"
    return ""


def check_clean(what: str, text: str, explicit: bool = False) -> None:
    """Raise LyricsError where a text that was given is not clean; `what` says which."""
    found = unclean(text, explicit)
    if found == "coarse words":
        raise LyricsError(f"{what} has coarse words: use others, or ask for them with --explicit (explicit=True)")
    if found:
        raise LyricsError(f"{what} has {found}: no lyric is written with that; use other words")


def _words(text: str) -> frozenset[str]:
    """Return the words of a text in every spelling that they may stand for."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    found: set[str] = set()
    for run in _SPELLED.findall(plain):
        letters = re.sub(r"[\W_]", "", run).translate(_LETTERS_FOR)
        found.update(letters[i:j] for i in range(len(letters)) for j in range(i + 3, min(len(letters), i + 16) + 1))
    for token in re.split(r"[^\w@$!|+*'’.-]+|[.-](?=\s|$)", plain):
        for spelled in (token, token.translate(_LETTERS_FOR)):
            letters = re.sub(r"[^a-z]", "", spelled)
            found.add(letters)
            found.add(re.sub(r"(.)\1{2,}", r"\1\1", letters))
            found.add(re.sub(r"(.)\1{2,}", r"\1", letters))
            found.update(re.findall(r"[a-z]+", spelled))
    return frozenset(found | {word.removesuffix("s") for word in found})


@cache
def _list(kind: str) -> frozenset[str]:
    lines = Path(__file__).with_name("unclean.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    words = {word for other, listed in rows if other == kind for word in codecs.decode(listed, "rot13").split()}
    return frozenset(words)
