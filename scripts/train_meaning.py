"""Distil and tune the static text encoder of `lyrics.meaning`: one vector a word piece.

    PYTHONPATH=. python scripts/train_meaning.py --teacher MODEL_FOLDER --phrases configs/prompt
        --test tests/prompts/retrieval.toml --out lyrics/meaning.safetensors --vocabulary lyrics/meaning.txt

Four steps. model2vec passes every word piece through the teacher (all-MiniLM-L6-v2), reduces the vectors by PCA and
weights them by rank. Frequent words that the teacher would cut in pieces are added whole. Then the vectors are tuned:
on words, word pairs and generated prompts the similarities of the student shall be those of the teacher (relational
distillation), and phrases of one meaning shall be nearer to each other than to the rest (supervised contrastive
loss). Last, rows are rounded to int8 with a scale each.
Needs torch, transformers, model2vec, wordfreq and safetensors; about ten minutes on one core.

Source: W. Park et al., "Relational Knowledge Distillation", CVPR 2019; P. Khosla et al., "Supervised Contrastive
Learning", NeurIPS 2020; model2vec, github.com/MinishLab/model2vec.
"""

from __future__ import annotations

import argparse
import re
import tomllib
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the usual name
from safetensors.numpy import save_file
from transformers import AutoModel, AutoTokenizer

from lyrics.meaning import Meaning

PIECE = re.compile(r"(##)?[a-z0-9]+|[&#+%$'!?*/-]")
SPECIAL = "[UNK]"
DIMENSIONS = 192
KEPT = 128
SCENES = (
    "{a} song about {w}", "{w}", "{w} and {w2}", "{a} {s} with {i}", "{a} and {b} {s}", "{s} about {w}", "{a} {i}",
    "a {a} night with {w}", "{s}, {a}, {b}, {i}", "music for {w}", "the {w} of the {w2}", "my {w} is {a}", "{a} {w}",
    "{l}", "{a}, {l}", "{l} {s}", "like {w}", "feeling {a}", "{w} in the {w2}", "I {w} the {w2}",
)  # fmt: skip


