"""From score to performance: when each phoneme is sung.

A vowel starts exactly on its note. The consonants before it come out of the end of the previous vowel, or
out of the rest; the consonants after it stand at the end of the syllable. Slurred notes continue the vowel.
Lines are parted by a silence, so that each can be rendered by itself; what precedes the first vowel of a
line fits into a zone that belongs to that line, so that new words in one line leave its neighbours alone.
All times are seconds, rounded to `DECIMALS`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lyrics.values import Lyrics
from songsmith.errors import InputError
from songsmith.expression import loudness_curve, pitch_curve, sung_notes
from songsmith.performance import BREATH, FRAME_PERIOD_S, SILENCE, Performance, PhonemeSpan
from songsmith.score import Score
from songsmith.singing.phonemes import CONSONANT_S, VOWELS, cluster_lengths
from songsmith.singing.voices import Voice
from songsmith.timeline import Timeline

DECIMALS = 5
SHORTEST_SYLLABLE_S = 0.04
SHORTEST_CONSONANT_S = 0.025
LINE_GAP_S = 0.02
ONSET_ZONE_S = 0.18  # before the first vowel of a phrase: the gap and its consonants
NATURAL_SINGER = "heart"  # whose network is asked how long consonants are
BREATHS_S = ((0.45, 1.0), (0.28, 0.55))  # free gap needed, share of the voice's breath


@dataclass(frozen=True, slots=True)
class _Sung:
    """A syllable with its consonants and their unhurried lengths, from its first note to its last, in seconds."""

    number: int
    line: int
    onset: tuple[str, ...]
    vowel: str
    coda: tuple[str, ...]
    onset_s: tuple[float, ...]
    coda_s: tuple[float, ...]
    start: float
    end: float


def perform(score: Score, timeline: Timeline, voice: Voice, seed: int) -> Performance:
    """Return how `voice` sings a score on a timeline.

    Parameters
    ----------
    score : every syllable of its lyrics has one first note and any slurred ones after it, in order
    timeline : the beats of the accompaniment
    voice : whose timing, pitch and level settings shape it
    seed : of the song; decides only the small irregularities of pitch

    Raises
    ------
    InputError
        Where a syllable has no notes, notes are out of order or overlap, a syllable is shorter than 40 ms, or
        the voice cannot sing the score's language.
    """
    if not voice.sings(score.lyrics.language):
        raise InputError(
            f"voice {voice.name!r} sings {voice.language!r}, the lyrics are {score.lyrics.language!r}:"
            " choose another voice"
        )
    syllables = _sung_syllables(score, timeline, voice)
    notes = sung_notes(score, timeline)
    end = round(max(timeline.beats[-1], max((n.end_s for n in notes), default=0.0)), DECIMALS)
    spans = _spans(syllables, end, voice)
    frames = int(end / FRAME_PERIOD_S + 1e-6) + 1
    still = np.zeros(frames, np.float32)
    plain = Performance(spans, FRAME_PERIOD_S, still, still)
    return replace(
        plain, f0_hz=pitch_curve(plain, notes, voice, seed), loudness_db=loudness_curve(plain, notes, voice)
    )


def _consonant_factors(lyrics: Lyrics, voice: Voice) -> tuple[tuple[float, ...], ...]:
    """Return for each phoneme of each syllable what its length in the table is multiplied with."""
    share = voice.timing.natural
    if voice.singer != NATURAL_SINGER or share == 0.0:
        return tuple((1.0,) * len(syllable.phonemes) for syllable in lyrics.syllables)
    from songsmith.singing.natural import natural_factors

    return tuple(tuple(factor**share for factor in row) for row in natural_factors(lyrics))


def _sung_syllables(score: Score, timeline: Timeline, voice: Voice) -> tuple[_Sung, ...]:
    """Return the syllables with their times; raise InputError where the notes do not fit them."""
    lines = {k: line.number for line, numbers in score.lyrics.numbered_lines() for k in numbers}
    syllables = score.lyrics.syllables
    spans: dict[int, list[float]] = {}
    previous = -1
    for note in score.notes:
        start, end = (float(t) for t in timeline.beats_to_seconds([note.onset, note.end]))
        k = note.syllable
        if k >= len(syllables) or k != previous + (not note.slur) or (k < 0):
            raise InputError(
                f"note at beat {note.onset:g} sings syllable {k} after syllable {previous}: give each of the"
                f" {len(syllables)} syllables, in order, one first note and then its slurred ones"
            )
        if spans and start < spans[previous][1] - 1e-6:
            raise InputError(f"note at beat {note.onset:g} starts before the one before it ends: shorten one")
        if note.slur:
            spans[k][1] = end
        else:
            spans[k] = [start, end]
        previous = k
    if previous != len(syllables) - 1:
        text = syllables[previous + 1].text
        raise InputError(f"syllable {previous + 1} ({text!r}) has no note: give it one")
    for k, syllable in enumerate(syllables):
        for name in (p.symbol for p in syllable.phonemes):
            if name not in CONSONANT_S and name not in VOWELS:
                raise InputError(f"syllable {k} ({syllable.text!r}): phoneme {name!r} is neither ARPAbet nor IPA")
    factors, scale = _consonant_factors(score.lyrics, voice), voice.timing.consonants
    result = []
    for k, syllable in enumerate(syllables):
        start, end = (round(t, DECIMALS) for t in spans[k])
        if end - start < SHORTEST_SYLLABLE_S - 1e-6:
            raise InputError(
                f"syllable {k} ({syllable.text!r}) lasts {1000 * (end - start):.0f} ms: give it at least"
                f" {1000 * SHORTEST_SYLLABLE_S:.0f} ms, a longer note or a slower tempo"
            )
        names = [p.symbol for p in syllable.phonemes]
        n = syllable.nucleus
        onset, coda = tuple(names[:n]), tuple(names[n + 1 :])
        onset_s, coda_s = (
            tuple(length * factor for length, factor in zip(cluster_lengths(part, scale), own, strict=True))
            for part, own in ((onset, factors[k][:n]), (coda, factors[k][n + 1 :]))
        )
        result.append(_Sung(k, lines[k], onset, str(syllable.phonemes[n]), coda, onset_s, coda_s, start, end))
    return tuple(result)


def _spans(syllables: tuple[_Sung, ...], end: float, voice: Voice) -> tuple[PhonemeSpan, ...]:
    """Tile the time from 0 to `end` with phonemes, breaths and silences."""
    marks: list[tuple[str, int | None, float]] = []  # symbol, syllable, start
    if not syllables:
        return (PhonemeSpan(SILENCE, 0.0, end),)
    vowel_start = _begin(marks, syllables[0], voice)
    for here, after in zip(syllables, (*syllables[1:], None), strict=True):
        marks.append((here.vowel, here.number, vowel_start))
        if after is None:
            _close(marks, here, vowel_start, max(end, vowel_start + SHORTEST_SYLLABLE_S), voice)
            break
        rest = after.start - here.end
        if after.line == here.line and rest < voice.timing.rest_s:
            _join(marks, here, after, vowel_start, voice)
        else:
            _part(marks, here, after, vowel_start, voice)
        vowel_start = after.start
    return _tile(marks, end)


def _begin(marks: list[tuple[str, int | None, float]], first: _Sung, voice: Voice) -> float:
    """Mark the silence and the consonants before the first vowel; return when that vowel starts."""
    lengths = _fit(first.onset_s, ONSET_ZONE_S - LINE_GAP_S)
    needed = sum(lengths)
    vowel_start = first.start
    if needed > vowel_start:  # a song that starts on its first beat leaves no time before it
        lengths = _fit(lengths, max(vowel_start, SHORTEST_CONSONANT_S * len(lengths)))
        vowel_start = max(vowel_start, sum(lengths))
        if vowel_start > first.end - SHORTEST_CONSONANT_S:
            raise InputError("the first syllable starts too early for its consonants: start the voice later")
    start = vowel_start - sum(lengths)
    if voice.timing.breath_s > 0.0 and start > 0.3 + voice.timing.breath_s:
        marks += [(SILENCE, None, 0.0), (BREATH, None, start - voice.timing.breath_s)]
    elif start > 1e-3:
        marks.append((SILENCE, None, 0.0))
    else:
        start = 0.0
    _put(marks, first.onset, lengths, first.number, start)
    return vowel_start


def _join(
    marks: list[tuple[str, int | None, float]], here: _Sung, after: _Sung, vowel_start: float, voice: Voice
) -> None:
    """Mark the consonants between two vowels sung in one breath."""
    lengths = here.coda_s + after.onset_s
    room = after.start - vowel_start
    lengths = _fit(lengths, (1.0 - voice.timing.vowel_share) * room, 0.7 * room)
    start = after.start - sum(lengths)
    n = len(here.coda)
    _put(marks, here.coda, lengths[:n], here.number, start)
    _put(marks, after.onset, lengths[n:], after.number, start + sum(lengths[:n]))


def _part(
    marks: list[tuple[str, int | None, float]], here: _Sung, after: _Sung, vowel_start: float, voice: Voice
) -> None:
    """Mark the end of a phrase, the silence and breath, and the consonants that begin the next."""
    room = after.start - vowel_start
    if room < 2 * SHORTEST_SYLLABLE_S:
        raise InputError(
            f"line {after.line} starts {1000 * room:.0f} ms after the last syllable before it: leave at least"
            f" {2000 * SHORTEST_SYLLABLE_S:.0f} ms"
        )
    zone = min(ONSET_ZONE_S, max(0.45 * room, 2 * LINE_GAP_S))
    lengths = _fit(after.onset_s, zone - LINE_GAP_S)
    start = after.start - sum(lengths)
    coda_end = _close(marks, here, vowel_start, after.start - zone, voice)
    for needed, share in BREATHS_S:
        breath = share * voice.timing.breath_s
        if breath > 0.0 and after.start - zone - coda_end >= needed:
            marks.append((BREATH, None, start - breath))
            break
    _put(marks, after.onset, lengths, after.number, start)


def _close(
    marks: list[tuple[str, int | None, float]], here: _Sung, vowel_start: float, limit: float, voice: Voice
) -> float:
    """Mark the coda of the last syllable of a phrase and the silence after it; return when that starts.

    Half of the coda may reach past the note into the rest, as singers place it.
    """
    lengths = here.coda_s
    stop = min(here.end + 0.5 * sum(lengths), limit)
    room = stop - vowel_start
    lengths = _fit(lengths, (1.0 - voice.timing.vowel_share) * room, 0.7 * room)
    _put(marks, here.coda, lengths, here.number, stop - sum(lengths))
    marks.append((SILENCE, None, stop))
    return stop


def _fit(lengths: tuple[float, ...], budget: float, most: float | None = None) -> tuple[float, ...]:
    """Compress consonants gracefully into a budget; where even the shortest do not fit, up to `most`.

    The total is a smooth minimum of what they want and what there is, so that lines only gradually hurry.
    """
    wanted = sum(lengths)
    if not lengths:
        return lengths
    total = wanted / (1.0 + (wanted / budget) ** 4) ** 0.25
    total = min(max(total, SHORTEST_CONSONANT_S * len(lengths)), budget if most is None else most, wanted)
    return tuple(length * total / wanted for length in lengths)


def _put(
    marks: list[tuple[str, int | None, float]],
    symbols: tuple[str, ...],
    lengths: tuple[float, ...],
    syllable: int,
    start: float,
) -> None:
    """Mark consonants one after the other from `start`."""
    for symbol, length in zip(symbols, lengths, strict=True):
        marks.append((symbol, syllable, start))
        start += length


def _tile(marks: list[tuple[str, int | None, float]], end: float) -> tuple[PhonemeSpan, ...]:
    """Turn marks into spans, the last silence dropped where it would have no length."""
    times = [round(start, DECIMALS) for _, _, start in marks]
    if marks[-1][0] == SILENCE and times[-1] >= end:
        marks, times = marks[:-1], times[:-1]
    return tuple(
        PhonemeSpan(symbol, start, stop, syllable)
        for (symbol, syllable, _), start, stop in zip(marks, times, [*times[1:], end], strict=True)
    )
