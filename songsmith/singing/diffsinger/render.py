"""A phrase sung by a voicebank: phonemes and pitch to a mel spectrogram, that to sound, at our times and pitch.

Durations and pitch are the performance's own, so a bank's duration and pitch models are not needed. Before and
after the phrase stands silence, as the models were trained with.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from songsmith.audio import resampled
from songsmith.errors import InputError
from songsmith.performance import BREATH
from songsmith.seeds import generator
from songsmith.singing.alone import SONG_RATE
from songsmith.singing.diffsinger.bank import CURVES, Bank, Part
from songsmith.singing.diffsinger.models import Array, Model
from songsmith.singing.diffsinger.spelling import SILENT, Spelling
from songsmith.singing.finish import BREATH_DB, finished, without_breath
from songsmith.singing.phrase import Phrase
from songsmith.singing.revoice import pitch_at
from songsmith.singing.vocoder import Single
from songsmith.singing.voices import VoiceColour
from songsmith.units import db_to_gain, hz_to_midi

LATER_PHONEME_S, LATER_SHARE = 0.1, 0.3  # of a span that is sung as several: what each but the first gets at most
BREATH_FADE_S = 0.02
# What curves are without a variance model, in decibels, tension on its scale of about -10 to 10.
UNPREDICTED = {"energy": -24.0, "breathiness": -48.0, "voicing": -24.0, "tension": 0.0}
MOST_BREATH_DB, MOST_TENSION = 12.0, 5.0

Signal = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Models:
    """The models of a bank, and its speaker's vector `[hidden]` for each that takes one."""

    acoustic: Model
    vocoder: Model
    linguistic: Model | None
    variance: Model | None
    speaker: npt.NDArray[np.float32] | None
    variance_speaker: npt.NDArray[np.float32] | None


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """A phrase in the frames of a model.

    Parameters
    ----------
    names, frames : a phoneme of the bank and its length, silence first and last
    is_vowel : whether each begins what the linguistic encoder calls a word: vowels do, and breaths
    f0_hz : `[sum(frames)]`
    """

    names: tuple[str, ...]
    frames: tuple[int, ...]
    is_vowel: tuple[bool, ...]
    f0_hz: Signal


def render_phrase(bank: Bank, models: Models, spelling: Spelling, steps: int, phrase: Phrase) -> Array:
    """Return the sound of a phrase from its origin on, `[frames]` float32 at 44.1 kHz."""
    framed = in_frames(phrase, spelling, bank.part)
    count = sum(framed.frames)
    feeds = {
        **_common(framed, bank.part, models.speaker, steps),
        **_curves(bank, models, spelling, steps, phrase, count),
    }
    feeds["durations"] = np.asarray([framed.frames], np.int64)
    mel = _mel(models.acoustic, models.acoustic.run(feeds), count, bank)
    waves = models.vocoder.run({"mel": mel, "f0": np.asarray([framed.f0_hz], np.float32)})
    sound = next(iter(waves.values())).reshape(-1).astype(np.float32)
    rate = bank.mel.sample_rate
    if len(sound) != count * bank.mel.hop_size or not np.isfinite(sound).all():
        raise InputError(
            f"{models.vocoder.path}: made {len(sound)} samples of {count} frames of {bank.mel.hop_size}, or values"
            " that are not numbers: give the vocoder that belongs to the bank"
        )
    length = round(phrase.duration_s * SONG_RATE)
    if BREATH not in bank.part.phonemes:
        return finished(phrase, sound, rate, generator(phrase.seed, "diffsinger", phrase.key()))[:length]
    return (without_breath(phrase, sound, rate) + _breath(phrase, sound, rate))[:length]


