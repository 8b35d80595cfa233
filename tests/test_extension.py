"""Music made longer, on songs that songsmith makes: their beats, chords and stems are known."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from pathlib import Path

import librosa
import numpy as np
import pyloudnorm
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from songsmith.analysis import Analysis, Confidence, FoundSection, analyse
from songsmith.analysis.analysis import loudness_of
from songsmith.audio import Audio
from songsmith.cli import main
from songsmith.errors import InputError
from songsmith.extension.bars import Bars
from songsmith.extension.extend import extend_recording
from songsmith.extension.files import write_exactly
from songsmith.extension.further import add_parts
from songsmith.extension.joins import FADE_S, join
from songsmith.extension.longer import Longer
from songsmith.extension.path import continue_bars
from songsmith.extension.recording import Extended, play_on, whole_bars
from songsmith.extension.score import continue_paper
from songsmith.extension.singing import sing_on
from songsmith.extension.taken_up import tune_over
from songsmith.paper import read_lyrics
from songsmith.pipeline import make
from songsmith.plan import Chord
from songsmith.song import Song
from songsmith.tunes.hum import HeardNote

SHEET = "[Verse]\nCopper kettle on the fire\nMorning coming up the wire\n[Chorus]\nPour it slow and let it steam\n"
MORE = "[Verse]\nSilver paper on the floor\nSomebody is at the door\n"
TEMPO, RATE = 116.0, 44100
BEAT_S = 60.0 / TEMPO
BAR_S = 4 * BEAT_S


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """A song, its sound in the stems that separation gives, and what an analysis of it should say."""

    song: Song
    audio: Audio
    stems: dict[str, Audio]
    found: Analysis


@pytest.fixture(scope="module")
def truth() -> Truth:
    song = make("upbeat pop with drums, bass and piano", SHEET, 3, tempo=TEMPO, key="G major", workers=2)
    sound = song.read_audio()
    voices = sum(stem.samples for name, stem in sound.stems.items() if name in ("vocals", "backing_vocals"))
    rest = sound.mix.samples - voices - sound.stems["drums"].samples - sound.stems["bass"].samples
    stems = {
        "vocals": Audio(np.asarray(voices, np.float32), RATE),
        "drums": sound.stems["drums"],
        "bass": sound.stems["bass"],
        "other": Audio(np.asarray(rest, np.float32), RATE),
    }
    sung = [span for span in song.performance.phonemes if span.syllable is not None]
    loudness, whole = loudness_of(sound.mix)
    found = Analysis(
        duration_s=sound.mix.duration_s,
        timeline=song.timeline,
        meter="4/4",
        key="G major",
        chords=song.chords,
        sections=tuple(FoundSection(s.kind, s.label, s.bar, s.bars, s.energy, s.voice) for s in song.plan.sections),
        loudness_lufs=loudness,
        loudness_period_s=0.1,
        integrated_lufs=whole,
        tuning=0.0,
        voice=((sung[0].start, sung[-1].end),),
        melody=(),
        confidence=Confidence(1.0, 1.0, 1.0, 1.0, 1.0),
    )
    return Truth(song, sound.mix, stems, found)


@pytest.fixture(scope="module")
def longer(truth: Truth) -> Extended:
    return play_on(truth.audio, 16.0, truth.stems, truth.found)


def loudness(audio: Audio, start_s: float, stop_s: float) -> float:
    piece = audio.samples[:, round(start_s * audio.sample_rate) : round(stop_s * audio.sample_rate)]
    return float(pyloudnorm.Meter(audio.sample_rate).integrated_loudness(piece.T.astype(np.float64)))


def stems_off(extended: Extended) -> float:
    total = sum((stem.samples for stem in extended.stems.values()), np.zeros_like(extended.mix.samples))
    return float(np.abs(total - extended.mix.samples).max())


def outro_s(truth: Truth) -> float:
    return truth.song.timeline.seconds(truth.song.plan.sections[-1].bar * 4)


def test_what_comes_before_keeps_its_samples(truth: Truth, longer: Extended) -> None:
    seam = round(longer.seam_s * RATE)
    assert longer.new_s[0] == pytest.approx(outro_s(truth), abs=1e-3)
    assert 0.0 < longer.new_s[0] - longer.seam_s < 0.1
    np.testing.assert_array_equal(longer.mix.samples[:, :seam], truth.audio.samples[:, :seam])
    assert longer.rest_s is not None
    rest, from_there = round(longer.rest_s * RATE), round(longer.rest_from_s * RATE)
    np.testing.assert_array_equal(longer.mix.samples[:, rest:], truth.audio.samples[:, from_there:])
    assert stems_off(longer) < 1e-4
    assert longer.mix.duration_s - truth.audio.duration_s == pytest.approx(16.0, abs=BAR_S)
    assert longer.new_s[1] - longer.new_s[0] == pytest.approx(len(longer.bars) * BAR_S, abs=1e-3)


def test_tempo_and_beat_go_on(truth: Truth, longer: Extended) -> None:
    """Attacks of the drums are found by librosa, and stand to the beats as they do in the song itself."""

    def off(audio: Audio, start_s: float, stop_s: float, origin_s: float) -> tuple[np.ndarray, np.ndarray]:
        mono = audio.samples.mean(axis=0)[round(start_s * RATE) : round(stop_s * RATE)]
        found = librosa.onset.onset_detect(y=mono, sr=RATE, hop_length=128, units="time", backtrack=False) + start_s
        beats = np.rint((found - origin_s) / BEAT_S)
        away = found - origin_s - beats * BEAT_S
        near = np.abs(away) < 0.05
        return beats[near], away[near]

    start, end = longer.new_s
    _, before = off(truth.stems["drums"], 8.0, outro_s(truth), 0.0)
    beats, after = off(longer.stems["drums"], start - 0.02, end - 0.1, start)
    assert len(after) > len(longer.bars) * 2
    assert abs(np.median(after) - np.median(before)) < 0.02
    assert np.mean(np.abs(after - np.median(before)) < 0.02) > 0.9
    slope = np.polyfit(beats, beats * BEAT_S + after, 1)[0]
    assert slope == pytest.approx(BEAT_S, rel=0.005)
    assert longer.timeline.tempo == pytest.approx(TEMPO, rel=0.005)


def test_new_bars_are_as_loud_as_those_before(longer: Extended) -> None:
    start, end = longer.new_s
    before = loudness(longer.mix, max(0.0, start - 8 * BAR_S), start)
    assert loudness(longer.mix, start, end) == pytest.approx(before, abs=1.0)
    assert np.abs(longer.mix.samples).max() < 1.0


def test_no_click_where_bars_meet(truth: Truth, longer: Extended) -> None:
    """The largest step of each join, against the 99th percentile of those of as long stretches of the song."""
    steps = np.abs(np.diff(truth.audio.samples, axis=1)).max(axis=0)
    width = round(2 * FADE_S * RATE)
    usual = np.percentile(steps[: len(steps) // width * width].reshape(-1, width).max(axis=1), 99)
    for at_s in (longer.new_s[0], *longer.joins_s, longer.new_s[1]):
        past = round((at_s - longer.before_s + 0.01) * RATE)
        assert np.abs(np.diff(longer.mix.samples[:, past - width : past], axis=1)).max() <= usual


def test_key_and_chords_are_the_songs(truth: Truth, longer: Extended) -> None:
    start, end = longer.new_s
    first, past = round(start * RATE), round(end * RATE)
    chroma = librosa.feature.chroma_cqt(y=longer.stems["bass"].samples.mean(axis=0)[first:past], sr=RATE).mean(axis=1)
    assert set(np.argsort(chroma)[-4:]) <= {7, 9, 11, 0, 2, 4, 6}
    assert {chord.symbol for chord in longer.chords} <= {chord.symbol for chord in truth.song.chords}
    assert sum(chord.duration for chord in longer.chords) == pytest.approx(4.0 * len(longer.bars))


def test_nobody_sings_in_the_new_bars(longer: Extended) -> None:
    start, end = longer.new_s
    voice = longer.stems["vocals"].samples[:, round((start + 1.5) * RATE) : round(end * RATE)]
    assert np.abs(voice).max() < 1e-6


@pytest.mark.parametrize("place", [{"from_s": 13.0}, {"before": True}])
def test_new_bars_elsewhere(truth: Truth, place: dict[str, float]) -> None:
    extended = play_on(truth.audio, 8.0, truth.stems, truth.found, **place)  # type: ignore[arg-type]
    seam = round(extended.seam_s * RATE)
    np.testing.assert_array_equal(extended.mix.samples[:, :seam], truth.audio.samples[:, :seam])
    assert extended.rest_s is not None
    rest, from_there = round(extended.rest_s * RATE), round(extended.rest_from_s * RATE)
    np.testing.assert_array_equal(extended.mix.samples[:, rest:], truth.audio.samples[:, from_there:])
    assert extended.mix.duration_s - truth.audio.duration_s == pytest.approx(8.0, abs=BAR_S)
    assert stems_off(extended) < 1e-4
    if "from_s" in place:
        assert abs(extended.new_s[0] - 13.0) <= BAR_S / 2


def test_what_breaks_off_gets_an_ending(truth: Truth) -> None:
    past = round(outro_s(truth) * RATE)
    cut = Audio(truth.audio.samples[:, :past], RATE)
    stems = {name: Audio(stem.samples[:, :past], RATE) for name, stem in truth.stems.items()}
    found = replace(truth.found, duration_s=cut.duration_s, sections=truth.found.sections[:-1])
    extended = play_on(cut, 8.0, stems, found)
    assert extended.notes == ("the recording breaks off without an ending: one was made from its own last chord",)
    assert extended.rest_s is None
    assert 8.0 - BAR_S <= extended.mix.duration_s - cut.duration_s <= 8.0 + BAR_S + 5.0
    last = extended.mix.samples[:, -round(0.1 * RATE) :]
    assert np.abs(last).max() < 0.05 * np.abs(extended.mix.samples).max()


def test_new_words_are_sung_over_new_bars(truth: Truth) -> None:
    words = read_lyrics(MORE)
    band = play_on(truth.audio, 16.0, truth.stems, truth.found, for_voice=True)
    extended, sung = sing_on(band, words, 1, truth.found.confidence, use_cache=False)
    start, end = extended.new_s
    seam = round(extended.seam_s * RATE)
    np.testing.assert_array_equal(extended.mix.samples[:, :seam], truth.audio.samples[:, :seam])
    assert stems_off(extended) < 1e-4
    before = loudness(extended.mix, max(0.0, start - 8 * BAR_S), start)
    assert loudness(extended.mix, start, end) == pytest.approx(before, abs=1.0)
    voice = extended.stems["vocals"].samples.mean(axis=0)
    level = librosa.feature.rms(y=voice[round(start * RATE) : round(end * RATE)], hop_length=512)[0]
    first = start + float(np.argmax(level[round(1.5 * RATE / 512) :] > 0.02)) * 512 / RATE + 1.5
    lines = [line for line in sung.lrc.splitlines() if line[:2] == "[0"]
    assert len(lines) == 2
    told = 60 * int(lines[0][1:3]) + float(lines[0][4:9])
    assert told == pytest.approx(first, abs=0.25)
    again, _ = sing_on(band, words, 1, truth.found.confidence, use_cache=False)
    np.testing.assert_array_equal(again.mix.samples, extended.mix.samples)


@pytest.fixture(scope="module")
def remembered(truth: Truth) -> tuple[HeardNote, ...]:
    """Return what the lead of the song sings, as if it were heard."""
    times = [truth.song.timeline.beats_to_seconds([n.onset, n.onset + n.duration]) for n in truth.song.notes]
    pitches = [n.pitch for n in truth.song.notes]
    return tuple(HeardNote(float(a), float(b), pitch, 0.0) for (a, b), pitch in zip(times, pitches, strict=True))


def test_the_tune_of_the_voice_is_taken_up(truth: Truth, remembered: tuple[HeardNote, ...]) -> None:
    band = play_on(truth.audio, 24.0, truth.stems, truth.found, for_voice=True)
    tune = tune_over(band, remembered)
    assert all(a.end <= b.onset + 1e-9 for a, b in pairwise(tune))
    sung = {(round(n.onset * 4) % 16, n.pitch) for n in truth.song.notes}
    assert {(round(n.onset * 4) % 16, n.pitch) for n in tune} <= sung
    longer, told = sing_on(band, read_lyrics(MORE), 0, truth.found.confidence, tune=tune, use_cache=False)
    notes = told.paper.score.notes
    assert [n.syllable for n in notes if not n.slur] == list(range(len(told.paper.lyrics.syllables)))
    assert {(round(n.onset * 4), n.pitch % 12) for n in notes} <= {(round(n.onset * 4), n.pitch % 12) for n in tune}
    assert stems_off(longer) < 1e-4
    with pytest.raises(InputError, match=r"sings 0 notes over the bars .* leave out --take-up, or use a longer --by"):
        tune_over(band, ())


def test_an_instrument_takes_up_the_tune(truth: Truth, remembered: tuple[HeardNote, ...]) -> None:
    band = play_on(truth.audio, 24.0, truth.stems, truth.found)
    tune = tune_over(band, remembered)
    longer, further = add_parts(band, 0, sung=False, tune=tune, accompanist="patterns")
    (part,) = further.parts
    assert [(n.onset, n.pitch) for n in part.notes] == [(n.onset, n.pitch) for n in tune]
    assert "new_lead" in longer.stems
    assert stems_off(longer) < 1e-4


def test_a_beginning_builds_up(truth: Truth) -> None:
    extended = play_on(truth.audio, 16.0, truth.stems, truth.found, before=True)
    start, end = extended.new_s
    third = (end - start) / 3

    def level(name: str, from_s: float, until_s: float) -> float:
        piece = extended.stems[name].samples[:, round(from_s * RATE) : round(until_s * RATE)]
        return float(np.sqrt(np.mean(np.square(piece))))

    assert level("drums", start, start + third) == 0.0
    assert level("other", start, start + third) > 1e-3
    for name in ("drums", "bass", "other"):
        assert level(name, end - third, end - 0.2) > 1e-3
    after = loudness(extended.mix, end, end + 8 * BAR_S)
    assert loudness(extended.mix, end - third, end) == pytest.approx(after, abs=2.0)


def test_lyrics_that_are_too_long_say_how_much_they_need(truth: Truth) -> None:
    band = play_on(truth.audio, 6.0, truth.stems, truth.found, for_voice=True)
    with pytest.raises(InputError, match=r"need at least \d+ s at 116 BPM, the new part lasts .* use --by \d+"):
        sing_on(band, read_lyrics(MORE * 4), 1, truth.found.confidence)


def test_a_further_part_plays_softly(truth: Truth, longer: Extended) -> None:
    extended, further = add_parts(longer, 0, sung=True)
    start, end = extended.new_s
    new = [name for name in extended.stems if name.startswith("new_")]
    assert [f"new_{part.name}" for part in further.parts] == new
    assert new
    assert stems_off(extended) < 1e-4
    together = Audio(np.sum([extended.stems[name].samples for name in new], axis=0, dtype=np.float32), RATE)
    assert loudness(together, start, end) == pytest.approx(loudness(longer.mix, start, end) - 9.0, abs=2.0)
    seam = round(extended.seam_s * RATE)
    np.testing.assert_array_equal(extended.mix.samples[:, :seam], longer.mix.samples[:, :seam])


@given(st.integers(0, 2**32 - 1), st.integers(4, 24), st.integers(1, 24))
@settings(max_examples=25, deadline=None)
def test_no_bar_is_played_three_times_in_a_row(seed: int, count: int, wanted: int) -> None:
    rng = np.random.default_rng(seed)
    sound = rng.normal(size=(count, 6))
    usable = rng.random(count) < 0.8
    usable[rng.integers(count, size=2)] = True
    usable[0] = usable[-1] = True
    bars = Bars(
        edges=np.arange(count + 1, dtype=np.int64) * 1000,
        sound=sound / np.linalg.norm(sound, axis=1, keepdims=True),
        level_lufs=rng.uniform(-20, -12, count),
        chords=tuple((Chord(0.0, 4.0, "CFG"[int(k)]),) for k in rng.integers(3, size=count)),
        phase=np.arange(count, dtype=np.int64) % 4,
        usable=usable,
        sections=(),
        beats=np.tile(np.arange(5.0) * 0.5, (count, 1)),
    )
    last = int(rng.integers(-1, count))
    way = continue_bars(bars, bars.lengths_s(500), last, wanted, None, -14.0)
    assert len(way) == wanted
    assert all(usable[bar] for bar in way)
    assert max(len([*run]) for _, run in groupby((last, *way))) <= 2


@given(st.floats(1.0, 300.0), st.floats(0.8, 4.0))
def test_a_length_is_kept_to_within_a_bar(by_s: float, bar_s: float) -> None:
    assert abs(whole_bars(by_s, bar_s) * bar_s - by_s) <= bar_s if by_s >= bar_s / 2 else True


@given(st.integers(1, 200), st.integers(0, 2**32 - 1))
@settings(max_examples=25)
def test_a_sound_joined_to_itself_is_itself(fade: int, seed: int) -> None:
    one = np.random.default_rng(seed).normal(0, 0.1, (2, 600)).astype(np.float32)
    joined = join(one[:, : 300 + fade], one[:, 300:], fade)
    np.testing.assert_allclose(joined, one, atol=1e-6)


@given(st.sampled_from(["PCM_16", "PCM_24", "FLOAT"]), st.integers(0, 2**32 - 1))
@settings(max_examples=12, deadline=None)
def test_samples_of_a_file_are_written_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, subtype: str, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("files")
    bits = {"PCM_16": 16, "PCM_24": 24, "FLOAT": 32}[subtype]
    values = np.random.default_rng(seed).integers(-(2 ** (bits - 1)), 2 ** (bits - 1), (500, 2))
    if subtype == "FLOAT":
        soundfile.write(folder / "a.wav", (values / 2.0**31).astype(np.float32), 8000, subtype="FLOAT")
    else:
        shifted = values << (32 - bits)
        soundfile.write(folder / "a.wav", shifted.astype(np.int32), 8000, subtype=subtype)
    write_exactly(Audio.read(folder / "a.wav"), folder / "b.wav", subtype)
    kind = "float32" if subtype == "FLOAT" else "int32"
    ours, given_samples = (soundfile.read(folder / name, dtype=kind)[0] for name in ("b.wav", "a.wav"))
    np.testing.assert_array_equal(ours, given_samples)


@pytest.fixture(scope="module")
def made(truth: Truth, tmp_path_factory: pytest.TempPathFactory) -> tuple[Longer, Path, Path]:
    """Return a 16-bit file of the song made longer on what the real analysis finds, its folder and the file."""
    place = tmp_path_factory.mktemp("recording")
    write_exactly(truth.audio, place / "song.wav", "PCM_16")
    audio = Audio.read(place / "song.wav")
    stems = {**truth.stems, "other": Audio(truth.stems["other"].samples + audio.samples - truth.audio.samples, RATE)}
    longer = extend_recording(place / "song.wav", 10.0, stems=stems)
    return longer, longer.save(place / "longer"), place / "song.wav"


def test_a_file_is_made_longer_on_what_is_found_in_it(truth: Truth, made: tuple[Longer, Path, Path]) -> None:
    longer, folder, file = made
    summary = json.loads((folder / "extension.json").read_text())
    mix, _ = soundfile.read(folder / "mix.wav", dtype="int16")
    own, _ = soundfile.read(file, dtype="int16")
    seam = round(summary["seam_s"] * RATE) - 1
    np.testing.assert_array_equal(mix[:seam], own[:seam])
    assert seam > 5 * RATE
    assert soundfile.info(folder / "mix.wav").subtype == "PCM_16"
    total = sum(soundfile.read(path)[0] for path in sorted((folder / "stems").iterdir()))
    assert np.abs(total - mix / 2.0**15).max() < 1e-4
    assert summary["longer_by_s"] == pytest.approx(10.0, abs=BAR_S + 0.1)
    assert summary["tempo"] == pytest.approx(TEMPO, rel=0.005)
    assert summary["loudness_lufs"]["new"] == pytest.approx(summary["loudness_lufs"]["before"], abs=1.0)
    for seam_told in (*summary["seams"], *summary["joins"]):
        assert seam_told["step"] <= seam_told["step_p99"]
        assert seam_told["flux"] <= seam_told["flux_p99"]
    # The first new downbeat is one of the song's: its bars go on where they would have been.
    beats = np.asarray(truth.song.timeline.beats)
    assert np.abs(beats - longer.extended.new_s[0]).min() < 0.02


def test_a_folder_is_replaced_only_where_it_is_asked(made: tuple[Longer, Path, Path]) -> None:
    longer, folder, _ = made
    with pytest.raises(InputError, match="is there already"):
        longer.save(folder)
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"holds notes\.txt, so it is not replaced"):
        longer.save(folder, overwrite=True)
    (folder / "notes.txt").unlink()
    assert longer.save(folder, overwrite=True) == folder
    assert sorted(path.name for path in folder.parent.iterdir()) == ["longer", "song.wav"]


def test_its_folder_is_no_songs(made: tuple[Longer, Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """The verbs for songs say what to do with it."""
    _, folder, _ = made
    for verb in (
        ("evaluate", str(folder)),
        ("edit", str(folder), "--set", "tempo=90"),
        ("extend", str(folder), "--by", "9"),
    ):
        with pytest.raises(SystemExit) as ended:
            main(list(verb))
        assert ended.value.code == 2
        (told,) = capsys.readouterr().err.strip().splitlines()
        assert told.startswith("songsmith: ")
        assert "which has no score: give the mix.wav in it to a verb for recordings" in told


PLACES: tuple[dict[str, object], ...] = ({}, {"before": True}, {"from_s": 13.0}, {"lyrics": MORE})


@pytest.mark.parametrize("asked", PLACES, ids=["plain", "before", "from", "lyrics"])
def test_a_score_goes_on_and_no_old_note_changes(truth: Truth, asked: dict[str, object]) -> None:
    song = truth.song
    paper, form = continue_paper(song, 18.0, **asked)  # type: ignore[arg-type]
    start, added = form.bar * 4, form.bars * 4
    assert abs(form.bars * BAR_S - 18.0) <= BAR_S
    assert (paper.plan.tempo, paper.plan.key, paper.plan.meter) == (song.plan.tempo, song.plan.key, song.plan.meter)
    assert paper.plan.bars == song.plan.bars + form.bars
    np.testing.assert_allclose(np.diff(paper.accompaniment.timeline.beats), BEAT_S, atol=2e-6)
    assert paper.plan.sections[-1] == replace(song.plan.sections[-1], bar=song.plan.sections[-1].bar + form.bars)
    for old, new in zip(song.parts, paper.accompaniment.parts, strict=True):
        early = [note for note in new.notes if note.onset < start - 0.1]
        late = [note for note in new.notes if note.onset >= start + added - 0.1]
        kept = [(n.onset, n.pitch, n.velocity) for n in early]
        kept += [(round(n.onset - added, 6), n.pitch, n.velocity) for n in late]
        assert kept == [(n.onset, n.pitch, n.velocity) for n in old.notes]
        if old.name in ("drums", "bass"):
            assert len(new.notes) > len(old.notes)
    words = {line.text for line in song.lyrics.lines}
    fresh = len(paper.score.notes) - len(song.notes)
    moved = [note for note in paper.score.notes if note.onset < start]
    moved += [
        replace(n, onset=round(n.onset - added, 6)) for n in paper.score.notes if n.onset >= start + added - 0.5
    ]
    assert [(n.onset, n.pitch) for n in moved] == [(n.onset, n.pitch) for n in song.notes]
    if "lyrics" in asked:
        assert {line.text for line in paper.lyrics.lines} - words == set(MORE.splitlines()[1:])
    else:
        assert {line.text for line in paper.lyrics.lines} == words
    if "from_s" not in asked:
        assert (fresh > 0) == ("before" not in asked)
    assert [line.number for line in paper.lyrics.lines] == [*range(1, len(paper.lyrics.lines) + 1)]
    covered = [(chord.onset, chord.end) for chord in paper.plan.chords]
    assert covered[0][0] == 0.0
    assert covered[-1][1] == pytest.approx(paper.plan.beats)
    assert all(a[1] == pytest.approx(b[0]) for a, b in pairwise(covered))


def test_a_score_goes_on_alike_every_time(truth: Truth) -> None:
    one, other = (continue_paper(truth.song, 18.0, MORE, seed=4)[0] for _ in range(2))
    assert one.score.notes == other.score.notes
    assert one.accompaniment.parts == other.accompaniment.parts
    assert one.score.notes != continue_paper(truth.song, 18.0, MORE, seed=5)[0].score.notes


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Return a folder of what is no music."""
    rng = np.random.default_rng(0)
    for name, samples in {
        "silence": np.zeros((10 * 8000, 1)),
        "short": rng.normal(0, 0.1, (3 * 8000, 1)),
        "noise": rng.normal(0, 0.1, (12 * 8000, 1)),
    }.items():
        soundfile.write(tmp_path / f"{name}.wav", samples, 8000)
    (tmp_path / "empty").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("noise.wav", "--by", "0"), "--by 0 is not possible: use a number of seconds above 0, at most 1800"),
        (("noise.wav", "--by", "-5"), "--by -5 is not possible"),
        (("noise.wav", "--by", "nan"), "--by nan is not possible"),
        (("noise.wav", "--by", "1e9"), "--by 1e+09 is not possible"),
        (("noise.wav", "--by", "soon"), "'soon' is not a number"),
        (("noise.wav", "--by", "8", "--from", "nan"), "--from nan is not possible"),
        (("silence.wav", "--by", "8"), "the recording is silent"),
        (("short.wav", "--by", "8"), "the recording lasts 3.0 s: give at least 4 s"),
        (("noise.wav", "--by", "8"), "no beat can be found in the recording"),
        (("nowhere.wav", "--by", "8"), "no such file"),
        (("empty", "--by", "8"), "holds no song.json"),
        (("noise.wav", "--by", "8", "--seed", "-1"), "seed -1 is out of range"),
    ],
)
def test_what_cannot_be_made_longer_is_told(
    clips: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.chdir(clips)
    before = sorted(clips.rglob("*"))
    code, out, err = run(capsys, "extend", *arguments, "--out", "longer")
    assert code == 2
    assert out == ""
    assert err.startswith("songsmith: ")
    assert err.count("\n") == 1
    assert message in err
    assert sorted(clips.rglob("*")) == before


def test_a_time_outside_the_recording_is_told(truth: Truth) -> None:
    with pytest.raises(InputError, match=r"--from 500 is outside the recording's bars: use 2\.1 to"):
        play_on(truth.audio, 8.0, truth.stems, truth.found, from_s=500.0)
    with pytest.raises(InputError, match="two places"):
        play_on(truth.audio, 8.0, truth.stems, truth.found, from_s=10.0, before=True)
    with pytest.raises(InputError, match="less than half a bar"):
        play_on(truth.audio, 0.3, truth.stems, truth.found)
    with pytest.raises(InputError, match=r"--from 500 is outside the song"):
        continue_paper(truth.song, 8.0, from_s=500.0)


@pytest.mark.slow
def test_from_a_file_to_a_folder(truth: Truth, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With nothing known: separated and analysed, sung over, and what comes out analysed again."""
    truth.audio.write(tmp_path / "song.wav")
    (tmp_path / "more.txt").write_text(MORE)
    code, out, _ = run(
        capsys, "extend", str(tmp_path / "song.wav"), "--by", "16", "--lyrics", str(tmp_path / "more.txt"),
        "--new-parts", "--out", str(tmp_path / "longer"), "--json",
    )  # fmt: skip
    assert code == 0
    told = json.loads(out)
    mix = Audio.read(tmp_path / "longer" / "mix.wav")
    found = analyse(mix)
    assert found.tempo == pytest.approx(TEMPO, rel=0.005)
    assert found.key == "G major"
    assert told["separator"] in ("htdemucs", "songsmith-mini")
    assert loudness(mix, *told["new_s"]) == pytest.approx(loudness(truth.audio, 2.0, told["seam_s"]), abs=1.5)


@pytest.mark.slow
def test_a_song_is_continued_and_rendered(truth: Truth, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = truth.song.save(tmp_path / "song")
    (tmp_path / "more.txt").write_text(MORE)
    code, out, _ = run(
        capsys, "extend", str(folder), "--by", "16", "--lyrics", str(tmp_path / "more.txt"),
        "--out", str(tmp_path / "longer"), "--json",
    )  # fmt: skip
    assert code == 0
    told = json.loads(out)
    assert told["longer_by_s"] == pytest.approx(16.0, abs=BAR_S)
    assert told["bars"] * BAR_S == pytest.approx(told["longer_by_s"], abs=1e-3)
    assert (tmp_path / "longer" / "lyrics.lrc").read_text().count("Silver") == 1
