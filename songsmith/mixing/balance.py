"""Levels by measurement: parts against each other, the vocal against everything else, and ducking under it.

Energies are K-weighted mean squares of hops. Gains are linear, one for each hop.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from songsmith.mixing.clarity import audibility, sounding
from songsmith.mixing.loudness import HOPS_PER_BLOCK, Energies, integrated_lufs, lufs_to_energy
from songsmith.mixing.settings import ClarityAim, VocalChannel
from songsmith.units import db_to_gain

RIDE_WINDOW_HOPS = 21
FULL_PRESENCE_DB = -12.0
NO_PRESENCE_DB = -26.0
BRIDGED_S = 0.7  # a silence of the voice this short lies inside a phrase
SPARSE_BACKING_LU = -8.0


def level_gain(energies: Energies, target_lufs: float) -> float:
    """Return the gain that brings a part to a loudness over the time it plays; 1 for a silent part."""
    level = integrated_lufs(energies, HOPS_PER_BLOCK)
    known = min(level, target_lufs) > float("-inf")
    return db_to_gain(target_lufs - level) if known else 1.0


def presence(energies: Energies, hop_s: float, smooth_s: float) -> Energies:
    """Return how much the voice is there, 0 to 1, at every hop: smooth, and a little ahead of the voice.

    Between words it stays, so that what makes room for the voice moves with its phrases.
    """
    from scipy.ndimage import grey_closing

    loud = energies[energies > 1e-3 * energies.max(initial=0.0)]
    if not loud.size or loud.mean() <= lufs_to_energy(-70.0):
        return np.zeros(len(energies))
    level_db = 10.0 * np.log10(np.maximum(energies, 1e-12) / loud.mean())
    there = np.clip((level_db - NO_PRESENCE_DB) / (FULL_PRESENCE_DB - NO_PRESENCE_DB), 0.0, 1.0)
    held = grey_closing(there, max(1, round(BRIDGED_S / hop_s)), mode="nearest")
    return _smooth(held, max(1, round(smooth_s / hop_s)))


def duck_gain(presence_now: Energies, depth_db: float) -> Energies:
    """Return the gain of a part that makes room for the voice."""
    return np.asarray(10.0 ** (-depth_db * presence_now / 20.0))


def taken_out(presence_now: Energies, depth_db: float) -> Energies:
    """Return the share of a dip's band that is taken out of a part, 0 to 1."""
    return np.asarray(1.0 - 10.0 ** (-depth_db * presence_now / 20.0))


def vocal_gain(vocal: Energies, backing: Energies, singing: Energies, channel: VocalChannel) -> Energies:
    """Return the vocal's gain at every hop.

    The vocal is ridden towards an even distance from the backing, phrase by phrase, then set so that over all
    moments it sings its energy is `over_backing_db` above the backing's. A backing that is nearly absent
    there counts as 8 LU below its own loudness.

    Parameters
    ----------
    vocal, backing : `[hops]` energies in the same hops, before this gain
    singing : `[hops]` weight of each hop, 0 where the voice is silent
    channel : what the preset asks
    """
    whole = integrated_lufs(backing, HOPS_PER_BLOCK)
    weighted = singing * vocal
    if whole == float("-inf") or not weighted.any():
        return np.ones(len(vocal))
    behind = np.maximum(backing, lufs_to_energy(whole + SPARSE_BACKING_LU))
    near_vocal = _smooth(weighted, RIDE_WINDOW_HOPS)
    near_backing = _smooth(singing * behind, RIDE_WINDOW_HOPS)
    known = np.flatnonzero(_smooth(singing, RIDE_WINDOW_HOPS) > 0.02)
    distance_db = 10.0 * np.log10(np.maximum(near_vocal[known], 1e-12) / np.maximum(near_backing[known], 1e-12))
    middle_db = 10.0 * np.log10(weighted.sum() / (singing * behind).sum())
    limit = channel.ride_limit_db
    ride_db = np.clip(channel.ride * (middle_db - distance_db), -limit, limit)
    ride = 10.0 ** (_smooth(np.interp(np.arange(len(vocal)), known, ride_db), HOPS_PER_BLOCK) / 20.0)
    ratio = float((singing * behind).sum() / (weighted * ride**2).sum())
    return np.asarray(ride * db_to_gain(channel.over_backing_db) * np.sqrt(ratio))


def clearing(voice: Energies, backing: Callable[[float], Energies], wanted: ClarityAim) -> tuple[float, float]:
    """Return how far the parts are dipped under the voice and how far the voice is raised, both in dB.

    Parameters
    ----------
    voice : `[hops, bands]` energies of the voice in the third octaves of `songsmith.mixing.clarity`
    backing : gives the same of everything else for a depth of the dip in dB
    wanted : the clarity to reach and the most that may be done for it
    """
    there = sounding(voice.sum(axis=1))
    if not there.any():
        return 0.0, 0.0

    def missing(dip_db: float, lift_db: float) -> float:
        return wanted.audibility - audibility(voice[there] * 10.0 ** (lift_db / 10.0), backing(dip_db)[there])

    dip_db = _least(lambda depth_db: missing(depth_db, 0.0), wanted.dip_db)
    if dip_db < wanted.dip_db or wanted.lift_db == 0.0:
        return dip_db, 0.0
    return dip_db, _least(lambda lift_db: missing(dip_db, lift_db), wanted.lift_db)


def _least(missing: Callable[[float], float], most: float) -> float:
    """Return the least value, to 0.1 and at most `most`, at which nothing is missing; more must never miss more."""
    if missing(0.0) <= 0.0:
        return 0.0
    if missing(most) > 0.0:
        return most
    low, high = 0.0, most
    while high - low > 0.1:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if missing(middle) > 0.0 else (low, middle)
    return high


def per_longer_hop(values: Energies, factor: int, count: int) -> Energies:
    """Return the means over every `factor` hops, `count` of them; the last hop is repeated to fill up."""
    padded = np.pad(values, (0, max(0, count * factor - len(values))), mode="edge")[: count * factor]
    return np.asarray(padded.reshape(count, factor).mean(axis=1))


def _smooth(values: Energies, reach: int) -> Energies:
    """Return the mean under a raised cosine that reaches `reach` hops to both sides, the ends held."""
    window = np.hanning(2 * reach + 1 + 2)[1:-1]
    padded = np.pad(values, reach, mode="edge")
    return np.asarray(np.convolve(padded, window / window.sum(), mode="valid"))
