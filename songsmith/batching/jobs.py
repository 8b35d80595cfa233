"""What a worker does with an item: one job, alone, with one thread, its result in a folder of its own.

A task is a mapping of JSON values: `id`, `job`, `options`, `place` (the folder to write) and `use_cache`. The answer
is one, too: `ok`, and then `report` and `warnings`, or else `kind` and `error`.
"""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import shutil
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from songsmith.batching.folder import is_full, sync_tree
from songsmith.errors import InputError, SongsmithError

if TYPE_CHECKING:
    from songsmith.separation.separator import Separator

JOBS: Mapping[str, str] = {
    "make": "songsmith.batching.jobs:make_song",
    "separate": "songsmith.batching.jobs:separate_recording",
    "extend": "songsmith.batching.jobs:extend_recording",
}
"""Jobs by name, as `module:function`; each takes a task and a function to warn, and returns a report."""

WRONG, FULL, FAULT = "wrong", "full", "fault"
"""Kinds of failure: the item's own, which another attempt would meet again; no room left; anything else."""

Job = Callable[[Mapping[str, Any], Callable[[str], None]], Mapping[str, Any] | None]
LONGEST_ERROR = 2000
LITTLE_ROOM = 4 * 2**30
"""Bytes; no song takes more."""


def run(task: Mapping[str, Any]) -> dict[str, Any]:
    """Do a task and return the answer, whatever happens; where it fails, nothing is left in its place."""
    warnings: list[str] = []
    place = Path(task["place"])
    try:
        module, _, name = JOBS[task["job"]].partition(":")
        job: Job = getattr(import_module(module), name)
        place.parent.mkdir(parents=True, exist_ok=True)
        report = job(task, warnings.append)
        sync_tree(place)
        return {"ok": True, "report": report, "warnings": warnings}
    except Exception as err:
        _remove(place)
        if is_full(err):
            return {"ok": False, "kind": FULL, "error": _line(str(err)), "warnings": warnings}
        if isinstance(err, SongsmithError) and type(err) is not SongsmithError:
            return {"ok": False, "kind": WRONG, "error": _line(str(err)), "warnings": warnings}
        text = str(err) if isinstance(err, SongsmithError) else f"internal error ({type(err).__name__}: {err})"
        return {"ok": False, "kind": FAULT, "error": _line(text), "warnings": warnings}


def make_song(task: Mapping[str, Any], warn: Callable[[str], None]) -> Mapping[str, Any] | None:
    """Make a song from the options of a row and save it; return its report."""
    from songsmith import project
    from songsmith.pipeline import make

    options = dict(task["options"])
    prompt, audio_format = options.pop("prompt"), options.pop("format")
    lyrics = options.pop("lyrics", None)
    if lyrics is not None and "\n" not in lyrics:
        lyrics += "\n"  # words are never taken for the name of a sheet
    if "length" in options:
        options["length_s"] = options.pop("length")
    song = make(prompt, lyrics, **options, use_cache=task["use_cache"], workers=1, warn=warn)
    place = Path(task["place"])
    try:
        project.save(song, place, audio_format=audio_format, warn=warn, workers=1)
    except InputError as err:
        _check_room(err.__cause__, place, err)
        raise
    return song.report


def separate_recording(task: Mapping[str, Any], warn: Callable[[str], None]) -> Mapping[str, Any]:
    """Separate a recording into the stems that a row asks for; return what was measured on it."""
    from songsmith.separation.files import separate_file
    from songsmith.separation.separator import Options as Cutting

    options = task["options"]
    engine = _separator(options["model"], options.get("device", "cpu"))
    source, place, stems = Path(options["audio"]), Path(task["place"]), options.get("stems", 2)
    try:
        made = separate_file(source, place, engine, stems, Cutting(workers=1), options["format"])
    except Exception as err:
        _check_room(err, place, err)
        raise
    report = {
        "model": made.model,
        "version": made.version,
        "weights_sha256": made.weights_sha256,
        "duration_s": round(made.duration_s, 3),
        "sample_rate": made.sample_rate,
        "channels": made.channels,
        "residual_db": round(made.residual_db, 2) if math.isfinite(made.residual_db) else None,
        "notes": list(made.notes),
    }
    (made.folder / "report.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return report


def _check_room(failure: BaseException | None, place: Path, err: Exception) -> None:
    """Raise OSError where a sound file could not be written and there is little room: its library says no more."""
    if type(failure).__module__ == "soundfile" and shutil.disk_usage(place.parent).free < LITTLE_ROOM:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(place)) from err


def extend_recording(task: Mapping[str, Any], warn: Callable[[str], None]) -> Mapping[str, Any]:
    """Make a recording longer as a row asks; return what was done and measured."""
    from songsmith.extension.extend import extend_recording as extend

    options = dict(task["options"])
    if options.pop("format") != "wav":
        raise InputError("a longer recording is written as wav: give the batch or the row that format")
    lyrics = options.pop("lyrics", None)
    if lyrics is not None and "\n" not in lyrics:
        lyrics += "\n"  # words are never taken for the name of a sheet
    longer = extend(
        Path(options.pop("audio")),
        options.pop("by"),
        lyrics,
        from_s=options.pop("from", None),
        separator=options.pop("model"),
        **options,
        use_cache=task["use_cache"],
        workers=1,
        warn=warn,
    )
    longer.save(Path(task["place"]))
    return longer.summary()


@lru_cache(maxsize=2)
def _separator(model: str, device: str) -> Separator:
    """Return a separator whose network stays loaded for the next recording."""
    from songsmith.separation.choice import separator

    return separator(model, device=device)


def _remove(place: Path) -> None:
    with contextlib.suppress(OSError):
        shutil.rmtree(place)


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_ERROR else line[: LONGEST_ERROR - 3] + "..."
