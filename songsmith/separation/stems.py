"""From a network's sources to the stems asked for, so that they sum to the recording."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from songsmith.errors import InputError
from songsmith.separation.overlap import separated
from songsmith.separation.reading import Recording
from songsmith.separation.separator import FOUR_STEMS, TWO_STEMS, Options, Samples, Separator


def stem_names(stems: int, separator: Separator) -> tuple[str, ...]:
    """Return the names of 2, 4 or all stems of a separator; raise InputError for a number it has not."""
    if stems == 2 and "vocals" in separator.sources:
        return TWO_STEMS
    if stems == 4 and set(FOUR_STEMS) <= set(separator.sources):
        return FOUR_STEMS
    own = sorted(separator.sources, key=lambda name: (FOUR_STEMS.index(name) if name in FOUR_STEMS else 9, name))
    if stems == len(own) and stems > 4:
        return tuple(own)
    possible = "2 or 4" if len(own) == 4 else f"2, 4 or {len(own)}"
    raise InputError(f"{stems} stems are not what {separator.name} can give: use {possible}")


@dataclass(slots=True)
class Residual:
    """How much of a recording no stem held, measured while it goes by."""

    energy: float = 0.0
    whole: float = 0.0

    @property
    def level_db(self) -> float:
        """The residual against the recording, in decibels; -120 where there is none."""
        if self.whole <= 0.0 or self.energy <= 0.0:
            return -120.0
        return float(max(-120.0, 10 * np.log10(self.energy / self.whole)))


def stem_blocks(
    recording: Recording, separator: Separator, names: tuple[str, ...], options: Options, residual: Residual
) -> Iterator[Samples]:
    """Yield the stems piece by piece, `[stems, channels, some frames]`, in the order of `names`.

    Where the residual is kept, the last stem of two is the recording without the voice, and of more the rest goes to
    `other`. `residual` is filled on the way.
    """
    recording.rewind()
    sources = separator.sources
    vocals = sources.index("vocals")
    rest_of = "instrumental" if names == TWO_STEMS else "other"
    rest = names.index(rest_of)
    blocks = separated(
        recording.read,
        recording.frames,
        recording.channels,
        recording.sample_rate,
        recording.level,
        separator,
        options,
    )
    again = _Again(recording)
    for block in blocks:
        mix = again.read(block.shape[-1])
        off = mix - block.sum(0)
        residual.energy += float(np.square(off, dtype=np.float64).sum())
        residual.whole += float(np.square(mix, dtype=np.float64).sum())
        found = np.zeros((len(names), *block.shape[1:]), np.float32)
        if names == TWO_STEMS:
            found[0] = block[vocals]
            found[1] = block.sum(0) - block[vocals]
        else:
            for source, name in enumerate(sources):
                found[names.index(name) if name in names else rest] += block[source]
        if options.keep_residual:
            found[rest] = mix - (found.sum(0) - found[rest])
        yield found
    again.close()


class _Again:
    """A second reader of a recording, behind the one of the segments."""

    def __init__(self, recording: Recording) -> None:
        from dataclasses import replace

        self._recording = replace(recording, _file=None)
        self._recording.rewind()
        self._place = 0

    def read(self, frames: int) -> Samples:
        start, self._place = self._place, self._place + frames
        return self._recording.read(start, self._place)

    def close(self) -> None:
        self._recording.close()
