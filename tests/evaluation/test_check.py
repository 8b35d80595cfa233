"""The cheap checks say what is there: a good song passes, and each defect made on purpose is measured."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import example_song
import librosa
import numpy as np
import pytest

from songsmith.accompaniment.parts import Part, PartNote
from songsmith.audio import Audio
from songsmith.evaluation import check, findings
from songsmith.evaluation.harmony import harmony
from songsmith.evaluation.placement import placement, timing
from songsmith.evaluation.sound import longest_silence_s, sound
from songsmith.evaluation.voice import PITCH_STEP_S, pitch_track, voice
from songsmith.performance import PhonemeSpan
from songsmith.song import Mix, Song
from songsmith.songfolder import load

RATE = example_song.RATE


@pytest.fixture(scope="module")
def good() -> Song:
    return example_song.rendered(example_song.song())


def test_a_good_song_has_no_findings(good: Song, tmp_path: Path) -> None:
    report = check(good)
    assert report["findings"] == []
    assert report["placement"] == {"syllables": 8, "unplaced": 0, "repeated": 0, "unspoken": 0, "out_of_order": 0}
    assert report["timing"] == {"gaps": 0, "vowel_onset_p95_ms": 0.0}
    assert report["voice"]["in_tune"] == 1.0
    assert report["voice"]["notes"] == 9
    assert report["voice"]["median_cents_off"] < 3.0
    assert report["voice"]["legato"] > 0.9
    assert report["sound"]["loudness_lufs"] == pytest.approx(-14.0, abs=0.3)
    assert report["sound"]["true_peak_dbtp"] <= -1.0
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    folder = replace(good, report=report).save(tmp_path / "song")
    again = load(folder)
    assert again.report == report
    assert check(again)["findings"] == []


def test_a_song_without_sound_gets_the_paper_checks() -> None:
    report = check(example_song.song())
    assert set(report) == {"placement", "timing", "harmony", "structure", "register", "tune", "style", "findings"}
    assert report["findings"] == ["The song has no sound yet."]


# --- paper


def test_lost_repeated_and_disordered_syllables_are_counted() -> None:
    song = example_song.song()
    notes = song.notes
    assert placement(replace(song, notes=notes[1:]))["unplaced"] == 1
    assert placement(replace(song, notes=(*notes[:3], replace(notes[3], syllable=2), *notes[4:]))) == {
        "syllables": 8, "unplaced": 1, "repeated": 1, "unspoken": 0, "out_of_order": 0,
    }  # fmt: skip
    assert placement(replace(song, notes=(notes[1], notes[0], *notes[2:])))["out_of_order"] == 1
    spans = song.performance.phonemes
    without = tuple(replace(s, syllable=None) if s.syllable == 5 else s for s in spans)
    assert placement(replace(song, performance=replace(song.performance, phonemes=without)))["unspoken"] == 1


def test_late_vowels_are_measured() -> None:
    song = example_song.song()
    late = tuple(replace(note, onset=note.onset - 0.06) for note in song.notes)
    assert timing(replace(song, notes=late))["vowel_onset_p95_ms"] == pytest.approx(40.0, abs=0.1)


def test_chord_tones() -> None:
    song = example_song.song()
    assert harmony(song) == {
        "accompaniment_chord_tones": 1.0, "accompaniment_notes_on_beats": 20,
        "melody_chord_tones": 1.0, "melody_notes_on_strong_beats": 4,
        "clashing_time": 0.0, "key_agreement": 0.5,  # C and F major seven: it might be F
    }  # fmt: skip
    wrong = (
        PartNote(0.0, 1.0, 61, 9),
        PartNote(1.0, 1.0, 60, 9),
        PartNote(1.5, 1.0, 61, 9),
        PartNote(99.0, 1.0, 61, 9),
    )
    parts = (Part("bass", 0, False, wrong), Part("drums", 0, True, wrong))
    assert harmony(replace(song, parts=parts))["accompaniment_chord_tones"] == 0.5
    waltz = replace(song.plan, meter="3/4")
    assert harmony(replace(song, plan=waltz))["melody_notes_on_strong_beats"] == 2  # beats 6 and 9
    early = tuple(replace(note, onset=note.onset - 0.5) for note in song.notes[:8])
    jig = replace(song.plan, meter="6/8")
    assert harmony(replace(song, plan=jig, notes=early))["melody_notes_on_strong_beats"] == 3  # 4.5, 7.5, 10.5


# --- voice


def test_notes_off_pitch_are_counted() -> None:
    song = example_song.song()
    dry = example_song.voice(song, cents={1: 80.0, 4: -60.0, 6: 30.0})
    measured = voice(song, dry)
    assert measured["in_tune"] == pytest.approx(7 / 9, abs=1e-3)


def test_unvoiced_notes_are_wrong_and_break_the_legato() -> None:
    song = example_song.song()
    measured = voice(song, example_song.voice(song, silent=(0, 2)))
    assert measured["in_tune"] == pytest.approx(7 / 9, abs=1e-3)
    assert voice(song, example_song.voice(song, silent=tuple(range(9))))["legato"] == 0.0


def test_the_pitch_track_agrees_with_librosa() -> None:
    song = example_song.song()
    dry = example_song.voice(song)
    times, f0_hz = pitch_track(dry, song.performance.phonemes)
    heard = librosa.yin(dry.samples[0], fmin=75, fmax=1100, sr=RATE, hop_length=441, frame_length=4096)
    frames = np.clip(np.round(times * 100).astype(int), 0, len(heard) - 1)
    voiced = f0_hz > 0
    assert voiced.sum() * PITCH_STEP_S > 3.0
    assert np.median(np.abs(1200 * np.log2(f0_hz[voiced] / heard[frames][voiced]))) < 10


def test_silences_are_left_out_without_moving_the_rest() -> None:
    song = example_song.song()
    dry = example_song.voice(song)
    times, f0_hz = pitch_track(dry, song.performance.phonemes)
    everywhere = (PhonemeSpan("SP", 0.0, 0.05), PhonemeSpan("AA1", 0.05, dry.duration_s, 0))
    all_times, all_f0 = pitch_track(dry, everywhere)
    assert len(times) < 0.7 * len(all_times)
    for note in song.notes:
        middle = song.timeline.seconds(note.onset + note.duration / 2)
        here, there = f0_hz[np.argmin(np.abs(times - middle))], all_f0[np.argmin(np.abs(all_times - middle))]
        assert here == pytest.approx(there, rel=1e-3)


# --- sound


def test_defects_of_the_mix_are_found(good: Song) -> None:
    audio = good.audio
    assert audio is not None
    loud = np.clip(audio.mix.samples * 4.0, -1.0, 1.0)
    broken = Mix(Audio(loud, RATE), audio.stems)
    report = check(good) | {"sound": sound(broken, 10.0)}
    assert report["sound"]["clipped_samples"] > 0
    text = " ".join(findings(report))
    assert "LUFS, not at -14" in text
    assert "above -1" in text
    assert "do not sum" in text


def test_stems_of_another_length_do_not_sum(good: Song) -> None:
    audio = good.audio
    assert audio is not None
    short = {name: Audio(stem.samples[:, :-1], RATE) for name, stem in audio.stems.items()}
    assert sound(Mix(audio.mix, short), 10.0)["stem_sum_error"] == float("inf")


@pytest.mark.parametrize("gap_s", [0.0, 1.0, 3.0])
def test_silences_are_measured(gap_s: float) -> None:
    samples = np.full((2, 10 * RATE), 0.1, np.float32)
    samples[:, 4 * RATE : round((4 + gap_s) * RATE)] = 0.0
    samples[:, 9 * RATE :] = 0.0
    assert longest_silence_s(Audio(samples, RATE), 9.0) == pytest.approx(gap_s, abs=0.06)


def test_silence_has_no_loudness(good: Song) -> None:
    quiet = Mix(Audio.silence(2, RATE, RATE), {})
    report = check(good) | {"sound": sound(quiet, 1.0)}
    assert report["sound"]["loudness_lufs"] is None
    assert "The mix is silent." in findings(report)
    json.dumps(report, allow_nan=False)
