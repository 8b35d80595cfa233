"""Renders songs whose truth is known, for the networks of the analysis, and writes their features.

python scripts/analysis_corpus.py OUT [--pop909 FOLDER] [--songs N] [--grooves N] [--pop N] [--soundfont FILE ...]
    [--style NAME ...] [--own-band-only]

Three kinds of song, taken in turns: songs of songsmith itself, with vocals or without; the same on paper, played by a
groove of MMA (Debian's `mma`); and excerpts of POP909. Half of them drift in tempo. A row is an npz file with the
spectrograms, beats, downbeats, meter, chords, key, and where the voice is. Rows that are there are kept.
"""

from __future__ import annotations

import argparse
import io
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import mido
import numpy as np
import numpy.typing as npt

from songsmith.accompaniment.palette import part_styles
from songsmith.accompaniment.parts import Part, PartNote
from songsmith.accompaniment.render import render_part
from songsmith.accompaniment.soundfont import SoundFont, find_soundfont, load_soundfont
from songsmith.align import perform
from songsmith.analysis.features import RATE, mono_of, onset_spectrogram, pitch_spectrogram, tuning_of
from songsmith.audio import Audio
from songsmith.cache import Cache
from songsmith.errors import SongsmithError
from songsmith.paper import Paper, write_paper
from songsmith.performance import BREATH, SILENCE
from songsmith.plan import Chord
from songsmith.styles import style_names
from songsmith.theory import LETTERS, QUALITIES, parse_chord
from songsmith.timeline import Timeline
from songsmith.vocals import Studio

LINES = (
    "The kettle hums a tune at dawn", "We walked along the water line", "Nobody told the garden gate",
    "My brother mends the radio", "A paper boat in summer rain", "Count the windows, count the doors",
    "She left her coat upon the chair", "The market closes after nine", "Carry me over the yellow hill",
    "I never learned to say goodbye", "Silver buses cross the town", "Hold on, hold on to the rope",
    "Every lantern knows my name", "There is salt upon the bread", "Run with me until the morning",
    "Oh, the valley is wide", "Somebody painted the harbour blue", "The clocks are slow in winter light",
    "You wrote your number on a stone", "Turn the engine, turn it over", "All of the orchards are sleeping",
    "Ten more miles and then the sea", "Under the bridge the swallows return", "Give me a reason to stay",
)  # fmt: skip
MMA_CHORDS = {
    "maj": "", "min": "m", "7": "7", "maj7": "M7", "min7": "m7", "dim": "dim3", "aug": "aug", "sus2": "sus2",
    "sus4": "sus4", "hdim7": "m7b5", "dim7": "dim7", "maj6": "6", "min6": "m6", "9": "9", "maj9": "M9", "min9": "m9",
    "minmaj7": "mM7",
}  # fmt: skip
WALKS = ("maj", "min", "7", "maj7", "min7", "sus4", "sus2", "dim")
WALK_SHARES = (0.26, 0.22, 0.13, 0.11, 0.13, 0.05, 0.04, 0.06)
STEPS = (5, 7, 2, 10, 9, 3, 4, 8, 1, 11, 6, 0)
STEP_SHARES = (0.2, 0.16, 0.12, 0.1, 0.1, 0.08, 0.06, 0.06, 0.04, 0.04, 0.02, 0.02)
KEYS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
Row = dict[str, npt.NDArray[np.generic]]
POP_PROGRAMS = {
    "MELODY": (52, 53, 73, 65, 80, 0, 40, 56),
    "BRIDGE": (0, 24, 48, 4, 11, 40),
    "PIANO": (0, 1, 4, 24, 25, 26, 48, 16),
}
VOICES = ("heart", "alto", "soprano", "tenor", "baritone")


