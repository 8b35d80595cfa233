"""Voices: what a singer's range is and how it shapes time, pitch and level.

Presets are `configs/voices/*.toml`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from songsmith.errors import InputError
from songsmith.resources import load_preset, preset_names
from songsmith.tables import Table, check_bounds, within


@dataclass(frozen=True, slots=True)
class VoiceRange:
    """MIDI note numbers: what the voice can sing at all, and where its words stay clear."""

    lowest: int = within(52, 0, 127)
    highest: int = within(77, 0, 127)
    comfortable_lowest: int = within(55, 0, 127)
    comfortable_highest: int = within(70, 0, 127)

    def __post_init__(self) -> None:
        check_bounds(self)
        order = [self.lowest, self.comfortable_lowest, self.comfortable_highest, self.highest]
        if order != sorted(order):
            raise InputError(
                f"range {order} is out of order: give lowest <= comfortable_lowest <= comfortable_highest <= highest"
            )


@dataclass(frozen=True, slots=True)
class VoiceTiming:
    """How phonemes share the time of a syllable.

    Parameters
    ----------
    consonants : scale of the table of consonant lengths
    vowel_share : part of a short syllable that the vowel keeps
    rest_s : a rest at least this long inside a line is silent; shorter ones are sung through
    breath_s : length of a breath before a phrase, where there is room; 0 for none
    """

    consonants: float = within(1.0, 0.5, 1.5)
    vowel_share: float = within(0.45, 0.3, 0.8)
    rest_s: float = within(0.35, 0.15, 2.0)
    breath_s: float = within(0.22, 0.0, 0.25)

    def __post_init__(self) -> None:
        check_bounds(self)


@dataclass(frozen=True, slots=True)
class VoicePitch:
    """How the voice moves between notes and on them; see `songsmith.expression`."""

    portamento_s: float = within(0.075, 0.0, 0.2)
    overshoot_cents: float = within(18.0, 0.0, 60.0)
    preparation_cents: float = within(9.0, 0.0, 40.0)
    scoop_cents: float = within(25.0, 0.0, 80.0)
    vibrato_hz: float = within(5.5, 3.0, 9.0)
    vibrato_cents: float = within(38.0, 0.0, 120.0)
    vibrato_delay_s: float = within(0.25, 0.0, 2.0)
    vibrato_from_s: float = within(0.4, 0.1, 10.0)
    drift_cents: float = within(5.0, 0.0, 15.0)

    def __post_init__(self) -> None:
        check_bounds(self)


@dataclass(frozen=True, slots=True)
class VoiceLevel:
    """How loudness follows phrase, stress and section, in decibels."""

    arch_db: float = within(2.0, 0.0, 8.0)
    accent_db: float = within(1.5, 0.0, 6.0)
    energy_db: float = within(3.0, 0.0, 9.0)
    final_fall_db: float = within(4.0, 0.0, 12.0)

    def __post_init__(self) -> None:
        check_bounds(self)


@dataclass(frozen=True, slots=True)
class Voice:
    """A singer's voice.

    Parameters
    ----------
    name : what the user calls it
    title : one line about it
    singer : name of the backend that sings it
    language : language of the lyrics it sings
    """

    name: str
    title: str
    singer: str
    language: str = "en"
    range: VoiceRange = field(default_factory=VoiceRange)
    timing: VoiceTiming = field(default_factory=VoiceTiming)
    pitch: VoicePitch = field(default_factory=VoicePitch)
    level: VoiceLevel = field(default_factory=VoiceLevel)


def voice_names() -> tuple[str, ...]:
    """Return the names of the voices that come with the install, sorted."""
    return preset_names("voices")


def load_voice(name: str) -> Voice:
    """Return a voice, given by name or as the path of a `.toml` file.

    Raises InputError for an unknown name, a file that cannot be read, an unknown setting, and a value of the
    wrong type or out of its range.
    """
    table = Table(f"voice {name!r}", load_preset("voices", name))
    voice = Voice(
        name=table.text("name"),
        title=table.text("title"),
        singer=table.text("singer"),
        language=table.text("language", default="en"),
        range=table.table("range", optional=True).numbers(VoiceRange),
        timing=table.table("timing", optional=True).numbers(VoiceTiming),
        pitch=table.table("pitch", optional=True).numbers(VoicePitch),
        level=table.table("level", optional=True).numbers(VoiceLevel),
    )
    table.end()
    return voice
