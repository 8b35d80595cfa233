"""A canvas in pixels: what the pictures are drawn on.

x runs to the right and y down, both in pixels; text is in DejaVu Sans, which matplotlib carries along. Everything is
drawn at twice its size by Pillow and made smaller in the end, so that edges are smooth; matplotlib itself would take
three seconds for the picture of a song.

Source of the palette: M. Okabe and K. Ito, "Color Universal Design" (2008): colours that colour-blind readers tell
apart. Of the colours of spectra: J. R. Nunez, C. R. Anderton, R. S. Renslow, "Optimizing colormaps with consideration
for color vision deficiency" (2018), five points of their cividis.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from songsmith.errors import InputError, MissingPart

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

SCALE = 2
BLACK, GREY, LIGHT, FAINT, WHITE = "#1a1a1a", "#6b6b6b", "#c4c4c4", "#ececec", "#ffffff"
BLUE, SKY, GREEN, ORANGE, VERMILLION, PURPLE, YELLOW = (
    "#0072B2",
    "#56B4E9",
    "#009E73",
    "#E69F00",
    "#D55E00",
    "#CC79A7",
    "#F0E442",
)
TALLEST = 20_000
"""Pixels beyond which no picture is drawn."""

SPECTRUM = ((0, 34, 78), (66, 78, 107), (124, 123, 120), (187, 173, 108), (254, 232, 56))
ANCHORS = {"left": "ls", "center": "ms", "right": "rs"}
MIDDLE = 0.36  # from the middle of capitals to their baseline, in sizes

Points = npt.NDArray[np.float64]


class Canvas:
    """A white page of `width` by `height` pixels; what is added later covers what is there."""

    def __init__(self, width: int, height: int) -> None:
        from PIL import Image, ImageDraw

        if not 0 < height <= TALLEST:
            raise InputError(f"a picture {height} pixels high is not drawn: {TALLEST} is the most")
        self.width, self.height = width, height
        self._page = Image.new("RGB", (SCALE * width, SCALE * height), WHITE)
        self._pen = ImageDraw.Draw(self._page, "RGBA")

    def boxes(self, rows: Sequence[tuple[float, float, float, float]], color: str, alpha: float = 1.0) -> None:
        """Fill boxes of (left, top, right, bottom)."""
        fill = _color(color, alpha)
        for left, top, right, bottom in np.rint(SCALE * np.asarray(rows, float).reshape(-1, 4)).astype(int).tolist():
            self._pen.rectangle((left, top, max(left, right - 1), max(top, bottom - 1)), fill=fill)

    def lines(self, rows: Sequence[tuple[float, float, float, float]], color: str, width: float = 1.0) -> None:
        """Draw straight lines of (x, y, x, y)."""
        for row in (SCALE * np.asarray(rows, float).reshape(-1, 4)).tolist():
            self._pen.line(row, fill=color, width=max(1, round(SCALE * width)))

    def curve(self, x: Points, y: Points, color: str, width: float = 1.2, alpha: float = 1.0) -> None:
        """Draw a curve, broken where `y` is not a number."""
        there = np.concatenate([[False], np.isfinite(y), [False]])
        edges = np.flatnonzero(there[1:] != there[:-1])
        fill, thick = _color(color, alpha), max(1, round(SCALE * width))
        for start, stop in zip(edges[::2], edges[1::2], strict=True):
            points = SCALE * np.column_stack([x[start:stop], y[start:stop]])
            self._pen.line(points.reshape(-1).tolist(), fill=fill, width=thick, joint="curve")

    def band(self, x: Points, top: Points, bottom: Points, color: str, alpha: float = 1.0) -> None:
        """Fill what is between two curves."""
        around = np.concatenate([np.column_stack([x, top]), np.column_stack([x, bottom])[::-1]])
        self._pen.polygon((SCALE * around).reshape(-1).tolist(), fill=_color(color, alpha))

    def image(self, values: Points, left: float, top: float, right: float, bottom: float) -> None:
        """Show `[rows, columns]` of 0 to 1, the first row at the top, from dark blue to yellow."""
        from PIL import Image

        stops = np.linspace(0.0, 1.0, len(SPECTRUM))
        channels = [np.interp(values, stops, channel) for channel in zip(*SPECTRUM, strict=True)]
        shown = Image.fromarray(np.rint(np.stack(channels, axis=-1)).astype(np.uint8), "RGB")
        corner = round(SCALE * left), round(SCALE * top)
        size = max(1, round(SCALE * right) - corner[0]), max(1, round(SCALE * bottom) - corner[1])
        self._page.paste(shown.resize(size, Image.Resampling.BILINEAR), corner)

    def text(
        self,
        x: float,
        y: float,
        content: str,
        size: float = 12,
        color: str = BLACK,
        anchor: str = "left",
        bold: bool = False,
    ) -> None:
        """Write one line of text, `size` pixels high, its middle at `y` and its `anchor` at `x`."""
        where = (SCALE * x, SCALE * (y + MIDDLE * size))
        self._pen.text(where, content, fill=color, font=_font(bold, SCALE * size), anchor=ANCHORS[anchor])

    def png(self) -> bytes:
        """Return the picture, the same bytes for the same drawing on one machine."""
        out = io.BytesIO()
        self._page.reduce(SCALE).save(out, format="PNG", compress_level=6)
        return out.getvalue()


def text_width(content: str, size: float, bold: bool = False) -> float:
    """Return the width in pixels of a line of text."""
    return float(_font(bold, SCALE * size).getlength(content)) / SCALE


@cache
def _font(bold: bool, size: float) -> FreeTypeFont:
    from PIL import ImageFont

    carrier = find_spec("matplotlib")
    if carrier is None or carrier.origin is None:
        raise MissingPart("pictures need the fonts of matplotlib: install it with  pip install matplotlib")
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    path = Path(carrier.origin).parent / "mpl-data" / "fonts" / "ttf" / name
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


def _color(name: str, alpha: float) -> tuple[int, int, int, int]:
    """Return a colour `#rrggbb` with its share."""
    return int(name[1:3], 16), int(name[3:5], 16), int(name[5:7], 16), round(255 * alpha)


def fitting_size(content: str, sizes: Sequence[float], room: float) -> float:
    """Return the first of the sizes in which a bold line of text has room, else the last."""
    return next((size for size in sizes if text_width(content, size, bold=True) <= room), sizes[-1])


def shortened(content: str, size: float, room: float, bold: bool = False) -> str:
    """Return a line of text, its end replaced by an ellipsis where it is wider than the room for it."""
    content = " ".join(content.split())[:400]
    if text_width(content, size, bold) <= room:
        return content
    low, high = 0, len(content)
    while low < high:
        middle = (low + high + 1) // 2
        if text_width(content[:middle].rstrip() + "…", size, bold) <= room:
            low = middle
        else:
            high = middle - 1
    return content[:low].rstrip() + "…" if low else ""
