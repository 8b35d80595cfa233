"""Several songs of one prompt: their seeds, and which came out best."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from songsmith.errors import InputError
from songsmith.evaluation import evaluate
from songsmith.project import check_place
from songsmith.seeds import generator
from songsmith.song import Song

MOST = 99
RANKING = "ranking.json"


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
    target = folder.expanduser().resolve()
    if overwrite and (target / RANKING).is_file():
        check_place(target / ".new")
        return target
    return check_place(folder)


@contextmanager
def collecting(folder: Path, overwrite: bool = False) -> Iterator[Path]:
    """Give a folder to write variations into that takes its place, whole, when all is done."""
    target = check_collection(folder, overwrite)
    missing = [parent for parent in target.parents if not parent.exists()]
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name[:40]}-"))
    try:
        fresh = work / "new"
        fresh.mkdir()
        yield fresh
        if target.exists():
            check_collection(target, overwrite)
            target.rename(work / "old")
        try:
            fresh.rename(target)
        except OSError:
            if (work / "old").exists():
                (work / "old").rename(target)
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
        if not target.exists():
            for parent in missing:
                with suppress(OSError):
                    parent.rmdir()