@dataclass(frozen=True, slots=True)
class Grooves:
    """Names of the grooves of MMA by meter."""

    by_meter: dict[str, tuple[str, ...]]

    @classmethod
    def find(cls, library: Path) -> Grooves:
        found: dict[str, list[str]] = {"4/4": [], "3/4": [], "6/8": []}
        for path in sorted(library.rglob("*.mma")):
            text = path.read_text(encoding="latin-1")
            time = re.search(r"^\s*time\s+(\d+)", text, re.IGNORECASE | re.MULTILINE)
            if time is None or "metronome" in path.name:
                continue
            meter = {"4": "4/4", "3": "3/4", "6": "6/8"}.get(time[1])
            if meter:
                names = re.findall(r"^\s*defgroove\s+(\S+)", text, re.IGNORECASE | re.MULTILINE)
                found[meter] += [n for n in names if not re.search(r"intro|end|fill", n, re.IGNORECASE)]
        return cls({meter: tuple(names) for meter, names in found.items()})


def drifted(timeline: Timeline, rng: np.random.Generator, most: float) -> Timeline:
    """Return a timeline whose tempo wanders by up to `most` of itself."""
    gaps = np.diff(np.asarray(timeline.beats))
    places = np.arange(len(gaps))
    curve = sum(
        rng.normal() * np.sin(2 * np.pi * places / rng.uniform(16, 90) + rng.uniform(0, 7)) for _ in range(3)
    ) + rng.normal(0, 0.05, len(gaps))
    curve = curve / max(1e-9, float(np.abs(curve).max())) * most
    beats = np.concatenate([[0.0], np.cumsum(gaps * (1.0 + curve))])
    return Timeline(timeline.tempo, tuple(round(float(b), 6) for b in beats), timeline.downbeats)


def sheet(rng: np.random.Generator) -> str:
    """Return a short lyric sheet."""
    rows = [LINES[i] for i in rng.permutation(len(LINES))]
    count = int(rng.integers(2, 5))
    text = "[Verse]\n" + "\n".join(rows[:count])
    return text + ("\n[Chorus]\n" + "\n".join(rows[count : count + 2]) if rng.random() < 0.7 else "")


def tempo_for(rng: np.random.Generator) -> float:
    return round(float(np.exp(rng.uniform(np.log(58), np.log(184)))), 1)


def paper_of(rng: np.random.Generator, seed: int, sung: bool, styles: Sequence[str]) -> Paper:
    """Return a song on paper: any of the styles, and half the time any tempo."""
    style = str(rng.choice(styles))
    wanted = {
        "tempo": tempo_for(rng) if rng.random() < 0.6 else None,
        "meter": str(rng.choice(("4/4", "3/4", "6/8"), p=(0.5, 0.25, 0.25))),
        "key": f"{rng.choice(KEYS)} {rng.choice(('major', 'minor'))}" if rng.random() < 0.8 else None,
        "voice": str(rng.choice(VOICES)) if sung else None,
    }
    words = f"{style}, {rng.choice(('calm', 'energetic', 'bright', 'dark', 'warm', 'driving'))}"
    if sung:
        return write_paper(words, sheet(rng), seed, style=style, **wanted)
    return write_paper(
        words, None, seed, style=style, length_s=float(rng.uniform(26, 40)), instrumental=True, **wanted
    )


def random_chords(paper: Paper, rng: np.random.Generator) -> tuple[Chord, ...]:
    """Return other chords for a song that nobody sings: random ones, a bar or half of one each, four times round."""
    beats = paper.plan.beats_per_bar
    half = {4: 2.0, 3: 2.0 if paper.plan.meter == "3/4" else 1.5}[beats]
    round_ = []
    root = int(rng.integers(12))
    for _ in range(8):
        for length in [float(beats)] if rng.random() < 0.7 else [half, beats - half]:
            root = (root + int(rng.choice(STEPS, p=STEP_SHARES))) % 12
            quality = str(rng.choice(WALKS, p=WALK_SHARES))
            bass = str(rng.choice(("/3", "/5"))) if quality == "maj" and rng.random() < 0.2 else ""
            round_.append((length, f"{KEYS[root]}:{quality}{bass}"))
    chords, place, k = [], 0.0, 0
    while place < paper.plan.beats:
        length, symbol = round_[k % len(round_)]
        chords.append(Chord(place, length, symbol))
        place, k = place + length, k + 1
    return tuple(chords)


