"""A song as `song.json`, format `songsmith-song/1`, with its curves in a sidecar `.npz`: the writing half.

Numbers are written in full, so reading (`songsmith.deserialize`) and writing change nothing; one item of a
list stands on a line. Keys that came later than the format's first version (a section's style, a brief's
groove) are written only where they say something, so that a plain song is the same file to every reader.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import fields
from typing import Any

import numpy as np

from lyrics.values import Lyrics, Word
from songsmith.brief import Brief, Groove
from songsmith.performance import Performance
from songsmith.plan import Plan
from songsmith.song import Song, VoicePart

FORMAT = "songsmith-song/1"
CURVES = "performance.npz"


def song_to_json(song: Song) -> str:
    """Return the text of `song.json`."""
    return _layout(song_to_table(song))


def song_to_table(song: Song) -> dict[str, Any]:
    """Return the song as plain JSON values, in the order of the file."""
    return {
        "format": FORMAT,
        "title": song.title,
        "seed": int(song.seed),
        "brief": _brief_table(song.brief),
        "lyrics": _lyrics_table(song.lyrics),
        "plan": _plan_table(song.plan),
        "timeline": _plain(song.timeline),
        "chords": _plain(song.chords),
        "notes": _plain(song.notes),
        "voices": [_voice_table(voice) for voice in song.voices],
        "parts": _plain(song.parts),
        "performance": {
            "frame_period": float(song.performance.frame_period_s),
            "curves": CURVES,
            "phonemes": _plain(song.performance.phonemes),
        },
        "provenance": {
            "songsmith": song.provenance.songsmith,
            "backends": {
                role: None if backend is None else {"name": backend.name, **dict(backend.facts)}
                for role, backend in song.provenance.backends
            },
            "warnings": list(song.provenance.warnings),
        },
    }


def _plain(value: Any, declared: str = "") -> Any:
    """Return a value of dataclasses and tuples as dictionaries and lists, every number of its declared kind."""
    if isinstance(value, tuple):
        inner = declared.removeprefix("tuple[").removesuffix("]").removesuffix(", ...")
        return [_plain(item, inner) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {field.name: _plain(getattr(value, field.name), str(field.type)) for field in fields(value)}
    kind = {"float": float, "int": int, "bool": bool}.get(declared)
    return value if kind is None else kind(value)


def _voice_table(voice: VoicePart) -> dict[str, Any]:
    """Return a voice beside the lead: its curves are drawn again from the rest, so they are not kept."""
    return {
        "name": voice.name,
        "kind": voice.kind,
        "voice": voice.voice,
        "pan": float(voice.pan),
        "level_db": float(voice.level_db),
        "lyrics": _lyrics_table(voice.lyrics),
        "notes": _plain(voice.notes),
        "phonemes": _plain(voice.performance.phonemes),
    }


def _said(**keys: Any) -> dict[str, Any]:
    """Return the keys that have a value."""
    return {name: value for name, value in keys.items() if value is not None}


def _brief_table(brief: Brief) -> dict[str, Any]:
    table = dict(_plain(brief))
    silent = {"groove": Groove(), "without": (), "instrumental": False, "length_s": None}
    silent |= {"performance": "", "group_performance": ""}
    for name, value in silent.items():
        if getattr(brief, name) == value:
            del table[name]
    return table


def _plan_table(plan: Plan) -> dict[str, Any]:
    table = {name: value for name, value in _plain(plan).items() if name != "chords"}
    for section in table["sections"]:
        if section["style"] is None:
            del section["style"]
    return table


def _lyrics_table(lyrics: Lyrics) -> dict[str, Any]:
    def word_table(word: Word) -> dict[str, Any]:
        syllables = [
            {"text": s.text, "phonemes": [str(phoneme) for phoneme in s.phonemes], "stress": s.stress}
            for s in word.syllables
        ]
        return {"text": word.text, "sung": word.sung, "syllables": syllables}

    return {
        "language": lyrics.language,
        "sections": [
            {
                "kind": section.kind,
                "label": section.label,
                "singer": section.singer,
                **_said(style=section.style, energy=section.energy, bars=section.bars),
                "lines": [
                    {
                        "number": line.number,
                        "text": line.text,
                        "words": [word_table(word) for word in line.words],
                        **_said(backing=[word_table(word) for word in line.backing] or None),
                    }
                    for line in section.lines
                ],
            }
            for section in lyrics.sections
        ],
    }


def _layout(table: dict[str, Any]) -> str:
    """Return JSON with one top-level key a line, and one item a line in lists of objects."""
    entries = [f"  {json.dumps(key)}: {_lines(value, 4)}" for key, value in table.items()]
    return "{\n" + ",\n".join(entries) + "\n}\n"


def _lines(value: Any, indent: int) -> str:
    if isinstance(value, dict):
        entries = (
            f"{json.dumps(key, ensure_ascii=False)}: "
            + (_compact(item) if key == "syllables" else _lines(item, indent))
            for key, item in value.items()
        )
        return "{" + ", ".join(entries) + "}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        items = (" " * indent + _lines(item, indent + 2) for item in value)
        return "[\n" + ",\n".join(items) + "\n" + " " * (indent - 2) + "]"
    return _compact(value)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def curves_to_npz(performance: Performance) -> bytes:
    """Return the sidecar: `f0_hz` and `loudness_db`, `[frames]` float32, the same bytes on every machine."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in ("f0_hz", "loudness_db"):
            array = io.BytesIO()
            curve = np.ascontiguousarray(getattr(performance, name), dtype="<f4")
            np.lib.format.write_array(array, curve, version=(1, 0), allow_pickle=False)
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            member.create_system = 3
            member.external_attr = 0o644 << 16
            archive.writestr(member, array.getvalue())
    return out.getvalue()
