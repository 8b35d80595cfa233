"""Songs on a tune that is given: note for note where it can be, and with a word about what had to be done."""

from __future__ import annotations

import math
import re
import sys
from itertools import pairwise
from pathlib import Path

import mido
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lyrics.parse import parse_sheet
from lyrics.values import Lyrics
from songsmith.brief import Brief
from songsmith.errors import InputError
from songsmith.evaluation.harmony import chord_tone_share
from songsmith.harmonise import harmonise_melody, melody_key
from songsmith.lone_melody import invented_lines, melody_alone, write_melody
from songsmith.paper import Paper, write_paper
from songsmith.plan import Chord
from songsmith.setting import Setting, find_downbeat, fit_tune, plan_setting, set_words, setting_warnings
from songsmith.singing.voices import VoiceRange
from songsmith.styles import load_style
from songsmith.timeline import Meter
from songsmith.tunes.passes import share_out
from songsmith.tunes.tune import Tune, TuneNote

sys.path.insert(0, str(Path(__file__).parent / "tunes"))
from midifiles import midi, track

RANGE = VoiceRange()
FOUR = Meter(4, 4)
WALTZ = "[Verse]\nThe moon is low, the night is long\nAnd no one here has heard the song"
WALTZ_PITCHES = (55, 60, 60, 62, 64, 64, 62, 60, 59, 62, 62, 64, 65, 65, 64, 60)


def waltz() -> list[tuple[float, float, int]]:
    """Return a waltz that begins with a pickup, one note for each syllable of its words."""
    notes, now = [], 0.0
    for k, pitch in enumerate(WALTZ_PITCHES):
        length = (1.0, 2.0)[k % 2]
        notes.append((now, length, pitch))
        now += length
    return notes


def write(
    path: Path, notes: list[tuple[float, float, int]], meter: tuple[int, int] = (4, 4), **metas: object
) -> Path:
    head = {"time_signature": [(0, {"numerator": meter[0], "denominator": meter[1]})]}
    head["set_tempo"] = [(0, {"tempo": mido.bpm2tempo(100)})]
    path.write_bytes(midi(track(notes, "tune", **head, **metas)))
    return path


def same_notes(paper: Paper, notes: list[tuple[float, float, int]]) -> bool:
    sung = [(n.onset, n.duration, n.pitch) for n in paper.score.notes]
    shift = sung[0][0] - notes[0][0]
    return sung == [pytest.approx((onset + shift, length, pitch)) for onset, length, pitch in notes]


def test_one_syllable_a_note_comes_back_note_for_note_with_its_pickup(tmp_path: Path) -> None:
    path = write(tmp_path / "waltz.mid", waltz(), (3, 4))
    paper = write_paper("folk", WALTZ, melody=path)
    assert same_notes(paper, waltz())
    assert [note.syllable for note in paper.score.notes] == list(range(16))
    assert (paper.plan.tempo, paper.plan.meter, paper.plan.key) == (100.0, "3/4", "C major")
    assert paper.warnings == ("the tune is taken to begin with a pickup of 1 beat",)
    intro, verse = paper.plan.sections[:2]
    first = paper.score.notes[0]
    assert first.onset == verse.bar * 3 - 1  # the pickup is sung in the last bar before the verse
    assert not any(intro.voice)
    assert verse.voice[0]
    assert dict(paper.backends)["melody"] is not None


TWO_VERSES = (
    "[Verse 1]\nSilver on the water\nSomebody is calling\n[Verse 2]\nMorning on the meadow\nNobody is falling"
)
EIGHT_BARS = [(float(k), 1.0, 60 + (0, 2, 4, 5, 7, 5)[k % 6]) for k in range(6)] + [
    (8.0 + k, 1.0, 60 + (7, 5, 4, 2, 4, 0)[k % 6]) for k in range(6)
]


