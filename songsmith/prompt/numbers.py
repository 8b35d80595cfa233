"""What a prompt gives in figures: tempo, length, key and meter, written with digits or spelled out.

Every reader returns the first value and where all of its mentions stand, as spans of characters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from songsmith.brief import TEMPO_RANGE
from songsmith.errors import InputError
from songsmith.prompt.words import lower, word_list
from songsmith.theory import MODES, Key
from songsmith.timeline import METERS

T = TypeVar("T")
Span = tuple[int, int]

LENGTH_RANGE_S = (10.0, 1800.0)
"""Shorter and longer songs are refused."""

BARE_TEMPI = (40, 220)
"""A number that stands alone between commas is a tempo in this range."""

_ONES = word_list(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = word_list("twenty thirty forty fifty sixty seventy eighty ninety")
_SMALL = {name: value for value, name in enumerate(_ONES)} | {name: 20 + 10 * i for i, name in enumerate(_TENS)}
_SPELLED = rf"(?:(?:a )?hundred|{'|'.join(_SMALL)})(?:[ -](?:and[ -])?(?:hundred|{'|'.join(_SMALL)}))*"
_NUMBER = rf"(?:[0-9]+(?:\.[0-9]+)?|\b{_SPELLED}\b)"
_TO = r"\s*(?:-|–|to)\s*"
_UNIT = r"\s*-?\s*(?:bpm\b|b\.p\.m\.?|beats per minute\b|beats a minute\b)"
_TEMPO = re.compile(
    rf"(?<![\w.])(?P<low>(?:(?<!\S)-)?{_NUMBER})(?:{_TO}(?P<high>{_NUMBER}))?{_UNIT}"
    r"|\b(?:bpm|tempo)\s*(?:of|is|at|=|:|around|about|~|\s)*\s*(?P<after>[0-9]+(?:\.[0-9]+)?)"
    rf"(?:{_TO}(?P<after_high>[0-9]+(?:\.[0-9]+)?))?\b"
)
_BARE = re.compile(r"(?:^|[,;])\s*(?:at |around |about |circa |ca\. |~|@)?\s*([0-9]{2,3})\s*(?=$|[,;.])")

_LENGTH = re.compile(
    r"(?<![\w:.])(?P<m>[0-9]{1,2}):(?P<ss>[0-5][0-9])(?![\w:]|\s*[ap]\.?m\b)(?:\s*(?:min(?:ute)?s?|long)\b)?"
    rf"|(?<![\w.])(?P<minutes>{_NUMBER})(?:{_TO}(?P<more>{_NUMBER}))?(?P<half> and a half)?[ -]?(?:minutes?|mins?)\b"
    rf"(?P<half_after> and a half)?(?:(?: and)?\s*(?P<rest>{_NUMBER})[ -]?(?:seconds?|secs?|s)\b)?"
    rf"|(?<![\w.])(?P<seconds>{_NUMBER})(?: |-)?(?:seconds?|secs?)\b"
    r"|(?<![\w.])(?P<short_seconds>[0-9]{1,3})(?: s|s(?= long\b| in length\b))\b"
    r"|(?<![\w.])(?P<odd_seconds>[1-9][1-9]|[12][0-9]0)s\b"
    r"|\b(?P<half_minute>half a minute)\b"
    r"|\b(?P<a_minute>an? minute)(?P<a_half> and a half)?\b"
    r"|\b(?:a )?(?P<half_hour>half an hour|half[ -]hour)"
    r"(?= (?:long|song|track|mix|loop|version|of)\b|\s*(?:$|[,.;]))"
    rf"|(?<![\w.])(?P<hours>{_NUMBER}|an)[ -]?hours?(?= (?:long|song|track|mix|loop|version|of)\b)"
)

_OF_ALL = re.compile(r"[ -]?(?:long\b|in length\b|(?:\w+ )?(?:jingle|song|track|piece|tune|loop|clip|version)\b)")
"""What follows the length of a whole song, not that of a part ("a 5 second fade")."""


_ACCIDENTAL = r"(?P<acc>#|b(?![a-z])|♯|♭|[ -]?sharp\b|[ -]?flat\b)?"
_MODE = (
    r"(?:(?:harmonic|melodic|natural)[ -])?"
    r"(?P<mode>major|minor|maj|min|dorian|phrygian|lydian|mixolydian|aeolian|ionian)\b"
)
_SHORT_MINOR = r"(?P<short>m)(?![\w'])"
_KEYS = (
    re.compile(
        r"\b(?i:in|key of|key:|key is|key)\s+(?P<tonic>[A-Ga-g])"
        rf"(?i:{_ACCIDENTAL}[ -]?(?:{_MODE}|{_SHORT_MINOR})?)(?![\w#♯♭'])"
    ),
    re.compile(rf"(?<![\w'-])(?P<tonic>[A-G])(?i:{_ACCIDENTAL})[ -]?(?i:{_MODE})"),
    re.compile(rf"(?<![\w'-])(?P<tonic>[b-g])(?i:{_ACCIDENTAL})[ -]?(?i:{_MODE})"),
    re.compile(rf"(?<![\w'-])(?<!I )(?P<tonic>[A-G])(?P<acc>#|b|♯|♭)?{_SHORT_MINOR}"),
    re.compile(r"(?<![\w'-])(?P<tonic>[A-G])(?P<acc>#|b|♯|♭|[ -](?:sharp|flat)\b)(?![\w#])"),
    re.compile(r"(?:^|(?<=[,;]))\s*(?P<tonic>[A-G])\s*(?=$|[,;.])"),
    re.compile(r"(?<![\w'-])(?P<tonic>a)(?i:[ -](?P<mode>minor|major))(?=\s*(?:$|[,.;]))"),
)  # fmt: skip
_WRONG_KEY = re.compile(r"(?<![\w'-])(?!I\b)([H-Z][#b]?) (major|minor)\b")
_BARE_MODE = re.compile(r"\b(major|minor|dorian|phrygian|lydian|mixolydian|aeolian)\b", re.IGNORECASE)
_MODE_NAMES = {"maj": "major", "min": "minor", "m": "minor", "aeolian": "minor", "ionian": "major"}

_METER = re.compile(r"(?<![\d/.])([0-9]{1,2}/(?:2|4|8|16))(?![\d/])")


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A value read from a text.

    Parameters
    ----------
    value : the first that is named, None where there is none
    spans : of characters, of all mentions
    others : further values that are named, as written
    words : what was read for the value
    """

    value: T | None = None
    spans: tuple[Span, ...] = ()
    others: tuple[str, ...] = ()
    words: str = ""


