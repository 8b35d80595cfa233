"""A guess for words no dictionary has: the letter-to-sound network that comes with g2p_en.

Only its weights are used. Importing g2p_en itself pulls in nltk (1.5 s) and tries to download data, neither of
which the network needs: it is one GRU that reads the letters and one that says the sounds, 128 units each.
Source: Park & Kim, g2p_en 2.1.0 (checkpoint20.npz); Cho et al. 2014 for the gated recurrent unit.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from lyrics.arpabet import CONSONANTS, VOWELS
from lyrics.errors import MissingData

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

LETTERS = ("<pad>", "<unk>", "</s>", *"abcdefghijklmnopqrstuvwxyz")
SOUNDS = (
    *("<pad>", "<unk>", "<s>", "</s>"),
    *sorted(["UW", *CONSONANTS, *(vowel + digit for vowel in VOWELS for digit in "012")]),
)
START, END = SOUNDS.index("<s>"), SOUNDS.index("</s>")

MAX_SOUNDS = 40
"""Where decoding stops at the latest."""


@cache
def _weights() -> dict[str, Array]:
    import numpy as np

    spec = importlib.util.find_spec("g2p_en")
    if spec is None or spec.origin is None:
        raise MissingData("the package g2p-en is not installed; run: pip install g2p-en==2.1.0")
    with np.load(Path(spec.origin).with_name("checkpoint20.npz"), allow_pickle=False) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}


def _step(side: str, x: Array, h: Array) -> Array:
    """Return the next state of the GRU `enc` or `dec`; `x` and `h` are [units]."""
    import numpy as np

    w = _weights()
    from_input = w[f"{side}_w_ih"] @ x + w[f"{side}_b_ih"]
    from_state = w[f"{side}_w_hh"] @ h + w[f"{side}_b_hh"]
    reset_in, update_in, new_in = np.split(from_input, 3)
    reset_state, update_state, new_state = np.split(from_state, 3)
    reset = 1 / (1 + np.exp(-(reset_in + reset_state)))
    update = 1 / (1 + np.exp(-(update_in + update_state)))
    candidate = np.tanh(new_in + reset * new_state)
    result: Array = (1 - update) * candidate + update * h
    return result


def predict(word: str) -> tuple[str, ...]:
    """Return the ARPAbet symbols that the network says for the lower-case ASCII `word`."""
    import numpy as np

    w = _weights()
    unknown = LETTERS.index("<unk>")
    state = np.zeros(w["enc_w_hh"].shape[1], np.float32)
    for letter in [*word, "</s>"]:
        state = _step("enc", w["enc_emb"][LETTERS.index(letter) if letter in LETTERS else unknown], state)
    sounds: list[str] = []
    said = START
    while len(sounds) < MAX_SOUNDS:
        state = _step("dec", w["dec_emb"][said], state)
        said = int(np.argmax(w["fc_w"] @ state + w["fc_b"]))
        if said == END:
            break
        sounds.append(SOUNDS[said])
    return tuple("UW0" if sound == "UW" else sound for sound in sounds if not sound.startswith("<"))
