"""A long recording through a network that takes seconds: overlapping segments, faded into each other.

Segments start every `(1 - overlap)` of their length and count most in their middle (a triangle), as in Demucs. They
are computed several at a time and added in order, so the result does not depend on how many; what no later segment
reaches is given out at once, so memory does not grow with the recording. At another sample rate than the network's
each segment is resampled there and back by itself.

Source: the weights and the places of segments are those of `demucs.apply` (Defossez, "Hybrid Spectrogram and
Waveform Source Separation", 2021).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from songsmith.errors import InputError
from songsmith.separation.resample import resampled
from songsmith.separation.separator import Level, Options, Samples, Separator

Read = Callable[[int, int], Samples]
"""Returns a new `[channels, stop - start]` of a recording, silent outside of it; starts never go back."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a recording, `start` to `stop`, and the part around it, `first` to `last`, that the network sees."""

    start: int
    stop: int
    first: int
    last: int


def plan_segments(frames: int, sample_rate: int, separator: Separator, options: Options) -> tuple[int, list[Segment]]:
    """Return the length of a full segment and all segments of a recording, by where they begin."""
    seconds = separator.segment_s if options.segment_s is None else options.segment_s
    if seconds > separator.longest_s:
        raise InputError(
            f"segments of {seconds:g} s are too long for {separator.name}: use {separator.longest_s:.3g} s at most"
        )
    length = max(2, int(seconds * sample_rate + 1e-6))
    overlap = separator.overlap if options.overlap is None else options.overlap
    stride = max(1, int((1 - overlap) * length))
    found = []
    for shift in range(max(1, options.shifts)):
        ahead = shift * stride // max(1, options.shifts)
        for offset in range(-ahead, frames, stride):
            start, stop = max(0, offset), min(frames, offset + length)
            if stop > start:
                found.append(_surrounded(start, stop, frames, length, sample_rate, separator))
    return length, sorted(found, key=lambda segment: (segment.start, segment.stop))


def _surrounded(start: int, stop: int, frames: int, length: int, sample_rate: int, separator: Separator) -> Segment:
    """Return a segment with as much before it as after it of what the network is to see."""
    wanted = stop - start
    if sample_rate == separator.sample_rate:
        wanted = max(wanted, separator.wanted(stop - start, length))
    else:
        scale = separator.sample_rate / sample_rate
        seen = separator.wanted(round((stop - start) * scale), round(length * scale))
        wanted = max(wanted, min(length, round(seen / scale)))
    first = start - (wanted - (stop - start)) // 2
    if separator.sees_outside:
        return Segment(start, stop, first, first + wanted)
    first = max(0, min(first, frames - wanted))
    return Segment(start, stop, first, min(frames, first + wanted))


def triangle(length: int) -> Samples:
    """Return the weights of a segment, 1 in its middle and least at its ends."""
    half = length // 2
    rising = np.arange(1, half + 1, dtype=np.float32)
    falling = np.arange(length - half, 0, -1, dtype=np.float32)
    weight = np.concatenate([rising, falling])
    return np.asarray(weight / weight.max(), np.float32)


def separated(
    read: Read, frames: int, channels: int, sample_rate: int, level: Level, separator: Separator, options: Options
) -> Iterator[Samples]:
    """Yield the sources of a recording piece by piece, `[sources, channels, some frames]`, `frames` in all."""
    length, segments = plan_segments(frames, sample_rate, separator, options)
    weight = triangle(length)
    reach = length * 2
    total = np.zeros((len(separator.sources), channels, reach), np.float32)
    weights = np.zeros(reach, np.float32)
    done = 0

    def compute(segment: Segment, samples: Samples) -> Samples:
        cut = slice(segment.start - segment.first, segment.stop - segment.first)
        return np.ascontiguousarray(_separate(samples, sample_rate, level, separator)[..., cut])

    workers = options.workers if separator.on_cpu else 1
    with _Pool(workers) as pool:
        waiting: deque[tuple[Segment, Future[Samples]]] = deque()
        coming = iter(segments)

        def submit() -> None:
            segment = next(coming, None)
            if segment is not None:
                samples = read(segment.first, segment.last)
                samples[:, : max(0, -segment.first)] = level.mean
                samples[:, samples.shape[1] - max(0, segment.last - frames) :] = level.mean
                waiting.append((segment, pool.executor.submit(compute, segment, samples)))

        for _ in range(workers + 1):
            submit()
        while waiting:
            segment, future = waiting.popleft()
            if segment.start > done:
                finished = segment.start - done
                yield total[..., :finished] / weights[:finished]
                for kept in (total, weights):
                    kept[..., : reach - finished] = kept[..., finished:].copy()
                    kept[..., reach - finished :] = 0.0
                done = segment.start
            found = future.result()
            count = segment.stop - segment.start
            total[..., :count] += weight[:count] * found
            weights[:count] += weight[:count]
            submit()
        if frames > done:
            yield total[..., : frames - done] / weights[: frames - done]


def _separate(samples: Samples, sample_rate: int, level: Level, separator: Separator) -> Samples:
    """Return the sources of a segment at any rate and of any channels, taken two by two; silence stays silence."""
    channels, frames = samples.shape
    out = np.zeros((len(separator.sources), channels, frames), np.float32)
    for first in range(0, channels, 2):
        pair = samples[first : first + 2]
        if not pair.any():
            continue
        stereo = np.repeat(pair, 2, 0) if len(pair) == 1 else pair
        at_rate = resampled(stereo, sample_rate, separator.sample_rate)
        found = separator.separate(at_rate, level)
        found = resampled(found, separator.sample_rate, sample_rate, frames)
        out[:, first : first + 2] = found.mean(1, keepdims=True) if len(pair) == 1 else found
    return out


class _Pool:
    """Threads that each compute with one thread of torch's."""

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def __enter__(self) -> _Pool:
        import torch

        self._threads = torch.get_num_threads()
        self.executor = ThreadPoolExecutor(self.workers, initializer=lambda: torch.set_num_threads(1))
        return self

    def __exit__(self, *raised: object) -> None:
        import torch

        self.executor.shutdown(wait=True, cancel_futures=True)
        torch.set_num_threads(self._threads)
