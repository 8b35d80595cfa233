"""Rows of strangers: what is an item, what is not, and that nothing of them leads anywhere else."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from songsmith.batching.ids import check_id, same_folder
from songsmith.batching.keys import KEYS, Source
from songsmith.batching.rows import Reader
from songsmith.brief import Brief
from songsmith.errors import InputError
from songsmith.fieldreader import Field
from songsmith.prompt import Overrides, understand

SHEET = "[Verse]\nCopper kettle on the fire\n"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a manifest, with files in it and others beside it."""
    base = tmp_path_factory.mktemp("rows")
    folder = base / "manifest"
    (folder / "words").mkdir(parents=True)
    (folder / "words" / "sheet.txt").write_text(SHEET)
    (folder / "large.txt").write_text("la " * 100_000)
    (folder / "binary.txt").write_bytes(b"\0\1")
    (folder / "latin.txt").write_bytes("caf\xe9".encode("latin-1"))
    (folder / "own.toml").write_text("[x]\n")
    (base / "secret.txt").write_text(SHEET)
    (folder / "link.txt").symlink_to(base / "secret.txt")
    (folder / "loop.txt").symlink_to(folder / "loop.txt")
    (folder / "device.txt").symlink_to("/dev/zero")
    (folder / "inside.txt").symlink_to(folder / "words" / "sheet.txt")
    os.mkfifo(folder / "pipe.txt")
    return folder


def refusal(root: Path, row: object, is_text: bool = False) -> str:
    with pytest.raises(InputError) as refused:
        Reader(Source(root, is_text)).read(row, 7)
    return str(refused.value)


GOOD = {"prompt": "folk", "lyrics": SHEET}

