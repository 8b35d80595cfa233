"""The way of a song, from prompt and lyrics to a finished `Song`, stage after stage.

Brief -> Lyrics -> Plan -> Accompaniment -> Score -> Performance -> vocal and stems -> mix. Every stage is a public
function of its own; this module only calls them in order.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from lyrics.errors import LyricsError, MissingData
from lyrics.parse import parse_sheet, read_sheet
from lyrics.text import printable
from lyrics.values import Lyrics
from songsmith import __version__
from songsmith.accompaniment import ACCOMPANISTS
from songsmith.accompaniment import accompanist as find_accompanist
from songsmith.accompaniment.render import render_parts
from songsmith.accompaniment.soundfont import find_soundfont, load_soundfont
from songsmith.align import perform
from songsmith.audio import Audio
from songsmith.cache import Cache, cache_folder
from songsmith.compose import compose
from songsmith.errors import InputError, MissingPart
from songsmith.evaluate import check
from songsmith.form import plan_song
from songsmith.mix import MIX_SAMPLE_RATE, DefaultMixer, PartSettings
from songsmith.prompt import Overrides, read_prompt, unheeded
from songsmith.score import Score
from songsmith.singing import SINGERS
from songsmith.singing import singer as find_singer
from songsmith.singing.voices import load_voice
from songsmith.song import Backend, Provenance, Song
from songsmith.timeline import Meter

Progress = Callable[[str, float], None]

LARGEST_SEED = 2**63 - 1
SHEET_SUFFIX = ".txt"
TITLE_WORDS = 8


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
    accompanist: str = "patterns",
    length_s: float | None = None,
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
    lyrics : the text of a lyric sheet, the path of one (a `Path`, or one line that ends in `.txt`), or a parsed one
    seed : decides everything left open; the same seed gives the same bytes
    style, tempo, key, meter, voice : win over the words of the prompt
    accompanist : name of what plays
    length_s : length asked for in seconds, kept within a bar by lengthening the parts without words
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
    tell = progress or (lambda stage, share: None)
    _check_numbers(seed, length_s)
    words = read_lyrics(lyrics)
    brief, style_values = read_prompt(prompt, seed, Overrides(style, tempo, key, meter, voice))
    singer_voice = load_voice(brief.voice)
    singer = find_singer(singer_voice.singer)
    player = find_accompanist(accompanist)
    instruments = load_soundfont(find_soundfont(soundfont))

    tell("composing", 0.0)
    plan = plan_song(brief, words, style_values, seed, length_s)
    accompaniment = player.accompany(plan, brief, seed)
    comfortable = (singer_voice.range.comfortable_lowest, singer_voice.range.comfortable_highest)
    swing = style_values.swing_in(Meter.parse(plan.meter))
    score = compose(words, plan, accompaniment, comfortable, seed, swing, style_values.syncopation)
    performance = perform(score, accompaniment.timeline, singer_voice, seed)
    tell("composing", 1.0)

    tell("playing", 0.0)
    frames = int(accompaniment.timeline.beats[-1] * MIX_SAMPLE_RATE)
    stems = render_parts(accompaniment.parts, accompaniment.timeline, instruments, MIX_SAMPLE_RATE, frames, workers)
    tell("playing", 1.0)
    cache = Cache(cache_folder() if use_cache else None, warn=warn)
    vocal = singer.sing(
        performance,
        words,
        singer_voice,
        seed=seed,
        cache=cache,
        workers=workers,
        progress=lambda done, total: tell("singing", done / max(1, total)),
    )

    tell("mixing", 0.0)
    channels = {
        part.name: PartSettings(gain_db=part.gain_db, pan=part.pan, reverb=part.reverb) for part in style_values.parts
    }
    audio = DefaultMixer().mix(_fit(vocal, frames), stems, channels, brief.texture, frames)
    song = Song(
        title=title_of(words),
        seed=seed,
        brief=brief,
        lyrics=words,
        plan=plan,
        timeline=accompaniment.timeline,
        chords=accompaniment.chords,
        notes=score.notes,
        parts=accompaniment.parts,
        performance=performance,
        provenance=Provenance(
            __version__,
            (
                ("lyricist", None),
                ("accompanist", Backend.of(accompanist, version=ACCOMPANISTS.version(accompanist))),
                (
                    "singer",
                    Backend.of(
                        singer.name,
                        version=SINGERS.version(singer_voice.singer),
                        weights_sha256=singer.weights_sha256,
                    ),
                ),
                ("soundfont", Backend.of(instruments.path.stem, sha256=instruments.sha256)),
            ),
            (*unheeded(brief.prompt), *_warnings(score)),
        ),
        audio=audio,
    )
    tell("mixing", 0.7)
    song = replace(song, report=check(song))
    tell("mixing", 1.0)
    return song


def read_lyrics(lyrics: str | Path | Lyrics | None) -> Lyrics:
    """Return the lyrics, parsed; raise InputError where they cannot be sung, MissingPart where there are none."""
    if lyrics is None:
        raise MissingPart(
            "no lyrics were given, and this version cannot write them: give a sheet with --lyrics FILE (lyrics=...)"
        )
    try:
        if isinstance(lyrics, str) and lyrics.endswith(SHEET_SUFFIX) and "\n" not in lyrics:
            lyrics = Path(lyrics)
        if not isinstance(lyrics, Lyrics):
            return parse_sheet(lyrics) if isinstance(lyrics, str) else read_sheet(lyrics)
    except LyricsError as err:
        raise InputError(str(err)) from err
    except MissingData as err:
        raise MissingPart(str(err)) from err
    if not lyrics.syllables:
        raise InputError("the lyrics have no words to sing: give at least one line")
    return lyrics


def title_of(lyrics: Lyrics) -> str:
    """Return the title of a song: that of its sheet, or else the first words of its chorus or first line."""
    if lyrics.title:
        return printable(lyrics.title)
    sung = [section for section in lyrics.sections if not section.is_instrumental]
    section = next((s for s in sung if s.kind in ("chorus", "hook")), sung[0])
    line = next(line for line in section.lines if line.words)
    title = " ".join(word.text.replace("~", "") for word in line.words[:TITLE_WORDS])
    title = printable(title).strip(" ,;:.!?-")
    return title[:1].upper() + title[1:]


def _check_numbers(seed: int, length_s: float | None) -> None:
    """Refuse a seed or a length that cannot be."""
    if not 0 <= seed <= LARGEST_SEED:
        raise InputError(f"seed {seed} is out of range: use a whole number from 0 to {LARGEST_SEED}")
    if length_s is not None and not (math.isfinite(length_s) and length_s > 0):
        raise InputError(f"length {length_s:g} s is not possible: use a number of seconds above 0")


def _fit(audio: Audio, frames: int) -> Audio:
    """Return audio cut or padded with silence to so many frames."""
    if audio.frames == frames:
        return audio
    fitted = Audio.silence(audio.channels, frames, audio.sample_rate)
    length = min(frames, audio.frames)
    fitted.samples[:, :length] = audio.samples[:, :length]
    return fitted


def _warnings(score: Score) -> list[str]:
    """Return what the sheet asks for and this song does not have."""
    found = list(score.lyrics.notes)
    notes_of = [0] * len(score.lyrics.syllables)
    for note in score.notes:
        notes_of[note.syllable] += 1
    for section in score.lyrics.sections:
        for option in ("singer", "style"):
            if getattr(section, option) is not None:
                found.append(f"section [{section.label}]: {option}={getattr(section, option)} is not obeyed yet")
    for line, span in score.lyrics.numbered_lines():
        if line.backing:
            words = " ".join(word.text for word in line.backing)
            found.append(f"line {line.number}: the backing words ({words}) are not sung yet")
        asked = [extra for word in line.words for extra in word.melismas]
        missing = sum(max(0, 1 + extra - notes_of[k]) for extra, k in zip(asked, span, strict=True))
        if missing:
            found.append(f"line {line.number}: no room for {missing} of the notes that ~ asks for")
    return found
