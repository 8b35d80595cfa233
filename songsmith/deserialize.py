"""A song back from `song.json`, format `songsmith-song/1`, and its sidecar of curves.

Whatever is read is checked first; a file that is not right raises InputError with the file, the key and the
value that is wrong.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from lyrics.values import Line, Lyrics, Phoneme, Section, Syllable, Word
from songsmith.accompaniment.parts import Part, PartNote
from songsmith.brief import Brief, Groove, Texture
from songsmith.errors import InputError
from songsmith.fieldreader import Field, read_json
from songsmith.npz import read_array
from songsmith.performance import FRAME_PERIOD_S, Curve, Performance, PhonemeSpan
from songsmith.plan import Chord, Plan, PlannedSection
from songsmith.score import Note
from songsmith.serialize import FORMAT
from songsmith.song import Backend, Provenance, Song, VoicePart
from songsmith.timeline import Timeline
from songsmith.wholesong import MOST_BARS, check_bars, check_name, check_whole

MAX_JSON_BYTES = 64_000_000
MAX_CURVE_BYTES = 64_000_000

LATER_BRIEF: Mapping[str, Any] = {
    "groove": {"swing": None, "feel": ""},
    "without": [],
    "instrumental": False,
    "length_s": None,
    "performance": "",
    "group_performance": "",
}
"""Keys of a brief that a file may leave out, with what they then are."""

_SCORE_KEYS = ("plan", "timeline", "chords", "notes", "voices", "parts", "performance")
_KEYS = ("format", "title", "seed", "brief", "lyrics", *_SCORE_KEYS, "provenance")


def read_song(path: Path) -> Song:
    """Return the song of a `song.json` and its sidecar; raise InputError where either is not right.

    A sidecar that is not there leaves the curves empty, with a `UserWarning`: the score is still good, but
    the song cannot be sung again from it.
    """
    root = Field(read_json(path, MAX_JSON_BYTES), str(path), "")
    version = root.table({"format"}, more=True)["format"].text()
    if version != FORMAT:
        raise InputError(f"{path}: format {version!r} is not known: this songsmith reads {FORMAT!r}")
    table = root.table(_KEYS)
    lyrics = _lyrics(table["lyrics"])
    syllables = sum(len(line.syllables) for line in lyrics.lines)
    chords = tuple(_chord(item) for item in table["chords"].items())
    song = Song(
        title=table["title"].text(),
        seed=table["seed"].integer(0, 2**63 - 1),
        brief=_brief(table["brief"]),
        lyrics=lyrics,
        plan=_plan(table["plan"], chords),
        timeline=_timeline(table["timeline"]),
        chords=chords,
        notes=tuple(_note(item, syllables) for item in table["notes"].items()),
        parts=tuple(_part(item) for item in table["parts"].items()),
        performance=_performance(table["performance"], syllables, path),
        voices=tuple(_voice(item) for item in table["voices"].items()),
        provenance=_provenance(table["provenance"]),
        folder=path.parent,
    )
    check_whole(song, root)
    return song


def _brief(field: Field) -> Brief:
    names = [f.name for f in fields(Brief) if f.name not in LATER_BRIEF]
    table = field.table(names, optional=LATER_BRIEF)
    groove = table["groove"].table(["swing", "feel"])
    texture = table["texture"].table([f.name for f in fields(Texture)])
    return field.build(
        lambda: Brief(
            prompt=table["prompt"].text(),
            style=table["style"].text(),
            mood=table["mood"].texts(),
            tempo=table["tempo"].number(),
            key=table["key"].text(),
            meter=table["meter"].text(),
            palette=table["palette"].texts(),
            form=table["form"].texts(),
            texture=table["texture"].build(lambda: Texture(**{name: texture[name].number() for name in texture})),
            energy=table["energy"].number(),
            voice=table["voice"].text(),
            groove=table["groove"].build(
                lambda: Groove(groove["swing"].optional_number(0.0, 1.0), groove["feel"].text())
            ),
            without=table["without"].texts(),
            instrumental=table["instrumental"].boolean(),
            length_s=table["length_s"].optional_number(0.0, 1e5),
            performance=table["performance"].text(),
            group_performance=table["group_performance"].text(),
        )
    )


def _lyrics(field: Field, from_one: bool = True) -> Lyrics:
    """Return lyrics; lines are counted `from_one`, or are some lines of a song with its numbers."""
    table = field.table(["language", "sections"])
    sections = tuple(_section(item) for item in table["sections"].items())
    for number, line in enumerate((line for section in sections for line in section.lines), 1):
        if from_one and line.number != number:
            raise field.error(f"line {number} in sung order is numbered {line.number}: count lines from 1")
    return Lyrics(table["language"].text(), sections)


def _section(field: Field) -> Section:
    table = field.table(["kind", "label", "singer", "lines"], optional={"style": None, "energy": None, "bars": None})
    lines = tuple(_line(item) for item in table["lines"].items())
    return field.build(
        lambda: Section(
            kind=table["kind"].text(),
            label=table["label"].text(),
            singer=table["singer"].optional_text(),
            lines=lines,
            style=table["style"].optional_text(),
            energy=table["energy"].optional_number(0.0, 1.0),
            bars=table["bars"].optional_integer(1, 1000),
        )
    )


def _line(field: Field) -> Line:
    table = field.table(["number", "text", "words"], optional={"backing": []})
    words, backing = (tuple(_word(item) for item in table[voice].items()) for voice in ("words", "backing"))
    return Line(table["number"].integer(1), table["text"].text(), words, backing)


def _word(field: Field) -> Word:
    table = field.table(["text", "sung", "syllables"])
    syllables = tuple(_syllable(item) for item in table["syllables"].items())
    return Word(table["text"].text(), table["sung"].text(), syllables)


def _syllable(field: Field) -> Syllable:
    table = field.table(["text", "phonemes", "stress"])
    phonemes = tuple(Phoneme.parse(_symbol(item)) for item in table["phonemes"].items())
    return field.build(lambda: Syllable(table["text"].text(), phonemes, table["stress"].integer(0, 2)))


def _symbol(field: Field) -> str:
    symbol = field.text()
    plain = symbol.rstrip("012")
    if not plain or len(symbol) > 16 or len(symbol) - len(plain) > 1 or plain[-1].isdigit() or " " in symbol:
        raise field.error("is not a phoneme: write it like 'K' or 'AH0'")
    return symbol


def _plan(field: Field, chords: tuple[Chord, ...]) -> Plan:
    table = field.table(["tempo", "key", "meter", "sections"])
    bars = [item.table(["bars"], more=True)["bars"].integer(1, MOST_BARS) for item in table["sections"].items()]
    check_bars(table["sections"], sum(bars))
    sections = tuple(_planned_section(item) for item in table["sections"].items())
    return field.build(
        lambda: Plan(table["tempo"].number(1, 1000), table["key"].text(), table["meter"].text(), sections, chords)
    )


def _planned_section(field: Field) -> PlannedSection:
    table = field.table(["kind", "label", "bar", "bars", "energy", "voice"], optional={"style": None})
    return field.build(
        lambda: PlannedSection(
            kind=table["kind"].text(),
            label=table["label"].text(),
            bar=table["bar"].integer(0, MOST_BARS),
            bars=table["bars"].integer(1, MOST_BARS),
            energy=table["energy"].number(),
            voice=tuple(item.boolean() for item in table["voice"].items()),
            style=table["style"].optional_text(),
        )
    )


def _timeline(field: Field) -> Timeline:
    table = field.table(["tempo", "beats", "downbeats"])
    return field.build(
        lambda: Timeline(
            tempo=table["tempo"].number(1, 1000),
            beats=tuple(item.number(0.0) for item in table["beats"].items()),
            downbeats=tuple(item.integer(0) for item in table["downbeats"].items()),
        )
    )


def _chord(field: Field) -> Chord:
    table = field.table(["onset", "duration", "symbol"])
    return field.build(
        lambda: Chord(table["onset"].number(0.0), table["duration"].number(0.0), table["symbol"].text())
    )


def _note(field: Field, syllables: int) -> Note:
    table = field.table(["onset", "duration", "pitch", "syllable", "slur"])
    return field.build(
        lambda: Note(
            onset=table["onset"].number(0.0),
            duration=table["duration"].number(0.0),
            pitch=table["pitch"].integer(0, 127),
            syllable=table["syllable"].integer(0, syllables - 1),
            slur=table["slur"].boolean(),
        )
    )


def _part(field: Field) -> Part:
    table = field.table(["name", "program", "is_drum", "notes"])
    return Part(
        name=check_name(table["name"], "a part"),
        program=table["program"].integer(0, 127),
        is_drum=table["is_drum"].boolean(),
        notes=tuple(_part_note(item) for item in table["notes"].items()),
    )


def _part_note(field: Field) -> PartNote:
    table = field.table(["onset", "duration", "pitch", "velocity"])
    return field.build(
        lambda: PartNote(
            onset=table["onset"].number(0.0),
            duration=table["duration"].number(0.0),
            pitch=table["pitch"].integer(0, 127),
            velocity=table["velocity"].integer(1, 127),
        )
    )


def _performance(field: Field, syllables: int, path: Path) -> Performance:
    table = field.table(["frame_period", "curves", "phonemes"])
    spans = tuple(_span(item, syllables) for item in table["phonemes"].items())
    f0_hz, loudness_db = read_curves(table["curves"], path)
    return field.build(lambda: Performance(spans, table["frame_period"].number(1e-4, 1.0), f0_hz, loudness_db))


def _voice(field: Field) -> VoicePart:
    """Return a voice beside the lead; its curves are not in the file, and left empty."""
    table = field.table(["name", "kind", "voice", "pan", "level_db", "lyrics", "notes", "phonemes"])
    lyrics = _lyrics(table["lyrics"], from_one=False)
    syllables = len(lyrics.syllables)
    notes = tuple(_note(item, syllables) for item in table["notes"].items())
    spans = tuple(_span(item, syllables) for item in table["phonemes"].items())
    still = np.zeros(0, np.float32)
    return field.build(
        lambda: VoicePart(
            name=check_name(table["name"], "a voice"),
            kind=table["kind"].text(),
            voice=table["voice"].text(),
            pan=table["pan"].number(),
            level_db=table["level_db"].number(),
            lyrics=lyrics,
            notes=notes,
            performance=Performance(spans, FRAME_PERIOD_S, still, still),
        )
    )


def _span(field: Field, syllables: int) -> PhonemeSpan:
    table = field.table(["symbol", "start", "end", "syllable"])
    return PhonemeSpan(
        symbol=_symbol(table["symbol"]),
        start=table["start"].number(0.0),
        end=table["end"].number(0.0),
        syllable=table["syllable"].optional_integer(0, syllables - 1),
    )


def _provenance(field: Field) -> Provenance:
    table = field.table(["songsmith", "backends", "warnings"])
    backends: list[tuple[str, Backend | None]] = []
    for role, item in table["backends"].entries():
        if item.value is None:
            backends.append((role, None))
            continue
        facts = {name: fact.text() for name, fact in item.entries()}
        if "name" not in facts:
            raise item.error("has no 'name'")
        name = facts.pop("name")
        backends.append((role, Backend(name, tuple(facts.items()))))
    return Provenance(table["songsmith"].text(), tuple(backends), table["warnings"].texts())


def read_curves(field: Field, path: Path) -> tuple[Curve, Curve]:
    """Return the pitch and loudness curves of the sidecar that a field names, beside the file at `path`."""
    name = field.text()
    if not name or Path(name).is_absolute() or ".." in Path(name).parts or "\\" in name or "\0" in name:
        raise field.error("must be the name of a file in the song's own folder")
    sidecar = path.parent / name
    try:
        inside = sidecar.resolve().is_relative_to(path.parent.resolve())
        there, is_file = sidecar.exists(), sidecar.is_file()
    except (OSError, RuntimeError) as err:  # a name that is too long, links in a circle
        raise field.error("cannot be the name of a file; make the song again") from err
    if not inside:
        raise field.error("leads out of the song's own folder")
    if there and not is_file:
        raise field.error("is not a file")
    if not there:
        warnings.warn(f"{sidecar} is missing: the song has no pitch and loudness curves", UserWarning, stacklevel=2)
        return np.zeros(0, np.float32), np.zeros(0, np.float32)
    try:
        with zipfile.ZipFile(sidecar) as archive:
            f0_hz, loudness_db = (_read_curve(archive, name) for name in ("f0_hz", "loudness_db"))
    except Exception as err:  # zipfile, its codecs and numpy's reader of headers have no common class
        problem = " ".join(str(err).split())[:200] or type(err).__name__
        raise InputError(f"{sidecar}: not a readable curve file ({problem}); make the song again") from err
    if not (np.isfinite(f0_hz).all() and np.isfinite(loudness_db).all()):
        raise InputError(f"{sidecar}: holds values that are not finite numbers; make the song again")
    return f0_hz, loudness_db


def _read_curve(archive: zipfile.ZipFile, name: str) -> Curve:
    """Return a one-dimensional float32 array; raise ValueError where the member is anything else."""
    values = read_array(archive, name, MAX_CURVE_BYTES)
    if values.dtype != np.dtype("<f4") or values.ndim != 1:
        raise ValueError(f"{name} is {values.dtype} of shape {values.shape}, not one row of float32")
    return values.astype(np.float32)
