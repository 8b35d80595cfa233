"""Which instrument plays which part: the style's own, changed by what the brief asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from songsmith.accompaniment.instruments import GENERAL, PART_NAMES, Instrument, covers, instrument
from songsmith.accompaniment.parts import Part
from songsmith.styles import PartStyle, Style, load_style

LEAD = "lead"
"""Name of the part that plays the tune of a song that nobody sings."""

LEAD_GAIN_DB = 3.0
"""How much louder the tune is than the figure of its style."""

_SELF_SUFFICIENT = ("piano", "organ", "guitar")  # families whose player covers the bass as well
_CHORDAL: tuple[str, ...] = ("harmony", "figure", "pad")
_LEADING = ("figure", "harmony", "pad")


def choose_instruments(
    style: Style, palette: tuple[str, ...], rng: np.random.Generator, without: tuple[str, ...] = ()
) -> tuple[dict[str, Instrument], frozenset[str]]:
    """Return the instrument of each part that plays, and the parts that the palette asks for.

    Parameters
    ----------
    palette : instrument names; `no drums` takes away, `only piano` takes away all that is not named
    rng : takes one of the style's alternatives for each part that is left open
    without : parts and instruments that do not play
    """
    denied = denied_names(palette, without)
    wanted = [name.removeprefix("only ") for name in palette if not name.startswith("no ")]
    chosen: dict[str, Instrument] = {}
    for part in PART_NAMES:
        options = style.part(part).instruments
        pick = int(rng.integers(len(options)))  # drawn whatever the palette, so that it shifts nothing else
        allowed = [option for option in options if not is_denied(option, part, denied)]
        if allowed:
            chosen[part] = options[pick] if options[pick] in allowed else allowed[0]
    asked = _assign(style, wanted, chosen, denied)
    if any(name.startswith("only ") for name in palette):
        chosen = {part: player for part, player in chosen.items() if part in asked}
    return {part: chosen[part] for part in PART_NAMES if part in chosen}, frozenset(asked)


def elsewhere(palette: tuple[str, ...]) -> tuple[str, ...]:
    """Return what of a song's palette holds in sections of another style, too: what plays alone."""
    return palette if any(name.startswith("only ") for name in palette) else ()


def denied_names(palette: Iterable[str], without: Iterable[str]) -> tuple[str, ...]:
    """Return the parts and instruments that a brief does not want."""
    return (*(name.removeprefix("no ") for name in palette if name.startswith("no ")), *without)


def is_denied(player: Instrument, part: str, denied: Iterable[str]) -> bool:
    """Tell whether an instrument is not to play a part."""
    return any(covers(name, player, part) for name in denied)


def plays_alone(chosen: Mapping[str, Instrument]) -> bool:
    """Tell whether a player of chords has neither bass nor drums nor pad, and so plays the bass as well."""
    return set(chosen) - {"figure"} == {"harmony"} and chosen["harmony"].family in _SELF_SUFFICIENT


def choose_lead(
    style: Style, chosen: Mapping[str, Instrument], asked: frozenset[str], denied: tuple[str, ...]
) -> Instrument | None:
    """Return who plays the tune of a song that nobody sings, None where nobody can.

    The figure's player where the brief asks for it, else another that the style has for its figure, else whoever
    plays the figure, the chords or the pad.
    """
    if "figure" in asked:
        return chosen["figure"]
    if "figure" in chosen:
        taken = [player for part, player in chosen.items() if part != "figure"]
        others = [
            player for player in style.part("figure").instruments
            if player not in taken and player != chosen["figure"] and not is_denied(player, "figure", denied)
        ]  # fmt: skip
        return others[0] if others else chosen["figure"]
    return next((chosen[part] for part in _LEADING if part in chosen), None)


def part_styles(parts: Sequence[Part], style: Style) -> dict[str, PartStyle]:
    """Return how each part of a song stands in the mix, by its name.

    `harmony` is that of the song's style, `harmony-rock` that of another style that some sections are in, `lead`
    the style's figure, in the middle and louder.
    """
    found = {}
    for part in parts:
        name, _, other = part.name.partition("-")
        if name == LEAD:
            figure = style.part("figure")
            found[part.name] = replace(figure, name=LEAD, gain_db=figure.gain_db + LEAD_GAIN_DB, pan=0.0)
        elif name in PART_NAMES:
            found[part.name] = (load_style(other) if other else style).part(name)
    return found


def _assign(style: Style, wanted: list[str], chosen: dict[str, Instrument], denied: tuple[str, ...]) -> set[str]:
    """Give each wanted instrument a part: one that has it, its usual one, or the next that is free."""
    asked: set[str] = set()
    for name in wanted:
        player = instrument(name)
        able = ("drums",) if player.is_drum else ("bass",) if player.part == "bass" else _CHORDAL
        parts = [part for part in able if not is_denied(player, part, denied)]
        usual = sorted(parts, key=lambda part: (part != player.part, parts.index(part)))
        is_open = name in GENERAL
        if any(part in asked and covers(name, chosen[part], part) for part in usual if part in chosen and is_open):
            continue
        for part in usual:
            options = [o for o in style.part(part).instruments if (covers(name, o, part) if is_open else o == player)]
            options = [option for option in options if not is_denied(option, part, denied)]
            if options and part not in asked:
                if not (part in chosen and chosen[part] in options):
                    chosen[part] = options[0]
                asked.add(part)
                break
        else:
            free = [part for part in usual if part not in asked]
            if free:
                chosen[free[0]] = player
                asked.add(free[0])
    return asked
