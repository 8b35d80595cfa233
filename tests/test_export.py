"""MIDI and LRC read back by other programs' readers: the same notes, words and times."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import example_song
import mido
import music21
import numpy as np
import pretty_midi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lyrics.values import Lyrics, Section
from songsmith.accompaniment.parts import Part, PartNote
from songsmith.errors import InputError
from songsmith.export.lrc import song_to_lrc
from songsmith.export.midi import song_to_midi
from songsmith.plan import Plan
from songsmith.song import Song, VoicePart
from songsmith.timeline import Timeline


def read(song: Song) -> pretty_midi.PrettyMIDI:
    return pretty_midi.PrettyMIDI(io.BytesIO(song_to_midi(song)), charset="utf-8")


def drifting(seed: int, count: int = 18) -> Timeline:
    """Return beats like those of a recording: a start after 0 s would be a beat of its own, so they begin there."""
    gaps = 0.5 + 0.1 * np.random.default_rng(seed).random(count)
    beats = tuple(float(t) for t in np.round(np.concatenate([[0.0], np.cumsum(gaps)]), 6))
    return Timeline(110.0, beats, tuple(range(0, count, 4)))


@settings(max_examples=25, deadline=None)
@given(tempo=st.floats(62.5, 300.0), drift=st.none() | st.integers(0, 1000))
def test_notes_come_back_with_their_times(tempo: float, drift: int | None) -> None:
    song = example_song.song(tempo, None if drift is None else drifting(drift))
    seconds = song.timeline.seconds
    midi = read(song)
    melody, drums, bass, harmony = midi.instruments
    assert [i.name for i in midi.instruments] == ["melody", "drums", "bass", "harmony"]
    assert [i.is_drum for i in midi.instruments] == [False, True, False, False]
    assert (bass.program, harmony.program) == (33, 4)
    expected = [(melody, [(n.onset, n.end, n.pitch) for n in song.notes])]
    for part, instrument in zip(song.parts, (drums, bass, harmony), strict=True):
        expected.append((instrument, [(n.onset, n.onset + n.duration, n.pitch) for n in part.notes]))
        by_place = sorted((n.onset, n.pitch, n.velocity) for n in part.notes)
        assert [v for _, _, v in by_place] == [
            n.velocity for n in sorted(instrument.notes, key=lambda n: (n.start, n.pitch))
        ]
    for instrument, notes in expected:
        found = sorted((n.start, n.end, n.pitch) for n in instrument.notes)
        assert len(found) == len(notes)
        for (start, end, pitch), (on, off, wanted) in zip(found, sorted(notes), strict=True):
            assert pitch == wanted
            assert start == pytest.approx(seconds(on), abs=1e-3)
            assert end == pytest.approx(seconds(off), abs=1e-3)


def test_words_stand_at_their_notes() -> None:
    song = example_song.song()
    lyrics = read(song).lyrics
    assert [event.text for event in lyrics] == ["Moon", "o-", "ver", "sea", "Moon", "ca-", "fé,", "sea"]
    firsts = [note.onset for note in song.notes if not note.slur]
    for event, onset in zip(lyrics, firsts, strict=True):
        assert event.time == pytest.approx(song.timeline.seconds(onset), abs=1e-3)


def test_tempo_meter_key_and_sections() -> None:
    song = example_song.song(97.0)
    file = mido.MidiFile(file=io.BytesIO(song_to_midi(song)), charset="utf-8")
    assert (file.type, file.ticks_per_beat) == (1, 960)
    conductor = list(file.tracks[0])
    assert [m.tempo for m in conductor if m.type == "set_tempo"] == [round(60e6 / 97)]
    assert [(m.numerator, m.denominator) for m in conductor if m.type == "time_signature"] == [(4, 4)]
    assert [m.key for m in conductor if m.type == "key_signature"] == ["C"]
    now, found = 0, []
    for message in conductor:
        now += message.time
        if message.type in ("marker", "text"):
            found.append((now / 960, message.type, message.text))
    assert [(beat, text) for beat, kind, text in found if kind == "marker"] == [
        (0, "Intro"),
        (4, "Verse 1"),
        (12, "Outro"),
    ]
    assert [(beat, text) for beat, kind, text in found if kind == "text"] == [(0, "C"), (8, "F:maj7")]
    channels = [{m.channel for m in track if m.type == "note_on"} for track in file.tracks[1:]]
    assert channels == [{0}, {9}, {1}, {2}]


@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("E minor", "Em"),
        ("D dorian", "Am"),
        ("Bb mixolydian", "Eb"),
        ("F# major", "F#"),
        ("G# minor", "G#m"),
        ("Bb minor", "Bbm"),
    ],
)
def test_key_signatures(key: str, written: str) -> None:
    song = example_song.song()
    plan = song.plan
    file = mido.MidiFile(file=io.BytesIO(song_to_midi(replace(song, plan=Plan(90.0, key, "3/4", plan.sections, ())))))
    signs = [m.key for m in file.tracks[0] if m.type == "key_signature"]
    assert signs == [written]
    named = [m.text for m in file.tracks[0] if m.type == "text"]
    assert (key in named) == (key.split()[1] not in ("major", "minor"))


def test_a_pitch_struck_again_ends_the_note_before() -> None:
    notes = (
        PartNote(0.0, 4.0, 60, 80),
        PartNote(1.0, 1.0, 60, 90),
        PartNote(1.0, 2.0, 60, 70),
        PartNote(1.0, 1e-4, 61, 9),
    )
    song = replace(example_song.song(60.0), parts=(Part("harmony", 0, False, notes),))
    found = [(n.pitch, round(n.start, 2), round(n.end, 2)) for n in read(song).instruments[1].notes]
    assert sorted(found) == [(60, 0.0, 1.0), (60, 1.0, 3.0), (61, 1.0, 1.0)]


def test_further_voices_have_tracks_with_their_own_words() -> None:
    song = example_song.song()
    high = tuple(replace(note, pitch=note.pitch + 4) for note in song.notes[:8])
    words = Lyrics("en", (Section("verse", "Verse 1", None, song.lyrics.lines),))
    voices = tuple(
        VoicePart(f"harmony {k}", "harmony", "heart", 0.2, -6.0, words, high, song.performance) for k in (1, 2)
    )
    file = mido.MidiFile(file=io.BytesIO(song_to_midi(replace(song, voices=voices))), charset="utf-8")
    names = [track.name for track in file.tracks]
    assert names == [song.title, "melody", "harmony 1", "harmony 2", "drums", "bass", "harmony"]
    for track in file.tracks[2:4]:
        assert [m.text for m in track if m.type == "lyrics"] == [
            "Moon",
            "o-",
            "ver",
            "sea",
            "Moon",
            "ca-",
            "fé,",
            "sea",
        ]
        assert [m.note for m in track if m.type == "note_on"] == [note.pitch for note in high]
    channels = [{m.channel for m in track if m.type == "note_on"} for track in file.tracks[1:]]
    assert len(set(map(frozenset, channels))) == len(channels)
    crowd = tuple(replace(voices[0], name=f"v{k}") for k in range(20))
    assert len(mido.MidiFile(file=io.BytesIO(song_to_midi(replace(song, voices=crowd)))).tracks) == 25


def test_music21_reads_the_same_notes() -> None:
    song = example_song.song()
    score = music21.converter.parseData(song_to_midi(song), format="midi")
    melody = score.parts[0].flatten().notes
    found = [(float(n.offset), float(n.quarterLength), n.pitch.midi) for n in melody.getElementsByClass("Note")]
    joined: list[tuple[float, float, int]] = []
    for note, (onset, length, pitch) in zip(melody, found, strict=True):
        if note.tie is not None and note.tie.type in ("stop", "continue"):
            joined[-1] = (joined[-1][0], joined[-1][1] + length, pitch)
        else:
            joined.append((onset, length, pitch))
    assert joined == [(n.onset, n.duration, n.pitch) for n in song.notes]


def test_too_many_parts_are_refused() -> None:
    parts = tuple(Part(f"part {i}", 0, False, ()) for i in range(15))
    with pytest.raises(InputError, match="15 pitched parts do not fit"):
        song_to_midi(replace(example_song.song(), parts=parts))


def test_midi_is_the_same_bytes_again() -> None:
    assert song_to_midi(example_song.song()) == song_to_midi(example_song.song())


def test_lrc_has_every_word_at_its_first_sound(tmp_path: Path) -> None:
    song = replace(example_song.song(), title="A [strange]\ntitle")
    lines = song_to_lrc(song).splitlines()
    assert lines[:2] == ["[ti:A (strange) title]", "[length:00:12.00]"]
    starts = {}
    for span in song.performance.phonemes:
        starts.setdefault(span.syllable, span.start)
    found = re.findall(r"<(\d\d):(\d\d\.\d\d)>(\S+)", "\n".join(lines))
    assert [word for _, _, word in found] == ["Moon", "over", "sea", "Moon", "café,", "sea"]
    for (minutes, secs, _), number in zip(found, (0, 1, 3, 4, 5, 7), strict=True):
        assert 60 * int(minutes) + float(secs) == pytest.approx(starts[number], abs=0.0051)
    timed = [line for line in lines if re.match(r"\[\d\d:", line)]
    assert len(timed) == 2
    assert all(line[1:9] == line[11:19] for line in timed)


def test_times_of_lyrics_never_fall_and_every_line_ends() -> None:
    song = example_song.song()
    lines = [line for line in song_to_lrc(song).splitlines() if re.match(r"\[\d\d:", line)]
    times = [60 * int(m) + float(s) for line in lines for m, s in re.findall(r"<(\d\d):(\d\d\.\d\d)>", line)]
    assert times == sorted(times)
    assert all(re.search(r" <\d\d:\d\d\.\d\d>$", line) for line in lines)
    assert times[-1] == pytest.approx(song.performance.phonemes[-2].end, abs=0.0051)


def test_lrc_falls_back_on_notes_where_there_are_no_phonemes() -> None:
    song = example_song.song()
    silent = replace(song.performance, phonemes=song.performance.phonemes[:1])
    found = re.findall(r"<00:(\d\d\.\d\d)>\S", song_to_lrc(replace(song, performance=silent)))
    firsts = [song.timeline.seconds(4.0 + number) for number in (0, 1, 3, 4, 5, 7)]
    assert [float(t) for t in found] == pytest.approx(firsts, abs=0.0051)


def test_long_times_and_rounding() -> None:
    song = example_song.song(timeline=Timeline.steady(0.65, 18, 4))
    silent = replace(song.performance, phonemes=song.performance.phonemes[:1])
    text = song_to_lrc(replace(song, performance=silent))
    assert ":60." not in text
    assert "[06:09.23]" in text
