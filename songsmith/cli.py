"""The command line: results to stdout, everything else to stderr, one line for whatever goes wrong.

Exit codes: 0 done, 1 part of a batch failed, 2 the input is wrong, 3 a part is missing.
"""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.exceptions import TyperException

from songsmith import __version__
from songsmith.errors import InputError, SongsmithError

if TYPE_CHECKING:
    from songsmith.song import Song

app = typer.Typer(
    add_completion=False,
    rich_markup_mode="rich",
    help="Whole songs with sung vocals from lyrics and a prompt, on a plain CPU, without a network.",
    epilog='Example: [bold]songsmith make "warm folk waltz, 96 BPM" --lyrics words.txt --out song[/bold]',
)

INTERNAL_ERROR = 70
"""Exit code of a fault of songsmith itself (EX_SOFTWARE of sysexits.h)."""

INTERRUPTED = 130


def _number(text: str) -> float:
    """Read a number, for a message that names it where it is none."""
    try:
        return float(text)
    except ValueError as err:
        raise typer.BadParameter(f"{text!r} is not a number.") from err


def _whole(text: str) -> int:
    """Read a whole number, for a message that names it where it is none."""
    try:
        return int(text)
    except ValueError as err:
        raise typer.BadParameter(f"{text!r} is not a whole number.") from err


Json = Annotated[bool, typer.Option("--json", help="Print a machine-readable result to stdout.")]


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code; a failure prints one line starting with `songsmith: `."""
    _prepare_streams()
    try:
        _run(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
    except typer.Exit as ended:
        sys.exit(ended.exit_code)
    except SongsmithError as err:
        _fail(str(err), err.exit_code)
    except TyperException as err:
        _fail(f"{err.format_message()} Try 'songsmith --help'.", InputError.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        _fail("interrupted; nothing was written", INTERRUPTED)
    except (BrokenPipeError, SystemExit):  # rich ends the second way
        # The reader of our output has gone (`| head`): nothing more to say, and no failing on the last flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as err:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _fail(
            f"{err.filename or 'standard output'} cannot be written ({err.strerror}): make room", InputError.exit_code
        )
    except Exception as err:
        if os.environ.get("SONGSMITH_DEBUG"):
            raise
        _fail(
            f"internal error ({type(err).__name__}: {err}): please report it, with the traceback that "
            "SONGSMITH_DEBUG=1 shows",
            INTERNAL_ERROR,
        )
    sys.exit(0)


def _prepare_streams() -> None:
    """Make standard output and error usable: open where they are closed, and able to show any text."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - open until the process ends
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115, PTH123
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _run(arguments: list[str]) -> None:
    """Run the verb that the arguments name; being asked to end counts as Ctrl-C, so that nothing is left behind."""
    for argument in arguments:
        if any("\ud800" <= character <= "\udfff" for character in argument):
            raise InputError(f"argument {argument!r} is not valid UTF-8: write it in UTF-8")
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    command = typer.main.get_command(app)
    with command.make_context("songsmith", arguments or ["--help"]) as context:
        command.invoke(context)


