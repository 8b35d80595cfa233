"""What the heart singer renders: the right notes, in time, silent in rests, the same for any number of workers."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from dataclasses import replace
from functools import cache as remember
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import singer_measures as measure

from songsmith.align import perform
from songsmith.audio import Audio
from songsmith.cache import Cache
from songsmith.errors import InputError, MissingPart, SongsmithError
from songsmith.performance import BREATH, BREATH_REST_S, Performance
from songsmith.score import Score
from songsmith.singing import VocalPart, helpers, singer, workers
from songsmith.singing import network as voice_network
from songsmith.singing.finish import BREATH_DB
from songsmith.singing.heart import Heart
from songsmith.singing.network import load_network
from songsmith.singing.phonemes import STOPS, UNVOICED
from songsmith.singing.phrase import phrase_from_bytes, phrase_to_bytes, split_phrases
from songsmith.singing.voices import VoiceColour, load_voice
from songsmith.singing.warp import LEAD_OF_SOUND_S, guide_frames, tokenize
from songsmith.timeline import Timeline
from tests.singing.scores import simple_score

VOICE = load_voice("heart")
LINES = ("copper pennies sink in the harbor", "a strange melody")


@remember
def song(*lines: str, beat: float = 0.5, seed: int = 0) -> tuple[Score, Timeline, Performance, Audio]:
    """Return a small song, sung."""
    score, timeline = simple_score(*lines, beat=beat)
    performance = perform(score, timeline, VOICE, seed)
    return score, timeline, performance, singer("heart").sing(performance, score.lyrics, VOICE, seed=seed)


def heard_pitch(audio: Audio) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return times and pitch in Hz as Praat hears them, 0 where unvoiced."""
    import parselmouth

    sound = parselmouth.Sound(audio.samples[0].astype(np.float64), audio.sample_rate)
    pitch = sound.to_pitch_ac(time_step=0.01, pitch_floor=75, pitch_ceiling=1100)
    return pitch.xs(), pitch.selected_array["frequency"]


@pytest.mark.parametrize("beat", [0.5, 1.25])
def test_praat_hears_every_note_in_tune(beat: float) -> None:
    score, _, performance, audio = song(*LINES, beat=beat)
    times, f0_hz = heard_pitch(audio)
    vowels = {span.syllable: span for span in performance.phonemes if span.is_vowel}
    for note in score.notes:
        span = vowels[note.syllable]
        length = span.end - span.start
        inside = (times >= span.start + 0.2 * length) & (times <= span.end - 0.15 * length)
        voiced = f0_hz[inside & (f0_hz > 0)]
        assert len(voiced) >= 0.8 * inside.sum()
        wanted = 440.0 * 2.0 ** ((note.pitch - 69) / 12.0)
        assert abs(1200.0 * np.log2(np.median(voiced) / wanted)) <= 30.0


def test_long_notes_are_held() -> None:
    score, timeline, _, audio = song(*LINES, beat=1.25)
    times, f0_hz = heard_pitch(audio)
    shares = []
    for note in score.notes:
        start, end = timeline.beats_to_seconds([note.onset, note.end])
        shares.append(float(((f0_hz > 0) & (times >= start) & (times <= end)).sum()) * 0.01 / (end - start))
    assert np.median(shares) >= 0.85


def test_sound_is_mono_as_long_as_the_song_silent_in_rests_and_free_of_clicks() -> None:
    _, _, performance, audio = song(*LINES)
    assert audio.channels == 1
    assert audio.sample_rate == 44100
    assert audio.frames == round(performance.duration_s * 44100)
    assert np.isfinite(audio.samples).all()
    assert 0.1 < np.abs(audio.samples).max() < 1.0
    assert abs(audio.samples.mean()) < 1e-4
    silent = np.ones(audio.frames, bool)
    for phrase in performance.phrases():
        silent[round((phrase[0].start - 0.021) * 44100) : round((phrase[-1].end + 0.021) * 44100)] = False
    assert silent.sum() > 44100
    assert not audio.samples[0, silent].any()
    edges = np.flatnonzero(np.diff(silent.astype(int)))
    assert all(np.abs(audio.samples[0, max(0, e - 50) : e + 50]).max() < 0.02 for e in edges)


def test_vowels_are_heard_on_time() -> None:
    """Median within 15 ms, 95 % within 40 ms, wherever a vowel's beginning can be heard."""
    lines = ("copper pennies sink in the harbor", "a strange melody", "the harbor texts a copper melody", *LINES)
    _, _, performance, audio = song(*lines)
    late = np.abs(measure.vowel_onsets_ms(audio, performance))
    assert len(late) >= 20
    assert np.median(late) <= 15.0
    assert np.percentile(late, 95) <= 40.0


