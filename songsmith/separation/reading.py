"""Recordings to be separated: sound in memory or a file of any length, read a piece at a time.

Files go through libsndfile; what it cannot read is decoded to a temporary file by the ffmpeg program where that is
installed. A first pass over the whole counts frames, measures the level and refuses what is no sound.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from songsmith.audio import Audio
from songsmith.errors import InputError
from songsmith.separation.separator import MAX_CHANNELS, Level, Samples

BLOCK = 2**18
LARGEST_SAMPLE = 100.0
LONGEST_S = 24 * 3600.0
LOWEST_RATE, HIGHEST_RATE = 1000, 384_000
CLIPPED_FROM, CLIPPED_SHARE = 0.9999, 1e-4
FFMPEG_FORMATS = (
    "mov,mp4,m4a,3gp,aac,ac3,eac3,asf,ape,wv,tta,amr,caf,aiff,wav,flac,mp3,ogg,matroska,webm,mpegts,flv,avi"
)
FFMPEG_TIMEOUT_S = 3600


@dataclass(slots=True)
class Recording:
    """A recording that is read from its beginning to its end, as often as asked for.

    Parameters
    ----------
    name : what messages call it
    level : measured over the whole
    clipped : share of frames at full scale
    is_float : whether the file holds floats, so that its sound may go beyond full scale
    """

    name: str
    frames: int
    channels: int
    sample_rate: int
    level: Level
    energy: float
    clipped: float
    is_float: bool
    _audio: Audio | None = None
    _path: Path | None = None
    _file: Any = None
    _kept: Samples = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    _kept_from: int = 0

    def rewind(self) -> None:
        """Begin again."""
        import soundfile

        self.close()
        self._kept, self._kept_from = np.zeros((self.channels, 0), np.float32), 0
        if self._path is not None:
            self._file = soundfile.SoundFile(self._path)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def read(self, start: int, stop: int) -> Samples:
        """Return `[channels, stop - start]`, silent outside of the recording; starts must not go back."""
        inside_start, inside_stop = min(max(0, start), self.frames), max(0, min(stop, self.frames))
        if self._audio is not None:
            inside = self._audio.samples[:, inside_start:inside_stop]
        else:
            inside = self._advance(inside_start, inside_stop)
        out = np.zeros((self.channels, stop - start), np.float32)
        if inside.shape[1]:
            out[:, inside_start - start : inside_start - start + inside.shape[1]] = inside
        return out

    def _advance(self, start: int, stop: int) -> Samples:
        """Return frames of the file, keeping those that may be asked for again."""
        if start > self._kept_from:
            dropped = min(start - self._kept_from, self._kept.shape[1])
            self._kept, self._kept_from = self._kept[:, dropped:], self._kept_from + dropped
        end = self._kept_from + self._kept.shape[1]
        if stop > end:
            more = self._file.read(stop - end, dtype="float32", always_2d=True).T
            self._kept = np.concatenate([self._kept, more], 1)
        return self._kept[:, start - self._kept_from : stop - self._kept_from]

    def blocks(self) -> Iterator[Samples]:
        """Yield the whole recording from its beginning, `[channels, frames]` a block."""
        self.rewind()
        for start in range(0, self.frames, BLOCK):
            yield self.read(start, min(start + BLOCK, self.frames))


def from_audio(audio: Audio) -> Recording:
    """Return sound in memory as a recording; raise InputError for what is no sound."""
    survey = _Survey("the audio")
    _check_shape("the audio", audio.channels, audio.sample_rate)
    for start in range(0, audio.frames, BLOCK):
        survey.add(audio.samples[:, start : start + BLOCK])
    return survey.recording(audio.channels, audio.sample_rate, is_float=True, audio=audio)


@contextmanager
def open_recording(path: Path) -> Iterator[Recording]:
    """Open a file; raise InputError for what cannot be read or is no sound."""
    with tempfile.TemporaryDirectory(prefix="songsmith-") as folder:
        recording = _survey_file(path, _readable(path, Path(folder)))
        recording.rewind()
        try:
            yield recording
        finally:
            recording.close()


def read_whole(path: Path, longest_s: float = LONGEST_S) -> Audio:
    """Return the sound of a file; raise InputError for what cannot be read, is no sound or lasts longer."""
    with open_recording(path) as recording:
        length_s = recording.frames / recording.sample_rate
        if length_s > longest_s:
            raise InputError(f"{path}: lasts {length_s:.0f} s: give at most {longest_s:g} s")
        return Audio(np.concatenate(list(recording.blocks()), axis=1), recording.sample_rate)


def _readable(path: Path, folder: Path) -> Path:
    """Return a file that libsndfile reads: the one given, or what ffmpeg makes of it in a folder."""
    import soundfile

    try:
        if not path.exists():
            raise InputError(f"{path}: there is no such file; give a recording")
        if not path.is_file():
            raise InputError(f"{path}: is not a file; give a recording")
        if path.stat().st_size == 0:
            raise InputError(f"{path}: is empty; give a recording with sound in it")
        soundfile.info(str(path))
    except soundfile.LibsndfileError as err:
        return _decoded(path, folder, str(err))
    except (OSError, ValueError) as err:
        reason = getattr(err, "strerror", None) or err
        raise InputError(f"{str(path)[:200]}: cannot be read ({reason}); give a recording") from err
    return path


def _decoded(path: Path, folder: Path, reason: str) -> Path:
    """Decode the first sound track of a file with ffmpeg, which may open nothing but this file."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise InputError(
            f"{path}: not a readable audio file ({reason}): use wav, flac, ogg or mp3, or install ffmpeg for others"
        )
    target = folder / "decoded.w64"
    command = [program, "-nostdin", "-v", "error", "-protocol_whitelist", "file", "-format_whitelist", FFMPEG_FORMATS,
               "-i", f"file:{path.resolve()}", "-map", "0:a:0", "-t", str(int(LONGEST_S) + 1), "-c:a", "pcm_f32le",
               "-f", "w64", str(target)]  # fmt: skip
    try:
        ran = subprocess.run(command, capture_output=True, timeout=FFMPEG_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as err:
        raise InputError(f"{path}: ffmpeg could not decode it ({err}); convert it to wav, flac, ogg or mp3") from err
    if ran.returncode != 0 or not target.exists():
        said = ran.stderr.decode(errors="replace").strip().splitlines()
        if any("matches no streams" in line for line in said):
            raise InputError(f"{path}: has no sound track; give a recording with sound in it")
        raise InputError(
            f"{path}: not a readable audio file ({(said or ['ffmpeg finds no sound in it'])[-1][:200]}); "
            "use wav, flac, ogg, mp3 or m4a"
        )
    return target


def _survey_file(path: Path, readable: Path) -> Recording:
    import soundfile

    survey = _Survey(str(path))
    try:
        with soundfile.SoundFile(readable) as file:
            channels, sample_rate = int(file.channels), int(file.samplerate)
            _check_shape(str(path), channels, sample_rate)
            is_float = file.subtype in ("FLOAT", "DOUBLE") and readable == path
            while len(block := file.read(BLOCK, dtype="float32", always_2d=True)):
                survey.add(block.T)
                if survey.frames > LONGEST_S * sample_rate:
                    raise InputError(f"{path}: is longer than {LONGEST_S / 3600:g} hours; cut it into parts")
    except soundfile.LibsndfileError as err:
        raise InputError(f"{path}: breaks off or is damaged ({err}); use another copy of it") from err
    return survey.recording(channels, sample_rate, is_float, path=readable)


def _check_shape(name: str, channels: int, sample_rate: int) -> None:
    if not 1 <= channels <= MAX_CHANNELS:
        raise InputError(f"{name}: has {channels} channels; give a recording of 1 to {MAX_CHANNELS}")
    if not LOWEST_RATE <= sample_rate <= HIGHEST_RATE:
        raise InputError(f"{name}: has {sample_rate} frames a second; give {LOWEST_RATE} to {HIGHEST_RATE} Hz")


class _Survey:
    """What one pass over a recording finds."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.frames = 0
        self._sum = self._squares = self._energy = 0.0
        self._full = 0

    def add(self, block: Samples) -> None:
        peak = float(np.abs(block).max(initial=0.0))  # NaN where there is one
        if not np.isfinite(peak):
            wrong = ~np.isfinite(block).all(0)
            raise InputError(
                f"{self.name}: holds values that are no numbers (NaN or infinite), the first in frame "
                f"{self.frames + int(np.argmax(wrong))}; export it again"
            )
        if peak > LARGEST_SAMPLE:
            raise InputError(f"{self.name}: has samples up to {peak:.4g}, where full scale is 1; scale it down")
        mono = block.mean(0, dtype=np.float64)
        self._sum += float(mono.sum())
        self._squares += float((mono**2).sum())
        self._energy += float(np.square(block, dtype=np.float64).sum())
        self._full += int((np.abs(block).max(0) >= CLIPPED_FROM).sum())
        self.frames += block.shape[1]

    def recording(
        self, channels: int, sample_rate: int, is_float: bool, path: Path | None = None, audio: Audio | None = None
    ) -> Recording:
        if self.frames == 0:
            raise InputError(f"{self.name}: holds no sound (0 frames); give a recording with sound in it")
        mean = self._sum / self.frames
        variance = max(0.0, self._squares - self.frames * mean**2) / max(1, self.frames - 1)
        clipped = self._full / self.frames
        return Recording(
            self.name, self.frames, channels, sample_rate, Level(mean, float(np.sqrt(variance))), self._energy,
            clipped, is_float, audio, path,
        )  # fmt: skip
