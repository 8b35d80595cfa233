"""The data and the training of the accompanist `diffusion`, on a small sample of its songs."""

from __future__ import annotations

import argparse
import hashlib
import shutil
import tomllib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import accompaniment_mma
import mido
import numpy as np
import pytest
import torch
from accompaniment_captions import captions_of, spoken, styles_of
from accompaniment_coders import load_coders
from accompaniment_denoising import rare_shares, song_weights
from accompaniment_export import export, moved_codes
from accompaniment_finetuning import finetune
from accompaniment_midi import read_folder
from accompaniment_patches import MOST_OFTEN, coder_scores, dense, gather, mixed, rarity, split_of
from accompaniment_revoicing import revoiced
from accompaniment_songs import QUALITY_NAMES, load_songs, save_songs, snap
from accompaniment_windows import draw_known, energies, held_out, to_song
from hypothesis import given
from hypothesis import strategies as st
from train_accompanist import train_coder, train_denoiser

from songsmith.accompaniment import accompanist_backend
from songsmith.accompaniment.latent.conditions import BAR_FEATURES, STYLES, features
from songsmith.accompaniment.latent.generator import Generator
from songsmith.accompaniment.latent.rolls import BEATS, DRUM_CLASSES, PARTS
from songsmith.errors import InputError
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
        every=6, checks=1, decoder_only=False, near=0.0, workers=1, export=work / "weights.safetensors",
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


def latin(songs, family: str, name: str, keys: tuple[int, ...]):
    """Return a song in a family of MMA's library whose drums strike these keys in turn."""
    song = next(s for s in songs if np.sum(s.notes[:, 1] == 0) > 200)
    notes = song.notes.copy()
    drums = np.flatnonzero(notes[:, 1] == 0)
    notes[drums, 3] = np.resize(keys, len(drums))
    notes = notes[np.sort(np.unique(notes[:, :4], axis=0, return_index=True)[1])]
    return replace(song, source="mma", family=family, name=name, styles=(), captions=(), notes=notes)


def test_timbales_play_what_toms_or_bongos_played_in_songs_that_are_trained_on(songs):
    toms = [latin(songs, "stdlib/merengue", f"Merengue{i}.0", (36, 41, 50, 60)) for i in range(60)]
    made = list(revoiced(toms, 0))
    assert 10 < len(made) < 50  # about half of those that are not kept out of training
    assert [s.name for s in made] == [s.name for s in revoiced(toms, 0)]
    own = {s.name: s for s in toms}
    for song in made:
        before = own[song.name.removesuffix(".timbales")]
        assert split_of(song.family) == "train"
        assert not held_out(before)
        swapped = np.select([before.notes[:, 3] == 41, before.notes[:, 3] == 50], [66, 65], before.notes[:, 3])
        assert np.array_equal(song.notes[:, 3], np.where(before.notes[:, 1] == 0, swapped, before.notes[:, 3]))
        assert np.array_equal(np.delete(song.notes, 3, axis=1), np.delete(before.notes, 3, axis=1))
        assert all("timbales" in words for words in song.captions)
        assert captions_of(song, 0.5, 6, 0)[: len(song.captions)] == song.captions
    bongos = [latin(songs, "stdlib/merengue", f"Merengue{i}.0", (36, 60, 61)) for i in range(20)]
    assert all(set(s.notes[s.notes[:, 1] == 0, 3].tolist()) == {36, 65, 66} for s in revoiced(bongos, 0))
    for family, keys in (("yamaha/mambo", (36, 41)), ("stdlib/slowrock", (36, 41)), ("stdlib/merengue", (36, 66))):
        assert not list(revoiced([latin(songs, family, f"Main{i}.0", keys) for i in range(20)], 0))


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


