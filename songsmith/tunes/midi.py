"""A tune out of a MIDI file: the track with the words, the one that is named so, or the most melodic one."""

from __future__ import annotations

import io
import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from songsmith.errors import InputError
from songsmith.plan import Chord
from songsmith.theory import Key, parse_chord
from songsmith.tunes.tune import MAX_NOTES, SHORTEST_BEATS, Marker, Tune, TuneNote, usable_meter, without_overlaps

DRUM_CHANNEL = 9
NAMED = re.compile(r"melod|vocal|voice|\blead\b|\bsing|\bvox\b|\btune\b|canto|gesang", re.IGNORECASE)
NEAR_BEATS = 0.06
"""A syllable belongs to a note that starts this near to it."""

TEMPO_TOLERANCE = 0.01
MAX_LYRICS = 2 * MAX_NOTES
LEAST_CHORD_TONES = 0.6
"""Share of a melody on tones of the chords that bare letters name, for them to be chords; 3 of 7 is chance."""

_BROKEN = (OSError, EOFError, ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError)
"""What `mido` raises for broken files besides its error for key signatures."""


@dataclass(slots=True)
class _Voice:
    """The notes of one channel of one track."""

    track: int
    channel: int
    name: str
    notes: list[TuneNote] = field(default_factory=list)

    def describe(self) -> str:
        return f"track {self.track + 1}" + (f" ({self.name!r})" if self.name else "")


