"""Who sings: the voice whose file fits the words best, or nobody."""

from __future__ import annotations

import re
from dataclasses import dataclass

from songsmith.prompt.lexicon import Match
from songsmith.prompt.words import Word
from songsmith.resources import load_preset_head
from songsmith.singing.voices import voice_names

DEFAULT_VOICE = "heart"
OWN_NAME = 2.0
"""How much the very name of a voice weighs beside its tags."""

_IMPLIED = {
    "mezzo": "female",
    "soprano": "female",
    "alto": "female",
    "contralto": "female",
    "tenor": "male",
    "baritone": "male",
}
_OTHER = {"male": "female", "female": "male"}
_NOT_WHOLE = frozenset(
    ("break", "intro", "outro", "section", "solo", "bridge", "interlude", "part", "hook", "ending", "drop")
)


@dataclass(frozen=True, slots=True)
class Singer:
    """The voice, the words that ask for it, whether there is one that fits them, and whether nobody sings."""

    voice: str = DEFAULT_VOICE
    words: str = ""
    fits: bool = True
    instrumental: bool = False


def find_singer(words: tuple[Word, ...], matches: tuple[Match, ...]) -> Singer:
    """Return who sings by the words of a prompt."""
    asked: list[str] = []
    tags: dict[str, None] = {}
    instrumental = False
    for match in matches:
        voice, after = match.sense("voice"), words[match.end].text if match.end < len(words) else ""
        if match.sense("instrumental") and not match.stance.denied and after not in _NOT_WHOLE:
            instrumental = True
        if match.sense("singing") and match.stance.denied:
            instrumental = True
        if voice is not None and match.sense("instrument") is None:
            if match.stance.denied:
                tags.update((_OTHER[tag], None) for tag in voice.names if tag in _OTHER)
            else:
                asked.append(match.phrase)
                tags.update((tag, None) for tag in voice.names)
    if not tags:
        return Singer(instrumental=instrumental)
    scores = {name: _fit(tags, _tags_of(name)) + OWN_NAME * (name in tags) for name in voice_names()}
    best = max(scores, key=lambda name: (scores[name], name == DEFAULT_VOICE, name))
    genders = {tag for tag in tags if tag in _OTHER}
    fits = scores[best] > 0 and (not genders or bool(genders & _tags_of(best)))
    return Singer(best if fits else DEFAULT_VOICE, ", ".join(dict.fromkeys(asked)), fits, instrumental)


def _tags_of(voice: str) -> frozenset[str]:
    """Return the words that describe a voice: those of its title and of its list of words, and what they imply."""
    head = load_preset_head("voices", voice)
    listed = head.get("words", [])
    text = " ".join([voice, str(head.get("title", "")), *(str(word) for word in listed)]).lower()
    found = set(re.findall(r"[a-z]+", text))
    return frozenset(found | {_IMPLIED[word] for word in found if word in _IMPLIED})


def _fit(tags: dict[str, None], voice: frozenset[str]) -> float:
    """Return how well a voice has the tags; the gender that is named first weighs most."""
    score = 0.0
    for place, tag in enumerate(tags):
        score += (3.0 if tag in _OTHER else 1.0) / (1 + place) * (tag in voice)
        score -= 2.0 * (tag in _OTHER and _OTHER[tag] in voice and tag not in voice)
    return score
