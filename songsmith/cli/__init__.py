"""The command line: results to stdout, everything else to stderr, one line for whatever goes wrong.

Exit codes: 0 done, 1 part of a batch failed, 2 the input is wrong, 3 a part is missing.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException

from songsmith import __version__
from songsmith.cli import (
    accompany,
    analyse,
    batch,
    compare,
    edit,
    evaluate,
    extend,
    fetch,
    listing,
    make,
    melody,
    prompt,
    separate,
    sing,
    vary,
    write,
)
from songsmith.cli.console import app
from songsmith.cli.interrupts import listen
from songsmith.errors import InputError, SongsmithError

__all__ = [
    "accompany",
    "analyse",
    "app",
    "batch",
    "compare",
    "edit",
    "evaluate",
    "extend",
    "fetch",
    "listing",
    "main",
    "make",
    "melody",
    "prompt",
    "separate",
    "sing",
    "vary",
    "write",
]

INTERNAL_ERROR = 70
"""Exit code of a fault of songsmith itself (EX_SOFTWARE of sysexits.h)."""

INTERRUPTED = 130


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
        _fail(_worded(err), InputError.exit_code)
    except Exception as err:
        if os.environ.get("SONGSMITH_DEBUG"):
            raise
        _fail(
            f"internal error ({type(err).__name__}: {err}): please report it, with the traceback that "
            "SONGSMITH_DEBUG=1 shows",
            INTERNAL_ERROR,
        )
    sys.exit(0)


def _worded(err: OSError) -> str:
    """Return what the system refused, and what to do about it; without a file it is about standard output."""
    if err.filename is None:
        return f"standard output cannot be written ({err.strerror or err}): make room, or write to another place"
    if err.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        return f"{err.filename}: cannot be written ({err.strerror}): make room, or choose another place"
    if err.errno == errno.EMFILE:
        return f"{err.filename}: cannot be opened ({err.strerror}): close other programs and try again"
    return f"{err.filename}: cannot be used ({err.strerror}): see that it is there and that you may use it"


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
    listen()
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
