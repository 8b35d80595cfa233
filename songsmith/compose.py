"""The composer: every syllable gets its notes, on the chords and the beats of the accompaniment.

Line by line: bars (`phrasing`), onsets (`rhythm`), pitches (`melody`). Lines that answer each other inside a
section, and lines in the same place of a section that comes back, are given the earlier line as a template, so
that a verse has one tune and the second verse adapts the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from lyrics.prosody import syllable_weights
from lyrics.values import Lyrics, Section
from songsmith.accompaniment.grids import swung
from songsmith.accompaniment.parts import Accompaniment
from songsmith.errors import InputError
from songsmith.melody import CONTOURS, LineRequest, choose_pitches
from songsmith.phrasing import SHORTEST_SYLLABLE_S, Slot, lay_lines
from songsmith.plan import Plan, PlannedSection
from songsmith.rhythm import (
    BREATH_S,
    HELD_END_S,
    RhythmRequest,
    place_syllables,
    sequence_template,
    syllable_gaps,
)
from songsmith.score import Note, Score
from songsmith.seeds import generator
from songsmith.theory import Key
from songsmith.timeline import Meter

REGISTER = {
    "verse": 0.36,
    "prechorus": 0.46,
    "bridge": 0.52,
    "chorus": 0.6,
    "hook": 0.6,
    "postchorus": 0.6,
    "drop": 0.6,
}
"""Where in the voice's range a kind of section lies, 0 at the bottom and 1 at the top."""

PHRASE_FORMS = ("ABAC", "AABA", "AABC", "ABAB")
"""Which lines of four share a tune."""

LONGEST_NOTE_S = 2.4
"""The last note of a line is held no longer."""

INNER_REST_S = 0.75
"""A gap inside a line longer than this is partly rest."""


Tune = Mapping[float, int]
"""What is remembered of a line for those that answer it: pitch by onset, in beats from the start of its bars."""


@dataclass(frozen=True, slots=True)
class _PlacedLine:
    """A line with its onsets and what its tune is asked to be."""

    slot: Slot
    start: float
    end: float
    section: PlannedSection
    letter: str
    place: int
    count: int
    onsets: tuple[float, ...]


def compose(
    lyrics: Lyrics,
    plan: Plan,
    accompaniment: Accompaniment,
    voice_range: tuple[int, int],
    seed: int,
    swing: tuple[float, float] = (0.0, 0.5),
    syncopation: float = 0.0,
) -> Score:
    """Return the melody of a song, one note or more for each syllable.

    Parameters
    ----------
    lyrics : what is sung
    plan : its sections with a voice mask are those of the lyrics, in order
    accompaniment : whose chords are sung on
    voice_range : lowest and highest MIDI note
    seed : of the song
    swing : amount and unit of the style's swing, which the voice shares; see `songsmith.accompaniment.grids.swung`
    syncopation : 0 to 1, how welcome anticipated strong syllables are

    Raises
    ------
    InputError : where a line does not fit into its bars
    """
    meter = Meter.parse(plan.meter)
    placed = _place_lines(lyrics, plan, meter, seed, syncopation)
    tunes: dict[tuple[str, int], Tune] = {}
    letters: dict[tuple[int, str], Tune] = {}
    notes: list[Note] = []
    syllable = 0
    previous: int | None = None
    key = Key.parse(plan.key)
    for i, line in enumerate(placed):
        following = placed[i + 1].onsets[0] if i + 1 < len(placed) else float("inf")
        durations = _durations(line, following, 60.0 / plan.tempo)
        known = tunes.get((line.section.kind, line.place)) or letters.get((line.section.bar, line.letter))
        low, high, centre = _register(line.section.kind, voice_range)
        request = LineRequest(
            onsets=line.onsets,
            durations=durations,
            weights=syllable_weights(line.slot.line),
            low=low,
            high=high,
            centre=centre,
            contour=_contour(seed, line),
            closing=_closing(line),
            template=known or {},
            start=line.start,
        )
        rng = generator(seed, "melody", line.section.kind, line.letter)
        pitches = choose_pitches(request, accompaniment.chords, key, meter, previous, rng)
        tune = dict(zip(sequence_template(line.onsets, line.start), pitches, strict=True))
        tunes.setdefault((line.section.kind, line.place), tune)
        letters.setdefault((line.section.bar, line.letter), tune)
        previous = pitches[-1]
        melismas = [extra for word in line.slot.line.words for extra in word.melismas]
        for onset, duration, pitch, extra in zip(line.onsets, durations, pitches, melismas, strict=True):
            notes.extend(_melisma(Note(onset, duration, pitch, syllable), extra, key, voice_range, plan.tempo))
            syllable += 1
    return Score(tuple(_swing(note, *swing) for note in notes), accompaniment.chords, lyrics, plan)


def sung_sections(lyrics: Lyrics, plan: Plan) -> Iterator[tuple[Section, PlannedSection]]:
    """Yield the sections with words, each with its place in the plan."""
    with_words = [section for section in lyrics.sections if not section.is_instrumental]
    planned = [section for section in plan.sections if any(section.voice)]
    if len(with_words) != len(planned):
        raise InputError(f"the plan has {len(planned)} sung sections but the lyrics have {len(with_words)}")
    yield from zip(with_words, planned, strict=True)


