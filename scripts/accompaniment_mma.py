"""Accompaniments played by MMA, Musical MIDI Accompaniment, over progressions drawn at random.

MMA (GPL) is run as a program of its own; its library is only played, never shipped. A song has an introduction, two
or three sections in one or two grooves of one file, with fills before changes, and an ending, where the file has
them. A file of the library is a family: its grooves share their patterns.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import mido
import numpy as np
from accompaniment_mma_midi import read_midi
from accompaniment_songs import BEATS, QUALITY_NAMES, RawSong

from songsmith.seeds import generator
from songsmith.styles import load_style, style_names
from songsmith.theory import SHARP_NAMES, Key, numeral_to_chord, parse_chord

MMA_QUALITY = {
    "maj": "", "min": "m", "dim": "dim3", "aug": "aug", "sus2": "sus2", "sus4": "sus4", "7": "7", "maj7": "M7",
    "min7": "m7", "minmaj7": "mM7", "dim7": "dim7", "hdim7": "m7b5", "maj6": "6", "min6": "m6", "9": "9",
    "maj9": "M9", "min9": "m9",
}  # fmt: skip
SKIPPED = re.compile(r"metronome|count|^none$|^intro$|^ending$|desert$", re.I)
_NOT_A_FAMILY = ("zoom/intro", "zoom/ending", "zoom/count", "stdlib/none")
_ROLES = (("intro", "intro"), ("ending", "end"), ("end", "end"), ("fill", "fill"))


@dataclass(frozen=True, slots=True)
class GrooveOf:
    """A groove of the library: `time` is the number of MMA's beats in its bar, `unit` its ticks in MIDI of ours."""

    family: str
    name: str
    about: str
    role: str
    size: int
    time: int
    meter: str
    scale: float
    joined: int


def _run(folder: Path, text: str, name: str) -> Path | None:
    """Have a sheet played; return the MIDI file, None where MMA refuses it."""
    sheet, out = folder / f"{name}.mma", folder / f"{name}.mid"
    out.unlink(missing_ok=True)
    sheet.write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["mma", "-w", "-f", str(out), str(sheet)], cwd=folder, capture_output=True, timeout=60, check=False
    )
    return out if done.returncode == 0 and out.exists() else None


def library(mma: Path, folder: Path) -> tuple[list[GrooveOf], dict[str, str]]:
    """Return all grooves of MMA's library that fit our meters, and the descriptions of their files."""
    cache = folder / "grooves.json"
    if not cache.exists():
        found, docs = [], {}
        for path in sorted(mma.glob("*/*.mma")):
            family = f"{path.parent.name}/{path.stem}"
            if family in _NOT_A_FAMILY or SKIPPED.search(path.stem):
                continue
            text = path.read_text(encoding="latin-1")
            block = re.search(r"Begin Doc(.*?)\bEnd\b", text, re.S | re.I)
            docs[family] = " ".join(block[1].split()) if block else ""
            for match in re.finditer(r"^\s*DefGroove\s+(\S+)[ \t]*(.*)$", text, re.M | re.I):
                size = re.findall(r"^\s*SeqSize\s+(\d+)", text[: match.start()], re.M | re.I)
                found.append(_probe(folder, family, match[1], match[2].strip(), int(size[-1]) if size else 1, path))
        kept = [entry for entry in found if entry is not None]
        cache.write_text(json.dumps([kept, docs]), encoding="utf-8")
    kept, docs = json.loads(cache.read_text(encoding="utf-8"))
    return [GrooveOf(*entry) for entry in kept], docs


def _probe(folder: Path, family: str, name: str, about: str, size: int, path: Path) -> list | None:
    """Return what `GrooveOf` holds of a groove, None where MMA cannot play it or its meter is not one of ours."""
    out = _run(folder, f"Tempo 60\n{_call(family, name)}\n1 C\n", "probe")
    if out is None:
        return None
    head = mido.MidiFile(out).tracks[0]
    times = [int(m.text.split()[1]) for m in head if m.type == "text" and m.text.startswith("DURATION")]
    signature = [(m.numerator, m.denominator) for m in head if m.type == "time_signature"]
    if not times:
        return None
    compound = (signature and signature[-1][1] == 8) or "68" in name or "68" in path.stem
    known = {
        (4, False): ("4/4", 16.0, 1), (4, True): ("4/4", 16.0, 1), (3, False): ("3/4", 16.0, 1),
        (3, True): ("6/8", 16.0, 1), (6, True): ("6/8", 32.0, 1), (6, False): ("6/8", 32.0, 1),
        (2, True): ("6/8", 384 / 36, 1), (2, False): ("4/4", 16.0, 2),
    }  # fmt: skip
    fit = known.get((times[-1], bool(compound)))
    if fit is None:
        return None
    lowered = re.sub(r"\d+$", "", name.lower())
    role = next((role for word, role in _ROLES if re.search(rf"{word}[a-z]?[a-z]?$", lowered)), "main")
    return [family, name, about, role, size, times[-1], *fit]


