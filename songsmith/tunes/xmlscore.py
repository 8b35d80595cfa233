"""MusicXML files from strangers: read within bounds, without entities, and brought into playing order.

Compressed files (`.mxl`) are unpacked in memory up to a limit. A document type declaration may name the public
DTD, which is never fetched; entities and internal subsets are refused.
"""

from __future__ import annotations

import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from songsmith.errors import InputError

MAX_XML_BYTES = 24_000_000
MAX_ENTRIES = 200
MAX_MEASURES = 4000
"""After repeats."""

_DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, NotImplementedError, RuntimeError,
    struct.error, IndexError, OverflowError,
)  # fmt: skip
"""What `zipfile` raises for archives that are broken, encrypted, or packed in a way it does not know."""

Element = ElementTree.Element


def parse_score(data: bytes, source: str) -> Element:
    """Return the `score-partwise` root of an uncompressed or compressed MusicXML file."""
    if data[:4] == b"PK\x03\x04":
        data = _unpack(data, source)
    text = _decode(data, source)
    if re.search(r"<!ENTITY", text, re.IGNORECASE) or re.search(r"<!DOCTYPE[^>\[]*\[", text, re.IGNORECASE):
        raise InputError(f"{source}: declares entities, which are not read; export it again from a score editor")
    try:
        root = ElementTree.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
    except (ElementTree.ParseError, ValueError, RecursionError) as err:
        raise InputError(f"{source}: is not valid XML ({err}); export it again") from err
    if root.tag == "score-timewise":
        raise InputError(f"{source}: is a time-wise score; export it as score-partwise")
    if root.tag != "score-partwise":
        raise InputError(f"{source}: is XML but no MusicXML score (its root is <{root.tag[:40]}>)")
    return root


