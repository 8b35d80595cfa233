"""Gather recordings of real voices and of music to train a separator on, beside rendered songs.

    python scripts/separation_recordings.py OUT --voices FOLDER ... --music FOLDER ...

Each folder of voices is one speaker: its short recordings are put one after the other, some at another speed or
through WORLD with longer vocal tracts or another pitch, each run through random effects. Music is taken as it is.
What is written is `voice-*.npy` and `music-*.npy`, `[1, 2, frames]` int16 at 44.1 kHz, a minute each at most.
Anything that ffmpeg reads is taken.
"""

from __future__ import annotations

import argparse
import subprocess
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
from separation_stems import RATE, Floats, effects, panned

ENDINGS = (".wav", ".ogg", ".flac", ".opus", ".g722", ".mp3", ".gsm", ".aif")
Doubles = npt.NDArray[np.float64]


def decoded(path: Path, channels: int, seconds: float = 0.0) -> Floats:
    """Return a recording as `[channels, frames]` at 44.1 kHz."""
    kind = ["-f", "g722"] if path.suffix == ".g722" else []
    limit = ["-t", str(seconds)] if seconds else []
    command = ["ffmpeg", "-v", "error", "-threads", "1", *kind, "-i", str(path), *limit, "-ac", str(channels)]
    found = subprocess.run([*command, "-ar", str(RATE), "-f", "f32le", "-"], check=True, capture_output=True)
    return np.frombuffer(found.stdout, np.float32).reshape(-1, channels).T.copy()


def trimmed(sound: Floats) -> Floats:
    """Return a sound without the silence at its ends."""
    heard = np.flatnonzero(np.abs(sound).max(0) > 0.02 * max(1e-6, float(np.abs(sound).max())))
    return sound[:, heard[0] : heard[-1] + 1] if len(heard) else sound[:, :0]


def changed(sound: Doubles, random: np.random.Generator) -> Doubles:
    """Return a voice of another size and pitch, by WORLD."""
    import pyworld

    pitch, times = pyworld.dio(sound, RATE)
    envelope = pyworld.cheaptrick(sound, pitch, times, RATE)
    noise = pyworld.d4c(sound, pitch, times, RATE)
    bins = np.arange(envelope.shape[1])
    warped = np.minimum(bins / random.uniform(0.84, 1.2), bins[-1]).round().astype(int)
    known = pitch[pitch > 0]
    middle = float(np.median(known)) if len(known) else 150.0
    liveliness, shift = random.uniform(0.6, 1.6), 2 ** random.uniform(-0.6, 0.7)
    pitch = np.where(pitch > 0, middle * shift * (np.maximum(pitch, 1.0) / middle) ** liveliness, 0.0)
    return np.asarray(
        pyworld.synthesize(pitch, np.ascontiguousarray(envelope[:, warped]), np.ascontiguousarray(noise), RATE, 5.0)
    )


def speaker(paths: list[Path], seconds: float, random: np.random.Generator) -> Floats:
    """Return recordings of a speaker one after the other, `[2, frames]`, as one voice through one set of effects."""
    parts: list[Floats] = []
    length, as_it_is = 0, random.random() < 0.6
    for index in random.permutation(len(paths)):
        try:
            sound = trimmed(decoded(paths[int(index)], 1, 15.0))
        except subprocess.CalledProcessError:
            continue
        if sound.shape[1] < RATE // 8:
            continue
        sound = sound / max(1e-3, float(np.sqrt(np.square(sound).mean()))) * np.float32(random.uniform(0.06, 0.12))
        parts.append(sound)
        parts.append(np.zeros((1, int(RATE * random.uniform(0.02, 0.25))), np.float32))
        length += sound.shape[1] + parts[-1].shape[1]
        if length > seconds * RATE:
            break
    if not parts:
        return np.zeros((2, 0), np.float32)
    voice = np.concatenate(parts, 1)
    if not as_it_is:
        voice = changed(voice[0].astype(np.float64), random)[None].astype(np.float32)
    stereo = panned(voice, random.uniform(-0.15, 0.15))
    return effects("vocals", random)(stereo, RATE) if random.random() < 0.7 else stereo


def write(path: Path, sound: Floats) -> None:
    """Write a sound at -20 dB where it sounds, or as loud as it can be."""
    heard = sound[:, np.abs(sound).max(0) > 1e-3]
    power = float(np.square(heard).mean()) if heard.size else 0.0
    if sound.shape[1] < 6 * RATE or power <= 0:
        return
    gain = min(10 ** (-20 / 20) / np.sqrt(power), 0.95 / max(1e-6, float(np.abs(sound).max())))
    temporary = path.with_suffix(".part")
    with temporary.open("wb") as file:
        np.save(file, np.rint(sound * (gain * 32767)).astype(np.int16)[None])
    temporary.rename(path)
    print(f"{path.name}: {sound.shape[1] / RATE:.0f} s", flush=True)


def main() -> None:
    """Write what is asked for; files that are there stay."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--voices", type=Path, nargs="*", default=[], help="folders, each of one speaker")
    parser.add_argument("--music", type=Path, nargs="*", default=[], help="folders of pieces without voices")
    parser.add_argument("--takes", type=int, default=2, help="files a speaker")
    parser.add_argument("--seconds", type=float, default=60.0, help="length of each file at most")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for take in range(arguments.takes):
        for folder in arguments.voices:
            paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS)
            name = f"{folder.parent.name}-{folder.name}".replace(" ", "")
            target = arguments.out / f"voice-{name}-{take}.npy"
            if not target.exists() and paths:
                random = np.random.default_rng([take, zlib.crc32(name.encode())])
                write(target, speaker(paths, arguments.seconds, random))
    for folder in arguments.music:
        for path in sorted(folder.iterdir()):
            target = arguments.out / f"music-{folder.name}-{path.stem}.npy".replace(" ", "")
            if path.suffix.lower() in ENDINGS and not target.exists():
                sound = decoded(path, 2)
                start = max(0, (sound.shape[1] - round(arguments.seconds * RATE)) // 2)
                write(target, sound[:, start : start + round(arguments.seconds * RATE)])


if __name__ == "__main__":
    main()
