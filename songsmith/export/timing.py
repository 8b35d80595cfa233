"""When each syllable is sung, in seconds."""

from __future__ import annotations

from songsmith.song import Song


def syllable_starts(song: Song) -> dict[int, float]:
    """Return the start of each placed syllable: of its first phoneme, or of its first note where it has none."""
    starts: dict[int, float] = {}
    for note in song.notes:
        starts.setdefault(note.syllable, song.timeline.seconds(note.onset))
    heard: dict[int, float] = {}
    for span in song.performance.phonemes:
        if span.syllable is not None:
            heard.setdefault(span.syllable, span.start)
    return {**starts, **heard}


def syllable_ends(song: Song) -> dict[int, float]:
    """Return the end of each placed syllable: of its last phoneme, or of its last note where it has none."""
    ends = {note.syllable: song.timeline.seconds(note.end) for note in song.notes}
    heard = {span.syllable: span.end for span in song.performance.phonemes if span.syllable is not None}
    return {**ends, **heard}