def test_beats_with_rare_drums_are_drawn_more_often(songs):
    drums, _ = gather(songs)
    rows = len(DRUM_CLASSES)
    often = rarity(drums, rows)
    assert often.min() == 1.0
    assert 1.0 < often.max() <= MOST_OFTEN
    size = np.diff(drums.starts)
    assert (often[size == 0] == 1.0).all()
    heard = np.bincount(drums.notes[:, 1], weights=np.repeat(drums.counts, size), minlength=rows)
    rarest = np.array([min((heard[row] for row in rows_of), default=np.inf) for rows_of in
                       (drums.notes[a:b, 1] for a, b in pairwise(drums.starts))])  # fmt: skip
    order = np.argsort(rarest, kind="stable")
    assert (np.diff(often[order]) <= 0.0).all()  # the rarer, the more often


def test_songs_with_rare_drums_are_trained_on_more_often(songs):
    ranked = energies(songs)
    made = [to_song(song, energy, None, 0) for song, energy in zip(songs, ranked, strict=True)]
    drums = made[0].notes.copy()
    drums[drums[:, 1] == 0, 3] = np.resize([36] * 19 + [65], int(np.sum(drums[:, 1] == 0)))
    one = replace(made[0], notes=drums)
    common = [replace(one, notes=np.where(drums == 65, 36, drums))] * 30
    shares = rare_shares([one, *common])
    assert shares[0] == pytest.approx(0.05, abs=0.01)
    assert not shares[1:].any()
    weights = song_weights([one, *common])
    assert weights[0] == pytest.approx(2.0 * weights[1], rel=0.2)
    assert (rare_shares([one] * 30) == 0.0).all()  # what all have is not rare


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
    with pytest.raises(SystemExit, match=r"the codes of drums moved by .*: train the denoiser again"):
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


# --- a user's own MIDI files


def midi_of(path: Path, numerator: int = 4, *, melody: bool = False) -> None:
    """Write twelve bars of C, F, G and C minor chords with a bass, for a piano, a bass guitar and drums."""
    file = mido.MidiFile(ticks_per_beat=96)
    head = mido.MidiTrack([mido.MetaMessage("time_signature", numerator=numerator, denominator=4)])
    head.append(mido.MetaMessage("set_tempo", tempo=500_000))
    file.tracks.append(head)
    rows = {"Vocal melody": (2, 53, [(72,), (74,)])} if melody else {
        "Piano": (0, 0, [(60, 64, 67), (60, 65, 69), (62, 67, 71), (60, 63, 67)]),
        "Bass": (1, 33, [(36,), (41,), (43,), (36,)]),
        "Kit": (9, 0, [(36, 42), (38, 42), (36, 42), (38, 42)]),
    }  # fmt: skip
    for name, (channel, program, strokes) in rows.items():
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        track.append(mido.Message("program_change", channel=channel, program=program))
        for beat in range(12 * numerator):
            turn = beat if channel == 9 else beat // numerator
            for kind, wait in (("note_on", 0), ("note_off", 96)):
                for i, pitch in enumerate(strokes[turn % len(strokes)]):
                    track.append(
                        mido.Message(kind, channel=channel, note=pitch, velocity=80, time=wait if i == 0 else 0)
                    )
        file.tracks.append(track)
    file.save(path)


def test_a_folder_of_midi_files_is_read_and_reported(tmp_path: Path):
    midi_of(tmp_path / "slow_blues.mid")
    midi_of(tmp_path / "waltz.mid", 3)
    midi_of(tmp_path / "odd.mid", 5)
    midi_of(tmp_path / "tune.mid", melody=True)
    shutil.copy(tmp_path / "waltz.mid", tmp_path / "waltz again.mid")
    (tmp_path / "broken.mid").write_bytes(b"MThd nothing")
    (tmp_path / "notes.txt").write_text("not music")
    songs, report = read_folder(tmp_path)
    assert [song.name for song in songs] == ["slow_blues", "waltz again"]
    blues = songs[0]
    assert (blues.meter, blues.tempo, len(blues.bars)) == ("4/4", 120.0, 12)
    assert blues.programs == {"drums": 0, "bass": 33, "harmony": 0}
    names = [[int(root), QUALITY_NAMES[quality]] for root, _, quality in blues.chords[:4, 0].tolist()]
    assert names == [[0, "maj"], [5, "maj"], [7, "maj"], [0, "min"]]
    assert (blues.chords[:, :, 0] == blues.chords[:, :1, 0]).all()
    assert np.array_equal(blues.notes[:, 2] % 12, np.zeros(len(blues.notes)))
    assert songs[1].meter == "3/4"
    told = "\n".join(report)
    assert "used      slow_blues.mid: 12 bars of 4/4, 120 BPM" in told
    assert "100% of the notes in the chords found; drums, bass, harmony" in told
    for reason in (
        "not used  broken.mid: it cannot be read as MIDI",
        "not used  odd.mid: its meter is 5/4: 4/4, 3/4 and 6/8 are known",
        "not used  tune.mid: no track of it plays an accompaniment",
        "not used  waltz.mid: it is the same as another file",
        "2 of 6 files can be used: 24 bars",
    ):
        assert reason in told


