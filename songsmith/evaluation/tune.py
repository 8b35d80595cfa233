"""What the melody is like on paper: conflicts with the chords, uneven repeats, likeness of sections, statistics."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from songsmith.melodics import (
    harmonic_conflicts,
    melody_statistics,
    rhythmic_inconsistencies,
    section_heights,
    structural_integrity,
)
from songsmith.score import Score
from songsmith.song import Song
from songsmith.timeline import Meter


def tune(song: Song) -> dict[str, Any]:
    """Return the figures of `songsmith.melodics` for a song's lead.

    `conflicts` counts notes on strong beats outside their chord that do not resolve, `uneven_lines` names lines
    that come back in another rhythm, `repeats_alike` and `sections_differ` compare the tunes of sections, `heights`
    are the mean pitches of the kinds of sections; the rest is `MelodyStatistics`.
    """
    score = Score(song.notes, song.chords, song.lyrics, song.plan)
    alike, differ = structural_integrity(score)
    numbers = asdict(melody_statistics(score))
    return {
        "conflicts": len(harmonic_conflicts(song.notes, song.chords, Meter.parse(song.plan.meter))),
        "uneven_lines": list(rhythmic_inconsistencies(score)),
        "repeats_alike": round(alike, 3),
        "sections_differ": round(differ, 3),
        "heights": {kind: round(pitch, 1) for kind, pitch in section_heights(score).items()},
        **{name: round(value, 3) if isinstance(value, float) else value for name, value in numbers.items()},
    }
