"""Train `songsmith-mini`: python scripts/train_separator.py STEMS --work SCRATCH [--out FILE]

STEMS is a folder of songs that scripts/separation_stems.py rendered, and of voices and music that
scripts/separation_recordings.py gathered; it may still grow. Training stops after `--minutes` of processor time, the
learning rate falls over the last half of them; checkpoints are written to `--work` every three minutes and `--resume`
goes on from there (with new `--minutes`). One CPU thread is enough; `--device` is taken too. `--grow` begins with
what a smaller network has learned.

Sources are cut from random songs and places, mostly each from its own, at a random speed, side and polarity. What the
loss and the network need of a mixture of them are products of their spectra two by two, so that gains, equalisers,
places and polarities are drawn again several times on the same spectra at next to no cost.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import save_file
from torch import Tensor

from songsmith.separation.bands import FFT_SIZE, GROUPS, HOP, VALUES
from songsmith.separation.network import SOURCES, BandNetwork, Shape

FRAMES = 128
CLIP = FFT_SIZE + HOP * (FRAMES - 1)
COUNT = len(SOURCES)
MUSIC_SHARE, VOICE_SHARE = 0.2, 0.3  # of clips with recorded music in place of all but the voice; with a voice alone
PAIRS = [(i, j) for i in range(COUNT) for j in range(i, COUNT)]


def grouped(lines: Tensor) -> Tensor:
    """Return the sums over the lines of each value, `[..., 628]`."""
    parts, place = [], 0
    for count, width in GROUPS:
        part = lines[..., place : place + count * width]
        parts.append(part.reshape(*part.shape[:-1], count, width).sum(-1) if width > 1 else part)
        place += count * width
    return torch.cat(parts, -1)


LINES_OF = torch.cat([torch.full((count,), float(width)) for count, width in GROUPS])


def products(clips: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return what sources have in common in the left, in the right and between them.

    `clips` is `[batch, 4 sources, 2, CLIP]`; the products are `[batch, 4, 4, frames, values]`, real parts.
    """
    batch = clips.shape[0]
    window = torch.hann_window(FFT_SIZE, device=clips.device)
    spectra = torch.fft.rfft(clips.unfold(-1, FFT_SIZE, HOP) * window)  # [batch, source, side, frames, lines]
    lines = sum(count * width for count, width in GROUPS)
    spectra = spectra[..., :lines] * (2.0 / FFT_SIZE)
    left, right = torch.view_as_real(spectra[:, :, 0]), torch.view_as_real(spectra[:, :, 1])

    def both(a: Tensor, b: Tensor) -> Tensor:
        return grouped((a[..., 0] * b[..., 0]).addcmul_(a[..., 1], b[..., 1]))

    shape = (batch, COUNT, COUNT, FRAMES, VALUES)
    found = [torch.empty(shape, device=clips.device) for _ in range(3)]
    for i, j in PAIRS:
        for side, place in ((left, 0), (right, 1)):
            found[place][:, i, j] = both(side[:, i], side[:, j])
            found[place][:, j, i] = found[place][:, i, j]
    for i in range(COUNT):
        for j in range(COUNT):
            found[2][:, i, j] = both(left[:, i], right[:, j])
    return found[0], found[1], found[2]


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """A file to cut from: `[sources, 2, frames]` int16, and which of the four sources are in it.

    Of a file that holds one row, the row is a voice, or (`music`) drums, bass and all else in one.
    """

    samples: npt.NDArray[np.int16]
    rows: tuple[int | None, ...]
    music: bool = False


def recording(path: Path) -> Recording:
    """Return a file of `scripts/separation_stems.py`; of those with one row, the name says what is in it."""
    samples = np.load(path, mmap_mode="r")
    if len(samples) == COUNT:
        heard = [row if np.abs(samples[row, 0, ::50]).max() > 300 else None for row in range(COUNT)]
        return Recording(samples, tuple(heard))
    music = path.stem.startswith("music")
    return Recording(samples, (None, None, 0, None) if music else (None, None, None, 0), music)


