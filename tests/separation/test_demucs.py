"""Demucs's networks: the same sound as from the demucs package, from files that cannot do harm."""

from __future__ import annotations

import copy
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from separation.tiny import SOURCES, save_safetensors, save_th, tiny

from songsmith.audio import Audio
from songsmith.errors import InputError, MissingPart
from songsmith.separation import separate, separator
from songsmith.separation.checkpoints import load_checkpoint
from songsmith.separation.demucs import DemucsSeparator, load_repository
from songsmith.separation.fetching import fetch
from songsmith.separation.locations import PRETRAINED, Pretrained, find_weights
from songsmith.separation.quick import quickened


def noise(frames: int, seed: int = 0) -> Audio:
    samples = 0.2 * np.random.default_rng(seed).standard_normal((2, frames)) + 0.01
    return Audio(samples.astype(np.float32), 44100)


def by_demucs(model: Any, mix: Audio, **asked: Any) -> np.ndarray:
    """Return what the demucs program computes: its api's normalisation around its `apply_model`."""
    from demucs.apply import apply_model

    samples = torch.from_numpy(mix.samples)
    reference = samples.mean(0)
    mean, deviation = reference.mean(), reference.std() + 1e-8
    found = apply_model(model, ((samples - mean) / deviation)[None], shifts=0, overlap=0.25, **asked)[0]
    return (found * deviation + mean).numpy()


def error_db(found: np.ndarray, wanted: np.ndarray) -> float:
    return float(20 * np.log10(np.linalg.norm(found - wanted) / np.linalg.norm(wanted) + 1e-12))


@pytest.mark.parametrize("kind", ["HTDemucs", "HDemucs", "Demucs"])
@pytest.mark.parametrize("frames", [30_000, 200_000, 231_000])
def test_same_as_the_demucs_package(kind: str, frames: int) -> None:
    mix, network = noise(frames), tiny(kind)
    wanted = by_demucs(network, mix)
    engine = DemucsSeparator("tiny", [quickened(copy.deepcopy(network))], "0")
    found = separate(mix, 4, engine, keep_residual=False)
    for name, stem in zip(SOURCES, wanted, strict=True):
        assert error_db(found[name].samples, stem) < -60


def test_a_bag_is_the_same_too() -> None:
    from demucs.apply import BagOfModels

    mix, networks = noise(150_000), [tiny("HTDemucs", 1), tiny("HTDemucs", 2)]
    weights = [[1.0, 0.0, 2.0, 1.0], [1.0, 3.0, 1.0, 0.0]]
    wanted = by_demucs(BagOfModels(copy.deepcopy(networks), weights), mix)
    found = separate(mix, 4, DemucsSeparator("bag", networks, "0", weights), keep_residual=False)
    for name, stem in zip(SOURCES, wanted, strict=True):
        assert error_db(found[name].samples, stem) < -60


@pytest.mark.parametrize(
    "options", [{}, {"t_gelu": False, "t_layer_scale": False}, {"dconv_mode": 3, "rewrite": False}]
)
def test_quickened_computes_the_same(options: dict[str, Any]) -> None:
    network = tiny("HTDemucs", **options)
    mix = torch.randn(1, 2, 66_150)
    with torch.inference_mode():
        wanted = network(mix)
        found = quickened(copy.deepcopy(network))(mix)
    assert error_db(found.numpy(), wanted.numpy()) < -90


def test_six_sources(tmp_path: Path) -> None:
    save_th(tiny(sources=[*SOURCES, "guitar", "piano"]), tmp_path)
    mix, engine = noise(60_000), load_repository(tmp_path)
    six = separate(mix, 6, engine)
    assert tuple(six) == ("vocals", "drums", "bass", "other", "guitar", "piano")
    four = separate(mix, 4, engine)
    together = six["other"].samples + six["guitar"].samples + six["piano"].samples
    np.testing.assert_allclose(four["other"].samples, together, atol=1e-5)
    with pytest.raises(InputError, match=r"5 stems are not what .* can give: use 2, 4 or 6"):
        separate(mix, 5, engine)


def test_files_of_both_kinds(tmp_path: Path) -> None:
    network = tiny()
    mix = torch.randn(1, 2, 66_150)
    with torch.inference_mode():
        wanted = network(mix)
        exact = load_checkpoint(save_safetensors(network, tmp_path / "one.safetensors"))(mix)
        halved = load_checkpoint(save_th(network, tmp_path))(mix)
    assert error_db(exact.numpy(), wanted.numpy()) < -120
    assert error_db(halved.numpy(), wanted.numpy()) < -40


def test_repository_of_a_bag(tmp_path: Path) -> None:
    for number, signature in enumerate(("aaaa1111", "bbbb2222")):
        save_th(tiny(seed=number), tmp_path, signature)
    (tmp_path / "mine.yaml").write_text("models: ['aaaa1111', 'bbbb2222']\nsegment: 1\n")
    engine = separator(str(tmp_path))
    assert (engine.name, engine.segment_s, len(engine.weights_sha256)) == ("mine", 1, 64)
    assert separate(noise(50_000), 2, engine)["vocals"].frames == 50_000