def number(text: str) -> float:
    """Return the number of digits or number words: `92`, `ninety-two`, `a hundred and twenty`, `one twenty`."""
    try:
        return float(text)
    except ValueError:
        pass
    total = 0
    for word in re.findall(r"[a-z]+", text):
        if word == "hundred":
            total = max(1, total) * 100
        elif word in _SMALL:
            value = _SMALL[word]
            total = total * 100 + value if 1 <= total <= 9 and value >= 10 else total + value
    return float(total)


def find_tempo(text: str) -> Found[float]:
    """Return the tempo in beats a minute; of "92-96 BPM" the middle. Raises InputError for one that cannot be."""
    small = lower(text)
    tempi: list[float] = []
    spans: list[Span] = []
    words: list[str] = []
    for match in _TEMPO.finditer(small):
        if match["after"] is not None and spans and match.start() < spans[-1][1]:
            continue
        low = match["low"] or match["after"]
        high = match["high"] or match["after_high"]
        sign = -1.0 if low.startswith("-") else 1.0
        value = sign * number(low.lstrip("-"))
        for bound in (value, number(high) if high else value):
            if not TEMPO_RANGE[0] <= bound <= TEMPO_RANGE[1]:
                raise InputError(
                    f"tempo {bound:g} BPM in the prompt is out of range: use {TEMPO_RANGE[0]:g} to {TEMPO_RANGE[1]:g}"
                )
        tempi.append((value + number(high)) / 2 if high else value)
        spans.append(match.span())
        words.append(match[0].strip())
    if not tempi:
        for match in _BARE.finditer(small):
            if BARE_TEMPI[0] <= int(match[1]) <= BARE_TEMPI[1]:
                return Found(float(match[1]), (match.span(1),), (), match[1])
        return Found()
    others = dict.fromkeys(f"{tempo:g}" for tempo in tempi)
    others.pop(f"{tempi[0]:g}")
    return Found(tempi[0], tuple(spans), tuple(others), words[0])


def find_length(text: str) -> Found[float]:
    """Return the length asked for in seconds; raises InputError for one outside `LENGTH_RANGE_S`."""
    lengths: list[tuple[float, Span, str]] = []
    small = lower(text)
    for match in _LENGTH.finditer(small):
        seconds = _seconds(match)
        if seconds > LENGTH_RANGE_S[1]:
            raise InputError(
                f"length {match[0].strip()!r} in the prompt is too long: "
                f"use {LENGTH_RANGE_S[1] / 60:.0f} minutes or less"
            )
        if seconds < LENGTH_RANGE_S[0] and match["m"] is None and _is_of_all(small, match.span()):
            raise InputError(
                f"length {match[0].strip()!r} in the prompt is too short: use {LENGTH_RANGE_S[0]:g} seconds or more"
            )
        if seconds >= LENGTH_RANGE_S[0]:
            lengths.append((round(seconds, 3), match.span(), match[0].strip()))
    if not lengths:
        return Found()
    others = dict.fromkeys(words for seconds, _, words in lengths if seconds != lengths[0][0])
    return Found(lengths[0][0], tuple(span for _, span, _ in lengths), tuple(others), lengths[0][2])


