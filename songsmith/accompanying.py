"""A band for a voice that is recorded: tempo, key and chords found from what is sung, and music made to fit.

The notes that are sung are read (`tunes.hum`), counted in beats, and harmonised; the beats follow the singer, so that
the band does, too. The recording stays as it is until the mix, where it is the lead vocal.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lyrics.text import printable
from lyrics.values import Lyrics
from songsmith.accompaniment import DEFAULT, accompanist_backend
from songsmith.accompaniment import accompanist as find_accompanist
from songsmith.accompaniment.parts import Accompaniment
from songsmith.accompaniment.render import render_parts
from songsmith.accompaniment.soundfont import find_soundfont, load_soundfont
from songsmith.audio import Audio, resampled
from songsmith.cast import cast_voices
from songsmith.errors import InputError
from songsmith.evaluation import check
from songsmith.harmonise import harmonise_melody
from songsmith.mix import MIX_SAMPLE_RATE, DefaultMixer, MixSettings
from songsmith.origins import RECORDING, SINGER
from songsmith.paper import Paper, check_seed, song_of, title_of
from songsmith.performance import FRAME_PERIOD_S, SILENCE, Performance, PhonemeSpan
from songsmith.pipeline import Progress, channels_of
from songsmith.plan import Chord, Plan, PlannedSection
from songsmith.prompt import Overrides, understand
from songsmith.score import Score
from songsmith.separation.reading import read_whole
from songsmith.singing.voices import load_voice
from songsmith.song import Backend, Song
from songsmith.styles import Style
from songsmith.sungtune import OUTRO_BARS, SungTune, count_beats, sung_notes
from songsmith.timeline import TAIL_S, Timeline
from songsmith.vocals import fit

SECTION_BARS = 8
SHORTEST_S, LONGEST_S = 5.0, 900.0
VOCAL_RATE = 22_050


def accompany(
    vocal: str | Path | Audio,
    prompt: str,
    seed: int = 0,
    *,
    style: str | None = None,
    tempo: float | None = None,
    key: str | None = None,
    meter: str | None = None,
    accompanist: str = DEFAULT,
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
    mono = resampled(recording.samples.mean(axis=0, dtype=np.float64), recording.sample_rate, VOCAL_RATE)
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
            ("accompanist", accompanist_backend(accompanist)),
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


def own_voice(song: Song) -> Audio:
    """Return the recorded voice of a song where it stands in it; raise InputError where it is not there."""
    dry = song.read_audio().dry_vocals
    if dry is None:
        raise InputError("the song's own dry/vocals is not there, so its voice cannot be mixed again: put it back")
    return dry


def _read(vocal: str | Path | Audio) -> tuple[Audio, str, str]:
    """Return a recording, its name and the hash of its bytes."""
    if isinstance(vocal, Audio):
        digest = hashlib.sha256(np.ascontiguousarray(vocal.samples).tobytes()).hexdigest()
        audio, name = vocal, "recording"
    else:
        path = Path(vocal)
        audio, name = read_whole(path, LONGEST_S), printable(path.name)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if not SHORTEST_S <= audio.duration_s <= LONGEST_S:
        raise InputError(f"{name}: lasts {audio.duration_s:.1f} s: give {SHORTEST_S:g} to {LONGEST_S:g} s of singing")
    if not np.isfinite(audio.samples).all():
        raise InputError(f"{name}: holds samples that are not numbers: save it again")
    return audio, name, digest


def _placed(recording: Audio, lead_s: float, frames: int) -> Audio:
    """Return the voice in the song: mono at the mixer's rate, `lead_s` after its beginning."""
    mono = resampled(recording.samples.mean(axis=0, dtype=np.float64), recording.sample_rate, MIX_SAMPLE_RATE)
    placed = np.zeros((1, frames), np.float32)
    first = round(lead_s * MIX_SAMPLE_RATE)
    source = mono[max(0, -first) :]
    start = max(0, first)
    length = min(len(source), frames - start)
    placed[0, start : start + length] = source[:length]
    return Audio(placed, MIX_SAMPLE_RATE)


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
