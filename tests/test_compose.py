"""From words to notes: plan, rhythm and melody, on random sheets."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lyrics.parse import parse_sheet
from lyrics.values import Lyrics, Section
from songsmith.accompaniment.parts import Accompaniment
from songsmith.compose import compose, sung_sections
from songsmith.composing.backing import Backing
from songsmith.errors import InputError
from songsmith.melodics import melody_statistics, rhythmic_inconsistencies, section_heights, structural_integrity
from songsmith.phrasing import SHORTEST_SYLLABLE_S, lay_lines, note_count, shortest_bars
from songsmith.plan import Chord, Plan, PlannedSection
from songsmith.score import Note, Score
from songsmith.seeds import generator
from songsmith.theory import Key, numeral_to_chord
from songsmith.timeline import Meter, Timeline

RANGE = (55, 70)
WORDS = (
    "river", "light", "the", "of", "remember", "carry", "stone", "tomorrow,", "and", "window", "blue", "holiday",
    "li~~ght", "ca~rry", "oh~",
)  # fmt: skip
KINDS = ("Verse", "Chorus", "Verse", "Bridge", "Chorus", "Outro")
MAJOR = ("I", "vi", "IV", "V", "ii", "V", "I", "iii", "IV", "I/3", "ii", "V7")
MINOR = ("i", "VI", "III", "VII", "iv", "V", "i", "VII", "VI", "v", "iv", "V7")

VERSES = """
[Verse 1]
The baker wakes before the sun
And lights the oven, one by one
[Chorus]
Carry the morning over the hill
Carry it gently, hold it still
[Verse 2]
The teacher waits beside the door
And counts the marbles on the floor
[Chorus]
[Outro]
The oven cools, the day is done
"""


def plan_of(lyrics: Lyrics, tempo: float, meter: str, key: str, lead_in: int = 2) -> Plan:
    """Lay a sheet on bars with a chord a bar, the same ones under each kind of section, two bars between."""
    parsed, mode = Key.parse(key), Meter.parse(meter)
    numerals = MINOR if parsed.is_minor else MAJOR
    sections = [PlannedSection("intro", "Intro", 0, lead_in, 0.4, (False,) * lead_in)]
    for section in lyrics.sections:
        bar = sections[-1].bar + sections[-1].bars
        slots = lay_lines(section.lines, section.bars, tempo, mode)
        bars = section.bars or slots[-1].bar + slots[-1].bars
        sections.append(PlannedSection(section.kind, section.label, bar, bars, 0.5, (True,) * bars))
    bar = sections[-1].bar + sections[-1].bars
    sections.append(PlannedSection("outro", "Outro", bar, 2, 0.3, (False, False)))
    beats = mode.beats_per_bar
    chords = []
    for section in sections:
        turn = len(section.kind)
        for i in range(section.bars):
            symbol = numeral_to_chord(numerals[(i + turn) % len(numerals)], parsed)
            chords.append(Chord(float((section.bar + i) * beats), float(beats), symbol))
    return Plan(tempo, key, meter, tuple(sections), tuple(chords))


def write(
    sheet: str,
    tempo: float = 100.0,
    meter: str = "4/4",
    key: str = "D minor",
    seed: int = 0,
    syncopation: float = 0.0,
) -> Score:
    """Compose a sheet on chords alone."""
    lyrics = parse_sheet(sheet)
    plan = plan_of(lyrics, tempo, meter, key)
    timeline = Timeline.steady(tempo, plan.beats, plan.beats_per_bar)
    return compose(lyrics, plan, Accompaniment((), timeline, plan.chords), RANGE, seed, syncopation=syncopation)


def check(score: Score) -> None:
    """Assert what holds for every melody: nothing lost, in order, apart, in range, long enough, in its bars."""
    asked = [1 + extra for line in score.lyrics.lines for word in line.words for extra in word.melismas]
    syllables = [note.syllable for note in score.notes]
    assert sorted(set(syllables)) == list(range(len(asked))), "a syllable is lost"
    assert syllables == sorted(syllables)
    assert all(note.slur == (k > 0 and syllables[k - 1] == note.syllable) for k, note in enumerate(score.notes))
    counts = [0] * len(asked)
    for note in score.notes:
        counts[note.syllable] += 1
    assert all(have == want if want > 1 else have <= 3 for have, want in zip(counts, asked, strict=True))
    assert all(RANGE[0] <= note.pitch <= RANGE[1] for note in score.notes)
    assert all(a.end <= b.onset + 1e-6 for a, b in pairwise(score.notes)), "notes overlap"
    beat_s = 60.0 / score.plan.tempo
    first: dict[int, float] = {}
    last: dict[int, float] = {}
    for note in score.notes:
        first.setdefault(note.syllable, note.onset)
        last[note.syllable] = note.end
    assert min(last[k] - first[k] for k in first) * beat_s >= 0.9 * SHORTEST_SYLLABLE_S
    assert score.notes[-1].end <= score.plan.beats
    assert score.notes[0].onset >= 0
    ends = [(first[span[0]], last[span[-1]]) for _, span in score.lyrics.numbered_lines() if len(span)]
    assert all((start - end) * beat_s >= 0.1 for (_, end), (start, _) in pairwise(ends)), "no room to breathe"


def random_sheet(seed: int) -> tuple[str, float, str, str, float]:
    """Return a random sheet, tempo, meter, key and syncopation, extremes more often than chance has them."""
    rng = generator(seed, "random sheet")
    long = seed % 50 == 49
    sections = []
    for number in range(5 if long else int(rng.integers(1, 4))):
        lines = []
        for _ in range(40 if long else int(rng.integers(1, 6))):
            count = int(rng.choice([1, 2, 4, 6, 8, 10, 14, 24]))
            words = [WORDS[int(k)] for k in rng.integers(0, len(WORDS), count)]
            if rng.random() < (0.01 if long else 0.06):
                words = ["light"] * 40
            lines.append("oh" if rng.random() < 0.1 else " ".join(words))
        sections.append(f"[{KINDS[number]}]\n" + "\n".join(lines))
    return (
        "\n".join(sections),
        float(rng.integers(50, 201)),
        str(rng.choice(["4/4", "3/4", "6/8"])),
        str(rng.choice(["C major", "F# minor", "Bb dorian", "E major"])),
        float(rng.choice([0.0, 0.5])),
    )


@pytest.mark.parametrize("seed", range(30))
def test_random_sheets_are_sung_whole(seed: int) -> None:
    sheet, tempo, meter, key, syncopation = random_sheet(seed)
    check(write(sheet, tempo, meter, key, seed, syncopation))


def test_two_hundred_lines_are_sung_whole() -> None:
    sheet, tempo, meter, key, syncopation = random_sheet(49)
    assert sheet.count("\n") >= 200
    check(write(sheet, tempo, meter, key, 49, syncopation))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(20))
def test_a_thousand_random_sheets_are_sung_whole(part: int) -> None:
    for seed in range(50 * part, 50 * (part + 1)):
        sheet, tempo, meter, key, syncopation = random_sheet(seed)
        check(write(sheet, tempo, meter, key, seed, syncopation))


lines = st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map(" ".join)
sheets = st.lists(st.lists(lines, min_size=1, max_size=5), min_size=1, max_size=3).map(
    lambda sections: "\n".join(f"[{KINDS[i]}]\n" + "\n".join(s) for i, s in enumerate(sections))
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(
    sheets,
    st.integers(50, 220),
    st.sampled_from(("4/4", "3/4", "6/8")),
    st.sampled_from(("C major", "F# minor")),
    st.integers(0, 2**63 - 1),
)
def test_every_syllable_is_sung_once_in_order(sheet: str, tempo: int, meter: str, key: str, seed: int) -> None:
    check(write(sheet, tempo, meter, key, seed, syncopation=0.5 * (seed % 2)))


def lines_of(score: Score) -> list[list[Note]]:
    return [[n for n in score.notes if n.syllable in span] for _, span in score.lyrics.numbered_lines()]


def test_voice_stays_in_its_bars() -> None:
    for seed in range(5):
        score = write(VERSES, seed=seed)
        spans = {line.number: span for line, span in score.lyrics.numbered_lines()}
        for section, planned in sung_sections(score.lyrics, score.plan):
            first = planned.bar * 4
            notes = [n for line in section.lines for n in score.notes if n.syllable in spans[line.number]]
            assert notes[0].onset >= first - 2, "no pickup longer than two beats"
            assert notes[-1].end <= first + planned.bars * 4


@pytest.mark.parametrize("syncopation", [0.0, 0.5])
def test_sections_that_come_back_have_one_tune(syncopation: float) -> None:
    for seed in range(6):
        score = write(VERSES, seed=seed, syncopation=syncopation)
        sung = lines_of(score)
        for first, again in ((2, 6), (3, 7)):  # the chorus, word for word
            shift = sung[again][0].onset - sung[first][0].onset
            assert shift % 4 == 0
            assert [(n.onset + shift, n.pitch) for n in sung[first] if not n.slur] == [
                (n.onset, n.pitch) for n in sung[again] if not n.slur
            ]
        for first, again in ((0, 4), (1, 5)):  # other words, as many syllables
            shift = sung[again][0].onset - sung[first][0].onset
            assert [n.onset + shift for n in sung[first] if not n.slur] == [
                n.onset for n in sung[again] if not n.slur
            ]
        assert rhythmic_inconsistencies(score) == ()
        alike, unlike = structural_integrity(score)
        assert alike > 0.7
        assert unlike > 0.5


def test_choruses_lie_above_verses() -> None:
    higher = 0
    for seed in range(20):
        heights = section_heights(write(VERSES, seed=seed, syncopation=0.5 * (seed % 2)))
        higher += heights["chorus"] > heights["verse"]
    assert higher >= 18


def test_melodies_keep_to_key_chords_and_stress() -> None:
    found = [melody_statistics(write(VERSES, seed=s, key="G major", syncopation=0.5 * (s % 2))) for s in range(10)]
    names = ("strong_chord_tones", "out_of_key", "stressed_on_strong", "steps", "leaps", "unrecovered_leaps")
    mean = {name: sum(getattr(f, name) for f in found) / len(found) for name in names}
    assert mean["strong_chord_tones"] >= 0.65
    assert mean["out_of_key"] <= 0.06
    assert mean["stressed_on_strong"] >= 0.8
    assert 0.3 <= mean["steps"] <= 0.75
    assert mean["leaps"] <= 0.08
    assert mean["unrecovered_leaps"] <= 0.2


def test_seeds_give_other_tunes_and_the_same_seed_the_same() -> None:
    assert write(VERSES, seed=1) == write(VERSES, seed=1)
    tunes = {tuple((n.onset, n.pitch) for n in write(VERSES, seed=seed).notes) for seed in range(5)}
    assert len(tunes) == 5


def digest(score: Score) -> str:
    return hashlib.sha256(repr(score.notes).encode()).hexdigest()


def test_another_process_with_more_threads_writes_the_same_notes() -> None:
    code = "import test_compose as t; print(t.digest(t.write(t.VERSES, seed=5, syncopation=0.5)))"
    here = digest(write(VERSES, seed=5, syncopation=0.5))
    for threads in ("1", "4"):
        environment = {"OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads, "PYTHONHASHSEED": threads}
        there = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONPATH": ":".join(["tests", *sys.path]), **environment},
        )
        assert there.stdout.strip() == here


def test_melisma_has_a_note_for_each_mark() -> None:
    score = write("[Verse]\nHold on to the li~~ght\nSlowly the ri~ver turns\n", tempo=80)
    counts = [0] * 11
    for note in score.notes:
        counts[note.syllable] += 1
    assert counts[4] == 3
    assert counts[8] == 2
    check(score)


@pytest.mark.parametrize("meter", ["4/4", "3/4", "6/8"])
def test_dense_lines_run_in_sixteenths_and_single_words_stand(meter: str) -> None:
    rap = "[Verse: bars=2]\n" + " ".join(["paper money running down the city"] * 2) + "\n[Chorus]\nNow\nStay\n"
    if meter != "4/4":
        rap = rap.replace("bars=2", "bars=3")
    score = write(rap, tempo=80, meter=meter, syncopation=0.5)
    check(score)
    dense = [n.duration for n in lines_of(score)[0]]
    assert min(dense) <= 0.25
    assert [n.syllable for n in score.notes if not n.slur] == list(range(len(score.lyrics.syllables)))


def test_weak_beginnings_become_pickups() -> None:
    sheet = "[Verse]\n" + "\n".join(["The river runs", "A letter came", "The winter wind", "Beneath the stone"])
    early = sum(
        line[0].onset % 4 >= 2 or line[0].onset % 1 > 0 or line[0].onset % 4 == 1
        for seed in range(6)
        for line in lines_of(write(sheet, seed=seed))
    )
    assert early >= 18, "of 24 lines that begin with a weak syllable"


def test_the_voice_leaves_room_for_other_tunes() -> None:
    sheet = "[Verse]\n" + "The baker wakes before the sun and lights\n" * 6
    lyrics = parse_sheet(sheet)
    plan = plan_of(lyrics, 100.0, "4/4", "G major")
    accompaniment = Accompaniment((), Timeline.steady(100.0, plan.beats, 4), plan.chords)
    shares = []
    for busy in (1, 3):
        density = tuple(4.0 * (beat % 4 == busy) for beat in range(plan.beats))
        backing = Backing((0.5,) * plan.bars, density)
        onsets = [
            note.onset for seed in range(8)
            for note in compose(lyrics, plan, accompaniment, RANGE, seed, backing=backing).notes
        ]  # fmt: skip
        shares.append(sum(int(onset) % 4 == 3 for onset in onsets) / len(onsets))
    assert shares[1] < 0.9 * shares[0], f"fourth beats sung on: {shares}"


def test_nothing_to_sing_is_no_melody() -> None:
    lyrics = Lyrics("en", (Section("intro", "Intro"),))
    plan = Plan(100.0, "C major", "4/4", (PlannedSection("intro", "Intro", 0, 2, 0.5, (False, False)),),
                (Chord(0.0, 8.0, "C"),))  # fmt: skip
    score = compose(lyrics, plan, Accompaniment((), Timeline.steady(100.0, 8, 4), plan.chords), RANGE, 0)
    assert score.notes == ()


def test_too_many_words_are_refused() -> None:
    with pytest.raises(InputError, match=r"do not fit into 1 bars.*or more"):
        write("[Verse: bars=1]\n" + "wonderful holiday tomorrow remember\n" * 6)


@given(st.integers(1, 120), st.integers(40, 260), st.sampled_from(("4/4", "3/4", "6/8")))
def test_lines_of_any_length_get_bars(syllables: int, tempo: int, meter: str) -> None:
    lyrics = parse_sheet("[Verse]\n" + " ".join(["stone"] * min(syllables, 60)))
    slots = lay_lines(lyrics.lines, None, tempo, Meter.parse(meter))
    assert slots[0].bars >= shortest_bars(note_count(lyrics.lines[0]), tempo, Meter.parse(meter))
