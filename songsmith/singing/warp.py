"""When the network says what: its own natural timing of a phrase, warped onto the sung times.

The network's lengths and energies belong to speech. Each phoneme's natural stretch is mapped onto its sung
span: consonants evenly, a lengthened vowel where it is loudest, which is often on its stress mark: the token of
the vowel itself already sounds like what follows. Every frame then looks up which token it stands for and how
loud speech would be there.

The network sounds a token earlier than the frames that carry it: measured over sibilants and over vowels,
3.8 frames earlier. `LEAD_OF_SOUND_S` puts that right, so that what is heard stands where it was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lyrics.ipa import LONG
from songsmith.performance import BREATH, PhonemeSpan
from songsmith.singing.alphabet import CONSONANT_TOKENS, FULL_STOP, WORD_GAP, vowel_tokens
from songsmith.singing.network import FRAME_S, UNIT_S, Indices, Reading
from songsmith.singing.phonemes import MADE_LIKE, SONORANTS, bare
from songsmith.singing.phrase import LEAD_S, Phrase

LEAD_OF_SOUND_S = 3.8 * FRAME_S
HOLD_ENERGY = 0.5  # a vowel is held where it is loudest: its stretch falls by a factor e for so much less energy
LONGEST_FINAL_UNITS = 5  # the network lets the last sound of a sentence ring out into silence
HOLD_EARLY = 1.0  # and it falls towards the end of its tokens, where the next sound is already heard
# How much later after each consonant a vowel is asked for, as a share of the consonant, so that it is heard on time
# (measured; the network lets go of sonorants early, and of what hisses late).
VOWEL_LATER = {
    "N": 0.58, "NG": 0.58, "M": 0.48, "L": 0.48, "R": 0.25, "W": 0.2,
    "V": 0.35, "DH": 0.25, "Z": -0.15, "B": 0.28, "D": 0.32, "G": 0.26, "JH": 0.5,
    "P": -0.16, "T": -0.05, "K": -0.24, "CH": 0.2, "S": -0.09, "F": -0.06, "HH": -0.27,
}  # fmt: skip
VOWEL_ENERGY = (6.5, 9.0)  # of the network's energy scale; speech lets weak vowels sink to nothing
SONORANT_ENERGY = (4.0, 9.0)

Times = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TokenText:
    """The tokens of a phrase, and for each phoneme its first token and the one past its last."""

    text: str
    groups: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Guide:
    """What each frame of the network stands for: its token (pads counted) and its energy, `[frames]` each."""

    token: Indices
    energy: npt.NDArray[np.float32]


def tokenize(phrase: Phrase) -> TokenText:
    """Return the network's tokens: a gap between words, a stress mark before its vowel, a full stop at the end."""
    text, groups, last = "", [], -1
    counts = [phrase.words.count(word) for word in phrase.words]
    for span, word, count in zip(phrase.spans, phrase.words, counts, strict=True):
        if span.symbol == BREATH:
            continue
        if last not in (-1, word):
            text += WORD_GAP
        last = word
        first = len(text)
        if span.is_vowel:
            stress, sound = vowel_tokens(span.symbol)
            text += stress + ("ɐ" if span.symbol == "AH0" and count == 1 else sound)  # the article "a"
        else:
            text += CONSONANT_TOKENS[span.symbol]
        groups.append((first, len(text)))
    return TokenText(text + FULL_STOP, tuple(groups))


def guide_frames(phrase: Phrase, tokens: TokenText, reading: Reading, frames: int) -> Guide:
    """Return the guide of a phrase for `frames` frames from its origin."""
    units = reading.units.copy()
    final = tokens.groups[-1][1]  # counted with the first pad: the last token of the last phoneme
    units[final] = min(units[final], LONGEST_FINAL_UNITS)
    starts = np.concatenate([[0.0], np.cumsum(units) * UNIT_S])
    heard = np.asarray((np.arange(len(reading.energy)) + 0.5) * FRAME_S, np.float64)
    sung, natural = _knots(phrase, tokens, starts, heard, np.asarray(reading.energy, np.float64))
    times = (np.arange(frames) + 0.5) * FRAME_S
    at = np.interp(times - LEAD_OF_SOUND_S, sung, natural)
    token = np.clip(np.searchsorted(starts, at + 1e-9, side="right") - 1, 0, len(units) - 1)
    energy = np.interp(np.interp(times, sung, natural) - LEAD_OF_SOUND_S, heard, reading.energy)
    for span in phrase.spans:
        inside = (times >= span.start) & (times < span.end)
        if span.is_vowel:
            energy[inside] = np.clip(energy[inside], *VOWEL_ENERGY)
        elif bare(span.symbol) in SONORANTS:
            energy[inside] = np.clip(energy[inside], *SONORANT_ENERGY)
    return Guide(token, energy.astype(np.float32))


def _knots(phrase: Phrase, tokens: TokenText, starts: Times, heard: Times, energy: Times) -> tuple[Times, Times]:
    """Return matching sung and natural times, both rising.

    A gap between words is halved between its neighbours, and never stretched with a vowel: the next consonant
    is already heard in it. Before a vowel all of the gap belongs to the word before.
    """
    spans = [span for span in phrase.spans if span.symbol != BREATH]
    begins, ends = [], []
    for k, (first, past) in enumerate(tokens.groups):
        begin, end = starts[first + 1], starts[past + 1]
        if first > 0 and tokens.text[first - 1] == WORD_GAP:
            begin -= _gap_share(spans[k]) * (begin - starts[first])
        if k + 1 < len(spans) and tokens.text[past] == WORD_GAP:
            end += (1.0 - _gap_share(spans[k + 1])) * (starts[past + 2] - end)
        begins.append(begin)
        ends.append(end)
    sung, natural = [spans[0].start - LEAD_S], [max(0.0, begins[0] - LEAD_S)]
    before: PhonemeSpan | None = None
    for span, (first, past), begin, end in zip(spans, tokens.groups, begins, ends, strict=True):
        later = _lateness(before, span)
        before = span
        sung.append(span.start + later)
        natural.append(begin)
        extra = span.end - span.start - later - (end - begin)
        if span.is_vowel and extra > 0.0:
            at = np.arange(starts[first + 1], starts[past + 1] - 0.5 * FRAME_S, FRAME_S)
            level = np.interp(at + 0.5 * FRAME_S, heard, energy)
            early = HOLD_EARLY * np.linspace(0.0, 1.0, len(at))
            share = np.exp((level - level.max()) / HOLD_ENERGY - early**2)
            reached = np.cumsum(share) / share.sum() * extra
            sung += list(span.start + later + (at + FRAME_S - begin) + reached)[:-1]
            natural += list(at + FRAME_S)[:-1]
    sung += [spans[-1].end, spans[-1].end + 1.0]
    natural += [ends[-1], ends[-1] + 1.0]
    return np.asarray(sung), np.asarray(natural)


def _lateness(before: PhonemeSpan | None, span: PhonemeSpan) -> float:
    """Return how much later than its time a vowel is asked for, so that it is heard on time, in seconds."""
    if before is None or before.is_vowel or not span.is_vowel:
        return 0.0
    name = bare(before.symbol).removesuffix(LONG)
    later = VOWEL_LATER.get(MADE_LIKE.get(name, name), 0.0) * (before.end - before.start)
    shrinking = before if later < 0.0 else span
    room = 0.5 * (shrinking.end - shrinking.start)
    return min(max(later, -room), room)


def _gap_share(span: PhonemeSpan) -> float:
    """Return the share of the gap before a word that belongs to it."""
    return 0.0 if span.is_vowel else 0.5
