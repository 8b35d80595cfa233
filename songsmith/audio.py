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

BLOCK = 2**19
"""Frames that are written at once: so many that a thread that writes seldom has to wait for Python's lock."""

LARGEST_WAV = 2**32 - 2
"""Bytes that the sizes in a WAV file can tell."""


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
            is_wav = path.suffix == ".wav" and subtype == "PCM_24"
            with soundfile.SoundFile(
                temporary, "w", self.sample_rate, self.channels, subtype=subtype, **best
            ) as file:
                for name, text in (info or {}).items():
                    setattr(file, name, text)
                for start in range(0, 0 if is_wav else self.frames, BLOCK):
                    block = self.samples[:, start : start + BLOCK].T
                    file.write(to_24_bit(block) if subtype == "PCM_24" else np.ascontiguousarray(block))
            if is_wav:
                self._append(temporary)
            if subtype == "FLOAT":
                forget_time(temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    def _append(self, path: Path) -> None:
        """Append the samples to a WAV file of 24 bits that has none yet.

        It becomes what libsndfile writes, which takes four times as long for it.
        Source: IBM and Microsoft, "Multimedia Programming Interface and Data Specifications 1.0" (1991): RIFF chunks.
        """
        size = 3 * self.channels * self.frames
        head = path.read_bytes()
        if head[:4] != b"RIFF" or head[-8:] != b"data" + bytes(4) or len(head) + size > LARGEST_WAV:
            raise InputError(f"{path}: {size} bytes of sound cannot be written as wav; use flac")
        with path.open("r+b") as file:
            file.seek(4)
            file.write((len(head) - 8 + size + size % 2).to_bytes(4, "little"))
            file.seek(len(head) - 4)
            file.write(size.to_bytes(4, "little"))
            for start in range(0, self.frames, BLOCK):
                file.write(packed(self.samples[:, start : start + BLOCK]))
            file.write(bytes(size % 2))


def packed(samples: Samples) -> bytes:
    """Return `[channels, frames]` as a WAV file of 24 bits has them: frame by frame, little-endian."""
    whole = to_24_bit(samples.T).astype("<i4", copy=False).reshape(-1).view(np.uint8).reshape(-1, 4)
    out = np.empty((len(whole), 3), np.uint8)
    for place in range(3):
        out[:, place] = whole[:, place + 1]
    return out.tobytes()


def resampled(samples: Wave, rate: int, wanted: int) -> Wave:
    """Return `[..., frames]` at another rate, frame 0 staying frame 0; at their own rate they are the same array."""
    if rate == wanted:
        return samples
    from scipy.signal import resample_poly

    common = gcd(rate, wanted)
    found: Wave = resample_poly(samples, wanted // common, rate // common, axis=-1).astype(samples.dtype, copy=False)
    return found


def frames_of(path: Path) -> int:
    """Return how many frames a sound file has; raise InputError where it is none."""
    import soundfile

    try:
        return int(soundfile.info(path).frames)
    except (soundfile.LibsndfileError, OSError) as err:
        raise InputError(f"{path}: not a readable audio file ({err}); use wav, flac, ogg or mp3") from err


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


def to_24_bit(samples: Samples) -> npt.NDArray[np.int32]:
    """Return samples as 24-bit integers in the upper bytes, so that reading and writing again changes no bit.

    libsndfile itself scales floats by 2**23 - 1 when it writes and by 2**23 when it reads. The result lies in memory
    in the order of its axes, whatever that of the samples is.
    """
    scaled = np.empty(samples.shape, np.float32)
    np.multiply(samples, np.float32(2**23), out=scaled)
    np.rint(scaled, out=scaled)
    np.clip(scaled, -(2**23), 2**23 - 1, out=scaled)
    whole = scaled.astype(np.int32)
    return np.left_shift(whole, 8, out=whole)
