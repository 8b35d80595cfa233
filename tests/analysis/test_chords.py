"""Chords and keys out of chances whose truth is known, and of sounds that a listener would agree on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songsmith.analysis.chords import HeardChords, follow_chords, hear_chords, write_chords
from songsmith.analysis.classes import CHORDS, NO_CHORD, QUALITIES
from songsmith.analysis.features import RATE, levelled, pitch_spectrogram
from songsmith.analysis.key import find_key
from songsmith.theory import Key, parse_chord
from songsmith.timeline import Meter, Timeline
from songsmith.units import midi_to_hz

FOUR = Meter.parse("4/4")


def heard(classes: list[int], sure: float = 0.6, bass: list[int] | None = None) -> HeardChords:
    """Return chances that say these classes, one a half beat."""
    chords = np.full((len(classes), CHORDS), (1.0 - sure) / (CHORDS - 1))
    chords[np.arange(len(classes)), classes] = sure
    low = np.full((len(classes), 13), 0.01)
    low[np.arange(len(classes)), bass or [c // len(QUALITIES) if c != NO_CHORD else 12 for c in classes]] = 0.9
    return HeardChords(chords, low, np.full((len(classes), 12), 0.5))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, CHORDS - 1), min_size=2, max_size=8))
def test_bars_of_one_chord_each_come_back_and_tile(classes: list[int]) -> None:
    steps = [c for c in classes for _ in range(8)]
    timeline = Timeline.steady(100.0, 4 * len(classes), 4)
    chances = heard(steps)
    path = follow_chords(chances, timeline, FOUR)
    assert path.tolist() == steps
    chords = write_chords(path, chances, Key.parse("Eb major"))
    assert chords[0].onset == 0.0
    assert sum(c.duration for c in chords) == pytest.approx(4.0 * len(classes))
    for chord in chords:
        number = classes[int(chord.onset // 4)]
        tones = parse_chord(chord.symbol)
        assert (tones is None) == (number == NO_CHORD)
        assert tones is None or tones.root == number // len(QUALITIES)


def test_one_wrong_half_beat_is_no_chord() -> None:
    steps = [0] * 16
    steps[5] = 30
    path = follow_chords(heard(steps), Timeline.steady(100.0, 8, 4), FOUR)
    assert set(path.tolist()) == {0}


def test_the_bass_is_written() -> None:
    chances = heard([0] * 16, bass=[4] * 16)
    path = follow_chords(chances, Timeline.steady(100.0, 8, 4), FOUR)
    assert write_chords(path, chances, Key.parse("C major"))[0].symbol == "C/3"


def triads(pitches: list[tuple[int, ...]], seconds: float) -> np.ndarray:
    """Return organ-like chords, one after the other."""
    pieces = []
    for chord in pitches:
        times = np.arange(int(seconds * RATE)) / RATE
        tone = sum(
            np.sin(2 * np.pi * h * float(midi_to_hz(float(p))) * times) / h**1.5 for p in chord for h in range(1, 7)
        )
        pieces.append(tone * np.minimum(1.0, (seconds - times) / 0.05) * np.minimum(1.0, times / 0.01))
    return levelled(np.concatenate(pieces).astype(np.float32))


def test_plain_triads_are_heard() -> None:
    """Six triads with their bass, as anyone would name them."""
    named = ["C", "A:min", "F", "G", "E:min", "D:min"]
    notes = []
    for name in named:
        tones = parse_chord(name)
        assert tones is not None
        notes.append((36 + tones.root, *(60 + t for t in tones.tones)))
    sound = triads(notes * 2, 2.0)
    timeline = Timeline.steady(120.0, 48, 4)
    chances = hear_chords(pitch_spectrogram(sound), timeline)
    path = follow_chords(chances, timeline, FOUR)
    roots = [int(c) // len(QUALITIES) for c in path[3::8]]
    wanted = [parse_chord(name) for name in named * 2]
    right = sum(w is not None and w.root == r for w, r in zip(wanted, roots, strict=True))
    assert right >= 10


def test_the_key_of_a_cadence() -> None:
    def number(root: int, quality: str) -> int:
        return root * len(QUALITIES) + QUALITIES.index(quality)

    for tonic in range(12):
        path = np.repeat(
            [number(tonic, "maj"), number((tonic + 5) % 12, "maj"), number((tonic + 7) % 12, "maj"),
             number(tonic, "maj")], 8
        )  # fmt: skip
        tones = np.zeros(12)
        tones[[(tonic + s) % 12 for s in (0, 2, 4, 5, 7, 9, 11)]] = (3, 1, 2, 1, 3, 1, 1)
        key, chance = find_key(path, tones)
        assert key == Key(tonic, "major")
        assert 0.2 < chance <= 1.0
