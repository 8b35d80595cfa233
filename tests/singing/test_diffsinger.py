"""Voicebanks of DiffSinger's format: sung at our times and pitch, the same bytes each time, wrong ones refused."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import singer_measures as measure
import yaml
from onnx import TensorProto, helper

from songsmith.align import perform
from songsmith.audio import Audio
from songsmith.cache import Cache
from songsmith.errors import InputError, MissingPart, SongsmithError
from songsmith.performance import Performance
from songsmith.score import Score
from songsmith.singing import singer
from songsmith.singing.diffsinger import DiffSinger
from songsmith.singing.diffsinger.bank import read_bank
from songsmith.singing.diffsinger.models import load_model
from songsmith.singing.diffsinger.render import in_frames
from songsmith.singing.diffsinger.spelling import spell
from songsmith.singing.phrase import split_phrases
from songsmith.singing.voices import Voice, VoiceColour, load_voice
from songsmith.units import midi_to_hz
from songsmith.vocals import singer_of
from tests.singing.scores import simple_score
from tests.singing.tinybank import phonemes, write_bank, write_variance

LINES = ("copper pennies sink in the harbor", "a strange melody")


def voice_of(folder: Path, **changes: Any) -> Voice:
    return replace(load_voice(str(folder)), **changes)


def song(*lines: str, beat: float = 0.5) -> tuple[Score, Performance]:
    score, timeline = simple_score(*lines, beat=beat)
    return score, perform(score, timeline, load_voice("heart"), 0)


def sing(folder: Path, *lines: str, beat: float = 0.5, **changes: Any) -> tuple[Score, Performance, Audio]:
    score, performance = song(*(lines or LINES), beat=beat)
    return score, performance, DiffSinger().sing(performance, score.lyrics, voice_of(folder, **changes))


def level_db(audio: Audio) -> float:
    return float(20.0 * np.log10(np.abs(audio.samples).max() + 1e-9))


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bank(tmp_path_factory.mktemp("banks") / "tiny")


@pytest.mark.parametrize(("sample_rate", "hop_size"), [(44_100, 512), (24_000, 300), (48_000, 480)])
def test_praat_hears_every_note_in_tune(tmp_path: Path, sample_rate: int, hop_size: int) -> None:
    folder = write_bank(tmp_path / "bank", sample_rate=sample_rate, hop_size=hop_size)
    score, performance, audio = sing(folder, beat=1.0)
    times, f0_hz = measure.praat_pitch(audio)
    vowels = {span.syllable: span for span in performance.phonemes if span.is_vowel}
    for note in score.notes:
        span = vowels[note.syllable]
        length = span.end - span.start
        inside = (times >= span.start + 0.2 * length) & (times <= span.end - 0.15 * length)
        voiced = f0_hz[inside & (f0_hz > 0)]
        assert len(voiced) >= 0.9 * inside.sum()
        assert abs(1200.0 * np.log2(np.median(voiced) / midi_to_hz(float(note.pitch)))) <= 20.0


def test_pitch_follows_the_curve(bank: Path) -> None:
    _, performance, audio = sing(bank, beat=1.0)
    times, f0_hz = measure.praat_pitch(audio)
    inside = [(times > s.start + 0.05) & (times < s.end - 0.05) for s in performance.phonemes if s.is_vowel]
    heard = np.logical_or.reduce(inside) & (f0_hz > 0)
    wanted = np.interp(times, np.arange(len(performance.f0_hz)) * performance.frame_period_s, performance.f0_hz)
    cents = np.abs(1200.0 * np.log2(f0_hz[heard] / wanted[heard]))
    assert np.mean(cents <= 50.0) >= 0.98
    assert np.median(cents) <= 5.0


def test_vowels_begin_on_time(bank: Path) -> None:
    """The bank's vowels are 26 dB above its consonants: the level rises where a vowel begins, within half a frame."""
    _, performance, audio = sing(bank, beat=1.0)
    envelope = np.sqrt(np.convolve(audio.samples[0] ** 2, np.ones(221) / 221, "same"))
    late = []
    for before, span in zip(performance.phonemes, performance.phonemes[1:], strict=False):
        if span.is_vowel and before.syllable == span.syllable:
            onset = round(span.start * 44_100)
            level = envelope[onset + 2205 : onset + 4410].mean()
            first = np.flatnonzero(envelope[onset - 1323 : onset + 1323] >= 0.5 * level)[0]
            late.append((first - 1323) / 44_100)
    assert len(late) >= 8
    assert np.abs(late).max() <= 0.5 * 512 / 44_100 + 0.004


