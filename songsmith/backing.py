"""The voices beside the lead, on paper: second singers, harmonies, doubles, and the `(backing)` words of a sheet.

Choruses with energy get a harmony a third or so away, full ones a double of the lead as well. The second singer of a
duet sings the lead's tune in his own octave, and a harmony where the chorus comes. Backing words answer the line that
they stand in: they are sung on chord tones by a small group in the time after its last note.

Every voice is a value of its own (`songsmith.song.VoicePart`), sung apart from the lead and mixed lower.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from lyrics.values import Line, Lyrics, Section
from songsmith.align import perform
from songsmith.brief import Brief
from songsmith.cast import Cast, beyond, cannot_reach, octave_for
from songsmith.harmonies import harmonise_line
from songsmith.plan import Plan, chord_at
from songsmith.score import Note, Score
from songsmith.seeds import generator
from songsmith.singing.voices import Voice, VoiceRange, load_voice, voice_names
from songsmith.song import Song, VoicePart
from songsmith.theory import Key, parse_chord
from songsmith.timeline import Timeline

FULL_KINDS = ("chorus", "hook", "postchorus", "drop")
HARMONY_ENERGY = 0.5
DOUBLE_ENERGY = 0.7
SECOND_DB, HARMONY_DB, DOUBLE_DB, GROUP_DB = -2.0, -6.0, -9.0, -4.0
HARMONY_PAN, DOUBLE_PAN, SECOND_PAN = 0.4, -0.4, 0.25
GROUP_KIND = "backing"
GROUP = ("alto", "tenor", "soprano")
GROUP_PANS = (-0.5, 0.5)
UNITS_BEATS = (1.0, 0.5, 0.25)
SHORTEST_S = 0.16
ENTRY_GRID_BEATS = 0.5
REST_BEATS = 0.25
_SEED_BITS = 62


@dataclass(frozen=True, slots=True)
class _Sung:
    """A line of the lead with its section, its notes and the energy it is sung with."""

    section: Section
    line: Line
    notes: tuple[Note, ...]
    energy: float

    @property
    def is_full(self) -> bool:
        return self.section.kind in FULL_KINDS


@dataclass(frozen=True, slots=True)
class _Lead:
    """What the other voices are arranged around."""

    score: Score
    timeline: Timeline
    cast: Cast
    seed: int
    brief: Brief | None
    lines: tuple[_Sung, ...]


@dataclass(frozen=True, slots=True)
class _Stand:
    """A voice beside the lead before it has anything to sing."""

    name: str
    kind: str
    preset: str
    pan: float
    level_db: float


_Tune = tuple[_Sung, tuple[Note, ...]]


def arrange_backing(
    score: Score, timeline: Timeline, cast: Cast, seed: int, brief: Brief | None = None
) -> tuple[tuple[VoicePart, ...], tuple[str, ...]]:
    """Return the voices beside a lead, and what could not be done, in plain words.

    Parameters
    ----------
    score : the lead's, its lines already where their singers sing them
    timeline : of the accompaniment
    cast : who sings what
    seed : of the song
    brief : how the voices perform; None for each voice's own way
    """
    lead = _Lead(score, timeline, cast, seed, brief, tuple(_sung_lines(score)))
    group, missed = _group(lead)
    seconds = _seconds(lead)
    return (*seconds, *_harmonies(lead), *_doubles(lead), *group), (*_strained(seconds), *missed)


def redrawn(song: Song) -> tuple[VoicePart, ...]:
    """Return the voices beside the lead of a song with their curves, which its file does not hold."""
    return tuple(drawn(song, part) for part in song.voices)


def drawn(song: Song, part: VoicePart) -> VoicePart:
    """Return a voice beside the lead of a song with its curves."""
    score = Score(part.notes, song.chords, part.lyrics, song.plan)
    voice = load_voice(part.voice, way(part.kind, song.brief))
    return replace(part, performance=perform(score, song.timeline, voice, voice_seed(song.seed, part.name)))


def way(kind: str, brief: Brief | None) -> str | None:
    """Return the performance of a voice beside the lead of a kind, None for the voice's own."""
    if brief is None:
        return None
    return (brief.group_performance if kind == GROUP_KIND else brief.performance) or None


def voice_seed(seed: int, name: str) -> int:
    """Return the seed with which a voice beside the lead is sung, so that no two move alike."""
    return int(generator(seed, "backing", name).integers(2**_SEED_BITS))


