"""A song set on a tune of the user's own: the tune made singable, shared out among the sections, and planned for.

In the range of the voice nothing of the tune is changed. What has to be (an octave, bars between sections, notes
split or slurred) is told in plain words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from lyrics.prosody import syllable_weights
from lyrics.values import Line, Lyrics, Section
from songsmith.brief import TEMPO_RANGE, Brief
from songsmith.errors import InputError
from songsmith.form import plan_song
from songsmith.harmonise import harmonise_melody, melody_key
from songsmith.metre import metric_strength
from songsmith.plan import Chord, Plan
from songsmith.prompt import Overrides
from songsmith.score import Note
from songsmith.singing.voices import VoiceRange, load_voice
from songsmith.structure import draft_sections
from songsmith.styles import Style
from songsmith.theory import SHARP_NAMES, Key
from songsmith.timeline import Meter
from songsmith.tunes import read_tune
from songsmith.tunes.passes import Pass, share_out
from songsmith.tunes.tune import Tune

GAP_BARS = 2
"""A rest of the tune this long between two sections may be the sheet's instrumental section there."""

DOWNBEAT_GAIN = 0.15
"""How much better another place of the bar line has to be before it is believed."""

LEAD_IN_BARS = 2


@dataclass(frozen=True, slots=True)
class SetSection:
    """A section of the sheet on its part of the tune.

    Parameters
    ----------
    section : of the sheet
    bars : that the tune gives it, None for a section that is only played
    notes, chords : in beats from the first bar; a pickup comes before it. Syllables count over the whole song
    """

    section: Section
    bars: int | None
    notes: tuple[Note, ...] = ()
    chords: tuple[Chord, ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """The lyrics on the tune, and what the user should know about it."""

    sections: tuple[SetSection, ...]
    remarks: tuple[str, ...]


def fit_tune(tune: Tune, voice: VoiceRange, key: str | None = None) -> Tune:
    """Return the tune with its key, in a range that the voice has.

    A tune within the range stays as it is. Another one is moved by octaves; where a key is asked for it is moved
    to that key. What was done is added to its remarks.

    Raises
    ------
    InputError : where no octave fits, or the key asked for is of another mode
    """
    own = Key.parse(tune.key) if tune.key is not None else melody_key(tune.notes)
    tune = replace(tune, key=str(own))
    if key is not None:
        asked = Key.parse(key)
        if asked.is_minor != own.is_minor:
            raise InputError(
                f"{tune.source}: the tune is in {own}, so it cannot be sung in {asked}: name a "
                f"{'minor' if own.is_minor else 'major'} key"
            )
        shifts = [(asked.tonic - own.tonic) % 12 + octave for octave in range(-48, 49, 12)]
    else:
        shifts = list(range(-48, 49, 12))
    low, high = min(n.pitch for n in tune.notes), max(n.pitch for n in tune.notes)
    fitting = [s for s in shifts if low + s >= voice.lowest and high + s <= voice.highest]
    if not fitting:
        raise InputError(_no_room(tune, own, low, high, voice))
    shift = 0 if 0 in fitting else min(fitting, key=lambda s: (_strain(tune, s, voice), abs(s)))
    if shift == 0:
        return tune
    moved = tune.transposed(shift)
    way = (
        f"{abs(shift) // 12} octave{'s' if abs(shift) > 12 else ''}" if shift % 12 == 0 else f"{abs(shift)} semitones"
    )
    why = f"to {moved.key}, as asked" if shift % 12 else "into the range of the voice"
    remark = f"the tune is sung {way} {'higher' if shift > 0 else 'lower'} than written, {why}"
    return replace(moved, remarks=(*tune.remarks, remark))


def _strain(tune: Tune, shift: int, voice: VoiceRange) -> float:
    """Return how far a tune lies outside the comfortable range, in semitones times beats."""
    return sum(
        max(0, voice.comfortable_lowest - n.pitch - shift, n.pitch + shift - voice.comfortable_highest) * n.duration
        for n in tune.notes
    )


def _no_room(tune: Tune, own: Key, low: int, high: int, voice: VoiceRange) -> str:
    """Return the message for a tune that no octave brings into the range, with a key that would, if any."""

    def name(pitch: int) -> str:
        return f"{SHARP_NAMES[pitch % 12]}{pitch // 12 - 1}"

    span = f"{tune.source}: the tune goes from {name(low)} to {name(high)}, and the voice from "
    span += f"{name(voice.lowest)} to {name(voice.highest)}: "
    shifts = [s for s in range(-60, 61) if low + s >= voice.lowest and high + s <= voice.highest]
    if not shifts:
        return span + f"{high - low} semitones are too many for it; give a tune of a smaller range"
    best = min(shifts, key=lambda s: (_strain(tune, s, voice), abs(s)))
    return span + f"no octave fits; ask for another key, like --key '{Key((own.tonic + best) % 12, own.mode)}'"


def find_downbeat(tune: Tune, lines: Sequence[Line], meter: Meter) -> Tune:
    """Return the tune with its bar lines where they belong, for a source that only counts beats.

    A file that begins with its first note, at its very start, may begin with a pickup. The bar line is put where
    long notes, and stressed syllables where there is one for each note, are on strong beats; it stays where it is
    unless another place is clearly better.
    """
    if tune.barred or abs(tune.notes[0].onset) > 1e-3:
        return tune
    onsets = np.array([note.onset for note in tune.notes])
    accent = np.minimum([note.duration for note in tune.notes], 2.0)
    accent = accent / accent.mean()
    weights = [weight for line in lines for weight in syllable_weights(line)]
    if len(weights) >= len(onsets):
        accent = accent + 2.0 * np.array(weights[: len(onsets)])
    places = np.arange(0.0, meter.beats_per_bar, min(1.0, meter.pulse_beats / 1.5 if meter.pulse_beats > 1 else 1.0))
    strength = np.array([float((accent * metric_strength(onsets - place, meter)).sum()) for place in places])
    best = int(strength.argmax())
    if strength[best] < strength[0] * (1.0 + DOWNBEAT_GAIN):
        return tune
    shift = float(places[best])
    remark = f"the tune is taken to begin with a pickup of {shift:g} beat{'s' if shift != 1 else ''}"
    return replace(
        tune,
        notes=tuple(replace(note, onset=round(note.onset - shift, 6)) for note in tune.notes),
        chords=tuple(Chord(c.onset - shift, c.duration, c.symbol) for c in tune.chords),
        markers=tuple(replace(marker, onset=marker.onset - shift) for marker in tune.markers),
        remarks=(*tune.remarks, remark),
    )


def set_words(tune: Tune, lyrics: Lyrics, tempo: float, meter: Meter, style: Style) -> Setting:
    """Return the lyrics set to a tune, section by section, on chords of the tune's own or found for it.

    Parameters
    ----------
    tune : in the range of the voice, with its key
    lyrics : every line is sung once, in order
    tempo : quarter notes a minute
    meter : whose bars the tune is counted in
    style : decides the colours of chords that are found
    """
    tune = find_downbeat(tune, [line for line in lyrics.lines if line.words], meter)
    beats = meter.beats_per_bar
    first_bar = math.floor(tune.notes[0].onset / beats + 1e-6)
    passes, told = share_out(tune, lyrics, tempo, meter)
    lead = _is_pickup(tune.notes[0].onset - first_bar * beats, beats)
    origin = (first_bar + lead) * beats
    chords, missed = _chords(tune, meter, style, origin)
    virtual, laid = _lay_passes(passes, chords, tune, origin, meter)
    sections = _cut(lyrics, virtual, laid, beats)
    return Setting(sections, (*tune.remarks, *missed, *told, *_other_bars(lyrics, sections)))


def _other_bars(lyrics: Lyrics, sections: Sequence[SetSection]) -> list[str]:
    """Return, one sentence each, where the tune gives a section other bars than the sheet asks for."""
    return [
        f"section [{asked.label}] has the {own.bars} bars of the tune, not the {asked.bars} that the sheet asks for"
        for asked, own in zip(lyrics.sections, sections, strict=True)
        if asked.bars is not None and own.bars is not None and asked.bars != own.bars
    ]


def _is_pickup(position: float, beats_per_bar: int) -> bool:
    """Tell whether a section that begins there in a bar has its first downbeat in the next one."""
    return position >= beats_per_bar / 2 - 1e-6


def _chords(tune: Tune, meter: Meter, style: Style, origin: float) -> tuple[tuple[Chord, ...], tuple[str, ...]]:
    """Return the chords of a tune from beat `origin`, a bar line, on, and remarks; found where the tune has none."""
    told: tuple[str, ...] = ()
    if tune.chords:
        moved = [Chord(round(c.onset - origin, 6), c.duration, c.symbol) for c in tune.chords if c.end > origin]
        if moved and moved[0].onset > 0:
            moved[0] = Chord(0.0, round(moved[0].end, 6), moved[0].symbol)
        if moved:
            return tuple(moved), ()
        told = ("the chords of the file end before its melody begins: others are found for it",)
    notes = [replace(note, onset=note.onset - origin) for note in tune.notes]
    bars = max(1, math.ceil((notes[-1].end - 1e-6) / meter.beats_per_bar))
    return harmonise_melody(notes, Key.parse(str(tune.key)), meter, bars, style), told


def _lay_passes(
    passes: Sequence[Pass], chords: Sequence[Chord], tune: Tune, origin: float, meter: Meter
) -> tuple[list[Note], list[Chord]]:
    """Return the notes and chords of all passes through the tune, one after the other, from bar 0 on."""
    beats = meter.beats_per_bar
    notes: list[Note] = []
    laid: list[Chord] = []
    for one in passes:
        begin = one.notes[0].onset
        from_bar = math.floor((begin - origin) / beats + 1e-6)
        if from_bar >= 0 and _is_pickup(begin - origin - from_bar * beats, beats) and one.starts_inside:
            from_bar += 1
        from_bar = max(0, from_bar)
        until = math.ceil((one.notes[-1].end - origin) / beats - 1e-6)
        start = 0.0
        if notes:
            pickup = begin - origin - from_bar * beats
            start = beats * math.ceil((notes[-1].end - min(0.0, pickup)) / beats - 1e-6)
        shift = start - from_bar * beats
        notes += [replace(n, onset=round(n.onset - origin + shift, 6)) for n in one.notes]
        for chord in chords:
            onset, end = max(chord.onset, from_bar * beats), min(chord.end, until * beats)
            if end > onset + 1e-6:
                laid.append(Chord(round(onset + shift, 6), round(end - onset, 6), chord.symbol))
    return notes, laid


def _cut(lyrics: Lyrics, notes: Sequence[Note], chords: Sequence[Chord], beats: int) -> tuple[SetSection, ...]:
    """Return the sections with their notes and chords, each from its own first bar."""
    by_syllable: dict[int, list[Note]] = {}
    for note in notes:
        by_syllable.setdefault(note.syllable, []).append(note)
    own: list[list[Note]] = []
    syllable = 0
    for section in lyrics.sections:
        count = sum(len(line.syllables) for line in section.lines)
        own.append([n for k in range(syllable, syllable + count) for n in by_syllable[k]])
        syllable += count
    starts: list[int | None] = []
    for mine in own:
        if not mine:
            starts.append(None)
            continue
        bar = math.floor(mine[0].onset / beats + 1e-6)
        bar += _is_pickup(mine[0].onset - bar * beats, beats)
        known = [start for start in starts if start is not None]
        starts.append(max(bar, known[-1] + 1) if known else max(0, bar))
    result: list[SetSection] = []
    for place, (section, mine, start) in enumerate(zip(lyrics.sections, own, starts, strict=True)):
        if start is None:
            result.append(SetSection(section, None))
            continue
        sung_until = math.ceil(mine[-1].end / beats - 1e-6)
        after = next((s for s in starts[place + 1 :] if s is not None), None)
        until = max(sung_until, start + 1) if after is None else after
        played = place + 1 < len(own) and not own[place + 1] and after is not None
        gap = until - max(sung_until, start + 1)
        if played and gap >= GAP_BARS:
            until -= gap
        result.append(_section(section, start, until, mine, chords, beats))
    return _with_gaps(result, starts, own, beats, chords)


def _with_gaps(
    sections: list[SetSection],
    starts: Sequence[int | None],
    own: Sequence[Sequence[Note]],
    beats: int,
    chords: Sequence[Chord],
) -> tuple[SetSection, ...]:
    """Give the first played section in a rest of the tune the bars and chords of that rest."""
    for place, section in enumerate(sections):
        if section.bars is not None or place == 0 or starts[place - 1] is None:
            continue
        after = next((s for s in starts[place + 1 :] if s is not None), None)
        begin = int(starts[place - 1] or 0) + int(sections[place - 1].bars or 0)
        if after is not None and after - begin >= GAP_BARS:
            sections[place] = _section(section.section, begin, after, (), chords, beats)
    return tuple(sections)


def _section(
    section: Section, start: int, until: int, notes: Sequence[Note], chords: Sequence[Chord], beats: int
) -> SetSection:
    """Return a section of the bars from `start` to `until`."""
    low, high = start * beats, until * beats
    inside = [
        Chord(round(max(c.onset, low) - low, 6), round(min(c.end, high) - max(c.onset, low), 6), c.symbol)
        for c in chords
        if min(c.end, high) - max(c.onset, low) > 1e-6
    ]
    moved = tuple(replace(note, onset=round(note.onset - low, 6)) for note in notes)
    return SetSection(section, until - start, moved, tuple(inside))


def plan_setting(
    brief: Brief, lyrics: Lyrics, setting: Setting, style: Style, seed: int, length_s: float | None = None
) -> tuple[Plan, tuple[Note, ...]]:
    """Return the plan of a song on a tune, and the notes at their places in it.

    The sections with words have the bars of the tune; what is played before, between and after them is planned
    as for any other song.
    """
    stubs = _stubs(setting)
    plan, places = _planned(brief, lyrics, stubs, setting, style, seed, length_s)
    if places[0] == 0:  # sung from the first beat: a voice needs to hear where it is
        lead_in = Section("intro", "Intro", bars=LEAD_IN_BARS)
        plan, places = _planned(brief, lyrics, [lead_in, *stubs], setting, style, seed, length_s)
    beats = plan.beats_per_bar
    notes: list[Note] = []
    chords = list(plan.chords)
    sections = list(plan.sections)
    for one, place in zip(setting.sections, places, strict=True):
        start = sections[place].bar * beats
        end = start + sections[place].bars * beats
        if one.bars is None:
            continue
        notes += [replace(note, onset=round(note.onset + start, 6)) for note in one.notes]
        sung = {bar for n in one.notes for bar in _bars_of(n, beats)} or ({0} if one.notes else set())
        sections[place] = replace(sections[place], voice=tuple(bar in sung for bar in range(sections[place].bars)))
        if one.chords:
            chords = [*_outside(chords, start, end), *(replace(c, onset=c.onset + start) for c in one.chords)]
    chords.sort(key=lambda chord: chord.onset)
    return replace(plan, sections=tuple(sections), chords=_joined(chords)), tuple(notes)


def setting_warnings(
    brief: Brief, lyrics: Lyrics, setting: Setting, style: Style, length_s: float | None = None
) -> tuple[str, ...]:
    """Return, one sentence each, where the form of `plan_setting` is not what the brief or the sheet asks for."""
    stubs = _stubs(setting)
    words = Lyrics(lyrics.language, tuple(stubs))
    return draft_sections(brief, words, style, length_s, _sung(stubs, setting))[1]


def _stubs(setting: Setting) -> list[Section]:
    """Return the sections without lines, with the bars that the tune gives them."""
    return [replace(one.section, lines=(), bars=one.bars or one.section.bars) for one in setting.sections]


def _sung(stubs: Sequence[Section], setting: Setting) -> list[Section]:
    """Return those of the stubs that words are sung in; the last ones, where there are more stubs than sections."""
    own = stubs[len(stubs) - len(setting.sections) :]
    return [stub for stub, one in zip(own, setting.sections, strict=True) if one.notes]


def _bars_of(note: Note, beats: int) -> range:
    """Return the bars of a section that a note sounds in; a pickup is in none of them."""
    return range(max(0, int(note.onset // beats)), int((note.end - 1e-6) // beats) + 1)


def _planned(
    brief: Brief,
    lyrics: Lyrics,
    stubs: Sequence[Section],
    setting: Setting,
    style: Style,
    seed: int,
    length_s: float | None,
) -> tuple[Plan, list[int]]:
    """Return a plan of sections without words, and where in it those of the setting are."""
    words = Lyrics(lyrics.language, tuple(stubs))
    plan = plan_song(brief, words, style, seed, length_s, on_tune=_sung(stubs, setting))
    places: list[int] = []
    for one in setting.sections:
        start = places[-1] + 1 if places else 0
        found = (
            place
            for place in range(start, len(plan.sections))
            if (plan.sections[place].kind, plan.sections[place].label) == (one.section.kind, one.section.label)
            and (one.bars is None or plan.sections[place].bars == one.bars)
        )
        place = next(found, None)
        if place is None:
            raise InputError(f"section [{one.section.label}] has no place in the form asked for: leave the form open")
        places.append(place)
    return plan, places


def _outside(chords: Sequence[Chord], start: float, end: float) -> list[Chord]:
    """Return chords with what lies between two beats cut out."""
    kept: list[Chord] = []
    for chord in chords:
        if min(chord.end, start) - chord.onset > 1e-6:
            kept.append(Chord(chord.onset, round(min(chord.end, start) - chord.onset, 6), chord.symbol))
        if chord.end - max(chord.onset, end) > 1e-6:
            onset = max(chord.onset, end)
            kept.append(Chord(onset, round(chord.end - onset, 6), chord.symbol))
    return kept


def _joined(chords: Sequence[Chord]) -> tuple[Chord, ...]:
    """Return chords without gaps: each lasts until the next, equal neighbours as they are."""
    result = [
        replace(a, duration=round(b.onset - a.onset, 6)) for a, b in pairwise(chords) if b.onset - a.onset > 1e-6
    ]
    return (*result, chords[-1])


def open_tune(path: str | Path, asked: Overrides, brief: Brief) -> tuple[Tune, Overrides]:
    """Return the tune of a file, ready to be sung, and what it decides for the song: tempo, key and meter.

    Parameters
    ----------
    path : see `songsmith.tunes.read_tune`
    asked : by the user, whose tempo and key win over the file's
    brief : of the prompt, for what neither says

    Raises
    ------
    InputError : where the file cannot be read or sung, or a meter is asked for that is not the tune's
    """
    tune = read_tune(path, asked.tempo, asked.meter)
    meter = tune.meter or asked.meter or brief.meter
    if asked.meter is not None and str(Meter.parse(asked.meter)) != meter:
        raise InputError(f"{path}: the tune is in {meter}, not in {asked.meter}: leave the meter open")
    tune = fit_tune(replace(tune, meter=meter), load_voice(brief.voice).range, asked.key)
    tempo = asked.tempo if asked.tempo is not None else tune.tempo
    if asked.tempo is None and tempo is not None and not TEMPO_RANGE[0] <= tempo <= TEMPO_RANGE[1]:
        raise InputError(
            f"{path}: its tempo of {tempo:g} BPM is out of range, which is {TEMPO_RANGE[0]:g} to {TEMPO_RANGE[1]:g}: "
            "name another with --tempo"
        )
    return tune, replace(asked, tempo=tempo, key=tune.key, meter=meter)
