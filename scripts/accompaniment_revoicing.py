"""Latin songs whose bongos or toms are played by timbales.

Bands of these styles have timbales; MMA's library writes them in three files only, and elsewhere lets other drums
stand for them (`stdlib/son.mma`: "Use a LowTom and Cymbal for the Timbales"). Without such songs a model hears of
timbales in four songs and never plays them in others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
from accompaniment_captions import spoken, styles_of
from accompaniment_patches import split_of
from accompaniment_songs import RawSong
from accompaniment_windows import held_out

from songsmith.seeds import generator

FAMILIES = re.compile(r"salsa|mambo|rh?umba|cha|merengue|^son$|bolero|beguine|cub|latin|lfusion|afro|calypso")
"""Files in whose bands timbales are at home."""

SHARE = 0.5
"""How many of the songs that could be are revoiced."""

HIGH, LOW = 65, 66
_TOMS = {41: LOW, 43: LOW, 45: LOW, 47: HIGH, 48: HIGH, 50: HIGH}
_BONGOS = {60: HIGH, 61: LOW}


def revoiced(songs: Iterable[RawSong], seed: int) -> Iterator[RawSong]:
    """Yield copies of songs that are trained on, their toms, or else their bongos, played by timbales."""
    for song in songs:
        known = split_of(song.family) == "train" and not held_out(song)
        if not known or not FAMILIES.search(song.family.partition("/")[2]) or "latin" not in styles_of(song):
            continue
        drums = song.notes[:, 1] == 0
        keys = set(song.notes[drums, 3].tolist())
        if keys & {HIGH, LOW} or generator(seed, "revoiced", song.family, song.name).random() >= SHARE:
            continue
        table = _TOMS if keys & set(_TOMS) else _BONGOS
        if not keys & set(table):
            continue
        notes = song.notes.copy()
        for key, timbale in table.items():
            notes[drums & (song.notes[:, 3] == key), 3] = timbale
        _, first = np.unique(notes[:, :4], axis=0, return_index=True)  # two toms at once are one timbale
        called = song.captions or (spoken(song.family.partition("/")[2]), styles_of(song)[0])
        captions = tuple(f"{words}, timbales" for words in called)
        yield replace(song, name=f"{song.name}.timbales", notes=notes[np.sort(first)], captions=captions)
