"""A song on the sound of an audio model: the music is played first, heard, and then sung on.

Plan -> sound of the planned length -> analysis -> the plan again, in the tempo, meter and key that are heard -> Score
on the heard beats and chords -> Performance -> mix. What the analysis is not sure of is taken from the plan instead,
and told. The sound is the stem `backing`; in an instrumental it is the whole mix.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lyrics.values import Lyrics
from songsmith.accompaniment import song_timeline
from songsmith.accompaniment.audio import SoundAccompanist, kind_of, sound_accompanist
from songsmith.accompaniment.audio.wish import has_own_words, sound_wish
from songsmith.accompaniment.parts import Accompaniment
from songsmith.analysis import Analysis, analyse
from songsmith.audio import Audio
from songsmith.brief import TEMPO_RANGE, Brief
from songsmith.cast import cast_voices, move_into_ranges
from songsmith.errors import InputError
from songsmith.evaluation import check
from songsmith.form import form_warnings, plan_song
from songsmith.ground import UNSURE, levels_of_bars, song_grid, write_melody_over
from songsmith.listened import for_mixer
from songsmith.mix import MIX_SAMPLE_RATE
from songsmith.mixing.master import master_gain
from songsmith.mixing.over import BACKING
from songsmith.mixing.settings import MixSettings
from songsmith.origins import ACCOMPANIST, BEATS
from songsmith.over import render_over
from songsmith.paper import Paper, check_seed, paper_of, read_lyrics, song_of, title_of
from songsmith.pipeline import Progress
from songsmith.plan import Chord, Plan
from songsmith.prompt import Overrides, Reading, understand
from songsmith.score import Score
from songsmith.singing.voices import load_voice
from songsmith.song import Backend, Mix, Song
from songsmith.styles import Style
from songsmith.timeline import TAIL_S, Meter, Timeline
from songsmith.vocals import fit
from songsmith.writing import Wishes, draft_words, lyricist_backend

SURE_BEATS, EVEN = 0.5, 0.03
"""Beats are sung on that are heard with at least this confidence, at distances that spread by at most this share.

Of bands that songsmith renders, beats are heard with 0.61 to 0.83 and spread by up to 0.005; of networks with random
weights with up to 0.45, spread by 0.03 and more; of pads without a beat with 0.42, spread by 0.07.
"""

TRIES = 3
"""How often music is played until it is long enough for the words at its own tempo."""

SPARE_S, SPARE = 4.0, 1.04
"""What music is longer than its plan by: time before its first bar line, and a slower tempo than asked for."""

NEAR_TEMPO = 0.08
"""Where another count of the same beats comes this near to the tempo asked for, that is how they are counted."""

SAME_TEMPO = 0.015


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What is sung on: a plan, the beats and chords it stands on, and the sound, cut to the song.

    Parameters
    ----------
    told : what is heard otherwise than it was asked for, or not surely
    facts : whether beats and chords are `heard` or `planned`
    """

    plan: Plan
    timeline: Timeline
    chords: tuple[Chord, ...]
    sound: Audio
    told: tuple[str, ...]
    facts: Mapping[str, str]