def test_what_ships_is_trained_on_with_the_files_of_a_user(trained: Path, tmp_path: Path):
    run(trained, "export", 0)
    folder = tmp_path / "files"
    folder.mkdir()
    midi_of(folder / "slow_blues.mid")
    args = argparse.Namespace(
        finetune=folder, work=tmp_path / "work", device="cpu", resume=False, minutes=1.0, steps=4, every=2,
        export=None,
    )  # fmt: skip
    config = tomllib.loads(CONFIG.read_text())["denoiser"]
    target = finetune(args, config, trained / "weights.safetensors")
    assert "1 of 1 files can be used" in (tmp_path / "work" / "report.txt").read_text()
    before, after = Generator.load(trained / "weights.safetensors"), Generator.load(target)
    assert not np.array_equal(before.denoiser.weights["clean.weight"], after.denoiser.weights["clean.weight"])
    assert np.array_equal(before.coders.drums.weights["onset.weight"], after.coders.drums.weights["onset.weight"])
    backend = accompanist_backend(f"diffusion:{target}")
    assert backend.name == "diffusion"
    assert dict(backend.facts)["weights_sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()
    (folder / "slow_blues.mid").write_bytes(b"")
    with pytest.raises(SystemExit, match=r"no MIDI file in .* can be learned from"):
        finetune(args, config, trained / "weights.safetensors")


def test_a_file_that_has_no_weights_in_it_is_refused(tmp_path: Path):
    (tmp_path / "x.safetensors").write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match="has no weights of this accompanist in it: use a file that"):
        Generator.load(tmp_path / "x.safetensors")


def test_codes_that_moved_too_far_are_not_exported(trained: Path, tmp_path: Path):
    shutil.copytree(trained / "run", tmp_path / "run")
    state = torch.load(tmp_path / "run" / "vae-pitched.pt", weights_only=True)
    state["averaged"]["code.bias"] += 5.0
    torch.save(state, tmp_path / "run" / "vae-pitched.pt")
    shutil.copytree(trained / "data", tmp_path / "data")
    with pytest.raises(
        SystemExit, match="of their variance after the denoiser was trained: train the denoiser again"
    ):
        run(tmp_path, "export", 0)


def test_a_coder_that_is_held_near_another_moves_little(trained: Path, tmp_path: Path):
    shutil.copytree(trained / "run", tmp_path / "run")
    config = tomllib.loads(CONFIG.read_text())
    moved = []
    for near in (1e-4, 1e3):
        shutil.copy(trained / "run" / "vae-pitched.pt", tmp_path / "run" / "vae-pitched.pt")
        args = argparse.Namespace(
            data=trained / "data", work=tmp_path / "run", device="cpu", resume=True, minutes=5.0, steps=40,
            anneal=False, every=50, decoder_only=False, near=near,
        )  # fmt: skip
        train_coder(args, config, "pitched")
        newer = torch.load(tmp_path / "run" / "vae-pitched.pt", weights_only=True)["network"]
        moved.append(moved_codes(args, config, "pitched", newer))
    assert moved[1] < 0.5 * moved[0]
