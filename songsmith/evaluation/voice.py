"""How the dry lead is sung: in tune, held, steady, alive. Measured on the sound with Praat's pitch.

Source: P. Boersma, "Accurate short-term analysis of the fundamental frequency", IFA Proceedings 17, 1993.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from songsmith.audio import Audio
from songsmith.performance import SILENCE, PhonemeSpan
from songsmith.score import Note
from songsmith.song import Song
from songsmith.units import cents_between, midi_to_hz

Times = npt.NDArray[np.float64]

SHORTEST_NOTE_S = 0.12
LONG_NOTE_S = 0.5
IN_TUNE_CENTS = 50.0
PITCH_STEP_S = 0.02
PITCH_RANGE_HZ = (75.0, 1100.0)
LEVEL_STEP_S = 0.05
VIBRATO_NOTE_S = 0.8
VIBRATO_CENTS = 15.0
_PITCH_RATE = 22050


def voice(song: Song, dry: Audio, track: tuple[Times, Times] | None = None) -> dict[str, float]:
    """Measure the lead against the score.

    A note counts (from 0.12 s) by the median pitch inside its vowel; where that is unvoiced it is wrong.
    `legato` is the median voiced share of notes of at least 0.5 s; see `expression` for the rest.
    `track` is the `pitch_track` of the lead where that is there already.
    """
    times, f0_hz = track or pitch_track(dry, song.performance.phonemes)
    vowels: dict[int, list[PhonemeSpan]] = {}
    for span in song.performance.phonemes:
        if span.syllable is not None and span.is_vowel:
            vowels.setdefault(span.syllable, []).append(span)
    cents: list[float] = []
    voiced: list[float] = []
    for note in song.notes:
        start, end = song.timeline.seconds(note.onset), song.timeline.seconds(note.end)
        if end - start >= LONG_NOTE_S:
            held = (times >= start) & (times <= end) & (f0_hz > 0)
            voiced.append(min(1.0, float(held.sum()) * PITCH_STEP_S / (end - start)))
        if end - start >= SHORTEST_NOTE_S:
            cents.append(_cents_off(note, *_inside(start, end, vowels.get(note.syllable, [])), times, f0_hz))
    off = np.abs(np.asarray(cents))
    return {
        "notes": len(cents),
        "in_tune": round(float(np.mean(off <= IN_TUNE_CENTS)), 3) if cents else 1.0,
        "median_cents_off": round(float(np.median(off[np.isfinite(off)])), 1) if np.isfinite(off).any() else 0.0,
        "long_notes": len(voiced),
        "legato": round(float(np.median(voiced)), 3) if voiced else 1.0,
        **expression(song, dry, times, f0_hz),
    }


def expression(song: Song, dry: Audio, times: Times, f0_hz: Times) -> dict[str, float]:
    """Measure how alive the lead is.

    `dynamic_range_db` is between the 10th and the 90th percentile of the level of voiced moments (50 ms),
    `pitch_movement_cents` the median over long notes of the standard deviation of the pitch in their second
    half, and `vibrato_share` how many notes of 0.8 s or more swing by at least 15 cents at 4 to 8 Hz there.
    """
    hop = round(LEVEL_STEP_S * dry.sample_rate)
    count = dry.frames // hop
    power = np.square(dry.samples[0, : count * hop]).reshape(count, hop).mean(axis=1) if count else np.zeros(0)
    place = np.clip((times[f0_hz > 0] / LEVEL_STEP_S).astype(int), 0, max(0, count - 1))
    levels_db = 10.0 * np.log10(power[np.unique(place)] + 1e-12) if count and place.size else np.zeros(0)
    moves: list[float] = []
    swings: list[bool] = []
    for note in song.notes:
        start, end = song.timeline.seconds(note.onset), song.timeline.seconds(note.end)
        inside = (times >= 0.5 * (start + end)) & (times <= end - 0.08) & (f0_hz > 0)
        if end - start < LONG_NOTE_S or inside.sum() < 4:
            continue
        curve = 1200.0 * np.log2(f0_hz[inside] / np.median(f0_hz[inside]))
        moves.append(float(curve.std()))
        if end - start >= VIBRATO_NOTE_S and inside.sum() >= 12:
            swings.append(_swings(curve))
    return {
        "dynamic_range_db": round(float(np.ptp(np.percentile(levels_db, (10, 90)))), 1) if levels_db.size else 0.0,
        "pitch_movement_cents": round(float(np.median(moves)), 1) if moves else 0.0,
        "vibrato_share": round(float(np.mean(swings)), 2) if swings else 0.0,
    }


def _swings(cents: Times) -> bool:
    """Tell whether a pitch curve in steps of 20 ms has a vibrato: its strongest swing lies at 4 to 8 Hz, 15 cents."""
    line = np.polyval(np.polyfit(np.arange(len(cents)), cents, 1), np.arange(len(cents)))
    spectrum = np.abs(np.fft.rfft((cents - line) * np.hanning(len(cents)), 512))
    rates = np.fft.rfftfreq(512, PITCH_STEP_S)
    peak = int(np.argmax(spectrum[1:])) + 1
    depth = 2.0 * spectrum[peak] / np.hanning(len(cents)).sum()
    return bool(4.0 <= rates[peak] <= 8.0 and depth >= VIBRATO_CENTS)


def _inside(start: float, end: float, vowels: list[PhonemeSpan]) -> tuple[float, float]:
    """Return the inner part, in seconds, of what a syllable's vowels fill of a note; of the note without any."""
    heard = [(max(start, v.start), min(end, v.end)) for v in vowels if min(end, v.end) - max(start, v.start) > 0.02]
    if heard:
        start, end = heard[0][0], heard[-1][1]
    return start + 0.2 * (end - start), end - 0.15 * (end - start)


