"""How a mix is set up: a preset of `configs/mix/` as values."""

from __future__ import annotations

from dataclasses import dataclass

from songsmith.brief import Texture
from songsmith.resources import load_preset, preset_names
from songsmith.tables import Table, check_bounds, within

VOCALS, BACKING_VOCALS, NOISE = "vocals", "backing_vocals", "noise"
"""Stems that the mixer makes itself: no part may have their names."""


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

    depth_db: float = within(1.5, 0.0, 24.0)
    smooth_s: float = within(0.25, 0.01, 5.0)


@dataclass(frozen=True, slots=True)
class ClarityAim:
    """How clear the voice is to be, and what may be done for it.

    `audibility` (`songsmith.mixing.clarity`) is aimed at by dipping the parts around `dip_hz` under the voice, as
    little as does it and `dip_db` at most, and then by raising the voice, `lift_db` at most.
    """

    audibility: float = within(0.5, 0.0, 1.0)
    dip_db: float = within(6.0, 0.0, 18.0)
    dip_hz: float = within(2200.0, 500.0, 6000.0)
    lift_db: float = within(4.0, 0.0, 12.0)


@dataclass(frozen=True, slots=True)
class Room:
    """The room all channels send to: its level and decay time at a neutral texture, and its colour."""

    level: float = within(1.0, 0.0, 4.0)
    decay_s: float = within(1.1, 0.2, 4.0)
    predelay_ms: float = within(12.0, 0.0, 100.0)
    damping_hz: float = within(5000.0, 500.0, 20000.0)
    highpass_hz: float = within(220.0, 20.0, 2000.0)


@dataclass(frozen=True, slots=True)
class Character:
    """The texture of a preset itself, on which the one that a song asks for builds."""

    brightness: float = within(0.0, -1.0, 1.0)
    width: float = within(0.0, -1.0, 1.0)
    reverb: float = within(0.0, -1.0, 1.0)
    lofi: float = within(0.0, -1.0, 1.0)

    def under(self, asked: Texture) -> Texture:
        """Return the texture of the mix: what is asked takes its share of the way that is left, up or down."""

        def both(own: float, wanted: float) -> float:
            return own + wanted * (1.0 - own if wanted > 0 else 1.0 + own)

        return Texture(
            brightness=both(self.brightness, asked.brightness),
            width=both(self.width, asked.width),
            reverb=both(self.reverb, asked.reverb),
            lofi=both(self.lofi, asked.lofi),
        )


@dataclass(frozen=True, slots=True)
class PartChannel:
    """The channel of one part.

    `level_db` is its loudness relative to the other parts where a style says nothing, `trim_db` what the preset
    adds to the level in any case, `duck` how much of the ducking and of the dip it gets, `spread` how far to the
    sides it reaches; the rest are EQ bells and shelves, and compression.
    """

    level_db: float = within(-5.0, -60.0, 20.0)
    trim_db: float = within(0.0, -24.0, 12.0)
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
    clarity: ClarityAim = ClarityAim()
    room: Room = Room()
    character: Character = Character()
    parts: tuple[tuple[str, PartChannel], ...] = ()
    description: str = ""

    def channel(self, part: str) -> PartChannel:
        """Return the channel of a part by its name; `harmony-rock` has that of `harmony`."""
        channels = dict(self.parts)
        usual = channels.get(part.partition("-")[0], channels.get("default", PartChannel()))
        return channels.get(part, usual)

    @classmethod
    def load(cls, name: str = "default") -> MixSettings:
        """Return the preset of this name in `configs/mix/`, or at the path of a `.toml` file.

        Raises InputError where the file, a key or a value is not right.
        """
        table = Table(f"mix {name!r}", load_preset("mix", name))
        parts = table.table("parts")
        settings = cls(
            description=table.text("description", default="a mix of your own"),
            master=table.table("master").numbers(Master),
            vocal=table.table("vocal").numbers(VocalChannel),
            duck=table.table("duck").numbers(Duck),
            clarity=table.table("clarity", optional=True).numbers(ClarityAim),
            room=table.table("room", optional=True).numbers(Room),
            character=table.table("character", optional=True).numbers(Character),
            parts=tuple((part, parts.table(part).numbers(PartChannel)) for part in parts.keys),
        )
        table.end()
        return settings


def mix_names() -> tuple[str, ...]:
    """Return the names of the built-in presets, sorted."""
    return preset_names("mix")
