"""Edits: the line or the setting that was asked for changes, and nothing else does."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

import songsmith
from songsmith.accompaniment.parts import PartNote
from songsmith.audio import Audio
from songsmith.cli import main
from songsmith.editing.edit import edit_line
from songsmith.editing.line import reword
from songsmith.editing.settings import apply_settings
from songsmith.errors import InputError
from songsmith.kept import KeptStems, Piece
from songsmith.mixing.loudness import true_peak_dbtp
from songsmith.pipeline import make
from songsmith.project import save
from songsmith.song import Mix, Song
from songsmith.songfolder import format_of, kept_in, load, read_mix
from songsmith.theory import parse_chord
from songsmith.wavpatch import copied_with

SHEET = """
[Verse 1]
Copper kettle on the fire
Seven sparrows on the wire (on the wire)
[Chorus: energy=0.9]
Morning comes in by the door
Nothing that I waited for
[Verse 2]
Silver needle in the hay
Somebody has gone away
[Chorus]
"""
RATE = 44100
Samples = npt.NDArray[np.float32]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("songs") / "kettle"
    make("folk, 100 BPM, D minor", SHEET, seed=7).save(place)
    return place


@pytest.fixture(scope="module")
def before(folder: Path) -> Mix:
    return read_mix(folder)


def changed(old: Samples, new: Samples) -> tuple[int, int] | None:
    """Return the first sample that differs and the one past the last."""
    assert old.shape == new.shape
    where = np.flatnonzero((old != new).any(axis=0))
    return (int(where[0]), int(where[-1]) + 1) if len(where) else None


def heard_of(song: Song, number: int) -> tuple[float, float]:
    span = next(numbers for line, numbers in song.lyrics.numbered_lines() if line.number == number)
    own = [one for one in song.performance.phonemes if one.syllable is not None and one.syllable in span]
    return own[0].start, own[-1].end


@pytest.mark.parametrize(
    ("number", "text", "backed"),
    [
        (2, "Seven swallows on the wire", False),
        (3, "Evening comes in by the door", True),
        (4, "Nothing I wait for", True),  # fewer syllables
        (6, "Somebody has gone such a long way", False),  # more
        (1, "Copper, kettle: 27 on fire", False),
    ],
)
def test_a_line_changes_and_nothing_else(
    folder: Path, before: Mix, number: int, text: str, backed: bool, tmp_path: Path
) -> None:
    song = load(folder)
    edited, stretch = edit_line(song, number, text)
    place = save(edited, tmp_path / "new")
    after, again = read_mix(place), load(place)

    assert next(line.text for line in again.lyrics.lines if line.number == number).startswith(text)
    for line in song.lyrics.lines:
        if line.number != number:
            assert line in again.lyrics.lines
    others = {span.start for line, span in song.lyrics.numbered_lines() if line.number != number}
    assert len(others) == len(song.lyrics.lines) - 1
    old_notes = [n for n in song.notes if not _of(song, number, n.syllable)]
    new_notes = [n for n in again.notes if not _of(again, number, n.syllable)]
    assert [(n.onset, n.duration, n.pitch, n.slur) for n in old_notes] == [
        (n.onset, n.duration, n.pitch, n.slur) for n in new_notes
    ]

    for name in before.stems:
        moved = changed(before.stems[name].samples, after.stems[name].samples)
        if name == "vocals" or (name == "backing_vocals" and backed):
            assert moved is not None
            assert stretch.first <= moved[0] < moved[1] <= stretch.until
        else:
            assert moved is None, name
    assert before.dry_vocals is not None
    assert after.dry_vocals is not None
    dry = changed(before.dry_vocals.samples, after.dry_vocals.samples)
    assert dry is not None
    assert dry[0] / RATE >= (heard_of(song, number - 1)[1] if number > 1 else 0.0)
    assert dry[1] / RATE <= max(heard_of(song, number)[1], heard_of(again, number)[1]) + 0.03
    mixed = changed(before.mix.samples, after.mix.samples)
    assert mixed is not None
    assert stretch.first <= mixed[0] < mixed[1] <= stretch.until
    total = sum(stem.samples.astype(np.float64) for stem in after.stems.values())
    assert np.abs(total - after.mix.samples).max() < 1e-4
    assert true_peak_dbtp(after.mix.samples) <= -0.99
    assert again.report is not None
    assert again.report["placement"]["unplaced"] == 0


def _of(song: Song, number: int, syllable: int) -> bool:
    return any(line.number == number and syllable in span for line, span in song.lyrics.numbered_lines())


def test_the_same_words_again_give_the_same_sound(folder: Path, before: Mix) -> None:
    """The line is put in at the level the mix gave it: with its own words nothing is to be heard of the edit."""
    song = load(folder)
    edited, stretch = edit_line(song, 3, "Morning comes in by the door")
    assert edited.notes == song.notes
    sound = edited.read_audio()
    inside = slice(stretch.first, stretch.until)
    error = sound.mix.samples[:, inside] - before.mix.samples[:, inside]
    assert np.abs(error).max() < 1e-4


def test_an_edit_of_an_edit_goes_on_from_there(folder: Path, tmp_path: Path) -> None:
    once = edit_line(load(folder), 1, "Copper trumpet on the fire")[0]
    save(once, tmp_path / "once")
    twice = edit_line(load(tmp_path / "once"), 2, "Seven swallows on the wire")[0]
    save(twice, tmp_path / "twice")
    texts = [line.text for line in load(tmp_path / "twice").lyrics.lines]
    assert texts[:2] == ["Copper trumpet on the fire", "Seven swallows on the wire (on the wire)"]
    one, two = (read_mix(tmp_path / name) for name in ("once", "twice"))
    assert changed(one.stems["bass"].samples, two.stems["bass"].samples) is None


def test_an_edit_in_memory_is_the_one_from_the_folder() -> None:
    song = make("folk, 100 BPM", "[Verse]\nCopper kettle on the fire\nSeven sparrows on the wire", seed=7)
    edited = songsmith.edit(song, line=2, text="Seven swallows on the wire")
    assert edited.lyrics.lines[1].text == "Seven swallows on the wire"
    assert edited.audio is not None
    assert song.audio is not None
    assert changed(song.audio.stems["bass"].samples, edited.audio.stems["bass"].samples) is None


def test_stems_that_are_kept_are_the_same_files(folder: Path, tmp_path: Path) -> None:
    edited, _ = edit_line(load(folder), 1, "Copper trumpet on the fire")
    save(edited, tmp_path / "new")
    assert (tmp_path / "new/stems/bass.wav").read_bytes() == (folder / "stems/bass.wav").read_bytes()
    stems, whole = KeptStems(kept_in(folder)), read_mix(folder).stems
    assert sorted(stems) == sorted(whole)
    piece = stems.kept.read("stems/bass", 1000, 2000)
    assert np.array_equal(piece.samples, whole["bass"].samples[:, 1000:2000])


def test_settings_change_what_they_name(folder: Path) -> None:
    song = load(folder)
    faster = apply_settings(song, [("tempo", "120")])
    assert faster.notes == song.notes
    assert faster.timeline.beats[10] == pytest.approx(5.0)
    moved = apply_settings(song, [("key", "E minor")])
    assert moved.plan.key == "E minor"
    assert {b.pitch - a.pitch for a, b in zip(song.notes, moved.notes, strict=True)} in ({2}, {-10})
    for old, new in zip(song.parts, moved.parts, strict=True):
        steps = {b.pitch - a.pitch for a, b in zip(old.notes, new.notes, strict=True)}
        assert steps == ({0} if old.is_drum else {2})
    for old, new in zip(song.chords, moved.chords, strict=True):
        one, other = parse_chord(old.symbol), parse_chord(new.symbol)
        assert one is not None
        assert other is not None
        assert (other.root - one.root) % 12 == 2
    back = apply_settings(moved, [("key", "D minor")])
    assert back.notes == song.notes
    assert back.parts == song.parts
    bass = apply_settings(song, [("parts.bass", "38"), ("title", "Other")])
    assert bass.title == "Other"
    assert {p.name for p, q in zip(song.parts, bass.parts, strict=True) if p != q} == {"bass"}
    named = apply_settings(song, [("parts.bass", "upright bass")])
    assert next(part.program for part in named.parts if part.name == "bass") == 32


def test_a_chord_moves_the_band_in_its_bar_alone(folder: Path) -> None:
    song = load(folder)
    new = apply_settings(song, [("chords.4", "Bb")])
    assert new.notes == song.notes
    for old, part in zip(song.parts, new.parts, strict=True):
        beats = song.plan.beats_per_bar
        outside = [n for n in part.notes if not 3 * beats <= n.onset < 4 * beats]
        assert outside == [n for n in old.notes if not 3 * beats <= n.onset < 4 * beats]
        if part.is_drum:
            assert part == old
    tones = parse_chord("Bb")
    assert tones is not None
    bass = next(part for part in new.parts if part.name == "bass")
    first = next(n for n in bass.notes if n.onset >= 3 * song.plan.beats_per_bar - 1e-6)
    assert first.pitch % 12 == tones.root
    assert sum(chord.duration for chord in new.chords) == pytest.approx(song.plan.beats)


def test_settings_are_rendered(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["edit", str(folder), "--set", "sections.Chorus.energy=0.2", "--set", "voice=alto", "--out",
              str(tmp_path / "soft"), "--json"])  # fmt: skip
    assert ended.value.code == 0
    assert json.loads(capsys.readouterr().out)["changed_s"] is None
    soft = load(tmp_path / "soft")
    assert soft.brief.voice == "alto"
    assert {s.energy for s in soft.plan.sections if s.label == "Chorus"} == {0.2}
    assert soft.provenance.backend("edit") is not None
    song = load(folder)
    verse = next(s for s in song.plan.sections if s.kind == "verse")
    beats = song.plan.beats_per_bar
    for part in song.parts:
        other = next((p for p in soft.parts if p.name == part.name), None)
        span = (verse.bar * beats, (verse.bar + verse.bars) * beats)

        def inside(notes: tuple[PartNote, ...], span: tuple[int, int] = span) -> list[PartNote]:
            """Return the notes of the verse; what rings into the chorus, which is played anew, is cut there."""
            own = [n for n in notes if span[0] <= n.onset < span[1]]
            return [replace(n, duration=min(n.duration, span[1] - n.onset)) for n in own]

        assert not inside(part.notes) or (other is not None and inside(part.notes) == inside(other.notes))


def test_the_command_tells_where_it_sang(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["edit", str(folder), "--line", "2", "--text", "Seven swallows on the wire", "--out",
              str(tmp_path / "new"), "--quiet"])  # fmt: skip
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert "line 2 is sung anew from" in said
    assert "its echo dies away by" in said
    assert format_of(tmp_path / "new") == "wav"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--line", "99", "--text", "La"], "line 99 is not sung in this song: its lines are 1 to 8"),
        (["--line", "2"], "--line and --text belong together"),
        ([], "nothing to edit: give --line N with --text TEXT, or --set PATH=VALUE"),
        (["--line", "2", "--text", "a\nb"], "is not one line of words"),
        (["--line", "2", "--text", "[Verse]"], "is not one line of words"),
        (["--line", "2", "--text", "..."], "line 2"),
        (["--line", "2", "--text", "Seven swallows (oh)"], "line 2: its backing words stay as they are"),
        (["--line", "2", "--text", "word " * 60], "line 2"),
        (["--set", "tempo"], "setting 'tempo' is not PATH=VALUE: write it like tempo=100"),
        (["--set", "tempo=fast"], "tempo: 'fast' is not a tempo in beats a minute"),
        (["--set", "tempo=nan"], "tempo: 'nan' is not a tempo"),
        (["--set", "tempo=9999"], "tempo: tempo 9999 BPM is out of range"),
        (["--set", "key=C major"], "key: the song is in D minor and can be moved to any minor key"),
        (["--set", "chords.400=G"], "chords.400: bar '400' is not there: use 1 to"),
        (["--set", "chords.2=Hmm"], "chords.2: chord 'Hmm' is not known"),
        (["--set", "parts.tuba=flute"], "parts.tuba: the song has no part 'tuba': it has"),
        (["--set", "parts.bass=drums"], "parts.bass: 'drums' cannot play the part 'bass'"),
        (["--set", "sections.Bridge.energy=1"], "the song has no section 'Bridge'"),
        (["--set", "sections.Chorus.energy=7"], "energy 7.0 is not between 0 and 1"),
        (["--set", "sections.Chorus.colour=red"], "a section has no 'colour' to set"),
        (["--set", "voice=/etc/passwd"], "voice"),
        (["--set", "plan=1"], "setting 'plan' is not known: use one of title, tempo"),
    ],
)
def test_what_cannot_be_edited_is_told(
    folder: Path, arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["edit", str(folder), *arguments, "--out", str(tmp_path / "new"), "--quiet"])
    said = capsys.readouterr().err
    assert ended.value.code == 2, said
    assert said.startswith("songsmith: ")
    assert said.count("\n") == 1
    assert message in said
    assert not (tmp_path / "new").exists()


def test_a_song_without_the_settings_of_its_mix_is_refused(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "old")
    (tmp_path / "old/mixing.npz").unlink()
    with pytest.raises(InputError, match="the song has no settings of its mix"):
        edit_line(load(tmp_path / "old"), 1, "Copper trumpet on the fire")
    (tmp_path / "old/mixing.npz").write_bytes(b"PK nonsense")
    with pytest.raises(InputError, match=r"mixing\.npz: cannot be read"):
        edit_line(load(tmp_path / "old"), 1, "Copper trumpet on the fire")
    shutil.copyfile(folder / "performance.npz", tmp_path / "old/mixing.npz")
    with pytest.raises(InputError, match="the song has no settings of its mix"):
        edit_line(load(tmp_path / "old"), 1, "Copper trumpet on the fire")


def test_rewording_leaves_its_input_alone(folder: Path) -> None:
    song = load(folder)
    notes, lines = song.notes, song.lyrics.lines
    reword(song, 1, "Copper trumpet on the fire")
    assert song.notes == notes
    assert song.lyrics.lines == lines
    silent = replace(song, audio=None, folder=None)
    with pytest.raises(InputError, match="has no sound yet"):
        edit_line(silent, 1, "Copper trumpet")


def test_an_mp3_is_not_cut(folder: Path, tmp_path: Path) -> None:
    song = load(folder)
    place = save(replace(song, audio=read_mix(folder)), tmp_path / "lossy", audio_format="mp3")
    with pytest.raises(InputError, match="its sound is mp3"):
        edit_line(load(place), 1, "Copper trumpet on the fire")
    assert Audio.read(place / "mix.mp3").frames > 0


def test_a_copy_with_a_piece_is_the_file_written_anew(tmp_path: Path) -> None:
    """What is put into a copy of a WAV file is what writing the whole would have written; other files are left."""
    rng = np.random.default_rng(3)
    old = Audio(rng.uniform(-1, 1, (2, 9000)).astype(np.float32), RATE)
    info = {"title": "Kettle é", "artist": "songsmith"}
    old.write(tmp_path / "old.wav", "PCM_24", info)
    piece = Piece(1234, rng.uniform(-1.2, 1.2, (2, 700)).astype(np.float32))
    new = old.samples.copy()
    piece.put_into(new)
    Audio(new, RATE).write(tmp_path / "whole.wav", "PCM_24", info)
    assert copied_with(tmp_path / "old.wav", tmp_path / "copy.wav", piece, info)
    assert (tmp_path / "copy.wav").read_bytes() == (tmp_path / "whole.wav").read_bytes()

    assert not copied_with(tmp_path / "old.wav", tmp_path / "no.wav", piece, {"title": "Other"})
    assert not copied_with(tmp_path / "old.wav", tmp_path / "no.wav", Piece(8500, piece.samples), info)
    old.write(tmp_path / "old.flac", "PCM_24")
    assert not copied_with(tmp_path / "old.flac", tmp_path / "no.flac", piece, {})
    assert not list(tmp_path.glob("no.*"))
