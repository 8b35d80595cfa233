"""MusicGen of transformers: tokens of a neural codec, one after the other, from a text.

It is trained on half a minute of music: a longer song is made in windows that begin with the last seconds of what
there is. Source: J. Copet et al., "Simple and Controllable Music Generation", NeurIPS 2023, and the settings of its
authors for sampling.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from songsmith.accompaniment.audio import Told
from songsmith.accompaniment.audio.loading import (
    ModelPlace,
    chance,
    device_and_type,
    find_model,
    loading,
    need,
    repeatable,
    settings_of,
)
from songsmith.accompaniment.audio.windows import BLEND_S, Samples, join, playable, window_starts
from songsmith.accompaniment.audio.wish import SoundWish
from songsmith.audio import Audio
from songsmith.errors import InputError

WHAT = "MusicGen model"
WINDOW_S, CONTEXT_S = 30.0, 10.0
GUIDANCE, TOP_K, TEMPERATURE = 3.0, 250, 1.0


class MusicGen:
    """A MusicGen model of transformers: a folder, or a name on the hub."""

    def __init__(self, place: str, fetch: bool = False) -> None:
        need("transformers")
        self._model = find_model(place, fetch)
        kind = settings_of(self._model, "config.json", WHAT).get("model_type")
        if kind != "musicgen":
            raise InputError(f"{self._model.name}: is no {WHAT}: its model_type is {str(kind)[:60]!r}")

    def facts(self) -> Mapping[str, str]:
        """Return the model, its revision or hash, and the version of transformers."""
        return self._model.facts("transformers")

    def play(self, wish: SoundWish, progress: Told) -> Audio:
        """Return music that the text of a wish asks for."""
        loaded = _load(self._model)
        rate, hop = loaded.codec.sampling_rate, loaded.codec.hop_length
        total = -(-int(wish.duration_s * rate) // hop)
        window, context = (max(1, round(seconds * rate / hop)) for seconds in (WINDOW_S, CONTEXT_S))
        starts = window_starts(total, window, context)
        pieces: list[Samples] = []
        for number, start in enumerate(starts):
            before = pieces[-1][:, -context * hop :] if pieces else None
            frames = min(window, total - start)

            def told(share: float, number: int = number) -> None:
                progress((number + share) / len(starts))

            with repeatable(chance(wish.seed, "musicgen", number)):
                sound = loaded.window(wish.text, frames, before, told)
            length = frames * hop
            pieces.append(np.pad(sound[:, :length], ((0, 0), (0, max(0, length - sound.shape[1])))))
        whole = join(pieces, [start * hop for start in starts], round(BLEND_S * rate))
        return playable(whole, rate, self._model.name)


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A model with its tokenizer, where it runs."""

    tokenizer: Any
    model: Any

    @property
    def codec(self) -> Any:
        return self.model.config.audio_encoder

    def window(self, text: str, frames: int, before: Samples | None, told: Told) -> Samples:
        """Return `[channels, samples]` of so many frames of the codec, those of `before` at their beginning."""
        import torch
        from transformers import StoppingCriteriaList

        asked = self.tokenizer([text], return_tensors="pt").to(self.model.device)
        given: dict[str, Any] = {"input_ids": asked.input_ids, "attention_mask": asked.attention_mask}
        new = frames
        if before is not None:
            new -= before.shape[1] // self.codec.hop_length
            sound = torch.from_numpy(np.ascontiguousarray(before))[None]
            given["input_values"] = sound.to(self.model.device, self.model.dtype)
        steps = new + self.model.config.decoder.num_codebooks - 1  # the last codebooks come late
        done = 0

        def count(tokens: Any, scores: Any, **more: Any) -> Any:
            nonlocal done
            done += 1
            told(min(1.0, done / steps))
            return torch.zeros(tokens.shape[0], dtype=torch.bool, device=tokens.device)

        with torch.inference_mode():
            values = self.model.generate(
                **given,
                do_sample=True,
                guidance_scale=GUIDANCE,
                top_k=TOP_K,
                temperature=TEMPERATURE,
                max_new_tokens=steps,
                stopping_criteria=StoppingCriteriaList([count]),
            )
        return np.asarray(values[0].float().cpu().numpy(), np.float32)


@lru_cache(maxsize=1)
def _load(model: ModelPlace) -> _Loaded:
    """Return a model, loaded once a process."""
    transformers = need("transformers")
    device, numbers = device_and_type()
    with loading(model, WHAT):
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            model.folder, local_files_only=True, trust_remote_code=False
        )
        network = transformers.MusicgenForConditionalGeneration.from_pretrained(
            model.folder, dtype=numbers, use_safetensors=True, local_files_only=True
        )
        network.to(device)
        network.train(False)
    return _Loaded(tokenizer, network)
