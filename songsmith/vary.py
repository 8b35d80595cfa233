"""Evolving a song that is made: the melody of the sections chosen, or a part of the band, by an amount from 0 to 1.

A new melody is composed for the same words, chords and bars with a seed of its own. Between the old and the new one
lies a path of melodies in which more and more is new. `amount` is the place on that path, by how much of the melody
differs. Everything outside what is chosen stays as it is, down to the samples of the dry vocal.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from lyrics.text import printable
from songsmith.accompaniment.parts import Accompaniment
from songsmith.accompaniment.soundfont import find_soundfont, load_soundfont
from songsmith.accompanying import own_voice, render_band
from songsmith.backing import arrange_backing, redrawn
from songsmith.cast import Cast, cast_voices
from songsmith.errors import InputError
from songsmith.melodics import melody_faults
from songsmith.origins import is_accompanied, is_over
from songsmith.over import recording_of, render_over
from songsmith.paper import FAULTY, PUT_ASIDE, Paper
from songsmith.pipeline import Progress, render
from songsmith.presets import with_presets
from songsmith.score import Score
from songsmith.singing.voices import load_voice
from songsmith.song import Backend, Provenance, Song
from songsmith.styles import load_style
from songsmith.told import score_warnings
from songsmith.varying.band import vary_parts
from songsmith.varying.melody import difference, vary_melody
from songsmith.varying.request import KEEP, WHAT, Request, chosen_bars

__all__ = ["KEEP", "WHAT", "Request", "difference", "vary", "vary_paper"]

OF_SOUND_FILES = "dB softer than it would be as wav"


def vary(
    song: Song,
    request: Request,
    *,
    voice: str | None = None,
    style: str | None = None,
    soundfont: str | Path | None = None,
    use_cache: bool = True,
    workers: int = 2,
    progress: Progress | None = None,
    warn: Callable[[str], None] = warnings.warn,
) -> Song:
    """Return a song varied, sung and mixed again; the other keywords are those of `songsmith.pipeline.render`.

    Parameters
    ----------
    voice, style : files of the user's own that a song from a folder was made with: it may not open any by itself

    Raises
    ------
    InputError : where nothing of the song can be varied as asked, and where the SoundFont is not the one it was
        played with
    """
    if is_over(song) and request.what != "melody":
        raise InputError(
            f"the song is sung over a recording, which is not ours to play anew: vary its melody, not {request.what}"
        )
    check_soundfont(song, soundfont)
    paper = vary_paper(song, request, voice, style)
    if is_over(song):
        recording, said = recording_of(song), song.provenance.backend("accompanist")
        varied = render_over(
            paper, recording, said, use_cache=use_cache, workers=workers, progress=progress, warn=warn
        )
    elif is_accompanied(song):
        dry, said = own_voice(song), song.provenance.backend("singer")
        varied = render_band(paper, dry, said, soundfont=soundfont, workers=workers, progress=progress)
    else:
        varied = render(
            paper, soundfont=soundfont, use_cache=use_cache, workers=workers, progress=progress, warn=warn
        )
    return replace(varied, provenance=_provenance(song, varied, request))


def check_soundfont(song: Song, soundfont: str | Path | None) -> None:
    """Raise InputError where a song was played with a SoundFont that is neither given nor the one found here."""
    used = song.provenance.backend("soundfont")
    if used is None or soundfont is not None:
        return
    own = dict(used.facts).get("sha256")
    if own is not None and own != load_soundfont(find_soundfont(None)).sha256:
        raise InputError(
            f"the song was played with the SoundFont {printable(used.name)}: give that file with --soundfont"
        )


def vary_paper(song: Song, request: Request, voice: str | None = None, style: str | None = None) -> Paper:
    """Return a song varied on paper; the arguments are those of `vary`."""
    if song.folder is not None:
        song = with_presets(song, voice, style)
    if song.notes and not len(song.performance.f0_hz):
        raise InputError("the song has no pitch and loudness curves, so it cannot be sung: make the song again")
    bars = chosen_bars(song, request)
    parts = song.parts
    if request.what != "melody":
        parts = vary_parts(song, request, bars)
    accompaniment = Accompaniment(parts, song.timeline, song.chords)
    score = Score(song.notes, song.chords, song.lyrics, song.plan)
    performance = song.performance
    cast = cast_voices(song.lyrics, song.brief.voice)
    if request.what in ("melody", "all") and request.blend is None:
        score, performance = vary_melody(song, request, bars, replace(accompaniment, parts=song.parts))
    if score.notes == song.notes:
        voices, told = redrawn(song), _lasting(song)
    else:
        voices, missed = arrange_backing(score, song.timeline, cast, song.seed, song.brief)
        told = _warnings(song, score, cast, missed)
    return Paper(
        title=song.title,
        seed=song.seed,
        brief=song.brief,
        style=load_style(song.brief.style),
        voice=load_voice(song.brief.voice, song.brief.performance or None),
        lyrics=song.lyrics,
        plan=song.plan,
        accompaniment=accompaniment,
        score=score,
        performance=performance,
        cast=cast,
        voices=voices,
        warnings=told,
    )


def _warnings(song: Song, score: Score, cast: Cast, missed: tuple[str, ...]) -> tuple[str, ...]:
    """Return the warnings of a song with those of its old score replaced by those of the new one."""
    before = Score(song.notes, song.chords, song.lyrics, song.plan)
    _, missed_before = arrange_backing(before, song.timeline, cast, song.seed, song.brief)
    stale = {*score_warnings(before, song.timeline, cast), *missed_before}
    kept = [told for told in _lasting(song) if told not in stale and not told.startswith((FAULTY, PUT_ASIDE))]
    faults = melody_faults(score)
    if faults and song.provenance.backend("melody") is None:
        kept.append(f"{FAULTY}: {'; '.join(faults)}")
    return tuple(dict.fromkeys((*kept, *score_warnings(score, song.timeline, cast), *missed)))


def _lasting(song: Song) -> tuple[str, ...]:
    """Return the warnings of a song but for what was told of its sound files, which are written anew."""
    return tuple(told for told in song.provenance.warnings if OF_SOUND_FILES not in told)


def _provenance(song: Song, varied: Song, request: Request) -> Provenance:
    """Return the provenance of the song with the variation added."""
    facts = {"amount": f"{request.amount:g}", "seed": str(request.seed)}
    if request.blend is not None:
        first, second = (printable(one)[:200] for one in request.blend)
        facts = {"blend": f"{first} / {second}", "at": f"{request.at:g}", "seed": str(request.seed)}
    for name in ("keep", "section"):
        if getattr(request, name) is not None:
            facts[name] = getattr(request, name)
    if request.guidance is not None:
        facts["guidance"] = f"{request.guidance:g}"
    if request.bars is not None:
        facts["bars"] = f"{request.bars[0]}-{request.bars[1]}"
    return varied.provenance.since(song.provenance, "variation", Backend.of(request.what, **facts))
