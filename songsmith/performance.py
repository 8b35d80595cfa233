"""How the score is sung: phonemes in seconds, pitch and loudness curves at a fixed frame period."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from songsmith.errors import InputError

FRAME_PERIOD_S = 0.005
SILENCE = "SP"
BREATH = "AP"
BREATH_REST_S = 0.07  # the end of a breath is silent: what follows it at once is heard as one more consonant

Curve = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PhonemeSpan:
    """A phoneme (`IH0`, `B`), a breath `AP` or a silence `SP`, in seconds; `syllable` is None for the last two."""

    symbol: str
    start: float
    end: float
    syllable: int | None = None

    @property
    def is_vowel(self) -> bool:
        return self.symbol[-1:].isdigit()


@dataclass(frozen=True, slots=True, eq=False)
class Performance:
    """The vocal on paper.

    Parameters
    ----------
    phonemes : spans that tile the song from 0 to its end without gap or overlap
    frame_period_s : seconds between the values of the curves
    f0_hz : `[frames]` float32, intended pitch; held through consonants, 0 in silences and breaths
    loudness_db : `[frames]` float32, intended level relative to the voice's own
    """

    phonemes: tuple[PhonemeSpan, ...]
    frame_period_s: float
    f0_hz: Curve
    loudness_db: Curve

    def __post_init__(self) -> None:
        if not self.phonemes or self.phonemes[0].start != 0.0:
            raise InputError("a performance needs phonemes, the first at 0 seconds")
        if self.phonemes[0].end <= 0.0:
            raise InputError(f"the first phoneme, {self.phonemes[0].symbol}, ends at {self.phonemes[0].end:g} s")
        for a, b in pairwise(self.phonemes):
            if a.end != b.start or b.end <= b.start:
                raise InputError(f"phonemes {a.symbol} and {b.symbol} at {b.start:.3f} s do not tile")
        if self.f0_hz.shape != self.loudness_db.shape or self.f0_hz.ndim != 1:
            raise InputError("the pitch and loudness curves must have one length")

    @property
    def duration_s(self) -> float:
        return self.phonemes[-1].end

    def phrases(self) -> Iterator[tuple[PhonemeSpan, ...]]:
        """Yield the runs of phonemes between silences: what is sung, and rendered, in one breath."""
        phrase: list[PhonemeSpan] = []
        for span in self.phonemes:
            if span.symbol == SILENCE:
                if phrase:
                    yield tuple(phrase)
                phrase = []
            else:
                phrase.append(span)
        if phrase:
            yield tuple(phrase)
