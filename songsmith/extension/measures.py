"""What is heard at a seam, measured on the sound: tempo, phase of the beat, loudness, and whether it clicks.

Tempo and phase come from attacks: after which time bars are most like themselves, and by how much the bars after a
seam stand off those before it; where bars are not alike there is no telling. A step or a spectral flux is the largest
within a join; it is set against the 99th percentile of the largest in stretches of that length inside the recording.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from songsmith.audio import Audio
from songsmith.extension.joins import FADE_S, attacks_of
from songsmith.mixing.loudness import loudness_lufs

Curve = npt.NDArray[np.float64]

HOP_S = 0.001
BARS = 4
SLOWER = 0.02
ALIKE = 0.25
"""Bars whose attacks are less alike than this tell no tempo and no phase."""

SMOOTH_S = 0.008
MOST_OFF_S = 0.05
PERCENTILE = 99.0
FRAME = 512


@dataclass(frozen=True, slots=True)
class Seam:
    """What is heard where two pieces meet.

    Parameters
    ----------
    at_s : the downbeat after it
    tempo_before, tempo_after : beats a minute; None where bars are too unlike to tell
    phase_ms : how much later than expected the beats after it are, None where that cannot be told
    step, flux : largest in the join; step_p99, flux_p99 : of the recording itself
    """

    at_s: float
    tempo_before: float | None
    tempo_after: float | None
    phase_ms: float | None
    step: float
    step_p99: float
    flux: float
    flux_p99: float


def measure_seams(
    mix: Audio, original: Audio, seams_s: tuple[float, ...], bar_s: float, beats: int, before_s: float
) -> tuple[Seam, ...]:
    """Return what is heard at seams of a mix.

    Parameters
    ----------
    original : the recording that the mix was made from
    seams_s : the downbeats before which pieces meet
    bar_s, beats : length of a bar, about, and its beats
    before_s : how long before the downbeat a join ends
    """
    rate = mix.sample_rate
    shape = np.hanning(round(2 * SMOOTH_S / HOP_S) + 1)
    attacks = np.convolve(attacks_of(mix.samples, rate), shape / shape.sum(), mode="same")
    window = round(2 * FADE_S * rate)
    usual = [_percentile(_largest(curve, window // hop)) for curve, hop in _roughness(original.samples)]
    curves = _roughness(mix.samples)
    found = []
    for at_s in seams_s:
        before, after = (_tempo(attacks, at_s, bar_s, beats, side) for side in (-1, 1))
        start = round((at_s - before_s - 1.5 * FADE_S) * rate)
        step, flux = (
            float(curve[max(0, (start - late) // hop) : max(0, start + window - late) // hop].max(initial=0.0))
            for (curve, hop), late in zip(curves, (0, FRAME), strict=True)
        )
        found.append(
            Seam(
                at_s=round(at_s, 4),
                tempo_before=before,
                tempo_after=after,
                phase_ms=_phase_ms(attacks, at_s, bar_s),
                step=round(step, 5),
                step_p99=round(usual[0], 5),
                flux=round(flux, 4),
                flux_p99=round(usual[1], 4),
            )
        )
    return tuple(found)


def roughest(mix: Audio, original: Audio, seams_s: tuple[float, ...], before_s: float) -> float:
    """Return the largest step or flux in joins of a mix, as a share of what the recording itself has seldom more of.

    The parameters are those of `measure_seams`; more than 1 may be heard as a click.
    """
    rate = mix.sample_rate
    window = round(2 * FADE_S * rate)
    worst = 0.0
    for (own, hop), (curve, _), late in zip(
        _roughness(original.samples), _roughness(mix.samples), (0, FRAME), strict=True
    ):
        usual = _percentile(_largest(own, window // hop))
        for at_s in seams_s:
            start = round((at_s - before_s - 1.5 * FADE_S) * rate)
            inside = curve[max(0, (start - late) // hop) : max(0, start + window - late) // hop]
            worst = max(worst, float(inside.max(initial=0.0)) / max(usual, 1e-9))
    return worst


def loudness_between(audio: Audio, start_s: float, stop_s: float) -> float | None:
    """Return the loudness of a stretch in LUFS, None where it is silent."""
    first, past = (max(0, round(t * audio.sample_rate)) for t in (start_s, stop_s))
    lufs = loudness_lufs(audio.samples[:, first:past], audio.sample_rate) if past > first else float("-inf")
    return round(lufs, 2) if np.isfinite(lufs) else None


def _roughness(samples: npt.NDArray[np.float32]) -> tuple[tuple[Curve, int], tuple[Curve, int]]:
    """Return the size of each step between samples, and the spectral flux, each with its frames a value."""
    mono = samples.mean(axis=0)
    steps = np.abs(np.diff(samples, axis=1)).max(axis=0).astype(np.float64)
    hop = FRAME // 4
    if len(mono) < 2 * FRAME:
        return (steps, 1), (np.zeros(1), hop)
    frames = np.lib.stride_tricks.sliding_window_view(mono, FRAME)[::hop]
    shape = np.hanning(FRAME).astype(np.float32)
    flux = np.zeros(len(frames))
    last: npt.NDArray[np.float32] | None = None
    for begin in range(0, len(frames), 4096):
        power = np.abs(np.fft.rfft(frames[begin : begin + 4096] * shape, axis=1)).astype(np.float32)
        joined = power if last is None else np.concatenate([last, power])
        rise = np.maximum(0.0, np.diff(joined, axis=0)).sum(axis=1)
        flux[begin + len(power) - len(rise) : begin + len(power)] = rise
        last = power[-1:]
    return (steps, 1), (flux, hop)


def _largest(curve: Curve, length: int) -> Curve:
    """Return the largest value of each stretch of a length."""
    length = max(1, length)
    count = max(1, len(curve) // length)
    return np.asarray(curve[: count * length].reshape(count, -1).max(axis=1))


def _percentile(values: Curve) -> float:
    return float(np.percentile(values, PERCENTILE))


def _piece(attacks: Curve, start_s: float, length_s: float) -> Curve | None:
    """Return a stretch of attacks without its mean; None where it is not all there, or nothing happens in it."""
    start, length = round(start_s / HOP_S), round(length_s / HOP_S)
    if start < 0 or start + length > len(attacks):
        return None
    piece = attacks[start : start + length] - attacks[start : start + length].mean()
    return piece if np.linalg.norm(piece) > 0 else None


def _tempo(attacks: Curve, at_s: float, bar_s: float, beats: int, side: int) -> float | None:
    """Return the tempo before a seam or after it: at which bars are most like the next; None where they are not."""
    length_s = (BARS + 1) * bar_s * (1.0 + SLOWER)
    piece = _piece(attacks, at_s - (length_s if side < 0 else 0.0), length_s)
    if piece is None:
        return None
    bar, reach = round(bar_s / HOP_S), math.ceil(SLOWER * bar_s / HOP_S)
    first = piece[: BARS * bar]
    norm = float(np.square(first).sum())
    likes = [float(np.dot(first, piece[k : k + len(first)])) / norm for k in range(bar - reach, bar + reach + 1)]
    best = int(np.argmax(likes))
    if likes[best] < ALIKE or not 0 < best < len(likes) - 1:
        return None
    a, b, c = likes[best - 1 : best + 2]
    found = bar - reach + best + 0.5 * (a - c) / (a - 2 * b + c - 1e-12)
    return round(60.0 * beats / (found * HOP_S), 2)


def _phase_ms(attacks: Curve, at_s: float, bar_s: float) -> float | None:
    """Return by how many milliseconds the beats after a seam are later than those before it let expect."""
    length_s = BARS * bar_s
    before, after = _piece(attacks, at_s - length_s, length_s), _piece(attacks, at_s, length_s)
    if before is None or after is None:
        return None
    reach = round(MOST_OFF_S / HOP_S)
    likes = [float(np.dot(before[reach:-reach], np.roll(after, -k)[reach:-reach])) for k in range(-reach, reach + 1)]
    best = int(np.argmax(likes))
    if likes[best] < ALIKE * float(np.linalg.norm(before) * np.linalg.norm(after)):
        return None
    return float(best - reach)
