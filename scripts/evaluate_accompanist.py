"""Measures the accompanist `diffusion`: scripts/evaluate_accompanist DATA WHAT [WHAT ...]

DATA is what scripts/build_accompaniment_data.py writes. WHAT is of: `vae`, how well the coders give beats back;
`generated`, the music of passages against real ones of test families; `text`, whether a classifier knows what was
asked for; `novelty`; `obeyed`, words of prompts; `compared`, whole songs beside those of `patterns`; `speed`.
`calibrate` writes how dense to ask parts to be and from which probability notes are played, found on songs kept out
of training, for the export of scripts/train_accompanist.py. `pictures` draws what 20 prompts give with two seeds
each, and their table.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import accompaniment_measures as measures
import accompaniment_report as report
import numpy as np
from accompaniment_measures import Passage
from accompaniment_patches import coder_scores, gather, split_of
from accompaniment_songs import RawSong, load_songs
from accompaniment_windows import Song, energies, held_out, to_song

from songsmith.accompaniment.latent import generator
from songsmith.accompaniment.latent.conditions import Conditions
from songsmith.accompaniment.latent.generator import WEIGHTS, Generator
from songsmith.accompaniment.latent.networks import load_networks
from songsmith.accompaniment.latent.playing import tidy
from songsmith.accompaniment.latent.rolls import DRUM_NAMES, PARTS
from songsmith.styles import LEVEL_BOUNDS

BARS = 16
CUTS = (0.0, 0.3, 0.6, 0.9, 1.2)
"""Logits from which a note is counted when the coders are judged; the best on validation families is taken."""

ON_DATA = ("vae", "generated", "text", "novelty", "calibrate")


def conditioned(model: Generator, song: Song, first: int, text: int) -> Conditions:
    """Return what is asked of a passage of a song: all but how dense and how high its parts are.

    For the density stands what is usual in its style among the songs that were learned from.
    """
    own = song.asked.window(first, first + BARS)
    style = song.styles[0] if song.styles else 0
    usual = model.learned[style][np.searchsorted(LEVEL_BOUNDS, own.energy, side="right")].copy()
    usual[~own.plays] = np.nan
    register = np.full(own.register.shape, np.nan, np.float32)
    return replace(own, text=song.texts[text], style=style, density=usual, register=register)


def real(song: Song, first: int) -> Passage:
    """Return a passage of a song as it is."""
    own = song.notes[(song.notes[:, 0] >= first) & (song.notes[:, 0] < first + BARS)].copy()
    own[:, 0] -= first
    return Passage(song.asked.window(first, first + BARS), own)


def made(model: Generator, asked: Conditions, seed: int, guidance: float | None, *, tidied: bool = True) -> Passage:
    """Return what the model plays."""
    notes = model.decode(model.sample(asked, seed, "evaluation", guidance=guidance), asked)
    if tidied:
        notes = np.concatenate([tidy(notes[notes[:, 1] == part], asked) for part in range(len(PARTS))])
    return Passage(asked, notes)


def draw(songs: list[Song], count: int, seed: int) -> list[tuple[Song, int]]:
    """Return passages of songs, each family about as often as any other, drums alone left out."""
    families: dict[str, list[Song]] = {}
    for song in songs:
        if len(song.asked) >= BARS and song.source == "mma" and song.asked.plays[:, 1:].any():
            families.setdefault(song.family, []).append(song)
    names = sorted(families)
    rng = np.random.default_rng(seed)
    found = []
    for i in range(count):
        own = families[names[i % len(names)]]
        song = own[int(rng.integers(len(own)))]
        found.append((song, int(rng.integers(0, len(song.asked) - BARS + 1))))
    return found


def vae(songs: list[RawSong]) -> dict[str, float]:
    """Return how well the coders give back the beats of families never trained on, each as often as it occurs.

    A note is counted from the probability that suits the validation families best.
    """
    coders, _ = load_networks(generator.WEIGHTS)
    split = {
        name: gather([s for s in songs if split_of(s.family) == name and s.source == "mma"])
        for name in ("val", "test")
    }
    found: dict[str, float] = {}
    hits = said = true = 0.0
    for number, (name, network) in enumerate((("drums", coders.drums), ("pitched", coders.pitched))):
        known, patches = split["val"][number], split["test"][number]
        sample = np.random.default_rng(0).permutation(len(known))[:5000]
        cut = max(CUTS, key=lambda c: coder_scores(network, known, sample, c)["f1"])
        scores = coder_scores(network, patches, np.arange(len(patches)), cut)
        hits, said, true = hits + scores.pop("hits"), said + scores.pop("said"), true + scores.pop("true")
        found |= {f"{name} {key}": round(value, 4) for key, value in scores.items()}
        found[f"{name} counted from"] = round(1.0 / (1.0 + float(np.exp(-cut))), 3)
    found["f1 of all"] = round(2.0 * hits / (said + true), 4)
    return found


def table(passages: list[Passage]) -> dict[str, object]:
    return {
        "chord tones on beats": round(measures.chord_tones(passages), 4),
        "out of key": round(measures.out_of_key(passages), 4),
        "groove similarity": round(measures.groove_similarity(passages), 4),
        "degenerate": round(measures.degenerate(passages), 4),
        **{
            f"{part}: notes a bar, a stroke": [round(v, 3) for v in values]
            for part, values in measures.fullness(passages).items()
        },
        "drum classes": [
            name for name, share in zip(DRUM_NAMES, measures.drum_classes(passages), strict=True) if share > 0.0005
        ],
    }


def generated(songs: list[Song], count: int, guidance: float | None) -> dict[str, object]:
    """Return the measures of real passages of test families and of those made from what is asked of them."""
    model = Generator.load()
    drawn = draw([s for s in songs if split_of(s.family) == "test"], count, 1)
    reals = [real(song, first) for song, first in drawn]
    fakes = [made(model, conditioned(model, song, first, 0), i, guidance) for i, (song, first) in enumerate(drawn)]
    plain = [made(model, conditioned(model, song, first, 0), i, guidance, tidied=False)
             for i, (song, first) in enumerate(drawn[: count // 2])]  # fmt: skip
    return {"real": table(reals), "generated": table(fakes), "generated, not tidied": table(plain)}


def classifier(passages: list[Passage], names: list[str]):
    """Return a classifier of families, trained on real passages."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows = np.stack([measures.style_features(p) for p in passages])
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=300, C=0.05)).fit(rows, names)


