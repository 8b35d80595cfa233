"""When each syllable of a line is sung: drawn from what songwriters do, inside what can be sung.

A dozen drafts of a line are written side by side, syllable after syllable. A scorer learned from songs says how
likely each gap to the next syllable is, knowing the place in the bar, the stress of the words, the room left and
what the song did a bar, two and four bars ago; gaps that would leave no room for the rest of the line are not
drawn. The draft that best carries its stressed syllables, and is most like the line it answers, is kept.

Time is in steps, four to a beat (see `songsmith.composing.gaps`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lyrics.prosody import syllable_weights
from lyrics.values import Line
from songsmith.composing.drafts import DRAFTS, draw
from songsmith.composing.gaps import (
    EARLIEST,
    GAPS,
    IDIOMS,
    LAGS,
    METERS,
    NO_OFFSET,
    NO_SYLLABLE,
    OFFSETS,
    STEPS_PER_BEAT,
    STRENGTH,
    UNKNOWN_WEIGHT,
    GapRows,
    StartRows,
    bar_steps,
    gap_features,
    start_features,
    weight_class,
)
from songsmith.composing.scorer import MelodyModel
from songsmith.phrasing import SHORTEST_SYLLABLE_S
from songsmith.timeline import Meter

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

PAUSE_MARKS = ",;:.!?—–…"
BREATH_S = 0.25
"""Time kept free between the end of a line and the first note of the next."""

HELD_END_S = 0.35
"""The last note of a line is at least this long."""

ROOMY_END_S = 1.1
"""From the last syllable of a line to the next bars there is better so much time."""

FINE_TEMPO = 150.0
"""Above this many beats a minute nothing is sung on the odd sixteenths."""

WORDED = IDIOMS.index("classic")
"""The idiom that was learned with words under the notes."""

TEMPERATURE = 1.15
"""Drafts settle into even motion where they follow themselves: a little more chance keeps them alive."""

SHORT_NOTES = (0.0, 0.4)
"""How much likelier a gap of one step is in each idiom than its scorer says, for the same reason."""

LIKE = 1.2
"""How much likelier an onset is where the line that is answered has one."""

EASY_START_S, LATE = 0.29, 6.0
"""A line begins early enough for so many seconds a syllable; later starts are less likely, by so much a second."""

EASY_S, HURRY = 0.18, 40.0
"""Gaps shorter than so many seconds are less likely, by so much a second, than songwriters have them."""

HOLD = 0.4
"""What a stressed syllable of a beat or more is worth where the line is to be broad."""

LEAVE_ROOM = 0.8
"""How much less likely an onset is in a beat in which other tunes are busy."""


@dataclass(frozen=True, slots=True)
class SungLine:
    """The words of a line as the rhythm sees them, one entry a syllable.

    Parameters
    ----------
    stresses : stress classes, 0 weak to 2 strong, `UNKNOWN_WEIGHT`
    boundaries : what follows: 0 its word goes on, 1 a new word, 2 a punctuation mark
    notes : how many notes the writer asks for (1, or more with `~`)
    """

    stresses: tuple[int, ...]
    boundaries: tuple[int, ...]
    notes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Bars:
    """Where a line stands: the bar lines at which it begins and ends, and between which steps it may be sung.

    `earliest` is the first step an onset may have (pickups come before `start`), `latest` the last at which a
    syllable of one note may begin.
    """

    start: int
    end: int
    earliest: int
    latest: int


@dataclass(frozen=True, slots=True)
class Past:
    """What was sung before.

    Parameters
    ----------
    onsets : of the last syllables
    offsets : of the last lines from the bar lines they began at
    first : onset of the first syllable of the song
    """

    onsets: tuple[int, ...] = ()
    offsets: tuple[int, ...] = ()
    first: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Manner:
    """How this song moves.

    Parameters
    ----------
    meter, idiom : places in `METERS` and `IDIOMS`
    shortest : steps that a syllable needs
    grid : 1, or 2 where only even steps are sung on
    step_s : seconds a step
    busy : for each step of the song, -1 to 1, how busy other tunes are
    """

    meter: int
    idiom: int
    shortest: int
    grid: int
    step_s: float
    busy: Floats


def manner_of(meter: Meter, idiom: str, tempo: float, busy: Floats) -> Manner:
    """Return the manner of a song at `tempo` quarter notes a minute."""
    step_s = 60.0 / tempo / STEPS_PER_BEAT
    grid = 2 if tempo > FINE_TEMPO else 1
    shortest = max(1, int(np.ceil(0.95 * SHORTEST_SYLLABLE_S / step_s - 1e-9)))
    return Manner(METERS.index(str(meter)), IDIOMS.index(idiom), -(-shortest // grid) * grid, grid, step_s, busy)


def read_line(line: Line) -> SungLine:
    """Return the words of a line as the rhythm sees them."""
    boundaries: list[int] = []
    notes: list[int] = []
    for word in line.words:
        inside = [0] * len(word.syllables)
        mark = word.text.rstrip("\"'”’)")[-1:]
        inside[-1:] = [2 if mark and mark in PAUSE_MARKS else 1] if inside else []
        boundaries += inside
        notes += [1 + extra for extra in word.melismas]
    return SungLine(tuple(weight_class(w) for w in syllable_weights(line)), tuple(boundaries), tuple(notes))


def place_syllables(
    line: SungLine,
    bars: Bars,
    past: Past,
    manner: Manner,
    model: MelodyModel,
    rng: np.random.Generator,
    like: Sequence[int] = (),
    temperature: float = TEMPERATURE,
    broad: bool = False,
) -> tuple[int, ...] | None:
    """Return the step of every syllable, or None where they do not fit.

    Parameters
    ----------
    like : onsets, from the line's bar line, of a line that this one answers
    temperature : 1 draws as songwriters do, less keeps nearer to the usual
    broad : whether stressed syllables are held rather than hurried past
    """
    needed = np.array([count * manner.shortest for count in line.notes], dtype=np.int64)
    bars = replace(bars, latest=bars.latest - (line.notes[-1] - 1) * manner.shortest)
    if bars.earliest + int(needed[:-1].sum()) > bars.latest:
        return None
    window = _Window.open(bars, past, manner)
    wanted = np.zeros(len(window.busy))
    for offset in like:
        if 0 <= bars.start + offset - window.base < len(wanted):
            wanted[bars.start + offset - window.base] = LIKE
    wanted -= LEAVE_ROOM * window.busy
    first, likely = _first_onsets(line, bars, past, manner, model, rng, wanted, window.base, needed, temperature)
    if first is None:
        return None
    onsets = np.zeros((DRAFTS, len(line.stresses)), dtype=np.int64)
    onsets[:, 0] = first
    window.mark(first)
    for i in range(1, len(line.stresses)):
        rows = _gap_rows(line, bars, manner, window, onsets, i)
        scores = _gap_scores(rows, model)
        scores[:, 0] += SHORT_NOTES[manner.idiom]
        scores -= HURRY * np.maximum(0.0, EASY_S - np.arange(1, GAPS + 1) * manner.step_s)
        landing = onsets[:, i - 1, None] + np.arange(1, GAPS + 1)[None, :]
        inside = np.minimum(landing - window.base, len(wanted) - 1)
        allowed = (landing - onsets[:, i - 1, None] >= needed[i - 1]) & (landing % manner.grid == 0)
        allowed &= landing + int(needed[i:-1].sum()) <= bars.latest
        # A syllable that is asked to be held long may need more than the longest gap that is scored.
        if not allowed.any(axis=1).all():
            onsets[:, i] = onsets[:, i - 1] + -(-needed[i - 1] // manner.grid) * manner.grid
        else:
            choice, chance = draw((scores + wanted[inside]).astype(np.float32), allowed, rng, temperature)
            onsets[:, i] = onsets[:, i - 1] + 1 + choice
            likely = likely + chance
        window.mark(onsets[:, i])
    merit = _merit(line, onsets, bars, manner, likely, like)
    if broad and len(line.stresses) > 1:
        stressed = np.array(line.stresses[:-1]) == 2
        merit += HOLD * ((np.diff(onsets, axis=1) >= STEPS_PER_BEAT) & stressed).sum(axis=1)
    merit -= LEAVE_ROOM * window.busy[np.minimum(onsets - window.base, len(window.busy) - 1)].sum(axis=1)
    return tuple(int(step) for step in onsets[int(np.argmax(merit))])


@dataclass(frozen=True, slots=True, eq=False)
class _Window:
    """Onsets about the line, `[drafts, steps]` from step `base`, each draft its own."""

    base: int
    first: int
    sung: Flags
    busy: Floats

    @classmethod
    def open(cls, bars: Bars, past: Past, manner: Manner) -> _Window:
        base = bars.start - max(LAGS) * bar_steps(manner.meter) - 2 * GAPS
        length = bars.end - base + GAPS + 1
        sung = np.zeros((DRAFTS, length), dtype=bool)
        near = [step - base for step in past.onsets if base <= step < base + length]
        sung[:, near] = True
        busy = np.zeros(length)
        low, high = max(base, 0), min(base + length, len(manner.busy))
        if high > low:
            busy[low - base : high - base] = manner.busy[low:high]
        return cls(base, bars.end + GAPS if past.first is None else past.first, sung, busy)

    def mark(self, steps: Ints) -> None:
        """Note an onset of every draft."""
        self.sung[np.arange(DRAFTS), steps - self.base] = True

    def echo(self, place: Ints, lag: int, first: Ints) -> Ints:
        """Return the steps to the onset that follows `place - lag` and is no later than `place`: see `GapRows`."""
        then = place - lag
        ahead = np.arange(1, min(GAPS, lag) + 1)[None, :]
        found = self.sung[np.arange(DRAFTS)[:, None], np.maximum(then[:, None] + ahead - self.base, 0)]
        steps = np.where(found.any(axis=1), found.argmax(axis=1) + 1, 0)
        return np.where(then < np.minimum(first, self.first), -1, steps)


def _first_onsets(
    line: SungLine,
    bars: Bars,
    past: Past,
    manner: Manner,
    model: MelodyModel,
    rng: np.random.Generator,
    wanted: Floats,
    base: int,
    needed: Ints,
    temperature: float,
) -> tuple[Ints | None, Floats]:
    """Draw where each draft begins."""
    count = len(line.stresses)
    one = np.ones(1, dtype=np.int64)
    earlier = [past.offsets[-k] if len(past.offsets) >= k else NO_OFFSET for k in (1, 2, 4)]
    rows = StartRows(
        manner.meter,
        manner.idiom,
        one * line.stresses[0],
        one * (line.stresses[1] if count > 1 else NO_SYLLABLE),
        one * (bars.start - past.onsets[-1] - 2 if past.onsets else 40),
        one * (bars.end - bars.start),
        one * count,
        np.array([earlier], dtype=np.int64),
    )
    scores = _start_scores(rows, model)
    steps = bars.start + np.arange(OFFSETS)[None, :] - EARLIEST
    allowed = (steps >= bars.earliest) & (steps % manner.grid == 0)
    allowed &= steps + int(needed[:-1].sum()) <= bars.latest
    if not allowed.any():
        # Nothing near the bar line is free: the first step that is.
        step = -(-bars.earliest // manner.grid) * manner.grid
        if step + int(needed[:-1].sum()) > bars.latest:
            return None, np.zeros(DRAFTS)
        return np.full(DRAFTS, step, dtype=np.int64), np.zeros(DRAFTS)
    if past.onsets:
        since_s = (steps - past.onsets[-1]) * manner.step_s
        scores = scores - 2.0 * np.maximum(0.0, ROOMY_END_S - since_s)
    easy = bars.latest - sum(line.notes[:-1]) * EASY_START_S / manner.step_s
    scores = scores - LATE * np.maximum(0.0, steps - easy) * manner.step_s
    scores = scores + wanted[np.clip(steps - base, 0, len(wanted) - 1)]
    shape = (DRAFTS, OFFSETS)
    choice, chance = draw(
        np.broadcast_to(scores, shape).astype(np.float32), np.broadcast_to(allowed, shape), rng, temperature
    )
    return np.asarray(steps[0, choice], dtype=np.int64), chance


def _gap_scores(rows: GapRows, model: MelodyModel) -> Floats:
    """Score gaps; where the idiom was learned without words, what stress changes is taken from the one with words."""
    if rows.idiom == WORDED or UNKNOWN_WEIGHT in (rows.before[0], rows.here[0], rows.after[0]):
        return model.gap.scores(gap_features(rows)).astype(np.float64)
    blind = replace(rows, before=_blind(rows.before), here=_blind(rows.here), after=_blind(rows.after))
    tune = model.gap.scores(gap_features(blind))
    worded = model.gap.scores(gap_features(replace(rows, idiom=WORDED)))
    wordless = model.gap.scores(gap_features(replace(blind, idiom=WORDED)))
    return np.asarray(tune + (worded - wordless), dtype=np.float64)


def _start_scores(rows: StartRows, model: MelodyModel) -> Floats:
    """Score where a line may begin, as `_gap_scores` does gaps."""
    if rows.idiom == WORDED or UNKNOWN_WEIGHT in (rows.here[0], rows.after[0]):
        return model.start.scores(start_features(rows)).astype(np.float64)
    blind = replace(rows, here=_blind(rows.here), after=_blind(rows.after))
    tune = model.start.scores(start_features(blind))
    worded = model.start.scores(start_features(replace(rows, idiom=WORDED)))
    wordless = model.start.scores(start_features(replace(blind, idiom=WORDED)))
    return np.asarray(tune + (worded - wordless), dtype=np.float64)


def _blind(stresses: Ints) -> Ints:
    """Return stresses unknown, the end of the line still known."""
    return np.where(stresses == NO_SYLLABLE, stresses, UNKNOWN_WEIGHT)


def _gap_rows(line: SungLine, bars: Bars, manner: Manner, window: _Window, onsets: Ints, i: int) -> GapRows:
    """Describe where every draft stands before syllable `i`."""
    before = onsets[:, i - 1]
    bar = bar_steps(manner.meter)
    nothing = np.zeros(DRAFTS, dtype=np.int64)
    ones = np.ones(DRAFTS, dtype=np.int64)
    count = len(line.stresses)
    return GapRows(
        meter=manner.meter,
        idiom=manner.idiom,
        place=before % bar,
        gap1=np.minimum(before - onsets[:, i - 2], GAPS) if i > 1 else nothing,
        gap2=np.minimum(onsets[:, i - 2] - onsets[:, i - 3], GAPS) if i > 2 else nothing,
        before=ones * line.stresses[i - 1],
        here=ones * line.stresses[i],
        after=ones * (line.stresses[i + 1] if i + 1 < count else NO_SYLLABLE),
        boundary=ones * line.boundaries[i - 1],
        left=bars.end - before,
        remaining=ones * (count - i),
        echo=np.stack([window.echo(before, lag * bar, onsets[:, 0]) for lag in LAGS], axis=1),
    )


def _merit(line: SungLine, onsets: Ints, bars: Bars, manner: Manner, likely: Floats, like: Sequence[int]) -> Floats:
    """Return how good each draft is: stress where the meter has it, likeness to the line answered, likelihood."""
    strength = STRENGTH[manner.meter][onsets % bar_steps(manner.meter)]
    stress = np.array(line.stresses)
    known = (stress[:-1] != UNKNOWN_WEIGHT) & (stress[1:] != UNKNOWN_WEIGHT)
    rise = np.where(known, np.sign(stress[1:] - stress[:-1]), 0)
    carried = np.sign(strength[:, 1:] - strength[:, :-1]) * rise[None, :]
    merit = np.asarray((carried - 0.5 * (carried < 0)).sum(axis=1), dtype=np.float64)
    merit += 0.04 * likely
    hurried = np.maximum(0.0, EASY_S - np.diff(onsets, axis=1) * manner.step_s)
    merit -= 10.0 * hurried.sum(axis=1)
    step_s = manner.step_s
    merit -= 1.2 * np.maximum(0.0, ROOMY_END_S - (bars.end - onsets[:, -1]) * step_s)
    if len(like):
        same = np.isin(onsets - bars.start, np.asarray(like, dtype=np.int64))
        merit += 1.5 * same.sum(axis=1) - 0.75 * (~same).sum(axis=1)
    return merit
