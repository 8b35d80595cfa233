"""`song.mid`: the melody with its words, every further voice and every accompaniment part on its own track.

Type 1, 960 ticks a beat. The first track holds tempo, meter, key, section markers and, as texts, chords in Harte
syntax; where the timeline is not steady, every beat has its own tempo. MIDI knows major and minor only: a mode has
the signature of its notes, and its name as a text. A syllable is a lyric event at its first note; a hyphen at its
end says that the word goes on (so karaoke players and score editors join them), and the later notes of a melisma
have none.

Source: MMA RP-017, "SMF Lyric Meta Event Definition", for lyrics; "Standard MIDI Files 1.0" for the rest.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from lyrics.values import Lyrics
from songsmith.errors import InputError
from songsmith.export.sungwords import sung_words
from songsmith.score import Note
from songsmith.song import Song
from songsmith.theory import Key
from songsmith.timeline import Meter, Timeline

TICKS_PER_BEAT = 960
MELODY_CHANNEL = 0
MELODY_PROGRAM = 52  # choir aahs, as the other voices have
MELODY_VELOCITY = 90
DRUM_CHANNEL = 9
PITCHED_CHANNELS = tuple(channel for channel in range(1, 16) if channel != DRUM_CHANNEL)
STEADY_TOLERANCE_S = 0.0005

Event = tuple[int, int, Any]  # tick, rank among events of the same tick, message


def song_to_midi(song: Song) -> bytes:
    """Return the bytes of `song.mid`."""
    import mido

    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, charset="utf-8")
    file.tracks.append(_conductor_track(song))
    file.tracks.append(_sung_track("melody", song.lyrics, song.notes, MELODY_CHANNEL))
    pitched = sum(not part.is_drum for part in song.parts)
    if pitched > len(PITCHED_CHANNELS):
        raise InputError(f"{pitched} pitched parts do not fit into a MIDI file: {len(PITCHED_CHANNELS)} do")
    # Voices take the channels that the parts leave, from the last one down; with none left they share the last.
    free = PITCHED_CHANNELS[pitched:][::-1] or PITCHED_CHANNELS[-1:]
    for index, voice in enumerate(song.voices):
        file.tracks.append(_sung_track(voice.name, voice.lyrics, voice.notes, free[index % len(free)]))
    channels = iter(PITCHED_CHANNELS)
    for part in song.parts:
        channel = DRUM_CHANNEL if part.is_drum else next(channels)
        notes = [(note.onset, note.duration, note.pitch, note.velocity) for note in part.notes]
        program = mido.Message("program_change", channel=channel, program=part.program)
        file.tracks.append(_track(part.name, [(0, 0, program), *_note_events(notes, channel)]))
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


def beat_to_tick(beat: float) -> int:
    """Return the nearest tick."""
    return round(beat * TICKS_PER_BEAT)


def _conductor_track(song: Song) -> Any:
    import mido

    meter, key = Meter.parse(song.plan.meter), Key.parse(song.plan.key)
    major, minor = key.spell(key.relative_major), key.spell((key.relative_major + 9) % 12)
    events: list[Event] = [
        (0, 0, mido.MetaMessage("time_signature", numerator=meter.numerator, denominator=meter.denominator)),
        (0, 0, mido.MetaMessage("key_signature", key=f"{minor}m" if key.is_minor else major)),
    ]
    if key.mode not in ("major", "minor"):
        events.append((0, 0, mido.MetaMessage("text", text=str(key))))
    for tick, tempo in _tempos(song.timeline):
        events.append((tick, 1, mido.MetaMessage("set_tempo", tempo=tempo)))
    for section in song.plan.sections:
        tick = beat_to_tick(section.bar * meter.beats_per_bar)
        events.append((tick, 2, mido.MetaMessage("marker", text=section.label)))
    for chord in song.chords:
        events.append((beat_to_tick(chord.onset), 3, mido.MetaMessage("text", text=chord.symbol)))
    return _track(song.title, events)


def _tempos(timeline: Timeline) -> Iterable[tuple[int, int]]:
    """Yield ticks and microseconds a beat: once where the timeline is steady, else at every beat.

    The whole microseconds of a beat are counted from where the file's own clock stands, so that rounding
    does not add up.
    """
    beats = timeline.beats
    even = (beats[-1] - beats[0]) / (len(beats) - 1)
    if all(abs(beats[0] + even * i - beat) < STEADY_TOLERANCE_S for i, beat in enumerate(beats)):
        yield 0, round(even * 1e6)
        return
    clock_us, before = round(beats[0] * 1e6), None
    for index, (_, end) in enumerate(pairwise(beats)):
        tempo = max(1, round(end * 1e6) - clock_us)
        clock_us += tempo
        if tempo != before:
            yield index * TICKS_PER_BEAT, tempo
        before = tempo


def _sung_track(name: str, lyrics: Lyrics, notes: Sequence[Note], channel: int) -> Any:
    """Return the track of a voice: its notes, and its syllables at the first note of each."""
    import mido

    program = mido.Message("program_change", channel=channel, program=MELODY_PROGRAM)
    events: list[Event] = [(0, 0, program)]
    for note, sung in zip(notes, sung_words(lyrics, notes), strict=True):
        if sung.text:
            text = sung.text + ("-" if sung.syllabic in ("begin", "middle") else "")
            events.append((beat_to_tick(note.onset), 2, mido.MetaMessage("lyrics", text=text)))
    spans = [(note.onset, note.duration, note.pitch, MELODY_VELOCITY) for note in notes]
    return _track(name, [*events, *_note_events(spans, channel)])


def _note_events(notes: list[tuple[float, float, int, int]], channel: int) -> list[Event]:
    """Return note-on and note-off events of (onset, duration, pitch, velocity) in beats.

    A channel can sound a pitch only once at a time: a note that is struck again ends there.
    """
    import mido

    events: list[Event] = []
    spans = sorted(
        (beat_to_tick(on), max(beat_to_tick(on) + 1, beat_to_tick(on + dur)), p, v) for on, dur, p, v in notes
    )
    following: dict[int, int] = {}
    for start, end, pitch, velocity in reversed(spans):
        if following.get(pitch) == start:
            continue  # the same note twice
        end = min(end, following.get(pitch, end))
        following[pitch] = start
        events.append((start, 3, mido.Message("note_on", channel=channel, note=pitch, velocity=velocity)))
        events.append((end, 1, mido.Message("note_off", channel=channel, note=pitch, velocity=0)))
    return events


def _track(name: str, events: Iterable[Event]) -> Any:
    """Return a track of events in order of time, then rank, then pitch."""
    import mido

    track = mido.MidiTrack([mido.MetaMessage("track_name", name=name, time=0)])
    now = 0
    for tick, _, message in sorted(events, key=lambda e: (e[0], e[1], getattr(e[2], "note", 0))):
        message.time = tick - now
        track.append(message)
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=0))
    return track
