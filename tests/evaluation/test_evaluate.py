"""The full evaluation hears what a listener would: words, keys, moods, ghosts, the form; and says so plainly."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import example_song
import mir_eval
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lyrics.parse import parse_sheet
from songsmith.accompaniment.parts import PartNote
from songsmith.audio import Audio
from songsmith.brief import Brief
from songsmith.evaluation import advice, check, evaluate, page, score
from songsmith.evaluation.colour import colour
from songsmith.evaluation.ghost import ghost_db
from songsmith.evaluation.harmony import clashing_time, key_agreement, pitch_class_weights
from songsmith.evaluation.mood import mood
from songsmith.evaluation.structure import dynamics, structure
from songsmith.evaluation.voice import PITCH_STEP_S, expression, pitch_track
from songsmith.evaluation.words import _unclear, align
from songsmith.keyfinding import estimate_key
from songsmith.plan import Chord, PlannedSection
from songsmith.score import Note
from songsmith.song import Song
from songsmith.theory import MODES, Key

RATE = example_song.RATE
TONES = st.sampled_from("abcd")


@pytest.fixture(scope="module")
def song() -> Song:
    return example_song.rendered(example_song.song())


# --- key and harmony


@pytest.mark.parametrize(("tonic", "mode"), list(product(range(12), ("major", "minor"))))
def test_the_key_of_a_scale_with_its_cadence_is_found(tonic: int, mode: str) -> None:
    weights = np.zeros(12)
    key = Key(tonic, mode)
    for degree in key.scale:
        weights[degree] += 1.0
    for degree in (0, 2, 4):  # the tonic triad
        weights[key.scale[degree]] += 2.0
    assert estimate_key(weights) == key


def test_silence_has_no_key() -> None:
    assert estimate_key(np.zeros(12)) is None


def test_key_agreement_is_that_of_mir_eval() -> None:
    names = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
    keys = [Key(tonic, mode) for tonic in range(12) for mode in ("major", "minor")]
    for asked, heard in product(keys, keys):
        left, right = (f"{names[key.tonic]} {key.mode}" for key in (asked, heard))
        theirs = mir_eval.key.weighted_score(left, right)
        # mir_eval counts a fifth in one direction only; both are as near.
        fifth_below = asked.mode == heard.mode and (heard.tonic - asked.tonic) % 12 == 5
        assert key_agreement(asked, heard) == (0.5 if fifth_below else theirs), (left, right)


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_agrees_with_itself(mode: str) -> None:
    key = Key(3, mode)
    assert key_agreement(key, Key(3, "minor" if key.is_minor else "major")) == 1.0


def test_clashes_are_long_notes_beside_a_chord_tone() -> None:
    chords = (Chord(0.0, 8.0, "C"),)
    beside, tone, passing = Note(0.0, 2.0, 65, 0), Note(2.0, 2.0, 64, 1), Note(4.0, 0.25, 65, 2)
    assert clashing_time((tone,), chords) == 0.0
    assert clashing_time((beside, tone), chords) == 0.5
    assert clashing_time((tone, passing), chords) == 0.0
    assert clashing_time((Note(0.0, 2.0, 62, 0),), chords) == 0.0, "a whole tone from the chord"
    assert clashing_time((beside,), (Chord(0.0, 8.0, "N"),)) == 0.0


def test_the_keys_of_songs_are_heard(song: Song) -> None:
    at_home = replace(song, chords=song.chords[:1], notes=song.notes[:4], parts=(
        replace(song.parts[2], notes=tuple(note for note in song.parts[2].notes if note.onset < 8.0)),
    ))  # fmt: skip
    assert estimate_key(pitch_class_weights(at_home)) == Key(0, "major")
    assert check(at_home)["harmony"]["key_agreement"] == 1.0
    other = replace(at_home, plan=replace(song.plan, key="F# minor"))
    assert check(other)["harmony"]["key_agreement"] == 0.0


# --- form


def test_repeats_are_alike_and_other_sections_differ(song: Song) -> None:
    same = (
        PlannedSection("verse", "Verse 1", 0, 2, 0.4, (False,) * 2),
        PlannedSection("verse", "Verse 2", 2, 2, 0.8, (False,) * 2),
    )
    notes = tuple(PartNote(bar * 4.0 + beat, 1.0, 40 + int(beat), 80) for bar in range(4) for beat in (0.0, 1.5, 2.0))
    plan = replace(song.plan, sections=same)
    parts = (replace(song.parts[1], notes=notes),)
    repeated = replace(song, plan=plan, parts=parts, notes=())
    assert structure(repeated) == {"repeats_alike": 1.0, "sections_differ": None}
    changed = replace(repeated, parts=(replace(parts[0], notes=(*notes[:6], PartNote(9.0, 1.0, 50, 80))),))
    assert structure(changed)["repeats_alike"] == 0.0
    sections = (same[0], replace(same[1], kind="chorus"))
    different = replace(changed, plan=replace(plan, sections=sections))
    assert structure(different) == {"repeats_alike": None, "sections_differ": 1.0}


def test_loudness_that_follows_the_plan_is_seen(song: Song) -> None:
    levels = np.repeat([0.05, 0.2, 0.2, 0.1], round(4 * 60 / 90 * RATE))
    follows = Audio(np.stack([levels, levels]).astype(np.float32), RATE)
    against = Audio(np.stack([0.3 - levels] * 2).astype(np.float32), RATE)
    assert dynamics(song, follows)["energy_followed"] > 0.9
    assert dynamics(song, against)["energy_followed"] < -0.5
    assert dynamics(song, follows)["loudest_over_softest_db"] == pytest.approx(12.0, abs=0.1)


# --- voice


def test_a_ghost_is_heard(song: Song) -> None:
    dry = example_song.voice(song)
    track = pitch_track(dry, song.performance.phonemes)
    clean = ghost_db(song, dry, *track)
    t = np.arange(dry.frames) / RATE
    hum = sum(np.sin(2 * np.pi * 147.3 * h * t) for h in range(1, 9))
    haunted = Audio((dry.samples + 0.02 * hum).astype(np.float32), RATE)
    assert clean is not None
    assert clean < -30
    assert ghost_db(song, haunted, *track) > -20


def test_vibrato_and_dynamics_are_measured(song: Song) -> None:
    notes = (Note(4.0, 4.0, 69, 0),)
    held = replace(song, notes=notes)
    times = np.arange(0.0, 8.0, PITCH_STEP_S)
    start, end = song.timeline.seconds(4.0), song.timeline.seconds(8.0)
    sung = (times > start) & (times < end)
    samples = np.zeros((1, 8 * RATE), np.float32)
    samples[0, int(start * RATE) : int(end * RATE)] = np.linspace(0.05, 0.5, int(end * RATE) - int(start * RATE))
    plain = np.where(sung, 440.0, 0.0)
    swung = np.where(sung, 440.0 * 2 ** (40 / 1200 * np.sin(2 * np.pi * 5.5 * times)), 0.0)
    flat = expression(held, Audio(samples, RATE), times, plain)
    alive = expression(held, Audio(samples, RATE), times, swung)
    assert (flat["vibrato_share"], alive["vibrato_share"]) == (0.0, 1.0)
    assert flat["pitch_movement_cents"] == 0.0
    assert alive["pitch_movement_cents"] == pytest.approx(40 / np.sqrt(2), rel=0.1)
    assert alive["dynamic_range_db"] == pytest.approx(20 * np.log10(0.455 / 0.095), abs=0.5)


# --- words


@given(st.lists(TONES, max_size=9), st.lists(TONES, max_size=9))
def test_alignment_is_a_shortest_edit(wanted: list[str], got: list[str]) -> None:
    pairs = align(wanted, got)
    assert [a for a, _ in pairs if a is not None] == wanted
    assert [b for _, b in pairs if b is not None] == got
    cost = np.zeros((len(wanted) + 1, len(got) + 1))
    for i, j in product(range(len(wanted) + 1), range(len(got) + 1)):
        ways = [i + j if not (i and j) else np.inf]
        if i and j:
            ways = [cost[i - 1, j - 1] + (wanted[i - 1] != got[j - 1]), cost[i - 1, j] + 1, cost[i, j - 1] + 1]
        cost[i, j] = min(ways)
    assert sum(a != b for a, b in pairs) == cost[-1, -1]


def test_lines_that_are_lost_are_named() -> None:
    sheet = parse_sheet("[Verse]\nCopper kettle on the fire\nLittle lantern in the rain\nNobody is home")
    plain = [[word.sung for word in line.words] for line in sheet.lines]
    heard = ["copper", "kettle", "on", "the", "fire", "lid", "lent", "in", "the", "rain", "nobody", "is", "home"]
    rows = _unclear(sheet.lines, [[w.lower() for w in row] for row in plain], align(
        [w.lower() for row in plain for w in row], heard))  # fmt: skip
    assert rows == [{"line": 2, "text": "Little lantern in the rain", "heard": "lid lent in the rain", "wrong": 2}]


# --- mood, colour, words of the page


def test_slower_minor_and_darker_is_less_happy(song: Song) -> None:
    sad = replace(song, plan=replace(song.plan, tempo=66.0), brief=replace(song.brief, mood=("sad",)))
    minor = {60: 60, 64: 63, 67: 67, 65: 65, 69: 68, 72: 72}
    sad = replace(
        sad,
        notes=tuple(replace(note, pitch=minor[note.pitch]) for note in sad.notes),
        parts=tuple(
            replace(p, notes=tuple(replace(n, pitch=minor.get(n.pitch, n.pitch)) for n in p.notes)) for p in sad.parts
        ),
    )
    happy = replace(song, plan=replace(song.plan, tempo=132.0), brief=replace(song.brief, mood=("happy",)))
    bright, dark = mood(happy, 3000.0, 20.0), mood(sad, 1200.0, 6.0)
    assert bright["agrees"] is dark["agrees"] is True
    assert bright["valence"] > dark["valence"]
    assert bright["arousal"] > dark["arousal"]
    assert mood(replace(happy, brief=sad.brief), 3000.0, 20.0)["agrees"] is False
    assert mood(replace(happy, brief=replace(happy.brief, mood=())), 3000.0, 20.0)["agrees"] is None


def test_colour_follows_the_spectrum_and_the_width() -> None:
    t = np.arange(2 * RATE) / RATE
    low, high = np.sin(2 * np.pi * 200 * t), np.sin(2 * np.pi * 6000 * t)

    def of(left: np.ndarray, right: np.ndarray) -> dict[str, float]:
        return colour(Audio(np.stack([left, right]).astype(np.float32), RATE))

    assert of(low, low)["centroid_hz"] == pytest.approx(200, rel=0.2)
    assert of(high, high)["centroid_hz"] == pytest.approx(6000, rel=0.05)
    assert of(low, low)["side_db"] < -100
    assert of(low, high)["side_db"] == pytest.approx(0.0, abs=0.1)


def test_the_report_is_plain_and_says_the_next_step(song: Song) -> None:
    report = evaluate(song, listen=False)
    assert {"score", "advice", "structure", "mood", "colour", "dynamics"} <= set(report)
    assert report["voice"]["ghost_db"] < -30
    assert 0.0 < report["score"] <= 1.0
    text = page(song, report)
    assert "8 of 8 syllables are sung" in text
    assert "What to try next:" in text
    assert report["advice"]
    broken = report | {"placement": report["placement"] | {"unplaced": 3}, "findings": ["3 syllables have no note."]}
    assert "3 syllables have no note." in page(song, broken)
    assert score(broken) == pytest.approx(report["score"] - 0.1 * (1 - len(report["findings"])), abs=1e-3)


def test_what_is_unclear_becomes_advice(song: Song) -> None:
    report = evaluate(song, listen=False)
    row = {"line": 2, "text": "Moon, café, sea", "heard": "noon coffee", "wrong": 3}
    report["words"] = {"words": 8, "word_error": 0.4, "phoneme_error": 0.2, "heard": "noon coffee", "unclear": [row]}
    report["style"] = {"asked": "folk", "sounds": ["house", "pop", "rock"], "agrees": False}
    told = advice(song, report)
    assert told[0].startswith("Line 2, 'Moon, café, sea', was heard as 'noon coffee'")
    assert any("takes it for 'house', not 'folk'" in text for text in told)


def test_an_instrumental_is_evaluated(song: Song) -> None:
    brief: Brief = replace(song.brief, instrumental=True)
    assert song.audio is not None
    silent = replace(song.audio, dry_vocals=None)
    wordless = replace(song, notes=(), brief=brief, audio=silent, lyrics=replace(song.lyrics, sections=()))
    report = evaluate(wordless, listen=False)
    assert "voice" not in report
    assert report["findings"] == []
    assert "syllables are sung" not in page(wordless, report)
