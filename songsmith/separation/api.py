"""`songsmith.separate`: the stems of a piece of sound in memory."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from songsmith.audio import Audio
from songsmith.errors import InputError
from songsmith.separation.choice import Told, separator
from songsmith.separation.reading import Recording, from_audio, open_recording
from songsmith.separation.separator import Options, Separator
from songsmith.separation.stems import Residual, stem_blocks, stem_names

Progress = Callable[[str, float], None]


def separate(
    recording: str | Path | Audio,
    stems: int = 2,
    model: str | Separator | None = None,
    *,
    shifts: int = 1,
    overlap: float | None = None,
    segment_s: float | None = None,
    device: str = "cpu",
    keep_residual: bool = True,
    workers: int = 2,
    progress: Progress | None = None,
    warn: Told = warnings.warn,
) -> dict[str, Audio]:
    """Separate a recording into its stems.

    Parameters
    ----------
    recording : the path of a file, or sound in memory of 1 to 8 channels at any rate
    stems : 2 for `vocals` and `instrumental`, 4 for `vocals`, `drums`, `bass` and `other`
    model : a name of `songsmith.separation.choice.model_names`, the folder of a Demucs repository, or a separator of
        your own; None for `htdemucs` where its weights are in the local cache, else `songsmith-mini`, and `warn` is
        told which
    shifts : how many times it is separated, each time cut at other places, and averaged
    overlap : share of a segment that the next one covers too, 0 to 0.9; None for the model's own
    segment_s : length of a segment in seconds; None for the model's own
    device : `cpu`, or `cuda` for a Demucs model
    keep_residual : whether what no stem holds goes to `instrumental` or `other`, so that they sum to the recording
    workers : segments computed at once; the result does not depend on it
    progress : called with the name of the stage and how much of it is done, 0 to 1
    warn : told which model was chosen where none was asked for

    Returns
    -------
    stems : name to sound of the recording's length, rate and channels

    Raises
    ------
    InputError for what is no sound, MissingPart where the weights of a model are not there.
    """
    options = Options(shifts, overlap, segment_s, workers, keep_residual)
    engine = separator(model, device=device) if model is None or isinstance(model, str) else model
    if model is None:
        warn(f"separated with {engine.name}, as no model was named")
    names = stem_names(stems, engine)
    tell = progress or _silent
    with _opened(recording) as opened:
        out = np.zeros((len(names), opened.channels, opened.frames), np.float32)
        place = 0
        for block in stem_blocks(opened, engine, names, options, Residual()):
            out[..., place : place + block.shape[-1]] = block
            place += block.shape[-1]
            tell("separating", place / opened.frames)
        return {name: Audio(out[index], opened.sample_rate) for index, name in enumerate(names)}


@contextmanager
def _opened(recording: str | Path | Audio) -> Iterator[Recording]:
    if isinstance(recording, Audio):
        yield from_audio(recording)
    elif isinstance(recording, str | Path):
        with open_recording(Path(recording).expanduser()) as opened:
            yield opened
    else:
        raise InputError(f"a {type(recording).__name__} cannot be separated: give the path of a file or an Audio")


def _silent(stage: str, share: float) -> None:
    """Tell nobody of the progress."""
