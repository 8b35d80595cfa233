"""A source and a filter: the envelope of a voice, and a sound with that envelope at another pitch.

The envelope is taken pitch-synchronously and freed of the harmonics (CheapTrick); the sound is a pulse for each
period through the minimum-phase filter of its moment, and noise through the same filter. All frames of a phrase
are computed at once, in single precision. Power is that of a signal of so much power a sample: noise of
variance 1 through the root of the envelope has the envelope as its spectrum.
Source: M. Morise, "CheapTrick, a spectral envelope estimator for high-quality speech synthesis", Speech
Communication 67 (2015); M. Morise et al., "WORLD: a vocoder-based high-quality speech synthesis system", IEICE
E99-D (2016); for the minimum phase by the cepstrum: A. Oppenheim and R. Schafer, "Discrete-Time Signal
Processing" (1989).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

FRAME_S = 0.005
SIZE = 1024
BINS = SIZE // 2 + 1
SHIFTS = 64  # steps of a sample in which a pulse is placed
BLOCK = 256  # pulses computed at a time, so that they fit the processor's cache
FAINTEST = 1e-15
UNVOICED_HZ = 500.0  # where nothing is periodic the envelope is taken as if at this pitch
SHARPENING = 0.25  # gives formants back what smoothing took from them; CheapTrick has 0.15, words are clearer so

Single = npt.NDArray[np.float32]
Spectra = npt.NDArray[np.complex64]
Signal = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Reals = npt.NDArray[np.floating[Any]]


def log_envelope(sound: Single, f0_hz: Signal, voiced: Flags, times_s: Signal, rate: int) -> Single:
    """Return the natural logarithm of the power envelope of a sound, `[frames, BINS]`.

    Parameters
    ----------
    sound : `[samples]`
    f0_hz, voiced : `[frames]` of its pitch, and where it has one
    times_s : `[frames]` where the envelope is taken
    """
    from scipy.fft import rfft

    pitch = np.where(voiced, f0_hz, UNVOICED_HZ).astype(np.float32)[:, None]
    spectrum = rfft(_windowed(sound, pitch, times_s, rate), SIZE, axis=1, overwrite_x=True)
    power = spectrum.real**2 + spectrum.imag**2
    angle = np.pi * pitch * (np.arange(BINS, dtype=np.float32) / np.float32(rate))
    angle[:, 0] = 1e-3
    smoothed = _weighted(power.astype(np.float64), np.sin(angle * (2.0 / 3.0)) / (angle * (2.0 / 3.0)))
    low = _mirrored_below(power, pitch, rate)
    smoothed[:, : low.shape[1]] += low
    level = np.log(np.maximum(smoothed, FAINTEST).astype(np.float32))
    swing = np.sin(angle)
    return np.asarray(_weighted(level, swing / angle * (1.0 + 4.0 * SHARPENING * swing * swing)), np.float32)


def _windowed(sound: Single, pitch: Single, times_s: Signal, rate: int) -> Single:
    """Return three periods of the sound around each time, under a window of energy 1, without their mean."""
    half = int(np.ceil(1.5 * rate / float(pitch.min())))
    padded = np.pad(np.asarray(sound, np.float32), half + 1)
    middle = np.clip(np.rint(times_s * rate).astype(int), 0, len(sound))
    pieces = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1)[middle + 1]
    at = np.arange(-half, half + 1, dtype=np.float32) * (pitch / np.float32(1.5 * rate))
    window = np.where(np.abs(at) < 1.0, 0.5 + 0.5 * np.cos(np.float32(np.pi) * at), np.float32(0.0))
    window /= np.sqrt((window * window).sum(axis=1, keepdims=True))
    waves = pieces * window
    waves -= window * (waves.sum(axis=1, keepdims=True) / window.sum(axis=1, keepdims=True))
    return np.asarray(waves, np.float32)


def _mirrored_below(power: Single, pitch: Single, rate: int) -> Reals:
    """Return what the window took at and below the fundamental, smoothed: what is as far above as it is below."""
    step = pitch * np.float32(SIZE / rate)  # bins from harmonic to harmonic
    bins = np.arange(int(1.4 * float(step.max())) + 2)
    rows = np.arange(len(power))[:, None]
    source = np.maximum(step - bins, 0.0)
    below = np.minimum(source.astype(int), BINS - 2)
    share = source - below
    added = power[rows, below] * (1.0 - share) + power[rows, below + 1] * share
    added[bins >= step] = 0.0
    even = np.concatenate([added[:, :0:-1], added], axis=1)
    sums = np.pad(np.cumsum(even, axis=1), ((0, 0), (1, 1)), mode="edge")
    sums[:, 0] = 0.0

    def until(place: Single) -> Reals:
        whole = np.clip(place.astype(int), 0, even.shape[1])
        return np.asarray(sums[rows, whole] + (place - whole) * (sums[rows, whole + 1] - sums[rows, whole]))

    middle = bins + (len(bins) - 0.5)
    reach = step / np.float32(3.0)
    return (until(middle + reach) - until(np.maximum(middle - reach, 0.0))) / (2.0 * reach)


def _weighted(values: Reals, weight: Reals) -> Reals:
    """Return even spectra `[frames, BINS]` with their lags weighted, which smooths them."""
    from scipy.fft import irfft, rfft

    lags = irfft(values, axis=1)
    lags[:, :BINS] *= weight
    lags[:, BINS:] = lags[:, BINS - 2 : 0 : -1]
    return np.asarray(rfft(lags, axis=1, overwrite_x=True).real)


def synthesize(
    f0_hz: Signal, voiced: Flags, level: Single, noise: Single, rate: int, random: np.random.Generator
) -> Single:
    """Return the sound of an envelope, `[frames * rate * FRAME_S]` samples.

    Parameters
    ----------
    f0_hz : `[frames]`, above 0 throughout; heard where `voiced`
    level : `[frames, BINS]` natural logarithm of the power
    noise : `[frames, BINS]` share of noise in the amplitude, 1 where unvoiced
    random : of the noise
    """
    filters = _minimum_phase(level)
    tone = filters * np.sqrt(np.maximum(1.0 - noise * noise, 0.0))
    tone[~voiced] = 0.0
    tone[:, 0] = 0.0
    hop = round(rate * FRAME_S)
    sound = _noisy(filters[:, ::2] * noise[:, ::2], hop, random)
    _add_pulses(sound, f0_hz, voiced, tone, hop, rate)
    return sound[: len(f0_hz) * hop]


def _minimum_phase(level: Single) -> Spectra:
    """Return the minimum-phase filters, `[frames, BINS]`, of a log power."""
    from scipy.fft import irfft, rfft

    cepstrum = irfft(0.5 * level, axis=1, overwrite_x=True)
    cepstrum[:, 1 : BINS - 1] *= 2.0
    cepstrum[:, BINS:] = 0.0
    log = rfft(cepstrum, axis=1, overwrite_x=True)
    size = np.exp(log.real)
    result = np.empty(log.shape, np.complex64)
    np.multiply(size, np.cos(log.imag), out=result.real)
    np.multiply(size, np.sin(log.imag), out=result.imag)
    return result


def _noisy(filters: Spectra, hop: int, random: np.random.Generator) -> Single:
    """Return noise through filters `[frames, SIZE / 4 + 1]`, each fading into the next, with room for the tail."""
    from scipy.fft import irfft, rfft

    frames, size = len(filters), SIZE // 2
    source = random.standard_normal((frames + 1) * hop, dtype=np.float32)
    window = (0.5 - 0.5 * np.cos(np.pi * np.arange(2 * hop) / hop)).astype(np.float32)
    pieces = np.lib.stride_tricks.sliding_window_view(source, 2 * hop)[::hop] * window
    heard = irfft(rfft(pieces, size, axis=1) * filters, size, axis=1, overwrite_x=True)
    parts = -(-size // hop)
    heard = np.pad(heard, ((0, 0), (0, parts * hop - size))).reshape(frames, parts, hop)
    result = np.zeros((frames + parts + SIZE // hop + 2, hop), np.float32)
    for k in range(parts):
        result[k : k + frames] += heard[:, k]
    return result.reshape(-1)[hop:]  # the first piece is centred on the first frame


def _add_pulses(sound: Single, f0_hz: Signal, voiced: Flags, tone: Spectra, hop: int, rate: int) -> None:
    """Add a pulse for each period through the filter of its moment."""
    from scipy.fft import irfft

    frames = len(f0_hz)
    pitch = np.interp(np.arange((frames - 1) * hop + 1), np.arange(frames) * hop, f0_hz)
    phase = np.cumsum(pitch / rate)
    whole = np.floor(phase)
    at = np.flatnonzero(np.diff(whole) > 0.0) + 1
    after = (phase[at] - whole[at]) * rate / pitch[at]  # samples since the pulse
    place = at - after
    near = voiced[np.minimum((place / hop).astype(int), frames - 1)]
    near |= voiced[np.minimum((place / hop).astype(int) + 1, frames - 1)]
    place, level = place[near], np.sqrt(rate / pitch[at[near]]).astype(np.float32)
    first = np.floor(place).astype(int)
    step = np.minimum(((place - first) * SHIFTS).astype(int), SHIFTS - 1)
    frame = np.minimum((place / hop).astype(int), frames - 2)
    share = (place / hop - frame).astype(np.float32)
    delays = _delays()
    for begin in range(0, len(place), BLOCK):
        part = slice(begin, begin + BLOCK)
        late = (share[part] * level[part])[:, None]
        early = level[part, None] - late
        response = tone[frame[part]] * early
        response += tone[frame[part] + 1] * late
        response *= delays[step[part]]
        for start, wave in zip(first[part], irfft(response, SIZE, axis=1, overwrite_x=True), strict=True):
            sound[start : start + SIZE] += wave


@lru_cache(maxsize=1)
def _delays() -> Spectra:
    """Return the filters that delay by parts of a sample, `[SHIFTS, BINS]`."""
    late = (np.arange(SHIFTS) + 0.5) / SHIFTS
    return np.asarray(np.exp(-2j * np.pi * late[:, None] * np.arange(BINS) / SIZE), np.complex64)
