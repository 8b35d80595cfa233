"""Which notes of a chord to play: near the chord before, in range, evenly spaced.

Source: E. Aldwell and C. Schachter, "Harmony and Voice Leading", on keeping common tones and moving the
other voices by the smallest steps.
"""

from __future__ import annotations

from itertools import pairwise

from songsmith.theory import ChordTones

Voicing = tuple[int, ...]


def voice_chord(chord: ChordTones, voices: int, low: int, high: int, previous: Voicing | None = None) -> Voicing:
    """Return `voices` rising MIDI notes of a chord within `low` and `high` (both inclusive).

    Nearest to `previous`, or to the middle of the range where there is none. Chords of more tones than voices
    leave out the fifth first, then the root (the bass has it); chords of fewer double from the root up.
    """
    tones = _chosen(chord.tones, voices)
    centre = (low + high) / 2 - 1
    best: tuple[float, Voicing] | None = None
    for candidate in _candidates(tones, voices, low, high):
        cost = abs(sum(candidate) / len(candidate) - centre) * 0.5
        if previous is not None:
            cost += sum(abs(a - b) for a, b in zip(candidate, previous, strict=False))
        cost += 4.0 * sum(b - a == 1 for a, b in pairwise(candidate))
        cost += 2.0 * sum(b - a < 3 for a, b in pairwise(candidate) if a < 52)
        cost += 0.3 * sum(max(0, b - a - 7) for a, b in pairwise(candidate))
        if best is None or (cost, candidate) < best:
            best = (cost, candidate)
    if best is None:
        return tuple(sorted(_nearest(tone, low) for tone in tones))[:voices]
    return best[1]


def _chosen(tones: tuple[int, ...], voices: int) -> tuple[int, ...]:
    """Return at most `voices` tones: without the fifth, then without the root, where there are too many."""
    kept = list(tones)
    for dispensable in (tones[2:3], tones[:1]):
        if len(kept) > voices and dispensable:
            kept.remove(dispensable[0])
    return tuple(kept[:voices])


def _candidates(tones: tuple[int, ...], voices: int, low: int, high: int) -> list[Voicing]:
    """Return close and drop-2 positions of every inversion at every height that fits."""
    ladder = [pitch for pitch in range(low, high + 1) if pitch % 12 in tones]
    close = [tuple(ladder[i : i + voices]) for i in range(len(ladder) - voices + 1)]
    found = [candidate for candidate in close if {pitch % 12 for pitch in candidate} >= set(tones)]
    dropped = [tuple(sorted((*c[:-2], c[-2] - 12, c[-1]))) for c in found if voices > 2 and c[-2] - 12 >= low]
    return [candidate for candidate in (*found, *dropped) if len(set(candidate)) == voices] or close


def _nearest(tone: int, low: int) -> int:
    return low + (tone - low) % 12
