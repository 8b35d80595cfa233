"""`songsmith make`: a whole song."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from songsmith.accompaniment import DEFAULT
from songsmith.cli.console import Json, Quiet, app, number, progress_bars, saved, seconds, warn, whole
from songsmith.cli.variations import PaperOptions, Place, SoundOptions, check_fit, make_variations
from songsmith.errors import InputError

if TYPE_CHECKING:
    from songsmith.song import Song


@app.command(
    epilog='Example: [bold]songsmith make "slow piano ballad in D minor" --lyrics words.txt --out song[/bold]'
)
def make(
    prompt: Annotated[str, typer.Argument(help="What the song should be: style, mood, tempo, key, instruments.")],
    lyrics: Annotated[
        Path | None,
        typer.Option(
            help="Lyric sheet: lines of words under tags like \\[Verse]. Without it the words are written too."
        ),
    ] = None,
    lyricist: Annotated[
        str, typer.Option(help="Who writes the words where there is no sheet: corpus, or hf: and a language model.")
    ] = "corpus",
    instrumental: Annotated[bool, typer.Option("--instrumental", help="Music without a voice.")] = False,
    language: Annotated[
        str | None, typer.Option(metavar="CODE", help="Language of the lyrics: en (default), es, fr, it, pt or de.")
    ] = None,
    lexicon: Annotated[
        Path | None, typer.Option(help="Pronunciations for this song, a word a line: 'Reagan R EY1 G AH0 N'.")
    ] = None,
    melody: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="A tune of your own to sing on: .mid, .musicxml, .mxl, or a recording of humming."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write; by default a new one named after the title.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a song folder that is there.")] = False,
    seed: Annotated[
        int,
        typer.Option(
            metavar="N", parser=whole, help="Decides everything left open; the same seed gives the same song."
        ),
    ] = 0,
    voice: Annotated[str | None, typer.Option(help="A voice of 'songsmith voices', or a .toml file.")] = None,
    performance: Annotated[
        str | None, typer.Option(help="How it is sung: plain, pop, folk-ballad, soul or choir.")
    ] = None,
    accompanist: Annotated[
        str,
        typer.Option(
            help="What plays: diffusion, patterns; or musicgen:, stable-audio: or ace-step: and a folder or hub name."
        ),
    ] = DEFAULT,
    fetch: Annotated[bool, typer.Option("--fetch", help="Download the model named if it is not here.")] = False,
    style: Annotated[str | None, typer.Option(help="A style of 'songsmith styles', or a .toml file.")] = None,
    tempo: Annotated[float | None, typer.Option(metavar="BPM", parser=number, help="Quarter notes a minute.")] = None,
    key: Annotated[str | None, typer.Option(help="Like 'G major', 'E minor', 'D dorian'.")] = None,
    meter: Annotated[str | None, typer.Option(help="4/4, 3/4 or 6/8.")] = None,
    length: Annotated[
        float | None, typer.Option(metavar="S", parser=seconds, help="Length of the song, about: 90 or 1:30.")
    ] = None,
    soundfont: Annotated[
        Path | None,
        typer.Option(help="Your own SoundFont (.sf2 or .sf3); by default the one that comes along."),
    ] = None,
    audio_format: Annotated[
        str, typer.Option("--format", help="Sound files: wav or flac (24 bit, lossless), or mp3.")
    ] = "wav",
    check: Annotated[
        bool, typer.Option("--check", help="Say how each line fits its notes and stop before any sound.")
    ] = False,
    variations: Annotated[
        int | None,
        typer.Option(metavar="K", parser=whole, help="Make K songs in DIR/1 to DIR/K and rank them."),
    ] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Neither read nor write the cache.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make a whole song: mix, stems, dry vocal, score and timed lyrics in one folder."""
    from songsmith import project
    from songsmith.pipeline import make as make_song

    paper_options: PaperOptions = {
        "style": style,
        "tempo": tempo,
        "key": key,
        "meter": meter,
        "voice": voice,
        "performance": performance,
        "accompanist": accompanist,
        "length_s": length,
        "melody": melody,
        "instrumental": instrumental,
        "language": language,
        "lexicon": lexicon,
        "lyricist": lyricist,
    }
    sound_options: SoundOptions = {"soundfont": soundfont, "use_cache": not no_cache, "fetch": fetch}
    project.check_format(audio_format)
    if check:
        if variations is not None:
            raise InputError("--check makes no songs, so there can be no --variations: leave out one of the two")
        check_fit(prompt, lyrics, seed, paper_options, as_json)
        return
    if variations is not None:
        place = Place(out, overwrite, audio_format)
        make_variations(prompt, lyrics, seed, variations, place, paper_options, sound_options, as_json, quiet)
        return
    project.check_place(out if out is not None else project.new_folder(prompt), overwrite)
    with progress_bars(quiet or as_json) as progress:
        song = make_song(prompt, lyrics, seed, **paper_options, **sound_options, progress=progress, warn=warn)
        folder = saved(song, out, overwrite, audio_format, progress)
    if as_json:
        print(json.dumps(_summary(song, folder), ensure_ascii=False, indent=2))
    else:
        _tell(song, folder, audio_format)


def _summary(song: Song, folder: Path) -> dict[str, Any]:
    """Return the machine-readable result of `make`."""
    return {
        "folder": str(folder.resolve()),
        "title": song.title,
        "seed": song.seed,
        "duration_s": round(song.read_audio().mix.duration_s, 3),
        "style": song.brief.style,
        "tempo": song.brief.tempo,
        "key": song.brief.key,
        "meter": song.brief.meter,
        "warnings": list(song.provenance.warnings),
        "report": song.report,
    }


def _tell(song: Song, folder: Path, audio_format: str) -> None:
    """Print in a few lines what was made and where it is."""
    from songsmith.prompt import describe

    seconds = round(song.read_audio().mix.duration_s)
    print(f"{song.title}  {seconds // 60}:{seconds % 60:02d}  {describe(song.brief)}")
    for finding in (song.report or {}).get("findings", []):
        print(f"note: {finding}")
    print(f"listen: {folder / f'mix.{audio_format}'}")
    dry = "dry vocal, " if song.notes else ""
    print(f"stems, {dry}score (score.musicxml, song.mid), timed lyrics and overview.png: {folder}")
    for warning in song.provenance.warnings:
        warn(warning)
