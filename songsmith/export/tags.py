"""What a sound file says of itself: title, words, prompt, seed, tempo, key.

WAV has an INFO list, FLAC Vorbis comments, MP3 ID3 version 2.3, which the most players read.

Source: Xiph.org, "Ogg Vorbis I format specification: comment field"; ID3v2.3.0, frames TIT2, TPE1, TBPM, TKEY, COMM,
USLT.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from lyrics.text import printable
from songsmith.song import Song
from songsmith.theory import Key

ARTIST = "songsmith"


@dataclass(frozen=True, slots=True)
class Tags:
    """The texts; `key` is as ID3 writes it (`Bbm`), `mode` in full (`Bb dorian`)."""

    title: str
    comment: str
    words: str
    tempo: float
    key: str
    mode: str

    @classmethod
    def of(cls, song: Song, stem: str = "") -> Tags:
        """Return the tags of a song's mix, or of one of its stems."""
        key = Key.parse(song.plan.key)
        sections = [
            "\n".join(printable(line.text.replace("~", "")) for line in section.lines)
            for section in song.lyrics.sections
            if section.lines
        ]
        made = f"made by songsmith {song.provenance.songsmith} with seed {song.seed}"
        prompt = printable(" ".join(song.brief.prompt.split()))
        return cls(
            title=printable(song.title) + (f" ({printable(stem)})" if stem else ""),
            comment=f"{prompt} - {made}" if prompt else made,
            words="\n\n".join(sections),
            tempo=song.plan.tempo,
            key=key.spell(key.tonic) + ("m" if key.is_minor else ""),
            mode=str(key),
        )

    @property
    def info(self) -> dict[str, str]:
        """The texts that a WAV file can hold."""
        return {"title": self.title, "artist": ARTIST, "comment": self.comment}


def _module(name: str) -> Any:
    """Return a module of mutagen, which says little of its types."""
    return import_module(f"mutagen.{name}")


def write_tags(path: Path, tags: Tags) -> None:
    """Add tags to a file that ends in `.flac` or `.mp3`; others are left as they are."""
    if path.suffix == ".flac":
        file = _module("flac").FLAC(path)
        file["TITLE"], file["ARTIST"], file["COMMENT"] = tags.title, ARTIST, tags.comment
        file["BPM"], file["INITIALKEY"], file["KEY"] = f"{tags.tempo:g}", tags.key, tags.mode
        if tags.words:
            file["LYRICS"] = tags.words
        file.save()
    elif path.suffix == ".mp3":
        id3 = _module("id3")
        frames = id3.ID3()
        frames.add(id3.TIT2(encoding=3, text=tags.title))
        frames.add(id3.TPE1(encoding=3, text=ARTIST))
        frames.add(id3.TBPM(encoding=3, text=str(round(tags.tempo))))
        frames.add(id3.TKEY(encoding=3, text=tags.key))
        frames.add(id3.COMM(encoding=3, lang="eng", desc="", text=tags.comment))
        if tags.words:
            frames.add(id3.USLT(encoding=3, lang="und", desc="", text=tags.words))
        frames.save(path, v1=0, v2_version=3)
