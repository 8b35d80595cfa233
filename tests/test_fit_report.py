"""The report before rendering: which lines are squeezed or stretched, and the remedy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lyrics.parse import parse_sheet
from songsmith.cli import main
from songsmith.fit_report import FitReport, report_fit
from songsmith.plan import Chord, Plan, PlannedSection
from songsmith.score import Note, Score
from songsmith.timeline import Timeline

SHEET = "[Verse]\nsilver on the water\n[Chorus]\nmorning comes along"


def fit(*lengths: float, tempo: float = 100.0, sheet: str = SHEET, slurs: int = 0) -> FitReport:
    """Return the report of a sheet whose lines have notes of given lengths in beats, a line every two bars."""
    lyrics = parse_sheet(sheet)
    notes: list[Note] = []
    for place, ((_, numbers), length) in enumerate(zip(lyrics.numbered_lines(), lengths, strict=True)):
        now = 8.0 * place
        for number in numbers:
            for part in range(1 + slurs):
                notes.append(Note(now, length, 60 + part, number, part > 0))
                now += length
    bars = 2 * len(lengths)
    plan = Plan(
        tempo,
        "C major",
        "4/4",
        (PlannedSection("verse", "Verse", 0, bars, 0.5, (True,) * bars),),
        (Chord(0.0, bars * 4.0, "C"),),
    )
    return report_fit(Score(tuple(notes), plan.chords, lyrics, plan), Timeline.steady(tempo, bars * 4, 4))


def test_a_comfortable_song_fits() -> None:
    report = fit(0.5, 1.0)
    assert [line.verdict for line in report.lines] == ["fits", "fits"]
    assert report.sentences == ()
    assert report.as_text().endswith("All lines fit.")
    assert [(line.line, line.section, line.syllables, line.bars) for line in report.lines] == [
        (1, "Verse", 6, 1.0),
        (2, "Chorus", 5, 1.5),
    ]
    assert report.lines[0].seconds_a_syllable == pytest.approx(0.3)


def test_squeezed_and_stretched_lines_say_what_to_do() -> None:
    report = fit(0.25, 1.0, tempo=120.0)
    assert report.sentences == ("line 1 has 6 syllables for 0.5 bars: split it or lower the tempo (to about 68 BPM)",)
    slow = fit(0.5, 1.5, tempo=60.0)
    assert slow.sentences == ("line 2 has 5 syllables for 2 bars: give it more words, or raise the tempo",)
    assert "1 squeezed or stretched" in slow.as_text()
    many = fit(0.25, 0.25, tempo=60.0, slurs=2)
    assert many.sentences[1] == "line 2 has 5 syllables for 1 bar: give it more words: each is sung over many notes"


def test_the_remedy_for_the_tempo_is_a_remedy() -> None:
    squeezed = fit(0.25, 1.0, tempo=150.0)
    tempo = float(squeezed.sentences[0].rpartition("about ")[2].split()[0])
    assert fit(0.25, 1.0, tempo=tempo).sentences == ()


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def test_check_prints_the_report_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sheet.txt").write_text(SHEET)
    code, out, err = run(capsys, "make", "folk, 100 BPM", "--lyrics", "sheet.txt", "--check", "--out", "song")
    assert (code, err) == (0, "")
    assert "silver on the water" in out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sheet.txt"]
    code, out, _ = run(capsys, "make", "folk, 100 BPM", "--lyrics", "sheet.txt", "--check", "--json")
    told = json.loads(out)
    assert code == 0
    assert [line["line"] for line in told["lines"]] == [1, 2]
    assert told["problems"] == []
    assert set(told["lines"][0]) == {
        "line", "text", "section", "syllables", "notes", "bars", "seconds_a_syllable", "shortest_s", "verdict",
        "remedy",
    }  # fmt: skip
