"""Songs as files: what is written comes back, hostile files are refused, folders are never half-written."""

from __future__ import annotations

import copy
import io
import json
import os
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import example_song
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songsmith import project, songfolder
from songsmith.accompaniment.parts import Part, PartNote
from songsmith.audio import Audio
from songsmith.deserialize import read_song
from songsmith.errors import InputError
from songsmith.mixing.loudness import true_peak_dbtp
from songsmith.project import check_place, new_folder, save
from songsmith.serialize import curves_to_npz, song_to_json
from songsmith.song import Song
from songsmith.songfolder import load

GOLDEN = Path(__file__).parent / "golden" / "song.json"
PAPER = {"song.json", "performance.npz", "song.mid", "score.musicxml", "lyrics.lrc", "overview.png"}


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def values(song: Song) -> list[object]:
    paper = (song.title, song.seed, song.brief, song.plan, song.timeline, song.chords, song.notes)
    return [*paper, song.parts, song.performance.phonemes, song.provenance, song.report]


# --- song.json


def test_the_golden_song_loads_and_saves_as_equal_json(tmp_path: Path) -> None:
    (tmp_path / "song.json").write_bytes(GOLDEN.read_bytes())
    with pytest.warns(UserWarning, match=r"performance\.npz is missing"):
        song = load(tmp_path)
    assert song.title == "Kettle"
    assert [str(p) for p in song.lyrics.syllables[1].phonemes] == ["F", "AO1", "R"]
    assert song.provenance.backend("singer").name == "heart"
    text = song_to_json(song)
    assert json.loads(text) == json.loads(GOLDEN.read_text())
    assert list(json.loads(text)) == list(json.loads(GOLDEN.read_text()))


def test_a_song_comes_back_from_its_folder_and_saves_to_the_same_bytes(tmp_path: Path) -> None:
    song = replace(example_song.song(), report={"sound": {"loudness_lufs": -14.0}, "findings": ["é"]})
    back = load(song.save(tmp_path / "a"))
    assert values(back) == values(song)
    assert back.lyrics.syllables == song.lyrics.syllables
    assert [line.text for line in back.lyrics.lines] == [line.text for line in song.lyrics.lines]
    assert np.array_equal(back.performance.f0_hz, song.performance.f0_hz)
    assert np.array_equal(back.performance.loudness_db, song.performance.loudness_db)
    back.save(tmp_path / "b")
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert set(files(tmp_path / "a")) == {*PAPER, "report.json"}


def test_whole_numbers_where_reals_belong_are_written_as_reals(tmp_path: Path) -> None:
    song = example_song.song()
    chords = tuple(replace(chord, onset=int(chord.onset), duration=np.int64(chord.duration)) for chord in song.chords)
    tempo = np.float32(90)
    assert song_to_json(replace(song, chords=chords, timeline=replace(song.timeline, tempo=tempo))) == song_to_json(
        song
    )


def test_the_layout_is_one_item_a_line() -> None:
    lines = song_to_json(example_song.song()).splitlines()
    assert sum('"velocity"' in line for line in lines) == 52
    assert all(line.count('"pitch"') <= 1 for line in lines)
    assert max(len(line) for line in lines) < 400


def test_curves_are_readable_by_numpy_and_the_same_bytes_again() -> None:
    performance = example_song.song().performance
    content = curves_to_npz(performance)
    assert content == curves_to_npz(example_song.song().performance)
    arrays = np.load(io.BytesIO(content), allow_pickle=False)
    assert set(arrays) == {"f0_hz", "loudness_db"}
    assert np.array_equal(arrays["f0_hz"], performance.f0_hz)


# --- hostile files