def _call(family: str, name: str) -> str:
    """Return the line that calls a groove of a file."""
    return f"Groove {family}:{name}"


@lru_cache(maxsize=1)
def _progressions() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the progressions of all styles, with their modes."""
    found = []
    for name in style_names():
        for kinds in load_style(name).progressions.values():
            for mode, options in kinds.items():
                found += [(mode, option) for option in options]
    return tuple(found)


def draw_chords(rng: np.random.Generator, bars: int, beats: int) -> tuple[Key, list[list[str]]]:
    """Return a key and, for each bar, the chords of its two halves (one where it has one)."""
    pool = _progressions()
    mode = str(rng.choice(["major", "minor"]))
    key = Key(int(rng.integers(12)), mode)
    options = [bars_ for m, bars_ in pool if m == mode]
    found: list[list[str]] = []
    while len(found) < bars:
        chosen = options[int(rng.integers(len(options)))]
        for bar in chosen * int(rng.integers(1, 3)):
            found.append([_coloured(numeral_to_chord(n, key), rng, key) for n in bar.split()])
            if beats != 3 and len(found[-1]) == 1 and rng.random() < 0.08:
                found[-1].append(_coloured(numeral_to_chord(str(rng.choice(["IV", "V", "I"])), key), rng, key))
    return key, found[:bars]


def _coloured(symbol: str, rng: np.random.Generator, key: Key) -> str:
    """Return a chord, now and then with another quality of its kind or another bass."""
    tones = parse_chord(symbol)
    if tones is None:
        return symbol
    root, _, rest = symbol.partition(":")
    root = root.partition("/")[0]
    quality = rest.partition("/")[0] or "maj"
    if rng.random() < 0.2:
        kinds = {
            "maj": ("maj", "maj", "maj7", "maj6", "sus4", "sus2", "7", "maj9"),
            "min": ("min", "min7", "min6", "min9", "minmaj7"),
            "7": ("7", "9", "sus4"), "min7": ("min7", "min9", "min"), "maj7": ("maj7", "maj9", "maj"),
            "dim": ("dim", "hdim7", "dim7"), "hdim7": ("hdim7", "dim7"),
        }  # fmt: skip
        quality = str(rng.choice(kinds.get(quality, (quality,))))
    if rng.random() < 0.02:
        quality = str(rng.choice(QUALITY_NAMES))
    named = root + ("" if quality == "maj" else f":{quality}")
    if rng.random() < 0.1:
        third = "b3" if parse_chord(named).tones[1] % 12 == (tones.root + 3) % 12 else "3"  # type: ignore[union-attr]
        named += "/" + str(rng.choice([third, "5"]))
    return named


def _mma_name(symbol: str) -> str:
    tones = parse_chord(symbol)
    if tones is None:
        return "z"
    quality = symbol.partition(":")[2].partition("/")[0] or "maj"
    bass = "" if tones.bass == tones.root else f"/{SHARP_NAMES[tones.bass]}"
    return SHARP_NAMES[tones.root] + MMA_QUALITY[quality] + bass


def songs_of(grooves: list[GrooveOf], docs: dict[str, str], folder: Path, turn: int, seed: int) -> Iterator[RawSong]:
    """Yield one song for each main groove; `turn` makes other songs of the same grooves."""
    families: dict[str, list[GrooveOf]] = {}
    for groove in grooves:
        families.setdefault(groove.family, []).append(groove)
    for family, own in sorted(families.items()):
        for main in (g for g in own if g.role == "main"):
            song = _song(main, own, docs.get(family, ""), folder, turn, seed)
            if song is not None:
                yield song


def _song(main: GrooveOf, own: list[GrooveOf], doc: str, folder: Path, turn: int, seed: int) -> RawSong | None:
    rng = generator(seed, "mma", main.family, main.name, turn)
    fit = [g for g in own if (g.time, g.scale) == (main.time, main.scale)]
    by_role = {role: [g for g in fit if g.role == role] for role in ("main", "intro", "fill", "end")}

    def near(role: str) -> GrooveOf | None:
        """Return the groove of a role whose name shares most with the main one's."""
        options = by_role[role]
        shared = [len(_common(g.name, main.name)) for g in options]
        return options[int(np.argmax(shared))] if options and rng.random() < 0.75 else None

    others = [g for g in by_role["main"] if g.name != main.name]
    second = others[int(rng.integers(len(others)))] if others and rng.random() < 0.7 else main
    plan: list[tuple[int, GrooveOf, int]] = []  # kind, groove, bars
    lead_in, close = near("intro"), near("end")
    if lead_in is not None:
        plan.append((0, lead_in, 4))
    elif rng.random() < 0.3:
        plan.append((0, main, 4))
    for groove, kind in ((main, 1), (second, 2), (main, 1))[: 3 if second is not main else 2]:
        plan.append((kind, groove, 8))
    if close is not None:
        plan.append((4, close, int(rng.choice([2, 4]))))
    bars = sum(length for _, _, length in plan)
    beats = 3 if main.meter != "4/4" else 4
    key, chords = draw_chords(rng, bars, beats)
    tempo = float(rng.integers(60, 181))
    lines, rows, names = [f"RndSeed {int(rng.integers(1, 10**6))}", "Tempo 120"], [], []
    place = 0
    for number, (kind, groove, length) in enumerate(plan):
        fill = near("fill")
        for i in range(length):
            played, flags = groove, 0
            if fill is not None and i == length - 1 and number < len(plan) - 1 and kind != 4:
                played, flags = fill, 1
            if kind == 4:
                flags |= 2
            if played.name not in names:
                names.append(played.name)
            if i == 0 or flags & 1:
                lines.append(_call(played.family, played.name))
            lines += _chord_lines(chords[place], main, place)
            rows.append((kind, number, i, length - i, flags, names.index(played.name)))
            place += 1
    path = _run(folder, "\n".join(lines) + "\n", "song")
    if path is None:
        return None
    notes, programs = read_midi(path, main.scale, 36 if main.meter != "4/4" else 48, bars)
    if len(notes) < bars * 2:
        return None
    grid = np.stack([_beats_of(bar, main.meter) for bar in chords])
    words = (main.family.partition("/")[2], main.name, main.about, doc, second.about if second is not main else "")
    return RawSong(
        "mma", main.family, f"{main.name}.{turn}", main.meter, tempo, (key.tonic, key.is_minor), programs,
        words, tuple(names), grid, np.array(rows, np.int16), notes,
    )  # fmt: skip


