"""Editing a song that is made: other words in one line, or another setting.

`edit_line` sings one line anew in the finished mix: every other sample stays. `edit_settings` changes what the whole
song hangs on (tempo, key, a voice, a chord, an instrument, a section) and renders it again on the same score.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lyrics.text import printable
from songsmith.accompaniment.parts import Accompaniment
from songsmith.accompanying import is_accompanied, own_voice, render_band
from songsmith.backing import redrawn
from songsmith.cache import Cache, cache_folder
from songsmith.cast import cast_voices, move_into_ranges
from songsmith.editing.line import line_of, reword
from songsmith.editing.patch import Stretch, resing, sum_error
from songsmith.editing.settings import apply_settings
from songsmith.errors import InputError
from songsmith.evaluation import check
from songsmith.generated import is_generated
from songsmith.over import is_over, recording_of, render_over
from songsmith.paper import paper_of, score_warnings, still_told
from songsmith.pipeline import Progress, render
from songsmith.score import Score
from songsmith.singing.voices import load_voice
from songsmith.song import Backend, Mix, Provenance, Song
from songsmith.songfolder import kept_mix
from songsmith.styles import load_style
from songsmith.threads import single_threaded
from songsmith.vary import check_soundfont, with_presets
from songsmith.vocals import Studio


def edit(
    song: Song,
    *,
    line: int | None = None,
    text: str | None = None,
    settings: Mapping[str, str | float] | None = None,
    voice: str | None = None,
    style: str | None = None,
    soundfont: str | Path | None = None,
    use_cache: bool = True,
    workers: int = 2,
) -> Song:
    """Return a song with other words in one line, or with other settings: see `edit_line` and `edit_settings`.

    Raises InputError where neither or both are asked for.
    """
    if (line is None) != (text is None) or (line is None) == (not settings):
        raise InputError("nothing to edit, or too much: give line= and text=, or settings=")
    if line is not None and text is not None:
        return edit_line(song, line, text, voice=voice, style=style, use_cache=use_cache, workers=workers)[0]
    pairs = [(path, str(value)) for path, value in (settings or {}).items()]
    return edit_settings(
        song, pairs, voice=voice, style=style, soundfont=soundfont, use_cache=use_cache, workers=workers
    )


@single_threaded()
def edit_line(
    song: Song,
    number: int,
    text: str,
    *,
    voice: str | None = None,
    style: str | None = None,
    use_cache: bool = True,
    workers: int = 2,
    warn: Callable[[str], None] = warnings.warn,
) -> tuple[Song, Stretch]:
    """Return a song with other words in one line, and the frames between which it differs.

    The dry vocal of all other lines, every stem of the band, and the mix outside that stretch keep their samples.

    Parameters
    ----------
    song : with sound, in memory or in its folder
    number : of the line, counted from 1 in sung order, repeats expanded
    text : of the new line, as in a sheet
    voice, style : files of the user's own that a song from a folder was made with
    use_cache, workers, warn : as in `songsmith.pipeline.make`

    Raises
    ------
    InputError : where there is no such line, the words do not fit its notes, or the song's files are not complete
    """
    if song.folder is not None:
        song = with_presets(song, voice, style)
    if is_accompanied(song):
        raise InputError("the voice of the song is a recording, so no line of it can be sung anew: record it again")
    line_of(song, number)
    if not len(song.performance.f0_hz):
        raise InputError("the song has no pitch and loudness curves, so it cannot be sung: make the song again")
    mix = song.audio
    if mix is None:
        if song.folder is None:
            raise InputError(f"song {song.title!r} has no sound yet: render it, or load it from its folder")
        if (song.folder / "mix.mp3").is_file():
            raise InputError(
                f"{song.folder}: its sound is mp3, which cannot be cut into: make the song as wav or flac"
            )
        mix = kept_mix(song.folder)
        song = replace(song, voices=redrawn(song))
    new = reword(song, number, text)
    studio = Studio(song.seed, Cache(cache_folder() if use_cache else None, warn=warn), workers)
    sound, stretch = resing(song, mix, new, number, studio)
    new = replace(new, audio=sound, provenance=_provenance(song, new, number))
    return replace(new, report=check(new, _sum_error(song, sound, stretch))), stretch


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


def _sum_error(old: Song, mix: Mix, stretch: Stretch) -> float | None:
    """Return the largest difference between mix and stems, in the stretch and by the old report."""
    measured = (old.report or {}).get("sound", {}).get("stem_sum_error")
    return max(measured, sum_error(mix, stretch)) if isinstance(measured, float) else None


def _provenance(old: Song, new: Song, number: int) -> Provenance:
    """Return the provenance with the edit of a line added."""
    did = Backend.of("line", number=str(number), text=printable(line_of(new, number).text))
    return replace(old.provenance.since(old.provenance, "edit", did), warnings=_told_of(old, new))


def _told_of(old: Song, new: Song) -> tuple[str, ...]:
    """Return what is to be told of a song, with that of its new score in the place of that of its old one."""
    score = Score(new.notes, new.chords, new.lyrics, new.plan)
    fresh = score_warnings(score, new.timeline, cast_voices(new.lyrics, new.brief.voice))
    return tuple(dict.fromkeys((*still_told(old), *fresh)))
