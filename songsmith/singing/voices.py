"""Voices: a singer's range and colour, and how it shapes time, pitch and level.

Voices are `configs/voices/*.toml`; how one performs is a preset of its own, `configs/performances/*.toml`, named
by the voice. Tables in the voice's file win over the preset's, key by key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from songsmith.errors import InputError
from songsmith.resources import load_preset, preset_names
from songsmith.singing.alphabet import LANGUAGES, READERS
from songsmith.tables import Table, check_bounds, within

PERFORMED = ("timing", "pitch", "level")
DEFAULT_PERFORMANCE = "pop"
BANK_FILE = "dsconfig.yaml"


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
class VoiceColour:
    """The sound of the voice itself.

    Parameters
    ----------
    formants : frequency of the formants relative to the network's own voice: a shorter vocal tract is above 1
    breathiness : share of what is left of a clear tone that turns to breath
    brightness_db : tilt of the spectrum in decibels an octave, about 1 kHz
    tension : above 0 pressed (weak fundamental, strong overtones), below 0 lax
    loud_tilt : tilt in decibels an octave that each decibel of loudness adds
    """

    formants: float = within(1.0, 0.7, 1.4)
    breathiness: float = within(0.0, 0.0, 1.0)
    brightness_db: float = within(0.0, -4.0, 4.0)
    tension: float = within(0.0, -1.0, 1.0)
    loud_tilt: float = within(0.1, 0.0, 0.5)

    def __post_init__(self) -> None:
        check_bounds(self)


@dataclass(frozen=True, slots=True)
class VoiceTiming:
    """How phonemes share the time of a syllable.

    Parameters
    ----------
    consonants : scale of consonant lengths
    natural : how far the voice network's own lengths decide beside the table; 0 is the table alone
    vowel_share : part of a short syllable that the vowel keeps
    rest_s : a rest at least this long inside a line is silent; shorter ones are sung through
    breath_s : length of a breath before a phrase, where there is room; 0 for none
    """

    consonants: float = within(1.15, 0.5, 2.0)
    natural: float = within(0.4, 0.0, 1.0)
    vowel_share: float = within(0.38, 0.3, 0.8)
    rest_s: float = within(0.35, 0.15, 2.0)
    breath_s: float = within(0.22, 0.0, 0.25)

    def __post_init__(self) -> None:
        check_bounds(self)


@dataclass(frozen=True, slots=True)
class VoicePitch:
    """How the voice moves between notes and on them; see `songsmith.expression`.

    Parameters
    ----------
    portamento_s : glide from note to note, centred on the boundary
    overshoot_cents, preparation_cents : past the new pitch after a leap, and against it just before
    scoop_cents : how far below its pitch the first note of a phrase starts
    reattack_cents : dip before a note that repeats the pitch of the one before
    fall_cents : how far the voice falls off the last note of a phrase
    vibrato_hz, vibrato_cents : rate, and depth either side on long notes
    vibrato_delay_s : from the start of the note
    vibrato_from_s, vibrato_full_s : length of the shortest note with vibrato, and of one with all of it
    drift_cents : slow wandering
    """

    portamento_s: float = within(0.075, 0.0, 0.2)
    overshoot_cents: float = within(18.0, 0.0, 60.0)
    preparation_cents: float = within(9.0, 0.0, 40.0)
    scoop_cents: float = within(25.0, 0.0, 80.0)
    reattack_cents: float = within(20.0, 0.0, 60.0)
    fall_cents: float = within(15.0, 0.0, 200.0)
    vibrato_hz: float = within(5.5, 3.0, 9.0)
    vibrato_cents: float = within(38.0, 0.0, 120.0)
    vibrato_delay_s: float = within(0.25, 0.0, 2.0)
    vibrato_from_s: float = within(0.4, 0.1, 10.0)
    vibrato_full_s: float = within(1.0, 0.1, 10.0)
    drift_cents: float = within(5.0, 0.0, 15.0)

    def __post_init__(self) -> None:
        check_bounds(self)


@dataclass(frozen=True, slots=True)
class VoiceLevel:
    """How loudness follows phrase, stress and section, in decibels.

    Parameters
    ----------
    arch_db : a phrase swells by this towards two thirds of its length
    crescendo_db : from the first note of a phrase to its last
    accent_db : stressed syllables up, unstressed down
    energy_db : between a bare section (energy 0) and a middling one, and from that to a full one (energy 1)
    reattack_db : dip before a note that repeats the pitch of the one before
    final_fall_db : the end of a phrase falls away, but not the consonants it ends with, sonorants apart
    """

    arch_db: float = within(2.0, 0.0, 8.0)
    crescendo_db: float = within(0.5, -6.0, 6.0)
    accent_db: float = within(1.5, 0.0, 6.0)
    energy_db: float = within(3.0, 0.0, 9.0)
    reattack_db: float = within(3.0, 0.0, 12.0)
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
    performance : the preset that its time, pitch and level start from
    words : what a prompt may call it
    backend : what its singer needs besides: names of files, styles and speakers
    phonemes : for singers with an alphabet of their own: a phoneme of ours to theirs, parted by spaces
    home : folder of the file it was read from, where relative paths in `backend` start; empty for a built-in one
    """

    name: str
    title: str
    singer: str
    language: str = "en"
    performance: str = DEFAULT_PERFORMANCE
    words: tuple[str, ...] = ()
    backend: Mapping[str, str] = field(default_factory=dict)
    phonemes: Mapping[str, str] = field(default_factory=dict)
    home: str = ""
    range: VoiceRange = field(default_factory=VoiceRange)
    colour: VoiceColour = field(default_factory=VoiceColour)
    timing: VoiceTiming = field(default_factory=VoiceTiming)
    pitch: VoicePitch = field(default_factory=VoicePitch)
    level: VoiceLevel = field(default_factory=VoiceLevel)

    def sings(self, language: str) -> bool:
        """Tell whether a language can be sung: the voice's own, and with its accent those of its alphabet."""
        return language == self.language or (self.singer in READERS and {language, self.language} <= set(LANGUAGES))


