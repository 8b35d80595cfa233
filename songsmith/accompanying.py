"""A band for a voice that is recorded: tempo, key and chords found from what is sung, and music made to fit.

The notes that are sung are read (`tunes.hum`), counted in beats, and harmonised; the beats follow the singer, so that
the band does, too. The recording stays as it is until the mix, where it is the lead vocal.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import gcd
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lyrics.text import printable
from lyrics.values import Lyrics
from songsmith.accompaniment import ACCOMPANISTS
from songsmith.accompaniment import accompanist as find_accompanist
from songsmith.accompaniment.parts import Accompaniment
from songsmith.accompaniment.render import render_parts
from songsmith.accompaniment.soundfont import find_soundfont, load_soundfont
from songsmith.audio import Audio
from songsmith.cast import cast_voices
from songsmith.errors import InputError
from songsmith.evaluation import check
from songsmith.harmonise import harmonise_melody, melody_key
from songsmith.metre import metric_strength
from songsmith.mix import MIX_SAMPLE_RATE, DefaultMixer, MixSettings
from songsmith.paper import Paper, check_seed, song_of, title_of
from songsmith.performance import FRAME_PERIOD_S, SILENCE, Performance, PhonemeSpan
from songsmith.pipeline import Progress, channels_of
from songsmith.plan import Chord, Plan, PlannedSection
from songsmith.prompt import Overrides, understand
from songsmith.score import Score
from songsmith.singing.voices import load_voice
from songsmith.song import Backend, Song
from songsmith.styles import Style
from songsmith.theory import Key
from songsmith.timeline import TAIL_S, Meter, Timeline
from songsmith.tunes.beatgrid import find_beats, quantise
from songsmith.tunes.hum import HeardNote, hear_notes
from songsmith.tunes.tune import TuneNote
from songsmith.vocals import fit

SINGER, RECORDING = "singer", "recording"
"""Role and name in the provenance of a voice that is a recording."""

INTRO_BARS, OUTRO_BARS, SECTION_BARS = 2, 1, 8
SHORTEST_S, LONGEST_S = 5.0, 900.0
LEAST_NOTES = 12
STRAY = 0.32
"""Sung notes are this far off the semitones of one tuning at most, in the mean; speech is further."""

LEAST_SUNG = 0.25
"""Share of the time between the first and the last note that is sung at least."""

STIFFNESS = 3.0
"""How much even beats weigh against where each note is sung."""

CHANGE_OF_METER = 1.06
"""How much better accents have to fit 3/4 than 4/4 to be taken for it."""

VOCAL_RATE = 22_050


@dataclass(frozen=True, slots=True)
class SungTune:
    """What is sung in a recording.

    Parameters
    ----------
    notes : in beats from the first bar line of the voice; a pickup comes before it
    timeline : when those beats are, from the bar line `lead_bars` before it on
    key, meter : of it
    bars : that it lasts, from its first bar line on
    """

    notes: tuple[TuneNote, ...]
    timeline: Timeline
    key: Key
    meter: Meter
    bars: int


def accompany(
    vocal: str | Path | Audio,
    prompt: str,
    seed: int = 0,
    *,
    style: str | None = None,
    tempo: float | None = None,
    key: str | None = None,
    meter: str | None = None,
    accompanist: str = "patterns",
    soundfont: str | Path | None = None,
    workers: int = 2,
    progress: Progress | None = None,
) -> Song:
    """Make a band for a voice that is recorded alone.

    Parameters
    ----------
    vocal : the recording of one voice, without accompaniment: a file, or sound in memory
    prompt : what the band should be
    seed : decides everything left open
    style : wins over the prompt
    tempo, key, meter : of the voice, where you know better than what is found; the tempo in quarter notes a minute
    accompanist, soundfont, workers, progress : as `songsmith.make` takes them

    Raises
    ------
    InputError : where no melody of one voice is heard in the recording: silence, speech, a band
    """
    tell = progress or (lambda stage, share: None)
    check_seed(seed)
    tell("listening", 0.0)
    recording, name, sha256 = _read(vocal)
    mono = _at_rate(recording.samples.mean(axis=0, dtype=np.float64), recording.sample_rate, VOCAL_RATE)
    heard = sung_notes(mono, VOCAL_RATE, name)
    tell("listening", 1.0)
    tune, lead_s = count_beats(heard, tempo, key, meter)
    asked = Overrides(style, tune.timeline.tempo, str(tune.key), str(tune.meter), None)
    reading = understand(prompt, seed, asked)
    brief = replace(reading.brief, instrumental=False)
    plan = _plan(tune, mono, lead_s, reading.style)
    written = find_accompanist(accompanist).accompany(plan, brief, seed)
    timeline = _lasting(tune.timeline, plan.beats, recording.duration_s + lead_s)
    last = len(timeline.beats) - 1
    parts = tuple(
        replace(part, notes=tuple(note for note in part.notes if note.onset + note.duration <= last))
        for part in written.parts
    )
    words = Lyrics("en", ())
    remark = f"{len(heard)} sung notes were heard, at {tune.timeline.tempo:g} BPM in {tune.key}, {tune.meter}"
    paper = Paper(
        title=title_of(words, prompt),
        seed=seed,
        brief=brief,
        style=reading.style,
        voice=load_voice(brief.voice),
        lyrics=words,
        plan=plan,
        accompaniment=Accompaniment(parts, timeline, written.chords),
        score=Score((), written.chords, words, plan),
        performance=_still(timeline.beats[-1]),
        cast=cast_voices(words, brief.voice),
        backends=(
            ("lyricist", None),
            ("accompanist", Backend.of(accompanist, version=ACCOMPANISTS.version(accompanist))),
            (SINGER, Backend.of(RECORDING, file=name, sha256=sha256, starts_s=f"{lead_s:.6f}")),
        ),
        warnings=(*reading.warnings, remark),
    )
    dry = _placed(recording, lead_s, int(timeline.beats[-1] * MIX_SAMPLE_RATE))
    return render_band(paper, dry, soundfont=soundfont, workers=workers, progress=progress)


def render_band(
    paper: Paper,
    dry: Audio,
    singer: Backend | None = None,
    *,
    soundfont: str | Path | None = None,
    workers: int = 2,
    progress: Progress | None = None,
) -> Song:
    """Return the song of a paper whose voice is a recording: the band is played and mixed with it.

    Parameters
    ----------
    dry : the voice, mono at the mixer's rate, where it stands in the song
    singer : what the song says of the recording, None where the paper says it
    """
    tell = progress or (lambda stage, share: None)
    timeline = paper.accompaniment.timeline
    parts = paper.accompaniment.parts
    tell("playing", 0.0)
    instruments = load_soundfont(find_soundfont(soundfont))
    frames = int(timeline.beats[-1] * MIX_SAMPLE_RATE)
    stems = render_parts(parts, timeline, instruments, MIX_SAMPLE_RATE, frames, workers)
    tell("playing", 1.0)
    tell("mixing", 0.0)
    channels = channels_of(parts, paper.style)
    mixer = DefaultMixer(MixSettings.load(paper.style.mix))
    audio = mixer.mix(fit(dry, frames), stems, channels, paper.brief.texture, frames, (), workers)
    roles = dict(paper.backends)
    if singer is not None:
        roles[SINGER] = singer
    roles["soundfont"] = Backend.of(instruments.path.stem, sha256=instruments.sha256)
    song = song_of(paper, tuple(roles.items()), audio)
    song = replace(song, report=check(song))
    tell("mixing", 1.0)
    return song


def is_accompanied(song: Song) -> bool:
    """Tell whether the voice of a song is a recording."""
    singer = song.provenance.backend(SINGER)
    return singer is not None and singer.name == RECORDING


def _read(vocal: str | Path | Audio) -> tuple[Audio, str, str]:
    """Return a recording, its name and the hash of its bytes."""
    if isinstance(vocal, Audio):
        digest = hashlib.sha256(np.ascontiguousarray(vocal.samples).tobytes()).hexdigest()
        audio, name = vocal, "recording"
    else:
        path = Path(vocal)
        audio, name = Audio.read(path), printable(path.name)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if not SHORTEST_S <= audio.duration_s <= LONGEST_S:
        raise InputError(f"{name}: lasts {audio.duration_s:.1f} s: give {SHORTEST_S:g} to {LONGEST_S:g} s of singing")
    if not np.isfinite(audio.samples).all():
        raise InputError(f"{name}: holds samples that are not numbers: save it again")
    return audio, name, digest


def _at_rate(samples: npt.NDArray[np.float64], own: int, wanted: int) -> npt.NDArray[np.float64]:
    from scipy.signal import resample_poly

    common = gcd(own, wanted)
    return samples if own == wanted else np.asarray(resample_poly(samples, wanted // common, own // common))


def _placed(recording: Audio, lead_s: float, frames: int) -> Audio:
    """Return the voice in the song: mono at the mixer's rate, `lead_s` after its beginning."""
    mono = _at_rate(recording.samples.mean(axis=0, dtype=np.float64), recording.sample_rate, MIX_SAMPLE_RATE)
    placed = np.zeros((1, frames), np.float32)
    first = round(lead_s * MIX_SAMPLE_RATE)
    source = mono[max(0, -first) :]
    start = max(0, first)
    length = min(len(source), frames - start)
    placed[0, start : start + length] = source[:length]
    return Audio(placed, MIX_SAMPLE_RATE)


