"""Who sings which line: the voices that a sheet's `singer=` tags call for.

A tag names a voice (`[Verse: singer=tenor]`), two of them for a duet (`singer=alto+tenor`: the first leads, the
second joins), or a character (`singer=Anna`), who is given a voice of her own. The lead stays one line of music;
where its singer changes, its notes move by octaves into that singer's range.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from lyrics.values import Lyrics, Section
from songsmith.errors import InputError
from songsmith.performance import SILENCE, Performance, PhonemeSpan
from songsmith.score import Note, Score
from songsmith.singing.voices import VoiceRange, load_voice, voice_names

TYPO_LIKENESS = 0.75
OCTAVES = (0, -12, 12, -24, 24)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who sings what.

    Parameters
    ----------
    lead : for each line, by its number, the voice that leads it
    second : for each line of a duet the voices that join
    warnings : which characters got which voices, and which singers of a duet are one and the same
    """

    lead: Mapping[int, str]
    second: Mapping[int, tuple[str, ...]]
    warnings: tuple[str, ...] = ()

    @property
    def leads(self) -> tuple[str, ...]:
        """The voices that lead, in the order of their first line."""
        return tuple(dict.fromkeys(self.lead.values()))


def cast_voices(lyrics: Lyrics, voice: str) -> Cast:
    """Return who sings which line of a sheet whose untagged sections are sung by `voice`.

    Raises InputError for a tag that is nearly, but not quite, the name of a voice, and for a voice of another
    language.
    """
    known = voice_names()
    named = frozenset(name.lower() for section in lyrics.sections for name in _names(section)) & frozenset(known)
    voices: dict[str, str] = {}
    warnings: list[str] = []
    lead: dict[int, str] = {}
    second: dict[int, tuple[str, ...]] = {}
    for section in lyrics.sections:
        names = _names(section)
        for name in names:
            if name.lower() not in voices:
                taken = named | frozenset(voices.values())
                own = _voice_for(name, section.label, known, voice, taken)
                if name.lower() not in known:
                    shared = ", which others have, too: there are no more voices" if own in taken else ""
                    warnings.append(f"section [{section.label}]: {name} is sung by the voice {own!r}{shared}")
                voices[name.lower()] = own
        sung_by = [voices[name.lower()] for name in names] or [voice]
        different = tuple(dict.fromkeys(sung_by))
        if len(different) < len(sung_by):
            twice = next(name for name in sung_by if sung_by.count(name) > 1)
            warnings.append(f"section [{section.label}]: the voice {twice!r} is asked for twice and sings once")
        for line in section.lines:
            lead[line.number] = different[0]
            if len(different) > 1:
                second[line.number] = different[1:]
    for name in dict.fromkeys((*lead.values(), *(name for joined in second.values() for name in joined))):
        loaded = load_voice(name)
        if lyrics.syllables and not loaded.sings(lyrics.language):
            raise InputError(f"voice {name!r} sings {loaded.language!r}, the lyrics are {lyrics.language!r}")
    return Cast(lead, second, tuple(dict.fromkeys(warnings)))


def _names(section: Section) -> tuple[str, ...]:
    """Return the singers that a section's tag names."""
    return tuple(name.strip() for name in (section.singer or "").split("+") if name.strip())


def _voice_for(name: str, label: str, known: tuple[str, ...], voice: str, taken: frozenset[str]) -> str:
    """Return the voice of a singer's name: itself, or for a character the first voice that nobody else has."""
    if name.lower() in known:
        return name.lower()
    near = get_close_matches(name.lower(), known, 1, TYPO_LIKENESS)
    if near:
        raise InputError(
            f"section [{label}]: there is no voice {name!r}; {near[0]!r} is one (all: {', '.join(known)})"
        )
    return next((free for free in (voice, *known) if free not in taken), voice)


