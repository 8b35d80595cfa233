"""New words over new bars: our singer sings them as over any recording whose beats and chords are known.

The band keeps its level but for the little it gives way to the voice; the whole is as loud as what came before.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lyrics.values import Lyrics
from songsmith import __version__
from songsmith.analysis import Analysis, Confidence
from songsmith.analysis.sections import FoundSection
from songsmith.audio import Audio, resampled
from songsmith.cache import Cache, cache_folder
from songsmith.cast import move_into_ranges
from songsmith.errors import InputError
from songsmith.export.lrc import song_to_lrc
from songsmith.extension.assembly import VOICES, total_of
from songsmith.extension.level import edged, lift
from songsmith.extension.recording import Extended
from songsmith.extension.taken_up import words_on
from songsmith.listened import Recording, for_mixer
from songsmith.mix import MIX_SAMPLE_RATE
from songsmith.mixing.loudness import loudness_lufs
from songsmith.mixing.over import mix_over
from songsmith.mixing.settings import BACKING_VOCALS, VOCALS, MixSettings
from songsmith.over import write_over
from songsmith.paper import Paper, paper_of
from songsmith.performance import FRAME_PERIOD_S, SILENCE, Performance, PhonemeSpan
from songsmith.phrasing import note_count, shortest_bars
from songsmith.pipeline import Progress
from songsmith.placing import LEAD_IN_BARS
from songsmith.song import Backend, Provenance, Song
from songsmith.timeline import Meter, Timeline
from songsmith.told import score_warnings
from songsmith.tunes.tune import TuneNote
from songsmith.vocals import Studio, fit, singer_of

RING_S = 2.0
"""The voice may ring on so long over what follows."""

LEAD_IN_S = 3.0
"""The voice waits about so long after the seam."""

WITH_VOICE_LU = 0.7
"""With a voice, bars may be louder by this than those of a recording in which nobody sings."""

LOUDEST_LUFS, HIGHEST_DBTP = -6.0, -0.1
NEAR_LU = 0.3

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Sung:
    """What is sung over the new bars: its paper, in seconds of the new bars, and who sings it."""

    paper: Paper
    singer: Backend
    lrc: str


def bars_needed(words: Lyrics, tempo: float, meter: Meter) -> int:
    """Return how many bars lyrics need at least, those before the voice included."""
    bars = LEAD_IN_BARS
    for section in words.sections:
        if not section.is_instrumental:
            least = sum(shortest_bars(note_count(line), tempo, meter) for line in section.lines if line.words)
            bars += max(least, section.bars or 0)
    return bars


def check_fits(words: Lyrics, tempo: float, meter: Meter, bars: int) -> None:
    """Raise InputError where lyrics are too long for so many new bars."""
    needed, bar_s = bars_needed(words, tempo, meter), meter.beats_per_bar * 60.0 / tempo
    if needed > bars:
        needed_s = math.ceil(needed * bar_s)
        raise InputError(
            f"the lyrics do not fit: they need at least {needed_s} s at {tempo:.0f} BPM, the new part lasts "
            f"{bars * bar_s:.1f} s: use --by {needed_s} or more, or fewer lines"
        )


def sing_on(
    extended: Extended,
    words: Lyrics,
    seed: int,
    confidence: Confidence,
    *,
    tune: Sequence[TuneNote] | None = None,
    prompt: str = "",
    voice: str | None = None,
    use_cache: bool = True,
    workers: int = 2,
    progress: Progress | None = None,
    warn: Callable[[str], None] = warnings.warn,
) -> tuple[Extended, Sung]:
    """Return a longer recording with lyrics sung over its new bars, and what is sung.

    Parameters
    ----------
    extended : its new bars without a voice
    confidence : of the analysis of the recording
    tune : in beats of the new bars, that the words are sung on; None for a melody of their own
    """
    check_fits(words, extended.timeline.tempo, Meter.parse(extended.meter), len(extended.bars))
    tell = progress or (lambda stage, share: None)
    rate = extended.mix.sample_rate
    first, past = extended.new_frames
    until = min(extended.mix.frames, past + round(RING_S * rate))
    band = {name: stem.samples[:, first:until] for name, stem in extended.stems.items() if name not in VOICES}
    heard = for_mixer(Audio(total_of(band), rate))
    new_frames = round((past - first) * MIX_SAMPLE_RATE / rate)
    found = _analysis(extended, confidence)
    excerpt = Audio(np.ascontiguousarray(heard.samples[:, :new_frames]), MIX_SAMPLE_RATE)
    paper = write_over(words, Recording(excerpt, found, "recording", ""), seed, prompt=prompt, voice=voice)
    if tune is not None:
        paper = on_tune(paper, tune)
    studio = Studio(seed, Cache(cache_folder() if use_cache else None, warn=warn), workers)
    vocal, voices = studio.sing(
        paper.performance,
        paper.lyrics,
        paper.cast,
        paper.voices,
        heard.frames,
        lambda done, total: tell("singing", done / max(1, total)),
    )
    tell("mixing", 0.0)
    settings = MixSettings.load(paper.style.mix)
    lufs = extended.wanted_lufs + (0.0 if extended.has_voice else WITH_VOICE_LU)
    master = replace(
        settings.master,
        loudness_lufs=float(np.clip(lufs, -60.0, LOUDEST_LUFS)),
        true_peak_dbtp=float(np.clip(20.0 * math.log10(extended.ceiling), -20.0, HIGHEST_DBTP)),
    )
    assert vocal is not None
    sound, points = mix_over(
        fit(vocal, heard.frames), heard, replace(settings, master=master), paper.brief.texture, voices
    )
    beat = round(60.0 / extended.timeline.tempo * rate)
    curve = edged(points.at_frames(past - first, rate), beat)
    ring = np.ones(until - first, np.float32)
    ring[past - first :] = np.linspace(1.0, 0.0, until - past, dtype=np.float32)
    stems = {name: Audio(stem.samples.copy(), rate) for name, stem in extended.stems.items()}
    for name in band:
        stems[name].samples[:, first:past] *= curve
    for name in (VOCALS, BACKING_VOCALS):
        if name in sound.stems:
            own = at_rate(sound.stems[name], rate, extended.mix.channels, until - first) * ring
            old = stems.setdefault(name, Audio(np.zeros_like(extended.mix.samples), rate))
            old.samples[:, first:until] += own
    inside = total_of({name: stem.samples[:, first:past] for name, stem in stems.items()})
    missing = float(np.clip(lufs, -60.0, LOUDEST_LUFS)) - loudness_lufs(inside, rate)
    if abs(missing) > NEAR_LU:  # peaks had no room
        _, lifted = lift(inside, lufs, extended.ceiling, rate)
        lifted = edged(lifted, beat)
        for stem in stems.values():
            stem.samples[:, first:past] *= lifted
    mix = extended.mix.samples.copy()
    mix[:, first:until] = total_of({name: stem.samples[:, first:until] for name, stem in stems.items()})
    tell("mixing", 1.0)
    rest_s, rest_from_s = extended.rest_s, extended.rest_from_s
    if rest_s is not None and until / rate > rest_s:
        rest_s, rest_from_s = until / rate, rest_from_s + until / rate - rest_s
    sung = replace(extended, mix=Audio(mix, rate), stems=stems, rest_s=rest_s, rest_from_s=rest_from_s)
    return sung, Sung(paper, singer_of(paper.voice), _lrc(paper, extended))


def on_tune(paper: Paper, tune: Sequence[TuneNote]) -> Paper:
    """Return a paper whose words are sung on a tune that is given, each line in the range of its singer."""
    score = move_into_ranges(words_on(tune, paper.score), paper.cast, paper.voice.name)
    return paper_of(
        paper.title, paper.seed, paper.brief, paper.style, paper.voice, paper.cast, paper.accompaniment, score,
        paper.backends, still_true(paper),
    )  # fmt: skip


def still_true(paper: Paper) -> tuple[str, ...]:
    """Return what is told of a paper but for what its score gave rise to."""
    stale = set(score_warnings(paper.score, paper.accompaniment.timeline, paper.cast))
    return tuple(sentence for sentence in paper.warnings if sentence not in stale)


def _analysis(extended: Extended, confidence: Confidence) -> Analysis:
    """Return what is known of the new bars, in seconds from their beginning."""
    start, end = extended.new_s
    beats = tuple(round(max(0.0, beat - start), 4) for beat in extended.timeline.beats)
    return Analysis(
        duration_s=round(end - start, 3),
        timeline=replace(extended.timeline, beats=beats),
        meter=extended.meter,
        key=extended.key,
        chords=extended.chords,
        sections=_with_lead_in(extended),
        loudness_lufs=np.zeros(0),
        loudness_period_s=0.1,
        integrated_lufs=round(extended.wanted_lufs, 2),
        tuning=0.0,
        voice=(),
        melody=(),
        confidence=confidence,
    )


def _with_lead_in(extended: Extended) -> tuple[FoundSection, ...]:
    """Return the sections of the new bars, a few bars for the voice to wait in before them."""
    start, end = extended.new_s
    total = len(extended.bars)
    wait = min(max(LEAD_IN_BARS, math.ceil(LEAD_IN_S * total / (end - start))), total - 1)
    if wait < 1:
        return extended.sections
    first = extended.sections[0]
    found = [replace(first, kind="intro", bars=wait, voice=(False,) * wait)]
    for section in extended.sections:
        begin, past = max(wait, section.bar), section.bar + section.bars
        if past > begin:
            found.append(replace(section, bar=begin, bars=past - begin, voice=(False,) * (past - begin)))
    return tuple(found)


def at_rate(audio: Audio, rate: int, channels: int, frames: int) -> Samples:
    """Return stereo at the mixer's rate as the recording has it: its rate, its channels, so many frames."""
    samples = audio.samples if channels == 2 else audio.samples.mean(axis=0, keepdims=True)
    samples = resampled(samples, audio.sample_rate, rate)
    return fit(Audio(np.ascontiguousarray(samples, np.float32), rate), frames).samples


def _lrc(paper: Paper, extended: Extended) -> str:
    """Return the text of `lyrics.lrc`, in seconds of the longer recording."""
    start = extended.new_s[0]
    later = tuple(
        replace(span, start=round(span.start + start, 5), end=round(span.end + start, 5))
        for span in paper.performance.phonemes
    )
    still = np.zeros(1, np.float32)
    spans = (PhonemeSpan(SILENCE, 0.0, later[0].start), *later) if later[0].start > 0 else later
    song = Song(
        title=paper.title,
        seed=paper.seed,
        brief=paper.brief,
        lyrics=paper.lyrics,
        plan=paper.plan,
        timeline=Timeline(extended.timeline.tempo, (0.0, max(0.1, extended.mix.duration_s)), (0,)),
        chords=paper.plan.chords,
        notes=paper.score.notes,
        parts=(),
        performance=Performance(spans, FRAME_PERIOD_S, still, still),
        provenance=Provenance(__version__),
    )
    return song_to_lrc(song)
