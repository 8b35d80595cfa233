"""SoundFonts small enough to write down, made in memory for the tests."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

RATE = 44_100
Generators = Sequence[tuple[int, int]]


def sine(frequency_hz: float, frames: int, rate: int = RATE) -> np.ndarray:
    """Return a sine of half amplitude as int16."""
    return np.round(16384 * np.sin(2 * np.pi * frequency_hz * np.arange(frames) / rate)).astype("<i2")


def _chunk(tag: bytes, body: bytes) -> bytes:
    return tag + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _bags(zones: Sequence[Generators]) -> tuple[bytes, bytes]:
    bags, gens, count = b"", b"", 0
    for zone in zones:
        bags += struct.pack("<HH", count, 0)
        gens += b"".join(struct.pack("<Hh", oper, amount) for oper, amount in zone)
        count += len(zone)
    return bags + struct.pack("<HH", count, 0), gens + struct.pack("<Hh", 0, 0)


def soundfont_bytes(
    samples: Sequence[np.ndarray],
    instrument: Sequence[Generators],
    preset: Sequence[Generators] = (((41, 0),),),
    loop: tuple[int, int] = (0, 0),
    root: int = 69,
    bank: int = 0,
    rate: int = RATE,
    vorbis: bool = False,
) -> bytes:
    """Return a SoundFont of one preset (program 0) of one instrument."""
    data, headers, place = b"", b"", 0
    for number, sample in enumerate(samples):
        if vorbis:
            stream = io.BytesIO()
            soundfile.write(stream, sample.astype(np.float32) / 32768, rate, format="OGG", subtype="VORBIS")
            body, start = stream.getvalue(), len(data)
            span = (start, start + len(body), *loop)
            data += body
        else:
            span = (place, place + len(sample), place + loop[0], place + loop[1])
            data += sample.tobytes() + b"\0" * 92
            place += len(sample) + 46
        name = f"sample {number}".encode()
        headers += struct.pack("<20sIIIIIBbHH", name, *span, rate, root, 0, 0, 0x11 if vorbis else 1)
    headers += struct.pack("<20sIIIIIBbHH", b"EOS", 0, 0, 0, 0, 0, 0, 0, 0, 0)
    pbag, pgen = _bags(preset)
    ibag, igen = _bags(instrument)
    phdr = struct.pack("<20sHHHIII", b"tiny", 0, bank, 0, 0, 0, 0)
    phdr += struct.pack("<20sHHHIII", b"EOP", 0, 0, len(preset), 0, 0, 0)
    inst = struct.pack("<20sH", b"tiny", 0) + struct.pack("<20sH", b"EOI", len(instrument))
    mods = b"\0" * 10
    info = _chunk(b"ifil", struct.pack("<HH", 2, 4)) + _chunk(b"INAM", b"Tiny\0\0")
    tables = ((b"phdr", phdr), (b"pbag", pbag), (b"pmod", mods), (b"pgen", pgen), (b"inst", inst),
              (b"ibag", ibag), (b"imod", mods), (b"igen", igen), (b"shdr", headers))  # fmt: skip
    pdta = b"".join(_chunk(tag, body) for tag, body in tables)
    body = b"sfbk" + _chunk(b"LIST", b"INFO" + info)
    body += _chunk(b"LIST", b"sdta" + _chunk(b"smpl", data)) + _chunk(b"LIST", b"pdta" + pdta)
    return _chunk(b"RIFF", body)


def write(folder: Path, content: bytes, name: str = "tiny.sf2") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path
