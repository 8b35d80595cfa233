"""A tune out of a MusicXML score: one part, one voice, with its words, chord symbols, repeats and pickup."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from songsmith.errors import InputError
from songsmith.plan import Chord
from songsmith.theory import FLAT_NAMES, SHARP_NAMES, Key
from songsmith.tunes.tune import MAX_NOTES, SHORTEST_BEATS, Marker, Tune, TuneNote, usable_meter
from songsmith.tunes.xmlscore import Element, Played, parse_score, playing_order

STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
NAMED = re.compile(r"melod|vocal|voice|\blead\b|\bsing|soprano|\btune\b|canto|gesang", re.IGNORECASE)

KINDS = {
    "major": "", "minor": "min", "augmented": "aug", "diminished": "dim", "dominant": "7", "major-seventh": "maj7",
    "minor-seventh": "min7", "diminished-seventh": "dim7", "augmented-seventh": "aug", "half-diminished": "hdim7",
    "major-minor": "minmaj7", "major-sixth": "maj6", "minor-sixth": "min6", "dominant-ninth": "9",
    "major-ninth": "maj9", "minor-ninth": "min9", "dominant-11th": "9", "major-11th": "maj9", "minor-11th": "min9",
    "dominant-13th": "9", "major-13th": "maj9", "minor-13th": "min9", "suspended-second": "sus2",
    "suspended-fourth": "sus4", "power": "", "none": "N",
}  # fmt: skip
"""MusicXML's kinds of chord in Harte's shorthand; elevenths and thirteenths as ninths.

