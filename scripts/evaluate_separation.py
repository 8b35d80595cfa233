"""Measures separators: scripts/evaluate_separation [--stems DIR] [--foreign DIR] [--musdb DIR] [--model NAME]...

`--stems` is a folder that scripts/separation_stems.py --test rendered, with a SoundFont, voices, melodies and effects
that were never trained on: of each song the 20 seconds in which most goes on, its stems brought to one loudness give
or take 4 dB. `--foreign` is a folder of recordings that nobody here made: those whose names begin with a digit are
taken for voices (readings), the others for music, and each voice is mixed with each piece at 0 dB. `--musdb` is
MUSDB18-HQ (train/ and test/ with a folder of five wav files a song); its test half is taken.

For each stem: the ratio of signal to distortion (SDR) of the estimate over the whole clip, its median over windows of
a second in which the stem sounds, both in dB, and the gain of the first over that of the mixture itself; medians over
the clips. `--museval` adds the field's own measure, BSS Eval 4 (median over windows of a second, then over clips),
which forgives a filter of 512 taps.

The plain baseline `hpss` is what can be had without learning: drums are the percussive part, bass what of the
harmonic part lies below 150 Hz, vocals what of it is alike on both sides above that, other the rest.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from songsmith.audio import Audio
from songsmith.separation import separate, separator
from songsmith.separation.resample import resampled

RATE = 44100
SOURCES = ("drums", "bass", "other", "vocals")
CLIP_S = 20
SILENT_DB = -30.0
Floats = npt.NDArray[np.float32]
Split = Callable[[Floats], dict[str, Floats]]


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """A mixture and what it is made of, `[2, frames]` each; stems that are not known are left out."""

    name: str
    mix: Floats
    stems: dict[str, Floats]


@dataclass(slots=True)
class Scores:
    """The figures of one separator, a list of clips each."""

    whole: dict[str, list[float]] = field(default_factory=dict)
    windows: dict[str, list[float]] = field(default_factory=dict)
    gain: dict[str, list[float]] = field(default_factory=dict)
    museval: dict[str, list[float]] = field(default_factory=dict)


def sdr_db(stem: Floats, estimate: Floats) -> float:
    """Return the ratio of a stem to what an estimate is off it, in dB."""
    off = float(np.square(stem - estimate, dtype=np.float64).sum())
    return float(10 * np.log10(max(1e-12, float(np.square(stem, dtype=np.float64).sum())) / max(1e-12, off)))


def windowed_sdr_db(stem: Floats, estimate: Floats) -> float:
    """Return the median of the ratio over the seconds in which the stem sounds."""
    starts = range(0, stem.shape[1] - RATE + 1, RATE)
    found = [
        sdr_db(stem[:, start : start + RATE], estimate[:, start : start + RATE])
        for start in starts
        if np.abs(stem[:, start : start + RATE]).max() > 1e-3
    ]
    return float(np.median(found)) if found else float("nan")


def busiest(song: npt.NDArray[np.int16], frames: int) -> slice:
    """Return where the quietest stem of a song is loudest."""
    if song.shape[2] <= frames:
        return slice(0, song.shape[2])
    hop = RATE
    count = song.shape[2] // hop
    seconds = [song[:, :, i * hop : (i + 1) * hop].astype(np.float64) for i in range(count)]
    loud = np.stack([np.sqrt(np.square(second).mean((1, 2))) for second in seconds])
    per = frames // hop
    heard = [np.log(loud[i : i + per].mean(0) + 1.0).sum() for i in range(count - per + 1)]
    start = int(np.argmax(heard)) * hop
    return slice(start, start + frames)


def levelled(song: npt.NDArray[np.int16], seed: int, seconds: float = CLIP_S) -> Floats:
    """Return the stems of a clip of a song, `[4, 2, frames]`, at -20 dB give or take 4."""
    random = np.random.default_rng(seed)
    stems = song[:, :, busiest(song, round(seconds * RATE))].astype(np.float32) / 32768
    for stem in stems:
        power = float(np.square(stem, dtype=np.float64).mean())
        gain = 10 ** ((-20 + random.uniform(-4, 4)) / 20)
        if power > 1e-8:
            stem *= np.float32(gain / np.sqrt(power))
    return stems


def rendered(folder: Path) -> Iterator[Clip]:
    """Yield a clip of every song in a folder of rendered stems."""
    for path in sorted(folder.glob("*.npy")):
        stems = levelled(np.load(path, mmap_mode="r"), int(path.stem))
        yield Clip(path.stem, stems.sum(0), dict(zip(SOURCES, stems, strict=True)))


def foreign(folder: Path) -> Iterator[Clip]:
    """Yield every voice of a folder mixed with every piece of music in it."""
    paths = [path for path in sorted(folder.iterdir()) if path.suffix in (".ogg", ".wav", ".flac", ".mp3")]
    sounds = {path: Audio.read(path) for path in paths}
    for voice, spoken in sounds.items():
        if not voice.name[0].isdigit():
            continue
        for piece, played in sounds.items():
            if piece.name[0].isdigit():
                continue
            both = []
            for audio in (spoken, played):
                samples = resampled(audio.samples, audio.sample_rate, RATE)[:, : CLIP_S * RATE]
                samples = np.repeat(samples, 2, 0) if len(samples) == 1 else samples[:2]
                both.append(samples)
            frames = min(samples.shape[1] for samples in both)
            cut = [samples[:, :frames] for samples in both]
            both = [samples * np.float32(0.1 / np.sqrt(np.square(samples).mean())) for samples in cut]
            yield Clip(f"{voice.stem.split('.')[0]} + {piece.stem[:16]}", both[0] + both[1], {"vocals": both[0]})


def musdb(folder: Path) -> Iterator[Clip]:
    """Yield the songs of MUSDB18-HQ's test half."""
    for song in sorted(path for path in (folder / "test").iterdir() if path.is_dir()):
        stems = {name: Audio.read(song / f"{name}.wav").samples for name in SOURCES}
        yield Clip(song.name, Audio.read(song / "mixture.wav").samples, stems)


