"""`score.musicxml`: a lead sheet of melody, syllables, chord symbols and sections, MusicXML 4.0 partwise.

What a reader counts is in the note values, what is heard in the durations: `duration` is the intended length, so a
swung eighth is an eighth that lasts as long as it is sung, under the direction "Swing"; in a straight song the two
agree. A note that ends off the grid (for a breath) is written to the nearest value, and its `release` says by how
many divisions it really ends earlier or later. So every onset, pitch and syllable reads back exactly, and with
`release` every end.

Source: W3C, "MusicXML 4.0", elements `duration`, `note` (attack, release), `harmony`, `lyric`.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from lyrics.text import printable
from songsmith import __version__
from songsmith.errors import InputError
from songsmith.export.engraving import Accidentals, Mark, marks
from songsmith.export.notevalues import Value, lay_out, values
from songsmith.export.playedplaces import played_places
from songsmith.export.spelling import Spelled, chord_symbol, spell
from songsmith.export.sungwords import Sung, sung_words
from songsmith.plan import Chord
from songsmith.score import Note
from songsmith.song import Song
from songsmith.theory import Key
from songsmith.timeline import Meter

CLOSEST_BEATS = 1e-3
"""Onsets nearer to each other than this are one."""

MOST_BARS = 10_000
LOW_VOICE = 55
"""Mean MIDI pitch below which a voice is written an octave up, as tenors are."""

DOCTYPE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
    '"http://www.musicxml.org/dtds/partwise.dtd">\n'
)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Everything the measures are written from; `at` is the moment in divisions of every place on paper."""

    song: Song
    key: Key
    meter: Meter
    notes: tuple[Note, ...]
    sung: tuple[Sung, ...]
    values: tuple[Value, ...]
    marks: tuple[Mark, ...]
    divisions: int
    at: dict[Fraction, int]
    bars: int
    swung: bool


def song_to_musicxml(song: Song) -> str:
    """Return the text of `score.musicxml`; raise InputError where two notes of the lead begin at once."""
    sheet = _sheet(song)
    root = ET.Element("score-partwise", version="4.0")
    _head(root, song)
    part = ET.SubElement(root, "part", id="P1")
    accidentals = Accidentals(sheet.key)
    first = 0
    for bar in range(sheet.bars):
        last = first
        while last < len(sheet.values) and sheet.values[last].start < (bar + 1) * sheet.meter.beats_per_bar:
            last += 1
        measure = ET.SubElement(part, "measure", number=str(bar + 1))
        _open_bar(measure, sheet, bar)
        accidentals.forget()
        for index in range(first, last):
            _harmonies(measure, sheet, sheet.values[index])
            _symbol(measure, sheet, index, accidentals)
        _close_bar(measure, sheet, bar)
        first = last
    ET.indent(root, " ")
    return DOCTYPE + ET.tostring(root, encoding="unicode") + "\n"


def _sheet(song: Song) -> _Sheet:
    notes = tuple(sorted(song.notes, key=lambda note: note.onset))
    for a, b in pairwise(notes):
        if b.onset - a.onset < CLOSEST_BEATS:
            raise InputError(f"two notes of the lead begin at beat {a.onset:g}: a lead sheet has one voice")
    meter = Meter.parse(song.plan.meter)
    paper = lay_out([note.onset for note in notes], [note.end for note in notes], meter)
    bars = max(song.plan.bars, math.ceil(max(paper.ends, default=Fraction(0)) / meter.beats_per_bar))
    if bars > MOST_BARS:
        raise InputError(f"a song of {bars} bars is not written down: {MOST_BARS} are the most")
    symbols = tuple(values(paper, meter, bars))
    divisions, at = played_places(
        paper,
        [note.onset for note in notes],
        [place for value in symbols for place in (value.start, value.end)],
        [Fraction(bar * meter.beats_per_bar) for bar in range(bars + 1)],
    )
    return _Sheet(
        song=song,
        key=Key.parse(song.plan.key),
        meter=meter,
        notes=notes,
        sung=sung_words(song.lyrics, notes),
        values=symbols,
        marks=marks(symbols, paper),
        divisions=divisions,
        at=at,
        bars=bars,
        swung=paper.swing > 0,
    )


