"""`songsmith vary`: a song's melody, drums or bass evolved."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated

import typer

from songsmith.cli.console import Json, Quiet, app, number, progress_bars, saved, warn, whole
from songsmith.errors import InputError


@app.command(
    epilog="Example: [bold]songsmith vary ferry --what melody --amount 0.3 --section Chorus --out ferry-b[/bold]"
)
def vary(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a song.")],
    what: Annotated[str, typer.Option(help="melody, drums, bass or all.")] = "melody",
    amount: Annotated[
        float, typer.Option(metavar="0..1", parser=number, help="How much is to be new: 0 nothing, 1 all of it.")
    ] = 0.5,
    keep: Annotated[str | None, typer.Option(metavar="rhythm|contour", help="What of the melody is to stay.")] = None,
    section: Annotated[str | None, typer.Option(help="Only the sections of this label, like 'Chorus'.")] = None,
    bars: Annotated[str | None, typer.Option(metavar="A-B", help="Only these bars, counted from 1.")] = None,
    seed: Annotated[int, typer.Option(metavar="N", parser=whole, help="Another seed gives another variation.")] = 0,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write; by default a new one named after the title.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a song folder that is there.")] = False,
    voice: Annotated[
        str | None, typer.Option(metavar="FILE", help="The voice the song was sung by, where it is your own file.")
    ] = None,
    style: Annotated[
        str | None, typer.Option(metavar="FILE", help="The style the song was made in, where it is your own file.")
    ] = None,
    soundfont: Annotated[
        Path | None, typer.Option(help="The SoundFont the song was played with, where it is your own.")
    ] = None,
    audio_format: Annotated[str, typer.Option("--format", help="Sound files: wav, flac or mp3.")] = "wav",
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Neither read nor write the cache.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Evolve a song: part of it is written anew, sung and mixed again; everything else stays as it is."""
    from lyrics.text import printable
    from songsmith import project
    from songsmith.songfolder import load
    from songsmith.vary import Request, difference
    from songsmith.vary import vary as vary_song

    request = Request(what, amount, keep, section, _bars(bars), seed)
    project.check_format(audio_format)
    song = load(folder)
    if out is not None:
        project.check_place(out, overwrite)
    with progress_bars(quiet or as_json) as progress:
        varied = vary_song(
            song,
            request,
            voice=voice,
            style=style,
            soundfont=soundfont,
            use_cache=not no_cache,
            progress=progress,
            warn=warn,
        )
        place = saved(varied, out, overwrite, audio_format, progress)
    new = round(difference(song.notes, varied.notes), 3)
    changed = [part.name for part, old in zip(varied.parts, song.parts, strict=True) if part != old]
    if as_json:
        result = {"folder": str(place.resolve()), "title": varied.title, "melody_new": new, "parts_changed": changed}
        print(json.dumps({**result, "report": varied.report}, ensure_ascii=False, indent=2))
        return
    parts = f"; played anew: {', '.join(map(printable, changed))}" if changed else ""
    print(f"{printable(varied.title)}  {new:.0%} of the melody is new{parts}")
    print(f"listen: {place / f'mix.{audio_format}'}")


def _bars(text: str | None) -> tuple[int, int] | None:
    """Return the first and the last bar of `5-12`, or of `7`."""
    if text is None:
        return None
    match = re.fullmatch(r"\s*(\d{1,6})(?:\s*-\s*(\d{1,6}))?\s*", text)
    if match is None:
        raise InputError(f"bars {text!r} cannot be read: write them like 5-12")
    return int(match[1]), int(match[2] or match[1])