Source: MusicXML 4.0, https://www.w3.org/2021/06/musicxml40/musicxml-reference/data-types/kind-value/
"""

BASS_DEGREES = {3: "b3", 4: "3", 5: "4", 7: "5", 10: "b7", 11: "7", 2: "2", 9: "6"}
DIVISIONS = (0.01, 1_000_000)
MODES = {"major", "minor", "dorian", "phrygian", "lydian", "mixolydian"}


@dataclass(frozen=True, slots=True)
class _Written:
    """A note as written in one measure: beats from the start of the measure, lyrics by verse number."""

    onset: float
    duration: float
    pitch: int
    voice: str
    lyrics: tuple[tuple[int, str], ...]
    tied_to: bool
    is_chord: bool


@dataclass(slots=True)
class _Bar:
    """What one measure holds."""

    number: str
    length: float = 0.0
    nominal: float = 4.0
    notes: list[_Written] = field(default_factory=list)
    chords: list[tuple[float, str]] = field(default_factory=list)
    markers: list[tuple[float, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Reader:
    """The running attributes of a part, and what is found once.

    `signature` is the first one as written, in fifths and mode, and `shift` the transposition of its measure.
    """

    source: str
    divisions: float = 1.0
    transpose: int = 0
    shift: int | None = None
    nominal: float = 4.0
    meters: list[tuple[int, int]] = field(default_factory=list)
    signature: tuple[int, str] | None = None
    tempi: list[float] = field(default_factory=list)
    graces: int = 0


def tune_from_musicxml(data: bytes, source: str) -> Tune:
    """Return the tune of the bytes of a MusicXML file, compressed or not; `source` names it in messages."""
    root = parse_score(data, source)
    remarks: list[str] = []
    part = _choose_part(root, source, remarks)
    measures = part.findall("measure")
    reader = _Reader(source)
    bars = [_read_measure(measure, reader) for measure in measures]
    voice = _choose_voice(bars, source, remarks)
    order = playing_order(measures, source)
    if len(order) > len(measures):
        remarks.append(f"repeats are sung out: {len(measures)} written measures, {len(order)} sung")
    if reader.graces:
        remarks.append(f"{reader.graces} grace notes are left out")
    if not reader.meters:
        meter = None
    else:
        meter, remark = usable_meter(*reader.meters[0], source)
        if remark:
            remarks.append(remark)
        if len(set(reader.meters)) > 1:
            remarks.append(f"the meter changes in the score: its bars are counted in {meter} throughout")
    if len({round(tempo, 1) for tempo in reader.tempi}) > 1:
        remarks.append(f"the tempo changes in the score: its first, {reader.tempi[0]:g} BPM, is kept throughout")
    notes, chords, markers = _lay_out(order, bars, voice, source)
    return Tune(
        source=source,
        notes=notes,
        tempo=reader.tempi[0] if reader.tempi else None,
        meter=meter,
        key=_key(reader),
        chords=chords,
        markers=markers,
        remarks=tuple(remarks),
    )


def _choose_part(root: Element, source: str, remarks: list[str]) -> Element:
    """Return the part with the words, or the one named as a voice, or the first with notes."""
    names = {p.get("id"): (p.findtext("part-name") or "").strip()[:60] for p in root.iter("score-part")}
    parts = [part for part in root.findall("part") if part.find("measure/note/pitch") is not None]
    if not parts:
        raise InputError(f"{source}: has no notes to sing; give a score with a melody")
    with_words = [part for part in parts if part.find("measure/note/lyric") is not None]
    named = [part for part in parts if NAMED.search(names.get(part.get("id")) or "")]
    chosen = (with_words or named or parts)[0]
    if len(parts) > 1:
        why = "it has words" if with_words else "it is named so" if named else "it is the first"
        name = names.get(chosen.get("id")) or chosen.get("id")
        remarks.append(f"the melody is part {name!r} of {len(parts)}: {why}")
    return chosen


def _choose_voice(bars: Sequence[_Bar], source: str, remarks: list[str]) -> str:
    """Return the voice of the part that has the words, or else the most notes."""
    counts: dict[str, tuple[int, int]] = {}
    for bar in bars:
        for note in bar.notes:
            words, notes = counts.get(note.voice, (0, 0))
            counts[note.voice] = (words + bool(note.lyrics), notes + 1)
    if not counts:
        raise InputError(
            f"{source}: has no notes to sing but grace notes, cue notes and notes shorter than "
            f"1/{round(1 / SHORTEST_BEATS)} of a beat; give a score with a melody"
        )
    chosen = min(counts, key=lambda voice: (-counts[voice][0], -counts[voice][1], voice))
    if len(counts) > 1:
        remarks.append(f"the melody is voice {chosen} of {len(counts)} in its part")
    for bar in bars:
        if any(note.is_chord and note.voice == chosen for note in bar.notes):
            raise InputError(f"{source}: two notes of the melody sound at once in bar {bar.number}; keep one voice")
    return chosen


def _read_measure(measure: Element, reader: _Reader) -> _Bar:
    """Return what a measure holds; the reader's attributes move on."""
    bar = _Bar((measure.get("number") or "?")[:12])
    cursor = last_onset = 0.0
    for item in measure:
        if item.tag == "attributes":
            _attributes(item, reader)
        elif item.tag in ("backup", "forward"):
            step = _number(item.findtext("duration"), reader) / reader.divisions
            cursor = max(0.0, cursor + (step if item.tag == "forward" else -step))
        elif item.tag == "harmony":
            symbol = _harmony(item, reader)
            offset = _number(item.findtext("offset") or "0", reader) / reader.divisions
            if symbol is not None:
                bar.chords.append((max(0.0, cursor + offset), symbol))
        elif item.tag == "direction" or item.tag == "sound":
            _direction(item, cursor, reader, bar)
        elif item.tag == "note":
            if item.find("grace") is not None:
                reader.graces += 1
                continue
            duration = _number(item.findtext("duration"), reader) / reader.divisions
            is_chord = item.find("chord") is not None
            onset = last_onset if is_chord else cursor
            pitch = _pitch(item, reader)
            if pitch is not None and duration >= SHORTEST_BEATS and item.find("cue") is None:
                ties = {tie.get("type") for tie in item.findall("tie")}
                voice = (item.findtext("voice") or "1").strip()
                bar.notes.append(_Written(onset, duration, pitch, voice, _lyrics(item), "stop" in ties, is_chord))
            if not is_chord:
                last_onset, cursor = cursor, cursor + duration
        bar.length = max(bar.length, cursor)
    bar.nominal = reader.nominal
    if reader.signature is not None and reader.shift is None:
        reader.shift = reader.transpose
    return bar


def _number(text: str | None, reader: _Reader) -> float:
    """Return a number of the score that is not negative but for offsets."""
    try:
        value = float(text or "")
    except ValueError:
        value = float("nan")
    if not -1e6 <= value <= 1e6:
        raise InputError(f"{reader.source}: {str(text)[:30]!r} stands where a number has to be; export it again")
    return value


