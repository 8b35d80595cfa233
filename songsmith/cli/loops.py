"""`songsmith vary --loop`: loops of a song, one or a set of matching ones, each in a folder of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from songsmith.cli.console import progress_bars, warn


@dataclass(frozen=True, slots=True)
class LoopWish:
    """Which bars are looped, at which energies, and how: see `songsmith.varying.loop.make_loops`."""

    section: str | None
    bars: tuple[int, int] | None
    levels: Mapping[str, float] | None
    seed: int
    guidance: float | None
    soundfont: Path | None


@dataclass(frozen=True, slots=True)
class LoopPlace:
    """Where loops are written, and as what."""

    out: Path | None
    overwrite: bool
    audio_format: str


def write_loops(
    folder: Path, wish: LoopWish, place: LoopPlace, style: str | None, as_json: bool, quiet: bool
) -> None:
    """Make the loops of a song, write each to a folder, one alone to the very folder named, and tell of them."""
    from lyrics.text import printable
    from songsmith import project
    from songsmith.presets import with_presets
    from songsmith.songfolder import load
    from songsmith.vary import check_soundfont
    from songsmith.varying.loop import make_loops, seam

    song = load(folder)
    check_soundfont(song, wish.soundfont)
    song = with_presets(song, None, style)
    top = place.out if place.out is not None else project.new_folder(f"{song.title} loop")
    places = {"loop": top} if wish.levels is None else {name: top / name for name in wish.levels}
    for one in places.values():
        project.check_place(one, place.overwrite)
    with progress_bars(quiet or as_json) as progress:
        loops = make_loops(
            song, section=wish.section, bars=wish.bars, levels=wish.levels, seed=wish.seed, guidance=wish.guidance,
            soundfont=wish.soundfont, progress=progress,
        )  # fmt: skip
        progress("saving", 0.0)
        for name, loop in loops.items():
            project.save(loop, places[name], place.overwrite, place.audio_format, warn)
        progress("saving", 1.0)
    rows = []
    for name, loop in loops.items():
        audio = loop.read_audio().mix
        over = seam(audio, loop.plan.bars)
        rows.append(
            {
                "name": name, "folder": str(places[name].resolve()), "bars": loop.plan.bars, "frames": audio.frames,
                "seconds": round(audio.duration_s, 4), "tempo": loop.plan.tempo, "seam_step": round(over.step, 4),
                "seam_flux": round(over.flux, 3),
            }
        )  # fmt: skip
    if as_json:
        print(json.dumps({"title": song.title, "loops": rows}, ensure_ascii=False, indent=2))
        return
    for row in rows:
        title = f"{printable(song.title)} ({row['name']})"
        print(f"{title}  {row['bars']} bars, {row['seconds']:.2f} s, {row['tempo']:g} BPM")
        print(f"listen: {places[str(row['name'])] / f'mix.{place.audio_format}'}")
