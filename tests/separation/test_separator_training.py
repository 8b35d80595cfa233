"""What `songsmith-mini` learns from is what it is measured by: shortcuts against the plain sums."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from evaluate_separation import sdr_db as measured_sdr_db
from train_separator import (
    CLIP,
    FRAMES,
    LINES_OF,
    Songs,
    draw,
    errors,
    grouped,
    grow,
    loss_of,
    normalise,
    products,
    sdr_db,
)

from songsmith.separation.bands import BAND_VALUES, BANDS, LINES, USED_LINES, VALUES
from songsmith.separation.network import BandNetwork, Shape
from songsmith.separation.spectra import sound, spectrum, to_lines, to_values, wiener


def clips(batch: int = 1) -> torch.Tensor:
    random = np.random.default_rng(0)
    rough = random.standard_normal((batch, 4, 2, CLIP)) * 10 ** random.uniform(-2, 0, (batch, 4, 1, 1))
    return torch.from_numpy(rough.astype(np.float32))


def test_products_give_every_mixture_of_the_sources() -> None:
    sources = clips()
    energies, mixed, shared, alone = draw(products(sources), np.random.default_rng(0), plain=True)
    window = torch.hann_window(2 * (LINES - 1))
    spectra = torch.fft.rfft(sources.unfold(-1, 4096, 1024) * window)[..., :USED_LINES] / 2048
    mixture = spectra.sum(1)
    scale = energies[:, :2].mul(LINES_OF).sum() / grouped(mixture.abs() ** 2).sum()
    masks = torch.rand(1, FRAMES, 4, VALUES)
    widths = LINES_OF.long()
    wide = masks.repeat_interleave(widths, -1).transpose(1, 2)[:, :, None]
    direct = grouped((wide * mixture[:, None] - spectra).abs() ** 2).sum(2).transpose(1, 2) * scale
    torch.testing.assert_close(errors(masks, mixed, shared, alone), direct, rtol=2e-3, atol=1e-4)
    middle = grouped(((mixture[:, 0] + mixture[:, 1]) / 2).abs() ** 2) / LINES_OF * scale
    torch.testing.assert_close(energies[:, 2], middle, rtol=1e-3, atol=1e-5)


def test_the_ratio_while_training_is_that_of_the_sound() -> None:
    """Over whole spectra the energy of an error is that of its sound, but for the windows at both ends."""
    sources = clips(2)
    drawn = draw(products(sources), np.random.default_rng(0), plain=True)
    found = sdr_db(1.0, *drawn[1:])
    for row, stems in zip(found, sources.numpy(), strict=True):
        wanted = [measured_sdr_db(stem, stems.sum(0)) for stem in stems]
        np.testing.assert_allclose(row, wanted, atol=0.5)


def test_masks_sum_to_one() -> None:
    masks = BandNetwork().train(False)(torch.rand(2, 4, 8, VALUES))
    assert masks.shape == (2, 8, 4, VALUES)
    torch.testing.assert_close(masks.sum(2), torch.ones(2, 8, VALUES))


SMALL = Shape(widths=(8, 8, 16), dilations=(1,), later=(2,), units=8)


@pytest.mark.parametrize(
    "larger",
    [
        Shape(widths=(8, 8, 16), dilations=(1,), later=(2, 1, 4), units=8),
        Shape(widths=(12, 16, 24), dilations=(1,), later=(2,), units=24),
        Shape(),
    ],
    ids=["deeper", "wider", "shipped"],
)
def test_a_grown_network_does_what_the_small_one_did(larger: Shape) -> None:
    """All that was learned stays, and all that is new can learn."""
    torch.manual_seed(1)
    small = BandNetwork(SMALL)
    for value in small.parameters():
        torch.nn.init.normal_(value, 0.0, 0.1)
    if larger == Shape():
        larger = Shape(dilations=SMALL.dilations)
    large = BandNetwork(larger)
    grow(large, small.state_dict())
    heard = torch.rand(1, 4, 16, VALUES) ** 3
    torch.testing.assert_close(large.eval()(heard), small.eval()(heard), atol=1e-5, rtol=1e-4)
    large.train()(heard)[:, :, 0].mean().backward()
    still = [name for name, value in large.named_parameters() if value.grad is None]
    assert still == []


def test_music_of_one_recording_is_judged_as_one() -> None:
    """How the masks share it among drums, bass and all else is of no account."""
    sources = clips(2)
    sources[:, :2] = 0.0
    _, *drawn = draw(products(sources), np.random.default_rng(0), plain=True)
    voice = torch.rand(2, FRAMES, 1, VALUES)
    whole = torch.tensor([True, True])
    losses = []
    for seed in range(3):
        torch.manual_seed(seed)
        shares = torch.rand(2, FRAMES, 3, VALUES).softmax(2)
        masks = torch.cat([shares * (1 - voice), voice], 2)
        losses.append(loss_of(masks, *drawn, 0.5, whole).item())
    assert max(losses) - min(losses) < 1e-4
    perfect = (drawn[2] / drawn[0].clamp_min(1e-9)).clamp(0, 1)
    assert loss_of(perfect, *drawn, 0.5, whole).item() < min(losses)


def test_voices_and_music_join_the_songs(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    frames = 2 * CLIP
    np.save(tmp_path / "00000.npy", random.integers(-3000, 3000, (4, 2, frames), np.int16))
    np.save(tmp_path / "voice-a.npy", random.integers(-3000, 3000, (1, 2, frames), np.int16))
    np.save(tmp_path / "music-a.npy", np.full((1, 2, frames), 7777, np.int16))
    songs = Songs(tmp_path, 0)
    songs.refresh()
    assert [len(songs.songs), len(songs.voices), len(songs.music)] == [1, 1, 1]
    kinds = set()
    for _ in range(40):
        clip, whole = songs.clip()
        kinds.add(whole)
        assert clip.shape == (4, 2, CLIP)
        assert np.abs(clip[3]).max() > 0.01
        is_music = np.allclose(clip[2], 7777 / 32768, atol=1e-4)
        assert is_music == whole == (not clip[:2].any())
    assert kinds == {True, False}
    normalise(BandNetwork(SMALL), songs)


def test_bands_tile() -> None:
    assert (sum(BAND_VALUES), len(BAND_VALUES)) == (VALUES, BANDS)
    lines = torch.rand(3, LINES, 5)
    values = to_values(lines)
    back = to_lines(values)
    assert back.shape == lines.shape
    torch.testing.assert_close(to_values(back), values)


def test_there_and_back() -> None:
    samples = torch.randn(2, 50_001)
    torch.testing.assert_close(sound(spectrum(samples), 50_001), samples, atol=1e-5, rtol=1e-4)


def test_wiener_keeps_the_mixture_and_finds_sides() -> None:
    """Two sources at opposite sides come apart by their place where the masks know nothing."""
    torch.manual_seed(0)
    left, right = torch.randn(2, 60_000)
    places = torch.tensor([[1.0, 0.1], [0.1, 1.0]])
    sources = torch.stack([places[0][:, None] * left, places[1][:, None] * right])
    mixture = spectrum(sources.sum(0))
    own = torch.stack([spectrum(source).abs().square().sum(0) for source in sources])
    masks = own / own.sum(0)
    found = wiener(mixture, masks)
    torch.testing.assert_close(found.sum(0), mixture, atol=1e-4, rtol=1e-4)
    plain = masks[:, None] * mixture
    wanted = torch.stack([spectrum(source) for source in sources])
    assert (found - wanted).abs().square().sum() < 0.7 * (plain - wanted).abs().square().sum()
