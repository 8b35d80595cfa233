from __future__ import annotations

import mir_eval
import pytest
from hypothesis import given
from hypothesis import strategies as st

from songsmith.errors import InputError
from songsmith.theory import MODES, QUALITIES, SHARP_NAMES, Key, numeral_to_chord, parse_chord


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize("root", SHARP_NAMES)
def test_chord_tones_agree_with_mir_eval(root: str, quality: str) -> None:
    symbol = f"{root}:{quality}"
    number, bitmap, _ = mir_eval.chord.encode(symbol)
    chord = parse_chord(symbol)
    assert chord is not None
    triad = {int((number + k) % 12) for k in bitmap.nonzero()[0]}
    assert triad <= set(chord.tones)
    extra = set(chord.tones) - triad
    assert extra == ({(number + 2) % 12} if "9" in quality else set())  # mir_eval leaves out the ninth


def test_chord_bass() -> None:
    chord = parse_chord("C/3")
    assert chord is not None
    assert (chord.root, chord.bass) == (0, 4)
    assert parse_chord("N") is None


@pytest.mark.parametrize("text", ["H", "C:foo", "", "c", "C/9/9", "C:maj7:min"])
def test_unknown_chords_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not known"):
        parse_chord(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [("G major", "G major"), ("e minor", "E minor"), ("Am", "A minor"), ("Bb dorian", "Bb dorian"),
     ("F#", "F# major"), ("E♭ major", "Eb major"), (" D  min ", "D minor")],
)  # fmt: skip
def test_keys_are_read(text: str, name: str) -> None:
    assert str(Key.parse(text)) == name


@pytest.mark.parametrize("text", ["H major", "", "C flat", "4", "G majorette", "minor", "nan"])
def test_unknown_keys_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="'G major', 'E minor'"):
        Key.parse(text)


@given(st.sampled_from(sorted(MODES)), st.integers(0, 11))
def test_every_key_reads_back(mode: str, tonic: int) -> None:
    key = Key(tonic, mode)
    assert Key.parse(str(key)) == key
    assert len(set(key.scale)) == 7


@pytest.mark.parametrize(
    ("numeral", "key", "symbol"),
    [("vi", "G major", "E:min"), ("V7", "E minor", "B:7"), ("VI", "E minor", "C"), ("bVII", "C major", "Bb"),
     ("Imaj7", "F major", "F:maj7"), ("ii7", "C major", "D:min7"), ("IV/3", "C major", "F/3")],
)  # fmt: skip
def test_numerals(numeral: str, key: str, symbol: str) -> None:
    spelled = numeral_to_chord(numeral, Key.parse(key))
    assert parse_chord(spelled) == parse_chord(symbol)


def test_unknown_numerals_are_refused() -> None:
    for numeral in ("H", "VIII", "Ifoo", ""):
        with pytest.raises(InputError):
            numeral_to_chord(numeral, Key.parse("C major"))
