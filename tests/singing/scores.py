"""Small scores to sing: words by their phonemes, one or more notes a syllable."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import strategies as st

from lyrics.values import Line, Lyrics, Phoneme, Section, Syllable, Word
from songsmith.plan import Chord, Plan, PlannedSection
from songsmith.score import Note, Score
from songsmith.singing.phonemes import CONSONANT_S, VOWELS
from songsmith.timeline import Timeline

# Words as syllables: phonemes with `-` between syllables.
WORDS = {
    "copper": "K AA1-P ER0",
    "pennies": "P EH1-N IY0 Z",
    "sink": "S IH1 NG K",
    "in": "IH0 N",
    "the": "DH AH0",
    "harbor": "HH AA1 R-B ER0",
    "a": "AH0",
    "strange": "S T R EY1 N JH",
    "melody": "M EH1-L AH0-D IY0",
    "texts": "T EH1 K S T S",
    "oh": "OW1",
}


def word(text: str) -> Word:
    """Return a word of `WORDS`."""
    syllables = []
    for part in WORDS[text].split("-"):
        phonemes = tuple(Phoneme.parse(symbol) for symbol in part.split())
        syllables.append(Syllable(text, phonemes, next(p.stress for p in phonemes if p.stress is not None)))
    return Word(text, text, tuple(syllables))


def lyrics_of(*lines: str, kind: str = "verse") -> Lyrics:
    """Return lyrics with the given lines, in one section."""
    made = tuple(Line(i + 1, line, tuple(word(w) for w in line.split())) for i, line in enumerate(lines))
    return Lyrics("en", (Section(kind, kind.title(), None, made),))


def score_of(lyrics: Lyrics, notes: tuple[Note, ...], tempo: float = 100.0) -> tuple[Score, Timeline]:
    """Return a score over one chord, and its timeline."""
    bars = int(max((note.end for note in notes), default=0.0) // 4) + 2
    section = PlannedSection("verse", "Verse", 0, bars, 0.5, (True,) * bars)
    chords = (Chord(0.0, 4.0 * bars, "C"),)
    plan = Plan(tempo, "C major", "4/4", (section,), chords)
    return Score(notes, chords, lyrics, plan), Timeline.steady(tempo, 4 * bars, 4)


def simple_score(*lines: str, beat: float = 0.5, tempo: float = 100.0, gap: float = 1.0) -> tuple[Score, Timeline]:
    """Return a score with one note a syllable on a small tune, `gap` beats between lines."""
    lyrics, notes, at, k = lyrics_of(*lines), [], 4.0, 0
    for line in lyrics.lines:
        for _ in line.syllables:
            notes.append(Note(at, beat, 60 + (0, 2, 4, 7, 4, 2)[k % 6], k))
            at, k = at + beat, k + 1
        at += gap
    return score_of(lyrics, tuple(notes), tempo)


@st.composite
def scores(draw: st.DrawFn) -> tuple[Score, Timeline]:
    """Draw lines of words on notes of mixed lengths, with rests, slurs and tempi that a singer may meet."""
    lines = draw(st.lists(st.lists(st.sampled_from(sorted(WORDS)), min_size=1, max_size=5), min_size=1, max_size=3))
    lyrics = lyrics_of(*(" ".join(line) for line in lines))
    lengths = st.sampled_from([0.25, 0.5, 0.75, 1.0, 2.0])
    notes: list[Note] = []
    at, k = draw(st.sampled_from([0.0, 0.25, 1.0, 4.0])), 0
    for line in lyrics.lines:
        for _ in line.syllables:
            for slur in range(draw(st.sampled_from([1, 1, 1, 2, 3]))):
                length = draw(lengths)
                notes.append(Note(at, length, draw(st.integers(52, 74)), k, slur > 0))
                at += length
            at += draw(st.sampled_from([0.0, 0.0, 0.0, 0.25, 1.0]))
            k += 1
        at += draw(st.sampled_from([0.0, 0.5, 2.0]))
    return score_of(lyrics, tuple(notes), draw(st.sampled_from([60.0, 100.0, 140.0])))


def consonants_known() -> bool:
    """Whether every phoneme of `WORDS` is in the singer's tables."""
    symbols = {s.rstrip("012") for text in WORDS.values() for part in text.split("-") for s in part.split()}
    return symbols <= set(CONSONANT_S) | VOWELS


def gaps(values: tuple[float, ...]) -> list[float]:
    return [b - a for a, b in pairwise(values)]
