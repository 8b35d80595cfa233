"""From a row of a manifest to an `Item`, or one clear line on why it is none.

Rows come from strangers. An id is the name of a folder in the output and nothing else; a file that a row names lies
in the folder of the manifest; every value has its kind and its bounds. What only a whole song can show, such as words
that do not fit their bars, is told when it is made.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from lyrics.errors import LyricsError
from lyrics.files import read_text
from lyrics.parse import MAX_SHEET_BYTES
from songsmith.accompaniment.soundfont import ENVIRONMENT_NAME, find_soundfont
from songsmith.batching.ids import LONGEST_ID, check_id
from songsmith.batching.item import Item
from songsmith.batching.keys import KEYS, Source
from songsmith.brief import Brief
from songsmith.errors import InputError
from songsmith.fieldreader import Field
from songsmith.shown import shown

MOST_KEYS = 64
MOST_DIGESTS = 10_000
DEFAULT_PROMPT = "song"
"""What is asked of the music where a row has lyrics only: nothing, so that the seed decides."""

_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Reader:
    """How rows are read.

    Parameters
    ----------
    source : where they come from
    audio_format : of songs whose row does not say
    """

    source: Source
    audio_format: str = "wav"
    _digests: dict[tuple[Any, ...], str] = field(default_factory=dict)

    def read(self, raw: object, row: int) -> Item:
        """Return the item of a row; raise InputError, whose message begins with the row, for any other."""
        if isinstance(raw, str):
            raw = {"prompt": raw}
        elif isinstance(raw, Brief):
            raw = _row_of_brief(raw)
        source = f"row {row}"
        if not isinstance(raw, Mapping):
            raise InputError(f"{source}: {shown(raw, _SHOWN)} is no row: give keys and values")
        if len(raw) > MOST_KEYS:
            raise InputError(f"{source}: has {len(raw)} keys: at most {MOST_KEYS} are accepted")
        values = {
            key: value for key, value in raw.items() if not (value is None or (self.source.is_text and value == ""))
        }
        if isinstance(values.get("lyrics"), Path) and "lyrics_file" not in values:
            values["lyrics_file"] = values.pop("lyrics")
        whole = Field(values, source, "")
        for key in values:
            Field(key, source, "key").text()
        name = self._id(whole, row)
        job = whole.at("job").text() if "job" in values else "make"
        if job not in KEYS:
            raise whole.at("job").error(f"is not known: use one of {', '.join(KEYS)}")
        odd = next((key for key in values if key not in ("id", "job", *KEYS[job])), None)
        if odd is not None:
            known = ", ".join(("id", "job", *KEYS[job]))
            raise InputError(f"{source}: key {shown(odd, _SHOWN)} is not known: use {known}")
        options, digests = self._options(job, whole)
        text = json.dumps(
            {"job": job, **options, "files": digests}, sort_keys=True, ensure_ascii=True, allow_nan=False
        )
        return Item(row, name, job, options, hashlib.sha256(text.encode()).hexdigest())

    def _id(self, whole: Field, row: int) -> str:
        if "id" not in whole.value:
            return f"song-{row:06d}"
        given = whole.at("id")
        if type(given.value) is int and 0 <= given.value < 10**LONGEST_ID:
            return str(given.value)
        return check_id(given)

    def _options(self, job: str, whole: Field) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the options of a job and, under the same names, the hashes of the files among them."""
        options: dict[str, Any] = {}
        digests: dict[str, str] = {}
        for key in whole.value:
            if key in ("id", "job"):
                continue
            value = KEYS[job][key](self.source, whole.at(key))
            options[key] = str(value) if isinstance(value, Path) else value
            if isinstance(value, Path) and key != "lyrics_file":  # the words themselves are in the item
                digests[key] = self._digest(value, whole.at(key))
        if job == "make":
            self._complete_song(options, whole)
            if "soundfont" in options and "soundfont" not in digests and "/" in options["soundfont"]:
                digests["soundfont"] = self._digest(Path(options["soundfont"]), whole)
        elif "audio" not in options:
            raise InputError(f"{whole.file}: names no recording: give its path as audio")
        else:  # the best model depends on the machine, the result is to depend on the item
            options.setdefault("model", best_separator())
        if job == "extend":
            self._complete_longer(options, whole)
            if "soundfont" in options and "soundfont" not in digests and "/" in options["soundfont"]:
                digests["soundfont"] = self._digest(Path(options["soundfont"]), whole)
        options.setdefault("format", self.audio_format)
        return options, digests

    def _complete_song(self, options: dict[str, Any], whole: Field) -> None:
        """Check what a song needs as a whole, and put the words of its file where its words are."""
        if not any(key in options for key in ("prompt", "lyrics", "lyrics_file")):
            raise InputError(f"{whole.file}: has neither prompt nor lyrics nor lyrics_file: give at least one")
        given = [key for key in ("lyrics", "lyrics_file") if key in options]
        if options.get("instrumental") and given:
            raise InputError(f"{whole.file}: is instrumental and has {given[0]}: leave out one of the two")
        _put_words(options, whole)
        options.setdefault("prompt", DEFAULT_PROMPT)
        _put_soundfont(options)

    def _complete_longer(self, options: dict[str, Any], whole: Field) -> None:
        """Check what a longer recording needs as a whole, and put its words and its SoundFont into the item."""
        if "by" not in options:
            raise InputError(f"{whole.file}: does not say how much longer: give seconds as by")
        if options.get("before") and "from" in options:
            raise InputError(f"{whole.file}: has before and from: leave out one of the two")
        _put_words(options, whole)
        if options.get("new_parts"):
            _put_soundfont(options)

    def _digest(self, path: Path, given: Field) -> str:
        """Return the hash of what a file holds, or of all files of a folder; one seen before is not read again."""
        try:
            if path.is_dir():
                files = [file for file in sorted(path.rglob("*")) if file.is_file()]
                lines = [f"{file.relative_to(path).as_posix()} {self._digest(file, given)}" for file in files]
                return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
            status = path.stat()
            seen = (str(path), status.st_ino, status.st_size, status.st_mtime_ns)
            if seen not in self._digests:
                if len(self._digests) >= MOST_DIGESTS:
                    self._digests.clear()
                with path.open("rb") as file:
                    self._digests[seen] = hashlib.file_digest(file, "sha256").hexdigest()
            return self._digests[seen]
        except OSError as err:
            raise given.error(f"cannot be read ({err.strerror}): give a readable file") from err


