"""Grooves and feels, each measured on the notes that are played."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from song_plans import plan_and_brief

from songsmith.accompaniment.grids import DRUM_KEYS
from songsmith.accompaniment.parts import Accompaniment, PartNote
from songsmith.accompaniment.patterns import PatternAccompanist
from songsmith.brief import Groove
from songsmith.plan import Plan
from songsmith.styles import load_style, style_names

FORM = (("verse", 8, 0.55), ("chorus", 8, 0.8), ("outro", 1, 0.4))
KICK, HAT = DRUM_KEYS["kick"], DRUM_KEYS["hat"]
BACKBEATS = {DRUM_KEYS["snare"], DRUM_KEYS["clap"]}
BEATING = ("pop", "rock", "house", "disco", "ballad", "synthwave")


def played(style: str, meter: str = "4/4", seed: int = 0, **groove: object) -> tuple[Plan, Accompaniment]:
    plan, brief = plan_and_brief(style, meter, form=FORM)
    brief = replace(brief, groove=Groove(**groove))
    return plan, PatternAccompanist().accompany(plan, brief, seed)


def notes(song: Accompaniment, part: str) -> tuple[PartNote, ...]:
    return next((p.notes for p in song.parts if p.name == part), ())


def places(hits: Iterable[PartNote], keys: set[int], beats: int) -> list[float]:
    """Return where in their bar strokes on `keys` fall, bars with fills (every eighth) and the last left out."""
    return [
        n.onset % beats for n in hits if n.pitch in keys and n.onset < 16 * beats and int(n.onset // beats) % 8 < 7
    ]


@pytest.mark.parametrize("style", BEATING)
def test_half_time_has_its_backbeat_on_three(style: str) -> None:
    for seed in range(2):
        usual = places(notes(played(style, seed=seed)[1], "drums"), BACKBEATS, 4)
        half = places(notes(played(style, seed=seed, feel="half-time")[1], "drums"), BACKBEATS, 4)
        assert sum(place in (1, 3) for place in usual) > 0.6 * len(usual)
        assert half
        assert sum(place == 2 for place in half) > 0.6 * len(half)
        assert not any(place in (1, 3) for place in half)


@pytest.mark.parametrize("style", BEATING)
def test_double_time_has_twice_the_backbeats(style: str) -> None:
    usual = places(notes(played(style)[1], "drums"), BACKBEATS, 4)
    double = places(notes(played(style, feel="double-time")[1], "drums"), BACKBEATS, 4)
    assert sum(place % 1 == 0.5 for place in double) > 0.6 * len(double)
    assert len(double) >= 1.4 * len(usual)


@pytest.mark.parametrize("meter", ["4/4", "3/4", "6/8"])
@pytest.mark.parametrize("style", style_names())
def test_four_on_the_floor_kicks_on_every_pulse(style: str, meter: str) -> None:
    plan, song = played(style, meter, feel="four-on-the-floor", swing=0.0)
    drums = notes(song, "drums")
    pulse = 1.5 if meter == "6/8" else 1.0
    sounding = {int(n.onset // plan.beats_per_bar) for n in drums} - {plan.bars - 1}
    assert sounding
    for bar in sounding:
        start = bar * plan.beats_per_bar
        kicks = [n.onset - start for n in drums if n.pitch == KICK and start <= n.onset < start + plan.beats_per_bar]
        assert kicks == [i * pulse for i in range(round(plan.beats_per_bar / pulse))], (bar, kicks)


@pytest.mark.parametrize("style", ["pop", "bossa", "soul", "folk"])
def test_driving_plays_eighths_ahead(style: str) -> None:
    plan, song = played(style, feel="driving", swing=0.0)
    a_ms = plan.tempo / 60_000
    bass = [n for n in notes(song, "bass") if n.onset < plan.beats - 4 - 0.1]
    assert len(bass) >= 7.9 * (plan.bars - 1)
    assert all(min(abs(n.onset * 2 - round(n.onset * 2)) / 2, abs(n.onset + 8 * a_ms - round(2 * n.onset) / 2)) < 1e-3
               for n in bass)  # fmt: skip
    early = [n for n in bass if abs(n.onset * 2 - round(n.onset * 2)) > 1e-3]
    assert len(early) > 0.5 * len(bass)
    hats = [n for n in notes(song, "drums") if n.pitch == HAT]
    assert hats
    assert all(n.onset < round(n.onset * 2) / 2 for n in hats if n.onset > 0)


def test_laid_back_comes_late_but_for_kick_and_cymbals() -> None:
    plan, straight = played("pop")
    _, lazy = played("pop", feel="laid-back")
    for part, late_ms in (("bass", 14.0), ("harmony", 24.0)):
        moves = [b.onset - a.onset for a, b in zip(notes(straight, part), notes(lazy, part), strict=True)]
        assert moves == pytest.approx([late_ms * plan.tempo / 60_000] * len(moves), abs=1e-5)
    drums = notes(lazy, "drums")
    assert all(n.onset * 4 == round(n.onset * 4) for n in drums if n.pitch in (KICK, HAT))
    snares = [n for n in drums if n.pitch == DRUM_KEYS["snare"]]
    assert snares
    assert all(n.onset * 4 > round(n.onset * 4) for n in snares)


@pytest.mark.parametrize("style", ["pop", "swing", "lofi"])
@pytest.mark.parametrize("swing", [0.0, 0.5, 1.0])
def test_swing_is_as_asked(style: str, swing: float) -> None:
    unit = load_style(style).swing_unit
    _, song = played(style, swing=swing)
    offbeats = {round(n.onset % (2 * unit), 4) for p in song.parts for n in p.notes}
    asked = {round(unit * (1 + amount / 3), 4) for amount in (0.0, 0.5, 1.0)}
    assert round(unit * (1 + swing / 3), 4) in offbeats
    assert not offbeats & (asked - {round(unit * (1 + swing / 3), 4)}) - ({0.75} if unit == 0.5 else set())


@pytest.mark.parametrize("feel", ["half-time", "double-time", "laid-back", "driving", "four-on-the-floor"])
@pytest.mark.parametrize("meter", ["4/4", "3/4", "6/8"])
def test_every_feel_goes_with_every_style_and_meter(feel: str, meter: str) -> None:
    for style in style_names()[::3]:
        plan, song = played(style, meter, feel=feel)
        assert all(p.notes for p in song.parts)
        assert all(n.onset >= 0 and n.onset + n.duration <= plan.beats + 1e-6 for p in song.parts for n in p.notes)
