"""Styles: what each plays, in which tempo, over which chords; read from the TOML files in `configs/styles/`.

A style file says everything musical about a style as data: words that mean it in a prompt, its tempo range,
chord progressions in Roman numerals, the instruments of its parts and their grooves as grids
(`songsmith.accompaniment.grids`), for every meter and three levels of energy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from lyrics.values import KINDS
from songsmith.accompaniment.grids import Grid, parse_grid
from songsmith.accompaniment.instruments import PART_NAMES, Instrument, instrument
from songsmith.brief import TEMPO_RANGE
from songsmith.errors import InputError
from songsmith.resources import load_preset_head, parse_table, preset_names, preset_path, read_text
from songsmith.tables import Table
from songsmith.theory import Key, numeral_to_chord, parse_chord
from songsmith.timeline import METERS, Meter

LEVELS = ("low", "mid", "high")
LEVEL_BOUNDS = (0.4, 0.7)  # energies at which `mid` and `high` begin
CADENCE = "cadence"
# Section kinds a style may leave out, with the kind whose chords they then take.
STAND_INS = {
    "intro": "verse",
    "outro": "verse",
    "interlude": "verse",
    "prechorus": "bridge",
    "build": "prechorus",
    "hook": "chorus",
    "postchorus": "chorus",
    "drop": "chorus",
    "solo": "chorus",
}
REQUIRED_KINDS = ("verse", "chorus", "bridge", CADENCE)
MODES = ("major", "minor")
USUAL_FORM = ("intro", "verse", "chorus", "verse", "chorus", "bridge", "chorus", "outro")
DEFAULT_MIX = "default"

Progression = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Groove:
    """What a part plays in one meter: alternatives for each level of energy, empty where it is silent.

    `fills` lead from one section into the next and `build` rises towards a climax (drums); `answers` are
    licks for bars without the voice (figure).
    """

    low: tuple[Grid, ...]
    mid: tuple[Grid, ...]
    high: tuple[Grid, ...]
    fills: tuple[Grid, ...] = ()
    build: tuple[Grid, ...] = ()
    answers: tuple[Grid, ...] = ()

    def level(self, energy: float) -> tuple[Grid, ...]:
        """Return the alternatives for an energy from 0 to 1."""
        return (self.low, self.mid, self.high)[sum(energy >= bound for bound in LEVEL_BOUNDS)]


@dataclass(frozen=True, slots=True)
class PartStyle:
    """One part of a style.

    Parameters
    ----------
    name : one of `PART_NAMES`; also the stem's name
    instruments : alternatives, of which the seed takes one
    gain_db : level in the mix, 0 for the loudest usual part
    pan : -1 left to 1 right
    reverb : send, 0 to 1
    voices : notes of a chord (harmony, pad)
    tones : `full` chords, or `power`: root and fifth only, as distorted guitars play
    range : lowest and highest MIDI note
    grooves : for each meter
    """

    name: str
    instruments: tuple[Instrument, ...]
    gain_db: float
    pan: float
    reverb: float
    voices: int
    tones: str
    range: tuple[int, int]
    grooves: Mapping[str, Groove]


@dataclass(frozen=True, slots=True)
class Style:
    """A style; see the module's header.

    Parameters
    ----------
    name, description, words : `words` are what a prompt may call it
    tempo : usual lowest and highest quarter notes a minute
    mode : of the key where the prompt leaves it open
    energy : 0 to 1
    swing : 0 even to 1 triplets, applied to notes of `swing_unit` beats (0.5 or 0.25)
    syncopation : 0 to 1, how welcome sung syllables are that come half a beat before a strong beat
    intro : the parts that begin; the others join half-way through the intro
    form : section kinds of a song in this style that nobody sings
    mix : name of the preset in `configs/mix/` that suits it
    progressions : section kind to mode to alternatives, each a Roman numeral (or two halves) a bar
    parts : in the order of `PART_NAMES`
    """

    name: str
    description: str
    words: tuple[str, ...]
    tempo: tuple[float, float]
    mode: str
    energy: float
    swing: float
    swing_unit: float
    syncopation: float
    intro: tuple[str, ...]
    form: tuple[str, ...]
    mix: str
    progressions: Mapping[str, Mapping[str, tuple[Progression, ...]]]
    parts: tuple[PartStyle, ...]

    def swing_in(self, meter: Meter) -> tuple[float, float]:
        """Return the amount and the unit of the swing in a meter: a meter of triplets already does not swing."""
        return (0.0 if meter.denominator == 8 else self.swing), self.swing_unit

    def part(self, name: str) -> PartStyle:
        """Return the part of a name of `PART_NAMES`."""
        return next(part for part in self.parts if part.name == name)

    def progressions_for(self, kind: str, mode: str) -> tuple[Progression, ...]:
        """Return the chord progressions for a section kind in `major` or `minor`, never empty."""
        while kind not in self.progressions:
            kind = STAND_INS.get(kind, "verse")
        return self.progressions[kind][mode]


def style_names() -> tuple[str, ...]:
    """Return the names of the built-in styles, sorted."""
    return preset_names("styles")


def load_style(name_or_path: str) -> Style:
    """Return a style by its name or as the path of a `.toml` file.

    Raises InputError naming the file, the key, the value and what is accepted where anything in it is wrong.
    """
    path = preset_path("styles", name_or_path)
    return _style(read_text(path), str(path), f"style {name_or_path!r}")


@lru_cache(maxsize=64)
def _style(text: str, path: str, source: str) -> Style:
    """Return the style in the text of a file: a text that was read before is not read again."""
    return style_from_table(Path(path).stem, parse_table(text, Path(path)), source)


def find_style_name(text: str) -> str | None:
    """Return the name of the built-in style that is called so by name or by one of its words, None for others."""
    wanted = " ".join(text.lower().split())
    if wanted in style_names():
        return wanted
    return next((name for name in style_names() if wanted in load_preset_head("styles", name)["words"]), None)


def style_from_table(name: str, values: Mapping[str, Any], source: str = "style") -> Style:
    """Return the style in a parsed TOML table; `source` is what messages call it."""
    table = Table(source, dict(values))
    style = Style(
        name=name,
        description=table.text("description"),
        words=table.texts("words"),
        tempo=table.interval("tempo", *TEMPO_RANGE),
        mode=table.choice("mode", MODES),
        energy=table.number("energy", 0.0, 1.0),
        swing=table.number("swing", 0.0, 1.0),
        swing_unit=_swing_unit(table),
        syncopation=table.number("syncopation", 0.0, 1.0, default=0.0),
        intro=table.choices("intro", PART_NAMES),
        form=_form(table),
        mix=table.choice("mix", preset_names("mix"), default=DEFAULT_MIX),
        progressions=_progressions(table.table("progressions")),
        parts=_parts(table.table("parts")),
    )
    table.end()
    return style


def _form(table: Table) -> tuple[str, ...]:
    if "form" not in table.keys:
        return USUAL_FORM
    form = table.choices("form", KINDS)
    if len(form) < 2:
        raise table.wrong("form", list(form), "at least two section kinds")
    return form


def _swing_unit(table: Table) -> float:
    unit = table.number("swing_unit", 0.25, 0.5, default=0.5)
    if unit not in (0.25, 0.5):
        raise table.wrong("swing_unit", unit, "0.5 (eighths swing) or 0.25 (sixteenths swing)")
    return unit


def _progressions(table: Table) -> dict[str, dict[str, tuple[Progression, ...]]]:
    found = {}
    optional = tuple(kind for kind in STAND_INS if kind in table.keys)
    for kind in (*REQUIRED_KINDS, *optional):
        inner = table.table(kind)
        found[kind] = {mode: tuple(_progression(inner, mode, text) for text in inner.texts(mode)) for mode in MODES}
        inner.end()
    table.end()
    return found


def _progression(table: Table, mode: str, text: str) -> Progression:
    """Return the bars of a progression written `I | V | vi | IV V`."""
    bars = tuple(" ".join(bar.split()) for bar in text.split("|"))
    if not all(1 <= len(bar.split()) <= 2 for bar in bars):
        raise table.wrong(mode, text, "bars of one or two Roman numerals, with | between the bars")
    for numeral in " ".join(bars).split():
        try:
            parse_chord(numeral_to_chord(numeral, Key(0, mode)))
        except InputError as err:
            raise table.wrong(mode, text, f"Roman numerals ({err})") from err
    return bars


def _parts(table: Table) -> tuple[PartStyle, ...]:
    parts = tuple(_part(name, table.table(name)) for name in PART_NAMES)
    table.end()
    return parts


_RANGES = {"drums": (0, 127), "bass": (28, 52), "harmony": (48, 67), "pad": (50, 72), "figure": (60, 84)}


def _part(name: str, table: Table) -> PartStyle:
    instruments = []
    for text in table.texts("instruments"):
        try:
            instruments.append(instrument(text))
        except InputError as err:
            raise table.wrong("instruments", text, f"a General MIDI name ({err})") from err
        if instruments[-1].is_drum != (name == "drums"):
            raise table.wrong("instruments", text, "drum kits for the drums, and no drum kit for other parts")
    low, high = table.integers("range", 0, 127, default=_RANGES[name])
    part = PartStyle(
        name=name,
        instruments=tuple(instruments),
        gain_db=table.number("gain_db", -40.0, 12.0),
        pan=table.number("pan", -1.0, 1.0, default=0.0),
        reverb=table.number("reverb", 0.0, 1.0, default=0.0),
        voices=table.integer("voices", 2, 6, default=4 if name == "harmony" else 3),
        tones=table.choice("tones", ("full", "power"), default="full"),
        range=(low, high),
        grooves={meter: _groove(name, Meter.parse(meter), table.table(meter)) for meter in METERS},
    )
    if name != "drums" and high - low < 14:
        raise table.wrong("range", [low, high], "at least 14 semitones")
    table.end()
    return part


def _groove(part: str, meter: Meter, table: Table) -> Groove:
    def grids(key: str) -> tuple[Grid, ...]:
        found = []
        for text in table.texts(key, optional=True):
            try:
                found.append(parse_grid(text, part, meter))
            except InputError as err:
                raise table.wrong(key, text, str(err)) from err
        return tuple(found)

    groove = Groove(*(grids(key) for key in (*LEVELS, "fills", "build", "answers")))
    if not (groove.low or groove.mid or groove.high or groove.answers):
        raise table.wrong("high", [], "at least one grid here or under low, mid or answers")
    table.end()
    return groove
