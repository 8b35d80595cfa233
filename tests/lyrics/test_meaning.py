from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lyrics.meaning import LONGEST_TEXT, Meaning

ROOT = Path(__file__).resolve().parents[2]
MEANING = Meaning.load()
TEXT = "chill lofi beats zyx don't naïve über rock'n'roll 808 (soft) melancholically windswept & C# 2:30 ¿qué?"
WORDS = st.sampled_from(TEXT.split())


def test_embeddings_have_length_one_and_do_not_depend_on_the_batch() -> None:
    texts = ["sad slow song", "", "…", "une chanson", "relaxed study music"]
    vectors = MEANING.embed(texts)
    assert vectors.shape == (5, MEANING.dimensions)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors[[0, 3, 4]], axis=1) == pytest.approx(1.0, abs=1e-5)
    assert not vectors[1].any()
    for text, vector in zip(texts, vectors, strict=True):
        assert np.array_equal(MEANING.embed([text])[0], vector)


@settings(deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_embedded(text: str) -> None:
    vector = MEANING.embed([text])[0]
    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-4) or not vector.any()


def test_a_long_text_is_read_to_its_bound() -> None:
    assert np.array_equal(
        MEANING.embed(["a " * LONGEST_TEXT])[0], MEANING.embed([("a " * LONGEST_TEXT)[:LONGEST_TEXT]])[0]
    )


@settings(deadline=None)
@given(st.lists(WORDS, max_size=8))
def test_word_pieces_agree_with_another_tokenizer(words: list[str]) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    text = " ".join(words)
    known = dict(MEANING.pieces) | {"[UNK]": 0}
    other = tokenizers.Tokenizer(tokenizers.models.WordPiece(vocab=known, unk_token="[UNK]"))
    other.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=True, strip_accents=True)
    other.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    assert MEANING.cut(text) == [piece for piece in other.encode(text).tokens if piece != "[UNK]"]


def test_nearest_is_in_order_and_takes_the_first_of_equals() -> None:
    found = MEANING.nearest("gloomy", ["sunny day", "dark and brooding", "dark and brooding", "banjo"], count=4)
    assert found[0][0] == "dark and brooding"
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
    assert len(found) == 4


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        ("chill lofi beats", "relaxed study music", "sad slow song"),
        ("heartbreak in the rain", "tears and loneliness", "party on the beach"),
        ("the ocean and the tide", "waves on the shore", "engine oil"),
        ("my mother's hands", "parents and childhood", "a guitar amplifier"),
        ("headbanging riffs", "heavy metal guitars", "lullaby for a baby"),
        ("leaving my home town", "a train going away", "birthday cake"),
    ],
)
def test_phrases_are_nearer_to_what_they_mean(text: str, near: str, far: str) -> None:
    assert MEANING.nearest(text, [far, near])[0][0] == near


def test_kept_out_phrases_find_their_mood_and_style() -> None:
    """The share of kept-out phrases whose nearest known phrase is of a right name; the model card has the figures."""
    tests = tomllib.loads((ROOT / "tests/prompts/retrieval.toml").read_text(encoding="utf-8"))
    moods = tomllib.loads((ROOT / "configs/prompt/moods.toml").read_text(encoding="utf-8"))
    names = [name for name, table in moods.items() for _ in (*table["words"], *table["like"])]
    known = MEANING.embed([phrase for table in moods.values() for phrase in (*table["words"], *table["like"])])
    best = (MEANING.embed(list(tests["moods"])) @ known.T).argmax(axis=1)
    right = [names[i] in wanted.split("|") for i, wanted in zip(best, tests["moods"].values(), strict=True)]
    assert np.mean(right) >= 0.72


def test_importing_songsmith_does_not_load_it() -> None:
    code = (
        "import songsmith, songsmith.cli, lyrics, sys; "
        "print([m for m in ('lyrics.meaning', 'safetensors') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
