"""The composer: every syllable gets its notes, on the chords and the beats of the accompaniment.

Line by line: bars (`phrasing`), onsets (`rhythm`), lengths and melismas (`composing.lengths`), pitches (`melody`).
Lines that answer each other inside a section are drawn to each other; a section that comes back has the rhythm of
the first wherever its lines have as many syllables, and its tune wherever the chords are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from lyrics.prosody import rhymes
from lyrics.values import Line, Lyrics, Section
from songsmith.accompaniment.parts import Accompaniment
from songsmith.composing.backing import Backing, hear
from songsmith.composing.gaps import STEPS_PER_BEAT, UNKNOWN_WEIGHT
from songsmith.composing.lengths import cut, held_notes, note_count, note_length
from songsmith.composing.scorer import MelodyModel, load_melody_model
from songsmith.errors import InputError
from songsmith.melody import Harmony, LineNote, LineRequest, Setting, choose_pitches, idiom_of
from songsmith.phrasing import Slot, lay_lines
from songsmith.phrasing import note_count as note_total
from songsmith.plan import Plan, PlannedSection
from songsmith.rhythm import (
    BREATH_S,
    HELD_END_S,
    Bars,
    Manner,
    Past,
    SungLine,
    manner_of,
    place_syllables,
    read_line,
)
from songsmith.score import Note, Score
from songsmith.seeds import generator
from songsmith.theory import Key
from songsmith.timeline import Meter

REGISTER = {
    "verse": 0.36,
    "prechorus": 0.46,
    "bridge": 0.54,
    "chorus": 0.62,
    "hook": 0.62,
    "postchorus": 0.62,
    "drop": 0.62,
}
"""Where in the voice's range a kind of section lies, 0 at the bottom and 1 at the top."""

LINE_SPREAD = 2.4
"""How far the centres of lines lie from that of their section, in semitones: the deviation of a normal draw."""

ENERGY_LIFT = 3.0
"""How many semitones higher a line lies in the loudest bars of an accompaniment than in silent ones."""

PHRASE_FORMS = ("ABAC", "AABA", "AABC", "ABAB")
"""Which lines of four share a tune."""

ANSWER, ANSWERED = 0.5, 0.6
"""How like a line is to the one it answers, against a line sung again, and in how much of its bars."""

ARC = (0.0, 0.5, 1.3, -0.3)
"""How many semitones the lines of a group of four lie above their section's height."""

LONGEST_NOTE_S = 3.5
"""The last note of a line is held no longer."""

PACE_S = 0.25
"""Time a syllable that a line should have before the next one takes its end for a pickup."""

PICKUP_BEATS = 2.0
"""A line begins no earlier than this before its first bar line."""

REMEMBERED = 80
"""Notes that are kept in mind for the next line: more than four bars can hold."""

ANY = -1
"""Stands for any number of syllables where a line takes up the same place of an earlier section."""

BROAD = ("chorus", "hook", "postchorus", "drop")
"""Kinds of section whose stressed syllables are held longer."""

Tune = Mapping[int, tuple[int, str]]
"""A line's melody for those that answer it: pitch and chord by onset, in steps from the start of its bars."""

_LaidLine = tuple[PlannedSection, int, int, Slot]
"""A section, the place of a line in it, how many lines it has, and the line's bars."""

Lay = Callable[[Sequence[Line], int | None, float, Meter], tuple[Slot, ...]]


@dataclass(frozen=True, slots=True)
class _PlacedLine:
    """A line with its bar lines and onsets in steps; lines of one letter in a section answer each other."""

    slot: Slot
    words: SungLine
    start: int
    end: int
    section: PlannedSection
    letter: str
    place: int
    count: int
    onsets: tuple[int, ...]


