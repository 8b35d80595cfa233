"""`songsmith compare`: what differs between songs, as a table and as a picture."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from songsmith.cli.console import Json, app

if TYPE_CHECKING:
    from songsmith.compare import Compared, Row

LONGEST_SAME = 40
"""Characters up to which a fact that is the same for all songs is told."""


@app.command(epilog="Example: [bold]songsmith compare ferry ferry-2 --out both.png[/bold]")
def compare(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR DIR...", help="Folders of 2 to 8 songs.")],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png", help="Also draw the songs under each other on one time axis."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say what differs between songs: what was asked, what was written, how it sounds."""
    from songsmith.compare import read_songs, rows
    from songsmith.project import check_picture, write_picture

    if out is not None:
        check_picture(out)
    songs = read_songs(folders)
    facts = rows(songs)
    if out is not None:
        from songsmith.picture.comparison import comparison

        write_picture(out, comparison(songs))
    if as_json:
        print(json.dumps(_table(songs, facts, out), ensure_ascii=False, indent=2))
    else:
        _tell(songs, facts, out)


def _table(songs: tuple[Compared, ...], facts: tuple[Row, ...], out: Path | None) -> dict[str, Any]:
    return {
        "songs": [
            {"name": item.name, "folder": str(item.folder)}
            | {
                group: {row.name: row.values[index] for row in facts if row.group == group}
                for group in dict.fromkeys(row.group for row in facts)
            }
            for index, item in enumerate(songs)
        ],
        "differs": [f"{row.group}.{row.name}" for row in facts if row.differs],
        "picture": None if out is None else str(out.resolve()),
    }


def _tell(songs: tuple[Compared, ...], facts: tuple[Row, ...], out: Path | None) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("", "", *(escape(item.name) for item in songs), box=None, pad_edge=False)
    group = ""
    for row in facts:
        if row.differs:
            table.add_row("" if row.group == group else row.group, row.name, *(escape(v) or "-" for v in row.values))
            group = row.group
    same = ", ".join(
        f"{row.name} {row.values[0]}" for row in facts if not row.differs and 0 < len(row.values[0]) <= LONGEST_SAME
    )
    console = Console(width=None if sys.stdout.isatty() else max(120, 24 + 44 * len(songs)), highlight=False)
    if group:
        console.print(table)
    else:
        console.print("nothing differs")
    console.print(f"same: {escape(same)}" if same else "nothing is the same")
    if out is not None:
        console.print(f"picture: {escape(str(out))}", soft_wrap=True)
