"""A song's folder read: the song, and its sound, whole or as far as it is asked for.

The folder may be a stranger's: no file is followed out of it, none is read that is larger than it can have to be.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from songsmith.audio import Audio
from songsmith.deserialize import MAX_JSON_BYTES, read_song
from songsmith.errors import InputError
from songsmith.fieldreader import Field, read_json
from songsmith.kept import MIX, Kept
from songsmith.mixing.settings import BACKING_VOCALS, VOCALS
from songsmith.mixing.strip import Strip, strips_from_npz
from songsmith.song import Mix, Song

SONG_FILE = "song.json"
STRIPS = "mixing.npz"
EXTENSION_FILE = "extension.json"
FORMATS = ("wav", "flac", "mp3")
OWN_SOUND = re.compile(rf"(mix|stems/[^/]+|dry/[^/]+)\.({'|'.join(FORMATS)})")


def load(folder: str | Path) -> Song:
    """Return the song of a folder; its sound stays on disk until `Song.read_audio` is called.

    Raises InputError where the folder is not a song's or its files are not right.
    """
    try:
        folder = Path(folder).expanduser().resolve()
        is_folder = folder.is_dir()
    except (OSError, ValueError, RuntimeError) as err:
        raise InputError(f"{str(folder)[:200]}: cannot be read ({err}); give the folder of a song") from err
    if not is_folder:
        raise InputError(f"{folder}: there is no such folder; give the folder of a song")
    check_score(folder)
    song = read_song(folder / SONG_FILE)
    report = folder / "report.json"
    if not report.exists():
        return song
    check_inside(report, folder)
    field = Field(read_json(report, MAX_JSON_BYTES), str(report), "")
    return replace(song, report={name: item.value for name, item in field.entries()})


def check_score(folder: Path) -> None:
    """Raise InputError where a folder holds a recording that was made longer: that has sound, but no score."""
    if not (folder / SONG_FILE).exists() and (folder / EXTENSION_FILE).exists():
        raise InputError(
            f"{folder}: holds a recording that was made longer, which has no score: give the mix.wav in it to a verb "
            "for recordings (analyse, extend, separate, sing --over)"
        )


def sound_files(folder: Path) -> list[str]:
    """Return the sound files of a song's folder, relative to it, sorted.

    Raises InputError where one is a link that leads out of the folder: it would be read, and copied, as the song's.
    """
    found = [
        path
        for place in (folder, folder / "stems", folder / "dry")
        if place.is_dir()
        for path in place.iterdir()
        if path.is_file() and OWN_SOUND.fullmatch(path.relative_to(folder).as_posix())
    ]
    for path in found:
        check_inside(path, folder)
    return sorted(path.relative_to(folder).as_posix() for path in found)


def check_inside(path: Path, folder: Path) -> None:
    """Raise InputError where a file of a song's folder is a link, or below one, that leads out of it."""
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{path}: is a link that leads out of the song's folder; put the file itself there")


def mix_file(folder: Path) -> str | None:
    """Return the name of the mix in a song's folder, None where there is none; raise InputError for two."""
    names = [name for name in sound_files(folder) if name.startswith("mix.")]
    if len(names) > 1:
        raise InputError(f"{folder}: holds {' and '.join(names)}; keep the one that is the song's")
    return names[0] if names else None


def format_of(folder: Path) -> str:
    """Return the format of the sound in a song's folder, one of `FORMATS`; `wav` where there is none."""
    name = mix_file(Path(folder).expanduser().resolve())
    return "wav" if name is None else name.rpartition(".")[2]


def read_mix(folder: Path) -> Mix:
    """Return the sound of a song's folder; raise InputError where there is none, or two of one name."""
    mix = read_mix_only(folder)
    if mix is None:
        raise InputError(f"{folder}: has no mix.{' or mix.'.join(FORMATS)}; render the song again")
    stems: dict[str, Audio] = {}
    dry: Audio | None = None
    for name in sound_files(folder):
        stem = Path(name).stem
        if name.startswith("stems/"):
            if stem in stems:
                raise InputError(f"{folder}: holds two stems {stem!r}; keep the one that is the song's")
            stems[stem] = Audio.read(folder / name)
        elif name.startswith("dry/") and stem == "vocals":
            if dry is not None:
                raise InputError(f"{folder}: holds two dry vocals; keep the one that is the song's")
            dry = Audio.read(folder / name)
    return Mix(mix, stems, dry, read_strips(folder, mix.frames))


def kept_in(folder: Path) -> Kept:
    """Return the files of the sound of a song's folder, none of them read.

    Raises InputError where there is no mix, or two files of one name.
    """
    files: dict[str, Path] = {}
    for name in sound_files(folder):
        sound = name.rpartition(".")[0]
        if sound in files:
            raise InputError(f"{folder}: holds two files of {sound}; keep the one that is the song's")
        files[sound] = folder / name
    if MIX not in files:
        raise InputError(f"{folder}: has no mix.{' or mix.'.join(FORMATS)}; render the song again")
    return Kept(files, folder / STRIPS, {})


def read_strips(folder: Path, frames: int) -> dict[str, Strip]:
    """Return what the mix of a song's folder did to its voices; empty where that is not there."""
    path = own_file(folder, STRIPS)
    if path is None:
        return {}
    largest = 64 + 16 * frames
    if path.stat().st_size > largest:
        raise InputError(f"{path}: has {path.stat().st_size} bytes; {largest} at most are read")
    return strips_from_npz(path.read_bytes(), str(path), (VOCALS, BACKING_VOCALS), frames)


def own_file(folder: Path, name: str) -> Path | None:
    """Return a file of a song's folder where it is there; raise InputError where it leads out of it."""
    path = folder / name
    if not path.is_file():
        return None
    check_inside(path, folder)
    return path


def read_mix_only(folder: Path) -> Audio | None:
    """Return the mix of a song's folder without its stems, None where there is none; raise InputError for two."""
    name = mix_file(folder)
    return None if name is None else Audio.read(folder / name)
