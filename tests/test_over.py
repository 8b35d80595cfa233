"""Singing over a recording, and a band for a voice, on sound that songsmith makes: its truth is known."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import mir_eval
import numpy as np
import pytest

from songsmith.accompaniment.parts import Part, PartNote
from songsmith.accompaniment.render import render_part, render_parts
from songsmith.accompaniment.soundfont import find_soundfont, load_soundfont
from songsmith.accompanying import accompany
from songsmith.analysis import Analysis, analyse
from songsmith.audio import Audio
from songsmith.editing.edit import edit_line
from songsmith.editing.rendering import edit_settings
from songsmith.errors import InputError
from songsmith.evaluation import evaluate
from songsmith.ground import song_grid
from songsmith.listened import Recording, read_recording
from songsmith.mix import MIX_SAMPLE_RATE, DefaultMixer
from songsmith.mixing.over import BACKING
from songsmith.origins import is_over
from songsmith.over import recording_of, render_over, write_over
from songsmith.paper import Paper, read_lyrics, write_paper
from songsmith.pipeline import make
from songsmith.songfolder import load
from songsmith.sungtune import count_beats, sung_notes
from songsmith.theory import Key
from songsmith.timeline import Timeline
from songsmith.vary import Request, vary

SHEET = "[Verse]\nCopper kettle on the fire\nMorning coming up the wire\n"
RNG_SEED = 4


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """A backing whose tempo drifts, its paper and its beats."""

    audio: Audio
    paper: Paper
    timeline: Timeline


@pytest.fixture(scope="module")
def truth() -> Truth:
    """Return half a minute of a rock band whose tempo goes up and down by 4 %."""
    paper = write_paper("rock, driving", None, 3, tempo=118, key="A minor", length_s=32, instrumental=True)
    steady = paper.accompaniment.timeline
    gaps = np.diff(steady.beats) * (1.0 + 0.04 * np.sin(np.arange(len(steady.beats) - 1) / 9.0))
    beats = np.concatenate([[0.0], np.cumsum(gaps)])
    timeline = replace(steady, beats=tuple(float(b) for b in beats))
    parts = [part for part in paper.accompaniment.parts if part.name != "lead"]
    frames = int(timeline.beats[-1] * MIX_SAMPLE_RATE)
    stems = render_parts(parts, timeline, load_soundfont(find_soundfont(None)), MIX_SAMPLE_RATE, frames)
    return Truth(DefaultMixer().mix(None, stems, None, None, frames).mix, paper, timeline)


@pytest.fixture(scope="module")
def found(truth: Truth) -> Analysis:
    return analyse(truth.audio)


def test_what_is_in_a_band_is_found(truth: Truth, found: Analysis) -> None:
    true = np.asarray([b for b in truth.timeline.beats if b < truth.audio.duration_s])
    assert mir_eval.beat.f_measure(true, np.asarray(found.timeline.beats)) > 0.9
    downbeats = true[:: truth.paper.plan.beats_per_bar]
    assert mir_eval.beat.f_measure(downbeats, found.bar_times) > 0.8
    assert found.tempo == pytest.approx(118, rel=0.04)
    assert found.meter == "4/4"
    assert Key.parse(found.key) == Key.parse("A minor")
    assert found.sections[0].bar == 0
    assert sum(s.bars for s in found.sections) == len(found.bar_times) - 1
    assert len(found.loudness_lufs) == pytest.approx(truth.audio.duration_s * 10, abs=2)


def test_an_analysis_is_the_same_twice(truth: Truth, found: Analysis) -> None:
    again = analyse(truth.audio)
    assert again.timeline == found.timeline
    assert again.chords == found.chords
    assert again.voice == found.voice
    assert again.confidence == found.confidence


def test_the_grid_of_a_recording_is_regular(truth: Truth, found: Analysis) -> None:
    timeline, chords, bars, _ = song_grid(found, truth.audio.duration_s)
    assert timeline.beats[-1] > truth.audio.duration_s
    assert timeline.downbeats == tuple(range(0, len(timeline.beats), 4))
    assert chords[0].onset == 0.0
    assert sum(c.duration for c in chords) == pytest.approx(4.0 * bars)


def test_a_sheet_is_sung_over_a_band_that_drifts(truth: Truth, tmp_path: Path) -> None:
    path = tmp_path / "band.wav"
    truth.audio.write(path)
    recording = read_recording(path, keep_vocals=True)
    paper = write_over(read_lyrics(SHEET), recording, RNG_SEED)
    song = render_over(replace(paper, voices=()), recording.audio, use_cache=False)
    vowels: dict[int, float] = {}
    for span in song.performance.phonemes:
        if span.is_vowel and span.syllable is not None:
            vowels.setdefault(span.syllable, span.start)
    on_beat = [n for n in song.notes if not n.slur and abs(n.onset - round(n.onset)) < 1e-6]
    off = [np.abs(np.asarray(truth.timeline.beats) - vowels[n.syllable]).min() for n in on_beat]
    assert np.mean(np.asarray(off) <= 0.05) >= 0.9
    assert vowels[0] > 2.0

    folder = song.save(tmp_path / "song")
    again = load(folder)
    assert is_over(again)
    back, given = recording_of(again), Audio.read(path)
    assert np.abs(back.samples - given.samples).max() < 1e-4
    mix = again.read_audio()
    total = sum((stem.samples for stem in mix.stems.values()), np.zeros_like(mix.mix.samples))
    assert np.abs(total - mix.mix.samples).max() < 1e-4
    assert set(mix.stems) == {"vocals", BACKING}

    varied = vary(again, Request("melody", 0.5), use_cache=False)
    assert varied.notes != again.notes
    assert np.abs(recording_of(varied).samples - given.samples).max() < 1e-4
    with pytest.raises(InputError, match="not ours to play anew: vary its melody, not drums"):
        vary(again, Request("drums", 0.5))

    reworded, stretch = edit_line(again, 1, "Copper bottle on the wire", use_cache=False)
    new = reworded.read_audio()
    np.testing.assert_array_equal(new.stems[BACKING].samples, mix.stems[BACKING].samples)
    changed = np.flatnonzero(np.abs(new.mix.samples - mix.mix.samples).max(axis=0))
    assert stretch.first <= changed[0] <= changed[-1] < stretch.until
    assert np.abs(recording_of(load(reworded.save(tmp_path / "b"))).samples - given.samples).max() < 1e-4
    renamed = edit_settings(again, [("title", "Kettle")], use_cache=False)
    assert np.abs(recording_of(renamed).samples - given.samples).max() < 1e-4
    with pytest.raises(InputError, match="tempo: the music of the song is sound, not notes"):
        edit_settings(again, [("tempo", "100")])
    report = evaluate(again, listen=False)
    assert report["placement"]["unplaced"] == 0


def test_how_to_sing_is_heard_over_a_recording(truth: Truth, found: Analysis) -> None:
    recording = Recording(truth.audio, found, "band.wav", "")
    plain, belted = (
        write_over(read_lyrics(SHEET), recording, RNG_SEED, prompt=prompt)
        for prompt in ("", "soulful singer with runs")
    )
    assert belted.brief.performance
    assert belted.brief.performance != plain.brief.performance
    assert not np.array_equal(plain.performance.f0_hz, belted.performance.f0_hz)


@pytest.fixture(scope="module")
def solo() -> tuple[Audio, Timeline, str]:
    """Return a voice that sings alone, the beats it was sung on, and its key."""
    words = "[Verse]\nOver the hills and far away\nSomebody sings at the break of day\n"
    words += "Nobody knows where the river goes\nUnder the willow the cold wind blows\n"
    song = make("folk, gentle", words, 5, tempo=96, key="D major", workers=2)
    dry = song.read_audio().dry_vocals
    assert dry is not None
    return dry, song.timeline, song.plan.key


def test_a_band_follows_a_voice(solo: tuple[Audio, Timeline, str], tmp_path: Path) -> None:
    dry, timeline, _ = solo
    song = accompany(dry, "warm folk, acoustic guitar", 1)
    assert song.plan.tempo / 96 == pytest.approx(1.0, rel=0.04) or song.plan.tempo / 96 in (0.5, 2.0)
    starts_s = float(dict(song.provenance.backend("singer").facts)["starts_s"])  # type: ignore[union-attr]
    beats = np.asarray([b - starts_s for b in song.timeline.beats])
    sung = beats[(beats > 8.0) & (beats < 20.0)]
    off = np.abs(np.asarray(timeline.beats)[None, :] - sung[:, None]).min(axis=1)
    half = 30.0 / 96
    off = np.minimum(off, np.abs(off - half))
    assert np.median(off) < 0.05
    mix = song.read_audio()
    assert "vocals" in mix.stems
    assert set(mix.stems) > {"vocals"}
    assert mix.dry_vocals is not None
    folder = song.save(tmp_path / "band")
    assert load(folder).parts == song.parts

    edited = edit_settings(load(folder), [("chords.3", "G"), ("title", "Band")])
    own, kept = edited.read_audio(), load(folder).read_audio()
    assert own.dry_vocals is not None
    assert kept.dry_vocals is not None
    np.testing.assert_array_equal(own.dry_vocals.samples, kept.dry_vocals.samples)
    assert np.sqrt(np.mean(own.stems["vocals"].samples ** 2)) > 1e-3
    assert own.mix.frames == kept.mix.frames
    assert edited.provenance.backend("singer") == song.provenance.backend("singer")
    for path, value in (("tempo", "90"), ("key", "E major"), ("voice", "tenor")):
        with pytest.raises(InputError, match=f"{path}: the voice of the song is a recording, which stays as it was"):
            edit_settings(load(folder), [(path, value)])
    with pytest.raises(InputError, match="so no line of it can be sung anew"):
        edit_line(load(folder), 1, "Other words")
    assert evaluate(load(folder), listen=False)["sound"]["stem_sum_error"] < 1e-4


def test_a_recording_with_a_voice_is_sung_over_without_it(truth: Truth, solo: tuple[Audio, Timeline, str]) -> None:
    band, voice = truth.audio.samples, solo[0].samples[0]
    count = min(band.shape[1], len(voice))
    voice = voice[:count] * np.float32(1.5 * np.sqrt(np.mean(band**2) / np.mean(voice[:count] ** 2)))
    audio = Audio(np.ascontiguousarray(band[:, :count] + voice), MIX_SAMPLE_RATE)
    recording = read_recording(audio)
    (told,) = recording.told
    assert re.fullmatch(r"the recording has a voice for \d+ s: it was separated by [\w-]+ and left out", told)
    assert recording.found.voice
    left = float(recording.audio.samples.mean(axis=0) @ voice) / float(voice @ voice)
    assert left < 0.7
    kept = read_recording(audio, keep_vocals=True)
    assert kept.told == ()
    np.testing.assert_array_equal(kept.audio.samples, audio.samples)
    with pytest.raises(InputError, match="separator 'nobody'"):
        read_recording(audio, separator="nobody")


@pytest.mark.parametrize(("program", "bpm"), [(56, 84.0), (40, 120.0), (71, 104.0)])
def test_an_instrument_that_plays_alone_is_counted(program: int, bpm: float) -> None:
    """A trumpet, a violin and a clarinet: their notes, tempo, key, and where their bars begin."""
    halves = (62, 2), (66, 2), (69, 2), (69, 2), (71, 1), (69, 1), (66, 2), (64, 4)
    more = (64, 2), (66, 2), (67, 2), (66, 2), (64, 1), (62, 1), (64, 2), (62, 4), (69, 4), (71, 2), (73, 2), (74, 6)
    notes, place = [], 0.0
    for pitch, length in (*halves, *more):
        notes.append(PartNote(place, 0.46 * length, pitch, 96))
        place += length / 2
    timeline = Timeline(bpm, tuple(0.3 + k * 60.0 / bpm for k in range(int(place) + 4)), ())
    part = Part("lead", program, False, tuple(notes))
    sound = render_part(
        part, timeline, load_soundfont(find_soundfont(None)), 22_050, int(timeline.beats[-1] * 22_050)
    )
    heard = sung_notes(sound.samples.mean(axis=0).astype(np.float64), 22_050, "solo.wav")
    tune, _ = count_beats(heard)
    assert [note.pitch for note in tune.notes] == [note.pitch for note in notes]
    assert tune.timeline.tempo == pytest.approx(bpm, rel=0.01)
    assert (tune.key, str(tune.meter)) == (Key.parse("D major"), "4/4")
    assert tune.notes[0].onset == 0.0


def test_what_is_no_voice_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match=r"lasts 3\.0 s: give 5 to 900 s of singing"):
        accompany(Audio(rng.normal(0, 0.1, (1, 3 * 44100)).astype(np.float32), 44100), "folk")
    with pytest.raises(InputError, match="is silent"):
        sung_notes(np.zeros(22050 * 10), 22050, "a.wav")
    with pytest.raises(InputError, match=r"notes are heard|sounds like speech"):
        sung_notes(rng.normal(0, 0.1, 22050 * 10), 22050, "a.wav")


def test_a_band_is_no_voice() -> None:
    """A tune over held chords and noise on the beats: the tune alone is taken, with its band it is not."""
    scale = (0, 2, 4, 5, 7, 9, 11, 12)
    times = np.arange(int(0.4 * 22050)) / 22050
    fade = np.minimum(1.0, np.minimum(times, times[::-1]) / 0.03)

    def tone(pitch: float) -> np.ndarray:
        hz = 440.0 * 2 ** ((pitch - 69) / 12)
        return np.asarray(fade * sum(np.sin(2 * np.pi * hz * h * times) / h for h in range(1, 9)))

    tune = np.concatenate([tone(67 + scale[k % 8]) for k in range(24)])
    chords = np.concatenate([sum(tone(48 + scale[k // 4 % 6] + step) for step in (0, 4, 7)) for k in range(24)])
    hits = np.random.default_rng(0).normal(0, 1, len(tune)) * np.exp(-(np.arange(len(tune)) % 8820) / 900)
    assert len(sung_notes(0.1 * tune, 22050, "a.wav")) >= 12
    with pytest.raises(InputError, match=r"a\.wav: sounds like"):
        sung_notes(0.1 * tune + 0.05 * chords + 0.1 * hits, 22050, "a.wav")


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros((1, 44100 * 10), np.float32), "the recording is silent"),
        (np.full((1, 44100 * 3), 0.1, np.float32), r"the recording lasts 3\.0 s: give at least 4 s of music"),
        (np.full((2, 44100 * 5), np.nan, np.float32), "samples that are not numbers"),
    ],
)
def test_what_cannot_be_analysed_is_refused(samples: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        analyse(Audio(samples, 44100))


def test_noise_has_no_beat() -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, (1, 44100 * 12)).astype(np.float32)
    with pytest.raises(InputError, match="no beat can be found in the recording"):
        analyse(Audio(noise, 44100))