def move_into_ranges(score: Score, cast: Cast, voice: str) -> Score:
    """Return the score with each line moved by octaves to where its singer is most at home.

    All lines of a singer move alike, but for those that would then leave what he can sing at all. Lines of the
    voice that the score was written for stay as they are. What is still out of reach is told by `out_of_reach`.
    """
    lines = _lines(score)
    by_singer: dict[str, list[Note]] = {}
    for number, notes in lines.items():
        by_singer.setdefault(cast.lead[number], []).extend(notes)
    ranges = _ranges(cast)
    shifts = {name: octave_for(notes, ranges[name]) for name, notes in by_singer.items() if name != voice}
    moved: list[Note] = []
    for number, notes in lines.items():
        name = cast.lead[number]
        shift = shifts.get(name, 0)
        if name != voice and beyond([replace(n, pitch=n.pitch + shift) for n in notes], ranges[name]):
            shift = octave_for(notes, ranges[name])
        moved += [replace(note, pitch=note.pitch + shift) for note in notes]
    return replace(score, notes=tuple(moved))


def _ranges(cast: Cast) -> dict[str, VoiceRange]:
    """Return the range of each voice that leads."""
    return {name: load_voice(name).range for name in cast.leads}


def out_of_reach(score: Score, cast: Cast) -> tuple[str, ...]:
    """Return, one sentence for each voice, which lines of the lead have notes that their singer cannot reach."""
    found: dict[str, list[tuple[int, int]]] = {}
    ranges = _ranges(cast)
    for number, notes in _lines(score).items():
        name = cast.lead[number]
        count = beyond(notes, ranges[name])
        if count:
            found.setdefault(name, []).append((number, count))
    return tuple(cannot_reach(name, lines) for name, lines in found.items())


def cannot_reach(name: str, lines: Sequence[tuple[int, int]]) -> str:
    """Return the sentence for a voice and the lines, each with how many notes, that are out of its range."""
    count = sum(notes for _, notes in lines)
    numbers = ", ".join(str(number) for number, _ in lines)
    return (
        f"voice {name!r} cannot reach {count} note{'s' if count > 1 else ''} of "
        f"line{'s' if len(lines) > 1 else ''} {numbers}: choose another singer or key"
    )


def beyond(notes: Sequence[Note], home: VoiceRange) -> int:
    """Return how many notes are lower or higher than a voice can sing at all."""
    return sum(not home.lowest <= note.pitch <= home.highest for note in notes)


def _lines(score: Score) -> dict[int, list[Note]]:
    """Return the notes of each line by its number, in order."""
    line_of = {k: line.number for line, numbers in score.lyrics.numbered_lines() for k in numbers}
    lines: dict[int, list[Note]] = {}
    for note in score.notes:
        lines.setdefault(line_of[note.syllable], []).append(note)
    return lines


def octave_for(notes: Sequence[Note], home: VoiceRange) -> int:
    """Return the octaves, in semitones, by which notes come to lie best in a range.

    As few notes as possible leave what the voice can sing at all; then they lie as near as possible to where its
    words stay clear.
    """

    def strain(shift: int) -> tuple[int, float, int]:
        moved = [replace(note, pitch=note.pitch + shift) for note in notes]
        low, high = home.comfortable_lowest, home.comfortable_highest
        return beyond(moved, home), sum(max(0, low - n.pitch, n.pitch - high) * n.duration for n in moved), abs(shift)

    fitting = [shift for shift in OCTAVES if all(0 <= note.pitch + shift <= 127 for note in notes)]
    return min(fitting, key=strain)


def only_lines(performance: Performance, lyrics: Lyrics, lines: frozenset[int]) -> Performance:
    """Return a performance in which nothing but some lines, by their numbers, is sung."""
    line_of = {k: line.number for line, numbers in lyrics.numbered_lines() for k in numbers}
    spans: list[PhonemeSpan] = []
    phrase: list[PhonemeSpan] = []

    def close() -> None:
        number = next((line_of[span.syllable] for span in phrase if span.syllable is not None), None)
        keep = number in lines
        spans.extend(span if keep else PhonemeSpan(SILENCE, span.start, span.end) for span in phrase)
        phrase.clear()

    for span in performance.phonemes:
        if span.symbol == SILENCE:
            close()
            spans.append(span)
        else:
            phrase.append(span)
    close()
    return replace(performance, phonemes=tuple(spans))
