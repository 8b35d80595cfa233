"""A recording played on: its own bars go on, in its own sound, and then its own ending follows.

What comes before the seam keeps its samples. The bars that are played again have no voice in them: where somebody
sings, the recording is separated first. They are brought to the loudness of what came before. Drums, where they are
a stem, have a fill of the recording before a new part ends.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from songsmith.analysis import Analysis, analyse
from songsmith.analysis.sections import FoundSection
from songsmith.audio import Audio
from songsmith.errors import InputError
from songsmith.extension.assembly import VOICES, beginning, carry_voice, dying, hush_s, total_of, within
from songsmith.extension.bars import Bars, bars_of
from songsmith.extension.buildup import coming_in, entries_of
from songsmith.extension.fills import DRUMS, drums_of
from songsmith.extension.joins import FADE_S, lag, leads_of, pieces_of, play, runs_of, shifts_of
from songsmith.extension.level import CEILING_DB, lift, under_ceiling
from songsmith.extension.path import continue_bars
from songsmith.extension.place import held_of, place_of
from songsmith.mixing.loudness import loudness_lufs, true_peak_dbtp
from songsmith.plan import Chord
from songsmith.timeline import Timeline
from songsmith.units import db_to_gain

LONGEST_S = 1800.0
LOOK_BACK_BARS = 8
SUNG_SHARE = 0.02
SECTION_BARS = 8
Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Extended:
    """A longer recording.

    Parameters
    ----------
    mix : of the recording's rate and channels
    stems : that sum to it, by name
    seam_s : up to there its samples are the recording's (of a new beginning: 0)
    rest_s : from there on they are again; None where nothing of the recording follows
    rest_from_s : the second of the recording that is heard there
    new_s : from when to when the new bars are played
    bars : which bars of the recording, counted from 0, are played there, one after the other
    from_s : when each of them begins and ends in the recording
    drums : which bars its drums are taken from, where they are a stem
    before_s : how long before a downbeat joins end
    joins_s : where bars meet that are no neighbours in the recording
    timeline, chords, sections, meter, key : of the new bars, from beat 0 at the first one, in seconds of the mix
    wanted_lufs : loudness of what was there before
    ceiling : that no new peak may be above, linear
    gain_db : what the new bars are lifted by
    has_voice : whether somebody sings in the recording
    notes : for the listener
    """

    mix: Audio
    stems: Mapping[str, Audio]
    seam_s: float
    rest_s: float | None
    rest_from_s: float
    new_s: tuple[float, float]
    bars: tuple[int, ...]
    from_s: tuple[tuple[float, float], ...]
    drums: tuple[int, ...]
    before_s: float
    joins_s: tuple[float, ...]
    timeline: Timeline
    chords: tuple[Chord, ...]
    sections: tuple[FoundSection, ...]
    meter: str
    key: str
    wanted_lufs: float
    ceiling: float
    gain_db: float
    has_voice: bool
    notes: tuple[str, ...]

    @property
    def new_frames(self) -> tuple[int, int]:
        """First frame of the new bars, and the one past their last that is not the recording's own again."""
        rate = self.mix.sample_rate
        end_s = self.new_s[1] if self.rest_s is None else min(self.new_s[1], self.rest_s)
        return round(self.new_s[0] * rate), round(end_s * rate)


def check_seconds(by_s: float) -> None:
    """Refuse a length that cannot be."""
    if not (math.isfinite(by_s) and 0.0 < by_s <= LONGEST_S):
        raise InputError(f"--by {by_s:g} is not possible: use a number of seconds above 0, at most {LONGEST_S:g}")


def whole_bars(by_s: float, bar_s: float) -> int:
    """Return how many bars are about so long, to within a bar: whole phrases where that goes."""
    if by_s < 0.5 * bar_s:
        raise InputError(f"--by {by_s:g} is less than half a bar of this music: use {bar_s:.1f} or more")
    exact = by_s / bar_s
    near = {max(1, math.floor(exact)), math.ceil(exact)}
    return min(near, key=lambda bars: (0 if bars % 4 == 0 else 1 if bars % 2 == 0 else 2, abs(bars - exact)))