def test_sound_is_as_long_as_the_song_and_silent_in_rests(bank: Path) -> None:
    _, performance, audio = sing(bank)
    assert audio.samples.shape == (1, round(performance.duration_s * 44_100))
    assert np.isfinite(audio.samples).all()
    silent = np.ones(audio.frames, bool)
    for phrase in performance.phrases():
        silent[round((phrase[0].start - 0.021) * 44_100) : round((phrase[-1].end + 0.021) * 44_100)] = False
    assert silent.sum() > 44_100
    assert not audio.samples[0, silent].any()
    assert -20.0 < level_db(audio) < -3.0


def test_noisy_banks_sing_the_same_bytes_for_any_workers_neighbours_and_process(tmp_path: Path) -> None:
    folder = write_bank(tmp_path / "bank", noise=0.05)
    score, performance = song(*LINES)
    voice = voice_of(folder)
    counts: list[tuple[int, int]] = []
    one = DiffSinger().sing(performance, score.lyrics, voice, progress=lambda *count: counts.append(count))
    assert counts == [(0, 2), (1, 2), (2, 2)]
    assert np.abs(one.samples).max() > 0.05
    for _ in range(2):
        assert np.array_equal(DiffSinger().sing(performance, score.lyrics, voice, workers=3).samples, one.samples)
    program = (
        "import sys, hashlib; from pathlib import Path; from tests.singing.test_diffsinger import sing\n"
        "print(hashlib.sha256(sing(Path(sys.argv[1]))[2].samples.tobytes()).hexdigest())"
    )
    command = [sys.executable, "-c", program, str(folder)]
    root = Path(__file__).parents[2]
    paths = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (root, root / "scripts")))}
    other = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root, env=paths)
    assert other.stdout.strip() == hashlib.sha256(one.samples.tobytes()).hexdigest()
    score2, performance2, alone = sing(folder, LINES[0])  # the first line with no second one beside it
    end = round((next(iter(performance2.phrases()))[-1].end + 0.02) * 44_100)
    assert score2.notes == score.notes[: len(score2.notes)]
    assert np.array_equal(alone.samples[0, :end], one.samples[0, :end])


def test_noise_is_there_at_all(tmp_path: Path, bank: Path) -> None:
    noisy = write_bank(tmp_path / "bank", noise=0.05)
    assert not np.array_equal(sing(noisy)[2].samples, sing(bank)[2].samples)


def test_rendered_phrases_are_kept_by_what_they_depend_on(bank: Path, tmp_path: Path) -> None:
    score, performance = song(*LINES)
    cache = Cache(tmp_path / "cache")

    def counts(voice: Voice) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        DiffSinger().sing(performance, score.lyrics, voice, cache=cache, progress=lambda *count: found.append(count))
        return found

    voice = voice_of(bank)
    assert counts(voice) == [(0, 2), (1, 2), (2, 2)]
    assert counts(voice) == [(2, 2)]
    assert counts(replace(voice, phonemes={"AA": "ah"}))[0] == (0, 2)
    louder = write_bank(tmp_path / "louder", noise=0.01)
    assert counts(voice_of(louder))[0] == (0, 2)


@pytest.mark.parametrize("bases", [("10", "e"), ("e", "10"), ("10", "10")])
def test_logarithms_of_the_two_models_may_differ(bank: Path, tmp_path: Path, bases: tuple[str, str]) -> None:
    """A vocoder here takes natural logarithms; told that they are decimal, it is given decimal ones."""
    folder = write_bank(tmp_path / "bank", bases=bases)
    plain, other = sing(bank)[2].samples, sing(folder)[2].samples
    if bases == ("10", "e"):
        assert np.allclose(plain, other, atol=1e-4)
    else:
        assert not np.allclose(plain, other, atol=1e-2)  # consonants come out louder


def test_a_language_before_each_phoneme(tmp_path: Path) -> None:
    extra = {"languages": (TensorProto.INT64, [1, "n_tokens"])}
    config = {"use_lang_id": True, "languages": "languages.json"}
    folder = write_bank(tmp_path / "bank", prefix="en/", extra=extra, config=config)
    (folder / "phonemes.json").write_text(
        '{"SP": 2, "AP": 1, ' + ", ".join(f'"{n}": {k}' for k, n in enumerate(phonemes("en/")) if k > 2) + "}"
    )
    (folder / "languages.json").write_text('{"zh": 1, "en": 7}')
    assert read_bank(folder).part.languages == {"zh": 1, "en": 7}
    assert level_db(sing(folder)[2]) > -20.0


