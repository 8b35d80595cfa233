"""Style, mood, energy, tempo and sound: what the describing words of a prompt add up to.

Every mood shifts energy, tempo, mode and sound; opposites stay both and blend in the numbers. A mood that is denied
("not sad") leans a little the other way.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from songsmith.brief import TEMPO_RANGE
from songsmith.prompt.lexicon import KNOBS, Lexicon, Match
from songsmith.prompt.words import Word
from songsmith.styles import Style, style_names

DEFAULT_STYLE = "pop"
DENIED_SHARE = -0.4
"""How much of the shift of a mood its denial makes."""

NEUTRAL_TEMPO = 0.5
NOT_SO = 0.45
"""How far beyond the middle "not too fast" goes to the other side, of what "fast" does."""

_SIGNS = {
    "brightness": ("dark", "bright"),
    "width": ("narrow", "wide"),
    "reverb": ("dry", "reverberant"),
    "lofi": ("clean", "lo-fi"),
}


@dataclass(frozen=True, slots=True)
class ChosenStyle:
    """A style or the path of its file, the words that say so, why it was taken without, and what else was named."""

    name: str
    words: str = ""
    why: str = ""
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Character:
    """What the describing words add up to.

    Parameters
    ----------
    moods : in the order they are named
    words : those that name the moods
    votes : minor below 0, major above
    energy : 0 to 1
    tempo : shift in the tempo range of the style
    texture : each knob, -1 to 1
    sound, sound_words : the texture in words, and the words it was read from
    """

    moods: tuple[str, ...]
    words: str
    votes: float
    energy: float
    tempo: float
    texture: Mapping[str, float]
    sound: str
    sound_words: str


def pick_style(
    matches: tuple[Match, ...], words: tuple[Word, ...], known: Lexicon, fixed: str | None, own: int
) -> ChosenStyle:
    """Return the style that is named.

    Nouns of genres go before words that only colour ("jazzy", "80s"); of words beside each other the last is meant
    ("country rock"), of others the first. A style that is denied is not taken. Words from character `own` on describe
    an artist who was named.
    """
    if fixed is not None:
        return ChosenStyle(fixed)
    rows = [(match, sense.name) for match in matches if (sense := match.sense("style")) is not None]
    denied = {name for match, name in rows if match.stance.denied or match.stance.degree < 0}
    wanted = [(match, name) for match, name in rows if name not in denied]
    strong = [(match, name) for match, name in wanted if match.start >= 0 and not _is_weak(match, known)]
    meant = [(match, name) for match, name in wanted if match.start < 0]
    ranked = strong or [row for row in wanted if row[0].start >= 0] or meant
    if not ranked:
        free = next(name for name in (DEFAULT_STYLE, *style_names()) if name not in denied)
        return ChosenStyle(free, why="no style is named")
    place = 0
    while place + 1 < len(ranked) and _is_beside(ranked[place][0], ranked[place + 1][0], words):
        place += 1
    match, name = ranked[place]
    rivals = [one for one, other in strong if other != name and words[one.start].start < own]
    if match.start < 0:
        return ChosenStyle(name, why=f"{match.phrase!r} sounds like it")
    others = tuple(dict.fromkeys((match.phrase, *(one.phrase for one in rivals)))) if rivals else ()
    return ChosenStyle(name, match.phrase, others=others)


def _is_weak(match: Match, known: Lexicon) -> bool:
    """Tell whether a phrase only colours a song: it is listed as such, or is a word for a mood or a sound as well."""
    return match.phrase in known.weak or any(match.sense(kind) for kind in ("mood", *KNOBS))


def _is_beside(first: Match, second: Match, words: tuple[Word, ...]) -> bool:
    return 0 <= first.end == second.start and not words[second.start].after_break


def find_character(matches: tuple[Match, ...], known: Lexicon, style: Style) -> Character:
    """Return what the words of moods and sounds add up to in a style."""
    tables: Mapping[str, Mapping[str, Any]] = known.tables["moods"]
    weights: dict[str, float] = {}
    names: list[str] = []
    knobs = dict.fromkeys(KNOBS, 0.0)
    sounds: list[str] = []
    for match in matches:
        mood, stance = match.sense("mood"), match.stance
        is_sound = any(match.sense(knob) for knob in KNOBS)
        if mood is not None and not (is_sound and (stance.denied or stance.degree < 0)):
            weight = DENIED_SHARE if stance.denied else stance.degree
            if abs(weight) > abs(weights.get(mood.name, 0.0)):
                weights[mood.name] = weight
            names.append(match.phrase)
        for knob in KNOBS:
            sense = match.sense(knob)
            if sense is not None:
                knobs[knob] += sense.value * (-0.7 if stance.denied else stance.degree)
                sounds.append(match.phrase)
    moods = tuple(name for name, weight in weights.items() if weight > 0)
    share = 1.0 / math.sqrt(max(1, len(weights)))

    def shift(key: str) -> float:
        return share * sum(weight * float(tables[name].get(key, 0.0)) for name, weight in weights.items())

    texture = {knob: round(min(1.0, max(-1.0, knobs[knob] + shift(knob))), 3) for knob in KNOBS}
    leaning = {name: {"major": 1, "minor": -1}.get(tables[name].get("mode", ""), 0) for name in weights}
    votes = sum(leaning[name] * weight for name, weight in weights.items())
    asked = [f"{_SIGNS[knob][value > 0]} {value:+.2f}" for knob, value in texture.items() if value]
    return Character(
        moods=moods,
        words=", ".join(dict.fromkeys(names)),
        votes=votes,
        energy=round(min(1.0, max(0.05, style.energy + shift("energy"))), 3),
        tempo=shift("tempo"),
        texture=texture,
        sound=", ".join(asked),
        sound_words=", ".join(dict.fromkeys(sounds or names)) if asked else "",
    )


def pick_mode(character: Character, style: Style) -> str:
    """Return the mode that most moods point to, the style's own where they are even."""
    if abs(character.votes) < 1e-9:
        return style.mode
    return "minor" if character.votes < 0 else "major"


def pick_tempo(
    matches: tuple[Match, ...], character: Character, style: Style, draw: float, known: Lexicon
) -> tuple[float, str]:
    """Return a whole tempo, and why: by a tempo mark, or in the range of the style, moved by tempo and mood words."""
    slowest, fastest = TEMPO_RANGE
    named = [match for match in matches if not match.stance.denied]
    marks = [sense.value for match in named if (sense := match.sense("mark")) is not None]
    if marks:
        return marks[0], "the tempo mark"
    shares = []
    for match in matches:
        sense = match.sense("tempo")
        if sense is None:
            continue
        offset = sense.value - NEUTRAL_TEMPO
        stance = match.stance
        shares.append(NEUTRAL_TEMPO + offset * (-NOT_SO if stance.denied else stance.degree))
    share = sum(shares) / len(shares) if shares else draw
    share += character.tempo
    low, high = style.tempo
    why = f"{'words about the tempo' if shares else 'usual'} for {style.name}"
    why += ", moved by the mood" if character.tempo else ""
    return float(round(min(fastest, max(slowest, low + share * (high - low))))), why
