"""Every place on paper as a moment of playing, in whole divisions of a beat."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

from songsmith.accompaniment.grids import swung
from songsmith.export.notevalues import NEAR, Paper

LARGEST_DIVISIONS = 16383
"""Divisions of a beat that MIDI 1.0 can say, which MusicXML asks to be kept to."""

USUAL_DIVISIONS = 10080
"""What moments are rounded to where no smaller number of divisions fits all: 2**5 * 3**2 * 5 * 7."""

_FINEST = 480


def played_places(
    paper: Paper, onsets: Sequence[float], places: Iterable[Fraction], bar_lines: Iterable[Fraction]
) -> tuple[int, dict[Fraction, int]]:
    """Return the divisions of a beat, and the moment of every place on paper in divisions, rising strictly.

    A note begins when it is played, a bar line stands still, and what is between goes along with the swing.
    """
    anchors = {line: Fraction(line) for line in bar_lines}
    anchors |= {place: _fraction(onset) for place, onset in zip(paper.onsets, onsets, strict=True)}
    wanted = {place: _fraction(swung(float(place), paper.swing, paper.unit)) for place in places}
    wanted |= anchors
    divisions = math.lcm(*(moment.denominator for moment in wanted.values())) if wanted else 1
    at = _spread(wanted, anchors, divisions) if divisions <= LARGEST_DIVISIONS else None
    if at is None:
        divisions = USUAL_DIVISIONS
        at = _spread(wanted, anchors, divisions)
    if at is None:
        raise AssertionError("notes are further apart than this")
    return divisions, at


def _fraction(beat: float) -> Fraction:
    """Return the simple fraction that a beat rounded to six digits stands for, else the beat itself."""
    simple = Fraction(beat).limit_denominator(_FINEST)
    return simple if abs(float(simple) - beat) < NEAR else Fraction(round(beat * USUAL_DIVISIONS), USUAL_DIVISIONS)


def _spread(
    wanted: dict[Fraction, Fraction], anchors: dict[Fraction, Fraction], divisions: int
) -> dict[Fraction, int] | None:
    """Return the moment of each place in whole divisions, None where they are too coarse to tell places apart."""
    order = sorted(wanted)
    latest: dict[Fraction, float] = {}
    limit = math.inf
    for place in reversed(order):
        limit = round(anchors[place] * divisions) if place in anchors else limit - 1
        latest[place] = limit
    at: dict[Fraction, int] = {}
    before = -1
    for place in order:
        moment = round(wanted[place] * divisions)
        if place not in anchors:
            moment = int(max(before + 1, min(moment, latest[place])))
        if not before < moment <= latest[place]:
            return None
        at[place] = before = moment
    return at
