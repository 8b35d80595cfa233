"""Sections by self-similarity: where the music changes, and which parts of it come back.

Every bar is described by its tones, its timbre, its level and whether somebody sings. A dynamic programme cuts the
bars where what comes before and after differ (a checkerboard over the similarities of bars) into parts of usual
lengths; parts that are alike get one letter, and guesses at what kind of section each letter is.

Sources: J. Foote, "Automatic audio segmentation using a measure of audio novelty", ICME 2000 (the checkerboard);
J. Paulus, M. Müller and A. Klapuri, "Audio-based music structure analysis", ISMIR 2010 (novelty with repetition).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Table = npt.NDArray[np.float64]

REACH = 4
"""Bars to each side of a change that are compared."""

LENGTH_COST = {1: 1.4, 2: 0.9, 3: 1.0, 4: 0.2, 5: 0.8, 6: 0.4, 7: 0.8, 8: 0.0, 12: 0.1, 16: 0.15}
OTHER_LENGTH = 0.6
LONGEST = 24
ALIKE = 0.80
"""Parts at least this similar have one letter."""


@dataclass(frozen=True, slots=True)
class FoundSection:
    """A part of a recording.

    Parameters
    ----------
    kind : a guess: `intro`, `verse`, `chorus`, `bridge`, `interlude`, `outro`
    label : a letter, the same for parts that are alike
    bar, bars : first bar, counted from the first whole one, and number of bars
    energy : 0 to 1 against the loudest
    voice : for each bar whether somebody sings
    """

    kind: str
    label: str
    bar: int
    bars: int
    energy: float
    voice: tuple[bool, ...]


def find_sections(tones: Table, timbre: Table, level_db: Table, voice: Sequence[bool]) -> tuple[FoundSection, ...]:
    """Return the sections of bars.

    Parameters
    ----------
    tones : `[bars, 12]`, timbre : `[bars, bands]`, level_db : `[bars]`
    voice : for each bar whether somebody sings
    """
    bars = len(level_db)
    if bars == 0:
        return ()
    described = _described(tones, timbre, level_db, voice)
    similar = described @ described.T
    cuts = _cut(_novelty(similar), bars)
    parts = list(pairwise(cuts))
    letters = _letters(parts, described)
    energies = _energies(parts, level_db)
    kinds = _kinds(parts, letters, energies, voice)
    return tuple(
        FoundSection(kind, letter, first, past - first, energy, tuple(bool(v) for v in voice[first:past]))
        for (first, past), letter, energy, kind in zip(parts, letters, energies, kinds, strict=True)
    )


def _described(tones: Table, timbre: Table, level_db: Table, voice: Sequence[bool]) -> Table:
    """Return unit vectors, one a bar: tones, timbre, level and voice about alike in weight."""
    pieces = []
    for table, weight in (
        (tones, 1.0), (timbre, 1.0), (level_db[:, None] / 6.0, 0.5), (np.asarray(voice, float)[:, None] * 2.0, 0.5)
    ):  # fmt: skip
        centred = table - table.mean(axis=0)
        scale = np.sqrt((centred**2).sum(axis=1).mean()) + 1e-9
        pieces.append(weight * centred / max(scale, 0.05 if table is timbre or table is tones else 0.5))
    joined = np.concatenate(pieces, axis=1)
    return np.asarray(joined / (np.linalg.norm(joined, axis=1, keepdims=True) + 1e-9))


def _novelty(similar: Table) -> Table:
    """Return for each bar line how much the bars before and after it differ, 0 to about 1."""
    bars = len(similar)
    found = np.zeros(bars + 1)
    for line in range(1, bars):
        reach = min(REACH, line, bars - line)
        before, after = slice(line - reach, line), slice(line, line + reach)
        inside = (similar[before, before].mean() + similar[after, after].mean()) / 2
        found[line] = max(0.0, float(inside - similar[before, after].mean())) * np.sqrt(reach / REACH)
    return found


def _cut(novelty: Table, bars: int) -> list[int]:
    """Return the bar lines at which sections begin, and the last one: most novelty for the least odd lengths."""
    best = np.full(bars + 1, -np.inf)
    best[0], back = 0.0, np.zeros(bars + 1, int)
    for line in range(1, bars + 1):
        for length in range(1, min(LONGEST, line) + 1):
            gain = novelty[line] * 1.5 if line < bars else 0.0
            score = best[line - length] + gain - LENGTH_COST.get(length, OTHER_LENGTH) - 0.35
            if score > best[line]:
                best[line], back[line] = score, line - length
    cuts = [bars]
    while cuts[-1] > 0:
        cuts.append(int(back[cuts[-1]]))
    return cuts[::-1]


def _letters(parts: Sequence[tuple[int, int]], described: Table) -> list[str]:
    """Return a letter for each part; a part like an earlier one, bar by bar, has its letter."""
    letters: list[str] = []
    known: list[tuple[int, int]] = []
    for first, past in parts:
        scores = []
        for other_first, other_past in known:
            length = min(past - first, other_past - other_first)
            pairs = np.einsum(
                "ij,ij->i", described[first : first + length], described[other_first : other_first + length]
            )
            ratio = length / max(past - first, other_past - other_first)
            scores.append(float(pairs.mean()) * (0.7 + 0.3 * ratio))
        if scores and max(scores) >= ALIKE * 0.75:
            letters.append(chr(ord("A") + int(np.argmax(scores)) % 26))
        else:
            letters.append(chr(ord("A") + len(known) % 26))
            known.append((first, past))
    return letters


def _energies(parts: Sequence[tuple[int, int]], level_db: Table) -> list[float]:
    levels = np.asarray([10.0 * np.log10(np.mean(10.0 ** (level_db[a:b] / 10.0))) for a, b in parts])
    return [round(float(e), 3) for e in np.clip(1.0 + (levels - levels.max()) / 18.0, 0.0, 1.0)]


def _kinds(
    parts: Sequence[tuple[int, int]], letters: Sequence[str], energies: Sequence[float], voice: Sequence[bool]
) -> list[str]:
    """Return a guess at the kind of each part."""
    sung = [sum(voice[a:b]) >= 0.4 * (b - a) for a, b in parts]
    repeated = {letter for letter in letters if letters.count(letter) > 1}
    loud = {
        letter: float(np.mean([e for e, own, s in zip(energies, letters, sung, strict=True) if own == letter and s]))
        for letter in {own for own, s in zip(letters, sung, strict=True) if s}
    }
    choices = [letter for letter in sorted(loud) if letter in repeated] or sorted(loud)
    chorus = max(choices, key=lambda letter: loud[letter]) if len(loud) > 1 else None
    kinds = []
    last = len(parts) - 1
    anybody = any(sung)
    for place, letter in enumerate(letters):
        if not sung[place]:
            wordless = "interlude" if anybody else "verse"
            kinds.append("intro" if place == 0 else "outro" if place == last and last else wordless)
        elif letter == chorus:
            kinds.append("chorus")
        elif letter not in repeated and place > len(parts) // 2 and "chorus" in kinds:
            kinds.append("bridge")
        else:
            kinds.append("verse")
    return kinds
