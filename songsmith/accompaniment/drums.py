"""The drum part: a groove for each section, fills that lead on, crashes where something begins."""

from __future__ import annotations

from songsmith.accompaniment.frame import Bar, Frame, grid_for, is_silent, note, options_for, steps_of_bar, velocity
from songsmith.accompaniment.grids import DRUM_KEYS, Grid
from songsmith.accompaniment.parts import PartNote
from songsmith.seeds import generator
from songsmith.styles import LEVEL_BOUNDS, PartStyle

CRASH_ENERGY = 0.6
BUILD_BARS = 2
_KICK, _CRASH, _SNARE = DRUM_KEYS["kick"], DRUM_KEYS["crash"], DRUM_KEYS["snare"]
_RING = {DRUM_KEYS[name]: 8 for name in ("crash", "crash2", "ride", "bell", "open", "splash", "triangle")}


def write_drums(frame: Frame, part: PartStyle, is_asked: bool) -> list[PartNote]:
    """Return the drum notes of a song."""
    groove = part.grooves[str(frame.meter)]
    notes: list[PartNote] = []
    previous: Grid | None = None
    for bar in frame.bars:
        options = () if is_silent(frame, "drums", bar) else options_for(groove, bar.section.energy, is_asked)
        if bar.ends_song:
            notes += _final(frame, bar) if options else []
            continue
        grid = grid_for(frame, "drums", options, bar) if options else None
        fill = _fill(frame, bar, groove.fills, groove.build, plays=bool(options), is_asked=is_asked, part=part)
        grid = fill or grid
        if grid is None:
            previous = None
            continue
        strokes = [
            note(bar, s.step, _RING.get(s.key, 1), s.key, velocity(frame, "drums", bar, s.step, s.token))
            for s in steps_of_bar(grid, bar, frame.steps)
        ]
        if bar.place == 0 and options and _has_crash(bar, had_drums=previous is not None):
            strokes = [s for s in strokes if s.onset > bar.start or s.pitch not in (_CRASH, DRUM_KEYS["hat"])]
            strokes.append(note(bar, 0, 16, _CRASH, velocity(frame, "drums", bar, 0, "o")))
        notes += strokes
        previous = grid
    return notes


def _has_crash(bar: Bar, had_drums: bool) -> bool:
    return bar.section.energy >= CRASH_ENERGY or (had_drums and bar.section.energy >= 0.5 and bar.occurrence > 0)


def _fill(
    frame: Frame,
    bar: Bar,
    fills: tuple[Grid, ...],
    build: tuple[Grid, ...],
    plays: bool,
    is_asked: bool,
    part: PartStyle,
) -> Grid | None:
    """Return the grid of a bar that leads into the next section, None for one that does not."""
    after = bar.after
    if after is None:
        return None
    left = bar.section.bars - bar.place
    rising = after.energy > bar.section.energy + 0.05
    if build and left <= BUILD_BARS and bar.section.kind in ("build", "prechorus") and rising and plays:
        return build[0] if left == 1 or bar.section.kind == "build" else None
    if not bar.ends_section or not fills:
        return None
    joins = bool(options_for(part.grooves[str(frame.meter)], after.energy, is_asked))
    if not (plays or (joins and after.energy >= LEVEL_BOUNDS[0])) or not joins:
        return None
    if not plays and bar.section.kind != "intro":
        return None
    rng = generator(frame.seed, "patterns", "drums", "fill", bar.section.kind, bar.occurrence)
    return fills[int(rng.integers(len(fills)))]


def _final(frame: Frame, bar: Bar) -> list[PartNote]:
    """Return the last hit: kick and cymbal on the last chord."""
    step = round((bar.chords[-1].start - bar.start) * 4) if bar.chords else 0
    strength = velocity(frame, "drums", bar, 0, "x")
    return [note(bar, step, 1, _KICK, strength), note(bar, step, 16, _CRASH, max(24, strength - 16))]
