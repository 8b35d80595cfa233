"""Evolving a song that is made: the melody of the sections chosen, or a part of the band, by an amount from 0 to 1.

A new melody is composed for the same words, chords and bars with a seed of its own. Between the old and the new one
lies a path of melodies in which more and more is new: first the ends of lines on the old rhythm, then whole lines,
then their rhythm, too. `amount` is the place on that path, by how much of the melody differs. Everything outside
what is chosen stays as it is, down to the samples of the dry vocal.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from songsmith.accompaniment import accompanist as find_accompanist
from songsmith.accompaniment.feel import swing_of
from songsmith.accompaniment.parts import Accompaniment, Part, PartNote
from songsmith.accompaniment.soundfont import find_soundfont, load_soundfont
from songsmith.align import perform
from songsmith.backing import arrange_backing
from songsmith.cast import cast_voices, move_into_ranges
from songsmith.compose import compose, sung_sections
from songsmith.errors import InputError
from songsmith.paper import LARGEST_SEED, Paper
from songsmith.performance import Performance
from songsmith.pipeline import Progress, render
from songsmith.revise import repitched
from songsmith.score import Note, Score
from songsmith.seeds import generator
from songsmith.singing.phrase import split_phrases
from songsmith.singing.voices import load_voice
from songsmith.song import Backend, Provenance, Song
from songsmith.styles import load_style
from songsmith.theory import Key
from songsmith.timeline import Meter

WHAT = ("melody", "drums", "bass", "all")
KEEP = ("rhythm", "contour")
BREATH_S = 0.2
SHORTEST_S = 0.12
APART_S = 0.35
"""Beside a line that stays, a line gets a new rhythm only where it leaves this much alone: no breath moves then."""

Line = tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be varied.

    Parameters
    ----------
    what : one of `WHAT`
    amount : 0 leaves all as it is, 1 makes what is chosen new
    keep : one of `KEEP`, None to keep neither
    section : label or kind of the sections to vary, None for all
    bars : first and last bar, counted from 1, None for all
    seed : another seed gives another variation
    """

    what: str = "melody"
    amount: float = 0.5
    keep: str | None = None
    section: str | None = None
    bars: tuple[int, int] | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.what not in WHAT:
            raise InputError(f"{self.what!r} cannot be varied: use one of {', '.join(WHAT)}")
        if not (math.isfinite(self.amount) and 0.0 <= self.amount <= 1.0):
            raise InputError(f"amount {self.amount:g} is not possible: use 0 (as it is) to 1 (new)")
        if self.keep is not None and self.keep not in KEEP:
            raise InputError(f"{self.keep!r} cannot be kept: use {' or '.join(KEEP)}")
        if self.keep is not None and self.what not in ("melody", "all"):
            raise InputError(f"the {self.keep} can only be kept of a melody, not of {self.what}: leave --keep out")
        if self.bars is not None and not 1 <= self.bars[0] <= self.bars[1]:
            raise InputError(f"bars {self.bars[0]}-{self.bars[1]} are out of order: write them like 5-12")
        if not 0 <= self.seed <= LARGEST_SEED:
            raise InputError(f"seed {self.seed} is out of range: use a whole number from 0 to {LARGEST_SEED}")


def vary(
    song: Song,
    request: Request,
    *,
    soundfont: str | Path | None = None,
    use_cache: bool = True,
    workers: int = 2,
    progress: Progress | None = None,
    warn: Callable[[str], None] = warnings.warn,
) -> Song:
    """Return a song varied, sung and mixed again; the keywords are those of `songsmith.pipeline.render`.

    Raises InputError where nothing of the song can be varied as asked, and where the SoundFont is not the one it
    was played with.
    """
    used = song.provenance.backend("soundfont")
    if used is not None:
        own = dict(used.facts).get("sha256")
        instruments = load_soundfont(find_soundfont(soundfont))
        if soundfont is None and own is not None and own != instruments.sha256:
            raise InputError(f"the song was played with the SoundFont {used.name}: give that file with --soundfont")
    paper = vary_paper(song, request)
    varied = render(paper, soundfont=soundfont, use_cache=use_cache, workers=workers, progress=progress, warn=warn)
    return replace(varied, provenance=_provenance(song, varied, request))


def vary_paper(song: Song, request: Request) -> Paper:
    """Return a song varied on paper."""
    style, voice = load_style(song.brief.style), load_voice(song.brief.voice)
    bars = _chosen_bars(song, request)
    parts = song.parts
    if request.what != "melody":
        parts = _vary_parts(song, request, bars)
    accompaniment = Accompaniment(parts, song.timeline, song.chords)
    score = Score(song.notes, song.chords, song.lyrics, song.plan)
    performance = song.performance
    cast = cast_voices(song.lyrics, song.brief.voice)
    voices = song.voices
    missed: tuple[str, ...] = ()
    if request.what in ("melody", "all"):
        score, performance = _vary_melody(song, request, bars, replace(accompaniment, parts=song.parts))
        if score.notes != song.notes:
            voices, missed = arrange_backing(score, song.timeline, cast, song.seed)
    return Paper(
        title=song.title,
        seed=song.seed,
        brief=song.brief,
        style=style,
        voice=voice,
        lyrics=song.lyrics,
        plan=song.plan,
        accompaniment=accompaniment,
        score=score,
        performance=performance,
        cast=cast,
        voices=voices,
        warnings=tuple(dict.fromkeys((*song.provenance.warnings, *missed))),
    )


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


