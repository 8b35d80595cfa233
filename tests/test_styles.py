from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from songsmith.accompaniment.instruments import PART_NAMES
from songsmith.errors import InputError
from songsmith.resources import config_folder
from songsmith.styles import CADENCE, STAND_INS, USUAL_FORM, find_style_name, load_style, style_names
from songsmith.theory import Key, numeral_to_chord, parse_chord
from songsmith.timeline import METERS, Meter

FOLK = (config_folder() / "styles" / "folk.toml").read_text(encoding="utf-8")


def test_there_are_many_styles_and_no_prompt_word_means_two_of_them():
    styles = [load_style(name) for name in style_names()]
    assert len(styles) >= 20
    words = [word for style in styles for word in style.words]
    assert len(words) == len(set(words))
    assert all(word == word.lower().strip() for word in words)
    assert all("\n" not in style.description for style in styles)


@pytest.mark.parametrize("name", style_names())
def test_every_style_has_all_parts_in_all_meters(name: str):
    style = load_style(name)
    assert tuple(part.name for part in style.parts) == PART_NAMES
    for part in style.parts:
        assert set(part.grooves) == set(METERS)
        for meter, groove in part.grooves.items():
            bar = Meter.parse(meter).beats_per_bar * 4
            grids = (*groove.low, *groove.mid, *groove.high, *groove.fills, *groove.build, *groove.answers)
            assert grids
            assert all(grid.steps % bar == 0 for grid in grids)
    for meter in METERS:
        drums = style.part("drums").grooves[meter]
        assert len(drums.fills) >= 2
        assert drums.build
        assert len(drums.high) >= 2


@pytest.mark.parametrize("name", style_names())
@pytest.mark.parametrize("mode", ["major", "minor"])
def test_every_progression_is_chords_of_whole_phrases(name: str, mode: str):
    style = load_style(name)
    for kind in ("verse", "chorus", "bridge", CADENCE, *STAND_INS):
        progressions = style.progressions_for(kind, mode)
        assert progressions
        for progression in progressions:
            assert len(progression) in ((2,) if kind == CADENCE else (4, 8, 12))
            for numeral in " ".join(progression).split():
                assert parse_chord(numeral_to_chord(numeral, Key(2, mode))) is not None
    for progression in style.progressions_for(CADENCE, mode):
        last = parse_chord(numeral_to_chord(progression[-1].split()[-1], Key(2, mode)))
        assert last is not None
        assert last.root == 2


def test_a_style_can_be_loaded_from_a_path(tmp_path: Path):
    path = tmp_path / "mine.toml"
    path.write_text(FOLK, encoding="utf-8")
    mine, folk = load_style(str(path)), load_style("folk")
    assert mine.name == "mine"
    assert mine.parts == folk.parts


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("tempo = [88, 120]", "tempo = [88, 4000]", r"tempo = 4000 .* 30 to 300"),
        ("tempo = [88, 120]", "tempo = [120, 88]", r"tempo = \[120, 88\] .* the lower number first"),
        ("tempo = [88, 120]", "tempo = 88", r"tempo = 88 .* two numbers"),
        ('mode = "major"', 'mode = "loud"', r"mode = 'loud' .* one of major, minor"),
        ("energy = 0.45", 'energy = "high"', r"energy = 'high' .* a number from 0 to 1"),
        ("energy = 0.45", "energie = 0.45", r"energy is missing"),
        ("swing = 0.0", "swing = 0.0\nswank = 1", r"swank = 1 .* keys"),
        ('"I | V | vi | IV"', '"I | V | vi | H"', r"progressions.verse.major = .* Roman numerals"),
        ('"I | V | vi | IV"', '"I | V || IV"', r"progressions.verse.major = .* one or two"),
        ('["brush kit", "drums"]', '["brush kit", "piano"]', r"parts.drums.instruments = 'piano' .* drum kits"),
        ('["brush kit", "drums"]', '["vuvuzela"]', r"parts.drums.instruments = 'vuvuzela' .* General MIDI"),
        ('["brush kit", "drums"]', "[]", r"parts.drums.instruments = \[\] .* at least one"),
        ("gain_db = -", "gain_db = -100\nother = -", r"parts.drums.gain_db = -100 .* -40 to 12"),
        ('"R--- ---- ---- ----"', '"R--- ---- ----"', r"parts.bass.4/4.low = .* 12 steps"),
        ('"R--- ---- ---- ----"', '"Q--- ---- ---- ----"', r"parts.bass.4/4.low = .* 'Q'"),
        ('"R--- ---- ---- ----"', '"---- ---- ---- ----"', r"parts.bass.4/4.low = .* no note sounds"),
        ("kick   x... .... x... ....", "kock   x... .... x... ....", r"drum 'kock' is not known"),
        ('[parts.bass."4/4"]', '[parts.bass."5/4"]', r"parts.bass.4/4 is missing"),
    ],
)
def test_a_wrong_style_file_is_refused_with_its_key(tmp_path: Path, old: str, new: str, message: str):
    assert old in FOLK
    path = tmp_path / "mine.toml"
    path.write_text(FOLK.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match=message) as caught:
        load_style(str(path))
    assert "\n" not in str(caught.value)
    assert "mine.toml" in str(caught.value)


@given(
    st.sampled_from(sorted(tomllib.loads(FOLK))),
    st.one_of(st.none(), st.integers(), st.text(max_size=5), st.lists(st.integers(), max_size=2)),
)
def test_no_value_of_a_wrong_kind_gets_through_as_anything_but_an_input_error(key: str, value: object):
    from songsmith import styles

    table = tomllib.loads(FOLK) | {key: value}
    message = ""
    try:
        styles.style_from_table("mine", table)
    except InputError as err:
        message = str(err)
    assert not message or key in message


def test_a_style_file_that_is_changed_is_read_again(tmp_path: Path):
    path = tmp_path / "mine.toml"
    path.write_text(FOLK, encoding="utf-8")
    first = load_style(str(path))
    assert load_style(str(path)) is first
    path.write_text(FOLK.replace("energy = 0.45", "energy = 0.5"), encoding="utf-8")
    assert load_style(str(path)).energy == 0.5


def test_form_and_mix_may_be_left_out_and_are_checked(tmp_path: Path):
    path = tmp_path / "mine.toml"
    head, mark, rest = FOLK.partition("[progressions.verse]")
    lines = [line for line in head.splitlines() if not line.startswith(("form =", "mix ="))]
    for more, message in (
        ("", ""),
        ('form = ["intro", "twist"]', "form = 'twist' .* intro"),
        ('form = ["intro"]', "at least two section kinds"),
        ('mix = "loud"', "mix = 'loud' .* one of .*default"),
    ):
        path.write_text("\n".join([*lines, more, "", mark]) + rest, encoding="utf-8")
        if message:
            with pytest.raises(InputError, match=message):
                load_style(str(path))
        else:
            style = load_style(str(path))
            assert (style.form, style.mix) == (USUAL_FORM, "default")


def test_styles_are_found_by_name_and_by_word():
    assert [find_style_name(text) for text in ("Rock", "  bossa  NOVA ", "hip-hop", "polka", "../rock")] == [
        "rock", "bossa", "hiphop", None, None,
    ]  # fmt: skip


def test_unknown_styles_are_refused_with_the_names_there_are():
    with pytest.raises(InputError, match=r"style 'polka' is not known: use one of .*ballad.*folk"):
        load_style("polka")
