"""The keys a row may have, and how the value of each is read: its kind, its bounds, the files that it may name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lyrics.lexicon import MAX_ENTRIES
from lyrics.lyricist.lyricists import MODEL_PREFIX
from lyrics.parse import MAX_SHEET_BYTES
from songsmith.brief import TEMPO_RANGE
from songsmith.fieldreader import Field
from songsmith.form import LONGEST_S
from songsmith.paper import LARGEST_SEED
from songsmith.prompt import LONGEST_PROMPT
from songsmith.resources import LARGEST_PRESET
from songsmith.singing.voices import BANK_FILE
from songsmith.songfolder import FORMATS
from songsmith.theory import Key
from songsmith.timeline import Meter

LARGEST_FILE = 4 * 2**30
LONGEST_NAME = 1000
_PRESET_SUFFIXES = (".toml",)
_FONT_SUFFIXES = (".sf2", ".sf3")
_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")
_SHOWN = 60
_HUB_NAME = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?")


@dataclass(frozen=True, slots=True)
class Source:
    """Where values come from.

    Parameters
    ----------
    root : the folder that files named in rows are in; None where any file may be named, from the working folder on
    is_text : whether all values are texts, as in a CSV file; an empty one counts as not there then
    """

    root: Path | None
    is_text: bool = False

    @property
    def base(self) -> Path:
        """The folder that relative paths start from."""
        return Path.cwd() if self.root is None else self.root

    def place(self, given: Field, name: str) -> Path:
        """Return the file or folder that a row names, links followed; raise InputError where it may not."""
        if not name or len(name) > LONGEST_NAME or "\0" in name:
            raise given.error("is no path of a file")
        try:
            path = (self.base / (name if self.root is not None else Path(name).expanduser())).resolve()
            there = path.exists()
        except (OSError, ValueError, RuntimeError) as err:
            raise given.error(f"cannot be the path of a file ({getattr(err, 'strerror', None) or err})") from err
        if self.root is not None and not path.is_relative_to(self.root.resolve()):
            raise given.error("leads out of the folder of the manifest: put the file beside it")
        if not there:
            raise given.error("is not there: give the path of a file, from the folder of the manifest")
        return path


Value = Callable[[Source, Field], Any]


def _text(longest: int) -> Value:
    def read(source: Source, given: Field) -> str:
        text = given.text()
        if len(text) > longest:
            raise given.error(f"has {len(text)} characters: at most {longest} are accepted")
        if not text.strip():
            raise given.error("is empty: write something, or leave the key out")
        return text

    return read


def _number(low: float, high: float) -> Value:
    def read(source: Source, given: Field) -> float:
        value = given.value
        if source.is_text:
            try:
                value = float(given.text())
            except ValueError as err:
                raise given.error("must be a number") from err
        return Field(value, given.file, given.key).number(low, high)

    return read


def _whole(low: int, high: int) -> Value:
    def read(source: Source, given: Field) -> int:
        value = given.value
        if source.is_text:
            if not re.fullmatch(r"[+-]?[0-9]{1,19}", given.text()):
                raise given.error("must be a whole number")
            value = int(value)
        return Field(value, given.file, given.key).integer(low, high)

    return read


def _boolean(source: Source, given: Field) -> bool:
    if not source.is_text:
        return given.boolean()
    word = given.text().strip().lower()
    if word not in (*_TRUE, *_FALSE):
        raise given.error("must be true or false")
    return word in _TRUE


def _checked(parse: Callable[[str], Any]) -> Value:
    """Return the reader of a text that `parse` must take."""

    def read(source: Source, given: Field) -> str:
        text: str = _text(100)(source, given)
        given.build(lambda: parse(text))
        return text

    return read


def _choice(*accepted: str | int) -> Value:
    def read(source: Source, given: Field) -> str | int:
        for value in accepted:
            if given.value == (str(value) if source.is_text else value) and not isinstance(given.value, bool):
                return value
        raise given.error(f"is not known: use one of {', '.join(map(str, accepted))}")

    return read


def _file(source: Source, given: Field) -> Path:
    """Return the path of a file that a row names."""
    name = str(given.value) if isinstance(given.value, Path) else given.text()
    path = source.place(given, name)
    if not path.is_file():
        raise given.error("is no file: give the path of one")
    if path.stat().st_size > LARGEST_FILE:
        raise given.error(f"has {path.stat().st_size} bytes: at most {LARGEST_FILE} are read")
    return path


def _named_or_file(suffixes: tuple[str, ...], largest: int = LARGEST_FILE, folder_with: str | None = None) -> Value:
    """Return the reader of a name, of the path of a file with one of the suffixes, or of a folder that holds one."""

    def read(source: Source, given: Field) -> str | Path:
        name = str(given.value) if isinstance(given.value, Path) else str(_text(LONGEST_NAME)(source, given))
        if name.lower().endswith(suffixes):
            path = _file(source, given)
            if path.stat().st_size > largest:
                raise given.error(f"has {path.stat().st_size} bytes: at most {largest} are read")
            return path
        if "/" not in name and "\\" not in name:
            try:
                is_folder = folder_with is not None and (Path(name) / folder_with).is_file()
            except (OSError, ValueError):  # a name that no file can have
                is_folder = False
            if is_folder:
                raise given.error(f"is the name of a folder here: write it as a path, ./{name[:_SHOWN]}")
            return name
        path = source.place(given, name)
        if folder_with is None or not (path / folder_with).is_file():
            ends = " or ".join((*suffixes, *([f"a folder with {folder_with}"] if folder_with else [])))
            raise given.error(f"is neither a name nor the path of what can be used here: {ends}")
        return path

    return read


def _lexicon(source: Source, given: Field) -> Path | dict[str, str]:
    """Return the path of a lexicon, or the words and sounds of one that is in the row."""
    if not isinstance(given.value, Mapping):
        return _file(source, given)
    if len(given.value) > MAX_ENTRIES:
        raise given.error(f"has {len(given.value)} words: at most {MAX_ENTRIES} are accepted")
    table = Field(dict(given.value), given.file, given.key)
    return {word: str(_text(LONGEST_NAME)(source, sounds)) for word, sounds in table.entries()}


def _sheet(source: Source, given: Field) -> str:
    text: str = _text(MAX_SHEET_BYTES)(source, given)
    if len(text.encode()) > MAX_SHEET_BYTES:
        raise given.error(f"has {len(text.encode())} bytes: at most {MAX_SHEET_BYTES} are accepted")
    return text


def _lyricist(source: Source, given: Field) -> str:
    """Return the name of a lyricist; a language model is one of a hub's names or stands where files may."""
    name = str(_text(LONGEST_NAME)(source, given))
    return _model(source, given, name) if name.startswith(MODEL_PREFIX) else name


