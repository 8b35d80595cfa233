"""Which pitch each note of a line gets: drawn from what songwriters do, on the given chords and in the range.

A dozen drafts of a line are written side by side, note after note. A scorer learned from songs says how likely each
pitch is, knowing the key, the chords, the last moves, the place in the line and what the tune did a bar, two and
four bars ago. The draft that closes as the line should, lies about the height asked for and turns its leaps back
is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from songsmith.composing.drafts import DRAFTS, draw
from songsmith.composing.gaps import IDIOMS, LAGS, STEPS_PER_BEAT, STRENGTH, bar_steps
from songsmith.composing.pitches import (
    LENGTH_CLASS,
    NO_INTERVAL,
    NONE,
    PitchRows,
    chord_class,
    pitch_features,
)
from songsmith.composing.scorer import MelodyModel
from songsmith.plan import Chord
from songsmith.theory import ChordTones, Key, parse_chord

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

TEMPERATURE = 1.05
"""Drafts repeat pitches too readily where they follow themselves: a little more chance keeps them alive."""

OUTSIDE = 1.5
"""How much less likely a pitch is that is neither in the key nor in the chord."""

CLASH = 1.5
"""How much less likely a pitch is a semitone above or below a chord tone that is not in the key."""

CHORD_TONE = (0.0, 0.1)
"""How much likelier a chord tone is on a beat than songwriters of each idiom have it; twice that on a strong one."""

UNRESOLVED = 0.5
"""What a note on a strong beat costs a draft that neither belongs to its chord nor moves on by step."""

MOST_REPEATS = 0.5
"""Share of repeated pitches in a line above which a draft is dull."""

LIKE = 1.1
"""How much less likely each semitone away from the line that is sung again is."""

CLOSINGS = ("open", "closed", "final")
"""How a line ends: away from the tonic, at rest, or on the tonic."""


@dataclass(frozen=True, slots=True)
class LineNote:
    """A note to be given a pitch: `onset` in steps, `gap` steps to the next note, its syllable's stress class."""

    onset: int
    gap: int
    stress: int
    slur: bool


@dataclass(frozen=True, slots=True)
class LineRequest:
    """What is asked of one line's pitches.

    Parameters
    ----------
    notes : in order
    centre : MIDI pitch the line lies about
    closing : one of `CLOSINGS`
    like : pitch by onset, in steps from `start`, of a line that this one is to be like
    likeness : how much, 1 for a line sung again
    start : step of the bar line at which the line's bars begin
    """

    notes: tuple[LineNote, ...]
    centre: float
    closing: str
    like: Mapping[int, int]
    likeness: float
    start: int


@dataclass(frozen=True, slots=True)
class Harmony:
    """The chords of a song in steps, with what they mean."""

    key: Key
    starts: tuple[int, ...]
    symbols: tuple[str, ...]
    tones: tuple[ChordTones | None, ...]

    @classmethod
    def of(cls, chords: Sequence[Chord], key: Key) -> Harmony:
        """Return the harmony of chords in beats."""
        starts = tuple(round(chord.onset * STEPS_PER_BEAT) for chord in chords)
        symbols = tuple(chord.symbol for chord in chords)
        return cls(key, starts, symbols, tuple(parse_chord(symbol) for symbol in symbols))

    def place(self, step: int) -> int:
        """Return which chord sounds at a step, -1 before the first."""
        return int(np.searchsorted(self.starts, step, side="right")) - 1

    def symbol(self, step: int) -> str:
        """Return the name of the chord that sounds at a step, `N` where none does."""
        place = self.place(step)
        return self.symbols[place] if place >= 0 else "N"

    def at(self, step: int) -> ChordTones | None:
        """Return the chord that sounds at a step."""
        place = self.place(step)
        return self.tones[place] if place >= 0 else None


@dataclass(frozen=True, slots=True)
class Setting:
    """What holds for the whole song: its harmony, meter and idiom (places in the model), and the range."""

    harmony: Harmony
    meter: int
    idiom: int
    low: int
    high: int