def sung_notes(mono: npt.NDArray[np.float64], rate: int, name: str) -> list[HeardNote]:
    """Return the notes of a voice; raise InputError where nobody sings a melody."""
    if float(np.abs(mono).max(initial=0.0)) < 1e-4:
        raise InputError(f"{name}: is silent: give a recording of a voice")
    notes, _ = hear_notes(mono, rate)
    if len(notes) < LEAST_NOTES:
        raise InputError(
            f"{name}: {len(notes)} sung notes are heard, at least {LEAST_NOTES} are needed: give a voice that sings "
            "alone, without a band"
        )
    lengths = np.asarray([note.end_s - note.start_s for note in notes])
    stray = float((np.abs([note.off for note in notes]) * lengths).sum() / lengths.sum())
    share = float(lengths.sum() / (notes[-1].end_s - notes[0].start_s))
    if stray > STRAY or share < LEAST_SUNG or steadiness(notes) < LEAST_STEADY:
        raise InputError(
            f"{name}: sounds like speech or a band, not like one voice singing (notes {stray:.2f} semitones off, "
            f"{share:.0%} of the time sung, {steadiness(notes):.2f} on a scale): give a voice that sings alone"
        )
    return notes


LEAST_STEADY = 0.78
"""Share of the sung time that is on the best seven tones: chance is 0.58 to 0.7."""


