"""Songs evolved: as much new as asked for, and nothing else touched."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from example_song import SHEET

import songsmith
from songsmith.cache import Cache, cache_folder
from songsmith.cli import main
from songsmith.errors import InputError
from songsmith.fit_report import report_fit
from songsmith.mix import MIX_SAMPLE_RATE
from songsmith.paper import FAULTY, PUT_ASIDE, Paper, song_of, write_paper
from songsmith.pipeline import make
from songsmith.resources import preset_path
from songsmith.score import Note
from songsmith.song import Song
from songsmith.vary import Request, difference, vary_paper
from songsmith.vocals import Studio

AMOUNTS = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Song:
    place = tmp_path_factory.mktemp("songs") / "kettle"
    make("folk, 100 BPM, D minor", SHEET, seed=7).save(place)
    return songsmith.load(place)


def onsets(notes: tuple[Note, ...]) -> list[tuple[float, float]]:
    return [(note.onset, note.duration) for note in notes]


def syllables_in(song: Song, label: str) -> set[int]:
    found: set[int] = set()
    first = 0
    for section in song.lyrics.sections:
        count = sum(len(line.syllables) for line in section.lines)
        if section.label == label:
            found |= set(range(first, first + count))
        first += count
    return found


@pytest.mark.parametrize(
    "more",
    [{}, {"keep": "rhythm"}, {"keep": "contour"}, {"section": "Chorus"}, {"section": "verse"}, {"bars": (5, 8)}],
    ids=str,
)
def test_the_more_the_newer_and_0_is_as_it_was(song: Song, more: dict[str, object]) -> None:
    melodies = [vary_paper(song, Request(amount=a, seed=2, **more)).score.notes for a in AMOUNTS]  # type: ignore[arg-type]
    shares = [difference(song.notes, melody) for melody in melodies]
    assert melodies[0] == song.notes
    assert all(a <= b for a, b in pairwise(shares))
    assert shares[-1] > 0.05
    for melody in melodies:
        assert [n.syllable for n in melody if not n.slur] == list(range(len(song.lyrics.syllables)))
        assert all(b.onset >= a.end - 1e-6 for a, b in pairwise(melody))
        if more.get("keep") == "rhythm":
            assert onsets(melody) == onsets(song.notes)


def test_a_whole_melody_becomes_mostly_new_and_another_seed_another_one(song: Song) -> None:
    one, other = (vary_paper(song, Request(amount=1.0, seed=seed)).score.notes for seed in (1, 2))
    assert difference(song.notes, one) > 0.5
    assert one != other
    assert vary_paper(song, Request(amount=1.0, seed=1)).score.notes == one


def test_the_contour_is_kept_inside_lines(song: Song) -> None:
    new = vary_paper(song, Request(amount=1.0, keep="contour", seed=3)).score.notes
    assert new != song.notes
    for _, numbers in song.lyrics.numbered_lines():
        lines = [[n.pitch for n in notes if n.syllable in numbers] for notes in (song.notes, new)]
        assert len(lines[0]) == len(lines[1])
        moves = [[int(np.sign(b - a)) for a, b in pairwise(line)] for line in lines]
        assert moves[0] == moves[1]


@pytest.mark.parametrize("label", ["Verse 1", "Chorus", "Verse 2"])
def test_only_the_section_asked_for_changes_down_to_the_samples(song: Song, label: str) -> None:
    paper = vary_paper(song, Request(amount=1.0, section=label, seed=4))
    own = syllables_in(song, label)
    new_notes = paper.score.notes
    assert [n for n in new_notes if n.syllable not in own] == [n for n in song.notes if n.syllable not in own]
    assert new_notes != song.notes
    assert paper.accompaniment.parts == song.parts
    studio = Studio(song.seed, Cache(cache_folder()))
    before, after = (
        studio.sing_lead(performance, song.lyrics, paper.cast).samples[0]
        for performance in (song.performance, paper.performance)
    )
    changed = np.flatnonzero(before != after) / MIX_SAMPLE_RATE
    spans = [p for one in (song, paper) for p in one.performance.phonemes if p.syllable in own]
    assert changed.min() >= min(span.start for span in spans) - 0.5
    assert changed.max() <= max(span.end for span in spans) + 0.5
    for span in song.performance.phonemes:
        if span.syllable is not None and span.syllable not in own:
            inside = slice(int(span.start * MIX_SAMPLE_RATE), int(span.end * MIX_SAMPLE_RATE))
            assert np.array_equal(before[inside], after[inside])
    dry = song.read_audio().dry_vocals
    assert dry is not None
    assert np.abs(dry.samples[0, : len(before)] - before).max() <= 2**-23, "the song is sung again as it was"


def drum_places(song: Song, paper: Paper | None = None) -> set[tuple[float, int]]:
    parts = song.parts if paper is None else paper.accompaniment.parts
    return {(note.onset, note.pitch) for part in parts if part.is_drum for note in part.notes}


@pytest.mark.parametrize("what", ["drums", "bass"])
def test_one_part_changes_by_as_much_as_asked_and_nothing_else(song: Song, what: str) -> None:
    played = {part.name: part for part in song.parts}
    shares = []
    for amount in AMOUNTS:
        paper = vary_paper(song, Request(what, amount))
        assert paper.score.notes == song.notes
        new = {part.name: part for part in paper.accompaniment.parts}
        assert {name for name in played if new[name] != played[name]} <= {what}
        old, now = ({(n.onset, n.pitch) for n in parts[what].notes} for parts in (played, new))
        shares.append(len(old ^ now) / len(old | now))
    assert shares[0] == 0.0
    assert shares[1] <= 0.15
    assert max(shares[:3]) < min(shares[3:])
    assert shares[-1] > 0.2


def test_bars_are_played_anew_between_those_that_stay(song: Song) -> None:
    paper = vary_paper(song, Request("all", 1.0, bars=(5, 8)))
    played = {part.name: part for part in song.parts}
    for part in paper.accompaniment.parts:
        old = played.get(part.name)
        kept = [n for n in part.notes if not 16 <= n.onset + 0.04 < 32]
        assert kept == ([n for n in old.notes if not 16 <= n.onset + 0.04 < 32] if old else [])
    assert paper.accompaniment.parts != song.parts


def test_guidance_changes_what_is_played_and_is_recorded(song: Song) -> None:
    usual, strong = (drum_places(song, vary_paper(song, Request("drums", 1.0, guidance=g))) for g in (None, 6.0))
    assert usual != strong
    assert drum_places(song, vary_paper(song, Request("drums", 1.0, guidance=2.0))) == usual


def test_a_band_of_patterns_plays_more_bars_anew_the_more_is_asked_for() -> None:
    song = on_paper(write_paper("folk, 100 BPM, D minor", SHEET, seed=7, accompanist="patterns"))
    paper = vary_paper(song, Request("drums", 1.0))
    assert paper.score.notes == song.notes
    assert [part.name for part, old in zip(paper.accompaniment.parts, song.parts, strict=True) if part != old] == [
        "drums"
    ]
    with pytest.raises(InputError, match="the band of the song is played by patterns, which takes no guidance"):
        vary_paper(song, Request("drums", 1.0, guidance=3.0))
    changes = []
    for amount in AMOUNTS:
        new = next(p for p in vary_paper(song, Request("drums", amount)).accompaniment.parts if p.name == "drums")
        old = next(p for p in song.parts if p.name == "drums")
        beats = song.plan.beats_per_bar
        bars = [{(n.onset, n.pitch) for n in part.notes} for part in (old, new)]
        changes.append({int(onset // beats) for onset, _ in bars[0] ^ bars[1]})
    assert changes[0] == set()
    assert all(a <= b for a, b in pairwise(changes))
    assert changes[-1]


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"what": "lyrics"}, "'lyrics' cannot be varied: use one of melody, drums, bass, all"),
        ({"amount": 1.5}, "amount 1.5 is not possible"),
        ({"amount": float("nan")}, "amount nan is not possible"),
        ({"keep": "mood"}, "'mood' cannot be kept"),
        ({"what": "drums", "keep": "rhythm"}, "can only be kept of a melody"),
        ({"section": "Bridge"}, "the song has no section 'Bridge': it has Intro, Verse 1, Chorus, Verse 2, Outro"),
        ({"bars": (8, 5)}, "bars 8-5 are out of order"),
        ({"bars": (5, 500)}, "the song has"),
        ({"section": "Chorus", "bars": (1, 2)}, "nothing in common"),
        ({"section": "Intro"}, "nothing is sung in the bars asked for"),
        ({"seed": -1}, "seed -1"),
        ({"guidance": 3.0}, "the melody is not guided by words"),
        ({"what": "drums", "guidance": 9.0}, r"guidance 9 is out of range: use 0 \(no words\) to 8, 2 is usual"),
    ],
)
def test_what_cannot_be_varied(song: Song, keywords: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        vary_paper(song, Request(**keywords))  # type: ignore[arg-type]


# --- songs from a folder

FULL = """
[Verse]
Copper kettle on the fire (on the fire)
[Chorus: energy=0.9]
Morning comes in by the door
"""


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> tuple[Song, Song]:
    """Return a song with voices beside the lead, as it was made and as it is loaded."""
    place = tmp_path_factory.mktemp("full") / "song"
    made = make("pop, 110 BPM, D minor", FULL, seed=7)
    made.save(place)
    return made, songsmith.load(place)


@pytest.mark.parametrize("request_", [Request("drums", 0.8), Request("bass", 1.0), Request("melody", 0.0)], ids=str)
def test_the_voices_beside_the_lead_are_sung_as_they_were(full: tuple[Song, Song], request_: Request) -> None:
    made, loaded = full
    assert {voice.kind for voice in made.voices} == {"harmony", "double", "backing"}
    paper = vary_paper(loaded, request_)
    studio = Studio(made.seed, Cache(None))
    frames = int(made.timeline.beats[-1] * MIX_SAMPLE_RATE)
    before, after = (studio.sing_parts(voices, frames) for voices in (made.voices, paper.voices))
    assert len(before) == len(after) == len(made.voices)
    for old, new in zip(before, after, strict=True):
        assert np.abs(old.audio.samples).max() > 0.01
        assert np.array_equal(old.audio.samples, new.audio.samples)


def test_a_loaded_song_with_voices_is_varied_on_the_command_line(
    full: tuple[Song, Song], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded = full[1]
    assert loaded.folder is not None
    place = tmp_path / "song"
    shutil.copytree(loaded.folder, place)
    text = json.loads((place / "song.json").read_text())
    text["title"] = "Copper\x1b]0;owned\x07 \u202ekettle"
    (place / "song.json").write_text(json.dumps(text))
    code, out, err = run(capsys, "vary", str(place), "--what", "drums", "--out", str(tmp_path / "varied"))
    assert code == 0, err
    assert out.startswith("Copper]0;owned kettle  0% of the melody is new; played anew: drums")
    assert "backing_vocals" in songsmith.load(tmp_path / "varied").read_audio().stems


def test_a_song_without_curves_cannot_be_sung_again(full: tuple[Song, Song], tmp_path: Path) -> None:
    shutil.copytree(full[1].folder or "", tmp_path / "song", ignore=shutil.ignore_patterns("*.npz"))
    with pytest.warns(UserWarning, match="is missing"):
        bare = songsmith.load(tmp_path / "song")
    with pytest.raises(InputError, match=r"no pitch and loudness curves.*make the song again"):
        vary_paper(bare, Request("drums", 1.0))


def test_a_folder_opens_no_file_that_it_names(full: tuple[Song, Song], tmp_path: Path) -> None:
    song = full[1]
    own = tmp_path / "own.toml"
    shutil.copy(preset_path("voices", "heart"), own)
    brief, voices = song.brief, song.voices
    foreign = replace(song, brief=replace(brief, voice=str(own)))
    with pytest.raises(InputError, match=r"the voice of the song, .*give its file with --voice"):
        vary_paper(foreign, Request("drums", 1.0))
    assert vary_paper(foreign, Request("drums", 1.0), voice=str(own)).cast.leads == (str(own),)
    with pytest.raises(InputError, match=r"the style of the song, 'x.toml'"):
        vary_paper(replace(song, brief=replace(brief, style="x.toml")), Request("drums", 1.0))
    with pytest.raises(InputError, match=r"sung by '/etc/x.toml', which is none of ours"):
        vary_paper(replace(song, voices=(replace(voices[0], voice="/etc/x.toml"),)), Request("drums", 1.0))
    sections = tuple(replace(section, style="x.toml") for section in song.plan.sections)
    with pytest.raises(InputError, match=r"style 'x.toml', which is none of ours"):
        vary_paper(replace(song, plan=replace(song.plan, sections=sections)), Request("drums", 1.0))
    with pytest.raises(InputError, match="the voice of the song is 'heart', which cannot be changed here"):
        vary_paper(song, Request("drums", 1.0), voice="alto")


def on_paper(paper: Paper, *more: str) -> Song:
    """Return the song of a paper without its sound."""
    song = song_of(paper, paper.backends)
    return replace(song, provenance=replace(song.provenance, warnings=(*paper.warnings, *more)))


def test_each_section_swings_as_its_style_does() -> None:
    sheet = SHEET.replace("[Chorus]", "[Chorus: style=rock]")
    song = on_paper(write_paper("swing, 120 BPM", sheet, seed=3))
    new = vary_paper(song, Request(amount=1.0, seed=1)).score.notes
    assert difference(song.notes, new) > 0.5
    for notes in (song.notes, new):
        beats = song.plan.beats_per_bar
        styles = [song.plan.section_of_bar(int(note.onset // beats)).style for note in notes]
        straight = [note.onset % 0.25 for note, style in zip(notes, styles, strict=True) if style == "rock"]
        assert straight
        assert all(min(place, 0.25 - place) < 1e-6 for place in straight), "rock does not swing"
        others = [note.onset % 1.0 for note, style in zip(notes, styles, strict=True) if style is None]
        assert any(abs(place - 0.5) > 0.05 for place in others if 0.4 < place < 0.8)
        assert not any(abs(place - 0.5) < 1e-6 for place in others), "the song does"


def test_what_was_told_of_the_old_melody_is_not_told_of_the_new_one() -> None:
    sheet = "[Verse: bars=4]\nGo home now\n[Chorus]\nMorning comes in by the door\n"
    written = (write_paper("pop, 60 BPM", sheet, seed=seed) for seed in range(20))
    slow = next(paper for paper in written if report_fit(paper.score, paper.accompaniment.timeline).sentences)
    about_the_song = "the prompt asks for something that there is not"
    stale = (
        f"{PUT_ASIDE} (x): this is number 2",
        f"{FAULTY}: x",
        "the sound is 1.0 dB softer than it would be as wav, to stay below -1 dBTP as mp3",
    )
    song = on_paper(slow, about_the_song, *stale)
    old = report_fit(slow.score, song.timeline).sentences
    assert set(old) <= set(song.provenance.warnings)
    kept = vary_paper(song, Request("drums", 1.0)).warnings
    assert kept == song.provenance.warnings[:-1]
    varied = (vary_paper(song, Request(amount=1.0, seed=seed)) for seed in range(20))
    paper = next(one for one in varied if report_fit(one.score, song.timeline).sentences != old)
    new = report_fit(paper.score, song.timeline).sentences
    assert [told for told in paper.warnings if told.startswith("line ")] == list(new)
    assert about_the_song in paper.warnings
    assert not set(stale) & set(paper.warnings)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def test_vary_on_the_command_line(song: Song, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "varied"
    where = str(song.folder)
    code, told, err = run(capsys, "vary", where, "--amount", "0.5", "--bars", "5-8", "--out", str(out), "--json")
    assert code == 0, err
    assert json.loads(told)["melody_new"] > 0
    again = songsmith.load(out)
    assert (again.seed, again.title) == (song.seed, song.title)
    done = again.provenance.backend("variation")
    assert done is not None
    assert (done.name, dict(done.facts)) == ("melody", {"amount": "0.5", "seed": "0", "bars": "5-8"})
    assert run(capsys, "vary", where, "--bars", "five", "--out", str(out / "x"))[2].startswith(
        "songsmith: bars 'five'"
    )


def test_variations_are_ranked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sheet.txt").write_text("[Verse]\nCopper kettle on the fire\n")
    options = ("make", "folk", "--lyrics", "sheet.txt", "--out", "songs", "--variations", "2")
    code, out, err = run(capsys, *options, "--json")
    assert code == 0, err
    rows = json.loads((tmp_path / "songs" / "ranking.json").read_text())
    assert json.loads(out)["ranking"] == rows
    assert [row["rank"] for row in rows] == [1, 2]
    assert sorted(row["folder"] for row in rows) == ["1", "2"]
    assert rows[0]["score"] >= rows[1]["score"]
    seeds = {row["folder"]: row["seed"] for row in rows}
    assert seeds["1"] == 0
    for name, seed in seeds.items():
        assert songsmith.load(tmp_path / "songs" / name).seed == seed
    assert run(capsys, *options)[0] == 2, "never overwritten"
    (tmp_path / "songs" / "mine.txt").write_text("mine")
    (tmp_path / "songs" / "2" / "mine.txt").write_text("mine, too")
    code, _, err = run(capsys, *options[:-1], "1", "--overwrite", "--quiet")
    assert code == 0, err
    assert sorted(path.name for path in (tmp_path / "songs").iterdir()) == ["1", "2", "mine.txt", "ranking.json"]
    assert [path.name for path in (tmp_path / "songs" / "2").iterdir()] == ["mine.txt"]
    assert len(json.loads((tmp_path / "songs" / "ranking.json").read_text())) == 1
    for count in ("0", "100"):
        assert f"{count} variations are not possible" in run(capsys, *options[:-1], count, "--overwrite")[2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sheet.txt", "songs"]


def test_check_takes_no_variations_and_knows_its_formats(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "sheet.txt").write_text("[Verse]\nCopper kettle on the fire\n")
    options = ("make", "folk", "--lyrics", str(tmp_path / "sheet.txt"), "--check")
    code, out, err = run(capsys, *options, "--variations", "3")
    assert (code, out) == (2, "")
    assert "--check makes no songs" in err
    assert "audio format 'ogg' is not known" in run(capsys, *options, "--format", "ogg")[2]
    assert run(capsys, *options)[0] == 0


def test_a_melody_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("tune.mid", "tune.musicxml"):
        code, out, err = run(capsys, "melody", "slow waltz in D minor", "--out", name, "--json")
        assert code == 0, err
        told = json.loads(out)
        assert (told["meter"], told["key"]) == ("3/4", "D minor")
        assert (tmp_path / name).stat().st_size > 300
    assert run(capsys, "melody", "waltz", "--out", "tune.mid")[:2] == (2, "")
    assert "ending in .mid" in run(capsys, "melody", "waltz", "--out", "tune.wav")[2]
