"""A melody by itself: composed as for a song, cut out of it, and written as MIDI or MusicXML.

Without lyrics it is composed on invented lines of regular feet, as hymns and ballads have them, and written without
words.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex

from lyrics.values import Line, Lyrics, Phoneme, Section, Syllable, Word
from songsmith.errors import InputError
from songsmith.export.midi import song_to_midi
from songsmith.export.musicxml import song_to_musicxml
from songsmith.paper import Paper
from songsmith.plan import Chord, PlannedSection
from songsmith.seeds import generator
from songsmith.song import Provenance, Song
from songsmith.timeline import Timeline

SUFFIXES = (".mid", ".midi", ".musicxml", ".xml")
FORM = (("verse", "Verse"), ("chorus", "Chorus"))


@dataclass(frozen=True, slots=True)
class Stanza:
    """Syllables in each of four lines, and whether they begin with a weak one (iambs) or a strong one (trochees)."""

    counts: tuple[int, int, int, int]
    rising: bool


STANZAS = (
    Stanza((8, 6, 8, 6), True),
    Stanza((8, 8, 8, 8), True),
    Stanza((8, 7, 8, 7), False),
    Stanza((7, 7, 7, 7), False),
    Stanza((6, 6, 8, 6), True),
    Stanza((10, 8, 10, 8), True),
)
"""Common, long, trochaic and short metre, and a longer line.

Source: the metrical index of any hymnal; for songs, D. Attridge, "The Rhythms of English Poetry" (1982).
"""


def invented_lines(style: str, seed: int) -> Lyrics:
    """Return lines without words to compose on: a verse and a chorus of regular feet, by style and seed."""
    sections = []
    number = 0
    for kind, label in FORM:
        stanza = STANZAS[int(generator(seed, "lone melody", style, kind).integers(len(STANZAS)))]
        lines = []
        for count in stanza.counts:
            number += 1
            words = tuple(_word(k % 2 == stanza.rising) for k in range(count))
            lines.append(Line(number, " ".join(word.text for word in words), words))
        sections.append(Section(kind, label, lines=tuple(lines)))
    return Lyrics("en", tuple(sections))


def _word(strong: bool) -> Word:
    """Return a word of one strong or weak syllable."""
    text, vowel = ("la", "AA1") if strong else ("da", "AH0")
    syllable = Syllable(text, (Phoneme(text[0].upper()), Phoneme.parse(vowel)), int(strong))
    return Word(text, text, (syllable,))


def melody_alone(paper: Paper, with_words: bool) -> Song:
    """Return a song of nothing but the melody of a paper: from its first section to its last.

    The song has no sound; a pickup keeps a bar of its own at the beginning.
    """
    plan = paper.plan
    sung = [section for section in plan.sections if any(section.voice)]
    if not sung or not paper.score.notes:
        raise InputError("nobody sings in this song, so it has no melody to write")
    beats = plan.beats_per_bar
    first = sung[0].bar
    if paper.score.notes[0].onset < first * beats - 1e-6:
        first = math.floor(paper.score.notes[0].onset / beats + 1e-6)
    last = max(sung[-1].bar + sung[-1].bars, math.ceil(paper.score.notes[-1].end / beats - 1e-6))
    last = min(last, plan.bars)
    low, high = first * beats, last * beats
    sections = tuple(
        _moved(section, first, last)
        for section in plan.sections
        if section.bar < last and section.bar + section.bars > first
    )
    chords = tuple(
        Chord(max(c.onset, low) - low, min(c.end, high) - max(c.onset, low), c.symbol)
        for c in plan.chords
        if min(c.end, high) - max(c.onset, low) > 1e-6
    )
    notes = tuple(replace(note, onset=round(note.onset - low, 6)) for note in paper.score.notes)
    return Song(
        title=paper.title if with_words else paper.brief.prompt[:60],
        seed=paper.seed,
        brief=paper.brief,
        lyrics=paper.lyrics if with_words else Lyrics("en", ()),
        plan=replace(plan, sections=sections, chords=chords),
        timeline=Timeline.steady(plan.tempo, high - low + beats, beats),
        chords=chords,
        notes=notes,
        parts=(),
        performance=paper.performance,
        provenance=Provenance("", ()),
    )


def _moved(section: PlannedSection, first: int, last: int) -> PlannedSection:
    """Return the part of a section between two bars, counted from the first of them."""
    start, end = max(section.bar, first), min(section.bar + section.bars, last)
    return replace(
        section,
        bar=start - first,
        bars=end - start,
        voice=section.voice[start - section.bar : end - section.bar],
    )


def check_melody_file(path: Path, overwrite: bool = False) -> None:
    """Refuse a file that no melody can be written to, before any work is done."""
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"{path}: a melody is written to a file ending in {', '.join(SUFFIXES)}")
    if path.is_dir():
        raise InputError(f"{path}: is a folder; give the name of a file")
    if path.exists() and not overwrite:
        raise InputError(f"{path}: is there already; choose another name, or replace it with --overwrite")
    if not path.parent.is_dir():
        raise InputError(f"{path.parent}: there is no such folder; make it, or choose another place")


def melody_to_bytes(song: Song, suffix: str) -> bytes:
    """Return the file of a melody: MIDI for `.mid` and `.midi`, MusicXML for the others."""
    if suffix.lower() in (".mid", ".midi"):
        return song_to_midi(song)
    return song_to_musicxml(song).encode("utf-8")


def write_melody(song: Song, path: Path, overwrite: bool = False) -> None:
    """Write a melody to a file under a temporary name, then rename it."""
    check_melody_file(path, overwrite)
    temporary = path.with_name(f".{path.stem[:40]}-{token_hex(6)}{path.suffix}")
    try:
        temporary.write_bytes(melody_to_bytes(song, path.suffix))
        temporary.replace(path)
    except OSError as err:
        raise InputError(f"{path}: cannot be written ({err.strerror}); choose another place") from err
    finally:
        temporary.unlink(missing_ok=True)