def compose(
    lyrics: Lyrics,
    plan: Plan,
    accompaniment: Accompaniment,
    voice_range: tuple[int, int],
    seed: int,
    syncopation: float = 0.0,
    *,
    backing: Backing | None = None,
    lay: Lay = lay_lines,
    model: MelodyModel | None = None,
) -> Score:
    """Return the melody of a song, one note or more for each syllable, on an even grid.

    Swing is no part of it: `songsmith.accompaniment.feel.swing_melody` adds it.

    Parameters
    ----------
    lyrics : what is sung
    plan : its sections with a voice mask are those of the lyrics, in order
    accompaniment : whose chords are sung on
    voice_range : lowest and highest MIDI note
    seed : of the song
    syncopation : 0 to 1, how welcome anticipated strong syllables are
    backing : bar energies and onset densities, None to take them from the parts of the accompaniment
    lay : gives the lines of a section their bars
    model : the melody model, None for the one that is installed

    Raises
    ------
    InputError : where a line does not fit into its bars
    MissingPart : where the model is not installed
    """
    meter = Meter.parse(plan.meter)
    model = model or load_melody_model()
    backing = backing or hear(accompaniment, plan.beats, meter.beats_per_bar)
    steps = plan.beats * STEPS_PER_BEAT
    busy = np.repeat(backing.busyness(), STEPS_PER_BEAT)
    manner = manner_of(meter, idiom_of(syncopation), plan.tempo, busy)
    placed = _place_lines(lyrics, plan, meter, manner, seed, lay, model)
    key = Key.parse(plan.key)
    setting = Setting(Harmony.of(accompaniment.chords, key), manner.meter, manner.idiom, *voice_range)
    tunes: dict[tuple[str, int, int], Tune] = {}
    letters: dict[tuple[int, str], Tune] = {}
    sung: dict[int, int] = {}
    notes: list[Note] = []
    syllable = 0
    for i, line in enumerate(placed):
        following = placed[i + 1].onsets[0] if i + 1 < len(placed) else steps + 1
        drawn = _line_notes(line, following, plan.tempo, manner, model, seed)
        count = len(line.onsets)
        again = tunes.get((line.section.kind, line.place, count)) or tunes.get((line.section.kind, line.place, ANY))
        tune = again or _beginning(letters.get((line.section.bar, line.letter), {}), line)
        after = notes_after([onset for onset, *_ in drawn], following)
        request = LineRequest(
            notes=tuple(
                LineNote(onset, gap, line.words.stresses[number], slur)
                for (onset, _, number, slur), gap in zip(drawn, after, strict=True)
            ),
            centre=_centre(seed, line, voice_range, backing, meter),
            closing=_closing(placed, i),
            like={step: pitch for step, (pitch, _) in tune.items()},
            likeness=1.0 if again else ANSWER,
            start=line.start,
        )
        pitches = _repeated(request, again or {}, setting.harmony) or choose_pitches(
            request,
            setting,
            sung,
            model,
            generator(seed, "melody", line.section.kind, line.letter, line.place if again else 0),
        )
        made: dict[int, tuple[int, str]] = {}
        sung = dict([*sung.items()][-REMEMBERED:])
        for (onset, length, number, slur), pitch in zip(drawn, pitches, strict=True):
            sung[onset] = pitch
            made[onset - line.start] = (pitch, setting.harmony.symbol(onset))
            notes.append(Note(onset / STEPS_PER_BEAT, length / STEPS_PER_BEAT, pitch, syllable + number, slur))
        for number in (count, ANY):
            tunes.setdefault((line.section.kind, line.place, number), made)
        letters.setdefault((line.section.bar, line.letter), made)
        syllable += count
    return Score(tuple(notes), accompaniment.chords, lyrics, plan)


def sung_sections(lyrics: Lyrics, plan: Plan) -> Iterator[tuple[Section, PlannedSection]]:
    """Yield the sections with words, each with its place in the plan."""
    with_words = [section for section in lyrics.sections if not section.is_instrumental]
    planned = [section for section in plan.sections if any(section.voice)]
    if len(with_words) != len(planned):
        raise InputError(f"the plan has {len(planned)} sung sections but the lyrics have {len(with_words)}")
    yield from zip(with_words, planned, strict=True)


def notes_after(onsets: Sequence[int], following: int) -> tuple[int, ...]:
    """Return the steps from each onset to the next, `following` after the last."""
    return tuple(b - a for a, b in pairwise([*onsets, following]))


def _place_lines(
    lyrics: Lyrics, plan: Plan, meter: Meter, manner: Manner, seed: int, lay: Lay, model: MelodyModel
) -> list[_PlacedLine]:
    """Find the onsets of all lines; a line that cannot be sung again with its pickup gets none from the start."""
    slots = [
        (planned, place, len(laid), slot)
        for section, planned in sung_sections(lyrics, plan)
        for laid in [lay(section.lines, sum(planned.voice), plan.tempo, meter)]
        for place, slot in enumerate(laid)
    ]
    on_the_bar: set[tuple[str, int]] = set()
    while True:
        placed = _place_all(slots, plan, meter, manner, seed, model, frozenset(on_the_bar))
        if isinstance(placed, list):
            return placed
        on_the_bar.add(placed)


