"""`songsmith melody`: a melody by itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from songsmith.cli.console import Json, app, number, warn, whole

if TYPE_CHECKING:
    from lyrics.values import Lyrics


@app.command(epilog='Example: [bold]songsmith melody "slow waltz in D minor" --out tune.mid[/bold]')
def melody(
    prompt: Annotated[str, typer.Argument(help="What the melody should be: style, mood, tempo, key.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="File to write: .mid or .musicxml.")],
    lyrics: Annotated[
        Path | None, typer.Option(help="Lyric sheet to set; without it the melody has no words.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
    seed: Annotated[int, typer.Option(metavar="N", parser=whole, help="Another seed gives another melody.")] = 0,
    voice: Annotated[str | None, typer.Option(help="A voice of 'songsmith voices', for its range.")] = None,
    style: Annotated[str | None, typer.Option(help="A style of 'songsmith styles', or a .toml file.")] = None,
    tempo: Annotated[float | None, typer.Option(metavar="BPM", parser=number, help="Quarter notes a minute.")] = None,
    key: Annotated[str | None, typer.Option(help="Like 'G major', 'E minor', 'D dorian'.")] = None,
    meter: Annotated[str | None, typer.Option(help="4/4, 3/4 or 6/8.")] = None,
    as_json: Json = False,
) -> None:
    """Write a melody alone, with its chords, for `make --melody` or for any score editor."""
    from songsmith.lone_melody import check_melody_file, invented_lines, melody_alone, write_melody
    from songsmith.paper import write_paper
    from songsmith.prompt import Overrides, describe, read_prompt

    check_melody_file(out, overwrite)
    words: Path | Lyrics | None = lyrics
    if words is None:
        asked = Overrides(style, tempo, key, meter, voice)
        words = invented_lines(read_prompt(prompt, seed, asked)[0].style, seed)
    paper = write_paper(prompt, words, seed, style=style, tempo=tempo, key=key, meter=meter, voice=voice)
    song = melody_alone(paper, with_words=lyrics is not None)
    write_melody(song, out, overwrite)
    if as_json:
        result = {
            "file": str(out.resolve()),
            "notes": len(song.notes),
            "bars": song.plan.bars,
            "tempo": song.plan.tempo,
            "key": song.plan.key,
            "meter": song.plan.meter,
            "seed": seed,
        }
        print(json.dumps(result, ensure_ascii=False, indent=2))
        return
    print(f"{song.title}  {describe(song.brief)}: {len(song.notes)} notes in {song.plan.bars} bars")
    print(f"melody: {out}")
    for warning in paper.warnings if lyrics is not None else ():
        warn(warning)
