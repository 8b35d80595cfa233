"""`songsmith batch`: many songs from a manifest."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from songsmith.cli.console import Json, Quiet, app, number, warn, whole

if TYPE_CHECKING:
    from songsmith.batching.item import BatchResult
    from songsmith.batching.summary import Summary

PART_FAILED = 1
INTERRUPTED = 130
SHOWN_FAILURES = 20


@app.command(epilog="Example: [bold]songsmith batch songs.csv --out album --workers 2[/bold]")
def batch(
    manifest: Annotated[Path, typer.Argument(help="What to make, a row each: .jsonl, .csv, .yaml or .toml.")],
    out: Annotated[Path, typer.Option(help="Folder that gets a folder for each row, and summary.json.")],
    workers: Annotated[
        int | None, typer.Option(metavar="N", parser=whole, help="Made at once; by default one for each core.")
    ] = None,
    engine: Annotated[
        str, typer.Option(metavar="local|ray", help="Processes of this machine, or a Ray cluster.")
    ] = "local",
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the batch in DIR: what is done is not made again.")
    ] = False,
    attempts: Annotated[int, typer.Option(metavar="N", parser=whole, help="How often a row is tried at most.")] = 3,
    timeout: Annotated[
        float, typer.Option(metavar="S", parser=number, help="Seconds after which a row is given up.")
    ] = 3600.0,
    audio_format: Annotated[
        str, typer.Option("--format", help="Sound files of rows that do not say: wav, flac or mp3.")
    ] = "wav",
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Neither read nor write the cache.")] = False,
    ray_address: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="The Ray cluster; by default one on this machine.")
    ] = None,
    gpus_per_worker: Annotated[
        float, typer.Option(metavar="G", parser=number, help="GPUs that Ray keeps for each worker.")
    ] = 0.0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make many songs; nothing that is done is ever lost or made twice."""
    from songsmith.batching.manifest import check_manifest
    from songsmith.batching.run import batch as make_batch

    running = make_batch(
        manifest,
        out,
        workers=workers,
        engine=engine,
        resume=resume,
        attempts=attempts,
        timeout_s=timeout,
        audio_format=audio_format,
        use_cache=not no_cache,
        ray_address=ray_address,
        gpus_per_worker=gpus_per_worker,
    )
    failures: list[BatchResult] = []
    told: set[str] = set()
    is_interrupted = False
    try:
        with running, _progress(check_manifest(manifest), quiet or as_json) as tell:
            for result in running:
                tell(result)
                if not result.ok and len(failures) < SHOWN_FAILURES:
                    failures.append(result)
                for warning in set(result.warnings) - told:
                    told.add(warning)
                    warn(warning)
    except KeyboardInterrupt:
        is_interrupted = True
    summary = running.summary
    if as_json:
        _print_json(summary, failures)
    else:
        _print_table(summary, failures)
    if is_interrupted:
        print("songsmith: interrupted; what is done is kept: go on with --resume", file=sys.stderr)
        raise typer.Exit(INTERRUPTED)
    if summary.failed:
        rows, first = summary.done + summary.failed, failures[0]
        print(
            f"songsmith: {summary.failed} of {rows} rows failed, first row {first.row}: {_reason(first)}; all are in "
            f"{summary.out / 'summary.json'}",
            file=sys.stderr,
        )
        raise typer.Exit(PART_FAILED)


def _print_json(summary: Summary, failures: list[BatchResult]) -> None:
    from songsmith.batching.summary import figures

    rows = [{"row": result.row, "id": result.id, "error": result.error} for result in failures]
    print(json.dumps({**figures(summary), "failures": rows}, ensure_ascii=False, indent=2))


def _print_table(summary: Summary, failures: list[BatchResult]) -> None:
    """Print the figures, and what went wrong with the rows that failed."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 200)
    waiting = f", {summary.waiting} begun and not done" if summary.waiting else ""
    kept = f" ({summary.done - summary.made} of them before)" if summary.done > summary.made else ""
    console.print(f"{summary.done} made{kept}, {summary.failed} failed{waiting}: {escape(str(summary.out))}")
    if summary.made:
        console.print(f"{summary.made} in {_clock(summary.seconds)}: {summary.songs_per_hour:.0f} an hour")
    if failures:
        table = Table("row", "id", "what went wrong", box=None, pad_edge=False)
        for result in failures:
            table.add_row(str(result.row), escape(result.id), escape(_reason(result)))
        console.print(table)
    if summary.failed > len(failures):
        console.print(f"and {summary.failed - len(failures)} more: summary.json has them all")


def _reason(result: BatchResult) -> str:
    """Return why a row failed, without its number."""
    return (result.error or "").removeprefix(f"row {result.row}: ")


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


@contextmanager
def _progress(manifest: Path, silent: bool) -> Iterator[Callable[[BatchResult], None]]:
    """Show on stderr, where that is a terminal, how many rows are over, how many an hour, and the time left."""
    if silent or not sys.stderr.isatty():
        yield lambda result: None
        return
    import time

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from songsmith.batching.manifest import count_rows

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[pace]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        total = count_rows(manifest)
        task = bars.add_task("songs", total=total, pace="")
        begun, made, over, failed = time.monotonic(), 0, 0, 0

        def tell(result: BatchResult) -> None:
            nonlocal made, over, failed
            over += 1
            failed += not result.ok
            made += result.ok and not result.resumed
            pace = f"{failed} failed" if failed else ""
            if made:
                each_s = (time.monotonic() - begun) / made
                left = _clock(max(0, total - over) * each_s)
                pace = f"{3600 / each_s:.0f} an hour, {left} left{', ' + pace if pace else ''}"
            bars.update(task, completed=over, total=max(total, over), pace=pace)

        yield tell
