"""A second melody under or over the lead: diatonic to the key, on chord tones where it counts.

For every note of the lead, the harmony takes a note of the key two to five scale steps away. The line of least cost
is found by dynamic programming: thirds are best, then sixths and fourths; long notes and notes on the beat want chord
tones; steps are better than leaps; unisons and seconds are not allowed, and the lead is crossed only where the
range leaves no room on the harmony's own side.

Source: the rules of two-part writing in W. Piston, "Harmony", 1941, as popular music relaxes them (parallel thirds
and sixths are welcome, fifths and octaves in a row are not).
"""

from __future__ import annotations

from collections.abc import Sequence

from songsmith.plan import Chord, chord_at
from songsmith.score import Note
from songsmith.theory import Key, parse_chord

INTERVAL_COST = {3: 0.0, 4: 0.0, 5: 1.2, 7: 2.5, 8: 0.8, 9: 0.8}
"""Semitones from the lead and how unwelcome they are: thirds, fourth, fifth, sixths."""

CHORD_COST = 2.0
OUT_OF_KEY_COST = 4.0
LEAP_COST = 0.25
PARALLEL_COST = 2.0
CROSSING_COST = 3.0
STRONG_BEATS = 1.0


def harmonise_line(
    notes: Sequence[Note], chords: tuple[Chord, ...], key: Key, low: int, high: int, *, below: bool
) -> tuple[int, ...] | None:
    """Return a MIDI pitch for every note of a line, on one side of the lead where the range allows.

    Parameters
    ----------
    notes : the lead's
    chords, key : what they stand on
    low, high : the range of the harmony's voice
    below : whether it runs under the lead

    Returns
    -------
    tuple of int, or None where the range leaves some note without any on either side
    """
    side = -1 if below else 1
    costs: list[dict[int, tuple[float, int | None]]] = []
    for place, note in enumerate(notes):
        chord = chord_at(chords, note.onset)
        tones = parse_chord(chord.symbol) if chord else None
        row: dict[int, tuple[float, int | None]] = {}
        reach = [(note.pitch + side * distance, cost) for distance, cost in INTERVAL_COST.items()]
        reach = [(pitch, cost) for pitch, cost in reach if low <= pitch <= high]
        if not reach:  # the tune leaves no room on this side: the harmony crosses it
            reach = [(note.pitch - side * distance, CROSSING_COST + cost) for distance, cost in INTERVAL_COST.items()]
            reach = [(pitch, cost) for pitch, cost in reach if low <= pitch <= high]
        for pitch, unwelcome in reach:
            own = unwelcome
            if tones is not None and pitch % 12 not in tones.tones:
                weight = min(1.0, note.duration) + (note.onset % STRONG_BEATS == 0.0)
                own += CHORD_COST * weight
                if pitch % 12 not in key.scale:
                    own += OUT_OF_KEY_COST
            row[pitch] = _best(costs[-1], notes[place - 1], note, pitch, own) if costs else (own, None)
        if not row:
            return None
        costs.append(row)
    if not costs:
        return ()
    found = [min(costs[-1], key=lambda end: (costs[-1][end][0], end))]
    for row in reversed(costs[1:]):
        came_from = row[found[-1]][1]
        found.append(found[-1] if came_from is None else came_from)
    return tuple(reversed(found))


def _best(
    before: dict[int, tuple[float, int | None]], last: Note, note: Note, pitch: int, own: float
) -> tuple[float, int | None]:
    """Return the least cost of reaching a pitch, and from which."""

    def cost(previous: int) -> float:
        step = abs(pitch - previous)
        bare = abs(pitch - note.pitch) % 12 in (0, 7) and (previous - last.pitch) == (pitch - note.pitch) and step > 0
        # A harmony moves when the lead moves, and rests where it rests.
        stuck = 0.5 if (pitch == previous) != (note.pitch == last.pitch) else 0.0
        return before[previous][0] + LEAP_COST * max(0, step - 2) + PARALLEL_COST * bare + stuck

    previous = min(before, key=lambda p: (cost(p), p))
    return cost(previous) + own, previous
