"""A language model as the lyricist: a tiny one of random weights, built here, keeps form, metre and rhyme."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lyrics.errors import LyricsError, MissingData
from lyrics.lyricist.brief import WritingBrief
from lyrics.lyricist.corpus import Corpus
from lyrics.lyricist.drafts import Draft
from lyrics.lyricist.lyricists import find_lyricist
from lyrics.lyricist.reading import words_of
from lyrics.lyricist.score import rhyme_pairs
from lyrics.lyricist.stanza import line_fit

pytest.importorskip("transformers", reason="needs the extra lm")

CHAT = "{% for m in messages %}<|user|>{{ m['content'] }}\n{% endfor %}<|lyric|>"
BRIEF = WritingBrief("a folk song about the river", form=("verse", "chorus"), tempo=60.0)


def save_model(folder: Path, chat: bool) -> str:
    """Save a small Llama of random weights, its tokens learned from the corpus."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=1500,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([" ".join(unit.lines) for unit in Corpus.load().units], trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>")
    if chat:
        fast.chat_template = CHAT
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(fast), hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=2048,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    fast.save_pretrained(folder)
    return f"hf:{folder}"


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "chat"])
def name(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    return save_model(tmp_path_factory.mktemp("model"), request.param)


@pytest.fixture(scope="module")
def draft(name: str) -> Draft:
    return find_lyricist(name).drafts(BRIEF, 0, 1)[0]


def test_metre_and_rhyme_are_kept(draft: Draft) -> None:
    assert len(draft.lines) >= 8
    for line in draft.lines:
        fit = line_fit(line.text, line.pattern)
        assert fit.good, line
        assert fit.added == 0
    pairs = rhyme_pairs(draft)
    assert pairs
    assert all(kind in ("perfect", "family") for _, _, kind in pairs)


def test_nothing_but_words_reaches_the_sheet(draft: Draft) -> None:
    assert [section.label for section in draft.sections] == ["Verse 1", "Chorus"]
    for line in draft.lines:
        assert all(char.isalpha() or char in " ,'" for char in line.text), line
        assert not set(words_of(line.text)) & {"user", "lyric"}
    assert "river" in words_of(draft.sections[1].lines[0].text)


def test_the_same_seed_writes_the_same_words(name: str, draft: Draft) -> None:
    again, other = find_lyricist(name).drafts(BRIEF, 0, 1)[0], find_lyricist(name).drafts(BRIEF, 1, 1)[0]
    assert again == draft
    assert other.text != draft.text


def test_words_to_avoid_are_not_sung(name: str, draft: Draft) -> None:
    word = sorted(set(words_of(draft.lines[0].text)), key=len)[-1]
    found = find_lyricist(name).drafts(replace(BRIEF, avoid=(word,), form=("verse",)), 0, 1)[0]
    assert word not in {one for line in found.lines for one in words_of(line.text)}


def test_models_that_are_not_there() -> None:
    with pytest.raises(LyricsError, match=r"/no/such/model: no such file or folder"):
        find_lyricist("hf:/no/such/model").drafts(BRIEF, 0, 1)
    with pytest.raises(LyricsError, match="lyricist 'poet' is not known: use corpus, or hf: and a model"):
        find_lyricist("poet")


def test_a_name_of_the_hub_is_not_fetched_unless_asked(tmp_path: Path) -> None:
    code = (
        "from lyrics.lyricist.lyricists import find_lyricist; from lyrics.lyricist.brief import WritingBrief\n"
        "try: find_lyricist('hf:nobody/nothing').drafts(WritingBrief('rain'), 0, 1)\n"
        "except Exception as err: print(type(err).__name__, err)"
    )
    environment = {**os.environ, "HF_HOME": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert run.stdout.startswith(
        f"{MissingData.__name__} the model 'nobody/nothing' is not on this machine: add --fetch to download it"
    )


def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF nonsense")
    with pytest.raises(LyricsError, match="is no language model that can be read"):
        find_lyricist(f"hf:{path}").drafts(BRIEF, 0, 1)
    path = tmp_path / "model.bin"
    path.write_bytes(b"x")
    with pytest.raises(LyricsError, match="is no GGUF file"):
        find_lyricist(f"hf:{path}").drafts(BRIEF, 0, 1)