def make_on_sound(
    prompt: str,
    lyrics: str | Path | Lyrics | None = None,
    seed: int = 0,
    *,
    accompanist: str,
    style: str | None = None,
    tempo: float | None = None,
    key: str | None = None,
    meter: str | None = None,
    voice: str | None = None,
    performance: str | None = None,
    length_s: float | None = None,
    melody: str | Path | None = None,
    lexicon: Mapping[str, str] | str | Path | None = None,
    language: str | None = None,
    instrumental: bool = False,
    lyricist: str = "corpus",
    soundfont: str | Path | None = None,
    fetch: bool = False,
    use_cache: bool = True,
    workers: int = 2,
    progress: Progress | None = None,
    warn: Callable[[str], None] = warnings.warn,
) -> Song:
    """Make a whole song on the sound of an audio model; the arguments are those of `songsmith.pipeline.make`.

    Raises
    ------
    InputError : for anything wrong with the input, a tune or a SoundFont of the user's own among it
    MissingPart : where the model or what runs it is not on this machine
    """
    tell = progress or (lambda stage, share: None)
    check_seed(seed)
    if melody is not None:
        raise InputError(
            f"accompanist {kind_of(accompanist)!r} plays chords of its own, which a given melody does not fit: "
            "leave out --melody, or use another accompanist"
        )
    if soundfont is not None:
        raise InputError(f"accompanist {kind_of(accompanist)!r} uses no SoundFont: leave out --soundfont")
    player = sound_accompanist(accompanist, fetch)
    tell("composing", 0.0)
    reading = understand(prompt, seed, Overrides(style, tempo, key, meter, voice, performance))
    silent = instrumental or (reading.brief.instrumental and lyrics is None)
    brief = replace(reading.brief, instrumental=silent, length_s=length_s or reading.brief.length_s)
    reading = replace(reading, brief=brief)
    wordless = lyrics is None and not silent
    if wordless:
        lyrics = draft_words(reading, seed, Wishes(language=language or "en"), lyricist, fetch=fetch)[0].text
    words = read_lyrics(lyrics, language=language, lexicon=lexicon, instrumental=silent)
    ground = play(player, brief, words, reading.style, seed, length_s, lambda share: tell("playing", share))
    writer = lyricist_backend(lyricist) if wordless else None
    played = Backend.of(kind_of(accompanist), **player.facts(), **ground.facts)
    paper = write_on(ground, reading, words, seed, (("lyricist", writer), (ACCOMPANIST, played)), length_s)
    tell("composing", 1.0)
    if words.syllables:
        return render_over(paper, ground.sound, use_cache=use_cache, workers=workers, progress=progress, warn=warn)
    return render_alone(paper, ground.sound, workers)


def play(
    player: SoundAccompanist,
    brief: Brief,
    words: Lyrics,
    style: Style,
    seed: int,
    length_s: float | None = None,
    progress: Callable[[float], None] | None = None,
) -> Ground:
    """Return music for a brief with room for the words in it, and what to sing on in it.

    It is played again, longer, where at its own tempo it is too short for the words.
    """
    planned = plan_song(brief, words, style, seed, length_s)
    wanted_s = _lasting_s(planned)
    for attempt in range(TRIES):

        def told(share: float, attempt: int = attempt) -> None:
            if progress is not None:
                progress((attempt + share) / TRIES)

        sound = for_mixer(player.play(sound_wish(brief, wanted_s, seed), told))
        try:
            found = hear(sound, brief)
        except InputError as err:
            return on_plan(planned, sound, str(err).partition(":")[0])
        heard = heard_brief(brief, found)
        plan = plan_song(heard, words, style, seed, length_s)
        timeline, chords, bars, _ = song_grid(found, sound.duration_s)
        if plan.bars <= bars:
            if progress is not None:
                progress(1.0)
            return on_heard(plan, planned, timeline, chords, sound, found)
        missing_s = timeline.seconds(float(plan.beats)) - timeline.seconds(float(bars * plan.beats_per_bar))
        wanted_s = sound.duration_s + SPARE * missing_s + SPARE_S
    return on_plan(planned, sound, f"its bars end before the words do, in {TRIES} tries")


def _lasting_s(plan: Plan) -> float:
    """Return how long the music of a plan is asked to be."""
    return math.ceil(SPARE * song_timeline(plan).beats[-1] + SPARE_S)


