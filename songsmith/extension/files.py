"""A recording from a file, and the folder that a longer one is written to.

The mix keeps the kind of samples that the file has, so that what is the recording's own stays so bit by bit: 16 or 24
bit integers, or floats. Stems are floats. The folder is built under a temporary name and renamed when it is complete.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lyrics.text import printable
from songsmith.audio import Audio
from songsmith.errors import InputError
from songsmith.extension.recording import LONGEST_S
from songsmith.project import PlaceTaken, check_place, new_folder
from songsmith.songfolder import EXTENSION_FILE

SUMMARY = EXTENSION_FILE
WORDS = "lyrics.lrc"
_OWN = ("mix.wav", SUMMARY, WORDS, "stems")
_KEPT = {"PCM_S8": "PCM_16", "PCM_U8": "PCM_16", "PCM_16": "PCM_16", "PCM_24": "PCM_24"}


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A recording, the kind of samples its file has (`PCM_16`, `PCM_24` or `FLOAT`), its name and its hash."""

    audio: Audio
    subtype: str
    name: str
    sha256: str


def read_source(recording: str | Path | Audio) -> Source:
    """Return a recording from a file or from memory; raise InputError for what is none."""
    from songsmith.separation.reading import from_audio, read_whole

    if isinstance(recording, Audio):
        from_audio(recording)
        if recording.duration_s > LONGEST_S:
            raise InputError(f"the recording lasts {recording.duration_s:.0f} s: give at most {LONGEST_S:g} s")
        digest = hashlib.sha256(np.ascontiguousarray(recording.samples).tobytes()).hexdigest()
        return Source(recording, "FLOAT", "recording", digest)
    path = Path(recording).expanduser()
    return Source(read_whole(path, LONGEST_S), _subtype(path), printable(path.name), _digest(path))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _subtype(path: Path) -> str:
    """Return the kind of samples that holds what a file has: floats for all that is compressed."""
    import soundfile

    try:
        info = soundfile.info(str(path))
    except soundfile.LibsndfileError:  # decoded by ffmpeg
        return "FLOAT"
    return _KEPT.get(str(info.subtype), "FLOAT")


def check_out(folder: Path, overwrite: bool) -> Path:
    """Return the path of an output folder once it is sure that it can be written; nothing is left behind."""
    folder = Path(folder).expanduser()
    if not folder.is_dir() or folder.is_symlink() or not any(folder.iterdir()):
        return check_place(folder)
    if not overwrite:
        raise PlaceTaken(
            f"{folder}: is there already; choose another folder, or replace it with --overwrite (overwrite=True)"
        )
    foreign = sorted(path.name for path in folder.iterdir() if path.name not in _OWN)
    if foreign or not (folder / SUMMARY).is_file():
        held = f"holds {printable(foreign[0])}" if foreign else f"has no {SUMMARY}"
        raise InputError(f"{folder}: {held}, so it is not replaced; choose another folder")
    return folder.resolve()


def write_folder(
    mix: Audio,
    stems: Mapping[str, Audio],
    subtype: str,
    summary: Mapping[str, Any],
    words: str | None,
    folder: Path | None,
    overwrite: bool,
    name: str,
) -> Path:
    """Write a longer recording and return its folder.

    Parameters
    ----------
    summary, words : what goes into `extension.json` and `lyrics.lrc`
    folder : where; None for a new one in the working directory, named after `name`
    """
    import soundfile

    place = new_folder(name) if folder is None else folder
    place = check_out(place, overwrite and folder is not None)
    temporary: Path | None = None
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name[:40]}-"))
        inside = temporary / "new"
        (inside / "stems").mkdir(parents=True)
        write_exactly(mix, inside / "mix.wav", subtype)
        for stem, audio in stems.items():
            audio.write(inside / "stems" / f"{stem}.wav", "FLOAT")
        text = json.dumps(summary, ensure_ascii=False, indent=2, allow_nan=False)
        (inside / SUMMARY).write_text(text + "\n", encoding="utf-8")
        if words is not None:
            (inside / WORDS).write_text(words, encoding="utf-8")
        if place.exists():
            place.rename(temporary / "old")
        try:
            inside.rename(place)
        except OSError:
            if (temporary / "old").exists():
                (temporary / "old").rename(place)
            raise
    except (OSError, soundfile.SoundFileError) as err:
        reason = getattr(err, "strerror", None) or err
        raise InputError(f"{place}: cannot be written ({reason}); choose another folder") from err
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
    return place


def write_exactly(audio: Audio, path: Path, subtype: str) -> None:
    """Write sound so that reading it gives the same samples again, where they came from a file of this kind."""
    import soundfile

    if subtype != "PCM_16":
        audio.write(path, subtype)
        return
    scaled = np.clip(np.rint(audio.samples * np.float32(2**15)), -(2**15), 2**15 - 1).astype(np.int16)
    soundfile.write(path, scaled.T, audio.sample_rate, subtype="PCM_16")
