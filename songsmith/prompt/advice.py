"""What to add to a prompt that leaves much open."""

from __future__ import annotations

ENOUGH = 3
"""With so many of the things below named, a prompt needs no advice."""

_EXAMPLES = {
    "style": ("a style", "folk"),
    "tempo": ("a tempo", "92 BPM"),
    "instruments": ("an instrument", "fingerpicked guitar"),
    "mood": ("a mood", "wistful"),
    "sound": ("a sound", "dry and close"),
}


def advise(named: frozenset[str], style: str) -> tuple[str, ...]:
    """Return what to name besides, with an example.

    Parameters
    ----------
    named : the decisions that the prompt made
    style : taken for the example
    """
    missing = [key for key in _EXAMPLES if key not in named]
    if len(_EXAMPLES) - len(missing) >= ENOUGH or not missing:
        return ()
    wanted = [_EXAMPLES[key][0] for key in missing[:3]]
    listed = f"{', '.join(wanted[:-1])} and {wanted[-1]}" if len(wanted) > 1 else wanted[0]
    head = _EXAMPLES["style"][1] if "style" in missing else style
    example = ", ".join((f"{_EXAMPLES['mood'][1]} {head}", _EXAMPLES["instruments"][1], _EXAMPLES["tempo"][1]))
    found = [f"name {listed}, like '{example}'"]
    if not named & {"structure", "length"} and len(missing) >= 4:
        found.append("say how it unfolds, like 'intro > verse > chorus > bridge > chorus', or how long it is")
    return tuple(found)
