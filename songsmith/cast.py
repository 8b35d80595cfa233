"""Who sings which line: the voices that a sheet's `singer=` tags call for.

A tag names a voice (`[Verse: singer=tenor]`), two of them for a duet (`singer=alto+tenor`: the first leads, the
second joins), or a character (`singer=Anna`), who is given a voice of her own. The lead stays one line of music;
where its singer changes, its notes move by octaves into that singer's range.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches

from lyrics.values import Lyrics
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
    warnings : which characters got which voices
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
    voices: dict[str, str] = {}
    warnings: list[str] = []
    lead: dict[int, str] = {}
    second: dict[int, tuple[str, ...]] = {}
    for section in lyrics.sections:
        names = [name.strip() for name in (section.singer or "").split("+") if name.strip()]
        for name in names:
            if name.lower() not in voices:
                voices[name.lower()] = _voice_for(name, section.label, known, voice, tuple(voices.values()))
                if name.lower() not in known:
                    warnings.append(
                        f"section [{section.label}]: {name} is sung by the voice {voices[name.lower()]!r}"
                    )
        singers = [voices[name.lower()] for name in names] or [voice]
        for line in section.lines:
            lead[line.number] = singers[0]
            if len(singers) > 1:
                second[line.number] = tuple(singers[1:])
    for name in dict.fromkeys(lead.values()):
        loaded = load_voice(name)
        if lyrics.syllables and not loaded.sings(lyrics.language):
            raise InputError(f"voice {name!r} sings {loaded.language!r}, the lyrics are {lyrics.language!r}")
    return Cast(lead, second, tuple(warnings))


def _voice_for(name: str, label: str, known: tuple[str, ...], voice: str, taken: tuple[str, ...]) -> str:
    """Return the voice of a singer's name: itself, or for a character the first voice that is not taken yet."""
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

    Lines of the voice that the score was written for stay as they are.
    """
    line_of = {k: line.number for line, numbers in score.lyrics.numbered_lines() for k in numbers}
    by_singer: dict[str, list[Note]] = {}
    for note in score.notes:
        by_singer.setdefault(cast.lead[line_of[note.syllable]], []).append(note)
    shift = {
        name: 0 if name == voice else octave_for(notes, load_voice(name).range) for name, notes in by_singer.items()
    }
    notes = tuple(replace(n, pitch=n.pitch + shift[cast.lead[line_of[n.syllable]]]) for n in score.notes)
    return replace(score, notes=notes)


def octave_for(notes: list[Note], home: VoiceRange) -> int:
    """Return the octaves, in semitones, by which notes come to lie best in a range."""

    def strain(shift: int) -> tuple[float, int]:
        out = sum(
            max(0, home.comfortable_lowest - n.pitch - shift, n.pitch + shift - home.comfortable_highest) * n.duration
            for n in notes
        )
        return out, abs(shift)

    return min(OCTAVES, key=strain)


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