def top(model, passages: list[Passage], names: list[str], best: int) -> float:
    """Return how often the right family is among the best few."""
    chances = model.predict_proba(np.stack([measures.style_features(p) for p in passages]))
    order = np.argsort(-chances, axis=1)[:, :best]
    return float(np.mean([name in model.classes_[own] for name, own in zip(names, order, strict=True)]))


def text(songs: list[Song], count: int, guidance: float | None) -> dict[str, object]:
    """Return how often a classifier of families knows what was asked for, on real, made and unguided passages."""
    model = Generator.load()
    learned = [s for s in songs if split_of(s.family) == "train" and not held_out(s) and s.source == "mma"]
    learned = [s for s in learned if s.asked.plays[:, 1:].any() and len(s.asked) >= BARS]
    kept = [s for s in songs if split_of(s.family) == "train" and held_out(s)]
    known = sorted({s.family for s in learned} & {s.family for s in kept})
    rng = np.random.default_rng(5)
    windows, names = [], []
    for song in learned:
        for _ in range(2):
            windows.append(real(song, int(rng.integers(0, len(song.asked) - BARS + 1))))
            names.append(song.family)
    judge = classifier(windows, names)
    drawn = draw([s for s in kept if s.family in known], count, 2)
    asked_for = [song.family for song, _ in drawn]
    found: dict[str, object] = {"families": len(set(names)), "of these asked for": len(known)}
    rows = {"real": [real(song, first) for song, first in drawn]}
    for name, strength in (("generated", guidance), ("guidance 0", 0.0)):
        rows[name] = [
            made(model, conditioned(model, song, first, i % 6), i, strength) for i, (song, first) in enumerate(drawn)
        ]
    rows["patterns"] = [
        report.by_patterns(song.asked.window(first, first + BARS), song.captions[i % 6], i)
        for i, (song, first) in enumerate(drawn)
    ]
    for name, passages in rows.items():
        found[name] = {"top 1": round(top(judge, passages, asked_for, 1), 3),
                       "top 5": round(top(judge, passages, asked_for, 5), 3)}  # fmt: skip
    return found


