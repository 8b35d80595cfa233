"""Audio models of the real classes with few and random weights, saved as users have them, and a band that is real."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from diffusers import (
    AceStepConditionEncoder,
    AceStepPipeline,
    AceStepTransformer1DModel,
    AutoencoderOobleck,
    CosineDPMSolverMultistepScheduler,
    FlowMatchEulerDiscreteScheduler,
    StableAudioDiTModel,
    StableAudioPipeline,
    StableAudioProjectionModel,
)
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    EncodecConfig,
    EncodecModel,
    MusicgenConfig,
    MusicgenDecoderConfig,
    MusicgenForCausalLM,
    MusicgenForConditionalGeneration,
    PreTrainedTokenizerFast,
    Qwen3Config,
    Qwen3Model,
    T5Config,
    T5EncoderModel,
)

from songsmith.accompaniment.audio.wish import SoundWish
from songsmith.accompaniment.render import render_parts
from songsmith.accompaniment.soundfont import find_soundfont, load_soundfont
from songsmith.audio import Audio
from songsmith.mix import MIX_SAMPLE_RATE, DefaultMixer
from songsmith.paper import write_paper
from songsmith.timeline import Timeline

RATE = 8_000
WORDS = (
    "folk",
    "rock",
    "instrumental",
    "BPM",
    "guitar",
    "piano",
    "major",
    "minor",
    "time",
    "vocals",
    "calm",
    ",",
    ".",
)
T5 = {"d_model": 16, "d_kv": 8, "d_ff": 16, "num_layers": 1, "num_heads": 2, "vocab_size": 32}


def tokenizer(longest: int = 128) -> PreTrainedTokenizerFast:
    """Return a tokenizer of a few words."""
    vocabulary = {word: number for number, word in enumerate(("<pad>", "</s>", "<unk>", *WORDS))}
    whole = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    whole.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=whole,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=longest,
    )


def save_musicgen(folder: Path) -> Path:
    """Save a MusicGen of two codebooks at 8 kHz."""
    torch.manual_seed(1)
    codec = EncodecConfig(
        sampling_rate=RATE,
        upsampling_ratios=(8, 5, 4, 4),
        num_filters=4,
        hidden_size=8,
        codebook_size=64,
        codebook_dim=8,
        target_bandwidths=(0.16,),
        num_lstm_layers=1,
    )
    decoder = MusicgenDecoderConfig(
        vocab_size=64,
        hidden_size=16,
        ffn_dim=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_codebooks=2,
        pad_token_id=64,
        bos_token_id=64,
    )
    text = T5Config(**T5)
    model = MusicgenForConditionalGeneration(
        MusicgenConfig(text_encoder=text.to_dict(), audio_encoder=codec.to_dict(), decoder=decoder.to_dict()),
        text_encoder=T5EncoderModel(text),
        audio_encoder=EncodecModel(codec),
        decoder=MusicgenForCausalLM(decoder),
    )
    for name, values in model.audio_encoder.named_buffers():
        if name.endswith("embed"):  # code books are learned apart and begin as zeros
            values.normal_()
    model.generation_config.decoder_start_token_id = 64
    model.generation_config.pad_token_id = 64
    model.generation_config.bos_token_id = 64
    model.save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder


def _autoencoder(channels: int) -> AutoencoderOobleck:
    return AutoencoderOobleck(
        encoder_hidden_size=4,
        downsampling_ratios=[8, 8, 8],
        channel_multiples=[1, 2, 2],
        decoder_channels=4,
        decoder_input_channels=channels,
        audio_channels=2,
        sampling_rate=RATE,
    )


def save_stable_audio(folder: Path) -> Path:
    """Save a Stable Audio of windows of 8 s at 8 kHz, with the sampler of Stable Audio Open."""
    torch.manual_seed(2)
    pipeline = StableAudioPipeline(
        vae=_autoencoder(4),
        text_encoder=T5EncoderModel(T5Config(**T5)),
        projection_model=StableAudioProjectionModel(
            text_encoder_dim=16, conditioning_dim=8, min_value=0, max_value=64
        ),
        tokenizer=tokenizer(),
        transformer=StableAudioDiTModel(
            sample_size=128,
            in_channels=4,
            out_channels=4,
            num_layers=1,
            attention_head_dim=8,
            num_attention_heads=2,
            num_key_value_attention_heads=2,
            cross_attention_dim=8,
            cross_attention_input_dim=8,
            time_proj_dim=8,
            global_states_input_dim=16,
        ),
        scheduler=CosineDPMSolverMultistepScheduler(solver_order=2, prediction_type="v_prediction", sigma_data=1.0),
    )
    pipeline.save_pretrained(folder, safe_serialization=True)
    return folder


def save_ace_step(folder: Path) -> Path:
    """Save a turbo model of ACE-Step at 8 kHz."""
    torch.manual_seed(3)
    shape = {
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 8,
        "sliding_window": 16,
    }
    pipeline = AceStepPipeline(
        vae=_autoencoder(4),
        text_encoder=Qwen3Model(
            Qwen3Config(
                vocab_size=32,
                hidden_size=16,
                intermediate_size=16,
                num_hidden_layers=1,
                num_attention_heads=2,
                num_key_value_heads=1,
                head_dim=8,
            )
        ),
        tokenizer=tokenizer(),
        transformer=AceStepTransformer1DModel(
            **shape, num_hidden_layers=2, in_channels=12, audio_acoustic_hidden_dim=4, is_turbo=True
        ),
        condition_encoder=AceStepConditionEncoder(
            **shape,
            text_hidden_dim=16,
            timbre_hidden_dim=4,
            num_lyric_encoder_hidden_layers=1,
            num_timbre_encoder_hidden_layers=1,
        ),
        scheduler=FlowMatchEulerDiscreteScheduler(num_train_timesteps=1, shift=1.0),
    )
    pipeline.save_pretrained(folder, safe_serialization=True)
    return folder


SAVERS: Mapping[str, Callable[[Path], Path]] = {
    "musicgen": save_musicgen,
    "stable-audio": save_stable_audio,
    "ace-step": save_ace_step,
}

BAND_KEY = "A minor"


class Band:
    """A rock band that does not listen: it plays in A minor at the tempo it is called by, as long as is wished."""

    def __init__(self, place: str, fetch: bool = False) -> None:
        self.tempo = float(place)
        self.wishes: list[SoundWish] = []

    def facts(self) -> Mapping[str, str]:
        return {"model": f"{self.tempo:g}"}

    def play(self, wish: SoundWish, progress: Callable[[float], None]) -> Audio:
        self.wishes.append(wish)
        paper = write_paper(
            "rock, driving", None, 3, tempo=self.tempo, key=BAND_KEY, length_s=wish.duration_s, instrumental=True
        )
        timeline: Timeline = paper.accompaniment.timeline
        parts = [replace(part) for part in paper.accompaniment.parts if part.name != "lead"]
        frames = int(timeline.beats[-1] * MIX_SAMPLE_RATE)
        stems = render_parts(parts, timeline, load_soundfont(find_soundfont(None)), MIX_SAMPLE_RATE, frames)
        progress(1.0)
        sound = DefaultMixer().mix(None, stems, None, None, frames).mix
        silence = np.zeros((2, MIX_SAMPLE_RATE // 2), np.float32)
        return Audio(np.concatenate([silence, sound.samples], axis=1), MIX_SAMPLE_RATE)
