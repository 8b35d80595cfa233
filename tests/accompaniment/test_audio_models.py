"""Audio models as accompanists: the real classes with random weights, whole songs on them, and a real band."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from importlib.metadata import EntryPoint, EntryPoints
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import songsmith
from songsmith.accompaniment import accompanist
from songsmith.accompaniment.audio import SOUND_ACCOMPANISTS, plays_sound, sound_accompanist
from songsmith.accompaniment.audio.loading import pipeline_class
from songsmith.accompaniment.audio.windows import join, playable, window_starts
from songsmith.accompaniment.audio.wish import MOST_WORDS, SoundWish, sound_text, sound_wish
from songsmith.analysis import Analysis
from songsmith.analysis.analysis import Confidence
from songsmith.brief import Brief, Texture
from songsmith.cli import main
from songsmith.editing.edit import edit_line
from songsmith.editing.rendering import edit_settings
from songsmith.errors import InputError, MissingPart
from songsmith.form import plan_song
from songsmith.generated import counted_as, play
from songsmith.mixing.over import BACKING
from songsmith.origins import is_generated, is_over
from songsmith.over import recording_of
from songsmith.paper import read_lyrics
from songsmith.pipeline import make
from songsmith.plan import Chord
from songsmith.prompt import understand
from songsmith.song import Song
from songsmith.timeline import Timeline
from songsmith.vary import Request, vary

tiny = pytest.importorskip("tiny_audio_models", reason="the extra audio-models is not installed")

SHEET = "[Verse]\nCopper kettle on the fire\nMorning coming up the wire\n"
BRIEF = Brief("gentle folk with a banjo", "folk", 96.0, "G major", "4/4", mood=("wistful",), energy=0.2)
WISH = SoundWish("folk guitar", "vocals", 96.0, "G major", "4/4", 9.0, 1)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the folder of a saved model of each kind."""
    return {name: save(tmp_path_factory.mktemp(name)) for name, save in tiny.SAVERS.items()}


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Stable Audio take few steps: weights that are random are not better for more."""
    monkeypatch.setattr("songsmith.accompaniment.audio.stable_audio.STEPS", 12)


@pytest.fixture
def band(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a band join through the door that other people's accompanists use."""
    point = EntryPoint("band", "tiny_audio_models:Band", SOUND_ACCOMPANISTS.group)

    def points(group: str) -> EntryPoints:
        return EntryPoints([point] if group == SOUND_ACCOMPANISTS.group else [])

    monkeypatch.setattr("songsmith.registry.entry_points", points)


def stem_sum(song: Song) -> float:
    """Return the largest difference between a mix and the sum of its stems."""
    mix = song.read_audio()
    total = sum((stem.samples for stem in mix.stems.values()), np.zeros_like(mix.mix.samples))
    return float(np.abs(total - mix.mix.samples).max())


# What is asked of a model


def test_a_model_is_told_what_the_brief_says() -> None:
    brief = replace(BRIEF, palette=("banjo", "cello"), texture=Texture(reverb=0.8), without=("drums",))
    wish = sound_wish(brief, 30.0, 4)
    assert wish.text == (
        "wistful calm folk instrumental, banjo, cello, spacious, reverberant sound, 96 BPM, G major, 4/4 time. "
        "gentle folk with a banjo"
    )
    assert wish.avoid == "vocals, singing, speech, drums"
    assert (wish.tempo, wish.key, wish.meter, wish.duration_s, wish.seed) == (96.0, "G major", "4/4", 30.0, 4)


def test_an_instrument_alone_is_called_alone() -> None:
    assert "only piano" in sound_text(replace(BRIEF, palette=("only piano",)))


def test_a_long_prompt_leaves_room_for_what_it_means() -> None:
    text = sound_text(replace(BRIEF, prompt="banjo " * 200))
    assert len(text.split()) <= MOST_WORDS
    assert "96 BPM" in text


def test_music_is_bounded() -> None:
    with pytest.raises(InputError, match="3600 s of music from an audio model are not possible: use 900 at most"):
        sound_wish(BRIEF, 3600.0, 0)


# Windows


