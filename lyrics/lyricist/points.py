"""Whose song it is, and in which genre, by the words of a prompt."""

from __future__ import annotations

import re

from lyrics.lyricist.brief import WritingBrief
from lyrics.lyricist.chance import generator
from lyrics.lyricist.pieces import Voice

_GENRES = (
    ("lullaby", r"lullab\w*|cradle song|bedtime song|nursery"),
    ("hiphop", r"hip[- ]?hop|rap|rapper|trap|boom bap|drill"),
    ("metal", r"metal|punk|hardcore|thrash"),
    ("gospel", r"gospel|hymn|worship|spiritual"),
    ("blues", r"blues"),
    ("jazz", r"jazz\w*|bossa|swing|latin|samba|chanson|tango"),
    ("country", r"country|bluegrass|americana|honky[- ]tonk"),
    ("folk", r"folk\w*|celtic|shanty|shanties|singer[- ]songwriter|irish|acoustic|waltz"),
    ("soul", r"soul|r&b|rnb|r'n'b|funk|motown|reggae|ska"),
    ("house", r"house|techno|trance|edm|electronic|electro|disco|club|dance music|dance track|eurodance"),
    ("indie", r"indie|lo-?fi|bedroom|chill\w*|ambient|dream[- ]pop|shoegaze|synthwave"),
    ("ballad", r"ballad|power ballad|cinematic|musical"),
    ("rock", r"rock|grunge|garage|anthem"),
    ("pop", r"pop"),
)
_CUES = (
    ("we", r"\b(?:we|us|our|together|friends|everybody)\b"),
    ("I", r"\b(?:i|i'm|me|my|mine)\b"),
    (
        "she",
        r"\b(?:she|her)\b|\b(?:a|an|the) (?:\w+ )?(?:girl|woman|mother|widow|queen|princess|daughter|waitress)\b",
    ),
    (
        "he",
        r"\b(?:he|him|his)\b|\b(?:a|an|the) (?:\w+ )?(?:man|boy|king|sailor|fisherman|cowboy|keeper|soldier|miner)\b",
    ),
    ("they", r"\bthey\b|\btwo (?:lovers|strangers|people)\b"),
)
SHARE_OF_WE = 0.2


def genre_of(brief: WritingBrief) -> str:
    """Return the genre of a brief: the one it names, else the first in its prompt, else pop."""
    if brief.genre:
        return brief.genre
    low = brief.prompt.lower()
    return next((name for name, words in _GENRES if re.search(rf"\b(?:{words})\b", low)), "pop")


def voice_of(brief: WritingBrief, seed: int) -> Voice:
    """Return whose song it is: the person asked for, else the one that the prompt's words suggest, else mostly I."""
    low = f"{brief.prompt} {brief.topic}".lower()
    cues = [name for name, words in _CUES if re.search(words, low)]
    if brief.person:
        return Voice(brief.person, male=brief.person == "she" and "he" in cues and "she" not in cues)
    if "I" in cues:
        return Voice("I")
    if "we" in cues:
        return Voice("we")
    if "he" in cues or "she" in cues:
        return Voice("she", male="he" in cues and "she" not in cues)
    if "they" in cues:
        return Voice("they")
    return Voice("we" if generator(seed, "voice").random() < SHARE_OF_WE else "I")
