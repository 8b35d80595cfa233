"""Collections of variations: replaced whole, and nothing lost that is not theirs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from songsmith.errors import InputError
from songsmith.variations import check_collection, collecting


def fill(folder: Path, text: str, count: int) -> None:
    """Write what looks like a collection of songs."""
    for number in range(1, count + 1):
        (folder / str(number) / "stems").mkdir(parents=True)
        (folder / str(number) / "song.json").write_text(text)
        (folder / str(number) / "stems" / "bass.wav").write_text(text)
    rows = [{"folder": str(number), "rank": number} for number in range(1, count + 1)]
    (folder / "ranking.json").write_text(json.dumps(rows))


def contents(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    with collecting(tmp_path / "songs") as work:
        fill(work, "old", 3)
    return tmp_path / "songs"


def test_files_of_others_outlive_their_collection(place: Path) -> None:
    foreign = {"notes.md": "mine", "takes/1/song.json": "not theirs", "2/stems/idea.txt": "in a song", "3/keep": "x"}
    for name, text in foreign.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    (place / "link").symlink_to("nowhere")
    with collecting(place, overwrite=True) as work:
        fill(work, "new", 2)
    now = contents(place)
    assert {name: now.pop(name) for name in foreign} == foreign
    assert (place / "link").readlink() == Path("nowhere")
    assert set(now) == {"ranking.json", *(f"{n}/{name}" for n in (1, 2) for name in ("song.json", "stems/bass.wav"))}
    assert set(now.values()) - {now["ranking.json"]} == {"new"}
    assert not (place / "3" / "stems").exists()
    assert [path.name for path in place.parent.iterdir()] == ["songs"]


def rows(text: str) -> Callable[[Path], object]:
    return lambda place: (place / "ranking.json").write_text(text)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda place: (place / "ranking.json").unlink(), "holds files but no ranking.json"),
        (rows("[]"), "is no ranking of variations"),
        (rows('{"a": 1}'), "must be a list"),
        (rows("nonsense"), "ranking.json"),
        (rows('[{"folder": "../elsewhere"}]'), "is no ranking of variations"),
        (rows('[{"folder": "1"}, {"folder": "2"}]'), "3: is not one of the songs in ranking.json"),
        (lambda place: (place / "2" / "song.json").unlink(), "2: is not one of the songs in ranking.json"),
        (lambda place: (place / "7").mkdir(), "7: is not one of the songs in ranking.json"),
    ],
)
def test_what_is_no_collection_is_not_replaced(place: Path, spoil: Callable[[Path], object], message: str) -> None:
    spoil(place)
    before = contents(place)
    with pytest.raises(InputError, match=message), collecting(place, overwrite=True):
        pytest.fail("no work is begun")
    assert contents(place) == before


def test_the_working_folder_and_those_above_it_are_not_replaced(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for where in (place, place / "1"):
        monkeypatch.chdir(where)
        with pytest.raises(InputError, match="is where you are working"):
            check_collection(place, overwrite=True)
    monkeypatch.chdir(place.parent)
    assert check_collection(Path("songs"), overwrite=True) == place
    with pytest.raises(InputError, match="is there already"):
        check_collection(place)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, RuntimeError])
def test_whatever_stops_the_work_leaves_the_old_collection(place: Path, stop: type[BaseException]) -> None:
    before = contents(place)

    def stopped() -> None:
        with collecting(place, overwrite=True) as work:
            fill(work, "new", 1)
            raise stop

    with pytest.raises(stop):
        stopped()
    assert contents(place) == before
    assert [path.name for path in place.parent.iterdir()] == ["songs"]


def test_a_new_collection_that_cannot_be_put_in_place_leaves_the_old_one(place: Path) -> None:
    before = contents(place)

    def emptied() -> None:
        with collecting(place, overwrite=True) as work:
            work.rename(work.with_name("gone"))

    with pytest.raises(InputError, match="cannot be written"):
        emptied()
    assert contents(place) == before
    assert [path.name for path in place.parent.iterdir()] == ["songs"]