def test_a_second_verse_is_sung_on_the_same_tune(tmp_path: Path) -> None:
    paper = write_paper("pop", TWO_VERSES, melody=write(tmp_path / "tune.mid", EIGHT_BARS))
    first, second = paper.score.notes[:12], paper.score.notes[12:]
    verses = [section for section in paper.plan.sections if section.kind == "verse"]
    assert [n.pitch for n in first] == [n.pitch for n in second] == [pitch for _, _, pitch in EIGHT_BARS]
    shift = (verses[1].bar - verses[0].bar) * 4.0
    assert [n.onset + shift for n in first] == [n.onset for n in second]
    assert paper.warnings == ("the tune is sung again for each section",)
    inside = [[c.symbol for c in paper.plan.chords if v.bar * 4 <= c.onset < (v.bar + v.bars) * 4] for v in verses]
    assert inside[0] == inside[1]


def test_sections_are_sung_on_the_parts_that_markers_name(tmp_path: Path) -> None:
    markers = [(0, {"text": "Chorus"}), (8, {"text": "Verse"})]
    path = write(tmp_path / "tune.mid", EIGHT_BARS, marker=markers)
    sheet = "[Verse]\nSomebody is calling\n[Chorus]\nSilver on the water\n[Verse]\nNobody is falling"
    paper = write_paper("pop", sheet, melody=path)
    verse, chorus = [row[2] for row in EIGHT_BARS[6:]], [row[2] for row in EIGHT_BARS[:6]]
    assert [n.pitch for n in paper.score.notes] == [*verse, *chorus, *verse]
    assert paper.warnings == ("the tune is sung section by section, by its markers",)


def test_melismas_and_split_notes_are_told_line_by_line(tmp_path: Path) -> None:
    path = write(tmp_path / "tune.mid", EIGHT_BARS)
    paper = write_paper("pop", "[Verse]\nSilver on water\nSomebody over is calling", melody=path)
    assert paper.warnings == (
        "line 1 has 1 note more than syllables: they are sung as melismas",
        "line 2 has 2 syllables more than notes: notes of the tune are split for them",
    )
    assert next(n.onset for n in paper.score.notes if n.syllable == 5) % 4 == 0.0  # line 2 begins its own bar


def tune(*pitches: int, **more: object) -> Tune:
    notes = tuple(TuneNote(float(k), 1.0, pitch) for k, pitch in enumerate(pitches))
    return Tune("tune.mid", notes, **more)  # type: ignore[arg-type]


def test_within_the_range_nothing_is_moved_and_outside_it_octaves_are() -> None:
    scale = (60, 62, 64, 65, 67, 69, 71, 72)
    assert fit_tune(tune(*scale), RANGE).notes == tune(*scale).notes
    low = fit_tune(tune(*(pitch - 24 for pitch in scale)), RANGE)
    assert [note.pitch for note in low.notes] == list(scale)
    assert low.remarks == ("the tune is sung 2 octaves higher than written, into the range of the voice",)
    keyed = fit_tune(tune(*scale), RANGE, "A major")
    assert (keyed.key, [note.pitch for note in keyed.notes]) == ("A major", [pitch - 3 for pitch in scale])
    assert keyed.remarks == ("the tune is sung 3 semitones lower than written, to A major, as asked",)


def test_a_tune_that_no_octave_fits() -> None:
    wide = tune(48, 60, 64, 67, 72)  # two octaves from C: the voice has two octaves and a semitone from E
    with pytest.raises(
        InputError, match=r"from C3 to C5, and the voice from E3 to F5: no octave fits; ask for .* 'E "
    ):
        fit_tune(wide, RANGE)
    with pytest.raises(InputError, match="36 semitones are too many"):
        fit_tune(tune(40, 60, 76), RANGE)
    with pytest.raises(InputError, match="the tune is in C major, so it cannot be sung in A minor: name a major key"):
        fit_tune(tune(60, 62, 64, 65, 67, 60), RANGE, "A minor")


