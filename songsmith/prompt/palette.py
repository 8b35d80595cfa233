"""Which instruments a prompt asks for, which alone, and which it does not want."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from songsmith.accompaniment.instruments import GENERAL, instrument
from songsmith.prompt.lexicon import Lexicon, Match
from songsmith.prompt.words import Word

_ALONE_BEFORE = frozenset(("only", "just", "solo", "simply", "merely", "purely"))
_ALONE_AFTER = frozenset(("only", "alone"))
_LIST = frozenset(
    ("and", "or", "with", "plus", "voice", "vocals", "vocal", "singer", "singing", "a", "an", "the", "one", "my")
)
_BEFORE_ANOTHER = frozenset(("and", "with", "or", "plus", "without", "no", "not", "minus", "sans"))
_REACH = 4
"""How many words before an instrument may say which of its kind it is."""


@dataclass(frozen=True, slots=True)
class Palette:
    """Instruments by canonical name.

    Parameters
    ----------
    wanted : as `Brief.palette`: `only piano` for an instrument that plays alone with the others so marked
    without : what is not to play
    claimed : words that were read besides the instruments themselves
    replaced : (asked, nearest) for instruments that there are no sounds for
    """

    wanted: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    claimed: frozenset[int] = frozenset()
    replaced: tuple[tuple[str, str], ...] = ()


def find_palette(words: tuple[Word, ...], matches: tuple[Match, ...], known: Lexicon) -> Palette:
    """Return the palette that the instrument words of a prompt ask for."""
    refine: Mapping[str, Mapping[str, str]] = known.tables["palette"]["refine"]
    rows: list[tuple[Match, str]] = []
    wanted: dict[str, bool] = {}
    without: dict[str, None] = {}
    claimed: set[int] = set()
    replaced: dict[tuple[str, str], None] = {}
    for match in matches:
        absent = match.sense("absent") or (match.sense("beat") if match.stance.denied else None)
        sense = match.sense("instrument") or absent
        if sense is None or _is_solo(words, match) or _is_singer(words, match):
            continue
        name, used = _refined(words, match, sense.name, refine)
        claimed |= used
        after = words[match.end].text if match.end < len(words) and not words[match.end].after_break else ""
        if absent or match.stance.denied or after == "free":
            claimed |= {match.end} if after == "free" else set()
            without.setdefault(name, None)
            continue
        if sense.value:
            replaced.setdefault((match.phrase, name), None)
        rows.append((match, name))
    alone = _alone(words, [match for match, _ in rows])
    for (match, name), is_alone in zip(rows, alone, strict=True):
        del match
        wanted[name] = wanted.get(name, False) or is_alone
    if any(wanted.values()):
        names = tuple(f"only {name}" if is_alone else name for name, is_alone in wanted.items())
    else:
        names = tuple(name for name in wanted if not _is_covered(name, wanted))
    return Palette(names, tuple(without), frozenset(claimed), tuple(replaced))


def _is_covered(name: str, names: Mapping[str, bool]) -> bool:
    """Tell whether a general name is said again by a closer one: "guitar" beside "acoustic guitar"."""
    return name in GENERAL and any(other != name and instrument(other).family == name for other in names)


def _refined(
    words: tuple[Word, ...], match: Match, name: str, refine: Mapping[str, Mapping[str, str]]
) -> tuple[str, frozenset[int]]:
    """Return the instrument that the words before a general name mean, and the words that say so."""
    table = refine.get(name)
    if table is None or (match.end - match.start > 1 and name not in GENERAL):
        return name, frozenset()
    for i in range(match.start - 1, max(-1, match.start - 1 - _REACH), -1):
        if words[i + 1].after_break or words[i].text in _BEFORE_ANOTHER:
            break
        if words[i].text in table:
            return table[words[i].text], frozenset((i,))
    return name, frozenset()


def _is_solo(words: tuple[Word, ...], match: Match) -> bool:
    """Tell whether a drum or bass word belongs to something else: "bass drum", "drum and bass"."""
    after = words[match.end].text if match.end < len(words) else ""
    return match.phrase == "bass" and (after in ("drum", "heavy", "boosted", "voice", "singer", "vocals", "drop"))


def _is_singer(words: tuple[Word, ...], match: Match) -> bool:
    """Tell whether the words are about a singer's voice: "guitar voice" is none, "alto voice" is one."""
    return match.sense("voice") is not None


def _alone(words: tuple[Word, ...], matches: list[Match]) -> list[bool]:
    """Return for each instrument whether it is to play alone, with the others of its list."""
    flags = [False] * len(matches)
    for k, match in enumerate(matches):
        before = match.start - 1
        while before >= 0 and not words[before + 1].after_break and words[before].text in _LIST:
            before -= 1
        said = words[before].text if before >= 0 and not words[before + 1].after_break else ""
        earlier = words[before - 1].text if before > 0 else ""
        led = (said in _ALONE_BEFORE and earlier != "not") or (said == "but" and earlier == "nothing")
        flags[k] = led or bool(k and flags[k - 1] and _is_list(words, matches[k - 1].end, match.start))
    for k in range(len(matches) - 1, -1, -1):
        after = matches[k].end
        ended = after < len(words) and not words[after].after_break and words[after].text in _ALONE_AFTER
        listed = k + 1 < len(matches) and flags[k + 1] and _is_list(words, matches[k].end, matches[k + 1].start)
        flags[k] = flags[k] or ended or listed
    return flags


def _is_list(words: tuple[Word, ...], start: int, stop: int) -> bool:
    """Tell whether nothing but the words of a list stands between two places."""
    between = words[start:stop]
    return (
        len(between) <= 3
        and any(word.text in ("and", "plus") for word in between)
        and all(word.text in _LIST and not word.after_break for word in between)
    )
