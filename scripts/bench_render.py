"""Times `render_parts` on a three-minute song of each style, as a ratio to a reference run beside it.

The reference is a fixed piece of numpy work (cubic interpolation of ten million frames) on one thread, so that
ratios can be compared between machines and under load. The first line is from cold: imports and file included.
"""

from __future__ import annotations

import sys
import time

STARTED = time.perf_counter()

import numpy as np  # noqa: E402

from songsmith.accompaniment import accompanist  # noqa: E402
from songsmith.accompaniment.parts import Part  # noqa: E402
from songsmith.accompaniment.render import render_parts  # noqa: E402
from songsmith.accompaniment.soundfont import find_soundfont, load_soundfont  # noqa: E402
from songsmith.brief import Brief  # noqa: E402
from songsmith.plan import Chord, Plan, PlannedSection  # noqa: E402
from songsmith.styles import load_style, style_names  # noqa: E402
from songsmith.theory import Key, numeral_to_chord  # noqa: E402

SONG_S = 180.0
WORKERS = 2


def reference_s() -> float:
    """Return the seconds that the reference takes now."""
    start = time.perf_counter()
    source = np.random.default_rng(0).random(200_000, np.float32)
    places = np.arange(1_000_000) * 0.19
    for _ in range(10):
        index = places.astype(np.intp)
        t = (places - index).astype(np.float32)
        a, b, c, d = (source.take(index + k) for k in range(4))
        b + t * (c - a + t * (a - b - c + d + t * (b - c)))
    return time.perf_counter() - start


def song(style_name: str) -> tuple[Plan, Brief]:
    """Return a plan of three minutes of choruses and verses at the style's quickest usual tempo."""
    style = load_style(style_name)
    tempo, key = style.tempo[1], Key.parse("C major" if style.mode == "major" else "A minor")
    sections: list[PlannedSection] = []
    chords: list[Chord] = []
    bar = 0
    while bar * 4 * 60 / tempo < SONG_S:
        kind = ("verse", "chorus")[len(sections) % 2]
        progressions = style.progressions_for(kind, style.mode)
        for place in range(8):
            numerals = progressions[0][place % len(progressions[0])].split()
            chords += [
                Chord((bar + place) * 4 + i * 4 / len(numerals), 4 / len(numerals), numeral_to_chord(numeral, key))
                for i, numeral in enumerate(numerals)
            ]
        sections.append(PlannedSection(kind, kind, bar, 8, 0.9, (True,) * 8))
        bar += 8
    return Plan(tempo, str(key), "4/4", tuple(sections), tuple(chords)), Brief("", style_name, tempo, str(key), "4/4")


def main() -> None:
    names = sys.argv[1:] or list(style_names())
    for number, name in enumerate(names):
        start = STARTED if number == 0 else time.perf_counter()
        soundfont = load_soundfont(find_soundfont())
        plan, brief = song(name)
        written = accompanist("patterns").accompany(plan, brief, 0)
        # A sixth part: the harmony an octave up.
        harmony = next(part for part in written.parts if part.name == "harmony")
        octave = tuple(type(n)(n.onset, n.duration, n.pitch + 12, n.velocity) for n in harmony.notes)
        parts = (*written.parts, Part("octave", harmony.program, False, octave))
        rendering = time.perf_counter()
        render_parts(parts, written.timeline, soundfont, workers=WORKERS)
        end = time.perf_counter()
        notes = sum(len(part.notes) for part in parts)
        beside = reference_s()
        print(
            f"{name:10} {notes:5} notes, {written.timeline.beats[-1]:.0f} s: rendered in {end - rendering:.2f} s, "
            f"{end - start:.2f} s {'from cold' if number == 0 else 'in all'}; "
            f"{(end - rendering) / beside:.1f} times the reference of {beside:.2f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