def test_bars_are_left_where_they_are_unless_another_place_is_clearly_better() -> None:
    lines = parse_sheet("walking over hills and hollows").lines
    steady = tune(60, 62, 64, 65, 67, 65, 64, 60, barred=False)
    assert find_downbeat(steady, lines, Meter(4, 4)) is steady
    written = tune(60, 62, 64, 65, 67, 65, 64, 60, barred=True)
    assert find_downbeat(written, parse_sheet("a river and a stone tonight").lines, Meter(4, 4)) is written


@pytest.mark.parametrize("tonic", range(12))
def test_keys_are_found(tonic: int) -> None:
    major = [TuneNote(float(k), 1.0, 60 + tonic + s) for k, s in enumerate((0, 4, 7, 5, 4, 2, 7, 0))]
    minor = [TuneNote(float(k), 1.0, 60 + tonic + s) for k, s in enumerate((0, 3, 7, 5, 3, 2, 7, 0))]
    assert (melody_key(major).tonic, melody_key(major).mode) == (tonic, "major")
    assert (melody_key(minor).tonic, melody_key(minor).mode) == (tonic, "minor")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from((0.5, 1.0, 2.0)), st.sampled_from((60, 62, 64, 65, 67, 69, 71, 72))), min_size=4
    ),
    st.sampled_from(("4/4", "3/4", "6/8")),
    st.sampled_from(("folk", "swing", "rock")),
)
def test_chords_tile_the_tune_end_at_home_and_carry_it(
    rows: list[tuple[float, int]], meter_name: str, style: str
) -> None:
    meter = Meter.parse(meter_name)
    notes, now = [], 0.0
    for length, pitch in rows:
        notes.append(TuneNote(now, length, pitch))
        now += length
    bars = math.ceil(now / meter.beats_per_bar)
    key = melody_key(notes)
    chords = harmonise_melody(notes, key, meter, bars, load_style(style))
    assert chords[0].onset == 0.0
    assert all(a.end == pytest.approx(b.onset) for a, b in pairwise(chords))
    assert chords[-1].end == bars * meter.beats_per_bar


def test_chords_found_for_a_hymn_fit_it() -> None:
    degrees = (4, 4, 5, 7, 7, 5, 4, 2, 0, 0, 2, 4, 4, 2, 2, 4, 4, 5, 7, 7, 5, 4, 2, 0, 0, 2, 4, 2, 0, 0)
    lengths = (*(1.0,) * 12, 1.5, 0.5, 2.0) * 2
    notes, now = [], 0.0
    for degree, length in zip(degrees, lengths, strict=True):
        notes.append(TuneNote(now, length, 60 + degree))
        now += length
    chords = harmonise_melody(notes, melody_key(notes), Meter(4, 4), 8, load_style("folk"))
    share, count = chord_tone_share([(n.onset, n.pitch) for n in notes], chords, 2.0)
    assert (count, chords[0].symbol, chords[-1].symbol) == (16, "C", "C")
    assert share >= 0.75
    assert {chord.symbol for chord in chords} >= {"C", "G"}


def test_chords_of_the_file_are_played(tmp_path: Path) -> None:
    named = [(0, {"text": "A:min"}), (8, {"text": "F"}), (12, {"text": "C"})]
    paper = write_paper("pop", TWO_VERSES, melody=write(tmp_path / "tune.mid", EIGHT_BARS, text=named))
    verse = next(section for section in paper.plan.sections if section.kind == "verse")
    inside = [c for c in paper.plan.chords if verse.bar * 4 <= c.onset < (verse.bar + verse.bars) * 4]
    assert [(c.onset - verse.bar * 4, c.symbol) for c in inside] == [(0.0, "A:min"), (8.0, "F"), (12.0, "C")]


def test_chords_that_end_before_the_tune_begins_are_told_and_others_found() -> None:
    late = tuple(TuneNote(16.0 + k, 1.0, pitch) for k, pitch in enumerate((60, 64, 67, 64, 65, 62, 60, 60)))
    early = (Chord(0.0, 4.0, "F#"), Chord(4.0, 4.0, "B"))
    own = Tune("x", late, 100.0, "4/4", "C major", early)
    setting = set_words(own, parse_sheet("[Verse]\nSilver on the\nwater river"), 100.0, FOUR, load_style("folk"))
    assert setting.remarks == ("the chords of the file end before its melody begins: others are found for it",)
    assert setting.sections[0].chords[-1].symbol.startswith("C")