def _accompanist(source: Source, given: Field) -> str:
    """Return the name of an accompanist; an audio model (`musicgen:MODEL`) is found as a language model is."""
    name = str(_text(LONGEST_NAME)(source, given))
    return _model(source, given, name) if ":" in name else name


def _model(source: Source, given: Field, name: str) -> str:
    """Return `kind:model` with the model a name of a hub, or the path of what stands where files may."""
    kind, _, model = name.partition(":")
    model = model.strip()
    if _HUB_NAME.fullmatch(model) and not (source.base / model).exists():
        return name
    return f"{kind}:{source.place(given, model)}"


def _separator(source: Source, given: Field) -> str:
    """Return the name of a separator, or the path of a Demucs repository."""
    name = str(given.value) if isinstance(given.value, Path) else str(_text(LONGEST_NAME)(source, given))
    return str(source.place(given, name)) if "/" in name or "\\" in name else name


_preset = _named_or_file(_PRESET_SUFFIXES, LARGEST_PRESET)

KEYS: Mapping[str, Mapping[str, Value]] = {
    "make": {
        "prompt": _text(LONGEST_PROMPT),
        "lyrics": _sheet,
        "lyrics_file": _file,
        "seed": _whole(0, LARGEST_SEED),
        "style": _preset,
        "tempo": _number(*TEMPO_RANGE),
        "key": _checked(Key.parse),
        "meter": _checked(Meter.parse),
        "voice": _named_or_file(_PRESET_SUFFIXES, folder_with=BANK_FILE),
        "performance": _text(100),
        "accompanist": _accompanist,
        "lyricist": _lyricist,
        "length": _number(0.001, LONGEST_S),
        "melody": _file,
        "lexicon": _lexicon,
        "language": _text(100),
        "instrumental": _boolean,
        "soundfont": _named_or_file(_FONT_SUFFIXES),
        "format": _choice(*FORMATS),
    },
    "separate": {
        "audio": _file,
        "stems": _choice(2, 4),
        "model": _separator,
        "device": _choice("cpu", "cuda"),
        "format": _choice(*FORMATS),
    },
    "extend": {
        "audio": _file,
        "by": _number(0.001, LONGEST_S),
        "lyrics": _sheet,
        "lyrics_file": _file,
        "from": _number(0.0, LONGEST_S),
        "before": _boolean,
        "new_parts": _boolean,
        "seed": _whole(0, LARGEST_SEED),
        "prompt": _text(LONGEST_PROMPT),
        "voice": _named_or_file(_PRESET_SUFFIXES, folder_with=BANK_FILE),
        "tempo": _number(*TEMPO_RANGE),
        "model": _separator,
        "accompanist": _text(100),
        "soundfont": _named_or_file(_FONT_SUFFIXES),
        "lexicon": _lexicon,
        "language": _text(100),
        "format": _choice("wav"),
    },
}
"""Jobs, and the keys that a row of each may have beside `id` and `job`."""