@given(st.integers(1, 5000), st.integers(2, 400), st.data())
def test_windows_reach_the_end_and_overlap(total: int, window: int, data: st.DataObject) -> None:
    context = data.draw(st.integers(1, window - 1))
    starts = window_starts(total, window, context)
    assert starts[0] == 0
    assert all(b - a == window - context for a, b in pairwise(starts))
    assert starts[-1] + window >= total
    assert all(start + window < total for start in starts[:-1])


@given(st.integers(30, 400), st.integers(10, 60), st.data())
def test_windows_of_one_sound_join_to_that_sound(total: int, window: int, data: st.DataObject) -> None:
    context = data.draw(st.integers(1, window - 1))
    sound = np.random.default_rng(total).standard_normal((2, total)).astype(np.float32)
    starts = window_starts(total, window, context)
    joined = join([sound[:, start : start + window] for start in starts], starts, data.draw(st.integers(1, 80)))
    assert joined.shape == sound.shape
    assert np.abs(joined - sound).max() < 1e-5


def test_no_sound_is_no_music() -> None:
    with pytest.raises(InputError, match=r"m: what the model played is silent"):
        playable(np.zeros((2, 100), np.float32), 8000, "m")
    with pytest.raises(InputError, match=r"m: what the model played holds no sound or no numbers"):
        playable(np.full((2, 100), np.nan, np.float32), 8000, "m")


# The models


@pytest.mark.parametrize("kind", tiny.SAVERS)
def test_a_model_plays_as_long_as_wished_and_the_same_again(kind: str, folders: dict[str, Path]) -> None:
    player = sound_accompanist(f"{kind}:{folders[kind]}")
    shares: list[float] = []
    sound = player.play(WISH, shares.append)
    assert WISH.duration_s <= sound.duration_s < WISH.duration_s + 0.5
    assert sound.sample_rate == tiny.RATE
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    np.random.default_rng(0).random()
    again = sound_accompanist(f"{kind}:{folders[kind]}").play(WISH, lambda share: None)
    assert np.array_equal(again.samples, sound.samples)
    other = player.play(replace(WISH, seed=2), lambda share: None)
    assert not np.array_equal(other.samples, sound.samples)
    facts = player.facts()
    assert facts["model"] == folders[kind].name
    assert len(facts["weights_sha256"]) == 64


