"""Which separator: by name, or the best one whose weights are there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

from songsmith.errors import InputError
from songsmith.registry import Registry
from songsmith.separation.locations import PRETRAINED, find_weights
from songsmith.separation.separator import Separator

SEPARATORS = Registry("separator", "songsmith.separators", {"songsmith-mini": "songsmith.separation.mini:Mini"})

PREFERRED, ALWAYS = "htdemucs", "songsmith-mini"

Told = Callable[[str], None]


def default_model() -> str:
    """Return the name of the separator that is taken where none is asked for."""
    return PREFERRED if find_weights(PREFERRED) is not None else ALWAYS


def model_names() -> tuple[str, ...]:
    """Return the names of all separators, whether their weights are there or not."""
    return (*SEPARATORS.names(), *PRETRAINED)


def separator(name: str | None = None, *, device: str = "cpu") -> Separator:
    """Return a separator.

    Parameters
    ----------
    name : one of `model_names`, or the path of a Demucs repository or checkpoint; None for the default
    device : `cpu`, `cuda` or what else torch knows

    Raises
    ------
    InputError for an unknown name, MissingPart where its weights are not there.
    """
    wanted = default_model() if name is None else name
    if wanted in SEPARATORS.names():
        if wanted == ALWAYS:
            from songsmith.separation.mini import Mini

            return Mini(device=device)
        return cast(Separator, SEPARATORS.make(wanted))
    from songsmith.separation.demucs import load_pretrained, load_repository

    if wanted in PRETRAINED:
        return load_pretrained(wanted, device)
    if "/" in wanted or "\\" in wanted or Path(wanted).exists():
        return load_repository(Path(wanted), device)
    raise InputError(
        f"separator {wanted[:100]!r} is not known: use one of {', '.join(model_names())}, or the folder of a Demucs "
        "repository"
    )
