"""Recordings in files to stems in files, a piece at a time: memory does not grow with the length.

Stems of a recording go into one folder, `vocals.wav` and so on, written under a temporary name and renamed when all
are there. WAV stems are 32-bit floats, so that they sum to the recording whatever their peaks; FLAC is 24 bit and MP3
of the best variable bit rate, where what goes beyond full scale is cut off, and told.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from songsmith import __version__
from songsmith.audio import forget_time
from songsmith.errors import InputError
from songsmith.separation.reading import CLIPPED_SHARE, Recording, open_recording
from songsmith.separation.separator import Options, Samples, Separator
from songsmith.separation.stems import Residual, stem_blocks, stem_names
from songsmith.separation.tags import read_tags, wav_texts, write_tags

FORMATS = {"wav": "FLOAT", "flac": "PCM_24", "mp3": "MPEG_LAYER_III"}
MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
LARGEST_WAV = 2**32 - 2**20


@dataclass(frozen=True, slots=True)
class Separated:
    """What was made of a file.

    `residual_db` is what no stem of the network held against the recording; `notes` are for the listener.
    """

    file: Path
    folder: Path
    stems: tuple[Path, ...]
    model: str
    version: str
    weights_sha256: str
    duration_s: float
    sample_rate: int
    channels: int
    residual_db: float
    notes: tuple[str, ...]


def check_format(audio_format: str) -> None:
    """Raise InputError for a format that stems are not written in."""
    if audio_format not in FORMATS:
        raise InputError(f"audio format {audio_format!r} is not known: use one of {', '.join(FORMATS)}")


def separate_file(
    path: Path,
    folder: Path,
    separator: Separator,
    stems: int = 2,
    options: Options | None = None,
    audio_format: str = "wav",
    overwrite: bool = False,
    progress: Callable[[float], None] | None = None,
) -> Separated:
    """Write the stems of a file into a folder, which is made.

    Raises InputError for a file that cannot be separated, a folder that is there (unless `overwrite`), and a format
    that cannot hold the recording; nothing is left behind then.
    """
    check_format(audio_format)
    options = options or Options()
    names = stem_names(stems, separator)
    if (folder.exists() or folder.is_symlink()) and not overwrite:
        raise InputError(f"{folder}: is there already; choose another place or give --overwrite")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file, not a folder; choose another place")
    with open_recording(path) as recording:
        _check_holds(recording, audio_format)
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name[:40]}-"))
        try:
            residual, over = _write(recording, temporary, path, separator, names, options, audio_format, progress)
            folder.mkdir(exist_ok=True)
            temporary.chmod(folder.stat().st_mode)
            for name in names:
                (temporary / f"{name}.{audio_format}").replace(folder / f"{name}.{audio_format}")
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        return Separated(
            file=path,
            folder=folder,
            stems=tuple(folder / f"{name}.{audio_format}" for name in names),
            model=separator.name,
            version=separator.version,
            weights_sha256=separator.weights_sha256,
            duration_s=recording.frames / recording.sample_rate,
            sample_rate=recording.sample_rate,
            channels=recording.channels,
            residual_db=residual.level_db,
            notes=_notes(recording, audio_format, over),
        )


def _check_holds(recording: Recording, audio_format: str) -> None:
    if audio_format == "mp3" and (recording.channels > 2 or recording.sample_rate not in MP3_RATES):
        raise InputError(
            f"{recording.name}: has {recording.channels} channels at {recording.sample_rate} Hz, and mp3 holds 1 or "
            f"2 at {', '.join(str(rate) for rate in MP3_RATES)} Hz; use wav or flac"
        )


def _notes(recording: Recording, audio_format: str, over: float) -> tuple[str, ...]:
    found = []
    if recording.clipped > CLIPPED_SHARE:
        found.append(f"{100 * recording.clipped:.2g} % of the recording is at full scale: it may be clipped")
    if over > 0:
        found.append(
            f"stems reach {1 + over:.3g} of full scale and are cut off there in {audio_format}; wav holds them"
        )
    return tuple(found)


def _write(
    recording: Recording,
    folder: Path,
    path: Path,
    separator: Separator,
    names: tuple[str, ...],
    options: Options,
    audio_format: str,
    progress: Callable[[float], None] | None,
) -> tuple[Residual, float]:
    """Write all stems and return the residual, and by how much the loudest sample went beyond full scale."""
    tags, residual, over, place = read_tags(path), Residual(), 0.0, 0
    comments = {name: comment_of(name, separator) for name in names}
    targets = [folder / f"{name}.{audio_format}" for name in names]
    with ExitStack() as stack:
        files = [
            stack.enter_context(_new(target, recording, audio_format, wav_texts(tags, comments[name])))
            for target, name in zip(targets, names, strict=True)
        ]
        for block in stem_blocks(recording, separator, names, options, residual):
            if audio_format != "wav":
                over = max(over, float(np.abs(block).max(initial=0.0)) - 1.0)
            for file, samples in zip(files, block, strict=True):
                file.write(_for_file(samples, audio_format))
            place += block.shape[-1]
            if progress is not None:
                progress(place / recording.frames)
    for target, name in zip(targets, names, strict=True):
        write_tags(target, tags, comments[name])
        if audio_format == "wav":
            forget_time(target)
    return residual, max(0.0, over)


def comment_of(stem: str, separator: Separator) -> str:
    """Return what a stem's file says of how it was made."""
    return (
        f"{stem}, separated by songsmith {__version__} with {separator.name} {separator.version} "
        f"(weights {separator.weights_sha256[:12]})"
    )


def _new(target: Path, recording: Recording, audio_format: str, texts: dict[str, str]) -> Any:
    """Open a new sound file."""
    import soundfile

    options: dict[str, Any] = {"subtype": FORMATS[audio_format]}
    if audio_format == "mp3":
        options |= {"compression_level": 0.0, "bitrate_mode": "VARIABLE"}
    if audio_format == "wav":
        size = recording.frames * recording.channels * 4
        options["format"] = "RF64" if size > LARGEST_WAV else "WAV"
    file = soundfile.SoundFile(target, "w", recording.sample_rate, recording.channels, **options)
    if audio_format == "wav":
        for name, text in texts.items():
            setattr(file, name, text)
    return file


def _for_file(samples: Samples, audio_format: str) -> Any:
    if audio_format != "flac":
        return samples.T
    scaled = np.clip(np.rint(samples * np.float32(2**23)), -(2**23), 2**23 - 1)
    return np.left_shift(scaled.T.astype(np.int32), 8)
