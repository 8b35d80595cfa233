"""The tables of a SoundFont: its records, and how presets and instruments combine into zones.

Source: E-mu Systems, "SoundFont Technical Specification", version 2.04, 2006 (section numbers below).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from songsmith.errors import InputError

MAX_ZONES = 65536

# Section 7.2 to 7.10: the records of the tables.
RECORDS = {
    b"phdr": np.dtype(
        [("name", "S20"), ("program", "<u2"), ("bank", "<u2"), ("bag", "<u2"), ("unused", "<u4", (3,))]
    ),
    b"pbag": np.dtype([("gen", "<u2"), ("mod", "<u2")]),
    b"pgen": np.dtype([("oper", "<u2"), ("amount", "<i2")]),
    b"inst": np.dtype([("name", "S20"), ("bag", "<u2")]),
    b"ibag": np.dtype([("gen", "<u2"), ("mod", "<u2")]),
    b"igen": np.dtype([("oper", "<u2"), ("amount", "<i2")]),
    b"shdr": np.dtype(
        [("name", "S20"), ("start", "<u4"), ("end", "<u4"), ("loop_start", "<u4"), ("loop_end", "<u4"),
         ("rate", "<u4"), ("key", "u1"), ("correction", "i1"), ("link", "<u2"), ("kind", "<u2")]
    ),
}  # fmt: skip

# Section 8.1.2: the generators used here, by name, with their default values.
GENERATORS = {
    "start_offset": (0, 0), "end_offset": (1, 0), "loop_start_offset": (2, 0), "loop_end_offset": (3, 0),
    "start_coarse": (4, 0), "mod_lfo_to_pitch": (5, 0), "vib_lfo_to_pitch": (6, 0),
    "mod_env_to_pitch": (7, 0), "filter_fc": (8, 13500), "filter_q": (9, 0),
    "mod_lfo_to_filter_fc": (10, 0), "mod_env_to_filter_fc": (11, 0), "end_coarse": (12, 0),
    "mod_lfo_to_volume": (13, 0), "pan": (17, 0), "delay_mod_lfo": (21, -12000), "freq_mod_lfo": (22, 0),
    "delay_vib_lfo": (23, -12000), "freq_vib_lfo": (24, 0), "delay_mod_env": (25, -12000),
    "attack_mod_env": (26, -12000), "hold_mod_env": (27, -12000), "decay_mod_env": (28, -12000),
    "sustain_mod_env": (29, 0), "release_mod_env": (30, -12000), "key_to_mod_env_hold": (31, 0),
    "key_to_mod_env_decay": (32, 0), "delay_vol_env": (33, -12000), "attack_vol_env": (34, -12000),
    "hold_vol_env": (35, -12000), "decay_vol_env": (36, -12000), "sustain_vol_env": (37, 0),
    "release_vol_env": (38, -12000), "key_to_vol_env_hold": (39, 0), "key_to_vol_env_decay": (40, 0),
    "loop_start_coarse": (45, 0), "key": (46, -1), "velocity": (47, -1), "attenuation": (48, 0),
    "loop_end_coarse": (50, 0), "coarse_tune": (51, 0), "fine_tune": (52, 0), "loop_mode": (54, 0),
    "scale_tuning": (56, 100), "exclusive_class": (57, 0), "root_key": (58, -1),
}  # fmt: skip
_BY_NUMBER = {number: name for name, (number, _) in GENERATORS.items()}
_DEFAULTS = {name: default for name, (_, default) in GENERATORS.items()}
_INSTRUMENT, _KEY_RANGE, _VELOCITY_RANGE, _SAMPLE = 41, 43, 44, 53
# Section 8.1.3: what may only stand in an instrument, and is ignored in a preset.
_INSTRUMENT_ONLY = frozenset(
    {
        *("start_offset", "end_offset", "loop_start_offset", "loop_end_offset"),
        *("start_coarse", "end_coarse", "loop_start_coarse", "loop_end_coarse"),
        *("key", "velocity", "loop_mode", "exclusive_class", "root_key"),
    }
)


@dataclass(frozen=True, slots=True)
class Zone:
    """What sounds when a key in `keys` is struck with a velocity in `velocities` (both inclusive).

    `generators` holds a value for each name of `GENERATORS`, preset and instrument already combined.
    """

    keys: tuple[int, int]
    velocities: tuple[int, int]
    sample: int
    generators: Mapping[str, int]

    def covers(self, key: int, velocity: int) -> bool:
        return self.keys[0] <= key <= self.keys[1] and self.velocities[0] <= velocity <= self.velocities[1]


def broken(path: Path, what: str) -> InputError:
    return InputError(f"{path}: not a usable SoundFont: {what}; name another .sf2 or .sf3 file")


_RawZone = tuple[tuple[int, int], tuple[int, int], dict[str, int], int | None]


def _raw_zones(
    bags: npt.NDArray[np.void], gens: npt.NDArray[np.void], first: int, last: int, target: int
) -> list[_RawZone]:
    """Return the zones between two bags as (keys, velocities, values, index of what they play).

    The first zone without a target is global: what it sets holds for the others unless they set it (7.7).
    """
    zones: list[_RawZone] = []
    shared: _RawZone = ((0, 127), (0, 127), {}, None)
    for number, bag in enumerate(range(first, last)):
        keys, velocities, values, plays = shared[0], shared[1], dict(shared[2]), None
        for row in gens[int(bags["gen"][bag]) : int(bags["gen"][bag + 1])]:
            oper, amount = int(row["oper"]), int(row["amount"])
            if oper in (_KEY_RANGE, _VELOCITY_RANGE):
                bounds = (amount & 0xFF, (amount >> 8) & 0xFF)
                keys, velocities = (bounds, velocities) if oper == _KEY_RANGE else (keys, bounds)
            elif oper == target:
                plays = amount & 0xFFFF
            elif oper in _BY_NUMBER:
                values[_BY_NUMBER[oper]] = amount
        if plays is not None:
            zones.append((keys, velocities, values, plays))
        elif number == 0:
            shared = (keys, velocities, values, None)
    return zones


def preset_zones(
    path: Path, tables: Mapping[bytes, npt.NDArray[np.void]], index: int, samples: int
) -> tuple[Zone, ...]:
    """Combine each zone of a preset with each zone of its instrument: preset values are added (9.4)."""
    presets, instruments = tables[b"phdr"], tables[b"inst"]
    zones = []
    bounds = int(presets["bag"][index]), int(presets["bag"][index + 1])
    for keys, velocities, offsets, instrument in _raw_zones(tables[b"pbag"], tables[b"pgen"], *bounds, _INSTRUMENT):
        if instrument is None or instrument >= len(instruments) - 1:
            raise broken(path, f"preset {index} names the instrument {instrument}, which it does not have")
        inner = int(instruments["bag"][instrument]), int(instruments["bag"][instrument + 1])
        for zone in _raw_zones(tables[b"ibag"], tables[b"igen"], *inner, _SAMPLE):
            if zone[3] is None or zone[3] >= samples:
                raise broken(path, f"instrument {instrument} names the sample {zone[3]}, which it does not have")
            key_range = max(keys[0], zone[0][0]), min(keys[1], zone[0][1])
            velocity_range = max(velocities[0], zone[1][0]), min(velocities[1], zone[1][1])
            if key_range[0] > key_range[1] or velocity_range[0] > velocity_range[1]:
                continue
            values = _DEFAULTS | zone[2]
            for name, offset in offsets.items():
                if name not in _INSTRUMENT_ONLY:
                    values[name] += offset
            zones.append(Zone(key_range, velocity_range, zone[3], MappingProxyType(values)))
            if len(zones) > MAX_ZONES:
                raise broken(path, f"preset {index} has more than {MAX_ZONES} zones")
    return tuple(zones)