def paths(value: object, here: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if here:
        yield here
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from paths(child, (*here, key))


def read_or_problem(file: Path) -> tuple[Song | None, str]:
    try:
        return read_song(file), ""
    except InputError as err:
        return None, str(err)


GOLDEN_TABLE = json.loads(GOLDEN.read_text())
JUNK = [None, True, -1, 0, 10**30, 1e308, -0.5, "", "x", "\ud800", "../x", [], [[]], {}, {"a": 1}, "²", "1"]


@settings(max_examples=400, deadline=None)
@given(
    where=st.sampled_from(sorted(paths(GOLDEN_TABLE), key=str)),
    junk=st.sampled_from(JUNK) | st.floats() | st.text(max_size=3),
    drop=st.booleans(),
)
@pytest.mark.filterwarnings("ignore:.*performance.npz is missing")
def test_a_changed_file_is_read_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, where: tuple[str | int, ...], junk: object, drop: bool
) -> None:
    table = copy.deepcopy(GOLDEN_TABLE)
    inner = table
    for step in where[:-1]:
        inner = inner[step]
    if drop:
        del inner[where[-1]]
    else:
        inner[where[-1]] = junk
    file = tmp_path_factory.mktemp("song") / "song.json"
    file.write_text(json.dumps(table))
    song, problem = read_or_problem(file)
    if song is None:
        assert problem.startswith(f"{file}: ")
    else:
        again = file.with_name("again.json")
        again.write_text(song_to_json(song), encoding="utf-8")
        assert song_to_json(read_song(again)) == song_to_json(song)


@pytest.mark.parametrize(
    ("where", "value", "message"),
    [
        (("format",), "songsmith-song/9", "format 'songsmith-song/9' is not known"),
        (("notes", 2, "pitch"), 128, "notes[2].pitch 128 is out of range: 0 to 127"),
        (("notes", 2, "syllable"), 6, "notes[2].syllable 6 is out of range: 0 to 5"),
        (("brief", "key"), "H major", "brief: key 'H major' is not known"),
        (("brief", "tempo"), 4000, "brief: tempo 4000 BPM is out of range"),
        (("lyrics", "sections", 0, "lines", 0, "number"), 2, "line 1 in sung order is numbered 2"),
        (("plan", "sections", 0, "voice", 0), 1, "plan.sections[0].voice[0] 1 must be true or false"),
        (("parts", 0, "name"), "../../x", "cannot be the name of a part"),
        (("voices",), [{}], "voices[0]"),
        (("chords", 0, "symbol"), "H", "chords[0]: chord 'H' is not known"),
        (("performance", "curves"), "../performance.npz", "must be the name of a file"),
        (("performance", "curves"), "/etc/passwd", "must be the name of a file"),
        (("title",), "\ud800", "half a character"),
    ],
)
def test_the_message_names_file_key_and_value(
    tmp_path: Path, where: tuple[str | int, ...], value: object, message: str
) -> None:
    table = copy.deepcopy(GOLDEN_TABLE)
    inner = table
    for step in where[:-1]:
        inner = inner[step]
    inner[where[-1]] = value
    file = tmp_path / "song.json"
    file.write_text(json.dumps(table))
    with pytest.raises(InputError) as caught:
        read_song(file)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(file))
    assert "\n" not in str(caught.value)


