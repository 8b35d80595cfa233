"""Phrases that songs have worn out."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path


@cache
def _pattern() -> re.Pattern[str]:
    rows = Path(__file__).with_name("cliches.txt").read_text(encoding="utf-8").splitlines()
    phrases = [row for row in rows if row and not row.startswith("#")]
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, phrases))})\b", re.IGNORECASE)


def cliches_in(text: str) -> tuple[str, ...]:
    """Return the worn-out phrases in a text, lower-case."""
    return tuple(match[0].lower() for match in _pattern().finditer(" ".join(text.split())))
