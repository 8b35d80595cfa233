"""Ids of items: each is the name of a folder in the output, on any system, and nothing else."""

from __future__ import annotations

import re
import unicodedata

from songsmith.fieldreader import Field

LONGEST_ID, MOST_ID_BYTES = 80, 200
_KEPT_NAMES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def check_id(given: Field) -> str:
    """Return an id that can be the name of a folder on any system; raise InputError for any other."""
    name = given.text()
    plain = name.isprintable() and not any(character in name for character in '/\\:*?"<>|')
    accepted = (
        f"cannot be the name of a folder: use 1 to {LONGEST_ID} letters and figures, with . _ - or blanks between"
    )
    if not name or len(name) > LONGEST_ID or len(name.encode()) > MOST_ID_BYTES or not plain:
        raise given.error(accepted)
    if name[0] in ".#~- " or name[-1] in ". " or _KEPT_NAMES.fullmatch(name) or same_folder(name) == "summary.json":
        raise given.error(accepted)
    return name


def same_folder(name: str) -> str:
    """Return what is equal for two ids that some file system takes for one folder."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
