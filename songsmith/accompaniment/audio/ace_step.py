"""ACE-Step 1.5 of diffusers: flow matching over the latents of a whole song, told tempo, key and meter by name.

Source: J. Gong et al., "ACE-Step: A Step Towards Music Generation Foundation Model", 2025, and the pipeline's own
notes on its turbo models.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from songsmith.accompaniment.audio import Told
from songsmith.accompaniment.audio.loading import (
    WEIGHTS_OF_PARTS,
    ModelPlace,
    chance,
    check_pipeline,
    find_model,
    load_pipeline,
    pipeline_class,
    repeatable,
)
from songsmith.accompaniment.audio.windows import playable
from songsmith.accompaniment.audio.wish import SoundWish
from songsmith.audio import Audio
from songsmith.errors import InputError

WHAT, PIPELINE = "ACE-Step model", "AceStepPipeline"
LONGEST_S = 600.0
TURBO_STEPS, STEPS, GUIDANCE = 8, 50, 7.0
NOBODY_SINGS = "[Instrumental]"
"""What stands for the lyrics where there are none."""

NAMED_MODES = ("major", "minor")


class AceStep:
    """A model of diffusers' AceStepPipeline: a folder, or a name on the hub."""

    def __init__(self, place: str, fetch: bool = False) -> None:
        pipeline_class(PIPELINE)
        self._model = find_model(place, fetch, WEIGHTS_OF_PARTS)
        check_pipeline(self._model, PIPELINE, WHAT)

    def facts(self) -> Mapping[str, str]:
        """Return the model, its revision or hash, and the version of diffusers."""
        return self._model.facts("diffusers")

    def play(self, wish: SoundWish, progress: Told) -> Audio:
        """Return music that a wish asks for."""
        import torch

        if wish.duration_s > LONGEST_S:
            raise InputError(f"{wish.duration_s:.0f} s are too long for ACE-Step: it plays {LONGEST_S:.0f} s at most")
        pipeline = _load(self._model)
        steps = TURBO_STEPS if pipeline.is_turbo else STEPS
        seed = chance(wish.seed, "ace-step")

        def step(pipe: Any, number: int, time: Any, values: Any) -> dict[str, Any]:
            progress((number + 1) / steps)
            return {}

        with repeatable(seed), torch.no_grad():
            found = pipeline(
                prompt=wish.text,
                lyrics=NOBODY_SINGS,
                audio_duration=wish.duration_s,
                bpm=round(wish.tempo),
                keyscale=wish.key if wish.key.endswith(NAMED_MODES) else None,
                timesignature=wish.meter.partition("/")[0],
                num_inference_steps=steps,
                guidance_scale=1.0 if pipeline.is_turbo else GUIDANCE,
                generator=torch.Generator("cpu").manual_seed(seed),
                callback_on_step_end=step,
            )
        sound = found.audios[0].detach().float().cpu().numpy()
        return playable(np.asarray(sound, np.float32), int(pipeline.sample_rate), self._model.name)


@lru_cache(maxsize=1)
def _load(model: ModelPlace) -> Any:
    """Return a pipeline, loaded once a process."""
    return load_pipeline(model, PIPELINE, WHAT)