def _unpack(data: bytes, source: str) -> bytes:
    """Return the score inside a compressed file."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            if len(names) > MAX_ENTRIES:
                raise InputError(f"{source}: holds {len(names)} files; at most {MAX_ENTRIES} are read")
            name = ""
            if "META-INF/container.xml" in names:
                container = _member(archive, "META-INF/container.xml", 100_000, source)
                found = re.search(rb"full-path\s*=\s*[\"']([^\"']+)[\"']", container)
                name = found[1].decode("utf-8", "replace") if found else ""
            if name not in names:
                scores = [n for n in names if n.endswith((".xml", ".musicxml")) and not n.startswith("META-INF")]
                if not scores:
                    raise InputError(f"{source}: holds no score; export it again")
                name = scores[0]
            return _member(archive, name, MAX_XML_BYTES, source)
    except _DAMAGED as err:
        raise InputError(f"{source}: is not a readable .mxl file ({err}); export it again") from err


def _member(archive: zipfile.ZipFile, name: str, limit: int, source: str) -> bytes:
    with archive.open(name) as member:
        content = member.read(limit + 1)
    if len(content) > limit:
        raise InputError(f"{source}: {name[:60]!r} unpacks to more than {limit / 1e6:g} MB, which is not read")
    return content


def _decode(data: bytes, source: str) -> str:
    encoding = "utf-8-sig"
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif (declared := re.match(rb"\s*<\?xml[^>]*encoding\s*=\s*[\"']([\w-]+)[\"']", data)) is not None:
        name = declared[1].decode("ascii").lower()
        encoding = {"iso-8859-1": "latin-1", "latin-1": "latin-1", "us-ascii": "ascii"}.get(name, "utf-8-sig")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as err:
        raise InputError(f"{source}: is not {encoding} text; export it as UTF-8") from err


@dataclass(frozen=True, slots=True)
class Played:
    """A measure as it comes in playing order, and which time through its repeat it is, from 1."""

    measure: Element
    index: int
    time: int


@dataclass(frozen=True, slots=True)
class _Marks:
    """What a measure says about the order of playing."""

    forward: bool
    backward: int
    endings: tuple[int, ...]
    ends_ending: bool
    jump: str
    fine: bool
    to_coda: bool
    segno: bool
    coda: bool


def playing_order(measures: Sequence[Element], source: str) -> tuple[Played, ...]:
    """Return the measures with repeats, endings and jumps (D.C., D.S., Fine, Coda) carried out.

    Raises InputError where that does not come to an end within `MAX_MEASURES`.
    """
    marks = _all_marks(measures)
    order: list[Played] = []
    place, start, time = 0, 0, 1
    jumped = False
    while place < len(measures):
        mark = marks[place]
        if mark.forward and place != start:
            start, time = place, 1
        if mark.endings and time not in mark.endings and not jumped:
            place = _after_ending(marks, place)
            continue
        if mark.endings and jumped and not _is_last_ending(marks, place):
            place = _after_ending(marks, place)
            continue
        order.append(Played(measures[place], place, time))
        if len(order) > MAX_MEASURES:
            raise InputError(
                f"{source}: its repeats make more than {MAX_MEASURES} measures; write it out, or less of it"
            )
        if mark.backward and time < mark.backward and not jumped:
            time += 1
            place = start
            continue
        if mark.backward and (time >= mark.backward or jumped):
            start, time = place + 1, 1
        if jumped and mark.fine:
            break
        if jumped and mark.to_coda and (coda := _find(marks, "coda", place + 1)) is not None:
            place = coda
            continue
        if mark.jump and not jumped:
            jumped = True
            place = (_find(marks, "segno", 0) or 0) if mark.jump == "dalsegno" else 0
            start, time = place, 1
            continue
        place += 1
    if not order:
        raise InputError(f"{source}: its endings leave no measure to be sung; check the numbers of its endings")
    return tuple(order)


def _all_marks(measures: Sequence[Element]) -> list[_Marks]:
    """Return the marks of all measures; an ending covers the measures up to the one that ends it."""
    result: list[_Marks] = []
    open_ending: tuple[int, ...] = ()
    for measure in measures:
        forward, backward, stops, jump = False, 0, False, ""
        flags = dict.fromkeys(("fine", "tocoda", "segno", "coda"), False)
        for barline in measure.findall("barline"):
            repeat, ending = barline.find("repeat"), barline.find("ending")
            if repeat is not None and repeat.get("direction") == "forward":
                forward = True
            elif repeat is not None:
                backward = max(2, min(16, _whole(repeat.get("times"), 2)))
            if ending is not None and ending.get("type") == "start":
                open_ending = tuple(int(n) for n in re.findall(r"[0-9]{1,2}", ending.get("number") or "1"))
            elif ending is not None:
                stops = True
        for sound in measure.iter("sound"):
            for name in ("dacapo", "dalsegno"):
                if sound.get(name) not in (None, "no"):
                    jump = name
            for name in flags:
                flags[name] |= sound.get(name) is not None
        result.append(
            _Marks(
                forward,
                backward,
                open_ending,
                stops,
                jump,
                flags["fine"],
                flags["tocoda"],
                flags["segno"],
                flags["coda"],
            )
        )
        if stops:
            open_ending = ()
    return result


def _whole(text: str | None, default: int) -> int:
    """Return a whole number of at most four digits, the default for anything else."""
    return int(text) if text is not None and re.fullmatch(r"[0-9]{1,4}", text.strip()) else default


def _after_ending(marks: Sequence[_Marks], place: int) -> int:
    """Return the first measure after the ending that a measure begins."""
    while place < len(marks) and not marks[place].ends_ending:
        place += 1
    return place + 1


def _is_last_ending(marks: Sequence[_Marks], place: int) -> bool:
    """Tell whether no other ending follows the one of a measure."""
    after = _after_ending(marks, place)
    return after >= len(marks) or not marks[after].endings


def _find(marks: Sequence[_Marks], name: str, start: int) -> int | None:
    return next((i for i in range(start, len(marks)) if getattr(marks[i], name)), None)
