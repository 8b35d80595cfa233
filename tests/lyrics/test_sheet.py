"""Sheets into lyrics: tags, repeats, notes, limits and messages."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lyrics import KINDS, Lyrics, LyricsError, Section, parse_sheet, read_sheet
from lyrics.parse import MAX_LINES, MAX_SHEET_BYTES
from lyrics.tags import kind_of

SHEET = """\ufeff# Title:  The Kettle
# a comment
[Intro]
[Verse 1: singer=anna, energy=0.4, bars=8, style=soft]
Before the kettle sings~ (ooh)
  # another comment
Call on Wren{R EH1 N}, ~ please

[Chorus x2]
Burn, burn 🔥

[Guitar Solo: bars=4]
[Chorus: energy=1]
[Verse 2]
(ooh la la)
Goodnight
[Outro]
"""


def texts(section: Section) -> list[str]:
    return [line.text for line in section.lines]


def test_a_sheet_with_everything() -> None:
    lyrics = parse_sheet(SHEET.replace("\n", "\r\n"))
    assert lyrics.title == "The Kettle"
    assert [section.kind for section in lyrics.sections] == [
        *("intro", "verse", "chorus", "chorus", "solo", "chorus", "verse", "outro")
    ]
    verse = lyrics.sections[1]
    assert (verse.label, verse.singer, verse.energy, verse.bars, verse.style) == ("Verse 1", "anna", 0.4, 8, "soft")
    assert texts(verse) == ["Before the kettle sings~ (ooh)", "Call on Wren{R EH1 N}, ~ please"]
    first, second = verse.lines
    assert [word.text for word in first.words] == ["Before", "the", "kettle", "sings~"]
    assert [word.melismas for word in first.words] == [(0, 0), (0,), (0, 0), (1,)]
    assert [word.sung for word in first.backing] == ["ooh"]
    assert [word.text for word in second.words] == ["Call", "on", "Wren,~", "please"]
    assert [str(p) for p in second.words[2].syllables[0].phonemes] == ["R", "EH1", "N"]
    assert [line.number for line in lyrics.lines] == list(range(1, 8))
    assert lyrics.sections[5].energy == 1.0
    assert texts(lyrics.sections[5]) == texts(lyrics.sections[2]) == ["Burn, burn 🔥"]
    assert lyrics.sections[4].bars == 4
    assert lyrics.sections[4].is_instrumental
    backing_only = lyrics.sections[6].lines[0]
    assert (backing_only.words, [w.sung for w in backing_only.backing]) == ((), ["ooh", "la", "la"])
    assert lyrics.notes == ("line 10: '🔥' is not sung",)


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        *(("Verse", "verse"), ("Verse 2", "verse"), ("VERSE II", "verse"), ("Rap", "verse")),
        *(("Chorus", "chorus"), ("Final Chorus", "chorus"), ("Refrain", "chorus"), ("Pre-Chorus", "prechorus")),
        *(("prechorus", "prechorus"), ("Pre Chorus 2", "prechorus"), ("Post-Chorus", "postchorus"), ("Hook", "hook")),
        *(("Bridge", "bridge"), ("Middle 8", "bridge"), ("middle eight", "bridge"), ("Solo", "solo")),
        *(("Instrumental", "solo"), ("Guitar Solo", "solo"), ("Break", "interlude"), ("Interlude", "interlude")),
        *(("Intro", "intro"), ("Outro", "outro"), ("Coda", "outro"), ("Build-Up", "build"), ("Build", "build")),
        *(("Drop", "drop"), ("Beat Drop", "drop"), ("Instrumental Break", "solo"), ("Weather", None), ("♥", None)),
    ],
)
def test_tag_words(label: str, kind: str | None) -> None:
    assert kind_of(label) == kind
    assert kind is None or kind in KINDS


def test_an_unknown_tag_is_a_verse_with_a_note() -> None:
    lyrics = parse_sheet("[Weather]\nrain")
    assert (lyrics.sections[0].kind, lyrics.sections[0].label) == ("verse", "Weather")
    assert lyrics.notes == ("line 1: the tag [Weather] names no known kind of section; taken as a verse",)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("Chrous", "Chorus"), ("Vesre 2", "Verse"), ("Brigde", "Bridge"), ("Pre-Chrous", "Pre-Chorus")],
)
def test_a_mistyped_tag_is_told_what_it_seems_to_mean(typed: str, meant: str) -> None:
    (note,) = parse_sheet(f"[{typed}]\nrain").notes
    assert f"(did you mean [{meant}]?)" in note


def test_stanzas_without_tags() -> None:
    lyrics = parse_sheet("one a\none b\n\n\nsing it\n\ntwo a\n\nsing it\n")
    assert [(s.kind, s.label, texts(s)) for s in lyrics.sections] == [
        ("verse", "Verse 1", ["one a", "one b"]),
        ("chorus", "Chorus", ["sing it"]),
        ("verse", "Verse 2", ["two a"]),
        ("chorus", "Chorus", ["sing it"]),
    ]


def test_words_before_the_first_tag_are_a_verse() -> None:
    lyrics = parse_sheet("hello\n[Chorus]\ngoodbye")
    assert [(s.kind, texts(s)) for s in lyrics.sections] == [("verse", ["hello"]), ("chorus", ["goodbye"])]
    assert lyrics.notes == ("line 1: the words before the first tag are sung as a verse",)


def test_empty_tags_sing_again() -> None:
    lyrics = parse_sheet(
        "[Verse 1]\na moon\n[Refrain]\nburn\n[Verse 2]\nthe sea\n[Verse 1]\n[Chorus x3]\n[Final Chorus]"
    )
    assert [texts(s)[0] for s in lyrics.sections] == ["a moon", "burn", "the sea", "a moon", *["burn"] * 4]
    assert [line.number for line in lyrics.lines] == list(range(1, 9))


def test_an_empty_section_sings_the_last_of_its_kind_or_is_played() -> None:
    lyrics = parse_sheet("[Bridge]\n[Verse 1]\na moon\n[Verse 2]\n[Chorus]\nburn\n[Chorus]")
    assert [(s.kind, s.label, texts(s)) for s in lyrics.sections] == [
        ("bridge", "Bridge", []),
        ("verse", "Verse 1", ["a moon"]),
        ("verse", "Verse 2", ["a moon"]),
        ("chorus", "Chorus", ["burn"]),
        ("chorus", "Chorus", ["burn"]),
    ]
    assert lyrics.notes == (
        "line 1: [Bridge] has no words, and no section of its kind before it has any; it is played without the voice",
        "line 4: [Verse 2] has no words; those of [Verse 1] are sung again. "
        "Write [Verse 2: instrumental=true] to play it without the voice",
    )


def test_remarks_in_brackets() -> None:
    lyrics = parse_sheet("[Verse 1]\n[Soft, a harp]\n[spoken] a moon\n[Weather]\n[Chorus] burn [all] on\n[Bridge] go")
    assert [(s.kind, s.label, [[w.sung for w in line.words] for line in s.lines]) for s in lyrics.sections] == [
        ("verse", "Verse 1", [["a", "moon"]]),
        ("chorus", "Chorus", [["burn", "on"]]),
        ("bridge", "Bridge", [["go"]]),
    ]
    assert lyrics.notes == (
        "line 2: [Soft, a harp] names no kind of section; taken as a remark and not sung",
        "line 4: the tag [Weather] names no known kind of section and has no words; passed over",
        "line 3: '[spoken]' is not sung",
        "line 5: '[all]' is not sung",
    )


def test_lines_sung_again() -> None:
    lyrics = parse_sheet("burn on (x3)\nburn [2x]\n(ooh) la (×2)")
    assert [" ".join(w.sung for w in line.words) for line in lyrics.lines] == ["burn on"] * 3 + ["burn"] * 2 + [
        "la"
    ] * 2
    assert [line.number for line in lyrics.lines] == list(range(1, 8))
    assert [w.sung for w in lyrics.lines[6].backing] == ["ooh"]


def test_parentheses_that_do_not_pair() -> None:
    lyrics = parse_sheet("hello (ooh\n1) one\na (ooh (la) la) sea :)")
    assert [[w.sung for w in line.words] for line in lyrics.lines] == [["hello"], ["one", "one"], ["a", "sea"]]
    assert [[w.sung for w in line.backing] for line in lyrics.lines] == [["ooh"], [], ["ooh", "la", "la"]]
    assert lyrics.notes == (
        "line 1: the parenthesis '(' is not closed; the rest of the line is taken as backing",
        "line 2: a parenthesis ')' closes nothing and is passed over",
        "line 3: ':)' is not sung",
    )


def test_singers_of_a_duet() -> None:
    sections = parse_sheet("[Verse: singer=anna+ben]\nla\n[Chorus: singer=Anna, energy=0.9]\nla").sections
    assert [section.singer for section in sections] == ["anna+ben", "Anna"]


def test_backing_words_are_analysed_like_the_leads() -> None:
    lead, backing = parse_sheet("tear it down, 27 times\n(tear it down, 27 times)\nla").lines[:2]
    assert backing.words == ()
    assert [(w.text, w.sung, w.syllables) for w in backing.backing] == [
        (w.text, w.sung, w.syllables) for w in lead.words
    ]


def test_instrumental_option() -> None:
    lyrics = parse_sheet("[Verse]\nla\n[Verse: instrumental=true]\n[Verse: instrumental=false]\n")
    assert [len(section.lines) for section in lyrics.sections] == [1, 0, 1]


@pytest.mark.parametrize(
    ("sheet", "message"),
    [
        ("", "no words for the lead to sing"),
        ("# only a comment", "no words for the lead"),
        ("[Intro]\n[Outro]", "no words for the lead"),
        ("(ooh)", "no words for the lead"),
        ("[Verse: tune=1]\nla", "line 1: the tag option 'tune=1' is not known; accepted are .*singer, style, energy"),
        ("[Verse: anna]\nla", r"line 1: the tag option 'anna'.*singer=anna"),
        ("[Verse: singer=]\nla", "line 1: the tag option 'singer' needs one value"),
        ("[Verse: bars=4, bars=8]\nla", "line 1: the tag option 'bars' needs one value"),
        ("la\n[Verse: energy=2]\nla", "line 2: energy is '2'; accepted is a number from 0 to 1"),
        ("[Verse: energy=loud]\nla", "line 1: energy is 'loud'"),
        ("[Verse: energy=nan]\nla", "line 1: energy is 'nan'"),
        ("[Verse: bars=0]\nla", "line 1: bars is '0'; accepted is a whole number from 1 to 64"),
        ("[Verse: bars=65]\nla", "line 1: bars is '65'"),
        ("[Verse: instrumental=maybe]\nla", "line 1: instrumental is 'maybe'; accepted are true and false"),
        ("[Verse: instrumental=true]\nla", "line 1: .*instrumental=true but has words"),
        ("[Verse\nla", "line 1: .*not one tag in one pair of brackets"),
        ("[Verse]]\nla", "line 1: .*on a line of its own"),
        ("[]\nla", "line 1: the tag.* has no name"),
        ("[Chorus x0]\nla", "line 1: '0' repeats are not accepted"),
        ("[Chorus x9]\nla", "line 1: '9' repeats are not accepted"),
        ("[Verse]\n[Chorus]", "no words for the lead"),
        ("la\nla la (x9)", "line 2: it asks to be sung 9 times; 1 to 8 are accepted"),
        ("la\nRea{R EY1}d it", "line 2: the sounds {R EY1} stand inside a word, before 'd it'"),
        ("la{W}", "line 1: the pronunciation 'W' has no vowel"),
        ("la{W QQ}", "line 1: 'QQ' is no ARPAbet sound"),
        ("la{}", "line 1: the braces after 'la' are empty"),
        ("la {W AH1}", "line 1: the sounds {W AH1} follow no word"),
        ("la{W AH1", "line 1: the brace"),
        ("la\nla привет", "line 2: 'привет' has Cyrillic letters"),
        ("la " * 65, "line 1: it has 65 words; at most 64"),
        ("a" * 65, "line 1: .* is a word of 65 characters; at most 64"),
        ("$" + "1" * 65 + " million", "line 1: .* is a word of 66 characters; at most 64"),
        ("la" + "~" * 33, "line 1: 'la' asks for 33 more notes with ~; at most 32 are sung on a word"),
        ("la\n" * (MAX_LINES + 1), "has 2001 lines; at most 2000"),
        ("[Chorus x8]\n" + "la\n" * 300, "line 1: with its repeats the song has more than 2000 lines"),
        ("l" * (MAX_SHEET_BYTES + 1), "at most 256000 are accepted"),
        ("la\0la", "NUL"),
    ],
)
def test_messages(sheet: str, message: str) -> None:
    with pytest.raises(LyricsError, match=message) as caught:
        parse_sheet(sheet)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "row",
    [
        *(f"la{' ' * 200_000}la", f"la{'(' * 200_000}", f"la{'[' * 200_000}", f"la{'<' * 50}", f"la{'-' * 200_000}"),
        *("[" + " " * 200_000 + "x2" * 9, "#" * 200_000 + "\nla", "la {" + "a" * 200_000, f"la{'…' * 200_000}"),
    ],
    ids=lambda row: f"{row[:4]}-{row[-2:]}",
)
def test_long_rows_of_odd_signs_take_no_time(row: str) -> None:
    with contextlib.suppress(LyricsError):
        check_invariants(parse_sheet(row))


def test_unknown_languages_are_refused() -> None:
    with pytest.raises(LyricsError, match="the language 'tlh' cannot be pronounced"):
        parse_sheet("la", language="tlh")
    with pytest.raises(LyricsError, match="the language 'tlh' cannot be pronounced"):
        parse_sheet("# Language: tlh\nla")


def test_what_is_not_sung_is_noted_once() -> None:
    lyrics = parse_sheet("moon 🎵 🎵 river ♥ # | ❤️👍🏽\nburn፩\n* * *\n[Chorus]\nsea\n[Chorus]")
    assert lyrics.notes[1:] == (
        "line 1: '🎵' is not sung",
        "line 1: '♥' is not sung",
        "line 1: '#' is not sung",
        "line 1: '|' is not sung",
        "line 1: '❤️👍🏽' is not sung",
        "line 2: '፩' is not sung",
        "line 3: nothing in it can be sung",
    )
    assert [line.text for line in lyrics.lines] == [*("moon 🎵 🎵 river ♥ # | ❤️👍🏽", "burn፩", "sea", "sea")]


def test_own_sounds_make_any_script_singable() -> None:
    (line,) = parse_sheet("привет{P R IY0 V EH1 T} moon").lines
    assert [len(word.syllables) for word in line.words] == [2, 1]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.txt", None, "no such file"),
        ("binary.txt", b"la\0la", "is a binary file"),
        ("latin1.txt", "café".encode("latin-1"), r"is not UTF-8 text \(byte 3\)"),
        ("large.txt", b"la la\n" * 170_000, "is 1020 kB; a lyric sheet may have 256 kB"),
        ("empty.txt", b"", "no words for the lead"),
        ("wrong.txt", b"la\n[Verse: x=1]\nla", "line 2: the tag option"),
    ],
)
def test_files_that_are_no_sheets(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LyricsError, match=message) as caught:
        read_sheet(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_folders_and_impossible_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LyricsError, match="is a folder"):
        read_sheet(tmp_path)
    with pytest.raises(LyricsError, match="cannot be read"):
        read_sheet(tmp_path / "a\0b")
    with pytest.raises(LyricsError, match="cannot be read"):
        read_sheet(tmp_path / ("x" * 5000))


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sheet.txt"
    path.write_text("la")
    path.chmod(0)
    with pytest.raises(LyricsError, match=r"cannot be read \(Permission denied\)"):
        read_sheet(path)


parts = st.sampled_from(
    [
        *(
            "[Verse]",
            "[Chorus x2]",
            "[Chorus]",
            "[Solo: bars=4]",
            "hello",
            "(ooh)",
            "w{B AH1}",
            "27",
            "\n",
            "\n",
            "\n",
        ),
        *(
            "1,250",
            "~",
            "TV",
            "n't",
            "'s",
            "'",
            "W-w-wait",
            "$5",
            "-",
            "w",
            "don’t",
            "#",
            "[",
            ")",
            "…",
            "ﬁ",
            "₂",
            "é",
        ),
    ]
)


def check_invariants(lyrics: Lyrics) -> None:
    assert [line.number for line in lyrics.lines] == list(range(1, len(lyrics.lines) + 1))
    assert any(line.words for line in lyrics.lines)
    for section in lyrics.sections:
        assert section.kind in KINDS
        for line in section.lines:
            for word in line.words + line.backing:
                assert word.syllables
                assert "".join(s.text for s in word.syllables) == word.sung.replace(" ", "")
                assert all(s.nucleus < len(s.phonemes) for s in word.syllables)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.lists(parts).map(" ".join), st.text(alphabet="ab W'-~(){}[]#:=,.0123456789$%/&@\nT")))
def test_any_text_is_lyrics_or_a_lyrics_error(text: str) -> None:
    try:
        lyrics = parse_sheet(text)
    except LyricsError:
        return
    check_invariants(lyrics)
    assert parse_sheet(text) == lyrics


@given(st.binary())
@settings(max_examples=50, deadline=None)
def test_any_bytes_are_lyrics_or_a_lyrics_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(data)
    with contextlib.suppress(LyricsError):
        check_invariants(read_sheet(path))


def test_repeats_are_not_in_the_text_of_a_line() -> None:
    assert [line.text for line in parse_sheet("burn on  (ooh) (x2)\nla").lines] == ["burn on (ooh)"] * 2 + ["la"]


def test_a_line_that_begins_with_a_hash_is_a_comment_and_noted() -> None:
    lyrics = parse_sheet("# Title: Number one\n# a remark\n#tag: x\n#1 in my heart\nla\n#2: x\n#1 for me: you")
    assert lyrics.notes == (
        "line 4: '#1 in my heart' begins with #: it is taken as a comment and not sung",
        "line 7: '#1 for me: you' begins with #: it is taken as a comment and not sung",
    )
