"""A line sung anew in a mix that is finished.

The mix is a sum, so only the stems of the voices change, from the first sample of the line to where its last echo has
died away; how loud they are there, and how far they duck, is what the mix had decided (`songsmith.mixing.strip`).
Outside that stretch no sample changes, and no stem of the band anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lyrics.values import Lyrics
from songsmith.audio import Audio
from songsmith.cast import cast_voices, only_lines
from songsmith.editing.line import free_stretch, sings, sounding_stretch
from songsmith.errors import InputError
from songsmith.kept import KeptStems
from songsmith.mix import MIX_SAMPLE_RATE, take_out
from songsmith.mixing.channels import Space, vocal_again, voices_again
from songsmith.mixing.loudness import true_peak_dbtp
from songsmith.mixing.settings import BACKING_VOCALS, VOCALS, MixSettings
from songsmith.performance import Performance
from songsmith.singing.finish import FADE_IN_S, FADE_OUT_S
from songsmith.song import Mix, Song, VoicePart
from songsmith.styles import load_style
from songsmith.units import db_to_gain
from songsmith.vocals import Studio, fit

SETTLE_S = 1.0
"""After this long a compressor and a filter have forgotten how they began."""

SEAM_S = 0.01
FADE_S = 0.05
STEP_DB, STEPS = 0.5, 40
"""How a line that would be too loud for the mix is turned down, and at most how often."""

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Frames of the song: where the line sounds, and how long its room is heard after it."""

    first: int
    past: int
    until: int


def resing(old: Song, mix: Mix, new: Song, number: int, studio: Studio) -> tuple[Mix, Stretch]:
    """Return the sound of a song with one line of it sung anew, and where it differs.

    Parameters
    ----------
    old : the song
    mix : its sound
    new : the same song with other words in that line, see `songsmith.editing.line`
    number : of the line

    Raises InputError where the song was saved without what its mix did to the voices.
    """
    if VOCALS not in mix.strips or mix.dry_vocals is None:
        raise InputError("the song has no settings of its mix, so no line can be put in: make it again")
    frames, settle = mix.mix.frames, round(SETTLE_S * MIX_SAMPLE_RATE)
    settings = MixSettings.load(load_style(old.brief.style).mix)
    reach = Space.of(settings, old.brief.texture, MIX_SAMPLE_RATE, 1).blocks.reach
    first, past = _heard(old, new, number)
    stretch = Stretch(first, min(frames, past), min(frames, past + reach + settle))
    # A whole second of the song, so that what works in steps (the de-esser) steps where it did.
    begin = max(0, first - reach - settle) // MIX_SAMPLE_RATE * MIX_SAMPLE_RATE
    space = Space.of(settings, old.brief.texture, MIX_SAMPLE_RATE, stretch.until - begin)
    dry = _dry(old, new, number, mix.dry_vocals, stretch, studio)
    strip = mix.strips[VOCALS]
    raw = dry.samples[:, begin : stretch.until] * np.float32(strip.factors[0, 0])
    changed = {VOCALS: _put_in(mix, VOCALS, vocal_again(raw, space, begin), space, begin, stretch)}
    if BACKING_VOCALS in mix.strips and any(sings(voice, number) for voice in new.voices):
        sung = _behind(mix, new, space, begin, stretch, studio)
        changed[BACKING_VOCALS] = _put_in(mix, BACKING_VOCALS, sung, space, begin, stretch)
    total, changed = _under_ceiling(mix, changed, stretch, settings.master.true_peak_dbtp)
    return Mix(total, _stems(mix, changed), dry, mix.strips), stretch


def _heard(old: Song, new: Song, number: int) -> tuple[int, int]:
    """Return the first frame in which a line sounds, in the old song or the new one, and the one past the last."""
    times: list[float] = []
    for song in (old, new):
        for lyrics, performance in ((song.lyrics, song.performance), *_beside(song, number)):
            span = next(numbers for line, numbers in lyrics.numbered_lines() if line.number == number)
            start, end = sounding_stretch(performance, span)
            times += [start - FADE_IN_S, end + FADE_OUT_S]
    return max(0, int(min(times) * MIX_SAMPLE_RATE)), int(np.ceil(max(times) * MIX_SAMPLE_RATE))


def _beside(song: Song, number: int) -> list[tuple[Lyrics, Performance]]:
    return [(voice.lyrics, voice.performance) for voice in song.voices if sings(voice, number)]


def _dry(old: Song, new: Song, number: int, dry: Audio, stretch: Stretch, studio: Studio) -> Audio:
    """Return the dry vocal with the line replaced; where a neighbour is still heard, he is left as he was."""
    after = _line_alone(new, number, dry.frames, studio)
    span = next(numbers for line, numbers in old.lyrics.numbered_lines() if line.number == number)
    start, end = free_stretch(old.performance, span)
    first = min(stretch.past, max(stretch.first, int(np.ceil((start + FADE_OUT_S) * MIX_SAMPLE_RATE))))
    past = max(first, min(stretch.past, int((end - FADE_IN_S) * MIX_SAMPLE_RATE)))
    samples = dry.samples.copy()
    if first > stretch.first or past < stretch.past:
        before = _line_alone(old, number, dry.frames, studio)
        for piece in (slice(stretch.first, first), slice(past, stretch.past)):
            samples[:, piece] += after[:, piece] - before[:, piece]
    samples[:, first:past] = after[:, first:past]
    return Audio(samples, dry.sample_rate)


