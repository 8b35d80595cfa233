"""Sound in memory and in files: `Audio`, `[channels, frames]` float32.

Files go through libsndfile (the soundfile package). Writing is atomic: a temporary name, then a rename.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import gcd
from pathlib import Path
from secrets import token_hex
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from songsmith.errors import InputError

Samples = npt.NDArray[np.float32]

Wave = TypeVar("Wave", npt.NDArray[np.float32], npt.NDArray[np.float64])

BLOCK = 2**16
"""Frames that are written at once, few enough to stay in the cache of the processor."""


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """A piece of sound.

    Parameters
    ----------
    samples : `[channels, frames]` float32, full scale ±1
    sample_rate : frames a second
    """

    samples: Samples
    sample_rate: int

    def __post_init__(self) -> None:
        if self.samples.ndim != 2 or self.samples.dtype != np.float32:
            raise InputError(
                f"audio must be [channels, frames] float32, not {self.samples.dtype} of shape {self.samples.shape}"
            )
        if self.sample_rate <= 0:
            raise InputError(f"sample rate {self.sample_rate} Hz is not positive")

    @property
    def channels(self) -> int:
        return int(self.samples.shape[0])

    @property
    def frames(self) -> int:
        return int(self.samples.shape[1])

    @property
    def duration_s(self) -> float:
        return self.frames / self.sample_rate

    @classmethod
    def silence(cls, channels: int, frames: int, sample_rate: int) -> Audio:
        """Return `frames` of silence."""
        return cls(np.zeros((channels, frames), np.float32), sample_rate)

    @classmethod
    def read(cls, path: Path, start: int = 0, stop: int | None = None) -> Audio:
        """Read any file that libsndfile knows, or some frames of it; raise InputError where it cannot."""
        import soundfile

        try:
            samples, sample_rate = soundfile.read(path, start=start, stop=stop, dtype="float32", always_2d=True)
        except (soundfile.LibsndfileError, OSError) as err:
            raise InputError(f"{path}: not a readable audio file ({err}); use wav, flac, ogg or mp3") from err
        return cls(np.ascontiguousarray(samples.T), int(sample_rate))

    def write(self, path: Path, subtype: str = "PCM_24", info: Mapping[str, str] | None = None) -> None:
        """Write a file of the type that the suffix of `path` names, under a temporary name first.

        `info` holds texts that libsndfile puts into the file (`title`, `artist`, `comment`); MP3 is written with the
        best variable bit rate.
        """
        import soundfile

        temporary = path.with_name(f".{path.stem}-{token_hex(6)}{path.suffix}")
        try:
            best = {"compression_level": 0.0, "bitrate_mode": "VARIABLE"} if subtype == "MPEG_LAYER_III" else {}
            with soundfile.SoundFile(
                temporary, "w", self.sample_rate, self.channels, subtype=subtype, **best
            ) as file:
                for name, text in (info or {}).items():
                    setattr(file, name, text)
                for start in range(0, self.frames, BLOCK):
                    block = np.ascontiguousarray(self.samples[:, start : start + BLOCK].T)
                    file.write(_to_24_bit(block) if subtype == "PCM_24" else block)
            if subtype == "FLOAT":
                forget_time(temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def resampled(samples: Wave, rate: int, wanted: int) -> Wave:
    """Return `[..., frames]` at another rate, frame 0 staying frame 0; at their own rate they are the same array."""
    if rate == wanted:
        return samples
    from scipy.signal import resample_poly

    common = gcd(rate, wanted)
    found: Wave = resample_poly(samples, wanted // common, rate // common, axis=-1).astype(samples.dtype, copy=False)
    return found


def forget_time(path: Path) -> None:
    """Clear the time of writing that libsndfile puts into WAV files of floats: the same sound is the same file.

    Source: the PEAK chunk, "WAVE PEAK chunk" of the sndfile documentation: version, time, peaks; little-endian.
    """
    with path.open("r+b") as file:
        file.seek(12)
        while len(head := file.read(8)) == 8:
            name, size = head[:4], int.from_bytes(head[4:], "little")
            if name == b"PEAK":
                file.seek(4, 1)
                file.write(bytes(4))
                return
            if name == b"data":
                return
            file.seek(size + size % 2, 1)


def _to_24_bit(samples: Samples) -> npt.NDArray[np.int32]:
    """Return samples as 24-bit integers in the upper bytes, so that reading and writing again changes no bit.

    libsndfile itself scales floats by 2**23 - 1 when it writes and by 2**23 when it reads.
    """
    scaled = samples * np.float32(2**23)
    np.rint(scaled, out=scaled)
    np.clip(scaled, -(2**23), 2**23 - 1, out=scaled)
    whole = scaled.astype(np.int32)
    return np.left_shift(whole, 8, out=whole)
