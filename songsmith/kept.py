"""Stems of which some are still files in the folder of a song: read when they are asked for, copied when saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from songsmith.audio import Audio


@dataclass(frozen=True, slots=True, eq=False)
class KeptStems(Mapping[str, Audio]):
    """Stems by name, in the order of `files`.

    Parameters
    ----------
    files : the file of every stem
    changed : stems that are not what their file holds any more
    """

    files: Mapping[str, Path]
    changed: Mapping[str, Audio]

    def __getitem__(self, name: str) -> Audio:
        return self.changed[name] if name in self.changed else Audio.read(self.files[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)

    def piece(self, name: str, start: int, stop: int) -> Audio:
        """Return the frames of a stem from `start` to before `stop`."""
        if name not in self.changed:
            return Audio.read(self.files[name], start, stop)
        changed = self.changed[name]
        return Audio(changed.samples[:, start:stop], changed.sample_rate)

    def file_of(self, name: str, suffix: str) -> Path | None:
        """Return the file that a stem still is, in the format of that suffix; None where it has to be written."""
        path = self.files[name]
        return path if name not in self.changed and path.suffix == suffix else None
