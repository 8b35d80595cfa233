"""What an audio model is asked for, in words: style, mood, instruments, tempo and key of a brief."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from songsmith.brief import Brief
from songsmith.errors import InputError

MOST_WORDS = 60
"""Text encoders of audio models read about 128 tokens at least: so many words are surely fewer."""

LONGEST_S = 900.0

TEXTURES = {
    "brightness": ("dark, mellow sound", "bright sound"),
    "width": ("narrow stereo", "wide stereo"),
    "reverb": ("dry, close sound", "spacious, reverberant sound"),
    "lofi": ("", "lo-fi"),
}
CLEAR = 0.3
"""A texture this far from neutral is named."""

CALM, LIVELY = 0.3, 0.7
NO_VOICE = ("vocals", "singing", "speech")
ALONE = "only "


@dataclass(frozen=True, slots=True)
class SoundWish:
    """Music that is wished for.

    Parameters
    ----------
    text : what it is, for models that read text
    avoid : what is not to be heard, for models that read that, too
    tempo, key, meter : quarter notes a minute, `G major`, `4/4`: for models that take them by themselves
    duration_s : how long it is to be at least
    seed : of the song
    """

    text: str
    avoid: str
    tempo: float
    key: str
    meter: str
    duration_s: float
    seed: int

    def __post_init__(self) -> None:
        if not 0.0 < self.duration_s <= LONGEST_S:
            raise InputError(
                f"{self.duration_s:.0f} s of music from an audio model are not possible: use {LONGEST_S:.0f} at most"
            )


def sound_wish(brief: Brief, duration_s: float, seed: int) -> SoundWish:
    """Return what an audio model is asked for, so that it plays what a brief describes, without a voice."""
    return SoundWish(
        text=sound_text(brief),
        avoid=", ".join((*NO_VOICE, *brief.without)),
        tempo=brief.tempo,
        key=brief.key,
        meter=brief.meter,
        duration_s=duration_s,
        seed=seed,
    )


def sound_text(brief: Brief) -> str:
    """Return a brief in the words that audio models are trained on; the user's own follow where there is room."""
    pace = ("calm",) if brief.energy <= CALM else ("energetic",) if brief.energy >= LIVELY else ()
    head = " ".join((*brief.mood, *pace, Path(brief.style).stem.replace("-", " "), "instrumental"))
    feel = (brief.groove.feel,) if brief.groove.feel else ()
    swing = ("swung",) if (brief.groove.swing or 0.0) > 0.5 else ()
    said = ", ".join(
        (
            head,
            *_instruments(brief.palette),
            *feel,
            *swing,
            *_textures(brief),
            f"{brief.tempo:g} BPM",
            brief.key,
            f"{brief.meter} time",
        )
    )
    whole = f"{said}. {brief.prompt}" if brief.prompt else said
    return whole if len(whole.split()) <= MOST_WORDS else said


def has_own_words(brief: Brief) -> bool:
    """Tell whether the words of the user's prompt reach the model."""
    return sound_text(brief).endswith(brief.prompt)


def _instruments(palette: tuple[str, ...]) -> tuple[str, ...]:
    alone = [name.removeprefix(ALONE) for name in palette if name.startswith(ALONE)]
    if alone:
        return (f"only {' and '.join(alone)}",)
    return palette


def _textures(brief: Brief) -> tuple[str, ...]:
    found = []
    for name, (low, high) in TEXTURES.items():
        value = getattr(brief.texture, name)
        found.append(low if value < -CLEAR else high if value > CLEAR else "")
    return tuple(word for word in found if word)
