"""Short-time spectra of a segment and back, and the Wiener filter that shares a mixture between its sources.

Spectra are `[channels, lines, frames]` complex; a frame is centred on its time, the sound taken as silent outside.
"""

from __future__ import annotations

import torch
from torch import Tensor

from songsmith.separation.bands import FFT_SIZE, GROUPS, HOP, LINES, USED_LINES

REGULAR = 1e-3


def spectrum(samples: Tensor) -> Tensor:
    """Return the spectra of `[channels, frames]`, scaled so that a sine of amplitude 1 has about 0.5."""
    window = torch.hann_window(FFT_SIZE)
    return torch.stft(samples, FFT_SIZE, HOP, window=window, pad_mode="constant", return_complex=True) * (
        2 / FFT_SIZE
    )


def sound(spectra: Tensor, frames: int) -> Tensor:
    """Return the sound of spectra `[..., lines, frames]`, so many frames long."""
    window = torch.hann_window(FFT_SIZE)
    flat = spectra.reshape(-1, *spectra.shape[-2:])
    samples = torch.stack([torch.istft(one, FFT_SIZE, HOP, window=window, length=frames) for one in flat])
    return samples.mul_(FFT_SIZE / 2).reshape(*spectra.shape[:-2], frames)


def to_values(energies: Tensor) -> Tensor:
    """Return the mean energy of the lines of each value: `[..., lines, frames]` to `[..., values, frames]`."""
    parts, place = [], 0
    for count, width in GROUPS:
        part = energies[..., place : place + count * width, :]
        parts.append(part.reshape(*part.shape[:-2], count, width, part.shape[-1]).mean(-2) if width > 1 else part)
        place += count * width
    return torch.cat(parts, -2)


def to_lines(values: Tensor) -> Tensor:
    """Return a value for every line: `[..., values, frames]` to `[..., lines, frames]`."""
    parts, place = [], 0
    for count, width in GROUPS:
        parts.append(values[..., place : place + count, :].repeat_interleave(width, -2))
        place += count
    parts.append(parts[-1][..., -1:, :].expand(*values.shape[:-2], LINES - USED_LINES, values.shape[-1]))
    return torch.cat(parts, -2)


def wiener(mixture: Tensor, masks: Tensor) -> Tensor:
    """Return the sources of a stereo mixture, `[sources, 2, lines, frames]`, by where they stand between the sides.

    One step of expectation and maximisation: what the masks give is taken for each source's energy in every line and
    frame and for its covariance between left and right in every line; the mixture is then shared by both.

    Source: Nugraha, Liutkus & Vincent, "Multichannel Audio Source Separation with Deep Neural Networks", 2016.

    Parameters
    ----------
    mixture : `[2, lines, frames]`
    masks : `[sources, lines, frames]`, the share of each source in the energy, 0 to 1
    """
    left, right = mixture[0], mixture[1]
    in_left, in_right = left.real**2 + left.imag**2, right.real**2 + right.imag**2
    between = left * right.conj()
    power = masks * ((in_left + in_right) * 0.5)  # of each source, [sources, lines, frames]
    whole = power.sum(-1).clamp_min(1e-12)
    cov_left = ((masks * in_left).sum(-1) / whole)[..., None]
    cov_right = ((masks * in_right).sum(-1) / whole)[..., None]
    cov_between = torch.stack([(mask * between).sum(-1) for mask in masks]).div_(whole)[..., None]
    all_left = (power * cov_left).sum(0)
    all_right = (power * cov_right).sum(0)
    all_between = torch.zeros_like(between)
    for energy, covariance in zip(power, cov_between, strict=True):
        all_between += energy * covariance
    floor = REGULAR * (all_left + all_right) + 1e-12  # sides that are alike leave the rest to rounding
    all_left, all_right = all_left + floor, all_right + floor
    determinant = (all_left * all_right - (all_between.real**2 + all_between.imag**2)).clamp_min(1e-24)
    solved_left = (all_right * left - all_between * right) / determinant
    solved_right = (all_left * right - all_between.conj() * left) / determinant
    sources = mixture.new_empty((len(masks), *mixture.shape))  # the largest of all: nothing more of its size is made
    rest = mixture.clone()
    for index, energy in enumerate(power):
        between = cov_between[index]
        sources[index, 0] = (cov_left[index] * solved_left).add_(between * solved_right).mul_(energy)
        sources[index, 1] = (between.conj() * solved_left).add_(cov_right[index] * solved_right).mul_(energy)
        rest -= sources[index]
    for index, mask in enumerate(masks):
        sources[index] += mask * rest
    return sources
