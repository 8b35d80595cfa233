"""From the notes that the model writes to notes that are played: grid, swing, feel, the held last bar.

The model counts twelve ticks a beat. Off-beats that a style swings are put exactly where the style has them, so
that band and voice share one swing; early and late players are moved as the accompanist `patterns` moves them. Two
notes of a pitch never overlap in a part. `tidy` is the only change of what the model wrote: see it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from songsmith.accompaniment.feel import shift_ms, swing_of
from songsmith.accompaniment.grids import swung
from songsmith.accompaniment.latent.conditions import Conditions
from songsmith.accompaniment.latent.rolls import PARTS, QUALITY_NAMES, TICKS_PER_BEAT
from songsmith.accompaniment.parts import PartNote
from songsmith.accompaniment.voicing import voice_chord
from songsmith.brief import Brief
from songsmith.plan import Plan
from songsmith.styles import Style
from songsmith.theory import MODES, QUALITIES, ChordTones
from songsmith.timeline import Meter

LOWEST_VELOCITY, HIGHEST_VELOCITY = 24, 120
FORCE = 0.2
"""How much harder the fullest section is struck than the barest, over what the model makes of their energies."""

LEFT_HAND_RISE = 12
LAST_VELOCITY = 72
_LAST_RANGES: Mapping[int, tuple[int, int]] = {1: (28, 40), 2: (50, 69), 3: (50, 72)}
_EIGHTHS = frozenset((6, 7, 8))
_SIXTEENTHS: Mapping[int, float] = {3: 0.25, 4: 0.25, 9: 0.75, 10: 0.75}
_STRAIGHT: Mapping[int, int] = {8: 6, 7: 6}


def finish(
    notes: NDArray[np.int16], asked: Conditions, plan: Plan, style: Style, brief: Brief, *, closes: bool = True
) -> dict[str, list[PartNote]]:
    """Return the notes of each part as they are played.

    Parameters
    ----------
    notes : [notes, 6] bar, part, tick, pitch, ticks, velocity
    asked : chords and key that they were written for
    closes : whether the last bar is held; a loop's is not
    """
    meter = Meter.parse(plan.meter)
    amount, unit = swing_of(style, brief.groove, meter)
    beats_a_ms = brief.tempo / 60_000.0
    ends = [float(s.bar + s.bars) * plan.beats_per_bar for s in plan.sections for _ in range(s.bars)]
    found: dict[str, list[PartNote]] = {}
    starts = {round(chord.onset, 6) for chord in plan.chords}
    straight = brief.groove.swing == 0.0
    for number, name in enumerate(PARTS):
        own = tidy(notes[notes[:, 1] == number], asked)
        if closes:
            own = held_last_bar(own, plan.bars - 1, asked.beats)
        if closes and asked.plays[-1, number] and not (own[:, 0] == plan.bars - 1).any():
            own = np.concatenate([own, last_chord(number, own, asked)])
        played = []
        for bar, _, tick, pitch, ticks, velocity in own.tolist():
            beat, inside = divmod(tick, TICKS_PER_BEAT)
            whole = float(bar * plan.beats_per_bar + beat)
            first = whole + _place(inside, amount, unit, straight)
            last = whole + (inside + ticks) / TICKS_PER_BEAT
            late = beats_a_ms * shift_ms(brief.groove.feel, name, pitch, round(whole, 6) in starts and inside == 0)
            onset = max(0.0, round(first + late, 6))
            stop = min(ends[bar], max(last, onset + 1 / TICKS_PER_BEAT))  # nothing rings into the next section
            if stop > onset:
                force = velocity * force_of(float(asked.energy[bar]))
                strength = min(HIGHEST_VELOCITY, max(LOWEST_VELOCITY, round(force)))
                played.append(PartNote(onset, round(stop - onset, 6), pitch, strength))
        if played:
            found[name] = apart(played)
    return found


def force_of(energy: float) -> float:
    """Return by how much the notes of a section of an energy are struck harder than the model writes them."""
    return 1.0 + FORCE * (energy - 0.5)


def _place(inside: int, amount: float, unit: float, straight: bool) -> float:
    """Return where a tick of a beat is played, in beats."""
    if straight and inside in _STRAIGHT:
        inside = _STRAIGHT[inside]
    if amount > 0.0 and unit == 0.5 and inside in _EIGHTHS:
        return swung(0.5, amount, unit)
    if amount > 0.0 and unit == 0.25 and inside in _SIXTEENTHS:
        return swung(_SIXTEENTHS[inside], amount, unit)
    return inside / TICKS_PER_BEAT


def tidy(notes: NDArray[np.int16], asked: Conditions) -> NDArray[np.int16]:
    """Return the notes of a pitched part with those that fit neither chord nor key moved to the nearest that does.

    Only notes that last at least half a beat or stand on a beat are moved; short chromatic ones between beats pass.
    """
    if not len(notes) or notes[0, 1] == 0:
        return notes
    out = notes.copy()
    scale = frozenset((asked.tonic + step) % 12 for step in MODES[asked.mode])
    for i, (bar, _, tick, pitch, ticks, _) in enumerate(notes.tolist()):
        root, bass, quality = asked.chords[bar, min(tick // TICKS_PER_BEAT, 3)].tolist()
        if quality < 0:
            continue
        tones = {(root + step) % 12 for step in QUALITIES[QUALITY_NAMES[quality]]} | {bass}
        if pitch % 12 in tones or pitch % 12 in scale:
            continue
        if tick % TICKS_PER_BEAT == 0 or ticks * 2 >= TICKS_PER_BEAT:
            fitting = [p for p in range(pitch - 6, pitch + 7) if p % 12 in tones | scale]
            near = min(fitting, key=lambda p: (abs(p - pitch), p % 12 not in tones, p))
            out[i, 3] = near
    _, first = np.unique(out[:, [0, 2, 3]], axis=0, return_index=True)
    return np.asarray(out[np.sort(first)], np.int16)


def held_last_bar(notes: NDArray[np.int16], bar: int, beats: int) -> NDArray[np.int16]:
    """Return the notes of a part with its first stroke of the last bar held, and none after it."""
    last = notes[:, 0] == bar
    if not last.any():
        return notes
    first = notes[last, 2].min()
    kept: NDArray[np.int16] = notes[~last | (notes[:, 2] == first)].copy()
    mine = kept[:, 0] == bar
    kept[mine, 4] = beats * TICKS_PER_BEAT
    if first < TICKS_PER_BEAT:
        kept[mine, 2] = 0
    return kept


def last_chord(part: int, notes: NDArray[np.int16], asked: Conditions) -> NDArray[np.int16]:
    """Return the last bar of a part that the model left empty: the root in the bass, the chord above it."""
    bar = len(asked) - 1
    root, bass, quality = asked.chords[bar, 0].tolist()
    if quality < 0 or part not in _LAST_RANGES:
        return np.zeros((0, 6), np.int16)
    low, high = _LAST_RANGES[part]
    tones = tuple((root + step) % 12 for step in QUALITIES[QUALITY_NAMES[quality]])
    if PARTS[part] == "bass":
        pitches: tuple[int, ...] = (low + (bass - low) % 12,)
    else:
        pitches = voice_chord(ChordTones(root, bass, tones), 3, low, high)
    strength = int(notes[:, 5].mean()) if len(notes) else LAST_VELOCITY
    rows = [(bar, part, 0, pitch, asked.beats * TICKS_PER_BEAT, strength) for pitch in pitches]
    return np.array(rows, np.int16)


def apart(notes: Iterable[PartNote]) -> list[PartNote]:
    """Return notes by onset and pitch, each ending where its pitch starts again, one a pitch and onset."""
    best: dict[tuple[float, int], PartNote] = {}
    for note in notes:
        old = best.get((note.onset, note.pitch))
        if old is None or note.velocity > old.velocity:
            best[note.onset, note.pitch] = note
    kept = []
    following: dict[int, float] = {}
    for note in sorted(best.values(), key=lambda n: (-n.onset, n.pitch)):
        length = min(note.duration, round(following.get(note.pitch, float("inf")) - note.onset, 6))
        following[note.pitch] = note.onset
        kept.append(replace(note, duration=length))
    return sorted(kept, key=lambda n: (n.onset, n.pitch))


def left_hand(played: Mapping[str, list[PartNote]]) -> dict[str, list[PartNote]]:
    """Return parts with the bass played by the hand that plays the chords, an octave up."""
    bass = [replace(note, pitch=note.pitch + LEFT_HAND_RISE) for note in played.get("bass", [])]
    rest = {name: notes for name, notes in played.items() if name != "bass"}
    return {**rest, "harmony": apart([*played.get("harmony", []), *bass])}
