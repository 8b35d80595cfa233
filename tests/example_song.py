"""A small song made by hand, and sound for it made of sines: what the tests of values, files and mixes use."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lyrics.values import Line, Lyrics, Phoneme, Section, Syllable, Word
from songsmith.accompaniment.parts import Part, PartNote
from songsmith.audio import Audio
from songsmith.brief import Brief, Texture
from songsmith.performance import Performance, PhonemeSpan
from songsmith.plan import Chord, Plan, PlannedSection
from songsmith.score import Note
from songsmith.song import Backend, Mix, Provenance, Song
from songsmith.timeline import Timeline

RATE = 44100
PITCHES = (60, 64, 67, 64, 65, 69, 72, 67)


SHEET = """
[Verse 1]
Copper kettle on the fire
Seven sparrows on the wire
[Chorus]
Morning comes in by the door
Nothing that I waited for
[Verse 2]
Silver needle in the hay
Somebody has gone away
"""
"""Two verses and a chorus, of two lines each."""


def syllable(text: str, phonemes: str, stress: int = 1) -> Syllable:
    return Syllable(text, tuple(Phoneme.parse(symbol) for symbol in phonemes.split()), stress)


def lyrics() -> Lyrics:
    """Two lines of four syllables each, one word of two syllables in each, an instrumental section last."""
    moon = Word("Moon", "moon", (syllable("moon", "M UW1 N"),))
    over = Word("over", "over", (syllable("o", "OW1"), syllable("ver", "V ER0", 0)))
    sea = Word("sea", "sea", (syllable("sea", "S IY1"),))
    cafe = Word("café,", "cafe", (syllable("ca", "K AH0", 0), syllable("fé", "F EY1")))
    lines = (Line(1, "Moon over sea", (moon, over, sea)), Line(2, "Moon, café, sea (oh)", (moon, cafe, sea)))
    return Lyrics("en", (Section("verse", "Verse 1", None, lines), Section("outro", "Outro")))


def song(tempo: float = 90.0, timeline: Timeline | None = None) -> Song:
    """Return a song without sound: one bar of intro, two sung bars, one of outro; one syllable a beat."""
    words = lyrics()
    notes = [Note(4.0 + i, 1.0, pitch, i) for i, pitch in enumerate(PITCHES)]
    notes[-1:] = [Note(11.0, 0.5, 67, 7), Note(11.5, 1.5, 65, 7, True)]
    chords = (Chord(0.0, 8.0, "C"), Chord(8.0, 8.0, "F:maj7"))
    sections = (
        PlannedSection("intro", "Intro", 0, 1, 0.3, (False,)),
        PlannedSection("verse", "Verse 1", 1, 2, 0.6, (True, True)),
        PlannedSection("outro", "Outro", 3, 1, 0.4, (False,)),
    )
    timeline = timeline or Timeline.steady(tempo, 18, 4)
    bass = tuple(PartNote(2.0 * i, 1.5, 36 if i < 4 else 41, 80 + i) for i in range(8))
    harmony = tuple(
        PartNote(float(bar * 4), 4.0, pitch, 70)
        for bar in range(4)
        for pitch in ((60, 64, 67) if bar < 2 else (60, 65, 69))
    )
    drums = tuple(PartNote(i / 2, 0.25, 42 if i % 2 else 36, 60 + i) for i in range(32))
    parts = (Part("drums", 0, True, drums), Part("bass", 33, False, bass), Part("harmony", 4, False, harmony))
    return Song(
        title="Moon: a “test”",
        seed=7,
        brief=Brief("calm", "folk", tempo, "C major", "4/4", ("calm",), ("piano",), (), Texture(width=0.25), 0.5),
        lyrics=words,
        plan=Plan(tempo, "C major", "4/4", sections, chords),
        timeline=timeline,
        chords=chords,
        notes=tuple(notes),
        parts=parts,
        performance=performance(words, tuple(notes), timeline),
        provenance=Provenance("0.1.0", (("lyricist", None), ("singer", Backend.of("heart", version="1"))), ("hm",)),
    )


def performance(words: Lyrics, notes: tuple[Note, ...], timeline: Timeline) -> Performance:
    """Return spans with each vowel on its note, 60 ms for each consonant before it."""
    onsets = {note.syllable: timeline.seconds(note.onset) for note in reversed(notes)}
    ends = {note.syllable: timeline.seconds(note.end) for note in notes}
    marks: list[tuple[float, str, int | None]] = [(0.0, "SP", None)]
    for number, unit in enumerate(words.syllables):
        start = onsets[number] - 0.06 * len(unit.onset)
        for index, phoneme in enumerate(unit.phonemes):
            late = max(0, index - unit.nucleus)
            at = ends[number] - 0.07 * (len(unit.coda) - late + 2) if late else start + 0.06 * index
            marks.append((at, str(phoneme), number))
    marks += [(max(ends.values()), "SP", None), (timeline.beats[-2], "", None)]
    spans = tuple(PhonemeSpan(s, at, marks[i + 1][0], n) for i, (at, s, n) in enumerate(marks[:-1]))
    frames = round(marks[-1][0] / 0.005)
    f0_hz = np.zeros(frames, np.float32)
    for note in notes:
        start, end = (round(timeline.seconds(beat) / 0.005) for beat in (note.onset, note.end))
        f0_hz[start:end] = 440.0 * 2.0 ** ((note.pitch - 69) / 12.0)
    return Performance(spans, 0.005, f0_hz, np.where(f0_hz > 0, -3.0, -60.0).astype(np.float32))


def voice(of: Song, cents: dict[int, float] | None = None, silent: tuple[int, ...] = ()) -> Audio:
    """Return a hum of every note (six harmonics), `cents` off where asked by the note's index."""
    seconds = of.timeline.seconds
    samples = np.zeros(round(of.timeline.beats[-2] * RATE), np.float32)
    phase = 0.0
    for index, note in enumerate(of.notes):
        start, end = round(seconds(note.onset) * RATE), round(seconds(note.end) * RATE)
        if index in silent:
            continue
        pitch = note.pitch + (cents or {}).get(index, 0.0) / 100.0
        phases = phase + 2.0 * np.pi * 440.0 * 2.0 ** ((pitch - 69) / 12.0) * np.arange(1, end - start + 1) / RATE
        phase = float(phases[-1] % (2.0 * np.pi))
        hum = sum(np.sin(h * phases) / h for h in range(1, 7))
        fade = np.minimum(1.0, np.minimum(np.arange(end - start), np.arange(end - start)[::-1]) / 300.0)
        samples[start:end] = 0.15 * hum * fade
    return Audio(samples[None], RATE)


