"""Analysis of recordings: beats and bars, key, chords, sections, loudness, voice.

from songsmith.analysis import analyse

found = analyse(Audio.read(path))
found.tempo, found.meter, found.key, found.chords, found.sections
"""

from __future__ import annotations

from songsmith.analysis.analysis import Analysis, Confidence, analyse
from songsmith.analysis.sections import FoundSection

__all__ = ["Analysis", "Confidence", "FoundSection", "analyse"]
