"""The melody of a song on its way from what it is to one composed anew.

Between the old and the new one lies a path of melodies in which more and more is new: first the ends of lines on the
old rhythm, then whole lines, then their rhythm, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from songsmith.accompaniment.parts import Accompaniment
from songsmith.align import perform
from songsmith.cast import cast_voices, move_into_ranges
from songsmith.compose import sung_sections
from songsmith.errors import InputError
from songsmith.paper import write_melody
from songsmith.performance import Performance
from songsmith.revise import repitched
from songsmith.score import Note, Score
from songsmith.seeds import generator
from songsmith.singing.phrase import split_phrases
from songsmith.singing.voices import load_voice
from songsmith.song import Song
from songsmith.styles import load_style
from songsmith.theory import Key
from songsmith.timeline import Meter
from songsmith.varying.request import Request

BREATH_S = 0.2
SHORTEST_S = 0.12
APART_S = 0.35
"""Beside a line that stays, a line gets a new rhythm only where it leaves this much alone: no breath moves then."""

Line = tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class _Sung:
    """A line: what names its tune (kind of section and place in it), its old notes, and which may change.

    `free` holds its syllables that may change; the rhythm changes only where `whole`, all of them.
    """

    tune: tuple[str, int]
    notes: Line
    free: frozenset[int]
    whole: bool


def difference(old: Sequence[Note], new: Sequence[Note]) -> float:
    """Return how much of a melody is new, 0 to 1: syllables whose pitches differ, and whose rhythm, by half each."""
    before, after = _by_syllable(old), _by_syllable(new)
    if not before:
        return 0.0
    total = 0.0
    for number, notes in before.items():
        other = after.get(number, [])
        total += [n.pitch for n in notes] != [n.pitch for n in other]
        total += [(n.onset, n.duration) for n in notes] != [(n.onset, n.duration) for n in other]
    return total / (2 * len(before))


def _by_syllable(notes: Sequence[Note]) -> dict[int, list[Note]]:
    found: dict[int, list[Note]] = {}
    for note in notes:
        found.setdefault(note.syllable, []).append(note)
    return found


def vary_melody(
    song: Song, request: Request, bars: frozenset[int], accompaniment: Accompaniment
) -> tuple[Score, Performance]:
    """Return the score with the melody at its place on the path from old to new, and its performance."""
    old = Score(song.notes, song.chords, song.lyrics, song.plan)
    if not song.notes:
        raise InputError("nobody sings in this song, so it has no melody to vary: vary its drums or bass")
    lines = _lines(song, bars)
    if not any(line.free for line in lines):
        raise InputError("nothing is sung in the bars asked for: name others, or leave them open")
    new = _composed_anew(song, request, accompaniment)
    by_syllable = _by_syllable(new)
    targets = [tuple(n for k in sorted({n.syllable for n in line.notes}) for n in by_syllable[k]) for line in lines]
    voice = load_voice(song.brief.voice, song.brief.performance or None)
    for pinned in (False, True):
        path = _path(song, lines, targets, request, pinned)
        chosen = _at(path, request.amount)
        score = replace(old, notes=tuple(note for line in chosen for note in line))
        if score.notes == song.notes:
            return score, song.performance
        performance = perform(score, song.timeline, voice, song.seed)
        if pinned or _others_unchanged(song, performance, lines):
            break
    return score, performance


def _lines(song: Song, bars: frozenset[int]) -> list[_Sung]:
    """Return the sung lines with what of them may change."""
    by_syllable = _by_syllable(song.notes)
    numbers = dict(zip((line.number for line in song.lyrics.lines), song.lyrics.numbered_lines(), strict=True))
    beats = song.plan.beats_per_bar
    lines = []
    for section, planned in sung_sections(song.lyrics, song.plan):
        for place, line in enumerate(line for line in section.lines if line.words):
            own = numbers[line.number][1]
            notes = tuple(note for k in own for note in by_syllable[k])
            inside = range(planned.bar, planned.bar + planned.bars)
            free = frozenset(
                k
                for k in own
                # A pickup belongs to the section it leads into, though it stands before its first bar.
                if all(min(max(int(n.onset // beats), inside[0]), inside[-1]) in bars for n in by_syllable[k])
            )
            lines.append(_Sung((planned.kind, place), notes, free, len(free) == len(own)))
    return lines


def _composed_anew(song: Song, request: Request, accompaniment: Accompaniment) -> tuple[Note, ...]:
    """Return a melody of the same words on the same plan, by another seed."""
    style, voice = load_style(song.brief.style), load_voice(song.brief.voice)
    seed = int(generator(song.seed, "vary", "melody", request.seed).integers(2**62))
    span = (voice.range.comfortable_lowest, voice.range.comfortable_highest)
    try:
        score, _ = write_melody(song.lyrics, song.plan, accompaniment, span, seed, style, song.brief.groove)
    except InputError as err:
        raise InputError(f"no other melody can be written for this song: {err}") from err
    return move_into_ranges(score, cast_voices(song.lyrics, song.brief.voice), song.brief.voice).notes


def _path(
    song: Song, lines: Sequence[_Sung], targets: Sequence[Line], request: Request, pinned: bool
) -> list[tuple[Line, ...]]:
    """Return melodies from the old one to the newest, each with more that is new than the one before."""
    refit = _Refit(song, request.keep)
    halves = [refit.pitches(line, target, _second_half(line)) for line, target in zip(lines, targets, strict=True)]
    wholes = [refit.pitches(line, target, line.free) for line, target in zip(lines, targets, strict=True)]
    stages: list[list[Line]] = [halves, wholes]
    if request.keep != "rhythm":
        fixed = [not line.whole or (pinned and _beside_fixed(lines, k)) for k, line in enumerate(lines)]
        stages.append(
            [wholes[k] if fixed[k] else refit.rhythm(lines, targets[k], k, wholes[k]) for k in range(len(lines))]
        )
    groups = _groups(lines, targets)
    order = [groups[k] for k in generator(song.seed, "vary", "order", request.seed).permutation(len(groups))]
    now = [line.notes for line in lines]
    path = [tuple(now)]
    reached = 0.0
    for stage in stages:
        for group in order:
            for k in group:
                now[k] = stage[k]
            melody = _cleared(now, lines, BREATH_S * song.plan.tempo / 60.0, SHORTEST_S * song.plan.tempo / 60.0)
            if melody is None:
                continue
            share = difference(song.notes, [note for line in melody for note in line])
            if share > reached + 1e-9:
                path.append(melody)
                reached = share
    return path


def _cleared(now: Sequence[Line], lines: Sequence[_Sung], breath: float, shortest: float) -> tuple[Line, ...] | None:
    """Return lines of which none runs into the next, last notes cut where they would; None where one cannot be."""
    result = list(now)
    for k in range(len(now) - 1):
        last, following = result[k][-1], now[k + 1][0].onset
        if result[k] is lines[k].notes and now[k + 1] is lines[k + 1].notes:
            continue
        room = following - last.onset - breath
        if last.duration <= room + 1e-9:
            continue
        if following >= last.end - 1e-9 and last.duration <= lines[k].notes[-1].duration + 1e-9:
            continue  # as close as it was in the song
        if room < shortest or not lines[k].free:
            return None
        result[k] = (*result[k][:-1], replace(last, duration=round(room, 6)))
    return tuple(result)


def _at(path: Sequence[tuple[Line, ...]], amount: float) -> tuple[Line, ...]:
    """Return the melody of a path whose share of what is new comes nearest to `amount`."""
    old = [note for line in path[0] for note in line]
    shares = np.array([difference(old, [note for line in melody for note in line]) for melody in path])
    return path[int(np.abs(shares - amount * shares[-1]).argmin())]


def _groups(lines: Sequence[_Sung], targets: Sequence[Line]) -> list[list[int]]:
    """Return the lines grouped so that those which repeat each other change together."""

    def shape(notes: Line) -> tuple[tuple[float, float, int], ...]:
        return tuple((round(n.onset - notes[0].onset, 6), round(n.duration, 6), n.pitch) for n in notes)

    found: dict[object, list[int]] = {}
    for k, (line, target) in enumerate(zip(lines, targets, strict=True)):
        if line.free:
            found.setdefault((line.tune, shape(line.notes), shape(target), line.whole), []).append(k)
    return list(found.values())


def _second_half(line: _Sung) -> frozenset[int]:
    """Return the free syllables in the second half of a line."""
    numbers = sorted({note.syllable for note in line.notes})
    return frozenset(k for k in numbers[len(numbers) // 2 :] if k in line.free)


def _beside_fixed(lines: Sequence[_Sung], k: int) -> bool:
    """Tell whether the line before or after one has to stay as it is."""
    around = [lines[i] for i in (k - 1, k + 1) if 0 <= i < len(lines)]
    return any(not line.free for line in around)


@dataclass(frozen=True, slots=True)
class _Refit:
    """Brings lines of a song to new pitches and rhythms."""

    song: Song
    keep: str | None

    def pitches(self, line: _Sung, target: Line, free: frozenset[int]) -> Line:
        """Return a line on its old rhythm with the pitches of its free syllables near those of the new line."""
        places = [k for k, note in enumerate(line.notes) if note.syllable in free]
        if not places:
            return line.notes
        wanted = _by_syllable(target)
        seen: dict[int, int] = {}
        aims = []
        for k in places:
            note = line.notes[k]
            options = wanted[note.syllable]
            aims.append(options[min(seen.get(note.syllable, 0), len(options) - 1)].pitch)
            seen[note.syllable] = seen.get(note.syllable, 0) + 1
        olds = [note.pitch for note in line.notes]
        bounds = _span((*line.notes, *target))
        result = list(line.notes)
        for run in _runs(places):
            beside = (olds[run[0] - 1] if run[0] else None, olds[run[-1] + 1] if run[-1] + 1 < len(olds) else None)
            moves = None
            if self.keep == "contour":
                padded = [beside[0] or 0, *(olds[k] for k in run), beside[1] or 0]
                moves = [int(np.sign(b - a)) for a, b in pairwise(padded)]
            run_aims = [aims[places.index(k)] for k in run]
            fitted = self._fit([line.notes[k] for k in run], run_aims, bounds, beside, moves)
            for k, pitch in zip(run, fitted, strict=True):
                result[k] = replace(line.notes[k], pitch=pitch)
        return tuple(result)

    def rhythm(self, lines: Sequence[_Sung], target: Line, k: int, otherwise: Line) -> Line:
        """Return the new line, kept clear of lines beside it that stay; `otherwise` where there is no room for it."""
        beat = self.song.plan.tempo / 60.0
        old = lines[k].notes
        moves_after_fixed = k and not lines[k - 1].free and target[0].onset != old[0].onset
        if moves_after_fixed and min(target[0].onset, old[0].onset) < lines[k - 1].notes[-1].end + APART_S * beat:
            return otherwise
        if k + 1 < len(lines) and not lines[k + 1].free:
            if old[-1].end - target[-1].onset < APART_S * beat:
                return otherwise
            target = (*target[:-1], replace(target[-1], duration=round(old[-1].end - target[-1].onset, 6)))
        if self.keep != "contour":
            return target
        if [n.slur for n in target] != [n.slur for n in old]:
            return otherwise
        moves = [0, *(int(np.sign(b.pitch - a.pitch)) for a, b in pairwise(old)), 0]
        aims = [n.pitch for n in target]
        fitted = self._fit(target, aims, _span((*old, *target)), (None, None), moves)
        return tuple(replace(note, pitch=pitch) for note, pitch in zip(target, fitted, strict=True))

    def _fit(
        self,
        notes: Sequence[Note],
        aims: Sequence[int],
        bounds: tuple[int, int],
        beside: tuple[int | None, int | None],
        moves: Sequence[int] | None,
    ) -> tuple[int, ...]:
        plan = self.song.plan
        key, meter = Key.parse(plan.key), Meter.parse(plan.meter)
        return repitched(notes, aims, self.song.chords, key, meter, bounds, beside, moves)


def _span(notes: Sequence[Note]) -> tuple[int, int]:
    """Return the lowest and the highest pitch."""
    return min(n.pitch for n in notes), max(n.pitch for n in notes)


def _runs(places: Sequence[int]) -> list[list[int]]:
    """Return rising numbers as runs without gaps."""
    runs: list[list[int]] = []
    for place in places:
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs


def _others_unchanged(song: Song, performance: Performance, lines: Sequence[_Sung]) -> bool:
    """Tell whether the phrases of lines that stay are sung as before, to the sample."""
    kept = {note.syllable for line in lines if not line.free for note in line.notes}
    numbers = {line.number for line, own in song.lyrics.numbered_lines() if own and own[0] in kept}

    def keys(one: Performance) -> Mapping[tuple[int, int], tuple[str, float]]:
        phrases = split_phrases(one, song.lyrics, song.seed)
        return {(p.line, p.part): (p.key(), p.origin_s) for p in phrases if p.line in numbers}

    return keys(song.performance) == keys(performance)
