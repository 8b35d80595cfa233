"""The colour of a voice does what it says, measured on the sound by Praat and on its spectrum."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
import singer_measures as measure

from songsmith.align import perform
from songsmith.audio import Audio
from songsmith.performance import Performance
from songsmith.singing import singer
from songsmith.singing.voices import VoiceColour, load_voice, voice_names
from tests.singing.scores import simple_score

VOICE = load_voice("heart")


@cache
def sung(colour: VoiceColour) -> tuple[Performance, Audio]:
    """Return a small low tune in a colour: low, so that formants can be told from harmonics."""
    score, timeline = simple_score("copper pennies sink in the harbor", "a strange melody", beat=1.0)
    score = replace(score, notes=tuple(replace(note, pitch=note.pitch - 10) for note in score.notes))
    performance = perform(score, timeline, VOICE, 0)
    return performance, singer("heart").sing(performance, score.lyrics, replace(VOICE, colour=colour))


def spectrum(audio: Audio) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    return np.fft.rfftfreq(audio.frames, 1 / audio.sample_rate), np.abs(np.fft.rfft(audio.samples[0])) ** 2


def alpha_ratio_db(audio: Audio) -> float:
    """Energy from 1 to 5 kHz over that below."""
    hz, power = spectrum(audio)
    return float(10 * np.log10(power[(hz > 1000) & (hz < 5000)].sum() / power[(hz > 50) & (hz < 1000)].sum()))


def harmonicity_db(audio: Audio) -> float:
    import parselmouth

    sound = parselmouth.Sound(audio.samples[0].astype(np.float64), audio.sample_rate)
    values = sound.to_harmonicity_cc(0.01, 75, 0.1, 1.0).values
    return float(np.mean(values[values > -100]))


def fundamental_db(performance: Performance, audio: Audio) -> float:
    """Median level of the first harmonic over that of the second, in the middle of vowels."""
    found = []
    for span in performance.phonemes:
        if span.is_vowel and span.end - span.start > 0.2:
            middle = 0.5 * (span.start + span.end)
            f0 = performance.f0_hz[round(middle / performance.frame_period_s)]
            at = round(middle * audio.sample_rate)
            piece = audio.samples[0, at - 2205 : at + 2205] * np.hanning(4410)
            hz, level = np.fft.rfftfreq(16384, 1 / audio.sample_rate), np.abs(np.fft.rfft(piece, 16384))
            found.append(20 * np.log10(level[abs(hz - f0) < 25].max() / level[abs(hz - 2 * f0) < 25].max()))
    return float(np.median(found))


def rising(values: list[float], least: float) -> bool:
    return all(b - a >= least for a, b in pairwise(values))


@pytest.mark.parametrize("formants", [0.8, 0.9, 1.1, 1.2])
def test_formants_scale_as_intended(formants: float) -> None:
    performance, plain = sung(VoiceColour())
    _, scaled = sung(VoiceColour(formants=formants))
    before = measure.formants_hz(plain, performance, 5500.0)
    after = measure.formants_hz(scaled, performance, 5500.0 * formants)
    ratio = np.nanmedian(after / before, axis=0)
    assert ratio == pytest.approx([formants] * 3, rel=0.08)
    assert np.mean(ratio) == pytest.approx(formants, rel=0.03)


def test_breathiness_takes_from_the_harmonics() -> None:
    heard = [-harmonicity_db(sung(VoiceColour(breathiness=x))[1]) for x in (0.0, 0.4, 0.8)]
    assert rising(heard, 1.5)


def test_brightness_tilts_the_spectrum() -> None:
    heard = [alpha_ratio_db(sung(VoiceColour(brightness_db=x))[1]) for x in (-3.0, 0.0, 3.0)]
    assert rising(heard, 3.0)


def test_tension_weakens_the_fundamental() -> None:
    heard = [-fundamental_db(*sung(VoiceColour(tension=x))) for x in (-1.0, 0.0, 1.0)]
    assert rising(heard, 3.0)


def test_louder_is_brighter() -> None:
    score, timeline = simple_score("copper pennies sink in the harbor", beat=1.0)
    soft = perform(score, timeline, VOICE, 0)
    loud = replace(soft, loudness_db=soft.loudness_db + np.float32(8.0) * (soft.f0_hz > 0))
    heard = [alpha_ratio_db(singer("heart").sing(p, score.lyrics, VOICE)) for p in (soft, loud)]
    assert heard[1] > heard[0] + 0.5


def test_colours_of_the_voices_differ_in_the_order_of_their_size() -> None:
    voices = {name: load_voice(name) for name in voice_names() if load_voice(name).singer == "heart"}
    by_tract = sorted(voices, key=lambda name: voices[name].colour.formants)
    order = [name for name in by_tract if name in ("baritone", "tenor", "alto", "heart", "soprano", "child")]
    assert order == ["baritone", "tenor", "alto", "heart", "soprano", "child"]
    assert voices["tenor"].range.comfortable_lowest < voices["alto"].range.comfortable_lowest
