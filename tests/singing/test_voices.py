"""Voice presets: they load, and what is wrong in one is said in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from songsmith.errors import InputError
from songsmith.singing import SINGERS, singer
from songsmith.singing.alphabet import CONSONANT_TOKENS, VOWEL_TOKENS
from songsmith.singing.phonemes import CONSONANT_S, SONORANTS, STOPS, UNVOICED, VOWELS
from songsmith.singing.voices import load_voice, voice_names

HEAD = 'name = "x"\ntitle = "X"\nsinger = "heart"\n'


@pytest.mark.parametrize("name", voice_names())
def test_every_preset_loads_and_names_a_singer(name: str) -> None:
    voice = load_voice(name)
    assert voice.name == name
    assert voice.singer in SINGERS.names()


def test_heart_is_there() -> None:
    voice = load_voice("heart")
    assert (voice.range.comfortable_lowest, voice.range.comfortable_highest) == (55, 70)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "name is missing"),
        (HEAD + "speed = 3", "speed = 3 is not accepted"),
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


def test_the_tables_cover_the_alphabet() -> None:
    assert set(CONSONANT_TOKENS) == set(CONSONANT_S)
    assert set(VOWEL_TOKENS) == VOWELS
    assert set(CONSONANT_S) >= UNVOICED | STOPS | SONORANTS
    assert not UNVOICED & SONORANTS
