"""Sound that is still in the files of a song's folder, but for some pieces: read when asked for, copied when saved.

Names are those of the files in the folder, without their format: `mix`, `dry/vocals`, `stems/bass`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from songsmith.audio import Audio, Samples

MIX, DRY, STEMS = "mix", "dry/vocals", "stems/"


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """`[channels, frames]` of a sound from its frame `first` on."""

    first: int
    samples: Samples

    @property
    def past(self) -> int:
        return self.first + int(self.samples.shape[1])

    def put_into(self, samples: Samples, start: int = 0) -> None:
        """Replace, in place, what of the piece lies in samples that begin at the frame `start`."""
        first, past = max(self.first, start), min(self.past, start + samples.shape[1])
        if first < past:
            samples[:, first - start : past - start] = self.samples[:, first - self.first : past - self.first]


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """The files of a song's sound, and what of it is not as they hold it.

    Parameters
    ----------
    files : the file of every sound, by name
    strips : the file of what the mix did to its voices
    pieces : of the sounds that are not what their file holds any more
    """

    files: Mapping[str, Path]
    strips: Path
    pieces: Mapping[str, Piece]

    def read(self, name: str, start: int = 0, stop: int | None = None) -> Audio:
        """Return a sound, or its frames from `start` to before `stop`."""
        audio = Audio.read(self.files[name], start, stop)
        if name in self.pieces:
            self.pieces[name].put_into(audio.samples, start)
        return audio


@dataclass(frozen=True, slots=True, eq=False)
class KeptStems(Mapping[str, Audio]):
    """The stems of what is kept, read when they are asked for."""

    kept: Kept

    def __getitem__(self, name: str) -> Audio:
        return self.kept.read(STEMS + name)

    def __iter__(self) -> Iterator[str]:
        return (name.removeprefix(STEMS) for name in self.kept.files if name.startswith(STEMS))

    def __len__(self) -> int:
        return sum(1 for _ in self)
