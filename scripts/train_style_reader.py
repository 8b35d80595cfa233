"""Train the style reader of `songsmith.evaluation.style` on songs that both bands play in every style.

    python scripts/train_style_reader.py --songs 60 --out songsmith/evaluation/style_reader.safetensors

Every song has its own seed, key, tempo, meter, energy and form; a fifth have instruments that were asked for. Songs
of kept-out seeds are read at the end, those of each band by themselves: the share named right, the three likeliest,
and who is taken for whom.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from lyrics.parse import parse_sheet
from songsmith.accompaniment import accompanist
from songsmith.brief import Brief
from songsmith.evaluation.style import features
from songsmith.form import plan_song
from songsmith.seeds import generator
from songsmith.styles import load_style, style_names
from songsmith.timeline import METERS

LINE = "Silver water under the bridge\n"
SHEETS = (
    "[Verse]\n{4}[Chorus]\n{4}[Verse 2]\n{4}[Chorus]\n",
    "[Verse]\n{4}",
    "[Verse]\n{2}[Bridge]\n{2}[Chorus]\n{4}",
    "[Build]\n[Drop: energy=0.9]\n[Verse]\n{4}[Chorus: energy=0.8]\n{4}",
)
PALETTES = ("piano", "acoustic guitar", "strings", "organ", "electric guitar", "synth pad")
TONICS = ("C", "D", "Eb", "E", "F", "G", "A", "Bb")
BANDS = ("patterns", "diffusion")


def song_features(name: str, seed: int, band: str) -> npt.NDArray[np.float64]:
    """Return the features of one random song of a style, played by a band."""
    rng = generator(seed, "style reader", name)
    style = load_style(name)
    low, high = style.tempo
    sheet = SHEETS[int(rng.integers(len(SHEETS)))]
    for count in (2, 4):
        sheet = sheet.replace(f"{{{count}}}", LINE * count)
    meter = METERS[int(rng.choice(len(METERS), p=(0.7, 0.15, 0.15)))]
    mode = style.mode if rng.random() < 0.7 else ("major" if style.mode == "minor" else "minor")
    brief = Brief(
        prompt=name,
        style=name,
        tempo=float(round(rng.uniform(low, high))),
        key=f"{TONICS[int(rng.integers(len(TONICS)))]} {mode}",
        meter=meter,
        energy=float(np.clip(style.energy + rng.uniform(-0.2, 0.2), 0.05, 1.0)),
    )
    if rng.random() < 0.2:
        brief = replace(brief, palette=(PALETTES[int(rng.integers(len(PALETTES)))],))
    plan = plan_song(brief, parse_sheet(sheet), style, seed)
    played = accompanist(band).accompany(plan, brief, seed)
    return features(plan, played.parts, played.chords)


def drawn(names: Sequence[str], seeds: range, band: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Return the features of one song of every style for each seed, and the indices of their styles."""
    rows = [song_features(name, seed, band) for name in names for seed in seeds]
    return np.asarray(rows), np.repeat(np.arange(len(names)), len(seeds))


def judge(
    weights: npt.NDArray[np.float64],
    x: npt.NDArray[np.float64],
    y: npt.NDArray[np.int64],
    names: Sequence[str],
    what: str,
) -> None:
    """Print how often the styles `y` of songs are named right, and who is taken for whom."""
    ranked = np.argsort(-(x @ weights[:, :-1].T + weights[:, -1]), axis=1)
    among = (ranked[:, :3] == y[:, None]).any(axis=1)
    print(f"{what}: right {np.mean(ranked[:, 0] == y):.3f}, among three {np.mean(among):.3f}")
    for style, name in enumerate(names):
        wrong = [names[i] for i in ranked[y == style, 0] if i != style]
        if wrong:
            print(f"   {name}: {len(wrong)} taken for {', '.join(sorted(set(wrong)))}")


def fit(x: npt.NDArray[np.float64], y: npt.NDArray[np.int64], classes: int, decay: float) -> npt.NDArray[np.float64]:
    """Return the weights `[classes, features + 1]` of a multinomial logistic regression, the bias last."""
    inputs = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    target = np.eye(classes)[y]

    def loss(flat: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        weights = flat.reshape(classes, -1)
        scores = inputs @ weights.T
        scores -= scores.max(axis=1, keepdims=True)
        odds = np.exp(scores)
        shares = odds / odds.sum(axis=1, keepdims=True)
        value = -np.mean(np.log(shares[np.arange(len(y)), y] + 1e-12)) + 0.5 * decay * np.sum(weights[:, :-1] ** 2)
        slope = (shares - target).T @ inputs / len(x)
        slope[:, :-1] += decay * weights[:, :-1]
        return value, slope.ravel()

    found = minimize(loss, np.zeros(classes * inputs.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 400})
    return np.asarray(found.x).reshape(classes, -1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--songs", type=int, default=60, help="of each style and band, to learn from")
    parser.add_argument("--kept-out", type=int, default=15, help="of each style and band, to be judged by")
    parser.add_argument("--decay", type=float, default=3e-4, help="weight decay")
    parser.add_argument("--out", type=Path, required=True, help="the safetensors file to write")
    options = parser.parse_args()
    names = style_names()
    sets = {
        band: (drawn(names, range(options.songs), band), drawn(names, range(10_000, 10_000 + options.kept_out), band))
        for band in BANDS
    }
    known = [learned for learned, _ in sets.values()]
    x, y = np.concatenate([x for x, _ in known]), np.concatenate([y for _, y in known])
    print(f"{len(x)} songs of {len(names)} styles, {x.shape[1]} features", flush=True)
    weights = fit(x, y, len(names), options.decay)
    for band, (learned, kept_out) in sets.items():
        judge(weights, *learned, names, f"{band}, learned from")
        judge(weights, *kept_out, names, f"{band}, kept out")
    from safetensors.numpy import save_file

    tensors = {"weights": weights[:, :-1].astype(np.float32), "bias": weights[:, -1].astype(np.float32)}
    save_file(tensors, options.out, metadata={"styles": ",".join(names), "licence": "GPL-3.0-or-later"})


if __name__ == "__main__":
    main()