def _place_all(
    slots: Sequence[_LaidLine],
    plan: Plan,
    meter: Meter,
    manner: Manner,
    seed: int,
    model: MelodyModel,
    on_the_bar: frozenset[tuple[str, int]],
) -> list[_PlacedLine] | tuple[str, int]:
    """Find the onsets of all lines, each drawn to the line it answers.

    Returns the kind of section and place in it of a line that comes again and whose pickup does not fit then, if
    any; lines in such places, given as `on_the_bar`, begin no earlier than their bars.
    """
    placed: list[_PlacedLine] = []
    rhythms: dict[tuple[str, int, int], tuple[int, ...]] = {}
    answered: dict[tuple[int, str], tuple[int, ...]] = {}
    past = Past()
    step_s = 60.0 / plan.tempo / STEPS_PER_BEAT
    tail = int(np.ceil((HELD_END_S + BREATH_S) / step_s - 1e-9))
    earliest = 0
    bar = meter.beats_per_bar * STEPS_PER_BEAT
    pickups = _longest_pickups(slots, bar, tail, PACE_S / step_s)
    for i, (planned, place, count, slot) in enumerate(slots):
        forms = generator(seed, "phrase form", planned.kind)
        letter = PHRASE_FORMS[int(forms.integers(len(PHRASE_FORMS)))][place % 4]
        start = (planned.bar + slot.bar) * bar
        end = start + slot.bars * bar
        words = read_line(slot.line)
        pickup = 0 if (planned.kind, place) in on_the_bar else pickups[planned.kind, place]
        bars = Bars(start, end, max(earliest, start - pickup), end - tail)
        syllables = len(words.stresses)
        same = rhythms.get((planned.kind, place, syllables))
        again = same or rhythms.get((planned.kind, place, ANY))
        like = again or answered.get((planned.bar, letter), ())
        onsets = _same_rhythm(same, words, bars, manner)
        if onsets is None and same is not None and pickup and start + same[0] < bars.earliest:
            return planned.kind, place
        if onsets is None:
            # The line after this one may take up a pickup sung before: leave it room.
            room = _pickup_of(slots[i + 1], rhythms, bar) if i + 1 < len(slots) else None
            tight = replace(bars, latest=min(bars.latest, room - tail)) if room is not None else bars
            rng = generator(seed, "rhythm", planned.kind, letter, place if again else 0)
            for limits in (tight, bars):
                onsets = place_syllables(words, limits, past, manner, model, rng, like, broad=planned.kind in BROAD)
                if onsets is not None:
                    break
        if onsets is None:
            raise InputError(
                f"line {slot.line.number} has {sum(words.notes)} notes to sing in {slot.bars} bars at "
                f"{plan.tempo:g} BPM: split it or lower the tempo"
            )
        relative = tuple(step - start for step in onsets)
        for number in (syllables, ANY):
            rhythms.setdefault((planned.kind, place, number), relative)
        answered.setdefault((planned.bar, letter), relative)
        placed.append(_PlacedLine(slot, words, start, end, planned, letter, place, count, onsets))
        first = onsets[0] if past.first is None else past.first
        past = Past((*past.onsets[-REMEMBERED:], *onsets), (*past.offsets[-REMEMBERED:], relative[0]), first)
        earliest = onsets[-1] + tail + (words.notes[-1] - 1) * manner.shortest
    return placed


def _longest_pickups(slots: Sequence[_LaidLine], bar: int, tail: int, pace: float) -> dict[tuple[str, int], int]:
    """Return how many steps before its bars a line may begin: in front of a section what is left at an easy pace.

    A place in a kind of section has one answer for the whole song, so that what is sung again fits again.
    """
    most = round(PICKUP_BEATS * STEPS_PER_BEAT)
    found: dict[tuple[str, int], int] = {}
    end, room = 0, most
    for planned, place, _, slot in slots:
        start = (planned.bar + slot.bar) * bar
        limit = max(0, min(most, room + start - end))
        limit = limit if place == 0 else most
        found[planned.kind, place] = min(limit, found.get((planned.kind, place), most))
        end = start + slot.bars * bar
        room = int(slot.bars * bar - tail - pace * note_total(slot.line))
    return found


def _pickup_of(slot: _LaidLine, rhythms: Mapping[tuple[str, int, int], tuple[int, ...]], bar: int) -> int | None:
    """Return the step at which a line will begin that takes up an earlier one, None where it is free."""
    planned, place, _, laid = slot
    known = rhythms.get((planned.kind, place, len(laid.line.syllables)))
    return None if known is None else (planned.bar + laid.bar) * bar + known[0]


