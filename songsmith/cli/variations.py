"""What `songsmith make` does instead of one song: `--check` before any sound, `--variations` for several songs."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypedDict

from songsmith.cli.console import progress_bars, warn


class PaperOptions(TypedDict):
    """The options that decide what is written, as `songsmith.paper.write_paper` takes them."""

    style: str | None
    tempo: float | None
    key: str | None
    meter: str | None
    voice: str | None
    performance: str | None
    accompanist: str
    length_s: float | None
    melody: Path | None
    instrumental: bool
    language: str | None
    lexicon: Path | None
    lyricist: str


class SoundOptions(TypedDict):
    """The options that decide how it is rendered, as `songsmith.pipeline.make` takes them."""

    soundfont: Path | None
    use_cache: bool
    fetch: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where songs are written (None for a new folder named after the prompt), whether over others, and as what."""

    out: Path | None
    overwrite: bool
    audio_format: str


def check_fit(prompt: str, lyrics: Path | None, seed: int, options: PaperOptions, as_json: bool) -> None:
    """Print how the lines fit and what else there is to know of the song on paper; write nothing."""
    from songsmith.fit_report import report_fit
    from songsmith.paper import write_paper
    from songsmith.prompt import describe

    paper = write_paper(prompt, lyrics, seed, **options)
    fit = report_fit(paper.score, paper.accompaniment.timeline)
    if as_json:
        result = {
            "title": paper.title,
            "seed": paper.seed,
            "tempo": paper.plan.tempo,
            "key": paper.plan.key,
            "meter": paper.plan.meter,
            "lines": [asdict(line) for line in fit.lines],
            "problems": list(fit.sentences),
            "warnings": list(paper.warnings),
        }
        print(json.dumps(result, ensure_ascii=False, indent=2))
        return
    print(f"{paper.title}  {describe(paper.brief)}")
    print(fit.as_text())
    for warning in paper.warnings:
        if warning not in fit.sentences:
            warn(warning)


def make_variations(
    prompt: str,
    lyrics: Path | None,
    seed: int,
    count: int,
    place: Place,
    options: PaperOptions,
    sound: SoundOptions,
    as_json: bool,
    quiet: bool,
) -> None:
    """Make several songs into one folder, rank them and print the ranking."""
    from songsmith import project
    from songsmith.pipeline import make
    from songsmith.variations import (
        RANKING,
        check_collection,
        check_count,
        collecting,
        judge,
        ranked,
        ranking_table,
        ranking_to_json,
        variation_seed,
    )

    check_count(count)
    folder = check_collection(place.out if place.out is not None else project.new_folder(prompt), place.overwrite)
    judged = []
    with progress_bars(quiet or as_json) as progress, collecting(folder, place.overwrite) as work:
        for number in range(1, count + 1):
            progress("variations", (number - 1) / count)
            own_seed = variation_seed(seed, number)
            song = make(prompt, lyrics, own_seed, **options, **sound, progress=progress, warn=warn)
            judged.append(judge(song, number))
            project.save(song, work / str(number), audio_format=place.audio_format, warn=warn)
        (work / RANKING).write_text(ranking_to_json(judged), encoding="utf-8")
        progress("variations", 1.0)
    if as_json:
        print(json.dumps({"folder": str(folder), "ranking": ranking_table(judged)}, ensure_ascii=False, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("rank", "folder", "seed", "score", "in tune", "chord tones", "findings", box=None, pad_edge=False)
    for rank, row in enumerate(ranked(judged), 1):
        tuned = "-" if row.in_tune is None else f"{row.in_tune:.0%}"
        found = " ".join(row.findings) or "none"
        table.add_row(
            str(rank),
            str(folder / str(row.number)),
            str(row.seed),
            f"{row.score:.3f}",
            tuned,
            f"{row.melody_chord_tones:.0%}",
            found,
        )
    Console(width=None if sys.stdout.isatty() else 200).print(table)
