"""What the verbs share: the application, option types, progress on stderr, tables on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from songsmith.song import Song

app = typer.Typer(
    add_completion=False,
    rich_markup_mode="rich",
    help="Whole songs with sung vocals from lyrics and a prompt, on a plain CPU, without a network.",
    epilog='Example: [bold]songsmith make "warm folk waltz, 96 BPM" --lyrics words.txt --out song[/bold]',
)


SECONDS_A_MINUTE = 60


def number(text: str) -> float:
    """Read a number, for a message that names it where it is none."""
    try:
        return float(text)
    except ValueError as err:
        raise typer.BadParameter(f"{text!r} is not a number.") from err


def seconds(text: str) -> float:
    """Read a length: seconds, or minutes and seconds as 1:30."""
    minutes, colon, rest = text.rpartition(":")
    try:
        if colon and not (minutes.isdecimal() and 0 <= float(rest) < SECONDS_A_MINUTE):
            raise ValueError(text)
        return SECONDS_A_MINUTE * int(minutes or 0) + float(rest)
    except ValueError as err:
        raise typer.BadParameter(f"{text!r} is no length: give seconds (90) or minutes and seconds (1:30).") from err


def whole(text: str) -> int:
    """Read a whole number, for a message that names it where it is none."""
    try:
        return int(text)
    except ValueError as err:
        raise typer.BadParameter(f"{text!r} is not a whole number.") from err


Json = Annotated[bool, typer.Option("--json", help="Print a machine-readable result to stdout.")]


Quiet = Annotated[bool, typer.Option("--quiet", help="Show no progress.")]


def print_list(rows: Mapping[str, str], column: str, as_json: bool) -> None:
    """Print names with their descriptions."""
    if as_json:
        print(json.dumps([{"name": name, "description": text} for name, text in rows.items()], indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(column, "what it is", box=None, pad_edge=False)
    for name, text in rows.items():
        table.add_row(name, text)
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def warn(text: str) -> None:
    """Print a warning to stderr."""
    print(f"songsmith: warning: {text}", file=sys.stderr)


def saved(
    song: Song, out: Path | None, overwrite: bool, audio_format: str, progress: Callable[[str, float], None]
) -> Path:
    """Write a song where the user wants it, or to a new folder named after it, and return its path."""
    from songsmith import project

    progress("saving", 0.0)
    if out is None:
        place = project.save_as_new(song, audio_format=audio_format, warn=warn)
    else:
        place = project.save(song, out, overwrite, audio_format, warn)
    progress("saving", 1.0)
    return place


@contextmanager
def progress_bars(silent: bool) -> Iterator[Callable[[str, float], None]]:
    """Show the stages of a song on stderr where that is a terminal; nothing where it is not, or where asked."""
    if silent or not sys.stderr.isatty():
        yield lambda stage, share: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<14}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(stage: str, share: float) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=1.0)
            bars.update(tasks[stage], completed=share)

        yield show