def _sung_lines(score: Score) -> Iterator[_Sung]:
    """Yield the lines of the lead, in order."""
    by_syllable: dict[int, list[Note]] = {}
    for note in score.notes:
        by_syllable.setdefault(note.syllable, []).append(note)
    first = 0
    for section in score.lyrics.sections:
        for line in section.lines:
            count = len(line.syllables)
            notes = tuple(note for k in range(first, first + count) for note in by_syllable.get(k, ()))
            first += count
            if notes:
                middle = notes[len(notes) // 2].onset  # a line may begin with a pickup before its section
                bar = min(int(middle // score.plan.beats_per_bar), score.plan.bars - 1)
                yield _Sung(section, line, notes, score.plan.section_of_bar(bar).energy)


def _seconds(lead: _Lead) -> list[VoicePart]:
    """Return the second singers of duets: an octave from the lead where their range asks for it, else a harmony."""
    made = []
    for index, name in enumerate(dict.fromkeys(name for joined in lead.cast.second.values() for name in joined)):
        voice = load_voice(name)
        tunes: list[_Tune] = []
        for sung in lead.lines:
            if name not in lead.cast.second.get(sung.line.number, ()):
                continue
            shift = octave_for(list(sung.notes), voice.range)
            moved = tuple(replace(note, pitch=note.pitch + shift) for note in sung.notes)
            harmony = _harmony(moved, lead.score, voice) if sung.is_full or shift == 0 else None
            tunes.append((sung, harmony or moved))
        pan = SECOND_PAN if index % 2 == 0 else -SECOND_PAN
        made += _voice(lead, _Stand(f"second-{index + 1}", "second", name, pan, SECOND_DB), tunes)
    return made


def _strained(seconds: list[VoicePart]) -> tuple[str, ...]:
    """Return, one sentence for each second singer, which lines have notes that he cannot reach."""
    told = []
    for part in seconds:
        home = load_voice(part.voice).range
        counts = [
            (line.number, beyond([note for note in part.notes if note.syllable in numbers], home))
            for line, numbers in part.lyrics.numbered_lines()
        ]
        if beyond(part.notes, home):
            told.append(cannot_reach(part.voice, [(number, count) for number, count in counts if count]))
    return tuple(told)


def _harmonies(lead: _Lead) -> list[VoicePart]:
    """Return a harmony for the choruses of each voice that leads any."""
    made = []
    for name in lead.cast.leads:
        voice = load_voice(name)
        tunes: list[_Tune] = []
        for sung in _full(lead, name, HARMONY_ENERGY):
            if sung.line.number in lead.cast.second:
                continue
            harmony = _harmony(sung.notes, lead.score, voice)
            if harmony is not None:
                tunes.append((sung, harmony))
        stand = _Stand(_name("harmony", name, lead), "harmony", name, HARMONY_PAN, HARMONY_DB)
        made += _voice(lead, stand, tunes)
    return made


def _doubles(lead: _Lead) -> list[VoicePart]:
    """Return a double for the fullest choruses of each voice that leads any."""
    made = []
    for name in lead.cast.leads:
        tunes = [(sung, sung.notes) for sung in _full(lead, name, DOUBLE_ENERGY)]
        made += _voice(lead, _Stand(_name("double", name, lead), "double", name, DOUBLE_PAN, DOUBLE_DB), tunes)
    return made


def _full(lead: _Lead, name: str, energy: float) -> list[_Sung]:
    """Return the lines of choruses of at least an energy that a voice leads."""
    return [
        sung
        for sung in lead.lines
        if lead.cast.lead[sung.line.number] == name and sung.is_full and sung.energy >= energy
    ]


def _name(kind: str, preset: str, lead: _Lead) -> str:
    """Return a name for a voice, that of its kind alone for the first lead's."""
    return kind if preset == lead.cast.leads[0] else f"{kind}-{preset}"


def _harmony(notes: tuple[Note, ...], score: Score, voice: Voice) -> tuple[Note, ...] | None:
    """Return a line's harmony, under the tune where the range allows, else over it; None where neither fits."""
    home = voice.range
    key = Key.parse(score.plan.key)
    for below, low, high in (
        (True, home.comfortable_lowest - 2, home.highest),
        (False, home.lowest, home.comfortable_highest + 3),
    ):
        pitches = harmonise_line(notes, score.chords, key, low, high, below=below)
        if pitches is not None:
            return tuple(replace(note, pitch=pitch) for note, pitch in zip(notes, pitches, strict=True))
    return None


def _voice(lead: _Lead, stand: _Stand, tunes: list[_Tune]) -> list[VoicePart]:
    """Return the voice that sings these lines on these notes, none where there are no lines."""
    if not tunes:
        return []
    notes: list[Note] = []
    first = 0
    for sung, tune in tunes:
        start = tune[0].syllable
        notes += [replace(note, syllable=first + note.syllable - start) for note in tune]
        first += len(sung.line.syllables)
    words = _only([(sung.section, sung.line) for sung, _ in tunes], lead.score.lyrics)
    return [_perform(lead, stand, words, notes)]


def _only(lines: list[tuple[Section, Line]], lyrics: Lyrics) -> Lyrics:
    """Return lyrics of some lines alone, neighbours of one section together."""
    sections: list[Section] = []
    last: Section | None = None
    for section, line in lines:
        if section is last:
            sections[-1] = replace(sections[-1], lines=(*sections[-1].lines, line))
        else:
            sections.append(Section(section.kind, section.label, None, (line,)))
        last = section
    return Lyrics(lyrics.language, tuple(sections))


def _perform(lead: _Lead, stand: _Stand, words: Lyrics, notes: list[Note]) -> VoicePart:
    voice = load_voice(stand.preset, way(stand.kind, lead.brief))
    own = Score(tuple(notes), lead.score.chords, words, lead.score.plan)
    performance = perform(own, lead.timeline, voice, voice_seed(lead.seed, stand.name))
    return VoicePart(stand.name, stand.kind, stand.preset, stand.pan, stand.level_db, words, own.notes, performance)


# --- the words in parentheses


def _group(lead: _Lead) -> tuple[list[VoicePart], tuple[str, ...]]:
    """Return the group that sings the backing words, and the lines that had no room for theirs."""
    answers, warnings = _answers(lead)
    if not answers:
        return [], warnings
    first = lead.cast.leads[0]
    presets = [name for name in GROUP if name in voice_names() and name != first][: len(GROUP_PANS)]
    presets += [first] * (len(GROUP_PANS) - len(presets))
    lines = [(answer.section, replace(answer.line, words=answer.line.backing, backing=())) for answer in answers]
    words = _only(lines, lead.score.lyrics)
    made: list[VoicePart] = []
    for index, (preset, pan) in enumerate(zip(presets, GROUP_PANS, strict=True)):
        taken = {note.onset: note.pitch % 12 for voice in made for note in voice.notes}
        home = load_voice(preset).range
        pitch = (home.comfortable_lowest + home.comfortable_highest) // 2
        notes: list[Note] = []
        for onset, duration in (place for answer in answers for place in answer.places):
            pitch = _chord_tone(lead.score, onset, pitch, home, taken.get(onset))
            notes.append(Note(onset, duration, pitch, len(notes)))
        made.append(_perform(lead, _Stand(f"backing-{index + 1}", GROUP_KIND, preset, pan, GROUP_DB), words, notes))
    return made, warnings


@dataclass(frozen=True, slots=True)
class _Answer:
    """A line with backing words and where their syllables stand: onset and duration in beats."""

    section: Section
    line: Line
    places: tuple[tuple[float, float], ...]


def _answers(lead: _Lead) -> tuple[list[_Answer], tuple[str, ...]]:
    """Place backing words after the last note of the lead in their line, under the next line where time is short."""
    plan = lead.score.plan
    starts = [note.onset for note in lead.score.notes]
    ends = {sung.line.number: sung.notes[-1].end for sung in lead.lines}
    shortest = SHORTEST_S * plan.tempo / 60.0
    found: list[_Answer] = []
    warnings: list[str] = []
    free_from = 0.0
    for section in lead.score.lyrics.sections:
        for line in section.lines:
            free_from = max(free_from, ends.get(line.number, _start_of(section, plan, free_from)))
            count = sum(len(word.syllables) for word in line.backing)
            if not count:
                continue
            start = -(-free_from // ENTRY_GRID_BEATS) * ENTRY_GRID_BEATS
            until = min((onset for onset in starts if onset > start), default=float(plan.beats))
            fitting = [u for u in UNITS_BEATS if u >= shortest and count * u + REST_BEATS <= until - start]
            unit = fitting[0] if fitting else max(shortest, UNITS_BEATS[-1])
            if start + count * unit > plan.beats:
                warnings.append(f"line {line.number}: there is no room left in the song for its backing words")
                continue
            edges = [round(start + k * unit, 6) for k in range(count + 1)]
            places = tuple((a, round(b - a, 6)) for a, b in pairwise(edges))
            found.append(_Answer(section, line, places))
            free_from = start + count * unit + REST_BEATS
    return found, tuple(warnings)


def _start_of(section: Section, plan: Plan, after: float) -> float:
    """Return where a line without a lead may begin: in its own section if that is still to come."""
    places = [
        s.bar * plan.beats_per_bar for s in plan.sections if s.label == section.label and s.kind == section.kind
    ]
    return min((float(place) for place in places if place >= after), default=after)


def _chord_tone(score: Score, onset: float, last: int, home: VoiceRange, taken: int | None) -> int:
    """Return the chord tone nearest to the last pitch that no other voice of the group sings."""
    low, high = home.comfortable_lowest, home.comfortable_highest
    chord = chord_at(score.chords, onset)
    tones = parse_chord(chord.symbol) if chord else None
    if tones is None:
        return min(max(last, low), high)
    pitches = [p for p in range(low, high + 1) if p % 12 in tones.tones[:4] and p % 12 != taken]
    return min(pitches, key=lambda pitch: (abs(pitch - last), pitch))
