"""What a prompt asks for and does not get, one sentence each."""

from __future__ import annotations

from songsmith.brief import Brief
from songsmith.prompt.facts import Facts
from songsmith.prompt.lexicon import Match
from songsmith.resources import load_preset_head
from songsmith.timeline import METERS

TOLD = 5
"""At most so many words that are not understood are named in one warning."""


def unmet_wishes(facts: Facts, matches: tuple[Match, ...], styles: tuple[str, ...], brief: Brief) -> list[str]:
    """Return, one sentence each, what a prompt asks for and does not get."""
    found = []
    for name, values in (
        ("tempi", (facts.tempo.value and f"{facts.tempo.value:g}", *facts.tempo.others)),
        ("keys", (facts.key.value and str(facts.key.value), *facts.key.others)),
        ("meters", (facts.meter.value, *facts.meter.others)),
        ("lengths", (facts.length.words, *facts.length.others)),
        ("styles", styles),
    ):
        if len(values) > 1:
            taken = "the first" if name != "styles" else repr(values[0])
            found.append(f"the prompt names the {name} {', '.join(map(str, values))}: {taken} is taken")
    if facts.meter.value is not None and facts.meter.value not in METERS:
        found.append(f"the prompt asks for {facts.meter.value}: it is played in {brief.meter}")
    for match in matches:
        sense = match.sense("not_done")
        if match.start in facts.palette.claimed:  # "screaming guitars" ask nothing of the voice
            continue
        if sense is not None and not match.stance.denied and not brief.instrumental:
            found.append(f"the prompt asks for {match.phrase!r}: {sense.name}")
        section = match.sense("section")
        if section is not None and match.stance.denied and len(match.senses) == 1 and match.phrase != "end":
            found.append(f"the prompt asks for no {match.phrase}: name the structure, like 'verse > chorus > verse'")
    if not facts.singer.fits and not brief.instrumental:
        title = load_preset_head("voices", facts.singer.voice).get("title", facts.singer.voice)
        found.append(f"the prompt asks for {facts.singer.words!r}: no voice fits, {title} sings")
    for unknown in facts.structure.unknown:
        found.append(
            f"section {unknown!r} of the structure is not known: it is left out; use verse, chorus and the like"
        )
    missing = [near.words for near in facts.near if near.sense is None]
    if missing:
        rest = f" and {len(missing) - TOLD} more" if len(missing) > TOLD else ""
        found.append(f"not understood: {', '.join(map(repr, missing[:TOLD]))}{rest}; try other words")
    return list(dict.fromkeys(found))