def _attributes(item: Element, reader: _Reader) -> None:
    """Take over divisions, meter, key and transposition."""
    divisions = item.findtext("divisions")
    if divisions is not None:
        reader.divisions = _number(divisions, reader)
        if not DIVISIONS[0] <= reader.divisions <= DIVISIONS[1]:
            raise InputError(
                f"{reader.source}: {divisions[:30]!r} divisions of a beat are not possible; "
                f"use from {DIVISIONS[0]:g} to {DIVISIONS[1]:,}"
            )
    time = item.find("time")
    if time is not None and time.findtext("beats") is not None:
        beats = sum(_number(n, reader) for n in str(time.findtext("beats")).split("+"))
        unit = _number(time.findtext("beat-type"), reader)
        if beats < 1 or unit < 1:
            raise InputError(f"{reader.source}: the meter {beats:g}/{unit:g} is not possible")
        reader.nominal = 4.0 * beats / unit
        reader.meters.append((round(beats), round(unit)))
    key = item.find("key")
    if key is not None and reader.signature is None and key.findtext("fifths") is not None:
        mode = (key.findtext("mode") or "").strip().lower()
        reader.signature = (round(_number(key.findtext("fifths"), reader)), mode)
    transpose = item.find("transpose")
    if transpose is not None:
        octaves = _number(transpose.findtext("octave-change") or "0", reader)
        reader.transpose = round(_number(transpose.findtext("chromatic") or "0", reader) + 12 * octaves)


def _key(reader: _Reader) -> str | None:
    """Return the sounding key of the signature; None where the score names no mode, so that the notes decide."""
    if reader.signature is None or reader.signature[1] not in MODES:
        return None
    fifths, mode = reader.signature
    above = {"major": 0, "minor": 9, "dorian": 2, "phrygian": 4, "lydian": 5, "mixolydian": 7}[mode]
    return str(Key((fifths * 7 + above + (reader.shift or 0)) % 12, mode))


def _direction(item: Element, cursor: float, reader: _Reader, bar: _Bar) -> None:
    """Take over tempo marks and the names of sections."""
    sounds = [item] if item.tag == "sound" else item.findall("sound")
    named = [sound.get("tempo") for sound in sounds if sound.get("tempo")]
    if named:
        tempo = _number(named[0], reader)
    elif item.find("direction-type/metronome/per-minute") is not None:
        metronome = item.find("direction-type/metronome")
        digits = re.search(r"\d+(\.\d+)?", (metronome.findtext("per-minute") if metronome is not None else "") or "")
        unit = {"half": 2.0, "quarter": 1.0, "eighth": 0.5}.get(
            (metronome.findtext("beat-unit") if metronome is not None else "") or "", 1.0
        )
        dotted = 1.5 if metronome is not None and metronome.find("beat-unit-dot") is not None else 1.0
        tempo = float(digits[0]) * unit * dotted if digits else 0.0
    else:
        tempo = 0.0
    if 10.0 <= tempo <= 1000.0:
        reader.tempi.append(tempo)
    for mark in item.findall("direction-type/rehearsal"):
        if (mark.text or "").strip():
            bar.markers.append((cursor, str(mark.text).strip()[:80]))


def _pitch(item: Element, reader: _Reader) -> int | None:
    """Return the sounding MIDI pitch of a note, None for a rest."""
    pitch = item.find("pitch")
    if pitch is None:
        return None
    step = STEPS.get((pitch.findtext("step") or "").strip())
    octave = _number(pitch.findtext("octave"), reader)
    alter = _number(pitch.findtext("alter") or "0", reader)
    value = -1 if step is None else round(12 * (octave + 1) + step + alter + reader.transpose)
    if not 0 <= value <= 127:
        raise InputError(f"{reader.source}: holds a note that is out of range; export it again")
    return value


def _lyrics(item: Element) -> tuple[tuple[int, str], ...]:
    """Return the syllables of a note by verse, a hyphen after those whose word goes on."""
    found = []
    for order, lyric in enumerate(item.findall("lyric"), 1):
        texts = [(text.text or "").strip() for text in lyric.findall("text")]
        if not any(texts):
            continue
        goes_on = [s.text for s in lyric.findall("syllabic")][-1:] in (["begin"], ["middle"])
        digits = re.search(r"\d+", lyric.get("number") or "")
        verse = int(digits[0][:4]) if digits else order
        found.append((verse, " ".join(texts)[:80].rstrip("-") + "-" * goes_on))
    return tuple(found)


