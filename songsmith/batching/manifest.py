"""The rows of a manifest: JSONL and CSV line by line, however many there are, YAML and TOML whole.

A row that cannot be read is one `Refused` row; a file that cannot be read raises InputError before the first row.
"""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NoReturn

from songsmith.errors import InputError, MissingPart
from songsmith.shown import shown

FORMATS = (".jsonl", ".ndjson", ".csv", ".yaml", ".yml", ".toml")
LONGEST_LINE = 2_000_000
LARGEST_WHOLE = 20_000_000
"""Bytes; of a line of JSONL or CSV, and of a YAML or TOML file, which is held whole."""

DEEPEST = 20
_SHOWN = 60


class BadRow(InputError):  # noqa: N818 - named after what it is
    """A row that cannot be read; `is_last` where nothing behind it can be, either."""

    def __init__(self, problem: str, is_last: bool = False) -> None:
        super().__init__(problem)
        self.is_last = is_last


def check_manifest(path: Path) -> Path:
    """Return the path of a manifest, links followed; raise InputError where it is none by its name or kind."""
    try:
        path = Path(path).expanduser().resolve()
        is_file, there = path.is_file(), path.exists()
    except (OSError, ValueError, RuntimeError) as err:
        raise InputError(f"{str(path)[:200]}: cannot be read ({err}); give the path of a manifest") from err
    if not there:
        raise InputError(f"{path}: there is no such file; give the path of a manifest")
    if not is_file:
        raise InputError(f"{path}: is not a file; give the path of a manifest")
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"{path}: is no manifest by its name; use one of {', '.join(FORMATS)}")
    return path


def is_text_only(path: Path) -> bool:
    """Return whether all values of a manifest are texts."""
    return path.suffix.lower() == ".csv"


def read_manifest(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | BadRow]]:
    """Yield the rows of a manifest with their numbers, from 1.

    Raises InputError where the file cannot be read, MissingPart where it is YAML and pyyaml is not installed.
    """
    suffix = path.suffix.lower()
    try:
        if suffix in (".jsonl", ".ndjson"):
            yield from _jsonl_rows(path)
        elif suffix == ".csv":
            yield from _csv_rows(path)
        else:
            yield from _whole_rows(path, _yaml_value if suffix in (".yaml", ".yml") else _toml_value)
    except OSError as err:
        raise InputError(f"{path}: cannot be read ({err.strerror}); give a readable manifest") from err


def count_rows(path: Path) -> int:
    """Return how many rows a manifest has, about: lines are counted, not read."""
    if path.suffix.lower() not in (".jsonl", ".ndjson", ".csv"):
        return sum(1 for _ in read_manifest(path))
    with path.open("rb") as file:
        lines, last = 0, b"\n"
        while block := file.read(2**20):
            lines += block.count(b"\n")
            last = block[-1:]
    return max(0, lines + (last != b"\n") - (path.suffix.lower() == ".csv"))


def _lines(file: IO[bytes]) -> Iterator[bytes | None]:
    """Yield the lines of a file, None for one that is too long; no more than one is held."""
    while line := file.readline(LONGEST_LINE + 1):
        if len(line) <= LONGEST_LINE:
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(LONGEST_LINE)
        yield None


def _jsonl_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | BadRow]]:
    with path.open("rb") as file:
        for number, line in enumerate(_lines(file), 1):
            if line is not None and not line.strip(b" \t\r\n\xef\xbb\xbf"):
                continue  # a blank line is no row; the others keep the numbers of their lines
            try:
                yield number, _json_row(line, number)
            except BadRow as err:
                yield number, err


def _json_row(line: bytes | None, number: int) -> Mapping[str, Any]:
    source = f"row {number}"
    if line is None:
        raise BadRow(f"{source}: has more than {LONGEST_LINE} bytes: put the lyrics in a file")

    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is not a JSON number")

    def table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(pairs)
        if len(values) < len(pairs):
            twice = next(key for i, (key, _) in enumerate(pairs) if key in {name for name, _ in pairs[:i]})
            raise ValueError(f"the key {shown(twice, _SHOWN)} is there twice")
        return values

    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        value = json.loads(text, parse_constant=refuse, object_pairs_hook=table)
    except UnicodeDecodeError as err:
        raise BadRow(f"{source}: is not UTF-8 text (byte {err.start}): save the manifest as UTF-8") from err
    except RecursionError as err:
        raise BadRow(f"{source}: is nested too deeply to be a row") from err
    except ValueError as err:
        raise BadRow(f"{source}: is not valid JSON ({_short(err)}): write an object a line") from err
    if not isinstance(value, dict):
        raise BadRow(f"{source}: {shown(value, _SHOWN)} is no object: write {{...}}, one a line")
    return value


