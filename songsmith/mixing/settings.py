"""How a mix is set up: a preset of `configs/mix/` as values."""

from __future__ import annotations

from dataclasses import dataclass

from songsmith.resources import load_preset
from songsmith.tables import Table, check_bounds, within


@dataclass(frozen=True, slots=True)
class Master:
    """Target loudness and true peak, the limiter's timing, the length of the final fade."""

    loudness_lufs: float = within(-14.0, -60.0, -6.0)
    true_peak_dbtp: float = within(-1.0, -20.0, -0.1)
    lookahead_ms: float = within(5.0, 1.0, 20.0)
    release_db_per_s: float = within(25.0, 1.0, 500.0)
    fade_out_s: float = within(1.0, 0.0, 20.0)


@dataclass(frozen=True, slots=True)
class VocalChannel:
    """The lead's channel; what each value does stands beside it in `configs/mix/default.toml`."""

    over_backing_db: float = within(1.5, -60.0, 20.0)
    ride: float = within(0.5, 0.0, 1.0)
    ride_limit_db: float = within(4.0, 0.0, 12.0)
    highpass_hz: float = within(90.0, 10.0, 2000.0)
    deess_hz: float = within(5500.0, 2000.0, 12000.0)
    deess_db: float = within(6.0, 0.0, 20.0)
    compressor_db: float = within(-18.0, -60.0, 0.0)
    compressor_ratio: float = within(2.5, 1.0, 20.0)
    mud_db: float = within(-1.5, -18.0, 18.0)
    presence_db: float = within(2.0, -18.0, 18.0)
    air_db: float = within(1.5, -18.0, 18.0)
    reverb: float = within(0.2, 0.0, 1.0)
    delay_db: float = within(-22.0, -60.0, 0.0)


@dataclass(frozen=True, slots=True)
class Duck:
    """How far, and how smoothly, the parts that would hide the voice go down under it."""

    depth_db: float = within(2.5, 0.0, 24.0)
    smooth_s: float = within(0.25, 0.01, 5.0)


@dataclass(frozen=True, slots=True)
class PartChannel:
    """The channel of one part.

    `level_db` is its loudness relative to the other parts where a style says nothing, `duck` how much of the
    ducking depth it gets, `spread` how far to the sides it reaches; the rest are EQ bells and shelves, and
    compression.
    """

    level_db: float = within(-5.0, -60.0, 20.0)
    highpass_hz: float = within(100.0, 10.0, 2000.0)
    mud_db: float = within(0.0, -18.0, 18.0)
    presence_db: float = within(0.0, -18.0, 18.0)
    air_db: float = within(0.0, -18.0, 18.0)
    compressor_db: float = within(0.0, -60.0, 0.0)
    compressor_ratio: float = within(1.0, 1.0, 20.0)
    spread: float = within(0.0, 0.0, 1.0)
    duck: float = within(0.0, 0.0, 1.0)


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

    gain_db: float | None = within(None, -40.0, 20.0)
    pan: float = within(0.0, -1.0, 1.0)
    reverb: float = within(0.12, 0.0, 1.0)
    level_db: float | None = within(None, -40.0, 20.0)

    def __post_init__(self) -> None:
        check_bounds(self)


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
            master=table.table("master").numbers(Master),
            vocal=table.table("vocal").numbers(VocalChannel),
            duck=table.table("duck").numbers(Duck),
            parts=tuple((part, parts.table(part).numbers(PartChannel)) for part in parts.keys),
        )
        table.end()
        return settings
