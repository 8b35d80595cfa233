"""Words set to a melody that is given: which syllable is sung on which note.

Three cases, from sure to open. Words written in the file that are the sheet's are followed exactly. As many notes
as syllables are taken one for one. Anything else is a search (dynamic programming over syllables and notes): a
syllable may take several notes (melisma), a note may be split among several syllables, lines begin where the
melody begins its phrases, stressed syllables take strong beats and melismas, and `~` asks for notes.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lyrics.prosody import syllable_weights
from lyrics.values import Line, Word
from songsmith.errors import InputError
from songsmith.metre import metric_strength
from songsmith.score import Note
from songsmith.timeline import Meter
from songsmith.tunes.tune import TuneNote

Costs = npt.NDArray[np.float64]

PAUSE_MARKS = (",", ";", ":", ".", "!", "?", "—", "–", "…")

MOST_NOTES = 12
"""A syllable takes no more notes than this in the search."""

MOST_SYLLABLES = 6
"""A note is split among no more syllables than this."""

SHORTEST_S = 0.08
"""No syllable of a split note may be shorter; a voice cannot pronounce it."""

EASY_S = 0.18
REST_S = 0.3
LARGEST_SEARCH = 20_000_000

EXTRA_NOTE = 1.0
EXTRA_SYLLABLE = 1.5
INNER_REST = 4.0
LINE_START = 2.0
UNSUNG_NOTE, UNSUNG = 0.6, 3.0


@dataclass(frozen=True, slots=True)
class Underlay:
    """Words on notes.

    Parameters
    ----------
    notes : in the beats of the tune; syllables are counted from 0 over the lines given
    cost : how badly the words fit, about one for each note too many and 1.5 for each syllable too many
    known : whether the words of the file were followed
    unsung : notes of the tune that no syllable is sung on
    """

    notes: tuple[Note, ...]
    cost: float
    known: bool
    unsung: int


def underlay(tune: Sequence[TuneNote], lines: Sequence[Line], tempo: float, meter: Meter) -> Underlay:
    """Return the words of some lines set to the notes of a tune.

    Parameters
    ----------
    tune : its notes in order; those marked as slurs continue the syllable before
    lines : with words, sung in order
    tempo : quarter notes a minute
    meter : positions in the tune are counted from a bar line

    Raises
    ------
    InputError : where a note would have to be split too finely
    """
    known = _follow_words(tune, lines, tempo, meter)
    if known is not None:
        return known
    slots = _slots(tune)
    count = sum(len(line.syllables) for line in lines)
    for groups in (slots, [[k] for k in range(len(tune))]):
        if len(groups) == count:
            pairs = [([syllable], group) for syllable, group in enumerate(groups)]
            return Underlay(_write(tune, pairs, lines, tempo), 0.0, False, 0)
    pairs, unsung = _search(tune, lines, tempo, meter)
    return Underlay(_write(tune, pairs, lines, tempo), _misfit(pairs, unsung), False, unsung)


def _misfit(pairs: Sequence[tuple[list[int], list[int]]], unsung: int) -> float:
    """Return how badly groups of syllables fit groups of notes, by their numbers alone."""
    extra = sum(EXTRA_NOTE * (len(notes) - 1) + EXTRA_SYLLABLE * (len(syllables) - 1) for syllables, notes in pairs)
    return extra + (UNSUNG + UNSUNG_NOTE * unsung if unsung else 0.0)


def _slots(tune: Sequence[TuneNote]) -> list[list[int]]:
    """Return the notes grouped by the syllables that the tune itself marks."""
    slots: list[list[int]] = []
    for k, note in enumerate(tune):
        if note.slur and slots:
            slots[-1].append(k)
        else:
            slots.append([k])
    return slots


# --- words known from the file --------------------------------------------------------------------------------


def letters_of(text: str) -> str:
    """Return the letters and digits of a text, without case, accents and marks: what two spellings share."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("ß", "ss"))
    return "".join(character for character in plain if character.isalnum())


def _follow_words(tune: Sequence[TuneNote], lines: Sequence[Line], tempo: float, meter: Meter) -> Underlay | None:
    """Return the words where those in the tune are those of the lines, None where they are not."""
    slots = [group for group in _slots(tune) if tune[group[0]].lyric is not None]
    written = [letters_of(str(tune[group[0]].lyric)) for group in slots]
    if not any(written):
        return None
    words = [word for line in lines for word in line.words]
    spellings = ([letters_of(word.text) for word in words], [letters_of(word.sung) for word in words])
    for spelling in spellings:
        if "".join(spelling) == "".join(written) and all(spelling):
            pairs = _by_letters(tune, slots, written, words, spelling, lines, tempo, meter)
            if pairs is not None:
                sung = {k for _, group in pairs for k in group}
                return Underlay(_write(tune, pairs, lines, tempo), 0.0, True, len(tune) - len(sung))
    return None


