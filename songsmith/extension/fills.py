"""Drums of new bars: those of the bars that are played, but for fills where a part ends.

A bar that leads into another section of the recording often has a fill. The drums of the clearest one are put into
the last bar of every eight new ones; the last new bar has the drums that lead into what follows it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from songsmith.audio import Audio
from songsmith.extension.bars import Bars, bar_sounds

DRUMS = "drums"
EVERY = 8
UNLIKE = 0.35
"""A bar whose drums differ from those of the bar before by less than this has no fill."""


def drums_of(drums: Audio, bars: Bars, way: Sequence[int], into: int | None) -> tuple[int, ...]:
    """Return for each new bar the bar whose drums are played in it.

    Parameters
    ----------
    drums : the stem
    way : the bars that are played
    into : the bar that follows them, None for the end
    """
    chosen = list(way)
    ends = {section.bar - 1 for section in bars.sections if section.bar > 0}
    sound, _ = bar_sounds(drums, bars.edges)
    unlike = 1.0 - np.einsum("ij,ij->i", sound[1:], sound[:-1])
    fills = [
        (float(unlike[bar - 1]), bar)
        for bar in sorted(ends)
        if 1 <= bar < bars.count and bars.usable[bar] and unlike[bar - 1] >= UNLIKE
    ]
    if fills:
        fill = max(fills)[1]
        for k in range(EVERY - 1, len(way), EVERY):
            if way[k] not in ends:
                chosen[k] = fill
    if into is not None and into > 0 and bars.usable[into - 1]:
        chosen[-1] = into - 1
    return tuple(chosen)
