"""`songsmith separate`: voice and instruments of recordings."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from songsmith.cli.console import Json, Quiet, app, number, warn, whole
from songsmith.errors import InputError, SongsmithError

if TYPE_CHECKING:
    from songsmith.separation.files import Separated

DEFAULT_FOLDER = "separated"


class SomeFailed(SongsmithError):  # noqa: N818 - named after what is the matter
    """Part of several files could not be separated."""

    exit_code = 1


@app.command(epilog="Example: [bold]songsmith separate song.mp3 --stems 4 --out stems[/bold]")
def separate(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Recordings: wav, flac, mp3, ogg, m4a ...")],
    stems: Annotated[
        int,
        typer.Option(metavar="2|4", parser=whole, help="vocals and instrumental, or vocals, drums, bass and other."),
    ] = 2,
    model: Annotated[
        str | None,
        typer.Option(
            help="songsmith-mini, htdemucs, htdemucs_ft, htdemucs_6s, mdx_extra, or a folder with a Demucs model."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for a folder of stems a file; by default a new one, 'separated'.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace stems that are there.")] = False,
    fetch: Annotated[
        bool, typer.Option("--fetch", help="Get the model's weights from the network where they are not there.")
    ] = False,
    audio_format: Annotated[
        str, typer.Option("--format", help="wav (32-bit float, exact sums), flac (24 bit) or mp3.")
    ] = "wav",
    no_residual: Annotated[
        bool, typer.Option("--no-residual", help="Leave out what no stem holds; they no longer sum to the recording.")
    ] = False,
    shifts: Annotated[
        int, typer.Option(metavar="N", parser=whole, help="Separate N times, cut at other places, and average.")
    ] = 1,
    overlap: Annotated[
        float | None, typer.Option(metavar="0..0.9", parser=number, help="How much segments overlap.")
    ] = None,
    segment: Annotated[
        float | None, typer.Option(metavar="S", parser=number, help="Length of segments in seconds.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, or cuda for a Demucs model.")] = "cpu",
    workers: Annotated[int, typer.Option(metavar="N", parser=whole, help="Segments computed at once.")] = 2,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Isolate the vocals and the instruments of recordings of any length."""
    from songsmith.project import new_folder
    from songsmith.separation import Options, separator
    from songsmith.separation.choice import PREFERRED
    from songsmith.separation.fetching import fetch as get
    from songsmith.separation.files import check_format, separate_file
    from songsmith.separation.stems import stem_names

    check_format(audio_format)
    options = Options(shifts, overlap, segment, workers, keep_residual=not no_residual)
    if fetch:
        get(model or PREFERRED)
    engine = separator(model, device=device)
    stem_names(stems, engine)
    if model is None:
        better = "" if engine.name == PREFERRED else f"; 'songsmith fetch {PREFERRED}' gets a better one"
        print(f"separating with {engine.name}{better}", file=sys.stderr)
    parent = out if out is not None else new_folder(DEFAULT_FOLDER)
    done: list[Separated] = []
    failed: list[tuple[Path, SongsmithError]] = []
    folders = _folders(parent, files)
    with _progress(quiet or as_json, len(files)) as progress:
        for place, (file, folder) in enumerate(zip(files, folders, strict=True)):

            def tell(share: float, place: int = place, file: Path = file) -> None:
                progress(file.name, place + share)

            tell(0.0)
            try:
                done.append(separate_file(file, folder, engine, stems, options, audio_format, overwrite, tell))
            except (InputError, OSError) as err:
                failed.append((file, _worded(file, err)))
    _print(done, failed, as_json)
    if failed and len(files) == 1:
        raise failed[0][1]
    if failed:
        told = "; ".join(" ".join(str(err).split()) for _, err in failed)
        raise SomeFailed(f"{len(failed)} of {len(files)} files could not be separated: {told}")


def _worded(file: Path, err: InputError | OSError) -> SongsmithError:
    return err if isinstance(err, InputError) else InputError(f"{file}: cannot be separated ({err.strerror or err})")


def _folders(parent: Path, files: list[Path]) -> list[Path]:
    """Return a folder for each file, named after it; two files of one name get different ones."""
    taken: set[str] = set()
    found = []
    for file in files:
        name = file.stem.strip(". ") or "recording"
        folder, count = name, 1
        while folder.casefold() in taken:
            count += 1
            folder = f"{name}-{count}"
        taken.add(folder.casefold())
        found.append(parent / folder)
    return found


def _print(done: list[Separated], failed: list[tuple[Path, SongsmithError]], as_json: bool) -> None:
    if as_json:
        rows = [
            {
                "file": str(one.file),
                "folder": str(one.folder.resolve()),
                "stems": {path.stem: str(path.resolve()) for path in one.stems},
                "model": one.model,
                "version": one.version,
                "weights_sha256": one.weights_sha256,
                "duration_s": round(one.duration_s, 6),
                "sample_rate": one.sample_rate,
                "channels": one.channels,
                "residual_db": round(one.residual_db, 2),
                "notes": list(one.notes),
            }
            for one in done
        ]
        wrong = [{"file": str(file), "error": " ".join(str(err).split())} for file, err in failed]
        print(json.dumps({"separated": rows, "failed": wrong}, ensure_ascii=False, indent=2))
        return
    for one in done:
        print(f"{one.folder}: {', '.join(path.name for path in one.stems)} (residual {one.residual_db:.0f} dB)")
        for note in one.notes:
            warn(f"{one.file.name}: {note}")


@contextmanager
def _progress(silent: bool, files: int) -> Iterator[Callable[[str, float], None]]:
    """Show on stderr, where that is a terminal, how many files are done and the time that is left."""
    if silent or not sys.stderr.isatty():
        yield lambda name, done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<24.24}"), BarColumn(), TimeRemainingColumn(), TextColumn("left"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=float(files))
        yield lambda name, done: bars.update(task, description=name, completed=done)
