"""Manifests of four formats: one meaning, rows that cannot be read told one by one, whatever the file holds."""

from __future__ import annotations

import json
import os
import tracemalloc
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songsmith.batching import manifest
from songsmith.batching.keys import Source
from songsmith.batching.manifest import BadRow, check_manifest, count_rows, read_manifest
from songsmith.batching.rows import Reader
from songsmith.errors import InputError, SongsmithError

ROWS = [
    {"id": "a", "prompt": "folk, 90 BPM", "lyrics": '[Verse]\nCopper, "kettle"\nfire\n', "seed": 3},
    {"id": "b", "prompt": "café waltz", "tempo": 92.5, "instrumental": True},
]
AS_TEXT = {
    "m.jsonl": "\n".join(map(json.dumps, ROWS)) + "\n",
    "m.csv": "id,prompt,lyrics,seed,tempo,instrumental\n"
    'a,"folk, 90 BPM","[Verse]\nCopper, ""kettle""\nfire\n",3,,\nb,café waltz,,,92.5,true\n',
    "m.yaml": '- id: a\n  prompt: folk, 90 BPM\n  seed: 3\n  lyrics: |\n    [Verse]\n    Copper, "kettle"\n    fire\n'
    "- {id: b, prompt: café waltz, tempo: 92.5, instrumental: true}\n",
    "m.toml": '[[song]]\nid = "a"\nprompt = "folk, 90 BPM"\nseed = 3\n'
    'lyrics = """\n[Verse]\nCopper, "kettle"\nfire\n"""\n'
    '[[song]]\nid = "b"\nprompt = "café waltz"\ntempo = 92.5\ninstrumental = true\n',
}  # fmt: skip


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("name", AS_TEXT)
def test_each_format_says_the_same(name: str, tmp_path: Path) -> None:
    path = check_manifest(write(tmp_path, name, AS_TEXT[name]))
    rows = list(read_manifest(path))
    reader = Reader(Source(tmp_path, name.endswith(".csv")))
    assert [number for number, _ in rows] == [1, 2]
    assert [reader.read(raw, n) for n, raw in rows] == [
        Reader(Source(tmp_path)).read(raw, n) for n, raw in enumerate(ROWS, 1)
    ]
    assert count_rows(path) >= 2


@pytest.mark.parametrize("name", AS_TEXT)
def test_line_ends_and_marks_of_windows_change_nothing(name: str, tmp_path: Path) -> None:
    plain = list(read_manifest(write(tmp_path, name, AS_TEXT[name])))
    if name.endswith(".csv"):  # line ends within quotes are text
        plain_text = AS_TEXT[name].replace('[Verse]\nCopper, ""kettle""\nfire\n', "x")
        plain = list(read_manifest(write(tmp_path, name, plain_text)))
        marked = b"\xef\xbb\xbf" + plain_text.replace("\n", "\r\n").encode()
    else:
        marked = b"\xef\xbb\xbf" + AS_TEXT[name].replace("\n", "\r\n").encode()
    assert list(read_manifest(write(tmp_path, "w-" + name, marked))) == plain


def problems(path: Path) -> list[str]:
    return [str(raw) for _, raw in read_manifest(path) if isinstance(raw, BadRow)]


def test_a_bad_line_costs_only_itself(tmp_path: Path) -> None:
    lines = [
        b'{"prompt": "one"}', b"{", b"5", b'{"tempo": NaN}', b'{"prompt": "caf\xe9"}', b'{"a": 1, "a": 2}', b"",
        b'{"seed": ' + b"9" * 5000 + b"}", b"[" * 100_000, b'{"prompt": "' + b"x" * 3_000_000 + b'"}', b"\0",
        b'{"prompt": "two"}',
    ]  # fmt: skip
    path = write(tmp_path, "m.jsonl", b"\n".join(lines))
    rows = list(read_manifest(path))
    good = [(number, raw) for number, raw in rows if not isinstance(raw, BadRow)]
    assert good == [(1, {"prompt": "one"}), (12, {"prompt": "two"})]
    told = problems(path)
    expected = ["row 2: is not valid JSON", "row 3: 5 is no object", "row 4: is not valid JSON (NaN",
                "row 5: is not UTF-8 text (byte 15)", "row 6: is not valid JSON (the key 'a' is there twice)",
                "row 8: is not valid JSON", "row 9: is nested too deeply", "row 10: has more than 2000000 bytes",
                "row 11: is not valid JSON"]  # fmt: skip
    assert len(told) == len(expected)
    for message, beginning in zip(told, expected, strict=True):
        assert message.startswith(beginning)
        assert len(message) < 400


