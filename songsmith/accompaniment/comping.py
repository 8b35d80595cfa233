"""Chordal parts: `harmony`, which plays a rhythm of chords, and `pad`, which holds them."""

from __future__ import annotations

from songsmith.accompaniment.frame import (
    Bar,
    ChordSpan,
    Frame,
    is_silent,
    note,
    options_for,
    steps_of_bar,
    turn_for,
    velocity,
)
from songsmith.accompaniment.grids import STEPS_PER_BEAT, Step
from songsmith.accompaniment.parts import PartNote
from songsmith.accompaniment.voicing import Voicing, voice_chord
from songsmith.styles import PartStyle
from songsmith.theory import ChordTones

FREE_REACH = 4  # semitones that the range of a chord part rises by in sections without the voice
MAX_HELD_BARS = 4


def write_chords(frame: Frame, part: PartStyle, is_asked: bool) -> list[PartNote]:
    """Return the notes of `harmony` or `pad`. The pad ties the notes that two chords share."""
    groove = part.grooves[str(frame.meter)]
    notes: list[PartNote] = []
    voicing: Voicing | None = None
    for bar in frame.bars:
        if bar.place == 0:
            voicing = None  # every section starts from the middle, so that it is voiced alike when it returns
        low, high = (bound + frame.register for bound in part.range)
        if not any(bar.section.voice):
            high += FREE_REACH
        options = () if is_silent(frame, part.name, bar) else options_for(groove, bar.section.energy, is_asked)
        steps = (
            [Step(0, frame.steps, "x")]
            if bar.ends_song and options
            else list(steps_of_bar(turn_for(frame, part.name, options, bar), bar, frame.steps))
            if options
            else []
        )
        for span in bar.chords:
            voicing = voice_chord(_played(span.tones, part), part.voices, low, high, voicing)
            for step in _within(bar, span, steps):
                strength = velocity(frame, part.name, bar, step.step, step.token)
                notes += [
                    note(bar, step.step, step.length, pitch, strength) for pitch in _voices(voicing, step.token)
                ]
    return _tied(notes, MAX_HELD_BARS * frame.meter.beats_per_bar) if part.name == "pad" else notes


def _played(chord: ChordTones, part: PartStyle) -> ChordTones:
    """Return the chord as the part plays it: without its third and sevenths where it plays power chords."""
    if part.tones == "full":
        return chord
    return ChordTones(chord.root, chord.bass, (chord.tones[0], chord.tones[2]))


def _voices(voicing: Voicing, token: str) -> Voicing:
    if token == "b":
        return voicing[:1]
    return voicing[1:] if token == "u" else voicing


def _within(bar: Bar, span: ChordSpan, steps: list[Step]) -> list[Step]:
    """Return the steps that a chord takes: those that start in it, and the rest of one held from before."""
    first = round((span.start - bar.start) * STEPS_PER_BEAT)
    last = round((span.end - bar.start) * STEPS_PER_BEAT)
    if last >= bar.beats * STEPS_PER_BEAT:
        last = max(last, max((s.step + s.length for s in steps), default=0))
    taken = []
    for step in steps:
        start, end = max(step.step, first), min(step.step + step.length, last)
        if start < end:
            taken.append(Step(start, end - start, "x" if start > step.step and step.token == "b" else step.token))
    return taken


def _tied(notes: list[PartNote], longest: float) -> list[PartNote]:
    """Join notes of one pitch that touch, up to a length in beats."""
    sounding: dict[int, PartNote] = {}
    done: list[PartNote] = []
    for new in sorted(notes, key=lambda n: (n.onset, n.pitch)):
        old = sounding.get(new.pitch)
        touches = old is not None and abs(old.onset + old.duration - new.onset) < 1e-6
        if old is not None and touches and old.duration + new.duration <= longest:
            sounding[new.pitch] = PartNote(old.onset, old.duration + new.duration, old.pitch, old.velocity)
            continue
        if old is not None:
            done.append(old)
        sounding[new.pitch] = new
    return [*done, *sounding.values()]