def mma_symbol(symbol: str) -> str:
    root, _, rest = symbol.partition(":")
    root, _, slash = root.partition("/")
    quality, _, under = rest.partition("/")
    text = root + MMA_CHORDS[quality or "maj"]
    tones = parse_chord(symbol)
    if (slash or under) and tones is not None:
        text += "/" + KEYS[tones.bass]
    return text


def mma_parts(
    paper: Paper, chords: tuple[Chord, ...], grooves: Grooves, rng: np.random.Generator
) -> tuple[Part, ...]:
    """Return what MMA plays over chords, the groove changing once."""
    meter = paper.plan.meter
    slots = {"4/4": 4, "3/4": 3, "6/8": 6}[meter]
    slot_beats = paper.plan.beats_per_bar / slots
    names = grooves.by_meter[meter]
    bars = paper.plan.bars
    changes = {0: str(rng.choice(names)), bars // 2: str(rng.choice(names))}
    text = [f"Tempo 120\nTime {slots}\n"]
    for bar in range(bars):
        if bar in changes:
            text.append(f"Groove {changes[bar]}")
        row, last = [], ""
        for slot in range(slots):
            place = bar * paper.plan.beats_per_bar + slot * slot_beats
            chord = next((c for c in chords if c.onset - 1e-6 <= place < c.end - 1e-6), chords[-1])
            name = "z" if chord.symbol == "N" else mma_symbol(chord.symbol)
            row.append(name if name != last else "/")
            last = name
        text.append(f"{bar + 1} {' '.join(row)}")
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "a.mma", Path(folder) / "a.mid"
        source.write_text("\n".join(text) + "\n")
        done = subprocess.run(["mma", str(source), "-f", str(target)], capture_output=True, text=True, check=False)
        if not target.exists():
            raise ValueError(done.stdout.strip().splitlines()[-1] if done.stdout.strip() else "mma failed")
        return parts_of_midi(target.read_bytes(), slot_beats, paper.plan.beats)


def parts_of_midi(data: bytes, beats_per_quarter: float, beats: float) -> tuple[Part, ...]:
    """Return the parts of a MIDI file, a channel and program each."""
    notes: dict[tuple[int, int], list[PartNote]] = {}
    file = mido.MidiFile(file=io.BytesIO(data))
    for track in file.tracks:
        place, programs = 0, {}
        sounding: dict[tuple[int, int], tuple[float, int]] = {}
        for message in track:
            place += message.time
            now = place / file.ticks_per_beat * beats_per_quarter
            if message.type == "program_change":
                programs[message.channel] = message.program
            elif message.type in ("note_on", "note_off"):
                at = (message.channel, message.note)
                if at in sounding:
                    start, velocity = sounding.pop(at)
                    start, now = max(0.0, start), min(now, beats)
                    if now - start > 1e-3 and start < beats:
                        key = (message.channel, programs.get(message.channel, 0))
                        notes.setdefault(key, []).append(PartNote(start, now - start, message.note, velocity))
                if message.type == "note_on" and message.velocity:
                    sounding[at] = (place / file.ticks_per_beat * beats_per_quarter, message.velocity)
    return tuple(
        Part(
            "drums" if channel == 9 else f"part-{channel}-{program}",
            0 if channel == 9 else program,
            channel == 9,
            tuple(sorted(rows, key=lambda n: (n.onset, n.pitch))),
        )
        for (channel, program), rows in sorted(notes.items())
        if channel != 9 or program == min(p for c, p in notes if c == 9)
    )


def sing(paper: Paper, timeline: Timeline) -> npt.NDArray[np.float32]:
    """Return the lead at `RATE`."""
    from scipy.signal import resample_poly

    performance = perform(paper.score, timeline, paper.voice, paper.seed)
    vocal = Studio(paper.seed, Cache(None), 1).sing_lead(performance, paper.lyrics, paper.cast)
    return resample_poly(vocal.samples[0], 1, vocal.sample_rate // RATE).astype(np.float32)


def play(
    parts: Sequence[Part],
    timeline: Timeline,
    soundfont: SoundFont,
    vocal: npt.NDArray[np.float32] | None,
    gains: Mapping[str, float],
    rng: np.random.Generator,
) -> Audio:
    """Return a rough mix: parts at about their levels, the voice over them, room and tone by chance."""
    from scipy.signal import fftconvolve, lfilter

    frames = int(timeline.beats[-1] * RATE)
    parts = [part for part in parts if _has(soundfont, part)]
    total = np.zeros(frames, np.float32)
    for part in parts:
        stem = render_part(part, timeline, soundfont, RATE, frames).samples.mean(axis=0)
        total += stem * np.float32(10 ** ((gains.get(part.name, 0.0) + rng.normal(0, 3.0)) / 20))
    if vocal is not None:
        sung = np.zeros(frames, np.float32)
        sung[: min(frames, len(vocal))] = vocal[:frames]
        loud = np.abs(sung) > 0.02
        level = np.sqrt(np.mean(total[loud] ** 2)) / (np.sqrt(np.mean(sung[loud] ** 2)) + 1e-9) if loud.any() else 0.0
        total += sung * np.float32(max(level, 1e-3) * 10 ** (rng.uniform(-3.0, 6.0) / 20))
    total /= np.abs(total).max() + 1e-9
    if rng.random() < 0.7:
        times = np.arange(int(rng.uniform(0.3, 2.0) * RATE)) / RATE
        tail = rng.normal(size=len(times)) * np.exp(-times / (len(times) / RATE / 6.9))
        wet = fftconvolve(total, tail)[:frames]
        total = total + wet * (rng.uniform(0.05, 0.35) * np.std(total) / (np.std(wet) + 1e-9))
    if rng.random() < 0.5:  # a tilt of the tone
        total = lfilter([1.0, rng.uniform(-0.6, 0.6)], [1.0], total)
    total = np.tanh(total / np.abs(total).max() * rng.uniform(1.0, 3.0))
    return Audio(np.asarray(total, np.float32)[None, :], RATE)


def _has(soundfont: SoundFont, part: Part) -> bool:
    return part.is_drum or any(bank == 0 and program == part.program for bank, program, _ in soundfont.presets)


def row_of(
    audio: Audio,
    timeline: Timeline,
    meter: str,
    chords: tuple[tuple[float, float, str], ...],
    key: str,
    voice: list[tuple[float, float]],
) -> Row:
    """Return the arrays of a song."""
    mono = mono_of(audio)
    tuning = tuning_of(mono)
    return {
        "onsets": onset_spectrogram(mono).astype(np.float16),
        "pitches": pitch_spectrogram(mono, tuning).astype(np.float16),
        "beats": np.asarray(timeline.beats),
        "downbeats": np.asarray(timeline.downbeats),
        "meter": np.asarray(meter),
        "chord_times": np.asarray([(a, b) for a, b, _ in chords]),
        "chords": np.asarray([symbol for *_, symbol in chords]),
        "key": np.asarray(key),
        "voice": np.asarray(voice, float).reshape(-1, 2),
    }


def song_rows(
    seed: int, soundfont: SoundFont, grooves: Grooves, sung: bool, played: bool, styles: Sequence[str]
) -> Iterator[Row]:
    """Yield the rows of a paper: as songsmith plays it (if `sung` or not `played`), and as MMA does."""
    rng = np.random.default_rng([seed, 77])
    paper = paper_of(rng, seed, sung, styles)
    timeline = paper.accompaniment.timeline
    if rng.random() < 0.5:
        timeline = drifted(timeline, rng, float(rng.uniform(0.005, 0.06)))
    vocal, spans = None, []
    if sung:
        vocal = sing(paper, timeline)
        performance = perform(paper.score, timeline, paper.voice, paper.seed)
        spans = [(p.start, p.end) for p in performance.phonemes if p.symbol not in (SILENCE, BREATH)]
    for by_mma in (False, True):
        if not sung and by_mma != played:
            continue
        chords, parts = paper.plan.chords, paper.accompaniment.parts
        gains = {name: style.gain_db for name, style in part_styles(parts, paper.style).items()}
        if by_mma:
            chords = random_chords(paper, rng) if not sung and rng.random() < 0.6 else chords
            parts, gains = mma_parts(paper, chords, grooves, rng), {}
        if rng.random() < 0.2:
            parts = tuple(part for part in parts if not part.is_drum) or parts
        audio = play(parts, timeline, soundfont, vocal, gains, rng)
        edges = timeline.beats_to_seconds([(c.onset, c.end) for c in chords])
        timed = tuple((float(a), float(b), c.symbol) for (a, b), c in zip(edges, chords, strict=True))
        key = paper.plan.key if chords is paper.plan.chords else ""
        yield row_of(audio, timeline, paper.plan.meter, timed, key, spans)


def pop_row(folder: Path, seed: int, soundfont: SoundFont) -> Row:
    """Return the row of a minute of a song of POP909, its instruments chosen anew."""
    rng = np.random.default_rng([seed, 78])
    songs = sorted(path for path in folder.iterdir() if (path / "beat_midi.txt").exists())
    song = songs[int(rng.integers(len(songs)))]
    rows = np.loadtxt(song / "beat_midi.txt")
    times, flags = rows[:, 0], rows[:, 2] > 0.5
    bars = np.diff(np.flatnonzero(flags))
    if len(times) < 80 or len(bars) < 8 or np.mean(bars == np.median(bars)) < 0.95 or np.median(bars) not in (3, 4):
        raise ValueError(f"{song.name}: bars of {sorted(set(bars.tolist()))} beats")
    first = int(rng.integers(0, max(1, len(times) - 140)))
    past = min(len(times), first + int(rng.integers(90, 140)))
    start = times[first] - float(rng.uniform(0.0, 0.3))
    end = times[past - 1]
    shift = int(rng.integers(-5, 7))
    speed = float(np.exp(rng.uniform(-0.25, 0.25)))
    timeline = Timeline(1.0, tuple(np.arange(0.0, (end - start) * speed + 0.02, 0.01)), ())  # beats of 10 ms
    programs = {name: int(rng.choice(choices)) for name, choices in POP_PROGRAMS.items()}
    file = mido.MidiFile(song / f"{song.name}.mid")
    parts = []
    tempo = next((m.tempo for t in file.tracks for m in t if m.type == "set_tempo"), 500_000)
    for track in file.tracks:
        if track.name not in programs:
            continue
        single = mido.MidiFile(ticks_per_beat=file.ticks_per_beat)
        single.tracks.append(track)
        data = io.BytesIO()
        single.save(file=data)
        seconds = parts_of_midi(data.getvalue(), tempo / 1e6, 1e6)
        notes = [n for part in seconds for n in part.notes if start <= n.onset < end - 0.1]
        placed = tuple(
            PartNote(
                (n.onset - start) * speed * 100,
                max(2.0, min(n.duration, end - n.onset) * speed * 100),
                int(np.clip(n.pitch + shift, 0, 127)),
                n.velocity,
            )
            for n in sorted(notes, key=lambda n: (n.onset, n.pitch))
        )
        if placed and (track.name == "PIANO" or rng.random() < 0.8):
            parts.append(Part(track.name.lower(), programs[track.name], False, placed))
    mix = play(parts, timeline, soundfont, None, {}, rng)
    beats = (times[first:past] - start) * speed
    downbeats = np.flatnonzero(flags[first:past])
    chords = []
    for line in (song / "chord_midi.txt").read_text().splitlines():
        a, b, symbol = line.split()
        a, b = (float(a) - start) * speed, (float(b) - start) * speed
        if b > 0 and a < beats[-1]:
            chords.append((max(0.0, a), min(b, float(beats[-1])), moved_symbol(symbol, shift)))
    keys = (song / "key_audio.txt").read_text().split()
    key = ""
    if len(keys) == 3:
        tonic, _, mode = keys[2].partition(":")
        key = f"{KEYS[(_pc(tonic) + shift) % 12]} {'major' if mode == 'maj' else 'minor'}"
    grid = Timeline(60.0, tuple(beats), tuple(int(d) for d in downbeats))
    meter = "4/4" if np.median(bars) == 4 else "3/4"
    return row_of(mix, grid, meter, tuple(chords), key, [])


def _pc(name: str) -> int:
    return (LETTERS[name[0]] + name.count("#") - name.count("b")) % 12


def moved_symbol(symbol: str, shift: int) -> str:
    """Return a chord of POP909 transposed, its quality among ours (extensions are left out)."""
    if symbol in ("N", "X"):
        return "N"
    root, _, quality = symbol.partition(":")
    quality, _, bass = quality.partition("/")
    quality = re.sub(r"\(.*\)", "", quality) or "maj"
    quality = {"11": "9", "13": "9", "min11": "min9", "maj11": "maj9", "maj13": "maj9", "min13": "min9"}.get(
        quality, quality
    )
    quality = (
        quality
        if quality in QUALITIES
        else ("min" if quality.startswith("min") else "sus4" if quality.startswith("sus") else "maj")
    )
    bass = f"/{bass}" if bass in ("3", "5", "b3", "b7", "7", "2") else ""
    return f"{KEYS[(_pc(root) + shift) % 12]}:{quality}{bass}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pop909", type=Path)
    parser.add_argument("--library", type=Path, default=Path("/usr/share/mma/lib"))
    parser.add_argument("--songs", type=int, default=100)
    parser.add_argument("--grooves", type=int, default=150)
    parser.add_argument("--pop", type=int, default=60)
    parser.add_argument("--first-seed", type=int, default=100_000)
    parser.add_argument("--soundfont", type=Path, nargs="*", default=[])
    parser.add_argument("--style", nargs="*", default=[], help="only these styles of songs")
    parser.add_argument("--first-number", type=int, default=0, help="what rows are numbered from, to add to others")
    parser.add_argument("--own-band-only", action="store_true", help="no groove of MMA beside a sung song")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    fonts = [load_soundfont(find_soundfont(path)) for path in [None, *options.soundfont]]
    grooves = Grooves.find(options.library)
    styles = tuple(options.style) or style_names()
    counts = {"sung": options.songs, "song": options.songs // 2, "groove": options.grooves, "pop": options.pop}
    for _, kind, k in sorted(((k + 0.5) / count, kind, k) for kind, count in counts.items() for k in range(count)):
        name = f"{kind}-{options.first_number + k:04d}"
        path = options.out / f"{name}-0.npz"
        if path.exists():
            continue
        seed = options.first_seed + 10_000 * list(counts).index(kind) + k
        soundfont = fonts[seed % len(fonts)]
        try:
            if kind == "pop":
                rows = iter([pop_row(options.pop909, seed, soundfont)])
            else:
                rows = song_rows(seed, soundfont, grooves, kind == "sung", kind == "groove", styles)
            for number, row in enumerate(islice(rows, 1) if options.own_band_only else rows):
                np.savez(path.with_name(f"{name}-{number}.npz"), **row)
                print(path.name, number, row["meter"], f"{len(row['onsets']) / 50:.0f} s", flush=True)
        except (SongsmithError, ValueError) as err:
            print(f"{path.name}: {err}", flush=True)


if __name__ == "__main__":
    main()
