"""Arrays out of an archive of a stranger: no more is read or reserved than the caller allows, and nothing is run."""

from __future__ import annotations

import io
import math
import zipfile
from typing import Any

import numpy as np
import numpy.typing as npt

_ENCRYPTED = 1


def read_array(archive: zipfile.ZipFile, name: str, largest: int, packed: bool = False) -> npt.NDArray[Any]:
    """Return the array of a member of an npz archive; raise ValueError where it is not a plain array of numbers.

    Parameters
    ----------
    name : of the array, without `.npy`
    largest : bytes of the member at most
    packed : whether the member may be compressed

    Raises KeyError where there is no such member. Broken members raise what zipfile and numpy raise, which have no
    common class.
    """
    member = archive.getinfo(f"{name}.npy")
    if member.flag_bits & _ENCRYPTED:
        raise ValueError(f"{name} is encrypted")
    allowed = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) if packed else (zipfile.ZIP_STORED,)
    if member.compress_type not in allowed:
        raise ValueError(f"{name} is compressed in a way that is not read")
    if member.file_size > largest:
        raise ValueError(f"{name} has {member.file_size} bytes, at most {largest} are read")
    with archive.open(member) as file:
        content = io.BytesIO(file.read(largest + 1))
    if np.lib.format.read_magic(content) != (1, 0):
        raise ValueError(f"{name} is not a version 1.0 array")
    shape, by_column, dtype = np.lib.format.read_array_header_1_0(content)
    values = content.read()
    if dtype.hasobject or dtype.kind not in "fiu" or min(shape, default=0) < 0:
        raise ValueError(f"{name} is {dtype} of shape {shape}, not numbers")
    if len(values) != dtype.itemsize * math.prod(shape):
        raise ValueError(f"{name} holds {len(values)} bytes, not the {shape} of {dtype} that it says")
    return np.frombuffer(values, dtype).reshape(shape, order="F" if by_column else "C")
