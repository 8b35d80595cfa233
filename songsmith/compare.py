"""What differs between songs: what was asked of each, what each is on paper, and how each sounds.

A fact is a named text, so that songs can be laid beside each other in a table whatever it is about.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np

from lyrics.text import printable
from songsmith.audio import Audio
from songsmith.errors import InputError
from songsmith.export.spelling import chord_symbol, name, spell
from songsmith.mixing.loudness import loudness_lufs, true_peak_dbtp
from songsmith.mixing.measures import texture_measures
from songsmith.song import Song
from songsmith.songfolder import load, read_mix_only
from songsmith.theory import Key

FEWEST, MOST = 2, 8
SHOWN_CHORDS = 16
SHOWN_WORDS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """A song with where it is from and its sound, None where its folder has none."""

    name: str
    folder: Path
    song: Song
    sound: Audio | None


@dataclass(frozen=True, slots=True)
class Row:
    """One fact of all songs.

    Parameters
    ----------
    group : `asked`, `written` or `sounds`
    name : what it is about
    values : a text for each song
    """

    group: str
    name: str
    values: tuple[str, ...]

    @property
    def differs(self) -> bool:
        return len(set(self.values)) > 1


def read_songs(folders: Sequence[Path]) -> tuple[Compared, ...]:
    """Return the songs of 2 to 8 folders, named after them; raise InputError where one is not a song's."""
    if not FEWEST <= len(folders) <= MOST:
        raise InputError(
            f"{len(folders)} song folder{'s' * (len(folders) != 1)} cannot be compared: give {FEWEST} to {MOST}"
        )
    songs = [load(folder) for folder in folders]
    places = [song.folder or Path(folder) for song, folder in zip(songs, folders, strict=True)]
    for index, place in enumerate(places):
        if place in places[:index]:
            raise InputError(f"{folders[index]}: is given twice; give each song once")
    names = _names(places)
    return tuple(
        Compared(name, place, song, read_mix_only(place))
        for name, place, song in zip(names, places, songs, strict=True)
    )


def _names(places: Sequence[Path]) -> list[str]:
    """Return the shortest ends of paths that tell them apart."""
    for depth in range(1, max(len(place.parts) for place in places) + 1):
        names = ["/".join(place.parts[-depth:]) for place in places]
        if len(set(names)) == len(names):
            return [printable(name) for name in names]
    return [printable(str(place)) for place in places]


def rows(songs: Sequence[Compared]) -> tuple[Row, ...]:
    """Return every fact of the songs, those that differ and those that do not, in the order of making."""
    tables = [{(group, name): text for group, name, text in _facts(item)} for item in songs]
    order = list(dict.fromkeys(key for table in tables for key in table))
    return tuple(Row(group, name, tuple(table.get((group, name), "") for table in tables)) for group, name in order)


def _facts(item: Compared) -> Iterator[tuple[str, str, str]]:
    for group, facts in (("asked", _asked(item.song)), ("written", _written(item.song))):
        for fact, text in facts:
            yield group, fact, printable(text)
    if item.sound is None:
        yield "sounds", "length", "no sound"
        return
    for fact, text in _sounds(item.sound):
        yield "sounds", fact, text


def _asked(song: Song) -> Iterator[tuple[str, str]]:
    brief = song.brief
    yield "prompt", " ".join(brief.prompt.split())
    yield "seed", str(song.seed)
    yield "style", brief.style
    yield "mood", ", ".join(brief.mood)
    yield "instruments", ", ".join(brief.palette)
    yield "without", ", ".join(brief.without)
    texture = brief.texture
    words = {"brightness": texture.brightness, "width": texture.width, "reverb": texture.reverb, "lofi": texture.lofi}
    yield "texture", ", ".join(f"{word} {value:+.2g}" for word, value in words.items() if value)
    yield "energy", f"{brief.energy:.2g}"
    yield "swing", "" if brief.groove.swing is None else f"{brief.groove.swing:.2g}"
    yield "feel", brief.groove.feel
    yield "voice", "nobody sings" if brief.instrumental else brief.voice


def _written(song: Song) -> Iterator[tuple[str, str]]:
    plan = song.plan
    yield "title", song.title
    yield "tempo", f"{plan.tempo:g} BPM"
    yield "key", plan.key
    yield "meter", plan.meter
    yield "form", " · ".join(f"{section.label} {section.bars}" for section in plan.sections)
    yield "bars", str(plan.bars)
    words = [word.text for line in song.lyrics.lines for word in line.words]
    more = len(words) > SHOWN_WORDS
    yield "words", f"{len(words)}: {' '.join(words[:SHOWN_WORDS])}…" if more else " ".join(words)
    symbols = [
        "N.C." if (symbol := chord_symbol(harte)) is None else str(symbol)
        for harte, _ in groupby(chord.symbol for chord in song.chords)
    ]
    yield "chords", " ".join(symbols[:SHOWN_CHORDS]) + (" …" if len(symbols) > SHOWN_CHORDS else "")
    if song.notes:
        pitches = [note.pitch for note in song.notes]
        steps = [abs(b.pitch - a.pitch) for a, b in pairwise(song.notes)] or [0]
        sung_s = sum(song.timeline.seconds(note.end) - song.timeline.seconds(note.onset) for note in song.notes)
        yield "notes sung", str(len(pitches))
        key = Key.parse(plan.key)
        yield "range", f"{_pitch_name(min(pitches), key)} to {_pitch_name(max(pitches), key)}"
        yield "mean pitch", _pitch_name(round(float(np.mean(pitches))), key)
        yield "mean step", f"{np.mean(steps):.1f} semitones"
        yield "pace", f"{len(pitches) / sung_s:.1f} notes a second"
    yield "parts", ", ".join(part.name for part in song.parts if part.notes)
    yield "notes played", str(sum(len(part.notes) for part in song.parts))
    yield "voices beside", ", ".join(voice.name for voice in song.voices)


def _sounds(sound: Audio) -> Iterator[tuple[str, str]]:
    minutes, seconds = divmod(round(sound.duration_s), 60)
    yield "length", f"{minutes}:{seconds:02d}"
    yield "loudness", f"{loudness_lufs(sound.samples, sound.sample_rate):.1f} LUFS"
    yield "true peak", f"{true_peak_dbtp(sound.samples):.1f} dBTP"
    if sound.channels == 2 and sound.duration_s >= 1.0 and sound.samples.any():
        try:
            texture = texture_measures(sound)
        except InputError:  # next to silence: there is nothing to tell
            return
        yield "brightness", f"{texture.centroid_hz:.0f} Hz"
        yield "width", f"{texture.side_to_mid:.2f} side to mid"


def _pitch_name(pitch: int, key: Key) -> str:
    spelled = spell(pitch, key)
    return f"{name(spelled)}{spelled.octave}"