class Harm:
    """What a hostile file does when it is unpickled."""

    def __reduce__(self) -> Any:
        return os.mkdir, ("harmed",)


def test_a_hostile_checkpoint_does_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"klass": Harm(), "state": {}}, tmp_path / "evil.th")
    with pytest.raises(InputError, match=r"evil\.th: is not a checkpoint that is safe to load"):
        load_checkpoint(tmp_path / "evil.th")
    assert not (tmp_path / "harmed").exists()


def test_a_class_that_is_no_network_is_refused(tmp_path: Path) -> None:
    import json

    from safetensors.torch import save_file

    for number, kind in enumerate(("subprocess.Popen", "demucs.apply.BagOfModels")):
        path = tmp_path / f"{number}.safetensors"
        save_file({"a": torch.zeros(1)}, path, {"klass": kind, "args": json.dumps(["ls"]), "kwargs": "{}"})
        with pytest.raises(InputError, match=re.escape(f"{path}: is not a network of Demucs")):
            load_checkpoint(path)
    torch.save({"klass": dict, "state": {}}, tmp_path / "plain.th")
    with pytest.raises(InputError, match=r"safe to load|holds no network"):
        load_checkpoint(tmp_path / "plain.th")


def test_damage_is_told(tmp_path: Path) -> None:
    path = save_th(tiny(), tmp_path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match="is damaged or changed"):
        load_checkpoint(path)
    for name, text in (("text.th", b"not a checkpoint"), ("text.safetensors", b"\xff" * 40), ("empty.th", b"")):
        (tmp_path / name).write_bytes(text)
        with pytest.raises(InputError, match=name):
            load_checkpoint(tmp_path / name)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "holds no checkpoint (.th, .safetensors); name the one bag"),
        ({"a.th": "", "b.th": ""}, "holds a.th, b.th; name the one bag (.yaml) or checkpoint that is wanted"),
        ({"bag.yaml": "models: [../../x]"}, "the checkpoints of ../../x are not beside it"),
        ({"bag.yaml": "models: 7"}, "is not a bag of models; it has 'models: [...]'"),
        ({"bag.yaml": "[" * 5000}, "is not a bag of models"),
        ({"bag.yaml": "!!python/object/apply:os.mkdir [harmed]"}, "is not a bag of models"),
    ],
)
def test_repositories_are_checked(tmp_path: Path, files: dict[str, str], message: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=re.escape(message)):
        load_repository(tmp_path)
    assert not Path("harmed").exists()


def test_segments_are_not_longer_than_trained(tmp_path: Path) -> None:
    engine = load_repository(save_th(tiny(), tmp_path))
    with pytest.raises(InputError, match=re.escape("segments of 4 s are too long for")):
        separate(noise(1000), 4, engine, segment_s=4)


def test_fetch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a place that is not the network: what comes is checked, kept, and found again."""
    server, cache = tmp_path / "server", tmp_path / "cache"
    (server / "models").mkdir(parents=True)
    for name in ("SONGSMITH_CACHE", "TORCH_HOME", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(cache))
    path = save_th(tiny(), server / "models")
    monkeypatch.setitem(PRETRAINED, "htdemucs", Pretrained((f"models/{path.name}",)))
    assert find_weights("htdemucs") is None
    told: list[float] = []
    files = fetch("htdemucs", told.append, url=f"file://{server}/")
    assert told[-1] == 1.0
    assert find_weights("htdemucs") == files == fetch("htdemucs", url="file:///nowhere/")
    assert separator().name == "htdemucs"
    files[0].unlink()
    path.write_bytes(b"something else")
    with pytest.raises(MissingPart, match="what came is not the file"):
        fetch("htdemucs", url=f"file://{server}/")
    with pytest.raises(MissingPart, match="cannot be fetched"):
        fetch("htdemucs", url="file:///nowhere/")
    assert [one.name for one in files[0].parent.iterdir()] == []
    with pytest.raises(InputError, match="there is nothing called 'x' to fetch: use one of htdemucs, htdemucs_ft"):
        fetch("x")


def test_the_list_is_that_of_the_package() -> None:
    import demucs
    import yaml

    remote = Path(demucs.__file__).parent / "remote"
    listed = remote.joinpath("files.txt").read_text()
    for name, model in PRETRAINED.items():
        bag = yaml.safe_load((remote / f"{name}.yaml").read_text())
        assert bag["models"] == list(model.signatures)
        assert bag.get("segment") == model.segment_s
        assert bool(bag.get("weights")) == bool(model.only)
        for file in model.files:
            folder, _, plain = file.partition("/")
            assert plain in listed.split()
            assert f"root: {folder}/" in listed
