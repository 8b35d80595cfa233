from __future__ import annotations

import json
from dataclasses import astuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songsmith.brief import Brief
from songsmith.cli import main
from songsmith.errors import InputError
from songsmith.prompt import LONGEST_PROMPT, Overrides, Reading, describe, read_prompt, understand, unheeded
from songsmith.styles import style_names
from songsmith.theory import Key

TEXT = (
    'no not without less very too slightly anything but only just and or , > / - ( " # 92 bpm 120 2:30 3/4 '
    "5/4 in C# Bb minor dorian folk jazz rock sad happy bright dark wide piano drums guitar bass strings "
    "voice vocals verse chorus drop like Queen Drake style of about my dog for Tom minutes two slow fast "
    "swing half-time zorp 🎸 é ß İ 一 ½ seconds a an the"
)
WORDS = TEXT.split()


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
        ("folk, half an hour", "length_s", 1800.0),
        ("half an hour long folk song", "length_s", 1800.0),
        ("half an hour before dawn, folk", "length_s", None),
        ("folk with a 3 second fade", "length_s", None),
        ("folk, the last chord rings for 5 seconds", "length_s", None),
        ("folk, a child singer", "voice", "child"),
        ("folk with kid vocals", "voice", "child"),
        ("folk, sung by a child", "voice", "child"),
        ("folk, when I was a child", "voice", "heart"),
        ("warm\x00\x1b\u202e folk\u200b", "prompt", "warm folk"),
        ("in the style of Zorblax Quinn", "prompt", "a song"),
        ("Like Zorp", "prompt", "a song"),
        ("a soundtrack for a rainy day", "palette", ()),
        ("warm atmosphere, folk", "palette", ()),
    ],
)
def test_words_are_read(prompt: str, field: str, value: object) -> None:
    assert getattr(read(prompt), field) == value


@pytest.mark.parametrize("style", style_names())
def test_every_style_is_found_by_its_name(style: str) -> None:
    assert read(f"a {style} song").style == style
    assert read(f"anything but {style}, please").style != style


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
    brief = read("folk with strings and no drums")
    assert brief.palette == ("strings",)
    assert brief.without == ("drums",)


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
        ("\ufdfa" * (LONGEST_PROMPT // 4), {}, "characters"),
        ("warm folk\ud800", {}, "character 10 of the prompt, U+D800,"),
        ("5 second jingle", {}, "length '5 second' in the prompt is too short"),
        ("folk, 8 seconds", {}, "length '8 seconds'"),
        ("an hour long folk song", {}, "length 'an hour'"),
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


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=14), st.integers(0, 99))
def test_any_words_are_read_the_same_way_twice(words: list[str], seed: int) -> None:
    prompt = " ".join(words)
    try:
        reading = understand(prompt, seed)
    except InputError:
        return
    assert reading == understand(prompt, seed)
    assert all(-1.0 <= value <= 1.0 for value in astuple(reading.brief.texture))
    assert all(warning == " ".join(warning.split()) for warning in reading.warnings)


def test_a_prompt_that_is_all_topic_is_read() -> None:
    assert understand("about half-time").topic == "half-time"


def test_what_is_not_done_is_told() -> None:
    assert unheeded("warm folk, 92 BPM") == ()
    (duet,) = unheeded("folk duet")
    assert duet.startswith("the prompt asks for 'duet': one voice sings unless the tags of the sheet name others")
    (tempi,) = unheeded("folk, 90 BPM, then 120 BPM")
    assert tempi == "the prompt names the tempi 90, 120: the first is taken"
    (unknown,) = unheeded("folk, zzyzxqv")
    assert unknown == "not understood: 'zzyzxqv'; try other words"


@pytest.mark.parametrize(
    ("fixed", "others"),
    [
        ({"tempo": 77.0}, ("key", "meter", "mood", "palette", "energy", "texture")),
        ({"key": "D dorian"}, ("tempo", "meter", "mood", "palette", "energy", "texture")),
        ({"meter": "3/4"}, ("tempo", "key", "mood", "palette", "energy", "texture")),
    ],
)
def test_fixing_one_thing_leaves_the_others(fixed: dict[str, object], others: tuple[str, ...]) -> None:
    for seed in range(6):
        free, bound = read("wistful folk with strings", seed), read("wistful folk with strings", seed, **fixed)
        assert [getattr(free, name) for name in others] == [getattr(bound, name) for name in others]


