"""Measures the analysis on songs whose truth is known: python scripts/evaluate_analysis.py WORK [--set NAME]

Renders songs with vocals into WORK (those that are there are kept), analyses their mixes, and compares: beats and
downbeats (mir_eval, 70 ms), tempo within 4 %, key, chords by root and triad over time, meter, and where the voice is.
The songs of `tuning` are for choosing settings; those of `test` have prompts and seeds of their own; on those of
`fresh` nothing was ever chosen. The band is the one that `--accompanist` names.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import songsmith
from songsmith.analysis import analyse
from songsmith.audio import Audio
from songsmith.performance import BREATH, SILENCE

SHEETS = (
    "[Verse]\nThe baker counts the morning trays\nAnd flour settles on the stair\nA bicycle goes down the hill\n"
    "With half the village in its hair\n[Chorus]\nRing the bell, ring it slow\nEverybody ought to know",
    "[Verse]\nI kept your letter in a drawer\nUnder the maps of older wars\n[Chorus]\nCome back, come back to me\n"
    "Over the copper-coloured sea\n[Verse 2]\nThe postman shook his heavy head\n"
    "There is no street like that, he said\n"
    "[Chorus]",
    "[Verse]\nNeon on the window pane\nA taxi waiting in the rain\nNobody has to know your name\n"
    "[Chorus]\nWe are alive, we are alive tonight\nHold up your hands against the light\n[Outro]",
    "[Intro]\n[Verse]\nSlow is the river, slow is the day\nWillow and heron, nothing to say\n"
    "[Bridge]\nAnd if it ever turns to snow\nI will be here to see it go\n"
    "[Verse]\nSlow is the river\nGone is the day",
)


@dataclass(frozen=True, slots=True)
class Case:
    """A song to render: what `songsmith.make` takes, the number of a sheet, and `font` 1 for the second SoundFont."""

    prompt: str
    tempo: float
    key: str
    meter: str
    sheet: int
    seed: int
    font: int
    voice: str = "heart"


TEST = (
    Case("warm folk with fingerpicked guitar", 96, "G major", "4/4", 0, 11, 0),
    Case("slow piano ballad", 60, "A minor", "4/4", 1, 12, 1, "alto"),
    Case("driving rock", 140, "E minor", "4/4", 2, 13, 0, "tenor"),
    Case("celtic waltz", 150, "D major", "3/4", 0, 14, 1, "soprano"),
    Case("tender lullaby, soft", 72, "F major", "6/8", 3, 15, 0),
    Case("house, four on the floor", 124, "C minor", "4/4", 2, 16, 1, "alto"),
    Case("punk, fast and loud", 180, "A major", "4/4", 2, 17, 0, "tenor"),
    Case("bossa nova, sunny", 128, "Bb major", "4/4", 1, 18, 1, "heart"),
    Case("country waltz", 110, "C major", "3/4", 1, 19, 0, "baritone"),
    Case("soul ballad in six eight", 66, "Eb major", "6/8", 0, 20, 1, "alto"),
    Case("reggae, relaxed", 76, "D minor", "4/4", 1, 21, 0, "tenor"),
    Case("synthwave at night", 104, "F# minor", "4/4", 2, 22, 1, "heart"),
    Case("swing with a big band", 160, "Bb major", "4/4", 0, 23, 0, "alto"),
    Case("gospel, uplifting", 84, "Ab major", "6/8", 0, 24, 1, "soprano"),
    Case("hip hop, heavy drums", 88, "G minor", "4/4", 3, 25, 0, "baritone"),
    Case("trance, euphoric", 138, "B minor", "4/4", 2, 26, 1, "soprano"),
    Case("lofi beats, rainy", 70, "E minor", "4/4", 3, 27, 0, "heart"),
    Case("funk, tight", 108, "D minor", "4/4", 1, 28, 1, "tenor"),
    Case("bluegrass, banjo", 170, "G major", "4/4", 0, 29, 0, "tenor"),
    Case("cinematic, strings and horns", 80, "D minor", "3/4", 3, 30, 1, "soprano"),
    Case("disco, glitter", 118, "A minor", "4/4", 1, 31, 0, "alto"),
    Case("slow blues", 62, "E major", "6/8", 1, 32, 1, "baritone"),
    Case("latin, salsa feel", 100, "A minor", "4/4", 0, 33, 0, "tenor"),
    Case("pop, bright and catchy", 116, "Db major", "4/4", 2, 34, 1, "heart"),
    Case("rnb, smooth", 68, "F minor", "4/4", 1, 35, 0, "alto"),
    Case("folk rock jig", 120, "A minor", "6/8", 0, 36, 1, "tenor"),
    Case("metal, heavy", 152, "C minor", "4/4", 3, 37, 0, "baritone"),
    Case("acoustic waltz, calm", 90, "E major", "3/4", 2, 38, 1, "heart"),
    Case("techno, dark", 132, "F minor", "4/4", 2, 39, 0, "alto"),
    Case("trap, sparse", 144, "C# minor", "4/4", 1, 40, 1, "heart"),
)
TUNING = (
    Case("pop rock", 122, "A major", "4/4", 2, 511, 0),
    Case("jazzy ballad with piano", 64, "Eb major", "4/4", 3, 512, 1, "alto"),
    Case("folk waltz", 132, "G minor", "3/4", 1, 513, 0, "tenor"),
    Case("sea shanty", 96, "D minor", "6/8", 0, 514, 1, "baritone"),
    Case("drum heavy synth pop", 168, "F major", "4/4", 1, 515, 0, "soprano"),
    Case("country train beat", 112, "B major", "4/4", 0, 516, 1, "tenor"),
    Case("soul, slow jam", 74, "C minor", "6/8", 2, 517, 0, "alto"),
    Case("ambient, floating", 82, "F# major", "3/4", 3, 518, 1, "heart"),
)

FRESH = (
    Case("indie folk, banjo and brushes", 104, "D major", "4/4", 1, 901, 0, "alto"),
    Case("ska, upbeat", 156, "G major", "4/4", 0, 902, 1, "tenor"),
    Case("jazz waltz", 168, "F major", "3/4", 2, 903, 0),
    Case("chillout, slow and airy", 66, "C minor", "4/4", 3, 904, 1, "soprano"),
    Case("irish ballad, harp", 63, "E minor", "6/8", 1, 905, 0, "alto"),
    Case("electro, driving bass", 126, "A minor", "4/4", 2, 906, 1),
    Case("motown soul", 112, "Bb major", "4/4", 0, 907, 0, "baritone"),
    Case("march, brass", 100, "C major", "6/8", 3, 908, 1, "tenor"),
    Case("country rock", 136, "A major", "4/4", 1, 909, 0, "heart"),
    Case("downtempo blues", 74, "E minor", "4/4", 2, 910, 1, "baritone"),
)
"""Songs on which nothing was chosen: their figures are the ones to believe."""


def render(case: Case, folder: Path, second_font: Path | None, accompanist: str) -> None:
    """Write the mix and the truth of a case."""
    song = songsmith.make(
        case.prompt, SHEETS[case.sheet], case.seed, tempo=case.tempo, key=case.key, meter=case.meter,
        voice=case.voice, soundfont=second_font if case.font else None, workers=1, accompanist=accompanist,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    edges = song.timeline.beats_to_seconds([(c.onset, c.end) for c in song.chords])
    truth = {
        "tempo": song.plan.tempo, "key": song.plan.key, "meter": song.plan.meter,
        "beats": song.timeline.beats, "downbeats": [song.timeline.beats[k] for k in song.timeline.downbeats],
        "chords": [[float(a), float(b), c.symbol] for (a, b), c in zip(edges, song.chords, strict=True)],
        "voice": [[p.start, p.end] for p in song.performance.phonemes if p.symbol not in (SILENCE, BREATH)],
        "sections": [song.timeline.beats[s.bar * song.plan.beats_per_bar] for s in song.plan.sections],
    }  # fmt: skip
    song.read_audio().mix.write(folder / "mix.flac")
    (folder / "truth.json").write_text(json.dumps(truth))


def measure(folder: Path) -> dict[str, Any]:
    """Return what is right of the analysis of a case."""
    import mir_eval

    truth = json.loads((folder / "truth.json").read_text())
    audio = Audio.read(folder / "mix.flac")
    started = time.process_time()
    found = analyse(audio)
    seconds = time.process_time() - started
    end = audio.duration_s
    beats = np.asarray([b for b in truth["beats"] if b < end])
    downbeats = np.asarray([b for b in truth["downbeats"] if b < end])
    trim = mir_eval.beat.trim_beats
    times = np.asarray(found.timeline.beats)
    edges = found.timeline.beats_to_seconds([(c.onset, c.end) for c in found.chords])
    triads, _ = chord_scores(truth["chords"], edges, [c.symbol for c in found.chords])
    ratio = found.tempo / truth["tempo"]
    return {
        "beat": mir_eval.beat.f_measure(trim(beats), trim(times)),
        "downbeat": mir_eval.beat.f_measure(trim(downbeats), trim(found.bar_times)),
        "octave": min(abs(ratio * level - 1.0) for level in (0.5, 1.0, 2.0)) <= 0.04,
        "tempo": abs(ratio - 1.0) <= 0.04,
        "meter": found.meter == truth["meter"],
        "key": songsmith_key(found.key) == songsmith_key(truth["key"]),
        "chords": triads,
        "voice": overlap(truth["voice"], found.voice, end),
        "sections": section_f(truth["sections"], [float(found.bar_times[s.bar]) for s in found.sections]),
        "cpu_s": seconds,
        "told": f"{found.tempo:g} {found.meter} {found.key}",
        "truth": f"{truth['tempo']:g} {truth['meter']} {truth['key']}",
        "confidence": found.confidence,
    }


def songsmith_key(text: str) -> Any:
    from songsmith.theory import Key

    return Key.parse(text)


def chord_scores(truth: list[list[Any]], edges: npt.NDArray[np.float64], symbols: list[str]) -> tuple[float, float]:
    """Return the shares of time with the right root and triad, and with the right root."""
    import mir_eval

    wanted = np.asarray([row[:2] for row in truth], float)
    names = [row[2].replace("hdim7", "hdim7") for row in truth]
    starts, ends = wanted[0, 0], wanted[-1, 1]
    given, labels = mir_eval.util.adjust_intervals(
        np.asarray(edges, float), symbols, starts, ends, mir_eval.chord.NO_CHORD, mir_eval.chord.NO_CHORD
    )
    both, one, other = mir_eval.util.merge_labeled_intervals(wanted, names, given, labels)
    lengths = mir_eval.util.intervals_to_durations(both)
    return tuple(
        mir_eval.chord.weighted_accuracy(compare(one, other), lengths)
        for compare in (mir_eval.chord.triads, mir_eval.chord.root)
    )


def overlap(truth: list[list[float]], found: Any, end: float) -> float:
    """Return the share of time in which it is right whether somebody sings."""
    grid = np.arange(0.0, end, 0.05)

    def sung(spans: Any) -> npt.NDArray[np.bool_]:
        return np.any([(grid >= a) & (grid < b) for a, b in spans], axis=0) if len(spans) else grid < 0

    joined: list[list[float]] = []
    for a, b in truth:
        if joined and a - joined[-1][1] < 0.35:
            joined[-1][1] = b
        else:
            joined.append([a, b])
    return float(np.mean(sung(joined) == sung(found)))


def section_f(truth: list[float], found: list[float]) -> float:
    """Return the F measure of section beginnings within 3 s."""
    import mir_eval

    a, b = np.asarray(truth), np.asarray(found)
    hits = len(mir_eval.util.match_events(a, b, 3.0)) if len(a) and len(b) else 0
    return 2.0 * hits / max(1, len(a) + len(b))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("--set", choices=("test", "tuning", "fresh"), default="test")
    parser.add_argument("--second-font", type=Path, default=Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"))
    parser.add_argument("--accompanist", default="patterns")
    parser.add_argument("--render-only", action="store_true")
    options = parser.parse_args()
    rows = []
    for number, case in enumerate({"test": TEST, "tuning": TUNING, "fresh": FRESH}[options.set], 1):
        folder = options.work / f"{options.set}-{number:02d}"
        if not (folder / "truth.json").exists():
            render(case, folder, options.second_font, options.accompanist)
            print(f"{folder.name} rendered", flush=True)
        if options.render_only:
            continue
        row = measure(folder)
        rows.append(row)
        figures = "  ".join(
            f"{name} {row[name]:.2f}" for name in ("beat", "downbeat", "chords", "voice", "sections", "cpu_s")
        )
        print(f"{folder.name} {figures}  {row['truth']} -> {row['told']}  {case.prompt}", flush=True)
    if not rows:
        return
    for name in ("beat", "downbeat", "octave", "tempo", "meter", "key", "chords", "voice", "sections", "cpu_s"):
        print(f"{name:9} {np.mean([float(row[name]) for row in rows]):.3f}")
    for name in ("beats", "downbeats", "chords"):
        least = min(getattr(row["confidence"], name) for row in rows)
        print(f"least sure of {name}: {least:.2f}")


if __name__ == "__main__":
    main()