def stems(seconds: float, seed: int = 0) -> dict[str, Audio]:
    """Return raw stems of drums (noise bursts), bass and harmony (decaying saws), at uneven levels."""
    random = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE)) / RATE

    def pulses(every_s: float, decay_s: float) -> np.ndarray:
        return np.exp(-(t % every_s) / decay_s)

    def saw(frequency: float) -> np.ndarray:
        return 2.0 * ((t * frequency) % 1.0) - 1.0

    drums = 0.8 * pulses(0.5, 0.05) * random.standard_normal(len(t))
    bass = 0.1 * pulses(0.5, 0.4) * saw(65.4)
    chord = 0.02 * pulses(2.0, 1.5) * (saw(261.6) + saw(329.6) + saw(392.0))
    made = {"drums": (drums, drums), "bass": (bass, bass), "harmony": (1.2 * chord, 0.8 * np.roll(chord, 40))}
    return {name: Audio(np.asarray(pair, np.float32), RATE) for name, pair in made.items()}


def rendered(of: Song) -> Song:
    """Return the song with a mix."""
    from songsmith.mix import mix

    dry = voice(of)
    return replace(of, audio=mix(dry, stems(dry.duration_s)))


def noise_mix(seconds: float = 2.0) -> Mix:
    """Return a mix of three stems of noise, which sums."""
    random = np.random.default_rng(1)
    names = ("vocals", "drums", "bass")
    parts = {name: (0.1 * random.standard_normal((2, round(seconds * RATE)))).astype(np.float32) for name in names}
    total = np.sum(list(parts.values()), axis=0, dtype=np.float32)
    dry = Audio(parts["vocals"][:1].copy(), RATE)
    return Mix(Audio(total, RATE), {name: Audio(samples, RATE) for name, samples in parts.items()}, dry)
