"""The drum part: a groove for each section, fills that lead on, crashes where something begins."""

from __future__ import annotations

from songsmith.accompaniment.frame import (
    Bar,
    Frame,
    grid_for,
    is_silent,
    note,
    options_for,
    steps_of_bar,
    turn_for,
    velocity,
)
from songsmith.accompaniment.grids import DRUM_KEYS, Grid, Step
from songsmith.accompaniment.parts import PartNote
from songsmith.seeds import generator
from songsmith.styles import Groove, PartStyle

CRASH_ENERGY = 0.6
ROLL_STEPS = (0.0, 0.5)
_KICK, _CRASH = DRUM_KEYS["kick"], DRUM_KEYS["crash"]
_SKINS = frozenset(DRUM_KEYS[name] for name in ("kick", "snare", "rim", "clap"))
_CRASHED_OVER = frozenset(DRUM_KEYS[name] for name in ("crash", "hat", "open", "ride"))
_CYMBALS = _CRASHED_OVER | {DRUM_KEYS[name] for name in ("crash2", "bell", "pedal")}
_RING = {DRUM_KEYS[name]: 8 for name in ("crash", "crash2", "ride", "bell", "open", "splash", "triangle")}


def write_drums(frame: Frame, part: PartStyle, is_asked: bool) -> list[PartNote]:
    """Return the drum notes of a song."""
    groove = part.grooves[str(frame.meter)]
    notes: list[PartNote] = []
    crashes = _has_cymbals(groove)
    had_drums = False
    for bar in frame.bars:
        options = () if is_silent(frame, "drums", bar) else options_for(groove, bar.section.energy, is_asked)
        if bar.ends_song:
            notes += _final(frame, bar, crashes) if options else []
            continue
        strokes = _fill(frame, bar, groove, bool(options), is_asked) or _beat(frame, options, bar)
        played = [
            note(bar, s.step + late, _RING.get(s.key, 1), s.key, velocity(frame, "drums", bar, s.step, s.token))
            for s in strokes
            for late in (ROLL_STEPS if s.token == "r" else (0.0,))
        ]
        if crashes and bar.place == 0 and options and _has_crash(bar, had_drums):
            played = [n for n in played if n.onset > bar.start or n.pitch not in _CRASHED_OVER]
            played.append(note(bar, 0, 16, _CRASH, velocity(frame, "drums", bar, 0, "o")))
        notes += played
        had_drums = bool(played)
    return notes


def _beat(frame: Frame, options: tuple[Grid, ...], bar: Bar) -> list[Step]:
    """Return the strokes of a bar of the groove; a turn changes kick and snare and keeps the cymbals."""
    if not options:
        return []
    own = list(steps_of_bar(grid_for(frame, "drums", options, bar), bar, frame.steps))
    turn = list(steps_of_bar(turn_for(frame, "drums", options, bar), bar, frame.steps))
    return [s for s in turn if s.key in _SKINS] + [s for s in own if s.key not in _SKINS]


def _has_cymbals(groove: Groove) -> bool:
    """Tell whether a groove is played on a kit with cymbals, and not on hand drums or brushes alone."""
    return any(note.key in _CYMBALS for grid in (*groove.low, *groove.mid, *groove.high) for note in grid.notes)


def _has_crash(bar: Bar, had_drums: bool) -> bool:
    return bar.section.energy >= CRASH_ENERGY or (had_drums and bar.section.energy >= 0.5 and bar.occurrence > 0)


def _fill(frame: Frame, bar: Bar, groove: Groove, plays: bool, is_asked: bool) -> list[Step]:
    """Return the strokes of a bar that leads on, none where it does not.

    Fills stand in the last bar of a section and before the song's last chord, builds in the last bars of a
    section that rises into a stronger one.
    """
    after, left = bar.after, bar.section.bars - bar.place
    rng = generator(frame.seed, "patterns", "drums", "fill", bar.section.kind, bar.occurrence)
    fill = groove.fills[int(rng.integers(len(groove.fills)))] if groove.fills else None
    if after is None:
        return list(steps_of_bar(fill, bar, frame.steps)) if fill and left == 2 and plays else []
    rises = after.energy > bar.section.energy + 0.05 and bar.section.kind in ("build", "prechorus")
    if groove.build and plays and rises and left <= len(groove.build):
        return list(steps_of_bar(groove.build[-left], bar, frame.steps))
    joins = bool(options_for(groove, after.energy, is_asked)) and (plays or bar.section.kind == "intro")
    return list(steps_of_bar(fill, bar, frame.steps)) if fill and left == 1 and joins else []


def _final(frame: Frame, bar: Bar, crashes: bool) -> list[PartNote]:
    """Return the last hit on the last chord: a kick, with a cymbal where the groove has any."""
    step = round((bar.chords[-1].start - bar.start) * 4) if bar.chords else 0
    strength = velocity(frame, "drums", bar, 0, "x")
    crash = [note(bar, step, 16, _CRASH, max(24, strength - 16))] if crashes else []
    return [note(bar, step, 1, _KICK, strength), *crash]
