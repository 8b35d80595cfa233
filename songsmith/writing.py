"""The words of a song from its prompt: what the prompt asks of the music as a brief for the lyricist."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lyrics.errors import LyricsError, MissingData
from lyrics.files import read_text
from lyrics.lyricist.brief import WritingBrief
from lyrics.lyricist.drafts import Draft
from lyrics.lyricist.lyricists import Lyricist, find_lyricist
from lyrics.lyricist.matter import content_words
from lyrics.lyricist.points import genre_of
from lyrics.lyricist.revise import Continuation, continue_sheet, replaced, rewrite_line
from lyrics.parse import MAX_SHEET_BYTES, parse_sheet
from lyrics.values import Lyrics
from songsmith import __version__
from songsmith.brief import Brief
from songsmith.errors import InputError, MissingPart
from songsmith.prompt import Overrides, Reading, understand
from songsmith.song import Backend
from songsmith.structure import draft_sections

_MORE = re.compile(
    r"\s+with (?:my|our|his|her|your|their|friends|family|strangers|children|someone|you|him|her)\b[^,.;:!?()]{0,60}"
    r"|(?:, (?!(?:a|an|with|in|and)\b)[\w' -]{2,24}){1,3},? and (?:a |an |the |my )?[\w' -]{2,30}(?=[.;!?]|$)"
    r"|, (?:[\w'-]+ ){0,2}[\w'-]+,? and (?:a |an |the |my )?[\w' -]{2,30}(?=[.;!?]|$)"
)

GENRES = {
    "ambient": "indie",
    "ballad": "ballad",
    "bluegrass": "country",
    "blues": "blues",
    "bossa": "jazz",
    "celtic": "folk",
    "cinematic": "ballad",
    "country": "country",
    "disco": "house",
    "folk": "folk",
    "funk": "soul",
    "gospel": "gospel",
    "hiphop": "hiphop",
    "house": "house",
    "latin": "jazz",
    "lofi": "indie",
    "metal": "metal",
    "pop": "pop",
    "punk": "metal",
    "reggae": "soul",
    "rnb": "soul",
    "rock": "rock",
    "soul": "soul",
    "swing": "jazz",
    "synthwave": "indie",
    "techno": "house",
    "trance": "house",
    "trap": "hiphop",
}
"""The genre of words that belongs to each style of music."""

SHARES_OF_LENGTH = (1.0, 0.75, 0.5, 0.25)
"""Shares of the length asked for that words are written for, one after another, until they fit."""

OWN_GENRES = ("lullaby", "indie")
"""Genres of words that are no style of music: a prompt that names one has it, whatever the style."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a user asks of the words beside the prompt; see `lyrics.lyricist.brief.WritingBrief`."""

    form: tuple[str, ...] = ()
    scheme: str = ""
    syllables: int | None = None
    language: str = "en"
    title: str = ""
    keywords: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    explicit: bool = False


def writing_brief(brief: Brief, topic: str = "", wishes: Wishes | None = None) -> WritingBrief:
    """Return what a song's brief asks of its words."""
    wishes = wishes or Wishes()
    named = genre_of(WritingBrief(brief.prompt, explicit=wishes.explicit))
    return WritingBrief(
        prompt=brief.prompt,
        topic=_whole_topic(brief.prompt, topic),
        genre=named if named in OWN_GENRES else GENRES.get(brief.style, named),
        mood=brief.mood,
        form=wishes.form or brief.form,
        scheme=wishes.scheme,
        syllables=wishes.syllables,
        language=wishes.language,
        title=wishes.title,
        keywords=wishes.keywords,
        avoid=wishes.avoid,
        waltz=brief.meter in ("3/4", "6/8"),
        tempo=brief.tempo,
        length_s=brief.length_s,
        explicit=wishes.explicit,
    )


def _whole_topic(prompt: str, topic: str) -> str:
    """Return a topic with what follows it in the prompt and belongs to the words: whom it is with, more of a list.

    The music's reading of a prompt ends a topic at `with` and at a comma, where instruments are often named.
    """
    at = prompt.find(topic) if topic else -1
    more = _MORE.match(prompt, at + len(topic)) if at >= 0 else None
    if more is None or not content_words(more[0]):
        return topic
    return prompt[at : more.end()]


