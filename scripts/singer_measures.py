"""What is heard of a dry lead vocal, measured against what was intended: pitch, onsets, joins, rests, levels.

All times are seconds, all pitches Hz or cents. Trackers return times and pitch, 0 where unvoiced. Nothing here
is used for singing: it judges what was sung.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from songsmith.audio import Audio
from songsmith.performance import SILENCE, Performance, PhonemeSpan
from songsmith.score import Score
from songsmith.singing.phonemes import SONORANTS, bare
from songsmith.timeline import Timeline
from songsmith.units import cents_between, midi_to_hz

Signal = npt.NDArray[np.float64]
Track = tuple[Signal, Signal]

CHANGE_S = 0.03  # either side of a note change no pitch is judged
LONG_NOTE_S = 0.5
GLIDES = frozenset(("R", "W", "Y"))
ONSET_BAND_HZ = (150.0, 3000.0)


@dataclass(frozen=True, slots=True)
class PitchErrors:
    """How near the sung pitch is to the intended curve: share of voiced frames within 50 cents, median cents."""

    within: float
    median_cents: float
    frames: int


def praat_pitch(audio: Audio) -> Track:
    """Return Praat's autocorrelation pitch at every 10 ms.

    Source: P. Boersma, "Accurate short-term analysis of the fundamental frequency", IFA Proceedings 17 (1993).
    """
    import parselmouth

    sound = parselmouth.Sound(audio.samples.mean(axis=0).astype(np.float64), audio.sample_rate)
    pitch = sound.to_pitch_ac(time_step=0.01, pitch_floor=75, pitch_ceiling=1100)
    return pitch.xs(), pitch.selected_array["frequency"]


def swift_pitch(audio: Audio) -> Track:
    """Return the pitch of swift-f0, a neural tracker, at every 16 ms; it comes with the test extra."""
    import swift_f0
    from scipy.signal import resample_poly

    samples = resample_poly(audio.samples.mean(axis=0).astype(np.float64), 160, 441).astype(np.float32)
    heard = swift_f0.SwiftF0(threads=1, spin=False).detect(samples, 16_000, fmin=75.0, fmax=1100.0)
    return np.asarray(heard.timestamps, float), np.where(heard.confidence >= 0.5, heard.pitch_hz, 0.0).astype(float)


def pitch_errors(track: Track, performance: Performance, changes_s: Signal) -> PitchErrors:
    """Compare a track with the intended curve where both are voiced, 30 ms around note changes left out."""
    times, heard = track
    grid = np.arange(len(performance.f0_hz)) * performance.frame_period_s
    sung = performance.f0_hz > 0
    held = np.interp(times, grid[sung], performance.f0_hz[sung])
    frames = np.clip(np.rint(times / performance.frame_period_s).astype(int), 0, len(sung) - 1)
    judged = (heard > 0) & sung[frames]
    for change in changes_s:
        judged &= np.abs(times - change) > CHANGE_S
    off = np.abs(cents_between(np.maximum(heard[judged], 1.0), held[judged]))
    if not len(off):
        return PitchErrors(1.0, 0.0, 0)
    return PitchErrors(float(np.mean(off <= 50.0)), float(np.median(off)), len(off))


def note_changes(score: Score, timeline: Timeline) -> Signal:
    """Return the times of all note onsets and ends."""
    beats = [beat for note in score.notes for beat in (note.onset, note.end)]
    return timeline.beats_to_seconds(sorted(set(beats)))


def sustained_cents(track: Track, score: Score, timeline: Timeline) -> Signal:
    """Return for each note of half a second and more the mean of what is heard above its pitch, in cents."""
    times, heard = track
    result = []
    for note in score.notes:
        start, end = timeline.beats_to_seconds([note.onset, note.end])
        if end - start >= LONG_NOTE_S:
            inside = (times > start + 0.15) & (times < end - 0.12) & (heard > 0)
            cents = cents_between(
                np.maximum(heard[inside], 1.0), np.full(inside.sum(), midi_to_hz(float(note.pitch)))
            )
            cents = cents[np.abs(cents) < 300.0]
            if len(cents) >= 5:
                result.append(float(np.mean(cents)))
    return np.asarray(result)


def _cents(heard: Signal, reference_hz: float) -> Signal:
    return np.asarray(cents_between(np.maximum(heard, 1.0), np.full(heard.shape, reference_hz)))


def legato(track: Track, score: Score, timeline: Timeline) -> float:
    """Return the median voiced share of notes of half a second and more; 1 where there is none."""
    times, heard = track
    shares = []
    for note in score.notes:
        start, end = timeline.beats_to_seconds([note.onset, note.end])
        if end - start >= LONG_NOTE_S:
            inside = (times >= start) & (times <= end)
            shares.append(float(np.mean(heard[inside] > 0)))
    return float(np.median(shares)) if shares else 1.0


def vowel_onsets_ms(audio: Audio, performance: Performance) -> Signal:
    """Return how late each vowel is heard, in ms, where a change to it can be heard.

    After an obstruent or a silence it is where the level between 150 and 3000 Hz last rises through half of the
    vowel's own; where it never falls so low, and after nasals and L, where the spectrum changes fastest within
    60 ms. Vowels after vowels, R, W and Y are left out: nothing there happens at one moment.
    """
    rate = audio.sample_rate
    samples = audio.samples.mean(axis=0).astype(np.float64)
    envelope = _band_envelope(samples, rate)
    late = []
    spans = performance.phonemes
    for before, vowel in pairwise(spans):
        if not vowel.is_vowel or before.is_vowel or vowel.end - vowel.start < 0.06:
            continue
        name = bare(before.symbol)
        if name in GLIDES:
            continue
        rise = None if name in SONORANTS else _rise(envelope, rate, before, vowel)
        late.append((_fastest_change(samples, rate, before, vowel) if rise is None else rise) - vowel.start)
    return 1000.0 * np.asarray(late)


def _band_envelope(samples: Signal, rate: int) -> Signal:
    from scipy.signal import butter, sosfiltfilt

    band = sosfiltfilt(butter(4, ONSET_BAND_HZ, "bandpass", fs=rate, output="sos"), samples)
    width = rate // 100
    return np.asarray(np.sqrt(np.maximum(np.convolve(band**2, np.ones(width) / width, "same"), 0.0)))


def _rise(envelope: Signal, rate: int, before: PhonemeSpan, vowel: PhonemeSpan) -> float | None:
    """Return where the level last rises through half of the vowel's, None where it never lies below."""
    begin = round(max(before.start, vowel.start - 0.12) * rate)
    length = min(vowel.end - vowel.start, 0.15)
    first, past = round((vowel.start + 0.3 * length) * rate), round((vowel.start + length) * rate)
    half = 0.5 * float(np.median(envelope[first:past]))
    below = np.flatnonzero(envelope[begin : round((vowel.start + 0.6 * length) * rate)] < half)
    return (below[-1] + 1 + begin) / rate if len(below) else None