BAD: dict[str, tuple[object, str]] = {
    "not a mapping": (5, "row 7: 5 is no row"),
    "nothing asked": ({"id": "a"}, "has neither prompt nor lyrics nor lyrics_file"),
    "unknown key": ({**GOOD, "tmepo": 90}, "key 'tmepo' is not known: use id, job, prompt"),
    "out of a row": ({**GOOD, "out": "/etc"}, "key 'out' is not known"),
    "key that is no text": ({**GOOD, 5: 1}, "key 5 must be a text"),
    "id with a slash": ({**GOOD, "id": "a/b"}, "id 'a/b' cannot be the name of a folder"),
    "id above": ({**GOOD, "id": ".."}, "id '..' cannot"),
    "hidden id": ({**GOOD, "id": ".batch"}, "id '.batch' cannot"),
    "id of our file": ({**GOOD, "id": "Summary.JSON"}, "cannot be the name"),
    "empty id": ({**GOOD, "id": ""}, "id '' cannot"),
    "long id": ({**GOOD, "id": "a" * 81}, "cannot be the name"),
    "long id in bytes": ({**GOOD, "id": "\u97f3" * 70}, "cannot be the name"),
    "id with a line end": ({**GOOD, "id": "a\nb"}, "cannot be the name"),
    "id with a zero": ({**GOOD, "id": "a\0b"}, "cannot be the name"),
    "id of half a character": ({**GOOD, "id": "\ud800"}, "lone surrogate"),
    "device of Windows": ({**GOOD, "id": "con.txt"}, "cannot be the name"),
    "id that is a list": ({**GOOD, "id": ["a"]}, "id ['a'] must be a text"),
    "id true": ({**GOOD, "id": True}, "id True must be a text"),
    "negative id": ({**GOOD, "id": -1}, "id -1 must be a text"),
    "unknown job": ({**GOOD, "job": "dance"}, "job 'dance' is not known: use one of make"),
    "NaN tempo": ({**GOOD, "tempo": float("nan")}, "tempo nan is out of range: 30 to 300"),
    "infinite tempo": ({**GOOD, "tempo": float("inf")}, "tempo inf is out of range"),
    "tempo in words": ({**GOOD, "tempo": "fast"}, "tempo 'fast' must be a number"),
    "tempo true": ({**GOOD, "tempo": True}, "tempo True must be a number"),
    "half a seed": ({**GOOD, "seed": 1.5}, "seed 1.5 must be a whole number"),
    "huge seed": ({**GOOD, "seed": 10**30}, "seed 1000000000000000000000000000000 is out of range"),
    "endless song": ({**GOOD, "length": 1e9}, "length 1000000000.0 is out of range"),
    "no length": ({**GOOD, "length": 0}, "length 0 is out of range"),
    "unknown key of music": ({**GOOD, "key": "H major"}, "row 7: key"),
    "5/4": ({**GOOD, "meter": "5/4"}, "row 7: meter"),
    "instrumental in words": ({**GOOD, "instrumental": "yes"}, "instrumental 'yes' must be true or false"),
    "instrumental with words": ({**GOOD, "instrumental": True}, "is instrumental and has lyrics"),
    "lyrics twice": ({**GOOD, "lyrics_file": "words/sheet.txt"}, "has lyrics and lyrics_file"),
    "long lyrics": ({"prompt": "folk", "lyrics": "la " * 100_000}, "has 300000 characters"),
    "lyrics of blanks": ({"prompt": "folk", "lyrics": " \n"}, "is empty"),
    "lyrics that are a list": ({"prompt": "folk", "lyrics": ["la"]}, "lyrics ['la'] must be a text"),
    "long prompt": ({"prompt": "la" * 2000, "lyrics": SHEET}, "has 4000 characters: at most 2000"),
    "unknown format": ({**GOOD, "format": "ogg"}, "format 'ogg' is not known: use one of wav, flac, mp3"),
    "file above": ({"lyrics_file": "../secret.txt"}, "leads out of the folder of the manifest"),
    "file elsewhere": ({"lyrics_file": "/etc/passwd"}, "leads out of the folder of the manifest"),
    "link that leads out": ({"lyrics_file": "link.txt"}, "leads out of the folder of the manifest"),
    "link to a device": ({"lyrics_file": "device.txt"}, "leads out of the folder of the manifest"),
    "link to itself": ({"lyrics_file": "loop.txt"}, "lyrics_file 'loop.txt'"),
    "pipe": ({"lyrics_file": "pipe.txt"}, "is no file"),
    "folder as file": ({"lyrics_file": "words"}, "is no file"),
    "missing file": ({"lyrics_file": "nowhere.txt"}, "is not there"),
    "file of a zero": ({"lyrics_file": "a\0b"}, "is no path of a file"),
    "long path": ({"lyrics_file": "a" * 2000}, "is no path of a file"),
    "large file": ({"lyrics_file": "large.txt"}, "a lyric sheet may have"),
    "binary file": ({"lyrics_file": "binary.txt"}, "is a binary file"),
    "Latin-1 file": ({"lyrics_file": "latin.txt"}, "is not UTF-8"),
    "melody above": ({**GOOD, "melody": "../secret.txt"}, "leads out"),
    "style above": ({**GOOD, "style": "../own.toml"}, "leads out"),
    "voice above": ({**GOOD, "voice": "../bank"}, "leads out"),
    "SoundFont above": ({**GOOD, "soundfont": "/tmp/x.sf2"}, "leads out"),
    "lexicon above": ({**GOOD, "lexicon": "../secret.txt"}, "leads out"),
    "lexicon of numbers": ({**GOOD, "lexicon": {"word": 5}}, "lexicon.word 5 must be a text"),
    "many keys": ({str(i): i for i in range(100)}, "has 100 keys"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_row_is_told_in_one_line(name: str, root: Path) -> None:
    row, expected = BAD[name]
    message = refusal(root, row)
    assert message.startswith("row 7: ")
    assert expected in message
    assert len(message) < 1000
    assert "\n" not in message


def test_every_option_of_a_song_is_a_key_of_a_row() -> None:
    import inspect

    from songsmith.pipeline import make

    of_the_run = {"use_cache", "workers", "progress", "warn", "fetch"}
    renamed = {"length_s": "length"}
    options = {renamed.get(name, name) for name in inspect.signature(make).parameters} - of_the_run
    assert options | {"lyrics_file", "format"} == set(KEYS["make"])


def test_a_good_row(root: Path) -> None:
    row = {
        "id": "a b-1",
        "prompt": "folk",
        "lyrics_file": "words/sheet.txt",
        "seed": 3,
        "tempo": 92,
        "format": "flac",
    }
    item = Reader(Source(root)).read(row, 2)
    assert (item.row, item.id, item.job) == (2, "a b-1", "make")
    assert item.options == {"prompt": "folk", "lyrics": SHEET, "seed": 3, "tempo": 92.0, "format": "flac"}
    assert Reader(Source(root)).read({"prompt": "folk", "instrumental": True}, 12).id == "song-000012"
    assert Reader(Source(root)).read({"id": 7, "lyrics_file": "inside.txt"}, 1).options["lyrics"] == SHEET
    assert Reader(Source(root)).read("folk", 1).options == {"prompt": "folk", "format": "wav"}
    json.dumps(item.options)


def test_a_row_of_texts_says_the_same(root: Path) -> None:
    texts = {
        "id": "x",
        "prompt": "folk",
        "lyrics": SHEET,
        "tempo": "92",
        "seed": "3",
        "instrumental": "",
        "style": "",
    }
    values = {"id": "x", "prompt": "folk", "lyrics": SHEET, "tempo": 92.0, "seed": 3}
    assert Reader(Source(root, True)).read(texts, 1) == Reader(Source(root)).read(values, 1)
    played = Reader(Source(root, True)).read({"prompt": "folk", "instrumental": "Yes"}, 1)
    assert played.options["instrumental"] is True
    for key, value in (("tempo", "nan"), ("tempo", "1e400"), ("seed", "1.0"), ("seed", "9" * 40), ("seed", "x")):
        assert f"row 7: {key} " in refusal(root, {**GOOD, key: value}, is_text=True)


def test_the_content_is_all_that_the_result_depends_on(root: Path) -> None:
    reader = Reader(Source(root))
    same = reader.read({"id": "a", **GOOD}, 1).content
    assert same == reader.read({**GOOD, "id": "b"}, 2).content, "neither the name nor the place in the manifest"
    assert same == Reader(Source(root)).read({"lyrics_file": "words/sheet.txt", "prompt": "folk"}, 1).content
    others = [{**GOOD, "seed": 1}, {**GOOD, "prompt": "rock"}, {**GOOD, "format": "mp3"}, {**GOOD, "lyrics": "la"}]
    assert len({same, *(reader.read(row, 1).content for row in others)}) == 5
    before = reader.read({**GOOD, "style": "own.toml"}, 1).content
    (root / "own.toml").write_text("[y]\nlonger = true\n")
    assert reader.read({**GOOD, "style": "own.toml"}, 1).content != before, "a file that a row names has changed"


def test_a_brief_is_a_row() -> None:
    brief = understand("slow waltz with piano, no drums", 4).brief
    options = Reader(Source(None)).read(brief, 1).options
    asked = Overrides(options["style"], options["tempo"], options["key"], options["meter"], options["voice"])
    assert understand(options["prompt"], 9, asked).brief == brief
    with pytest.raises(InputError, match=r"a brief whose energy is 0\.123"):
        Reader(Source(None)).read(Brief("folk", "folk", 90.0, "C major", "4/4", energy=0.123), 1)


def test_rows_of_python_may_name_any_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    for name in ("../secret.txt", Path("../secret.txt"), root.parent / "secret.txt"):
        assert Reader(Source(None)).read({"prompt": "x", "lyrics_file": name}, 1).options["lyrics"] == SHEET
    assert Reader(Source(None)).read({"prompt": "x", "lyrics": Path("../secret.txt")}, 1).options["lyrics"] == SHEET


@given(st.text(max_size=120))
@settings(max_examples=1000, deadline=None)
def test_an_id_is_one_name_in_the_folder(name: str) -> None:
    try:
        name = check_id(Field(name, "row 1", "id"))
    except InputError:
        return
    place = Path("/out") / name
    assert place.parent == Path("/out")
    assert Path(os.path.normpath(place)) == place
    assert name not in ("summary.json", ".", "..")
    assert not name.startswith(".")
    assert len(name.encode()) <= 255
    assert same_folder(name) == same_folder(name.upper().lower()) or not name.isascii()


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.binary(max_size=5)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
NAMES = ("id", "job", *KEYS["make"])
HOSTILE = st.sampled_from(
    ["../x", "/etc/passwd", "a/../../b", "..\\x", "con", "~root", "$HOME", "\0", "\ud800", "a" * 5000, "nan", "1e999",
     "words/sheet.txt", "link.txt", "device.txt", "pipe.txt", "loop.txt", "folk", "[Verse]\nla la", "wav", "true",
     "90", "C major", ".toml", "x.toml", "./", "x.sf2", "summary.json", "file:///etc/passwd", "song.txt"]
)  # fmt: skip
ROWS = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), VALUES | HOSTILE, max_size=8) | VALUES


