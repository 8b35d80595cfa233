"""From a plan and a brief to what is asked of each bar: who plays where, how much, how high.

The form decides it: parts join as a section's energy asks for them in the style, an introduction begins with the
parts that the style begins with, the last bar before a change leads on, the last bar of the song closes it. Under the
voice, chords and figures are asked to play less and lower; where the voice rests, the figure may answer.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lyrics.meaning import Meaning
from songsmith.accompaniment.feel import swing_of
from songsmith.accompaniment.frame import Bar, Frame, is_silent, options_for
from songsmith.accompaniment.instruments import Instrument
from songsmith.accompaniment.latent.conditions import (
    FEELS,
    METERS,
    STYLES,
    Conditions,
    program_choice,
)
from songsmith.accompaniment.latent.rolls import BEATS, PARTS, QUALITY_NAMES
from songsmith.brief import Brief
from songsmith.plan import Plan, chord_at
from songsmith.styles import LEVEL_BOUNDS, Style
from songsmith.theory import Key, parse_chord
from songsmith.timeline import Meter

KIND_OF: Mapping[str, int] = {
    "intro": 0, "verse": 1, "interlude": 1, "chorus": 2, "hook": 2, "drop": 2, "postchorus": 2, "solo": 2,
    "bridge": 3, "prechorus": 3, "build": 3, "outro": 4,
}  # fmt: skip

VOICED_DENSITY = 0.6
"""How much of what is usual chords and figures play under the voice."""

FREE_DENSITY = 1.8
"""And the figure where the voice rests."""

REGISTER_STRESS = 2.2
"""How much further from the middle a register is asked for than it is meant: the model goes part of the way."""

VOICED_REGISTER = {"harmony": -0.45, "pad": -0.3, "figure": -0.6}
"""How many octaves lower than their middle chords and figures lie under the voice."""


def ask(
    plan: Plan,
    brief: Brief,
    style: Style,
    players: Mapping[str, Instrument],
    asked_for: frozenset[str],
    frame: Frame,
    typical: NDArray[np.float32],
) -> Conditions:
    """Return what is asked of the bars of a song played in one style.

    Parameters
    ----------
    players : who plays each part
    asked_for : parts that the brief asks for
    frame : the bars of all sections of the plan
    typical : [styles + 1, 3, 5] usual strokes a beat at low, middle and high energy
    """
    meter = Meter.parse(plan.meter)
    key = Key.parse(plan.key)
    plays = np.stack([_plays(bar, frame, style, players, asked_for, str(meter)) for bar in frame.bars])
    voice = np.array([bar.voice for bar in frame.bars])
    energy = np.array([bar.section.energy for bar in frame.bars], np.float32)
    number = STYLES.index(style.name) + 1 if style.name in STYLES else 0
    swing, unit = swing_of(style, brief.groove, meter)
    chords = chord_table(plan)
    return Conditions(
        text=Meaning.load().embed([brief.prompt])[0],
        style=number,
        meter=METERS.index(str(meter)),
        tempo=brief.tempo,
        tonic=key.tonic,
        mode=key.mode,
        swing=float(swing if unit == 0.5 else 0.0),
        feel=FEELS.index(brief.groove.feel) if brief.groove.feel in FEELS else 0,
        programs=np.array(
            [program_choice(players[p].program, players[p].is_drum) if p in players else 0 for p in PARTS], np.int64
        ),
        kind=np.array([KIND_OF.get(bar.section.kind, 1) for bar in frame.bars], np.int64),
        place=np.array([bar.place for bar in frame.bars], np.int64),
        left=np.array([bar.section.bars - bar.place for bar in frame.bars], np.int64),
        fill=np.array([_leads_on(bar) for bar in frame.bars]),
        ending=np.array([bar.ends_song for bar in frame.bars]),
        chords=chords,
        following=chords[-1],
        plays=plays,
        density=_density(typical[number], energy, voice, plays),
        register=_register(voice, frame.register, plays),
        energy=energy,
    )


def _plays(
    bar: Bar, frame: Frame, style: Style, players: Mapping[str, Instrument], asked_for: frozenset[str], meter: str
) -> NDArray[np.bool_]:
    """Return which parts play in a bar: those whose style has something to play at its energy."""
    found = np.zeros(len(PARTS), bool)
    for i, name in enumerate(PARTS):
        if name not in players or is_silent(frame, name, bar):
            continue
        groove = style.part(name).grooves[meter]
        answers = name == "figure" and bool(groove.answers) and not bar.voice and not frame.has_lead
        found[i] = bool(options_for(groove, bar.section.energy, name in asked_for)) or answers
    if not found.any() and players:
        first = next(name for name in ("harmony", "pad", "figure", "bass", "drums") if name in players)
        found[PARTS.index(first)] = True
    return found


def _leads_on(bar: Bar) -> bool:
    left = bar.section.bars - bar.place
    return left == 1 if bar.after is not None else left == 2


def _density(
    typical: NDArray[np.float32], energy: NDArray[np.float32], voice: NDArray[np.bool_], plays: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Return the strokes a beat that are asked for: those of the style, fewer under the voice."""
    found: NDArray[np.float32] = typical[np.searchsorted(LEVEL_BOUNDS, energy, side="right")].copy()
    for name in ("harmony", "figure"):
        found[voice, PARTS.index(name)] *= VOICED_DENSITY
    found[~voice, PARTS.index("figure")] *= FREE_DENSITY
    found[~plays] = np.nan
    return found


def _register(voice: NDArray[np.bool_], shift: int, plays: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the registers that are asked for, NaN where the model decides; `shift` in semitones."""
    found = np.full(plays.shape, np.nan, np.float32)
    moved = REGISTER_STRESS * shift / 12.0
    for name, lower in VOICED_REGISTER.items():
        found[voice, PARTS.index(name)] = lower + moved
        found[~voice, PARTS.index(name)] = moved
    found[~plays] = np.nan
    return found


def chord_table(plan: Plan) -> NDArray[np.int8]:
    """Return root, bass and quality of each beat of each bar of a plan, [bars, 4, 3]; quality -1 for no chord."""
    found = np.full((plan.bars, BEATS, 3), -1, np.int8)
    for bar in range(plan.bars):
        for beat in range(plan.beats_per_bar):
            chord = chord_at(plan.chords, bar * plan.beats_per_bar + beat)
            tones = parse_chord(chord.symbol) if chord is not None else None
            if chord is not None and tones is not None:
                quality = chord.symbol.partition(":")[2].partition("/")[0] or "maj"
                found[bar, beat] = (tones.root, tones.bass, QUALITY_NAMES.index(quality))
    return found
