"""The text of a user's file, or one clear line on why it is no such thing."""

from __future__ import annotations

from pathlib import Path

from lyrics.errors import LyricsError


def read_text(path: Path, max_bytes: int, what: str) -> str:
    """Return the UTF-8 text of a file that is a `what`, such as "lyric sheet".

    Raises
    ------
    LyricsError
        Where the file cannot be read, is no UTF-8 text or is larger than `max_bytes`; the message starts with the
        path.
    """
    try:
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
        size = path.stat().st_size if len(data) > max_bytes else len(data)
    except FileNotFoundError as err:
        raise LyricsError(f"{path}: no such file; give the path of a {what}") from err
    except IsADirectoryError as err:
        raise LyricsError(f"{path}: is a folder; give the path of a {what}, a UTF-8 text file") from err
    except (OSError, ValueError) as err:
        reason = err.strerror if isinstance(err, OSError) and err.strerror else str(err)
        raise LyricsError(f"{path}: cannot be read ({reason}); give a readable {what}") from err
    if size > max_bytes:
        raise LyricsError(f"{path}: is {size / 1000:.0f} kB; a {what} may have {max_bytes // 1000} kB: keep one song")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise LyricsError(f"{path}: is UTF-16 text; save it again as UTF-8")
    if b"\0" in data:
        raise LyricsError(f"{path}: is a binary file; a {what} is UTF-8 text")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        raise LyricsError(f"{path}: is not UTF-8 text (byte {err.start}); save it again as UTF-8") from err
