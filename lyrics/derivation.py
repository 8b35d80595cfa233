"""Pronunciations built from known ones: moons, runnin', couldn't've, sooo, lamplight."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from lyrics.dictionary import pronunciations
from lyrics.syllables import make_syllables
from lyrics.values import Phoneme
from lyrics.wordlists import short_compound_words

SIBILANTS = frozenset({"S", "Z", "SH", "ZH", "CH", "JH"})
VOICELESS = frozenset({"P", "T", "K", "F", "TH"})
MAX_DEPTH = 3
CHANT = r"((?:h|l|n|d|b|y)a|he|hee|ho|doo)\1{2,}h?"
"""A syllable sung three times or more in one word: hahaha, lalalala."""


def derive(word: str, depth: int = 0) -> str | None:
    """Return the ARPAbet of a word made from a known one by an ending, a prefix or lengthening; None if it is not."""
    if depth >= MAX_DEPTH:
        return None
    if (chant := re.fullmatch(CHANT, word)) is not None:
        unit = pronunciations("heh" if chant[1] == "he" else chant[1])[0]
        count = len(word.rstrip("h")) // len(chant[1])
        return " ".join([unit.replace("1", "0")] * (count - 1) + [unit])
    lengthened = list(_shortened(word))
    for stem in lengthened:
        if found := pronunciations(stem):
            return found[0]
    for stem in lengthened:
        if sounds := derive(stem, depth + 1):
            return sounds
    for stem, build in _analyses(word):
        found = pronunciations(stem)
        sounds = found[0] if found else derive(stem, depth + 1)
        if sounds and len(stem.replace("'", "")) > 1 and (built := build(sounds)):
            return built
    return None


def compound_parts(word: str) -> tuple[str, str] | None:
    """Return the two known words that `word` is written from as one; None if it is no such compound."""
    for cut in sorted(range(3, len(word) - 2), key=lambda cut: (abs(2 * cut - len(word)), cut)):
        parts = word[:cut], word[cut:]
        if all((len(part) > 3 or part in short_compound_words()) and pronunciations(part) for part in parts):
            return parts
    return None


def add_ending(sounds: str, ending: str) -> str:
    """Return `sounds` with the contracted or inflected ending `s`, `d`, `ed`, `ve`, `ll`, `re`, `m` or `nt`."""
    last = sounds.split()[-1]
    after_vowel = last[-1].isdigit()
    if ending == "s":
        return f"{sounds} {'IH0 Z' if last in SIBILANTS else 'S' if last in VOICELESS else 'Z'}"
    if ending == "ed":
        voiceless = last in VOICELESS or last in ("S", "SH", "CH")
        return f"{sounds} {'IH0 D' if last in ('T', 'D') else 'T' if voiceless else 'D'}"
    if ending == "re":
        return f"{sounds} {'R' if after_vowel and not last.startswith('ER') else 'ER0'}"
    contracted = {"d": "D", "ve": "V", "ll": "L", "m": "M", "nt": "N T"}[ending]
    return f"{sounds} {contracted}" if after_vowel else f"{sounds} AH0 {contracted}"


def _analyses(word: str) -> Iterator[tuple[str, Callable[[str], str | None]]]:
    """Yield stems that `word` may be made of, each with what makes its sounds those of the word."""
    if word.endswith("in'"):
        yield word[:-1] + "g", lambda sounds: re.sub(r"NG$", "N", sounds)
    if match := re.fullmatch(r"(.+)'(s|d|ve|ll|re|m)", word):
        ending = match[2]
        yield match[1], lambda sounds: add_ending(sounds, ending)
    if word.endswith("n't"):
        yield word[:-3], lambda sounds: add_ending(sounds, "nt")
    if word.endswith("s'"):
        yield word[:-1], str
    if "'" in word:
        for place, letter in ((place, letter) for place in _apostrophes(word) for letter in "eoiau"):
            whole = word[:place] + letter + word[place + 1 :]
            yield whole, lambda sounds, whole=whole, place=place: _elided(whole, sounds, place)  # type: ignore[misc]
        yield word.replace("'", ""), str
        return
    if word.endswith("s") and not word.endswith("ss"):
        stems = [word[:-1]]
        if word.endswith("es"):
            stems.append(word[:-2])
        if word.endswith("ies"):
            stems.append(word[:-3] + "y")
        yield from ((stem, lambda sounds: add_ending(sounds, "s")) for stem in stems)
    for ending, sound in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            for stem in _stems(word[: -len(ending)], ending):
                yield (
                    stem,
                    lambda sounds, sound=sound, ending=ending: (  # type: ignore[misc]
                        add_ending(sounds, "ed") if ending == "ed" else f"{sounds} {sound}"
                    ),
                )
    for prefix, sound in PREFIXES:
        if word.startswith(prefix) and len(word) - len(prefix) >= 4:
            yield word[len(prefix) :], lambda sounds, sound=sound: f"{sound} {sounds}"  # type: ignore[misc]


def _apostrophes(word: str) -> list[int]:
    """Return the places of the apostrophes between consonants: wand'ring, flow'rs."""
    return [match.start() for match in re.finditer(r"(?<=[^aeiou'])'(?=[^aeiouy'])", word)]


def _elided(whole: str, sounds: str, place: int) -> str | None:
    """Return `sounds` of the word `whole` without the weak vowel of the letter at `place`; None if it is not weak.

    An R remains of ER0. Where the sounds have no vowel for the letter (different), they are returned as they are.
    """
    if sounds not in pronunciations(whole):
        return None
    phonemes = tuple(map(Phoneme.parse, sounds.split()))
    letters = first = 0
    for syllable in make_syllables(whole, phonemes):
        letters += len(syllable.text)
        if letters > place:
            break
        first += len(syllable.phonemes)
    if len(re.findall("[aeiouy]+", syllable.text.rstrip("e"))) > 1:
        return sounds
    nucleus = first + syllable.nucleus
    if syllable.stress or sum(phoneme.is_vowel for phoneme in phonemes) == 1:
        return None
    left = (Phoneme("R"),) if phonemes[nucleus].symbol == "ER" else ()
    return " ".join(map(str, (*phonemes[:nucleus], *left, *phonemes[nucleus + 1 :])))


ENDINGS = (
    *(("ing", "IH0 NG"), ("ed", ""), ("er", "ER0"), ("est", "AH0 S T"), ("ness", "N AH0 S"), ("less", "L AH0 S")),
    *(("ful", "F AH0 L"), ("ly", "L IY0"), ("ish", "IH0 SH"), ("y", "IY0"), ("ment", "M AH0 N T")),
)
PREFIXES = (("un", "AH0 N"), ("re", "R IY0"), ("out", "AW2 T"), ("over", "OW2 V ER0"), ("under", "AH2 N D ER0"))


def _stems(rest: str, ending: str) -> Iterator[str]:
    vowel_first = ending[0] in "aeiouy"
    if vowel_first and re.search(r"([bdfglmnprtvz])\1$", rest):
        yield rest[:-1]
    yield rest
    if vowel_first:
        yield rest + "e"
    if rest.endswith("i"):
        yield rest[:-1] + "y"


def _shortened(word: str) -> Iterator[str]:
    """Yield `word` with letters held three times or more (sooo, loooove) written twice and once."""
    if not re.search(r"(.)\1\1", word):
        return
    twice, once = re.sub(r"(.)\1{2,}", r"\1\1", word), re.sub(r"(.)\1{2,}", r"\1", word)
    single_first = re.search(r"[^bmtwz]o{3,}$", word) is not None
    yield from (once, twice) if single_first else (twice, once)
