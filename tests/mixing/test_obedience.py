"""Words of a prompt move what is heard to their side: texture words the mix, moods tempo, pitch, mode and brightness.

`scripts/evaluate_obedience.py` checks all of it on ten songs.
"""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pyloudnorm
import pytest
from scipy.signal import resample_poly

from songsmith.mix import MixSettings, mix, mix_names
from songsmith.mixing import curves, limiter, master
from songsmith.mixing.settings import Master


@pytest.fixture(scope="module")
def obedience() -> ModuleType:
    path = Path(__file__).parents[2] / "scripts" / "evaluate_obedience.py"
    spec = importlib.util.spec_from_file_location("evaluate_obedience", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_every_sound_word_turns_its_knob_to_its_side(obedience: ModuleType) -> None:
    listed = obedience.words()
    assert len(listed) > 100
    assert {(knob, value > 0) for knob, _, value in listed} == {(k, up) for k in obedience.KNOBS for up in (0, 1)}
    plain = obedience.asked_texture("folk", "", 1)
    for knob, word, value in listed:
        change = getattr(obedience.asked_texture("folk", word, 1), knob) - getattr(plain, knob)
        assert change * value > 0, (word, knob)


@pytest.mark.parametrize("index", [0, 4])
def test_opposite_moods_differ_on_paper(obedience: ModuleType, index: int) -> None:
    song = obedience.SONGS[index]
    for pair in (("melancholic", "happy"), ("calm", "energetic")):
        sides = obedience.ASKED[pair]
        first, second = (obedience.heard(mood, *song, sounding=False) for mood in pair)
        found = first.against(second)
        assert all(found[side] for side in sides), (pair, first, second)


@pytest.mark.slow
@pytest.mark.parametrize("check", ["words", "knobs", "moods"])
def test_the_sound_of_two_songs_obeys(obedience: ModuleType, check: str, tmp_path: Path) -> None:
    assert obedience.CHECKS[check](list(obedience.SONGS[2:4]), tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize("index", [1, 2])
def test_songs_are_as_loud_as_asked_and_do_not_pump(obedience: ModuleType, index: int, tmp_path: Path) -> None:
    dry = obedience.dry_excerpt(*obedience.SONGS[index], tmp_path, 20.0, 0.0)
    for name in mix_names():
        settings = MixSettings.load(name)
        sound = mix(dry.vocal, dry.stems, settings, dry.parts, voices=dry.voices).mix.samples
        assert pyloudnorm.Meter(44100).integrated_loudness(sound.T) == pytest.approx(-14.0, abs=0.2), name
        assert 20 * np.log10(np.abs(resample_poly(sound, 4, 1, axis=1)).max()) <= -1.0, name

        quiet = replace(settings, master=replace(settings.master, loudness_lufs=-40.0))  # no peak is limited there
        open_mix = mix(dry.vocal, dry.stems, quiet, dry.parts, voices=dry.voices)
        stems = [stem.samples for stem in open_mix.stems.values()]
        gain = master.master_gain(open_mix.mix.samples, stems, 44100, Master())
        moved = curves.movement(gain[:: limiter.HOP], limiter.HOP / 44100)
        assert moved.depth_db < 6.0, (name, moved)
        assert moved.typical_db < 2.0, (name, moved)
        assert moved.fastest_db_per_s < 35.0, (name, moved)