def is_sung(found: Analysis) -> bool:
    """Tell whether somebody sings in a recording."""
    return sum(end - start for start, end in found.voice) > SUNG_SHARE * found.duration_s


def play_on(
    audio: Audio,
    by_s: float,
    stems: Mapping[str, Audio],
    found: Analysis | None = None,
    *,
    from_s: float | None = None,
    before: bool = False,
    for_voice: bool = False,
    lead_rank: int = 0,
) -> Extended:
    """Return a recording that is longer by about so many seconds, in whole bars.

    Parameters
    ----------
    audio : the recording
    by_s : how much longer
    stems : of it, which sum to it; those besides voices are played on
    found : its analysis, made here where it is None
    from_s : where the new bars begin, at the nearest bar line, and the rest of the recording follows them; None for
        where its ending begins
    before : whether the new bars are a beginning, before the first bar
    for_voice : whether somebody will sing over the new bars: the band is as loud as the band before then
    lead_rank : how far before the downbeat joins lie: 0 for the place at which least happens, 1 for the next

    Raises
    ------
    InputError : where no beat can be found in it, it has too few bars, or less than a bar is asked for
    """
    check_seconds(by_s)
    if before and from_s is not None:
        raise InputError("--before and --from say two places: leave out one of them")
    found = found or analyse(audio, stems)
    rate = audio.sample_rate
    sung = is_sung(found)
    voices = {name: stem for name, stem in stems.items() if name in VOICES and sung}
    heard = audio.samples - sum((stem.samples for stem in voices.values()), np.zeros_like(audio.samples))
    bars = bars_of(Audio(heard, rate), found)
    if not bars.usable.any():
        raise InputError("no bar of the recording can be played again: give a recording of music with a steady pulse")
    lead = leads_of(heard, bars.edges.tolist(), rate)[lead_rank]
    place = place_of(audio, bars, found, from_s, before)
    lengths_s = bars.lengths_s(rate)
    usual_s = float(np.median(lengths_s))
    count = whole_bars(by_s, usual_s)
    first = max(0, place.bar - LOOK_BACK_BARS)
    around = slice(
        int(bars.edges[first]), int(bars.edges[place.bar if place.bar else min(bars.count, LOOK_BACK_BARS)])
    )
    wanted = loudness_lufs(audio.samples[:, around], rate)
    ceiling = max(float(db_to_gain(CEILING_DB)), min(0.999, float(db_to_gain(true_peak_dbtp(audio.samples)))))
    target = loudness_lufs(heard[:, around], rate) if for_voice else wanted
    if not before and from_s is None:  # what ends the recording is not played on
        bars = replace(bars, usable=bars.usable & (np.arange(bars.count) < place.bar))
    last = -1 if before else place.bar - 1
    into = place.bar if place.bar < bars.count and not place.ends else None
    way = continue_bars(bars, lengths_s, last, count, into, target)
    runs = runs_of(way)
    shifts = shifts_of(heard, bars, runs, last, rate)
    shift_of = [shift for run, shift in zip(runs, shifts, strict=True) for _ in range(run.past - run.first)]
    starts = [int(bars.edges[bar]) + shift for bar, shift in zip(way, shift_of, strict=True)]
    frames = [int(bars.edges[bar + 1] - bars.edges[bar]) for bar in way]
    drums, drum_starts = way, starts
    if DRUMS in stems:
        drums = drums_of(stems[DRUMS], bars, way, into)
        drum_starts = [
            start
            if own == bar
            else int(bars.edges[own]) + lag(stems[DRUMS].samples, start, int(bars.edges[own]), rate)
            for own, bar, start in zip(drums, way, starts, strict=True)
        ]
    held = held_of(bars, found, rate) if place.ends else None
    after = starts[-1] + frames[-1]
    tail_lag = 0 if into is None or before else lag(heard, after, int(bars.edges[into]), rate)
    new = sum(frames)
    if held is not None:
        begin = int(bars.edges[held.bar]) + lag(heard, after, int(bars.edges[held.bar]), rate)
        starts, drum_starts = [*starts, begin], [*drum_starts, begin]
        frames = [*frames, held.frames]
    more = max(0, lead - int(bars.edges[0])) if before else 0
    played: dict[str, Samples] = {}
    for name, stem in stems.items():
        pieces = pieces_of(drum_starts if name == DRUMS else starts, frames)
        pieces = (*pieces[:-1], replace(pieces[-1], frames=pieces[-1].frames + more))
        played[name] = play(np.zeros_like(stem.samples) if name in voices else stem.samples, pieces, lead, rate)
        if held is not None:
            played[name] = dying(played[name], held, lead, rate, name == DRUMS)
    gain_db, curve = lift(total_of(played), target, ceiling, rate)
    played = {name: samples * curve for name, samples in played.items()}
    if before:
        edges = np.cumsum([0, *frames]).tolist()
        entries = entries_of(played, len(way))
        played = {name: coming_in(samples, edges, entries[name], rate) for name, samples in played.items()}
    for name in voices if not before else ():
        carry_voice(played[name], stems[name].samples, bars, place, found, lead, rate)
    spare = under_ceiling(total_of(played), ceiling, rate)
    played = {name: samples * spare for name, samples in played.items()}
    placed = (
        beginning(audio, stems, played, bars, new, lead, rate)
        if before
        else within(audio, stems, played, bars, place, lead, tail_lag, hush_s(bars, place, found, lead, rate))
    )
    timeline, chords = _beats(bars, way, placed.downbeat / rate, rate)
    notes = ["the recording breaks off without an ending: one was made from its own last chord"] if held else []
    edges = np.cumsum([0, *frames[: len(way)]]) + placed.downbeat
    breaks = [k for k in range(1, len(way)) if way[k] != way[k - 1] + 1 or drums[k] != drums[k - 1] + 1]
    return Extended(
        mix=Audio(placed.mix, rate),
        stems={name: Audio(samples, rate) for name, samples in placed.stems.items()},
        seam_s=0.0 if before else placed.seam / rate,
        rest_s=None if placed.rest is None else placed.rest / rate,
        rest_from_s=placed.rest_from / rate,
        new_s=(round(placed.downbeat / rate, 4), round((placed.downbeat + new) / rate, 4)),
        bars=way,
        from_s=tuple((round(float(bars.edges[b]) / rate, 4), round(float(bars.edges[b + 1]) / rate, 4)) for b in way),
        drums=drums,
        before_s=round(lead / rate - FADE_S, 4),
        joins_s=tuple(round(float(edges[k]) / rate, 4) for k in breaks),
        timeline=timeline,
        chords=chords,
        sections=_sections(bars, way),
        meter=found.meter,
        key=found.key,
        wanted_lufs=wanted,
        ceiling=ceiling,
        gain_db=gain_db,
        has_voice=sung,
        notes=tuple(notes),
    )


def _sections(bars: Bars, way: Sequence[int]) -> tuple[FoundSection, ...]:
    """Return the new bars as sections of eight, with how full each is."""
    levels = bars.level_lufs[list(way)]
    loudest = float(bars.level_lufs.max())
    found = []
    for number, first in enumerate(range(0, len(way), SECTION_BARS)):
        count = min(SECTION_BARS, len(way) - first)
        energy = float(np.clip(1.0 + (levels[first : first + count].mean() - loudest) / 20.0, 0.05, 1.0))
        found.append(FoundSection("verse", chr(65 + number % 26), first, count, round(energy, 3), (False,) * count))
    return tuple(found)


def _beats(bars: Bars, way: Sequence[int], start_s: float, rate: int) -> tuple[Timeline, tuple[Chord, ...]]:
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