def steadiness(notes: Sequence[HeardNote]) -> float:
    """Return the share of the sung time that is on tones of the best major scale."""
    heard = np.zeros(12)
    for note in notes:
        heard[note.pitch % 12] += note.end_s - note.start_s
    return max(float(heard[list(Key(tonic, "major").scale)].sum()) for tonic in range(12)) / float(heard.sum())


def count_beats(
    heard: Sequence[HeardNote], tempo: float | None = None, key: str | None = None, meter: str | None = None
) -> tuple[SungTune, float]:
    """Return the tune that is sung, and how many seconds after the song's beginning the recording begins."""
    spans = [(note.start_s, note.end_s) for note in heard]
    beats = find_beats([a for a, _ in spans], [b - a for a, b in spans], tempo)
    rows = quantise(spans, beats)
    onsets = np.asarray([onset for onset, _ in rows])
    weights = np.asarray([min(2.0, duration) for _, duration in rows])
    found, first = _bar_line(onsets, weights, None if meter is None else Meter.parse(meter))
    notes = tuple(
        TuneNote(round(onset - first, 6), duration, note.pitch)
        for (onset, duration), note in zip(rows, heard, strict=True)
    )
    lead_beats = INTRO_BARS * found.beats_per_bar + (found.beats_per_bar if notes[0].onset < -1e-6 else 0)
    bars = max(1, math.ceil((notes[-1].end - 1e-6) / found.beats_per_bar))
    count = lead_beats + (bars + OUTRO_BARS) * found.beats_per_bar
    times = _follow([note.onset + lead_beats for note in notes], [a for a, _ in spans], count, beats.tempo)
    lead_s = -float(times[0])
    timeline = Timeline(
        round(60.0 / float(np.median(np.diff(times))), 2),
        tuple(round(float(t) + lead_s, 6) for t in times),
        tuple(range(0, len(times), found.beats_per_bar)),
    )
    own = Key.parse(key) if key is not None else melody_key(notes)
    return SungTune(notes, timeline, own, found, bars), lead_s


def _bar_line(
    onsets: npt.NDArray[np.float64], weights: npt.NDArray[np.float64], meter: Meter | None
) -> tuple[Meter, float]:
    """Return the meter and the first bar line that long notes fit best; 4/4 unless 3/4 fits clearly better."""
    best: tuple[float, Meter, float] | None = None
    for one in (meter,) if meter is not None else (Meter.parse("4/4"), Meter.parse("3/4")):
        for place in range(one.beats_per_bar):
            strength = metric_strength(onsets - place, one)
            fit = float((weights * strength).sum() / (weights.sum() * _usual_strength(one)))
            fit /= CHANGE_OF_METER if str(one) == "3/4" and meter is None else 1.0
            if best is None or fit > best[0] + 1e-9:
                best = (fit, one, float(place))
    assert best is not None
    return best[1], best[2]


def _usual_strength(meter: Meter) -> float:
    """Return the mean strength of the eighths of a bar: what chance reaches."""
    return float(metric_strength(np.arange(0, meter.beats_per_bar, 0.5), meter).mean())