def test_opposites_blend() -> None:
    for seed in range(5):
        both = read("energetic and melancholic folk", seed)
        high, low = read("energetic folk", seed), read("melancholic folk", seed)
        assert set(both.mood) == {"energetic", "melancholic"}
        assert low.energy < both.energy < high.energy
        assert low.tempo < both.tempo < high.tempo
        assert low.texture.brightness < both.texture.brightness < high.texture.brightness


def test_degrees_are_ordered() -> None:
    widths = [read(f"{word} folk").texture.width for word in ("less wide", "slightly wide", "wide", "very wide")]
    assert widths == sorted(set(widths))
    energies = [read(f"{word} folk").energy for word in ("very sad", "sad", "slightly sad", "not sad")]
    assert energies == sorted(set(energies))


def test_names_of_artists_drive_nothing() -> None:
    named = understand("in the style of Johnny Cash, 90 BPM")
    assert named.brief.style == "country"
    assert "Cash" not in named.brief.prompt
    assert "Johnny Cash" in named.warnings[0]
    unknown, plain = understand("folk in the style of Zorblax Quinn"), understand("folk")
    assert "Zorblax Quinn" in unknown.warnings[0]
    assert unknown.brief == plain.brief


@pytest.mark.parametrize("prompt", ["Queen, Prince, Drake type beat", "Queen and Prince meets Rihanna"])
def test_artists_before_a_sure_one_are_names_too(prompt: str) -> None:
    reading = understand(prompt)
    for name in ("Queen", "Prince", "Drake", "Rihanna"):
        assert name not in reading.brief.prompt
    assert [warning.split("'")[1] for warning in reading.warnings[:3]] == [
        *("Queen", "Prince", "Rihanna" if "Rihanna" in prompt else "Drake"),
    ]


def test_a_brief_reads_the_same_from_its_own_prompt() -> None:
    for prompt in ("like Adele but faster", "in the style of Miles Davis, no drums", "dark synthwave, 110 bpm"):
        brief = read(prompt)
        assert read(brief.prompt) == brief


def test_a_reading_says_what_is_understood_and_what_is_assumed() -> None:
    reading = understand("wistful folk, 92 BPM, no drums, intro > verse > chorus")
    said = {decision.name: decision.value for decision in reading.understood}
    assert said == {
        "style": "folk", "tempo": "92 BPM", "mood": "melancholic", "without": "drums",
        "structure": "intro > verse > chorus", "sound": "dark -0.20",
    }  # fmt: skip
    assert {"key", "meter", "voice", "energy"} <= {decision.name for decision in reading.assumed}
    assert reading.advice == ()


def test_vague_prompts_get_advice() -> None:
    (what, how) = understand("something nice").advice
    assert what == "name a style, a tempo and an instrument, like 'wistful folk, fingerpicked guitar, 92 BPM'"
    assert "intro > verse" in how
    assert understand("rock with banjo, 120 BPM").advice == ()


def test_flags_are_told_from_words() -> None:
    reading: Reading = understand("a song", 0, Overrides(style="rock", tempo=99.0))
    assert {decision.name: decision.why for decision in reading.understood} == {
        "style": "--style",
        "tempo": "--tempo",
    }


def test_description_is_one_line() -> None:
    assert describe(read("sad folk, 92 BPM, A minor")) == "sad folk, 92 BPM, A minor, 4/4, voice heart"
    assert describe(read("folk, 92 BPM, A minor, no vocals")) == "folk, 92 BPM, A minor, 4/4, instrumental"


def test_prompt_command_prints_the_reading(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["prompt", "sad folk duet, 92 BPM, A minor", "--json"])
    assert ended.value.code == 0
    table = json.loads(capsys.readouterr().out)
    assert table["brief"]["tempo"] == 92.0
    assert table["brief"]["mood"] == ["sad"]
    assert {"name": "tempo", "value": "92 BPM", "why": "92 bpm"} in table["understood"]
    with pytest.raises(SystemExit):
        main(["prompt", "sad folk duet, 92 BPM, A minor"])
    shown = capsys.readouterr()
    assert "92 BPM" in shown.out
    assert "songsmith: warning: the prompt asks for 'duet'" in shown.err
    with pytest.raises(SystemExit) as ended:
        main(["prompt", "folk in 5/4"])
    assert ended.value.code == 2
    assert capsys.readouterr().err == ("songsmith: meter 5/4 in the prompt is not known: use one of 4/4, 3/4, 6/8\n")
