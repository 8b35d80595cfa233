"""A canvas in pixels: what the pictures are drawn on.

x runs to the right and y down, both in pixels; text is in DejaVu Sans, which matplotlib carries along. Shapes of one
kind are drawn as one collection, so that a dense song costs little.

Source of the palette: M. Okabe and K. Ito, "Color Universal Design" (2008): colours that colour-blind readers tell
apart.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from songsmith.errors import InputError

DPI = 100
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

Points = npt.NDArray[np.float64]


class Canvas:
    """A white page of `width` by `height` pixels; the shapes are drawn in the order in which they are added."""

    def __init__(self, width: int, height: int) -> None:
        from matplotlib.figure import Figure

        if not 0 < height <= TALLEST:
            raise InputError(f"a picture {height} pixels high is not drawn: {TALLEST} is the most")
        self.width, self.height = width, height
        self._figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor=WHITE)
        self._axes: Any = self._figure.add_axes((0.0, 0.0, 1.0, 1.0))
        self._axes.set_xlim(0, width)
        self._axes.set_ylim(height, 0)
        self._axes.axis("off")
        self._order = 0

    def boxes(self, rows: Sequence[tuple[float, float, float, float]], color: str, alpha: float = 1.0) -> None:
        """Fill boxes of (left, top, right, bottom)."""
        from matplotlib.collections import PolyCollection

        if not rows:
            return
        a = np.asarray(rows, float)
        corners = np.stack([a[:, [0, 1]], a[:, [2, 1]], a[:, [2, 3]], a[:, [0, 3]]], axis=1)
        self._put(PolyCollection(list(corners), facecolors=color, edgecolors="none", alpha=alpha))

    def lines(self, rows: Sequence[tuple[float, float, float, float]], color: str, width: float = 1.0) -> None:
        """Draw straight lines of (x, y, x, y)."""
        from matplotlib.collections import LineCollection

        if rows:
            ends = np.asarray(rows, float).reshape(-1, 2, 2)
            self._put(LineCollection(list(ends), colors=color, linewidths=width * 72 / DPI))

    def curve(self, x: Points, y: Points, color: str, width: float = 1.2, alpha: float = 1.0) -> None:
        """Draw a curve, broken where `y` is not a number."""
        from matplotlib.lines import Line2D

        line = Line2D(x, y, color=color, linewidth=width * 72 / DPI, alpha=alpha, solid_joinstyle="round")
        self._put(line)

    def band(self, x: Points, top: Points, bottom: Points, color: str, alpha: float = 1.0) -> None:
        """Fill what is between two curves."""
        from matplotlib.collections import PolyCollection

        around = np.concatenate([np.column_stack([x, top]), np.column_stack([x, bottom])[::-1]])
        self._put(PolyCollection([around], facecolors=color, edgecolors="none", alpha=alpha))

    def image(self, values: Points, left: float, top: float, right: float, bottom: float, colors: str) -> None:
        """Show `[rows, columns]` of 0 to 1, the first row at the top, in a colour map of matplotlib."""
        self._order += 1
        self._axes.imshow(
            values,
            extent=(left, right, bottom, top),
            aspect="auto",
            cmap=colors,
            vmin=0.0,
            vmax=1.0,
            interpolation="bilinear",
            zorder=self._order,
        )
        self._axes.set_xlim(0, self.width)
        self._axes.set_ylim(self.height, 0)

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
        self._order += 1
        self._axes.text(
            x,
            y,
            content,
            fontsize=size * 72 / DPI,
            color=color,
            ha=anchor,
            va="center_baseline",
            weight="bold" if bold else "normal",
            family="DejaVu Sans",
            parse_math=False,
            zorder=self._order,
        )

    def _put(self, artist: Any) -> None:
        self._order += 1
        artist.set_zorder(self._order)
        if hasattr(artist, "set_xdata"):
            self._axes.add_line(artist)
        else:
            self._axes.add_collection(artist, autolim=False)

    def png(self) -> bytes:
        """Return the picture, the same bytes for the same drawing on one machine."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        FigureCanvasAgg(self._figure)
        out = io.BytesIO()
        with warnings.catch_warnings():
            # A letter that the font lacks is shown as a box; that is plain to see.
            warnings.filterwarnings("ignore", message="Glyph .* missing from")
            self._figure.savefig(out, format="png", dpi=DPI, metadata={"Software": None})
        return out.getvalue()


def text_width(content: str, size: float, bold: bool = False) -> float:
    """Return the width in pixels of a line of text."""
    return float(_font(bold, size)(content))


def _font(bold: bool, size: float) -> Any:
    from matplotlib import font_manager

    weight = "bold" if bold else "normal"
    font = font_manager.get_font(font_manager.findfont(f"DejaVu Sans:{weight}"))

    def width(content: str) -> float:
        font.set_size(size * 72 / DPI, DPI)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            font.set_text(content, 0.0)
        return float(font.get_width_height()[0] / 64)

    return width


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