def hear(sound: Audio, brief: Brief) -> Analysis:
    """Return the analysis of music that was asked for in a brief; raise InputError where its beat is not sure."""
    found = counted_as(analyse(sound), brief)
    gaps = np.diff(found.timeline.beats)
    spread = float(np.std(gaps) / np.mean(gaps))
    if found.confidence.beats < SURE_BEATS or spread > EVEN:
        raise InputError(f"beats heard with a confidence of {found.confidence.beats:.2f}, uneven by {spread:.1%}")
    if not TEMPO_RANGE[0] <= found.tempo <= TEMPO_RANGE[1]:
        raise InputError(f"its tempo seems to be {found.tempo:.0f} BPM, which cannot be sung on")
    return found


def counted_as(found: Analysis, brief: Brief) -> Analysis:
    """Return an analysis whose beats are counted as a brief asks for them, where they can be.

    The same music is counted at half or double the tempo, and slow quarters that are parted in three as 6/8. Where
    one of these comes to the tempo of the brief, the brief is right.
    """
    asked, heard = Meter.parse(brief.meter), Meter.parse(found.meter)
    ratio = heard.pulse_beats / asked.pulse_beats  # beats heard in a beat of the brief, pulse for pulse
    ratio = min((ratio / 2, ratio, ratio * 2), key=lambda r: abs(math.log(found.tempo / r / brief.tempo)))
    if ratio == 1.0 or abs(found.tempo / ratio / brief.tempo - 1.0) > NEAR_TEMPO:
        return found
    first = found.timeline.downbeats[0]
    places = np.arange(first, len(found.timeline.beats) - 1 + 1e-9, ratio)
    times = tuple(round(float(t), 4) for t in found.timeline.beats_to_seconds(places))
    if len(times) <= asked.beats_per_bar:
        return found
    downbeats = tuple(range(0, len(times), asked.beats_per_bar))
    spans = [(max(0.0, c.onset - first) / ratio, (c.end - first) / ratio, c.symbol) for c in found.chords]
    return replace(
        found,
        timeline=Timeline(round(found.tempo / ratio, 2), times, downbeats),
        meter=brief.meter,
        chords=tuple(Chord(a, b - a, symbol) for a, b, symbol in spans if b > a + 1e-6),
    )


def heard_brief(brief: Brief, found: Analysis) -> Brief:
    """Return a brief with the tempo and meter that are heard, and the key of the chords that will be sung on."""
    key = found.key if max(found.confidence.key, found.confidence.chords) >= UNSURE else brief.key
    return replace(brief, tempo=found.tempo, meter=found.meter, key=key)


def on_plan(plan: Plan, sound: Audio, why: str) -> Ground:
    """Return music whose beats are unsure with the beats and chords of its plan."""
    timeline = song_timeline(plan)
    told = (
        f"the beat of the music is unsure, {why}: the song keeps to the planned {plan.tempo:g} BPM and its chords",
    )
    facts = {BEATS: "planned", "chords": "planned"}
    cut = _cut(sound, plan, timeline)
    return Ground(plan, _until(timeline, cut.duration_s), plan.chords, cut, told, facts)


def on_heard(
    plan: Plan, planned: Plan, timeline: Timeline, chords: tuple[Chord, ...], sound: Audio, found: Analysis
) -> Ground:
    """Return music with the beats that are heard in it, and its chords, or the plan's where those are unsure.

    Parameters
    ----------
    plan, planned : in the tempo, meter and key heard, and in those asked for
    timeline, chords : of `songsmith.over.song_grid`
    """
    told = []
    if abs(found.tempo / planned.tempo - 1.0) > SAME_TEMPO:
        told.append(f"asked for {planned.tempo:g} BPM, the model played {found.tempo:.0f}: sung at that")
    if plan.meter != planned.meter:
        told.append(f"asked for {planned.meter}, the model played {plan.meter}: sung in that")
    if plan.key != planned.key:
        told.append(f"asked for {planned.key}, the model played in {plan.key}: sung in that")
    if found.confidence.downbeats < UNSURE:
        told.append(f"the bar lines of the music are unsure ({found.confidence.downbeats:.2f})")
    if found.confidence.key < UNSURE:
        told.append(f"the key of the music is unsure ({found.confidence.key:.2f}): {plan.key} is taken")
    heard = found.confidence.chords >= UNSURE
    if heard:
        end = float(plan.beats)
        within = [chord for chord in chords if chord.onset < end - 1e-6]
        plan = replace(plan, chords=tuple(replace(c, duration=min(c.end, end) - c.onset) for c in within))
    else:
        told.append(f"the chords of the music are unsure ({found.confidence.chords:.2f}): the planned ones are taken")
    facts = {BEATS: "heard", "chords": "heard" if heard else "planned"}
    cut = _cut(sound, plan, timeline)
    return Ground(plan, _until(timeline, cut.duration_s), plan.chords, cut, tuple(told), facts)


