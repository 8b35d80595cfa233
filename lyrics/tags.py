"""The tag lines of a sheet: `[Pre-Chorus]`, `[Verse 2: singer=anna, energy=0.4]`, `[Chorus x2]`."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from difflib import get_close_matches

from lyrics.errors import LyricsError

MAX_BARS = 64
MAX_REPEATS = 8
MAX_LABEL_CHARACTERS = 80
OPTIONS = ("singer", "style", "energy", "bars", "instrumental")

KIND_PATTERNS = (
    (r"pre ?(chorus|hook|refrain|coro|estribillo|refrao|ritornello)|lift|climb", "prechorus"),
    (r"post ?(chorus|hook|refrain)|after ?chorus", "postchorus"),
    (r"solo|instrumental|guitar|piano|sax(ophone)?", "solo"),
    (r"chorus(es)?|refrains?|coro|estribillo|refrao|ritornello|kehrreim", "chorus"),
    (r"hooks?", "hook"),
    (r"bridges?|puente|ponte|pont|brucke|middle (8|eight)|b section", "bridge"),
    (r"verses?|stanzas?|strophes?|strophen|rap|estrofa|verso|couplet|strofa|estrofe|vers", "verse"),
    (r"intro(duction)?|opening|prelude", "intro"),
    (r"outro|coda|ending|end|finale|tag|fade( ?out)?", "outro"),
    (r"interlude|break|breakdown|turnaround|vamp", "interlude"),
    (r"build( ?up)?|rise|riser", "build"),
    (r"(beat ?)?drops?", "drop"),
)
"""Tag words, in the languages that are sung, and what kind of section they name.

