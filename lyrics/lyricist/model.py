"""A causal language model as the lyricist, under the same form, metre and rhyme as the corpus.

The model is asked for a lyric through its chat template where it has one, and shown the beginning of the sheet; every
line is then grown word by word (`lyrics.lyricist.decoding`), so nothing else that it may say reaches the sheet.
"""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lyrics.analysis import analyse_word
from lyrics.errors import LyricsError, MissingData
from lyrics.lyricist.brief import WritingBrief
from lyrics.lyricist.chance import generator
from lyrics.lyricist.clean import unclean
from lyrics.lyricist.cliches import cliches_in
from lyrics.lyricist.corpus import SLOT, Corpus
from lyrics.lyricist.decoding import Candidate, Demand, Logits, MetreProcessor, grow_lines
from lyrics.lyricist.drafts import Draft, WrittenLine, WrittenSection, lettered
from lyrics.lyricist.forms import SHAPES, TWO_LINES, PlannedSection, Shape, plan_form
from lyrics.lyricist.matter import Matter, find_matter
from lyrics.lyricist.pieces import title_case
from lyrics.lyricist.points import genre_of
from lyrics.lyricist.reading import content_of, last_word, words_of
from lyrics.lyricist.rhyme import GOOD, words_rhyme
from lyrics.lyricist.score import scored
from lyrics.lyricist.stanza import line_fit
from lyrics.lyricist.vocabulary import CONTENT, LONG, Vocabulary, corpus_lines, make_vocabulary
from lyrics.lyricist.write import check_numbers
from lyrics.meaning import Meaning

CANDIDATES = 12
"""Lines that grow side by side, of which the best is taken."""

TRIES = 3
FEWEST_RHYMES = 6
"""A line that others have to rhyme with ends on a word with at least so many rhymes."""

NEAR, FAMILY, CLASH, AGAIN, CLICHE = 1.0, 0.3, 0.4, 0.35, 1.0
"""What nearness to the topic is worth against the log-probability, and what is taken away."""

EXAMPLE_STANZAS = 2
THREADS = 2
QUIET = 40
"""The level of logging at which only errors are told."""


@dataclass(slots=True)
class _Sung:
    """What a draft of a model has so far."""

    lines: list[str] = field(default_factory=list)
    said: dict[str, int] = field(default_factory=dict)

    def add(self, line: str) -> None:
        """Take note of a line."""
        self.lines.append(line)
        for word in content_of(line):
            self.said[word] = self.said.get(word, 0) + 1


