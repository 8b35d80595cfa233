"""Several songs of one prompt: their seeds, and which came out best."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

from songsmith.errors import InputError
from songsmith.evaluation import evaluate
from songsmith.fieldreader import Field, read_json
from songsmith.project import PlaceTaken, check_place, copy_foreign
from songsmith.seeds import generator
from songsmith.song import Song
from songsmith.songfolder import SONG_FILE

MOST = 99
RANKING = "ranking.json"
MAX_RANKING_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Ranked:
    """What one variation came to.

    Parameters
    ----------
    number : of the variation, from 1; also the name of its folder
    seed : that makes the same song again without variations
    title : of the song
    score : 0 to 1, see `songsmith.evaluation.score`
    in_tune : share of sung notes within 50 cents, None where nobody sings
    melody_chord_tones : share of melody notes on strong beats that belong to their chord
    findings : what is wrong, in plain words
    """

    number: int
    seed: int
    title: str
    score: float
    in_tune: float | None
    melody_chord_tones: float
    findings: tuple[str, ...]


def variation_seed(seed: int, number: int) -> int:
    """Return the seed of a variation: the first is the song of the seed itself, the others derive from it."""
    return seed if number == 1 else int(generator(seed, "variation", number).integers(2**31))


def check_count(count: int) -> None:
    """Refuse a number of variations that cannot be."""
    if not 1 <= count <= MOST:
        raise InputError(f"{count} variations are not possible: use 1 to {MOST}")


def judge(song: Song, number: int) -> Ranked:
    """Return what a variation measures, without the recogniser, which would take longer than the song."""
    report = evaluate(song, listen=False)
    voice = report.get("voice")
    return Ranked(
        number,
        song.seed,
        song.title,
        round(float(report["score"]), 4),
        None if voice is None else float(voice["in_tune"]),
        float(report["harmony"]["melody_chord_tones"]),
        tuple(report["findings"]),
    )


def ranked(judged: Sequence[Ranked]) -> tuple[Ranked, ...]:
    """Return the variations, the best first; equal ones by their number."""
    return tuple(sorted(judged, key=lambda row: (-row.score, len(row.findings), row.number)))


def ranking_table(judged: Sequence[Ranked]) -> list[dict[str, Any]]:
    """Return the rows of `ranking.json`, the best first."""
    return [
        {
            "rank": rank,
            "folder": str(row.number),
            "seed": row.seed,
            "title": row.title,
            "score": row.score,
            "in_tune": row.in_tune,
            "melody_chord_tones": row.melody_chord_tones,
            "findings": list(row.findings),
        }
        for rank, row in enumerate(ranked(judged), 1)
    ]


def ranking_to_json(judged: Sequence[Ranked]) -> str:
    """Return the text of `ranking.json`."""
    return json.dumps(ranking_table(judged), ensure_ascii=False, indent=2) + "\n"


def check_collection(folder: Path, overwrite: bool = False) -> Path:
    """Return the absolute path of a folder for variations once it is sure that they can be written there.

    Raises InputError where something is there, but for an earlier collection of variations that may be replaced.
    """
    try:
        return check_place(folder)
    except PlaceTaken:  # neither the working folder nor one above it: that is refused before
        if not overwrite:
            raise
    target = folder.expanduser().resolve()
    check_place(target.with_name(f".{target.name[:40]}-{token_hex(6)}"))
    _songs_of(target)
    return target


def _songs_of(folder: Path) -> tuple[str, ...]:
    """Return the names of the folders of songs in a collection; raise InputError where it is none."""
    ranking = folder / RANKING
    if not ranking.is_file() or ranking.is_symlink():
        raise InputError(f"{folder}: holds files but no {RANKING}, so it is not replaced; choose another folder")
    rows = Field(read_json(ranking, MAX_RANKING_BYTES), str(ranking), "").items()
    listed = {row.table({"folder"}, more=True)["folder"].text() for row in rows}
    numbered = {str(number) for number in range(1, MOST + 1)}
    if not listed or not listed <= numbered:
        raise InputError(f"{ranking}: is no ranking of variations, so nothing is replaced; choose another folder")
    there = tuple(sorted(name for name in numbered if (folder / name).exists() or (folder / name).is_symlink()))
    for name in there:
        place = folder / name
        if name not in listed or place.is_symlink() or not (place / SONG_FILE).is_file():
            raise InputError(f"{place}: is not one of the songs in {RANKING}, so nothing is replaced; move it away")
    return there


@contextmanager
def collecting(folder: Path, overwrite: bool = False) -> Iterator[Path]:
    """Give a folder to write variations into that takes its place, whole, when all is done.

    Of a collection that is replaced, the files that are not its own are kept. Whatever interrupts this leaves either
    the old or the new collection.
    """
    target = check_collection(folder, overwrite)
    missing = [parent for parent in target.parents if not parent.exists()]
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name[:40]}-"))
    old = work / "old"
    try:
        fresh = work / "new"
        fresh.mkdir()
        yield fresh
        try:
            if target.exists():
                check_collection(target, overwrite)
                _keep_foreign(target, fresh)
                target.rename(old)
            fresh.rename(target)
        except OSError as err:
            reason = getattr(err, "strerror", None) or err
            raise InputError(f"{target}: cannot be written ({reason}); choose another folder") from err
    finally:
        if old.exists() and not target.exists():
            old.rename(target)
        shutil.rmtree(work, ignore_errors=True)
        if not target.exists():
            for parent in missing:
                with suppress(OSError):
                    parent.rmdir()


def _keep_foreign(old: Path, new: Path) -> None:
    """Copy what is not the collection's own from the folder that is replaced into the new one, to where it stood."""
    songs = _songs_of(old) if any(old.iterdir()) else ()
    for name in songs:
        is_new = (new / name).is_dir()
        (new / name).mkdir(exist_ok=True)
        copy_foreign(old / name, new / name)
        if not is_new:  # fewer songs than before: nothing is left of this one but what is foreign
            for place in sorted((new / name).rglob("*"), reverse=True):
                if place.is_dir() and not place.is_symlink():
                    with suppress(OSError):
                        place.rmdir()
            with suppress(OSError):
                (new / name).rmdir()
    for path in sorted(old.iterdir()):
        if path.name in songs or path.name == RANKING:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.copytree(path, new / path.name, symlinks=True)
        elif path.is_file() or path.is_symlink():
            shutil.copy2(path, new / path.name, follow_symlinks=False)
        else:
            raise InputError(f"{path}: is neither a file nor a folder, so nothing is replaced; move it away")
