"""How a mix is set up: a preset of `configs/mix/` as values."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TypeVar

from songsmith.errors import InputError
from songsmith.resources import load_preset
from songsmith.tables import Table


@dataclass(frozen=True, slots=True)
class Master:
    """Target loudness and true peak, the limiter's timing, the length of the final fade."""

    loudness_lufs: float = -14.0
    true_peak_dbtp: float = -1.0
    lookahead_ms: float = 5.0
    release_db_per_s: float = 25.0
    fade_out_s: float = 1.0


@dataclass(frozen=True, slots=True)
class VocalChannel:
    """The lead's channel; what each value does stands beside it in `configs/mix/default.toml`."""

    over_backing_db: float = 1.5
    ride: float = 0.5
    ride_limit_db: float = 4.0
    highpass_hz: float = 90.0
    deess_hz: float = 5500.0
    deess_db: float = 6.0
    compressor_db: float = -18.0
    compressor_ratio: float = 2.5
    mud_db: float = -1.5
    presence_db: float = 2.0
    air_db: float = 1.5
    reverb: float = 0.16
    delay_db: float = -22.0


@dataclass(frozen=True, slots=True)
class Duck:
    """How far, and how smoothly, the parts that would hide the voice go down under it."""

    depth_db: float = 2.5
    smooth_s: float = 0.25


@dataclass(frozen=True, slots=True)
class PartChannel:
    """The channel of one part.

    `level_db` is its loudness relative to the other parts where a style says nothing, `duck` how much of the
    ducking depth it gets, 0 to 1; `spread` how far
    to the sides it reaches; the rest are EQ bells and shelves, and compression.
    """

    level_db: float = -5.0
    highpass_hz: float = 100.0
    mud_db: float = 0.0
    presence_db: float = 0.0
    air_db: float = 0.0
    compressor_db: float = 0.0
    compressor_ratio: float = 1.0
    spread: float = 0.0
    duck: float = 0.0


@dataclass(frozen=True, slots=True)
class PartSettings:
    """What a style asks of a part in the mix.

    Parameters
    ----------
    gain_db : gain on the raw stem; None for the preset's own level, which is set by measurement
    pan : -1 left to 1 right
    reverb : 0 dry to 1 far away
    level_db : loudness relative to the other parts, 0 for the loudest usual one, set by measurement whatever
        the raw stem's level is; wins over `gain_db`
    """

    gain_db: float | None = None
    pan: float = 0.0
    reverb: float = 0.12
    level_db: float | None = None

    def __post_init__(self) -> None:
        for gain_db in (self.gain_db, self.level_db):
            if gain_db is not None and not -40.0 <= gain_db <= 20.0:
                raise InputError(f"part gain {gain_db} dB is out of range: use -40 to 20")
        if not -1.0 <= self.pan <= 1.0:
            raise InputError(f"pan {self.pan} is out of range: use -1 (left) to 1 (right)")
        if not 0.0 <= self.reverb <= 1.0:
            raise InputError(f"reverb {self.reverb} is out of range: use 0 (dry) to 1 (far)")


@dataclass(frozen=True, slots=True)
class MixSettings:
    """A whole preset. Parts without a channel of their own use the one called `default`."""

    master: Master = Master()
    vocal: VocalChannel = VocalChannel()
    duck: Duck = Duck()
    parts: tuple[tuple[str, PartChannel], ...] = ()

    def channel(self, part: str) -> PartChannel:
        """Return the channel of a part by its name."""
        channels = dict(self.parts)
        return channels.get(part, channels.get("default", PartChannel()))

    @classmethod
    def load(cls, name: str = "default") -> MixSettings:
        """Return the preset of this name in `configs/mix/`, or at the path of a `.toml` file.

        Raises InputError where the file, a key or a value is not right.
        """
        table = Table(f"mix {name!r}", load_preset("mix", name))
        parts = table.table("parts")
        settings = cls(
            master=_read(Master, table.table("master")),
            vocal=_read(VocalChannel, table.table("vocal")),
            duck=_read(Duck, table.table("duck")),
            parts=tuple((part, _read(PartChannel, parts.table(part))) for part in parts.keys),
        )
        table.end()
        return settings


Value = TypeVar("Value", Master, VocalChannel, Duck, PartChannel)

_LIMITS = {
    "loudness_lufs": (-60.0, -6.0),
    "true_peak_dbtp": (-20.0, -0.1),
    "lookahead_ms": (1.0, 20.0),
    "release_db_per_s": (1.0, 500.0),
    "fade_out_s": (0.0, 20.0),
    "ride": (0.0, 1.0),
    "ride_limit_db": (0.0, 12.0),
    "highpass_hz": (10.0, 2000.0),
    "deess_hz": (2000.0, 12000.0),
    "deess_db": (0.0, 20.0),
    "compressor_ratio": (1.0, 20.0),
    "reverb": (0.0, 1.0),
    "smooth_s": (0.01, 5.0),
    "spread": (0.0, 1.0),
    "duck": (0.0, 1.0),
}


def _read(kind: type[Value], table: Table) -> Value:
    """Return the value whose numbers a table holds, each within its limits; those it lacks keep their default."""
    defaults, numbers = kind(), {}
    for field in fields(kind):
        low, high = _LIMITS.get(field.name, (-60.0, 20.0))
        numbers[field.name] = table.number(field.name, low, high, default=getattr(defaults, field.name))
    table.end()
    return kind(**numbers)
