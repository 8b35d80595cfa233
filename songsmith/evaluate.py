"""The cheap checks: what can be measured of a song without a recogniser, in about a second.

Paper checks read notes, phonemes and chords; sound checks read the mix, its stems and the dry lead. Each is a
function that returns plain numbers, their units in their names; `check` gathers them for `report.json`, with
findings in plain words where a number is not what a listener should get.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from songsmith.audio import Audio
from songsmith.mixing.loudness import true_peak_dbtp
from songsmith.performance import SILENCE, PhonemeSpan
from songsmith.plan import Chord
from songsmith.score import Note
from songsmith.song import Mix, Song
from songsmith.theory import parse_chord
from songsmith.timeline import Meter
from songsmith.units import cents_between, midi_to_hz

Times = npt.NDArray[np.float64]

SHORTEST_NOTE_S = 0.12
LONG_NOTE_S = 0.5
IN_TUNE_CENTS = 50.0
LONGEST_SILENCE_S = 2.0
SILENCE_DBFS = -55.0
PITCH_STEP_S = 0.01
PITCH_RANGE_HZ = (75.0, 1100.0)
_PITCH_RATE = 22050
_ON_GRID_BEATS = 0.02


def check(song: Song) -> dict[str, Any]:
    """Return the report of a song: measurements by subject, and `findings` in plain words.

    The sound is the one in memory or in the song's folder; a song without any gets paper checks only.
    """
    audio = song.read_audio() if song.audio is not None or song.folder is not None else None
    report: dict[str, Any] = {"placement": placement(song), "timing": timing(song), "harmony": harmony(song)}
    if audio is not None:
        if audio.dry_vocals is not None and song.notes:
            report["voice"] = voice(song, audio.dry_vocals)
        report["sound"] = sound(audio, _sections_end_s(song))
    report["findings"] = findings(report)
    return report


# --- on paper ------------------------------------------------------------------------------------------------


def placement(song: Song) -> dict[str, int]:
    """Count syllables, and those that are not sung exactly once and in order.

    `unplaced` have no note, `repeated` begin more than once, `unspoken` have no phoneme; `out_of_order` counts
    notes and phonemes that go back to an earlier syllable.
    """
    numbers = range(len(song.lyrics.syllables))
    begun = Counter(note.syllable for note in song.notes if not note.slur)
    spoken = [span.syllable for span in song.performance.phonemes if span.syllable is not None]
    said = set(spoken)
    order = [note.syllable for note in song.notes]
    return {
        "syllables": len(numbers),
        "unplaced": sum(number not in begun for number in numbers),
        "repeated": sum(count > 1 for count in begun.values()),
        "unspoken": sum(number not in said for number in numbers),
        "out_of_order": sum(b < a for a, b in pairwise(order)) + sum(b < a for a, b in pairwise(spoken)),
    }


def timing(song: Song) -> dict[str, float]:
    """Count gaps and overlaps between phonemes (over 1 ms), and measure vowels against their notes.

    `vowel_onset_p95_ms` is how far, for 95 % of the syllables, the vowel at most begins from its note.
    """
    spans = song.performance.phonemes
    vowels: dict[int, float] = {}
    for span in spans:
        if span.syllable is not None and span.is_vowel:
            vowels.setdefault(span.syllable, span.start)
    starts: dict[int, float] = {}
    for note in song.notes:
        starts.setdefault(note.syllable, song.timeline.seconds(note.onset))
    off_ms = [1000.0 * abs(vowels[number] - start) for number, start in starts.items() if number in vowels]
    return {
        "gaps": sum(abs(b.start - a.end) > 1e-3 for a, b in pairwise(spans)),
        "vowel_onset_p95_ms": round(float(np.percentile(off_ms, 95)), 1) if off_ms else 0.0,
    }


def harmony(song: Song) -> dict[str, float]:
    """Return the share of chord tones among pitched accompaniment notes on beats and melody notes on strong beats.

    Strong beats are the first of a bar and, where a bar has two halves, its middle (beat 2 of 4/4, 1.5 of
    6/8). A share is 1 where there is no such note; the counts say so.
    """
    meter = Meter.parse(song.plan.meter)
    half = meter.beats_per_bar / 2.0 if meter.pulses_per_bar % 2 == 0 else float(meter.beats_per_bar)
    notes = [(note.onset, note.pitch) for part in song.parts if not part.is_drum for note in part.notes]
    accompaniment, played = chord_tone_share(notes, song.chords, 1.0)
    melody, sung = chord_tone_share([(note.onset, note.pitch) for note in song.notes], song.chords, half)
    return {
        "accompaniment_chord_tones": round(accompaniment, 3),
        "accompaniment_notes_on_beats": played,
        "melody_chord_tones": round(melody, 3),
        "melody_notes_on_strong_beats": sung,
    }


def chord_tone_share(
    notes: Sequence[tuple[float, int]], chords: Sequence[Chord], grid_beats: float
) -> tuple[float, int]:
    """Return the share of notes (onset in beats, pitch) on a grid that belong to their chord, and their number.

    Notes off the grid, and those where no chord sounds, are not counted.
    """
    tones = {symbol: parse_chord(symbol) for symbol in {chord.symbol for chord in chords}}
    onsets = np.asarray([chord.onset for chord in chords])
    good = total = 0
    for onset, pitch in notes:
        steps = onset / grid_beats
        index = int(np.searchsorted(onsets, onset + 1e-6, side="right")) - 1
        if abs(steps - round(steps)) > _ON_GRID_BEATS or index < 0 or onset >= chords[index].end - 1e-6:
            continue
        chord = tones[chords[index].symbol]
        if chord is not None:
            total += 1
            good += pitch % 12 in chord.tones
    return (good / total if total else 1.0), total


def _sections_end_s(song: Song) -> float:
    return song.timeline.seconds(song.plan.beats)


# --- the dry lead --------------------------------------------------------------------------------------------


def voice(song: Song, dry: Audio) -> dict[str, float]:
    """Measure the lead against the score with Praat's autocorrelation pitch.

    A note counts (from 0.12 s) by the median pitch inside its vowel; where that is unvoiced it is wrong.
    `legato` is the median voiced share of notes of at least 0.5 s.

    Source: P. Boersma, "Accurate short-term analysis of the fundamental frequency", IFA Proceedings 17, 1993.
    """
    times, f0_hz = pitch_track(dry, song.performance.phonemes)
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
    }


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
    """Return the times and pitch in Hz (0 where unvoiced) of frames of 10 ms, where the spans are not silent.

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