def _by_letters(
    tune: Sequence[TuneNote],
    slots: list[list[int]],
    written: list[str],
    words: list[Word],
    spelling: list[str],
    lines: Sequence[Line],
    tempo: float,
    meter: Meter,
) -> list[tuple[list[int], list[int]]] | None:
    """Return the groups of notes of each word's syllables, found by the letters that have gone by."""
    starts = np.cumsum([0, *map(len, written)])[:-1].tolist()
    pairs: list[tuple[list[int], list[int]]] = []
    letters = syllable = 0
    for word, text in zip(words, spelling, strict=True):
        first = bisect_right(starts, letters - 1)
        past = bisect_right(starts, letters + len(text) - 1)
        groups = slots[first:past]
        count = len(word.syllables)
        if not groups or starts[first] != letters:
            return None
        if len(groups) == count:
            pairs += [([syllable + k], group) for k, group in enumerate(groups)]
        else:
            flat = [k for group in groups for k in group]
            alone = Line(1, word.text, (word,))
            inner, _ = _search([tune[k] for k in flat], (alone,), tempo, meter)
            pairs += [([syllable + s for s in sung], [flat[k] for k in group]) for sung, group in inner]
        letters += len(text)
        syllable += count
    return pairs


# --- the search -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Words:
    """What the search knows of each syllable, `[syllables]`."""

    weights: Costs
    asked: npt.NDArray[np.int64]
    starts_line: npt.NDArray[np.bool_]
    starts_word: npt.NDArray[np.bool_]
    after_pause: npt.NDArray[np.bool_]


def _words(lines: Sequence[Line]) -> _Words:
    weights: list[float] = []
    asked: list[int] = []
    first_of_line, first_of_word, after = [], [], []
    for line in lines:
        weights.extend(syllable_weights(line))
        paused = False
        for w, word in enumerate(line.words):
            asked.extend(word.melismas)
            for k in range(len(word.syllables)):
                first_of_line.append(w == 0 and k == 0)
                first_of_word.append(k == 0)
                after.append(k == 0 and paused)
            paused = word.text.rstrip("\"'”’)")[-1:] in PAUSE_MARKS
    return _Words(
        np.asarray(weights, np.float64),
        np.asarray(asked, np.int64),
        np.asarray(first_of_line, bool),
        np.asarray(first_of_word, bool),
        np.asarray(after, bool),
    )


def phrase_starts(tune: Sequence[TuneNote], beat_s: float) -> Costs:
    """Return `[notes]` from 0 to 1 how much each note begins a phrase: after a rest, or after a long note.

    Source: the proximity rules (rest, attack point) of F. Lerdahl and R. Jackendoff, "A Generative Theory of Tonal
    Music" (1983), which are what listeners group melodies by.
    """
    onsets = np.asarray([note.onset for note in tune])
    ends = np.asarray([note.end for note in tune])
    result = np.ones(len(tune))
    if len(tune) < 2:
        return result
    between = np.diff(onsets)
    usual = float(np.median(between))
    rests_s = (onsets[1:] - ends[:-1]) * beat_s
    long_before = np.clip((between / usual - 1.4) / 1.6, 0.0, 0.8)
    result[1:] = np.where(rests_s >= REST_S, 1.0, np.maximum(long_before, np.clip(rests_s / REST_S, 0.0, 1.0) * 0.6))
    return result


def _search(
    tune: Sequence[TuneNote], lines: Sequence[Line], tempo: float, meter: Meter
) -> tuple[list[tuple[list[int], list[int]]], int]:
    """Return groups of syllables with their groups of notes, and how many notes are left unsung at the end."""
    words = _words(lines)
    syllables, notes = len(words.weights), len(tune)
    if syllables * notes > LARGEST_SEARCH:
        raise InputError(
            f"{syllables} syllables on {notes} notes are too many to fit at once: sing the song in shorter sections"
        )
    beat_s = 60.0 / tempo
    starts = phrase_starts(tune, beat_s)
    strength = metric_strength(np.asarray([note.onset for note in tune]), meter)
    long_s = np.asarray([note.duration for note in tune]) * beat_s
    best = np.full((syllables + 1, notes + 1), np.inf)
    best[0, 0] = 0.0
    back = np.zeros((syllables + 1, notes + 1), np.int8)
    for i in range(syllables):
        here = best[i, :notes] + _start_costs(words, i, starts, strength)
        _try_melismas(words, i, here, starts, strength, best, back)
        _try_splits(words, i, here, long_s, best, back)
    left = np.arange(notes, -1, -1)
    leaving = np.where(left == 0, 0.0, UNSUNG + UNSUNG_NOTE * left)
    leaving[:-1] += np.where(starts >= 0.5, 0.0, 1e3)
    last = int((best[syllables] + leaving).argmin())
    if not np.isfinite(best[syllables, last] + leaving[last]):
        line = lines[0].number
        raise InputError(
            f"{syllables} syllables from line {line} on do not fit on {notes} notes of the melody: "
            "give a longer melody, or fewer words"
        )
    pairs: list[tuple[list[int], list[int]]] = []
    i, j = syllables, last
    while i > 0:
        step = int(back[i, j])
        if step > 0:
            pairs.append(([i - 1], list(range(j - step, j))))
            i, j = i - 1, j - step
        else:
            pairs.append((list(range(i + step, i)), [j - 1]))
            i, j = i + step, j - 1
    return pairs[::-1], notes - last