def _fail(message: str, code: int) -> NoReturn:
    """Print one line to stderr and exit."""
    print(f"songsmith: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(code)


def _version(asked: bool) -> None:
    if asked:
        print(f"songsmith {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Only carries the options before the verb."""


@app.command(
    epilog='Example: [bold]songsmith make "slow piano ballad in D minor" --lyrics words.txt --out song[/bold]'
)
def make(
    prompt: Annotated[str, typer.Argument(help="What the song should be: style, mood, tempo, key, instruments.")],
    lyrics: Annotated[
        Path | None, typer.Option(help="Lyric sheet: lines of words under tags like \\[Verse].")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write; by default a new one named after the title.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a song folder that is there.")] = False,
    seed: Annotated[
        int,
        typer.Option(
            metavar="N", parser=_whole, help="Decides everything left open; the same seed gives the same song."
        ),
    ] = 0,
    voice: Annotated[str | None, typer.Option(help="A voice of 'songsmith voices', or a .toml file.")] = None,
    accompanist: Annotated[str, typer.Option(help="What plays.")] = "patterns",
    style: Annotated[str | None, typer.Option(help="A style of 'songsmith styles', or a .toml file.")] = None,
    tempo: Annotated[
        float | None, typer.Option(metavar="BPM", parser=_number, help="Quarter notes a minute.")
    ] = None,
    key: Annotated[str | None, typer.Option(help="Like 'G major', 'E minor', 'D dorian'.")] = None,
    meter: Annotated[str | None, typer.Option(help="4/4, 3/4 or 6/8.")] = None,
    length: Annotated[
        float | None, typer.Option(metavar="S", parser=_number, help="Length of the song in seconds, about.")
    ] = None,
    soundfont: Annotated[
        Path | None,
        typer.Option(help="Your own SoundFont (.sf2 or .sf3); by default the one that comes along."),
    ] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Neither read nor write the cache.")] = False,
    as_json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
) -> None:
    """Make a whole song: mix, stems, dry vocal, score and timed lyrics in one folder."""
    from songsmith import project
    from songsmith.pipeline import make as make_song

    project.check_place(out if out is not None else project.new_folder(prompt), overwrite)
    with _progress(quiet or as_json) as progress:
        song = make_song(
            prompt,
            lyrics,
            seed,
            style=style,
            tempo=tempo,
            key=key,
            meter=meter,
            voice=voice,
            accompanist=accompanist,
            length_s=length,
            soundfont=soundfont,
            use_cache=not no_cache,
            progress=progress,
            warn=lambda text: print(f"songsmith: warning: {text}", file=sys.stderr),
        )
        progress("saving", 0.0)
        folder = project.save_as_new(song) if out is None else project.save(song, out, overwrite)
        progress("saving", 1.0)
    if as_json:
        print(json.dumps(_summary(song, folder), ensure_ascii=False, indent=2))
    else:
        _tell(song, folder)


@app.command()
def voices(as_json: Json = False) -> None:
    """List the voices that can sing."""
    from songsmith.singing.voices import load_voice, voice_names

    rows = {name: load_voice(name).title for name in voice_names()}
    _list(rows, "voice", as_json)


@app.command()
def styles(as_json: Json = False) -> None:
    """List the styles that can be asked for."""
    from songsmith.styles import load_style, style_names

    rows = {}
    for name in style_names():
        style = load_style(name)
        rows[name] = f"{style.description} ({style.tempo[0]:g}-{style.tempo[1]:g} BPM)"
    _list(rows, "style", as_json)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Say what is installed, what is missing and how to get it."""
    from songsmith.doctor import examine

    findings = examine()
    if as_json:
        print(json.dumps([finding.as_dict() for finding in findings], ensure_ascii=False, indent=2))
    else:
        from rich.console import Console
        from rich.markup import escape
        from rich.table import Table

        table = Table("part", "state", "what", box=None, pad_edge=False)
        for finding in findings:
            table.add_row(finding.part, "[green]ok[/]" if finding.ok else "[red]missing[/]", escape(finding.what))
        Console(width=None if sys.stdout.isatty() else 200).print(table)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(3)


def _list(rows: Mapping[str, str], column: str, as_json: bool) -> None:
    """Print names with their descriptions."""
    if as_json:
        print(json.dumps([{"name": name, "description": text} for name, text in rows.items()], indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(column, "what it is", box=None, pad_edge=False)
    for name, text in rows.items():
        table.add_row(name, text)
    Console(width=None if sys.stdout.isatty() else 200).print(table)


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


def _tell(song: Song, folder: Path) -> None:
    """Print in a few lines what was made and where it is."""
    from songsmith.prompt import describe

    seconds = round(song.read_audio().mix.duration_s)
    print(f"{song.title}  {seconds // 60}:{seconds % 60:02d}  {describe(song.brief)}")
    for finding in (song.report or {}).get("findings", []):
        print(f"note: {finding}")
    print(f"listen: {folder / 'mix.wav'}")
    print(f"stems, dry vocal, score (song.mid) and timed lyrics: {folder}")
    for warning in song.provenance.warnings:
        print(f"songsmith: warning: {warning}", file=sys.stderr)


@contextmanager
def _progress(silent: bool) -> Iterator[Callable[[str, float], None]]:
    """Show the stages of a song on stderr where that is a terminal; nothing where it is not, or where asked."""
    if silent or not sys.stderr.isatty():
        yield lambda stage, share: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<14}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(stage: str, share: float) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=1.0)
            bars.update(tasks[stage], completed=share)

        yield show
