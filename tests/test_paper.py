"""From words to phonemes in seconds, on paper, for whatever a user may write: the invariants of the whole way."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lyrics.parse import parse_sheet
from songsmith.accompaniment import accompanist
from songsmith.accompaniment.feel import swing_melody
from songsmith.align import perform
from songsmith.compose import compose
from songsmith.errors import InputError
from songsmith.form import plan_song
from songsmith.prompt import Overrides, read_prompt
from songsmith.singing.voices import load_voice
from songsmith.styles import style_names

WORDS = (
    "river",
    "li~~ght",
    "the",
    "remember",
    "ca~rry",
    "stone",
    "tomorrow,",
    "and",
    "strengths",
    "oh~",
    "27",
    "blue",
)
TAGS = (
    "[Verse]",
    "[Chorus]",
    "[Verse: bars=8]",
    "[Bridge: energy=0.9]",
    "[Intro]",
    "[Outro]",
    "[Solo: bars=4]\n[Verse]",
)
REFUSED = ("do not fit into", "too short for these lyrics", "minutes", "split it or lower the tempo")

lines = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join)
sheets = st.lists(
    st.tuples(st.sampled_from(TAGS), st.lists(lines, min_size=1, max_size=4).map("\n".join)), min_size=1, max_size=4
).map(lambda sections: "\n".join(f"{tag}\n{words}" for tag, words in sections))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    sheets,
    st.sampled_from(style_names()),
    st.sampled_from(("4/4", "3/4", "6/8")),
    st.integers(30, 240),
    st.sampled_from(("C major", "F# minor", "Bb dorian")),
    st.none() | st.integers(5, 200),
    st.integers(0, 2**63 - 1),
)
def test_every_syllable_reaches_the_performance(
    sheet: str, style: str, meter: str, tempo: int, key: str, length_s: float | None, seed: int
) -> None:
    brief, values = read_prompt("a song", seed, Overrides(style=style, tempo=tempo, key=key, meter=meter))
    lyrics = parse_sheet(sheet)
    try:
        plan = plan_song(brief, lyrics, values, seed, length_s)
    except InputError as err:
        if not any(reason in str(err) for reason in REFUSED):
            raise
        return
    accompaniment = accompanist("patterns").accompany(plan, brief, seed)
    voice = load_voice("heart")
    comfortable = (voice.range.comfortable_lowest, voice.range.comfortable_highest)
    score = compose(lyrics, plan, accompaniment, comfortable, seed)
    score = replace(score, notes=swing_melody(score.notes, plan, values, brief.groove))
    performance = perform(score, accompaniment.timeline, voice, seed)

    count = len(lyrics.syllables)
    assert sorted({note.syllable for note in score.notes}) == list(range(count))
    assert [note.syllable for note in score.notes] == sorted(note.syllable for note in score.notes)
    assert all(a.end <= b.onset + 1e-6 for a, b in pairwise(score.notes))
    sung = [span.syllable for span in performance.phonemes if span.syllable is not None]
    assert sorted(set(sung)) == list(range(count))
    assert sung == sorted(sung)
    assert performance.phonemes[-1].end <= accompaniment.timeline.beats[-1] + 1e-5
    assert np.isfinite(performance.f0_hz).all()
    assert np.isfinite(performance.loudness_db).all()
    assert len(performance.f0_hz) * performance.frame_period_s >= performance.duration_s - 0.01
