"""From the words of a prompt to a complete `Brief`.

Names of artists go first; then figures (tempo, length, key, meter), the topic and the structure are taken out of the
text; the rest is looked up phrase by phrase (`lexicon`), and what no table knows is matched by meaning (`near`). What
the words leave open is decided by the style and the seed; what a flag says wins over the words.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from songsmith.brief import Brief, Groove, Texture
from songsmith.errors import InputError
from songsmith.prompt.advice import advise
from songsmith.prompt.character import Character, find_character, pick_mode, pick_style, pick_tempo
from songsmith.prompt.facts import Facts, look
from songsmith.prompt.lexicon import Lexicon, Match, lexicon
from songsmith.prompt.manner import Manner, find_manner
from songsmith.prompt.near import Near, mood_of
from songsmith.prompt.reading import Decision, Overrides, Reading
from songsmith.prompt.told import unmet_wishes
from songsmith.prompt.words import Stance, normalise
from songsmith.seeds import generator
from songsmith.singing.voices import check_performance, is_bank
from songsmith.styles import Style, find_style_name, load_style, style_names
from songsmith.theory import Key
from songsmith.timeline import Meter

LONGEST_PROMPT = 2000
"""Characters."""

TONICS = (9, 10, 0, 2, 7, 4, 5)
"""Tonics (pitch classes) that put a tune of an octave about the tonic into the comfortable range of the voice."""


def understand(prompt: str, seed: int = 0, overrides: Overrides | None = None) -> Reading:
    """Return what a prompt asks for, what was assumed, what will not be done, and advice.

    Parameters
    ----------
    prompt : free words, at most `LONGEST_PROMPT` characters
    seed : decides what the words leave open
    overrides : wins over the words

    Raises
    ------
    InputError : for an empty or over-long prompt, one that is no text, and for a tempo, key, meter, length or style
        that cannot be
    """
    overrides = overrides or Overrides()
    if len(prompt) > LONGEST_PROMPT:
        raise InputError(f"the prompt has {len(prompt)} characters: use at most {LONGEST_PROMPT}")
    broken = next((i for i, char in enumerate(prompt, 1) if "\ud800" <= char <= "\udfff"), None)
    if broken is not None:
        raise InputError(
            f"character {broken} of the prompt, U+{ord(prompt[broken - 1]):04X}, is half of one: use Unicode text"
        )
    text = normalise(prompt)
    if len(text) > LONGEST_PROMPT:
        raise InputError(
            f"the prompt has {len(text)} characters, its ligatures and line ends written out: "
            f"use at most {LONGEST_PROMPT}"
        )
    if not text:
        raise InputError("the prompt is empty: describe the song in a few words, like 'warm folk, 92 BPM'")
    if overrides.style and not overrides.style.endswith(".toml"):
        overrides = replace(overrides, style=find_style_name(overrides.style) or overrides.style)
    known = lexicon()
    facts = look(text, known)
    near = facts.near
    if facts.topic.text and not any(match.sense("mood") for match in facts.matches):
        suggested = mood_of(facts.topic.text, known, frozenset(style_names()))
        near = (*near, suggested) if suggested is not None else near
    matches = (*facts.matches, *(_as_match(one) for one in near if one.sense is not None))
    chosen = pick_style(matches, facts.words, known, overrides.style, facts.own)
    style = load_style(chosen.name)
    character = find_character(matches, known, style)
    rng = generator(seed, "brief", style.name)
    # Drawn whether used or not, so that fixing one thing leaves the others as they were.
    tempo_draw, tonic_draw = float(rng.uniform(0.25, 0.75)), int(rng.integers(len(TONICS)))

    mode = facts.mode.value or pick_mode(character, style)
    key = Key.parse(overrides.key) if overrides.key is not None else facts.key.value or Key(TONICS[tonic_draw], mode)
    meter, meter_why = _meter(facts, matches, known, overrides)
    tempo, tempo_why = pick_tempo(matches, character, style, tempo_draw, known)
    if facts.tempo.value is not None:
        tempo, tempo_why = facts.tempo.value, facts.tempo.words
    length, length_words = _length(facts, matches)
    swing = next((match.sense("swing") for match in matches if match.sense("swing")), None)
    swings = next((match for match in matches if match.sense("swing")), None)
    feel = _feel(matches)
    manner = _manner(facts, style, known, overrides)
    brief = Brief(
        prompt=facts.text,
        style=_lasting(overrides.style or style.name),
        tempo=float(overrides.tempo if overrides.tempo is not None else tempo),
        key=str(key),
        meter=str(meter),
        mood=character.moods,
        palette=facts.palette.wanted,
        form=facts.structure.kinds,
        texture=Texture(**character.texture),
        energy=character.energy,
        voice=_lasting(overrides.voice or facts.singer.voice),
        groove=Groove(
            None if swing is None or swings is None else 0.0 if swings.stance.denied else swing.value, feel
        ),
        without=facts.palette.without,
        instrumental=facts.singer.instrumental,
        length_s=length,
        performance=manner.lead,
        group_performance=manner.group,
    )
    fixed = _fixed(overrides)
    named: list[tuple[str, str, str, str]] = [
        # name, value, words that say so, why it is assumed
        ("style", Path(brief.style).stem, fixed.get("style") or chosen.words, chosen.why),
        ("tempo", f"{brief.tempo:g} BPM", fixed.get("tempo") or facts.tempo.words, f"{tempo_why}, seed {seed}"),
        ("key", brief.key, fixed.get("key") or facts.key.words, _key_why(facts, character, style, seed)),
        ("meter", brief.meter, fixed.get("meter") or meter_why, "nothing else is named"),
        ("mood", ", ".join(brief.mood), character.words, ""),
        ("energy", f"{brief.energy:.2f}", "", f"usual for {style.name}{', moved by the mood' if brief.mood else ''}"),
        ("instruments", ", ".join(brief.palette), ", ".join(brief.palette), f"those of {style.name}"),
        ("without", ", ".join(brief.without), ", ".join(brief.without), ""),
        ("feel", feel, feel, ""),
        ("swing", "" if swing is None else f"{brief.groove.swing:g}", swing.name if swing else "", ""),
        ("structure", " > ".join(brief.form), "the section words", "" if brief.form else "fitted to the lyrics"),
        ("sound", character.sound, character.sound_words, ""),
        ("voice", Path(brief.voice).stem, fixed.get("voice") or facts.singer.words, "the default"),
        ("performance", manner.lead, fixed.get("performance") or manner.words, ""),
        ("backing group", "" if manner.group == manner.lead else manner.group, manner.words, ""),
        ("singing", "nobody sings" if brief.instrumental else "", "instrumental", ""),
        ("length", f"{length:g} s" if length else "", length_words, "as long as the lyrics need"),
        ("topic", facts.topic.text, facts.topic.text, ""),
    ]
    understood = tuple(Decision(name, value, words) for name, value, words, _ in named if value and words)
    assumed = tuple(Decision(name, value, why) for name, value, words, why in named if value and not words and why)
    assumed += tuple(
        Decision(one.sense.kind, one.sense.name, f"{one.words!r} is near {one.phrase!r}")
        for one in near
        if one.sense is not None
    )
    assumed += tuple(Decision("instrument", name, f"nearest to {asked!r}") for asked, name in facts.palette.replaced)
    return Reading(
        brief=brief,
        style=style,
        understood=understood,
        assumed=assumed,
        warnings=(*facts.warnings, *unmet_wishes(facts, matches, chosen.others, brief)),
        advice=advise(frozenset(decision.name for decision in understood), style.name),
        topic=facts.topic.text,
        singer=facts.singer.words,
    )


def _as_match(near: Near) -> Match:
    """Return a phrase that was taken by its meaning as if a table had it; it counts a little less."""
    assert near.sense is not None
    return Match(-1, -1, near.words, (near.sense,), Stance(degree=0.8))


def _fixed(overrides: Overrides) -> dict[str, str]:
    """Return which decisions flags made."""
    names = ("style", "tempo", "key", "meter", "voice", "performance")
    return {name: f"--{name}" for name in names if getattr(overrides, name) is not None}


def _meter(facts: Facts, matches: tuple[Match, ...], known: Lexicon, overrides: Overrides) -> tuple[Meter, str]:
    """Return the meter and the words it was read from."""
    if overrides.meter is not None:
        return Meter.parse(overrides.meter), ""
    if facts.meter.value is not None:
        near: dict[str, str] = known.tables["time"]["meter_near"]
        return Meter.parse(near.get(facts.meter.value, facts.meter.value)), facts.meter.words
    named = [(match.phrase, match.sense("meter")) for match in matches if not match.stance.denied]
    return next(((Meter.parse(sense.name), phrase) for phrase, sense in named if sense), (Meter.parse("4/4"), ""))


def _length(facts: Facts, matches: tuple[Match, ...]) -> tuple[float | None, str]:
    """Return the length asked for, in seconds, and the words that ask for it."""
    if facts.length.value is not None:
        return facts.length.value, facts.length.words
    for match in matches:
        sense = match.sense("length")
        if sense is None or match.stance.denied:
            continue
        ends = match.end < 0 or match.end >= len(facts.words) or facts.words[match.end].after_break
        alone = (
            ends or " " in match.phrase or facts.words[match.end].text in ("and", "song", "track", "piece", "tune")
        )
        if alone:
            return sense.value, match.phrase
    return None, ""


def _feel(matches: tuple[Match, ...]) -> str:
    """Return the feel that is named; one that only hints ("relaxed") gives way to one that says so."""
    named = [match.sense("feel") for match in matches if not match.stance.denied]
    feels = [sense for sense in named if sense is not None]
    strong = [feel for feel in feels if feel.name not in ("laid-back", "driving")]
    return (strong or feels)[0].name if feels else ""


def _manner(facts: Facts, style: Style, known: Lexicon, overrides: Overrides) -> Manner:
    """Return how the voices perform: as a flag says, else as a voice's own file does, else as the words do."""
    if overrides.performance is not None:
        check_performance(overrides.performance)
        return Manner(overrides.performance, overrides.performance)
    if facts.singer.instrumental or (overrides.voice or "").endswith(".toml"):
        return Manner()
    return find_manner(facts.words, style.name, known.tables["manners"])


def _key_why(facts: Facts, character: Character, style: Style, seed: int) -> str:
    """Say where a key comes from that nobody named."""
    if facts.mode.value is not None:
        return f"the prompt says {facts.mode.words}; tonic by seed {seed}"
    mood = f"the mood, in {style.name}" if character.votes else f"usual for {style.name}"
    return f"{mood}; tonic by seed {seed}"


def _lasting(preset: str) -> str:
    """Return the name of a preset, or its path in a form that holds in any working directory."""
    return str(Path(preset).resolve()) if preset.endswith(".toml") or is_bank(preset) else preset
