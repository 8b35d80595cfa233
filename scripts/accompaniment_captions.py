"""Captions of songs in the words that people use in prompts, and the styles they stand for."""

from __future__ import annotations

import re

import numpy as np
from accompaniment_songs import PARTS, RawSong

from songsmith.accompaniment.instruments import INSTRUMENTS
from songsmith.accompaniment.latent.conditions import FEELS, measure_bars, measure_feel, measure_swing
from songsmith.seeds import generator

# Pieces of the names of MMA's files with the styles that they are nearest to, the first that fits.
_STYLES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"metal|mtl", ("metal", "rock")),
    (r"punk|thr", ("punk", "rock")),
    (r"bluegrass", ("bluegrass", "country")),
    (r"stringballad|serenade|showtune|broadway|lullaby", ("cinematic", "ballad")),
    (r"folkballad|folkyjazz|folk", ("folk", "celtic")),
    (r"68march|march|polka|hymn", ("celtic", "folk")),
    (r"spiritual|gospel", ("gospel", "soul")),
    (r"ballad|bald|slowrock|softrock|slow16", ("ballad", "pop")),
    (r"bossa|quando", ("bossa", "latin")),
    (r"ska|reggae", ("reggae",)),
    (r"ambient|none", ("ambient",)),
    (r"trance|rave", ("trance", "techno")),
    (r"techno", ("techno", "trance")),
    (r"house", ("house", "techno")),
    (r"trip|strut|desert", ("lofi", "hiphop")),
    (r"hip|hrk|dnb", ("hiphop", "trap", "lofi")),
    (r"disco|boneym", ("disco", "house")),
    (r"80s|electricpop|digitalrock|dancepop", ("synthwave", "pop", "house")),
    (r"dance", ("house", "disco", "trance")),
    (r"funk", ("funk", "soul")),
    (r"mellowrb|modernrb|rb-?ballad|r\+?b|rnb", ("rnb", "soul")),
    (r"soul|motown", ("soul", "rnb")),
    (r"shuffleb|boggie|blues", ("blues",)),
    (r"samba|salsa|mambo|rhumba|cha|merengue|beguine|^son$|calypso|bolero|tango|cub|latin|afro|lfusion|mide",
     ("latin", "bossa")),
    (r"country|cntry|western|hill|zydeco|kwest", ("country", "folk")),
    (r"swing|bigband|bb|basie|bebop|jazz|foxtrot|quickstep|charleston|dixie|ragtime|evans|highfive|jive|combo|gypsy|"
     r"easy|softshoe|nite", ("swing",)),
    (r"waltz", ("folk", "swing", "ballad")),
    (r"50s|60s|twist|twi|oldie|shuffle|rock|basicrock|bubble", ("rock", "pop")),
    (r"fusion|fus", ("funk", "swing")),
    (r"pop|8beat|16beat|beat|arpeggio", ("pop", "ballad", "rock")),
)  # fmt: skip
_NAMES = {entry.program: entry.name for entry in reversed(INSTRUMENTS) if not entry.is_drum}
_SPEED = ((72, ("very slow", "slow")), (92, ("slow", "relaxed", "laid back")), (126, ("", "mid-tempo", "")),
          (150, ("upbeat", "fast")), (400, ("fast", "very fast")))  # fmt: skip
_POWER = (
    (0.25, ("calm", "soft", "gentle", "quiet", "sparse", "minimal", "intimate")),
    (0.45, ("mellow", "easy", "relaxed", "light")),
    (0.7, ("", "groovy", "steady")),
    (0.87, ("energetic", "lively", "driving", "busy")),
    (2.0, ("powerful", "full", "intense", "huge", "energetic")),
)


def styles_of(song: RawSong) -> tuple[str, ...]:
    """Return the styles that a song stands for."""
    if song.styles:
        return song.styles
    name = song.family.partition("/")[2].lower()
    for pattern, styles in _STYLES:
        if re.search(pattern, name):
            return styles
    return ()


_SHORT = {"trip": "trip hop", "mide": "middle eastern", "bald": "ballad", "thr": "thrash metal", "mtl": "heavy metal",
          "cntry": "country", "hrk": "hard rock", "fus": "fusion", "latn": "latin", "rnb": "rnb", "tech": "techno",
          "blus": "blues", "cnt": "country"}  # fmt: skip


def spoken(name: str) -> str:
    """Return the name of a groove as words: `8BeatPopSus1` is `8 beat pop`."""
    name = re.sub(r"(Sus|Plus|Alt|Walk|Main|Fill|Intro|End)+\d*$", "", name)
    name = re.sub(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[0-9])(?=[A-Za-z])|[-_+]", " ", name)
    words = re.sub(r"\s*\d+$", "", name).lower().split()
    return " ".join(_SHORT.get(word.strip("0123456789"), word) for word in words)


def captions_of(song: RawSong, energy: float, count: int, seed: int) -> tuple[str, ...]:
    """Return captions of a song.

    Parameters
    ----------
    energy : 0 to 1, its rank among all songs
    """
    rng = generator(seed, "captions", song.family, song.name)
    styles = styles_of(song)
    beats = 4 if song.meter == "4/4" else 3
    measured = measure_bars(song.notes, len(song.bars), beats)
    swing, feel = measure_swing(song.notes), measure_feel(song.notes, len(song.bars), int(beats == 3))
    found = list(song.captions)
    while len(found) < count:
        words: list[str] = []
        power = next(options for bound, options in _POWER if energy < bound)
        speed = next(options for bound, options in _SPEED if song.tempo < bound)
        if rng.random() < 0.5:
            words.append(str(rng.choice(power)))
        if rng.random() < 0.5:
            words.append(str(rng.choice(speed)))
        named = [spoken(song.family.partition("/")[2]), *(song.words[:1] if song.source == "own" else ())]
        if song.source == "mma":
            named += [spoken(song.grooves[-1 if len(song.grooves) == 1 else 0])]
        if song.source == "pop909":
            named = [song.words[0]]
        called = str(rng.choice(named)) if rng.random() < 0.75 or not styles else str(rng.choice(styles))
        if styles and rng.random() < 0.35:
            called = f"{called} {styles[0]}" if styles[0] not in called else called
        words.append(called)
        if rng.random() < 0.45:
            players = [part for part in PARTS[1:] if part in song.programs]
            rng.shuffle(players)
            words += [_NAMES.get(song.programs[part], "") for part in players[: int(rng.integers(1, 4))]]
        if not measured["plays"][:, 0].any():
            words.append("no drums" if rng.random() < 0.5 else "")
        if rng.random() < 0.4 and not np.isnan(swing) and beats == 4:
            words.append(str(rng.choice(["swung", "shuffle", "swing feel"])) if swing > 0.6 else
                         str(rng.choice(["straight", ""])))  # fmt: skip
        if rng.random() < 0.5 and FEELS[feel] in ("four-on-the-floor", "half-time"):
            words.append(FEELS[feel].replace("-", " "))
        if beats == 3:
            words.append(str(rng.choice([song.meter, "waltz" if song.meter == "3/4" else "6/8 feel", ""])))
        if rng.random() < 0.4:
            words.append(f"{song.tempo:.0f} BPM")
        if rng.random() < 0.25:
            words.append("minor key" if song.key[1] else "major key")
        if rng.random() < 0.2 and song.words[2:3] and "SeqLen" not in song.words[2]:
            words.append(" ".join(str(song.words[2]).lower().split()[:10]))
        found.append(", ".join(dict.fromkeys(word.strip() for word in words if word.strip())))
    return tuple(found[:count])
