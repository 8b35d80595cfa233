"""Other words in one line of a song whose score is frozen: they are set to the notes that are there.

No other line moves: not its notes, not its phonemes, not its curves. The voices beside the lead that sing the line
get its new words on their own notes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from lyrics.errors import LyricsError, MissingData
from lyrics.parse import parse_sheet
from lyrics.values import Line, Lyrics
from songsmith.align import perform
from songsmith.backing import voice_seed, way
from songsmith.errors import InputError, MissingPart
from songsmith.performance import BREATH, Curve, Performance, PhonemeSpan
from songsmith.score import Note, Score
from songsmith.singing.voices import Voice, load_voice
from songsmith.song import Song, VoicePart
from songsmith.timeline import Meter
from songsmith.tunes import TuneNote
from songsmith.underlay import underlay

LONGEST_TEXT = 1000
OWN_WORDS = ("second", "harmony", "double")
"""Kinds of voices that sing the words of the lead; the others sing those in parentheses."""


@dataclass(frozen=True, slots=True, eq=False)
class Sung:
    """Words on notes, and how they are sung: of the lead, or of a voice beside it."""

    lyrics: Lyrics
    notes: tuple[Note, ...]
    performance: Performance


def reword(song: Song, number: int, text: str) -> Song:
    """Return a song, without sound, with other words in one line.

    Parameters
    ----------
    song : with the curves of its performance
    number : of the line, counted from 1 in sung order, repeats expanded
    text : of the new line, as in a sheet; backing words stay those that are there

    Raises
    ------
    InputError : where there is no such line, the text is not one line of words, or it has too many for the notes
    """
    old = line_of(song, number)
    new = _parsed(text, song.lyrics.language, old)
    lead = load_voice(song.brief.voice, song.brief.performance or None)
    sung = _with_line(song, Sung(song.lyrics, song.notes, song.performance), new, lead, song.seed)
    voices = tuple(_with_new_words(song, voice, new) if sings(voice, number) else voice for voice in song.voices)
    return replace(
        song,
        lyrics=sung.lyrics,
        notes=sung.notes,
        performance=sung.performance,
        voices=voices,
        audio=None,
        report=None,
    )


def line_of(song: Song, number: int) -> Line:
    """Return a line of the lead by its number; raise InputError where there is none."""
    lines = {line.number: line for line in song.lyrics.lines if line.words}
    if not lines:
        raise InputError("nobody sings in this song, so it has no line to edit")
    if number not in lines:
        raise InputError(f"line {number} is not sung in this song: its lines are 1 to {max(lines)}")
    return lines[number]


def _parsed(text: str, language: str, old: Line) -> Line:
    """Return the new line, with the old one's number and backing words."""
    if len(text) > LONGEST_TEXT:
        raise InputError(f"the text of a line has {len(text)} characters: use {LONGEST_TEXT} at most")
    if len(text.splitlines()) != 1 or text.lstrip().startswith(("[", "#")):
        raise InputError(f"text {text[:80]!r} is not one line of words: give it as it would stand in a sheet")
    try:
        lines = parse_sheet(f"[Verse]\n{text}", language).lines
    except LyricsError as err:
        raise InputError(f"line {old.number}: {str(err).partition(': ')[2] or err}") from err
    except MissingData as err:
        raise MissingPart(str(err)) from err
    if len(lines) != 1 or not lines[0].words:
        raise InputError(f"text {text[:80]!r} has no words that the lead sings: give at least one")
    if lines[0].backing:
        raise InputError(f"line {old.number}: its backing words stay as they are: leave out the parentheses")
    behind = f" ({' '.join(word.text for word in old.backing)})" if old.backing else ""
    return replace(lines[0], number=old.number, text=lines[0].text + behind, backing=old.backing)


def sings(voice: VoicePart, number: int) -> bool:
    """Tell whether a voice beside the lead sings the lead's words of a line."""
    return voice.kind in OWN_WORDS and any(line.number == number for line in voice.lyrics.lines)


