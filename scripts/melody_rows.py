"""Turns songs into the rows that the melody scorers are trained on, by the very features used at run time."""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from melody_corpus import BAR, CorpusSong, Phrase

from songsmith.composing import gaps, pitches
from songsmith.theory import parse_chord


@dataclass(frozen=True)
class Rows:
    """`features` `[N, candidates, features] int16`, `allowed` `[N, candidates] bool`, `target` `[N]`."""

    features: np.ndarray
    allowed: np.ndarray
    target: np.ndarray


def merge(pieces: Iterable[Rows]) -> Rows:
    """Put the rows of many songs together."""
    pieces = list(pieces)
    return Rows(*(np.concatenate([getattr(p, name) for p in pieces]) for name in ("features", "allowed", "target")))


def _pack(features: list[np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    return np.stack([np.broadcast_to(f, shape) for f in features], axis=-1).astype(np.int16)


def _idiom(song: CorpusSong) -> int:
    return 1 if song.corpus == "pop909" else 0


def sung_onsets(phrase: Phrase) -> list[int]:
    return [note.onset for note in phrase.notes if not note.slur]


def _weights(phrase: Phrase) -> list[int]:
    """Return the stress classes of the syllables in their line, as `lyrics.prosody.syllable_weights` would."""
    weights = [s.weight for s in phrase.syllables]
    strong = [i for i, weight in enumerate(weights) if weight >= 1.0]
    for i in strong[:-1]:
        weights[i] *= 0.92
    last = len(weights) - 1
    while last > 0 and phrase.syllables[last - 1].after == 0:
        last -= 1
    tail = range(last, len(weights))
    if weights and min(weights[i] for i in tail) >= 0:
        top = max(tail, key=lambda i: (weights[i], i))
        weights[top] = min(1.0, weights[top] + 0.25)
    return [gaps.weight_class(w) for w in weights]


def _sometimes_blind(song: CorpusSong, number: int, weights: list[int]) -> list[int]:
    """Hide the stresses of a quarter of the phrases, so that the scorers also know lines without them."""
    if zlib.crc32(f"{song.name}/{number}".encode()) % 4:
        return weights
    return [gaps.UNKNOWN_WEIGHT] * len(weights)


def gap_rows(song: CorpusSong) -> Rows | None:
    bar, meter = BAR[song.meter], gaps.METERS.index(song.meter)
    history = [onset for phrase in song.phrases for onset in sung_onsets(phrase)]
    table: list[list[int]] = []
    echoes, targets = [], []
    for number, phrase in enumerate(song.phrases):
        onsets, weights = sung_onsets(phrase), _sometimes_blind(song, number, _weights(phrase))
        for i in range(1, len(onsets)):
            p, gap = onsets[i - 1], onsets[i] - onsets[i - 1]
            if not 1 <= gap <= gaps.GAPS or phrase.end - p - gap < 1:
                continue
            table.append([
                p % bar,
                min(p - onsets[i - 2], gaps.GAPS) if i > 1 else 0,
                min(onsets[i - 2] - onsets[i - 3], gaps.GAPS) if i > 2 else 0,
                weights[i - 1],
                weights[i],
                weights[i + 1] if i + 1 < len(onsets) else gaps.NO_SYLLABLE,
                phrase.syllables[i - 1].after,
                phrase.end - p,
                len(onsets) - i,
            ])  # fmt: skip
            echoes.append([echo_gap(history, p, lag * bar) for lag in gaps.LAGS])
            targets.append(gap - 1)
    if not table:
        return None
    columns = np.array(table, dtype=np.int64).T
    rows = gaps.GapRows(meter, _idiom(song), *columns, np.array(echoes, dtype=np.int64))
    left, remaining = columns[7][:, None], columns[8][:, None]
    allowed = left - np.arange(1, gaps.GAPS + 1)[None, :] >= remaining
    target = np.array(targets)
    allowed[np.arange(len(target)), target] = True
    return Rows(_pack(gaps.gap_features(rows), (len(target), gaps.GAPS)), allowed, target)


def echo_gap(history: list[int], place: int, lag: int) -> int:
    """Return the steps to the onset that follows `place - lag`, 0 where none is known, -1 before the song."""
    then = place - lag
    if not history or then < history[0]:
        return -1
    k = bisect_right(history, then)
    if k >= len(history) or history[k] > place or history[k] - then > gaps.GAPS:
        return 0
    return history[k] - then


def start_rows(song: CorpusSong) -> Rows | None:
    meter = gaps.METERS.index(song.meter)
    table, earlier, targets, allowed = [], [], [], []
    offsets: list[int] = []
    steps = np.arange(gaps.OFFSETS) - gaps.EARLIEST
    previous_end = None
    for number, phrase in enumerate(song.phrases):
        onsets, weights = sung_onsets(phrase), _sometimes_blind(song, number, _weights(phrase))
        if not onsets:
            continue
        offset = onsets[0] - phrase.start
        room = 40 if previous_end is None else phrase.start - previous_end
        if -gaps.EARLIEST <= offset < gaps.OFFSETS - gaps.EARLIEST:
            table.append([
                weights[0], weights[1] if len(weights) > 1 else gaps.NO_SYLLABLE, room, phrase.end - phrase.start,
                len(onsets),
            ])  # fmt: skip
            earlier.append([offsets[-k] if len(offsets) >= k else gaps.NO_OFFSET for k in (1, 2, 4)])
            targets.append(offset + gaps.EARLIEST)
            possible = (room + steps >= 0) & (phrase.end - phrase.start - steps > len(onsets))
            possible[targets[-1]] = True
            allowed.append(possible)
        offsets.append(offset)
        previous_end = onsets[-1] + 2
    if not table:
        return None
    columns = np.array(table, dtype=np.int64).T
    rows = gaps.StartRows(meter, _idiom(song), *columns, np.array(earlier, dtype=np.int64))
    target = np.array(targets)
    return Rows(_pack(gaps.start_features(rows), (len(target), gaps.OFFSETS)), np.array(allowed), target)


PITCH_SPAN = 32


def pitch_rows(song: CorpusSong) -> Rows | None:
    bar, meter = BAR[song.meter], gaps.METERS.index(song.meter)
    notes = [note for phrase in song.phrases for note in phrase.notes]
    low, high = min(n.pitch for n in notes), max(n.pitch for n in notes)
    if high - low >= PITCH_SPAN:
        return None
    onsets = [n.onset for n in notes]
    at = {n.onset: k for k, n in enumerate(notes)}
    chord_steps = [step for step, _ in song.chords]
    parsed = [parse_chord(symbol) for _, symbol in song.chords]
    rows: dict[str, list] = {name: [] for name in (
        "previous", "root", "quality", "tones", "next_root", "next_quality", "strength", "length", "length_before",
        "slur", "part", "final", "phase", "weight", "centre", "echo", "echo_interval",
    )}  # fmt: skip
    k = 0
    for number, phrase in enumerate(song.phrases):
        count = len(phrase.notes)
        weights = _weights(phrase)
        centre = float(np.mean([n.pitch for n in phrase.notes]))
        sung = -1
        for j, note in enumerate(phrase.notes):
            sung += not note.slur
            gap = onsets[k + 1] - note.onset if k + 1 < len(onsets) else note.duration
            before = note.onset - onsets[k - 1] if k else 0
            c = bisect_right(chord_steps, note.onset) - 1
            following = bisect_right(chord_steps, note.onset + min(gap, 8)) - 1
            tones = parsed[c] if c >= 0 else None
            later = parsed[following] if following > c else None
            rows["previous"].append([notes[k - d].pitch if k >= d else pitches.NONE for d in (1, 2, 3)])
            rows["root"].append(tones.root if tones else pitches.NONE)
            rows["quality"].append(pitches.chord_class(tones))
            rows["tones"].append([int(tones is not None and pc in tones.tones) for pc in range(12)])
            rows["next_root"].append(later.root if later else pitches.NONE)
            rows["next_quality"].append(pitches.chord_class(later))
            rows["strength"].append(int(gaps.STRENGTH[meter, note.onset % bar]))
            rows["length"].append(int(pitches.LENGTH_CLASS[min(gap, 32)]))
            rows["length_before"].append(int(pitches.LENGTH_CLASS[min(before, 32)]))
            rows["slur"].append(int(note.slur))
            rows["part"].append(0 if j == 0 else 2 if j == count - 1 else 1)
            rows["final"].append(int(number == len(song.phrases) - 1))
            rows["phase"].append(min(3, 4 * j // count))
            rows["weight"].append(weights[sung] if 0 <= sung < len(weights) else gaps.UNKNOWN_WEIGHT)
            rows["centre"].append(centre)
            echo, led = [], []
            for lag in gaps.LAGS:
                e = at.get(note.onset - lag * bar)
                echo.append(notes[e].pitch if e is not None else pitches.NONE)
                led.append(notes[e].pitch - notes[e - 1].pitch if e else pitches.NO_INTERVAL)
            rows["echo"].append(echo)
            rows["echo_interval"].append(led)
            k += 1
    made = {name: np.array(column, dtype=float if name == "centre" else np.int64) for name, column in rows.items()}
    values = pitches.PitchRows(_idiom(song), int(song.minor), song.tonic, **made)
    span = np.arange(low, low + PITCH_SPAN)
    features = _pack(pitches.pitch_features(values, span), (len(notes), PITCH_SPAN))
    allowed = np.broadcast_to(span[None, :] <= high, (len(notes), PITCH_SPAN))
    return Rows(features, np.array(allowed), np.array([n.pitch - low for n in notes]))


def length_counts(songs: list[CorpusSong]) -> np.ndarray:
    """Count note lengths by the steps to the next note: `[idioms, 2, gaps + 1, gaps + 1]`."""
    counts = np.zeros((2, 2, gaps.GAPS + 1, gaps.GAPS + 1))
    for song in songs:
        for number, phrase in enumerate(song.phrases):
            for j, note in enumerate(phrase.notes):
                last = j == len(phrase.notes) - 1
                if not last:
                    following = phrase.notes[j + 1].onset
                elif number + 1 < len(song.phrases):
                    following = song.phrases[number + 1].notes[0].onset
                else:
                    continue
                gap = min(following - note.onset, gaps.GAPS)
                counts[_idiom(song), int(last), gap, min(note.duration, gap)] += 1
    return counts


def split_counts(songs: list[CorpusSong]) -> tuple[np.ndarray, np.ndarray]:
    """Count notes of a syllable by its steps `[2, gaps + 1, 4]`, and lengths of the first of several."""
    splits = np.zeros((2, gaps.GAPS + 1, 4))
    parts = np.zeros((gaps.GAPS + 1, gaps.GAPS + 1))
    for song in songs:
        for phrase in song.phrases:
            groups: list[list] = []
            for note in phrase.notes:
                if note.slur and groups:
                    groups[-1].append(note)
                else:
                    groups.append([note])
            if len(phrase.syllables) != len(groups):
                continue
            for j, group in enumerate(groups):
                if phrase.syllables[j].stress < 0:
                    continue
                steps = group[-1].onset + group[-1].duration - group[0].onset
                steps = min(steps, gaps.GAPS)
                splits[int(j == len(groups) - 1), steps, min(len(group), 4) - 1] += 1
                if len(group) > 1:
                    parts[steps, min(group[1].onset - group[0].onset, gaps.GAPS)] += 1
    return splits, parts