class Songs:
    """Random cuts of the songs in a folder; songs that join later are found."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.random = np.random.default_rng(seed)
        self.known: dict[Path, Recording] = {}
        self.songs: list[Recording] = []
        self.voices: list[Recording] = []
        self.music: list[Recording] = []
        self.looked = 0.0

    def refresh(self) -> None:
        if time.time() - self.looked > 60:
            for path in sorted(self.folder.glob("*.npy")):
                if path not in self.known:
                    self.known[path] = recording(path)
            found = list(self.known.values())
            self.songs = [one for one in found if len(one.samples) == COUNT]
            self.voices = [one for one in found if one.rows == (None, None, None, 0)]
            self.music = [one for one in found if one.music]
            self.looked = time.time()

    def cut(self, song: npt.NDArray[np.int16], source: int, share: float, speed: float) -> npt.NDArray[np.float32]:
        wanted = math.ceil(CLIP * speed) + 2
        start = int(share * (song.shape[2] - wanted))
        samples = song[source, :, start : start + wanted].astype(np.float32) / 32768
        if speed != 1.0:
            places = np.arange(CLIP) * speed
            whole = places.astype(np.int64)
            rest = (places - whole).astype(np.float32)
            samples = samples[:, whole] * (1 - rest) + samples[:, whole + 1] * rest
        return samples[:, :CLIP]

    def anywhere(self, source: int, found: list[Recording]) -> npt.NDArray[np.float32]:
        """Return a source from somewhere, at some speed; one that is silent there is looked for elsewhere."""
        random = self.random
        for _ in range(4):
            song, share = found[int(random.integers(len(found)))], random.random()
            speed = float(2 ** random.uniform(-0.35, 0.35)) if random.random() < 0.5 else 1.0
            row = song.rows[source]
            if row is not None:
                cut = self.cut(song.samples, row, share, speed)
                if float(np.abs(cut).max()) > 0.01:
                    return cut
        return np.zeros((2, CLIP), np.float32)

    def clip(self) -> tuple[npt.NDArray[np.float32], bool]:
        """Return `[4, 2, CLIP]`, the sources of one song at one place, or each from somewhere; and what `other` is.

        The second is true where drums, bass and all else are one recording, which is then in place of `other`.
        """
        random = self.random
        out = np.zeros((COUNT, 2, CLIP), np.float32)
        together, real, voiced = random.random(3) < (0.45, MUSIC_SHARE, VOICE_SHARE)
        real, voiced = bool(real and self.music), bool(voiced and self.voices)
        song, share = self.songs[int(random.integers(len(self.songs)))], random.random()
        speed = float(2 ** random.uniform(-0.35, 0.35)) if random.random() < 0.5 else 1.0
        for source in range(COUNT):
            voice = source == COUNT - 1
            if real and not voice:
                if source == COUNT - 2:
                    out[source] = self.anywhere(source, self.music)
            elif voice and voiced:
                out[source] = self.anywhere(source, self.voices)
            elif together and not real:
                out[source] = self.cut(song.samples, source, share, speed)
            else:
                out[source] = self.anywhere(source, self.songs)
            if random.random() < 0.5:
                out[source] = out[source, ::-1]
        return out, real


def curves(random: np.random.Generator, shape: tuple[int, ...], depth_db: float) -> Tensor:
    """Return smooth random gains over the values, `[*shape, 1, values]`."""
    places = np.log(np.cumsum(LINES_OF.numpy()))
    places = places / places[-1]
    waves = np.arange(1, 5)
    amounts = random.normal(0, depth_db, (*shape, 4)) / np.sqrt(waves)
    phases = random.uniform(0, 2 * np.pi, (*shape, 4))
    level = (amounts[..., None] * np.cos(np.pi * waves[:, None] * places + phases[..., None])).sum(-2)
    return torch.from_numpy(10 ** (level / 20)).float()[..., None, :]


def draw(
    found: tuple[Tensor, Tensor, Tensor], random: np.random.Generator, plain: bool = False
) -> tuple[Tensor, ...]:
    """Return a mixture of the sources with drawn gains: energies for the network, and `a`, `r`, `s` for the loss."""
    left, right, across = found
    batch, device = left.shape[0], left.device
    if plain:
        gains_left = gains_right = torch.ones(batch, COUNT, 1, 1, device=device)
    else:
        level = 10 ** (random.uniform(-9, 6, (batch, COUNT)) / 20) * (random.random((batch, COUNT)) > 0.07)
        level = level * np.sign(random.random((batch, COUNT)) - 0.5)
        place = np.clip(random.normal(0, 0.2, (batch, COUNT)), -0.9, 0.9) * (random.random((batch, COUNT)) < 0.3)
        curve = curves(random, (batch, COUNT), 3.0).to(device)
        if random.random() < 0.3:  # a dull recording
            cut = int(random.integers(330, VALUES))
            curve[..., cut:] *= 0.02
        angle = (place + 1) * np.pi / 4
        side = [torch.from_numpy(level * math.sqrt(2) * f(angle)).float().to(device) for f in (np.cos, np.sin)]
        side = [gain[..., None, None] for gain in side]
        gains_left, gains_right = side[0] * curve, side[1] * curve
    rows_left = torch.einsum("bijtv,bjxv->bitv", left, gains_left.expand(-1, -1, 1, VALUES)) * gains_left
    rows_right = torch.einsum("bijtv,bjxv->bitv", right, gains_right.expand(-1, -1, 1, VALUES)) * gains_right
    rows_across = torch.einsum("bijtv,bjxv->bitv", across, gains_right.expand(-1, -1, 1, VALUES)) * gains_left
    diagonal = torch.arange(COUNT, device=device)
    own = left[:, diagonal, diagonal] * gains_left**2 + right[:, diagonal, diagonal] * gains_right**2
    in_left, in_right, between = rows_left.sum(1), rows_right.sum(1), rows_across.sum(1)
    energy = ((in_left + in_right).sum(-1).mean(-1) / (2 * VALUES)).clamp_min(1e-9)[:, None, None]
    noise = torch.zeros(batch, 1, 1, device=device)
    if not plain:
        wanted = 10.0 ** random.uniform(-7.5, -3, (batch, 1, 1)) * (random.random((batch, 1, 1)) < 0.5)
        noise = torch.from_numpy(wanted).float().to(device)
    lines = LINES_OF.to(device)
    scale = 1.0 / energy
    signals = [in_left, in_right, (in_left + in_right) / 4 + between / 2, (in_left + in_right) / 4 - between / 2]
    energies = torch.stack([(signal * scale / lines).clamp_min(0) + noise for signal in signals], 1)
    if not plain:
        energies = energies * torch.from_numpy(10 ** random.uniform(-0.3, 0.3, (batch, 1, 1, 1))).float().to(device)
        if random.random() < 0.5:
            energies = energies[:, [1, 0, 2, 3]]
    mixed = (in_left + in_right) * scale + 2 * noise * lines
    shared = (rows_left + rows_right).transpose(1, 2) * scale[:, None]
    alone = own.transpose(1, 2) * scale[:, None]
    return energies, mixed[:, :, None], shared, alone


def errors(masks: Tensor, mixed: Tensor, shared: Tensor, alone: Tensor) -> Tensor:
    """Return the energy of what a masked mixture is off each source, `[batch, frames, 4, values]`."""
    return torch.clamp_min(masks * (masks * mixed - 2 * shared) + alone, 0.0)


def loss_of(
    masks: Tensor, mixed: Tensor, shared: Tensor, alone: Tensor, share: float, whole: Tensor | None = None
) -> Tensor:
    """Return what is to become small: a share of the amplitude of the errors, the rest the logarithm of their energy.

    Both are taken for each source in proportion to its own and the mixture's loudness. The first alone makes masks
    nearly 0 or 1, which is too bold by the measure of energy where the network is not sure. Where `whole` is true,
    all but the voice is one recording, and the masks of its sources are added.
    """
    counts = torch.ones(masks.shape[0], COUNT, device=masks.device)
    if whole is not None:
        first, last = masks.split([COUNT - 1, 1], 2)
        joined = torch.cat([torch.zeros_like(first[:, :, 1:]), first.sum(2, keepdim=True), last], 2)
        masks = torch.where(whole[:, None, None, None], joined, masks)
        counts = torch.where(whole[:, None], counts * counts.new_tensor([0.0, 0.0, 1.5, 1.5]), counts)
    energy = errors(masks, mixed, shared, alone)
    off = (energy + 1e-5).sqrt().mean((1, 3))
    own, all_own = alone.sqrt().mean((1, 3)), mixed.clamp_min(0).sqrt().mean((1, 3))
    amplitude = (counts * off / (own + 0.2 * all_own + 1e-3)).mean()
    reference = alone.mean((1, 3)) + 0.01 * mixed.mean((1, 3))
    logarithm = (counts * torch.log(energy.mean((1, 3)) / (reference + 1e-4) + 0.01)).mean()
    return share * amplitude + 0.3 * (1 - share) * logarithm


def sdr_db(masks: Tensor | float, mixed: Tensor, shared: Tensor, alone: Tensor) -> npt.NDArray[np.float64]:
    """Return the signal-to-distortion ratio of each clip and source in dB, `[batch, 4]`."""
    off = errors(masks if isinstance(masks, Tensor) else torch.tensor(masks), mixed, shared, alone)
    ratio = alone.sum((1, 3)) / off.sum((1, 3)).clamp_min(1e-9)
    return np.asarray(10 * torch.log10(ratio.clamp_min(1e-9)).numpy(), np.float64)


def batches(songs: Songs, clips: int, batch: int, uses: int, device: str) -> Iterator[tuple[Tensor, ...]]:
    """Yield mixtures without end: `clips` clips at a time, each used `uses` times with other gains."""
    while True:
        songs.refresh()
        drawn_clips = [songs.clip() for _ in range(clips)]
        cut = torch.from_numpy(np.stack([clip for clip, _ in drawn_clips])).to(device)
        whole = torch.tensor([real for _, real in drawn_clips]).to(device)
        with torch.no_grad():
            found = products(cut)
        for _ in range(uses):
            order = songs.random.permutation(clips)
            for first in range(0, clips, batch):
                some = torch.from_numpy(order[first : first + batch]).to(device)
                with torch.no_grad():
                    drawn = draw((found[0][some], found[1][some], found[2][some]), songs.random)
                yield (*drawn, whole[some])


class Muon(torch.optim.Optimizer):
    """Momentum whose step on a matrix is made orthogonal by five Newton-Schulz iterations.

    Source: Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024.
    """

    def __init__(self, parameters: list[Tensor], lr: float, kind: torch.dtype, momentum: float = 0.95) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "kind": kind})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(weight)
                state["momentum"].lerp_(weight.grad, 1 - group["momentum"])
                step = weight.grad.lerp(state["momentum"], group["momentum"]).reshape(len(weight), -1)
                tall = step.shape[0] > step.shape[1]
                x = step.T if tall else step
                x = (x / (x.norm() + 1e-7)).to(group["kind"])
                for _ in range(5):
                    square = x @ x.T
                    x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
                step = (x.T if tall else x).float() * max(1.0, step.shape[0] / step.shape[1]) ** 0.5
                weight.add_(step.reshape(weight.shape), alpha=-group["lr"])


def optimizers_of(network: BandNetwork, rate: float, kind: torch.dtype) -> list[torch.optim.Optimizer]:
    """Return Muon for the matrices inside the network, AdamW for its ends, norms and biases."""
    inside, ends = [], []
    for name, value in network.named_parameters():
        end = name.startswith(("enter.", "leave.", "direct.", "from_")) or value.ndim < 2
        (ends if end else inside).append(value)
    return [Muon(inside, 10 * rate, kind), torch.optim.AdamW(ends, rate, (0.9, 0.98), weight_decay=1e-3)]


def grow(network: BandNetwork, small: dict[str, Tensor]) -> None:
    """Give a network what a smaller one knows, so that it does the same at first.

    Channels that are new start as drawn and go nowhere yet; later blocks start by changing nothing.

    Source: Chen, Goodfellow & Shlens, "Net2Net: Accelerating Learning via Knowledge Transfer", ICLR 2016.
    """
    for name, large in network.state_dict().items():
        old = small.get(name)
        if old is None:
            if name.startswith("direct."):
                large.zero_()
            continue
        if old.shape == large.shape:
            large.copy_(old)
            continue
        if name == "hidden.weight":  # two inputs of the fine scale's channels one after the other
            half, wide = old.shape[1] // 2, large.shape[1] // 2
            large[: len(old)] = 0.0
            large[: len(old), :half] = old[:, :half]
            large[: len(old), wide : wide + half] = old[:, half:]
            continue
        if old.ndim >= 2:
            into = 0 if name.startswith("from_") else 1  # transposed convolutions have their inputs first
            new = large.narrow(into, old.shape[into], large.shape[into] - old.shape[into])
            new.narrow(1 - into, 0, old.shape[1 - into]).zero_()
        large[tuple(slice(size) for size in old.shape)] = old


def normalise(network: BandNetwork, songs: Songs) -> None:
    """Set the mean and spread of the features from a few mixtures."""
    source = batches(songs, 8, 8, 2, "cpu")
    with torch.no_grad():
        features = torch.cat([network.features(next(source)[0]) for _ in range(4)])
        network.mean.copy_(features.mean((0, 2)))
        network.deviation.copy_(features.std((0, 2)).clamp_min(0.02))


def validation(folder: Path | None, clips: int) -> list[tuple[Tensor, ...]]:
    """Return mixtures as they are from the middle of held-out songs."""
    found = []
    for path in sorted(folder.glob("*.npy"))[:clips] if folder else []:
        song = np.load(path, mmap_mode="r")
        for share in (0.3, 0.6):
            start = int(share * (song.shape[2] - CLIP))
            clip = torch.from_numpy(song[:, :, start : start + CLIP].astype(np.float32) / 32768)[None]
            power = clip.square().mean((-2, -1), keepdim=True)
            clip = torch.where(power > 1e-8, clip * 0.1 / power.clamp_min(1e-8).sqrt(), clip)
            found.append(draw(products(clip), np.random.default_rng(0), plain=True))
    return found


def judge(network: BandNetwork, held_out: list[tuple[Tensor, ...]]) -> str:
    """Return the median gains over the mixture's own ratio, a source each, as text."""
    network.eval()
    gains = []
    with torch.no_grad():
        for energies, mixed, shared, alone in held_out:
            gain = sdr_db(network(energies), mixed, shared, alone) - sdr_db(1.0, mixed, shared, alone)
            gains.append(np.where(alone.sum((1, 3)).numpy() > 1.0, gain, np.nan))
    network.train()
    medians = np.nanmedian(np.concatenate(gains), 0)
    return " ".join(f"{name} {median:+.1f}" for name, median in zip(SOURCES, medians, strict=True))