def _fastest_change(samples: Signal, rate: int, before: PhonemeSpan, vowel: PhonemeSpan) -> float:
    """Return where the spectrum over 20 ms before differs most from that over 20 ms after, near a vowel's start.

    The search reaches 60 ms either way, but not to the other end of the consonant or of the vowel.
    """
    width, step = round(0.02 * rate), round(0.002 * rate)
    window = np.hanning(width)
    hz = np.fft.rfftfreq(width, 1.0 / rate)
    used = (hz > 150.0) & (hz < 5000.0)

    def shape(at: int) -> Signal:
        piece = samples[at - width // 2 : at - width // 2 + width]
        if len(piece) < width:
            return np.zeros(len(hz[used]))
        power = np.abs(np.fft.rfft(piece * window)[used])
        level = np.log(np.convolve(power, np.ones(5) / 5, "same") + 1e-4)
        return np.asarray(level)

    early, after = (min(0.06, 0.7 * (span.end - span.start)) for span in (before, vowel))
    places = np.arange(round((vowel.start - early) * rate), round((vowel.start + after) * rate), step)
    change = [float(np.sum((shape(int(p) + width // 2) - shape(int(p) - width // 2)) ** 2)) for p in places]
    return float(places[int(np.argmax(change))]) / rate


def join_steps(audio: Audio, performance: Performance) -> tuple[float, float]:
    """Return the largest step between samples within 3 ms of phoneme joins, and the largest inside phonemes."""
    steps = np.abs(np.diff(audio.samples.mean(axis=0).astype(np.float64)))
    near = np.zeros(len(steps), bool)
    reach = round(0.003 * audio.sample_rate)
    for span in performance.phonemes:
        at = round(span.start * audio.sample_rate)
        near[max(0, at - reach) : at + reach] = True
    return float(steps[near].max(initial=0.0)), float(steps[~near].max(initial=0.0))


def rest_level_db(audio: Audio, performance: Performance) -> float:
    """Return the level above 300 Hz in silences, in dB below the voice; 30 ms at their edges are left out."""
    from scipy.signal import butter, sosfilt

    rate = audio.sample_rate
    high = sosfilt(butter(4, 300.0, "highpass", fs=rate, output="sos"), audio.samples.mean(axis=0).astype(np.float64))
    silent, sung = [np.zeros(1)], [np.zeros(1)]
    for span in performance.phonemes:
        first, past = round((span.start + 0.03) * rate), round((span.end - 0.03) * rate)
        if past > first:
            (silent if span.symbol == SILENCE else sung).append(high[first:past])
    power = [float(np.mean(np.concatenate(part) ** 2)) for part in (silent, sung)]
    return 10.0 * float(np.log10((power[0] + 1e-20) / (power[1] + 1e-20)))


def vowel_levels_db(audio: Audio, performance: Performance) -> tuple[Signal, Signal]:
    """Return for each vowel its pitch as a MIDI number and its RMS level with the intended loudness taken off."""
    rate, period = audio.sample_rate, performance.frame_period_s
    samples = audio.samples.mean(axis=0).astype(np.float64)
    pitches, levels = [], []
    for span in performance.phonemes:
        length = span.end - span.start
        if not span.is_vowel or length < 0.1:
            continue
        a, b = span.start + 0.2 * length, span.end - 0.25 * length
        frames = slice(int(a / period), int(b / period) + 1)
        power = np.mean(samples[int(a * rate) : int(b * rate)] ** 2)
        wanted = 10.0 * np.log10(np.mean(10.0 ** (performance.loudness_db[frames] / 10.0)))
        pitches.append(69.0 + float(cents_between(float(np.median(performance.f0_hz[frames])), 440.0)) / 100.0)
        levels.append(10.0 * np.log10(power + 1e-12) - wanted)
    return np.asarray(pitches), np.asarray(levels)


def ghost_db(audio: Audio, track: Track, score: Score, timeline: Timeline) -> float:
    """Return the median energy off the harmonics of the sung pitch below 2 kHz, in dB, inside steady long notes."""
    times, heard = track
    samples, rate = audio.samples.mean(axis=0).astype(np.float64), audio.sample_rate
    width = int(0.09 * rate)
    window, hz = np.hanning(width), np.fft.rfftfreq(4 * width, 1.0 / rate)
    values = []
    for note in score.notes:
        start, end = timeline.beats_to_seconds([note.onset, note.end])
        for at in np.arange(start + 0.1, end - 0.19, 0.05) if end - start >= 0.3 else ():
            f0 = heard[(times >= at) & (times <= at + 0.09)]
            piece = samples[int(at * rate) : int(at * rate) + width]
            if not len(f0) or (f0 <= 0).any() or len(piece) < width:
                continue
            pitch = float(np.median(f0))
            if np.ptp(_cents(f0, pitch)) > 40.0:
                continue
            power = np.abs(np.fft.rfft(piece * window, 4 * width)) ** 2
            near = np.abs(hz - np.round(hz / pitch) * pitch) <= np.maximum(2.2 * rate / width, 0.012 * hz)
            band = (hz > 0.6 * pitch) & (hz < 2000.0)
            values.append(10.0 * np.log10((power[band & ~near].sum() + 1e-12) / (power[band & near].sum() + 1e-12)))
    return float(np.median(values)) if values else float("nan")


def formants_hz(audio: Audio, performance: Performance, ceiling_hz: float) -> Signal:
    """Return Praat's first three formants in the middle of each long vowel, `[vowels, 3]`."""
    import parselmouth

    sound = parselmouth.Sound(audio.samples.mean(axis=0).astype(np.float64), audio.sample_rate)
    found = sound.to_formant_burg(time_step=0.01, max_number_of_formants=5, maximum_formant=ceiling_hz)
    rows = []
    for span in performance.phonemes:
        if span.is_vowel and span.end - span.start >= 0.15:
            at = span.start + np.linspace(0.35, 0.65, 5) * (span.end - span.start)
            rows.append([np.nanmedian([found.get_value_at_time(k, t) for t in at]) for k in (1, 2, 3)])
    return np.asarray(rows).reshape(-1, 3)