class ModelLyricist:
    """A language model of transformers: a name of the hub, a folder, or a GGUF file."""

    usual = 1
    """Drafts where nobody says: each takes about a minute."""

    def __init__(self, name: str, fetch: bool = False) -> None:
        self.name = f"hf:{Path(name).name if Path(name).exists() else name}"
        self.place, self.fetch = name, fetch
        self._loaded: _Writer | None = None

    def facts(self) -> dict[str, str]:
        """Return the hash of the model's file where it is one, else its place."""
        path = Path(self.place)
        if path.is_file():
            return {"weights_sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        weights = sorted(path.glob("*.safetensors")) if path.is_dir() else []
        digest = hashlib.sha256()
        for file in weights:
            digest.update(file.read_bytes())
        return {"weights_sha256": digest.hexdigest()} if weights else {}

    def drafts(self, brief: WritingBrief, seed: int, count: int) -> tuple[Draft, ...]:
        """Return drafts, the best first."""
        check_numbers(seed, count)
        import torch

        self._loaded = self._loaded or _Writer.load(self.place, self.fetch)
        threads = torch.get_num_threads()
        torch.set_num_threads(THREADS)
        try:
            matter = find_matter(brief, Corpus.load())
            found = [self._loaded.draft(brief, matter, seed, number) for number in range(count)]
        finally:
            torch.set_num_threads(threads)
        order = sorted(range(count), key=lambda i: (-found[i].worth, i))
        return tuple(found[i] for i in order)


class _Writer:
    """A model that is loaded, with the words that it may sing."""

    def __init__(self, tokenizer: Any, model: Any) -> None:
        self.tokenizer, self.model = tokenizer, model
        self.newline = self.encode("\n")[-1]
        self.comma = self.encode(",")[-1]
        self._vocabularies: dict[tuple[str, ...], Vocabulary] = {}
        self._partners: dict[int, frozenset[int]] = {}

    @classmethod
    def load(cls, place: str, fetch: bool) -> _Writer:
        """Return the model of a name, folder or GGUF file."""
        try:
            from transformers import AutoModelForCausalLM, AutoTokenizer
        except ImportError as err:
            raise MissingData(
                f"a language model needs transformers ({err}): run: pip install 'songsmith[lm]'"
            ) from err
        path = Path(place)
        options: dict[str, Any] = {"local_files_only": not fetch, "trust_remote_code": False}
        where: str | Path = place
        if path.is_file():
            if path.suffix != ".gguf":
                raise LyricsError(f"{place}: is no GGUF file; give a folder, a .gguf file, or a name")
            options["gguf_file"], where = path.name, path.parent
        elif not path.is_dir() and (place.startswith((".", "/", "~")) or place.count("/") > 1):
            raise LyricsError(
                f"{place}: no such file or folder; give a folder of transformers, a .gguf file, or a name"
            )
        safe = {} if path.is_file() else {"use_safetensors": True}
        try:
            with _quietly():
                tokenizer = AutoTokenizer.from_pretrained(where, **options)
                model = AutoModelForCausalLM.from_pretrained(where, dtype="float32", **options, **safe)
        except (OSError, ValueError, ImportError, KeyError, TypeError, RuntimeError, struct.error) as err:
            reason = " ".join(str(err).split())[:160]
            if path.exists():
                raise LyricsError(f"{place}: is no language model that can be read ({reason})") from err
            raise MissingData(
                f"the model {place!r} is not on this machine: add --fetch to download it, or give a folder or file"
            ) from err
        model.train(False)
        return cls(tokenizer, model)

    def encode(self, text: str) -> list[int]:
        """Return the tokens of a text, without marks of the model's own."""
        return list(self.tokenizer(text, add_special_tokens=False).input_ids)

    def vocabulary(self, matter: Matter) -> Vocabulary:
        """Return the words that may be sung, those of the prompt among them."""
        own = tuple(sorted({word for phrase in matter.phrases for word in phrase.replace("’", "'").split()}))
        if own not in self._vocabularies:
            tokens = [self.tokenizer.decode([i]) for i in range(len(self.tokenizer))]
            self._vocabularies[own] = make_vocabulary(self.encode, tokens, own)
            self._partners = {}
        return self._vocabularies[own]

    def draft(self, brief: WritingBrief, matter: Matter, seed: int, number: int) -> Draft:
        """Return one draft."""
        vocabulary = self.vocabulary(matter)
        genre = genre_of(brief)
        rng = generator(seed, "model", number)
        form = plan_form(brief, genre, rng)
        phrase = brief.title or (matter.phrases[0] if matter.phrases else "")
        title = title_case(phrase or brief.prompt.split(",")[0])
        page = _Page(self, self._opening(brief, matter, genre, title, rng))
        sung, sections = _Sung(), []
        for at, section in enumerate(form):
            stanzas: list[list[WrittenLine]] = []
            if section.stanzas:
                page.write(f"[{section.label}]\n")
                for turn in range(section.stanzas):
                    hook = phrase if section.kind in ("chorus", "hook") and turn == 0 else ""
                    own = generator(seed, "model", number, at, turn)
                    shape = _shape_of(section)
                    stanzas.append(self._stanza(shape, vocabulary, matter, brief, page, sung, hook, own))
                page.write("\n")
            sections.append(WrittenSection(section.kind, section.label, tuple(lettered(stanzas))))
        return scored(Draft(title, tuple(sections)), matter)

    def _stanza(
        self,
        shape: Shape,
        vocabulary: Vocabulary,
        matter: Matter,
        brief: WritingBrief,
        page: _Page,
        sung: _Sung,
        hook: str,
        rng: np.random.Generator,
    ) -> list[WrittenLine]:
        """Return a stanza, each line the best of a batch."""
        ends: dict[str, list[str]] = {}
        lines: list[WrittenLine] = []
        for at, (pattern, letter) in enumerate(zip(shape.patterns, shape.scheme, strict=True)):
            before = ends.get(letter, []) if letter != "X" else []
            follows = letter != "X" and letter in shape.scheme[at + 1 :]
            allowed = self._ends(vocabulary, before, follows, [line.text for line in lines])
            forced = _forced(hook, vocabulary, pattern, allowed) if hook and at == 0 else ()
            text = self._line(Demand(pattern, allowed, forced), vocabulary, matter, brief, page, sung, before, rng)
            page.write(text + "\n")
            sung.add(text)
            ends.setdefault(letter, []).append(text)
            lines.append(WrittenLine(text, pattern, letter))
        return lines

    def _line(
        self,
        demand: Demand,
        vocabulary: Vocabulary,
        matter: Matter,
        brief: WritingBrief,
        page: _Page,
        sung: _Sung,
        before: Sequence[str],
        rng: np.random.Generator,
    ) -> str:
        """Return the best of the lines that a batch comes to."""
        processor = MetreProcessor(vocabulary, demand, sung.said, page.tokens, self.comma)
        for _ in range(TRIES):
            rngs = rng.spawn(CANDIDATES)
            with page.batch(CANDIDATES) as step:
                found = grow_lines(processor, step, self.newline, rngs)
            rated = [
                (worth, text)
                for candidate in found
                if (
                    worth := _worth(
                        candidate, text := candidate.text(vocabulary), demand, matter, brief, sung, before
                    )
                )
                > -np.inf
            ]
            if rated:
                return max(rated)[1]
        raise LyricsError(
            f"the model found no line for the metre {demand.pattern} in {TRIES * CANDIDATES} tries: "
            "use another seed, or a larger model"
        )

    def _ends(
        self, vocabulary: Vocabulary, before: Sequence[str], follows: bool, stanza: Sequence[str]
    ) -> frozenset[int]:
        """Return the numbers of the words that may end a line: content words that rhyme as the scheme asks."""
        used = {last_word(line).sung for line in stanza}
        words = range(len(vocabulary.words))
        solid = [i for i in words if vocabulary.kinds[i] in (CONTENT, LONG) and vocabulary.words[i] not in used]
        if before:
            partners = [self.partners(vocabulary, last_word(line).sung) for line in before]
            return frozenset(solid).intersection(*partners)
        if not follows:
            return frozenset(solid)
        counts: dict[str, int] = {}
        for i in solid:
            counts[vocabulary.rhymes[i]] = counts.get(vocabulary.rhymes[i], 0) + 1
        return frozenset(i for i in solid if counts[vocabulary.rhymes[i]] > FEWEST_RHYMES)

    def partners(self, vocabulary: Vocabulary, sung: str) -> frozenset[int]:
        """Return the numbers of the words that rhyme with a word."""
        numbers = {word.lower(): i for i, word in enumerate(vocabulary.words)}
        i = numbers.get(sung.split()[-1])
        if i is None:
            return frozenset()
        if i not in self._partners:
            vowels = _vowels(vocabulary.rhymes[i])
            near = [j for j, rhyme in enumerate(vocabulary.rhymes) if _vowels(rhyme) == vowels and j != i]
            word = analyse_word(vocabulary.words[i])
            self._partners[i] = frozenset(
                j for j in near if words_rhyme(word, analyse_word(vocabulary.words[j])) in GOOD
            )
        return self._partners[i]

    def _opening(
        self, brief: WritingBrief, matter: Matter, genre: str, title: str, rng: np.random.Generator
    ) -> list[int]:
        """Return the tokens before the first line: what is asked, and the head of the sheet."""
        topic = matter.topic or brief.prompt
        mood = f"{', '.join(brief.mood)} " if brief.mood else ""
        asked = (
            f"Write the lyrics of a {mood}{genre} song about {topic}. Use plain words, concrete pictures and short "
            "rhyming lines. Here are stanzas by the same writer:\n\n" + "\n\n".join(_examples(matter, rng))
        )
        sheet = f"# Title: {title}\n\n"
        if getattr(self.tokenizer, "chat_template", None):
            told = self.tokenizer.apply_chat_template(
                [{"role": "user", "content": asked}], tokenize=False, add_generation_prompt=True
            )
            return self.encode(told + sheet)
        return self.encode(f"{asked}\n\n{sheet}")


class _Page:
    """The text a model has before it, in its cache, and batches of lines that go on from there."""

    def __init__(self, writer: _Writer, tokens: Sequence[int]) -> None:
        self.writer = writer
        self.tokens = int(writer.model.get_output_embeddings().weight.shape[0])
        self._cache: Any = None
        self._last: Logits = np.zeros(self.tokens)
        self._feed(list(tokens))

    def write(self, text: str) -> None:
        """Add a text."""
        self._feed(self.writer.encode(text))

    def _feed(self, tokens: list[int]) -> None:
        import torch

        with torch.inference_mode():
            out = self.writer.model(
                torch.tensor([tokens]), past_key_values=self._cache, use_cache=True, logits_to_keep=1
            )
        self._cache = out.past_key_values
        self._last = out.logits[0, -1].double().numpy()

    def batch(self, size: int) -> _Batch:
        """Return lines side by side that go on from here."""
        return _Batch(self.writer.model, self._cache, self._last, size)


class _Batch:
    """Lines side by side: called with the tokens of each, it returns the logits of what comes next."""

    def __init__(self, model: Any, cache: Any, last: Logits, size: int) -> None:
        import copy

        self.model, self.size, self.last = model, size, last
        self.cache = copy.deepcopy(cache)
        self.cache.batch_repeat_interleave(size)
        self.fed = 0

    def __enter__(self) -> _Batch:
        return self

    def __exit__(self, *failure: object) -> None:
        self.cache = None

    def __call__(self, lines: Sequence[Sequence[int]]) -> Logits:
        import torch

        longest = max(map(len, lines))
        logits = np.tile(self.last, (self.size, 1))
        while self.fed < longest:
            column = [line[self.fed] if self.fed < len(line) else line[-1] if line else 0 for line in lines]
            with torch.inference_mode():
                out = self.model(torch.tensor(column)[:, None], past_key_values=self.cache, use_cache=True)
            self.fed += 1
            logits = out.logits[:, -1].double().numpy()
        return logits


def _worth(
    candidate: Candidate,
    text: str,
    demand: Demand,
    matter: Matter,
    brief: WritingBrief,
    sung: _Sung,
    before: Sequence[str],
) -> float:
    """Return how good a line is, minus infinity where it does not do."""
    fit = line_fit(text, demand.pattern)
    if not fit.good or fit.added or text in sung.lines or unclean(text, brief.explicit):
        return -np.inf
    kinds = [words_rhyme(last_word(line), last_word(text)) for line in before]
    words = words_of(text)
    if any(kind not in GOOD for kind in kinds) or any(set(words_of(one)) <= set(words) for one in brief.avoid):
        return -np.inf
    if words in corpus_lines():
        return -np.inf
    near = float(Meaning.load().embed([text])[0] @ matter.vector)
    again = len(words) - len(set(words))
    return (
        candidate.likelihood
        + NEAR * near
        - FAMILY * kinds.count("family")
        - CLASH * fit.clashes
        - AGAIN * again
        - CLICHE * len(cliches_in(text))
    )


def _vowels(rhyme: str) -> str:
    return " ".join(symbol for symbol in rhyme.split() if symbol[0] in "AEIOU")


def _shape_of(section: PlannedSection) -> Shape:
    if section.own is not None:
        return section.own
    name = next(name for name in section.shapes if name != "threes")
    return TWO_LINES[name] if section.lines == 2 else SHAPES[name]


def _forced(hook: str, vocabulary: Vocabulary, pattern: str, ends: frozenset[int]) -> tuple[int, ...]:
    """Return the words of a hook as the beginning of a line, none where they do not fit its pattern."""
    numbers = {word.lower(): i for i, word in enumerate(vocabulary.words)}
    words = [numbers.get(word.lower()) for word in hook.replace("’", "'").split()]
    found: list[int] = []
    used = 0
    for word in words:
        if word is None or used >= len(pattern) or not np.isfinite(vocabulary.costs(pattern, used)[word]):
            return ()
        found.append(word)
        used += int(vocabulary.syllables[word])
    if used > len(pattern) or (used == len(pattern) and found[-1] not in ends):
        return ()
    return tuple(found)


def _examples(matter: Matter, rng: np.random.Generator) -> list[str]:
    """Return stanzas of the corpus on the theme, as a manner to go on in."""
    themes = {name for name, _ in matter.themes}
    pairs = [
        "\n".join(line.replace("<", "").replace(">", "") for line in unit.lines)
        for unit in Corpus.load().units
        if len(unit.lines) == 2 and themes & set(unit.themes) and not SLOT.search(" ".join(unit.lines))
    ]
    order = rng.permutation(len(pairs))
    return ["\n".join(pairs[int(i)] for i in order[at : at + 2]) for at in range(0, 2 * EXAMPLE_STANZAS, 2)]


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep transformers from printing progress and warnings while a model is loaded."""
    from transformers.utils import logging

    level = logging.get_verbosity()
    logging.set_verbosity(QUIET)
    try:
        with redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.set_verbosity(level)