def test_sampling_is_told_in_the_words_of_the_bank(tmp_path: Path) -> None:
    whole = (TensorProto.INT64, [])
    share = (TensorProto.FLOAT, [1])
    for k, (extra, config) in enumerate(
        [
            ({"speedup": whole}, {}),
            ({"speedup": whole, "depth": whole}, {"use_shallow_diffusion": True, "max_depth": 400}),
            ({"steps": whole}, {"use_continuous_acceleration": True}),
            (
                {"steps": whole, "depth": share},
                {"use_continuous_acceleration": True, "use_variable_depth": True, "max_depth": 0.6},
            ),
        ]
    ):
        folder = write_bank(tmp_path / str(k), extra=extra, config=config)
        assert level_db(sing(folder, "a melody")[2]) > -20.0


def test_speakers(tmp_path: Path) -> None:
    extra = {"spk_embed": (TensorProto.FLOAT, [1, "n_frames", 8])}
    folder = write_bank(tmp_path / "bank", extra=extra, config={"speakers": ["t.soft", "t.loud"], "hidden_size": 8})
    for k, name in enumerate(("t.soft", "t.loud")):
        (folder / f"{name}.emb").write_bytes(np.full(8, k, "<f4").tobytes())
    chosen = voice_of(folder, backend={"folder": str(folder), "speaker": "loud"})
    assert read_bank(folder, speaker="loud").part.speaker == (folder / "t.loud.emb").resolve()
    assert DiffSinger().weights_of(chosen) != DiffSinger().weights_of(voice_of(folder))
    assert level_db(sing(folder, "a melody")[2]) > -20.0
    with pytest.raises(InputError, match=r"has no speaker 'bass': use one of t\.soft, t\.loud"):
        read_bank(folder, speaker="bass")
    (folder / "t.soft.emb").write_bytes(b"1234")
    with pytest.raises(InputError, match=r"t\.soft\.emb: 4 bytes, not 8 float32 values"):
        read_bank(folder)


