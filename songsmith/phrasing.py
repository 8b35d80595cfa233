"""How many bars each line of words gets: shared by the plan, which counts bars, and the composer, which fills them.

The aim is a spoken pace: about a third of a second a syllable, in which words are understood best, with the last
syllable held and time to breathe.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from lyrics.values import Line
from songsmith.errors import InputError
from songsmith.timeline import Meter

SYLLABLE_S = 0.36
"""Preferred time a syllable: an easy spoken pace, at which a recogniser loses fewest sung words."""

SHORTEST_SYLLABLE_S = 0.15
"""No syllable is planned shorter than this: below it a voice cannot pronounce."""

LINE_END_S = 0.8
"""Time that the held end of a line and the breath after it need at least."""

HURRY = 1.5
"""How much worse too little time for a line is than as much too much of it."""

PHRASE_BARS = (1, 2, 4, 8)
"""Usual phrase lengths; a line that fits none gets as many bars as it needs."""


@dataclass(frozen=True, slots=True)
class Slot:
    """The bars of one line: `bar` counted from the start of its section, `bars` long."""

    line: Line
    bar: int
    bars: int


def grid_beats(tempo: float, meter: Meter) -> float:
    """Return the finest step that can be pronounced: sixteenths where slow enough, else eighths or a pulse."""
    beat_s = 60.0 / tempo
    step = 0.25
    while step * beat_s < SHORTEST_SYLLABLE_S * 0.95:
        step *= 2
    return min(step, meter.pulse_beats)


def note_count(line: Line) -> int:
    """Return how many notes a line needs: one for each syllable and each `~`."""
    return sum(1 + extra for word in line.words for extra in word.melismas)


def shortest_bars(syllables: int, tempo: float, meter: Meter) -> int:
    """Return the fewest bars in which so many syllables can be pronounced on the grid."""
    beats = syllables * grid_beats(tempo, meter) + LINE_END_S * tempo / 60.0
    return max(1, math.ceil(beats / meter.beats_per_bar))


def natural_bars(syllables: float, tempo: float, meter: Meter) -> int:
    """Return the phrase length in bars that comes nearest to an easy pace."""
    beat_s = 60.0 / tempo
    wanted_beats = syllables * SYLLABLE_S / beat_s + max(1.5, LINE_END_S / beat_s)

    def strain(bars: int) -> float:
        room = math.log(bars * meter.beats_per_bar / wanted_beats)
        return room if room > 0 else -HURRY * room

    return min(PHRASE_BARS, key=strain)


def lay_lines(lines: Sequence[Line], bars: int | None, tempo: float, meter: Meter) -> tuple[Slot, ...]:
    """Give each line with words its bars.

    Parameters
    ----------
    lines : the lines of one section
    bars : bars in which the voice is, or None for as many as the words need; the result is the same for as many
    tempo : quarter notes a minute

    Raises
    ------
    InputError : where the words do not fit into the bars asked for
    """
    sung = [line for line in lines if line.words]
    if not sung:
        return ()
    counts = [note_count(line) for line in sung]
    shortest = [shortest_bars(count, tempo, meter) for count in counts]
    natural = natural_bars(median(counts), tempo, meter)
    lengths = [_roomy(natural, least) for least in shortest]
    if bars is not None and bars != sum(lengths):
        lengths = _share(bars, counts, shortest)
    slots, bar = [], 0
    for line, length in zip(sung, lengths, strict=True):
        slots.append(Slot(line, bar, length))
        bar += length
    return tuple(slots)


def _roomy(natural: int, least: int) -> int:
    """Return the natural length, doubled until it is long enough, or just enough where doubling wastes half."""
    length = natural
    while length < least:
        length *= 2
    return length if length <= 2 * least else least


def _share(bars: int, counts: Sequence[int], shortest: Sequence[int]) -> list[int]:
    """Share the bars of a section among its lines: equally where that fits, else by syllables."""
    if sum(shortest) > bars:
        raise InputError(
            f"{sum(counts)} syllables in {len(counts)} lines do not fit into {bars} bars: "
            f"give the section {sum(shortest)} bars or more, or a slower tempo"
        )
    even = bars // len(counts)
    if all(least <= even for least in shortest):
        return [even] * len(counts)
    lengths = list(shortest)
    for _ in range(bars - sum(lengths)):
        tightest = max(range(len(counts)), key=lambda i: (counts[i] / lengths[i], -i))
        lengths[tightest] += 1
    return lengths
