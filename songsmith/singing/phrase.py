"""A phrase: what is rendered in one piece, knowing nothing of its neighbours or of where it stands.

Times are seconds from `origin_s`, which is a multiple of 10 ms (441 samples at 44.1 kHz), so that a phrase is
the same value wherever in a song it is sung and can be placed without shifting by parts of a sample.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import astuple, dataclass, field, replace

import numpy as np

from lyrics.values import Lyrics
from songsmith.errors import InputError
from songsmith.expression import SILENT_DB
from songsmith.performance import BREATH, SILENCE, Curve, Performance, PhonemeSpan
from songsmith.singing.voices import VoiceColour

LEAD_S = 0.15  # what the network hears of the silence before the first phoneme, and after the last
TAIL_S = 0.15
GRID_S = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Phrase:
    """The phonemes of a phrase with the words they belong to and its stretch of the curves.

    Parameters
    ----------
    origin_s : time in the song of the phrase's time 0
    spans : phonemes in seconds from the origin, a breath first where there is one
    words : for each span the number of its word within the phrase, -1 for a breath
    frame_period_s : of the curves
    f0_hz, loudness_db : `[frames]` float32, from the origin on
    seed : of the song
    line, part : number of the line, and which phrase of that line it is, from 0; the sound does not depend on them
    colour : of the voice
    """

    origin_s: float
    spans: tuple[PhonemeSpan, ...]
    words: tuple[int, ...]
    frame_period_s: float
    f0_hz: Curve
    loudness_db: Curve
    seed: int
    line: int
    part: int
    colour: VoiceColour = field(default_factory=VoiceColour)

    @property
    def duration_s(self) -> float:
        """From the origin to the end of the tail."""
        return self.spans[-1].end + TAIL_S

    def key(self, *context: str) -> str:
        """Return the hash of all that the sound depends on, `context` included.

        Where in the song a phrase stands is no part of it: lines that are sung alike share their sound.
        """
        parts = [f"{s.symbol} {s.start:.5f} {s.end:.5f} {w}" for s, w in zip(self.spans, self.words, strict=True)]
        parts += [f"{self.frame_period_s!r}", f"{self.seed} {astuple(self.colour)}", *context]
        digest = hashlib.sha256("\n".join(parts).encode())
        for curve in (self.f0_hz, self.loudness_db):
            digest.update(curve.astype("<f4").tobytes())
        return digest.hexdigest()


def phrase_to_bytes(phrase: Phrase) -> bytes:
    """Return a phrase as bytes: numpy's archive of its curves and of everything else as JSON."""
    rest = {
        "origin_s": phrase.origin_s,
        "spans": [(s.symbol, s.start, s.end, s.syllable) for s in phrase.spans],
        "words": phrase.words,
        "frame_period_s": phrase.frame_period_s,
        "seed": phrase.seed,
        "line": phrase.line,
        "part": phrase.part,
        "colour": astuple(phrase.colour),
    }
    text = np.frombuffer(json.dumps(rest).encode(), np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, rest=text, f0_hz=phrase.f0_hz, loudness_db=phrase.loudness_db)
    return buffer.getvalue()


def phrase_from_bytes(content: bytes) -> Phrase:
    """Return the phrase that `phrase_to_bytes` wrote, equal in every bit."""
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        rest = json.loads(archive["rest"].tobytes())
        rest["spans"] = tuple(PhonemeSpan(*span) for span in rest["spans"])
        rest["words"] = tuple(rest["words"])
        rest["colour"] = VoiceColour(*rest["colour"])
        return Phrase(**rest, f0_hz=archive["f0_hz"], loudness_db=archive["loudness_db"])


def split_phrases(
    performance: Performance, lyrics: Lyrics, seed: int, colour: VoiceColour | None = None
) -> tuple[Phrase, ...]:
    """Return the phrases of a performance, in order; raise InputError where its syllables are not the lyrics'."""
    place: dict[int, tuple[int, int]] = {}
    for line, numbers in lyrics.numbered_lines():
        owners = [w for w, word in enumerate(line.words) for _ in word.syllables]
        place.update((k, (line.number, w)) for k, w in zip(numbers, owners, strict=True))
    parts: dict[int, int] = {}
    phrases = []
    for spans in performance.phrases():
        places = []
        for span in spans:
            if span.symbol in (BREATH, SILENCE):
                continue
            if span.syllable not in place:
                raise InputError(
                    f"the performance sings syllable {span.syllable}, the lyrics have {len(place)}:"
                    " give the lyrics it was made from"
                )
            places.append(place[span.syllable])
        if not places:  # a breath with nothing after it is not heard
            continue
        number = places[0][0]
        words = _word_numbers(spans, place)
        phrase = _phrase(performance, spans, words, seed, number, parts.get(number, 0))
        phrases.append(replace(phrase, colour=colour) if colour else phrase)
        parts[number] = parts.get(number, 0) + 1
    return tuple(phrases)


def _word_numbers(spans: tuple[PhonemeSpan, ...], place: dict[int, tuple[int, int]]) -> tuple[int, ...]:
    """Number the words within a phrase from 0."""
    known: dict[tuple[int, int], int] = {}
    return tuple(
        -1 if span.syllable is None else known.setdefault(place[span.syllable], len(known)) for span in spans
    )


def _phrase(
    performance: Performance, spans: tuple[PhonemeSpan, ...], words: tuple[int, ...], seed: int, line: int, part: int
) -> Phrase:
    """Return the phrase with its times moved to its origin and its curves cut out."""
    steps = int(np.floor((spans[0].start - LEAD_S) / GRID_S + 1e-6))
    origin = round(steps * GRID_S, 5)
    moved = tuple(
        PhonemeSpan(s.symbol, round(s.start - origin, 5), round(s.end - origin, 5), s.syllable) for s in spans
    )
    first = round(origin / performance.frame_period_s)
    count = int(np.ceil((moved[-1].end + TAIL_S) / performance.frame_period_s)) + 1
    frames = np.clip(np.arange(first, first + count), 0, len(performance.f0_hz) - 1)
    # What follows closely is another phrase's: it must not be heard here, nor change this one's key.
    begin, end = (int(np.ceil(t / performance.frame_period_s - 1e-6)) for t in (spans[0].start, spans[-1].end))
    own = (frames >= begin) & (frames < end)
    return Phrase(
        origin,
        moved,
        words,
        performance.frame_period_s,
        np.where(own, performance.f0_hz[frames], np.float32(0.0)),
        np.where(own, performance.loudness_db[frames], np.float32(SILENT_DB)),
        seed,
        line,
        part,
    )
