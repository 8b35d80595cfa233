"""Single-note parts: the bass, and the figure with its arpeggios, riffs and answers to the voice."""

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
from songsmith.accompaniment.grids import STEPS_PER_BEAT, Grid, Step
from songsmith.accompaniment.lead import plays_in
from songsmith.accompaniment.parts import PartNote
from songsmith.seeds import generator
from songsmith.styles import PartStyle
from songsmith.theory import ChordTones, Key

_CHORD_TONE = {"3": 1, "5": 2, "7": 3}


def write_bass(frame: Frame, part: PartStyle, is_asked: bool) -> list[PartNote]:
    """Return the bass notes of a song: the chord's bass on `R`, its tones above, steps that lead on."""
    groove = part.grooves[str(frame.meter)]
    notes: list[PartNote] = []
    for bar in frame.bars:
        options = () if is_silent(frame, "bass", bar) else options_for(groove, bar.section.energy, is_asked)
        if not options:
            continue
        if bar.ends_song:
            steps = [Step(0, frame.steps, "R")]
        else:
            steps = list(steps_of_bar(turn_for(frame, "bass", options, bar), bar, frame.steps))
        for span in bar.chords:
            for step in split_at_chord(bar, span, steps, restart="R"):
                pitch = _bass_pitch(frame, part, bar, span, step)
                strength = velocity(frame, "bass", bar, step.step, "x")
                notes.append(note(bar, step.step, step.length, pitch, strength))
    return notes


def split_at_chord(bar: Bar, span: ChordSpan, steps: list[Step], restart: str) -> list[Step]:
    """Return the steps that start under a chord, cut where it ends, led by `restart` where one is held into it."""
    first = round((span.start - bar.start) * STEPS_PER_BEAT)
    last = round((span.end - bar.start) * STEPS_PER_BEAT)
    taken = []
    for step in steps:
        start, end = max(step.step, first), min(step.step + step.length, last)
        if start < end:
            token = restart if start > step.step or (start == first and first > 0 and restart == "R") else step.token
            taken.append(Step(start, end - start, token))
    return taken


def _bass_pitch(frame: Frame, part: PartStyle, bar: Bar, span: ChordSpan, step: Step) -> int:
    low, high = part.range
    root = low + (span.tones.bass - low) % 12
    if step.token == "a":
        following = span.following or span.tones
        target = low + (following.bass - low) % 12
        on_beat = step.step % STEPS_PER_BEAT == 0
        return _approach(frame.key, span.tones, root, target, on_beat, low, high)
    if step.token == "r":
        return root + 12 if root + 12 <= high else root
    if step.token in _CHORD_TONE:
        index = min(_CHORD_TONE[step.token], len(span.tones.tones) - 1)
        pitch = root + (span.tones.tones[index] - root) % 12
        return pitch if pitch <= high else pitch - 12
    return root


def _approach(key: Key, chord: ChordTones, root: int, target: int, on_beat: bool, low: int, high: int) -> int:
    """Return the note before `target`: a chord tone near it on a beat, the scale step next to it off the beat."""
    around = [pitch for pitch in range(max(low, target - 5), min(high, target + 5) + 1) if pitch != target]
    if on_beat:
        wanted = [pitch for pitch in around if pitch % 12 in chord.tones]
    else:
        wanted = [pitch for pitch in around if pitch % 12 in key.scale and abs(pitch - target) <= 2]
    return min(wanted, key=lambda pitch: (abs(pitch - target) + 0.4 * abs(pitch - root), pitch), default=root)


def write_figure(frame: Frame, part: PartStyle, is_asked: bool) -> list[PartNote]:
    """Return the notes of the figure: its runs, and its answers in bars that the voice leaves free."""
    groove = part.grooves[str(frame.meter)]
    low, high = (bound + frame.register for bound in part.range)
    notes: list[PartNote] = []
    for bar in frame.bars:
        if is_silent(frame, "figure", bar):
            continue
        options = options_for(groove, bar.section.energy, is_asked)
        is_free = not bar.voice and not (frame.has_lead and plays_in(bar))
        answers = groove.answers if is_free and (bar.section.kind != "intro" or not options) else ()
        if bar.ends_song:
            steps = [Step(0, frame.steps, "1")] if options or answers else []
        elif answers:
            first = _first_free(bar)
            lick = _answer(frame, answers, bar, first)
            steps = list(steps_of_bar(lick, bar, frame.steps, first))
        elif options:
            steps = list(steps_of_bar(turn_for(frame, "figure", options, bar), bar, frame.steps))
        else:
            continue
        for span in bar.chords:
            taken = split_at_chord(bar, span, steps, restart="")
            for i, step in enumerate(taken):
                if not step.token:
                    continue
                token = next((s.token for s in taken[i:] if s.token.isdigit()), "1")
                pitch = _ladder_pitch(span.tones, (low, high), int(token))
                if step.token in "ul":
                    pitch = _neighbour(frame.key, pitch, 1 if step.token == "u" else -1)
                strength = velocity(frame, "figure", bar, step.step, "x")
                notes.append(note(bar, step.step, step.length, pitch, strength))
    return notes


def _first_free(bar: Bar) -> int:
    """Return the place in its section where the run of bars without voice began that a bar belongs to."""
    voice = bar.section.voice
    return max((place + 1 for place in range(bar.place) if voice[place]), default=0)


def _answer(frame: Frame, answers: tuple[Grid, ...], bar: Bar, first: int) -> Grid:
    """Return the lick of a free bar: one for a run of them, another every fourth bar of a long run."""
    number = first + (bar.place - first) // 4 * 4
    rng = generator(frame.seed, "patterns", "figure", "answers", bar.section.kind, number)
    return answers[int(rng.integers(len(answers)))]


def _ladder_pitch(chord: ChordTones, bounds: tuple[int, int], number: int) -> int:
    """Return the chord tone of a number, 1 the lowest in range; beyond the top it continues an octave lower."""
    ladder = [pitch for pitch in range(bounds[0], bounds[1] + 1) if pitch % 12 in chord.tones]
    index = number - 1
    while index >= len(ladder):
        index -= len(chord.tones)
    return ladder[index]


def _neighbour(key: Key, pitch: int, direction: int) -> int:
    pitch += direction
    while pitch % 12 not in key.scale:
        pitch += direction
    return pitch
