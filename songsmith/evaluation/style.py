"""Which style a band plays, read from its notes by a small trained reader that does not know what was asked.

The reader sees how drums, bass and chords are spread over the bar, which instruments play, how fast, how densely and
over which chords; it is a linear classifier (multinomial logistic regression) trained by
`scripts/train_style_reader.py` on songs of every style. Model card: `docs/models/style-reader.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from songsmith.accompaniment.parts import Part
from songsmith.plan import Chord, Plan
from songsmith.song import Song
from songsmith.theory import parse_chord
from songsmith.timeline import Meter

WEIGHTS = Path(__file__).with_name("style_reader.safetensors")
STEPS = 24  # of a bar: what 4/4, 3/4 and 6/8 share, fine enough to see swing
DRUMS = {
    "kick": (35, 36),
    "snare": (38, 40),
    "side": (37, 39),
    "hat": (42, 44),
    "open hat": (46,),
    "ride": (51, 53, 59),
    "crash": (49, 52, 55, 57),
    "toms": (41, 43, 45, 47, 48, 50),
    "shakers": (54, 69, 70, 82),
    "latin": (56, 60, 61, 62, 63, 64, 65, 66, 67, 68, 75, 76, 77),
}
QUALITIES = 6

Features = npt.NDArray[np.float64]


def features(plan: Plan, parts: tuple[Part, ...], chords: tuple[Chord, ...]) -> Features:
    """Return what the reader sees of an accompaniment, `[features]`, every value about 0 to 1."""
    meter = Meter.parse(plan.meter)
    found: list[Features] = [
        np.asarray([np.log2(plan.tempo / 60.0) / 2.0, *(plan.meter == m for m in ("4/4", "3/4", "6/8"))], np.float64)
    ]
    drums = [part for part in parts if part.is_drum]
    for keys in DRUMS.values():
        found.append(_over_the_bar([(n.onset, 1.0) for p in drums for n in p.notes if n.pitch in keys], plan, meter))
    pitched = [part for part in parts if not part.is_drum]
    for role in ("bass", "harmony", "pad", "figure"):
        of_role = [part for part in pitched if part.name.split("-")[0].split(".")[0] == role]
        found.append(_over_the_bar([(n.onset, 1.0) for p in of_role for n in p.notes], plan, meter))
        lengths = [n.duration for p in of_role for n in p.notes]
        found.append(np.asarray([bool(lengths), np.tanh(np.median(lengths)) if lengths else 0.0]))
    found.append(_programs(pitched))
    found.append(_chord_colours(chords))
    return np.concatenate(found)


def _over_the_bar(onsets: list[tuple[float, float]], plan: Plan, meter: Meter) -> Features:
    """Return how many notes begin at each place in the bar, a bar of the song on average, at most 1."""
    histogram = np.zeros(STEPS)
    for onset, weight in onsets:
        place = (onset % meter.beats_per_bar) / meter.beats_per_bar
        histogram[int(place * STEPS + 0.5) % STEPS] += weight
    return np.minimum(1.0, histogram / plan.bars)


def _programs(parts: list[Part]) -> Features:
    """Return which General MIDI programs play, by the square root of their share of the notes."""
    counts = np.zeros(128)
    for part in parts:
        counts[part.program] += len(part.notes)
    return np.asarray(np.sqrt(counts / max(1.0, counts.sum())))


def _chord_colours(chords: tuple[Chord, ...]) -> Features:
    """Return the share of time on major, minor, dominant, major and minor sevenths, and other chords."""
    colours = {(0, 4, 7): 0, (0, 3, 7): 1, (0, 4, 7, 10): 2, (0, 4, 7, 11): 3, (0, 3, 7, 10): 4}
    shares = np.zeros(QUALITIES)
    for chord in chords:
        tones = parse_chord(chord.symbol)
        if tones is not None:
            shape = tuple((tone - tones.root) % 12 for tone in tones.tones)
            shares[colours.get(shape, QUALITIES - 1)] += chord.duration
    return np.asarray(shares / max(1e-9, shares.sum()))


@dataclass(frozen=True, slots=True, eq=False)
class StyleReader:
    """A linear classifier: `weights` `[styles, features]`, `bias` `[styles]`, `names` of the styles."""

    names: tuple[str, ...]
    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]

    def read(self, plan: Plan, parts: tuple[Part, ...], chords: tuple[Chord, ...]) -> tuple[tuple[str, float], ...]:
        """Return every style with its probability, the likeliest first."""
        scores = self.weights.astype(np.float64) @ features(plan, parts, chords) + self.bias
        odds = np.exp(scores - scores.max())
        order = np.argsort(-odds, kind="stable")
        return tuple((self.names[i], float(odds[i] / odds.sum())) for i in order)


@cache
def load_reader(path: Path = WEIGHTS) -> StyleReader:
    """Return the reader that comes with songsmith."""
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        names = tuple(file.metadata()["styles"].split(","))
        return StyleReader(names, file.get_tensor("weights"), file.get_tensor("bias"))


def style(song: Song) -> dict[str, object] | None:
    """Return what style the band sounds like: `asked`, the three likeliest in `sounds`, and whether they agree.

    None where there is nothing to read: no parts, or a style of the user's own.
    """
    reader = load_reader()
    if song.brief.style not in reader.names or not song.parts:
        return None
    ranked = reader.read(song.plan, song.parts, song.chords)
    return {
        "asked": song.brief.style,
        "sounds": [name for name, _ in ranked[:3]],
        "certainty": round(ranked[0][1], 2),
        "agrees": ranked[0][0] == song.brief.style,
    }
