"""A copy of a WAV file with other samples in one stretch: nothing else is decoded or written anew.

Source: IBM and Microsoft, "Multimedia Programming Interface and Data Specifications 1.0" (1991): RIFF chunks.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from songsmith.audio import packed
from songsmith.kept import Piece

BYTES = 3
"""Of a sample of 24 bits."""


def copied_with(source: Path, target: Path, piece: Piece, info: Mapping[str, str]) -> bool:
    """Copy a file with a piece put in; return False, with nothing done, where the file has to be written anew.

    That is where it is not WAV of 24 bits, has other channels or is too short, or holds other texts than `info`.
    """
    import soundfile

    with soundfile.SoundFile(source) as file:
        alike = file.format in ("WAV", "WAVEX") and file.subtype == "PCM_24"
        alike = alike and file.channels == len(piece.samples) and piece.past <= file.frames
        if not alike or any(getattr(file, name) != text for name, text in info.items()):
            return False
        size = file.frames * file.channels * BYTES
    begin = _begin_of_data(source, size)
    if begin is None:
        return False
    shutil.copyfile(source, target)
    with target.open("r+b") as patched:
        patched.seek(begin + piece.first * len(piece.samples) * BYTES)
        patched.write(packed(piece.samples))
    return True


def _begin_of_data(path: Path, size: int) -> int | None:
    """Return where the samples of a RIFF file begin; None where they are not one chunk of `size` bytes."""
    with path.open("rb") as file:
        if file.read(4) != b"RIFF":
            return None
        file.seek(12)
        while len(head := file.read(8)) == 8:
            name, length = head[:4], int.from_bytes(head[4:], "little")
            if name == b"data":
                return file.tell() if length == size else None
            file.seek(length + length % 2, 1)
    return None
