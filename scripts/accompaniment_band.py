"""Songs of the accompanist `patterns` in all styles, from prompts put together at random.

They show what a style's own file says: which words, forms, energies and feels belong together. MMA has no lo-fi, trap
or synthwave; these do.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from accompaniment_songs import LONGEST, PARTS, TICKS_PER_BEAT, RawSong, snap

from songsmith.accompaniment.latent.asking import KIND_OF, chord_table
from songsmith.accompaniment.patterns import PatternAccompanist
from songsmith.errors import InputError
from songsmith.form import plan_song
from songsmith.plan import Plan
from songsmith.prompt import understand
from songsmith.seeds import generator
from songsmith.styles import load_style, style_names
from songsmith.theory import Key

MOODS = ("", "", "happy", "sad", "dark", "dreamy", "warm", "angry", "romantic", "mysterious", "sunny", "melancholy")
ENERGIES = ("", "", "calm", "energetic", "soft", "powerful", "slow", "fast", "mellow", "intense")
FEELS = ("", "", "", "", "half-time", "double-time", "laid-back", "driving", "four on the floor")


def songs_of(turns: int, seed: int) -> Iterator[RawSong]:
    """Yield `turns` songs of every style."""
    for name in style_names():
        for turn in range(turns):
            song = _song(name, turn, seed)
            if song is not None:
                yield song


def _song(name: str, turn: int, seed: int) -> RawSong | None:
    rng = generator(seed, "band", name, turn)
    style = load_style(name)
    words = [str(rng.choice(options)) for options in (MOODS, ENERGIES, FEELS)]
    meter = "" if rng.random() < 0.8 else str(rng.choice(["in 3/4", "in 6/8"]))
    called = str(rng.choice([name, *style.words]))
    prompt = ", ".join(word for word in (" ".join((words[0], called)).strip(), *words[1:], meter) if word)
    try:
        brief = understand(prompt, turn).brief
        if brief.style != name:
            return None
        plan = plan_song(brief, None, style, turn, 110.0)
    except InputError:
        return None
    played = PatternAccompanist().accompany(plan, brief, turn)
    beats = plan.beats_per_bar
    rows: dict[tuple[int, int, int, int], tuple[int, int]] = {}
    programs = {}
    for part in played.parts:
        if part.name not in PARTS:
            continue
        programs[part.name] = part.program
        for note in part.notes:
            tick = snap(note.onset * TICKS_PER_BEAT)
            bar, inside = divmod(tick, beats * TICKS_PER_BEAT)
            if bar < plan.bars:
                length = int(min(LONGEST, max(1, round(note.duration * TICKS_PER_BEAT))))
                rows.setdefault((bar, PARTS.index(part.name), inside, note.pitch), (length, note.velocity))
    notes = np.array([(*at, *rest) for at, rest in sorted(rows.items())], np.int16).reshape(-1, 6)
    key = Key.parse(plan.key)
    return RawSong(
        "own", f"own/{name}", f"{name}.{turn}", str(plan.meter), brief.tempo, (key.tonic, key.is_minor), programs,
        (prompt, style.description), (name,), chord_table(plan), _bars(plan), notes, (name,), (prompt,),
    )  # fmt: skip


def _bars(plan: Plan) -> np.ndarray:
    rows = []
    for number, section in enumerate(plan.sections):
        last = number == len(plan.sections) - 1
        for place in range(section.bars):
            ends = place == section.bars - 1
            fills = ends if not last else place == section.bars - 2
            flags = int(fills) | 2 * int(last and ends)
            rows.append((KIND_OF.get(section.kind, 1), number, place, section.bars - place, flags, 0))
    return np.array(rows, np.int16)
