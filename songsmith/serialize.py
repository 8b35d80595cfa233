"""A song as `song.json`, format `songsmith-song/1`, with its curves in a sidecar `.npz`: the writing half.

Numbers are written in full, so reading (`songsmith.deserialize`) and writing change nothing; one item of a
list stands on a line. The file holds the lead's words only: `(backing)` words stay in the text of their line.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import fields
from typing import Any

import numpy as np

from lyrics.values import Lyrics, Word
from songsmith.performance import Performance
from songsmith.song import Song

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
        "brief": _plain(song.brief),
        "lyrics": _lyrics_table(song.lyrics),
        "plan": {name: value for name, value in _plain(song.plan).items() if name != "chords"},
        "timeline": _plain(song.timeline),
        "chords": _plain(song.chords),
        "notes": _plain(song.notes),
        "voices": [],
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
                "lines": [
                    {"number": line.number, "text": line.text, "words": [word_table(word) for word in line.words]}
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
