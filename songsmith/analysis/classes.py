"""What the networks of the analysis tell apart: chords and meters. Kept from the networks, which need torch."""

from __future__ import annotations

from pathlib import Path

WEIGHTS = Path(__file__).with_name("analysis.safetensors")

QUALITIES = ("maj", "min", "7", "maj7", "min7", "sus4", "sus2", "dim", "aug", "hdim7")
"""Chord qualities that are told apart."""

CHORDS = 12 * len(QUALITIES) + 1
"""Classes: root by root, each with all qualities, and no chord as the last."""

NO_CHORD = CHORDS - 1
METERS = ("4/4", "3/4", "6/8")
