"""The data and the training of the accompanist `diffusion`, on a small sample of its songs."""

from __future__ import annotations

import argparse
import shutil
import tomllib
from pathlib import Path

import accompaniment_mma
import numpy as np
import pytest
import torch
from accompaniment_captions import captions_of, spoken, styles_of
from accompaniment_patches import coder_scores, dense, gather, mixed, split_of
from accompaniment_songs import load_songs, save_songs, snap
from accompaniment_windows import draw_known, energies, to_song
from hypothesis import given
from hypothesis import strategies as st
from train_accompanist import export, load_coders, train_coder, train_denoiser

from songsmith.accompaniment.latent.conditions import BAR_FEATURES, STYLES, features
from songsmith.accompaniment.latent.generator import Generator
from songsmith.accompaniment.latent.rolls import BEATS, PARTS
from songsmith.seeds import generator
from songsmith.styles import style_names
from songsmith.theory import parse_chord

SAMPLE = Path(__file__).parent / "data" / "songs.npz"
CONFIG = Path(__file__).parents[2] / "configs" / "training" / "debug.toml"


@pytest.fixture(scope="module")
def songs():
    return load_songs([SAMPLE])


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a tiny model, trained for some steps."""
    work = tmp_path_factory.mktemp("training")
    (work / "data").mkdir()
    shutil.copy(SAMPLE, work / "data" / "songs.npz")
    run(work, "vae", 60)
    run(work, "denoiser", 12)
    return work


def run(work: Path, stage: str, steps: int, name: str = "run", **changes: object) -> None:
    config = tomllib.loads(CONFIG.read_text())
    args = argparse.Namespace(
        data=work / "data", work=work / name, device="cpu", resume=False, minutes=5.0, steps=steps, anneal=False,
        every=6, checks=1, decoder_only=False, workers=1, export=work / "weights.safetensors",
    )  # fmt: skip
    vars(args).update(changes)
    torch.set_num_threads(1)
    if stage == "vae":
        train_coder(args, config, "drums")
        train_coder(args, config, "pitched")
    elif stage == "denoiser":
        train_denoiser(args, config)
    else:
        export(args, config)


def test_songs_are_the_same_after_writing_and_reading(songs, tmp_path: Path):
    save_songs(tmp_path / "again.npz", songs)
    again = load_songs([tmp_path / "again.npz"])
    assert [s.name for s in again] == [s.name for s in songs]
    for a, b in zip(songs, again, strict=True):
        assert np.array_equal(a.notes, b.notes)
        assert np.array_equal(a.chords, b.chords)
        assert np.array_equal(a.bars, b.bars)
        assert (a.key, a.programs, a.words, a.styles) == (b.key, b.programs, b.words, b.styles)


def test_sample_songs_lie_in_their_bars(songs):
    assert len({s.family for s in songs}) >= 10
    for song in songs:
        ticks = 48 if song.meter == "4/4" else 36
        bar, part, tick, pitch, length, velocity = song.notes.T
        assert bar.min() >= 0
        assert bar.max() < len(song.bars) == len(song.chords)
        assert tick.min() >= 0
        assert tick.max() < ticks
        assert part.max() < len(PARTS)
        assert pitch.max() < 128
        assert 1 <= velocity.min() <= velocity.max() <= 127
        assert 1 <= length.min() <= length.max() <= 96


@pytest.mark.parametrize(
    ("position", "tick"), [(0.2, 0), (5.6, 6), (8.3, 8), (11.6, 12), (14.9, 15), (1.0, 1), (-0.3, 0), (23.5, 24)]
)
def test_positions_near_a_musical_place_are_put_there(position: float, tick: int):
    assert snap(position) == tick


def test_a_family_is_in_one_split_only_and_our_styles_are_trained_on():
    families = [f"stdlib/{i}" for i in range(400)]
    splits = [split_of(f) for f in families]
    assert splits == [split_of(f) for f in families]
    assert {"train", "val", "test"} == set(splits)
    assert 0.8 < splits.count("train") / 400 < 0.9
    assert {split_of(f"own/{name}") for name in style_names()} == {"train"}


def test_captions_are_words_of_the_song_and_the_same_every_time(songs):
    for song in songs:
        first = captions_of(song, 0.9, 5, 0)
        assert first == captions_of(song, 0.9, 5, 0)
        assert len(first) == 5
        assert all(first)
        assert set(styles_of(song)) <= set(STYLES)
    assert spoken("8BeatPopSus1") == "8 beat pop"
    assert spoken("BossaNovaFill") == "bossa nova"


def test_chords_drawn_for_mma_are_ones_we_know():
    key, bars = accompaniment_mma.draw_chords(generator(3, "test"), 40, 4)
    assert len(bars) == 40
    assert 0 <= key.tonic < 12
    for bar in bars:
        assert 1 <= len(bar) <= 2
        assert all(parse_chord(symbol) is not None for symbol in bar)


@pytest.mark.skipif(shutil.which("mma") is None, reason="mma is not installed")
def test_mma_plays_a_groove_of_its_library(tmp_path: Path):
    groove = accompaniment_mma.GrooveOf("stdlib/bossanova", "BossaNova", "", "main", 4, 4, "4/4", 16.0, 1)
    song = next(accompaniment_mma.songs_of([groove], {}, tmp_path, 0, 0))
    again = next(accompaniment_mma.songs_of([groove], {}, tmp_path, 0, 0))
    assert np.array_equal(song.notes, again.notes)
    assert {"drums", "bass"} <= set(song.programs)
    assert len(np.unique(song.notes[:, 0])) == len(song.bars)
    assert styles_of(song)[0] == "bossa"


def test_energies_rank_all_bars(songs):
    ranked = np.concatenate(energies(songs))
    assert ranked.min() == 0.0
    assert ranked.max() == 1.0
    assert abs(ranked.mean() - 0.5) < 0.02


def test_every_style_of_the_project_has_a_number():
    assert set(style_names()) == set(STYLES)
    assert len(STYLES) == len(set(STYLES))


def test_what_is_asked_of_a_song_is_measured_on_it(songs):
    song = to_song(songs[3], energies(songs)[3], None, 0)
    found = features(song.asked)
    assert found.bars.shape == (len(songs[3].bars), BAR_FEATURES)
    assert np.isfinite(found.bars).all()
    window = song.asked.window(4, 12)
    assert np.array_equal(features(window).bars, found.bars[4:12])
    assert song.asked.plays[:, 0].any() == ("drums" in songs[3].programs)


@given(bars=st.integers(2, 20), seed=st.integers(0, 10_000))
def test_something_is_always_left_to_play(bars: int, seed: int):
    plays = np.ones((bars, len(PARTS)), bool)
    assert not draw_known(bars, plays, np.random.default_rng(seed)).all()


def test_mixed_beats_hold_only_notes_of_the_two(songs):
    patches = gather(songs[:4])
    from songsmith.accompaniment.latent.vae import Coders, CoderSize

    networks = Coders(CoderSize(8, 16, 32))
    for data, network in zip(patches, (networks.drums, networks.pitched), strict=True):
        chosen = np.arange(min(40, len(data)))
        plain = dense(data, chosen, network)
        new = mixed(data, chosen, network, 1.0, np.random.default_rng(0))
        union = plain.rolls[..., 0].amax(0)
        assert (new.rolls[..., 0].amax(0) <= union).all()
        same = mixed(data, chosen, network, 0.0, np.random.default_rng(0))
        assert torch.equal(same.rolls, plain.rolls)


def test_training_learns(trained: Path):
    state = torch.load(trained / "run" / "vae-pitched.pt", weights_only=True)
    losses = [row["loss"] for row in state["rows"]]
    assert losses[-1] < 0.7 * losses[0]
    rows = torch.load(trained / "run" / "denoiser.pt", weights_only=True)["rows"]
    assert rows[-1]["held out"] < rows[0]["held out"]
    for name in ("vae-drums", "vae-pitched", "denoiser"):
        assert (trained / "run" / f"{name}.csv").read_text().count("\n") == len(
            torch.load(trained / "run" / f"{name}.pt", weights_only=True)["rows"]
        ) + 1
        assert (trained / "run" / f"{name}.png").stat().st_size > 5000


def test_a_run_that_goes_on_takes_the_steps_it_would_have_taken(trained: Path):
    run(trained, "vae", 8, "whole")
    run(trained, "vae", 4, "parts")
    run(trained, "vae", 4, "parts", resume=True)
    for kind in ("drums", "pitched"):
        whole, parts = (
            torch.load(trained / name / f"vae-{kind}.pt", weights_only=True) for name in ("whole", "parts")
        )
        assert whole["step"] == parts["step"] == 8
        for name, value in whole["network"].items():
            assert torch.equal(value, parts["network"][name]), name


def test_a_decoder_trained_on_leaves_codes_and_export_as_they_were(trained: Path):
    shutil.copytree(trained / "run", trained / "more")
    before = load_coders(trained / "more", tomllib.loads(CONFIG.read_text()))
    run(trained, "vae", 5, "more", resume=True, decoder_only=True)
    after = load_coders(trained / "more", tomllib.loads(CONFIG.read_text()))
    assert torch.equal(before.pitched.code.weight, after.pitched.code.weight)
    assert not torch.equal(before.pitched.onset.weight, after.pitched.onset.weight)
    run(trained, "export", 0, "more", export=trained / "more.safetensors")
    run(trained, "vae", 5, "more", resume=True)
    with pytest.raises(SystemExit, match="the coder of drums was trained on after the denoiser"):
        run(trained, "export", 0, "more", export=trained / "more.safetensors")


def test_scores_of_a_coder_that_gives_nothing_back_are_zero(trained: Path, songs):
    coders = load_coders(trained / "run", tomllib.loads(CONFIG.read_text()))
    data = gather(songs[:3])[1]
    scores = coder_scores(coders.pitched, data, np.arange(len(data)), threshold=1e9)
    assert scores["f1"] == 0.0


def test_exported_weights_load_and_play(trained: Path, songs):
    run(trained, "export", 0)
    model = Generator.load(trained / "weights.safetensors")
    assert model.numbers == 8 * BEATS * len(PARTS)
    assert model.typical.shape == model.learned.shape == (len(STYLES) + 1, 3, len(PARTS))
    song = to_song(songs[0], energies(songs)[0], None, 0)
    codes = model.sample(song.asked, 0)
    assert codes.shape == (len(song.asked), model.numbers)
    assert np.isfinite(codes).all()
