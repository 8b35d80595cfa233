"""A line sung anew in a mix that is finished.

The mix is a sum, so only the stems of the voices change, from the first sample of the line to where its last echo has
died away; how loud they are there, and how far they duck, is what the mix had decided (`songsmith.mixing.strip`).
Outside that stretch no sample changes, and no stem of the band anywhere: it is all that is read of the old sound.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lyrics.values import Lyrics
from songsmith.backing import drawn
from songsmith.cast import cast_voices, only_lines
from songsmith.editing.line import free_stretch, sings, sounding_stretch
from songsmith.errors import InputError
from songsmith.kept import DRY, MIX, STEMS, Kept
from songsmith.mix import MIX_SAMPLE_RATE, take_out
from songsmith.mixing.channels import Space, vocal_again, voices_again
from songsmith.mixing.loudness import true_peak_dbtp
from songsmith.mixing.settings import BACKING_VOCALS, VOCALS, MixSettings
from songsmith.mixing.strip import Strip
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


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """The sound of a finished song, as far as it is asked for.

    Parameters
    ----------
    frames : its length
    names : of its sounds, as in `songsmith.kept`
    strips : what the mix did to its voices
    piece : returns the frames of a sound from one to before another, `[channels, frames]`
    """

    frames: int
    names: tuple[str, ...]
    strips: Mapping[str, Strip]
    piece: Callable[[str, int, int], Samples]

    @classmethod
    def in_memory(cls, mix: Mix) -> Finished:
        """Return a sound that is there as a whole."""
        sounds = {MIX: mix.mix, **{STEMS + name: audio for name, audio in mix.stems.items()}}
        if mix.dry_vocals is not None:
            sounds[DRY] = mix.dry_vocals
        return cls(
            mix.mix.frames,
            tuple(sounds),
            mix.strips,
            lambda name, start, stop: sounds[name].samples[:, start:stop],
        )

    @classmethod
    def in_files(cls, kept: Kept, strips: Mapping[str, Strip], frames: int) -> Finished:
        """Return a sound of which the pieces are read from its files."""
        return cls(frames, tuple(kept.files), strips, lambda name, start, stop: kept.read(name, start, stop).samples)


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """The sounds that change, by name, from the first frame of a stretch to where it ends."""

    stretch: Stretch
    sounds: Mapping[str, Samples]


def resing(old: Song, sound: Finished, new: Song, number: int, studio: Studio) -> Patch:
    """Return what changes in the sound of a song when one line of it is sung anew.

    Parameters
    ----------
    old : the song
    sound : of it
    new : the same song with other words in that line, see `songsmith.editing.line`
    number : of the line

    Raises InputError where the song was saved without what its mix did to the voices.
    """
    if VOCALS not in sound.strips or DRY not in sound.names:
        raise InputError("the song has no settings of its mix, so no line can be put in: make it again")
    settle = round(SETTLE_S * MIX_SAMPLE_RATE)
    settings = MixSettings.load(load_style(old.brief.style).mix)
    space = Space.of(settings, old.brief.texture, MIX_SAMPLE_RATE, sound.frames)
    reach = space.blocks.reach
    first, past = _heard(old, new, number)
    stretch = Stretch(first, min(sound.frames, past), min(sound.frames, past + reach + settle))
    # A whole second of the song, so that what works in steps (the de-esser) steps where it did.
    begin = max(0, first - reach - settle) // MIX_SAMPLE_RATE * MIX_SAMPLE_RATE
    space = replace(space, frames=stretch.until - begin)
    dry = _dry(old, new, number, sound, stretch, begin, studio)
    strip = sound.strips[VOCALS]
    raw = dry * np.float32(strip.factors[0, 0])
    changed = {VOCALS: _put_in(sound, VOCALS, vocal_again(raw, space, begin), space, begin, stretch)}
    if BACKING_VOCALS in sound.strips and any(sings(voice, number) for voice in new.voices):
        sung = _behind(sound, new, space, begin, stretch, studio)
        changed[BACKING_VOCALS] = _put_in(sound, BACKING_VOCALS, sung, space, begin, stretch)
    mixed = _under_ceiling(sound, changed, stretch, settings.master.true_peak_dbtp)
    return Patch(stretch, {MIX: mixed, DRY: dry[:, stretch.first - begin :], **_named(changed)})


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


def _dry(old: Song, new: Song, number: int, sound: Finished, stretch: Stretch, begin: int, studio: Studio) -> Samples:
    """Return the dry vocal from `begin` on with the line replaced.

    Where a neighbour is still heard, he is left as he was.
    """
    samples = sound.piece(DRY, begin, stretch.until).copy()
    after = _line_alone(new, number, sound.frames, studio)[:, begin : stretch.until]
    span = next(numbers for line, numbers in old.lyrics.numbered_lines() if line.number == number)
    start, end = free_stretch(old.performance, span)
    first = min(stretch.past, max(stretch.first, int(np.ceil((start + FADE_OUT_S) * MIX_SAMPLE_RATE))))
    past = max(first, min(stretch.past, int((end - FADE_IN_S) * MIX_SAMPLE_RATE)))
    if first > stretch.first or past < stretch.past:
        before = _line_alone(old, number, sound.frames, studio)[:, begin : stretch.until]
        for piece in (slice(stretch.first - begin, first - begin), slice(past - begin, stretch.past - begin)):
            samples[:, piece] += after[:, piece] - before[:, piece]
    samples[:, first - begin : past - begin] = after[:, first - begin : past - begin]
    return samples


def _line_alone(song: Song, number: int, frames: int, studio: Studio) -> Samples:
    """Return nothing but one line of the lead, `[1, frames]`."""
    cast = cast_voices(song.lyrics, song.brief.voice)
    alone = only_lines(song.performance, song.lyrics, frozenset((number,)))
    own = replace(cast, lead={number: cast.lead[number]})
    return fit(studio.sing_lead(alone, song.lyrics, own), frames).samples


def _behind(sound: Finished, new: Song, space: Space, begin: int, stretch: Stretch, studio: Studio) -> Samples:
    """Return a stretch of the voices behind the lead, sung anew as far as they are heard in it."""
    strip = sound.strips[BACKING_VOCALS]
    if len(strip.factors) != len(new.voices):
        raise InputError(f"the song has {len(new.voices)} voices, its mix {len(strip.factors)}: make the song again")
    window = (begin / MIX_SAMPLE_RATE, stretch.until / MIX_SAMPLE_RATE)
    near = tuple(_within(new, voice, window) for voice in new.voices)
    sung = studio.sing_parts(near, sound.frames)
    raws = [
        one.audio.samples[:, begin : stretch.until] * np.float32(lift)
        for one, (lift, _) in zip(sung, strip.factors, strict=True)
    ]
    pans, gains = [voice.pan for voice in new.voices], [float(gain) for _, gain in strip.factors]
    return voices_again(BACKING_VOCALS, raws, pans, gains, space, begin)


def _within(song: Song, voice: VoicePart, window: tuple[float, float]) -> VoicePart:
    """Return a voice that sings nothing but the lines that are heard in a time, with its curves where it sings."""
    heard = {
        line.number
        for line, span in voice.lyrics.numbered_lines()
        for start, end in (sounding_stretch(voice.performance, span),)
        if start < window[1] and end > window[0]
    }
    if heard and not len(voice.performance.f0_hz):
        voice = drawn(song, voice)
    return replace(voice, performance=only_lines(voice.performance, voice.lyrics, frozenset(heard)))


def _put_in(
    sound: Finished, name: str, made: Samples, space: Space, begin: int, stretch: Stretch
) -> tuple[Samples, Samples]:
    """Return a stretch of a stem before and after a channel's sound is put in, at the level the mix gave it."""
    strip = sound.strips[name]
    dips = strip.dips(begin, stretch.until)
    if dips.any():
        take_out(made, dips, space.settings.clarity.dip_hz)
    piece = made[:, stretch.first - begin :] * strip.gains(stretch.first, stretch.until)
    before = sound.piece(STEMS + name, stretch.first, stretch.until)
    return before, before + _edged(piece.shape[1], SEAM_S) * (piece - before)


