"""`songsmith fetch`: weights from the network, when asked for."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from songsmith.cli.console import Json, Quiet, app, progress_bars


@app.command(epilog="Example: [bold]songsmith fetch htdemucs[/bold]")
def fetch(
    name: Annotated[str, typer.Argument(metavar="NAME", help="htdemucs, htdemucs_ft, htdemucs_6s or mdx_extra.")],
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Get the weights of a pretrained model into the cache; nothing else ever uses the network."""
    from songsmith.separation.fetching import fetch as get

    with progress_bars(quiet or as_json) as progress:
        files = get(name, lambda share: progress("fetching", share))
    if as_json:
        print(json.dumps({"name": name, "files": [str(file) for file in files]}, ensure_ascii=False, indent=2))
    else:
        print(f"{name}: {', '.join(str(file) for file in files)}")
