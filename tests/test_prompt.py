from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songsmith.brief import Brief
from songsmith.errors import InputError
from songsmith.prompt import LONGEST_PROMPT, Overrides, read_prompt, unheeded
from songsmith.theory import Key


def read(prompt: str, seed: int = 0, **flags: object) -> Brief:
    return read_prompt(prompt, seed, Overrides(**flags))[0]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("prompt", "field", "value"),
    [
        ("plain folk, 100 BPM, D minor", "tempo", 100.0),
        ("plain folk, 100 BPM, D minor", "key", "D minor"),
        ("rock at 92.5bpm", "tempo", 92.5),
        ("a slow song in the key of F# minor", "key", "F# minor"),
        ("Bb major pop", "key", "Bb major"),
        ("D dorian folk", "key", "D dorian"),
        ("folk in 3/4", "meter", "3/4"),
        ("a warm waltz", "meter", "3/4"),
        ("6/8 ballad", "meter", "6/8"),
        ("loud rock anthem", "style", "rock"),
        ("House music for the kitchen", "style", "house"),
        ("ballad, then a bit of rock", "style", "ballad"),
        ("something nice", "meter", "4/4"),
        ("happy and sunny folk", "mood", ("happy",)),
        ("ballad in e minor", "key", "E minor"),
        ("folk in c# minor, slow", "key", "C# minor"),
        ("folk in the key of G", "key", "G major"),
        ("folk, E-flat major", "key", "Eb major"),
        ("poppy folk with a pop hook", "style", "folk"),
        ("rocking horse folk lullaby, not rock", "style", "folk"),
        ("a diner open 24/7, folk", "meter", "4/4"),
        ("a soundtrack for a rainy day", "palette", ()),
        ("warm atmosphere, folk", "palette", ()),
    ],
)
def test_words_are_read(prompt: str, field: str, value: object) -> None:
    assert getattr(read(prompt), field) == value


def test_flags_win() -> None:
    brief = read("rock, 120 BPM, E minor, 3/4", style="folk", tempo=80.0, key="G major", meter="6/8")
    assert (brief.style, brief.tempo, brief.key, brief.meter) == ("folk", 80.0, "G major", "6/8")


@pytest.mark.parametrize(
    "prompt", ["A major hit, folk", "A minor detail, pop", "folk in a small town", "I am in Berlin"]
)
def test_words_that_are_no_key(prompt: str) -> None:
    keys = {read(prompt, seed).key for seed in range(8)}
    assert len(keys) > 1, "left to the seed"


def test_palette_names_instruments() -> None:
    palette = read("folk with strings and no drums").palette
    assert "strings" in palette
    assert "no drums" in palette


def test_mood_chooses_mode_tempo_and_energy() -> None:
    for seed in range(5):
        sad, happy = read("sad folk", seed), read("happy folk", seed)
        assert Key.parse(sad.key).is_minor
        assert not Key.parse(happy.key).is_minor
        assert sad.tempo < happy.tempo
        assert sad.energy < happy.energy


def test_tempo_words_are_ordered() -> None:
    tempos = [
        read(f"{word} folk").tempo for word in ("very slow", "slow", "mid-tempo", "upbeat", "fast", "very fast")
    ]
    assert tempos == sorted(set(tempos))


def test_texture_words() -> None:
    assert read("dry wide folk").texture.width > 0 > read("dry wide folk").texture.reverb
    assert read("lo-fi folk").texture.lofi > 0


@pytest.mark.parametrize(
    ("prompt", "flags", "message"),
    [
        ("", {}, "prompt is empty"),
        ("   \n ", {}, "prompt is empty"),
        ("x" * (LONGEST_PROMPT + 1), {}, "characters"),
        ("folk at 4000 BPM", {}, "tempo 4000 BPM"),
        ("folk", {"tempo": 4000.0}, "tempo 4000 BPM"),
        ("folk", {"tempo": float("nan")}, "tempo nan BPM"),
        ("folk in H major", {}, "'H major'"),
        ("folk", {"key": "H major"}, "'H major'"),
        ("folk in 7/8", {}, "meter 7/8"),
        ("folk", {"meter": "5/4"}, "'5/4'"),
        ("folk", {"style": "polka-core"}, "'polka-core'"),
        ("folk", {"style": "/nowhere/x.toml"}, "/nowhere/x.toml"),
    ],
)
def test_what_cannot_be_is_refused(prompt: str, flags: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=r"use|describe|check|write it like") as err:
        read(prompt, **flags)
    assert message in str(err.value)


@settings(deadline=None)
@given(st.text(max_size=200), st.integers(0, 2**63 - 1))
def test_any_text_is_read_or_refused(prompt: str, seed: int) -> None:
    try:
        brief = read(prompt, seed)
    except InputError:
        return
    assert brief == read(prompt, seed)


def test_what_is_not_done_is_told() -> None:
    assert unheeded("warm folk, 92 BPM") == ()
    (voice,) = unheeded("folk with a male voice")
    assert "male voice" in voice
    assert "mezzo" in voice
    assert "90, 120" in unheeded("folk, 90 BPM, then 120 BPM")[0]