def _edged(frames: int, length_s: float) -> Samples:
    """Return ones that rise from 0 at the beginning and fall to 0 at the end."""
    share = np.ones(frames, np.float32)
    seam = min(round(length_s * MIX_SAMPLE_RATE), frames // 2)
    rise = (np.arange(seam) / max(1, seam)).astype(np.float32)
    share[:seam], share[frames - seam :] = rise, rise[::-1]
    return share


def _under_ceiling(
    sound: Finished, changed: dict[str, tuple[Samples, Samples]], stretch: Stretch, ceiling_db: float
) -> Samples:
    """Return the stretch of the mix with the changed stems, these turned down in place where it would be too loud."""
    old = sound.piece(MIX, stretch.first, stretch.until)
    rest, new = old.copy(), np.zeros_like(old)
    for before, after in changed.values():
        rest -= before
        new += after
    allowed_db = max(ceiling_db, true_peak_dbtp(old))
    edges = _edged(stretch.until - stretch.first, FADE_S)
    gain = np.ones_like(edges)
    for step in range(STEPS):
        gain = 1.0 - np.float32(1.0 - db_to_gain(-STEP_DB * step)) * edges
        total = rest + gain * new
        if true_peak_dbtp(total) <= allowed_db:
            break
    for _, after in changed.values():
        after *= gain
    return total


def _named(changed: Mapping[str, tuple[Samples, Samples]]) -> dict[str, Samples]:
    """Return the changed stems as sounds by name."""
    return {STEMS + name: after for name, (_, after) in changed.items()}


def sum_error(sound: Finished, patch: Patch) -> float:
    """Return the largest difference between the mix and the sum of its stems in the stretch of a patch."""
    rest = patch.sounds[MIX].copy()
    for name in sound.names:
        if name.startswith(STEMS):
            changed = patch.sounds.get(name)
            rest -= sound.piece(name, patch.stretch.first, patch.stretch.until) if changed is None else changed
    return float(np.abs(rest).max(initial=0.0))
