"""Names of artists leave a prompt: songs are made in a described style, never in a person's.

A known name is replaced by words that describe the music it stands for, put at the end where the user's own words
go first; an unknown one after "in the style of" and the like is dropped. Either is told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from songsmith.prompt.lexicon import Lexicon, lexicon
from songsmith.prompt.words import cut, lower, phrase_key

_STRONG = (
    r"(?P<style>(?:in|with|after)?\s*(?:the\s+|an?\s+)?(?:style|vein|manner|spirit|vibes?|sound)\s+of|[àa] la)|"
    r"sound(?:s|ing)?\s+(?:just\s+|a bit\s+)?like|"
    r"similar to|reminiscent of|inspired by|influenced by|influences? (?:of|from|by)|akin to|channell?ing"
)
_WEAK = r"like|think|meets|a cover of|cover of|by|by the artist|x"
_BEFORE = re.compile(rf"(?:^|(?<=[\s,;(.]))(?:(?P<strong>{_STRONG})|(?P<weak>{_WEAK}))\s+$", re.IGNORECASE)
_LEAD = re.compile(rf"(?<!\w)(?:(?P<strong>{_STRONG})|(?P<weak>{_WEAK}))\s+", re.IGNORECASE)
_NAME = re.compile(
    r"(?P<name>[A-Z0-9][\w.'$/!-]*(?:\s+(?:(?:the|and|&|of|de|da|del|van|von|la|le|y|n')\s+)?[A-Z][\w.'$/!-]*){0,4})"
)
_AFTER = re.compile(
    r"^(?:'s)?(?:[ -](?:style|esque|ish|like|type beat|type|vibes?|inspired|influenced|sound|cover|song)\b)?",
    re.IGNORECASE,
)
_TYPE_BEAT = re.compile(r"(?<!\w)(?P<name>[A-Z][\w.'$-]*(?:\s+[A-Z][\w.'$-]*){0,3})(?:[ -](?:type beat|esque))", 0)
_DENIED = re.compile(
    r"\b(?:not|nothing|unlike|never|no|don't)\s+(?:(?:too|so|sound|be|much|anything)\s+)*$", re.IGNORECASE
)
_LIST = re.compile(r"\s*(?:,|\band\b|&|\bor\b|\bmeets\b|\bx\b|\bmixed with\b|/)\s+(?:the\s+)?", re.IGNORECASE)
_PLAIN = re.compile(r"[a-z][\w'-]*(?: [a-z][\w'-]*){0,2}(?=\s*(?:$|[,.;]|but\b|with\b|and\b|in\b|at\b))")


@dataclass(frozen=True, slots=True)
class Unnamed:
    """A prompt without names: its text, what was found out about each name, in order, and the names' own words."""

    text: str
    warnings: tuple[str, ...] = ()
    description: str = ""


@cache
def _known(known: Lexicon) -> re.Pattern[str]:
    names = sorted(map(lower, known.tables["artists"]["words"]), key=lambda name: (-len(name), name))
    return re.compile(rf"(?<![\w])(?:{'|'.join(map(re.escape, names))})(?!\w)")


@dataclass(frozen=True, slots=True)
class _Cut:
    start: int
    end: int
    name: str
    words: str


def without_names(text: str) -> Unnamed:
    """Return a normalised prompt without the names of artists."""
    known = lexicon()
    cuts = _known_names(text, known)
    cuts += _unknown_names(text, known, cuts)
    if not cuts:
        return Unnamed(text)
    cuts.sort(key=lambda found: found.start)
    pieces, end, warnings, described = [], 0, [], []
    for found in cuts:
        pieces.append(text[end : found.start])
        end = found.end
        if not found.words:
            warnings.append(f"{_told(found)}; the name is left out")
        else:
            warnings.append(f"{_told(found)}; read as {found.words!r}")
            described.append(found.words)
    pieces.append(text[end:])
    kept = re.sub(r"\s*,(?:\s*,)+", ",", re.sub(r"\s{2,}", " ", " ".join(pieces))).strip(" ,;")
    description = ", ".join(dict.fromkeys(described))
    return Unnamed(f"{kept}, {description}".strip(" ,") if description else kept, tuple(warnings), description)


