"""`songsmith analyse`: what is in a recording."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from songsmith.cli.console import Json, Quiet, app, number, progress_bars
from songsmith.errors import InputError

if TYPE_CHECKING:
    from songsmith.analysis import Analysis

MOST_BYTES = 2_000_000_000


@app.command(epilog="Example: [bold]songsmith analyse demo.wav --out demo.png[/bold]")
def analyse(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording: wav, flac, ogg or mp3.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Picture to write; by default FILE-analysis.png, here.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a picture that is there.")] = False,
    stems: Annotated[
        bool, typer.Option("--stems", help="Separate it first: the notes of the voice, chords without it.")
    ] = False,
    tempo: Annotated[
        float | None, typer.Option(metavar="BPM", parser=number, help="Quarter notes a minute, about, if you know.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say what is in a recording: tempo, beats and bars, key, chords, sections, loudness, voice; and draw it."""
    from songsmith.analysis import analyse as read
    from songsmith.analysis.analysis import LONGEST_S
    from songsmith.listened import for_mixer, separated
    from songsmith.picture.analysis import picture_of
    from songsmith.separation.reading import read_whole

    check_recording(file)
    picture = check_picture(out or Path(f"{file.stem}-analysis.png"), overwrite or out is None)
    with progress_bars(quiet or as_json) as progress:
        progress("reading", 0.0)
        audio = read_whole(file, LONGEST_S)
        progress("reading", 1.0)
        parts = None
        if stems:
            progress("separating", 0.0)
            parts, _ = separated(for_mixer(audio))
            progress("separating", 1.0)
        progress("listening", 0.0)
        found = read(audio, parts, tempo=tempo)
        progress("listening", 1.0)
    picture.write_bytes(picture_of(found, audio, file.name))
    if as_json:
        print(json.dumps(table_of(found, picture), ensure_ascii=False, indent=2))
    else:
        print("\n".join(lines_of(found, file.name)))
        print(f"picture: {picture}")


def check_recording(file: Path) -> None:
    """Refuse a file that is no recording, before anything is done."""
    if not file.exists():
        raise InputError(f"{file}: no such file; give the path of a recording")
    if not file.is_file():
        raise InputError(f"{file}: is not a file; give the path of a recording")
    if file.stat().st_size > MOST_BYTES:
        raise InputError(
            f"{file}: has {file.stat().st_size / 1e6:.0f} MB; at most {MOST_BYTES / 1e6:.0f} MB are read"
        )


def check_picture(path: Path, overwrite: bool) -> Path:
    """Refuse a place where no picture can be written."""
    if path.suffix.lower() != ".png":
        raise InputError(f"{path}: a picture is written to a file ending in .png")
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise InputError(f"{path}: cannot be written; give the name of a file in a folder that is there")
    if path.exists() and not overwrite:
        raise InputError(f"{path}: is there already; choose another name, or replace it with --overwrite")
    return path


def table_of(found: Analysis, picture: Path) -> dict[str, Any]:
    """Return the machine-readable result."""
    beats = found.timeline.beats
    bars = found.bar_times
    edges = found.timeline.beats_to_seconds([(c.onset, c.end) for c in found.chords])
    return {
        "duration_s": found.duration_s,
        "tempo": found.tempo,
        "meter": found.meter,
        "key": found.key,
        "tuning_cents": round(100 * found.tuning, 1),
        "confidence": asdict(found.confidence),
        "beats": list(beats),
        "downbeats": list(found.timeline.downbeats),
        "chords": [
            {"onset": c.onset, "duration": c.duration, "symbol": c.symbol, "start_s": round(float(a), 3),
             "end_s": round(float(b), 3)}
            for (a, b), c in zip(edges, found.chords, strict=True)
        ],
        "sections": [
            {**asdict(s), "start_s": round(float(bars[s.bar]), 3), "end_s": round(float(bars[s.bar + s.bars]), 3)}
            for s in found.sections
        ],
        "integrated_lufs": found.integrated_lufs,
        "loudness": {"period_s": found.loudness_period_s, "lufs": [float(x) for x in found.loudness_lufs]},
        "voice": [list(span) for span in found.voice],
        "melody": [asdict(note) for note in found.melody],
        "picture": str(picture.resolve()),
    }  # fmt: skip


def lines_of(found: Analysis, name: str) -> list[str]:
    """Return the analysis in a few lines of text."""
    from songsmith.picture.strips import clock

    bars = found.bar_times
    sure = found.confidence
    lines = [
        f"{name}  {clock(found.duration_s)}  {found.integrated_lufs:.1f} LUFS",
        f"tempo     {found.tempo:.1f} BPM  ({sure.beats:.2f} sure)",
        f"meter     {found.meter}, {len(bars) - 1} bars from {bars[0]:.2f} s on  ({sure.downbeats:.2f} sure)",
        f"key       {found.key}  ({sure.key:.2f} sure)",
        f"voice     {sum(b - a for a, b in found.voice):.0f} s of {found.duration_s:.0f} s"
        + (f", {len(found.melody)} notes" if found.melody else ""),
        f"chords    ({sure.chords:.2f} sure)",
    ]
    for section in found.sections:
        start = float(bars[section.bar])
        lines.append(f"  {clock(start):>5}  {section.label} {section.kind}, {section.bars} bars")
        lines.append(f"         {_chords_of(found, section.bar, section.bars)}")
    return lines


def _chords_of(found: Analysis, first: int, count: int) -> str:
    """Return the chords of some bars, bar lines between them; a chord that goes on is a dot."""
    cells = []
    downbeats = found.timeline.downbeats
    for bar in range(first, first + count):
        low, high = downbeats[bar], downbeats[bar + 1]
        begun = [c.symbol for c in found.chords if low - 1e-6 <= c.onset < high - 1e-6]
        going_on = not any(abs(c.onset - low) < 1e-6 for c in found.chords)
        cells.append(" ".join([*(["."] if going_on else []), *begun]))
    return "| " + " | ".join(cells) + " |"
