"""Other settings of a song that is made, what the whole of it hangs on: it is rendered again on the same score."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from lyrics.text import printable
from songsmith.accompaniment.parts import Accompaniment
from songsmith.accompanying import own_voice, render_band
from songsmith.cast import cast_voices, move_into_ranges
from songsmith.editing.settings import apply_settings
from songsmith.errors import InputError
from songsmith.origins import is_accompanied, is_generated, is_over
from songsmith.over import recording_of, render_over
from songsmith.paper import paper_of
from songsmith.pipeline import Progress, render
from songsmith.presets import with_presets
from songsmith.score import Score
from songsmith.singing.voices import load_voice
from songsmith.song import Backend, Song
from songsmith.styles import load_style
from songsmith.told import still_told
from songsmith.vary import check_soundfont


def edit_settings(
    song: Song,
    settings: Sequence[tuple[str, str]],
    *,
    voice: str | None = None,
    style: str | None = None,
    soundfont: str | Path | None = None,
    use_cache: bool = True,
    workers: int = 2,
    progress: Progress | None = None,
    warn: Callable[[str], None] = warnings.warn,
) -> Song:
    """Return a song with other settings, rendered again on the same score.

    Parameters
    ----------
    settings : paths and values, see `songsmith.editing.settings`
    voice, style : files of the user's own that a song from a folder was made with
    soundfont, use_cache, workers, progress, warn : as in `songsmith.pipeline.make`

    Raises
    ------
    InputError : for a setting that is not known or cannot be, and where the SoundFont is not the song's
    """
    if song.folder is not None:
        song = with_presets(song, voice, style)
    check_soundfont(song, soundfont)
    _check_settable(song, settings)
    changed = apply_settings(song, settings)
    cast = cast_voices(changed.lyrics, changed.brief.voice)
    singer = load_voice(changed.brief.voice, changed.brief.performance or None)
    score = move_into_ranges(Score(changed.notes, changed.chords, changed.lyrics, changed.plan), cast, singer.name)
    paper = paper_of(
        changed.title,
        song.seed,
        changed.brief,
        load_style(changed.brief.style),
        singer,
        cast,
        Accompaniment(changed.parts, changed.timeline, changed.chords),
        score,
        told=still_told(song),
    )
    if is_over(song):
        backing, said = recording_of(song), song.provenance.backend("accompanist")
        new = render_over(paper, backing, said, use_cache=use_cache, workers=workers, progress=progress, warn=warn)
    elif is_accompanied(song):
        paper, dry = replace(paper, performance=song.performance), own_voice(song)
        said = song.provenance.backend("singer")
        new = render_band(paper, dry, said, soundfont=soundfont, workers=workers, progress=progress)
    else:
        new = render(paper, soundfont=soundfont, use_cache=use_cache, workers=workers, progress=progress, warn=warn)
    did = Backend.of("settings", **{path: printable(value) for path, value in settings})
    return replace(new, provenance=new.provenance.since(song.provenance, "edit", did))


def _check_settable(song: Song, settings: Sequence[tuple[str, str]]) -> None:
    """Refuse to set what the music of a song hangs on where that is sound, not notes."""
    if is_accompanied(song):
        for path, _ in settings:
            if path in ("tempo", "key", "voice") or path.endswith(".singer"):
                raise InputError(
                    f"{path[:80]}: the voice of the song is a recording, which stays as it was sung: "
                    "use title, chords, parts, or energy and style of sections"
                )
    if not (is_over(song) or is_generated(song)):
        return
    if not song.notes:
        raise InputError("the music of the song is sound, not notes, and nobody sings: there is nothing to set")
    for path, _ in settings:
        if path not in ("title", "voice") and not (path.startswith("sections.") and path.endswith(".singer")):
            raise InputError(
                f"{path[:80]}: the music of the song is sound, not notes: use title, voice or sections.NAME.singer"
            )