def _told(found: _Cut) -> str:
    return f"the prompt names {found.name!r}: songs are not made in a person's style"


def _known_names(text: str, known: Lexicon) -> list[_Cut]:
    """Return where names of the table stand; one that is also a word counts where something announces a name."""
    table = {lower(name): words for name, words in known.tables["artists"]["words"].items()}
    ambiguous = {lower(name) for name in known.tables["artists"]["ambiguous"]}
    found: list[_Cut] = []
    passed: list[re.Match[str]] = []
    for match in _known(known).finditer(lower(text)):
        start, end = match.span()
        lead = _BEFORE.search(text[:start])
        tail = _tail(text, end)
        if match[0] in ambiguous:
            listed = bool(found) and _LIST.fullmatch(text, found[-1].end, start) is not None
            led = lead is not None and (lead["strong"] is not None or not text[start].islower())
            if not led and (text[start].islower() or not (listed or tail > end + 2)):
                passed.append(match)
                continue
        begin = lead.start() if lead is not None else start
        denied = _DENIED.search(text[:begin])
        words = "" if denied else table[match[0]]
        found.append(_Cut(denied.start() if denied else begin, tail, text[start:end], words))
    for match in reversed(passed):  # "Queen, Prince, Drake type beat": the last tells what the others are
        start, end = match.span()
        after = next((one for one in found if _joins(text, end, one.start)), None)
        if after is not None and not text[start].islower():
            found.append(_Cut(start, after.start, text[start:end], table[match[0]]))
    return found


def _joins(text: str, end: int, start: int) -> bool:
    """Tell whether what stands between the end of a name and the start of the next makes them a list."""
    between = text[end : max(end, start)]
    meets = between.isspace() and re.match(r"(?:meets|x)\s", text[start:], re.IGNORECASE)
    return bool(meets or _LIST.fullmatch(between))


def _unknown_names(text: str, known: Lexicon, cuts: list[_Cut]) -> list[_Cut]:
    """Return where other names stand: after words that announce one, in a list with one, before "type beat"."""
    found: list[_Cut] = []
    for lead in _LEAD.finditer(text):
        name = _NAME.match(text, lead.end())
        plain = _PLAIN.match(text, lead.end()) if lead["style"] else None
        if name is not None and not _is_music(name[0], known):
            found.append(_Cut(lead.start(), _tail(text, name.end()), name[0].rstrip(".'"), ""))
        elif plain is not None and not any(_is_known(word.text, known) for word in cut(plain[0])):
            found.append(_Cut(lead.start(), plain.end(), plain[0], ""))
    for before in (*cuts, *found):
        joint = _LIST.match(text, before.end)
        name = _NAME.match(text, joint.end()) if joint is not None else None
        if name is not None and not _is_music(name[0], known):
            found.append(_Cut(before.end, _tail(text, name.end()), name[0].rstrip(".'"), ""))
    for match in _TYPE_BEAT.finditer(text):
        if not _is_music(match["name"], known):
            found.append(_Cut(match.start(), match.end(), match["name"], ""))
    kept = list(cuts)
    for one in sorted(found, key=lambda one: (one.start, -one.end)):
        if not any(one.start < other.end and other.start < one.end for other in kept):
            kept.append(one)
    return kept[len(cuts) :]


def _tail(text: str, end: int) -> int:
    """Return where a name ends with what hangs on it: "'s", "-style", "type beat"."""
    match = _AFTER.match(text[end:])
    return end + (match.end() if match is not None else 0)


def _is_music(name: str, known: Lexicon) -> bool:
    """Tell whether a capitalised phrase is words about music after all: "Motown", "Bossa Nova", "Bb"."""
    words = [word.text for word in cut(name)]
    if not words or not any(c.isalpha() for c in name) or len(name) == 1 or name[:1].isdigit():
        return True
    if phrase_key(name) in known.senses or words[0] in ("i", "i'm", "the", "a", "an", "my"):
        return words[0] != "the" or len(words) == 1 or " ".join(words[1:]) in known.senses
    return all(_is_known(word, known) for word in words) or words[0] in known.senses


def _is_known(word: str, known: Lexicon) -> bool:
    return word in known.senses or word in known.filler
