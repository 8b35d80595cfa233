"""Voices: what a singer's range is and how it shapes time, pitch and level.

Presets are `configs/voices/*.toml`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from songsmith.errors import InputError
from songsmith.resources import load_preset, preset_names


@dataclass(frozen=True, slots=True)
class VoiceRange:
    """MIDI note numbers: what the voice can sing at all, and where its words stay clear."""

    lowest: int = 52
    highest: int = 77
    comfortable_lowest: int = 55
    comfortable_highest: int = 70

    def __post_init__(self) -> None:
        order = (0, self.lowest, self.comfortable_lowest, self.comfortable_highest, self.highest, 127)
        if list(order) != sorted(order):
            raise InputError(
                f"range {order[1:5]} is out of order: give lowest <= comfortable_lowest <="
                " comfortable_highest <= highest as MIDI note numbers from 0 to 127"
            )


@dataclass(frozen=True, slots=True)
class VoiceTiming:
    """How phonemes share the time of a syllable.

    Parameters
    ----------
    consonants : scale of the table of consonant lengths, 0.5 to 1.5
    vowel_share : part of a short syllable that the vowel keeps, 0.3 to 0.8
    rest_s : a rest at least this long inside a line is silent; shorter ones are sung through
    breath_s : length of a breath before a phrase, where there is room; 0 for none
    """

    consonants: float = 1.0
    vowel_share: float = 0.45
    rest_s: float = 0.35
    breath_s: float = 0.22

    def __post_init__(self) -> None:
        _check(self, consonants=(0.5, 1.5), vowel_share=(0.3, 0.8), rest_s=(0.15, 2.0), breath_s=(0.0, 0.25))


@dataclass(frozen=True, slots=True)
class VoicePitch:
    """How the voice moves between notes and on them; see `songsmith.expression`."""

    portamento_s: float = 0.075
    overshoot_cents: float = 18.0
    preparation_cents: float = 9.0
    scoop_cents: float = 25.0
    vibrato_hz: float = 5.5
    vibrato_cents: float = 38.0
    vibrato_delay_s: float = 0.25
    vibrato_from_s: float = 0.4
    drift_cents: float = 5.0

    def __post_init__(self) -> None:
        _check(
            self,
            portamento_s=(0.0, 0.2),
            overshoot_cents=(0.0, 60.0),
            preparation_cents=(0.0, 40.0),
            scoop_cents=(0.0, 80.0),
            vibrato_hz=(3.0, 9.0),
            vibrato_cents=(0.0, 120.0),
            vibrato_delay_s=(0.0, 2.0),
            vibrato_from_s=(0.1, 10.0),
            drift_cents=(0.0, 15.0),
        )


@dataclass(frozen=True, slots=True)
class VoiceLevel:
    """How loudness follows phrase, stress and section, in decibels."""

    arch_db: float = 2.0
    accent_db: float = 1.5
    energy_db: float = 3.0
    final_fall_db: float = 4.0

    def __post_init__(self) -> None:
        _check(self, arch_db=(0.0, 8.0), accent_db=(0.0, 6.0))
        _check(self, energy_db=(0.0, 9.0), final_fall_db=(0.0, 12.0))


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


_TABLES: dict[str, Any] = {
    "range": VoiceRange,
    "timing": VoiceTiming,
    "pitch": VoicePitch,
    "level": VoiceLevel,
}
_TEXTS = ("name", "title", "singer", "language")


def voice_names() -> tuple[str, ...]:
    """Return the names of the voices that come with the install, sorted."""
    return preset_names("voices")


def load_voice(name: str) -> Voice:
    """Return a voice, given by name or as the path of a `.toml` file.

    Raises InputError for an unknown name, a file that cannot be read, an unknown setting, and a value of the
    wrong type or out of its range.
    """
    table = load_preset("voices", name)
    known = (*_TEXTS, *_TABLES)
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            raise InputError(f"voice {name!r}: setting {key!r} is not known; use {', '.join(known)}")
        if key in _TABLES:
            values[key] = _settings(name, key, value)
        elif not isinstance(value, str) or not value.strip():
            raise InputError(f"voice {name!r}: {key} is {value!r}; give it as text in quotes")
        else:
            values[key] = value
    for key in ("name", "title", "singer"):
        if key not in values:
            raise InputError(f'voice {name!r}: {key} is missing; add a line {key} = "..."')
    return Voice(**values)


def _settings(name: str, table: str, values: object) -> Any:
    """Return the value of one table of a voice file, each setting checked."""
    kind = _TABLES[table]
    if not isinstance(values, dict):
        raise InputError(f"voice {name!r}: {table} is {values!r}; write it as a table [{table}]")
    types = {f.name: f.type for f in fields(kind)}
    checked: dict[str, float | int] = {}
    for key, value in values.items():
        if key not in types:
            raise InputError(f"voice {name!r}: setting {table}.{key} is not known; use {', '.join(types)}")
        whole = types[key] == "int"
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
            raise InputError(
                f"voice {name!r}: {table}.{key} is {value!r}; give it as a {'whole ' if whole else ''}number"
            )
        checked[key] = value if whole else float(value)
    try:
        return kind(**checked)
    except InputError as err:
        raise InputError(f"voice {name!r}: {table}: {err}") from err


def _check(values: object, **bounds: tuple[float, float]) -> None:
    """Raise InputError for the first attribute outside its bounds (which `nan` always is)."""
    for key, (low, high) in bounds.items():
        if not low <= getattr(values, key) <= high:
            raise InputError(f"{key} {getattr(values, key):g} is out of range: use {low:g} to {high:g}")
