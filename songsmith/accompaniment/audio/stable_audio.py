"""Stable Audio Open of diffusers: latent diffusion over a window of some 47 s of stereo sound.

Longer music is made window by window. What a window shares with the one before is known: at each step of sampling
that part of its latents is put back to the known ones with the noise of that step, and the model makes the rest fit.

Sources: Z. Evans et al., "Stable Audio Open", ICASSP 2025; Y. Song et al., "Score-Based Generative Modeling through
Stochastic Differential Equations", ICLR 2021, appendix I.2 (imputation).
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
    need,
    pipeline_class,
    repeatable,
)
from songsmith.accompaniment.audio.windows import BLEND_S, Samples, join, playable, window_starts
from songsmith.accompaniment.audio.wish import SoundWish
from songsmith.audio import Audio

WHAT, PIPELINE = "Stable Audio model", "StableAudioPipeline"
STEPS, GUIDANCE = 100, 7.0
CONTEXT = 0.25
"""Share of a window that it has in common with the one before."""

OF_TORCHSDE = "CosineDPMSolverMultistepScheduler"
"""The sampler of Stable Audio Open, whose noise comes from the package torchsde."""


class StableAudio:
    """A model of diffusers' StableAudioPipeline: a folder, or a name on the hub."""

    def __init__(self, place: str, fetch: bool = False) -> None:
        pipeline_class(PIPELINE)
        self._model = find_model(place, fetch, WEIGHTS_OF_PARTS)
        index = check_pipeline(self._model, PIPELINE, WHAT)
        if OF_TORCHSDE in (index.get("scheduler") or ()):
            need("torchsde")

    def facts(self) -> Mapping[str, str]:
        """Return the model, its revision or hash, and the version of diffusers."""
        return self._model.facts("diffusers")

    def play(self, wish: SoundWish, progress: Told) -> Audio:
        """Return music that the text of a wish asks for."""
        pipeline = _load(self._model)
        rate, hop = int(pipeline.vae.config.sampling_rate), int(pipeline.vae.hop_length)
        window = int(pipeline.transformer.config.sample_size)
        context = max(1, int(CONTEXT * window))
        total = -(-int(wish.duration_s * rate) // hop)
        starts = window_starts(total, window, context)
        pieces: list[Samples] = []
        known: Any = None
        for number, start in enumerate(starts):
            frames = min(window, total - start)

            def told(share: float, number: int = number) -> None:
                progress((number + share) / len(starts))

            seed = chance(wish.seed, "stable-audio", number)
            with repeatable(seed):
                latents = _window(pipeline, wish, frames * hop / rate, known, seed, told)
                sound = pipeline.vae.decode(latents).sample[0].detach().float().cpu().numpy()
            known = latents[:, :, window - context :]
            pieces.append(np.asarray(sound[:, : frames * hop], np.float32))
        whole = join(pieces, [start * hop for start in starts], round(BLEND_S * rate))
        return playable(whole, rate, self._model.name)


def _window(pipeline: Any, wish: SoundWish, end_s: float, known: Any, seed: int, told: Told) -> Any:
    """Return the latents `[1, channels, frames]` of a window, which begin with the known ones where there are any."""
    import torch

    noise = torch.Generator("cpu").manual_seed(seed)

    def step(number: int, time: Any, latents: Any) -> None:
        if known is not None:
            sampler = pipeline.scheduler
            fresh = torch.randn(known.shape, generator=noise).to(known)
            latents[:, :, : known.shape[2]] = known + float(sampler.sigmas[sampler.step_index]) * fresh
        told((number + 1) / STEPS)

    with torch.no_grad():
        found = pipeline(
            prompt=wish.text,
            negative_prompt=wish.avoid,
            audio_end_in_s=end_s,
            num_inference_steps=STEPS,
            guidance_scale=GUIDANCE,
            generator=torch.Generator("cpu").manual_seed(seed),
            callback=step,
            output_type="latent",
        )
        return found.audios


@lru_cache(maxsize=1)
def _load(model: ModelPlace) -> Any:
    """Return a pipeline, loaded once a process."""
    return load_pipeline(model, PIPELINE, WHAT)