# --- the mix -------------------------------------------------------------------------------------------------


def sound(audio: Mix, sections_end_s: float) -> dict[str, float | None]:
    """Measure the mix.

    `loudness_lufs` is integrated (BS.1770, None for silence), `true_peak_dbtp` four times oversampled,
    `stem_sum_error` the largest difference between the mix and the sum of its stems, `clipped_samples` those at
    full scale, `longest_silence_s` the longest stretch under -55 dBFS before the last section ends.
    """
    samples = audio.mix.samples
    return {
        "duration_s": round(audio.mix.duration_s, 3),
        "loudness_lufs": _rounded(integrated_loudness_lufs(audio.mix)),
        "true_peak_dbtp": round(true_peak_dbtp(samples), 2),
        "clipped_samples": int(np.count_nonzero(samples >= 0.99999) + np.count_nonzero(samples <= -0.99999)),
        "stem_sum_error": float(f"{stem_sum_error(audio.mix, audio.stems):.1e}"),
        "longest_silence_s": round(longest_silence_s(audio.mix, sections_end_s), 2),
    }


def integrated_loudness_lufs(audio: Audio) -> float:
    """Return the integrated loudness by pyloudnorm, minus infinity for silence and for less than 0.4 s."""
    import pyloudnorm

    if audio.duration_s < 0.4 or not audio.samples.any():
        return float("-inf")
    return float(pyloudnorm.Meter(audio.sample_rate).integrated_loudness(audio.samples.T))


def stem_sum_error(mix: Audio, stems: Mapping[str, Audio]) -> float:
    """Return the largest difference between a mix and the sum of its stems; infinity where lengths differ."""
    if any(stem.samples.shape != mix.samples.shape for stem in stems.values()):
        return float("inf")
    rest = mix.samples.copy()
    for stem in stems.values():
        rest -= stem.samples
    return float(max(rest.max(initial=0.0), -rest.min(initial=0.0)))


def longest_silence_s(audio: Audio, end_s: float) -> float:
    """Return the longest time under -55 dBFS (RMS of 50 ms) before `end_s`."""
    hop = audio.sample_rate // 20
    used = min(audio.frames, int(end_s * audio.sample_rate)) // hop * hop
    framed = audio.samples[:, :used].reshape(audio.channels, -1, hop)
    power = np.einsum("chi,chi->h", framed, framed) / (hop * audio.channels)
    loud = np.flatnonzero(power > 10.0 ** (SILENCE_DBFS / 10.0))
    edges = np.concatenate([[-1], loud, [used // hop]])
    return float((np.diff(edges) - 1).max()) * hop / audio.sample_rate


def _rounded(value: float) -> float | None:
    return round(value, 2) if np.isfinite(value) else None


# --- in words ------------------------------------------------------------------------------------------------


def findings(report: Mapping[str, Any]) -> list[str]:
    """Return what a listener should be told about, one sentence each; nothing where all is well."""
    out: list[str] = []
    for key, problem in (
        ("unplaced", "have no note"),
        ("repeated", "are sung more than once"),
        ("unspoken", "have no phonemes"),
        ("out_of_order", "notes or phonemes are out of order"),
    ):
        if report["placement"][key]:
            count = report["placement"][key]
            out.append(f"{count} {problem}." if key == "out_of_order" else f"{count} syllables {problem}.")
    if report["timing"]["gaps"]:
        out.append(f"{report['timing']['gaps']} phonemes do not join the one before.")
    harmony, voice, sound = report["harmony"], report.get("voice"), report.get("sound")
    if harmony["accompaniment_chord_tones"] < 0.85:
        out.append(f"Only {harmony['accompaniment_chord_tones']:.0%} of the accompaniment on beats fits its chord.")
    if voice and voice["in_tune"] < 0.9:
        out.append(f"{1 - voice['in_tune']:.0%} of the sung notes are more than {IN_TUNE_CENTS:g} cents off.")
    if voice and voice["legato"] < 0.75:
        out.append(f"Long notes are voiced for only {voice['legato']:.0%} of their time.")
    if not sound:
        return [*out, "The song has no sound yet."]
    if sound["loudness_lufs"] is None:
        out.append("The mix is silent.")
    elif abs(sound["loudness_lufs"] + 14.0) > 0.5:
        out.append(f"The mix is at {sound['loudness_lufs']:g} LUFS, not at -14.")
    if sound["true_peak_dbtp"] > -0.95 or sound["clipped_samples"]:
        out.append(f"The mix peaks at {sound['true_peak_dbtp']:g} dBTP, above -1.")
    if not sound["stem_sum_error"] <= 1e-4:
        out.append("The stems do not sum to the mix.")
    if sound["longest_silence_s"] > LONGEST_SILENCE_S and sound["loudness_lufs"] is not None:
        out.append(f"There is a silence of {sound['longest_silence_s']:g} s inside the song.")
    return out
