"""Sections of made-up bars: they tile, they change where the music does, and what comes back has its letter again."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lyrics.values import KINDS
from songsmith.analysis.features import FPS
from songsmith.analysis.sections import find_sections
from songsmith.analysis.voice import bars_with_voice, joined, voice_in_mix


def bars_of(form: str, length: int = 8) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[bool]]:
    """Return tones, timbre, level and voice of a form like `IABAB`, every letter with its own music."""
    tones, timbre, level, voice = [], [], [], []
    for letter in form:
        rng = np.random.default_rng(ord(letter))
        own = rng.uniform(0, 1, (length, 12))
        colour = rng.normal(0, 1, 12)
        tones.append(own)
        timbre.append(np.tile(colour, (length, 1)) + rng.normal(0, 0.1, (length, 12)))
        level.append(np.full(length, -24.0 if letter in "IO" else -16.0 + 2.0 * (letter == "B")))
        voice += [letter not in "IO"] * length
    return np.concatenate(tones), np.concatenate(timbre), np.concatenate(level), voice


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 60), st.integers(0, 2**16))
def test_sections_tile_any_bars(bars: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    voice = [bool(v) for v in rng.random(bars) < 0.5]
    found = find_sections(rng.random((bars, 12)), rng.normal(size=(bars, 12)), rng.uniform(-40, -10, bars), voice)
    assert found[0].bar == 0
    assert all(a.bar + a.bars == b.bar for a, b in pairwise(found))
    assert found[-1].bar + found[-1].bars == bars
    assert [v for s in found for v in s.voice] == voice
    assert all(s.kind in KINDS and 0.0 <= s.energy <= 1.0 for s in found)


def test_a_form_is_found() -> None:
    found = find_sections(*bars_of("IABABO"))
    starts = [s.bar for s in found]
    assert starts == [0, 8, 16, 24, 32, 40]
    letters = [s.label for s in found]
    assert letters[1] == letters[3] != letters[2] == letters[4]
    assert [s.kind for s in found] == ["intro", "verse", "chorus", "verse", "chorus", "outro"]


def test_voice_spans_follow_the_chances() -> None:
    chance = np.full(int(20 * FPS), 0.05)
    chance[int(5 * FPS) : int(12 * FPS)] = 0.95
    chance[int(8 * FPS) : int(8.1 * FPS)] = 0.2
    spans = voice_in_mix(chance)
    assert len(spans) == 1
    assert abs(spans[0][0] - 5.0) < 0.1
    assert abs(spans[0][1] - 12.0) < 0.1
    assert bars_with_voice(spans, np.arange(0.0, 21.0, 4.0)) == (False, True, True, False, False)


def test_short_gaps_are_bridged_and_short_spans_dropped() -> None:
    assert joined(((0.0, 1.0), (1.2, 2.0), (5.0, 5.1))) == ((0.0, 2.0),)