def test_vowels_are_heard_where_they_are_asked_for() -> None:
    """Between 150 and 3000 Hz the sound rises to half a vowel's level at its time, measured after obstruents."""
    from scipy.signal import butter, sosfiltfilt

    _, _, performance, audio = song(*LINES, beat=1.25)
    band = sosfiltfilt(butter(4, (150.0, 3000.0), "bandpass", fs=44100, output="sos"), audio.samples[0])
    envelope = np.sqrt(np.convolve(band**2, np.ones(441) / 441, "same"))
    late = []
    for before, vowel in pairwise(performance.phonemes):
        if vowel.is_vowel and before.symbol in STOPS | UNVOICED:
            begin, onset = round(before.start * 44100), round(vowel.start * 44100)
            level = envelope[onset + 2205 : onset + 5292].mean()
            late.append(
                (np.flatnonzero(envelope[begin : onset + 4410] < 0.5 * level)[-1] + begin) / 44100 - vowel.start
            )
    assert len(late) >= 5
    assert abs(np.median(late)) <= 0.02
    assert np.abs(late).max() <= 0.06


def test_same_bytes_for_any_workers_cache_and_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    score, _, performance, audio = song(*LINES)
    heart, wanted = singer("heart"), audio.samples.tobytes()
    monkeypatch.setattr(workers, "WORTH_A_HELPER_S", 1.0)  # so that this short song gets one
    counts: list[tuple[int, int]] = []
    two = heart.sing(performance, score.lyrics, VOICE, workers=2, progress=lambda *count: counts.append(count))
    assert two.samples.tobytes() == wanted
    assert counts == [(0, 2), (1, 2), (2, 2)]
    for _ in range(2):  # empty, then full
        assert heart.sing(performance, score.lyrics, VOICE, cache=Cache(tmp_path)).samples.tobytes() == wanted
    program = (
        "import hashlib; from tests.singing.test_heart import song, LINES\n"
        "print(hashlib.sha256(song(*LINES)[3].samples.tobytes()).hexdigest())"
    )
    command = [sys.executable, "-c", program]
    root = Path(__file__).parents[2]
    paths = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (root, root / "scripts")))}
    other = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root, env=paths)
    assert other.stdout.strip() == hashlib.sha256(wanted).hexdigest()


def test_voices_sung_together_sound_as_alone_and_share_their_helpers(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[object] = []

    class Counted(helpers.Helper):
        def __init__(self) -> None:
            started.append(self)
            super().__init__()

    helpers.dismiss()
    monkeypatch.setattr(helpers, "Helper", Counted)
    monkeypatch.setattr(workers, "WORTH_A_HELPER_S", 1.0)
    score, _, performance, audio = song(*LINES)
    other, timeline = simple_score("a melody")
    alto = load_voice("alto")
    parts = [
        VocalPart(performance, score.lyrics, VOICE),
        VocalPart(perform(other, timeline, alto, 3), other.lyrics, alto, 3),
    ]
    counts: list[tuple[int, int]] = []
    together = Heart().sing_parts(parts, workers=2, progress=lambda *count: counts.append(count))
    assert len(started) == 1
    assert counts == [(k, 3) for k in range(4)]
    assert together[0].samples.tobytes() == audio.samples.tobytes()
    alone = Heart().sing(parts[1].performance, other.lyrics, alto, seed=3, workers=1)
    assert together[1].samples.tobytes() == alone.samples.tobytes()
    assert len(started) == 1  # one worker is this process alone
    again = Heart().sing_parts(parts, workers=2)
    assert [one.samples.tobytes() for one in again] == [one.samples.tobytes() for one in together]
    assert len(started) == 1  # it was kept


def test_helpers_leave_an_interrupt_to_their_caller() -> None:
    score, _, performance, _ = song(*LINES)
    phrase = split_phrases(performance, score.lyrics, 0)[0]
    helper = helpers.Helper()
    for _ in range(2):
        assert helper.render(phrase).any()
        helper.process.send_signal(signal.SIGINT)
    assert helper.end() == 0


def test_a_helper_that_died_while_it_was_kept_is_replaced() -> None:
    helpers.dismiss()
    first = helpers.hire()
    helpers.keep(first)
    assert helpers.hire() is first
    helpers.keep(first)
    first.process.kill()
    first.process.wait()
    second = helpers.hire()
    assert second is not first
    assert second.is_there()
    assert second.end() == 0


def test_no_more_helpers_are_kept_than_are_worth_their_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    helpers.dismiss()
    monkeypatch.setattr(helpers, "MOST_KEPT", 1)
    crowd = [helpers.Helper(), helpers.Helper()]
    for helper in crowd:
        helpers.keep(helper)
    assert [helper.process.poll() for helper in crowd] == [None, 0]
    helpers.dismiss()
    assert None not in [helper.process.poll() for helper in crowd]


def test_a_copy_of_the_process_leaves_the_helpers_to_the_first() -> None:
    helpers.dismiss()
    helper = helpers.Helper()
    helpers.keep(helper)
    copy = os.fork()
    if copy == 0:
        os._exit(len(helpers._kept))
    assert os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1]) == 0
    assert helpers.hire() is helper
    assert helper.end() == 0


