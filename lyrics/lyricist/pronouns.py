"""The persons of a text by its pronouns, and lines turned from one person into another."""

from __future__ import annotations

import re
from collections.abc import Mapping

FORMS: Mapping[str, frozenset[str]] = {
    "I": frozenset({"i", "me", "my", "mine", "myself", "i'm", "i've", "i'd", "i'll"}),
    "we": frozenset({"we", "us", "our", "ours", "ourselves", "we're", "we've", "we'd", "we'll", "let's"}),
    "you": frozenset({"you", "your", "yours", "yourself", "you're", "you've", "you'd", "you'll"}),
    "she": frozenset(
        {"she", "her", "hers", "herself", "she's", "she'd", "she'll"}
        | {"he", "him", "his", "himself", "he's", "he'd", "he'll"}
    ),
    "they": frozenset({"they", "them", "their", "theirs", "they're", "they've", "they'd", "they'll"}),
}

_WORD = re.compile(r"[A-Za-z']+")
_TO_WE = {
    "i": "we",
    "me": "us",
    "my": "our",
    "mine": "ours",
    "i'm": "we're",
    "i've": "we've",
    "i'd": "we'd",
    "i'll": "we'll",
    "myself": "ourselves",
}
_TO_I = {after: before for before, after in _TO_WE.items()}
_AFTER_WE = {"am": "are", "was": "were", "wasn't": "weren't"}
_AFTER_I = {"are": "am", "were": "was", "weren't": "wasn't"}
_TO_HE = {"she": "he", "hers": "his", "herself": "himself", "she's": "he's", "she'd": "he'd", "she'll": "he'll"}
_CONJUNCTIONS = "and or but when while where if then so as that than like until till because"
_PLACES = "with for to from by at of on in into before after behind beside through down up out away back home again"
_SUBJECTS = "the a an my your our hers mine yours i you she he we they"
_NO_NOUN = frozenset(f"{_CONJUNCTIONS} {_PLACES} {_SUBJECTS}".split())
"""What `her` stands before where it is no possessive."""


def persons_in(text: str) -> frozenset[str]:
    """Return the persons whose pronouns stand in a text."""
    words = {word.lower() for word in _WORD.findall(text)}
    return frozenset(person for person, forms in FORMS.items() if words & forms)


def as_we(text: str) -> str:
    """Return a text in the first person singular in the plural."""
    return _turned(text, _TO_WE, _AFTER_WE)


def as_i(text: str) -> str:
    """Return a text in the first person plural in the singular."""
    return _turned(text, _TO_I, _AFTER_I)


def _turned(text: str, table: Mapping[str, str], verbs: Mapping[str, str]) -> str:
    found, end, subject = [], 0, False
    for match in _WORD.finditer(text):
        word = match[0]
        new = table.get(word.lower())
        if new is None and subject and word.lower() in verbs:
            new = verbs[word.lower()]
        subject = word.lower() in ("i", "we") or (subject and word.lower() in ("never", "always", "still", "only"))
        found.append(text[end : match.start()])
        found.append(word if new is None else _cased(new, match.start() == 0))
        end = match.end()
    return "".join(found) + text[end:]


def as_he(text: str) -> str:
    """Return a text about a woman as one about a man; `her` is taken as an object where no noun can follow it."""
    found, end = [], 0
    for match in _WORD.finditer(text):
        word = match[0].lower()
        new = _TO_HE.get(word)
        if word == "her":
            new = "him" if _is_object(text[match.end() :]) else "his"
        found.append(text[end : match.start()])
        found.append(match[0] if new is None else _cased(new, match[0][0].isupper()))
        end = match.end()
    return "".join(found) + text[end:]


def _is_object(after: str) -> bool:
    """Tell whether what follows `her` shows that it is no possessive."""
    rest = after.lstrip()
    if not rest or rest[0] in ",?!\n":
        return True
    word = _WORD.match(rest)
    return word is None or word[0].lower() in _NO_NOUN


def _cased(word: str, capital: bool) -> str:
    word = "I" + word[1:] if word == "i" or word.startswith("i'") else word
    return word[:1].upper() + word[1:] if capital else word
