"""The way of a song, from prompt and lyrics to a finished `Song`: paper first, then sound.

`write_paper` decides every note and phoneme, `render` plays, sings and mixes them; `make` is both.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lyrics.values import Lyrics
from songsmith.accompaniment import DEFAULT
from songsmith.accompaniment.audio import plays_sound
from songsmith.accompaniment.palette import part_styles
from songsmith.accompaniment.parts import Part
from songsmith.accompaniment.render import render_parts
from songsmith.accompaniment.soundfont import SoundFont, find_soundfont, load_soundfont
from songsmith.cache import Cache, cache_folder
from songsmith.evaluation import check
from songsmith.mix import MIX_SAMPLE_RATE, DefaultMixer, MixSettings, PartSettings
from songsmith.paper import Paper, read_lyrics, song_of, title_of, write_paper
from songsmith.song import Backend, Song
from songsmith.styles import Style
from songsmith.threads import single_threaded
from songsmith.vocals import Studio, singer_of

__all__ = ["Paper", "Progress", "make", "read_lyrics", "render", "title_of", "write_paper"]

Progress = Callable[[str, float], None]


@single_threaded()
def make(
    prompt: str,
    lyrics: str | Path | Lyrics | None = None,
    seed: int = 0,
    *,
    style: str | None = None,
    tempo: float | None = None,
    key: str | None = None,
    meter: str | None = None,
    voice: str | None = None,
    performance: str | None = None,
    accompanist: str = DEFAULT,
    length_s: float | None = None,
    melody: str | Path | None = None,
    lexicon: Mapping[str, str] | str | Path | None = None,
    language: str | None = None,
    instrumental: bool = False,
    lyricist: str = "corpus",
    fetch: bool = False,
    soundfont: str | Path | None = None,
    use_cache: bool = True,
    workers: int = 2,
    progress: Progress | None = None,
    warn: Callable[[str], None] = warnings.warn,
) -> Song:
    """Make a whole song.

    Parameters
    ----------
    prompt : what the song should be, in free words
    lyrics : the text of a lyric sheet, the path of one (a `Path`, or one line that ends in `.txt`), or a parsed one;
        without them the words are written too
    seed : decides everything left open; the same seed gives the same bytes
    style, tempo, key, meter, voice, performance : win over the words of the prompt
    accompanist : name of what plays: `diffusion` or `patterns`, or `musicgen:`, `stable-audio:` or `ace-step:` and an
        audio model
    length_s : length asked for in seconds, kept within a bar by lengthening the parts without words
    melody : a file with a tune of your own (MIDI, MusicXML or a recording) that the lyrics are sung on
    lexicon : pronunciations of words that come before the dictionary's, or the path of a file of them
    language : of the lyrics
    instrumental : whether nobody sings; there are no lyrics then
    lyricist : who writes the words where there are none: `corpus`, or `hf:` and a language model
    fetch : whether a model that is named and not on this machine may be downloaded
    soundfont : a SoundFont file of your own
    use_cache : whether phrases rendered before may be taken from the cache, and new ones put there
    workers : phrases and stems rendered at once; the result does not depend on it
    progress : called with the name of a stage and how much of it is done, 0 to 1
    warn : told what is wrong with the machine rather than with the song: a cache that cannot be written

    Raises
    ------
    InputError : for anything wrong with the input
    MissingPart : where a part is not installed
    """
    asked: dict[str, Any] = {
        "style": style,
        "tempo": tempo,
        "key": key,
        "meter": meter,
        "voice": voice,
        "performance": performance,
        "accompanist": accompanist,
        "length_s": length_s,
        "melody": melody,
        "lexicon": lexicon,
        "language": language,
        "instrumental": instrumental,
        "lyricist": lyricist,
    }
    rendering: dict[str, Any] = {
        "soundfont": soundfont,
        "use_cache": use_cache,
        "workers": workers,
        "progress": progress,
        "warn": warn,
    }
    if plays_sound(accompanist):
        from songsmith.generated import make_on_sound  # which is built on this module

        return make_on_sound(prompt, lyrics, seed, **asked, fetch=fetch, **rendering)
    tell = progress or _silent
    tell("composing", 0.0)
    paper = write_paper(prompt, lyrics, seed, **asked, fetch=fetch)
    tell("composing", 1.0)
    return render(paper, **rendering)


@single_threaded()
def render(
    paper: Paper,
    *,
    soundfont: str | Path | None = None,
    use_cache: bool = True,
    workers: int = 2,
    progress: Progress | None = None,
    warn: Callable[[str], None] = warnings.warn,
) -> Song:
    """Return the song of a paper with its sound: played, sung, mixed and checked; the arguments are `make`'s."""
    tell = progress or _silent
    instruments = load_soundfont(find_soundfont(soundfont))
    tell("playing", 0.0)
    parts, timeline = paper.accompaniment.parts, paper.accompaniment.timeline
    frames = int(timeline.beats[-1] * MIX_SAMPLE_RATE)
    stems = render_parts(parts, timeline, instruments, MIX_SAMPLE_RATE, frames, workers)
    tell("playing", 1.0)
    studio = Studio(paper.seed, Cache(cache_folder() if use_cache else None, warn=warn), workers)
    vocal, voices = studio.sing(
        paper.performance, paper.lyrics, paper.cast, paper.voices, frames, _telling(tell, "singing")
    )

    tell("mixing", 0.0)
    channels = channels_of(parts, paper.style)
    audio = DefaultMixer(MixSettings.load(paper.style.mix)).mix(
        vocal, stems, channels, paper.brief.texture, frames, voices, workers
    )
    song = song_of(paper, _backends(paper, instruments), audio)
    tell("mixing", 0.7)
    song = replace(song, report=check(song))
    tell("mixing", 1.0)
    return song


def channels_of(parts: Sequence[Part], style: Style) -> dict[str, PartSettings]:
    """Return what a style asks of each part in the mix."""
    return {
        name: PartSettings(gain_db=part.gain_db, pan=part.pan, reverb=part.reverb)
        for name, part in part_styles(parts, style).items()
    }


def _silent(stage: str, share: float) -> None:
    """Tell nobody of the progress."""


def _telling(tell: Progress, stage: str) -> Callable[[int, int], None]:
    """Return what tells the progress of a stage that counts what is done and all there is."""
    return lambda done, total: tell(stage, done / max(1, total))


def _backends(paper: Paper, instruments: SoundFont) -> tuple[tuple[str, Backend | None], ...]:
    """Return what filled each role of the song."""
    sung = singer_of(paper.voice) if paper.lyrics.syllables else None
    return (
        *paper.backends,
        ("singer", sung),
        ("soundfont", Backend.of(instruments.path.stem, sha256=instruments.sha256)),
    )
