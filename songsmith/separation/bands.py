"""How the small network sees a spectrum: lines, values and bands.

A frame of 2049 lines (4096 samples at 44.1 kHz) becomes 628 values: single lines up to 2.8 kHz, pairs up to 5.5 kHz,
fours up to 16 kHz, above which nothing is looked at and the highest mask goes on. Values are gathered into 64 bands,
narrow below and wide above.
"""

from __future__ import annotations

SAMPLE_RATE = 44100
FFT_SIZE = 4096
HOP = 1024
LINES = FFT_SIZE // 2 + 1

GROUPS = ((256, 1), (128, 2), (244, 4))
"""How many values have how many lines each, from 0 Hz upwards."""

VALUES = sum(count for count, _ in GROUPS)
USED_LINES = sum(count * width for count, width in GROUPS)

BAND_VALUES = (*(4,) * 24, *(8,) * 20, *(16,) * 8, *(16,) * 8, *(29,) * 4)
"""How many values each band holds."""

BANDS = len(BAND_VALUES)
