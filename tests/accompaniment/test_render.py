from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from song_plans import plan_and_brief
from tiny_fonts import sine, soundfont_bytes, write

from songsmith.accompaniment import accompanist
from songsmith.accompaniment.parts import Part, PartNote
from songsmith.accompaniment.render import render_part, render_parts
from songsmith.accompaniment.soundfont import SoundFont, find_soundfont, load_soundfont
from songsmith.errors import InputError
from songsmith.timeline import Timeline

RATE = 44_100


@pytest.fixture(scope="module")
def font() -> SoundFont:
    return load_soundfont(find_soundfont("TimGM6mb"))


@pytest.fixture(scope="module")
def clicks(tmp_path_factory: pytest.TempPathFactory) -> SoundFont:
    """A SoundFont whose one sample begins at once and loops."""
    content = soundfont_bytes([sine(441, 4400)], [((54, 1), (53, 0))], loop=(1000, 4000))
    return load_soundfont(write(tmp_path_factory.mktemp("font"), content))


def test_onsets_are_at_their_beats_within_a_millisecond(clicks: SoundFont):
    beats = np.cumsum(np.concatenate([[0.0], 0.4 + 0.3 * np.random.default_rng(0).random(40)]))
    timeline = Timeline(110.0, tuple(float(b) for b in beats), (0, 4))
    onsets = (0.0, 1.5, 2 + 1 / 3, 7.25, 20.0, 33.9)
    part = Part("bass", 0, False, tuple(PartNote(onset, 0.3, 69, 100) for onset in onsets))
    sound = np.abs(render_part(part, timeline, clicks, RATE, 24 * RATE).samples[0])
    for onset in onsets:
        frame = timeline.seconds(onset) * RATE
        assert np.all(sound[max(0, int(frame) - 2000) : max(0, int(frame) - 1)] < 1e-4)
        before = max(0, int(frame) - 1)
        first = before + int(np.argmax(sound[before:] > 1e-3))
        assert abs(first - frame) / RATE < 0.001


def test_the_number_of_workers_changes_no_byte(font: SoundFont):
    plan, brief = plan_and_brief("pop", form=(("verse", 2, 0.5), ("chorus", 2, 0.9)))
    song = accompanist("patterns").accompany(plan, brief, 0)
    one, two, five = (render_parts(song.parts, song.timeline, font, workers=n) for n in (1, 2, 5))
    assert list(one) == [part.name for part in song.parts]
    for name, stem in one.items():
        assert stem.samples.shape == (2, round(song.timeline.beats[-1] * RATE))
        assert stem.samples.tobytes() == two[name].samples.tobytes() == five[name].samples.tobytes()
        assert np.any(stem.samples)
        assert np.all(np.isfinite(stem.samples))


def test_a_stem_does_not_depend_on_the_other_parts(font: SoundFont):
    plan, brief = plan_and_brief("folk", form=(("chorus", 2, 0.9),))
    song = accompanist("patterns").accompany(plan, brief, 0)
    together = render_parts(song.parts, song.timeline, font)
    for part in song.parts:
        alone = render_parts([part], song.timeline, font)[part.name]
        assert alone.samples.tobytes() == together[part.name].samples.tobytes()


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 8), st.integers(60, 64)), min_size=1, max_size=12))
@settings(max_examples=20, deadline=None)
def test_a_stem_is_the_sum_of_its_notes(clicks: SoundFont, places: list[tuple[int, int, int]]):
    timeline = Timeline.steady(120, 8, 4)
    notes = [PartNote(onset / 4, length / 4, key, 100) for onset, length, key in places]
    frames = 6 * RATE

    def stem(chosen: list[PartNote]) -> np.ndarray:
        return render_part(Part("pad", 0, False, tuple(chosen)), timeline, clicks, RATE, frames).samples

    np.testing.assert_allclose(stem(notes), sum(stem([note]) for note in notes), atol=1e-5)


def test_a_closing_hi_hat_ends_the_open_one(font: SoundFont):
    timeline = Timeline.steady(120, 8, 4)
    opened = PartNote(0, 2, 46, 100)
    alone = render_part(Part("drums", 0, True, (opened,)), timeline, font, RATE, 4 * RATE).samples
    both = render_part(Part("drums", 0, True, (opened, PartNote(0.5, 0.25, 42, 1))), timeline, font, RATE, 4 * RATE)
    start = RATE // 4
    np.testing.assert_array_equal(both.samples[:, :start], alone[:, :start])
    late = slice(start + 2000, start + 6000)
    assert np.sqrt(np.mean(both.samples[:, late] ** 2)) < 0.05 * np.sqrt(np.mean(alone[:, late] ** 2))


def test_programs_have_one_loudness(font: SoundFont):
    import pyloudnorm

    meter = pyloudnorm.Meter(RATE)
    timeline = Timeline.steady(60, 8, 4)
    levels = []
    for program in (0, 4, 16, 24, 26, 48, 56, 73, 81, 89):
        notes = tuple(PartNote(float(i), 0.8, key, 127) for i, key in enumerate((48, 60, 72)))
        stem = render_part(Part("harmony", program, False, notes), timeline, font, RATE, 3 * RATE)
        levels.append(meter.integrated_loudness(stem.samples.T.astype(float)))
    assert max(levels) - min(levels) < 6


def test_stems_are_as_long_as_asked_and_end_without_a_click(font: SoundFont):
    timeline = Timeline.steady(120, 4, 4)
    part = Part("pad", 48, False, (PartNote(0, 4, 60, 100),))
    for frames in (RATE, 3 * RATE):
        stem = render_parts([part], timeline, font, frames=frames)["pad"]
        assert stem.frames == frames
        assert np.max(np.abs(stem.samples[:, -20:])) < 1e-2
    assert render_parts([Part("pad", 48, False, ())], timeline, font)["pad"].frames == 2 * RATE


def test_parts_of_one_name_and_missing_programs_are_refused(font: SoundFont, clicks: SoundFont, tmp_path: Path):
    timeline = Timeline.steady(120, 4, 4)
    part = Part("pad", 48, False, (PartNote(0, 4, 60, 100),))
    with pytest.raises(InputError, match="different names, not pad, pad"):
        render_parts([part, part], timeline, font)
    with pytest.raises(InputError, match="has no program 48"):
        render_parts([part], timeline, clicks)
