"""`songsmith vary`: a song's melody, drums or bass evolved."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from songsmith.cli.console import Json, Quiet, app, number, progress_bars, saved, warn, whole
from songsmith.cli.loops import LoopPlace, LoopWish, write_loops
from songsmith.errors import InputError

MOST_LEVELS = 8


@app.command(
    epilog="Examples: [bold]songsmith vary ferry --what melody --amount 0.3 --section Chorus --out ferry-b[/bold]; "
    "[bold]songsmith vary ferry --what drums --bars 9-16[/bold]; "
    '[bold]songsmith vary ferry --blend "slow folk" "dark techno" --at 0.3[/bold]; '
    "[bold]songsmith vary ferry --loop --section Chorus --levels calm=0.3,boss=0.95[/bold]"
)
def vary(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a song.")],
    what: Annotated[
        str | None, typer.Option(help="melody, drums, bass or all; by default the melody, or the band of a --blend.")
    ] = None,
    amount: Annotated[
        float | None,
        typer.Option(
            metavar="0..1", parser=number, help="How much is to be new: 0 nothing, 1 all of it, 0.5 if left."
        ),
    ] = None,
    keep: Annotated[str | None, typer.Option(metavar="rhythm|contour", help="What of the melody is to stay.")] = None,
    section: Annotated[str | None, typer.Option(help="Only the sections of this label, like 'Chorus'.")] = None,
    bars: Annotated[str | None, typer.Option(metavar="A-B", help="Only these bars, counted from 1.")] = None,
    blend: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="A B", help="Play the band between A and B: words, or folders of songs."),
    ] = None,
    at: Annotated[
        float | None, typer.Option(metavar="0..1", parser=number, help="How far from A to B a --blend lies.")
    ] = None,
    loop: Annotated[
        bool, typer.Option("--loop", help="Make a loop without a voice that leads back into its beginning.")
    ] = False,
    levels: Annotated[
        str | None,
        typer.Option(metavar="NAME=E,...", help="Loops at these energies: exploration=0.3,combat=0.6,boss=0.95."),
    ] = None,
    guidance: Annotated[
        float | None,
        typer.Option(
            metavar="G", parser=number, help="How strongly the band follows the prompt: 0 not at all, 2 as usual."
        ),
    ] = None,
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

    project.check_format(audio_format)
    if loop or levels is not None:
        _refuse({"--what": what, "--amount": amount, "--keep": keep, "--blend": blend, "--at": at, "--voice": voice})
        wanted = LoopWish(section, _bars(bars), _levels(levels), seed, guidance, soundfont)
        write_loops(folder, wanted, LoopPlace(out, overwrite, audio_format), style, as_json, quiet)
        return
    if blend is None:
        if at is not None:
            raise InputError("--at is how far a --blend lies from its first end: give --blend A B, too")
        request = Request(
            what or "melody", 0.5 if amount is None else amount, keep, section, _bars(bars), seed, guidance
        )
    else:
        _refuse({"--amount": amount}, "--blend")
        between = 0.5 if at is None else at
        request = Request(what or "all", 1.0, keep, section, _bars(bars), seed, guidance, blend, between)
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
    before = {part.name: part for part in song.parts}
    changed = [part.name for part in varied.parts if part != before.get(part.name)]
    if as_json:
        result = {"folder": str(place.resolve()), "title": varied.title, "melody_new": new, "parts_changed": changed}
        print(json.dumps({**result, "report": varied.report}, ensure_ascii=False, indent=2))
        return
    parts = f"; played anew: {', '.join(map(printable, changed))}" if changed else ""
    print(f"{printable(varied.title)}  {new:.0%} of the melody is new{parts}")
    print(f"listen: {place / f'mix.{audio_format}'}")


def _refuse(given: Mapping[str, object], where: str = "--loop") -> None:
    """Refuse options that do nothing beside another one."""
    for name, value in given.items():
        if value is not None:
            raise InputError(f"{name} does nothing beside {where}: leave out one of the two")


def _levels(text: str | None) -> dict[str, float] | None:
    """Return names and energies of `exploration=0.3,combat=0.6`."""
    if text is None:
        return None
    found: dict[str, float] = {}
    for piece in text.split(","):
        match = re.fullmatch(r"\s*([a-z0-9][a-z0-9_-]{0,39})\s*=\s*(\d*\.?\d+)\s*", piece, re.ASCII | re.IGNORECASE)
        if match is None or match[1] in found:
            raise InputError(
                f"levels {text[:80]!r} cannot be read: write them like exploration=0.3,combat=0.6,boss=0.95"
            )
        found[match[1]] = float(match[2])
    if len(found) > MOST_LEVELS:
        raise InputError(f"{len(found)} levels are too many: use {MOST_LEVELS} at most")
    return found


def _bars(text: str | None) -> tuple[int, int] | None:
    """Return the first and the last bar of `5-12`, or of `7`."""
    if text is None:
        return None
    match = re.fullmatch(r"\s*(\d{1,6})(?:\s*-\s*(\d{1,6}))?\s*", text)
    if match is None:
        raise InputError(f"bars {text!r} cannot be read: write them like 5-12")
    return int(match[1]), int(match[2] or match[1])
