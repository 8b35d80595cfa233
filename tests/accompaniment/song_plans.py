"""Plans of whole songs for the tests: chords by style, a voice that rests in every fourth bar."""

from __future__ import annotations

from songsmith.brief import Brief
from songsmith.plan import Chord, Plan, PlannedSection
from songsmith.styles import load_style
from songsmith.theory import Key, numeral_to_chord
from songsmith.timeline import Meter

FORM = (
    ("intro", 4, 0.35),
    ("verse", 8, 0.45),
    ("prechorus", 4, 0.55),
    ("chorus", 8, 0.8),
    ("verse", 8, 0.5),
    ("chorus", 8, 0.85),
    ("outro", 2, 0.3),
)


def plan_and_brief(
    style: str, meter: str = "4/4", palette: tuple[str, ...] = (), number: int = 0, form: tuple = FORM
) -> tuple[Plan, Brief]:
    """Return a plan over the progressions of a style (the one of this number for each section)."""
    loaded = load_style(style)
    key = Key.parse("G major" if loaded.mode == "major" else "E minor")
    beats = Meter.parse(meter).beats_per_bar
    sections, chords, bar = [], [], 0
    for kind, bars, energy in form:
        voice = tuple(kind not in ("intro", "outro") and place % 4 != 3 for place in range(bars))
        sections.append(PlannedSection(kind, kind.title(), bar, bars, energy, voice))
        options = loaded.progressions_for(kind, loaded.mode)
        progression = options[number % len(options)]
        for place in range(bars):
            numerals = progression[place % len(progression)].split()
            for half, numeral in enumerate(numerals):
                onset = (bar + place) * beats + half * beats / len(numerals)
                chords.append(Chord(onset, beats / len(numerals), numeral_to_chord(numeral, key)))
        bar += bars
    tempo = sum(loaded.tempo) / 2
    plan = Plan(tempo, str(key), meter, tuple(sections), tuple(chords))
    return plan, Brief("", style, tempo, str(key), meter, palette=palette)
