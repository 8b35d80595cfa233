"""The `patterns` accompanist: deterministic parts from the grooves of a style.

The seed takes instruments, grooves, fills and answers among the style's alternatives; the sections' energies
decide how much is played; the plan's chords decide the notes. Timing lies on the grid, swing apart.
"""

from __future__ import annotations

from songsmith.accompaniment import song_timeline
from songsmith.accompaniment.comping import write_chords
from songsmith.accompaniment.drums import write_drums
from songsmith.accompaniment.frame import Frame, lay_out
from songsmith.accompaniment.grids import swung
from songsmith.accompaniment.lines import write_bass, write_figure
from songsmith.accompaniment.palette import choose_instruments
from songsmith.accompaniment.parts import Accompaniment, Part, PartNote
from songsmith.brief import Brief
from songsmith.plan import Plan
from songsmith.seeds import generator
from songsmith.styles import Style, load_style

_WRITERS = {
    "drums": write_drums,
    "bass": write_bass,
    "harmony": write_chords,
    "pad": write_chords,
    "figure": write_figure,
}


class PatternAccompanist:
    """Writes up to five parts: drums, bass, harmony, pad and figure."""

    def accompany(self, plan: Plan, brief: Brief, seed: int) -> Accompaniment:
        """Return the parts of the brief's style and palette over the chords of a plan.

        The last bar is a held chord, and the timeline reaches past it, for the sound to ring on. A part that is
        silent throughout is left out.
        """
        style = load_style(brief.style)
        instruments, asked = choose_instruments(style, brief.palette, generator(seed, "patterns", "instruments"))
        intro = frozenset(style.intro) & instruments.keys()
        if not intro - {"drums"}:
            intro = frozenset(instruments)
        frame = lay_out(plan, seed, intro)
        parts = []
        for name, player in instruments.items():
            written = _WRITERS[name](frame, style.part(name), name in asked)
            notes = _finished(written, frame, style, plan.beats)
            if notes:
                parts.append(Part(name, player.program, player.is_drum, notes))
        timeline = song_timeline(plan)
        return Accompaniment(tuple(parts), timeline, plan.chords)


def _finished(notes: list[PartNote], frame: Frame, style: Style, end: float) -> tuple[PartNote, ...]:
    """Return the notes swung, sorted, each pitch ending where it starts again, none past the last bar."""
    swing = style.swing_in(frame.meter)
    moved: dict[tuple[int, float], PartNote] = {}
    for old in notes:
        onset = swung(old.onset, *swing)
        stop = min(end, swung(old.onset + old.duration, *swing))
        previous = moved.get((old.pitch, onset))
        if stop > onset and (previous is None or old.velocity > previous.velocity):
            moved[old.pitch, onset] = PartNote(onset, round(stop - onset, 6), old.pitch, old.velocity)
    kept = []
    next_onset: dict[int, float] = {}
    for (pitch, onset), new in sorted(moved.items(), key=lambda item: (-item[0][1], item[0][0])):
        duration = min(new.duration, round(next_onset.get(pitch, end) - onset, 6))
        next_onset[pitch] = onset
        kept.append(PartNote(onset, duration, pitch, new.velocity))
    return tuple(sorted(kept, key=lambda n: (n.onset, n.pitch)))