def voice_names() -> tuple[str, ...]:
    """Return the names of the voices that come with the install, sorted."""
    return preset_names("voices")


def performance_names() -> tuple[str, ...]:
    """Return the names of the ways to perform that come with the install, sorted."""
    return preset_names("performances")


def check_performance(name: str) -> None:
    """Raise InputError where there is no way to perform of this name."""
    if name not in performance_names():
        raise InputError(f"performance {name!r} is not known: use one of {', '.join(performance_names())}")


def is_bank(name: str) -> bool:
    """Whether a voice is given as the folder of a DiffSinger voicebank."""
    try:
        return name not in voice_names() and (Path(name) / BANK_FILE).is_file()
    except OSError:  # a name that no file can have
        return False


def load_voice(name: str, performance: str | None = None) -> Voice:
    """Return a voice, given by name, as the path of a `.toml` file or as the folder of a DiffSinger voicebank.

    Parameters
    ----------
    performance : name of a way to perform that replaces the one the voice names, its own tables included

    Raises InputError for an unknown name, a file that cannot be read, an unknown setting, and a value of the
    wrong type or out of its range.
    """
    values = _bank_table(name) if is_bank(name) else load_preset("voices", name)
    source = f"voice {name!r}"
    table = Table(source, values)
    own = table.choice("performance", performance_names(), default=DEFAULT_PERFORMANCE)
    if performance is not None:
        check_performance(performance)
    preset = load_preset("performances", performance or own)
    tables = {key: dict(preset.get(key, {})) for key in PERFORMED}
    for key in PERFORMED:
        table.table(key, optional=True)  # marks it as read and makes sure that it is one
        if performance is None:
            tables[key].update(values.get(key, {}))
    voice = Voice(
        name=table.text("name"),
        title=table.text("title"),
        singer=table.text("singer"),
        language=table.text("language", default="en"),
        performance=performance or own,
        words=table.texts("words", optional=True),
        backend=_texts(table.table("backend", optional=True)),
        phonemes=_texts(table.table("phonemes", optional=True)),
        home=str(Path(name).resolve().parent) if name.endswith(".toml") else "",
        range=table.table("range", optional=True).numbers(VoiceRange),
        colour=table.table("colour", optional=True).numbers(VoiceColour),
        timing=Table(source, tables["timing"], "timing").numbers(VoiceTiming),
        pitch=Table(source, tables["pitch"], "pitch").numbers(VoicePitch),
        level=Table(source, tables["level"], "level").numbers(VoiceLevel),
    )
    table.end()
    return voice


def _bank_table(folder: str) -> dict[str, Any]:
    """Return what a voice file for a DiffSinger voicebank would hold."""
    path = Path(folder).resolve()
    title = f"DiffSinger voicebank {path.name}"
    return {"name": path.name, "title": title, "singer": "diffsinger", "backend": {"folder": str(path)}}


def _texts(table: Table) -> dict[str, str]:
    """Return a table of texts."""
    return {key: table.text(key) for key in table.keys}
