"""How the voice performs: the presets of `configs/performances/` that the words of a prompt ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from songsmith.prompt.words import Word, phrase_key, stance

CONDITION, GROUP = "gentle", "group"


@dataclass(frozen=True, slots=True)
class Manner:
    """How the lead and the group that answers it perform; empty for the voice's own way.

    Parameters
    ----------
    lead, group : names of performances
    words : that ask for them
    """

    lead: str = ""
    group: str = ""
    words: str = ""


def find_manner(words: tuple[Word, ...], style: str, table: Mapping[str, Any]) -> Manner:
    """Return how the voices perform by the words of a prompt.

    Parameters
    ----------
    words : of the prompt
    style : name of the style chosen, which some words need
    table : `configs/prompt/manners.toml`
    """
    asked: dict[str, tuple[str, str]] = {}  # phrase: who is meant, performance
    for name, rows in table.items():
        if name == GROUP:
            asked |= {phrase_key(phrase): (GROUP, own) for own, phrases in rows.items() for phrase in phrases}
            continue
        asked |= {phrase_key(phrase): ("lead", name) for phrase in rows["words"]}
        extra = rows.get(CONDITION, {"styles": [], "words": []})
        if style in extra["styles"]:
            asked |= {phrase_key(phrase): (CONDITION, name) for phrase in extra["words"]}
    found = [(phrase, *asked[phrase]) for phrase in _phrases(words, frozenset(asked))]
    lead = next((row for kind in ("lead", CONDITION) for row in found if row[1] == kind), None)
    group = next((row for row in found if row[1] == GROUP), None)
    named = tuple(dict.fromkeys(row[0] for row in (lead, group) if row is not None))
    own = lead[2] if lead else ""
    return Manner(own, group[2] if group else own, ", ".join(named))


def _phrases(words: tuple[Word, ...], known: frozenset[str]) -> Iterator[str]:
    """Yield the known phrases in order, the longest at each place, denied ones left out."""
    longest = max(len(phrase.split()) for phrase in known)
    i = 0
    while i < len(words):
        room = 1
        while i + room < len(words) and room < longest and not words[i + room].after_break:
            room += 1
        for length in range(room, 0, -1):
            phrase = " ".join(word.text for word in words[i : i + length])
            if phrase in known:
                if phrase.startswith(("no ", "without ")) or not stance(words, i).denied:
                    yield phrase
                i += length
                break
        else:
            i += 1
