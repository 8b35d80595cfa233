"""When the network says what: its own natural timing of a phrase, warped onto the sung times.

The network's lengths and energies belong to speech. Each phoneme's natural stretch is mapped onto its sung
span: consonants evenly, a lengthened vowel where it is loudest, which is often on its stress mark: the token of
the vowel itself already sounds like what follows. So a sung vowel without stress is given a mark of secondary stress,
or else "in" would be a long n. Every frame then looks up which token it stands for and how loud speech would be
there.

The network sounds a token earlier than the frames that carry it: measured over sibilants and over vowels,
3.8 frames earlier. `LEAD_OF_SOUND_S` puts that right, so that what is heard stands where it was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lyrics.ipa import LONG
from songsmith.performance import BREATH, PhonemeSpan
from songsmith.singing.alphabet import CONSONANT_TOKENS, FULL_STOP, SECONDARY, WORD_GAP, vowel_tokens
from songsmith.singing.network import FRAME_S, UNIT_S, Indices, Reading
from songsmith.singing.phonemes import MADE_LIKE, SONORANTS, bare
from songsmith.singing.phrase import LEAD_S, Phrase

LEAD_OF_SOUND_S = 3.8 * FRAME_S
HOLD_ENERGY = 0.5  # a vowel is held where it is loudest: its stretch falls by a factor e for so much less energy
LONGEST_FINAL_UNITS = 5  # the network lets the last sound of a sentence ring out into silence
HOLD_EARLY = 1.0  # and it falls towards the end of its tokens, where the next sound is already heard
# faster still before these, of which a vowel would take the colour for its last sixth
HOLD_EARLIER, COLOURING = 2.5, frozenset(("M", "N", "NG", "L", "JH"))
# How much later after each consonant a vowel is asked for, as a share of the consonant, so that it is heard on time
# (measured): of a stressed syllable, of an unstressed one, and of the next word.
VOWEL_LATER = {
    "N": (0.52, 0.45, 0.55), "NG": (0.6, 0.6, 0.6), "M": (0.5, 0.5, 0.5), "L": (0.6, 0.62, 0.5),
    "R": (0.25, 0.25, 0.25), "W": (0.2, 0.2, 0.2), "V": (0.21, 0.27, 0.3), "DH": (0.25, 0.25, 0.29),
    "Z": (-0.1, -0.1, 0.01), "B": (0.27, 0.27, 0.3), "D": (0.3, 0.4, 0.1), "G": (0.21, 0.21, 0.26),
    "JH": (0.4, 0.56, 0.5), "CH": (0.12, 0.12, 0.12), "P": (-0.36, -0.28, -0.1), "T": (-0.16, -0.17, 0.03),
    "K": (-0.42, -0.31, -0.04), "S": (-0.2, -0.14, -0.12), "F": (-0.07, -0.07, -0.06), "TH": (-0.1, -0.1, -0.07),
    "HH": (-0.42, -0.42, -0.27),
}  # fmt: skip
# How much earlier still some are sounded, all of the consonant, as a share of its natural length.
SOUNDED_EARLY = {
    "N": (0.05, 0.5, 0.15), "NG": (0.0, 0.0, 0.25), "M": (0.05, 0.05, 0.1), "L": (0.2, 0.2, 0.0),
    "D": (0.0, 0.35, 0.0), "JH": (0.2, 0.2, 0.0),
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


def tokenize(phrase: Phrase, held: bool = True) -> TokenText:
    """Return the network's tokens: a gap between words, a stress mark before its vowel, a full stop at the end.

    Where vowels are `held` those without stress get a mark, too.
    """
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
            text += (stress or (SECONDARY if held else "")) + (
                "ɐ" if span.symbol == "AH0" and count == 1 else sound
            )  # the article "a"
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
    words = [word for span, word in zip(phrase.spans, phrase.words, strict=True) if span.symbol != BREATH]
    later, early = np.zeros(len(spans)), np.zeros(len(spans))
    for k in range(1, len(spans)):
        consonant, vowel, is_next_word = spans[k - 1], spans[k], words[k - 1] != words[k]
        later[k] = _lateness(consonant, vowel, is_next_word)
        share = _share(SOUNDED_EARLY, consonant, vowel, is_next_word)
        if share:
            early[k - 1] = early[k] = share * (ends[k - 1] - begins[k - 1])
    sung, natural = [spans[0].start - LEAD_S], [max(0.0, begins[0] - LEAD_S)]
    for k, (span, (first, past), end) in enumerate(zip(spans, tokens.groups, ends, strict=True)):
        start, begin = span.start + later[k], max(0.0, begins[k] - early[k])
        sung.append(start)
        natural.append(begin)
        extra = span.end - start - (end - begin)
        if span.is_vowel and extra > 0.0:
            at = np.arange(starts[first + 1], starts[past + 1] - 0.5 * FRAME_S, FRAME_S)
            level = np.interp(at + 0.5 * FRAME_S, heard, energy)
            ebb = _ebb(spans[k + 1 : k + 2]) * np.linspace(0.0, 1.0, len(at))
            holding = np.exp((level - level.max()) / HOLD_ENERGY - ebb**2)
            reached = np.cumsum(holding) / holding.sum() * extra
            sung += list(start + (at + FRAME_S - begin) + reached)[:-1]
            natural += list(at + FRAME_S)[:-1]
    sung += [spans[-1].end, spans[-1].end + 1.0]
    natural += [ends[-1], ends[-1] + 1.0]
    rising = np.minimum.accumulate(np.asarray(natural)[::-1])[::-1]  # what is sounded early cuts the end off a vowel
    return np.asarray(sung), rising


def _ebb(after: list[PhonemeSpan]) -> float:
    """Return how fast the hold of a vowel falls towards its end, from what comes after it in its phrase."""
    names = [bare(span.symbol).removesuffix(LONG) for span in after]
    return HOLD_EARLIER if any(MADE_LIKE.get(name, name) in COLOURING for name in names) else HOLD_EARLY


def _lateness(before: PhonemeSpan, span: PhonemeSpan, is_next_word: bool) -> float:
    """Return how much later than its time a vowel is asked for, so that it is heard on time, in seconds."""
    later = _share(VOWEL_LATER, before, span, is_next_word) * (before.end - before.start)
    shrinking = before if later < 0.0 else span
    room = 0.5 * (shrinking.end - shrinking.start)
    return min(max(later, -room), room)


def _share(
    table: Mapping[str, tuple[float, float, float]], consonant: PhonemeSpan, vowel: PhonemeSpan, is_next_word: bool
) -> float:
    """Return what a table has for a consonant before a vowel, 0 for other neighbours."""
    if consonant.is_vowel or not vowel.is_vowel:
        return 0.0
    name = bare(consonant.symbol).removesuffix(LONG)
    stressed, unstressed, next_word = table.get(MADE_LIKE.get(name, name), (0.0, 0.0, 0.0))
    return next_word if is_next_word else unstressed if vowel.symbol.endswith("0") else stressed


def _gap_share(span: PhonemeSpan) -> float:
    """Return the share of the gap before a word that belongs to it."""
    return 0.0 if span.is_vowel else 0.5
