"""A recording that was made longer: its sound, what is heard at its seams, and what its folder says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from songsmith import __version__
from songsmith.analysis import Analysis
from songsmith.audio import Audio
from songsmith.extension.files import Source, write_folder
from songsmith.extension.further import Further
from songsmith.extension.measures import Seam
from songsmith.extension.recording import Extended
from songsmith.extension.singing import Sung
from songsmith.song import Backend

DECIMALS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Longer:
    """A recording made longer.

    Parameters
    ----------
    extended : its sound, and what was played
    source : the recording
    separator : name of what separated it
    found : the analysis of the recording
    seams : what is heard where old and new meet; joins : where new bars meet that are no neighbours
    loudness_lufs : of the recording around the seam, and of the new bars
    seed : of the new words and parts
    sung, further : what was added to the new bars
    notes : what the listener should know, in plain words
    """

    extended: Extended
    source: Source
    separator: str
    found: Analysis
    seams: tuple[Seam, ...]
    joins: tuple[Seam, ...]
    loudness_lufs: tuple[float | None, float | None]
    seed: int
    sung: Sung | None
    further: Further | None
    notes: tuple[str, ...]

    @property
    def mix(self) -> Audio:
        """The whole longer recording."""
        return self.extended.mix

    @property
    def stems(self) -> Mapping[str, Audio]:
        """Stems of the whole, which sum to it."""
        return self.extended.stems

    @property
    def added_s(self) -> float:
        """By how much it is longer."""
        return round(self.mix.duration_s - self.source.audio.duration_s, DECIMALS)

    def summary(self) -> dict[str, Any]:
        """Return what goes into `extension.json`."""
        extended, (before, new) = self.extended, self.loudness_lufs
        return {
            "format": "songsmith-extension/1",
            "songsmith": __version__,
            "source": {
                "name": self.source.name,
                "sha256": self.source.sha256,
                "duration_s": round(self.source.audio.duration_s, DECIMALS),
                "sample_rate": self.mix.sample_rate,
                "channels": self.mix.channels,
                "subtype": self.source.subtype,
            },
            "separator": self.separator,
            "seed": self.seed,
            "duration_s": round(self.mix.duration_s, DECIMALS),
            "longer_by_s": self.added_s,
            "seam_s": round(extended.seam_s, DECIMALS),
            "new_s": list(extended.new_s),
            "rest_s": None if extended.rest_s is None else round(extended.rest_s, DECIMALS),
            "rest_from_s": None if extended.rest_s is None else round(extended.rest_from_s, DECIMALS),
            "bars": list(extended.bars),
            "drums": list(extended.drums),
            "gain_db": extended.gain_db,
            "tempo": extended.timeline.tempo,
            "meter": extended.meter,
            "key": extended.key,
            "beats_s": list(extended.timeline.beats),
            "chords": [[chord.onset, chord.duration, chord.symbol] for chord in extended.chords],
            "loudness_lufs": {"before": before, "new": new},
            "seams": [asdict(seam) for seam in self.seams],
            "joins": [asdict(join) for join in self.joins],
            "sung": None if self.sung is None else _sung(self.sung),
            "new_parts": None if self.further is None else _further(self.further),
            "stems": list(self.stems),
            "notes": list(self.notes),
        }

    def save(self, folder: str | Path | None = None, overwrite: bool = False) -> Path:
        """Write `mix.wav`, `stems/`, `extension.json` and, where words are sung, `lyrics.lrc`; return the folder.

        Without a folder it is a new one in the working directory, named after the recording. Raises InputError where
        the place is not right; nothing is changed or left behind then.
        """
        words = None if self.sung is None else self.sung.lrc
        name = f"{Path(self.source.name).stem} extended"
        place = None if folder is None else Path(folder)
        return write_folder(self.mix, self.stems, self.source.subtype, self.summary(), words, place, overwrite, name)


def _sung(sung: Sung) -> dict[str, Any]:
    return {
        "voice": sung.paper.voice.name,
        "singer": _backend(sung.singer),
        "lines": [line.text for line in sung.paper.lyrics.lines if line.words],
    }


def _further(further: Further) -> dict[str, Any]:
    return {
        "parts": [{"name": part.name, "program": part.program, "notes": len(part.notes)} for part in further.parts],
        "accompanist": _backend(further.accompanist),
        "soundfont": _backend(further.soundfont),
    }


def _backend(backend: Backend) -> dict[str, str]:
    return {"name": backend.name, **dict(backend.facts)}