def main() -> None:
    """Train, measure before and after, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--teacher", type=Path, required=True, help="folder of all-MiniLM-L6-v2")
    parser.add_argument("--phrases", type=Path, required=True, help="folder of the prompt tables")
    parser.add_argument("--test", type=Path, help="kept-out phrases, measured before and after")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--vocabulary", type=Path, required=True)
    parser.add_argument("--cache", type=Path, help="file for the teacher's embeddings, read where it is there")
    parser.add_argument("--texts", type=int, default=12_000, help="generated texts")
    parser.add_argument(
        "--words", type=int, default=40_000, help="so many of the most frequent words are pieces, whole"
    )
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--contrast", type=float, default=0.1, help="weight of the contrastive loss")
    parser.add_argument("--rate", type=float, default=4e-3, help="highest learning rate")
    parser.add_argument("--drop", type=float, default=0.2, help="share of word pieces left out of known phrases")
    parser.add_argument(
        "--hold", type=float, default=0.0, help="share of the phrases kept out, to choose settings by"
    )
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    rng = np.random.default_rng(args.seed)

    pieces, table = distilled(args.teacher, args.cache)
    groups = read_groups(args.phrases)
    pieces, table = with_whole_words(pieces, table, extra_words(args.words, groups, pieces), args.teacher, args.cache)
    known = {piece: row for row, piece in enumerate(pieces)}
    encoder = Meaning(np.zeros((1, 1), np.int8), np.zeros(1, np.float32), known)
    texts = generate(groups, [p for p in pieces if p.isalpha() and len(p) > 2], rng, args.texts)
    phrases = [(phrase, number) for number, group in enumerate(groups.values()) for phrase in group]
    targets = teacher_vectors(args.teacher, [*texts, *(phrase for phrase, _ in phrases)], args.cache)
    tests = read_tests(args.test) if args.test else []
    teacher_test = teacher_vectors(args.teacher, [phrase for _, phrase, _ in tests], None)
    phrase_targets = targets[len(texts) :]
    print("teacher", measure(groups, tests, phrase_targets.numpy(), teacher_test.numpy()))

    def rows(lines: list[str]) -> list[list[int]]:
        return [[known[p] for p in encoder.cut(line) if p in known][:32] or [0] for line in lines]

    def embed(weights: torch.Tensor, numbered: list[list[int]]) -> torch.Tensor:
        flat = torch.tensor([i for line in numbered for i in line])
        starts = torch.tensor(np.cumsum([0, *(len(line) for line in numbered[:-1])]))
        return F.normalize(F.embedding_bag(flat, weights, starts, mode="mean"), dim=1)

    text_rows, phrase_rows = rows(texts), rows([phrase for phrase, _ in phrases])
    test_rows = rows([phrase for _, phrase, _ in tests])
    labels = torch.tensor([number for _, number in phrases])
    held = held_out(phrases, args.hold)
    learnt = np.flatnonzero(~held)
    weights = torch.nn.Parameter(torch.tensor(table))

    def report(name: str, matrix: torch.Tensor) -> None:
        with torch.no_grad():
            vectors = embed(matrix, phrase_rows).numpy(), embed(matrix, test_rows).numpy()
        chosen = choice(vectors[0], labels.numpy(), held, list(groups)) if held.any() else ""
        print(name, measure(groups, tests, *vectors), chosen, flush=True)

    report("distilled", weights)
    optimiser = torch.optim.Adam([weights], lr=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=args.rate, total_steps=args.steps)
    for step in range(args.steps):
        picked = rng.integers(len(texts), size=384)
        named = rng.choice(learnt, size=min(256, len(learnt)), replace=False)
        wanted = torch.cat([targets[picked], phrase_targets[named]])
        numbered = [text_rows[i] for i in picked] + [thinned(phrase_rows[i], args.drop, rng) for i in named]
        vectors = embed(weights, numbered)
        relational = F.mse_loss(vectors @ vectors.T, wanted @ wanted.T)
        contrast = contrastive(vectors[len(picked) :], labels[named])
        loss = 20.0 * relational + args.contrast * contrast
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 100 == 99:
            report(f"step {step + 1} relational {relational:.4f} contrast {contrast:.3f}", weights)

    final = weights.detach().numpy()
    scale = np.maximum(np.abs(final).max(axis=1), 1e-8) / 127.0
    whole = np.rint(final / scale[:, None]).astype(np.int8)
    report("int8", torch.tensor(whole.astype(np.float32) * scale[:, None].astype(np.float32)))
    save_file({"vectors": whole, "scale": scale.astype(np.float32)}, args.out)
    args.vocabulary.write_text("\n".join(pieces) + "\n", encoding="utf-8")


def distilled(teacher: Path, cache: Path | None) -> tuple[list[str], np.ndarray]:
    """Return what `distil` does, from beside the cache where it is there."""
    stored = cache.with_suffix(".distilled.npz") if cache is not None else None
    if stored is not None and stored.exists():
        with np.load(stored) as found:
            return found["pieces"].tolist(), found["table"]
    pieces, table = distil(teacher)
    if stored is not None:
        np.savez(stored, pieces=np.asarray(pieces), table=table)
    return pieces, table


def distil(teacher: Path) -> tuple[list[str], np.ndarray]:
    """Return the word pieces that are kept and their vectors [pieces, dimensions], as model2vec distils them."""
    from model2vec.distill import distill

    model = distill(model_name=str(teacher), pca_dims=DIMENSIONS)
    numbered = model.tokenizer.get_vocab()
    vectors = np.asarray(model.embedding, np.float32)
    if model.weights is not None:
        vectors = vectors * np.asarray(model.weights, np.float32)[:, None]
    kept = [piece for piece in sorted(numbered, key=lambda p: numbered[p]) if PIECE.fullmatch(piece)]
    return [SPECIAL, *kept], np.stack([np.zeros(DIMENSIONS, np.float32), *(vectors[numbered[p]] for p in kept)])


def extra_words(count: int, groups: dict[str, list[str]], pieces: list[str]) -> list[str]:
    """Return the frequent words of English, and those of the phrases, that are no word pieces yet."""
    from wordfreq import top_n_list

    own = [word for group in groups.values() for phrase in group for word in re.findall(r"[a-z]+", phrase.lower())]
    wanted = dict.fromkeys((*own, *top_n_list("en", count)))
    known = set(pieces)
    return [word for word in wanted if word.isascii() and word.isalpha() and len(word) > 2 and word not in known]


def with_whole_words(
    pieces: list[str], table: np.ndarray, words: list[str], teacher: Path, cache: Path | None
) -> tuple[list[str], np.ndarray]:
    """Return pieces and table with more whole words, their vectors mapped from the teacher's by least squares."""
    rows = [row for row, piece in enumerate(pieces) if piece.isalpha() and len(piece) > 2]
    vectors = teacher_vectors(teacher, [*(pieces[row] for row in rows), *words], cache).numpy()
    lengths = np.linalg.norm(table[rows], axis=1, keepdims=True)
    mapping = np.linalg.lstsq(vectors[: len(rows)], table[rows] / np.maximum(lengths, 1e-6), rcond=None)[0]
    mapped = vectors[len(rows) :] @ mapping
    mapped *= np.percentile(lengths, 90) / np.linalg.norm(mapped, axis=1, keepdims=True)
    return [*pieces, *words], np.concatenate([table, mapped.astype(np.float32)])[:, :KEPT]


