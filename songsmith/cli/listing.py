"""`songsmith voices`, `styles` and `doctor`: what there is."""

from __future__ import annotations

import json
import sys

import typer

from songsmith.cli.console import Json, app, print_list


@app.command()
def voices(as_json: Json = False) -> None:
    """List the voices that can sing."""
    from songsmith.singing.voices import load_voice, voice_names

    rows = {name: load_voice(name).title for name in voice_names()}
    print_list(rows, "voice", as_json)


@app.command()
def styles(as_json: Json = False) -> None:
    """List the styles that can be asked for."""
    from songsmith.styles import load_style, style_names

    rows = {}
    for name in style_names():
        style = load_style(name)
        rows[name] = f"{style.description} ({style.tempo[0]:g}-{style.tempo[1]:g} BPM)"
    print_list(rows, "style", as_json)


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
