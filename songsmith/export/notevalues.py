"""Where the notes of a lead sheet stand on paper: note values, rests, ties and tuplets for a line of notes.

A copyist writes what a reader can count: swung eighths stand as even eighths, a breath shorter than a sixteenth is
not a rest, and a value never hides the middle of the bar. So every moment of the song has two places in beats: `q`
on paper and `x` as it is played. Where the song is straight and on the grid the two are the same.

Source: the practice described in E. Gould, "Behind Bars" (2011), chapter "Rhythm", for values and rests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from songsmith.errors import InputError
from songsmith.timeline import Meter

NEAR = 2e-6
"""Beats within which two places are one: scores are rounded to six digits."""

EXACT_UNITS = tuple(Fraction(1, n) for n in (1, 2, 4, 3, 6, 8, 5, 7))
LOOSE_UNITS = tuple(Fraction(1, n) for n in (4, 8, 16, 32))
"""Grids, in beats, for the onsets of a beat: those that are tried for an exact fit, then those for the nearest."""

SIXTEENTH = Fraction(1, 4)
SMALLEST_SWING, LARGEST_SWING = 0.02, 1.5

_TYPES = {
    Fraction(4): "whole",
    Fraction(2): "half",
    Fraction(1): "quarter",
    Fraction(1, 2): "eighth",
    Fraction(1, 4): "16th",
    Fraction(1, 8): "32nd",
    Fraction(1, 16): "64th",
    Fraction(1, 32): "128th",
}


@dataclass(frozen=True, slots=True)
class Tuplet:
    """`actual` notes of a type in the time of `normal`."""

    actual: int
    normal: int
    unit_type: str


@dataclass(frozen=True, slots=True)
class Value:
    """One symbol: a note, a part of a tied one, or a rest.

    Parameters
    ----------
    start, end : beats on paper
    note : index of the note, None for a rest
    type : `quarter`; empty for the rest of a whole bar
    dots : 0 or 1
    tuplet : None outside tuplets
    """

    start: Fraction
    end: Fraction
    note: int | None
    type: str
    dots: int = 0
    tuplet: Tuplet | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """Where notes stand.

    Parameters
    ----------
    swing, unit : as in `songsmith.accompaniment.grids.swung`; what paper and playing differ by
    onsets, ends : beats on paper of every note
    units : for each cell that is not binary, the unit of its grid, by the start of the cell
    cell : length in beats of what the eye groups: a beat, or a dotted quarter in 6/8
    """

    swing: float
    unit: float
    onsets: tuple[Fraction, ...]
    ends: tuple[Fraction, ...]
    units: dict[Fraction, Fraction]
    cell: Fraction


def lay_out(onsets: Sequence[float], ends: Sequence[float], meter: Meter) -> Paper:
    """Return where a line of notes, in rising order and without overlap, stands on paper.

    Onsets keep their bar and their order; an exact fit to a grid of sixteenths, triplets, thirty-seconds,
    quintuplets or septuplets is kept exact. Ends that are on such a grid are kept, others go to the nearest eighth.
    """
    swing, unit = find_swing(onsets, ends)
    cell = Fraction(meter.pulse_beats)
    straight = [straightened(onset, swing, unit) for onset in onsets]
    by_cell: dict[Fraction, list[float]] = {}
    for place, onset in zip(straight, onsets, strict=True):
        # The cell is that of the sounding note, so that nothing moves over a bar line.
        by_cell.setdefault(cell * int((onset + NEAR) // float(cell)), []).append(place)
    placed: list[Fraction] = []
    units: dict[Fraction, Fraction] = {}
    for start, places in by_cell.items():
        grid, at = _fit_cell(places, start, cell, start % meter.beats_per_bar == 0)
        placed += at
        if grid.denominator & (grid.denominator - 1):
            units[start] = grid
    return Paper(
        swing, unit, tuple(placed), tuple(_ends(onsets, ends, placed, swing, unit, units, cell)), units, cell
    )


def find_swing(onsets: Sequence[float], ends: Sequence[float] = ()) -> tuple[float, float]:
    """Return the swing and its unit that bring the most onsets onto the even grid, then the most ends; else 0."""
    off = [onset for onset in onsets if not _on_grid(onset)]
    candidates: Counter[tuple[float, float]] = Counter()
    for onset in off:
        for unit in (0.5, 0.25):
            inside = onset % (2 * unit)
            # The note may be the second of its pair, or stand halfway to it, or halfway from it to the next pair.
            for middle in (inside, 2 * inside, 2 * (inside - unit)):
                swing = 3.0 * (middle / unit - 1.0)
                if SMALLEST_SWING < swing < LARGEST_SWING:
                    candidates[round(swing, 3), unit] += 1
    best, most = (0.0, 0.5), (len(onsets) - len(off) / 2, 0)
    for (swing, unit), _ in sorted(candidates.items(), key=lambda item: (-item[1], item[0]))[:8]:
        onsets_on, ends_on = (
            sum(_on_grid(straightened(place, swing, unit)) for place in places) for places in (onsets, ends)
        )
        if (onsets_on, ends_on) > most:
            best, most = (swing, unit), (onsets_on, ends_on)
    return best


def straightened(beat: float, swing: float, unit: float) -> float:
    """Return the even place of a swung one: the inverse of `swung`."""
    pair = 2 * unit
    whole, inside = divmod(beat + NEAR / 2, pair)
    inside = max(0.0, inside - NEAR / 2)
    middle = unit * (1 + swing / 3)
    back = inside / middle * unit if inside <= middle else unit + (inside - middle) / (pair - middle) * unit
    return whole * pair + back


def _on_grid(beat: float) -> bool:
    return any(abs(beat * n - round(beat * n)) < n * 20 * NEAR for n in (4, 6))


def _fit_cell(
    places: list[float], start: Fraction, cell: Fraction, opens_bar: bool
) -> tuple[Fraction, list[Fraction]]:
    """Return the unit of the grid of a cell and the places on it, all different and inside the cell.

    A bar line stands still, so what comes a little after it gets the first place after it.
    """
    inside = [max(0.0, place - float(start)) for place in places]
    for unit, exact in (*((unit, True) for unit in EXACT_UNITS), *((unit, False) for unit in LOOSE_UNITS)):
        count = cell / unit
        if count.denominator != 1:
            continue
        steps = [min(round(place / unit), int(count) - 1) for place in inside]
        fits = all(abs(place - float(step * unit)) < 20 * NEAR for place, step in zip(inside, steps, strict=True))
        if not exact and opens_bar:
            steps = [max(step, int(place > 20 * NEAR)) for place, step in zip(inside, steps, strict=True)]
        if (fits or not exact) and len(set(steps)) == len(steps):
            return unit, [start + step * unit for step in steps]
    raise InputError(f"{len(places)} notes in the beat at {float(start):g} are too many to be written down")


def _ends(
    onsets: Sequence[float],
    ends: Sequence[float],
    placed: Sequence[Fraction],
    swing: float,
    unit: float,
    units: dict[Fraction, Fraction],
    cell: Fraction,
) -> Iterator[Fraction]:
    """Yield the ends on paper."""
    for i, (end, start) in enumerate(zip(ends, placed, strict=True)):
        following = placed[i + 1] if i + 1 < len(placed) else None
        if following is not None and end >= onsets[i + 1] - 10 * NEAR:
            yield following
            continue
        place = straightened(end, swing, unit)
        grids = [SIXTEENTH, units.get(cell * int(place // float(cell)), SIXTEENTH)]
        exact = [g for g in grids if abs(place / g - round(place / g)) * float(g) < 20 * NEAR]
        wanted = round(place / exact[0]) * exact[0] if exact else Fraction(round(2 * place), 2)
        if wanted <= start:
            wanted = min((start // SIXTEENTH + 1) * SIXTEENTH, following or start + 1)
        wanted = _on_units(wanted, start, units, cell)
        if following is not None and (wanted >= following or (not exact and following - wanted < SIXTEENTH)):
            wanted = following
        yield wanted


def _on_units(end: Fraction, start: Fraction, units: dict[Fraction, Fraction], cell: Fraction) -> Fraction:
    """Return the place on the grid of its cell that is nearest to an end, and after the start."""
    begin = end // cell * cell
    unit = units.get(begin)
    if unit is None or (end - begin) % unit == 0:
        return end
    first = begin if start < begin else begin + ((start - begin) // unit + 1) * unit
    return max(first, begin + round((end - begin) / unit) * unit)


def values(paper: Paper, meter: Meter, bars: int) -> list[Value]:
    """Return the symbols of all bars, rests included, in order."""
    found: list[Value] = []
    now = Fraction(0)
    for index, (start, end) in enumerate(zip(paper.onsets, paper.ends, strict=True)):
        found += _rests(now, start, paper, meter)
        found += _notes(start, end, index, paper, meter)
        now = end
    found += _rests(now, Fraction(bars * meter.beats_per_bar), paper, meter)
    return found


def _cut(start: Fraction, end: Fraction, paper: Paper, meter: Meter) -> Iterator[tuple[Fraction, Fraction]]:
    """Yield a span cut at bar lines, and at the edges of tuplets that it begins or ends in."""
    cuts = {start, end}
    bar = start // meter.beats_per_bar + 1
    while bar * meter.beats_per_bar < end:
        cuts.add(Fraction(bar * meter.beats_per_bar))
        bar += 1
    for place, edge in ((start, 1), (end, 0)):
        cell = place // paper.cell * paper.cell
        if cell in paper.units and place != cell:
            cuts.add(min(end, max(start, cell + edge * paper.cell)))
    yield from pairwise(sorted(cuts))


def _notes(start: Fraction, end: Fraction, note: int, paper: Paper, meter: Meter) -> Iterator[Value]:
    for a, b in _cut(start, end, paper, meter):
        tuplet = _tuplet_of(a, b, paper)
        if tuplet is None:
            bar = Fraction(a // meter.beats_per_bar * meter.beats_per_bar)
            yield from _counted(a, b, bar, Fraction(meter.beats_per_bar), note, meter)
        else:
            yield from _in_tuplet(a, b, note, *tuplet)


def _rests(start: Fraction, end: Fraction, paper: Paper, meter: Meter) -> Iterator[Value]:
    for a, b in _cut(start, end, paper, meter):
        tuplet = _tuplet_of(a, b, paper)
        if tuplet is not None:
            yield from _in_tuplet(a, b, None, *tuplet)
        elif b - a == meter.beats_per_bar:
            yield Value(a, b, None, "")
        else:
            yield from _aligned_rests(a, b, meter)


def _aligned_rests(start: Fraction, end: Fraction, meter: Meter) -> Iterator[Value]:
    """Yield rests that each stand where a bar has a place for one of that length."""
    lengths = [Fraction(2)] if str(meter) == "4/4" else [Fraction(3, 2)] if meter.pulse_beats == 1.5 else []
    lengths += [Fraction(1)] if meter.pulse_beats == 1 else []
    lengths += [Fraction(1, 2**k) for k in range(1, 6)]
    while start < end:
        inside = start % meter.beats_per_bar
        fitting = (size for size in lengths if inside % size == 0 and start + size <= end)
        length = next(fitting, end - start)
        kind, dots = symbol(length) or ("128th", 0)
        yield Value(start, start + length, None, kind, dots)
        start += length


def symbol(length: Fraction) -> tuple[str, int] | None:
    """Return the type and dots of a length in beats, None where one symbol does not say it."""
    if length in _TYPES:
        return _TYPES[length], 0
    if length * 2 / 3 in _TYPES:
        return _TYPES[length * 2 / 3], 1
    return None


def _counted(
    start: Fraction, end: Fraction, node: Fraction, size: Fraction, note: int, meter: Meter
) -> Iterator[Value]:
    """Yield a span inside a node of the metre (bar, half bar, beat, ...), tied over the boundaries it would hide."""
    if start >= end:
        return
    single = symbol(end - start)
    step = size / _division(size, meter)
    edges = [node + k * step for k in range(_division(size, meter))]
    crossed = [edge for edge in edges if start < edge < end]
    whole = (start, end) == (node, node + size)
    if single is not None and (whole or (crossed and _readable(start, end, node, size, step, meter))):
        yield Value(start, end, note, *single)
    elif crossed:
        cut = crossed[-1] if start in edges else crossed[0]
        yield from _counted(start, cut, node, size, note, meter)
        yield from _counted(cut, end, node, size, note, meter)
    else:
        edge = max(edge for edge in edges if edge <= start)
        yield from _counted(start, end, edge, step, note, meter)


def _division(size: Fraction, meter: Meter) -> int:
    """Return into how many parts a node of the metre falls."""
    return 3 if size == Fraction(3, 2) or (size == 3 and meter.pulse_beats == 1) else 2


def _readable(start: Fraction, end: Fraction, node: Fraction, size: Fraction, step: Fraction, meter: Meter) -> bool:
    """Tell whether a symbol shorter than its node may stand across the boundaries inside it."""
    if size == 3 and meter.pulse_beats == 1.5:
        return False
    if (start - node) % step == 0 or end == node + size:
        return True
    half = step / 2
    return (start - node) % half == 0 and (end - node) % half == 0 and end - start == step


def _tuplet_of(start: Fraction, end: Fraction, paper: Paper) -> tuple[Fraction, Fraction, Fraction] | None:
    """Return the start, the length and the unit of the tuplet that a span is a part of."""
    cell = start // paper.cell * paper.cell
    if cell not in paper.units or end > cell + paper.cell or end - start == paper.cell:
        return None
    return cell, paper.cell, paper.units[cell]


def _in_tuplet(
    start: Fraction, end: Fraction, note: int | None, cell: Fraction, size: Fraction, unit: Fraction
) -> Iterator[Value]:
    plain = min(length for length in _TYPES if length > unit)
    tuplet = Tuplet(int(size / unit), int(size / plain), _TYPES[plain])
    while start < end:
        count = int((end - start) / unit)
        while symbol(count * plain) is None:
            count -= 1
        kind, dots = symbol(count * plain) or ("", 0)
        yield Value(start, start + count * unit, note, kind, dots, tuplet)
        start += count * unit