def _provenance(song: Song, varied: Song, request: Request) -> Provenance:
    """Return the provenance of the song with the variation added."""
    facts = {"amount": f"{request.amount:g}", "seed": str(request.seed)}
    for name in ("keep", "section"):
        if getattr(request, name) is not None:
            facts[name] = getattr(request, name)
    if request.bars is not None:
        facts["bars"] = f"{request.bars[0]}-{request.bars[1]}"
    roles = dict(song.provenance.backends)
    roles.update({role: one for role, one in varied.provenance.backends if one is not None})
    roles["variation"] = Backend.of(request.what, **facts)
    return replace(varied.provenance, backends=tuple(roles.items()))


def _chosen_bars(song: Song, request: Request) -> frozenset[int]:
    """Return the bars, from 0, that a request is for."""
    bars = set(range(song.plan.bars))
    if request.section is not None:
        asked = request.section.strip().casefold()
        sections = [s for s in song.plan.sections if s.label.casefold() == asked]
        sections = sections or [s for s in song.plan.sections if s.kind == asked]
        if not sections:
            labels = ", ".join(dict.fromkeys(section.label for section in song.plan.sections))
            raise InputError(f"the song has no section {request.section!r}: it has {labels}")
        bars = {bar for s in sections for bar in range(s.bar, s.bar + s.bars)}
    if request.bars is not None:
        if request.bars[1] > song.plan.bars:
            raise InputError(f"bars {request.bars[0]}-{request.bars[1]}: the song has {song.plan.bars} bars")
        bars &= set(range(request.bars[0] - 1, request.bars[1]))
    if not bars:
        raise InputError("the section and the bars asked for have nothing in common: name one of the two")
    return frozenset(bars)


# --- the melody -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sung:
    """A line: what names its tune (kind of section and place in it), its old notes, and which may change.

    `free` holds its syllables that may change; the rhythm changes only where `whole`, all of them.
    """

    tune: tuple[str, int]
    notes: Line
    free: frozenset[int]
    whole: bool


def _vary_melody(
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
    voice = load_voice(song.brief.voice)
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
    swing = swing_of(style, song.brief.groove, Meter.parse(song.plan.meter))
    try:
        score = compose(song.lyrics, song.plan, accompaniment, span, seed, swing, style.syncopation)
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


# --- the band -------------------------------------------------------------------------------------------------


def _vary_parts(song: Song, request: Request, bars: frozenset[int]) -> tuple[Part, ...]:
    """Return the parts with drums, bass or all of them played anew in some of the bars asked for."""
    backend = song.provenance.backend("accompanist")
    name = backend.name if backend is not None else "patterns"
    seed = int(generator(song.seed, "vary", "parts", request.seed).integers(2**62))
    fresh = {part.name: part for part in find_accompanist(name).accompany(song.plan, song.brief, seed).parts}
    wanted = [part.name for part in song.parts if request.what in ("all", part.name)]
    if not wanted:
        raise InputError(f"the song has no {request.what} to vary: it has {', '.join(p.name for p in song.parts)}")
    parts = []
    for part in song.parts:
        new = fresh.get(part.name)
        if part.name in wanted and new is not None:
            order = generator(song.seed, "vary", "bars", part.name, request.seed).permutation(sorted(bars))
            chosen = {int(bar) for bar in order[: round(request.amount * len(order))]}
            part = replace(part, notes=_spliced(part.notes, new.notes, chosen, song.plan.beats_per_bar))
        parts.append(part)
    return tuple(parts)


def _spliced(old: Sequence[PartNote], new: Sequence[PartNote], bars: set[int], beats: int) -> tuple[PartNote, ...]:
    """Return some bars from `new` and the others from `old`, no note reaching into a bar of the other."""
    notes: list[PartNote] = []
    for source, is_new in ((old, False), (new, True)):
        for note in source:
            bar = int(max(0.0, note.onset) // beats)
            if (bar in bars) is not is_new:
                continue
            end_bar = bar + 1
            while (end_bar in bars) is is_new and end_bar * beats < note.onset + note.duration:
                end_bar += 1
            notes.append(replace(note, duration=round(min(note.duration, end_bar * beats - note.onset), 6)))
    return tuple(sorted(notes, key=lambda n: (n.onset, n.pitch)))