def in_frames(phrase: Phrase, spelling: Spelling, part: Part) -> Frames:
    """Return a phrase in the frames of a model: every phoneme has one at least, none moves by more than half of one.

    Only where phonemes are shorter than a frame do the ones after them wait.
    """
    names, starts, is_vowel = [SILENT], [0.0], [False]
    for span in phrase.spans:
        if span.symbol == BREATH:
            parts: tuple[str, ...] = (BREATH if BREATH in part.phonemes else SILENT,)
        else:
            parts = spelling[span.symbol]
        length = span.end - span.start
        later = min(LATER_PHONEME_S, LATER_SHARE * length) if span.is_vowel else length / len(parts)
        first = length - later * (len(parts) - 1)
        for k, name in enumerate(parts):
            names.append(name)
            starts.append(span.start + (first + later * (k - 1) if k else 0.0))
            is_vowel.append(k == 0 and (span.is_vowel or name == BREATH))
    names.append(SILENT)
    starts.append(phrase.spans[-1].end)
    is_vowel.append(False)
    edges = [0]
    for start in starts[1:]:
        edges.append(max(edges[-1] + 1, round(start / part.frame_s)))
    edges.append(max(edges[-1] + 1, math.ceil(phrase.duration_s / part.frame_s)))
    times = np.asarray((np.arange(edges[-1]) + 0.5) * part.frame_s, np.float64)
    return Frames(tuple(names), tuple(np.diff(edges).tolist()), tuple(is_vowel), pitch_at(phrase, times))


