"""What the eye needs besides the note values: beams, brackets of tuplets, accidentals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from songsmith.export.notevalues import Paper, Value
from songsmith.export.spelling import Spelled, signature_alter
from songsmith.theory import Key

_FLAGS = {"eighth": 1, "16th": 2, "32nd": 3, "64th": 4, "128th": 5}
_ACCIDENTALS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}


@dataclass(frozen=True, slots=True)
class Mark:
    """Beams from the first level on (`begin`, `continue`, `end`, `forward hook`, `backward hook`), and whether a
    tuplet starts or stops at a symbol (`start`, `stop`, or empty)."""

    beams: tuple[str, ...] = ()
    tuplet: str = ""


@dataclass(slots=True)
class Accidentals:
    """Which alterations are in force in a bar of a key."""

    key: Key
    in_force: dict[tuple[str, int], int] = field(default_factory=dict)

    def forget(self) -> None:
        """Begin a new bar."""
        self.in_force.clear()

    def needed(self, spelled: Spelled, tied: bool) -> str | None:
        """Return the accidental to print before a note, None where what is in force says it already."""
        place = (spelled.step, spelled.octave)
        before = self.in_force.get(place, signature_alter(spelled.step, self.key))
        if tied or before == spelled.alter:
            return None
        self.in_force[place] = spelled.alter
        return _ACCIDENTALS[spelled.alter]


def marks(values: Sequence[Value], paper: Paper) -> tuple[Mark, ...]:
    """Return the marks of every symbol: notes shorter than a quarter are beamed within their beat."""
    beams = _beams(values, paper.cell)
    brackets = _brackets(values, paper.cell)
    return tuple(Mark(tuple(beams.get(index, ())), brackets.get(index, "")) for index in range(len(values)))


def _beams(values: Sequence[Value], cell: Fraction) -> dict[int, list[str]]:
    groups: list[list[int]] = []
    open_cell: int | None = None
    for index, value in enumerate(values):
        here = value.start // cell
        if value.note is None or value.type not in _FLAGS:
            open_cell = None
        elif open_cell == here:
            groups[-1].append(index)
        else:
            groups.append([index])
            open_cell = here
    found: dict[int, list[str]] = {}
    for group in groups:
        if len(group) > 1:
            for index in group:
                found[index] = []
            flags = [_FLAGS[values[index].type] for index in group]
            for level in range(1, max(flags) + 1):
                _beam_level(group, [count >= level for count in flags], found)
    return found


def _beam_level(group: list[int], there: list[bool], found: dict[int, list[str]]) -> None:
    for place, index in enumerate(group):
        if not there[place]:
            continue
        left = place > 0 and there[place - 1]
        right = place + 1 < len(group) and there[place + 1]
        if left or right:
            found[index].append("continue" if left and right else "end" if left else "begin")
        else:
            found[index].append("backward hook" if place > 0 else "forward hook")


def _brackets(values: Sequence[Value], cell: Fraction) -> dict[int, str]:
    found: dict[int, str] = {}
    for index, value in enumerate(values):
        if value.tuplet is None:
            continue
        if value.start % cell == 0:
            found[index] = "start"
        if value.end % cell == 0:
            found[index] = "stop"
    return found
