"""Other words in one line of a song that is made: it is sung anew in the finished mix, every other sample stays.

The sound is left in its files but for the pieces that change, and read for the report beside the singing.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from lyrics.text import printable
from songsmith.audio import Audio, frames_of
from songsmith.backing import drawn
from songsmith.cache import Cache, cache_folder
from songsmith.cast import cast_voices
from songsmith.editing.line import line_of, reword, sings
from songsmith.editing.patch import Finished, Patch, Stretch, resing, sum_error
from songsmith.errors import InputError
from songsmith.evaluation import check
from songsmith.kept import DRY, MIX, STEMS, KeptStems, Piece
from songsmith.origins import is_accompanied
from songsmith.presets import with_presets
from songsmith.score import Score
from songsmith.song import Backend, Mix, Provenance, Song, VoicePart
from songsmith.songfolder import kept_in, read_strips
from songsmith.threads import single_threaded
from songsmith.told import score_warnings, still_told
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
    """Return a song with other words in one line, or with other settings: see `edit_line` and
    `songsmith.editing.rendering`.

    Raises InputError where neither or both are asked for.
    """
    if (line is None) != (text is None) or (line is None) == (not settings):
        raise InputError("nothing to edit, or too much: give line= and text=, or settings=")
    if line is not None and text is not None:
        return edit_line(song, line, text, voice=voice, style=style, use_cache=use_cache, workers=workers)[0]
    from songsmith.editing.rendering import edit_settings

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
    voices = tuple(_with_curves(song, voice) if sings(voice, number) else voice for voice in song.voices)
    with ThreadPoolExecutor(max_workers=2) as reading:
        sound, whole = _finished(song, reading)
        song = replace(song, voices=voices)
        new = reword(song, number, text)
        studio = Studio(song.seed, Cache(cache_folder() if use_cache else None, warn=warn), workers)
        patch = resing(song, sound, new, number, studio)
        new = replace(new, audio=whole(patch), provenance=_provenance(song, new, number))
        return replace(new, report=check(new, _sum_error(song, sound, patch))), patch.stretch


def _finished(song: Song, reading: Executor) -> tuple[Finished, Callable[[Patch], Mix]]:
    """Return the sound of a song in pieces, and what puts a patch into the whole; files are read meanwhile."""
    if (mix := song.audio) is not None:
        return Finished.in_memory(mix), lambda patch: _patched(mix, patch)
    if song.folder is None:
        raise InputError(f"song {song.title!r} has no sound yet: render it, or load it from its folder")
    kept = kept_in(song.folder)
    if kept.files[MIX].suffix == ".mp3":
        raise InputError(f"{song.folder}: its sound is mp3, which cannot be cut into: make the song as wav or flac")
    read = {name: reading.submit(kept.read, name) for name in (MIX, DRY) if name in kept.files}
    frames = frames_of(kept.files[MIX])
    strips = read_strips(song.folder, frames)

    def whole(patch: Patch) -> Mix:
        pieces = {name: Piece(patch.stretch.first, samples) for name, samples in patch.sounds.items()}
        now = replace(kept, pieces=pieces)
        sounds = {name: job.result() for name, job in read.items()}
        for name, audio in sounds.items():
            pieces[name].put_into(audio.samples)
        return Mix(sounds[MIX], KeptStems(now), sounds[DRY], strips, now)

    return Finished.in_files(kept, strips, frames), whole


def _patched(mix: Mix, patch: Patch) -> Mix:
    """Return a sound in memory with a patch put in."""

    def put(name: str, audio: Audio) -> Audio:
        if name not in patch.sounds:
            return audio
        samples = audio.samples.copy()
        Piece(patch.stretch.first, patch.sounds[name]).put_into(samples)
        return Audio(samples, audio.sample_rate)

    stems = {name: put(STEMS + name, audio) for name, audio in mix.stems.items()}
    dry = None if mix.dry_vocals is None else put(DRY, mix.dry_vocals)
    return Mix(put(MIX, mix.mix), stems, dry, mix.strips)


def _sum_error(old: Song, sound: Finished, patch: Patch) -> float | None:
    """Return the largest difference between mix and stems, in the stretch and by the old report."""
    measured = (old.report or {}).get("sound", {}).get("stem_sum_error")
    return max(measured, sum_error(sound, patch)) if isinstance(measured, float) else None


def _provenance(old: Song, new: Song, number: int) -> Provenance:
    """Return the provenance with the edit of a line added."""
    did = Backend.of("line", number=str(number), text=printable(line_of(new, number).text))
    return replace(old.provenance.since(old.provenance, "edit", did), warnings=_told_of(old, new))


def _told_of(old: Song, new: Song) -> tuple[str, ...]:
    """Return what is to be told of a song, with that of its new score in the place of that of its old one."""
    score = Score(new.notes, new.chords, new.lyrics, new.plan)
    fresh = score_warnings(score, new.timeline, cast_voices(new.lyrics, new.brief.voice))
    return tuple(dict.fromkeys((*still_told(old), *fresh)))


def _with_curves(song: Song, voice: VoicePart) -> VoicePart:
    """Return a voice beside the lead with its curves, which a song's folder does not hold."""
    return voice if len(voice.performance.f0_hz) else drawn(song, voice)
