"""The style reader names the styles of songs that it was not trained on."""

from __future__ import annotations

from dataclasses import replace

import example_song
import numpy as np
import pytest

from songsmith.evaluation.style import features, load_reader, style
from songsmith.paper import write_paper
from songsmith.styles import style_names

SHEET = """[Verse]
Silver water under the bridge
Carry my letter over the ridge
[Chorus]
Hold on, hold on till the morning
Hold on, hold on till the light
"""


def named_right(seeds: range) -> float:
    reader = load_reader()
    right = []
    for name in style_names():
        for seed in seeds:
            paper = write_paper(name, SHEET, seed)
            assert paper.brief.style == name
            right.append(reader.read(paper.plan, paper.accompaniment.parts, paper.plan.chords)[0][0] == name)
    return float(np.mean(right))


def test_the_reader_knows_every_style_there_is() -> None:
    assert load_reader().names == style_names(), "a style was added: train the reader again"
    assert len(style_names()) >= 16


def test_styles_are_named_right() -> None:
    assert named_right(range(50_000, 50_001)) >= 0.8


@pytest.mark.slow
def test_styles_of_three_seeds_are_named_right() -> None:
    assert named_right(range(60_000, 60_003)) >= 0.9


def test_the_reader_does_not_look_at_what_was_asked() -> None:
    song = example_song.song()
    other = replace(song, brief=replace(song.brief, style="techno", prompt="techno"))
    one, two = style(song), style(other)
    assert one is not None
    assert two is not None
    assert one["sounds"] == two["sounds"]
    assert (two["asked"], two["agrees"]) == ("techno", False)


def test_a_style_of_ones_own_is_not_judged() -> None:
    song = example_song.song()
    assert style(replace(song, brief=replace(song.brief, style="/home/me/mine.toml"))) is None
    assert style(replace(song, parts=())) is None


def test_features_do_not_depend_on_the_length_of_a_song() -> None:
    song = example_song.song()
    once = features(song.plan, song.parts, song.chords)
    assert once.min() >= -1.0
    assert once.max() <= 1.0
    assert len(once) == load_reader().weights.shape[1]