def novelty(songs: list[Song], count: int, guidance: float | None) -> dict[str, object]:
    """Return how much of what is made is in the training songs already, and how much two seeds differ."""
    model = Generator.load()
    learned: set[tuple[int, bytes]] = set()
    for song in songs:
        if split_of(song.family) == "train" and not held_out(song):
            learned |= measures.bar_parts(Passage(song.asked, song.notes))
    kept = [s for s in songs if split_of(s.family) == "train" and held_out(s)]
    drawn = draw(kept, count, 3)

    def share(passages: list[Passage]) -> float:
        keys = [key for p in passages for key in measures.list_bar_parts(p)]
        return round(float(np.mean([key in learned for key in keys])), 4)

    first = [made(model, conditioned(model, s, f, 0), i, guidance) for i, (s, f) in enumerate(drawn)]
    second = [made(model, conditioned(model, s, f, 0), i + 10_000, guidance) for i, (s, f) in enumerate(drawn)]
    differ = [measures.bars_differ(a, b) for a, b in zip(first, second, strict=True)]
    return {
        "identical to a training bar-part, real": share([real(s, f) for s, f in drawn]),
        "identical to a training bar-part, generated": share(first),
        "bars that differ between two seeds": round(float(np.mean(differ)), 4),
    }


def calibrate(songs: list[Song], count: int, guidance: float | None, out: Path) -> dict[str, object]:
    """Find what to ask for so that parts are as full as real ones.

    On validation families and grooves of training families that were kept out. First how much denser than usual each
    part is asked to be, then the probability from which its notes are played.
    """
    loaded = Generator.load()
    kept = [s for s in songs if split_of(s.family) == "val" or (split_of(s.family) == "train" and held_out(s))]
    drawn = draw(kept, count, 4)
    reals = measures.fullness([real(song, first) for song, first in drawn])
    factors = np.ones(len(PARTS), np.float32)
    for turn in range(3):
        model = replace(loaded, learned=loaded.learned * factors)
        codes = []
        for i, (song, first) in enumerate(drawn):
            asked = conditioned(model, song, first, 0)
            codes.append((asked, model.sample(asked, i, "calibration", guidance=guidance)))
        full = measures.fullness([Passage(asked, model.decode(code, asked)) for asked, code in codes])
        print({name: [round(values[0], 2), round(reals[name][0], 2)] for name, values in full.items()}, flush=True)
        if turn < 2:
            wanted = np.array([reals[name][0] / max(full[name][0], 0.01) for name in PARTS])
            factors = np.clip(factors * wanted**1.2, 0.6, 2.0).astype(np.float32)
    cuts = []
    for number, name in enumerate(PARTS):
        best = (float("inf"), 0.5)
        for cut in (0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7):
            trial = replace(model, thresholds=(cut,) * len(PARTS))
            notes = measures.fullness([Passage(asked, trial.decode(code, asked)) for asked, code in codes])[name][0]
            best = min(best, (abs(float(np.log((notes + 0.01) / (reals[name][0] + 0.01)))), cut))
        cuts.append(best[1])
        print(PARTS[number], best, flush=True)
    out.write_text(" ".join(map(str, cuts)) + "\n" + " ".join(f"{factor:.3f}" for factor in factors) + "\n")
    return {"thresholds": cuts, "factors": factors.tolist()}


def load(data: Path) -> tuple[list[RawSong], list[Song]]:
    raw = load_songs(sorted(data.glob("*.npz")))
    ranked = energies(raw)
    return raw, [to_song(song, energy, None, 0) for song, energy in zip(raw, ranked, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("what", nargs="+", choices=(*ON_DATA, "obeyed", "compared", "speed", "pictures"))
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--guidance", type=float)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--out", type=Path, default=Path("calibration.txt"), help="file or folder to write to")
    args = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    generator.WEIGHTS = args.weights
    model = Generator.load(args.weights)
    Generator.load = classmethod(lambda cls, path=None: model)  # type: ignore[method-assign]
    raw, songs = load(args.data) if set(args.what) & set(ON_DATA) else ([], [])
    for what in args.what:
        began = time.process_time()
        if what == "vae":
            result: object = vae(raw)
        elif what == "calibrate":
            result = calibrate(songs, args.count, args.guidance, args.out)
        elif what == "obeyed":
            result = report.obeyed(min(args.count, 100))
        elif what == "compared":
            result = report.songs_compared(3)
        elif what == "speed":
            result = report.speed()
        elif what == "pictures":
            result = report.pictures(args.out)
        else:
            result = {"generated": generated, "text": text, "novelty": novelty}[what](
                songs, args.count, args.guidance
            )
        print(what, json.dumps(result, indent=1), f"({time.process_time() - began:.0f} s of CPU)", flush=True)


if __name__ == "__main__":
    main()
