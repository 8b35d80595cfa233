"""How notes fit their chords and the key: read from the score alone.

Strong beats are the first of a bar and, where a bar has two halves, its middle (beat 2 of 4/4, 1.5 of 6/8).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from songsmith.keyfinding import estimate_key
from songsmith.plan import Chord
from songsmith.score import Note
from songsmith.song import Song
from songsmith.theory import Key, parse_chord
from songsmith.timeline import Meter

LONG_BEATS = 0.5
_ON_GRID_BEATS = 0.02


def harmony(song: Song) -> dict[str, float]:
    """Return how the notes fit the harmony.

    `accompaniment_chord_tones` is the share of chord tones among pitched accompaniment notes on beats,
    `melody_chord_tones` among melody notes on strong beats; a share is 1 where there is no such note, and the
    counts say so. `clashing_time` is the share of sung time on notes of half a beat or longer that stand a
    semitone from a tone of their chord without being one. `key_agreement` compares the key that the notes
    sound in with the plan's (see `key_agreement`).
    """
    meter = Meter.parse(song.plan.meter)
    half = meter.beats_per_bar / 2.0 if meter.pulses_per_bar % 2 == 0 else float(meter.beats_per_bar)
    notes = [(note.onset, note.pitch) for part in song.parts if not part.is_drum for note in part.notes]
    accompaniment, played = chord_tone_share(notes, song.chords, 1.0)
    melody, sung = chord_tone_share([(note.onset, note.pitch) for note in song.notes], song.chords, half)
    heard = estimate_key(pitch_class_weights(song))
    return {
        "accompaniment_chord_tones": round(accompaniment, 3),
        "accompaniment_notes_on_beats": played,
        "melody_chord_tones": round(melody, 3),
        "melody_notes_on_strong_beats": sung,
        "clashing_time": round(clashing_time(song.notes, song.chords), 3),
        "key_agreement": key_agreement(Key.parse(song.plan.key), heard) if heard else 0.0,
    }


def chord_tone_share(
    notes: Sequence[tuple[float, int]], chords: Sequence[Chord], grid_beats: float
) -> tuple[float, int]:
    """Return the share of notes (onset in beats, pitch) on a grid that belong to their chord, and their number.

    Notes off the grid, and those where no chord sounds, are not counted.
    """
    tones = {symbol: parse_chord(symbol) for symbol in {chord.symbol for chord in chords}}
    onsets = np.asarray([chord.onset for chord in chords])
    good = total = 0
    for onset, pitch in notes:
        steps = onset / grid_beats
        index = int(np.searchsorted(onsets, onset + 1e-6, side="right")) - 1
        if abs(steps - round(steps)) > _ON_GRID_BEATS or index < 0 or onset >= chords[index].end - 1e-6:
            continue
        chord = tones[chords[index].symbol]
        if chord is not None:
            total += 1
            good += pitch % 12 in chord.tones
    return (good / total if total else 1.0), total


def clashing_time(notes: Sequence[Note], chords: Sequence[Chord]) -> float:
    """Return the share of sung beats spent on long notes a semitone beside a chord tone, 0 where nothing is sung.

    Notes shorter than half a beat pass too quickly to clash.
    """
    clash = total = 0.0
    for note in notes:
        for chord in chords:
            beats = min(note.end, chord.end) - max(note.onset, chord.onset)
            tones = parse_chord(chord.symbol) if beats > 0.0 else None
            if tones is None:
                continue
            total += beats
            pc = note.pitch % 12
            beside = (pc + 1) % 12 in tones.tones or (pc - 1) % 12 in tones.tones
            if beats >= LONG_BEATS and pc not in tones.tones and beside:
                clash += beats
    return clash / total if total else 0.0


def pitch_class_weights(song: Song) -> npt.NDArray[np.float64]:
    """Return how much each pitch class is heard, `[12]`: beats in the pitched parts, those of the melody twice.

    The lowest note of the last bar, where music comes to rest, counts as a tenth of everything.
    """
    weights = np.zeros(12)
    played = [note for part in song.parts if not part.is_drum for note in part.notes]
    for note in played:
        weights[note.pitch % 12] += note.duration
    for sung in song.notes:
        weights[sung.pitch % 12] += 2.0 * sung.duration
    end = max((note.onset + note.duration for note in played), default=0.0)
    last = [note.pitch for note in played if note.onset + note.duration > end - 1.0]
    if last:
        weights[min(last) % 12] += 0.1 * weights.sum()
    return weights


def key_agreement(asked: Key, heard: Key) -> float:
    """Return how near two keys are: 1 the same, 0.5 a fifth apart, 0.3 relatives, 0.2 parallels, else 0.

    Other modes count as major or minor by their third. Source: the key task of MIREX.
    """
    same_mode = asked.is_minor == heard.is_minor
    apart = (heard.tonic - asked.tonic) % 12
    if same_mode:
        return {0: 1.0, 7: 0.5, 5: 0.5}.get(apart, 0.0)
    if apart == 0:
        return 0.2
    return 0.3 if apart == (3 if asked.is_minor else 9) else 0.0
