"""Separation: the voice and the instruments of any recording, each as its own sound.

`separate` is for one piece of sound in memory, `songsmith.separation.files` for files of any length. The networks are
Demucs's where their weights are there, else our own `songsmith-mini`; `separator(name)` makes one.
"""

from __future__ import annotations

from songsmith.separation.api import separate
from songsmith.separation.choice import SEPARATORS, Told, default_model, separator
from songsmith.separation.separator import MAX_CHANNELS, Options, Separator

__all__ = ["MAX_CHANNELS", "SEPARATORS", "Options", "Separator", "Told", "default_model", "separate", "separator"]
