"""The `patterns` accompanist: deterministic parts from the grooves of styles.

The seed takes instruments, grooves, fills and answers among a style's alternatives; the sections' energies decide
how much is played; the plan's chords decide the notes. Timing lies on the grid, swing and feel apart.

Each section is played in its own style. A part of another style than the song's goes on in the song's own part
where the same instrument plays it, and is a part by itself (`harmony-rock`) where another one does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from songsmith.accompaniment import song_timeline
from songsmith.accompaniment.comping import write_chords
from songsmith.accompaniment.drums import write_drums
from songsmith.accompaniment.feel import felt, shift_ms, swing_of
from songsmith.accompaniment.frame import Frame, lay_out, register_shift
from songsmith.accompaniment.grids import swung
from songsmith.accompaniment.instruments import Instrument
from songsmith.accompaniment.lead import write_lead
from songsmith.accompaniment.lines import write_bass, write_figure
from songsmith.accompaniment.palette import (
    LEAD,
    choose_instruments,
    choose_lead,
    denied_names,
    elsewhere,
    plays_alone,
)
from songsmith.accompaniment.parts import Accompaniment, Part, PartNote
from songsmith.brief import Brief
from songsmith.plan import Plan
from songsmith.seeds import generator
from songsmith.styles import PartStyle, Style, load_style

_WRITERS = {
    "drums": write_drums,
    "bass": write_bass,
    "harmony": write_chords,
    "pad": write_chords,
    "figure": write_figure,
}

REGISTER_SEMITONES = 8.0
"""How far chords and figures rise from a song without any energy to one of full energy."""

LEFT_HAND_RISE = 12
"""How far above a bass a player of chords plays its line with the left hand, in semitones."""


class PatternAccompanist:
    """Writes up to five parts: drums, bass, harmony, pad and figure; a lead where nobody sings."""

    def accompany(self, plan: Plan, brief: Brief, seed: int) -> Accompaniment:
        """Return the parts of the brief's style and palette, and of the sections' own styles, over a plan's chords.

        The last bar is a held chord, and the timeline reaches past it, for the sound to ring on. A part that is
        silent throughout is left out.
        """
        song_style = load_style(brief.style)
        denied = denied_names(brief.palette, brief.without)
        names = dict.fromkeys((None, *(section.style for section in plan.sections)))
        own, asked = choose_instruments(
            song_style, brief.palette, generator(seed, "patterns", "instruments"), brief.without
        )
        leader = choose_lead(song_style, own, asked, denied) if brief.instrumental else None
        register = register_shift(brief, REGISTER_SEMITONES)
        players: dict[str, Instrument] = {}
        notes: dict[str, list[PartNote]] = {}
        for name in names:
            style, chosen, wanted = song_style, own, asked
            if name is not None:
                style = load_style(name)
                rng = generator(seed, "patterns", "instruments", name)
                chosen, wanted = choose_instruments(style, elsewhere(brief.palette), rng, brief.without)
            intro = frozenset(style.intro) & chosen.keys()
            if not intro - {"drums"}:
                intro = frozenset(chosen)
            whole = lay_out(plan, seed, intro, register, leader is not None)
            frame = replace(whole, bars=tuple(bar for bar in whole.bars if bar.section.style == name))
            written = _write(frame, style, brief, chosen, wanted, plan.beats)
            for part, played in written.items():
                stem = part if name is None or own.get(part) == chosen[part] else f"{part}-{name}"
                players[stem] = chosen[part]
                notes[stem] = [*notes.get(stem, []), *played]
        if leader is not None:
            frame = lay_out(plan, seed, frozenset(), register, True)
            low, high = (bound + register for bound in song_style.part("figure").range)
            players[LEAD] = leader
            notes[LEAD] = list(_finished(write_lead(frame, (low, high)), LEAD, frame, song_style, brief, plan.beats))
        parts = tuple(
            Part(stem, players[stem].program, players[stem].is_drum, _ordered(notes[stem]))
            for stem in sorted(notes, key=lambda stem: (_place(stem), stem)) if notes[stem]
        )  # fmt: skip
        return Accompaniment(parts, song_timeline(plan), plan.chords)


def _write(
    frame: Frame, style: Style, brief: Brief, chosen: dict[str, Instrument], asked: frozenset[str], end: float
) -> dict[str, tuple[PartNote, ...]]:
    """Return the notes of each part of a style in its bars."""
    found = {}
    for name in chosen:
        part = felt(style.part(name), brief.groove.feel, frame.meter)
        notes = _WRITERS[name](frame, part, name in asked)
        if name == "harmony" and plays_alone(chosen):
            notes = [*notes, *_left_hand(frame, felt(style.part("bass"), brief.groove.feel, frame.meter))]
        found[name] = _finished(notes, name, frame, style, brief, end)
    return found


def _left_hand(frame: Frame, bass: PartStyle) -> list[PartNote]:
    """Return the bass line as the player of the chords plays it."""
    return [replace(note, pitch=note.pitch + LEFT_HAND_RISE) for note in write_bass(frame, bass, True)]


def _place(stem: str) -> int:
    """Return where a part stands among the others: parts of one name together, the lead last."""
    return [*_WRITERS, LEAD].index(stem.partition("-")[0])


def _finished(
    notes: list[PartNote], part: str, frame: Frame, style: Style, brief: Brief, end: float
) -> tuple[PartNote, ...]:
    """Return the notes swung and shifted, each pitch ending where it starts again, none past the last bar."""
    swing = swing_of(style, brief.groove, frame.meter)
    starts = {span.start for bar in frame.bars for span in bar.chords}
    beats_a_ms = brief.tempo / 60_000.0
    moved: dict[tuple[int, float], PartNote] = {}
    for old in notes:
        late = beats_a_ms * shift_ms(brief.groove.feel, part, old.pitch, old.onset in starts)
        onset = max(0.0, round(swung(old.onset, *swing) + late, 6))
        stop = min(end, swung(old.onset + old.duration, *swing))
        previous = moved.get((old.pitch, onset))
        if stop > onset and (previous is None or old.velocity > previous.velocity):
            moved[old.pitch, onset] = PartNote(onset, round(stop - onset, 6), old.pitch, old.velocity)
    return _ordered(moved.values(), end)


def _ordered(notes: Iterable[PartNote], end: float = float("inf")) -> tuple[PartNote, ...]:
    """Return notes by onset and pitch, each ending where its pitch starts again."""
    kept = []
    next_onset: dict[int, float] = {}
    for new in sorted(notes, key=lambda n: (-n.onset, n.pitch)):
        duration = min(new.duration, round(next_onset.get(new.pitch, end) - new.onset, 6))
        next_onset[new.pitch] = new.onset
        kept.append(replace(new, duration=duration))
    return tuple(sorted(kept, key=lambda n: (n.onset, n.pitch)))
