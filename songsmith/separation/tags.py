"""What a recording says of itself, carried over to its stems, with a comment on what separated them.

mutagen reads and writes the tags by common names; a WAV file gets an INFO list through libsndfile when it is written.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

KEPT = (
    "title",
    "artist",
    "album",
    "albumartist",
    "date",
    "tracknumber",
    "genre",
    "composer",
    "bpm",
    "isrc",
    "copyright",
)
_IN_WAV = {"title": "title", "artist": "artist", "album": "album", "date": "date", "tracknumber": "tracknumber",
           "genre": "genre", "copyright": "copyright"}  # fmt: skip
LONGEST = 1000


def read_tags(path: Path) -> dict[str, str]:
    """Return the texts of a file that are kept, empty where it has none or they cannot be read."""
    mutagen: Any = import_module("mutagen")
    try:
        file = mutagen.File(path, easy=True)
    except (mutagen.MutagenError, OSError, ValueError):
        file = None
    found = {}
    if file is not None and file.tags is not None:
        for name in KEPT:
            try:
                values = file.tags.get(name)
            except (KeyError, ValueError):
                values = None
            if isinstance(values, list) and values:
                found[name] = _line("; ".join(str(value) for value in values))
    return {**_from_libsndfile(path), **{name: text for name, text in found.items() if text}}


def _from_libsndfile(path: Path) -> dict[str, str]:
    """Return the texts that libsndfile finds: those of the INFO list of a WAV file, which mutagen does not read."""
    import soundfile

    try:
        with soundfile.SoundFile(path) as file:
            said = {name: _line(str(getattr(file, where, "") or "")) for name, where in _IN_WAV.items()}
    except (soundfile.LibsndfileError, OSError):
        return {}
    return {name: text for name, text in said.items() if text}


def _line(text: str) -> str:
    """Return a text of a stranger as one line of bounded length that can be printed and written."""
    kept = "".join(character if character.isprintable() else " " for character in text[: 4 * LONGEST])
    return " ".join(kept.split())[:LONGEST]


def wav_texts(tags: dict[str, str], comment: str) -> dict[str, str]:
    """Return what the INFO list of a WAV file holds of tags, by libsndfile's names."""
    return {**{where: tags[name] for name, where in _IN_WAV.items() if name in tags}, "comment": comment}


def write_tags(path: Path, tags: dict[str, str], comment: str) -> None:
    """Write tags into a finished `.flac` or `.mp3` file."""
    if path.suffix == ".flac":
        flac = import_module("mutagen.flac").FLAC(path)
        for name, text in tags.items():
            flac[name] = text
        flac["comment"] = comment
        flac.save()
    elif path.suffix == ".mp3":
        easy: Any = import_module("mutagen.easyid3").EasyID3()
        for name, text in tags.items():
            if name in easy.valid_keys:
                easy[name] = text
        easy.save(path, v1=0, v2_version=4)
        id3: Any = import_module("mutagen.id3")
        frames = id3.ID3(path)
        frames.add(id3.COMM(encoding=3, lang="eng", desc="", text=comment))
        frames.save(path, v1=0, v2_version=3)
