"""Whether every syllable is sung once, in order, and begins on its note: read from score and performance."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np

from songsmith.song import Song


def placement(song: Song) -> dict[str, int]:
    """Count syllables, and those that are not sung exactly once and in order.

    `unplaced` have no note, `repeated` begin more than once, `unspoken` have no phoneme; `out_of_order` counts
    notes and phonemes that go back to an earlier syllable.
    """
    numbers = range(len(song.lyrics.syllables))
    begun = Counter(note.syllable for note in song.notes if not note.slur)
    spoken = [span.syllable for span in song.performance.phonemes if span.syllable is not None]
    said = set(spoken)
    order = [note.syllable for note in song.notes]
    return {
        "syllables": len(numbers),
        "unplaced": sum(number not in begun for number in numbers),
        "repeated": sum(count > 1 for count in begun.values()),
        "unspoken": sum(number not in said for number in numbers),
        "out_of_order": sum(b < a for a, b in pairwise(order)) + sum(b < a for a, b in pairwise(spoken)),
    }


def timing(song: Song) -> dict[str, float]:
    """Count gaps and overlaps between phonemes (over 1 ms), and measure vowels against their notes.

    `vowel_onset_p95_ms` is how far, for 95 % of the syllables, the vowel at most begins from its note.
    """
    spans = song.performance.phonemes
    vowels: dict[int, float] = {}
    for span in spans:
        if span.syllable is not None and span.is_vowel:
            vowels.setdefault(span.syllable, span.start)
    starts: dict[int, float] = {}
    for note in song.notes:
        starts.setdefault(note.syllable, song.timeline.seconds(note.onset))
    off_ms = [1000.0 * abs(vowels[number] - start) for number, start in starts.items() if number in vowels]
    return {
        "gaps": sum(abs(b.start - a.end) > 1e-3 for a, b in pairwise(spans)),
        "vowel_onset_p95_ms": round(float(np.percentile(off_ms, 95)), 1) if off_ms else 0.0,
    }
