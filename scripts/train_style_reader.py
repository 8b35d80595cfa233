"""Train the style reader of `songsmith.evaluation.style` on songs that the pattern band plays in every style.

    python scripts/train_style_reader.py --songs 90 --out songsmith/evaluation/style_reader.safetensors

Every song has its own seed, key, tempo, meter, energy and form; a fifth have instruments that were asked for. Songs
of kept-out seeds are read at the end: the share named right, the three likeliest, and who is taken for whom.
"""

from __future__ import annotations

import argparse
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


def song_features(name: str, seed: int) -> npt.NDArray[np.float64]:
    """Return the features of one random song of a style."""
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
    band = accompanist("patterns").accompany(plan, brief, seed)
    return features(plan, band.parts, band.chords)


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
    parser.add_argument("--songs", type=int, default=90, help="of each style, to learn from")
    parser.add_argument("--kept-out", type=int, default=20, help="of each style, to be judged by")
    parser.add_argument("--decay", type=float, default=3e-4, help="weight decay")
    parser.add_argument("--out", type=Path, required=True, help="the safetensors file to write")
    options = parser.parse_args()
    names = style_names()
    sets = {}
    for part, seeds in (("train", range(options.songs)), ("kept out", range(10_000, 10_000 + options.kept_out))):
        rows = [song_features(name, seed) for name in names for seed in seeds]
        sets[part] = (np.asarray(rows), np.repeat(np.arange(len(names)), len(seeds)))
        print(f"{part}: {len(rows)} songs of {len(names)} styles, {len(rows[0])} features")
    weights = fit(*sets["train"], len(names), options.decay)
    for part, (x, y) in sets.items():
        scores = x @ weights[:, :-1].T + weights[:, -1]
        ranked = np.argsort(-scores, axis=1)
        among = (ranked[:, :3] == y[:, None]).any(axis=1)
        print(f"{part}: right {np.mean(ranked[:, 0] == y):.3f}, among three {np.mean(among):.3f}")
        for style, name in enumerate(names):
            wrong = [names[i] for i in ranked[y == style, 0] if i != style]
            if wrong:
                print(f"   {name}: {len(wrong)} taken for {', '.join(sorted(set(wrong)))}")
    from safetensors.numpy import save_file

    tensors = {"weights": weights[:, :-1].astype(np.float32), "bias": weights[:, -1].astype(np.float32)}
    save_file(tensors, options.out, metadata={"styles": ",".join(names), "licence": "GPL-3.0-or-later"})


if __name__ == "__main__":
    main()