def read_groups(folder: Path) -> dict[str, list[str]]:
    """Return the phrases of each mood and style, and of each end of each knob of the sound."""
    groups: dict[str, list[str]] = {}
    for name, mood in tomllib.loads((folder / "moods.toml").read_text(encoding="utf-8")).items():
        groups[f"mood {name}"] = [name, *mood["words"], *mood["like"]]
    styles = tomllib.loads((folder / "styles.toml").read_text(encoding="utf-8"))
    for phrase, names in styles["words"].items():
        if names:
            groups.setdefault(f"style {names[0]}", [names[0]]).append(phrase)
    for name, phrases in styles["like"].items():
        groups.setdefault(f"style {name}", [name]).extend(phrases)
    for path in sorted((folder.parent / "styles").glob("*.toml")):
        head = tomllib.loads(path.read_text(encoding="utf-8").partition("\n[")[0])
        groups.setdefault(f"style {path.stem}", [path.stem]).append(head["description"])
    for knob, table in tomllib.loads((folder / "sound.toml").read_text(encoding="utf-8")).items():
        for phrase, value in {**table["words"], **table["like"]}.items():
            groups.setdefault(f"{knob} {'+' if value > 0 else '-'}", []).append(phrase)
    return groups


def generate(groups: dict[str, list[str]], words: list[str], rng: np.random.Generator, count: int) -> list[str]:
    """Return texts to learn the teacher's similarities on: every word, and prompts and lines made of templates."""
    moods = [p for name, group in groups.items() if name.startswith("mood") for p in group if len(p.split()) < 3]
    likes = [p for name, group in groups.items() for p in group if len(p.split()) >= 3]
    styles = [p for name, group in groups.items() if name.startswith("style") for p in group if len(p.split()) < 3]
    sounds = [
        "piano",
        "acoustic guitar",
        "strings",
        "drums",
        "analog synth",
        "banjo",
        "brass",
        "flute",
        "choir",
        "bass",
    ]
    pick = lambda rows: rows[int(rng.integers(len(rows)))]  # noqa: E731 - a word for it reads best in the line below
    texts = list(words)
    for _ in range(count):
        scene = pick(SCENES)
        texts.append(
            scene.format(
                a=pick(moods),
                b=pick(moods),
                s=pick(styles),
                i=pick(sounds),
                w=pick(words),
                w2=pick(words),
                l=pick(likes),
            )
        )
    return texts