def write(
    prompt: str,
    seed: int = 0,
    *,
    form: Sequence[str] = (),
    scheme: str = "",
    syllables: int | None = None,
    language: str = "en",
    title: str = "",
    keywords: Sequence[str] = (),
    avoid: Sequence[str] = (),
    explicit: bool = False,
    drafts: int | None = None,
    lyricist: str = "corpus",
    fetch: bool = False,
) -> Lyrics:
    """Write the words of a song.

    Parameters
    ----------
    prompt : as for `songsmith.make`
    seed : decides everything left open; the same seed gives the same words
    form, scheme, syllables, language, title, keywords, avoid, explicit : see `lyrics.lyricist.brief.WritingBrief`
    drafts : how many are written, of which the best is returned; by default six of the corpus, one of a model
    lyricist : `corpus`, or `hf:` and the name, folder or GGUF file of a language model
    fetch : whether a model may be downloaded

    Raises
    ------
    InputError : where the wishes cannot be met
    MissingPart : where the lyricist is not installed
    """
    wishes = Wishes(tuple(form), scheme, syllables, language, title, tuple(keywords), tuple(avoid), explicit)
    reading = understand(prompt, seed)
    return parse_sheet(draft_words(reading, seed, wishes, lyricist, drafts, fetch)[0].text)


def draft_words(
    reading: Reading,
    seed: int,
    wishes: Wishes | None = None,
    lyricist: str = "corpus",
    drafts: int | None = None,
    fetch: bool = False,
) -> tuple[Draft, ...]:
    """Return drafts of the words for a prompt that was understood, the best first."""
    try:
        brief = writing_brief(reading.brief, reading.topic, wishes)
        writer = find_lyricist(lyricist, fetch)
        count = writer.usual if drafts is None else drafts
        if brief.length_s is None:
            return writer.drafts(brief, seed, count)
        for share in SHARES_OF_LENGTH:
            found = writer.drafts(replace(brief, length_s=brief.length_s * share), seed, count)
            if fitting := tuple(draft for draft in found if _fits(draft, reading)):
                return fitting
    except LyricsError as err:
        raise InputError(str(err)) from err
    except MissingData as err:
        raise MissingPart(str(err)) from err
    raise InputError(
        f"length {brief.length_s:g} s is too short for the words of a song at {brief.tempo:g} beats a minute: "
        "ask for more, for fewer sections (--form chorus), for a faster tempo, or for an instrumental"
    )


def _fits(draft: Draft, reading: Reading) -> bool:
    """Tell whether the words of a draft can be sung in the length that is asked for."""
    try:
        draft_sections(reading.brief, parse_sheet(draft.text), reading.style)
    except InputError:
        return False
    return True


def next_section(
    sheet: Path, reading: Reading, seed: int, wishes: Wishes | None = None, kind: str = ""
) -> Continuation:
    """Return a sheet with the section that comes next, in the same voice; see `lyrics.lyricist.revise`."""
    try:
        brief = writing_brief(reading.brief, reading.topic, wishes)
        return continue_sheet(read_text(sheet, MAX_SHEET_BYTES, "lyric sheet"), brief, seed, kind)
    except LyricsError as err:
        raise InputError(str(err)) from err
    except MissingData as err:
        raise MissingPart(str(err)) from err


def other_words(
    sheet: Path, line: int, reading: Reading, seed: int, wishes: Wishes | None = None
) -> tuple[tuple[str, ...], str]:
    """Return other words for a line of a sheet, the best first, and the sheet with the best of them."""
    try:
        brief = writing_brief(reading.brief, reading.topic, wishes)
        text = read_text(sheet, MAX_SHEET_BYTES, "lyric sheet")
        found = rewrite_line(text, line, brief, seed)
        return found, replaced(text, line, found[0])
    except LyricsError as err:
        raise InputError(str(err)) from err
    except MissingData as err:
        raise MissingPart(str(err)) from err


def lyricist_backend(lyricist: str) -> Backend:
    """Return what provenance says of the writer of a song."""
    try:
        writer: Lyricist = find_lyricist(lyricist)
        return Backend.of(writer.name, version=__version__, **writer.facts())
    except LyricsError as err:
        raise InputError(str(err)) from err


def reading_of(prompt: str, seed: int, style: str | None, tempo: float | None, meter: str | None) -> Reading:
    """Return a prompt as it was understood, with what flags fix."""
    return understand(prompt, seed, Overrides(style=style, tempo=tempo, meter=meter))