def test_musicgen_goes_on_from_what_there_is(folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("songsmith.accompaniment.audio.musicgen.WINDOW_S", 4.0)
    monkeypatch.setattr("songsmith.accompaniment.audio.musicgen.CONTEXT_S", 2.0)
    player = sound_accompanist(f"musicgen:{folders['musicgen']}")
    first = player.play(replace(WISH, duration_s=4.0), lambda share: None).samples
    longer = player.play(WISH, lambda share: None).samples
    assert longer.shape[1] >= WISH.duration_s * tiny.RATE
    a, b = first[0, 2000:20_000], longer[0, 2000:20_000]  # the same but for the level of the whole
    assert abs(np.corrcoef(a, b)[0, 1]) > 0.999


def test_a_window_of_stable_audio_begins_with_the_end_of_the_one_before(folders: dict[str, Path]) -> None:
    import torch

    from songsmith.accompaniment.audio import stable_audio
    from songsmith.accompaniment.audio.loading import ModelPlace, repeatable

    pipeline = stable_audio._load(ModelPlace(folders["stable-audio"], "tiny"))
    known = torch.randn((1, 4, 32), generator=torch.Generator().manual_seed(5))
    with repeatable(7):
        latents = stable_audio._window(pipeline, WISH, 8.0, known, 7, lambda share: None)
        free = stable_audio._window(pipeline, WISH, 8.0, None, 7, lambda share: None)
    assert latents.shape == (1, 4, 128)
    assert torch.allclose(latents[:, :, :32], known, atol=1e-5)
    assert not torch.allclose(latents[:, :, 32:], free[:, :, 32:])


# Whole songs


def test_a_sheet_is_sung_over_a_model_without_a_beat(folders: dict[str, Path], tmp_path: Path) -> None:
    name = f"musicgen:{folders['musicgen']}"
    song = make("folk, 110 BPM, calm", SHEET, 1, accompanist=name, use_cache=False, workers=1)
    reading = understand("folk, 110 BPM, calm", 1)
    assert song.plan == plan_song(reading.brief, read_lyrics(SHEET), reading.style, 1)
    assert np.allclose(np.diff(song.timeline.beats), 60.0 / 110.0, atol=1e-5)
    end_s = song.read_audio().mix.duration_s
    assert song.timeline.beats[-2] <= end_s < song.timeline.beats[-1]
    backend = song.provenance.backend("accompanist")
    assert backend is not None
    assert backend.name == "musicgen"
    facts = dict(backend.facts)
    assert (facts["beats"], facts["chords"], facts["model"]) == ("planned", "planned", folders["musicgen"].name)
    assert len(facts["weights_sha256"]) == 64
    assert any(
        told.startswith("the beat of the music is unsure, ") and "the planned 110 BPM and its chords" in told
        for told in song.provenance.warnings
    )
    assert set(song.read_audio().stems) == {"vocals", BACKING}
    assert song.report is not None
    assert song.report["sound"]["loudness_lufs"] == pytest.approx(-14.0, abs=1.0)
    assert song.report["sound"]["true_peak_dbtp"] <= -1.0

    folder = song.save(tmp_path / "song")
    again = songsmith.load(folder)
    assert stem_sum(again) < 1e-4
    assert is_over(again)
    assert is_generated(again)
    assert again.provenance == song.provenance
    edited = edit_line(again, 2, "Evening coming down the wire", use_cache=False, workers=1)[0]
    assert edited.lyrics.lines[1].words[0].text == "Evening"
    old, new = again.read_audio(), edited.read_audio()
    assert np.array_equal(old.stems[BACKING].samples, new.stems[BACKING].samples)
    with pytest.raises(InputError, match=r"tempo: the music of the song is sound, not notes: use title, voice or"):
        edit_settings(again, [("tempo", "90")])


@pytest.mark.slow
def test_a_song_on_a_model_is_the_same_again_and_can_be_changed(folders: dict[str, Path], tmp_path: Path) -> None:
    def one() -> Song:
        name = f"stable-audio:{folders['stable-audio']}"
        return make("folk, 110 BPM, calm", SHEET, 1, accompanist=name, use_cache=False)

    song, again = one(), one()
    assert np.array_equal(song.read_audio().mix.samples, again.read_audio().mix.samples)
    loaded = songsmith.load(song.save(tmp_path / "song"))
    backing = recording_of(loaded).samples
    varied = vary(loaded, Request("melody", 0.7), use_cache=False)
    assert varied.notes != song.notes
    assert np.abs(recording_of(varied).samples - backing).max() < 1e-4
    renamed = edit_settings(loaded, [("title", "Kettle")], use_cache=False)
    assert renamed.title == "Kettle"
    assert np.abs(recording_of(renamed).samples - backing).max() < 1e-4
    assert is_generated(renamed)


@pytest.mark.parametrize("kind", ["stable-audio", "ace-step"])
def test_an_instrumental_is_what_the_model_plays(kind: str, folders: dict[str, Path], tmp_path: Path) -> None:
    options = {"instrumental": True, "length_s": 14.0, "workers": 1}
    song = make("folk, 120 BPM", None, 3, accompanist=f"{kind}:{folders[kind]}", **options)  # type: ignore[arg-type]
    mix = song.read_audio()
    assert set(mix.stems) == {BACKING}
    assert np.array_equal(mix.stems[BACKING].samples, mix.mix.samples)
    assert song.report is not None
    assert song.report["sound"]["loudness_lufs"] == pytest.approx(-14.0, abs=0.2)
    assert song.report["sound"]["true_peak_dbtp"] <= -1.0
    assert song.notes == ()
    again = songsmith.load(song.save(tmp_path / "song"))
    assert stem_sum(again) < 1e-4
    assert songsmith.evaluate(again, listen=False)["sound"]["clipped_samples"] == 0
    with pytest.raises(InputError, match="nobody sings: there is nothing to set"):
        edit_settings(again, [("title", "Other")])


def test_a_sheet_is_sung_on_the_beats_and_chords_that_are_heard(band: None, tmp_path: Path) -> None:
    assert plays_sound("band:118")
    song = make("rock, 112 BPM, E major", SHEET, 1, accompanist="band:118", use_cache=False, workers=1)
    backend = song.provenance.backend("accompanist")
    assert backend is not None
    facts = dict(backend.facts)
    assert (backend.name, facts["beats"], facts["chords"]) == ("band", "heard", "heard")
    assert song.plan.tempo == pytest.approx(118.0, rel=0.01)
    assert song.plan.key == tiny.BAND_KEY == song.brief.key
    assert "asked for 112 BPM, the model played 118: sung at that" in song.provenance.warnings
    assert "asked for E major, the model played in A minor: sung in that" in song.provenance.warnings
    truth = 0.5 + np.arange(200) * 60.0 / 118.0  # the band begins after half a second
    vowels: dict[int, float] = {}
    for span in song.performance.phonemes:
        if span.is_vowel and span.syllable is not None:
            vowels.setdefault(span.syllable, span.start)
    off = [np.abs(truth - vowels[n.syllable]).min() for n in song.notes if not n.slur and n.onset % 1.0 < 1e-6]
    assert len(off) >= 4
    assert np.mean(np.asarray(off) <= 0.05) >= 0.9
    assert {chord.symbol[0] for chord in song.chords} <= set("ACDEFG")
    assert song.chords[-1].end == pytest.approx(song.plan.beats)
    end_s = song.read_audio().mix.duration_s
    assert song.timeline.beats[-2] <= end_s < song.timeline.beats[-1]
    loaded = songsmith.load(song.save(tmp_path / "song"))
    assert loaded.timeline == song.timeline


@pytest.mark.slow
def test_music_too_short_for_the_words_is_played_again() -> None:
    slow = tiny.Band("92")
    reading = understand("rock, 150 BPM, A minor", 1)
    ground = play(slow, reading.brief, read_lyrics(SHEET), reading.style, 1)
    assert ground.facts["beats"] == "heard"
    assert len(slow.wishes) == 2
    assert slow.wishes[1].duration_s > slow.wishes[0].duration_s
    assert ground.timeline.seconds(float(ground.plan.beats)) < ground.sound.duration_s


# How beats are counted


def analysis_at(tempo: float, meter: str, beats: int, per_bar: int) -> Analysis:
    """Return an analysis of beats from 0.3 s on, whose first bar line is the second of them."""
    times = tuple(round(0.3 + k * 60.0 / tempo, 4) for k in range(beats))
    chords = tuple(Chord(float(1 + k), float(per_bar), "G") for k in range(0, beats - 1 - per_bar, per_bar))
    return Analysis(
        duration_s=times[-1],
        timeline=Timeline(tempo, times, tuple(range(1, beats, per_bar))),
        meter=meter,
        key="G major",
        chords=chords,
        sections=(),
        loudness_lufs=np.zeros(1),
        loudness_period_s=0.1,
        integrated_lufs=-14.0,
        tuning=0.0,
        voice=(),
        melody=(),
        confidence=Confidence(0.9, 0.9, 0.9, 0.9, 0.9),
    )


@pytest.mark.parametrize(
    ("heard", "meter", "asked", "asked_meter", "becomes"),
    [
        (192.0, "4/4", 96.0, "4/4", 96.0),
        (48.0, "4/4", 96.0, "4/4", 96.0),
        (105.0, "6/8", 70.0, "4/4", 70.0),
        (70.0, "4/4", 105.0, "6/8", 105.0),
        (101.0, "4/4", 96.0, "4/4", 101.0),
        (150.0, "4/4", 96.0, "4/4", 150.0),
    ],
)
def test_beats_are_counted_as_they_were_asked_for(
    heard: float, meter: str, asked: float, asked_meter: str, becomes: float
) -> None:
    per_bar = 3 if meter == "6/8" else 4
    found = analysis_at(heard, meter, 65, per_bar)
    counted = counted_as(found, replace(BRIEF, tempo=asked, meter=asked_meter))
    assert counted.timeline.tempo == pytest.approx(becomes)
    assert counted.meter == (asked_meter if becomes == asked else meter)
    assert np.allclose(np.diff(counted.timeline.beats), 60.0 / becomes, atol=1e-3)
    first = counted.timeline.beats[counted.timeline.downbeats[0]]
    assert first == pytest.approx(found.timeline.beats[1], abs=1e-3)
    ends = [counted.timeline.seconds(counted.chords[-1].end), found.timeline.seconds(found.chords[-1].end)]
    assert ends[0] == pytest.approx(ends[1], abs=1e-3)


# What can be wrong


def test_a_model_has_to_be_named() -> None:
    with pytest.raises(InputError, match="accompanist 'musicgen' needs a model: write musicgen: and a folder, or a"):
        sound_accompanist("musicgen")


def test_a_folder_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no folder; give the folder of a model"):
        sound_accompanist(f"musicgen:{tmp_path / 'nowhere'}")
    with pytest.raises(InputError, match="is no folder; give the folder of a model"):
        sound_accompanist("stable-audio:./no/such/model")


def test_nothing_is_downloaded_unasked() -> None:
    with pytest.raises(MissingPart, match=r"the model 'nobody/no-such-model' is not on this machine: add --fetch"):
        sound_accompanist("musicgen:nobody/no-such-model")


@pytest.mark.parametrize("kind", tiny.SAVERS)
def test_a_folder_has_to_be_of_such_a_model(kind: str, folders: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is no .* model: its folder has no (config|model_index)\.json"):
        sound_accompanist(f"{kind}:{tmp_path}")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "t5"}))
    (tmp_path / "model_index.json").write_text(json.dumps({"_class_name": "StableDiffusionPipeline"}))
    with pytest.raises(InputError, match=r"is no .* model: (its model_type is 't5'|it is a StableDiffusionPipeline)"):
        sound_accompanist(f"{kind}:{tmp_path}")
    (tmp_path / "config.json").write_text("[1, ")
    (tmp_path / "model_index.json").write_text("[1, ")
    with pytest.raises(InputError, match=r"config\.json|model_index\.json"):
        sound_accompanist(f"{kind}:{tmp_path}")