def test_bars_that_the_tune_does_not_have_are_told(tmp_path: Path) -> None:
    sheet = "[Verse 1: bars=2]\nSilver on the water\n[Chorus: bars=2]\nNobody is falling"
    paper = write_paper("pop", sheet, melody=write(tmp_path / "tune.mid", EIGHT_BARS))
    assert not [told for told in paper.warnings if "of the tune, not" in told]
    paper = write_paper("pop", sheet.replace("bars=2", "bars=6", 1), melody=tmp_path / "tune.mid")
    assert "section [Verse 1] has the 2 bars of the tune, not the 6 that the sheet asks for" in paper.warnings


def on_a_tune(lyrics: str, **more: object) -> tuple[Brief, Lyrics, Setting]:
    """Return what is planned for words on the tune of `EIGHT_BARS`."""
    words = parse_sheet(lyrics)
    own = Tune("x", tuple(TuneNote(*row) for row in EIGHT_BARS), 100.0, "4/4", "C major")
    setting = set_words(own, words, 100.0, FOUR, load_style("pop"))
    return Brief("pop", "pop", 100.0, "C major", "4/4", **more), words, setting  # type: ignore[arg-type]


def test_a_length_puts_interludes_between_the_verses_and_leaves_the_frame_short() -> None:
    brief, words, setting = on_a_tune(TWO_VERSES)
    plan, notes = plan_setting(brief, words, setting, load_style("pop"), 0, 300.0)
    assert [s.bars for s in plan.sections if s.kind in ("intro", "outro")] == [8, 8]
    kinds = [section.kind for section in plan.sections]
    played = [kind for kind in kinds if kind not in ("intro", "verse", "outro")]
    assert set(played) == {"interlude", "solo"}
    assert plan.beats * 0.6 == pytest.approx(300.0, abs=2.4 + 4.0)
    verses = [section for section in plan.sections if any(section.voice)]
    assert [section.kind for section in verses] == ["verse", "verse"]
    assert notes[0].onset == verses[0].bar * 4.0
    told = setting_warnings(brief, words, setting, load_style("pop"), 300.0)
    many = f"{len(played)} instrumental sections were put in between them"
    assert told == (f"the length of 300 s is more than the words need: {many}",)


def test_where_the_likeliest_ways_have_no_room_others_are_tried() -> None:
    lengths = (0.5, 0.5, 0.5, 1.0, 0.5, 0.25, 0.5, 0.5, 0.5, 1.0)
    pitches = (61, 65, 67, 62, 61, 61, 65, 61, 61, 61)
    notes, now = [], 0.0
    for length, pitch in zip(lengths, pitches, strict=True):
        notes.append(TuneNote(now, length, pitch))
        now += length
    words = parse_sheet(
        "and remember and tomorrow,\nstone and river\nstone li~ght\nthe the\n"
        "remember remember and tomorrow, remember\nli~ght tomorrow,"
    )
    passes, told = share_out(Tune("x", tuple(notes), 140.0, "4/4"), words, 140.0, FOUR)
    assert told[0].startswith("the tune is sung again ")
    sung = [note.syllable for one in passes for note in one.notes if not note.slur]
    assert sung == list(range(len(words.syllables)))


def test_a_form_that_the_words_do_not_have_is_told() -> None:
    brief, words, setting = on_a_tune(TWO_VERSES, form=("verse", "chorus", "solo", "verse"))
    assert setting_warnings(brief, words, setting, load_style("pop")) == (
        "the form asks for 'chorus' that the lyrics have no words for: left out",
        "the form begins with words: 2 bars of intro lead in",
    )
    plan, _ = plan_setting(brief, words, setting, load_style("pop"), 0)
    assert [section.kind for section in plan.sections] == ["intro", "verse", "solo", "verse"]


