"""A value of a stranger as a message shows it: bounded work whatever the value is, and one line."""

from __future__ import annotations

import reprlib


class _Short(reprlib.Repr):
    """Values cut in every direction; a number of thousands of digits, which Python does not write, by its size."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxstring, self.maxother, self.maxlong = 4, 120, 120, 60
        self.maxlist = self.maxtuple = self.maxdict = self.maxset = 8

    def repr_int(self, x: int, level: int) -> str:
        return super().repr_int(x, level) if x.bit_length() < 10_000 else f"a number of {x.bit_length()} bits"


def shown(value: object, longest: int) -> str:
    """Return a value as Python writes it, cut to at most `longest` characters."""
    text = _Short().repr(value)
    return text if len(text) <= longest else text[: longest - 3] + "..."
