"""`songsmith evaluate`: what songs measure, in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from songsmith.cli.console import Json, Quiet, app, progress_bars


@app.command(epilog="Example: [bold]songsmith evaluate ferry ferry-2[/bold]")
def evaluate(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Folders of songs.")],
    no_words: Annotated[
        bool, typer.Option("--no-words", help="Leave out the speech recogniser and the beat tracker.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Measure songs and say on one page what is good, what is wrong and what to try next.

    Nothing is written. A score from 0 to 1 ranks songs of one prompt.
    """
    from songsmith.evaluation import evaluate as measure
    from songsmith.evaluation import page
    from songsmith.songfolder import load

    songs = [load(folder) for folder in folders]
    reports = []
    with progress_bars(quiet or as_json) as progress:
        for number, song in enumerate(songs):
            progress("listening", number / len(songs))
            reports.append(measure(song, listen=not no_words))
        progress("listening", 1.0)
    if as_json:
        rows = [{"folder": str(f), "title": s.title, **r} for f, s, r in zip(folders, songs, reports, strict=True)]
        print(json.dumps(rows, ensure_ascii=False, indent=2, allow_nan=False))
        return
    pages = [
        f"{page(song, report)}\n\nScore {report['score']:.2f}  {folder}"
        for folder, song, report in zip(folders, songs, reports, strict=True)
    ]
    print("\n\n".join(pages))
