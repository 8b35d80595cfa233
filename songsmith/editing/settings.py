"""Other settings of a song: `tempo=100`, `chords.12=G:7`, `parts.bass=upright bass`, `sections.Chorus.energy=0.9`.

A setting is a path and a value. The score stays: a tempo moves its times, a key its pitches, a chord the notes of the
band in its bar, an instrument nothing but its stem. Sections, bars and their beats are counted from 1; a section is
named by its label, too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from lyrics.text import printable
from songsmith.accompaniment import DEFAULT, song_timeline
from songsmith.accompaniment import accompanist as find_accompanist
from songsmith.accompaniment.instruments import instrument
from songsmith.accompaniment.parts import Part
from songsmith.cast import octave_for
from songsmith.errors import InputError
from songsmith.plan import Chord, PlannedSection
from songsmith.singing.voices import load_voice
from songsmith.song import Song
from songsmith.styles import load_style
from songsmith.theory import Key, parse_chord
from songsmith.varying.band import spliced

PATHS = (
    "title", "tempo", "key", "voice", "chords.BAR", "chords.BAR.BEAT", "parts.NAME", "sections.NAME.energy",
    "sections.NAME.style", "sections.NAME.singer",
)  # fmt: skip
LONGEST_VALUE = 200
MOST_SETTINGS = 200


def parse_setting(text: str) -> tuple[str, str]:
    """Return path and value of `PATH=VALUE`; raise InputError where it is not written so."""
    path, sign, value = text.partition("=")
    if not sign or not path.strip() or not value.strip():
        raise InputError(f"setting {text[:80]!r} is not PATH=VALUE: write it like tempo=100")
    return path.strip(), value.strip()


def apply_settings(song: Song, settings: Sequence[tuple[str, str]]) -> Song:
    """Return a song on paper with other settings, its performance and further voices still the old ones.

    Raises InputError, with the path, for the first setting that is not known or cannot be.
    """
    if len(settings) > MOST_SETTINGS:
        raise InputError(f"{len(settings)} settings are too many: use {MOST_SETTINGS} at most")
    for path, value in settings:
        if len(value) > LONGEST_VALUE:
            raise InputError(f"{path[:80]}: the value has {len(value)} characters: use {LONGEST_VALUE} at most")
        head, *rest = path.split(".")
        change = _CHANGES.get((head, len(rest)))
        if change is None:
            raise InputError(f"setting {path[:80]!r} is not known: use one of {', '.join(PATHS)}")
        try:
            song = change(song, rest, value)
        except InputError as err:
            raise InputError(f"{path}: {err}") from err
    return song


def _title(song: Song, rest: list[str], value: str) -> Song:
    return replace(song, title=printable(value))


def _tempo(song: Song, rest: list[str], value: str) -> Song:
    tempo = _number(value, "a tempo in beats a minute")
    brief = replace(song.brief, tempo=tempo)  # which checks the range
    if len({round(b - a, 6) for a, b in zip(song.timeline.beats, song.timeline.beats[1:], strict=False)}) > 2:
        raise InputError("the song follows a recording whose tempo moves, so it has none to set")
    plan = replace(song.plan, tempo=tempo)
    return replace(song, brief=brief, plan=plan, timeline=song_timeline(plan))


def _key(song: Song, rest: list[str], value: str) -> Song:
    """Transpose everything, the band by the nearer way, the voice to where it is at home."""
    old, new = Key.parse(song.plan.key), Key.parse(value)
    if old.mode != new.mode:
        raise InputError(f"the song is in {song.plan.key} and can be moved to any {old.mode} key, not to {value!r}")
    shift = (new.tonic - old.tonic + 5) % 12 - 5
    chords = tuple(replace(chord, symbol=_moved(chord.symbol, shift, new)) for chord in song.chords)
    parts = tuple(part if part.is_drum else _transposed(part, shift) for part in song.parts)
    notes = tuple(replace(note, pitch=note.pitch + shift) for note in song.notes)
    if notes:
        home = load_voice(song.brief.voice, song.brief.performance or None).range
        octave = octave_for(list(notes), home)
        notes = tuple(replace(note, pitch=note.pitch + octave) for note in notes)
    plan = replace(song.plan, key=str(new), chords=chords)
    return replace(song, brief=replace(song.brief, key=str(new)), plan=plan, chords=chords, parts=parts, notes=notes)


def _transposed(part: Part, shift: int) -> Part:
    notes = tuple(replace(note, pitch=_kept(note.pitch + shift)) for note in part.notes)
    return replace(part, notes=notes)


def _moved(symbol: str, shift: int, key: Key) -> str:
    """Return a chord symbol transposed, spelled as in a key."""
    match = re.fullmatch(r"([A-G][#b]*)(.*)", symbol)
    tones = parse_chord(symbol)
    if match is None or tones is None:
        return symbol
    return f"{key.spell(tones.root + shift)}{match[2]}"


def _kept(pitch: int) -> int:
    """Return a pitch that MIDI has, an octave lower or higher where it would have none."""
    return pitch - 12 if pitch > 127 else pitch + 12 if pitch < 0 else pitch


def _voice(song: Song, rest: list[str], value: str) -> Song:
    if not song.notes:
        raise InputError("nobody sings in this song")
    home = load_voice(value, song.brief.performance or None).range
    octave = octave_for(list(song.notes), home)
    notes = tuple(replace(note, pitch=note.pitch + octave) for note in song.notes)
    return replace(song, brief=replace(song.brief, voice=value), notes=notes)


def _chord(song: Song, rest: list[str], value: str) -> Song:
    """Put one chord into a bar, or from a beat of it to its end, and move what the band plays there onto it."""
    tones = parse_chord(value)
    if tones is None:
        raise InputError("there is no music without a chord here: give one like 'G', 'A:min7' or 'C/3'")
    beats = song.plan.beats_per_bar
    bar = _counted(rest[0], song.plan.bars, "bar")
    beat = _counted(rest[1], beats, "beat") if len(rest) > 1 else 0
    start, end = float(bar * beats + beat), float((bar + 1) * beats)
    pieces = [
        piece
        for chord in song.chords
        for piece in (_cut(chord, chord.onset, start), _cut(chord, end, chord.end))
        if piece is not None
    ]
    chords = tuple(sorted((*pieces, Chord(start, end - start, value)), key=lambda chord: chord.onset))
    parts = tuple(part if part.is_drum else _onto(part, song.chords, value, start, end) for part in song.parts)
    return replace(song, plan=replace(song.plan, chords=chords), chords=chords, parts=parts)


def _cut(chord: Chord, start: float, end: float) -> Chord | None:
    """Return what of a chord lies between two beats."""
    first, past = max(chord.onset, start), min(chord.end, end)
    return replace(chord, onset=first, duration=past - first) if past - first > 1e-6 else None


def _onto(part: Part, chords: tuple[Chord, ...], symbol: str, start: float, end: float) -> Part:
    """Return a part whose notes between two beats play the tones of another chord that theirs were of the old one."""
    new = parse_chord(symbol)
    notes = []
    for note in part.notes:
        old = next((parse_chord(c.symbol) for c in chords if c.onset - 1e-6 <= note.onset < c.end - 1e-6), None)
        if new is not None and old is not None and start - 1e-6 <= note.onset < end - 1e-6:
            pc = note.pitch % 12
            if pc == old.bass and (part.name.startswith("bass") or pc not in old.tones):
                target = new.bass
            elif pc in old.tones:
                target = new.tones[min(old.tones.index(pc), len(new.tones) - 1)]
            else:  # passing notes keep their distance from the root
                target = (pc - old.root + new.root) % 12
            note = replace(note, pitch=_kept(note.pitch + (target - pc + 6) % 12 - 6))
        notes.append(note)
    return replace(part, notes=tuple(sorted(notes, key=lambda n: (n.onset, n.pitch))))


def _instrument(song: Song, rest: list[str], value: str) -> Song:
    """Give a part another instrument, by its name or its General MIDI program from 0."""
    part = _named_part(song, rest[0])
    if re.fullmatch(r"\d{1,3}", value):
        program = int(value)
        if program > 127:
            raise InputError(f"program {program} is not General MIDI: use 0 to 127")
    else:
        player = instrument(value.lower())
        if player.is_drum != part.is_drum:
            raise InputError(f"{value!r} cannot play the part {part.name!r}")
        program = player.program
    return replace(song, parts=tuple(replace(p, program=program) if p is part else p for p in song.parts))


def _named_part(song: Song, name: str) -> Part:
    part = next((part for part in song.parts if part.name == name), None)
    if part is None:
        raise InputError(f"the song has no part {name[:40]!r}: it has {', '.join(p.name for p in song.parts)}")
    return part


def _section(song: Song, rest: list[str], value: str) -> Song:
    """Change the energy, the style or the singer of one section, or of all of one label."""
    name, what = rest
    chosen = _sections(song, name)
    if what == "singer":
        labels = {song.plan.sections[k].label for k in chosen}
        if not any(section.lines for section in song.lyrics.sections if section.label in labels):
            raise InputError("nobody sings in that section")
        sections = tuple(replace(s, singer=value) if s.label in labels else s for s in song.lyrics.sections)
        return replace(song, lyrics=replace(song.lyrics, sections=sections))
    if what == "energy":
        changed = {k: replace(song.plan.sections[k], energy=_number(value, "an energy from 0 to 1")) for k in chosen}
    elif what == "style":
        load_style(value)
        changed = {k: replace(song.plan.sections[k], style=value) for k in chosen}
    else:
        raise InputError(f"a section has no {what[:40]!r} to set: use energy, style or singer")
    plan = replace(song.plan, sections=tuple(changed.get(k, s) for k, s in enumerate(song.plan.sections)))
    return _played_anew(replace(song, plan=plan), [plan.sections[k] for k in chosen])


def _played_anew(song: Song, sections: Sequence[PlannedSection]) -> Song:
    """Return a song whose band plays some sections anew, by its accompanist and seed."""
    backend = song.provenance.backend("accompanist")
    player = find_accompanist(backend.name if backend is not None else DEFAULT)
    fresh = player.accompany(song.plan, song.brief, song.seed).parts
    bars = {bar for s in sections for bar in range(s.bar, s.bar + s.bars)}
    old, new = ({part.name: part for part in parts} for parts in (song.parts, fresh))
    parts = []
    for name in dict.fromkeys((*old, *new)):
        before, after = (named[name].notes if name in named else () for named in (old, new))
        notes = spliced(before, after, bars, song.plan.beats_per_bar)
        parts.append(replace(old.get(name) or new[name], notes=notes))
    return replace(song, parts=tuple(part for part in parts if part.notes))


def _sections(song: Song, name: str) -> list[int]:
    """Return the places of the sections of a label, or of the one of a number counted from 1."""
    found = [k for k, s in enumerate(song.plan.sections) if s.label.casefold() == name.casefold()]
    if not found and name.isascii() and name.isdigit():
        found = [_counted(name, len(song.plan.sections), "section")]
    if not found:
        labels = ", ".join(dict.fromkeys(printable(s.label) for s in song.plan.sections))
        raise InputError(f"the song has no section {name[:40]!r}: it has {labels}")
    return found


def _counted(text: str, most: int, what: str) -> int:
    """Return a number that users count from 1 as one from 0."""
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= most:
        raise InputError(f"{what} {text[:20]!r} is not there: use 1 to {most}")
    return int(text) - 1


def _number(value: str, what: str) -> float:
    try:
        number = float(value)
    except ValueError as err:
        raise InputError(f"{value[:40]!r} is not {what}") from err
    if not math.isfinite(number):
        raise InputError(f"{value[:40]!r} is not {what}")
    return number


_CHANGES: Mapping[tuple[str, int], Callable[[Song, list[str], str], Song]] = {
    ("title", 0): _title,
    ("tempo", 0): _tempo,
    ("key", 0): _key,
    ("voice", 0): _voice,
    ("chords", 1): _chord,
    ("chords", 2): _chord,
    ("parts", 1): _instrument,
    ("sections", 2): _section,
}