def _harmony(item: Element, reader: _Reader) -> str | None:
    """Return the sounding Harte symbol of a chord symbol, None for one that is of no known kind."""
    kind = (item.findtext("kind") or "major").strip()
    if kind == "none":
        return "N"
    root = _chord_note(item, "root", reader)
    if root is None or kind not in KINDS:
        return None
    flats = _number(item.findtext("root/root-alter") or "0", reader) < 0
    symbol = (FLAT_NAMES if flats else SHARP_NAMES)[root] + (f":{KINDS[kind]}" if KINDS[kind] else "")
    bass = _chord_note(item, "bass", reader)
    interval = None if bass is None else (bass - root) % 12
    return f"{symbol}/{BASS_DEGREES[interval]}" if interval in BASS_DEGREES else symbol


def _chord_note(item: Element, name: str, reader: _Reader) -> int | None:
    """Return the sounding pitch class of the root or the bass of a chord symbol."""
    step = STEPS.get((item.findtext(f"{name}/{name}-step") or "").strip())
    alter = round(_number(item.findtext(f"{name}/{name}-alter") or "0", reader))
    return None if step is None else (step + alter + reader.transpose) % 12


def _lay_out(
    order: Sequence[Played], bars: Sequence[_Bar], voice: str, source: str
) -> tuple[tuple[TuneNote, ...], tuple[Chord, ...], tuple[Marker, ...]]:
    """Return notes, chords and markers of the measures in playing order, a short first measure before beat 0."""
    notes: list[TuneNote] = []
    chords: list[tuple[float, str]] = []
    markers: list[Marker] = []
    first = bars[order[0].index]
    start = -first.length if 0.0 < first.length < first.nominal - 1e-6 and len(order) > 1 else 0.0
    sung_before: dict[int, int] = {}
    for played in order:
        bar = bars[played.index]
        sung_before[played.index] = verse = sung_before.get(played.index, 0) + 1
        for written in bar.notes:
            if written.voice == voice:
                _append(notes, written, start, verse, bar, source)
        chords += [(round(start + onset, 6), symbol) for onset, symbol in bar.chords]
        markers += [Marker(round(start + onset, 6), label) for onset, label in bar.markers]
        start += bar.length if bar.length > 0 else bar.nominal
        if len(notes) > MAX_NOTES:
            raise InputError(f"{source}: has more than {MAX_NOTES} notes; keep one song")
    known = sorted(dict(chords).items())
    ends = [*(onset for onset, _ in known[1:]), start][: len(known)]
    laid = tuple(
        Chord(onset, round(end - onset, 6), symbol)
        for (onset, symbol), end in zip(known, ends, strict=True)
        if end - onset > 1e-6
    )
    return _slurred(notes), laid, tuple(markers)


def _append(notes: list[TuneNote], written: _Written, start: float, verse: int, bar: _Bar, source: str) -> None:
    """Add a note to the tune, or its length to the note it is tied to."""
    onset = round(start + written.onset, 6)
    if notes and written.tied_to and notes[-1].pitch == written.pitch and abs(notes[-1].end - onset) < 1e-4:
        notes[-1] = replace(
            notes[-1], duration=round(round(start + written.onset + written.duration, 6) - notes[-1].onset, 6)
        )
        return
    if notes and onset < notes[-1].end - 1e-4:
        raise InputError(f"{source}: two notes of the melody sound at once in bar {bar.number}; keep one voice")
    end = round(start + written.onset + written.duration, 6)
    words = dict(written.lyrics)
    lyric = words.get(verse, words.get(min(words)) if words else None)
    notes.append(TuneNote(onset, round(end - onset, 6), written.pitch, lyric))


def _slurred(notes: Sequence[TuneNote]) -> tuple[TuneNote, ...]:
    """Mark the notes that continue a syllable: those without one of their own that follow it without a rest."""
    if not any(note.lyric is not None for note in notes):
        return tuple(notes)
    result: list[TuneNote] = []
    for k, note in enumerate(notes):
        before = result[-1] if k else None
        joined = before is not None and (before.lyric is not None or before.slur) and note.onset - before.end < 0.05
        result.append(replace(note, slur=note.lyric is None and joined))
    return tuple(result)
