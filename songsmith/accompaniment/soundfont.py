"""SoundFont 2 and 3 files: where they are found, and what is in them.

A SoundFont is a RIFF file: PCM samples, and tables that say which sample each preset (bank, program) plays
at which key and velocity, and how. Files are treated as untrusted: sizes are bounded and every index checked
before it is used. SoundFont 3 is the same with each sample as an Ogg Vorbis stream.

Source: E-mu Systems, "SoundFont Technical Specification", version 2.04, 2006 (section numbers below).
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from songsmith.accompaniment.soundfont_tables import MAX_ZONES, RECORDS, Zone, broken, preset_zones
from songsmith.errors import InputError, MissingPart

ENVIRONMENT_NAME = "SONGSMITH_SOUNDFONT"
DEFAULT_NAME = "TimGM6mb"
FOLDERS = (
    "/usr/share/sounds/sf2",
    "/usr/share/sounds/sf3",
    "/usr/share/soundfonts",
    "/usr/local/share/sounds/sf2",
    "/usr/local/share/soundfonts",
    "/opt/homebrew/share/soundfonts",
    "/opt/homebrew/share/sounds/sf2",
)
SUFFIXES = (".sf2", ".sf3")
MAX_FILE_BYTES = 2**31
MAX_SAMPLE_FRAMES = 2**26
DRUM_BANK = 128
_VORBIS, _ROM = 0x10, 0x8000


@dataclass(frozen=True, slots=True)
class SampleHeader:
    """A sample: where it lies (frames; in SoundFont 3 bytes), its loop, rate in Hz and pitch."""

    name: str
    start: int
    end: int
    loop_start: int
    loop_end: int
    rate: int
    key: int
    correction_cents: int
    is_vorbis: bool


@dataclass(frozen=True, slots=True, eq=False)
class SoundFont:
    """A SoundFont in memory; what notes need is read from it with `zones` and `sample_frames`."""

    path: Path
    name: str
    sha256: str
    samples: tuple[SampleHeader, ...]
    _data: npt.NDArray[np.uint8]
    _tables: Mapping[bytes, npt.NDArray[np.void]]

    @property
    def presets(self) -> tuple[tuple[int, int, str], ...]:
        """Bank, program and name of every preset."""
        return tuple(
            (int(row["bank"]), int(row["program"]), _text(row["name"])) for row in self._tables[b"phdr"][:-1]
        )

    def zones(self, bank: int, program: int) -> tuple[Zone, ...]:
        """Return all zones of a preset; raise InputError where there is no such preset or it is broken."""
        headers = self._tables[b"phdr"]
        for index in range(len(headers) - 1):
            if headers["bank"][index] == bank and headers["program"][index] == program:
                return preset_zones(self.path, self._tables, index, len(self.samples))
        kind = "drum kit" if bank == DRUM_BANK else "program"
        raise InputError(
            f"{self.path}: this SoundFont has no {kind} {program}; "
            f"use a General MIDI SoundFont such as {DEFAULT_NAME}"
        )

    def sample_frames(self, index: int) -> tuple[npt.NDArray[np.float32], int, int]:
        """Return one sample as `[frames]` float32 within ±1, and its loop start and end within it."""
        header = self.samples[index]
        if header.is_vorbis:
            return _decoded(self.path, header, self._data), header.loop_start, header.loop_end
        frames = self._data[2 * header.start : 2 * header.end].view("<i2").astype(np.float32) * np.float32(1 / 32768)
        return frames, header.loop_start - header.start, header.loop_end - header.start


def default_soundfont() -> Path:
    """Return TimGM6mb.sf2, which comes with pretty_midi (that package is looked up, not imported)."""
    spec = importlib.util.find_spec("pretty_midi")
    path = Path(spec.origin).parent / f"{DEFAULT_NAME}.sf2" if spec and spec.origin else None
    if path is None or not path.is_file():
        raise MissingPart(
            f"the SoundFont {DEFAULT_NAME}.sf2 is not there: run 'pip install pretty_midi', "
            f"or name a .sf2 file in {ENVIRONMENT_NAME}"
        )
    return path


def installed_soundfonts() -> tuple[Path, ...]:
    """Return the SoundFont files in the usual folders of the system, in a fixed order."""
    return tuple(
        path
        for folder in FOLDERS
        if Path(folder).is_dir()
        for path in sorted(Path(folder).iterdir())
        if path.suffix.lower() in SUFFIXES and path.is_file()
    )


def find_soundfont(name_or_path: str | Path | None = None) -> Path:
    """Return the SoundFont file to use.

    Parameters
    ----------
    name_or_path : a path, the name of a file in one of `FOLDERS` (`FluidR3_GM`), `TimGM6mb`, or None for what
        the environment variable SONGSMITH_SOUNDFONT names, otherwise TimGM6mb. What else a machine has
        installed never changes the default, so that results do not depend on it.

    Raises
    ------
    MissingPart where there is no such file.
    """
    wanted = str(name_or_path or os.environ.get(ENVIRONMENT_NAME) or DEFAULT_NAME)
    if wanted == DEFAULT_NAME:
        return default_soundfont()
    if wanted.lower().endswith(SUFFIXES) or os.sep in wanted:
        path = Path(wanted).expanduser()
        if path.is_file():
            return path
    installed = installed_soundfonts()
    for path in installed:
        if wanted.lower() in (path.stem.lower(), path.name.lower()):
            return path
    if Path(wanted).is_file():
        raise InputError(f"{wanted}: is not a SoundFont by its name: give a .sf2 or .sf3 file")
    names = ", ".join(dict.fromkeys([DEFAULT_NAME, *(path.stem for path in installed)]))
    raise MissingPart(f"SoundFont {wanted!r} is not there: use the path of a .sf2 or .sf3 file, or one of {names}")


def load_soundfont(path: Path) -> SoundFont:
    """Read a SoundFont file.

    Raises InputError where the file cannot be read, is not a SoundFont, or points outside itself.
    """
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise InputError(f"{path}: {size} bytes is larger than any SoundFont accepted ({MAX_FILE_BYTES})")
        data = path.read_bytes()
    except OSError as err:
        raise InputError(f"{path}: cannot be read ({err.strerror}); name a .sf2 or .sf3 file") from err
    chunks = _chunks(path, memoryview(data))
    tables = {}
    for tag, dtype in RECORDS.items():
        block = chunks.get(tag)
        if block is None or len(block) % dtype.itemsize or len(block) < dtype.itemsize:
            raise broken(path, f"its table {tag.decode()} is missing or of a wrong size")
        if len(block) // dtype.itemsize > MAX_ZONES * 16:
            raise broken(path, f"its table {tag.decode()} is too large")
        tables[tag] = np.frombuffer(block, dtype)
    for outer, inner, column in ((b"phdr", b"pbag", "bag"), (b"inst", b"ibag", "bag"),
                                 (b"pbag", b"pgen", "gen"), (b"ibag", b"igen", "gen")):  # fmt: skip
        index = tables[outer][column].astype(np.int64)
        if np.any(np.diff(index) < 0) or index[-1] >= len(tables[inner]):
            raise broken(path, f"its table {outer.decode()} points outside {inner.decode()}")
    if b"smpl" not in chunks:
        raise broken(path, "it has no samples")
    pcm = np.frombuffer(chunks[b"smpl"], np.uint8)
    samples = tuple(_sample_header(path, row, len(pcm)) for row in tables[b"shdr"][:-1])
    name = _text(bytes(chunks.get(b"INAM", b""))) or path.stem
    return SoundFont(path, name, hashlib.sha256(data).hexdigest(), samples, pcm, MappingProxyType(tables))


def _text(raw: bytes) -> str:
    return raw.split(b"\0")[0].decode("latin-1").strip()


def _chunks(path: Path, data: memoryview) -> dict[bytes, memoryview]:
    """Return the leaf chunks of a RIFF file of form `sfbk`, the first of each name."""
    if len(data) < 12 or bytes(data[:4]) != b"RIFF" or bytes(data[8:12]) != b"sfbk":
        raise InputError(f"{path}: not a SoundFont (no RIFF sfbk header); name a .sf2 or .sf3 file")
    found: dict[bytes, memoryview] = {}
    open_ranges = [(12, min(len(data), 8 + int.from_bytes(data[4:8], "little")))]
    while open_ranges:
        offset, end = open_ranges.pop()
        while offset + 8 <= end:
            tag, size = (
                bytes(data[offset : offset + 4]),
                int.from_bytes(data[offset + 4 : offset + 8], "little"),
            )
            if offset + 8 + size > end:
                raise broken(path, f"its chunk {tag!r} is cut off")
            if tag == b"LIST":
                open_ranges.append((offset + 12, offset + 8 + size))
            else:
                found.setdefault(tag, data[offset + 8 : offset + 8 + size])
            offset += 8 + size + (size & 1)
    return found


def _sample_header(path: Path, row: np.void, size: int) -> SampleHeader:
    """Check one sample header against the size of the sample data in bytes."""
    start, end = int(row["start"]), int(row["end"])
    loop_start, loop_end, kind = int(row["loop_start"]), int(row["loop_end"]), int(row["kind"])
    is_vorbis = bool(kind & _VORBIS)
    if not kind & _ROM and not 0 <= start <= end <= (size if is_vorbis else size // 2):
        raise broken(path, f"its sample {_text(row['name'])!r} lies outside the file")
    if end - start > MAX_SAMPLE_FRAMES:
        raise broken(path, f"its sample {_text(row['name'])!r} is longer than {MAX_SAMPLE_FRAMES} frames")
    if kind & _ROM:
        start = end = loop_start = loop_end = 0
    key = int(row["key"]) if row["key"] <= 127 else 60
    rate = int(row["rate"])
    if end > start and not 400 <= rate <= 192_000:
        raise broken(path, f"its sample {_text(row['name'])!r} has the rate {rate} Hz")
    return SampleHeader(
        _text(row["name"]), start, end, loop_start, loop_end, rate, key, int(row["correction"]), is_vorbis
    )


def _decoded(path: Path, header: SampleHeader, data: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Decode one Ogg Vorbis sample of a SoundFont 3."""
    import soundfile

    raw = data[header.start : header.end].tobytes()
    try:
        with soundfile.SoundFile(io.BytesIO(raw)) as stream:
            if stream.frames > MAX_SAMPLE_FRAMES or stream.channels != 1:
                raise broken(path, f"its sample {header.name!r} is too long or not mono")
            return np.asarray(stream.read(dtype="float32"), dtype=np.float32)
    except (soundfile.LibsndfileError, RuntimeError) as err:
        raise broken(path, f"its sample {header.name!r} cannot be decoded ({err})") from err
