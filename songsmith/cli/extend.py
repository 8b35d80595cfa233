"""`songsmith extend`: a recording or a song made longer."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from songsmith.accompaniment import DEFAULT
from songsmith.cli.analyse import check_recording
from songsmith.cli.console import Json, Quiet, app, number, progress_bars, saved, warn, whole
from songsmith.errors import InputError

if TYPE_CHECKING:
    from songsmith.extension.longer import Longer
    from songsmith.song import Song


@app.command(
    epilog="Examples: [bold]songsmith extend demo.wav --by 30[/bold]   "
    "[bold]songsmith extend demo.wav --by 40 --lyrics verse.txt --out longer[/bold]   "
    "[bold]songsmith extend ferry --by 32 --lyrics verse3.txt[/bold] (a song's folder)"
)
def extend(
    source: Annotated[
        Path, typer.Argument(metavar="FILE|SONG_DIR", help="A recording (wav, flac, ogg, mp3), or a song's folder.")
    ],
    by: Annotated[
        float, typer.Option("--by", metavar="SECONDS", parser=number, help="How much longer, kept to within a bar.")
    ],
    lyrics: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Lyric sheet to sing over the new bars.")
    ] = None,
    from_s: Annotated[
        float | None,
        typer.Option(
            "--from",
            metavar="SECONDS",
            parser=number,
            help="Where the new bars come in; the rest follows them. By default where the ending begins.",
        ),
    ] = None,
    before: Annotated[bool, typer.Option("--before", help="Make a new beginning instead.")] = False,
    new_parts: Annotated[
        bool, typer.Option("--new-parts", help="Add a part to the new bars of a recording, played softly.")
    ] = False,
    take_up: Annotated[
        bool,
        typer.Option(
            "--take-up",
            help="Take up what the recording's voice sang: new words on its melody; without words it is played.",
        ),
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write; by default a new one named after the file.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a folder that is there.")] = False,
    seed: Annotated[
        int, typer.Option(metavar="N", parser=whole, help="Another seed gives another melody and other parts.")
    ] = 0,
    prompt: Annotated[
        str, typer.Option(help="How to sing and play what is new over a recording: style, mood, instruments.")
    ] = "",
    voice: Annotated[str | None, typer.Option(help="A voice of 'songsmith voices', or a .toml file.")] = None,
    tempo: Annotated[
        float | None, typer.Option(metavar="BPM", parser=number, help="Of the recording, about, if you know.")
    ] = None,
    separator: Annotated[
        str | None, typer.Option("--separator", metavar="M", help="What separates it, as for 'separate'.")
    ] = None,
    accompanist: Annotated[
        str | None,
        typer.Option(
            metavar="A",
            help="Who plays what is new: diffusion or patterns; by default who plays the song, or diffusion.",
        ),
    ] = None,
    soundfont: Annotated[Path | None, typer.Option(help="A SoundFont file of your own.")] = None,
    style: Annotated[
        str | None, typer.Option(metavar="FILE", help="The style a song was made in, where it is your own file.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(metavar="CODE", help="Language of the lyrics: en (default), es, fr, it, pt or de.")
    ] = None,
    lexicon: Annotated[Path | None, typer.Option(help="Pronunciations of the new words, a word a line.")] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Neither read nor write the cache.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make music longer: a recording goes on in its own sound, a song on its score; new words are sung."""
    from songsmith.extension.extend import extend_recording, is_song_folder
    from songsmith.extension.files import check_out
    from songsmith.extension.recording import check_seconds

    check_seconds(by)
    if from_s is not None and not (math.isfinite(from_s) and from_s >= 0.0):
        raise InputError(f"--from {from_s:g} is not possible: use a number of seconds from 0")
    if is_song_folder(source):
        for name, given in (
            ("--new-parts", new_parts),
            ("--take-up", take_up),
            ("--tempo", tempo),
            ("--separator", separator),
            ("--prompt", prompt),
        ):
            if given:
                raise InputError(f"{name} is for recordings; a song has its own band, tempo and style: leave it out")
        _extend_song(
            source, by, lyrics, from_s, before, seed, voice, style, accompanist, soundfont, language, lexicon,
            no_cache, out, overwrite, as_json, quiet,
        )  # fmt: skip
        return
    if style is not None:
        raise InputError("--style is for songs made in a style of your own: leave it out for a recording")
    check_recording(source)
    if out is not None:
        check_out(out, overwrite)
    with progress_bars(quiet or as_json) as progress:
        longer = extend_recording(
            source,
            by,
            lyrics,
            from_s=from_s,
            before=before,
            new_parts=new_parts,
            take_up=take_up,
            seed=seed,
            prompt=prompt,
            voice=voice,
            tempo=tempo,
            separator=separator,
            accompanist=accompanist or DEFAULT,
            soundfont=soundfont,
            language=language,
            lexicon=lexicon,
            use_cache=not no_cache,
            progress=progress,
            warn=warn,
        )
        progress("saving", 0.0)
        folder = longer.save(out, overwrite)
        progress("saving", 1.0)
    if as_json:
        print(json.dumps({"folder": str(folder.resolve()), **longer.summary()}, ensure_ascii=False, indent=2))
        return
    print("\n".join(_lines(longer)))
    print(f"listen: {folder / 'mix.wav'}")


