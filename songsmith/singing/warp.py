"""When the network says what: its own natural timing of a phrase, warped onto the sung times.

The network's lengths and energies belong to speech. Each phoneme's natural stretch is mapped onto its sung
span: consonants evenly, a lengthened vowel with its edges at natural speed and its middle stretched. Every
frame then looks up which token it stands for and how loud speech would be there.

The network sounds a token earlier than the frames that carry it: measured over sibilants and over vowels,
3.8 frames earlier. `LEAD_OF_SOUND_S` puts that right, so that what is heard stands where it was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from songsmith.performance import BREATH
from songsmith.singing.alphabet import CONSONANT_TOKENS, FULL_STOP, WORD_GAP, vowel_tokens
from songsmith.singing.network import FRAME_S, UNIT_S, Indices, Reading
from songsmith.singing.phonemes import SONORANTS, bare
from songsmith.singing.phrase import LEAD_S, Phrase

LEAD_OF_SOUND_S = 3.8 * FRAME_S
VOWEL_EDGE_S = 0.04
LONGEST_FINAL_UNITS = 5  # the network lets the last sound of a sentence ring out into silence
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
    sung, natural = _knots(phrase, tokens, starts)
    times = (np.arange(frames) + 0.5) * FRAME_S
    at = np.interp(times - LEAD_OF_SOUND_S, sung, natural)
    token = np.clip(np.searchsorted(starts, at + 1e-9, side="right") - 1, 0, len(units) - 1)
    heard = (np.arange(len(reading.energy)) + 0.5) * FRAME_S
    energy = np.interp(np.interp(times, sung, natural) - LEAD_OF_SOUND_S, heard, reading.energy)
    for span in phrase.spans:
        inside = (times >= span.start) & (times < span.end)
        if span.is_vowel:
            energy[inside] = np.clip(energy[inside], *VOWEL_ENERGY)
        elif bare(span.symbol) in SONORANTS:
            energy[inside] = np.clip(energy[inside], *SONORANT_ENERGY)
    return Guide(token, energy.astype(np.float32))


def _knots(phrase: Phrase, tokens: TokenText, starts: Times) -> tuple[Times, Times]:
    """Return matching sung and natural times, both rising.

    A gap between words is halved between its neighbours, and never stretched with a vowel: the next consonant
    is already heard in it.
    """
    spans = [span for span in phrase.spans if span.symbol != BREATH]
    begins, ends = [], []
    for k, (first, past) in enumerate(tokens.groups):
        begin, end = starts[first + 1], starts[past + 1]
        if first > 0 and tokens.text[first - 1] == WORD_GAP:
            begin -= 0.5 * (begin - starts[first])
        if k + 1 < len(spans) and tokens.text[past] == WORD_GAP:
            end += 0.5 * (starts[past + 2] - end)
        begins.append(begin)
        ends.append(end)
    sung, natural = [spans[0].start - LEAD_S], [max(0.0, begins[0] - LEAD_S)]
    for span, (first, past), begin, end in zip(spans, tokens.groups, begins, ends, strict=True):
        sung.append(span.start)
        natural.append(begin)
        length = starts[past + 1] - starts[first + 1]
        if span.is_vowel and span.end - span.start > end - begin:
            edge = min(VOWEL_EDGE_S, 0.35 * length)
            core = (starts[first + 1] + edge, starts[past + 1] - edge)
            sung += [span.start + core[0] - begin, span.end - (end - core[1])]
            natural += core
    sung += [spans[-1].end, spans[-1].end + 1.0]
    natural += [ends[-1], ends[-1] + 1.0]
    return np.asarray(sung), np.asarray(natural)
