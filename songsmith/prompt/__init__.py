"""From the words of a prompt to a complete `Brief`.

`understand` gives all that was made of a prompt, `read_prompt` the brief and its style. The tables are
`configs/prompt/*.toml` and the style files.
"""

from __future__ import annotations

from songsmith.brief import Brief
from songsmith.prompt.read import LONGEST_PROMPT, understand
from songsmith.prompt.reading import Decision, Overrides, Reading, describe
from songsmith.styles import Style

__all__ = ["LONGEST_PROMPT", "Decision", "Overrides", "Reading", "describe", "read_prompt", "understand", "unheeded"]


def read_prompt(prompt: str, seed: int = 0, overrides: Overrides | None = None) -> tuple[Brief, Style]:
    """Return what a prompt asks for, and its style; see `understand`."""
    reading = understand(prompt, seed, overrides)
    return reading.brief, reading.style


def unheeded(prompt: str) -> tuple[str, ...]:
    """Return, one sentence each, what a prompt asks for that is not done, and what was left out."""
    return understand(prompt).warnings
