"""From the words of a prompt to a complete `Brief`.

Numbers and names are read by pattern (`92 BPM`, `in E minor`, `3/4`), style, mood and sound words by the tables in
`configs/styles/` and `configs/prompt.toml`. What the words leave open is decided by the style and the seed; what
a flag says wins over the words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from songsmith.accompaniment.instruments import find_instruments
from songsmith.brief import TEMPO_RANGE, Brief, Texture
from songsmith.errors import InputError
from songsmith.resources import config_folder, load_preset_head, load_table
from songsmith.seeds import generator
from songsmith.styles import Style, load_style, style_names
from songsmith.theory import Key
from songsmith.timeline import METERS, Meter

LONGEST_PROMPT = 2000
"""Characters."""

DEFAULT_STYLE = "pop"
DEFAULT_VOICE = "heart"

TONICS = (9, 10, 0, 2, 7, 4, 5)
"""Tonics (pitch classes) that put a tune of an octave about the tonic into the comfortable range of the voice."""

_TEMPO = re.compile(r"(?<![\w.])(-?\d+(?:\.\d+)?)\s*-?\s*(?:bpm|beats per minute)\b", re.IGNORECASE)
_NOT_DENIED = r"(?<!\bnot )(?<!\bnot too )(?<!\bnot so )(?<!\bno )(?<!\bnever )(?<!\bwithout )"
_TONIC = r"([A-Ga-g])[ -]?(#|b\b|♯|♭|(?i:sharp|flat))?"
_MODE = r"(?i:(major|minor|dorian|phrygian|lydian|mixolydian))\b"
_KEY_OF = re.compile(rf"\b(?i:in|key of|key:)\s+{_TONIC}(?:[ -]?{_MODE})?(?![\w#♯♭])")
_KEY = re.compile(rf"(?<![\w'’-])(?![a-g]){_TONIC}[ -]?{_MODE}")
_METER = re.compile(r"(?<![\d/])(\d{1,2}/(?:2|4|8|16))(?![\d/])")


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the user fixed by flags; None leaves it to the prompt."""

    style: str | None = None
    tempo: float | None = None
    key: str | None = None
    meter: str | None = None
    voice: str | None = None


def read_prompt(prompt: str, seed: int = 0, overrides: Overrides | None = None) -> tuple[Brief, Style]:
    """Return what a prompt asks for, and its style.

    Parameters
    ----------
    prompt : free words, at most `LONGEST_PROMPT` characters
    seed : decides what the words leave open
    overrides : wins over the words

    Raises
    ------
    InputError : for an empty or over-long prompt and for a tempo, key, meter or style that cannot be
    """
    overrides = overrides or Overrides()
    text = " ".join(prompt.split())
    if not text:
        raise InputError("the prompt is empty: describe the song in a few words, like 'warm folk, 92 BPM'")
    if len(text) > LONGEST_PROMPT:
        raise InputError(f"the prompt has {len(text)} characters: use at most {LONGEST_PROMPT}")
    words = load_table(config_folder() / "prompt.toml")
    style = load_style(overrides.style or _find_style(text))
    moods = {name: table for name, table in words["mood"].items() if _found(text, table["words"])}
    rng = generator(seed, "brief", style.name)
    # Drawn whether used or not, so that fixing one thing leaves the others as they were.
    tempo_draw, tonic_draw = float(rng.uniform(0.25, 0.75)), int(rng.integers(len(TONICS)))

    key = _find_key(text) if overrides.key is None else Key.parse(overrides.key)
    if key is None:
        key = Key(TONICS[tonic_draw], _mode(text, moods.values(), style))
    meter = Meter.parse(overrides.meter or _find_meter(text, words["meter"]))
    tempo = overrides.tempo if overrides.tempo is not None else _find_tempo(text)
    if tempo is None:
        tempo = _usual_tempo(text, words["tempo"], moods.values(), style, tempo_draw)
    energy = style.energy + sum(mood.get("energy", 0.0) for mood in moods.values())
    texture = {knob: _texture(text, words["texture"][knob]) for knob in ("brightness", "width", "reverb", "lofi")}
    texture["brightness"] += sum(mood.get("brightness", 0.0) for mood in moods.values())
    brief = Brief(
        prompt=text,
        style=_lasting(overrides.style or style.name),
        tempo=float(tempo),
        key=str(key),
        meter=str(meter),
        mood=tuple(moods),
        palette=find_instruments(text),
        texture=Texture(**{knob: round(min(1.0, max(-1.0, value)), 3) for knob, value in texture.items()}),
        energy=round(min(1.0, max(0.05, energy)), 3),
        voice=_lasting(overrides.voice or DEFAULT_VOICE),
    )
    return brief, style


def unheeded(prompt: str) -> tuple[str, ...]:
    """Return, one sentence each, what a prompt asks for that this version does not do, and what it left out."""
    table = load_table(config_folder() / "prompt.toml")["not_yet"]
    found = [f"the prompt asks for {phrase!r}: {table[phrase]}" for phrase in table if _place(prompt, phrase) >= 0]
    tempi = list(dict.fromkeys(match[1] for match in _TEMPO.finditer(prompt)))
    if len(tempi) > 1:
        found.append(f"the prompt names the tempi {', '.join(tempi)}: the first is taken")
    return tuple(found)


