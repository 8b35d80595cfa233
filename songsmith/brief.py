"""What a prompt asks for, complete: whatever the words left open has been decided from the style and the seed."""

from __future__ import annotations

from dataclasses import dataclass, field

from songsmith.errors import InputError
from songsmith.theory import Key
from songsmith.timeline import Meter

TEMPO_RANGE = (30.0, 300.0)


@dataclass(frozen=True, slots=True)
class Texture:
    """How the mix should sound, each from -1 to 1 (reverb, lofi from 0 where plain): 0 is neutral."""

    brightness: float = 0.0
    width: float = 0.0
    reverb: float = 0.0
    lofi: float = 0.0

    def __post_init__(self) -> None:
        for name in ("brightness", "width", "reverb", "lofi"):
            if not -1.0 <= getattr(self, name) <= 1.0:
                raise InputError(f"texture {name} {getattr(self, name)} is not between -1 and 1")


FEELS = ("", "half-time", "double-time", "laid-back", "driving", "four-on-the-floor")
"""How the beat may be felt; empty for the style's own way."""


@dataclass(frozen=True, slots=True)
class Groove:
    """How the beat is played.

    Parameters
    ----------
    swing : 0 even to 1 triplets; None for the style's own
    feel : one of `FEELS`
    """

    swing: float | None = None
    feel: str = ""

    def __post_init__(self) -> None:
        if self.swing is not None and not 0.0 <= self.swing <= 1.0:
            raise InputError(f"swing {self.swing} is not between 0 and 1")
        if self.feel not in FEELS:
            raise InputError(f"feel {self.feel!r} is not known: use one of {', '.join(FEELS[1:])}")


@dataclass(frozen=True, slots=True)
class Brief:
    """The five things a prompt controls (style, tempo and groove, palette, structure, texture), and the voice.

    Parameters
    ----------
    prompt : the words as given, on one line and without the names of artists, which others that describe stand for
    style : name of a style in `configs/styles/`
    mood : mood words found in the prompt
    tempo : quarter notes a minute
    key, meter : `G major`, `4/4`
    palette : instruments asked for by name; empty for the style's own
    form : section kinds asked for; empty for one fitted to the lyrics
    energy : 0 to 1
    voice : name of a voice
    groove : swing and feel, where the prompt names them
    without : parts (`drums`) and instruments (`piano`) that are not to play
    instrumental : whether nobody sings
    length_s : seconds asked for, None where the lyrics decide
    performance, group_performance : how the voices, and the group that sings backing words, perform: presets of
        `configs/performances/`; empty for each voice's own way
    """

    prompt: str
    style: str
    tempo: float
    key: str
    meter: str
    mood: tuple[str, ...] = ()
    palette: tuple[str, ...] = ()
    form: tuple[str, ...] = ()
    texture: Texture = field(default_factory=Texture)
    energy: float = 0.5
    voice: str = "heart"
    groove: Groove = field(default_factory=Groove)
    without: tuple[str, ...] = ()
    instrumental: bool = False
    length_s: float | None = None
    performance: str = ""
    group_performance: str = ""

    def __post_init__(self) -> None:
        low, high = TEMPO_RANGE
        if not low <= self.tempo <= high:
            raise InputError(f"tempo {self.tempo:g} BPM is out of range: use {low:g} to {high:g}")
        Key.parse(self.key)
        Meter.parse(self.meter)
        if not 0.0 <= self.energy <= 1.0:
            raise InputError(f"energy {self.energy} is not between 0 and 1")
