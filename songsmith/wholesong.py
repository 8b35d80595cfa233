"""What must hold between the parts of a song that is read from a file, which each may be right by itself.

Positions are in beats; two numbers of beats closer than `CLOSE` are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol

from songsmith.accompaniment.parts import PartNote
from songsmith.errors import InputError
from songsmith.fieldreader import Field
from songsmith.mixing.settings import BACKING_VOCALS, NOISE, VOCALS
from songsmith.score import Note
from songsmith.song import Song

MOST_BARS = 10_000
SLOWEST_BEAT_S, QUICKEST_BEAT_S = 16.7, 0.01
"""A MIDI file cannot hold a slower beat."""

LONGEST_S = 3600.0
LONGEST_NAME = 80
CLOSE = 1e-4
_KEPT = (VOCALS, BACKING_VOCALS, NOISE)


class _Placed(Protocol):
    @property
    def onset(self) -> float: ...
    @property
    def end(self) -> float: ...


def check_name(field: Field, what: str) -> str:
    """Return a name that a file can have, too; raise InputError for any other."""
    name = field.text()
    plain = name.isprintable() and not any(character in name for character in "/\\")
    if not name or name.startswith(".") or not plain or len(name) > LONGEST_NAME:
        raise field.error(
            f"cannot be the name of {what}, which is also a file name: use up to {LONGEST_NAME} letters and figures"
        )
    return name


def check_bars(field: Field, bars: int) -> None:
    """Raise InputError where a plan is longer than any song."""
    if bars > MOST_BARS:
        raise InputError(f"{field.file}: {field.key} make {bars} bars: at most {MOST_BARS} are accepted")


def check_whole(song: Song, root: Field) -> None:
    """Raise InputError for the first thing between the parts of a song that does not fit, by its key and value."""
    _check_timeline(song, root.at("timeline"))
    last = float(len(song.timeline.beats) - 1)
    _check_order(root.at("chords"), song.chords, last, True)
    _check_notes(root.at("notes"), song.notes, len(song.lyrics.syllables), last, song.brief.instrumental)
    _check_parts(song, root.at("parts"), last)
    _check_voices(song, root.at("voices"), last)
    _check_length(song.performance.duration_s, root.at("performance"))


def _check_timeline(song: Song, field: Field) -> None:
    beats, tempo = song.timeline.beats, field.at("beats")
    if len(beats) <= song.plan.beats:
        raise InputError(
            f"{field.file}: {tempo.key} has {len(beats)} beats, the plan {song.plan.beats}: give the time of each and"
            " of the one past the last"
        )
    for index, (start, end) in enumerate(pairwise(beats), 1):
        if not QUICKEST_BEAT_S <= end - start <= SLOWEST_BEAT_S:
            raise tempo.at(index).error(
                f"is {end - start:g} s after the beat before: {QUICKEST_BEAT_S:g} to {SLOWEST_BEAT_S:g} are accepted"
            )
    if beats[-1] > LONGEST_S:
        raise tempo.at(len(beats) - 1).error(f"is too late: songs of up to {LONGEST_S:g} s are accepted")
    for index, (first, second) in enumerate(pairwise(song.timeline.downbeats), 1):
        if second <= first:
            raise field.at("downbeats").at(index).error("is not later than the downbeat before: put them in order")


def _check_order(field: Field, placed: Sequence[_Placed], last: float, alone: bool) -> None:
    """Raise InputError where something is out of order, past the timeline, or, if `alone`, over the one before."""
    for index, item in enumerate(placed):
        if item.end > last + CLOSE:
            raise field.at(index).error(f"ends at beat {item.end:g}, the timeline at {last:g}: shorten it")
        if index and item.onset < placed[index - 1].onset - CLOSE:
            raise field.at(index).error("is before the one before it: put them in order")
        if alone and index and item.onset < placed[index - 1].end - CLOSE:
            raise field.at(index).error(
                f"begins before the one before it ends, at beat {placed[index - 1].end:g}: shorten that one"
            )


def _check_notes(field: Field, notes: Sequence[Note], syllables: int, last: float, silent: bool) -> None:
    """Raise InputError where notes do not sing the syllables one after another, each once, slurs behind its first."""
    _check_order(field, notes, last, True)
    expected = 0
    for index, note in enumerate(notes):
        here = field.at(index)
        if note.slur and (not index or note.syllable != expected - 1):
            raise here.at("syllable").error("is not that of the note before, which a slur goes on with")
        if not note.slur:
            if note.syllable != expected:
                raise here.at("syllable").error(f"is out of order: the next to be sung is {expected}")
            expected += 1
    if expected < syllables and not (silent and not notes):
        raise InputError(
            f"{field.file}: {field.key} sing {expected} of {syllables} syllables: give a note to each syllable"
        )


def _check_parts(song: Song, field: Field, last: float) -> None:
    names: set[str] = set()
    for index, part in enumerate(song.parts):
        here = field.at(index)
        if part.name in _KEPT:
            raise here.at("name").error("is kept for a stem that the mixer makes: use another name")
        if part.name in names:
            raise here.at("name").error("is the name of another part, too: give each its own")
        names.add(part.name)
        _check_ends(here.at("notes"), part.notes, last)


def _check_ends(field: Field, notes: Sequence[PartNote], last: float) -> None:
    for index, note in enumerate(notes):
        end = note.onset + note.duration
        if end > last + CLOSE:
            raise field.at(index).error(f"ends at beat {end:g}, the timeline at {last:g}: shorten it")


def _check_voices(song: Song, field: Field, last: float) -> None:
    names: set[str] = set()
    for index, voice in enumerate(song.voices):
        here = field.at(index)
        if voice.name in names:
            raise here.at("name").error("is the name of another voice, too: give each its own")
        names.add(voice.name)
        _check_notes(here.at("notes"), voice.notes, len(voice.lyrics.syllables), last, False)
        _check_length(voice.performance.duration_s, here)


def _check_length(duration_s: float, field: Field) -> None:
    if duration_s > LONGEST_S:
        raise InputError(
            f"{field.file}: {field.key}.phonemes end at {duration_s:g} s: songs of up to {LONGEST_S:g} s are accepted"
        )
