"""Tunes of the user's own: MIDI, MusicXML, and recordings of somebody humming or singing."""

from __future__ import annotations

from pathlib import Path

from songsmith.errors import InputError
from songsmith.tunes.tune import Marker, Tune, TuneNote

__all__ = ["TUNE_SUFFIXES", "Marker", "Tune", "TuneNote", "read_tune"]

MIDI_SUFFIXES = (".mid", ".midi", ".kar")
XML_SUFFIXES = (".musicxml", ".xml", ".mxl")
SOUND_SUFFIXES = (".wav", ".flac", ".mp3", ".ogg")
TUNE_SUFFIXES = MIDI_SUFFIXES + XML_SUFFIXES + SOUND_SUFFIXES

MAX_BYTES = {"midi": 4_000_000, "xml": 24_000_000, "sound": 400_000_000}


def read_tune(path: str | Path, tempo: float | None = None, meter: str | None = None) -> Tune:
    """Return the tune of a file.

    Parameters
    ----------
    path : `.mid`, `.musicxml`, `.xml`, `.mxl`, or a recording: `.wav`, `.flac`, `.mp3`, `.ogg`
    tempo : quarter notes a minute of a recording, None to estimate it from its onsets; files of notes have their own
    meter : of a recording, and of files of notes that name none

    Raises
    ------
    InputError : where the file is missing, too large, not what its name says, or holds no melody of one voice
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in TUNE_SUFFIXES:
        raise InputError(f"{path}: cannot be read as a melody; give a file ending in {', '.join(TUNE_SUFFIXES)}")
    kind = "midi" if suffix in MIDI_SUFFIXES else "xml" if suffix in XML_SUFFIXES else "sound"
    try:
        if not path.exists():
            raise InputError(f"{path}: no such file; give the path of a melody")
        if not path.is_file():
            raise InputError(f"{path}: is not a file; give the path of a melody")
        if path.stat().st_size > MAX_BYTES[kind]:
            raise InputError(
                f"{path}: has {path.stat().st_size / 1e6:.0f} MB; at most {MAX_BYTES[kind] / 1e6:.0f} MB are read"
            )
        data = path.read_bytes() if kind != "sound" else b""
    except (OSError, ValueError) as err:
        reason = getattr(err, "strerror", None) or err
        raise InputError(f"{path}: cannot be read ({reason}); give a readable melody file") from err
    if kind == "midi":
        from songsmith.tunes.midi import tune_from_midi

        return tune_from_midi(data, str(path))
    if kind == "xml":
        from songsmith.tunes.musicxml import tune_from_musicxml

        return tune_from_musicxml(data, str(path))
    from songsmith.tunes.hum import tune_from_recording

    return tune_from_recording(path, tempo, meter)
