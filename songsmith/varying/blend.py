"""The band of a song between two others, each told in words or named by the folder of a song."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from songsmith.accompaniment.parts import Accompaniment, Part
from songsmith.brief import Brief
from songsmith.errors import InputError
from songsmith.prompt import Overrides, understand
from songsmith.song import Song
from songsmith.songfolder import SONG_FILE, load
from songsmith.styles import style_names
from songsmith.varying.request import Request


def blended(song: Song, request: Request, seed: int) -> tuple[Part, ...]:
    """Return the parts of a song with the band, or one part of it, between the two ends of a blend."""
    from songsmith.accompaniment.latent.blending import Source, blend
    from songsmith.accompaniment.latent.rolls import PARTS

    assert request.blend is not None
    ends = []
    for text in request.blend:
        folder = Path(text)
        if (folder / SONG_FILE).is_file():
            other = load(folder)
            if other.brief.style not in style_names():
                raise InputError(f"the song in {text[:80]!r} is in a style of its own: blend songs in styles of ours")
            if other.plan.meter != song.plan.meter:
                raise InputError(
                    f"the song in {text[:80]!r} is in {other.plan.meter}, this one in {song.plan.meter}: "
                    "blend songs of one meter"
                )
            ends.append(Source(_in_song(other.brief, song), other.plan, other.parts, other.brief, other.seed))
        else:
            asked = Overrides(None, song.plan.tempo, song.plan.key, song.plan.meter, None)
            ends.append(Source(_in_song(understand(text, song.seed, asked).brief, song)))
    parts = PARTS if request.what == "all" else (request.what,)
    before = Accompaniment(song.parts, song.timeline, song.chords)
    return blend(
        before, song.plan, song.brief, (ends[0], ends[1]), request.at, song.seed, seed,
        parts=parts, guidance=request.guidance,
    ).parts  # fmt: skip


def _in_song(brief: Brief, song: Song) -> Brief:
    """Return a brief for the plan of a song: in its key, meter and tempo, sung where the song is."""
    own = song.brief
    return replace(brief, tempo=song.plan.tempo, key=own.key, meter=song.plan.meter, instrumental=own.instrumental)
