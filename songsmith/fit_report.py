"""How easily each line can be sung, before any sound is made: the lines that are squeezed or stretched, and why.

A line is squeezed where its syllables come faster than a voice can say them, or where notes had to be split for
them; it is stretched where a syllable lasts so long that its word gets lost, or where many notes share it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from songsmith.score import Note, Score
from songsmith.timeline import Timeline

Verdict = Literal["fits", "squeezed", "stretched"]

FASTEST_S = 0.16
"""Mean time a syllable below which a line is squeezed; about six syllables a second, the fastest clear speech."""

SHORTEST_S = 0.11
"""A single syllable shorter than this is squeezed, whatever the mean."""

SLOWEST_S = 0.9
"""Mean time a syllable above which words get lost: the ends of lines, which are held, are not counted."""

EASY_S = 0.22
"""Pace that a remedy aims at for squeezed lines."""

MOST_NOTES = 2.5
"""Mean notes a syllable above which a line is stretched."""


@dataclass(frozen=True, slots=True)
class LineFit:
    """How one line fits.

    Parameters
    ----------
    line : its number, from 1
    text : as written
    section : label of its section
    syllables, notes : how many there are
    bars : of the song that it touches, less what lies before its first and after its last note, at least half a bar
    seconds_a_syllable : mean, the last one not counted where there are others
    shortest_s : the shortest syllable
    verdict : `fits`, `squeezed` or `stretched`
    remedy : what to do about it, empty where it fits
    """

    line: int
    text: str
    section: str
    syllables: int
    notes: int
    bars: float
    seconds_a_syllable: float
    shortest_s: float
    verdict: Verdict
    remedy: str


@dataclass(frozen=True, slots=True)
class FitReport:
    """The lines of a song in sung order."""

    lines: tuple[LineFit, ...]
    tempo: float

    @property
    def problems(self) -> tuple[LineFit, ...]:
        """The lines that are squeezed or stretched."""
        return tuple(line for line in self.lines if line.verdict != "fits")

    @property
    def sentences(self) -> tuple[str, ...]:
        """One sentence for each problem: `line 7 has 19 syllables for 2 bars: split it or lower the tempo`."""
        return tuple(_sentence(line) for line in self.problems)

    def as_text(self) -> str:
        """Return the whole report as plain text, a line of it for each line of the song."""
        if not self.lines:
            return "Nothing is sung."
        rows = []
        section = ""
        for fit in self.lines:
            if fit.section != section:
                section = fit.section
                rows.append(f"[{section}]")
            rows.append(
                f"{fit.line:>4}  {fit.syllables:>3} syllables  {fit.bars:>4g} bars  "
                f"{fit.seconds_a_syllable:.2f} s each  {fit.verdict:<9}  {fit.text}"
            )
        count = len(self.problems)
        rows.append(f"{len(self.lines)} lines, {count} squeezed or stretched" if count else "All lines fit.")
        return "\n".join([*rows, *self.sentences])


def report_fit(score: Score, timeline: Timeline) -> FitReport:
    """Return how the lines of a score fit their notes."""
    by_syllable: dict[int, list[Note]] = {}
    for note in score.notes:
        by_syllable.setdefault(note.syllable, []).append(note)
    sections = [section.label for section in score.lyrics.sections for _ in section.lines]
    fits = []
    for (line, numbers), section in zip(score.lyrics.numbered_lines(), sections, strict=True):
        sung = [by_syllable[number] for number in numbers if number in by_syllable]
        if sung:
            words = " ".join(word.text for word in line.words)
            fits.append(_line_fit(line.number, words, section, sung, timeline, score.plan.beats_per_bar))
    return FitReport(tuple(fits), score.plan.tempo)


def _line_fit(
    number: int, text: str, section: str, sung: Sequence[Sequence[Note]], timeline: Timeline, beats_per_bar: int
) -> LineFit:
    """Return how one line fits, given the notes of each of its syllables."""
    first, last = sung[0][0].onset, sung[-1][-1].end
    bars = max(0.5, math.ceil((last - first) / beats_per_bar * 2 - 0.25) / 2)
    starts = [timeline.seconds(notes[0].onset) for notes in sung]
    ends = [timeline.seconds(notes[-1].end) for notes in sung]
    lengths = [end - start for start, end in zip(starts, ends, strict=True)]
    mean = (starts[-1] - starts[0]) / (len(sung) - 1) if len(sung) > 1 else lengths[0]
    shortest = min(lengths)
    count = sum(map(len, sung))
    verdict: Verdict = "fits"
    remedy = ""
    if mean < FASTEST_S or shortest < SHORTEST_S:
        verdict = "squeezed"
        slower = math.floor(timeline.tempo * min(mean / EASY_S, shortest / SHORTEST_S, 0.99))
        remedy = f"split it or lower the tempo (to about {max(slower, 30)} BPM)"
    elif len(sung) > 1 and mean > SLOWEST_S:
        verdict = "stretched"
        remedy = "give it more words, or raise the tempo"
    elif count > MOST_NOTES * len(sung):
        verdict = "stretched"
        remedy = "give it more words: each is sung over many notes"
    return LineFit(number, text, section, len(sung), count, bars, round(mean, 3), round(shortest, 3), verdict, remedy)


def _sentence(fit: LineFit) -> str:
    bars = f"{fit.bars:g} bar{'s' if fit.bars != 1 else ''}"
    syllables = f"{fit.syllables} syllable{'s' if fit.syllables != 1 else ''}"
    return f"line {fit.line} has {syllables} for {bars}: {fit.remedy}"
