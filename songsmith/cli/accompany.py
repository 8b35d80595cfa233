"""`songsmith accompany`: a band for a voice that is recorded alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from songsmith.accompaniment import DEFAULT
from songsmith.cli.analyse import check_recording
from songsmith.cli.console import Json, Quiet, app, number, progress_bars, saved, warn, whole


@app.command(
    epilog='Example: [bold]songsmith accompany voice.wav --prompt "warm folk, acoustic guitar" --out song[/bold]'
)
def accompany(
    vocal: Annotated[Path, typer.Argument(metavar="VOCAL", help="One voice, singing alone: wav, flac, ogg or mp3.")],
    prompt: Annotated[str, typer.Option(help="What the band should be: style, mood, instruments.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder to write; by default a new one named after the prompt.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a song folder that is there.")] = False,
    seed: Annotated[int, typer.Option(metavar="N", parser=whole, help="Another seed gives another band.")] = 0,
    style: Annotated[str | None, typer.Option(help="A style of 'songsmith styles', or a .toml file.")] = None,
    tempo: Annotated[
        float | None, typer.Option(metavar="BPM", parser=number, help="Of the voice, about, if you know.")
    ] = None,
    key: Annotated[str | None, typer.Option(help="Of the voice, if you know: 'G major'.")] = None,
    meter: Annotated[str | None, typer.Option(help="Of the voice, if you know: 4/4, 3/4 or 6/8.")] = None,
    accompanist: Annotated[str, typer.Option(help="What plays: diffusion or patterns.")] = DEFAULT,
    soundfont: Annotated[Path | None, typer.Option(help="Your own SoundFont (.sf2 or .sf3).")] = None,
    audio_format: Annotated[str, typer.Option("--format", help="Sound files: wav, flac or mp3.")] = "wav",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Find tempo, key and chords of a voice, make a band that follows it, and mix the two."""
    from songsmith import project
    from songsmith.accompanying import accompany as make_band

    project.check_format(audio_format)
    check_recording(vocal)
    if out is not None:
        project.check_place(out, overwrite)
    with progress_bars(quiet or as_json) as progress:
        song = make_band(
            vocal,
            prompt,
            seed,
            style=style,
            tempo=tempo,
            key=key,
            meter=meter,
            accompanist=accompanist,
            soundfont=soundfont,
            progress=progress,
        )
        folder = saved(song, out, overwrite, audio_format, progress)
    if as_json:
        result = {
            "folder": str(folder.resolve()),
            "title": song.title,
            "tempo": song.plan.tempo,
            "key": song.plan.key,
            "meter": song.plan.meter,
            "chords": [c.symbol for c in song.chords],
            "warnings": list(song.provenance.warnings),
            "report": song.report,
        }
        print(json.dumps(result, ensure_ascii=False, indent=2))
        return
    print(f"{song.title}  {song.plan.tempo:.1f} BPM, {song.plan.meter}, {song.plan.key}, {song.plan.bars} bars")
    print(f"listen: {folder / f'mix.{audio_format}'}")
    for warning in song.provenance.warnings:
        warn(warning)
