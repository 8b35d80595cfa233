"""Loops of a song that lead back into their beginning, and bands that lie between two others."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from example_song import SHEET

import songsmith
from songsmith.audio import Audio
from songsmith.cli import main
from songsmith.errors import InputError
from songsmith.mix import MIX_SAMPLE_RATE
from songsmith.mixing.loudness import loudness_lufs
from songsmith.paper import song_of, write_paper
from songsmith.pipeline import make
from songsmith.song import Mix, Song
from songsmith.vary import Request, vary_paper
from songsmith.varying.loop import cut, make_loops, seam, wrap

LEVELS = {"exploration": 0.25, "combat": 0.6, "boss": 0.95}
SILENCE = Mix(Audio(np.zeros((2, 1), np.float32), MIX_SAMPLE_RATE), {})


@pytest.fixture(scope="module")
def song() -> Song:
    paper = write_paper("dark synthwave, 110 BPM", SHEET, seed=7)
    return song_of(paper, paper.backends, SILENCE)


@pytest.fixture(scope="module")
def loops(song: Song) -> dict[str, Song]:
    return make_loops(song, section="Chorus", levels=LEVELS)


def force(song: Song) -> int:
    return sum(note.velocity for part in song.parts for note in part.notes)


def test_loops_of_a_set_match_and_grow(song: Song, loops: dict[str, Song]) -> None:
    assert list(loops) == list(LEVELS)
    chorus = next(s for s in song.plan.sections if s.label == "Chorus")
    frames = {loop.read_audio().mix.frames for loop in loops.values()}
    assert frames == {int(chorus.bars * 4 * 60.0 / 110.0 * MIX_SAMPLE_RATE)}
    assert len({loop.chords for loop in loops.values()}) == 1
    assert {part.program for loop in loops.values() for part in loop.parts if part.name == "bass"} == {
        part.program for part in song.parts if part.name == "bass"
    }
    forces = [force(loop) for loop in loops.values()]
    assert forces == sorted(forces)
    assert forces[0] < 0.8 * forces[-1]
    heard = [loudness_lufs(loop.read_audio().mix.samples, MIX_SAMPLE_RATE) for loop in loops.values()]
    assert heard == sorted(heard)
    for loop in loops.values():
        assert loop.notes == ()
        assert all(
            0.0 <= n.onset < n.onset + n.duration <= loop.plan.beats + 1e-6 for p in loop.parts for n in p.notes
        )


def test_a_loop_goes_on_over_its_seam(loops: dict[str, Song]) -> None:
    for loop in loops.values():
        audio = loop.read_audio()
        over = seam(audio.mix, loop.plan.bars)
        assert over.step < 0.5, "no click: no larger a step than there is anyway"
        assert over.flux < 1.3, "the spectrum changes no more than at other bar lines"
        assert np.abs(sum(s.samples for s in audio.stems.values()) - audio.mix.samples).max() < 1e-5


def test_a_click_at_the_seam_is_measured() -> None:
    tone = np.sin(np.arange(40_000) * 0.0311).astype(np.float32)
    assert seam(Audio(np.stack([tone, tone]), MIX_SAMPLE_RATE), 4).step > 1.0
    whole = np.sin(2.0 * np.pi * np.arange(40_000) / 200.0).astype(np.float32)
    assert seam(Audio(np.stack([whole, whole]), MIX_SAMPLE_RATE), 4).step <= 1.001


def test_the_last_bars_of_a_loop_are_new_and_the_others_are_the_song(song: Song) -> None:
    loop = make_loops(song, bars=(5, 12))["loop"]
    beats = song.plan.beats_per_bar
    old = {p.name: {(round(n.onset - 4 * beats, 3), n.pitch) for n in p.notes} for p in song.parts}
    for part in loop.parts:
        for bar in range(6):
            here = {
                (round(n.onset, 3), n.pitch) for n in part.notes if bar * beats <= n.onset + 0.04 < (bar + 1) * beats
            }
            there = {place for place in old[part.name] if bar * beats <= place[0] + 0.04 < (bar + 1) * beats}
            assert len(here & there) >= 0.7 * len(there | here), (part.name, bar)


def test_the_same_loop_again(song: Song, loops: dict[str, Song]) -> None:
    again = make_loops(song, section="Chorus", levels={"boss": 0.95})["boss"]
    assert again.parts == loops["boss"].parts
    other = make_loops(song, section="Chorus", levels={"boss": 0.95}, seed=1)["boss"]
    assert other.parts != again.parts


def test_what_rings_past_the_end_sounds_in_the_beginning() -> None:
    sound = np.arange(1.0, 8.0, dtype=np.float32)[None]
    assert wrap(sound, 3).tolist() == [[1 + 4 + 7, 2 + 5, 3 + 6]]


def test_a_plan_is_cut_in_bars(song: Song) -> None:
    part = cut(song.plan, 6, 10)
    assert (part.bars, part.sections[0].bar) == (4, 0)
    assert sum(chord.duration for chord in part.chords) == part.beats
    assert not any(any(section.voice) for section in part.sections)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bars": (3, 4)}, "bars 3-4 are 2: a loop has 4 to 64 bars, name them with --bars A-B"),
        ({"bars": (3, 900)}, "bars 3-900: the song has 20 bars"),
        ({"section": "Bridge"}, "the song has no section 'Bridge'"),
        ({"levels": {"boss": 1.5}}, "energy 1.5 of 'boss' is not possible: use 0 to 1"),
    ],
)
def test_loops_that_cannot_be(song: Song, options: dict, message: str) -> None:
    with pytest.raises(InputError, match=message.replace("(", r"\(")):
        make_loops(song, **options)


# --- blends

ENDS = ("slow folk ballad, acoustic guitar", "hard techno, synth")


def places(parts: tuple) -> set[tuple[str, float, int]]:
    return {(part.name, round(note.onset, 3), note.pitch) for part in parts for note in part.notes}


def alike(one: tuple, other: tuple) -> float:
    a, b = places(one), places(other)
    return len(a & b) / len(a | b)


def blended(song: Song, at: float, what: str = "all", ends: tuple[str, str] = ENDS) -> tuple:
    return vary_paper(song, Request(what, 1.0, blend=ends, at=at)).accompaniment.parts


def test_a_blend_goes_from_one_end_to_the_other(song: Song) -> None:
    path = [blended(song, at) for at in (0.0, 0.25, 0.5, 0.75, 1.0)]
    to_first, to_last = ([alike(parts, path[end]) for parts in path] for end in (0, -1))
    assert to_first[0] == to_last[-1] == 1.0
    assert to_first == sorted(to_first, reverse=True)
    assert to_last == sorted(to_last)
    paper = vary_paper(song, Request("all", 1.0, blend=ENDS, at=0.5))
    assert paper.score.notes == song.notes, "the melody stays"


def test_a_blend_of_the_drums_leaves_the_others(song: Song) -> None:
    new = {part.name: part for part in blended(song, 1.0, "drums")}
    assert new["drums"].notes != next(p for p in song.parts if p.name == "drums").notes
    assert all(new[part.name] == part for part in song.parts if part.name != "drums")


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"what": "melody"}, "a blend is of the band, the melody stays"),
        ({"bars": (1, 4)}, "so it is of the whole song: leave section and bars out"),
        ({"blend": ("folk", " ")}, "a blend is between two things"),
        ({"at": 1.5}, r"at 1.5 is out of range: use 0 \(the first\) to 1 \(the second\)"),
    ],
)
def test_blends_that_cannot_be(keywords: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Request(**{"what": "all", "blend": ENDS, **keywords})


# --- the command line


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("songs") / "waltz"
    make("folk waltz, 120 BPM", seed=3, instrumental=True, length_s=24.0).save(place)
    return place


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def test_a_song_is_blended_with_another(folder: Path) -> None:
    song = songsmith.load(folder)
    here = blended(song, 0.0, ends=(str(folder), "punk rock"))
    own = tuple(part for part in song.parts if part.name != "lead")
    assert alike(tuple(part for part in here if part.name != "lead"), own) > 0.75
    there = blended(song, 1.0, ends=(str(folder), "punk rock"))
    assert alike(there, own) < 0.4


def test_a_set_of_loops_on_the_command_line(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "set"
    options = ("vary", str(folder), "--loop", "--bars", "1-4", "--levels", "calm=0.3,boss=0.9", "--out", str(out))
    code, told, err = run(capsys, *options, "--json")
    assert code == 0, err
    rows = json.loads(told)["loops"]
    assert [row["name"] for row in rows] == ["calm", "boss"]
    assert len({row["frames"] for row in rows}) == 1
    loop = songsmith.load(out / "boss")
    assert loop.read_audio().mix.frames == rows[0]["frames"]
    done = loop.provenance.backend("variation")
    assert done is not None
    assert (done.name, dict(done.facts)) == ("loop", {"bars": "1-4", "seed": "0", "energy": "0.9"})
    assert run(capsys, *options)[0] == 2, "never overwritten"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--loop", "--what", "drums"), "--what does nothing beside --loop: leave out one of the two"),
        (("--levels", "calm"), "levels 'calm' cannot be read: write them like exploration=0.3,combat=0.6,boss=0.95"),
        (("--at", "0.5"), "--at is how far a --blend lies from its first end: give --blend A B, too"),
        (("--blend", "folk", "techno", "--amount", "0.5"), "--amount does nothing beside --blend"),
    ],
)
def test_wrong_options_are_one_clear_line(
    folder: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], message: str
) -> None:
    code, out, err = run(capsys, "vary", str(folder), *options)
    assert (code, out) == (2, "")
    assert err.startswith(f"songsmith: {message}")
    assert len(err.splitlines()) == 1
