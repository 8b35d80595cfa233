"""What the voice hears while it finds its melody: how loud each bar is, and where other tunes are busy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from songsmith.accompaniment.parts import Accompaniment
from songsmith.errors import InputError

GROUND = ("bass", "harmony", "pad")
"""Parts that lie under the voice; the other pitched ones have tunes of their own, for which it leaves room."""


@dataclass(frozen=True, slots=True)
class Backing:
    """An accompaniment as the melody writer hears it, whatever made it.

    Parameters
    ----------
    energy : for each bar, 0 silent to 1 the loudest
    density : for each beat, how many notes of other tunes begin in it
    """

    energy: tuple[float, ...]
    density: tuple[float, ...]

    def __post_init__(self) -> None:
        if any(not 0.0 <= value <= 1.0 for value in self.energy) or any(value < 0.0 for value in self.density):
            raise InputError("a backing has energies from 0 to 1 for each bar and densities from 0 for each beat")

    def busyness(self) -> npt.NDArray[np.float64]:
        """Return for each beat how busy other tunes are against the song's mean, -1 to 1."""
        density = np.asarray(self.density, dtype=np.float64)
        return np.asarray(np.tanh(density - density.mean())) if len(density) else density

    def lift(self, bar: int) -> float:
        """Return how far the energy of a bar lies above the mean of the song."""
        if not 0 <= bar < len(self.energy):
            return 0.0
        return self.energy[bar] - sum(self.energy) / len(self.energy)


def hear(accompaniment: Accompaniment, beats: int, beats_per_bar: int) -> Backing:
    """Return the backing that an accompaniment on paper is, over a song of so many beats."""
    power = np.zeros(max(1, -(-beats // beats_per_bar)))
    density = np.zeros(max(1, beats))
    for part in accompaniment.parts:
        for note in part.notes:
            bar = int(note.onset // beats_per_bar)
            if bar < len(power):
                power[bar] += (note.velocity / 127.0) ** 2
        if part.is_drum or part.name in GROUND:
            continue
        for onset in {note.onset for note in part.notes}:
            if int(onset) < len(density):
                density[int(onset)] += 1.0
    top = float(power.max())
    energy = np.sqrt(power / top) if top > 0 else power
    return Backing(tuple(round(float(e), 6) for e in energy), tuple(float(d) for d in density))