def _is_of_all(text: str, span: Span) -> bool:
    """Tell whether a length is that of the whole song: it says so, or stands alone between commas."""
    if _OF_ALL.match(text, span[1]):
        return True
    led = re.search(r"(?:^|[,.;])\s*(?:(?:about|around|just|only)\s+)?$", text[: span[0]])
    return led is not None and re.match(r"\s*(?:$|[,.;])", text[span[1] :]) is not None


def _seconds(match: re.Match[str]) -> float:
    """Return the seconds of a match of `_LENGTH`."""
    if match["m"] is not None:
        return 60.0 * int(match["m"]) + int(match["ss"])
    if match["minutes"] is not None:
        minutes = number(match["minutes"])
        minutes = (minutes + number(match["more"])) / 2 if match["more"] else minutes
        half = 30.0 if match["half"] or match["half_after"] else 0.0
        return 60.0 * minutes + half + (number(match["rest"]) if match["rest"] else 0.0)
    if match["half_minute"]:
        return 30.0
    if match["half_hour"]:
        return 1800.0
    if match["a_minute"]:
        return 90.0 if match["a_half"] else 60.0
    if match["hours"]:
        return 3600.0 * (1.0 if match["hours"] == "an" else number(match["hours"]))
    return number(match["seconds"] or match["short_seconds"] or match["odd_seconds"])


def find_key(text: str) -> Found[Key]:
    """Return the key that is named: `in e minor`, `key of G`, `C#m`, `Bb`, `D dorian`.

    Letters that may be words are no keys: "in a small town", "A minor detail", "I am".
    """
    keys: list[tuple[int, int, Key, str]] = []
    for pattern in _KEYS:
        for match in pattern.finditer(text):
            groups = match.groupdict()
            mode = (groups.get("mode") or groups.get("short") or "").lower()
            accidental = {"sharp": "#", "♯": "#", "flat": "b", "♭": "b"}.get(
                (groups.get("acc") or "").lower().strip(" -"), (groups.get("acc") or "").lower().strip()
            )
            bare = not accidental and (mode == "" or pattern is _KEYS[1])
            if match["tonic"] in "Aa" and bare and not _ends_there(text, match.end()):
                continue
            announced = not accidental and pattern is _KEYS[0] and mode != ""
            if match["tonic"] in "Aa" and announced and not _ends_there(text, match.end()):
                continue
            mode = _MODE_NAMES.get(mode, mode or "major")
            key = Key.parse(f"{match['tonic'].upper()}{accidental} {mode}")
            if not any(start < match.end() and match.start() < end for start, end, _, _ in keys):
                keys.append((match.start(), match.end(), key, match[0].strip()))
    keys.sort(key=lambda row: row[0])
    if not keys:
        wrong = _WRONG_KEY.search(text)
        if wrong is not None:
            raise InputError(f"key {wrong[0]!r} in the prompt is not known: use a letter from A to G, like 'E minor'")
        return Found()
    others = dict.fromkeys(str(key) for _, _, key, _ in keys if key != keys[0][2])
    return Found(keys[0][2], tuple((start, end) for start, end, _, _ in keys), tuple(others), keys[0][3])


def _ends_there(text: str, place: int) -> bool:
    """Tell whether a text ends, or its clause does, at a place."""
    clause = r"\s*(?:$|[^\w\s'-]|(?:and|or|then|but|at|with|key|for)\b)"
    return re.match(clause, text[place:], re.IGNORECASE) is not None


def find_mode(text: str) -> Found[str]:
    """Return the mode that is named without a tonic: "a minor key", "dorian"."""
    match = _BARE_MODE.search(text)
    if match is None:
        return Found()
    mode = _MODE_NAMES.get(match[1].lower(), match[1].lower())
    denied = re.search(r"\b(?:no|not|never)\s+(?:(?:in|a|too)\s+)*$", lower(text[: match.start()])) is not None
    if denied:
        mode = "major" if 3 in MODES[mode] else "minor"
    return Found(mode, tuple(m.span() for m in _BARE_MODE.finditer(text)), (), match[0])


def find_meter(text: str, near: Mapping[str, str]) -> Found[str]:
    """Return the meter that is written; one that is not played stays as it is where `near` knows a stand-in."""
    written = list(_METER.finditer(text))
    if not written:
        return Found()
    meters = list(dict.fromkeys(match[1] for match in written))
    if meters[0] not in METERS and meters[0] not in near:
        raise InputError(f"meter {meters[0]} in the prompt is not known: use one of {', '.join(METERS)}")
    return Found(meters[0], tuple(match.span() for match in written), tuple(meters[1:]), meters[0])
