"""What a listener should know of how the words of a song are sung, in plain sentences."""

from __future__ import annotations

from songsmith.cast import Cast, cast_voices, out_of_reach
from songsmith.fit_report import report_fit
from songsmith.score import Score
from songsmith.song import Song
from songsmith.timeline import Timeline


def score_warnings(score: Score, timeline: Timeline, cast: Cast) -> tuple[str, ...]:
    """Return, one sentence each, what the listener should know of how the words are sung."""
    return (*unmet(score), *report_fit(score, timeline).sentences, *out_of_reach(score, cast))


def still_told(song: Song) -> tuple[str, ...]:
    """Return what is told of a song but for what its score gave rise to."""
    score = Score(song.notes, song.chords, song.lyrics, song.plan)
    stale = set(score_warnings(score, song.timeline, cast_voices(song.lyrics, song.brief.voice)))
    return tuple(sentence for sentence in song.provenance.warnings if sentence not in stale)


def unmet(score: Score) -> tuple[str, ...]:
    """Return what the sheet asks for and this song does not have."""
    found = list(score.lyrics.notes)
    notes_of = [0] * len(score.lyrics.syllables)
    for note in score.notes:
        notes_of[note.syllable] += 1
    for line, span in score.lyrics.numbered_lines():
        asked = [extra for word in line.words for extra in word.melismas]
        missing = sum(max(0, 1 + extra - notes_of[k]) for extra, k in zip(asked, span, strict=True))
        if missing:
            found.append(f"line {line.number}: no room for {missing} of the notes that ~ asks for")
    return tuple(found)
