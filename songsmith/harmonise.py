"""Chords for a melody that is given: its key, then the cheapest way through the chords of that key.

Viterbi over half bars (whole bars where a bar has no halves): a chord costs what the melody has in it that is not
the chord's, by how long and how strongly it is heard; a change of chord costs by how often the styles' own
progressions make it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from songsmith.keyfinding import key_fits
from songsmith.metre import metric_strength
from songsmith.plan import Chord
from songsmith.styles import Style, load_style, style_names
from songsmith.theory import Key, numeral_to_chord, parse_chord
from songsmith.timeline import Meter
from songsmith.tunes.tune import TuneNote

Costs = npt.NDArray[np.float64]

LAST_NOTE = 0.2
"""How much correlation it is worth that a melody ends on the tonic, where most do."""

CHOICES = {
    "major": ("I", "ii", "iii", "IV", "V", "vi", "bVII", "II7", "III7", "iv"),
    "minor": ("i", "III", "iv", "v", "V", "VI", "VII", "IV", "bII", "iihdim7"),
}
UNCOMMON = {"bVII": 0.6, "II7": 1.2, "III7": 1.4, "iv": 1.6, "bII": 1.8, "iihdim7": 1.2, "v": 0.2, "IV#": 0.5}
"""What a chord outside the usual six costs wherever it stands."""

MID_BAR = 0.7
STAY = 0.3
OUTSIDE, CLASH = 1.2, 1.8
CHANGE = 0.3
END = 6.0
FLAVOURS = 0.5
"""A chord is given the sevenths of the style where at least this share of its uses there have them."""


@dataclass(frozen=True, slots=True)
class _Habits:
    """How often progressions go from one chord to another, and how they colour each chord."""

    moves: dict[tuple[str, str], float]
    flavour: dict[str, str]


def melody_key(notes: Sequence[TuneNote]) -> Key:
    """Return the major or minor key that the durations of a melody, and its last note, fit best."""
    heard = np.zeros(12)
    for note in notes:
        heard[note.pitch % 12] += note.duration
    fits = key_fits(heard)
    last = notes[-1].pitch % 12
    return max(fits, key=lambda key: round(fits[key] + LAST_NOTE * (key.tonic == last), 9))


def harmonise_melody(notes: Sequence[TuneNote], key: Key, meter: Meter, bars: int, style: Style) -> tuple[Chord, ...]:
    """Return chords for the bars from beat 0 on that a melody is in; notes before it are a pickup.

    Parameters
    ----------
    notes : in beats from a bar line
    key : of the melody; modes other than major and minor are harmonised like the one of the two they resemble
    meter : its bars are halved where they have an even number of pulses
    bars : to be covered
    style : its progressions colour the chords and weigh double among the habits of all styles
    """
    mode = "minor" if key.is_minor else "major"
    numerals = CHOICES[mode]
    home = Key(key.tonic, mode) if key.mode not in ("major", "minor") else key
    halves = 2 if meter.pulses_per_bar % 2 == 0 else 1
    step = meter.beats_per_bar / halves
    fit = _fit(notes, numerals, home, key, meter, bars * halves, step)
    habits = _habits(style.name, mode)
    moves = np.array(
        [[0.0 if a == b else CHANGE * habits.moves.get((a, b), 7.0) for b in numerals] for a in numerals]
    )
    path = _cheapest(fit, moves, halves)
    chords: list[Chord] = []
    for place, choice in enumerate(path):
        symbol = _coloured(numerals[choice], habits, home, notes, place * step, step)
        if chords and chords[-1].symbol == symbol:
            chords[-1] = Chord(chords[-1].onset, round(chords[-1].duration + step, 6), symbol)
        else:
            chords.append(Chord(round(place * step, 6), step, symbol))
    return tuple(chords)


def _fit(
    notes: Sequence[TuneNote], numerals: Sequence[str], home: Key, key: Key, meter: Meter, places: int, step: float
) -> Costs:
    """Return `[places, chords]`: what each chord costs in each half bar."""
    tones = [parse_chord(numeral_to_chord(numeral, home)) for numeral in numerals]
    cost = np.tile(np.array([UNCOMMON.get(numeral, 0.0) for numeral in numerals]), (places, 1)) * 0.5
    strength = metric_strength(np.array([note.onset for note in notes]), meter)
    for note, strong in zip(notes, strength, strict=True):
        for place in range(max(0, int(note.onset / step)), min(places, int(note.end / step) + 1)):
            inside = min(note.end, (place + 1) * step) - max(note.onset, place * step)
            if inside <= 1e-6:
                continue
            heard = float(strong) if note.onset >= place * step - 1e-6 else 0.8
            weight = (0.25 + 1.4 * heard**2) * min(inside, 2.0)
            for c, chord in enumerate(tones):
                if chord is None or note.pitch % 12 in chord.tones:
                    continue
                clash = any((note.pitch - tone) % 12 == 1 for tone in chord.tones)
                cost[place, c] += weight * (CLASH if clash else OUTSIDE)
    return cost


def _cheapest(fit: Costs, moves: Costs, halves: int) -> list[int]:
    """Return the chord of each place at the least cost, beginning at home if it may and ending there."""
    places, chords = fit.shape
    start = np.full(chords, 0.8)
    start[0] = 0.0
    best = fit[0] + start
    back = np.zeros((places, chords), int)
    for place in range(1, places):
        step = moves + (MID_BAR if place % halves else 0.0) * (moves > 0)
        if place % halves == 0:
            step = step + STAY * np.eye(chords)
        total = best[:, None] + step
        back[place] = total.argmin(axis=0)
        best = total.min(axis=0) + fit[place]
    ending = np.full(chords, END)
    ending[0] = 0.0
    path = [int((best + ending).argmin())]
    for place in range(places - 1, 0, -1):
        path.append(int(back[place, path[-1]]))
    return path[::-1]


def _coloured(numeral: str, habits: _Habits, key: Key, notes: Sequence[TuneNote], start: float, step: float) -> str:
    """Return the symbol of a chord, with the style's seventh where no note of the melody rubs against it."""
    plain = numeral_to_chord(numeral, key)
    rich = habits.flavour.get(numeral)
    if rich is None:
        return plain
    symbol = numeral_to_chord(rich, key)
    chord = parse_chord(symbol)
    if chord is None:
        return plain
    heard = {note.pitch % 12 for note in notes if note.onset < start + step and note.end > start}
    rubs = any((pc - tone) % 12 in (1, 11) for pc in heard - set(chord.tones) for tone in chord.tones[3:])
    return plain if rubs else symbol