def _lasting(preset: str) -> str:
    """Return the name of a preset, or its path in a form that holds in any working directory."""
    return str(Path(preset).resolve()) if preset.endswith(".toml") else preset


def _found(text: str, phrases: Iterable[str]) -> list[str]:
    """Return the phrases that stand in the text as whole words, longest first."""
    return [phrase for _, phrase in sorted((-len(phrase), phrase) for phrase in phrases if _place(text, phrase) >= 0)]


def _place(text: str, phrase: str) -> int:
    """Return where a phrase first stands in a text as whole words and not denied, -1 where it does not."""
    match = re.search(rf"{_NOT_DENIED}(?<![\w-]){re.escape(phrase)}(?![\w-])", text, re.IGNORECASE)
    return match.start() if match else -1


def _find_style(text: str) -> str:
    """Return the style whose words are named first in the prompt, the default where none is."""
    named = [
        (_place(text, phrase), -len(phrase), name)
        for name in style_names()
        for phrase in (name, *load_preset_head("styles", name)["words"])
    ]
    return min((row for row in named if row[0] >= 0), default=(0, 0, DEFAULT_STYLE))[2]


def _find_tempo(text: str) -> float | None:
    """Return the tempo written as a number, refusing one that cannot be played."""
    match = _TEMPO.search(text)
    if match is None:
        return None
    tempo = float(match[1])
    low, high = TEMPO_RANGE
    if not low <= tempo <= high:
        raise InputError(f"tempo {tempo:g} BPM in the prompt is out of range: use {low:g} to {high:g}")
    return tempo


def _find_key(text: str) -> Key | None:
    """Return the key named in the prompt, None where there is none.

    `in e minor`, `key of G` and `in F#` are read in any case and with or without a mode; a capital letter and a
    mode, `Bb major`, where they stand by themselves, so that "A minor detail" is no key.
    """
    for pattern in (_KEY_OF, _KEY):
        for match in pattern.finditer(text):
            article = match[1] in "Aa" and not match[2] and (pattern is _KEY or match[3] is None)
            if article and not _ends_there(text, match.end()):
                continue  # "in a small town", "A minor detail"
            accidental = {"sharp": "#", "flat": "b"}.get((match[2] or "").lower(), match[2] or "")
            return Key.parse(f"{match[1].upper()}{accidental} {(match[3] or 'major').lower()}")
    wrong = re.search(r"(?<![\w'’-])(?!I\b)([H-Z][#b]?) (major|minor)\b", text)
    if wrong is not None:
        raise InputError(f"key {wrong[0]!r} in the prompt is not known: use a letter from A to G, like 'E minor'")
    return None


def _ends_there(text: str, place: int) -> bool:
    """Tell whether a text ends, or its clause does, at a place."""
    return re.match(r"\s*(?:$|[,.;:]|(?:and|at|with|key)\b)", text[place:], re.IGNORECASE) is not None


def _find_meter(text: str, named: Mapping[str, str]) -> str:
    """Return the meter written or named in the prompt, 4/4 where there is none."""
    match = _METER.search(text)
    if match is not None:
        if match[1] not in METERS:
            raise InputError(f"meter {match[1]} in the prompt is not known: use one of {', '.join(METERS)}")
        return match[1]
    hits = _found(text, named)
    return named[hits[0]] if hits else "4/4"


def _usual_tempo(
    text: str, table: Mapping[str, float], moods: Iterable[Mapping[str, Any]], style: Style, draw: float
) -> float:
    """Return a whole tempo in the range of the style, moved by tempo and mood words."""
    hits = _found(text, table)
    share = table[hits[0]] if hits else draw
    share += sum(mood.get("tempo", 0.0) for mood in moods)
    low, high = style.tempo
    slowest, fastest = TEMPO_RANGE
    return float(round(min(fastest, max(slowest, low + share * (high - low)))))


def _mode(text: str, moods: Iterable[Mapping[str, Any]], style: Style) -> str:
    """Return the mode that is named ("in a minor key") or most moods point to, the style's own otherwise."""
    named = re.search(r"\b(major|minor)\b", text, re.IGNORECASE)
    if named is not None:
        return named[1].lower()
    votes = [mood["mode"] for mood in moods if "mode" in mood]
    if votes.count("minor") == votes.count("major"):
        return style.mode
    return "minor" if votes.count("minor") > votes.count("major") else "major"


def _texture(text: str, table: Mapping[str, float]) -> float:
    """Return the sum of what the sound words say about one knob."""
    return sum(table[word] for word in _found(text, table))


def describe(brief: Brief) -> str:
    """Return one line that says what will be made."""
    mood = f"{', '.join(brief.mood)} " if brief.mood else ""
    style, voice = Path(brief.style).stem, Path(brief.voice).stem
    return f"{mood}{style}, {brief.tempo:g} BPM, {brief.key}, {brief.meter}, voice {voice}"