def _common(a: str, b: str) -> str:
    n = 0
    while n < min(len(a), len(b)) and a[n].lower() == b[n].lower():
        n += 1
    return a[:n]


def _chord_lines(chords: list[str], main: GrooveOf, place: int) -> list[str]:
    """Return the lines of a bar of ours: two where MMA's bars are half as long."""
    names = [_mma_name(c) for c in chords]
    if main.joined == 2:
        return [names[0], names[-1]]
    half = main.time // 2 if main.time % 2 == 0 else 2
    tokens = ["/"] * main.time
    tokens[0] = names[0]
    if len(names) == 2:
        tokens[half] = names[1]
    return [" ".join(tokens)]


def _beats_of(chords: list[str], meter: str) -> np.ndarray:
    """Return root, bass and quality of each beat of a bar; of a 6/8 bar the second half begins within beat 2."""
    found = np.full((BEATS, 3), -1, np.int8)
    change = 2
    for beat in range(4 if meter == "4/4" else 3):
        symbol = chords[-1] if len(chords) == 2 and beat >= change else chords[0]
        tones = parse_chord(symbol)
        if tones is not None:
            quality = symbol.partition(":")[2].partition("/")[0] or "maj"
            found[beat] = (tones.root, tones.bass, QUALITY_NAMES.index(quality))
    return found