def _start_costs(words: _Words, i: int, starts: Costs, strength: Costs) -> Costs:
    """Return `[notes]` what it costs to begin syllable `i` at each note."""
    cost = -1.6 * (words.weights[i] - 0.42) * (strength - 0.35)
    if words.starts_line[i]:
        return np.asarray(cost - LINE_START * starts * (i > 0))
    factor = 0.4 if words.after_pause[i] else 1.0 if words.starts_word[i] else 2.0
    return np.asarray(cost + factor * starts)


def _try_melismas(
    words: _Words, i: int, here: Costs, starts: Costs, strength: Costs, best: Costs, back: npt.NDArray[np.int8]
) -> None:
    """Let syllable `i` take 1 to `MOST_NOTES` notes."""
    notes = len(starts)
    asked = int(words.asked[i])
    run = np.zeros(notes)  # what the notes after the first cost so far
    for count in range(1, min(MOST_NOTES, notes) + 1):
        room = notes - count + 1
        if count > 1:
            added = EXTRA_NOTE + INNER_REST * (starts >= 0.99) + 0.3 * (strength - 0.35)
            run = run[:room] + added[count - 1 :]
        extra = count - 1
        own = 0.12 * extra**2 - 0.6 * words.weights[i] * (extra > 0)
        own += 1.5 * (max(0, asked - extra) - min(asked, extra))
        total = here[:room] + run[:room] + own
        better = total < best[i + 1, count:]
        best[i + 1, count:] = np.where(better, total, best[i + 1, count:])
        back[i + 1, count:] = np.where(better, count, back[i + 1, count:])


def _try_splits(words: _Words, i: int, here: Costs, long_s: Costs, best: Costs, back: npt.NDArray[np.int8]) -> None:
    """Let a note be split among syllable `i` and up to `MOST_SYLLABLES` - 1 after it."""
    syllables = len(words.weights)
    extra = 0.0
    for count in range(2, MOST_SYLLABLES + 1):
        after = i + count - 1
        if after >= syllables or words.starts_line[after]:
            return
        extra += EXTRA_SYLLABLE + 0.8 * float(words.weights[after]) + 1.5 * int(words.asked[after])
        each_s = long_s / count
        tight = 12.0 * np.maximum(0.0, np.log(EASY_S / each_s)) + np.where(each_s < SHORTEST_S, 1e4, 0.0)
        total = here + extra + tight
        better = total < best[i + count, 1:]
        best[i + count, 1:] = np.where(better, total, best[i + count, 1:])
        back[i + count, 1:] = np.where(better, -count, back[i + count, 1:])


# --- notes ----------------------------------------------------------------------------------------------------


def _write(
    tune: Sequence[TuneNote], pairs: Sequence[tuple[list[int], list[int]]], lines: Sequence[Line], tempo: float
) -> tuple[Note, ...]:
    """Return the notes of groups of syllables on groups of notes; one of the two groups has one member."""
    weights = [weight for line in lines for weight in syllable_weights(line)]
    numbers = [line.number for line in lines for _ in line.syllables]
    notes: list[Note] = []
    for syllables, group in pairs:
        if len(syllables) == 1:
            for place, k in enumerate(group):
                note = tune[k]
                notes.append(Note(note.onset, note.duration, note.pitch, syllables[0], place > 0))
            continue
        note = tune[group[0]]
        shares = split_duration(note.duration, [weights[k] for k in syllables])
        if min(shares) * 60.0 / tempo < SHORTEST_S - 1e-6:
            raise InputError(
                f"line {numbers[syllables[0]]} has {len(syllables)} syllables for a note of "
                f"{note.duration * 60.0 / tempo:.2f} s: use fewer words there, or lower the tempo"
            )
        onset = note.onset
        for syllable, share in zip(syllables, shares, strict=True):
            notes.append(Note(round(onset, 6), round(share, 6), note.pitch, syllable))
            onset += share
    return tuple(notes)


def split_duration(duration: float, weights: Sequence[float]) -> list[float]:
    """Return the shares of a note among syllables: equal on the grid, or else the stressed ones longer."""
    count = len(weights)
    for grid in (0.5, 0.25, 0.125):
        units = round(duration / grid)
        if abs(units * grid - duration) < 1e-6 and units >= count and units % count == 0:
            return [units // count * grid] * count
    for grid in (0.25, 0.125):
        units = round(duration / grid)
        if abs(units * grid - duration) < 1e-6 and units > count:
            each, rest = divmod(units, count)
            longer = set(sorted(range(count), key=lambda k: (-weights[k], k))[:rest])
            return [(each + (k in longer)) * grid for k in range(count)]
    return [duration / count] * count