@given(ROWS, st.booleans())
@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_wild_rows(root: Path, row: Any, is_text: bool) -> None:
    check_wild(root, row, is_text)


@pytest.mark.slow
@given(ROWS, st.booleans())
@settings(max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_ten_thousand_wild_rows(root: Path, row: Any, is_text: bool) -> None:
    check_wild(root, row, is_text)


def check_wild(root: Path, row: Any, is_text: bool) -> None:
    """Check that any row is an item that leads nowhere else or is told in one line, and that nothing is written."""
    if is_text and isinstance(row, dict):
        row = {key: value for key, value in row.items() if isinstance(value, str)}
    before = sorted(path.name for path in root.parent.rglob("*"))
    told = ""
    try:
        item = Reader(Source(root, is_text)).read(row, 3)
    except InputError as err:
        told = str(err)
    else:
        assert (Path("/out") / item.id).parent == Path("/out")
        json.dumps(item.options, allow_nan=False).encode()
        for key in ("melody", "style", "voice", "soundfont"):
            value = item.options.get(key, "")
            assert not value.startswith("/") or Path(value).is_relative_to(root.resolve())
    assert not told or told.startswith("row 3: ")
    assert "\n" not in told
    assert len(told) < 2000
    assert sorted(path.name for path in root.parent.rglob("*")) == before
