"""Singing over a recording that is there: the lyrics on its bars, the melody on its chords, the voice in its mix.

Analysis -> Plan on the recording's own bars -> Score -> Performance on its own beats -> vocal -> mix. The song's beat
0 is the first downbeat of the recording; the timeline follows it beat by beat. The recording stays as it is but
for a gain: it is the stem `backing`, and `recording_of` gives it back.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from lyrics.values import Lyrics
from songsmith.accompaniment.parts import Accompaniment
from songsmith.analysis import Analysis
from songsmith.analysis.features import RATE, mono_of
from songsmith.analysis.sections import FoundSection
from songsmith.audio import Audio
from songsmith.cache import Cache, cache_folder
from songsmith.cast import cast_voices, move_into_ranges
from songsmith.composing.backing import Backing
from songsmith.errors import InputError
from songsmith.evaluation import check
from songsmith.ground import UNSURE, levels_of_bars, song_grid, write_melody_over
from songsmith.listened import Recording, read_recording
from songsmith.mixing.over import BACKING, GainCurve, mix_over
from songsmith.mixing.settings import MixSettings
from songsmith.origins import ACCOMPANIST, GAINS, RECORDING, SINGER
from songsmith.paper import Paper, check_seed, paper_of, read_lyrics, song_of, title_of
from songsmith.pipeline import Progress
from songsmith.placing import Grid, place_sections
from songsmith.plan import Plan
from songsmith.prompt import Overrides, understand
from songsmith.singing.voices import load_voice
from songsmith.song import Backend, Song
from songsmith.timeline import Meter
from songsmith.vocals import Studio, fit, singer_of

LEAST_TEMPO, MOST_TEMPO = 30.0, 300.0


def sing(
    lyrics: str | Path | Lyrics,
    over: str | Path | Audio,
    seed: int = 0,
    *,
    prompt: str = "",
    voice: str | None = None,
    key: str | None = None,
    tempo: float | None = None,
    keep_vocals: bool = False,
    separator: str | None = None,
    language: str | None = None,
    lexicon: Mapping[str, str] | str | Path | None = None,
    use_cache: bool = True,
    workers: int = 2,
    progress: Progress | None = None,
    warn: Callable[[str], None] = warnings.warn,
) -> Song:
    """Sing lyrics over a recording.

    Parameters
    ----------
    lyrics : as `songsmith.make` takes them
    over : the recording: a file, or sound in memory
    seed : decides the melody
    prompt : words about how to sing: style, mood and voice; the music is the recording's
    voice : wins over the prompt
    key, tempo : of the recording, where you know better than the analysis; the tempo in quarter notes a minute
    keep_vocals : whether a voice in the recording stays; otherwise it is separated and left out
    separator : name of what separates it, as `songsmith.separate` takes it
    language, lexicon : of the lyrics, as `songsmith.make` takes them
    use_cache, workers, progress, warn : as `songsmith.make` takes them

    Raises
    ------
    InputError : where the recording has no beat, or the words do not fit into it
    MissingPart : where a part is not installed
    """
    tell = progress or (lambda stage, share: None)
    check_seed(seed)
    words = read_lyrics(lyrics, language=language, lexicon=lexicon)
    tell("listening", 0.0)
    recording = read_recording(over, tempo=tempo, keep_vocals=keep_vocals, separator=separator)
    tell("listening", 1.0)
    paper = write_over(words, recording, seed, prompt=prompt, voice=voice, key=key)
    return render_over(paper, recording.audio, use_cache=use_cache, workers=workers, progress=progress, warn=warn)


def write_over(
    words: Lyrics,
    recording: Recording,
    seed: int,
    *,
    prompt: str = "",
    voice: str | None = None,
    key: str | None = None,
) -> Paper:
    """Return lyrics on paper, on the bars and chords of a recording."""
    found = recording.found
    timeline, chords, bars, irregular = song_grid(found, recording.audio.duration_s)
    if not LEAST_TEMPO <= timeline.tempo <= MOST_TEMPO:
        raise InputError(
            f"the tempo of the recording, {timeline.tempo:.0f} BPM, cannot be sung on: name it with --tempo"
        )
    reading = understand(
        prompt or "song", seed, Overrides(None, timeline.tempo, key or found.key, found.meter, voice)
    )
    brief = replace(reading.brief, instrumental=False, prompt=reading.brief.prompt if prompt else "")
    meter = Meter.parse(found.meter)
    bar_s = meter.beats_per_bar * 60.0 / timeline.tempo
    sections = place_sections(words, Grid(bars, bar_s, timeline.tempo, meter, _within(found.sections, bars)))
    plan = Plan(timeline.tempo, brief.key, found.meter, sections, chords)
    accompaniment = Accompaniment((), timeline, chords)
    singer = load_voice(brief.voice, brief.performance or None)
    cast = cast_voices(words, brief.voice)
    home = (singer.range.comfortable_lowest, singer.range.comfortable_highest)
    backing = heard_backing(recording.audio, found, bars, plan.beats)
    score = write_melody_over(words, plan, accompaniment, home, seed, reading.style.syncopation, backing)
    score = move_into_ranges(score, cast, brief.voice)
    told = [*recording.told, *_unsure(found)]
    if irregular:
        told.append(f"{irregular} bars of the recording have other beats than {found.meter}: counted through them")
    source = Backend.of(RECORDING, file=recording.name, sha256=recording.sha256)
    backends = (("lyricist", None), (ACCOMPANIST, source))
    title = title_of(words, prompt)
    return paper_of(title, seed, brief, reading.style, singer, cast, accompaniment, score, backends, told)


def _within(sections: tuple[FoundSection, ...], bars: int) -> tuple[FoundSection, ...]:
    """Return sections cut to so many bars."""
    return tuple(
        replace(s, bars=min(s.bars, bars - s.bar), voice=s.voice[: bars - s.bar]) for s in sections if s.bar < bars
    )


def heard_backing(audio: Audio, found: Analysis, bars: int, beats: int) -> Backing:
    """Return a recording as the melody writer hears it: how loud each bar is; tunes of its own are not told apart."""
    timeline, *_ = song_grid(found, audio.duration_s)
    return levels_of_bars(mono_of(audio), RATE, timeline, bars, beats)


def _unsure(found: Analysis) -> list[str]:
    """Return, one sentence each, what the analysis is not sure of, and how to help it."""
    told = []
    if found.confidence.downbeats < UNSURE:
        told.append(f"the bar lines of the recording are unsure ({found.confidence.downbeats:.2f})")
    if found.confidence.key < UNSURE:
        told.append(
            f"the key of the recording is unsure ({found.key}, {found.confidence.key:.2f}): name it with --key"
        )
    if found.confidence.chords < UNSURE:
        told.append(f"the chords of the recording are unsure ({found.confidence.chords:.2f})")
    return told


def render_over(
    paper: Paper,
    recording: Audio,
    source: Backend | None = None,
    *,
    use_cache: bool = True,
    workers: int = 2,
    progress: Progress | None = None,
    warn: Callable[[str], None] = warnings.warn,
) -> Song:
    """Return the song of a paper that is sung over a recording.

    Parameters
    ----------
    recording : stereo at the mixer's rate, as it is to be heard
    source : what the song says of the recording, None where the paper says it
    """
    tell = progress or (lambda stage, share: None)
    studio = Studio(paper.seed, Cache(cache_folder() if use_cache else None, warn=warn), workers)
    sung = studio.sing_lead(
        paper.performance, paper.lyrics, paper.cast, lambda done, total: tell("singing", done / max(1, total))
    )
    vocal = fit(sung, recording.frames)
    voices = studio.sing_parts(
        paper.voices, recording.frames, lambda done, total: tell("harmonising", done / max(1, total))
    )
    tell("mixing", 0.0)
    audio, gains = mix_over(vocal, recording, MixSettings.load(paper.style.mix), paper.brief.texture, voices)
    roles = dict(paper.backends)
    known = source or roles.get(ACCOMPANIST)
    facts = {**dict(known.facts if known else ()), GAINS: str(gains)}
    name = known.name if known else RECORDING
    roles.update({ACCOMPANIST: Backend.of(name, **facts), SINGER: singer_of(paper.voice)})
    song = song_of(paper, tuple(roles.items()), audio)
    song = replace(song, report=check(song))
    tell("mixing", 1.0)
    return song


def recording_of(song: Song) -> Audio:
    """Return the recording that a song is sung over, out of its stem; raise InputError where it is not there."""
    accompanist = song.provenance.backend(ACCOMPANIST)
    text = dict(accompanist.facts).get(GAINS) if accompanist is not None else None
    stem = song.read_audio().stems.get(BACKING)
    if stem is None or text is None:
        raise InputError(
            f"song {song.title!r} has no stem {BACKING!r} with its gains: it is not sung over a recording"
        )
    gains = GainCurve.parse(text).at_frames(stem.frames, stem.sample_rate)
    return Audio(np.asarray(stem.samples / gains, np.float32), stem.sample_rate)
