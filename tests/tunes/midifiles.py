"""MIDI files written for the tests."""

from __future__ import annotations

import io
from collections.abc import Sequence

import mido

TICKS = 480


def track(
    notes: Sequence[tuple[float, float, int]], name: str = "", channel: int = 0, **metas: object
) -> mido.MidiTrack:
    """Return a track of (onset, duration, pitch) in beats; metas are lists of (beat, keywords) by type."""
    events: list[tuple[int, int, mido.Message | mido.MetaMessage]] = []
    for kind, rows in metas.items():
        for beat, values in rows:  # type: ignore[attr-defined]
            events.append((round(beat * TICKS), 0, mido.MetaMessage(kind, **values)))
    for onset, duration, pitch in notes:
        on = mido.Message("note_on", note=pitch, velocity=90, channel=channel)
        off = mido.Message("note_off", note=pitch, channel=channel)
        events += [(round(onset * TICKS), 2, on), (round((onset + duration) * TICKS), 1, off)]
    result = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
    now = 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        result.append(message.copy(time=tick - now))
        now = tick
    return result


def midi(*tracks: mido.MidiTrack) -> bytes:
    """Return the bytes of a type 1 file."""
    out = io.BytesIO()
    mido.MidiFile(type=1, ticks_per_beat=TICKS, tracks=list(tracks)).save(file=out)
    return out.getvalue()
