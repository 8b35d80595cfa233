"""Voice presets: they load, and what is wrong in one is said in one line."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from songsmith.errors import InputError
from songsmith.resources import load_preset
from songsmith.singing import SINGERS, singer
from songsmith.singing.alphabet import CONSONANT_TOKENS, VOWEL_TOKENS
from songsmith.singing.phonemes import CONSONANT_S, SONORANTS, STOPS, UNVOICED, VOWELS
from songsmith.singing.voices import VoiceLevel, VoicePitch, VoiceTiming, load_voice, performance_names, voice_names

HEAD = 'name = "x"\ntitle = "X"\nsinger = "heart"\n'


@pytest.mark.parametrize("name", voice_names())
def test_every_preset_loads_and_names_a_singer(name: str) -> None:
    voice = load_voice(name)
    assert voice.name == name
    assert voice.singer in SINGERS.names()
    assert voice.title
    assert voice.words
    low, high = voice.range.comfortable_lowest, voice.range.comfortable_highest
    assert high - low >= 12


def test_no_two_voices_answer_to_one_word() -> None:
    words = [word for name in voice_names() for word in load_voice(name).words]
    assert len(words) == len(set(words))
    assert all(word == word.lower() for word in words)


def test_performances_are_those_documented() -> None:
    assert set(performance_names()) == {"plain", "pop", "folk-ballad", "soul", "choir"}


@pytest.mark.parametrize("name", performance_names())
def test_every_performance_says_every_setting(name: str) -> None:
    preset = load_preset("performances", name)
    for key, kind in (("timing", VoiceTiming), ("pitch", VoicePitch), ("level", VoiceLevel)):
        assert set(preset[key]) == {known.name for known in fields(kind)}
    assert load_voice("heart", name).performance == name


def test_a_voice_starts_from_its_performance_and_its_own_settings_win(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(HEAD + 'performance = "soul"\n[pitch]\nvibrato_cents = 7.0\n')
    voice, soul, plain = load_voice(str(path)), load_voice("heart", "soul"), load_voice("heart", "plain")
    assert voice.pitch.vibrato_cents == 7.0
    assert voice.pitch.scoop_cents == soul.pitch.scoop_cents != plain.pitch.scoop_cents
    assert (voice.timing, voice.level) == (soul.timing, soul.level)
    assert load_voice(str(path), "plain").pitch == plain.pitch  # asked for, it replaces all of it


def test_heart_is_there() -> None:
    voice = load_voice("heart")
    assert (voice.range.comfortable_lowest, voice.range.comfortable_highest) == (55, 70)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "name is missing"),
        (HEAD + "speed = 3", "speed = 3 is not accepted"),
        (HEAD + 'performance = "opera"', "performance = 'opera' is not accepted: use one of choir, folk-ballad"),
        (HEAD + "[colour]\nformants = 3", "colour.formants = 3 is not accepted: use a number from 0.7 to 1.4"),
        (HEAD + "words = 3", "words = 3 is not accepted: use a list of texts"),
        (HEAD + "[pitch]\nvibrato = 3", "pitch.vibrato = 3 is not accepted"),
        (HEAD + "[pitch]\nvibrato_hz = 90", "pitch.vibrato_hz = 90 is not accepted: use a number from 3 to 9"),
        (HEAD + "[pitch]\nvibrato_hz = nan", "a number from 3 to 9"),
        (HEAD + "[pitch]\nvibrato_hz = 'fast'", "use a number from 3 to 9"),
        (HEAD + "[range]\nlowest = 60.5", "use a whole number from 0 to 127"),
        (HEAD + "[range]\nlowest = 80", "out of order"),
        (HEAD + "pitch = 3", r"is not a table; write it as \[pitch\]"),
        ('name = 3\ntitle = "X"\nsinger = "heart"', "name = 3 is not accepted: use a text"),
        ("name = ", "not a valid TOML file"),
    ],
)
def test_a_wrong_voice_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        load_voice(str(path))
    assert "\n" not in str(caught.value)


def test_unknown_names_are_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match="heart"):
        load_voice("nobody")
    with pytest.raises(InputError, match="heart"):
        singer("nobody")


def test_an_unknown_performance_is_refused() -> None:
    with pytest.raises(InputError, match="performance 'opera' is not known: use one of choir, folk-ballad, plain"):
        load_voice("heart", "opera")


def test_the_tables_cover_the_alphabet() -> None:
    assert set(CONSONANT_TOKENS) == set(CONSONANT_S)
    assert set(VOWEL_TOKENS) == VOWELS
    assert set(CONSONANT_S) >= UNVOICED | STOPS | SONORANTS
    assert not UNVOICED & SONORANTS
