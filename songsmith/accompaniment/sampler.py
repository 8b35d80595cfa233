"""One note of a SoundFont as sound: oscillator, low-pass filter, envelopes, pan.

A struck key sounds every zone that covers it. For each zone the sample is read at the right speed (looped
where the zone says so), filtered, shaped by the volume envelope and panned. What depends on the key alone is
computed once and kept, so that notes of other lengths cost little; velocity is a plain factor.

Source: E-mu Systems, "SoundFont Technical Specification", version 2.04, 2006, sections 8.1.3, 8.4 and 9.
Filter: R. Bristow-Johnson, "Cookbook formulae for audio equalizer biquad filter coefficients".
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from songsmith.accompaniment.envelopes import (
    CONTROL_FRAMES,
    attenuation_db,
    cents_to_hz,
    lfo,
    mod_envelope,
    release_seconds,
    spread,
)
from songsmith.accompaniment.oscillator import OVERSAMPLING, Mono, Source, make_source
from songsmith.accompaniment.soundfont import DRUM_BANK, SoundFont
from songsmith.accompaniment.soundfont_tables import Zone

Stereo = npt.NDArray[np.float32]

SILENCE_DB = 90.0  # a note ends where its envelope has fallen this far
MAX_NOTE_S = 60.0
BRIGHT_RATE = 0.75  # percussion recorded below this share of the output rate keeps its images
_SETTLING = 64  # control periods that a filter started anew is given
_OPEN_FILTER_CENTS = 13500  # the filter's highest setting, 20 kHz: no filter
_FILTER_STEP_CENTS = 50
_COARSE = 32768  # frames in a coarse offset
_LOOPED, _LOOPED_UNTIL_RELEASE = 1, 3


def velocity_gain(velocity: int) -> float:
    """Return the amplitude of a MIDI velocity, 1 at 127.

    Source: section 8.4.1, the default modulator: a concave curve of 96 dB, the square of the velocity.
    """
    return (velocity / 127.0) ** 2


@dataclass(slots=True)
class _Voice:
    """A zone at one key: its unenveloped sound, grown to the longest length asked for."""

    zone: Zone
    source: Source
    step: float
    raw: Mono = field(default_factory=lambda: np.zeros(0, np.float32))
    filtered: Mono = field(default_factory=lambda: np.zeros(0, np.float32))


class NoteRenderer:
    """Renders the notes of one preset; what it has computed for a key it keeps until another key is asked for."""

    def __init__(self, soundfont: SoundFont, bank: int, program: int, sample_rate: int) -> None:
        self._soundfont = soundfont
        self._zones = soundfont.zones(bank, program)
        self._rate = sample_rate
        self._is_percussion = bank == DRUM_BANK
        self._key = -1
        self._voices: dict[tuple[int, int], _Voice] = {}
        self._notes: dict[tuple[tuple[int, ...], int, int], Stereo] = {}
        self._covering: dict[tuple[int, int], tuple[int, ...]] = {}

    def zones_of(self, key: int, velocity: int) -> tuple[int, ...]:
        """Return the numbers of the zones that sound for a key and velocity, possibly none."""
        if (key, velocity) not in self._covering:
            self._covering[key, velocity] = tuple(i for i, z in enumerate(self._zones) if z.covers(key, velocity))
        return self._covering[key, velocity]

    def exclusive_class(self, key: int, velocity: int) -> int:
        """Return the class within which a new note ends the sounding one (hi-hats), 0 for none."""
        for number in self.zones_of(key, velocity):
            return self._zones[number].generators["exclusive_class"]
        return 0

    def is_one_shot(self, key: int, velocity: int) -> bool:
        """Return whether no zone of a key loops, so that its sound ends by itself."""
        return all(self._zones[n].generators["loop_mode"] & _LOOPED == 0 for n in self.zones_of(key, velocity))

    def render(self, key: int, velocity: int, held_frames: int) -> Stereo:
        """Return `[2, frames]` float32: a key held for `held_frames`, with its release, at full velocity.

        Multiply by `velocity_gain(velocity)`; here the velocity only chooses the zones.
        """
        if key != self._key:
            self._key = key
            self._voices.clear()
            self._notes.clear()
        numbers = self.zones_of(key, velocity)
        name = (numbers, key, held_frames)
        if name not in self._notes:
            voices = [(self._zones[n], self._render_zone(n, key, held_frames)) for n in numbers]
            note = np.zeros((2, max((len(mono) for _, mono in voices), default=0)), np.float32)
            for zone, mono in voices:
                # Section 8.1.3, 17: -500 is left, 500 right; constant power between.
                angle = (np.clip(zone.generators["pan"], -500, 500) / 1000 + 0.5) * math.pi / 2
                note[0, : len(mono)] += mono * np.float32(math.cos(angle))
                note[1, : len(mono)] += mono * np.float32(math.sin(angle))
            self._notes[name] = note
        return self._notes[name]

    def _render_zone(self, number: int, key: int, held_frames: int) -> Mono:
        zone = self._zones[number]
        values = zone.generators
        if values["key"] >= 0:
            key = values["key"]
        held_s = min(held_frames / self._rate, MAX_NOTE_S)
        release_s = release_seconds(values, key, held_s, SILENCE_DB)
        frames = _whole(round((held_s + release_s) * self._rate))
        voice = self._voice(number, key)
        if not voice.source.is_looped:
            ends = int(len(voice.source.head) / (voice.step * OVERSAMPLING))
            frames = min(frames, _whole(ends))
        if frames <= 0:
            return np.zeros(0, np.float32)
        times = _control_times(0, frames // CONTROL_FRAMES + 1, self._rate)
        level_db = attenuation_db(values, key, times, held_s) + np.clip(values["attenuation"], 0, 1440) / 10
        if values["mod_lfo_to_volume"]:
            wave = lfo(times, values["delay_mod_lfo"], values["freq_mod_lfo"])
            level_db = level_db - wave * values["mod_lfo_to_volume"] / 10
        if values["loop_mode"] == _LOOPED_UNTIL_RELEASE and voice.source.is_looped:
            positions = self._positions(voice, key, frames)
            sound = voice.source.read_and_leave(positions, held_s * self._rate * voice.step * OVERSAMPLING)
            cutoff = self._cutoff_cents(voice, key, times[:-1], held_s)
            sound = self._filter(voice, sound, cutoff)
        else:
            self._grow(voice, key, frames)
            sound = voice.filtered[:frames]
            if values["mod_env_to_filter_fc"] and held_s * self._rate < frames:
                sound = self._released(voice, key, sound, held_s)
        amplitude = np.where(level_db < SILENCE_DB + 144, 10.0 ** (-level_db / 20), 0.0)
        return sound * spread(amplitude, frames)

    def _voice(self, number: int, key: int) -> _Voice:
        if (number, key) not in self._voices:
            zone = self._zones[number]
            header = self._soundfont.samples[zone.sample]
            step = self._pitch_ratio(zone, key) * header.rate / self._rate
            self._voices[number, key] = _Voice(zone, self._source(zone, step), step)
        return self._voices[number, key]

    def _pitch_ratio(self, zone: Zone, key: int) -> float:
        """Return how much faster than recorded the sample runs at a key."""
        values, header = zone.generators, self._soundfont.samples[zone.sample]
        root = values["root_key"] if values["root_key"] >= 0 else header.key
        cents = (key - root) * values["scale_tuning"] + header.correction_cents
        cents += values["coarse_tune"] * 100 + values["fine_tune"]
        return float(2.0 ** (np.clip(cents, -12000, 12000) / 1200))

    def _source(self, zone: Zone, step: float) -> Source:
        """Cut the sample and its loop as the zone says; a loop that does not fit counts as none."""
        values = zone.generators
        samples, loop_start, loop_end = self._soundfont.sample_frames(zone.sample)
        start = values["start_offset"] + _COARSE * values["start_coarse"]
        end = len(samples) + values["end_offset"] + _COARSE * values["end_coarse"]
        loop_start += values["loop_start_offset"] + _COARSE * values["loop_start_coarse"]
        loop_end += values["loop_end_offset"] + _COARSE * values["loop_end_coarse"]
        start = min(max(start, 0), len(samples))
        end = min(max(end, start), len(samples))
        is_looped = bool(values["loop_mode"] & _LOOPED) and start <= loop_start < loop_end <= end
        is_dull = self._soundfont.samples[zone.sample].rate < BRIGHT_RATE * self._rate
        return make_source(
            samples[start:end],
            (loop_start - start, loop_end - start) if is_looped else None,
            step,
            has_tail=values["loop_mode"] == _LOOPED_UNTIL_RELEASE,
            has_images=self._is_percussion and is_dull,
        )

    def _positions(self, voice: _Voice, key: int, frames: int) -> npt.NDArray[np.float64]:
        """Return where in the oversampled source each frame reads."""
        values = voice.zone.generators
        step = voice.step * OVERSAMPLING
        if not (values["mod_lfo_to_pitch"] or values["vib_lfo_to_pitch"] or values["mod_env_to_pitch"]):
            return np.arange(frames, dtype=np.float64) * step
        times = _control_times(0, frames // CONTROL_FRAMES + 1, self._rate)
        cents = values["mod_lfo_to_pitch"] * lfo(times, values["delay_mod_lfo"], values["freq_mod_lfo"])
        cents = cents + values["vib_lfo_to_pitch"] * lfo(times, values["delay_vib_lfo"], values["freq_vib_lfo"])
        cents = cents + values["mod_env_to_pitch"] * mod_envelope(values, key, times, math.inf)
        steps = step * 2.0 ** (np.clip(cents, -12000, 12000) / 1200)
        return np.concatenate([[0.0], np.cumsum(spread(steps, frames).astype(np.float64))[:-1]])

    def _grow(self, voice: _Voice, key: int, frames: int) -> None:
        """Make sure that the voice holds `frames` frames of unenveloped sound."""
        if len(voice.filtered) >= frames:
            return
        frames = max(frames, min(2 * len(voice.filtered), round(MAX_NOTE_S * self._rate)))
        frames = _whole(frames)
        positions = self._positions(voice, key, frames)
        voice.raw = voice.source.read(positions)
        times = _control_times(0, frames // CONTROL_FRAMES, self._rate)
        voice.filtered = self._filter(voice, voice.raw, self._cutoff_cents(voice, key, times, math.inf))

    def _cutoff_cents(
        self, voice: _Voice, key: int, times: npt.NDArray[np.float64], held_s: float
    ) -> npt.NDArray[np.float64]:
        values = voice.zone.generators
        cents = values["filter_fc"] + values["mod_env_to_filter_fc"] * mod_envelope(values, key, times, held_s)
        if values["mod_lfo_to_filter_fc"]:
            wave = lfo(times, values["delay_mod_lfo"], values["freq_mod_lfo"])
            cents = cents + values["mod_lfo_to_filter_fc"] * wave
        return np.clip(cents, 1500, _OPEN_FILTER_CENTS)

    def _filter(self, voice: _Voice, sound: Mono, cutoff_cents: npt.NDArray[np.float64]) -> Mono:
        """Apply the low-pass filter, its cutoff given for every `CONTROL_FRAMES` frames."""
        q_cb = voice.zone.generators["filter_q"]
        if np.all(cutoff_cents >= _OPEN_FILTER_CENTS) and q_cb <= 0:
            return sound
        from scipy.signal import lfilter

        steps = np.round(cutoff_cents / _FILTER_STEP_CENTS).astype(np.int64)
        edges = np.concatenate([[0], np.flatnonzero(np.diff(steps)) + 1, [len(steps)]])
        out = np.empty(len(sound), np.float32)
        state = np.zeros(2)
        for first, last in pairwise(edges):
            b, a = _low_pass(cents_to_hz(float(steps[first]) * _FILTER_STEP_CENTS), q_cb, self._rate)
            span = slice(int(first) * CONTROL_FRAMES, min(int(last) * CONTROL_FRAMES, len(sound)))
            out[span], state = lfilter(b, a, sound[span].astype(np.float64), zi=state)
        return out

    def _released(self, voice: _Voice, key: int, sound: Mono, held_s: float) -> Mono:
        """Filter the release again: there the modulation envelope falls from where the key was let go."""
        first = int(held_s * self._rate) // CONTROL_FRAMES
        start = max(0, first - _SETTLING)  # let the filter settle on what went before
        times = _control_times(start, len(sound) // CONTROL_FRAMES, self._rate)
        cents = self._cutoff_cents(voice, key, times, held_s)
        span = slice(start * CONTROL_FRAMES, len(sound))
        released = self._filter(voice, voice.raw[span], cents)
        return np.concatenate([sound[: first * CONTROL_FRAMES], released[(first - start) * CONTROL_FRAMES :]])


def _whole(frames: int) -> int:
    """Return the next whole number of control periods, in frames."""
    return -(-frames // CONTROL_FRAMES) * CONTROL_FRAMES


def _control_times(first: int, last: int, rate: int) -> npt.NDArray[np.float64]:
    """Return the times in seconds of the control values `first` to `last` (excluded)."""
    return np.arange(first, last, dtype=np.float64) * (CONTROL_FRAMES / rate)


def _low_pass(cutoff_hz: float, q_cb: int, rate: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return biquad coefficients (b, a); resonance `q_cb` in centibels above the level at 0 Hz.

    Source: section 8.1.3, 9: at 0 the filter has no resonance; half of the resonance is taken off overall.
    """
    resonance_db = min(max(q_cb, 0), 960) / 10
    q = 10.0 ** ((resonance_db - 3.01) / 20)
    w = 2 * math.pi * min(cutoff_hz, 0.45 * rate) / rate
    alpha = math.sin(w) / (2 * q)
    scale = 10.0 ** (-resonance_db / 40) / (1 + alpha)
    b1 = (1 - math.cos(w)) * scale
    return np.array([b1 / 2, b1, b1 / 2]), np.array([1.0, -2 * math.cos(w) / (1 + alpha), (1 - alpha) / (1 + alpha)])
