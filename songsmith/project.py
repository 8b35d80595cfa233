"""A song's folder written.

The folder is built under a temporary name beside its place and renamed when it is complete, so that a reader
never sees half a song and nothing is left behind where writing fails. A folder that is there is replaced
only when asked, only where it is a song's or empty, and files in it that are not a song's are kept.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import tempfile
import unicodedata
import warnings
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

import numpy as np

from songsmith.audio import Audio
from songsmith.errors import InputError
from songsmith.export.lrc import song_to_lrc
from songsmith.export.midi import song_to_midi
from songsmith.export.musicxml import song_to_musicxml
from songsmith.export.tags import Tags, write_tags
from songsmith.kept import DRY, MIX, STEMS, Kept
from songsmith.mixing.strip import strips_to_npz
from songsmith.picture.strips import Envelope
from songsmith.serialize import CURVES, curves_to_npz, song_to_json
from songsmith.song import Mix, Song
from songsmith.songfolder import FORMATS, OWN_SOUND, SONG_FILE, STRIPS, mix_file, own_file, read_mix_only, sound_files
from songsmith.units import db_to_gain
from songsmith.wavpatch import copied_with

_SUBTYPES = {"wav": "PCM_24", "flac": "PCM_24", "mp3": "MPEG_LAYER_III"}
_OWN_FILES = (SONG_FILE, CURVES, STRIPS, "song.mid", "score.musicxml", "lyrics.lrc", "overview.png", "report.json")
CEILING_DBTP = -1.0
"""True peak that no mix exceeds, after the MP3 encoder, too."""

ENCODINGS = 4


class PlaceTaken(InputError):  # noqa: N818 - named after what is the matter
    """Something is where a song is to be written."""


def check_place(folder: Path, overwrite: bool = False) -> Path:
    """Return the absolute path of an output folder once it is sure that a song can be written there.

    Meant to be called before any work is done; nothing is left behind. Raises InputError where the nearest
    folder above it that exists cannot be written to, or where something is there that may not be replaced.
    """
    try:
        folder = Path(folder).expanduser().resolve()
        if not folder.name:
            raise InputError(f"{folder}: is not a place for a song; choose a folder inside it")
        if folder == Path.cwd() or folder in Path.cwd().parents:
            raise InputError(f"{folder}: is where you are working; give the name of a folder inside it")
        if folder.exists() or folder.is_symlink():
            _check_replaceable(folder, overwrite)
        above = next(parent for parent in folder.parents if parent.exists())
        if not above.is_dir():
            raise InputError(f"{above}: is a file, so {folder.name!r} cannot be below it; choose another folder")
        Path(tempfile.mkdtemp(dir=above, prefix=".songsmith-")).rmdir()
    except (OSError, ValueError, RuntimeError) as err:
        reason = getattr(err, "strerror", None) or err
        raise InputError(f"{str(folder)[:200]}: cannot be written to ({reason}); choose another folder") from err
    return folder


def _check_replaceable(folder: Path, overwrite: bool) -> None:
    """Refuse a place where something is that may not be replaced; an empty folder always may."""
    if not folder.is_dir():
        raise InputError(f"{folder}: is a file; give the name of a folder")
    if not any(folder.iterdir()):
        return
    if not overwrite:
        raise PlaceTaken(
            f"{folder}: is there already; choose another folder, or replace it with --overwrite (overwrite=True)"
        )
    if not (folder / SONG_FILE).is_file():
        raise InputError(f"{folder}: holds files but no {SONG_FILE}, so it is not replaced; choose another folder")


def check_format(audio_format: str) -> None:
    """Raise InputError for a format of sound files that is none of `FORMATS`."""
    if audio_format not in FORMATS:
        raise InputError(f"audio format {audio_format!r} is not known: use one of {', '.join(FORMATS)}")


def new_folder(name: str, parent: Path | None = None) -> Path:
    """Return a folder named after a title or prompt that is not there yet: `rain`, `rain-2`, ...

    It is in `parent`, or in the working directory where that is None; it is not made.
    """
    try:
        parent = Path.cwd() if parent is None else parent
    except OSError as err:
        raise InputError("the working folder is gone; change to another one, or name the output") from err
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower().replace("'", "")).strip("-")[:60].strip("-") or "song"
    folder, number = parent / slug, 1
    while folder.exists() or folder.is_symlink():
        number += 1
        folder = parent / f"{slug}-{number}"
    return folder


def save(
    song: Song,
    folder: Path,
    overwrite: bool = False,
    audio_format: str = "wav",
    warn: Callable[[str], None] = warnings.warn,
    workers: int = 2,
) -> Path:
    """Write a song's whole folder and return its absolute path.

    Parameters
    ----------
    song : the song; sound that is still in the folder it was loaded from is copied from there unchanged, and
        a song without any sound is written without
    folder : where; folders above it are made
    overwrite : whether a song that is there may be replaced, once the new one is complete
    audio_format : `wav` or `flac` (24 bit), or `mp3`, for sound that is in memory
    warn : told where the picture of the song could not be drawn; all else is there then
    workers : sound files written at once

    Raises
    ------
    InputError
        where the place or the format is not right; nothing is changed or left behind then
    """
    import soundfile

    check_format(audio_format)
    folder = check_place(folder, overwrite)
    missing = [parent for parent in folder.parents if not parent.exists()]
    temporary: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = folder.with_name(f".{folder.name[:40]}-{token_hex(6)}")
        temporary.mkdir()
        _write_files(song, temporary, audio_format, warn, workers)
        _put_in_place(temporary, folder, overwrite)
    except (OSError, soundfile.SoundFileError) as err:
        reason = getattr(err, "strerror", None) or err
        raise InputError(f"{folder}: cannot be written ({reason}); choose another folder") from err
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
        if not folder.exists():
            for parent in missing:
                with contextlib.suppress(OSError):
                    parent.rmdir()
    return folder


def save_as_new(
    song: Song,
    parent: Path | None = None,
    audio_format: str = "wav",
    warn: Callable[[str], None] = warnings.warn,
) -> Path:
    """Write a song to a new folder named after it, in `parent` or the working directory, and return its path."""
    while True:
        try:
            return save(song, new_folder(song.title, parent), audio_format=audio_format, warn=warn)
        except PlaceTaken:  # somebody else was quicker: the next name
            continue


def _write_files(song: Song, folder: Path, audio_format: str, warn: Callable[[str], None], workers: int) -> None:
    """Write the files of a song, its sound in threads beside all the others."""
    with ThreadPoolExecutor(workers) as pool:
        jobs: list[Future[None]] = []
        envelope: Future[Envelope] | None = None
        if song.audio is not None:
            if audio_format != "mp3":  # whose picture is that of what was coded
                known = song.audio.known
                weighed = None if known is None else known.energies
                # Before the sound is written, which takes long: the picture waits for it.
                envelope = pool.submit(Envelope.of, song.audio.mix, energies=weighed)
            lowered_db, jobs = _write_mix(song, song.audio, folder, audio_format, pool)
            if song.audio.kept is not None:
                shutil.copyfile(song.audio.kept.strips, folder / STRIPS)
            elif song.audio.strips:
                (folder / STRIPS).write_bytes(strips_to_npz(song.audio.strips))
            if workers == 1:  # one thing at a time
                for job in jobs:
                    job.result()
            if lowered_db:
                note = (
                    f"the sound is {lowered_db:.1f} dB softer than it would be as wav, to stay below -1 dBTP as mp3"
                )
                told = replace(song.provenance, warnings=(*song.provenance.warnings, note))
                song = replace(song, provenance=told)
        elif song.folder is not None:
            mix_file(song.folder)
            settings = [STRIPS] if own_file(song.folder, STRIPS) else []
            for name in (*sound_files(song.folder), *settings):
                (folder / name).parent.mkdir(exist_ok=True)
                shutil.copyfile(song.folder / name, folder / name)
        (folder / SONG_FILE).write_text(song_to_json(song), encoding="utf-8")
        (folder / CURVES).write_bytes(curves_to_npz(song.performance))
        (folder / "song.mid").write_bytes(song_to_midi(song))
        (folder / "score.musicxml").write_text(song_to_musicxml(song), encoding="utf-8")
        (folder / "lyrics.lrc").write_text(song_to_lrc(song), encoding="utf-8")
        if song.report is not None:
            report = json.dumps(song.report, indent=2, ensure_ascii=False, allow_nan=False)
            (folder / "report.json").write_text(report + "\n", encoding="utf-8")
        _draw(song, folder, warn, envelope)
        for job in jobs:
            job.result()


def _draw(song: Song, folder: Path, warn: Callable[[str], None], envelope: Future[Envelope] | None) -> None:
    """Draw the picture of a song, of its sound as it was measured or else written; no song is lost for want of it."""
    from songsmith.picture.overview import overview

    try:
        sound = read_mix_only(folder) if song.audio is None or envelope is None else song.audio.mix
        (folder / "overview.png").write_bytes(overview(song, sound, None if envelope is None else envelope.result()))
    except OSError:
        raise
    except Exception as err:
        (folder / "overview.png").unlink(missing_ok=True)
        warn(f"overview.png could not be drawn ({type(err).__name__}: {err}); the song itself is complete")


def _write_mix(
    song: Song, mix: Mix, folder: Path, audio_format: str, pool: ThreadPoolExecutor
) -> tuple[float, list[Future[None]]]:
    """Begin to write the sound, the mix first; return the decibels it is lowered by for the encoder, and the jobs."""
    for name in mix.stems:
        if not name or name.startswith(".") or any(c in name for c in "/\\\0"):
            raise InputError(f"stem {name!r} cannot be the name of a file")
    (folder / "stems").mkdir()
    sounds = [(f"stems/{name}", name.replace("_", " ")) for name in mix.stems]
    if mix.dry_vocals is not None:
        (folder / "dry").mkdir()
        sounds.append((DRY, "dry vocals"))

    def write(name: str, title: str, gain: np.float32 | None = None) -> None:
        path = folder / f"{name}.{audio_format}"
        tags = Tags.of(song, title)
        if _copied(mix.kept, name, path, tags):
            return
        audio = _sound_named(mix, name)
        if gain is not None:
            audio = replace(audio, samples=audio.samples * gain)
        audio.write(path, _SUBTYPES[audio_format], tags.info if audio_format == "wav" else None)
        write_tags(path, tags)

    lowered_db = 0.0
    if audio_format == "mp3":
        lowered_db = _encoder_overshoot_db(mix.mix, folder / "mix.mp3")
        gain = np.float32(db_to_gain(-lowered_db))
        write_tags(folder / "mix.mp3", Tags.of(song))
        return lowered_db, [pool.submit(write, name, title, gain) for name, title in sounds]
    return lowered_db, [pool.submit(write, name, title) for name, title in ((MIX, ""), *sounds)]


def _sound_named(mix: Mix, name: str) -> Audio:
    """Return a sound of a mix by the name of its file."""
    if name == MIX:
        return mix.mix
    if name == DRY and mix.dry_vocals is not None:
        return mix.dry_vocals
    return mix.stems[name.removeprefix(STEMS)]


def _copied(kept: Kept | None, name: str, target: Path, tags: Tags) -> bool:
    """Copy a sound that a file holds already, with its piece put in; return False where it has to be written."""
    if kept is None or target.suffix == ".mp3" or kept.files[name].suffix != target.suffix:
        return False
    if name not in kept.pieces:
        shutil.copyfile(kept.files[name], target)
        return True
    return target.suffix == ".wav" and copied_with(kept.files[name], target, kept.pieces[name], tags.info)


def _encoder_overshoot_db(audio: Audio, path: Path) -> float:
    """Write an MP3 whose decoded true peak keeps the ceiling, and return by how many decibels it was lowered.

    An encoder leaves out what is not heard, and the peaks of what remains may be higher. A mix that is over the
    ceiling of itself is encoded as it is.
    """
    from songsmith.mixing.loudness import true_peak_dbtp

    ceiling_db = max(CEILING_DBTP, true_peak_dbtp(audio.samples))
    lowered_db = 0.0
    for _ in range(ENCODINGS):
        gain = np.float32(db_to_gain(-lowered_db))
        replace(audio, samples=audio.samples * gain).write(path, _SUBTYPES["mp3"])
        over_db = true_peak_dbtp(Audio.read(path).samples) - ceiling_db
        if over_db <= 0.0:
            break
        lowered_db += over_db + 0.02
    return lowered_db


def _put_in_place(temporary: Path, folder: Path, overwrite: bool) -> None:
    """Rename the new folder to its place; one that was there is put aside first, and back if that fails."""
    if not folder.exists():
        temporary.rename(folder)
        return
    _check_replaceable(folder, overwrite)
    copy_foreign(folder, temporary)
    aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name[:40]}-"))
    try:
        folder.rename(aside / "old")
        temporary.rename(folder)
    finally:
        if (aside / "old").exists() and not folder.exists():
            (aside / "old").rename(folder)
        shutil.rmtree(aside, ignore_errors=True)


def copy_foreign(old: Path, new: Path) -> None:
    """Copy what is not a song's from the folder that is replaced into the new one, to where it stood."""
    for path in sorted(old.rglob("*")):
        name = path.relative_to(old).as_posix()
        if name in _OWN_FILES or OWN_SOUND.fullmatch(name):
            continue
        if path.is_dir() and not path.is_symlink():
            (new / name).mkdir(exist_ok=True)
        elif path.is_file() or path.is_symlink():
            shutil.copy2(path, new / name, follow_symlinks=False)
        else:
            raise InputError(f"{path}: is neither a file nor a folder, so its song is not replaced; move it away")


def check_picture(path: Path) -> None:
    """Raise InputError where a picture cannot be written to a path: another suffix, a folder, no place above it."""
    if path.suffix.lower() != ".png":
        raise InputError(f"{path}: is no name for a picture; give one that ends in .png")
    if path.is_dir():
        raise InputError(f"{path}: is a folder; give the name of a file that ends in .png")
    if not path.parent.is_dir():
        raise InputError(f"{path.parent}: there is no such folder; make it, or choose another place")


def write_picture(path: Path, content: bytes) -> None:
    """Write a picture under a temporary name, then rename it; raise InputError where that cannot be done."""
    temporary = path.with_name(f".{path.stem[:40]}-{token_hex(6)}.png")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as err:
        raise InputError(f"{path}: cannot be written ({err.strerror}); choose another place") from err
    finally:
        temporary.unlink(missing_ok=True)
