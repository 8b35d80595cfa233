"""Every preset, at every extreme of texture, with and without a voice, keeps the promises of a mix."""

from __future__ import annotations

from dataclasses import fields
from itertools import product
from pathlib import Path

import example_song
import numpy as np
import pyloudnorm
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import resample_poly

from songsmith.audio import Audio
from songsmith.brief import Texture
from songsmith.errors import InputError
from songsmith.mix import BackingVoice, DefaultMixer, MixSettings, mix, mix_names
from songsmith.mixing.settings import Character

RATE = 44100
# Half of the corners of the cube, so chosen that any three knobs meet in all their extremes.
CORNERS = [(a, b, c, a * b * c) for a, b, c in product((-1.0, 1.0), repeat=3)]
HALVES = ((0, 3, 4, 7), (1, 2, 5, 6))  # every knob is at both ends in each; presets take turns


def band(seconds: float) -> tuple[Audio, dict[str, Audio]]:
    """Return a voice that sings the first half, and a band."""
    t = np.arange(round(seconds * RATE)) / RATE
    voice = sum(np.sin(2 * np.pi * 247.0 * h * t) / h for h in range(1, 12)) * (t < seconds / 2) * 0.1
    return Audio(voice.astype(np.float32)[None], RATE), example_song.stems(seconds)


@pytest.mark.parametrize("name", mix_names())
def test_presets_keep_the_promises_at_all_corners(name: str) -> None:
    vocal, stems = band(3.0)
    mixer = DefaultMixer(MixSettings.load(name))
    for number in HALVES[mix_names().index(name) % 2]:
        corner = CORNERS[number]
        lead = vocal if number % 3 else None
        voices = [BackingVoice(vocal, 0.5)] if number % 4 == 1 else []
        result = mixer.mix(lead, stems, None, Texture(*corner), voices=voices)
        sound = result.mix.samples
        assert np.abs(sound - sum(stem.samples for stem in result.stems.values())).max() <= 1e-5
        assert pyloudnorm.Meter(RATE).integrated_loudness(sound.T) == pytest.approx(-14.0, abs=0.3)
        assert 20 * np.log10(np.abs(resample_poly(sound, 4, 1, axis=1)).max()) <= -1.0
        assert ("noise" in result.stems) == (corner[3] > 0)
        assert np.abs(sound[:, -1]).max() < 1e-6


def test_presets_are_there_and_say_what_they_are() -> None:
    assert mix_names() == ("club", "default", "hall", "intimate", "lofi-tape", "wide-pop")
    found = {name: MixSettings.load(name) for name in mix_names()}
    assert len({settings.description for settings in found.values()}) == len(found)
    for one, other in product(found.values(), repeat=2):
        assert (one == other) == (one is other)


def test_a_preset_of_ones_own(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "configs" / "mix" / "hall.toml").read_text()
    path = tmp_path / "mine.toml"
    path.write_text(text.replace("decay_s = 2.3", "decay_s = 2.9"))
    assert MixSettings.load(str(path)).room.decay_s == 2.9
    path.write_text(text.replace("decay_s = 2.3", "decay_s = 29"))
    wrong = f"mix '{path}': room.decay_s = 29 is not accepted: use a number from 0.2 to 4"
    with pytest.raises(InputError) as caught:
        MixSettings.load(str(path))
    assert str(caught.value) == wrong
    with pytest.raises(InputError, match="mix 'stadium' is not known: use one of club, default, hall"):
        MixSettings.load("stadium")
    with pytest.raises(InputError, match="cannot be read"):
        MixSettings.load(str(tmp_path / "none.toml"))
    path.write_text("[master")
    with pytest.raises(InputError, match="not a valid TOML file"):
        MixSettings.load(str(path))


@given(own=st.floats(-1, 1), low=st.floats(-1, 1), high=st.floats(-1, 1))
def test_what_is_asked_builds_on_the_presets_own_texture(own: float, low: float, high: float) -> None:
    low, high = sorted((low, high))
    for knob in fields(Character):
        character = Character(**{knob.name: own})
        below, above = (getattr(character.under(Texture(**{knob.name: v})), knob.name) for v in (low, high))
        assert -1.0 <= below <= above + 1e-12 <= 1.0 + 1e-12
        assert getattr(character.under(Texture()), knob.name) == own


def test_trim_is_heard() -> None:
    _, stems = band(3.0)
    levels = {}
    for name in ("default", "club"):
        result = mix(None, stems, MixSettings.load(name))
        drums, harmony = (np.linalg.norm(result.stems[part].samples) for part in ("drums", "harmony"))
        levels[name] = 20 * np.log10(drums / harmony)
    assert levels["club"] - levels["default"] > 1.5
