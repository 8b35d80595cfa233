"""Measures the analysis on songs whose truth is known: python scripts/evaluate_analysis.py WORK [--set NAME]

Renders songs with vocals into WORK (those that are there are kept), analyses their mixes, and compares: beats and
downbeats (mir_eval, 70 ms), tempo within 4 %, key, chords by root and triad over time, meter, and where the voice is.
The sets are those of `analysis_cases`: on the songs of `judge` nothing was chosen.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from analysis_cases import SETS, SHEETS, Case

import songsmith
from songsmith.analysis import analyse
from songsmith.audio import Audio
from songsmith.performance import BREATH, SILENCE


def render(case: Case, folder: Path, second_font: Path | None) -> None:
    """Write the mix and the truth of a case."""
    song = songsmith.make(
        case.prompt, SHEETS[case.sheet], case.seed, tempo=case.tempo, key=case.key, meter=case.meter,
        voice=case.voice, soundfont=second_font if case.font else None, workers=1, accompanist=case.band,
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
    parser.add_argument("--set", choices=tuple(SETS), default="test")
    parser.add_argument("--second-font", type=Path, default=Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"))
    parser.add_argument("--render-only", action="store_true")
    options = parser.parse_args()
    rows = []
    for number, case in enumerate(SETS[options.set], 1):
        folder = options.work / f"{options.set}-{number:02d}"
        if not (folder / "truth.json").exists():
            render(case, folder, options.second_font)
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