@pytest.mark.parametrize("by_word", [True, False])
def test_a_variance_model_decides_energy(tmp_path: Path, by_word: bool) -> None:
    """Levelling takes a constant energy out of the sound again, so the curves are looked at."""
    from songsmith.singing import diffsinger

    folder = write_bank(tmp_path / "bank", curves=("energy",))
    score, performance = song("a melody")
    with pytest.warns(UserWarning, match="no variance model for energy: constants stand in"):
        DiffSinger().sing(performance, score.lyrics, voice_of(folder))
    write_variance(folder, energy_db=-7.0, by_word=by_word)
    found = read_bank(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        models = diffsinger._models(found)
    (phrase,) = split_phrases(performance, score.lyrics, 0)
    symbols = [span.symbol for span in phrase.spans if span.symbol != "AP"]
    spelling = spell(symbols, found, "en", {})
    framed = in_frames(phrase, spelling, found.part)
    curves = diffsinger.render._curves(found, models, spelling, 20, phrase, sum(framed.frames))
    assert np.allclose(curves["energy"], -7.0)
    assert level_db(sing(folder, "a melody")[2]) > -20.0


def test_colour_goes_to_what_the_bank_takes(tmp_path: Path, bank: Path) -> None:
    from songsmith.singing import diffsinger

    extra = {"gender": (TensorProto.FLOAT, [1, "n_frames"])}
    args = {"augmentation_args": {"random_pitch_shifting": {"range": [-5.0, 5.0]}}}
    folder = write_bank(tmp_path / "bank", extra=extra, config=args)
    score, performance = song("a melody")
    (phrase,) = split_phrases(performance, score.lyrics, 0, VoiceColour(formants=2 ** (2.5 / 12)))
    found = read_bank(folder)
    curves = diffsinger.render._curves(found, diffsinger._models(found), {}, 20, phrase, 5)
    assert np.allclose(curves["gender"], 0.5)
    assert level_db(sing(folder, colour=VoiceColour(formants=1.1))[2]) > -20.0
    with pytest.raises(InputError, match=r"colour\.formants = 1\.4 is out of what .*: use 0\.749 to 1\.335"):
        sing(folder, colour=VoiceColour(formants=1.4))
    with pytest.raises(
        InputError, match=r"colour\.formants = 1\.1, but its voicebank takes no gender: leave it at 1"
    ):
        sing(bank, colour=VoiceColour(formants=1.1))
    with pytest.raises(InputError, match=r"colour\.brightness_db has no effect on a voicebank"):
        sing(bank, colour=VoiceColour(brightness_db=1.0))


def test_frames_tile_the_phrase_and_keep_its_times(bank: Path) -> None:
    found = read_bank(bank)
    score, performance = song(*LINES)
    frame_s = 512 / 44_100
    for phrase in split_phrases(performance, score.lyrics, 0):
        spelling = spell(
            [s.symbol for s in phrase.spans if s.symbol != "AP"], found, "en", {"ER": "eh r", "K": "t s"}
        )
        framed = in_frames(phrase, spelling, found.part)
        assert framed.names[0] == framed.names[-1] == "SP"
        assert min(framed.frames) >= 1
        assert len(framed.f0_hz) == sum(framed.frames) == np.ceil(phrase.duration_s / frame_s)
        assert len(framed.names) == len(phrase.spans) + 2 + sum(s.symbol in ("K", "ER0") for s in phrase.spans)
        starts = np.cumsum((0, *framed.frames))[:-1] * frame_s
        vowels = [s.start for s in phrase.spans if s.is_vowel or s.symbol == "AP"]
        sung = [start for start, begins in zip(starts, framed.is_vowel, strict=True) if begins]
        assert np.abs(np.subtract(sung, vowels)).max() <= frame_s


def test_phonemes_are_spelled_as_the_bank_does(tmp_path: Path, bank: Path) -> None:
    plain = read_bank(bank)
    assert spell(["AH0", "AA1", "HH"], plain, "en", {}) == {"AH0": ("ah",), "AA1": ("aa",), "HH": ("hh",)}
    assert spell(["AA1", "AA2"], plain, "en", {"AA1": "ae", "AA": "ah w"}) == {"AA1": ("ae",), "AA2": ("ah", "w")}
    folder = write_bank(tmp_path / "bank")
    (folder / "dsdict-en.yaml").write_text(
        "symbols:\n- {symbol: aa, type: vowel}\nentries:\n- {grapheme: [broken\nreplacements:\n- {from: aa, to: ao}\n"
    )
    assert spell(["AA1"], read_bank(folder), "en", {}) == {"AA1": ("ao",)}
    with pytest.raises(
        InputError, match=r"has no phoneme for X, ʒ: say in a voice file .*\[phonemes\] X = \"\.\.\.\""
    ):
        spell(["X", "ʒ", "AA1"], plain, "en", {})
    with pytest.raises(InputError, match=r"phonemes\.TH = 'zz': voicebank 'tiny' has no 'zz'; it has <PAD> AP SP aa"):
        spell(["TH"], plain, "en", {"TH": "zz"})


def test_voice_files(bank: Path, tmp_path: Path) -> None:
    path = bank.parent / "mine.toml"
    path.write_text(
        'name = "mine"\ntitle = "Mine"\nsinger = "diffsinger"\n'
        '[backend]\nfolder = "tiny"\nsteps = "10"\n[phonemes]\nTH = "s"\n'
    )
    voice = load_voice(str(path))
    score, performance = song(*LINES)
    audio = singer(voice.singer).sing(performance, score.lyrics, voice)
    assert np.array_equal(audio.samples, sing(bank)[2].samples)
    assert dict(singer_of(voice).facts)["weights_sha256"] == read_bank(bank).sha256()
    for backend, message in [
        ({}, "backend.folder is missing"),
        ({"folder": "tiny", "fodler": "x"}, "backend.fodler is not a setting of 'diffsinger'"),
        ({"folder": "tiny", "steps": "0"}, "backend.steps = '0' is not accepted"),
        ({"folder": "tiny", "steps": "²"}, "backend.steps = '²' is not accepted"),
        ({"folder": "nowhere"}, "there is no such folder"),
        ({"folder": "tiny", "vocoder": "/"}, r"/ holds no vocoder\.yaml"),
        ({"folder": "tiny", "speaker": "x"}, "has one speaker only"),
    ]:
        with pytest.raises(SongsmithError, match=message):
            DiffSinger().sing(performance, score.lyrics, replace(voice, backend=backend))


def test_a_vocoder_may_stand_elsewhere(bank: Path, tmp_path: Path) -> None:
    folder = write_bank(tmp_path / "bank")
    (folder / "dsvocoder").rename(tmp_path / "shared")
    with pytest.raises(MissingPart, match=r"needs the vocoder 'tiny' and it has no dsvocoder/vocoder\.yaml: put the"):
        read_bank(folder)
    voice = voice_of(folder, backend={"folder": str(folder), "vocoder": str(tmp_path / "shared")})
    score, performance = song(*LINES)
    audio = DiffSinger().sing(performance, score.lyrics, voice)
    assert np.array_equal(audio.samples, sing(bank)[2].samples)


def _config(**changes: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        values = yaml.safe_load((folder / "dsconfig.yaml").read_text())
        (folder / "dsconfig.yaml").write_text(yaml.safe_dump({**values, **changes}))

    return change


def _write(name: str, content: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(content) and None


def _external(folder: Path) -> None:
    loaded = onnx.load_model(folder / "acoustic.onnx")
    (table,) = [t for t in loaded.graph.initializer if t.name == "table"]
    table.ClearField("raw_data")
    table.data_location = TensorProto.EXTERNAL
    table.external_data.add(key="location", value="../../secret.bin")
    (folder / "acoustic.onnx").write_bytes(loaded.SerializeToString())


def _link(folder: Path) -> None:
    (folder.parent / "outside.txt").write_text("SP\n")
    (folder / "phonemes.txt").unlink()
    (folder / "phonemes.txt").symlink_to(folder.parent / "outside.txt")


def _sub(key: str, value: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "dsvocoder" / "vocoder.yaml"
        path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), key: value}))

    return change


