"""`songsmith prompt`: what is made of a prompt, before any music is."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from songsmith.cli.console import Json, app, warn, whole

if TYPE_CHECKING:
    from songsmith.prompt import Reading


@app.command(epilog='Example: [bold]songsmith prompt "dark synthwave, 110 BPM, no drums"[/bold]')
def prompt(
    text: Annotated[str, typer.Argument(help="The prompt, as for 'songsmith make'.")],
    seed: Annotated[int, typer.Option(metavar="N", parser=whole, help="As for 'songsmith make'.")] = 0,
    as_json: Json = False,
) -> None:
    """Show what is understood of a prompt, what is assumed, and what to add."""
    from songsmith.prompt import understand

    reading = understand(text, seed)
    if as_json:
        print(json.dumps(_table_of(reading), ensure_ascii=False, indent=2))
    else:
        _show(reading)


def _table_of(reading: Reading) -> dict[str, Any]:
    """Return the machine-readable reading."""
    brief = asdict(reading.brief)
    rows = {name: [asdict(decision) for decision in getattr(reading, name)] for name in ("understood", "assumed")}
    return {
        "brief": brief,
        **rows,
        "topic": reading.topic,
        "singer": reading.singer,
        "warnings": list(reading.warnings),
        "advice": list(reading.advice),
    }


def _show(reading: Reading) -> None:
    """Print the reading as a table, and warnings to stderr."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from songsmith.prompt import describe

    table = Table("what", "value", "why", box=None, pad_edge=False)
    for decision in reading.understood:
        table.add_row(decision.name, f"[bold]{escape(decision.value)}[/]", escape(decision.why))
    for decision in reading.assumed:
        table.add_row(f"[dim]{decision.name}[/]", escape(decision.value), f"[dim]assumed: {escape(decision.why)}[/]")
    console = Console(width=None if sys.stdout.isatty() else 200)
    console.print(escape(describe(reading.brief)))
    console.print(table)
    for advice in reading.advice:
        console.print(f"[green]advice:[/] {escape(advice)}")
    for warning in reading.warnings:
        warn(warning)