The first that occurs decides, so "Guitar Break" is a solo.
"""


USUAL = (
    "verse",
    "chorus",
    "pre-chorus",
    "post-chorus",
    "hook",
    "bridge",
    "intro",
    "outro",
    "solo",
    "interlude",
    "drop",
)
"""Tags that a mistyped one is compared with."""

LIKENESS = 0.65
"""Share of letters that a mistyped tag has in common with the one it seems to mean."""


@dataclass(frozen=True, slots=True)
class Tag:
    """What a tag line says. `known` is False where its word names no kind of section and `kind` is a guess."""

    kind: str
    label: str
    known: bool
    repeats: int = 1
    singer: str | None = None
    style: str | None = None
    energy: float | None = None
    bars: int | None = None
    instrumental: bool | None = None


def kind_of(label: str) -> str | None:
    """Return the kind of section that a label names ("Middle 8" a bridge), or None if it names none."""
    letters = "".join(c for c in unicodedata.normalize("NFKD", label.lower()) if not unicodedata.combining(c))
    plain = " ".join(re.findall(r"[a-z0-9]+", letters))
    return next((kind for pattern, kind in KIND_PATTERNS if re.search(rf"\b(?:{pattern})\b", plain)), None)


def near_kind(label: str) -> str:
    """Return the tag that a mistyped one (`Chrous`, `Vesre 2`) seems to mean, or empty."""
    words = re.findall(r"[a-z-]{3,}", label.lower())
    near = [found for word in words for found in get_close_matches(word, USUAL, n=1, cutoff=LIKENESS)]
    return near[0].title() if near else ""


def split_tag(row: str) -> tuple[str, str]:
    """Return the tag that a row begins with and the words after it; either may be empty.

    Words may follow the tag of a known kind: `[Chorus] la la`. Other brackets before words are a remark on them, and
    brackets that are not one pair are left to `parse_tag` to refuse.
    """
    if not row.startswith("["):
        return "", row
    match = re.fullmatch(r"(\[([^\[\]]*)\])\s*(.+)", row)
    if match is None or match[3].startswith("]"):
        return row, ""
    return (match[1], match[3]) if kind_of(match[2].partition(":")[0]) else ("", row)


def parse_tag(line: str, number: int) -> Tag:
    """Return the tag that stands in `line`, which is `number` lines from the top of the sheet.

    Raises
    ------
    LyricsError
        Where the brackets are not closed, or an option's name or value is not accepted.
    """
    match = re.fullmatch(r"\[([^\[\]]*)\]", line)
    if match is None:
        raise LyricsError(
            f"line {number}: {_short(line)} is not one tag in one pair of brackets; "
            "write [Verse] or [Verse: key=value, key=value] on a line of its own"
        )
    label, colon, rest = match[1].partition(":")
    if len(label) > MAX_LABEL_CHARACTERS:
        raise LyricsError(
            f"line {number}: the tag's name has {len(label)} characters; at most {MAX_LABEL_CHARACTERS} are accepted"
        )
    if "=" in label:
        name = label.partition("=")[0].rpartition(" ")[0].strip() or "Verse"
        raise LyricsError(
            f"line {number}: the tag {_short(line)} has an option without a colon before it; "
            f"write [{name}: {label[len(name) :].strip()}]"
        )
    label, repeats = _take_repeats(label.strip(), number)
    if not label:
        raise LyricsError(f"line {number}: the tag {_short(line)} has no name; write for example [Verse]")
    kind = kind_of(label)
    options: dict[str, str] = {}
    if colon:
        for item in rest.split(","):
            key, equals, value = (part.strip() for part in item.partition("="))
            key = key.lower()
            if key == "instrumental" and not equals:
                equals, value = "=", "true"
            if not equals or key not in OPTIONS:
                raise LyricsError(
                    f"line {number}: the tag option {_short(item.strip())} is not known; "
                    f"accepted are key=value with the keys {', '.join(OPTIONS)}, as in [{label}: singer=anna]"
                )
            if not value or key in options:
                raise LyricsError(f"line {number}: the tag option {key!r} needs one value, as in {EXAMPLES[key]}")
            options[key] = value
    return Tag(
        kind=kind or "verse",
        label=label,
        known=kind is not None,
        repeats=repeats,
        singer=options.get("singer"),
        style=options.get("style"),
        energy=_energy(options.get("energy"), number),
        bars=_bars(options.get("bars"), number),
        instrumental=_truth(options.get("instrumental"), number),
    )


EXAMPLES = {
    "singer": "singer=anna",
    "style": "style=soft",
    "energy": "energy=0.7",
    "bars": "bars=8",
    "instrumental": "instrumental=true",
}


def _take_repeats(label: str, number: int) -> tuple[str, int]:
    match = re.fullmatch(r"(.*?)[\s(]+(?:[x×]\s?(\d+)|(\d+)\s?[x×])\)?", label, re.IGNORECASE)
    if match is None:
        return label, 1
    digits = match[2] or match[3]
    if len(digits) > 3 or not 1 <= int(digits) <= MAX_REPEATS:
        raise LyricsError(
            f"line {number}: {_short(digits)} repeats are not accepted; a section is sung 1 to {MAX_REPEATS} times"
        )
    return match[1].strip(), int(digits)


def _energy(value: str | None, number: int) -> float | None:
    if value is None:
        return None
    if re.fullmatch(r"\d{0,9}\.?\d{0,9}", value, re.ASCII) and value != "." and 0 <= float(value) <= 1:
        return float(value)
    raise LyricsError(f"line {number}: energy is {_short(value)}; accepted is a number from 0 to 1, as in energy=0.7")


def _bars(value: str | None, number: int) -> int | None:
    if value is None:
        return None
    if re.fullmatch(r"\d{1,3}", value, re.ASCII) and 1 <= int(value) <= MAX_BARS:
        return int(value)
    raise LyricsError(
        f"line {number}: bars is {_short(value)}; accepted is a whole number from 1 to {MAX_BARS}, as in bars=8"
    )


def _truth(value: str | None, number: int) -> bool | None:
    if value is None:
        return None
    truths = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if value.lower() not in truths:
        raise LyricsError(f"line {number}: instrumental is {_short(value)}; accepted are true and false")
    return truths[value.lower()]


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "...")