BOMB = b"a0: &a0 [x,x]\n" + b"".join(b"a%d: &a%d [*a%d,*a%d]\n" % (i, i, i - 1, i - 1) for i in range(1, 60))


@pytest.mark.parametrize(
    ("spoil", "error", "message"),
    [
        (lambda folder: (folder / "dsconfig.yaml").unlink(), MissingPart, r"dsconfig\.yaml is missing"),
        (
            lambda folder: (folder / "acoustic.onnx").unlink(),
            MissingPart,
            r"acoustic\.onnx is missing \(the acoustic",
        ),
        (lambda folder: (folder / "phonemes.txt").unlink(), MissingPart, r"phonemes\.txt is missing"),
        (lambda folder: (folder / "dsvocoder/vocoder.onnx").unlink(), MissingPart, r"vocoder\.onnx is missing"),
        (_write("dsconfig.yaml", b"acoustic: [\n"), InputError, "not a valid YAML file"),
        (_write("dsconfig.yaml", b"- acoustic\n"), InputError, "holds no settings but list"),
        (_write("dsconfig.yaml", b"a: !!python/object/apply:os.system [id]"), InputError, "not a valid YAML file"),
        (_write("dsconfig.yaml", b"[" * 5_000), InputError, "not a valid YAML file"),
        (_write("dsconfig.yaml", b"a: \xff\n"), InputError, "cannot be read as UTF-8 text"),
        (_write("dsconfig.yaml", b"#" * 300_001), InputError, "larger than 300000 bytes"),
        (_write("phonemes.txt", b"\n"), InputError, "not a list of 1 to 20000 names"),
        (_write("phonemes.txt", b"aa\nbb\n"), InputError, "has no phoneme 'SP' for silence"),
        (_write("phonemes.txt", b"SP\naa\n"), InputError, "has no phoneme for AH, D, EH, .*say in a voice file"),
        (_config(acoustic=3), InputError, "acoustic = 3 is not accepted: use a text"),
        (_config(acoustic="../acoustic.onnx"), InputError, "is outside the folder"),
        (_config(acoustic="/etc/passwd"), InputError, "is outside the folder"),
        (_config(phonemes="..\\..\\x.txt"), InputError, "is outside the folder"),
        (_config(use_lang_id=True), InputError, "languages is missing"),
        (_config(use_lang_id=True, languages="phonemes.txt"), InputError, r"phonemes\.txt: not valid JSON"),
        (_config(use_lang_id="yes"), InputError, "use_lang_id = 'yes' is not accepted: use true or false"),
        (_config(mel_base="2"), InputError, "mel_base = '2' is not accepted: use 10 or e"),
        (_config(hop_size=0), InputError, "hop_size = 0 is not accepted: use a whole number from 16 to 8192"),
        (_config(hop_size=256), InputError, "its hop_size is 256, that of the vocoder 'dsvocoder' is 512"),
        (_config(num_mel_bins=8), InputError, "its bins is 8, that of the vocoder"),
        (_config(speakers=["../x"]), InputError, "is outside the folder"),
        (_sub("num_mel_bins", 8), InputError, "its bins is 4, that of the vocoder"),
        (_sub("model", "../../x.onnx"), InputError, "is outside the folder"),
        (_write("acoustic.onnx", b"not a model"), InputError, r"acoustic\.onnx: not an ONNX model"),
        (_write("dsvocoder/vocoder.onnx", b""), InputError, r"vocoder\.onnx: (not an ONNX|onnxruntime cannot)"),
        (_external, InputError, "keeps its weights in another file"),
        (_link, InputError, r"'phonemes\.txt' is outside the folder"),
        (
            _write("dsconfig.yaml", BOMB),
            InputError,
            r"not a valid YAML .*by the alias \*a0, write it out",
        ),
        (_write("dsvocoder/vocoder.yaml", b"a: &a [*a]\n"), InputError, "by the alias"),
        (_write("dsconfig.yaml", b"acoustic: 0x" + b"f" * 100_000), InputError, "acoustic = a number of 400000 bits"),
        (_write("dsconfig.yaml", b"acoustic: " + b"9" * 5000), InputError, "not a valid YAML file"),
        (_config(vocoder=["x"]), InputError, r"vocoder = \['x'\] is not accepted: use a text"),
        (_config(mel_base=[2]), InputError, r"mel_base = \[2\] is not accepted: use 10 or e"),
        (_config(acoustic="a\0b"), InputError, "cannot be the name of a file"),
        (_config(acoustic="a" * 300), InputError, "cannot be the name of a file"),
    ],
)
def test_wrong_banks_are_refused(
    tmp_path: Path, spoil: Callable[[Path], None], error: type[SongsmithError], message: str
) -> None:
    folder = write_bank(tmp_path / "banks" / "tiny")
    voice = voice_of(folder)
    spoil(folder)
    score, performance = song("a strange melody")
    with pytest.raises(error, match=message) as caught:
        DiffSinger().sing(performance, score.lyrics, voice)
    assert "\n" not in str(caught.value)
    assert not re.search(r"object at 0x", str(caught.value))


