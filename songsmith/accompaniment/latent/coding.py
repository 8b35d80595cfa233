"""Notes to codes and back, with the coders."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from songsmith.accompaniment.latent.conditions import Conditions
from songsmith.accompaniment.latent.plain import CHORD_FEATURES, PITCHED_PARTS, PlainCoders, code_shape
from songsmith.accompaniment.latent.rolls import (
    BEATS,
    LENGTHS,
    PARTS,
    TICKS_PER_BEAT,
    BeatNotes,
    chord_features,
    from_beats,
    to_beats,
)

LONGEST_LOG = 6.6
"""About the logarithm to base 2 of the longest of `LENGTHS`: what the encoder sees of lengths is divided by it."""

OWN = 0.2
"""What the very length counts beside those within a tick of it: it decides between neighbours."""

_TICKS = np.asarray(LENGTHS, np.float32)
_NEAR = (np.abs(_TICKS[:, None] - _TICKS[None, :]) <= 1) + OWN * np.eye(len(LENGTHS))


def note_channels(length: NDArray[np.int64], velocity: NDArray[np.float32], channels: int) -> NDArray[np.float32]:
    """Return what the encoder sees of notes, [notes, channels].

    That they start, how strong, how long, and where the length stands in turns of half a beat and of two, so that
    neighbouring lengths are told apart; drums have the first three.
    """
    ticks = _TICKS[length]
    angle = 2.0 * np.pi * ticks[:, None] / np.asarray([6.0, 24.0], np.float32)
    plain = np.stack([np.ones_like(ticks), velocity, np.log2(ticks) / LONGEST_LOG], axis=-1)
    found = np.concatenate([plain, np.sin(angle), np.cos(angle)], axis=-1)[:, :channels]
    return np.asarray(found, np.float32)


def likely_lengths(logits: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the likeliest lengths, [notes] indices of `LENGTHS`, where one within a tick counts as right, too.

    Parameters
    ----------
    logits : [notes, lengths], as `BeatCoder.notes` gives them
    """
    odds = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray((odds @ _NEAR).argmax(axis=1), np.int64)


def encode(
    coders: PlainCoders, notes: NDArray[np.int16], chords: NDArray[np.int8], tonic: int, beats: int
) -> NDArray[np.float32]:
    """Return the codes of the bars of a song, of mean 0 and deviation 1, [bars, 5 * 4 * code]; 0 where a part rests.

    Parameters
    ----------
    notes : [notes, 6] bar, part, tick, pitch, ticks, velocity
    chords, tonic : see `Conditions`
    beats : in a bar
    """
    bars = len(chords)
    roots, tones = chord_features(chords, tonic)
    own = to_beats(notes, roots)
    found = np.zeros(code_shape(bars, coders.code), np.float32)
    plays = np.zeros((bars, len(PARTS)), bool)
    plays[own.beat // BEATS // len(PARTS), own.beat // BEATS % len(PARTS)] = True
    for part in range(len(PARTS)):
        network = coders.pitched if part else coders.drums
        at = np.flatnonzero(plays[:, part])
        if not len(at):
            continue
        slot = np.full(bars * BEATS, -1)
        slot[(at[:, None] * BEATS + np.arange(beats)).reshape(-1)] = np.arange(len(at) * beats)
        mine = own.beat // BEATS % len(PARTS) == part
        beat = slot[own.beat[mine] // (BEATS * len(PARTS)) * BEATS + own.beat[mine] % BEATS]
        rolls = np.zeros((len(at) * beats, TICKS_PER_BEAT, network.rows, network.channels), np.float32)
        rolls[beat, own.tick[mine], own.row[mine]] = note_channels(
            own.length[mine], own.velocity[mine], network.channels
        )
        mean = network.encode(rolls, _extra(part, tones[at, :beats].reshape(-1, CHORD_FEATURES)))
        mean = (mean - coders.mean[part]) / coders.deviation[part]
        found[at, part, :beats] = mean.reshape(len(at), beats, -1)
    return found.reshape(bars, -1)


def decode(
    coders: PlainCoders, codes: NDArray[np.float32], asked: Conditions, thresholds: tuple[float, ...]
) -> NDArray[np.int16]:
    """Return the notes of codes, [notes, 6], where `asked.plays`; `thresholds` are probabilities, one a part."""
    bars, beats = len(codes), asked.beats
    roots, tones = chord_features(asked.chords, asked.tonic)
    code = codes.reshape(code_shape(bars, coders.code))
    pieces: list[tuple[NDArray[np.int64], ...]] = []
    velocities: list[NDArray[np.float32]] = []
    for part in range(len(PARTS)):
        network = coders.pitched if part else coders.drums
        at = np.flatnonzero(asked.plays[:, part])
        if not len(at):
            continue
        own = code[at, part, :beats].reshape(len(at) * beats, -1)
        own = own * coders.deviation[part] + coders.mean[part]
        logits, columns, hidden = network.decode(own, _extra(part, tones[at, :beats].reshape(-1, CHORD_FEATURES)))
        cut = float(np.log(thresholds[part] / (1.0 - thresholds[part])))
        place, tick, row = (logits > cut).nonzero()
        lengths, strength = network.notes(columns, hidden, place, tick, row)
        index = (at[place // beats] * len(PARTS) + part) * BEATS + place % beats
        length = likely_lengths(lengths) if part else np.zeros(len(place), np.int64)
        pieces.append((index, tick, row, length))
        velocities.append(strength)
    if not pieces:
        return np.zeros((0, 6), np.int16)
    index, tick, row, length = (np.concatenate(values) for values in zip(*pieces, strict=True))
    return from_beats(BeatNotes(index, tick, row, length, np.concatenate(velocities)), roots)


def _extra(part: int, tones: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what the coder of a part knows of beats: their chords and which part it is; nothing for the drums."""
    if part == 0:
        return np.zeros((len(tones), 0), np.float32)
    which = np.zeros((len(tones), PITCHED_PARTS), np.float32)
    which[:, part - 1] = 1.0
    return np.concatenate([tones, which], axis=1)