def choose_pitches(
    request: LineRequest,
    setting: Setting,
    sung: Mapping[int, int],
    model: MelodyModel,
    rng: np.random.Generator,
    temperature: float = TEMPERATURE,
) -> tuple[int, ...]:
    """Return a MIDI pitch for every note of the line.

    Parameters
    ----------
    sung : pitch by onset in steps of all notes sung before, in order
    """
    pitches = np.arange(setting.low, setting.high + 1)
    window = _Window.open(request, setting, sung)
    count = len(request.notes)
    chosen = np.zeros((DRAFTS, count), dtype=np.int64)
    likely = np.zeros(DRAFTS)
    last = list(sung.values())[-3:][::-1]
    previous = np.full((DRAFTS, 3), NONE, dtype=np.int64)
    previous[:, : len(last)] = last
    before = request.notes[0].onset - next(reversed(sung)) if sung else 0
    allowed = np.ones((DRAFTS, len(pitches)), dtype=bool)
    for i, note in enumerate(request.notes):
        rows = _pitch_rows(request, setting, window, previous, before, i)
        scores = model.pitch.scores(pitch_features(rows, pitches)).astype(np.float64)
        scores = np.broadcast_to(scores, allowed.shape) + _wishes(request, setting, pitches, previous, i)
        choice, chance = draw(scores.astype(np.float32), allowed, rng, temperature)
        chosen[:, i] = pitches[choice]
        likely += chance
        window.mark(note.onset, chosen[:, i], previous[:, 0])
        previous = np.concatenate([chosen[:, i, None], previous[:, :2]], axis=1)
        before = note.gap
    merit = _merit(request, setting, chosen, likely)
    return tuple(int(pitch) for pitch in chosen[int(np.argmax(merit))])


@dataclass(frozen=True, slots=True, eq=False)
class _Window:
    """Pitches and the intervals that led to them about the line, `[drafts, steps]` from step `base`."""

    base: int
    pitch: Ints
    led: Ints

    @classmethod
    def open(cls, request: LineRequest, setting: Setting, sung: Mapping[int, int]) -> _Window:
        first, last = request.notes[0].onset, request.notes[-1].onset
        base = first - max(LAGS) * bar_steps(setting.meter) - 1
        length = last - base + 1
        pitch = np.full((DRAFTS, length), NONE, dtype=np.int64)
        led = np.full((DRAFTS, length), NO_INTERVAL, dtype=np.int64)
        previous: int | None = None
        for step, value in sung.items():
            if base <= step < base + length:
                pitch[:, step - base] = value
                if previous is not None:
                    led[:, step - base] = value - previous
            previous = value
        return cls(base, pitch, led)

    def mark(self, step: int, pitches: Ints, before: Ints) -> None:
        """Note the pitch of every draft at a step."""
        self.pitch[:, step - self.base] = pitches
        self.led[:, step - self.base] = np.where(before == NONE, NO_INTERVAL, pitches - before)