def _put_words(options: dict[str, Any], whole: Field) -> None:
    """Put the words of a file where words are."""
    if "lyrics" in options and "lyrics_file" in options:
        raise InputError(f"{whole.file}: has lyrics and lyrics_file: leave out one of the two")
    if "lyrics_file" in options:
        try:
            options["lyrics"] = read_text(Path(options.pop("lyrics_file")), MAX_SHEET_BYTES, "lyric sheet")
        except LyricsError as err:
            raise InputError(f"{whole.file}: lyrics_file {err}") from err


def _put_soundfont(options: dict[str, Any]) -> None:
    """Put the SoundFont that is named outside into an item: what its result depends on is in it."""
    named = os.environ.get(ENVIRONMENT_NAME)
    if named and "soundfont" not in options:
        options["soundfont"] = str(find_soundfont(named).resolve())


@cache
def best_separator() -> str:
    """Return the separator that is taken where a row names none."""
    from songsmith.separation.choice import default_model

    return default_model()


def _row_of_brief(brief: Brief) -> dict[str, Any]:
    """Return the row that gives a brief; raise InputError where the brief says what its prompt does not."""
    from songsmith.prompt import Overrides, understand

    asked = Overrides(brief.style, brief.tempo, brief.key, brief.meter, brief.voice)
    again = understand(brief.prompt, 0, asked).brief
    for name in ("mood", "palette", "form", "texture", "energy", "groove", "without"):
        if getattr(again, name) != getattr(brief, name):
            value = shown(getattr(brief, name), _SHOWN)
            raise InputError(f"a brief whose {name} is {value} is not made: its prompt says otherwise; change that")
    row = {name: getattr(brief, name) for name in ("prompt", "style", "tempo", "key", "meter", "voice")}
    return {**row, "length": brief.length_s, "instrumental": brief.instrumental or None}