def _until(timeline: Timeline, end_s: float) -> Timeline:
    """Return a timeline that ends one beat past a time; it goes on evenly where it ended before."""
    times = list(timeline.beats)
    while times[-1] <= end_s:
        times.append(round(2 * times[-1] - times[-2], 4))
    kept = 1 + sum(time <= end_s for time in times)
    return Timeline(timeline.tempo, tuple(times[:kept]), tuple(d for d in timeline.downbeats if d < kept))


def _cut(sound: Audio, plan: Plan, timeline: Timeline) -> Audio:
    """Return sound that ends with its song: what rings on after the last bar fades."""
    last_s = timeline.seconds(float(plan.beats))
    whole = fit(sound, round((last_s + TAIL_S) * sound.sample_rate))
    samples = whole.samples.copy()
    length = min(whole.frames, round(TAIL_S * sound.sample_rate))
    samples[:, whole.frames - length :] *= np.cos(np.linspace(0.0, np.pi / 2, length, dtype=np.float32)) ** 2
    return Audio(samples, sound.sample_rate)


def write_on(
    ground: Ground,
    reading: Reading,
    words: Lyrics,
    seed: int,
    backends: tuple[tuple[str, Backend | None], ...],
    length_s: float | None = None,
) -> Paper:
    """Return a song on paper, on music that is played."""
    brief, plan, timeline = reading.brief, ground.plan, ground.timeline
    brief = replace(brief, tempo=plan.tempo, key=plan.key, meter=plan.meter)
    accompaniment = Accompaniment((), timeline, ground.chords)
    singer = load_voice(brief.voice, brief.performance or None)
    cast = cast_voices(words, brief.voice)
    score = Score((), ground.chords, words, plan)
    if words.syllables:
        home = (singer.range.comfortable_lowest, singer.range.comfortable_highest)
        mono = ground.sound.samples.mean(axis=0)
        backing = levels_of_bars(mono, ground.sound.sample_rate, timeline, plan.bars, plan.beats)
        score = write_melody_over(words, plan, accompaniment, home, seed, reading.style.syncopation, backing)
        score = move_into_ranges(score, cast, brief.voice)
    told = [*reading.warnings, *form_warnings(reading.brief, words, reading.style, length_s), *ground.told]
    if not has_own_words(reading.brief):
        told.append("the prompt is longer than audio models read: they were told style, mood, instruments and tempo")
    title = title_of(words, brief.prompt)
    return paper_of(title, seed, brief, reading.style, singer, cast, accompaniment, score, backends, told)


def render_alone(paper: Paper, sound: Audio, workers: int = 2) -> Song:
    """Return the song of a paper in which nobody sings: the sound itself, at the preset's loudness, is the mix."""
    settings = MixSettings.load(paper.style.mix)
    gain = master_gain(sound.samples, [sound.samples], MIX_SAMPLE_RATE, settings.master, workers)
    mix = Audio(np.ascontiguousarray(sound.samples * gain, np.float32), MIX_SAMPLE_RATE)
    song = song_of(paper, (*paper.backends, ("singer", None)), Mix(mix, {BACKING: mix}))
    return replace(song, report=check(song))