def test_csv_cells_and_lines_that_are_wrong(tmp_path: Path) -> None:
    text = b"id,prompt\na,one\nb,two,three\nc,caf\xe9\n\nd\n"
    rows = list(read_manifest(write(tmp_path, "m.csv", text)))
    assert rows[0] == (1, {"id": "a", "prompt": "one"})
    assert "row 2: has 3 values, the first line 2 names" in str(rows[1][1])
    assert "row 3: prompt is not UTF-8 text" in str(rows[2][1])
    assert rows[3] == (4, {"id": "d"})
    after = list(read_manifest(write(tmp_path, "n.csv", b'prompt\n"one"x\ntwo\n')))
    assert len(after) == 1, "what comes after a broken quote may be a lyric as well as a row"
    assert "nothing behind it is read" in str(after[0][1])
    endless = list(read_manifest(write(tmp_path, "o.csv", b'prompt\n"one\n' + b"la\n" * 10)))
    assert "nothing behind it is read" in str(endless[0][1])
    long = list(read_manifest(write(tmp_path, "p.csv", b"prompt\n" + b"x" * 3_000_000 + b"\ntwo\n")))
    assert "row 1: has more than 2000000 bytes in a line" in str(long[0][1])


LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)

BAD = {
    "empty.jsonl": ("", None),
    "empty.csv": ("", "its first line is empty"),
    "twice.csv": ("id,id\na,b\n", "names 'id' twice"),
    "latin.csv": (b"caf\xe9\nx\n", "is not UTF-8"),
    "laughs.yaml": (LAUGHS, "an alias is not read"),
    "merge.yaml": ("- &a {prompt: x}\n- {<<: *a}\n", "an alias is not read"),
    "twice.yaml": ("- {prompt: x, prompt: y}\n", "is there twice"),
    "deep.yaml": ("[" * 5000, "nested too deeply"),
    "tag.yaml": ("- !!python/object/apply:os.system ['touch x']\n", "could not determine a constructor"),
    "broken.yaml": ("- {", "cannot be read"),
    "word.yaml": ("word\n", "holds no list of rows"),
    "none.yaml": ("", "holds no list of rows"),
    "broken.toml": ("[[song]\n", "cannot be read"),
    "table.toml": ("[song]\nprompt = 'x'\n", "holds no list of rows"),
    "latin.toml": (b"# caf\xe9\n", "is not UTF-8 text (byte 5)"),
    "deep.toml": ("a = " + "[" * 5000, "cannot be read"),
    "number.toml": ("a = " + "9" * 5000, "cannot be read"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_is_no_manifest(name: str, tmp_path: Path) -> None:
    content, expected = BAD[name]
    path = check_manifest(write(tmp_path, name, content))
    if expected is None:
        assert list(read_manifest(path)) == []
        return
    with pytest.raises(InputError) as refused:
        list(read_manifest(path))
    message = str(refused.value)
    assert message.startswith(f"{path}: ")
    assert expected in message or "nested too deeply" in message
    assert "\n" not in message
    assert len(message) < 700
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]


def test_paths_that_are_no_manifest(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    for name, expected in {
        "nowhere.jsonl": "no such file", ".": "is not a file", "pipe.jsonl": "is not a file", "a\0b.jsonl": "be read",
        "/dev/zero": "is not a file",
    }.items():  # fmt: skip
        with pytest.raises(InputError, match=expected):
            check_manifest(tmp_path / name)
    with pytest.raises(InputError, match=r"is no manifest by its name; use one of \.jsonl"):
        check_manifest(write(tmp_path, "m.txt", "x"))


def test_a_large_whole_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "LARGEST_WHOLE", 10)
    with pytest.raises(InputError, match=r"at most 10 are read whole: use JSONL or CSV"):
        list(read_manifest(write(tmp_path, "m.toml", AS_TEXT["m.toml"])))


@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
def test_a_long_manifest_is_never_held(suffix: str, tmp_path: Path) -> None:
    head, row = (
        (b"prompt,lyrics\n", b'folk,"%s"\n') if suffix == "csv" else (b"", b'{"prompt": "folk", "lyrics": "%s"}\n')
    )
    with (tmp_path / f"m.{suffix}").open("wb") as file:
        file.write(head)
        for _ in range(100):
            file.write((row % (b"la " * 100)) * 1000)
    rows = read_manifest(tmp_path / f"m.{suffix}")
    next(rows)
    tracemalloc.start()
    try:
        assert sum(1 for _ in islice(rows, 20_000)) == 20_000
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()
    assert sum(1 for _ in rows) == 79_999
    assert count_rows(tmp_path / f"m.{suffix}") == 100_000


@given(st.sampled_from(["jsonl", "csv", "yaml", "toml"]), st.binary(max_size=300) | st.text(max_size=300))
@settings(max_examples=2000, deadline=None)
def test_any_bytes_are_rows_or_refused(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, content: str | bytes
) -> None:
    data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    path = tmp_path_factory.getbasetemp() / f"any.{suffix}"
    path.write_bytes(data)
    told: list[tuple[str, str]] = []
    try:
        for number, raw in read_manifest(path):
            try:
                if isinstance(raw, BadRow):
                    raise raw
                Reader(Source(path.parent, suffix == "csv")).read(raw, number)
            except InputError as err:
                told.append((str(err), f"row {number}: "))
    except SongsmithError as err:
        told.append((str(err), str(path)))
    assert all(message.startswith(beginning) for message, beginning in told)