def _follow(places: Sequence[float], times_s: Sequence[float], count: int, tempo: float) -> npt.NDArray[np.float64]:
    """Return the times of `count` beats and the one past them: near every note that is sung, and as even as can be.

    Least squares on the distance of each note from its place between its beats, and on the second differences of
    the beats.
    """
    from scipy.linalg import solve

    beat_s = 60.0 / tempo
    size = count + 1
    matrix, target = np.zeros((size, size)), np.zeros(size)
    for place, time in zip(places, times_s, strict=True):
        k = int(np.clip(np.floor(place), 0, size - 2))
        share = place - k
        row = np.zeros(size)
        row[k], row[k + 1] = 1.0 - share, share
        matrix += np.outer(row, row)
        target += row * time
    for k in range(size - 2):
        row = np.zeros(size)
        row[k : k + 3] = 1.0, -2.0, 1.0
        matrix += STIFFNESS * 4.0 * np.outer(row, row)
    times = np.asarray(solve(matrix + 1e-9 * np.eye(size), target, assume_a="pos"))
    gaps = np.clip(np.diff(times), 0.7 * beat_s, 1.4 * beat_s)
    return np.asarray(times[0] + np.concatenate([[0.0], np.cumsum(gaps)]))


def _plan(tune: SungTune, mono: npt.NDArray[np.float64], lead_s: float, style: Style) -> Plan:
    """Return the plan of the band: an introduction, the bars that are sung in eights, an ending."""
    per_bar = tune.meter.beats_per_bar
    lead_bars = (len(tune.timeline.beats) - 1) // per_bar - tune.bars - OUTRO_BARS
    total = lead_bars + tune.bars + OUTRO_BARS
    chords = harmonise_melody(tune.notes, tune.key, tune.meter, tune.bars, style)
    shift = float(lead_bars * per_bar)
    opening = _opening(chords, lead_bars, per_bar)
    closing = Chord(shift + tune.bars * per_bar, float(OUTRO_BARS * per_bar), chords[0].symbol)
    laid = (*opening, *(replace(c, onset=round(c.onset + shift, 6)) for c in chords), closing)
    sections = [PlannedSection("intro", "Intro", 0, lead_bars, 0.35, (False,) * lead_bars)]
    edges = list(range(0, tune.bars, SECTION_BARS))
    if len(edges) > 1 and tune.bars - edges[-1] < SECTION_BARS // 2:
        edges.pop()
    levels = []
    for first, past in zip(edges, [*edges[1:], tune.bars], strict=True):
        span = [tune.timeline.beats[(lead_bars + bar) * per_bar] - lead_s for bar in (first, past)]
        a, b = (int(np.clip(t, 0.0, len(mono) / VOCAL_RATE) * VOCAL_RATE) for t in span)
        levels.append(10.0 * math.log10(float(np.mean(mono[a:b] ** 2)) + 1e-9) if b > a else -90.0)
    for number, (first, past) in enumerate(zip(edges, [*edges[1:], tune.bars], strict=True)):
        energy = round(
            float(np.clip(0.6 + (levels[number] - max(levels)) / 20.0 + 0.08 * (number % 2), 0.2, 0.85)), 3
        )
        bars = past - first
        label = f"Verse {number + 1}" if len(edges) > 1 else "Verse"
        sections.append(PlannedSection("verse", label, lead_bars + first, bars, energy, (True,) * bars))
    sections.append(PlannedSection("outro", "Outro", total - OUTRO_BARS, OUTRO_BARS, 0.4, (False,) * OUTRO_BARS))
    return Plan(tune.timeline.tempo, str(tune.key), str(tune.meter), tuple(sections), laid)


def _opening(chords: Sequence[Chord], bars: int, per_bar: int) -> tuple[Chord, ...]:
    """Return the chords of an introduction: those that the song begins with."""
    end = float(bars * per_bar)
    opening = [replace(c, duration=min(c.end, end) - c.onset) for c in chords if c.onset < end - 1e-6]
    if opening[-1].end < end - 1e-6:
        opening[-1] = replace(opening[-1], duration=end - opening[-1].onset)
    return tuple(opening)


def _lasting(timeline: Timeline, beats: int, voice_until_s: float) -> Timeline:
    """Return a timeline with beats for the sound to ring on in, past its last bar and past the voice."""
    times = list(timeline.beats)
    gap = 60.0 / timeline.tempo
    while times[-1] < max(times[beats] + TAIL_S, voice_until_s):
        times.append(round(times[-1] + gap, 6))
    return replace(timeline, beats=tuple(times))


def _still(end_s: float) -> Performance:
    """Return a performance in which nothing of ours is sung."""
    frames = int(end_s / FRAME_PERIOD_S + 1e-6) + 1
    silence = np.zeros(frames, np.float32)
    return Performance((PhonemeSpan(SILENCE, 0.0, round(end_s, 5)),), FRAME_PERIOD_S, silence, silence)
