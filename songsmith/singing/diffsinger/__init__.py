"""The `diffsinger` singer: voicebanks of DiffSinger's ONNX format, from a folder that the user names.

Its voice files say `singer = "diffsinger"` and in `[backend]` the `folder`; `speaker`, `vocoder` and `steps` where
needed, and in `[phonemes]` what the bank sings for phonemes that it lacks.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from lyrics.values import Lyrics
from songsmith.audio import Audio
from songsmith.cache import Cache
from songsmith.errors import InputError
from songsmith.performance import BREATH, SILENCE, Performance
from songsmith.shown import shown
from songsmith.singing.alone import placed, sing_alone
from songsmith.singing.diffsinger.bank import CURVES, Bank, read_bank
from songsmith.singing.diffsinger.models import load_model
from songsmith.singing.diffsinger.render import UNPREDICTED, Models, check_colour, render_phrase
from songsmith.singing.diffsinger.spelling import spell
from songsmith.singing.heart import METHOD as SHARED_METHOD
from songsmith.singing.phrase import split_phrases
from songsmith.singing.voices import Voice

METHOD = "diffsinger 1"  # part of every cache key: to be counted up whenever the sound changes
SETTINGS = ("folder", "speaker", "steps", "vocoder")
DEFAULT_STEPS, MOST_STEPS = 20, 1000


class DiffSinger:
    """Sings with a voicebank of DiffSinger's ONNX format."""

    name = "diffsinger"
    weights_sha256 = ""

    def weights_of(self, voice: Voice) -> str:
        """Return the hash of the files of a voice's bank."""
        return _bank(voice).sha256()

    def sing(
        self,
        performance: Performance,
        lyrics: Lyrics,
        voice: Voice,
        *,
        seed: int = 0,
        cache: Cache | None = None,
        workers: int = 1,
        progress: Callable[[int, int], None] | None = None,
    ) -> Audio:
        """Return the vocal; see `songsmith.singing.Singer`."""
        bank, steps = _bank(voice), _steps(voice)
        symbols = {span.symbol for span in performance.phonemes} - {BREATH, SILENCE}
        spelling = spell(symbols, bank, voice.language, voice.phonemes)
        models = _models(bank)
        check_colour(voice.colour, bank.part, models, voice.name)
        phrases = split_phrases(performance, lyrics, seed, voice.colour)
        used = (METHOD, SHARED_METHOD, bank.sha256(), str(steps), repr(sorted(spelling.items())))
        sounds = sing_alone(
            phrases,
            lambda phrase: phrase.key(*used),
            lambda phrase: render_phrase(bank, models, spelling, steps, phrase),
            cache=cache,
            workers=workers,
            progress=progress,
        )
        return placed(performance, phrases, sounds)


def _bank(voice: Voice) -> Bank:
    """Return the bank that a voice names."""
    wrong = sorted(set(voice.backend) - set(SETTINGS))
    if wrong:
        known = ", ".join(SETTINGS)
        raise InputError(f"voice {voice.name!r}: backend.{wrong[0]} is not a setting of 'diffsinger': use {known}")
    if "folder" not in voice.backend:
        raise InputError(
            f"voice {voice.name!r}: backend.folder is missing: give the folder of a DiffSinger voicebank"
        )
    home = Path(voice.home)
    vocoder = voice.backend.get("vocoder")
    return read_bank(
        home / Path(voice.backend["folder"]).expanduser(),
        voice.language,
        voice.backend.get("speaker"),
        home / Path(vocoder).expanduser() if vocoder else None,
    )


def _steps(voice: Voice) -> int:
    """Return the number of sampling steps, for the models that are told it."""
    text = voice.backend.get("steps", str(DEFAULT_STEPS))
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MOST_STEPS):
        raise InputError(
            f'voice {voice.name!r}: backend.steps = {shown(text, 60)} is not accepted: use a text such as "20", from'
            f" 1 to {MOST_STEPS}"
        )
    return int(text)


def _models(bank: Bank) -> Models:
    """Return the bank's models; warn where the acoustic model wants curves that nothing predicts."""
    acoustic = load_model(bank.acoustic)
    wanted = [name for name in CURVES if name in acoustic.inputs]
    variance = bank.variance if wanted else None
    predicted = variance.part.predicted if variance else ()
    lacking = [name for name in wanted if name not in predicted]
    if lacking:
        warnings.warn(
            f"voicebank {bank.name!r} has no variance model for {', '.join(lacking)}: constants stand in"
            f" ({', '.join(f'{name} {UNPREDICTED[name]:g}' for name in lacking)}), and it sounds flatter than it can",
            stacklevel=3,
        )
    vectors = [
        None if part is None or part.speaker is None else np.frombuffer(part.speaker.read_bytes(), "<f4")
        for part in (bank.part, variance.part if variance else None)
    ]
    return Models(
        acoustic,
        load_model(bank.vocoder),
        load_model(variance.linguistic) if variance else None,
        load_model(variance.model) if variance else None,
        vectors[0],
        vectors[1],
    )