def _add(parent: ET.Element, tag: str, content: object = None, /, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, {name.replace("_", "-"): value for name, value in attributes.items()})
    if content is not None:
        element.text = printable(str(content))
    return element


def _head(root: ET.Element, song: Song) -> None:
    _add(_add(root, "work"), "work-title", song.title)
    identification = _add(root, "identification")
    _add(identification, "creator", "songsmith", type="composer")
    _add(_add(identification, "encoding"), "software", f"songsmith {__version__}")
    part = _add(_add(root, "part-list"), "score-part", id="P1")
    _add(part, "part-name", "Voice")
    _add(_add(part, "score-instrument", id="P1-I1"), "instrument-name", "Voice")
    instrument = _add(part, "midi-instrument", id="P1-I1")
    _add(instrument, "midi-channel", 1)
    _add(instrument, "midi-program", 53)


def _open_bar(measure: ET.Element, sheet: _Sheet, bar: int) -> None:
    """Write what stands before the first note of a bar."""
    if bar == 0:
        _attributes(measure, sheet)
    for section in sheet.song.plan.sections:
        if section.bar == bar:
            direction = _add(measure, "direction", placement="above")
            _add(_add(direction, "direction-type"), "rehearsal", section.label)
    if bar == 0:
        direction = _add(measure, "direction", placement="above")
        metronome = _add(_add(direction, "direction-type"), "metronome")
        tempo = sheet.song.plan.tempo
        _add(metronome, "beat-unit", "quarter")
        if sheet.meter.pulse_beats == 1.5:
            _add(metronome, "beat-unit-dot")
        _add(metronome, "per-minute", f"{tempo / sheet.meter.pulse_beats:.6g}")
        _add(direction, "sound", tempo=f"{tempo:.9g}")
        if sheet.swung:
            swing = _add(measure, "direction", placement="above")
            _add(_add(swing, "direction-type"), "words", "Swing")


def _attributes(measure: ET.Element, sheet: _Sheet) -> None:
    attributes = _add(measure, "attributes")
    _add(attributes, "divisions", sheet.divisions)
    key = _add(attributes, "key")
    _add(key, "fifths", sheet.key.signature)
    _add(key, "mode", sheet.key.mode)
    time = _add(attributes, "time")
    _add(time, "beats", sheet.meter.numerator)
    _add(time, "beat-type", sheet.meter.denominator)
    clef = _add(attributes, "clef")
    _add(clef, "sign", "G")
    _add(clef, "line", 2)
    if sheet.notes and sum(note.pitch for note in sheet.notes) / len(sheet.notes) < LOW_VOICE:
        _add(clef, "clef-octave-change", -1)


def _close_bar(measure: ET.Element, sheet: _Sheet, bar: int) -> None:
    ends_section = any(section.bar == bar + 1 for section in sheet.song.plan.sections)
    if ends_section or bar == sheet.bars - 1:
        style = "light-light" if bar < sheet.bars - 1 else "light-heavy"
        _add(_add(measure, "barline", location="right"), "bar-style", style)


def _harmonies(measure: ET.Element, sheet: _Sheet, value: Value) -> None:
    """Write the chord symbols that stand over a note or rest, at their own moment."""
    begin, end = sheet.at[value.start], sheet.at[value.end]
    for chord in sheet.song.chords:
        moment = chord.onset * sheet.divisions
        if begin - 0.01 <= moment < end - 0.01:
            _harmony(measure, chord, moment - begin)


def _harmony(measure: ET.Element, chord: Chord, offset: float) -> None:
    harmony = _add(measure, "harmony")
    symbol = chord_symbol(chord.symbol)
    root = _add(harmony, "root")
    if symbol is None:
        # The element must be there; an empty text keeps it from being shown.
        _add(root, "root-step", "C", text="")
        _add(harmony, "kind", "none", text="N.C.")
    else:
        _add(root, "root-step", symbol.root.step)
        if symbol.root.alter:
            _add(root, "root-alter", symbol.root.alter)
        _add(harmony, "kind", symbol.kind, text=symbol.shown)
        if symbol.bass is not None:
            bass = _add(harmony, "bass")
            _add(bass, "bass-step", symbol.bass.step)
            if symbol.bass.alter:
                _add(bass, "bass-alter", symbol.bass.alter)
    if abs(offset) >= 0.02:
        _add(harmony, "offset", f"{offset:.6g}")


