"""A recording played on: its own bars go on, in its own sound, and then its own ending follows.

What comes before the seam keeps its samples. The bars that are played again have no voice in them: where somebody
sings, the recording is separated first. They are brought to the loudness of what came before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from songsmith.analysis import Analysis, analyse
from songsmith.audio import Audio
from songsmith.errors import InputError
from songsmith.extension.bars import Bars, bars_of
from songsmith.extension.joins import BEFORE_S, FADE_S, join, play, runs_of, shifts_of
from songsmith.extension.path import continue_bars
from songsmith.mixing.loudness import loudness_lufs
from songsmith.plan import Chord
from songsmith.timeline import Timeline
from songsmith.units import db_to_gain

LONGEST_S = 3600.0
FADE_OUT_S = 4.0
LOOK_BACK_BARS = 8
MOST_GAIN_DB = 6.0
SUNG_SHARE = 0.02
ENDING_SHARE = 0.3
"""A last section longer than this part of a recording is no ending."""

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Extended:
    """A longer recording.

    Parameters
    ----------
    mix : of the recording's rate and channels
    stems : that sum to it, by name
    seam_s : from where on it is new: up to there its samples are the recording's
    new_s : from when to when the new bars are played; what follows is the recording's own ending
    bars : which bars of the recording, counted from 0, are played there, one after the other
    timeline, chords, meter, key : of the new bars, beat 0 at the first new downbeat, seconds of the whole mix
    gain_db : what the new bars are lifted by to be as loud as what came before
    notes : for the listener
    """

    mix: Audio
    stems: Mapping[str, Audio]
    seam_s: float
    new_s: tuple[float, float]
    bars: tuple[int, ...]
    timeline: Timeline
    chords: tuple[Chord, ...]
    meter: str
    key: str
    gain_db: float
    notes: tuple[str, ...]


def play_on(
    audio: Audio,
    by_s: float,
    stems: Mapping[str, Audio],
    found: Analysis | None = None,
    *,
    from_s: float | None = None,
    before: bool = False,
) -> Extended:
    """Return a recording that is longer by about so many seconds, in whole bars.

    Parameters
    ----------
    audio : the recording
    by_s : how much longer
    stems : of it, which sum to it; those besides `vocals` are played on
    found : its analysis, made here where it is None
    from_s : where the new bars begin, at the nearest bar line; None for where its ending begins
    before : whether the new bars are a beginning, before the first bar

    Raises
    ------
    InputError : where no beat can be found in it, it has too few bars, or less than a bar is asked for
    """
    if not 0.0 < by_s <= LONGEST_S:
        raise InputError(f"{by_s:g} s more is not possible: use more than 0 and at most {LONGEST_S:g}")
    found = found or analyse(audio, stems)
    rate = audio.sample_rate
    sung = {name: stem for name, stem in stems.items() if name == "vocals" and _is_sung(found)}
    heard = audio.samples - sum((stem.samples for stem in sung.values()), np.zeros_like(audio.samples))
    bars = bars_of(Audio(heard, rate), found)
    lengths_s = bars.lengths_s(rate)
    seam_bar = 0 if before else _seam_bar(bars, found, from_s, rate)
    usual = float(np.median(lengths_s))
    count = round(by_s / usual)
    if count < 1:
        raise InputError(f"{by_s:g} s is less than a bar of this recording: use {usual:.1f} or more")
    goes_into = seam_bar if before or (from_s is None and seam_bar < bars.count) else None
    way = continue_bars(bars, lengths_s, -1 if before else seam_bar - 1, count, goes_into)
    runs = runs_of(way)
    shifts = (0,) * len(runs) if before else shifts_of(heard, bars, runs, seam_bar - 1, rate)
    played = {
        name: play(np.zeros_like(stem.samples) if name in sung else stem.samples, bars, runs, shifts, rate)[0]
        for name, stem in stems.items()
    }
    return _put_together(audio, stems, played, bars, way, seam_bar, found, before, from_s is not None)


def _is_sung(found: Analysis) -> bool:
    return sum(end - start for start, end in found.voice) > SUNG_SHARE * found.duration_s


def _seam_bar(bars: Bars, found: Analysis, from_s: float | None, rate: int) -> int:
    """Return the bar before which the new bars begin."""
    starts_s = bars.edges / rate
    if from_s is not None:
        if not starts_s[1] - 1.0 <= from_s <= found.duration_s:
            raise InputError(
                f"{from_s:g} s is not inside the recording's bars: use {starts_s[1]:.1f} to {starts_s[-1]:.1f}"
            )
        return max(1, int(np.argmin(np.abs(starts_s - from_s))))
    last = bars.sections[-1] if bars.sections else None
    if last is not None and last.bar >= 1 and len(bars.sections) > 2 and last.bars <= ENDING_SHARE * bars.count:
        soft = last.kind == "outro" or not bars.usable[last.bar :].all()
        if soft:
            return last.bar
    playing = np.flatnonzero(bars.usable)
    return max(1, int(playing[-1]) + 1)


def _put_together(
    audio: Audio,
    stems: Mapping[str, Audio],
    played: Mapping[str, Samples],
    bars: Bars,
    way: tuple[int, ...],
    seam_bar: int,
    found: Analysis,
    before: bool,
    cut: bool,
) -> Extended:
    """Return what was before, the new bars at its loudness, and the ending, joined."""
    rate = audio.sample_rate
    lead, fade = round((BEFORE_S + FADE_S) * rate), round(FADE_S * rate)
    seam = max(0, int(bars.edges[seam_bar]) - lead)
    gain_db = _gain_db(audio, played, bars, seam_bar, rate)
    gain = np.float32(db_to_gain(gain_db))
    length = next(iter(played.values())).shape[1]
    notes = []
    ends = cut and not before
    if ends:
        notes.append("the new bars end the recording: they fade out")
    new: dict[str, Samples] = {}
    for name, stem in stems.items():
        piece = played[name] * gain
        head, tail = stem.samples[:, : seam + fade], stem.samples[:, seam:]
        if before:
            rise = np.linspace(0.0, 1.0, fade, dtype=np.float32)
            piece[:, :fade] *= rise
            # The recording begins before its first bar; what it has there is heard under the end of the new bars.
            new[name] = _over(piece, stem.samples, seam, fade)
            continue
        if ends:
            piece = piece[:, : length - fade]
            count = min(piece.shape[1], round(FADE_OUT_S * rate))
            piece[:, piece.shape[1] - count :] *= np.cos(0.5 * np.pi * np.linspace(0.0, 1.0, count, dtype=np.float32))
            new[name] = join(head, piece, fade)
        else:
            new[name] = join(join(head, piece, fade), tail, fade)
    at = 0 if before else seam
    total = _sum(new)
    if before:
        total[:, total.shape[1] - audio.frames + fade :] = audio.samples[:, fade:]
    else:
        total[:, :seam] = audio.samples[:, :seam]
        rest = audio.frames - seam - fade
        if not ends and rest > 0:
            total[:, total.shape[1] - rest :] = audio.samples[:, seam + fade :]
    timeline, chords = _beats(bars, way, (at + lead) / rate, rate)
    new_end = timeline.beats[-2]
    seam_s = 0.0 if before else seam / rate
    return Extended(
        Audio(total, rate),
        {name: Audio(samples, rate) for name, samples in new.items()},
        seam_s,
        (timeline.beats[0], new_end),
        way,
        timeline,
        chords,
        found.meter,
        found.key,
        round(gain_db, 2),
        tuple(notes),
    )


def _sum(pieces: Mapping[str, Samples]) -> Samples:
    return np.asarray(np.sum(list(pieces.values()), axis=0, dtype=np.float32), np.float32)


def _over(piece: Samples, own: Samples, seam: int, fade: int) -> Samples:
    """Return new bars that lead into a recording whose first bar begins `seam` frames after its beginning."""
    frames = piece.shape[1] - fade - seam
    early = np.zeros((piece.shape[0], max(0, -frames)), np.float32)
    piece = np.concatenate([early, piece], axis=1)
    start = max(0, frames)
    out = np.zeros((piece.shape[0], start + own.shape[1]), np.float32)
    out[:, start:] = own
    fall = np.cos(0.5 * np.pi * np.linspace(0.0, 1.0, fade, dtype=np.float32))
    piece[:, piece.shape[1] - fade :] *= fall
    count = min(piece.shape[1], out.shape[1])
    out[:, :count] += piece[:, :count]
    return out


def _gain_db(audio: Audio, played: Mapping[str, Samples], bars: Bars, seam_bar: int, rate: int) -> float:
    """Return the gain that brings the new bars to the loudness of the bars before, as far as their peaks allow."""
    new = _sum(played)
    first = max(0, seam_bar - LOOK_BACK_BARS)
    around = (first, seam_bar) if seam_bar else (0, min(bars.count, LOOK_BACK_BARS))
    old = audio.samples[:, bars.edges[around[0]] : bars.edges[around[1]]]
    wanted, is_now = loudness_lufs(old, rate), loudness_lufs(new, rate)
    if not np.isfinite([wanted, is_now]).all():
        return 0.0
    peak, allowed = float(np.abs(new).max(initial=1e-6)), max(0.98, float(np.abs(audio.samples).max(initial=0.0)))
    most = min(MOST_GAIN_DB, 20.0 * float(np.log10(allowed / peak)))
    return float(np.clip(wanted - is_now, -MOST_GAIN_DB, most))


def _beats(bars: Bars, way: tuple[int, ...], start_s: float, rate: int) -> tuple[Timeline, tuple[Chord, ...]]:
    """Return the beats and chords of the new bars, with one beat past them."""
    times: list[float] = []
    chords: list[Chord] = []
    lengths = bars.lengths_s(rate)
    at, beat = start_s, 0
    per_bar = bars.beats.shape[1] - 1
    for bar in way:
        times += [at + float(t) for t in bars.beats[bar][:-1]]
        chords += [Chord(beat + chord.onset, chord.duration, chord.symbol) for chord in bars.chords[bar]]
        at += float(lengths[bar])
        beat += per_bar
    times += [at, 2 * at - times[-1]]
    tempo = 60.0 * beat / (at - start_s)
    rounded = tuple(round(t, 4) for t in times)
    return Timeline(round(tempo, 2), rounded, tuple(range(0, len(rounded), per_bar))), _joined(chords)


def _joined(chords: list[Chord]) -> tuple[Chord, ...]:
    """Return chords with neighbours of one symbol as one."""
    out: list[Chord] = []
    for chord in chords:
        if out and out[-1].symbol == chord.symbol and abs(out[-1].end - chord.onset) < 1e-6:
            out[-1] = Chord(out[-1].onset, out[-1].duration + chord.duration, chord.symbol)
        else:
            out.append(chord)
    return tuple(out)
