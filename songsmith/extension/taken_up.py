"""The melody of a recording's own voice taken up: what was sung over the bars that are played again.

Every new bar is a bar of the recording, whose chords its voice fitted; so its notes fit the new bar, too.
"""

from __future__ import annotations

from collections.abc import Sequence

from lyrics.values import Lyrics
from songsmith.errors import InputError
from songsmith.extension.recording import Extended
from songsmith.score import Note, Score
from songsmith.timeline import Meter
from songsmith.tunes.hum import HeardNote
from songsmith.tunes.tune import TuneNote
from songsmith.underlay import underlay

GRID = 4
"""Notes begin and end at so many places of a beat."""

REST_BEATS = 0.75
"""A gap of this many beats ends a phrase."""

FEWEST_NOTES = 4
LEAST_SHARE = 0.6
"""A tune has at least this share of the notes that the words have syllables."""


def tune_over(extended: Extended, melody: Sequence[HeardNote]) -> tuple[TuneNote, ...]:
    """Return what the voice of a recording sang over the bars that are played again, in beats of the new bars.

    Raises InputError where it sang next to nothing there.
    """
    per_bar = Meter.parse(extended.meter).beats_per_bar
    notes: list[TuneNote] = []
    for bar, (start, end) in enumerate(extended.from_s):
        for note in melody:
            if not start <= note.start_s < end:
                continue
            onset, past = (
                round(GRID * per_bar * (t - start) / (end - start)) / GRID for t in (note.start_s, note.end_s)
            )
            place = bar * per_bar + onset
            if notes and place - notes[-1].onset < 1.0 / GRID - 1e-9:
                continue  # two notes of one place: the earlier one stays
            if notes and notes[-1].end > place:
                notes[-1] = TuneNote(notes[-1].onset, place - notes[-1].onset, notes[-1].pitch)
            notes.append(TuneNote(place, max(1.0 / GRID, past - onset), note.pitch))
    last = float(per_bar * len(extended.from_s))
    notes = [TuneNote(n.onset, min(n.duration, last - n.onset), n.pitch) for n in notes if n.onset < last - 1e-6]
    if len(notes) < FEWEST_NOTES:
        raise InputError(
            f"the voice of the recording sings {len(notes)} notes over the bars that are played again, too few to "
            "take up: leave out --take-up, or use a longer --by"
        )
    return tuple(notes)


def words_on(tune: Sequence[TuneNote], score: Score) -> Score:
    """Return a score whose words are sung on a tune instead: on as many of its phrases as they need.

    Raises InputError where the tune has too few notes for the words.
    """
    words: Lyrics = score.lyrics
    count = len(words.syllables)
    taken = first_phrases(tune, count)
    if len(taken) < LEAST_SHARE * count:
        raise InputError(
            f"the voice of the recording sings {len(taken)} notes over the new bars, the lyrics have {count} "
            "syllables: use fewer lines, a longer --by, or leave out --take-up"
        )
    lines = [line for line in words.lines if line.words]
    notes: tuple[Note, ...] = underlay(taken, lines, score.plan.tempo, Meter.parse(score.plan.meter)).notes
    return Score(notes, score.chords, words, score.plan)


def first_phrases(tune: Sequence[TuneNote], count: int) -> tuple[TuneNote, ...]:
    """Return the first phrases of a tune that have so many notes, the last of them whole."""
    taken: list[TuneNote] = []
    for note in tune:
        if len(taken) >= count and note.onset - taken[-1].end >= REST_BEATS:
            break
        taken.append(note)
    return tuple(taken)
