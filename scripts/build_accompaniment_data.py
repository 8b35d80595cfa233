"""Builds what the accompanist learns from: python scripts/build_accompaniment_data.py OUT [--pop909 FOLDER]

Plays MMA's library (Debian: `apt install mma`) over random progressions, `--turns` songs a groove; adds the
accompanist `patterns` in all styles, with `--pop909` the piano arrangements of that data set, and copies of Latin
songs with timbales. Writes npz files to OUT; what is there already is not made again, so that a run that was stopped
goes on. Equal arguments give equal files.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import accompaniment_band
import accompaniment_mma
import accompaniment_pop909
from accompaniment_captions import captions_of, styles_of
from accompaniment_patches import split_of
from accompaniment_revoicing import revoiced
from accompaniment_songs import RawSong, load_songs, save_songs

FAMILIES = 20
"""Files of MMA's library whose songs are kept together."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--mma", type=Path, default=Path("/usr/share/mma/lib"), help="folder of MMA's library")
    parser.add_argument("--pop909", type=Path, help="folder of POP909, unpacked")
    parser.add_argument("--turns", type=int, default=2, help="songs of each of MMA's grooves")
    parser.add_argument("--band", type=int, default=16, help="songs of each of our styles")
    parser.add_argument("--songs", type=int, default=240, help="songs of POP909")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    work = args.out / "work"
    work.mkdir(parents=True, exist_ok=True)
    grooves, docs = accompaniment_mma.library(args.mma, work)
    names = sorted({groove.family for groove in grooves})
    print(f"{len(grooves)} grooves of {len(names)} families", flush=True)
    for turn in range(args.turns):
        for first in range(0, len(names), FAMILIES):
            chosen = frozenset(names[first : first + FAMILIES])
            own = [groove for groove in grooves if groove.family in chosen]
            _make(
                args.out / f"mma-{turn}-{first:03d}.npz",
                lambda own=own, turn=turn: list(accompaniment_mma.songs_of(own, docs, work, turn, args.seed)),
            )
    _make(args.out / "own.npz", lambda: list(accompaniment_band.songs_of(args.band, args.seed)))
    if args.pop909:
        _make(args.out / "pop909.npz", lambda: list(accompaniment_pop909.songs_of(args.pop909, args.songs)))
    made = load_songs(sorted(path for path in args.out.glob("*.npz") if path.name != "revoiced.npz"))
    _make(args.out / "revoiced.npz", lambda: list(revoiced(made, args.seed)))
    report(load_songs(sorted(args.out.glob("*.npz"))))


def _make(path: Path, songs) -> None:
    if not path.exists():
        made = songs()
        save_songs(path, made)
        print(f"{path.name}: {len(made)} songs", flush=True)


def report(songs: list[RawSong]) -> None:
    """Print what there is."""
    for name, values in (
        ("source", Counter(s.source for s in songs)),
        ("split", Counter(split_of(s.family) for s in songs)),
        ("meter", Counter(s.meter for s in songs)),
        ("style", Counter(style for s in songs for style in styles_of(s)[:1])),
    ):
        print(name, dict(values.most_common()))
    print(f"{len(songs)} songs, {sum(len(s.bars) for s in songs)} bars, {sum(len(s.notes) for s in songs)} notes")
    for song in songs[:: max(1, len(songs) // 8)]:
        print(f"{song.family}: {' | '.join(captions_of(song, 0.5, 3, 0))}")


if __name__ == "__main__":
    main()