def _lines(longer: Longer) -> list[str]:
    from songsmith.picture.strips import clock

    extended = longer.extended
    start, end = extended.new_s
    before, new = longer.loudness_lufs
    lines = [
        f"{longer.source.name}  {clock(longer.source.audio.duration_s)} -> {clock(longer.mix.duration_s)}, "
        f"{extended.timeline.tempo:.1f} BPM, {extended.meter}, {extended.key}",
        f"new: {len(extended.bars)} bars from {clock(start)} to {clock(end)}"
        + (f", {new:.1f} LUFS after {before:.1f}" if before is not None and new is not None else ""),
    ]
    return [*lines, *(f"note: {note}" for note in longer.notes)]


def _extend_song(
    folder: Path,
    by: float,
    lyrics: Path | None,
    from_s: float | None,
    before: bool,
    seed: int,
    voice: str | None,
    style: str | None,
    accompanist: str | None,
    soundfont: Path | None,
    language: str | None,
    lexicon: Path | None,
    no_cache: bool,
    out: Path | None,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Continue a song on its score."""
    from songsmith import project
    from songsmith.extension.score import continue_song
    from songsmith.songfolder import format_of, load

    old = load(folder)
    audio_format = format_of(folder)
    if out is not None:
        project.check_place(out, overwrite)
    with progress_bars(quiet or as_json) as progress:
        song = continue_song(
            old,
            by,
            lyrics,
            from_s=from_s,
            before=before,
            seed=seed,
            voice=voice,
            style=style,
            accompanist=accompanist,
            soundfont=soundfont,
            language=language,
            lexicon=lexicon,
            use_cache=not no_cache,
            progress=progress,
            warn=warn,
        )
        place = saved(song, out, overwrite, audio_format, progress)
    table = _table(old, song)
    if as_json:
        print(json.dumps({"folder": str(place.resolve()), **table}, ensure_ascii=False, indent=2))
        return
    from songsmith.picture.strips import clock

    first, past = table["new_s"]
    print(f"{song.title}  {clock(old.timeline.beats[-1])} -> {clock(song.timeline.beats[-1])}")
    labels = ", ".join(section["label"] for section in table["sections"])
    print(f"new: {table['bars']} bars from {clock(first)} to {clock(past)}: {labels}")
    for note in table["warnings"]:
        print(f"note: {note}")
    print(f"listen: {place / f'mix.{audio_format}'}")


def _table(old: Song, new: Song) -> dict[str, Any]:
    """Return what is new in a song that was continued."""
    facts = dict(new.provenance.backends)["extension"]
    told = dict(facts.facts) if facts is not None else {}
    first, bars = int(told["bar"]) - 1, int(told["bars"])
    per_bar = new.plan.beats_per_bar
    return {
        "title": new.title,
        "tempo": new.plan.tempo,
        "key": new.plan.key,
        "meter": new.plan.meter,
        "bars": bars,
        "new_s": [round(new.timeline.seconds(bar * per_bar), 3) for bar in (first, first + bars)],
        "longer_by_s": round(new.timeline.beats[-1] - old.timeline.beats[-1], 3),
        "sections": [
            {"label": s.label, "bar": s.bar + 1, "bars": s.bars} for s in new.plan.sections
            if first <= s.bar < first + bars
        ],
        "warnings": [told for told in new.provenance.warnings if told not in old.provenance.warnings],
        "report": new.report,
    }  # fmt: skip
