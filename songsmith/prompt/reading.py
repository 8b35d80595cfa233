"""What was made of a prompt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from songsmith.brief import Brief
from songsmith.styles import Style


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the user fixed by flags; None leaves it to the prompt."""

    style: str | None = None
    tempo: float | None = None
    key: str | None = None
    meter: str | None = None
    voice: str | None = None
    performance: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing that was decided: what, its value in words, and why."""

    name: str
    value: str
    why: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A prompt as it was understood.

    Parameters
    ----------
    brief, style : what is made from it
    understood : decisions that words of the prompt, or flags, made; `why` gives those words
    assumed : decisions that the style, the mood or the seed made, and words that were taken by their meaning
    warnings : what was asked for and is not done, one sentence each
    advice : what to add to a prompt that leaves much open
    topic : what the song is to be about, for whoever writes the words; empty where the prompt does not say
    singer : the words that ask for a voice
    """

    brief: Brief
    style: Style
    understood: tuple[Decision, ...] = ()
    assumed: tuple[Decision, ...] = ()
    warnings: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    topic: str = ""
    singer: str = ""


def describe(brief: Brief) -> str:
    """Return one line that says what will be made."""
    mood = f"{', '.join(brief.mood)} " if brief.mood else ""
    style, voice = Path(brief.style).stem, Path(brief.voice).stem
    sung = "instrumental" if brief.instrumental else f"voice {voice}"
    return f"{mood}{style}, {brief.tempo:g} BPM, {brief.key}, {brief.meter}, {sung}"