@pytest.mark.parametrize("bpm", [12.0, 400.0])
def test_a_tempo_of_the_file_that_no_song_has(bpm: float, tmp_path: Path) -> None:
    path = tmp_path / "tune.mid"
    path.write_bytes(midi(track(EIGHT_BARS, set_tempo=[(0, {"tempo": mido.bpm2tempo(bpm)})])))
    message = f"{path}: its tempo of {bpm:g} BPM is out of range, which is 30 to 300: name another with --tempo"
    with pytest.raises(InputError, match=re.escape(message)):
        write_paper("pop", TWO_VERSES, melody=path)
    assert write_paper("pop", TWO_VERSES, melody=path, tempo=100.0).plan.tempo == 100.0


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_tune_has_positions_that_are_numbers(value: float) -> None:
    for broken in (TuneNote(value, 1.0, 60), TuneNote(0.0, value, 60)):
        with pytest.raises(InputError, match=r"^x: "):
            Tune("x", (broken,))
    with pytest.raises(InputError, match="x: holds positions or a tempo that are not numbers"):
        Tune("x", (TuneNote(0.0, 1.0, 60),), tempo=value)


@pytest.mark.parametrize("suffix", [".mid", ".musicxml"])
def test_a_melody_of_our_own_comes_back_note_for_note(tmp_path: Path, suffix: str) -> None:
    sheet = (
        "[Verse 1]\nThe ferry left at se~ven with a barrel and a bell\n27 gulls behind it\n[Solo: bars=4]\n"
        "[Chorus]\nRemember, remember the harbour\n[Verse 2]\nNobody came to the window\nOh~~ nobody else\n[Chorus]"
    )
    first = write_paper("folk, 104 BPM", sheet, 3)
    path = tmp_path / f"tune{suffix}"
    write_melody(melody_alone(first, with_words=True), path)
    again = write_paper("folk", sheet, melody=path)
    shift = again.score.notes[0].onset - first.score.notes[0].onset
    assert len(again.score.notes) == len(first.score.notes)
    for old, new in zip(first.score.notes, again.score.notes, strict=True):
        assert (new.pitch, new.syllable, new.slur) == (old.pitch, old.syllable, old.slur)
        assert (new.onset - shift, new.duration) == pytest.approx((old.onset, old.duration), abs=2e-3)
    assert again.plan.tempo == 104.0


def test_a_melody_without_words_is_sane_and_says_no_words(tmp_path: Path) -> None:
    paper = write_paper("slow waltz in D minor", invented_lines("folk", 4), 4)
    song = melody_alone(paper, with_words=False)
    path = tmp_path / "tune.mid"
    write_melody(song, path)
    file = mido.MidiFile(path)
    assert not [message for message in file if message.type == "lyrics"]
    assert min(note.onset for note in song.notes) < song.plan.beats_per_bar
    assert max(note.end for note in song.notes) <= song.plan.beats
    with pytest.raises(InputError, match="is there already"):
        write_melody(song, path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"meter": "3/4"}, "the tune is in 4/4, not in 3/4"),
        ({"lyrics": None, "instrumental": True}, "which nobody sings"),
    ],
)
def test_what_does_not_go_with_a_tune(tmp_path: Path, options: dict[str, object], message: str) -> None:
    path = write(tmp_path / "tune.mid", EIGHT_BARS)
    with pytest.raises(InputError, match=message):
        write_paper("pop", **{"lyrics": TWO_VERSES, "melody": path, **options})  # type: ignore[arg-type]


TAGS = ("[Verse]", "[Chorus]", "[Bridge]", "[Solo: bars=4]\n[Verse]", "[Intro]\n[Verse]", "[Outro]")
WORDS = ("river", "the", "remember", "stone", "li~ght", "and", "tomorrow,")
sheets = st.lists(
    st.tuples(
        st.sampled_from(TAGS),
        st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join), min_size=1, max_size=4),
    ),
    min_size=1,
    max_size=4,
).map(lambda parts: "\n".join("\n".join((tag, *lines)) for tag, lines in parts))


