"""`songsmith edit`: other words in one line of a song, or other settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from songsmith.cli.console import Json, Quiet, app, progress_bars, saved, warn, whole
from songsmith.errors import InputError


@app.command(
    epilog="Examples: [bold]songsmith edit ferry --line 3 --text 'And every lamp that burned at night'[/bold]   "
    "[bold]songsmith edit ferry --set tempo=104 --set parts.bass='upright bass' --set chords.12=G:7[/bold]"
)
def edit(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a song.")],
    line: Annotated[
        int | None,
        typer.Option(metavar="N", parser=whole, help="Line to give other words, counted from 1 as it is sung."),
    ] = None,
    text: Annotated[str | None, typer.Option(metavar="TEXT", help="The new words of that line.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PATH=VALUE",
            help="title, tempo, key, voice, chords.BAR[.BEAT], parts.NAME (an instrument), "
            "sections.NAME.energy, .style or .singer; may be given several times.",
        ),
    ] = None,
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
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Neither read nor write the cache.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Change one line, or a setting; the score stays, and with a line every sample outside it."""
    from lyrics.text import printable
    from songsmith import project
    from songsmith.songfolder import format_of, load

    if (line is None) != (text is None):
        raise InputError("--line and --text belong together: give the number of the line and its new words")
    if (line is None) == (not settings):
        raise InputError("nothing to edit: give --line N with --text TEXT, or --set PATH=VALUE, one of the two")
    song = load(folder)
    audio_format = format_of(folder)
    if out is not None:
        project.check_place(out, overwrite)
    heard: list[float] | None = None
    with progress_bars(quiet or as_json) as progress:
        if line is not None and text is not None:
            from songsmith.editing.edit import edit_line
            from songsmith.mix import MIX_SAMPLE_RATE

            progress("singing", 0.0)
            edited, stretch = edit_line(song, line, text, voice=voice, style=style, use_cache=not no_cache, warn=warn)
            heard = [round(frame / MIX_SAMPLE_RATE, 3) for frame in (stretch.first, stretch.past, stretch.until)]
            progress("singing", 1.0)
        else:
            from songsmith.editing.rendering import edit_settings
            from songsmith.editing.settings import parse_setting

            edited = edit_settings(
                song,
                [parse_setting(one) for one in settings or ()],
                voice=voice,
                style=style,
                soundfont=soundfont,
                use_cache=not no_cache,
                progress=progress,
                warn=warn,
            )
        place = saved(edited, out, overwrite, audio_format, progress)
    if as_json:
        result = {"folder": str(place.resolve()), "title": edited.title, "changed_s": heard, "report": edited.report}
        print(json.dumps(result, ensure_ascii=False, indent=2))
        return
    if heard is not None:
        print(f"{printable(edited.title)}  line {line} is sung anew from {heard[0]:.2f} to {heard[1]:.2f} s")
        print(f"its echo dies away by {heard[2]:.2f} s; nothing else has changed")
    else:
        print(f"{printable(edited.title)}  {', '.join(printable(one) for one in settings or ())}")
    print(f"listen: {place / f'mix.{audio_format}'}")
