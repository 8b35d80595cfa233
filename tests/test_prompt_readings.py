"""Prompts with the readings expected of them: those the rules were made with, and those kept out of their making."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from songsmith.prompt import Reading, understand
from songsmith.styles import style_names
from songsmith.theory import Key

FOLDER = Path(__file__).parent / "prompts"
KEPT_OUT_BAR = 0.9


def prompts(name: str) -> list[dict[str, Any]]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))["prompt"]


def sign(value: float) -> str:
    return "+" if value > 0.05 else "-" if value < -0.05 else "0"


def within(value: float | None, wanted: object) -> bool:
    low, high = wanted if isinstance(wanted, list) else (wanted, wanted)
    return value is not None and low <= value <= high


def has(names: tuple[str, ...], wanted: list[str]) -> bool:
    return all(any(one in names for one in entry.split("|")) for entry in wanted)


def is_right(reading: Reading, field: str, wanted: Any) -> bool:
    """Tell whether a field was read as expected; `kept_out.toml` says what the fields are."""
    brief = reading.brief
    match field:
        case "style":
            rank = next(rank for rank in wanted if set(rank.split("|")) & set(style_names()))
            return brief.style in rank.split("|")
        case "tempo":
            return within(brief.tempo, wanted)
        case "energy":
            return within(brief.energy, wanted)
        case "length_s":
            return within(brief.length_s, wanted)
        case "key":
            return Key.parse(brief.key) == Key.parse(wanted)  # D# minor for E flat minor
        case "mode":
            return Key.parse(brief.key).mode == wanted
        case "mood":
            return has(brief.mood, wanted)
        case "not_mood":
            return not set(brief.mood) & set(wanted)
        case "palette":
            return has(brief.palette, wanted)
        case "not_palette":
            return not set(brief.palette) & set(wanted)
        case "without":
            return has(brief.without, wanted)
        case "form":
            return list(brief.form) == wanted
        case "brightness" | "width" | "reverb" | "lofi":
            return sign(getattr(brief.texture, field)) == wanted
        case "swing":
            swing = brief.groove.swing if brief.groove.swing is not None else reading.style.swing
            return swing > 0.3 if wanted == "+" else swing == 0.0
        case "feel":
            return brief.groove.feel == wanted
        case "topic":
            return wanted.lower() in reading.topic.lower()
        case "singer":
            return (
                wanted in reading.singer.replace("female", "woman") if wanted == "male" else wanted in reading.singer
            )
        case "told":
            return any(wanted in warning for warning in reading.warnings)
        case "untold":
            return not any(wanted in warning for warning in reading.warnings)
    return bool(getattr(brief, field) == wanted)


def misread(entry: dict[str, Any]) -> list[str]:
    """Return the fields of an entry that were not read as expected, with what was read."""
    reading = understand(entry["text"])
    wrong = [field for field in entry if field != "text" and not is_right(reading, field, entry[field])]
    return [f"{entry['text']}: {field} {entry[field]!r}, read {reading.brief}, {reading.warnings}" for field in wrong]


@pytest.mark.parametrize("entry", prompts("readings"), ids=lambda entry: entry["text"])
def test_prompts_are_read(entry: dict[str, Any]) -> None:
    assert not misread(entry)


def test_kept_out_prompts_are_read() -> None:
    entries = prompts("kept_out")
    wrong = [line for entry in entries for line in misread(entry)]
    fields = sum(len(entry) - 1 for entry in entries)
    assert 1 - len(wrong) / fields >= KEPT_OUT_BAR, "\n".join(wrong)
