"""What a prompt says the song is about, and whom it is for: matter for the words, not for the music."""

from __future__ import annotations

import re
from dataclasses import dataclass

from songsmith.prompt.words import lower

_END = (
    r"(?=\s*(?:$|[,.;:!?()\[\]\n>|]|\s-+\s|[—–]))|(?=\s+(?:with|featuring|feat|in the style|"
    r"in (?:[b-g][#b]?|a[#b]|a (?:minor|major))\b|at [0-9]|played|sung|using|"
    r"in an? (?:\w+ )?(?:style|key|minor|major|mood|tempo|way|genre|fashion)\b|"
    r"over an? |but (?:with|make|keep|in)|that (?:sounds|feels|is)|and make|as an? )\b)"
)
_FIGURE = (
    r"(?:[0-9.]+(?:\s*(?:-|to)\s*[0-9.]+)?\s*-?(?:bpm|beats|min|sec|s\b|hour|$|[,;.])"
    r"|half a|a minute|an? hour|the same)"
)
_ABOUT = re.compile(
    r"\b(?:about|on the (?:topic|subject|theme) of|tell(?:s|ing)? (?:the|a) (?:story|tale) (?:of|about)|"
    r"(?:the )?(?:story|tale) of|theme:|topic:|subject:|dedicated to|(?:an )?ode to|(?:a )?tribute to|"
    r"honou?ring|describing)"
    rf"\s+(?!{_FIGURE})(?P<topic>.+?)(?:{_END})"
)
_KIN = r"(?:my|our|his|her|their|your|grandma|grandpa|mom|mum|dad|mother|father)\b.*?"
_FOR = re.compile(
    rf"\bfor\s+(?P<topic>(?:{_KIN}|(?-i:[A-Z])[\w'-]+(?: (?-i:[A-Z])[\w'-]+)?))(?:{_END})", re.IGNORECASE
)
_OCCASION = re.compile(rf"\bfor (?:the|a|an|some|people|those)\b.+?(?:{_END})")
_QUOTED = re.compile(r"\"([^\"]{2,120})\"")
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Topic:
    """The words of a topic and where they stand, those that announce it included.

    `occasions` ("for a long drive") may say something about the music as well.
    """

    text: str = ""
    spans: tuple[tuple[int, int], ...] = ()
    occasions: tuple[tuple[int, int], ...] = ()


def find_topic(text: str) -> Topic:
    """Return what the song is to be about; of several mentions, the first gives the topic."""
    topics: list[tuple[int, str]] = []
    spans: list[tuple[int, int]] = []
    for pattern, subject in ((_ABOUT, lower(text)), (_FOR, text), (_QUOTED, text)):
        for match in pattern.finditer(subject):
            place = match.span("topic") if "topic" in match.groupdict() else match.span(1)
            if any(start < match.end() and match.start() < end for start, end in spans):
                continue
            if match.end() - match.start() <= _LONGEST:
                topics.append((0 if pattern is _ABOUT else 1, text[slice(*place)].strip()))
                spans.append(match.span())
    topics.sort(key=lambda row: row[0])
    occasions = tuple(match.span() for match in _OCCASION.finditer(lower(text)))
    return Topic(topics[0][1] if topics else "", tuple(spans), occasions)
