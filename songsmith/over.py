"""Singing over a recording that is there: the lyrics on its bars, the melody on its chords, the voice in its mix.

Analysis -> Plan on the recording's own bars -> Score -> Performance on its own beats -> vocal -> mix. The song's beat
0 is the first downbeat of the recording; the timeline follows it beat by beat. The recording stays as it is but
for a gain: it is the stem `backing`, and `recording_of` gives it back.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from math import gcd
from pathlib import Path

import numpy as np

from lyrics.text import printable
from lyrics.values import Lyrics
from songsmith.accompaniment.parts import Accompaniment
from songsmith.align import perform
from songsmith.analysis import Analysis, analyse
from songsmith.analysis.features import RATE, Frames, mono_of
from songsmith.analysis.sections import FoundSection
from songsmith.audio import Audio
from songsmith.backing import arrange_backing
from songsmith.cache import Cache, cache_folder
from songsmith.cast import cast_voices, move_into_ranges
from songsmith.compose import compose
from songsmith.composing.backing import Backing
from songsmith.errors import InputError
from songsmith.evaluation import check
from songsmith.melodics import melody_faults
from songsmith.mix import MIX_SAMPLE_RATE
from songsmith.mixing.over import BACKING, GainCurve, mix_over
from songsmith.mixing.settings import MixSettings
from songsmith.paper import LARGEST_SEED, Paper, check_seed, read_lyrics, score_warnings, song_of, title_of
from songsmith.pipeline import Progress
from songsmith.placing import Grid, place_sections
from songsmith.plan import Chord, Plan
from songsmith.prompt import Overrides, understand
from songsmith.score import Score
from songsmith.seeds import generator
from songsmith.singing.voices import load_voice
from songsmith.song import Backend, Song
from songsmith.timeline import Meter, Timeline
from songsmith.vocals import Studio, fit, singer_of

RECORDING = "recording"
"""Name of the accompanist of a song that is sung over a recording."""

ACCOMPANIST, GAINS = "accompanist", "gains"
"""Role and fact in the provenance that say what the recording was multiplied with."""

MELODIES_TRIED = 4
LEAST_TEMPO, MOST_TEMPO = 30.0, 300.0
QUIET_VOICE_DB = 14.0
"""A separated voice that is this far below the recording was none."""

SUNG_SHARE = 0.15
"""A recording in which somebody sings for more than this share of the time has a voice that is in the way."""

UNSURE = 0.4
"""Confidence below which a part of the analysis is told to be unsure."""


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """A recording to sing over.

    Parameters
    ----------
    audio : stereo at the rate of the mixer
    found : what the analysis says of it
    name, sha256 : of its file
    told : what was done to it, in plain words
    """

    audio: Audio
    found: Analysis
    name: str
    sha256: str
    told: tuple[str, ...] = ()


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


def read_recording(
    over: str | Path | Audio,
    *,
    tempo: float | None = None,
    keep_vocals: bool = False,
    separator: str | None = None,
) -> Recording:
    """Return a recording, analysed; one with a voice in it without that voice, unless it is to be kept."""
    if isinstance(over, Audio):
        audio, name = over, "recording"
        sha256 = hashlib.sha256(np.ascontiguousarray(audio.samples).tobytes()).hexdigest()
    else:
        path = Path(over)
        audio, name = Audio.read(path), printable(path.name)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    stereo = for_mixer(audio)
    found = analyse(audio, tempo=tempo)
    sung_s = sum(b - a for a, b in found.voice)
    if keep_vocals or sung_s <= SUNG_SHARE * found.duration_s:
        return Recording(stereo, found, name, sha256)
    stems, separator = separated(stereo)
    without = Audio(
        np.sum([stem.samples for name, stem in stems.items() if name != "vocals"], axis=0), MIX_SAMPLE_RATE
    )
    found = analyse(stereo, stems, tempo=tempo)
    told = f"the recording has a voice for {sung_s:.0f} s: it was separated by {separator} and left out"
    return Recording(without, found, name, sha256, (told,))


def separated(audio: Audio, model: str | None = None) -> tuple[Mapping[str, Audio], str]:
    """Return vocals, drums, bass and other of a recording, and the name of what separated them."""
    from songsmith.separation import default_model, separate

    name = model or default_model()
    return separate(audio, 4, name), name


def for_mixer(audio: Audio) -> Audio:
    """Return a recording as the mixer takes it: stereo at 44.1 kHz; one that is so already has its own samples."""
    samples = audio.samples
    if audio.channels > 2:
        raise InputError(f"the recording has {audio.channels} channels: give it in mono or stereo")
    if audio.channels == 1:
        samples = np.repeat(samples, 2, axis=0)
    if audio.sample_rate != MIX_SAMPLE_RATE:
        from scipy.signal import resample_poly

        common = gcd(MIX_SAMPLE_RATE, audio.sample_rate)
        up, down = MIX_SAMPLE_RATE // common, audio.sample_rate // common
        samples = np.asarray(resample_poly(samples, up, down, axis=1), np.float32)
    return Audio(np.ascontiguousarray(samples, np.float32), MIX_SAMPLE_RATE)


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
    singer = load_voice(brief.voice)
    cast = cast_voices(words, brief.voice)
    home = (singer.range.comfortable_lowest, singer.range.comfortable_highest)
    backing = heard_backing(recording.audio, found, bars, plan.beats)
    score = write_melody_over(words, plan, accompaniment, home, seed, reading.style.syncopation, backing)
    score = move_into_ranges(score, cast, brief.voice)
    voices, missed = arrange_backing(score, timeline, cast, seed)
    told = [*recording.told, *_unsure(found)]
    if irregular:
        told.append(f"{irregular} bars of the recording have other beats than {found.meter}: counted through them")
    return Paper(
        title=title_of(words, prompt),
        seed=seed,
        brief=brief,
        style=reading.style,
        voice=singer,
        lyrics=words,
        plan=plan,
        accompaniment=accompaniment,
        score=score,
        performance=perform(score, timeline, singer, seed),
        cast=cast,
        voices=voices,
        backends=(
            ("lyricist", None),
            (ACCOMPANIST, Backend.of(RECORDING, file=recording.name, sha256=recording.sha256)),
        ),
        warnings=(*told, *cast.warnings, *score_warnings(score, timeline, cast), *missed),
    )


def song_grid(found: Analysis, duration_s: float) -> tuple[Timeline, tuple[Chord, ...], int, int]:
    """Return a recording's beats from its first downbeat on, its chords on them, its bars, and how many are odd.

    The timeline goes on to the end of the recording and one beat past it. Bars are counted through from the downbeat
    that most others agree with.
    """
    per_bar = Meter.parse(found.meter).beats_per_bar
    downbeats = found.timeline.downbeats
    phases = [d % per_bar for d in downbeats]
    phase = max(range(per_bar), key=lambda p: (phases.count(p), -p))
    odd = sum(p != phase for p in phases)
    first = next((d for d in downbeats if d % per_bar == phase), downbeats[0])
    times = list(found.timeline.beats[first:])
    while times[-1] <= duration_s:
        times.append(round(2 * times[-1] - times[-2], 4))
    bars = (len(times) - 1) // per_bar
    while bars > 1 and times[bars * per_bar] > duration_s + 0.05:
        bars -= 1
    timeline = Timeline(found.timeline.tempo, tuple(times), tuple(range(0, len(times), per_bar)))
    end = float(bars * per_bar)
    chords = [
        Chord(max(0.0, c.onset - first), min(end, c.end - first) - max(0.0, c.onset - first), c.symbol)
        for c in found.chords
        if min(end, c.end - first) > max(0.0, c.onset - first) + 1e-6
    ]
    if chords and chords[-1].end < end - 1e-6:
        chords[-1] = replace(chords[-1], duration=end - chords[-1].onset)
    return timeline, tuple(chords), bars, odd


def _within(sections: tuple[FoundSection, ...], bars: int) -> tuple[FoundSection, ...]:
    """Return sections cut to so many bars."""
    return tuple(
        replace(s, bars=min(s.bars, bars - s.bar), voice=s.voice[: bars - s.bar]) for s in sections if s.bar < bars
    )


def heard_backing(audio: Audio, found: Analysis, bars: int, beats: int) -> Backing:
    """Return a recording as the melody writer hears it: how loud each bar is; tunes of its own are not told apart."""
    timeline, *_ = song_grid(found, audio.duration_s)
    return levels_of_bars(mono_of(audio), RATE, timeline, bars, beats)


def levels_of_bars(mono: Frames, sample_rate: int, timeline: Timeline, bars: int, beats: int) -> Backing:
    """Return music as the melody writer hears it: how loud each bar is against the loudest."""
    lines = timeline.beats_to_seconds(np.linspace(0, beats, bars + 1)) * sample_rate
    edges = np.clip(lines, 0, len(mono)).astype(int)
    levels = np.asarray([float(np.sqrt(np.mean(mono[a:b] ** 2))) if b > a else 0.0 for a, b in pairwise(edges)])
    top = float(levels.max())
    energy = levels / top if top > 0 else levels
    return Backing(tuple(round(float(e), 6) for e in energy), (0.0,) * beats)


def write_melody_over(
    words: Lyrics,
    plan: Plan,
    accompaniment: Accompaniment,
    home: tuple[int, int],
    seed: int,
    syncopation: float,
    backing: Backing,
) -> Score:
    """Return the melody of a seed on a recording, or where that is faulty the best of a few."""
    tried: list[tuple[int, int, Score]] = []
    for attempt in range(MELODIES_TRIED):
        own = seed if attempt == 0 else int(generator(seed, "melody over", attempt).integers(LARGEST_SEED))
        score = compose(words, plan, accompaniment, home, own, syncopation, backing=backing)
        faults = len(melody_faults(score))
        tried.append((faults, attempt, score))
        if not faults:
            break
    return min(tried, key=lambda one: one[:2])[2]


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
    roles.update({ACCOMPANIST: Backend.of(name, **facts), "singer": singer_of(paper.voice)})
    song = song_of(paper, tuple(roles.items()), audio)
    song = replace(song, report=check(song))
    tell("mixing", 1.0)
    return song


def is_over(song: Song) -> bool:
    """Tell whether a song is sung over a recording, or over sound that an audio model made."""
    accompanist = song.provenance.backend(ACCOMPANIST)
    return accompanist is not None and (accompanist.name == RECORDING or GAINS in dict(accompanist.facts))


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