@dataclass(slots=True)
class _Events:
    """What a file says besides its notes, in beats."""

    voices: list[_Voice] = field(default_factory=list)
    lyrics: list[tuple[float, str]] = field(default_factory=list)
    lyric_tracks: set[int] = field(default_factory=set)
    tempi: list[tuple[float, float]] = field(default_factory=list)
    meters: list[tuple[float, int, int]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    markers: list[Marker] = field(default_factory=list)
    chords: list[tuple[float, str]] = field(default_factory=list)
    end: float = 0.0


def tune_from_midi(data: bytes, source: str) -> Tune:
    """Return the tune of the bytes of a type 0 or type 1 MIDI file; `source` names it in messages."""
    file = _open(data, source)
    if file.type == 2:
        raise InputError(f"{source}: is a type 2 MIDI file of separate patterns; export it as type 1")
    if file.ticks_per_beat <= 0 or file.ticks_per_beat >= 0x8000:
        raise InputError(f"{source}: counts in SMPTE frames, not in beats; export it with ticks a quarter note")
    events = _collect(file, source)
    remarks: list[str] = []
    meter = _meter(events, source, remarks)
    voice = _choose(events, source, remarks)
    if len(voice.notes) > MAX_NOTES:
        raise InputError(
            f"{source}: the melody, {voice.describe()}, has {len(voice.notes)} notes; at most {MAX_NOTES} are read: "
            "keep one song"
        )
    beats_per_bar = {"4/4": 4.0, None: 4.0}.get(meter, 3.0)
    notes = without_overlaps(voice.notes, source, beats_per_bar)
    notes = _with_lyrics(notes, events.lyrics)
    return Tune(
        source=source,
        notes=notes,
        tempo=_tempo(events, notes, remarks),
        meter=meter,
        key=_key(events.keys, notes, remarks),
        chords=_chords(events, notes, remarks),
        markers=tuple(events.markers),
        barred=False,
        remarks=tuple(remarks),
    )


def _open(data: bytes, source: str) -> Any:
    """Return the parsed file, its texts read as UTF-8 or else as Latin-1."""
    import mido

    broken: Exception | None = None
    for charset in ("utf-8", "latin1"):
        try:
            return mido.MidiFile(file=io.BytesIO(data), clip=True, charset=charset)
        except UnicodeDecodeError as err:
            broken = err
        except (*_BROKEN, mido.KeySignatureError) as err:
            broken = err
            break
    reason = " ".join(str(broken).split())[:120] or "it ends too early"
    raise InputError(f"{source}: is not a readable MIDI file ({reason}); export it again") from broken


def _collect(file: Any, source: str) -> _Events:
    """Return the events of all tracks, their ticks turned into beats."""
    events = _Events()
    for number, track in enumerate(file.tracks):
        tick = 0
        voices: dict[int, _Voice] = {}
        held: dict[tuple[int, int], int] = {}
        for message in track:
            tick += message.time
            beat = tick / file.ticks_per_beat
            if message.is_meta:
                _meta(events, message, beat, number, source)
            elif message.type in ("note_on", "note_off") and message.channel != DRUM_CHANNEL:
                voice = voices.setdefault(message.channel, _Voice(number, message.channel, track.name.strip()[:60]))
                started = held.pop((message.channel, message.note), None)
                if started is not None and tick > started:
                    _add(voice, started, tick, message.note, file.ticks_per_beat)
                if message.type == "note_on" and message.velocity > 0:
                    held[message.channel, message.note] = tick
        for (channel, pitch), started in held.items():
            if tick > started:
                _add(voices[channel], started, tick, pitch, file.ticks_per_beat)
        events.end = max(events.end, tick / file.ticks_per_beat)
        events.voices.extend(voice for voice in voices.values() if voice.notes)
    events.lyrics.sort(key=lambda row: row[0])
    events.markers.sort(key=lambda marker: marker.onset)
    return events


def _add(voice: _Voice, start: int, end: int, pitch: int, ticks_per_beat: int) -> None:
    onset = round(start / ticks_per_beat, 6)
    duration = max(round(end / ticks_per_beat, 6) - onset, SHORTEST_BEATS)
    voice.notes.append(TuneNote(onset, round(duration, 6), pitch))


def _meta(events: _Events, message: Any, beat: float, track: int, source: str) -> None:
    """Note a meta event."""
    if message.type == "set_tempo" and message.tempo > 0:
        events.tempi.append((beat, 60e6 / message.tempo))
    elif message.type == "time_signature":
        events.meters.append((beat, message.numerator, message.denominator))
    elif message.type == "key_signature":
        events.keys.append(message.key)
    elif message.type == "lyrics" or (message.type == "text" and message.text[:1] in ("\\", "/")):
        if len(events.lyrics) >= MAX_LYRICS:
            raise InputError(f"{source}: has more than {MAX_LYRICS} syllables; keep one song")
        events.lyrics.append((beat, message.text[:80]))
        events.lyric_tracks.add(track)
    elif message.type in ("marker", "cue_marker") and message.text.strip():
        events.markers.append(Marker(round(beat, 6), message.text.strip()[:80]))
    elif message.type == "text" and (symbol := _chord_symbol(message.text)) is not None:
        events.chords.append((round(beat, 6), symbol))


def _chord_symbol(text: str) -> str | None:
    """Return the Harte symbol of a text event that is one, None for any other text."""
    try:
        parse_chord(text.strip())
    except InputError:
        return None
    return text.strip()


def _chords(events: _Events, notes: Sequence[TuneNote], remarks: list[str]) -> tuple[Chord, ...]:
    """Return the chords of the file's texts, each lasting until the next, and say so; none where they are no chords.

    One alone is taken for a stray text. Letters and nothing else may be rehearsal marks: they are chords only where
    the notes fit them.
    """
    rows = sorted(dict(events.chords).items())
    if len(rows) < 2:
        return ()
    if all(re.fullmatch("[A-G]", symbol) for _, symbol in rows):
        share = _chord_tones(rows, notes)
        if share < LEAST_CHORD_TONES:
            remarks.append(
                f"the texts {', '.join(dict.fromkeys(symbol for _, symbol in rows))} are not taken for chords: "
                f"only {100 * share:.0f} % of the melody fits them"
            )
            return ()
    remarks.append(f"the {len(rows)} chords are those that texts of the file name")
    ends = [beat for beat, _ in rows[1:]] + [max(events.end, rows[-1][0] + 1.0)]
    return tuple(Chord(beat, round(end - beat, 6), symbol) for (beat, symbol), end in zip(rows, ends, strict=True))


def _chord_tones(rows: Sequence[tuple[float, str]], notes: Sequence[TuneNote]) -> float:
    """Return the share of the melody, by duration, on tones of the chord it begins in; 0 where it is in none."""
    tones = [parse_chord(symbol) for _, symbol in rows]
    starts = [beat for beat, _ in rows]
    fits = total = 0.0
    for note in notes:
        place = bisect_right(starts, note.onset + NEAR_BEATS) - 1
        chord = tones[place] if place >= 0 else None
        if chord is not None:
            total += note.duration
            fits += note.duration * (note.pitch % 12 in chord.tones)
    return fits / total if total else 0.0


def _meter(events: _Events, source: str, remarks: list[str]) -> str | None:
    """Return the first meter; one that changes later is told."""
    if not events.meters:
        return None
    rows = sorted(events.meters)
    meter, remark = usable_meter(rows[0][1], rows[0][2], source)
    if remark:
        remarks.append(remark)
    if any(row[1:] != rows[0][1:] for row in rows):
        remarks.append(f"the meter changes in the file: its bars are counted in {meter} throughout")
    return meter


def _tempo(events: _Events, notes: Sequence[TuneNote], remarks: list[str]) -> float | None:
    """Return the tempo of the file, the mean over the melody where it changes."""
    if not events.tempi:
        return None
    rows = sorted(events.tempi)
    first, last = notes[0].onset, notes[-1].end
    minutes = 0.0
    for k, (beat, tempo) in enumerate(rows):
        start = first if k == 0 else max(first, beat)
        end = last if k + 1 == len(rows) else min(last, rows[k + 1][0])
        minutes += max(0.0, end - start) / tempo
    mean = (last - first) / minutes
    used = [tempo for k, (_, tempo) in enumerate(rows) if k + 1 == len(rows) or rows[k + 1][0] > first]
    if max(used) / min(used) > 1.0 + TEMPO_TOLERANCE:
        mean = round(mean, 1)
        remarks.append(f"the tempo changes in the file: its mean, {mean:g} BPM, is kept throughout")
    return round(mean, 3)


def _key(named: Sequence[str], notes: Sequence[TuneNote], remarks: list[str]) -> str | None:
    """Return the key signature of the file where the notes bear it out."""
    if not named:
        return None
    key = Key.parse(named[0])
    total = sum(note.duration for note in notes)
    inside = sum(note.duration for note in notes if note.pitch % 12 in key.scale)
    if inside < 0.9 * total:
        remarks.append(f"the file says {key}, but the notes do not: the key is taken from them")
        return None
    return str(key)


def _choose(events: _Events, source: str, remarks: list[str]) -> _Voice:
    """Return the voice that is the melody, and say why where there is a choice."""
    voices = events.voices
    if not voices:
        raise InputError(f"{source}: has no notes to sing; give a file with a melody")
    if len(voices) == 1:
        return voices[0]
    reason = ""
    if events.lyrics:
        own = [voice for voice in voices if voice.track in events.lyric_tracks] or voices
        best = max(own, key=lambda voice: (round(_at_lyrics(voice, events.lyrics), 2), _melodic(voice)))
        if _at_lyrics(best, events.lyrics) >= 0.6:
            reason = "it has the words"
    if not reason:
        named = [voice for voice in voices if NAMED.search(voice.name)]
        if named:
            best, reason = max(named, key=_melodic), "it is named so"
        else:
            best, reason = max(voices, key=_melodic), "it is the most melodic"
    remarks.append(f"the melody is {best.describe()} of {len(voices)} voices: {reason}")
    return best


def _at_lyrics(voice: _Voice, lyrics: Sequence[tuple[float, str]]) -> float:
    """Return how well the onsets of a voice and the syllables agree: the F-measure of one found in the other."""
    onsets = {round(note.onset / NEAR_BEATS) for note in voice.notes}
    hits = sum(any(round(beat / NEAR_BEATS) + d in onsets for d in (-1, 0, 1)) for beat, _ in lyrics)
    return 2.0 * hits / (len(lyrics) + len(voice.notes))


def _melodic(voice: _Voice) -> tuple[float, float, int]:
    """Return how much a voice is like a melody: one note at a time, in a singer's range, going on for long."""
    ordered = sorted(voice.notes, key=lambda note: note.onset)
    alone = sum(b.onset >= a.end - 0.13 for a, b in pairwise(ordered))
    monophony = alone / max(1, len(ordered) - 1)
    mean = sum(note.pitch for note in ordered) / len(ordered)
    in_range = max(0.0, 1.0 - abs(mean - 66.0) / 24.0)
    repeated = sum(a.pitch == b.pitch for a, b in pairwise(ordered)) / max(1, len(ordered) - 1)
    length = min(1.0, sum(note.duration for note in ordered) / 32.0)
    score = 2.0 * monophony + in_range - 0.5 * repeated + length
    return round(score, 6), mean, -voice.track


def _with_lyrics(notes: tuple[TuneNote, ...], lyrics: list[tuple[float, str]]) -> tuple[TuneNote, ...]:
    """Return the notes with their syllables, a hyphen after those whose word goes on.

    Files write words in two ways: hyphens inside words, or blanks between them (karaoke, where `\\` and `/` begin
    lines). A note without a syllable that follows without a rest continues the one before.
    """
    texts = _hyphenated([text for _, text in lyrics])
    at: dict[int, str] = {}
    places = [note.onset for note in notes]
    for (beat, _), text in zip(lyrics, texts, strict=True):
        if not text:
            continue
        after = bisect_left(places, beat)
        near = min(range(max(0, after - 1), min(len(places), after + 1)), key=lambda k: (abs(places[k] - beat), k))
        if abs(places[near] - beat) <= NEAR_BEATS and near not in at:
            at[near] = text
    if not at:
        return notes
    result: list[TuneNote] = []
    for k, note in enumerate(notes):
        joined = k > 0 and note.onset - notes[k - 1].end < 0.05 and (result[-1].slur or k - 1 in at)
        result.append(TuneNote(note.onset, note.duration, note.pitch, at.get(k), k not in at and joined))
    return tuple(result)


def _hyphenated(texts: list[str]) -> list[str]:
    """Return syllables in the way that marks with a hyphen where a word goes on; empty for what is no syllable."""
    plain = [re.sub(r"^[\\/]|[\r\n]", " ", text) for text in texts]
    if any(text.strip().endswith("-") for text in plain) or not any(text != text.strip() for text in plain):
        return [text.strip() if text.strip("-_ +") else "" for text in plain]
    marked = []
    for text, after in zip(plain, [*plain[1:], " "], strict=True):
        goes_on = bool(text.strip()) and not text[-1:].isspace() and not after[:1].isspace() and bool(after.strip())
        marked.append(text.strip() + "-" * goes_on if text.strip("-_ +") else "")
    return marked