@pytest.mark.parametrize("steps", ["0", "1001", "9" * 5000, "²", "-1", "1.5"])
def test_steps_out_of_range_are_refused(bank: Path, steps: str) -> None:
    score, performance = song("a strange melody")
    with pytest.raises(InputError, match='is not accepted: use a text such as "20", from 1 to 1000') as caught:
        DiffSinger().sing(performance, score.lyrics, voice_of(bank, backend={"folder": str(bank), "steps": steps}))
    assert len(str(caught.value)) < 300


def test_models_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    folder = write_bank(tmp_path / "more", extra={"mouth": (TensorProto.FLOAT, [1, "n_frames"])})
    with pytest.raises(InputError, match=r"the model asks for 'mouth', which is not known: known are .*tokens"):
        sing(folder)
    folder = write_bank(tmp_path / "bins")
    for path, place in ((folder / "dsconfig.yaml", ""), (folder / "dsvocoder" / "vocoder.yaml", "")):
        path.write_text(path.read_text().replace("num_mel_bins: 4", f"num_mel_bins: 5{place}"))
    with pytest.raises(InputError, match=r"made a mel of shape \(1, \d+, 4\), not \(1, \d+, 5\)"):
        sing(folder)
    folder = write_bank(tmp_path / "hop")
    for path in (folder / "dsconfig.yaml", folder / "dsvocoder" / "vocoder.yaml"):
        path.write_text(path.read_text().replace("hop_size: 512", "hop_size: 256"))
    with pytest.raises(InputError, match=r"made \d+ samples of \d+ frames of 256"):
        sing(folder)
    (folder / "odd.onnx").write_bytes(
        helper.make_model(
            helper.make_graph(
                [helper.make_node("Identity", ["a"], ["b"])],
                "odd",
                [helper.make_tensor_value_info("a", TensorProto.STRING, [1])],
                [helper.make_tensor_value_info("b", TensorProto.STRING, [1])],
            ),
            opset_imports=[helper.make_opsetid("", 17)],
            ir_version=8,
        ).SerializeToString()
    )
    with pytest.raises(InputError, match=r"its input 'a' is a tensor\(string\), which is not supported"):
        load_model(folder / "odd.onnx")


@pytest.mark.slow
def test_a_song_is_made_with_a_bank(bank: Path) -> None:
    import songsmith

    song_made = songsmith.make("folk song", "[Verse]\nCopper pennies sink\nin the harbor\n", voice=str(bank))
    backend = song_made.provenance.backend("singer")
    assert backend is not None
    assert dict(backend.facts)["weights_sha256"] == read_bank(bank).sha256()
