"""Getting the weights of a pretrained model, when and only when the user asks for it."""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex

from songsmith.errors import InputError, MissingPart
from songsmith.separation.locations import PRETRAINED, URL, find_weights, own_folder

BLOCK = 2**18
LARGEST_BYTES = 2 * 2**30
TIMEOUT_S = 30


def fetch(name: str, progress: Callable[[float], None] | None = None, url: str = URL) -> tuple[Path, ...]:
    """Fetch the weights of a pretrained model into the cache and return its files; those there already are kept.

    Parameters
    ----------
    progress : called with how much is done, 0 to 1
    url : where the files are, ending in a slash

    Raises
    ------
    InputError for a name that is no pretrained model, MissingPart where the files cannot be had.
    """
    if name not in PRETRAINED:
        raise InputError(f"there is nothing called {name[:100]!r} to fetch: use one of {', '.join(PRETRAINED)}")
    there = find_weights(name)
    if there is not None:
        return there
    folder = own_folder()
    files = PRETRAINED[name].files
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, file in enumerate(files):
            target = folder / Path(file).name
            if not target.is_file():

                def tell(share: float, number: int = number) -> None:
                    if progress is not None:
                        progress((number + share) / len(files))

                _download(url + file, target, tell)
    except OSError as err:
        raise InputError(f"{folder}: cannot be written to ({err.strerror or err}); set $SONGSMITH_CACHE") from err
    return tuple(folder / Path(file).name for file in files)


def _download(url: str, target: Path, tell: Callable[[float], None]) -> None:
    """Download one file whose name ends in the first digits of its hash."""
    stated = target.stem.rpartition("-")[2]
    temporary = target.with_name(f".{target.name}-{token_hex(6)}")
    digest, received = hashlib.sha256(), 0
    try:
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer, temporary.open("wb") as file:
                size = int(answer.headers.get("Content-Length") or 0)
                while block := answer.read(BLOCK):
                    received += len(block)
                    if received > LARGEST_BYTES:
                        raise MissingPart(f"{url}: is larger than {LARGEST_BYTES // 2**30} GB; that is no model")
                    digest.update(block)
                    file.write(block)
                    tell(min(1.0, received / size) if size else 0.0)
        except (urllib.error.URLError, TimeoutError, ConnectionError) as err:
            reason = getattr(err, "reason", err)
            raise MissingPart(
                f"{url}: cannot be fetched ({reason}); copy the file into {target.parent}, or use songsmith-mini"
            ) from err
        if not digest.hexdigest().startswith(stated):
            raise MissingPart(f"{url}: what came is not the file (its hash is not {stated}...); try again later")
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
