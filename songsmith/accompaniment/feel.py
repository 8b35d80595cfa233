"""How the beat is felt: a groove's grids and times changed by what the brief asks of it.

- half-time: kick and backbeat at half the speed, so the backbeat falls on beat 3, under the same cymbals;
- double-time: kick and backbeat at twice the speed;
- four-on-the-floor: a kick on every pulse and nowhere else;
- driving: bass and hi-hat in straight eighths, a little ahead of the beat;
- laid-back: everything but kick and cymbals a little behind it.

Early and late are milliseconds, whatever the tempo; chord changes of the bass are never early.
Source: A. Friberg and A. Sundström, "Swing ratios and ensemble timing in jazz performance", Music Perception 19,
2002, on players some tens of milliseconds behind the cymbal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from songsmith.accompaniment.grids import DRUM_KEYS, STEPS_PER_BEAT, Grid, Step, bar_steps, swung
from songsmith.brief import Groove as BriefGroove
from songsmith.plan import Plan
from songsmith.score import Note
from songsmith.styles import Groove, PartStyle, Style, load_style
from songsmith.timeline import Meter

KICK = DRUM_KEYS["kick"]
HAT = DRUM_KEYS["hat"]
SKINS = frozenset(DRUM_KEYS[name] for name in ("kick", "snare", "rim", "clap"))
CYMBALS = frozenset(
    DRUM_KEYS[name]
    for name in ("hat", "open", "pedal", "ride", "bell", "crash", "crash2", "shaker", "tamb", "cabasa")
)
_CLOCK = frozenset(DRUM_KEYS[name] for name in ("hat", "shaker", "cabasa"))

LAID_BACK_MS: Mapping[str, float] = {"drums": 18.0, "bass": 14.0, "harmony": 24.0, "figure": 24.0, "lead": 26.0}
"""How late a part comes; of the drums only what is neither kick nor cymbal."""

DRIVING_MS: Mapping[str, float] = {"drums": -8.0, "bass": -8.0}
"""How early a part comes; of the drums only the hi-hat, of the bass only notes inside a chord."""


def swing_of(style: Style, groove: BriefGroove, meter: Meter) -> tuple[float, float]:
    """Return the amount and the unit in beats of a song's swing: what the brief asks for, or the style's own."""
    amount, unit = style.swing_in(meter)
    if groove.swing is None or meter.denominator == 8:
        return amount, unit
    return groove.swing, unit


def swing_melody(notes: Iterable[Note], plan: Plan, style: Style, groove: BriefGroove) -> tuple[Note, ...]:
    """Return sung notes where the style of the section that each begins in plays them; pitches and order stay."""
    meter = Meter.parse(plan.meter)
    swings: dict[str | None, tuple[float, float]] = {None: swing_of(style, groove, meter)}
    moved = []
    for note in notes:
        name = plan.section_of_bar(min(plan.bars - 1, int(note.onset // plan.beats_per_bar))).style
        if name not in swings:
            swings[name] = swing_of(load_style(name or style.name), groove, meter)
        onset, end = (swung(beat, *swings[name]) for beat in (note.onset, note.end))
        moved.append(replace(note, onset=onset, duration=round(end - onset, 6)))
    return tuple(moved)


def felt(part: PartStyle, feel: str, meter: Meter) -> PartStyle:
    """Return a part of a style with its grids for a meter changed by a feel."""
    change = _CHANGES.get((feel, part.name))
    if change is None:
        return part
    groove = part.grooves[str(meter)]
    low, mid, high = (tuple(change(grid, meter) for grid in level) for level in (groove.low, groove.mid, groove.high))
    fills, build = groove.fills, groove.build
    if feel == "four-on-the-floor":
        fills, build = (tuple(change(grid, meter) for grid in kind) for kind in (fills, build))
    changed = Groove(low, mid, high, fills, build, groove.answers)
    return replace(part, grooves={**part.grooves, str(meter): changed})


def shift_ms(feel: str, part: str, pitch: int, starts_chord: bool) -> float:
    """Return how many milliseconds late (positive) or early a note of a part is played."""
    if feel == "laid-back":
        on_time = part == "drums" and (pitch == KICK or pitch in CYMBALS)
        return 0.0 if on_time else LAID_BACK_MS.get(part, 0.0)
    if feel == "driving":
        if part == "drums":
            return DRIVING_MS["drums"] if pitch == HAT else 0.0
        return 0.0 if starts_chord else DRIVING_MS.get(part, 0.0)
    return 0.0


def _half_time(grid: Grid, meter: Meter) -> Grid:
    """Return a grid twice as long: skins stretched, cymbals repeated."""
    skins = [replace(note, step=2 * note.step) for note in grid.notes if note.key in SKINS]
    others = [replace(note, step=note.step + i * grid.steps)
              for i in range(2) for note in grid.notes if note.key not in SKINS]  # fmt: skip
    return _grid(2 * grid.steps, [*skins, *others])


def _double_time(grid: Grid, meter: Meter) -> Grid:
    """Return a grid in which each bar has its skins, but those off the eighths, twice at twice the speed."""
    bar = bar_steps(meter)
    notes = [note for note in grid.notes if note.key not in SKINS]
    for note in grid.notes:
        first, inside = note.step // bar * bar, note.step % bar
        if note.key in SKINS and inside % 2 == 0:
            notes += [replace(note, step=first + inside // 2 + half) for half in (0, bar // 2)]
    return _grid(grid.steps, notes)


def _four_on_the_floor(grid: Grid, meter: Meter) -> Grid:
    """Return a grid with a kick on every pulse and no other."""
    pulse = round(meter.pulse_beats * STEPS_PER_BEAT)
    kicks = [Step(step, 1, "x", KICK) for step in range(0, grid.steps, pulse)]
    return _grid(grid.steps, [*kicks, *(note for note in grid.notes if note.key != KICK)])


def _eighth_hats(grid: Grid, meter: Meter) -> Grid:
    """Return a grid whose hi-hat plays straight eighths; an open one stays where it is."""
    opened = {note.step for note in grid.notes if note.key == DRUM_KEYS["open"]}
    pulse = round(meter.pulse_beats * STEPS_PER_BEAT)
    hats = [
        Step(step, 1, "x" if step % pulse == 0 else "o", HAT)
        for step in range(0, grid.steps, 2)
        if step not in opened
    ]
    return _grid(grid.steps, [*hats, *(note for note in grid.notes if note.key not in _CLOCK)])


def _eighth_bass(grid: Grid, meter: Meter) -> Grid:
    """Return a bass line in eighths on the tones that its own line has there, the chord's bass where it rests."""
    notes = []
    for step in range(0, grid.steps, 2):
        sounding = [note for note in grid.notes if note.step <= step + 1 and note.step + note.length > step]
        token = sounding[-1].token if sounding else "R"
        notes.append(Step(step, 2, token if token != "a" or step % 4 else "R"))
    return Grid(grid.steps, tuple(notes))


def _grid(steps: int, notes: list[Step]) -> Grid:
    """Return a grid of these strokes in order, one a drum and step."""
    kept = {(note.step, note.key): note for note in notes}
    return Grid(steps, tuple(kept[place] for place in sorted(kept)))


_CHANGES = {
    ("half-time", "drums"): _half_time,
    ("double-time", "drums"): _double_time,
    ("four-on-the-floor", "drums"): _four_on_the_floor,
    ("driving", "drums"): _eighth_hats,
    ("driving", "bass"): _eighth_bass,
}