def hpss(mix: Floats) -> dict[str, Floats]:
    """Return the plain baseline's stems."""
    import librosa

    spectra = np.stack([librosa.stft(channel, n_fft=4096, hop_length=1024) for channel in mix])
    lines = np.fft.rfftfreq(4096, 1 / RATE)[:, None]
    harmonic, percussive = librosa.decompose.hpss(np.abs(spectra).mean(0), mask=True)
    left, right = spectra
    alike = 2 * np.abs(left * right.conj()) * (left * right.conj()).real / (
        (np.abs(left) ** 2 + np.abs(right) ** 2) * np.maximum(np.abs(left * right), 1e-9)
    )  # fmt: skip
    centre = np.clip(alike, 0, 1) ** 4
    low = lines < 150
    masks = {
        "drums": percussive,
        "bass": harmonic * low,
        "vocals": harmonic * ~low * centre,
        "other": harmonic * ~low * (1 - centre),
    }
    return {
        name: np.float32([librosa.istft(side * mask, hop_length=1024, length=mix.shape[1]) for side in spectra])
        for name, mask in masks.items()
    }


def with_model(name: str, weights: Path | None) -> Split:
    """Return what splits a mixture with a model."""
    if weights is not None and name == "songsmith-mini":
        from songsmith.separation.mini import Mini

        engine: Any = Mini(weights)
    else:
        engine = separator(name)

    def split(mix: Floats) -> dict[str, Floats]:
        found = separate(Audio(mix, RATE), 4, engine, keep_residual=False)
        return {stem: audio.samples for stem, audio in found.items()}

    return split


def measure(clips: list[Clip], split: Split, with_museval: bool) -> Scores:
    """Return the scores of what splits mixtures."""
    scores = Scores()
    for clip in clips:
        found = split(clip.mix)
        for name, stem in clip.stems.items():
            own = sdr_db(stem, clip.mix)
            if own < SILENT_DB:
                continue
            whole = sdr_db(stem, found[name])
            scores.whole.setdefault(name, []).append(whole)
            scores.windows.setdefault(name, []).append(windowed_sdr_db(stem, found[name]))
            scores.gain.setdefault(name, []).append(whole - own)
        if with_museval and len(clip.stems) == len(SOURCES):
            import museval

            references = np.stack([clip.stems[name].T for name in SOURCES])
            estimates = np.stack([found[name].T for name in SOURCES])
            if np.abs(references).max((1, 2)).min() > 1e-4:
                sdr, *_ = museval.evaluate(references, estimates, win=RATE, hop=RATE)
                for name, row in zip(SOURCES, sdr, strict=True):
                    scores.museval.setdefault(name, []).append(float(np.nanmedian(row)))
        print(".", end="", flush=True, file=sys.stderr)
    print(file=sys.stderr)
    return scores


def table(title: str, results: dict[str, Scores]) -> str:
    """Return the medians as text."""
    lines = [title, f"{'':16}{'stem':10}{'SDR':>8}{'1 s':>8}{'gain':>8}{'museval':>9}{'clips':>7}"]
    for model, scores in results.items():
        for name in SOURCES:
            if name in scores.whole:
                figures = [np.nanmedian(row[name]) for row in (scores.whole, scores.windows, scores.gain)]
                last = f"{np.nanmedian(scores.museval[name]):9.2f}" if name in scores.museval else f"{'':9}"
                row = f"{figures[0]:8.2f}{figures[1]:8.2f}{figures[2]:+8.2f}{last}{len(scores.whole[name]):7}"
                lines.append(f"{model:16}{name:10}{row}")
    return "\n".join(lines)


def main() -> None:
    """Measure what is asked for and print tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stems", type=Path)
    parser.add_argument("--foreign", type=Path)
    parser.add_argument("--musdb", type=Path)
    parser.add_argument("--model", action="append", default=[])
    parser.add_argument("--weights", type=Path, help="weights of songsmith-mini other than those that come along")
    parser.add_argument("--no-baseline", action="store_true")
    parser.add_argument("--museval", action="store_true")
    parser.add_argument("--clips", type=int, default=20)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    sets = {
        "rendered": (arguments.stems, rendered),
        "foreign": (arguments.foreign, foreign),
        "musdb": (arguments.musdb, musdb),
    }
    splits = {name: with_model(name, arguments.weights) for name in arguments.model or ["songsmith-mini"]}
    if not arguments.no_baseline:
        splits["hpss"] = hpss
    kept: dict[str, Any] = {}
    for title, (folder, read) in sets.items():
        if folder is None:
            continue
        clips = [clip for clip, _ in zip(read(folder), range(arguments.clips), strict=False)]
        results = {name: measure(clips, split, arguments.museval) for name, split in splits.items()}
        print(table(f"{title}: {len(clips)} clips", results), flush=True)
        kept[title] = {
            name: {"sdr": scores.whole, "windows": scores.windows, "gain": scores.gain, "museval": scores.museval}
            for name, scores in results.items()
        }
    if arguments.json:
        arguments.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
