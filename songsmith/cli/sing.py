"""`songsmith sing`: lyrics sung over a recording of your own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from songsmith.cli.analyse import check_recording
from songsmith.cli.console import Json, Quiet, app, number, progress_bars, saved, warn, whole


@app.command(epilog="Example: [bold]songsmith sing words.txt --over backing.wav --out song[/bold]")
def sing(
    lyrics: Annotated[Path, typer.Argument(metavar="LYRICS", help="Lyric sheet.")],
    over: Annotated[Path, typer.Option(metavar="BACKING", help="The recording: wav, flac, ogg or mp3.")],
    prompt: Annotated[str, typer.Option(help="How to sing: style, mood, voice. The music is the recording's.")] = "",
    out: Annotated[
        Path | None, typer.Option(help="Folder to write; by default a new one named after the title.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a song folder that is there.")] = False,
    seed: Annotated[int, typer.Option(metavar="N", parser=whole, help="Another seed gives another melody.")] = 0,
    voice: Annotated[str | None, typer.Option(help="A voice of 'songsmith voices', or a .toml file.")] = None,
    key: Annotated[str | None, typer.Option(help="Of the recording, if you know better: 'G major'.")] = None,
    tempo: Annotated[
        float | None, typer.Option(metavar="BPM", parser=number, help="Of the recording, about, if you know.")
    ] = None,
    keep_vocals: Annotated[
        bool, typer.Option("--keep-vocals", help="Leave a voice that the recording has in it.")
    ] = False,
    separator: Annotated[
        str | None, typer.Option("--separator", metavar="M", help="What separates that voice, as for 'separate'.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(metavar="CODE", help="Language of the lyrics: en (default), es, fr, it, pt or de.")
    ] = None,
    lexicon: Annotated[Path | None, typer.Option(help="Pronunciations for this song, a word a line.")] = None,
    audio_format: Annotated[str, typer.Option("--format", help="Sound files: wav, flac or mp3.")] = "wav",
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Neither read nor write the cache.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Sing lyrics over a recording: on its beats, chords and sections; the recording itself stays as it is."""
    from songsmith import project
    from songsmith.over import sing as sing_over

    project.check_format(audio_format)
    check_recording(over)
    if out is not None:
        project.check_place(out, overwrite)
    with progress_bars(quiet or as_json) as progress:
        song = sing_over(
            lyrics,
            over,
            seed,
            prompt=prompt,
            voice=voice,
            key=key,
            tempo=tempo,
            keep_vocals=keep_vocals,
            separator=separator,
            language=language,
            lexicon=lexicon,
            use_cache=not no_cache,
            progress=progress,
            warn=warn,
        )
        folder = saved(song, out, overwrite, audio_format, progress)
    sung = [section for section in song.plan.sections if any(section.voice)]
    if as_json:
        result = {
            "folder": str(folder.resolve()),
            "title": song.title,
            "tempo": song.plan.tempo,
            "key": song.plan.key,
            "meter": song.plan.meter,
            "sections": [
                {"label": s.label, "start_s": round(song.timeline.seconds(s.bar * song.plan.beats_per_bar), 3)}
                for s in sung
            ],
            "warnings": list(song.provenance.warnings),
            "report": song.report,
        }
        print(json.dumps(result, ensure_ascii=False, indent=2))
        return
    from songsmith.picture.strips import clock

    print(f"{song.title}  {song.plan.tempo:.1f} BPM, {song.plan.meter}, {song.plan.key}")
    for section in sung:
        print(f"  {clock(song.timeline.seconds(section.bar * song.plan.beats_per_bar)):>5}  {section.label}")
    for finding in (song.report or {}).get("findings", []):
        print(f"note: {finding}")
    print(f"listen: {folder / f'mix.{audio_format}'}")
    for warning in song.provenance.warnings:
        warn(warning)