def _line_alone(song: Song, number: int, frames: int, studio: Studio) -> Samples:
    """Return nothing but one line of the lead, `[1, frames]`."""
    cast = cast_voices(song.lyrics, song.brief.voice)
    alone = only_lines(song.performance, song.lyrics, frozenset((number,)))
    own = replace(cast, lead={number: cast.lead[number]})
    return fit(studio.sing_lead(alone, song.lyrics, own), frames).samples


def _behind(mix: Mix, new: Song, space: Space, begin: int, stretch: Stretch, studio: Studio) -> Samples:
    """Return a stretch of the voices behind the lead, sung anew as far as they are heard in it."""
    strip = mix.strips[BACKING_VOCALS]
    if len(strip.factors) != len(new.voices):
        raise InputError(f"the song has {len(new.voices)} voices, its mix {len(strip.factors)}: make the song again")
    window = (begin / MIX_SAMPLE_RATE, stretch.until / MIX_SAMPLE_RATE)
    near = tuple(replace(voice, performance=_within(voice, window)) for voice in new.voices)
    sung = studio.sing_parts(near, mix.mix.frames)
    raws = [
        one.audio.samples[:, begin : stretch.until] * np.float32(lift)
        for one, (lift, _) in zip(sung, strip.factors, strict=True)
    ]
    pans, gains = [voice.pan for voice in new.voices], [float(gain) for _, gain in strip.factors]
    return voices_again(BACKING_VOCALS, raws, pans, gains, space, begin)


def _within(voice: VoicePart, window: tuple[float, float]) -> Performance:
    """Return the performance of a voice with nothing in it but the lines that are sung in a time."""
    heard = {
        line.number
        for line, span in voice.lyrics.numbered_lines()
        for start, end in (sounding_stretch(voice.performance, span),)
        if start < window[1] and end > window[0]
    }
    return only_lines(voice.performance, voice.lyrics, frozenset(heard))


def _put_in(mix: Mix, name: str, sound: Samples, space: Space, begin: int, stretch: Stretch) -> Audio:
    """Return a stem with a stretch of it replaced by a channel's sound, at the level the mix gave the channel."""
    strip, stem = mix.strips[name], mix.stems[name]
    dips = strip.dips(begin, stretch.until)
    if dips.any():
        take_out(sound, dips, space.settings.clarity.dip_hz)
    piece = sound[:, stretch.first - begin :] * strip.gains(stretch.first, stretch.until)
    samples = stem.samples.copy()
    inside = samples[:, stretch.first : stretch.until]
    inside += _edged(piece.shape[1], SEAM_S) * (piece - inside)
    return Audio(samples, stem.sample_rate)


def _edged(frames: int, length_s: float) -> Samples:
    """Return ones that rise from 0 at the beginning and fall to 0 at the end."""
    share = np.ones(frames, np.float32)
    seam = min(round(length_s * MIX_SAMPLE_RATE), frames // 2)
    rise = (np.arange(seam) / max(1, seam)).astype(np.float32)
    share[:seam], share[frames - seam :] = rise, rise[::-1]
    return share


def _under_ceiling(
    mix: Mix, changed: dict[str, Audio], stretch: Stretch, ceiling_db: float
) -> tuple[Audio, dict[str, Audio]]:
    """Return the mix with the changed stems, and these, turned down where the sum would be too loud."""
    inside = slice(stretch.first, stretch.until)
    rest, new = mix.mix.samples[:, inside].copy(), np.zeros((2, stretch.until - stretch.first), np.float32)
    for name, audio in changed.items():
        rest -= mix.stems[name].samples[:, inside]
        new += audio.samples[:, inside]
    allowed_db = max(ceiling_db, true_peak_dbtp(mix.mix.samples[:, inside]))
    edges = _edged(stretch.until - stretch.first, FADE_S)
    gain = np.ones_like(edges)
    for step in range(STEPS):
        gain = 1.0 - np.float32(1.0 - db_to_gain(-STEP_DB * step)) * edges
        total = rest + gain * new
        if true_peak_dbtp(total) <= allowed_db:
            break
    samples = mix.mix.samples.copy()
    samples[:, inside] = total
    for name, audio in changed.items():
        lowered = audio.samples
        lowered[:, inside] *= gain
        changed[name] = Audio(lowered, audio.sample_rate)
    return Audio(samples, mix.mix.sample_rate), changed


def _stems(mix: Mix, changed: Mapping[str, Audio]) -> Mapping[str, Audio]:
    """Return the stems with some of them changed; those that are files are not read."""
    if isinstance(mix.stems, KeptStems):
        return replace(mix.stems, changed={**mix.stems.changed, **changed})
    return {name: changed.get(name, audio) for name, audio in mix.stems.items()}


def sum_error(mix: Mix, stretch: Stretch) -> float:
    """Return the largest difference between the mix and the sum of its stems in a stretch."""
    inside = slice(stretch.first, stretch.until)
    rest = mix.mix.samples[:, inside].copy()
    for name in mix.stems:
        if isinstance(mix.stems, KeptStems):
            rest -= mix.stems.piece(name, stretch.first, stretch.until).samples
        else:
            rest -= mix.stems[name].samples[:, inside]
    return float(np.abs(rest).max(initial=0.0))