def main() -> None:
    """Train until the time is up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stems", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--held-out", type=Path, help="folder of songs to judge by while training")
    parser.add_argument("--minutes", type=float, default=60, help="of processor time")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--amplitude", type=float, default=0.5, help="weight of the amplitude in the loss")
    parser.add_argument("--fall", type=float, default=0.5, help="share of the time over which the rate falls")
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--clips", type=int, default=8, help="clips cut at a time")
    parser.add_argument("--uses", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--grow", type=Path, help="checkpoint of a smaller network to begin from")
    parser.add_argument("--bfloat16", action="store_true", help="half the time on a processor that has it")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    arguments.work.mkdir(parents=True, exist_ok=True)
    checkpoint = arguments.work / "checkpoint.pt"
    network = BandNetwork(Shape())
    songs = Songs(arguments.stems, arguments.seed)
    songs.refresh()
    step = 0
    state = torch.load(checkpoint, weights_only=True) if arguments.resume and checkpoint.exists() else None
    if state is None and arguments.grow:
        small = torch.load(arguments.grow, weights_only=True)
        grow(network, small["average"])
        step = int(small["step"])
    elif state is None:
        normalise(network, songs)
    else:
        network.load_state_dict(state["network"])
        step = int(state["step"])
        songs.random = np.random.default_rng([arguments.seed, step])
    network.to(arguments.device, memory_format=torch.channels_last)
    kind = torch.bfloat16 if arguments.bfloat16 else torch.float32
    average = {name: value.clone() for name, value in network.state_dict().items()}
    optimizers = optimizers_of(network, arguments.rate, kind)
    rates = [optimizer.param_groups[0]["lr"] for optimizer in optimizers]
    if state is not None:
        average = {name: value.to(arguments.device) for name, value in state["average"].items()}
        for optimizer, kept in zip(optimizers, state.get("optimizers", ()), strict=False):
            optimizer.load_state_dict(kept)
    saved = told = time.time()
    started = time.process_time()
    running: list[float] = []
    sizes = (arguments.clips, arguments.batch, arguments.uses)
    begun = step
    for energies, mixed, shared, alone, whole in batches(songs, *sizes, arguments.device):
        share = (time.process_time() - started) / (60 * arguments.minutes)
        factor = min(1.0, (step - begun + 1) / 60) * min(1.0, max(0.02, (1.0 - share) / arguments.fall))
        for optimizer, rate in zip(optimizers, rates, strict=True):
            optimizer.param_groups[0]["lr"] = rate * factor
        with torch.autocast(torch.device(arguments.device).type, kind, enabled=arguments.bfloat16):
            masks = network(energies)
        loss = loss_of(masks.float(), mixed, shared, alone, arguments.amplitude, whole)
        if not math.isfinite(loss.item()):
            print(f"step {step}: the loss is {loss.item()}; mixture put aside", flush=True)
            continue
        network.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        step += 1
        keep = min(0.997, 1 - 1 / (1 + (step - begun) / 4))
        for name, value in network.state_dict().items():
            if value.dtype.is_floating_point:
                average[name].lerp_(value.float(), 1 - keep)
            else:
                average[name].copy_(value)
        running.append(loss.item())
        if time.time() - told > 60 or share >= 1:
            there = f"{len(songs.songs)} songs, {len(songs.voices)} voices, {len(songs.music)} pieces"
            print(f"{time.process_time() - started:.0f} s, step {step}, rate {factor:.2f}, "
                  f"loss {np.mean(running):.4f}, {there}", flush=True)  # fmt: skip
            running, told = [], time.time()
        if time.time() - saved > 180 or share >= 1:
            save(arguments, checkpoint, network, average, optimizers, step)
            saved = time.time()
        if share >= 1:
            break


def save(arguments: argparse.Namespace, checkpoint: Path, network: BandNetwork, average: dict[str, Tensor],
         optimizers: list[torch.optim.Optimizer], step: int) -> None:  # fmt: skip
    """Write a checkpoint and the averaged weights, and say how good these are on the held-out songs."""
    temporary = checkpoint.with_suffix(".part")
    states = [optimizer.state_dict() for optimizer in optimizers]
    torch.save({"network": network.state_dict(), "average": average, "optimizers": states, "step": step}, temporary)
    temporary.rename(checkpoint)
    half = {
        name: (value.half() if value.dtype.is_floating_point else value).contiguous().cpu()
        for name, value in average.items()
        if not name.endswith("num_batches_tracked")
    }
    target = arguments.out or arguments.work / "mini.safetensors"
    save_file(half, target.with_suffix(".part"), {"step": str(step)})
    target.with_suffix(".part").rename(target)
    held_out = validation(arguments.held_out, 10)
    if held_out:
        smooth = BandNetwork(Shape())
        smooth.load_state_dict({name: value.cpu() for name, value in average.items()})
        print(f"step {step}: gains over the mixture in dB: {judge(smooth, held_out)}", flush=True)


if __name__ == "__main__":
    main()