def _same_rhythm(
    again: tuple[int, ...] | None, words: SungLine, bars: Bars, manner: Manner
) -> tuple[int, ...] | None:
    """Return the onsets of the line that this one takes up, where it has as many syllables and they fit."""
    if again is None:
        return None
    onsets = tuple(bars.start + step for step in again)
    needed = (count * manner.shortest for count in words.notes)
    fits = all(b - a >= need for (a, b), need in zip(pairwise(onsets), needed, strict=False))
    latest = bars.latest - (words.notes[-1] - 1) * manner.shortest
    return onsets if fits and onsets[0] >= bars.earliest and onsets[-1] <= latest else None


def _line_notes(
    line: _PlacedLine, following: int, tempo: float, manner: Manner, model: MelodyModel, seed: int
) -> list[tuple[int, int, int, bool]]:
    """Return (onset, length, syllable in the line, slur) of the notes of a line, in steps."""
    step_s = 60.0 / tempo / STEPS_PER_BEAT
    breath = max(1, int(np.ceil(BREATH_S / step_s - 1e-9)))
    longest = max(manner.shortest, int(LONGEST_NOTE_S / step_s))
    rng = generator(seed, "lengths", line.section.kind, line.letter, *line.words.notes)
    drawn: list[tuple[int, int, int, bool]] = []
    gaps = notes_after(line.onsets, min(following, line.end + breath))
    for k, (onset, gap) in enumerate(zip(line.onsets, gaps, strict=True)):
        last = k == len(line.onsets) - 1
        most = max(manner.shortest, min(longest, gap - breath if last else gap))
        asked = line.words.notes[k]
        least = max(manner.shortest * asked, min(most, int(np.ceil(HELD_END_S / step_s))) if last else 1)
        length = note_length(model, manner.idiom, last, gap, min(least, most), most, rng)
        if asked > 1 or line.words.stresses[k] == UNKNOWN_WEIGHT:
            count = asked
        else:
            count = note_count(model, last, length, 2 * manner.shortest, rng)
        parts = cut(model, length, min(count, max(1, length)), min(manner.shortest, length // count or 1), rng)
        for j, (start, part) in enumerate(held_notes(parts, onset)):
            drawn.append((start, part, k, j > 0))
    return drawn


def _beginning(tune: Tune, line: _PlacedLine) -> Tune:
    """Return the part of a tune that an answering line takes up: it begins alike and goes its own way."""
    return {step: note for step, note in tune.items() if step < ANSWERED * (line.end - line.start)}


def _repeated(request: LineRequest, tune: Tune, harmony: Harmony) -> tuple[int, ...] | None:
    """Return the pitches of the line taken up, where all its notes are there again on the same chords."""
    pitches = []
    for note in request.notes:
        known = tune.get(note.onset - request.start)
        if known is None or known[1] != harmony.symbol(note.onset):
            return None
        pitches.append(known[0])
    return tuple(pitches)


def _centre(seed: int, line: _PlacedLine, voice_range: tuple[int, int], backing: Backing, meter: Meter) -> float:
    """Return the pitch that a line lies about: by its section, the loudness of its bars and chance."""
    low, high = voice_range
    share = REGISTER.get(line.section.kind, 0.45)
    lift = ENERGY_LIFT * backing.lift(line.start // (meter.beats_per_bar * STEPS_PER_BEAT))
    chance = float(generator(seed, "height", line.section.kind, line.letter).normal(0.0, LINE_SPREAD))
    centre = low + share * (high - low) + max(-1.0, min(1.0, lift)) + max(-4.0, min(4.0, chance))
    centre += ARC[line.place % len(ARC)]
    edge = min(3.0, (high - low) / 2)
    return max(low + edge, min(high - edge, centre))


def _closing(placed: Sequence[_PlacedLine], i: int) -> str:
    """Say how a line ends: a section at rest, choruses on the tonic; the answer of a rhyme at rest, else open."""
    line = placed[i]
    if line.place == line.count - 1:
        return "final" if line.section.kind in ("chorus", "hook", "outro") or i == len(placed) - 1 else "closed"
    if line.place == 0:
        return "open"
    here = line.slot.line.words[-1]
    before = [p.slot.line.words[-1] for p in placed[max(0, i - 3) : i] if p.section is line.section]
    return "closed" if any(rhymes(here, word) for word in before) or line.place % 2 else "open"