def test_parts_of_other_packages_are_not_loaded(folders: dict[str, Path], tmp_path: Path) -> None:
    index = json.loads((folders["stable-audio"] / "model_index.json").read_text())
    index["vae"] = ["subprocess", "Popen"]
    (tmp_path / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(InputError, match="its part 'vae' is from 'subprocess': only parts of diffusers and transf"):
        sound_accompanist(f"stable-audio:{tmp_path}")


def test_pickles_are_not_read(folders: dict[str, Path], tmp_path: Path) -> None:
    for path in folders["musicgen"].iterdir():
        if path.suffix != ".safetensors":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04cos\nsystem\n.")
    player = sound_accompanist(f"musicgen:{tmp_path}")
    with pytest.raises(InputError, match="its folder has no weights as safetensors, and no others are"):
        player.play(WISH, lambda share: None)


def test_broken_weights_are_told(folders: dict[str, Path], tmp_path: Path) -> None:
    for path in folders["musicgen"].iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0nonsense")
    player = sound_accompanist(f"musicgen:{tmp_path}")
    with pytest.raises(InputError, match=r"is no MusicGen model that can be read \("):
        player.play(WISH, lambda share: None)


def test_a_missing_extra_says_how_to_get_it(folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingPart, match=r"needs transformers \(.*\): run: pip install 'songsmith\[audio-models\]'"):
        sound_accompanist(f"musicgen:{folders['musicgen']}")
    monkeypatch.undo()
    with pytest.raises(MissingPart, match=r"diffusers [\d.]+ has no NoSuchPipeline: run: pip install 'diffusers>="):
        pipeline_class("NoSuchPipeline")


def test_what_sound_cannot_do_is_told(folders: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    name = f"musicgen:{folders['musicgen']}"
    with pytest.raises(
        InputError, match="plays chords of its own, which a given melody does not fit: leave out --me"
    ):
        make("folk", SHEET, accompanist=name, melody="tune.mid")
    with pytest.raises(InputError, match="uses no SoundFont: leave out --soundfont"):
        make("folk", SHEET, accompanist=name, soundfont="a.sf2")
    with pytest.raises(
        InputError, match="plays sound, not notes: it is for whole songs of 'songsmith make', without"
    ):
        accompanist("musicgen:x")
    with pytest.raises(SystemExit) as ended:
        main(["make", "folk", "--accompanist", "stable-audio", "--instrumental", "--quiet"])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert told == (
        "songsmith: accompanist 'stable-audio' needs a model: write stable-audio: and a folder, or a name on the "
        "Hugging Face hub\n"
    )