def _cents_off(note: Note, start: float, end: float, times: Times, f0_hz: Times) -> float:
    """Return how far a note is sung from its pitch, infinity where it is not voiced."""
    sung = f0_hz[(times >= start) & (times <= end) & (f0_hz > 0)]
    return float(cents_between(float(np.median(sung)), midi_to_hz(float(note.pitch)))) if len(sung) > 1 else np.inf


def pitch_track(dry: Audio, spans: Sequence[PhonemeSpan]) -> tuple[Times, Times]:
    """Return the times and pitch in Hz (0 where unvoiced) of frames of 20 ms, where the spans are not silent.

    Silences longer than 0.1 s are cut out before the analysis, which takes time for them, too.
    """
    import parselmouth
    from scipy.signal import resample_poly

    factor = max(1, dry.sample_rate // _PITCH_RATE)
    rate = dry.sample_rate / factor
    samples = resample_poly(dry.samples.mean(axis=0), 1, factor).astype(np.float64)
    pieces: list[Times] = []
    cut_at: list[float] = []  # where, in the shortened sound, each piece begins
    came_from: list[float] = []
    length = 0
    for start_s, end_s in _sounding(spans, dry.duration_s):
        piece = samples[int(start_s * rate) : int(end_s * rate)]
        pieces.append(piece)
        cut_at.append(length / rate)
        came_from.append(int(start_s * rate) / rate)
        length += len(piece)
    if length < 0.1 * rate:
        return np.zeros(0), np.zeros(0)
    low, high = PITCH_RANGE_HZ
    pitch = parselmouth.Sound(np.concatenate(pieces), rate).to_pitch_ac(
        time_step=PITCH_STEP_S, pitch_floor=low, pitch_ceiling=high
    )
    short = np.asarray(pitch.xs())
    index = np.searchsorted(cut_at, short, side="right") - 1
    return short - np.asarray(cut_at)[index] + np.asarray(came_from)[index], pitch.selected_array["frequency"]


def _sounding(spans: Sequence[PhonemeSpan], duration_s: float) -> list[tuple[float, float]]:
    """Return the pieces, in seconds, between silences of more than 0.1 s, 50 ms of those at each end."""
    pieces: list[tuple[float, float]] = []
    for span in spans:
        if span.symbol == SILENCE and span.end - span.start > 0.1:
            continue
        start, end = max(0.0, span.start - 0.05), min(duration_s, span.end + 0.05)
        if pieces and start <= pieces[-1][1]:
            pieces[-1] = (pieces[-1][0], max(end, pieces[-1][1]))
        elif end > start:
            pieces.append((start, end))
    return pieces