def test_a_helper_that_cannot_start_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    helpers.dismiss()
    monkeypatch.setattr(workers, "WORTH_A_HELPER_S", 1.0)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    score, _, performance, _ = song(*LINES)
    with pytest.raises(SongsmithError, match=r"cannot be started \(No such file or directory\): try one worker"):
        Heart().sing(performance, score.lyrics, VOICE, workers=2)


def test_a_change_in_one_line_leaves_the_others_sound_alone() -> None:
    _, _, before, one = song("copper pennies", "a melody", "in the harbor")
    _, _, after, two = song("copper pennies", "strange harbor oh", "in the harbor")
    for k in (0, 2):
        a, b = (list(p.phrases())[k] for p in (before, after))
        assert a == b
        part = slice(round((a[0].start - 0.02) * 44100), round((a[-1].end + 0.02) * 44100))
        assert np.array_equal(one.samples[:, part], two.samples[:, part])
    assert not np.array_equal(one.samples, two.samples)


def test_lines_sung_alike_share_their_sound() -> None:
    plain = load_voice("heart", "plain")  # no drift: nothing tells one time from the other
    score, timeline = simple_score("a melody", "copper pennies", "a melody", tempo=120.0, gap=2.0)
    performance = perform(score, timeline, plain, 0)
    first, other, again = split_phrases(performance, score.lyrics, 0, plain.colour)
    assert first.line != again.line
    assert first.origin_s != again.origin_s
    same = replace(again, f0_hz=first.f0_hz, loudness_db=first.loudness_db)  # its tune is another one
    assert [(s.symbol, s.start, s.end) for s in same.spans] == [(s.symbol, s.start, s.end) for s in first.spans]
    assert same.key() == first.key() != again.key()
    assert len({first.key(), other.key(), replace(first, seed=1).key(), first.key("b")}) == 4
    assert replace(first, colour=VoiceColour(tension=0.5)).key() != first.key()
    counts: list[tuple[int, int]] = []
    one, two = workers.render_phrases((first, same), Cache(None), 1, lambda *count: counts.append(count))
    assert np.array_equal(one, two)
    assert counts == [(0, 2), (2, 2)]  # rendered once


def test_louder_and_higher_are_what_is_asked_for() -> None:
    score, _, performance, audio = song(*LINES)
    louder = replace(performance, loudness_db=performance.loudness_db + np.float32(6.0) * (performance.f0_hz > 0))
    loud = singer("heart").sing(louder, score.lyrics, VOICE)
    ratio = np.sqrt(np.mean(loud.samples**2) / np.mean(audio.samples**2))
    assert 20 * np.log10(ratio) == pytest.approx(6.0, abs=0.7)
    higher = replace(performance, f0_hz=performance.f0_hz * np.float32(2.0 ** (3 / 12)))
    one, two = (heard_pitch(a)[1] for a in (audio, singer("heart").sing(higher, score.lyrics, VOICE)))
    both = (one > 0) & (two > 0)
    assert np.median(1200 * np.log2(two[both] / one[both])) == pytest.approx(300.0, abs=5.0)


