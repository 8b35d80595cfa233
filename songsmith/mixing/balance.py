"""Levels by measurement: parts against each other, the vocal against everything else, and ducking under it.

Energies are K-weighted mean squares of hops. Gains are linear, one for each hop.
"""

from __future__ import annotations

import numpy as np

from songsmith.mixing.loudness import Energies, integrated_lufs, lufs_to_energy
from songsmith.mixing.settings import VocalChannel
from songsmith.units import db_to_gain

HOPS_PER_BLOCK = 4  # hops of 100 ms in a loudness block of 400 ms
RIDE_WINDOW_HOPS = 21
FULL_PRESENCE_DB = -12.0
NO_PRESENCE_DB = -26.0
SPARSE_BACKING_LU = -8.0


def level_gain(energies: Energies, target_lufs: float) -> float:
    """Return the gain that brings a part to a loudness over the time it plays; 1 for a silent part."""
    level = integrated_lufs(energies, HOPS_PER_BLOCK)
    known = min(level, target_lufs) > float("-inf")
    return db_to_gain(target_lufs - level) if known else 1.0


def presence(energies: Energies, hop_s: float, smooth_s: float) -> Energies:
    """Return how much the voice is there, 0 to 1, at every hop: smooth, and a little ahead of the voice."""
    loud = energies[energies > 1e-3 * energies.max(initial=0.0)]
    if not loud.size or loud.mean() <= lufs_to_energy(-70.0):
        return np.zeros(len(energies))
    level_db = 10.0 * np.log10(np.maximum(energies, 1e-12) / loud.mean())
    there = np.clip((level_db - NO_PRESENCE_DB) / (FULL_PRESENCE_DB - NO_PRESENCE_DB), 0.0, 1.0)
    return _smooth(there, max(1, round(smooth_s / hop_s)))


def duck_gain(presence_now: Energies, depth_db: float) -> Energies:
    """Return the gain of a part that makes room for the voice."""
    return np.asarray(10.0 ** (-depth_db * presence_now / 20.0))


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


def per_longer_hop(values: Energies, factor: int, count: int) -> Energies:
    """Return the means over every `factor` hops, `count` of them; the last hop is repeated to fill up."""
    padded = np.pad(values, (0, max(0, count * factor - len(values))), mode="edge")[: count * factor]
    return np.asarray(padded.reshape(count, factor).mean(axis=1))


def _smooth(values: Energies, reach: int) -> Energies:
    """Return the mean under a raised cosine that reaches `reach` hops to both sides, the ends held."""
    window = np.hanning(2 * reach + 1 + 2)[1:-1]
    padded = np.pad(values, reach, mode="edge")
    return np.asarray(np.convolve(padded, window / window.sum(), mode="valid"))