def _place_lines(lyrics: Lyrics, plan: Plan, meter: Meter, seed: int, syncopation: float) -> list[_PlacedLine]:
    """Find the onsets of all lines, each drawn to the line it answers."""
    placed: list[_PlacedLine] = []
    rhythms: dict[tuple[str, int], tuple[float, ...]] = {}
    beat_s = 60.0 / plan.tempo
    earliest = 0.0
    for section, planned in sung_sections(lyrics, plan):
        slots = lay_lines(section.lines, sum(planned.voice), plan.tempo, meter)
        form = PHRASE_FORMS[int(generator(seed, "phrase form", section.kind).integers(len(PHRASE_FORMS)))]
        answered: dict[str, tuple[float, ...]] = {}
        for place, slot in enumerate(slots):
            letter = form[place % len(form)]
            start = float((planned.bar + slot.bar) * meter.beats_per_bar)
            end = start + slot.bars * meter.beats_per_bar
            request = RhythmRequest(
                weights=syllable_weights(slot.line),
                gaps=syllable_gaps(slot.line),
                start=start,
                end=end,
                earliest=earliest,
                template=rhythms.get((section.kind, place)) or answered.get(letter, ()),
            )
            rng = generator(seed, "rhythm", section.kind, letter)
            onsets = place_syllables(request, plan.tempo, meter, rng, syncopation)
            if onsets is None:
                raise InputError(
                    f"line {slot.line.number} has {len(slot.line.syllables)} syllables for {slot.bars} bars at "
                    f"{plan.tempo:g} BPM: split it or lower the tempo"
                )
            relative = sequence_template(onsets, start)
            rhythms.setdefault((section.kind, place), relative)
            answered.setdefault(letter, relative)
            placed.append(_PlacedLine(slot, start, end, planned, letter, place, len(slots), onsets))
            earliest = onsets[-1] + (HELD_END_S + BREATH_S) / beat_s
    return placed


def _durations(line: _PlacedLine, following: float, beat_s: float) -> tuple[float, ...]:
    """Return note lengths in beats: legato inside the line, the last one held but leaving a breath."""
    longest = LONGEST_NOTE_S / beat_s
    inner = INNER_REST_S / beat_s
    durations = []
    for onset, after in zip(line.onsets, line.onsets[1:], strict=False):
        gap = after - onset
        durations.append(round(gap if gap <= inner else max(inner, gap * 0.8), 6))
    room = min(following - BREATH_S / beat_s, line.end) - line.onsets[-1]
    last = max(min(room, longest), SHORTEST_SYLLABLE_S / beat_s)
    # A held note stops on the half-beat grid where that leaves it long enough.
    on_grid = int((line.onsets[-1] + last) * 2) / 2 - line.onsets[-1]
    durations.append(round(on_grid if on_grid * beat_s >= HELD_END_S else last, 6))
    return tuple(durations)


def _register(kind: str, voice_range: tuple[int, int]) -> tuple[int, int, float]:
    """Return the lowest, the highest and the central pitch of a kind of section."""
    low, high = voice_range
    share = REGISTER.get(kind, 0.45)
    centre = low + share * (high - low)
    reach = max(6.0, 0.62 * (high - low))
    return max(low, round(centre - reach)), min(high, round(centre + reach)), centre


def _contour(seed: int, line: _PlacedLine) -> str:
    """Choose a contour for the tune: the same for lines that share one."""
    rng = generator(seed, "contour", line.section.kind, line.letter)
    return CONTOURS[int(rng.choice(len(CONTOURS), p=(0.35, 0.2, 0.15, 0.2, 0.1)))]


def _closing(line: _PlacedLine) -> str:
    """Say how a line ends: open halfway, closed at the end of a section, on the tonic at the end of a chorus."""
    if line.place == line.count - 1:
        return "final" if line.section.kind in ("chorus", "hook", "outro") else "closed"
    return "closed" if line.place % 2 else "open"


def _swing(note: Note, swing: float, unit: float) -> Note:
    """Move a note's beginning and end to where the style plays them."""
    onset, end = swung(note.onset, swing, unit), swung(note.end, swing, unit)
    return replace(note, onset=onset, duration=round(end - onset, 6))


def _melisma(note: Note, extra: int, key: Key, voice_range: tuple[int, int], tempo: float) -> list[Note]:
    """Split a note into 1 + `extra` notes of one syllable, turning about its pitch by scale steps."""
    shortest = SHORTEST_SYLLABLE_S * tempo / 60.0
    count = min(1 + extra, max(1, int(note.duration / shortest)))
    if count == 1:
        return [note]
    low, high = voice_range
    scale = [pitch for pitch in range(low, high + 1) if pitch % 12 in key.scale] or [note.pitch]
    nearest = min(range(len(scale)), key=lambda k: abs(scale[k] - note.pitch))
    turn = (1, 0, -1, 0)
    around = [scale[min(len(scale) - 1, max(0, nearest + turn[(k - 1) % 4]))] for k in range(1, count)]
    edges = [round(note.onset + k * note.duration / count, 6) for k in range(count + 1)]
    return [
        Note(start, round(end - start, 6), pitch, note.syllable, k > 0)
        for k, (start, end, pitch) in enumerate(zip(edges, edges[1:], [note.pitch, *around], strict=False))
    ]
