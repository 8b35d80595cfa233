"""How voices perform follows the words of a prompt; an option and a voice file of one's own win."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from songsmith.backing import redrawn
from songsmith.errors import InputError
from songsmith.paper import write_paper
from songsmith.prompt import understand
from songsmith.prompt.manner import find_manner
from songsmith.prompt.reading import Overrides
from songsmith.prompt.words import cut
from songsmith.resources import config_folder, load_table
from songsmith.serialize import song_to_json
from songsmith.singing.voices import performance_names
from songsmith.song import Provenance, Song

SHEET = "[Verse]\nA lemon on the table (on the table)\n[Chorus: energy=0.9]\nA letter in the hall\n"


@pytest.mark.parametrize(
    ("prompt", "lead", "group"),
    [
        ("soulful pop", "soul", "soul"),
        ("pop", "", ""),
        ("pop, not soulful", "", ""),
        ("choir, slow", "choir", "choir"),
        ("gentle folk ballad", "folk-ballad", "folk-ballad"),
        ("indie folk, intimate", "folk-ballad", "folk-ballad"),
        ("gentle rock", "", ""),
        ("rock with a gospel choir", "", "choir"),
        ("soulful, gospel choir", "soul", "choir"),
        ("soul, no choir", "soul", "soul"),
        ("pop without vibrato", "plain", "plain"),
        ("choir, instrumental", "", ""),
    ],
)
def test_words_choose_the_performance(prompt: str, lead: str, group: str) -> None:
    reading = understand(prompt)
    assert (reading.brief.performance, reading.brief.group_performance) == (lead, group)
    said = {decision.name: decision.value for decision in reading.understood}
    assert said.get("performance", "") == lead
    assert said.get("backing group", "") == ("" if group == lead else group)


def test_an_option_wins_and_a_voice_file_keeps_its_own_way(tmp_path: Path) -> None:
    brief = understand("soulful pop with choir", overrides=Overrides(performance="plain")).brief
    assert (brief.performance, brief.group_performance) == ("plain", "plain")
    mine = tmp_path / "mine.toml"
    mine.write_text('name = "mine"\ntitle = "Mine"\nsinger = "heart"\n[pitch]\nvibrato_cents = 7.0\n')
    assert understand("soulful pop", overrides=Overrides(voice=str(mine))).brief.performance == ""
    with pytest.raises(InputError, match="performance 'opera' is not known: use one of choir, folk-ballad, plain"):
        understand("pop", overrides=Overrides(performance="opera"))


def test_the_table_names_performances_and_says_nothing_twice() -> None:
    table = load_table(config_folder() / "prompt" / "manners.toml")
    assert set(table) - {"group"} <= set(performance_names())
    assert set(table["group"]) <= set(performance_names())
    for name in table:
        for phrase in table[name]["words"] if name != "group" else ():
            assert find_manner(cut(phrase), "pop", table).lead == name


def test_lead_and_group_perform_as_asked_and_when_sung_again() -> None:
    plain, asked = (write_paper(f"{words}, 90 BPM, G major", SHEET) for words in ("pop", "soulful pop, gospel choir"))
    assert plain.voice.performance == "pop"
    assert asked.voice.performance == "soul"
    assert not np.array_equal(plain.performance.f0_hz, asked.performance.f0_hz)
    by_hand = write_paper("pop, 90 BPM, G major", SHEET, performance="choir")
    groups = [[part for part in paper.voices if part.kind == "backing"] for paper in (asked, by_hand)]
    assert groups[0]
    for one, two in zip(*groups, strict=True):
        assert np.array_equal(one.performance.f0_hz, two.performance.f0_hz)
    beside = [[part for part in paper.voices if part.kind == "harmony"] for paper in (asked, by_hand)]
    assert not np.array_equal(beside[0][0].performance.f0_hz, beside[1][0].performance.f0_hz)
    song = Song(
        asked.title,
        asked.seed,
        asked.brief,
        asked.lyrics,
        asked.plan,
        asked.accompaniment.timeline,
        asked.accompaniment.chords,
        asked.score.notes,
        asked.accompaniment.parts,
        asked.performance,
        Provenance("1", (), ()),
        asked.voices,
    )
    for before, again in zip(asked.voices, redrawn(song), strict=True):
        assert np.array_equal(before.performance.f0_hz, again.performance.f0_hz)
        assert before.performance.phonemes == again.performance.phonemes
    assert json.loads(song_to_json(song))["brief"]["group_performance"] == "choir"