def _common(framed: Frames, part: Part, speaker: npt.NDArray[np.float32] | None, steps: int) -> dict[str, Array]:
    """Return the inputs that acoustic and variance models share."""
    count = sum(framed.frames)
    lacking = [name for name in framed.names if name not in part.phonemes]
    if lacking:
        raise InputError(
            f"the voicebank's variance model has no phoneme {lacking[0]!r}, its acoustic model has: mend it"
        )
    feeds: dict[str, Array] = {
        "tokens": np.asarray([[part.phonemes[name] for name in framed.names]], np.int64),
        "f0": framed.f0_hz[None],
        "velocity": np.ones((1, count)),
        "gender": np.zeros((1, count)),
    }
    if part.languages:
        numbers = [part.languages.get(name.partition("/")[0], 0) if "/" in name else 0 for name in framed.names]
        feeds["languages"] = np.asarray([numbers], np.int64)
    if speaker is not None:
        feeds["spk_embed"] = np.broadcast_to(speaker, (1, count, len(speaker)))
    depth = 1.0 if part.depth is None else part.depth
    if part.is_continuous:
        feeds |= {"steps": np.asarray([steps]), "depth": np.asarray([depth])}
    elif part.depth is None:
        feeds["speedup"] = np.asarray(
            [max(k for k in range(1, 1001) if 1000 % k == 0 and k <= max(1, 1000 // steps))]
        )
    else:
        whole = round(1000 * depth)
        speedup = max(1, whole // steps)
        feeds |= {"speedup": np.asarray([speedup]), "depth": np.asarray([whole // speedup * speedup])}
    return feeds


def _curves(
    bank: Bank, models: Models, spelling: Spelling, steps: int, phrase: Phrase, count: int
) -> dict[str, Array]:
    """Return gender, energy, breathiness, voicing and tension, in the colour of the voice, `[1, count]` each."""
    colour = phrase.colour
    curves = {name: np.full(count, UNPREDICTED[name]) for name in CURVES}
    if set(CURVES) & set(models.acoustic.inputs) and bank.variance is not None:
        for name, values in _predicted(bank, models, spelling, steps, phrase).items():
            at = np.linspace(0.0, len(values) - 1.0, count)
            curves[name] = np.interp(at, np.arange(len(values)), values)
    curves["breathiness"] = np.minimum(curves["breathiness"] + MOST_BREATH_DB * colour.breathiness, 0.0)
    curves["tension"] = curves["tension"] + MOST_TENSION * colour.tension
    curves["gender"] = np.full(count, _gender(colour, bank.part))
    return {name: values[None] for name, values in curves.items()}


def _predicted(bank: Bank, models: Models, spelling: Spelling, steps: int, phrase: Phrase) -> dict[str, Signal]:
    """Return the curves that the variance model predicts, in its own frames."""
    assert bank.variance is not None  # asked for only where there are such models
    assert models.linguistic is not None
    assert models.variance is not None
    part = bank.variance.part
    framed = in_frames(phrase, spelling, part)
    count = sum(framed.frames)
    lengths = np.asarray([framed.frames], np.int64)
    feeds = {**_common(framed, part, models.variance_speaker, steps), "ph_dur": lengths}
    begins = [k for k, vowel in enumerate(framed.is_vowel) if vowel] or [len(framed.names) - 2]
    edges = [0, *begins, len(framed.names)]
    feeds["word_div"] = np.diff(edges)[None]
    feeds["word_dur"] = np.asarray([[sum(framed.frames[a:b]) for a, b in pairwise(edges)]])
    known = models.linguistic.run(feeds)
    feeds |= {name: known[name] for name in ("encoder_out", "x_masks") if name in known}
    feeds["pitch"] = np.asarray([hz_to_midi(framed.f0_hz)])
    feeds |= {name: np.zeros((1, count)) for name in CURVES}
    feeds["retake"] = np.ones((1, count, len(part.predicted)), bool)
    found = models.variance.run(feeds)
    result = {}
    for name in CURVES:
        if name in part.predicted and name in models.acoustic.inputs and f"{name}_pred" not in found:
            raise InputError(f"{models.variance.path}: has no {name}_pred: it does not fit its dsconfig.yaml")
        if f"{name}_pred" in found:
            values = found[f"{name}_pred"].reshape(-1).astype(np.float64)
            if len(values) != count or not np.isfinite(values).all():
                raise InputError(f"{models.variance.path}: {name}_pred has {len(values)} values for {count} frames")
            result[name] = values
    return result


def _mel(acoustic: Model, found: dict[str, Array], count: int, bank: Bank) -> Array:
    """Return the mel spectrogram, `[1, frames, bins]`, in the logarithm that the vocoder takes."""
    mel = found.get("mel", next(iter(found.values())))
    if mel.shape != (1, count, bank.mel.bins) or not np.isfinite(mel).all():
        raise InputError(
            f"{acoustic.path}: made a mel of shape {mel.shape}, not {(1, count, bank.mel.bins)}, or values that are"
            " not numbers: it does not fit its dsconfig.yaml"
        )
    if bank.mel.base == bank.vocoder_mel.base:
        return mel
    return mel * (math.log(10.0) if bank.vocoder_mel.base == "e" else 1.0 / math.log(10.0))


def _breath(phrase: Phrase, sound: Single, rate: int) -> Single:
    """Return the bank's own breath before a phrase, at the level of songsmith's and at 44.1 kHz, silent elsewhere."""
    result = np.zeros(len(sound), np.float32)
    if phrase.spans[0].symbol == BREATH:
        first, past = (round(t * rate) for t in (phrase.spans[0].start, phrase.spans[0].end))
        places = np.arange(past - first)
        fade = np.clip(np.minimum(places, places[::-1]) / (BREATH_FADE_S * rate), 0, 1)
        wave = sound[first:past] * np.sin(0.5 * np.pi * fade) ** 2
        loudness = float(np.sqrt(np.mean(wave**2)))
        result[first:past] = wave * (float(db_to_gain(BREATH_DB)) / loudness if loudness > 1e-5 else 0.0)
    return resampled(result, rate, SONG_RATE)


def _gender(colour: VoiceColour, part: Part) -> float:
    """Return the shift of the formants on the bank's scale, on which it reaches from -1 to 1."""
    semitones = 12.0 * math.log2(colour.formants)
    widest = part.key_shift[1] if semitones > 0.0 else -part.key_shift[0]
    if abs(semitones) < 1e-9:
        return 0.0
    return semitones / widest if widest > 0.0 else math.inf


def check_colour(colour: VoiceColour, part: Part, models: Models, name: str) -> None:
    """Raise InputError where a voice asks for a colour that its bank cannot give."""
    needs = (("formants", 1.0, "gender"), ("breathiness", 0.0, "breathiness"), ("tension", 0.0, "tension"))
    for setting, plain, needed in needs:
        if getattr(colour, setting) != plain and needed not in models.acoustic.inputs:
            raise InputError(
                f"voice {name!r}: colour.{setting} = {getattr(colour, setting):g}, but its voicebank takes"
                f" no {needed}: leave it at {plain:g}"
            )
    if abs(_gender(colour, part)) > 1.0:
        low, high = (2.0 ** (shift / 12.0) for shift in part.key_shift)
        raise InputError(
            f"voice {name!r}: colour.formants = {colour.formants:g} is out of what its voicebank was trained for: use"
            f" {low:.3f} to {high:.3f}"
        )
    if colour.brightness_db:
        raise InputError(f"voice {name!r}: colour.brightness_db has no effect on a voicebank: leave it at 0")