def teacher_vectors(folder: Path, texts: list[str], cache: Path | None) -> torch.Tensor:
    """Return the teacher's embeddings [texts, 384], of length 1: the mean over tokens; known texts from the cache."""
    known: dict[str, np.ndarray] = {}
    if cache is not None and cache.exists():
        with np.load(cache) as stored:
            known = dict(zip(stored["texts"].tolist(), stored["vectors"], strict=True))
    missing = sorted({text for text in texts if text not in known}, key=lambda text: (len(text), text))
    if missing:
        tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    for start in range(0, len(missing), 256):
        part = missing[start : start + 256]
        batch = tokenizer(part, padding=True, truncation=True, max_length=48, return_tensors="pt")
        with torch.inference_mode():
            hidden = model(**batch).last_hidden_state
        mask = batch["attention_mask"][..., None]
        known |= zip(part, F.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1).numpy(), strict=True)
    if cache is not None and missing:
        np.savez(cache, texts=np.asarray(list(known)), vectors=np.stack(list(known.values())))
    return torch.tensor(np.stack([known[text] for text in texts]))


def contrastive(vectors: torch.Tensor, labels: torch.Tensor, temperature: float = 0.1) -> torch.Tensor:
    """Return the supervised contrastive loss of vectors [n, d] of length 1 with labels [n]."""
    own = torch.eye(len(labels), dtype=torch.bool)
    scores = (vectors @ vectors.T / temperature).masked_fill(own, -1e9)
    same = (labels[:, None] == labels[None, :]) & ~own
    logs = scores - scores.logsumexp(1, keepdim=True)
    counts = same.sum(1)
    return -((logs * same).sum(1)[counts > 0] / counts[counts > 0]).mean()


def held_out(phrases: list[tuple[str, int]], share: float) -> np.ndarray:
    """Return which phrases [n] are kept out of learning: some of those of three words and more."""
    rng = np.random.default_rng(7)
    return np.asarray([len(phrase.split()) >= 3 and rng.uniform() < share for phrase, _ in phrases])


def choice(vectors: np.ndarray, labels: np.ndarray, held: np.ndarray, names: list[str]) -> str:
    """Return how often the nearest learnt phrase of the same kind has the label of one that was kept out."""
    kinds = np.asarray([names[label].split()[0] for label in labels])
    hits = []
    for i in np.flatnonzero(held):
        scores = np.where(held | (kinds != kinds[i]), -2.0, vectors @ vectors[i])
        hits.append(labels[int(scores.argmax())] == labels[i])
    return f"kept out of learning {float(np.mean(hits)):.3f} of {len(hits)}"


def thinned(rows: list[int], share: float, rng: np.random.Generator) -> list[int]:
    """Return the word pieces of a phrase with some left out, never all."""
    kept = [row for row in rows if rng.uniform() >= share] if len(rows) > 1 and share else rows
    return kept or rows


def read_tests(path: Path) -> list[tuple[str, str, list[str]]]:
    """Return (kind, phrase, accepted names) of the kept-out phrases."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return [
        (kind, phrase, names.split("|"))
        for kind, table in (("mood", tables["moods"]), ("style", tables["styles"]))
        for phrase, names in table.items()
    ]


def measure(
    groups: dict[str, list[str]], tests: list[tuple[str, str, list[str]]], vectors: np.ndarray, tested: np.ndarray
) -> dict[str, float]:
    """Return how often the nearest phrase of the kind, and one of the nearest three names, is of a right name."""
    owners = [name for name, group in groups.items() for _ in group]
    found: dict[str, list[float]] = {"mood@1": [], "mood@3": [], "style@1": [], "style@3": []}
    for (kind, _, names), vector in zip(tests, tested, strict=True):
        near = sorted(
            ((float(s), owner) for s, owner in zip(vectors @ vector, owners, strict=True) if owner.startswith(kind)),
            reverse=True,
        )
        ranked = list(dict.fromkeys(owner.split()[1] for _, owner in near))
        found[f"{kind}@1"].append(ranked[0] in names)
        found[f"{kind}@3"].append(any(name in names for name in ranked[:3]))
    return {key: round(float(np.mean(hits)), 3) for key, hits in found.items() if hits}


if __name__ == "__main__":
    main()
