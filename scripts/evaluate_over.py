"""Measures singing over recordings whose tempo drifts: python scripts/evaluate_over.py WORK [--drift 0.04]

Renders instrumental backings on timelines that drift, sings a sheet over each, and compares with the truth: how many
on-beat syllables have their vowel within 50 ms of a true beat, how many notes on strong beats are tones of the true
chord, and how exactly the backing comes back out of its stem.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from analysis_corpus import drifted
from evaluate_analysis import SHEETS

from songsmith.accompaniment.palette import part_styles
from songsmith.accompaniment.render import render_parts
from songsmith.accompaniment.soundfont import find_soundfont, load_soundfont
from songsmith.audio import Audio
from songsmith.metre import metric_strength
from songsmith.mix import MIX_SAMPLE_RATE, DefaultMixer, MixSettings, PartSettings
from songsmith.over import recording_of, sing
from songsmith.paper import Paper, write_paper
from songsmith.plan import chord_at
from songsmith.song import Song
from songsmith.songfolder import load
from songsmith.theory import parse_chord
from songsmith.timeline import Meter, Timeline

CASES = (
    ("folk, acoustic guitar", 92, "G major", "4/4", 0, 701, 75.0),
    ("rock, driving", 132, "E minor", "4/4", 2, 702, 65.0),
    ("country waltz", 116, "D major", "3/4", 1, 703, 75.0),
    ("bossa nova", 120, "F major", "4/4", 1, 704, 75.0),
    ("soul ballad", 66, "C minor", "6/8", 0, 705, 80.0),
    ("house", 124, "A minor", "4/4", 2, 706, 70.0),
)


def backing(case: tuple[Any, ...], drift: float) -> tuple[Audio, Timeline, Paper]:
    """Return a backing, its beats, and its paper."""
    prompt, tempo, key, meter, _, seed, length = case
    paper = write_paper(
        prompt,
        None,
        seed,
        tempo=tempo,
        key=key,
        meter=meter,
        length_s=length,
        instrumental=True,
        accompanist="patterns",
    )
    timeline = drifted(paper.accompaniment.timeline, np.random.default_rng(seed), drift)
    parts = [part for part in paper.accompaniment.parts if part.name != "lead"]
    frames = int(timeline.beats[-1] * MIX_SAMPLE_RATE)
    stems = render_parts(parts, timeline, load_soundfont(find_soundfont(None)), MIX_SAMPLE_RATE, frames, 1)
    channels = {
        name: PartSettings(gain_db=part.gain_db, pan=part.pan, reverb=part.reverb)
        for name, part in part_styles(parts, paper.style).items()
    }
    mixer = DefaultMixer(MixSettings.load(paper.style.mix))
    return mixer.mix(None, stems, channels, paper.brief.texture, frames, (), 1).mix, timeline, paper


def measure(song: Song, backing: Audio, timeline: Timeline, paper: Paper) -> dict[str, float]:
    """Return the figures of a song against the truth of its backing."""
    vowels: dict[int, float] = {}
    for span in song.performance.phonemes:
        if span.is_vowel and span.syllable is not None:
            vowels.setdefault(span.syllable, span.start)
    firsts = [note for note in song.notes if not note.slur]
    true_beats = np.asarray(timeline.beats)
    off = [
        float(np.abs(true_beats - vowels[note.syllable]).min())
        for note in firsts
        if abs(note.onset - round(note.onset)) < 1e-6
    ]
    strong = tones = 0
    meter = Meter.parse(paper.plan.meter)
    for note in song.notes:
        place = float(timeline.seconds_to_beats([song.timeline.seconds(note.onset)])[0])
        nearest = round(place * 4) / 4
        chord = chord_at(paper.plan.chords, nearest)
        if chord is None or float(metric_strength([nearest], meter)[0]) < 0.8:
            continue
        heard = parse_chord(chord.symbol)
        strong += 1
        tones += heard is not None and note.pitch % 12 in heard.tones
    back = recording_of(song)
    frames = min(back.frames, backing.frames)
    return {
        "on_beat": float(np.mean(np.asarray(off) <= 0.05)),
        "median_ms": 1000.0 * float(np.median(off)),
        "chord_tones": tones / max(1, strong),
        "recovered": float(np.abs(back.samples[:, :frames] - backing.samples[:, :frames]).max()),
        "entry_s": vowels[0],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("--drift", type=float, default=0.04)
    parser.add_argument("--cases", type=int, default=len(CASES))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, case in enumerate(CASES[: options.cases], 1):
        sound, timeline, paper = backing(case, options.drift)
        path = options.work / f"backing-{number}.wav"
        sound.write(path)
        song = sing(SHEETS[case[4]], path, seed=number, workers=1)
        folder = song.save(options.work / f"over-{number}", overwrite=True)
        rows.append(measure(load(folder), Audio.read(path), timeline, paper))
        figures = "  ".join(f"{name} {value:.3g}" for name, value in rows[-1].items())
        lufs = (
            song.report["sound"]["loudness_lufs"] if song.report and "loudness_lufs" in song.report["sound"] else ""
        )
        print(
            f"{number} {figures}  {case[:4]} -> {song.plan.tempo:g} {song.plan.meter} {song.plan.key} {lufs}",
            flush=True,
        )
    for name in rows[0]:
        print(f"{name:12} {np.mean([row[name] for row in rows]):.4g}")


if __name__ == "__main__":
    main()
