"""Batches of real songs: the bytes of `make`, nothing lost, nothing made twice, whatever dies on the way."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from batching.batches import (
    PROMPT,
    SHEET,
    environment,
    is_clean,
    journal,
    rows,
    stamp,
    sung,
    tree,
    worker_processes,
    write_manifest,
)

import songsmith
from songsmith.audio import Audio
from songsmith.batching.folder import BatchFolder
from songsmith.batching.item import BatchResult
from songsmith.cli import main
from songsmith.errors import InputError
from songsmith.project import save

COMMAND = [sys.executable, "-m", "songsmith", "batch"]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONGSMITH_CACHE", str(tmp_path / "cache"))


def test_songs_are_those_of_make_and_a_bad_one_costs_only_itself(tmp_path: Path) -> None:
    out = tmp_path / "out"
    bad = [
        {"id": "../up", "prompt": "x"},
        {"id": "tight", "prompt": "folk", "lyrics": "[Verse: bars=1]\n" + "La la la\n" * 20},
    ]
    running = songsmith.batch([*bad, *sung(2), sung(1)[0]], out, workers=2)
    with pytest.raises(InputError, match="another run writes there now"):
        songsmith.batch(sung(1), out, resume=True)
    results = {result.row: result for result in running}
    assert all(isinstance(result, BatchResult) for result in results.values())
    assert [results[row].ok for row in (1, 2, 3, 4, 5)] == [False, False, True, True, False]
    assert "cannot be the name of a folder" in str(results[1].error)
    assert "[Verse" in str(results[2].error)
    assert "id 's0' is that of row 3, too" in str(results[5].error)
    assert results[3].folder == out.resolve() / "s0"
    assert results[3].report is not None
    assert results[3].report == json.loads((out / "s0" / "report.json").read_text())
    assert (running.summary.done, running.summary.failed, running.summary.made) == (2, 3, 2)
    told = json.loads((out / "summary.json").read_text())
    assert [(row["row"], row["state"]) for row in told["items"]] == [
        (1, "failed"), (2, "failed"), (3, "done"), (4, "done"), (5, "failed")
    ]  # fmt: skip
    assert told["done"] == 2
    assert is_clean(out)

    save(songsmith.make(PROMPT, SHEET, 1, use_cache=False), tmp_path / "plain")
    assert tree(out / "s1") == tree(tmp_path / "plain")

    # Resumed: one is done, of one the folder is gone, one has changed, one is new.
    before, values = stamp(out / "s0"), [*sung(2), {**sung(1)[0], "id": "s2"}]
    shutil.rmtree(out / "s1")
    with pytest.raises(InputError, match="holds a batch: go on with --resume"):
        songsmith.batch(values, out)
    again = {result.id: result for result in songsmith.batch(values, out, workers=2, resume=True)}
    assert {name: result.resumed for name, result in again.items()} == {"s0": True, "s1": False, "s2": False}
    assert again["s0"].report == results[3].report
    assert stamp(out / "s0") == before
    assert tree(out / "s1") == tree(tmp_path / "plain")
    (out / "s1" / "notes.txt").write_text("keep me")
    changed = list(songsmith.batch([{**sung(2)[1], "tempo": 120}], out, resume=True))
    assert changed[0].ok
    assert not changed[0].resumed
    assert json.loads((out / "s1" / "song.json").read_text())["plan"]["tempo"] == 120
    assert (out / "s1" / "notes.txt").read_text() == "keep me"


def test_what_is_there_and_not_of_the_batch_stays(tmp_path: Path) -> None:
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "file").touch()
    with pytest.raises(InputError, match="holds something else than a batch"):
        songsmith.batch(rows(1), tmp_path / "foreign")
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is a file"):
        songsmith.batch(rows(1), tmp_path / "file")
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / ".batch").symlink_to(tmp_path / "foreign")
    with pytest.raises(InputError, match="is not the folder of a batch"):
        songsmith.batch(rows(1), linked, resume=True)

    out = tmp_path / "out"
    running = songsmith.batch(rows(3), out, workers=1)
    (out / "s0").mkdir()
    (out / "s0" / "file").write_text("mine")
    (out / "s1").symlink_to(tmp_path / "foreign")
    results = {result.id: result for result in running}
    assert "something is there that this batch did not make" in str(results["s0"].error)
    assert "something is there that this batch did not make" in str(results["s1"].error)
    assert results["s2"].ok
    assert (out / "s0" / "file").read_text() == "mine"
    assert sorted(path.name for path in (tmp_path / "foreign").iterdir()) == ["file"]


def kill_workers(parent: int, count: int, over: threading.Event) -> None:
    """Kill so many workers of a process, each as soon as it is seen."""
    seen: set[int] = set()
    while len(seen) < count and not over.is_set():
        for worker in set(worker_processes(parent)) - seen:
            os.kill(worker, signal.SIGKILL)
            seen.add(worker)


def test_a_worker_that_dies_costs_an_attempt_and_is_replaced(tmp_path: Path) -> None:
    over = threading.Event()
    killer = threading.Thread(target=kill_workers, args=(os.getpid(), 3, over))
    killer.start()
    try:
        results = {result.id: result for result in songsmith.batch(rows(2), tmp_path / "out", workers=1, attempts=2)}
    finally:
        over.set()
        killer.join()
    assert results["s0"].error == "its worker died (SIGKILL, perhaps for want of memory)"
    assert (results["s0"].attempts, results["s1"].attempts) == (2, 2)
    assert results["s1"].ok
    assert is_clean(tmp_path / "out")
    again = {result.id: result for result in songsmith.batch(rows(2), tmp_path / "out", attempts=2, resume=True)}
    assert again["s0"].error == "was tried 2 times: its worker died (SIGKILL, perhaps for want of memory)"
    more = {result.id: result for result in songsmith.batch(rows(1), tmp_path / "out", attempts=3, resume=True)}
    assert more["s0"].ok
    assert more["s0"].attempts == 3


def test_what_takes_too_long_is_ended(tmp_path: Path) -> None:
    results = list(songsmith.batch(rows(1), tmp_path / "out", workers=1, attempts=1, timeout_s=0.01))
    assert results[0].error == "took longer than 0.01 s and was ended"


def test_a_caller_may_stop_at_any_time(tmp_path: Path) -> None:
    with songsmith.batch((row for row in rows(10**6)), tmp_path / "out", workers=1) as running:
        first = next(iter(running))
    assert first.ok
    assert is_clean(tmp_path / "out")
    assert running.summary.done >= 1
    assert running.summary.done + running.summary.waiting < 10, "rows are read as they are needed"
    assert list(running) == []
    BatchFolder.hold(tmp_path / "out", True).release()


BAD_OPTIONS = {
    "no workers": ({"workers": 0}, "0 workers are not possible"),
    "no attempts": ({"attempts": 0}, "0 attempts are not possible"),
    "no time": ({"timeout_s": float("nan")}, "timeout of nan s"),
    "unknown engine": ({"engine": "slurm"}, "engine 'slurm' is not known: use one of local, ray"),
    "address without Ray": ({"ray_address": "auto"}, "are for the engine ray"),
    "half a GPU less": ({"engine": "ray", "gpus_per_worker": -0.5}, "-0.5 GPUs"),
    "unknown format": ({"audio_format": "ogg"}, "audio format 'ogg'"),
}


@pytest.mark.parametrize("name", BAD_OPTIONS)
def test_options_that_cannot_be(name: str, tmp_path: Path) -> None:
    options, expected = BAD_OPTIONS[name]
    with pytest.raises(InputError, match=expected):
        songsmith.batch(rows(1), tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def command(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, check=False)


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sheet.txt").write_text(SHEET)
    (tmp_path / "m.csv").write_text(
        f'id,prompt,lyrics_file,tempo\none,"{PROMPT}",sheet.txt,\ntwo,folk,sheet.txt,nan\n'
    )
    done = command("m.csv", "--out", "out", "--json", "--workers", "1", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert (told["done"], told["failed"], told["failures"][0]["row"]) == (1, 1, 2)
    assert told["songs_per_hour"] > 0
    assert done.stderr.startswith("songsmith: 1 of 2 rows failed, first row 2: tempo nan is out of range")
    assert done.stderr.count("\n") == 1
    assert (tmp_path / "out" / "one" / "song.json").is_file()
    (tmp_path / "m.csv").write_text(f'id,prompt,lyrics_file\none,"{PROMPT}",sheet.txt\n')
    with pytest.raises(SystemExit) as ended:
        main(["batch", "m.csv", "--out", "out", "--resume"])
    again = capsys.readouterr()
    assert (ended.value.code or 0, again.err) == (0, "")
    assert again.out.startswith("1 made (1 of them before), 0 failed")
    for arguments, expected in {
        ("m.csv", "--out", "out"): "holds a batch: go on with --resume",
        ("nowhere.csv", "--out", "new"): "no such file",
        ("m.csv", "--out", "new", "--workers", "many"): "'many' is not a whole number",
        ("m.csv",): "--out",
        ("m.csv", "--out", "/proc/new"): "cannot be written to",
        ("sheet.txt", "--out", "new"): "is no manifest by its name",
    }.items():
        with pytest.raises(SystemExit) as ended:
            main(["batch", *arguments])
        told = capsys.readouterr().err
        assert ended.value.code == 2, arguments
        assert told.startswith("songsmith: ")
        assert expected in told
        assert told.count("\n") == 1
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_ends_cleanly_and_goes_on_later(tmp_path: Path, number: signal.Signals) -> None:
    manifest = write_manifest(tmp_path / "m.jsonl", rows(3))
    arguments = [*COMMAND, str(manifest), "--out", str(tmp_path / "out"), "--workers", "1"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while ("s0", "done", 1) not in journal(tmp_path / "out"):
            assert process.poll() is None
        workers = list(worker_processes(process.pid))
        process.send_signal(number)
        out, err = process.communicate()
    assert process.returncode == 130
    assert err == "songsmith: interrupted; what is done is kept: go on with --resume\n"
    assert "made" in out
    assert workers
    assert not [worker for worker in workers if Path(f"/proc/{worker}").exists()]
    assert is_clean(tmp_path / "out")
    before = stamp(tmp_path / "out" / "s0")
    done = command(manifest, "--out", tmp_path / "out", "--resume", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert stamp(tmp_path / "out" / "s0") == before
    assert journal(tmp_path / "out") == [(f"s{i}", "done", 1) for i in range(3)]


@pytest.mark.slow
def test_killed_at_random_moments_nothing_is_lost_or_made_twice(tmp_path: Path) -> None:
    manifest = write_manifest(tmp_path / "m.jsonl", sung(12))
    arguments = [*COMMAND, str(manifest), "--workers", "2", "--quiet", "--out"]
    subprocess.run([*arguments, str(tmp_path / "plain")], check=True, env=environment(tmp_path / "cache"))
    expected = tree(tmp_path / "plain")
    moments, kills = random.Random(0), 0
    while kills < 20:
        out, made, code = tmp_path / f"out-{kills}", dict[str, tuple[int, int, int]](), -9
        while code:
            with subprocess.Popen([*arguments, str(out), "--resume"], stdout=subprocess.DEVNULL) as process:
                before = len(made)
                makes_one_first = kills < 20 and moments.random() < 0.7
                while makes_one_first and process.poll() is None:
                    makes_one_first = sum(state == "done" for _, state, _ in journal(out)) <= before
                try:
                    code = process.wait(moments.uniform(0.1, 3.0) if kills < 20 else None)
                except subprocess.TimeoutExpired:
                    process.kill()
                    kills += 1
            for name, state, attempts in journal(out):
                if state == "done":
                    assert attempts == 1
                    assert made.setdefault(name, stamp(out / name)) == stamp(out / name), "made twice"
            for folder in out.glob("s*"):
                if folder.is_dir():
                    names = {f"{folder.name}/{p.relative_to(folder)}" for p in folder.rglob("*") if p.is_file()}
                    assert names == {name for name in expected if name.startswith(f"{folder.name}/")}, "half a song"
        assert tree(out) == expected
        assert is_clean(out)
        shutil.rmtree(out)


@pytest.mark.slow
def test_a_full_disk_stops_the_batch_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=70m", "tmpfs", small], capture_output=True).returncode:
        pytest.skip("a small disk cannot be mounted here: that takes root")
    try:
        (small / "ballast").write_bytes(bytes(25_000_000))
        manifest = write_manifest(tmp_path / "m.jsonl", sung(2))
        out = small / "out"
        full = command(manifest, "--out", out, "--workers", "1", cwd=tmp_path)
        assert full.returncode == 2
        assert (
            full.stderr == f"songsmith: {out}: the disk is full: make room, then go on with --resume (resume=True)\n"
        )
        assert sorted(journal(out)) == [("s0", "done", 1), ("s1", "waiting", 0)]
        (small / "ballast").unlink()
        done = command(manifest, "--out", out, "--workers", "1", "--resume", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert sorted(journal(out)) == [("s0", "done", 1), ("s1", "done", 1)]
    finally:
        subprocess.run(["umount", small], check=False)


@pytest.mark.slow
def test_recordings_are_separated_in_a_batch_as_alone(tmp_path: Path) -> None:
    from songsmith.separation.choice import separator
    from songsmith.separation.files import separate_file

    noise = np.random.default_rng(0).uniform(-0.3, 0.3, (2, 100_000)).astype(np.float32)
    Audio(noise, 44_100).write(tmp_path / "noise.wav", "PCM_24")
    (tmp_path / "words.txt").write_text("no sound")
    values = [
        {"id": "split", "job": "separate", "audio": tmp_path / "noise.wav", "stems": 4, "model": "songsmith-mini"},
        {"id": "words", "job": "separate", "audio": tmp_path / "words.txt", "model": "songsmith-mini"},
        {"id": "silent", "job": "separate", "stems": 4},
    ]
    results = {result.id: result for result in songsmith.batch(values, tmp_path / "out", workers=1)}
    assert [results[name].ok for name in ("split", "words", "silent")] == [True, False, False]
    assert "not a readable audio file" in str(results["words"].error)
    assert results["silent"].error == "row 3: names no recording: give its path as audio"
    assert results["split"].report is not None
    assert results["split"].report["model"] == "songsmith-mini"
    separate_file(tmp_path / "noise.wav", tmp_path / "alone", separator("songsmith-mini"), 4)
    stems = sorted(path.name for path in (tmp_path / "alone").iterdir())
    assert sorted([*stems, "report.json"]) == sorted(path.name for path in (tmp_path / "out" / "split").iterdir())
    for name in stems:
        assert np.array_equal(
            Audio.read(tmp_path / "alone" / name).samples, Audio.read(tmp_path / "out" / "split" / name).samples
        )


@pytest.mark.slow
def test_a_million_rows_stream(tmp_path: Path) -> None:
    with (tmp_path / "m.jsonl").open("w") as file:
        for number in range(1_000_000):
            file.write(f'{{"id": "r{number}", "prompt": "folk", "tempo": 5000}}\n')
        file.write(json.dumps(rows(1)[0]) + "\n")
    code = (
        "import sys, resource, songsmith.cli\n"
        "try: songsmith.cli.main(sys.argv[1:])\n"
        "finally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    arguments = [sys.executable, "-c", code, "batch", "m.jsonl", "--out", "out", "--workers", "1", "--json"]
    done = subprocess.run(arguments, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert (told["done"], told["failed"], len(told["failures"])) == (1, 1_000_000, 20)
    assert int(done.stderr.split()[-1]) < 200_000, "kilobytes at most"
    with (tmp_path / "out" / "summary.json").open() as file:
        assert sum(1 for _ in file) > 1_000_000
