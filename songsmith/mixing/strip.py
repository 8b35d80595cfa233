"""What a mix did to its voices, kept so that a line of them can be put in again without mixing everything anew.

The gain of a channel and how far it is dipped move with the whole song: they come from loudness measured over all of
it. Kept as curves, they are the same for a new line in an old mix. The curves are straight between the edges of the
limiter's hops, finer than anything in them moves.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from songsmith.errors import InputError
from songsmith.mixing.curves import draw_lines
from songsmith.mixing.limiter import HOP
from songsmith.npz import read_array

Samples = npt.NDArray[np.float32]

MOST_VOICES = 64
LONGEST_FRAMES = 3600 * 48_000
_FIELDS = ("factors", "gain", "dip")


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """The settings of a channel of voices in a finished mix.

    Parameters
    ----------
    factors : `[voices, 2]` what each voice is multiplied with before and after its effects
    gain : `[edges]` gain of the channel in the mix, at every 35th frame, and one past the end
    dip : `[edges]` share of the band of speech that is taken out
    """

    factors: npt.NDArray[np.float64]
    gain: Samples
    dip: Samples

    @classmethod
    def of(cls, factors: tuple[tuple[float, float], ...], gain: Samples, dip: Samples | None) -> Strip:
        """Return the strip of gains and shares that are known for every frame."""
        last = len(gain) - 1
        edges = np.minimum(np.arange(-(-len(gain) // HOP) + 1) * HOP, last)
        shares = np.zeros(len(edges), np.float32) if dip is None else dip[edges]
        return cls(np.asarray(factors, np.float64).reshape(-1, 2), gain[edges], shares)

    def gains(self, start: int, stop: int) -> Samples:
        """Return the gain of the frames from `start` to before `stop`."""
        return _piece(self.gain, start, stop)

    def dips(self, start: int, stop: int) -> Samples:
        """Return the share that is taken out in the frames from `start` to before `stop`."""
        return _piece(self.dip, start, stop)


def _piece(edges: Samples, start: int, stop: int) -> Samples:
    first = start // HOP
    drawn = draw_lines(edges[first : -(-stop // HOP) + 1], HOP, stop - first * HOP)
    return drawn[start - first * HOP :]


def strips_to_npz(strips: Mapping[str, Strip]) -> bytes:
    """Return the file of the strips of a mix by the name of their channel, the same bytes on every machine."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in sorted(strips):
            for field in _FIELDS:
                values = np.asarray(getattr(strips[name], field))
                array = io.BytesIO()
                np.lib.format.write_array(array, np.ascontiguousarray(values), version=(1, 0), allow_pickle=False)
                member = zipfile.ZipInfo(f"{name}.{field}.npy", date_time=(1980, 1, 1, 0, 0, 0))
                member.compress_type = zipfile.ZIP_DEFLATED
                member.create_system = 3
                member.external_attr = 0o644 << 16
                archive.writestr(member, array.getvalue())
    return out.getvalue()


def strips_from_npz(content: bytes, where: str, names: tuple[str, ...], frames: int) -> dict[str, Strip]:
    """Return the strips of a file that are there; raise InputError where they are not those of `frames` frames.

    `where` names the file in messages.
    """
    edges = -(-frames // HOP) + 1
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            known = set(archive.namelist())
            strips = {}
            for name in names:
                if f"{name}.gain.npy" not in known:
                    continue
                read = {field: read_array(archive, f"{name}.{field}", 4 * edges + 4096, True) for field in _FIELDS}
                strips[name] = _checked(Strip(**read), edges)
            return strips
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, EOFError, NotImplementedError) as err:
        raise InputError(f"{where}: cannot be read ({err}): make the song again") from err


def _checked(strip: Strip, edges: int) -> Strip:
    """Return a strip with its arrays as they have to be; raise ValueError where they are not."""
    factors, gain, dip = (np.asarray(array, np.float64) for array in (strip.factors, strip.gain, strip.dip))
    if factors.ndim != 2 or factors.shape[1] != 2 or len(factors) > MOST_VOICES:
        raise ValueError(f"factors of shape {factors.shape}")
    if gain.shape != (edges,) or dip.shape != (edges,):
        raise ValueError(f"curves of {gain.shape} and {dip.shape} instead of {edges} values")
    if not all(np.isfinite(array).all() and (array >= 0.0).all() for array in (factors, gain, dip)):
        raise ValueError("values that are negative or no numbers")
    return Strip(factors, gain.astype(np.float32), dip.astype(np.float32))
