"""Other languages in an English voice: every sound has tokens that the network has learnt, and is sung in tune."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from singer_measures import note_changes, pitch_errors, praat_pitch

import lyrics
from lyrics.ipa import CONSONANTS, VOWELS
from lyrics.parse import LANGUAGES as SHEET_LANGUAGES
from songsmith.align import perform
from songsmith.errors import InputError
from songsmith.performance import BREATH, SILENCE
from songsmith.score import Note
from songsmith.singing.alphabet import (
    ARPABET_CONSONANT_TOKENS,
    ARPABET_VOWEL_TOKENS,
    IPA_CONSONANT_TOKENS,
    IPA_VOWEL_TOKENS,
    LANGUAGES,
    UNSTRESSED_TOKENS,
    vowel_tokens,
)
from songsmith.singing.heart import Heart
from songsmith.singing.phonemes import CONSONANT_S, MADE_LIKE, UNVOICED, consonant_length_s, is_voiced, is_vowel
from songsmith.singing.voices import Voice, load_voice
from tests.singing.scores import score_of

EXAMPLES = Path(lyrics.__file__).parent / "examples"
OTHERS = tuple(language for language in LANGUAGES if language != "en")


def test_the_tables_hold_every_sound_of_every_language() -> None:
    assert set(LANGUAGES) == set(SHEET_LANGUAGES)
    assert set(IPA_VOWEL_TOKENS) == VOWELS
    assert set(IPA_CONSONANT_TOKENS) == set(MADE_LIKE) == CONSONANTS
    assert not set(IPA_VOWEL_TOKENS) & set(ARPABET_VOWEL_TOKENS)
    assert not set(IPA_CONSONANT_TOKENS) & set(ARPABET_CONSONANT_TOKENS)


def test_only_tokens_of_english_are_used() -> None:
    english = set("".join((*ARPABET_VOWEL_TOKENS.values(), *ARPABET_CONSONANT_TOKENS.values(), "ə")))
    assert set("".join((*IPA_VOWEL_TOKENS.values(), *IPA_CONSONANT_TOKENS.values()))) <= english
    assert set("".join(UNSTRESSED_TOKENS.values())) <= english


def test_sounds_keep_their_kind() -> None:
    for symbol in IPA_VOWEL_TOKENS:
        assert is_vowel(f"{symbol}1")
        assert is_vowel(symbol)
        assert is_voiced(f"{symbol}0")
        assert vowel_tokens(f"{symbol}1")[0] == "ˈ"
    for symbol in IPA_CONSONANT_TOKENS:
        assert not is_vowel(symbol)
        assert 0.04 <= consonant_length_s(symbol) <= 0.11
        assert consonant_length_s(symbol + "ː") > consonant_length_s(symbol)
        assert is_voiced(symbol) == is_voiced(symbol + "ː")
    unvoiced = ["c", "f", "h", "k", "p", "pf", "s", "t", "ts", "tʃ", "x", "ç", "ʃ", "θ"]
    assert sorted(s for s in IPA_CONSONANT_TOKENS if not is_voiced(s)) == sorted(unvoiced)
    assert set(CONSONANT_S) > UNVOICED


def test_a_voice_says_which_languages_it_sings() -> None:
    voice = load_voice("heart")
    assert all(voice.sings(language) for language in LANGUAGES)
    assert not voice.sings("tlh")
    other = Voice("x", "x", "somebody-elses", "en")
    assert [language for language in LANGUAGES if other.sings(language)] == ["en"]


def test_unknown_sounds_are_refused() -> None:
    syllable = lyrics.Syllable("x", (lyrics.Phoneme("ǃ"), lyrics.Phoneme("a", 1)), 1)
    line = lyrics.Line(1, "x", (lyrics.Word("x", "x", (syllable,)),))
    strange = lyrics.Lyrics("es", (lyrics.Section("verse", "Verse", None, (line,)),))
    score, timeline = score_of(strange, (Note(4.0, 1.0, 60, 0),))
    with pytest.raises(InputError, match="phoneme 'ǃ' is neither ARPAbet nor IPA"):
        perform(score, timeline, load_voice("heart"), 0)


@pytest.mark.parametrize("language", OTHERS)
def test_a_line_of_each_language_is_sung_in_tune(language: str) -> None:
    (sheet,) = EXAMPLES.glob(f"{language}_*.txt")
    whole = lyrics.read_sheet(sheet)
    section = next(section for section in whole.sections if section.lines)
    words = lyrics.Lyrics(language, (lyrics.Section("verse", "Verse", None, section.lines[:1]),))
    notes = tuple(Note(4.0 + k, 1.0, 60 + (0, 2, 4, 7, 4, 2)[k % 6], k) for k in range(len(words.syllables)))
    score, timeline = score_of(words, notes)
    voice = load_voice("heart")
    performance = perform(score, timeline, voice, 1)
    said = [span.symbol for span in performance.phonemes if span.symbol not in (SILENCE, BREATH)]
    assert said == [str(phoneme) for syllable in words.syllables for phoneme in syllable.phonemes]
    assert all(a.end == b.start for a, b in pairwise(performance.phonemes))
    audio = Heart().sing(performance, words, voice, seed=1)
    errors = pitch_errors(praat_pitch(audio), performance, note_changes(score, timeline))
    assert errors.within >= 0.97
    assert errors.median_cents <= 8