def _with_new_words(song: Song, voice: VoicePart, new: Line) -> VoicePart:
    """Return a voice beside the lead with the new words on its own notes."""
    own = Sung(voice.lyrics, voice.notes, voice.performance)
    singer = load_voice(voice.voice, way(voice.kind, song.brief))
    sung = _with_line(song, own, replace(new, backing=()), singer, voice_seed(song.seed, voice.name))
    return replace(voice, lyrics=sung.lyrics, notes=sung.notes, performance=sung.performance)


def _with_line(song: Song, old: Sung, new: Line, voice: Voice, seed: int) -> Sung:
    """Return what is sung with other words in a line, on its own notes; everything else is the old value."""
    span = next(numbers for line, numbers in old.lyrics.numbered_lines() if line.number == new.number)
    tune = [TuneNote(n.onset, n.duration, n.pitch, slur=n.slur) for n in old.notes if n.syllable in span]
    set_line = underlay(tune, [new], song.plan.tempo, Meter.parse(song.plan.meter))
    added = len(new.syllables) - len(span)
    notes = (
        *(note for note in old.notes if note.syllable < span.start),
        *(replace(note, syllable=span.start + note.syllable) for note in set_line.notes),
        *(replace(note, syllable=note.syllable + added) for note in old.notes if note.syllable >= span.stop),
    )
    lyrics = replace(
        old.lyrics,
        sections=tuple(
            replace(s, lines=tuple(new if line.number == new.number else line for line in s.lines))
            for s in old.lyrics.sections
        ),
    )
    whole = perform(Score(notes, song.chords, lyrics, song.plan), song.timeline, voice, seed)
    return Sung(lyrics, notes, _spliced(old.performance, whole, span, added))


def _spliced(old: Performance, new: Performance, span: range, added: int) -> Performance:
    """Return the old performance with the stretch between the neighbours of a line taken from the new one."""
    start, end = free_stretch(old, span)
    before = [one for one in old.phonemes if one.end <= start]
    after = [_renumbered(one, added) for one in old.phonemes if one.start >= end]
    between = [
        replace(one, start=max(one.start, start), end=min(one.end, end))
        for one in new.phonemes
        if min(one.end, end) - max(one.start, start) > 1e-9
    ]
    first, last = round(start / old.frame_period_s), round(end / old.frame_period_s)

    def curve(ours: Curve, theirs: Curve) -> Curve:
        if len(ours) != len(theirs):
            raise InputError("the song's curves are not as long as its timeline: make the song again")
        drawn = ours.copy()
        drawn[first:last] = theirs[first:last]
        return drawn

    return Performance(
        (*before, *between, *after),
        old.frame_period_s,
        curve(old.f0_hz, new.f0_hz),
        curve(old.loudness_db, new.loudness_db),
    )


def free_stretch(performance: Performance, span: range) -> tuple[float, float]:
    """Return from when to when, in seconds, nothing but some syllables, silence and breath is sung."""
    spans = performance.phonemes
    sung = [k for k, one in enumerate(spans) if one.syllable is not None]
    earlier = [k for k in sung if _number(spans[k]) < span.start]
    later = [k for k in sung if _number(spans[k]) >= span.stop]
    start = spans[earlier[-1]].end if earlier else 0.0
    if not later:
        return start, performance.duration_s
    first = later[0]
    if first and spans[first - 1].symbol == BREATH:
        first -= 1
    return start, spans[first].start


def sounding_stretch(performance: Performance, span: range) -> tuple[float, float]:
    """Return when some syllables are heard, the breath before them included, in seconds."""
    start, end = free_stretch(performance, span)
    inside = [one for one in performance.phonemes if one.start >= start and one.end <= end]
    heard = [one for one in inside if one.syllable is not None or one.symbol == BREATH]
    return heard[0].start, heard[-1].end


def _number(span: PhonemeSpan) -> int:
    return -1 if span.syllable is None else span.syllable


def _renumbered(span: PhonemeSpan, added: int) -> PhonemeSpan:
    return span if span.syllable is None or not added else replace(span, syllable=span.syllable + added)