@pytest.mark.parametrize(("low", "high"), [(48, 55), (72, 81)])
def test_far_notes_are_true_too(low: int, high: int) -> None:
    """From C3 to A5 Praat hears the intended curve: within 50 cents in 98 % of frames, 5 cents in the median."""
    score, timeline = simple_score(*LINES, beat=1.0)
    pitches = [low, high, (low + high) // 2]
    notes = tuple(replace(note, pitch=pitches[k % 3]) for k, note in enumerate(score.notes))
    score = replace(score, notes=notes)
    performance = perform(score, timeline, VOICE, 0)
    audio = singer("heart").sing(performance, score.lyrics, VOICE)
    changes = measure.note_changes(score, timeline)
    heard = measure.pitch_errors(measure.praat_pitch(audio), performance, changes)
    assert heard.frames > 200
    assert heard.within >= 0.98
    assert heard.median_cents <= 5.0
    pitch, level_db = measure.vowel_levels_db(audio, performance)
    assert np.ptp(pitch) >= high - low - 1
    assert np.std(level_db) <= 2.5
    assert measure.rest_level_db(audio, performance) < -80.0
    joins, inside = measure.join_steps(audio, performance)
    assert joins <= 1.25 * inside


def test_the_guide_covers_every_token_that_sounds() -> None:
    score, _, performance, _ = song(*LINES)
    network = load_network()
    seen = 0
    for phrase in split_phrases(performance, score.lyrics, 0):
        tokens = tokenize(phrase)
        guide = guide_frames(phrase, tokens, network.read(tokens.text), 400)
        assert (np.diff(guide.token) >= 0).all()
        times = (np.arange(400) + 0.5) * 0.0125 - LEAD_OF_SOUND_S
        sung = [span for span in phrase.spans if span.syllable is not None]
        for span, (first, past) in zip(sung, tokens.groups, strict=True):
            inside = guide.token[(times > span.start + 0.035) & (times < span.end - 0.035)]
            assert ((inside >= first) & (inside <= past + 1)).all()  # one pad before, a gap either side
            seen += len(inside)
    assert seen > 50


def test_a_held_vowel_without_stress_stays_itself_before_a_nasal() -> None:
    """Its second half is no nasal: from 1.5 to 4 kHz it is within 6 dB of its first."""
    from scipy.signal import butter, sosfiltfilt

    _, _, performance, audio = song("sink in the harbor in the harbor", beat=1.25)
    band = sosfiltfilt(butter(4, (1500.0, 4000.0), "bandpass", fs=44100, output="sos"), audio.samples[0])
    held = [span for span in performance.phonemes if span.symbol == "IH0"]
    assert len(held) == 2
    for span in held:
        early, late = (
            10 * np.log10(np.mean(band[round((span.start + a * (span.end - span.start)) * 44100) :][:4410] ** 2))
            for a in (0.2, 0.75)
        )
        assert late > early - 6.0


def test_a_breath_is_held_before_the_first_sound() -> None:
    _, _, performance, audio = song(*LINES)
    breaths = [span for span in performance.phonemes if span.symbol == BREATH]
    assert breaths
    for span in breaths:
        rest = max(span.end - BREATH_REST_S, 0.5 * (span.start + span.end))
        heard, held = (
            audio.samples[0, round(a * 44100) : round(b * 44100)]
            for a, b in ((span.start, rest), (rest + 0.005, span.end - 0.015))
        )
        assert np.sqrt(np.mean(heard**2)) == pytest.approx(10 ** (BREATH_DB / 20), rel=0.05)
        assert np.abs(held).max() < 1e-5


def test_tokens_of_a_phrase() -> None:
    score, _, performance, _ = song(*LINES)
    texts = [tokenize(phrase).text for phrase in split_phrases(performance, score.lyrics, 0)]
    assert texts == ["kˈɑpˌəɹ pˈɛnˌiz sˈɪŋk ˌɪn ðˌə hˈɑɹbˌəɹ.", "ˌɐ stɹˈAnʤ mˈɛlˌədˌi."]


def test_phrases_travel_unchanged() -> None:
    score, _, performance, _ = song(*LINES)
    for phrase in split_phrases(performance, score.lyrics, 0):
        there = phrase_from_bytes(phrase_to_bytes(phrase))
        assert (there.key(), there.origin_s, there.spans, there.words) == (
            phrase.key(),
            phrase.origin_s,
            phrase.spans,
            phrase.words,
        )


def test_what_does_not_belong_together_is_refused() -> None:
    score, _, performance, _ = song(*LINES)
    other = song("oh")[0]
    with pytest.raises(InputError, match="give the lyrics it was made from"):
        singer("heart").sing(performance, other.lyrics, VOICE)
    with pytest.raises(InputError, match="'ja'"):
        singer("heart").sing(performance, score.lyrics, replace(VOICE, language="ja"))


def test_other_weights_are_refused_with_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "hibari"
    (package / "assets").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "hibari", raising=False)
    with pytest.raises(MissingPart, match=r"incomplete.*hibari-tts==0\.2\.1"):
        voice_network.load_network()
    (package / "assets" / "hibari.onnx").write_bytes(b"other")
    (package / "assets" / "vocab.json").write_text("{}")
    with pytest.raises(MissingPart, match=r"not the voice network.*hibari-tts==0\.2\.1"):
        voice_network.load_network()
    (package / "__init__.py").unlink()
    package.rename(tmp_path / "gone")
    with pytest.raises(MissingPart, match=r"needs the package.*hibari-tts==0\.2\.1"):
        voice_network.load_network()