def changed(table: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a copy of the golden song's table with values at paths like `notes__2__slur` changed."""
    table = copy.deepcopy(table)
    for path, value in changes.items():
        *steps, last = [int(step) if step.isdigit() else step for step in path.split("__")]
        inner: Any = table
        for step in steps:
            inner = inner[step]
        inner[last] = value
    return table


NOTE = {"onset": 10.0, "duration": 1.0, "pitch": 60, "syllable": 5, "slur": False}
PART = GOLDEN_TABLE["parts"][0]
SECTION = GOLDEN_TABLE["plan"]["sections"][0]
VOICE = {
    "name": "second",
    "kind": "second",
    "voice": "heart",
    "pan": 0.0,
    "level_db": -6.0,
    "lyrics": GOLDEN_TABLE["lyrics"],
    "notes": GOLDEN_TABLE["notes"],
    "phonemes": GOLDEN_TABLE["performance"]["phonemes"],
}
SLOW = [round(16.8 * i, 1) for i in range(14)]
LONG = [round(1.5 * i, 1) for i in range(2402)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"notes__2__onset": 3.0}, "notes[2] {'duration': 1.0, 'onset': 3.0, "),
        ({"notes__2__onset": 3.0}, "is before the one before it: put them in order"),
        ({"notes__1__duration": 1.5}, "begins before the one before it ends, at beat 5.5: shorten that one"),
        ({"notes__5__duration": 5.0}, "ends at beat 13, the timeline at 12: shorten it"),
        ({"notes__1__syllable": 2}, "notes[1].syllable 2 is out of order: the next to be sung is 1"),
        ({"notes__0__slur": True}, "notes[0].syllable 0 is not that of the note before"),
        ({"notes__3__slur": True}, "notes[3].syllable 3 is not that of the note before"),
        ({"notes": GOLDEN_TABLE["notes"][:4]}, "notes sing 4 of 6 syllables: give a note to each syllable"),
        ({"notes": [*GOLDEN_TABLE["notes"], NOTE]}, "notes[6].syllable 5 is out of order: the next to be sung is 6"),
        ({"chords__0__duration": 9.0}, "chords[1] {'duration': 4.0, 'onset': 8.0, 'symbol': 'A:7'} begins before"),
        ({"chords__1__duration": 1e6}, "ends at beat 1.00001e+06, the timeline at 12"),
        ({"timeline__beats": GOLDEN_TABLE["timeline"]["beats"][:-1], "timeline__downbeats": []}, "has 12 beats, the"),
        ({"timeline__beats": SLOW}, "timeline.beats[1] 16.8 is 16.8 s after the beat before: 0.01 to 16.7 are acce"),
        ({"timeline__beats": [*SLOW[:1], *(0.001 * i for i in range(1, 13))]}, "is 0.001 s after the beat before"),
        ({"timeline__beats": LONG}, "timeline.beats[2401] 3601.5 is too late: songs of up to 3600 s are accepted"),
        ({"timeline__downbeats": [4, 0]}, "downbeats[1] 0 is not later than the downbeat before"),
        ({"parts__0__notes__0__onset": 1e9}, "parts[0].notes[0] {'duration': 2.0, 'onset': 1000000000.0, "),
        ({"parts__0__name": "drums"}, "parts[1].name 'drums' is the name of another part, too"),
        ({"parts__0__name": "vocals"}, "parts[0].name 'vocals' is kept for a stem that the mixer makes"),
        ({"parts__0__name": "backing_vocals"}, "is kept for a stem"),
        ({"parts__0__name": "noise"}, "is kept for a stem"),
        ({"parts__0__name": "a\x1b[2J"}, "cannot be the name of a part"),
        ({"parts__0__name": "a" * 300}, "use up to 80 letters"),
        ({"voices": [VOICE, VOICE]}, "voices[1].name 'second' is the name of another voice, too"),
        ({"voices": [{**VOICE, "name": "a/b"}]}, "voices[0].name 'a/b' cannot be the name of a voice"),
        ({"voices": [{**VOICE, "name": "a\nb"}]}, "cannot be the name of a voice"),
        ({"voices": [{**VOICE, "notes": []}]}, "voices[0].notes sing 0 of 6 syllables"),
        ({"performance__phonemes__2__end": 5000.0}, "performance.phonemes end at 5000 s"),
        ({"plan__sections__0__bars": 10**7}, "plan.sections[0].bars 10000000 is out of range: 1 to 10000"),
        ({"plan__sections": [{**SECTION, "bars": 6000}] * 2}, "plan.sections make 12000 bars: at most 10000 are acc"),
    ],
)
def test_the_parts_of_a_song_fit_together(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    file = tmp_path / "song.json"
    file.write_text(json.dumps(changed(GOLDEN_TABLE, **changes)))
    with (
        warnings.catch_warnings(action="ignore"),
        pytest.raises(InputError) as caught,
    ):
        read_song(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert message in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.filterwarnings("ignore:.*performance.npz is missing")
@pytest.mark.parametrize(
    "changes",
    [
        {"voices": [VOICE, {**VOICE, "name": "third"}]},
        {"notes": [*GOLDEN_TABLE["notes"], {**NOTE, "slur": True}]},
        {"notes": [], "brief__instrumental": True},
        {"brief__voice": "../../v.toml", "brief__style": "/etc/mine.toml"},
    ],
)
def test_what_fits_is_read(tmp_path: Path, changes: dict[str, Any]) -> None:
    file = tmp_path / "song.json"
    file.write_text(json.dumps(changed(GOLDEN_TABLE, **changes)))
    again = json.loads(song_to_json(read_song(file)))
    assert again["notes"] == json.loads(file.read_text())["notes"]
    assert again["brief"]["voice"] == json.loads(file.read_text())["brief"]["voice"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"seed": 7', '"seed": NaN', "NaN is not a JSON number"),
        ('"tempo": 100.0', '"tempo": 1e999', "brief.tempo inf is out of range"),
        ('"seed": 7', '"seed": ' + "9" * 5000, "not valid JSON"),
        ('"voices": []', '"voices": ' + "[" * 100000 + "]" * 100000, "nested too deeply"),
        ('"seed": 7', '"seed": 7, "sede": 8', "unknown key 'sede'"),
        ("{", "", "not valid JSON"),
    ],
)
def test_broken_text_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    file = tmp_path / "song.json"
    file.write_text(GOLDEN.read_text().replace(old, new, 1))
    with pytest.raises(InputError, match=message):
        read_song(file)


def test_files_that_are_no_text_or_too_large_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "song.json"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not valid JSON"):
        load(tmp_path)
    with file.open("wb") as out:
        out.truncate(64_000_001)
    with pytest.raises(InputError, match="64000001 bytes, at most 64000000"):
        load(tmp_path)
    file.unlink()
    with pytest.raises(InputError, match="no such file"):
        load(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        load(tmp_path / "none")
    with pytest.raises(InputError, match="no such folder"):
        load(GOLDEN)


def npz(**arrays: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def header(shape: str, dtype: str = "<f4") -> bytes:
    """Return an archive of two arrays that claim a shape and hold nothing."""
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("f0_hz.npy", "loudness_db.npy"):
            archive.writestr(name, b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode())
    return out.getvalue()


ROW = np.zeros(9, np.float32)


def spoiled(method: int, text: str = "", flag: int = 0) -> bytes:
    """Return an archive of two arrays packed by a method, its data overwritten, its header another, its flags set."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name in ("f0_hz.npy", "loudness_db.npy"):
            head = text.ljust(117) + "\n"
            archive.writestr(name, b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head.encode())
    content = out.getvalue()
    if not text:
        content = content[:40] + b"\xff" * 12 + content[52:]
    if flag:
        content = content.replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00")
    return content


@pytest.mark.parametrize(
    "content",
    [
        b"not a zip",
        npz(f0_hz=ROW),
        npz(f0_hz=ROW, loudness_db=ROW.astype(np.float64)),
        npz(f0_hz=ROW, loudness_db=ROW[:4]),
        npz(f0_hz=ROW[None], loudness_db=ROW[None]),
        npz(f0_hz=ROW, loudness_db=ROW * np.nan),
        npz(f0_hz=np.asarray([{}]), loudness_db=ROW),
        npz(f0_hz=np.zeros(17_000_000, np.float32), loudness_db=ROW),
        header("(10000000000000,)"),
        header("(-1,)"),
        header("(4,)", "|O"),
        spoiled(zipfile.ZIP_DEFLATED),
        spoiled(zipfile.ZIP_LZMA),
        spoiled(zipfile.ZIP_BZIP2),
        spoiled(zipfile.ZIP_STORED, "{'descr': '<f4', 'fortran_order': False, 'shape': (4,)", 0),
        spoiled(zipfile.ZIP_STORED, "{'descr': '<f4', 'fortran_order': False, 'shape': ('a',), }", 0),
        spoiled(zipfile.ZIP_STORED, "{'descr': '<f4', 'fortran_order': False, 1: 2, 'shape': (4,), }", 0),
        spoiled(zipfile.ZIP_STORED, "{'descr': ((1,),), 'fortran_order': False, 'shape': (4,), }", 0),
        spoiled(zipfile.ZIP_STORED, "(" * 100, 0),
        spoiled(zipfile.ZIP_STORED, "{'descr': '<f4', 'fortran_order': False, 'shape': (0,), }", 1),
    ],
)
def test_broken_curves_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "song.json").write_bytes(GOLDEN.read_bytes())
    (tmp_path / "performance.npz").write_bytes(content)
    with pytest.raises(InputError):
        load(tmp_path)


def test_curves_may_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    song = tmp_path / "song"
    song.mkdir()
    (tmp_path / "performance.npz").write_bytes(curves_to_npz(example_song.song().performance))
    (song / "song.json").write_bytes(GOLDEN.read_bytes())
    (song / "performance.npz").symlink_to(tmp_path / "performance.npz")
    with pytest.raises(InputError, match="leads out of"):
        load(song)


@pytest.mark.parametrize("name", ["x" * 300, "a" + "/b" * 3000])
def test_curves_need_a_name_that_a_file_can_have(tmp_path: Path, name: str) -> None:
    (tmp_path / "song.json").write_text(json.dumps(changed(GOLDEN_TABLE, performance__curves=name)))
    with pytest.raises(InputError, match="cannot be the name of a file"):
        load(tmp_path)


def test_packed_and_encrypted_curves_say_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "song.json").write_bytes(GOLDEN.read_bytes())
    shape = "{'descr': '<f4', 'fortran_order': False, 'shape': (0,), }"
    for content, message in [
        (spoiled(zipfile.ZIP_STORED, shape, 1), "f0_hz is encrypted"),
        (npz(f0_hz=ROW, loudness_db=ROW), "f0_hz is compressed in a way that is not read"),
    ]:
        (tmp_path / "performance.npz").write_bytes(content)
        with pytest.raises(InputError, match=message):
            load(tmp_path)


def test_links_out_of_the_folder_are_neither_read_nor_copied(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("{}")
    for number, name in enumerate(("mix.wav", "stems/bass.wav", "report.json")):
        folder = example_song.song().save(tmp_path / f"a{number}")
        (folder / "stems").mkdir()
        (folder / name).symlink_to(tmp_path / "secret")
        with pytest.raises(InputError, match=r"is a link that leads out of the song's folder; put the file itself"):
            load(folder).save(tmp_path / "copy")
        assert not (tmp_path / "copy").exists()
    folder = example_song.song().save(tmp_path / "below")
    (tmp_path / "stems").mkdir()
    (tmp_path / "stems" / "bass.wav").write_text("secret")
    (folder / "stems").symlink_to(tmp_path / "stems")
    with pytest.raises(InputError, match="leads out of"):
        load(folder).save(tmp_path / "copy")


def test_a_link_inside_the_folder_is_copied_as_a_file(tmp_path: Path) -> None:
    folder = replace(example_song.song(), audio=example_song.noise_mix(0.1)).save(tmp_path / "a")
    (folder / "stems" / "more.wav").symlink_to("bass.wav")
    copy_ = load(folder).save(tmp_path / "b")
    assert (copy_ / "stems" / "more.wav").read_bytes() == (folder / "stems" / "bass.wav").read_bytes()
    assert not (copy_ / "stems" / "more.wav").is_symlink()


def test_two_mixes_are_refused_wherever_one_is_read(tmp_path: Path) -> None:
    song = replace(example_song.song(), audio=example_song.noise_mix(0.1))
    folder = song.save(tmp_path / "a")
    other = song.save(tmp_path / "b", audio_format="flac")
    (folder / "stems" / "bass.flac").write_bytes((other / "stems" / "bass.flac").read_bytes())
    with pytest.raises(InputError, match="holds two stems 'bass'; keep the one"):
        songfolder.read_mix(folder)
    (folder / "mix.flac").write_bytes((other / "mix.flac").read_bytes())
    for read in (songfolder.read_mix, songfolder.read_mix_only, lambda place: load(place).save(tmp_path / "c")):
        with pytest.raises(InputError, match=r"holds mix\.flac and mix\.wav; keep the one that is the song's"):
            read(folder)


# --- folders


def test_the_whole_folder_with_sound_comes_back(tmp_path: Path) -> None:
    song = replace(example_song.song(), audio=example_song.noise_mix())
    song.save(tmp_path / "a")
    assert {"mix.wav", "stems/vocals.wav", "stems/drums.wav", "stems/bass.wav", "dry/vocals.wav"} == set(
        files(tmp_path / "a")
    ) - PAPER
    back = load(tmp_path / "a")
    audio = back.read_audio()
    assert audio.mix.samples.shape == song.audio.mix.samples.shape
    assert np.abs(audio.mix.samples - song.audio.mix.samples).max() < 2e-7
    assert np.abs(sum(s.samples for s in audio.stems.values()) - audio.mix.samples).max() < 1e-6
    assert audio.dry_vocals.channels == 1
    back.save(tmp_path / "b")
    assert files(tmp_path / "a") == files(tmp_path / "b")
    back.save(tmp_path / "a", overwrite=True)
    assert files(tmp_path / "a") == files(tmp_path / "b")


@pytest.mark.parametrize("audio_format", ["flac", "mp3"])
def test_other_sound_formats(tmp_path: Path, audio_format: str) -> None:
    song = replace(example_song.song(), audio=example_song.noise_mix())
    save(song, tmp_path / "a", audio_format=audio_format)
    save(song, tmp_path / "again", audio_format=audio_format)
    assert files(tmp_path / "a") == files(tmp_path / "again")
    assert (tmp_path / "a" / "stems" / f"drums.{audio_format}").is_file()
    back = load(tmp_path / "a")
    audio = back.read_audio()
    assert audio.mix.samples.shape == song.audio.mix.samples.shape
    assert set(audio.stems) == set(song.audio.stems)
    if audio_format == "flac":
        assert np.abs(audio.mix.samples - song.audio.mix.samples).max() < 2e-7
    with pytest.raises(InputError, match="'aiff' is not known"):
        save(song, tmp_path / "b", audio_format="aiff")
    back.save(tmp_path / "b")
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert not list(tmp_path.glob("*/*.wav"))


def tags_of(path: Path) -> dict[str, str]:
    """Return title, artist, comment, words, tempo and key as a player reads them."""
    import mutagen

    file = mutagen.File(path)
    kinds = ("title", "artist", "comment", "words", "tempo", "key")
    if path.suffix == ".mp3":
        names = ("TIT2", "TPE1", "COMM::eng", "USLT::und", "TBPM", "TKEY")
        return dict(zip(kinds, (str(file[name]) for name in names), strict=True))
    names = ("title", "artist", "comment", "lyrics", "bpm", "initialkey")
    return dict(zip(kinds, (file[name][0] for name in names), strict=True))


@pytest.mark.parametrize("audio_format", ["flac", "mp3"])
def test_sound_files_say_what_they_are(tmp_path: Path, audio_format: str) -> None:
    song = replace(example_song.song(), audio=example_song.noise_mix(0.5))
    save(song, tmp_path / "a", audio_format=audio_format)
    found = tags_of(tmp_path / "a" / f"mix.{audio_format}")
    assert found == {
        "title": "Moon: a “test”",
        "artist": "songsmith",
        "comment": "calm - made by songsmith 0.1.0 with seed 7",
        "words": "Moon over sea\nMoon, café, sea (oh)",
        "tempo": "90",
        "key": "C",
    }
    assert tags_of(tmp_path / "a" / "stems" / f"drums.{audio_format}")["title"] == "Moon: a “test” (drums)"


def test_wav_files_have_an_info_list(tmp_path: Path) -> None:
    import soundfile

    replace(example_song.song(), audio=example_song.noise_mix(0.5)).save(tmp_path / "a")
    with soundfile.SoundFile(tmp_path / "a" / "mix.wav") as file:
        assert (file.title, file.artist) == ("Moon: a “test”", "songsmith")
        assert file.comment == "calm - made by songsmith 0.1.0 with seed 7"
        assert (file.samplerate, file.channels, file.subtype) == (44100, 2, "PCM_24")


def test_mp3_keeps_the_ceiling_and_says_what_it_cost(tmp_path: Path) -> None:
    """Loud, dense sound overshoots in the encoder; the stems go down with the mix."""
    noise = example_song.noise_mix(3.0)
    gain = np.float32(10 ** ((-1.05 - true_peak_dbtp(noise.mix.samples)) / 20))
    loud = replace(
        noise,
        mix=replace(noise.mix, samples=noise.mix.samples * gain),
        stems={name: replace(stem, samples=stem.samples * gain) for name, stem in noise.stems.items()},
    )
    save(replace(example_song.song(), audio=loud), tmp_path / "a", audio_format="mp3")
    back = load(tmp_path / "a")
    audio = back.read_audio()
    assert true_peak_dbtp(audio.mix.samples) <= -1.0
    assert "softer than it would be as wav" in back.provenance.warnings[-1]
    lowered = np.linalg.norm(audio.mix.samples) / np.linalg.norm(loud.mix.samples)
    for name, stem in audio.stems.items():
        share = np.linalg.norm(stem.samples) / np.linalg.norm(loud.stems[name].samples)
        assert share == pytest.approx(lowered, rel=0.03)


def test_a_song_is_kept_where_its_picture_cannot_be_drawn(tmp_path: Path) -> None:
    song = example_song.song()
    endless = tuple(Part(f"part {i}", 0, True, (PartNote(0.0, 1.0, 60, 80),)) for i in range(1680))
    broken = replace(song, parts=endless)
    told: list[str] = []
    save(broken, tmp_path / "a", warn=told.append)
    assert len(told) == 1
    assert told[0].startswith("overview.png could not be drawn (InputError: a picture ")
    assert set(files(tmp_path / "a")) == PAPER - {"overview.png"}
    assert len(load(tmp_path / "a").parts) == len(broken.parts)


def test_a_song_without_sound_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no sound yet"):
        example_song.song().read_audio()
    with pytest.raises(InputError, match=r"no mix\.wav"):
        load(example_song.song().save(tmp_path / "a")).read_audio()


def test_a_folder_that_is_there_stays_unless_asked(tmp_path: Path) -> None:
    song = example_song.song()
    folder = song.save(tmp_path / "a")
    before = files(folder)
    with pytest.raises(InputError, match="is there already"):
        song.save(folder)
    assert files(folder) == before
    replace(song, title="New").save(folder, overwrite=True)
    assert load(folder).title == "New"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_users_own_files_survive_overwriting(tmp_path: Path) -> None:
    song = replace(example_song.song(), audio=example_song.noise_mix(0.1))
    folder = song.save(tmp_path / "a")
    (folder / "notes.txt").write_text("mine")
    (folder / "daw" / "empty").mkdir(parents=True)
    (folder / "stems" / "project.als").write_text("mine, too")
    (folder / "link").symlink_to("nowhere")
    (folder / "stems" / "old.wav").write_bytes(b"of the old song")
    song.save(folder, overwrite=True)
    assert (folder / "notes.txt").read_text() == "mine"
    assert (folder / "stems" / "project.als").read_text() == "mine, too"
    assert (folder / "daw" / "empty").is_dir()
    assert str((folder / "link").readlink()) == "nowhere"
    assert not (folder / "stems" / "old.wav").exists()


def test_a_folder_of_other_things_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_text("meow")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    song = example_song.song()
    with pytest.raises(InputError, match=r"no song\.json"):
        song.save(tmp_path / "photos", overwrite=True)
    with pytest.raises(InputError, match="is a file"):
        song.save(tmp_path / "file", overwrite=True)
    song.save(tmp_path / "empty")
    assert files(tmp_path / "photos") == {"cat.jpg": b"meow"}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["empty", "file", "photos"]


def test_bad_places_are_refused_early(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for place in (
        tmp_path / "file" / "a",
        tmp_path / "file" / "a" / "b",
        tmp_path / ("n" * 300),
        Path("/"),
        Path("a\0b"),
    ):
        with pytest.raises(InputError) as caught:
            check_place(place)
        assert "\n" not in str(caught.value)
    for place in (tmp_path / "new", tmp_path / "new" / "a" / "b"):
        assert check_place(place) == place
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_parent_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="cannot be written to"):
        check_place(tmp_path / "a")
    tmp_path.chmod(0o700)


class Interrupting(dict[str, Audio]):
    """Stems during whose writing the user presses Ctrl-C."""

    def __getitem__(self, name: str) -> Audio:
        raise KeyboardInterrupt


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize(
    ("stems", "error"), [(Interrupting(drums=None), KeyboardInterrupt), ({"a/b": None}, InputError)]
)
def test_nothing_is_left_behind_by_a_failure(
    tmp_path: Path, there: bool, stems: dict[str, Audio], error: type[BaseException]
) -> None:
    song = example_song.song()
    if there:
        song.save(tmp_path / "a")
    before = files(tmp_path)
    audio = replace(example_song.noise_mix(0.1), stems=stems)
    for place in (tmp_path / "a", tmp_path / "new" / "below"):
        with pytest.raises(error):
            replace(song, audio=audio).save(place, overwrite=True)
    assert files(tmp_path) == before
    assert [p.name for p in tmp_path.iterdir()] == (["a"] if there else [])


def test_new_folders_never_take_a_name_that_is_there(tmp_path: Path) -> None:
    assert new_folder("Don't Stop, Été!", tmp_path) == tmp_path / "dont-stop-ete"
    (tmp_path / "dont-stop-ete").mkdir()
    assert new_folder("dont stop été", tmp_path) == tmp_path / "dont-stop-ete-2"
    (tmp_path / "dont-stop-ete-2").symlink_to("nowhere")
    assert new_folder("dont stop été", tmp_path) == tmp_path / "dont-stop-ete-3"
    assert new_folder("../../月", tmp_path) == tmp_path / "song"
    assert len(new_folder("x" * 5000, tmp_path).name) <= 60
    assert new_folder("rain").parent == Path.cwd()
    assert project.new_folder("-", tmp_path).name == "song"