def _csv_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any] | BadRow]]:
    """Yield the rows of a CSV file whose first line names the keys; a row is numbered as records are, from 1."""

    def texts(file: IO[bytes]) -> Iterator[str]:
        for number, line in enumerate(_lines(file)):
            if line is None:
                raise BadRow(f"has more than {LONGEST_LINE} bytes in a line; nothing behind it is read", True)
            yield line.decode("utf-8-sig" if number == 0 else "utf-8", "surrogateescape")

    with path.open("rb") as file:
        reader = csv.reader(texts(file), strict=True)
        header = _csv_header(path, reader)
        number = 0
        while True:
            number += 1
            try:
                cells = _next_record(reader)
            except (csv.Error, BadRow) as err:  # where one record ends wrongly, nobody knows where the next begins
                problem = (
                    str(err) if isinstance(err, BadRow) else f"is not valid CSV ({err}); nothing behind it is read"
                )
                yield number, BadRow(f"row {number}: {problem}", True)
                return
            if cells is None:
                return
            if not cells:
                number -= 1  # a blank line is no record
                continue
            try:
                yield number, _csv_row(header, cells, number)
            except BadRow as err:
                yield number, err


def _next_record(reader: Iterator[list[str]]) -> list[str] | None:
    """Return the next record, None at the end; a value may be as long as a line."""
    before = csv.field_size_limit(LONGEST_LINE)
    try:
        return next(reader, None)
    finally:
        csv.field_size_limit(before)


def _csv_header(path: Path, reader: Iterator[list[str]]) -> list[str]:
    try:
        header = [name.strip() for name in next(reader, [])]
    except (csv.Error, BadRow) as err:
        raise InputError(f"{path}: its first line cannot be read ({err}): name the keys there") from err
    broken = next((name for name in header if any("\ud800" <= character <= "\udfff" for character in name)), None)
    if broken is not None:
        raise InputError(f"{path}: its first line is not UTF-8 text: save the manifest as UTF-8")
    twice = next((name for i, name in enumerate(header) if name in header[:i]), None)
    if not header or "" in header or twice is not None:
        seen = "is empty" if not header or "" in header else f"names {shown(twice, _SHOWN)} twice"
        raise InputError(f"{path}: its first line {seen}: name each column once, such as id,prompt,lyrics_file")
    return header


def _csv_row(header: list[str], cells: list[str], number: int) -> Mapping[str, Any]:
    if len(cells) > len(header):
        raise BadRow(
            f"row {number}: has {len(cells)} values, the first line {len(header)} names: put texts in quotes"
        )
    for name, cell in zip(header, cells, strict=False):
        if any("\ud800" <= character <= "\udfff" for character in cell):
            raise BadRow(f"row {number}: {name} is not UTF-8 text: save the manifest as UTF-8")
    return dict(zip(header, cells, strict=False))


def _whole_rows(path: Path, parse: Any) -> Iterator[tuple[int, Mapping[str, Any] | BadRow]]:
    size = path.stat().st_size
    if size > LARGEST_WHOLE:
        raise InputError(f"{path}: has {size} bytes, at most {LARGEST_WHOLE} are read whole: use JSONL or CSV")
    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as err:
        raise InputError(f"{path}: is not UTF-8 text (byte {err.start}); save it as UTF-8") from err
    try:
        value = parse(text)
    except RecursionError as err:
        raise InputError(f"{path}: is nested too deeply to be a manifest") from err
    except ValueError as err:
        raise InputError(f"{path}: cannot be read ({_short(err)}); mend it") from err
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    if not isinstance(value, list):
        raise InputError(f"{path}: holds no list of rows: write [[song]] tables (TOML) or a list (YAML)")
    for number, row in enumerate(value, 1):
        good = isinstance(row, dict)
        yield number, row if good else BadRow(f"row {number}: {shown(row, _SHOWN)} is no row: give keys and values")


def _toml_value(text: str) -> Any:
    return tomllib.loads(text)


def _yaml_value(text: str) -> Any:
    """Return what a YAML text says.

    Aliases are refused, as a few of them within one another stand for more than any memory holds, and so are keys
    that are there twice.
    """
    try:
        import yaml
    except ImportError as err:
        raise MissingPart(
            "YAML manifests need pyyaml: install it (pip install pyyaml), or write the manifest as JSONL, CSV or TOML"
        ) from err
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        depth = 0
        for event in yaml.parse(text, Loader=loader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if isinstance(event, yaml.AliasEvent):
                raise ValueError(f"line {event.start_mark.line + 1}: an alias is not read: write the row out")
            if depth > DEEPEST:
                raise ValueError(f"line {event.start_mark.line + 1}: nested too deeply to be a manifest")
        node = yaml.compose(text, Loader=loader)
        _check_keys(node)
        return yaml.load(text, Loader=loader)
    except yaml.YAMLError as err:
        raise ValueError(str(err)) from err


def _check_keys(node: Any) -> None:
    """Raise ValueError where a mapping of a YAML document has a key twice."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if current is None or isinstance(current.value, str):
            continue
        seen: set[str] = set()
        for child in current.value:
            if not isinstance(child, tuple):
                waiting.append(child)
                continue
            key, value = child
            if isinstance(key.value, str):
                if key.value in seen:
                    line = key.start_mark.line + 1
                    raise ValueError(f"line {line}: the key {shown(key.value, _SHOWN)} is there twice")
                seen.add(key.value)
            waiting.append(value)


def _short(err: Exception) -> str:
    """Return the message of a reader in one bounded line of its own."""
    text = " ".join(str(err).split())
    return text if len(text) <= 200 else text[:197] + "..."