@lru_cache(maxsize=64)
def _habits(style: str, mode: str) -> _Habits:
    """Return the costs of moves between chords and the colours of a style, from what the styles' progressions do."""
    counts: Counter[tuple[str, str]] = Counter()
    total: Counter[str] = Counter()
    spellings: dict[str, Counter[str]] = {}
    own = load_style(style)
    for one, weight in [*((load_style(name), 1) for name in style_names()), (own, 4)]:
        for numerals in _progressions(one, mode):
            plain = [_plain(numeral) for numeral in numerals]
            for a, b in zip(plain, [*plain[1:], plain[0]], strict=True):
                counts[a, b] += weight
                total[a] += weight
            if one is own:
                for numeral, base in zip(numerals, plain, strict=True):
                    spellings.setdefault(base, Counter())[numeral.partition("/")[0]] += 1
    choices = CHOICES[mode]
    moves = {
        (a, b): float(-np.log((counts[a, b] + 0.5) / (total[a] + 0.5 * len(choices))))
        for a in choices
        for b in choices
    }
    flavour = {}
    for base, found in spellings.items():
        rich, count = max(((n, c) for n, c in found.items() if n != base), key=lambda row: row[1], default=("", 0))
        if base in choices and count >= FLAVOURS * sum(found.values()):
            flavour[base] = rich
    return _Habits(moves, flavour)


def _progressions(style: Style, mode: str) -> Iterable[list[str]]:
    """Yield the chords of every progression of a style in a mode."""
    for kind in sorted(style.progressions):
        for progression in style.progressions[kind].get(mode, ()):
            yield [numeral for bar in progression for numeral in bar.split()]


def _plain(numeral: str) -> str:
    """Return a numeral without its seventh and bass."""
    body = numeral.partition("/")[0]
    for end in range(len(body), 0, -1):
        if body[:end].strip("b#IViv") == "":
            return body[:end]
    return body
