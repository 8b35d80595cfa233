"""The words of a song from its prompt: the command, the Python face, and a song made of a prompt alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import songsmith
from lyrics.parse import parse_sheet
from songsmith.cli import main
from songsmith.cli.console import seconds
from songsmith.errors import InputError
from songsmith.paper import write_paper
from songsmith.prompt import Overrides, understand
from songsmith.styles import style_names
from songsmith.writing import GENRES, Wishes, draft_words, writing_brief

PROMPT = "a slow folk song about leaving home"
SHEET = "[Verse]\nMy father kept the ferry light\nAbove the river stones\n\n[Chorus]\nSo burn, little lantern, burn\n"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    shown = capsys.readouterr()
    return int(ended.value.code or 0), shown.out, shown.err


def test_every_style_has_its_words() -> None:
    assert set(style_names()) <= set(GENRES)


def test_a_brief_carries_what_the_prompt_says() -> None:
    reading = understand("a slow sad waltz about the sea, verse > chorus > verse, 2 minutes", 0)
    brief = writing_brief(reading.brief, reading.topic, Wishes(scheme="ABAB"))
    assert brief.topic == "the sea"
    assert (brief.waltz, brief.length_s, brief.scheme) == (True, 120.0, "ABAB")
    assert brief.form == ("verse", "chorus", "verse")
    assert "sad" in brief.mood
    assert writing_brief(understand("a lullaby about stars", 0).brief).genre == "lullaby"


def test_a_topic_keeps_its_company_and_its_list() -> None:
    for prompt, topic in (
        ("soul about falling in love with my best friend", "falling in love with my best friend"),
        ("lofi about homework, tea and a cat", "homework, tea and a cat"),
        ("folk about the sea with fiddle and pipes", "the sea"),
        ("pop about rain, 96 BPM, slow and sad", "rain"),
    ):
        reading = understand(prompt, 0)
        assert writing_brief(reading.brief, reading.topic).topic == topic


@pytest.mark.parametrize("length", [25, 40])
def test_short_songs_have_few_words(length: int) -> None:
    reading = understand(f"a happy pop song about rain, 120 BPM, {length} seconds", 0)
    sheet = draft_words(reading, 0, drafts=2)[0].text
    assert write_paper(f"a happy pop song about rain, 120 BPM, {length} seconds", sheet).score.notes


def test_a_length_without_room_for_words_is_refused() -> None:
    with pytest.raises(InputError, match="length 10 s is too short for the words of a song at 60 beats a minute"):
        draft_words(understand("pop about rain, 60 BPM, 10 seconds", 0), 0, drafts=1)


def test_styles_are_known_in_any_case() -> None:
    assert understand("a song", 0, Overrides(style="Rock")).brief.style == "rock"


def test_lengths_in_minutes_and_seconds() -> None:
    assert [seconds(text) for text in ("90", "1:30", "0:45.5")] == [90.0, 90.0, 45.5]


def test_an_artist_is_not_written_like() -> None:
    reading = understand("a song like Taylor Swift about rain", 0)
    assert "Taylor" not in writing_brief(reading.brief, reading.topic).prompt


def test_a_song_from_a_prompt_alone() -> None:
    paper = write_paper(PROMPT, seed=3)
    assert paper.lyrics == songsmith.write(PROMPT, 3)
    backend = dict(paper.backends)["lyricist"]
    assert backend is not None
    assert backend.name == "corpus"
    assert set(dict(backend.facts)) == {"version", "sha256", "lines"}
    assert len(paper.score.notes) >= len(paper.lyrics.syllables)
    assert dict(write_paper(PROMPT, SHEET).backends)["lyricist"] is None


def test_the_sheet_is_printed_and_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, printed, _ = run(capsys, "write", PROMPT, "--seed", "2", "--drafts", "2")
    assert code == 0
    assert parse_sheet(printed).title
    out = tmp_path / "words.txt"
    code, told, _ = run(capsys, "write", PROMPT, "--seed", "2", "--drafts", "2", "--out", str(out))
    assert code == 0
    assert str(out) in told
    assert out.read_text(encoding="utf-8") == printed
    code, _, err = run(capsys, "write", PROMPT, "--out", str(out))
    assert (code, err) == (2, f"songsmith: {out}: is there already: give another --out, or --overwrite\n")


def test_drafts_are_ranked(capsys: pytest.CaptureFixture[str]) -> None:
    code, printed, _ = run(capsys, "write", PROMPT, "--drafts", "3", "--json")
    assert code == 0
    table = json.loads(printed)
    worths = [draft["worth"] for draft in table["drafts"]]
    assert worths == sorted(worths, reverse=True)
    assert table["text"] == table["drafts"][0]["text"]
    line = table["sections"][0]["lines"][0]
    assert set(line) == {"text", "pattern", "rhyme"}


def test_a_sheet_goes_on(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.txt"
    sheet.write_text(SHEET, encoding="utf-8")
    code, printed, _ = run(capsys, "write", "folk about the sea", "--continue", str(sheet))
    assert code == 0
    assert printed.startswith(SHEET.rstrip())
    assert [section.kind for section in parse_sheet(printed).sections] == ["verse", "chorus", "verse"]


def test_a_line_is_written_anew(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    sheet, out = tmp_path / "sheet.txt", tmp_path / "new.txt"
    sheet.write_text(SHEET, encoding="utf-8")
    code, printed, _ = run(
        capsys, "write", "the sea", "--rewrite", str(sheet), "--line", "1", "--out", str(out), "--json"
    )
    assert code == 0
    found = json.loads(printed)["alternatives"]
    assert found
    assert out.read_text(encoding="utf-8") == SHEET.replace("My father kept the ferry light", found[0])


FAULTS = {
    "no line": (("--rewrite", "s.txt"), "--rewrite SHEET and --line N go together: give both"),
    "scheme": (("--scheme", "ab1"), "scheme 'AB1' is not possible: use 2 to 8 of the letters A to H, and X"),
    "syllables": (("--syllables", "40"), "40 syllables a line is out of range: use 4 to 12"),
    "form": (("--form", "vers"), "section 'vers' is not known: use intro, verse"),
    "language": (("--language", "fr"), "language 'fr' cannot be written: lyrics are written in English (en)"),
    "lyricist": (("--lyricist", "bard"), "lyricist 'bard' is not known: use corpus, or hf: and a model"),
    "drafts": (("--drafts", "0"), "0 drafts are out of range: use 1 to 64"),
    "sheet": (("--continue", "nowhere.txt"), "nowhere.txt: no such file; give the path of a lyric sheet"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_faults_are_one_line(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, message = FAULTS[case]
    code, out, err = run(capsys, "write", PROMPT, *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"songsmith: {message}")


def test_missing_words_are_refused_in_other_languages() -> None:
    with pytest.raises(InputError, match="language 'de' cannot be written"):
        write_paper(PROMPT, language="de")


def test_a_title_is_sung_and_a_keyword_without_a_place_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    found = draft_words(understand(PROMPT, 0), 0, Wishes(title="Salt and Silver", keywords=("zeppelin",)), drafts=1)
    assert found[0].title == "Salt and Silver"
    words = found[0].text.lower()
    assert "salt and silver" in words.split("[chorus]")[1]
    assert "zeppelin" in words.split("\n", 1)[1] or found[0].notes == ("there was no place for 'zeppelin'",)
