"""Which instrument plays which part: the style's own, changed by what the brief asks for."""

from __future__ import annotations

import numpy as np

from songsmith.accompaniment.instruments import GENERAL, PART_NAMES, Instrument, covers, instrument
from songsmith.styles import Style

_SELF_SUFFICIENT = ("piano", "organ", "guitar")  # families whose player covers the bass as well


def choose_instruments(
    style: Style, palette: tuple[str, ...], rng: np.random.Generator
) -> tuple[dict[str, Instrument], frozenset[str]]:
    """Return the instrument of each part that plays, and the parts that the palette asks for.

    Parameters
    ----------
    palette : instrument names; `no drums` takes away, `only piano` takes away all that is not named
    rng : takes one of the style's alternatives for each part that is left open
    """
    denied = [name.removeprefix("no ") for name in palette if name.startswith("no ")]
    wanted = [name.removeprefix("only ") for name in palette if not name.startswith("no ")]
    chosen: dict[str, Instrument] = {}
    for part in PART_NAMES:
        options = style.part(part).instruments
        pick = int(rng.integers(len(options)))  # drawn whatever the palette, so that it shifts nothing else
        allowed = [option for option in options if not any(covers(name, option, part) for name in denied)]
        if allowed:
            chosen[part] = options[pick] if options[pick] in allowed else allowed[0]
    asked = _assign(style, wanted, chosen)
    if any(name.startswith("only ") for name in palette):
        alone = {part: player for part, player in chosen.items() if part in asked}
        players = [player for player in alone.values() if not player.is_drum]
        if len(players) == 1 and players[0].family in _SELF_SUFFICIENT:
            alone |= {"harmony": players[0], "bass": players[0]}
        chosen = alone
    return {part: chosen[part] for part in PART_NAMES if part in chosen}, frozenset(asked)


def _assign(style: Style, wanted: list[str], chosen: dict[str, Instrument]) -> set[str]:
    """Give each wanted instrument a part: one that has it, its usual one, or the next that is free."""
    asked: set[str] = set()
    for name in wanted:
        player = instrument(name)
        parts = ("drums",) if player.is_drum else ("bass",) if player.part == "bass" else ("harmony", "figure", "pad")
        usual = sorted(parts, key=lambda part: (part != player.part, parts.index(part)))
        is_open = name in GENERAL
        if any(part in asked and covers(name, chosen[part], part) for part in usual if part in chosen and is_open):
            continue
        for part in usual:
            options = [o for o in style.part(part).instruments if (covers(name, o, part) if is_open else o == player)]
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