def _pitch_rows(
    request: LineRequest, setting: Setting, window: _Window, previous: Ints, before: int, i: int
) -> PitchRows:
    """Describe where every draft stands before note `i`."""
    note, count = request.notes[i], len(request.notes)
    harmony = setting.harmony
    place = harmony.place(note.onset)
    following = harmony.place(note.onset + min(note.gap, 8))
    tones = harmony.tones[place] if place >= 0 else None
    later = harmony.tones[following] if following > place else None
    one = np.ones(1, dtype=np.int64)
    bar = bar_steps(setting.meter)
    lagged = [note.onset - lag * bar - window.base for lag in LAGS]
    return PitchRows(
        idiom=setting.idiom,
        minor=int(harmony.key.is_minor),
        tonic=harmony.key.tonic,
        previous=previous,
        root=one * (tones.root if tones else NONE),
        quality=one * chord_class(tones),
        tones=np.broadcast_to(_members(tones), (DRAFTS, 12)),
        next_root=one * (later.root if later else NONE),
        next_quality=one * chord_class(later),
        strength=one * STRENGTH[setting.meter, note.onset % bar],
        length=one * LENGTH_CLASS[min(note.gap, 32)],
        length_before=one * LENGTH_CLASS[min(before, 32)],
        slur=one * note.slur,
        part=one * (0 if i == 0 else 2 if i == count - 1 else 1),
        final=one * (request.closing == "final"),
        phase=one * min(3, 4 * i // count),
        weight=one * note.stress,
        centre=np.array([request.centre]),
        echo=window.pitch[:, lagged],
        echo_interval=window.led[:, lagged],
    )


def _members(tones: ChordTones | None) -> Ints:
    found = np.zeros(12, dtype=np.int64)
    if tones is not None:
        found[list(tones.tones)] = 1
    return found


def _wishes(request: LineRequest, setting: Setting, pitches: Ints, previous: Ints, i: int) -> Floats:
    """Return what is added to the scores of each pitch, `[1 or drafts, pitches]`."""
    note = request.notes[i]
    tones = setting.harmony.at(note.onset)
    scale = setting.harmony.key.scale
    chord = tones.tones if tones else ()
    added = np.zeros(len(pitches))
    for k, pitch in enumerate(pitches):
        pc = int(pitch) % 12
        if pc not in scale and pc not in chord:
            added[k] -= OUTSIDE
        if pc not in chord and any((pc - tone) % 12 in (1, 11) and tone not in scale for tone in chord):
            added[k] -= CLASH
    strong = STRENGTH[setting.meter, note.onset % bar_steps(setting.meter)]
    if chord and strong >= 2:
        added += CHORD_TONE[setting.idiom] * (strong - 1) * np.isin(pitches % 12, chord)
    known = request.like.get(note.onset - request.start)
    if known is not None:
        added = added - LIKE * request.likeness * np.minimum(np.abs(pitches - known), 5)
    move = pitches[None, :] - previous[:, :1]
    leap = previous[:, 0] - previous[:, 1]
    leapt = (previous[:, 0] != NONE) & (previous[:, 1] != NONE) & (np.abs(leap) >= 5)
    onward = leapt[:, None] & (np.sign(move) == np.sign(leap)[:, None]) & (np.abs(move) > 2)
    far = (previous[:, :1] != NONE) & (np.abs(move) > 12)
    return np.asarray(added[None, :] - 1.0 * onward - 8.0 * far)


def _merit(request: LineRequest, setting: Setting, chosen: Ints, likely: Floats) -> Floats:
    """Return how good each draft is: its close, its height, its likelihood, its likeness to the line answered."""
    key = setting.harmony.key
    degree = (chosen[:, -1] - key.tonic) % 12
    third = 3 if key.is_minor else 4
    tones = setting.harmony.at(request.notes[-1].onset)
    consonant = _members(tones)[chosen[:, -1] % 12] if tones else np.ones(DRAFTS)
    merit = np.asarray(0.04 * likely + 1.2 * consonant, dtype=np.float64)
    if request.closing == "final":
        merit += np.select([degree == 0, degree == third, degree == 7], [3.0, 1.0, 0.8], 0.0)
    elif request.closing == "closed":
        merit += np.select([degree == 0, degree == third, degree == 7], [1.2, 0.8, 0.5], 0.0)
    else:
        merit += np.where(degree == 0, -0.8, 0.2)
    merit -= 0.25 * np.abs(chosen.mean(axis=1) - request.centre)
    merit -= UNRESOLVED * _unresolved(request, setting, chosen)
    moves = np.diff(chosen, axis=1)
    if moves.shape[1] >= 3:
        merit -= 4.0 * np.maximum(0.0, (moves == 0).mean(axis=1) - MOST_REPEATS)
    spread = chosen.max(axis=1) - chosen.min(axis=1)
    if chosen.shape[1] >= 4:
        merit -= 0.5 * np.maximum(0, 3 - spread)
    known = [(k, request.like[n.onset - request.start]) for k, n in enumerate(request.notes)
             if n.onset - request.start in request.like]  # fmt: skip
    for k, pitch in known:
        merit -= 0.3 * request.likeness * np.minimum(np.abs(chosen[:, k] - pitch), 4)
    return merit


def _unresolved(request: LineRequest, setting: Setting, chosen: Ints) -> Ints:
    """Count in each draft the notes on strong beats that are no chord tones and do not move on by step."""
    count = np.zeros(len(chosen), dtype=np.int64)
    for i, note in enumerate(request.notes):
        tones = setting.harmony.at(note.onset)
        if tones is None or STRENGTH[setting.meter, note.onset % bar_steps(setting.meter)] < 3 or note.gap < 2:
            continue
        outside = _members(tones)[chosen[:, i] % 12] == 0
        if i + 1 < len(request.notes):
            size = np.abs(chosen[:, i + 1] - chosen[:, i])
            outside &= (size == 0) | (size > 2)
        count += outside
    return count


def idiom_of(syncopation: float) -> str:
    """Return the idiom that suits a style: lead sheets for even ones, pop for those with anticipations."""
    return IDIOMS[int(syncopation >= 0.2)]