TOO_MUCH = (
    r"\d+ syllables on \d+ notes are too many to fit at once: sing the song in shorter sections",
    r"\d+ syllables from line \d+ on do not fit on \d+ notes of the melody: give a longer melody, or fewer words",
    r"line \d+ has \d+ syllables for a note of \d+\.\d\d s: use fewer words there, or lower the tempo",
)
"""What may be said of words that no way of singing the tune has room for."""


def test_any_sheet_on_any_tune() -> None:
    sung: list[bool] = []

    @settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
    @given(
        sheets,
        st.lists(
            st.tuples(
                st.sampled_from((0.5, 1.0, 1.5, 2.0)), st.sampled_from((0.0, 0.0, 1.0, 9.0)), st.integers(55, 70)
            ),
            min_size=6,
            max_size=40,
        ),
        st.sampled_from(("4/4", "3/4", "6/8")),
        st.sampled_from((-1.0, 0.0, 2.0)),
    )
    def on_tune(sheet: str, rows: list[tuple[float, float, int]], meter: str, start: float) -> None:
        sung.append(sing_on(sheet, rows, meter, start))

    on_tune()
    assert sum(sung) >= 0.8 * len(sung)


def sing_on(sheet: str, rows: list[tuple[float, float, int]], meter_name: str, start: float) -> bool:
    """Check the setting of a sheet on a tune of (length, rest, pitch); return whether it has one."""
    notes, now = [], start
    for length, rest, pitch in rows:
        notes.append(TuneNote(now, length, pitch))
        now += length + rest
    words, meter, style = parse_sheet(sheet), Meter.parse(meter_name), load_style("folk")
    own = fit_tune(Tune("x", tuple(notes), 100.0, meter_name), RANGE)
    brief = Brief("folk", "folk", 100.0, str(own.key), meter_name)
    try:
        setting = set_words(own, words, 100.0, meter, style)
    except InputError as err:
        message = str(err)
        assert any(re.fullmatch(allowed, message) for allowed in TOO_MUCH), message
        return False
    plan, sung = plan_setting(brief, words, setting, style, 0)
    assert [note.syllable for note in sung if not note.slur] == list(range(len(words.syllables)))
    assert all(b.onset >= a.end - 1e-6 for a, b in pairwise(sung))
    assert {note.pitch for note in sung} <= {note.pitch for note in notes}
    assert sung[0].onset >= 0.0
    assert sung[-1].end <= plan.beats
    assert plan.chords[0].onset == 0.0
    assert all(a.end == pytest.approx(b.onset, abs=1e-4) for a, b in pairwise(plan.chords))
    assert [any(s.voice) for s in plan.sections].count(True) == sum(not s.is_instrumental for s in words.sections)
    return True


def test_a_prompt_that_the_tune_overrules_is_told(tmp_path: Path) -> None:
    file = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack()
    track.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(100)))
    track.append(mido.MetaMessage("time_signature", numerator=4, denominator=4))
    for pitch in (60, 62, 64, 65, 67, 65, 64, 60):
        track.append(mido.Message("note_on", note=pitch, velocity=90))
        track.append(mido.Message("note_off", note=pitch, time=480))
    file.tracks.append(track)
    file.save(tmp_path / "tune.mid")
    sheet = "[Verse]\nCopper kettle on the fire"
    paper = write_paper("folk, 150 BPM, 3/4", sheet, melody=tmp_path / "tune.mid")
    assert paper.plan.tempo == 100.0
    assert "the prompt asks for the tempo 150, the melody has 100: the melody's is taken" in paper.warnings
    assert "the prompt asks for the meter 3/4, the melody has 4/4: the melody's is taken" in paper.warnings
    silent = write_paper("folk", sheet, melody=tmp_path / "tune.mid")
    assert not any("the prompt asks for" in warning for warning in silent.warnings)