def _symbol(measure: ET.Element, sheet: _Sheet, index: int, accidentals: Accidentals) -> None:
    """Write a note, a part of a tied one, or a rest; the order of the elements is that of the standard."""
    value, mark = sheet.values[index], sheet.marks[index]
    element = _add(measure, "note")
    tied_from = index > 0 and value.note is not None and sheet.values[index - 1].note == value.note
    tied_to = index + 1 < len(sheet.values) and value.note is not None and sheet.values[index + 1].note == value.note
    spelled: Spelled | None = None
    if value.note is None:
        rest = _add(element, "rest")
        if not value.type:
            rest.set("measure", "yes")
    else:
        spelled = spell(sheet.notes[value.note].pitch, sheet.key)
        pitch = _add(element, "pitch")
        _add(pitch, "step", spelled.step)
        if spelled.alter:
            _add(pitch, "alter", spelled.alter)
        _add(pitch, "octave", spelled.octave)
        _played(element, sheet, value, tied_from, tied_to)
    _add(element, "duration", sheet.at[value.end] - sheet.at[value.start])
    for there, kind in ((tied_from, "stop"), (tied_to, "start")):
        if there:
            _add(element, "tie", type=kind)
    _add(element, "voice", 1)
    if value.type:
        _add(element, "type", value.type)
    for _ in range(value.dots):
        _add(element, "dot")
    accidental = None if spelled is None else accidentals.needed(spelled, tied_from)
    if accidental is not None:
        _add(element, "accidental", accidental)
    if value.tuplet is not None:
        change = _add(element, "time-modification")
        _add(change, "actual-notes", value.tuplet.actual)
        _add(change, "normal-notes", value.tuplet.normal)
        _add(change, "normal-type", value.tuplet.unit_type)
    for number, beam in enumerate(mark.beams, 1):
        _add(element, "beam", beam, number=str(number))
    sung = None if value.note is None else sheet.sung[value.note]
    _notations(element, tied_from, tied_to, mark, sung)
    if sung is not None and sung.text and not tied_from:
        lyric = _add(element, "lyric", number="1")
        _add(lyric, "syllabic", sung.syllabic)
        _add(lyric, "text", sung.text)
        if sung.held and sung.syllabic in ("single", "end"):
            _add(lyric, "extend")


def _played(element: ET.Element, sheet: _Sheet, value: Value, tied_from: bool, tied_to: bool) -> None:
    """Say by how many divisions a note begins and ends away from where its durations put it."""
    if value.note is None:
        return
    note = sheet.notes[value.note]
    late = note.onset * sheet.divisions - sheet.at[value.start]
    over = note.end * sheet.divisions - sheet.at[value.end]
    smallest = max(2e-6 * sheet.divisions, 1e-3)
    if not tied_from and abs(late) > smallest:
        element.set("attack", f"{late:.6g}")
    if not tied_to and abs(over) > smallest:
        element.set("release", f"{over:.6g}")


def _notations(element: ET.Element, tied_from: bool, tied_to: bool, mark: Mark, sung: Sung | None) -> None:
    rows: list[tuple[str, dict[str, str]]] = []
    for there, kind in ((tied_from, "stop"), (tied_to, "start")):
        if there:
            rows.append(("tied", {"type": kind}))
    if sung is not None and not tied_from and sung.held and not sung.slurred:
        rows.append(("slur", {"type": "start", "number": "1"}))
    if sung is not None and not tied_to and sung.slurred and not sung.held:
        rows.append(("slur", {"type": "stop", "number": "1"}))
    if mark.tuplet:
        rows.append(("tuplet", {"type": mark.tuplet} | ({"bracket": "yes"} if mark.tuplet == "start" else {})))
    if rows:
        notations = _add(element, "notations")
        for tag, attributes in rows:
            ET.SubElement(notations, tag, attributes)
