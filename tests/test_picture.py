"""Pictures: what they show is where it should be, and they are the same bytes again."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import pairwise

import example_song
import numpy as np
import pytest
from PIL import Image, ImageColor

from lyrics.values import Lyrics, Section
from songsmith.audio import Audio
from songsmith.errors import InputError
from songsmith.picture.canvas import BLUE, SKY, VERMILLION, Canvas, fitting_size, shortened, text_width
from songsmith.picture.overview import LEFT, RIGHT, WIDTH, _rows, _systems, overview
from songsmith.picture.strips import Box, Envelope, PitchScale, Times, clock
from songsmith.plan import Plan, PlannedSection
from songsmith.song import Song
from songsmith.timeline import Timeline


def pixels(png: bytes) -> np.ndarray:
    """Return `[height, width, 3]` 0 to 255."""
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def near(image: np.ndarray, color: str, by: int = 40) -> np.ndarray:
    """Return `[height, width]`: where the image has about a colour."""
    return (np.abs(image.astype(int) - np.asarray(ImageColor.getrgb(color))) < by).all(axis=2)


def long_song(bars: int, bar_syllables: int = 8) -> Song:
    """Return a song of many bars of eighths, each the first syllable of the example."""
    base = example_song.song()
    line = base.lyrics.lines[0]
    count = bars * bar_syllables // 4
    words = Lyrics("en", (Section("verse", "Verse", None, tuple(replace(line, number=i + 1) for i in range(count))),))
    step = 4.0 / bar_syllables
    notes = tuple(
        replace(base.notes[0], onset=i * step, duration=step, syllable=i, pitch=60 + i % 9) for i in range(count * 4)
    )
    section = PlannedSection("verse", "Verse", 0, bars, 0.5, (True,) * bars)
    timeline = Timeline.steady(120.0, bars * 4 + 2, 4)
    return replace(
        base,
        lyrics=words,
        notes=notes,
        timeline=timeline,
        plan=Plan(120.0, "C major", "4/4", (section,), ()),
        chords=(),
    )


def test_the_overview_is_1600_wide_and_the_same_bytes_again() -> None:
    song = example_song.song()
    sound = example_song.noise_mix(song.timeline.beats[-1]).mix
    png = overview(song, sound)
    assert png == overview(song, sound)
    assert Image.open(io.BytesIO(png)).size[0] == WIDTH
    assert png != overview(replace(song, title="Sun"), sound)
    assert len(png) < 1_000_000


def test_the_loudness_and_the_waveform_follow_the_sound() -> None:
    samples = np.zeros((2, 44100 * 12), np.float32)
    samples[:, 44100 * 6 :] = 0.3 * np.random.default_rng(0).standard_normal((2, 44100 * 6)).astype(np.float32)
    found = Envelope.of(Audio(samples, 44100))
    assert found.period_s == pytest.approx(0.1)
    assert len(found.peaks) == len(found.rms) == len(found.loudness_lufs) == 120
    assert found.peaks[:60].max() == 0.0
    assert found.peaks[60:].min() > 0.3
    assert found.loudness_lufs[:40].max() < -70 < -20 < found.loudness_lufs[80:].min()


@pytest.mark.parametrize("seconds", [0.02, 0.5, 2.9, 3.1])
def test_short_sounds_have_an_envelope_and_a_picture(seconds: float) -> None:
    sound = example_song.noise_mix(seconds).mix
    assert len(Envelope.of(sound).loudness_lufs) == max(1, round(seconds * 44100) // 4410)
    assert pixels(overview(example_song.song(), sound)).shape[1] == WIDTH


def test_notes_stand_where_they_are_sung() -> None:
    """Blue boxes of the roll are found at the times and heights of the notes."""
    song = example_song.song(60.0)
    flat = replace(song.performance, f0_hz=np.zeros_like(song.performance.f0_hz))
    with_notes = pixels(overview(replace(song, performance=flat), None))
    lone = replace(song, performance=flat, notes=song.notes[:1])
    assert near(with_notes, SKY).sum() > 1.5 * near(pixels(overview(lone, None)), SKY).sum()
    start, end = 0.0, song.timeline.beats[16]
    box = Box(LEFT, 0, RIGHT, 100, start, end)
    columns = near(with_notes, SKY, 12)[200:-60].sum(axis=0)
    for onset, stop in Times.of(song).notes[:4]:
        assert columns[round((box.x(onset) + box.x(stop)) / 2)] > 0
    assert columns[round(box.x(1.0))] < columns[round(box.x(5.5))]


def test_the_pitch_curve_is_drawn_only_where_the_voice_sings() -> None:
    song = example_song.song()
    silent = replace(song.performance, f0_hz=np.zeros_like(song.performance.f0_hz))
    with_curve, without = (
        near(pixels(overview(s, None)), VERMILLION, 60)[150:-40].sum()
        for s in (song, replace(song, performance=silent))
    )
    assert with_curve > without + 300


@pytest.mark.parametrize(
    "change",
    [
        {"notes": ()},
        {"parts": ()},
        {"chords": ()},
        {"notes": (), "parts": (), "chords": ()},
        {"title": "月 🎵 " * 80, "notes": ()},
        {"title": ""},
        {"title": "$x^2$ \\frac \n\t {"},
    ],
)
def test_what_a_song_lacks_or_has_oddly_is_no_hindrance(change: dict[str, object]) -> None:
    assert pixels(overview(replace(example_song.song(), **change), None)).shape[1] == WIDTH


@pytest.mark.parametrize(("bars", "bar_syllables"), [(1, 8), (90, 8), (90, 16), (1200, 4)])
def test_systems_tile_the_song_and_stay_readable(bars: int, bar_syllables: int) -> None:
    song = long_song(bars, bar_syllables)
    systems = _systems(song, Times.of(song))
    assert systems[0].start_s == 0.0
    assert systems[-1].end_s == pytest.approx(bars * 2.0)
    assert all(a.end_s == pytest.approx(b.start_s) for a, b in pairwise(systems))
    assert len(systems) <= 60
    assert sum(len(system.syllables) for system in systems) == len(song.notes)
    if bars <= 90:
        for system in systems:
            assert no_overlap(system.syllables)


def no_overlap(syllables: tuple[object, ...]) -> bool:
    """Tell whether no two texts of a row overlap."""
    ends: dict[int, float] = {}
    for syllable in syllables:
        if syllable.x < ends.get(syllable.row, 0.0):
            return False
        ends[syllable.row] = syllable.x + text_width(syllable.text, 12.0)
    return True


def test_crowded_syllables_go_to_further_rows() -> None:
    rows = _rows([(100.0, "moon"), (110.0, "over"), (120.0, "sea"), (300.0, "moon")])
    assert [syllable.row for syllable in rows] == [0, 1, 2, 0]
    assert no_overlap(rows)


def test_text_is_measured_as_it_is_drawn() -> None:
    canvas = Canvas(800, 40)
    canvas.text(10, 20, "Before the kettle sings", 20, BLUE)
    drawn = np.flatnonzero((pixels(canvas.png()) < 200).any(axis=(0, 2)))
    assert drawn[0] == pytest.approx(10, abs=3)
    assert drawn[-1] - drawn[0] == pytest.approx(text_width("Before the kettle sings", 20), abs=9)


def test_text_is_shortened_to_its_room() -> None:
    assert shortened("short", 12, 200) == "short"
    long = shortened("a very long line of words indeed", 12, 100)
    assert long.endswith("…")
    assert text_width(long, 12) <= 100
    assert shortened("anything", 12, 2) == ""
    assert fitting_size("wide words", (20.0, 10.0), 70.0) == 10.0


def test_scales_and_clocks() -> None:
    scale = PitchScale.around([60, 62])
    box = Box(0, 100, 500, 200, 0.0, 10.0)
    assert scale.y(60, box) > scale.y(62, box)
    assert box.top <= scale.y(62, box) <= scale.y(60, box) <= box.bottom
    assert box.x(5.0) == 250.0
    assert [clock(s) for s in (0, 59.6, 61, 3600)] == ["0:00", "1:00", "1:01", "60:00"]


def test_a_picture_too_high_is_refused() -> None:
    with pytest.raises(InputError, match="a picture 30000 pixels high is not drawn"):
        Canvas(100, 30000)
