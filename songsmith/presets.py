"""The voice and style that a song from a folder names: built-in ones by name, a file only where the user gives it."""

from __future__ import annotations

from dataclasses import replace

from songsmith.errors import InputError
from songsmith.singing.voices import voice_names
from songsmith.song import Song
from songsmith.styles import style_names


def with_presets(song: Song, voice: str | None, style: str | None) -> Song:
    """Return a song from a folder with the voice and style it names; no file that only the folder names is opened."""
    brief = song.brief
    own_voice = _preset("voice", brief.voice, voice, voice_names())
    own_style = _preset("style", brief.style, style, style_names())
    voices = tuple(replace(one, voice=own_voice) if one.voice == brief.voice else one for one in song.voices)
    for one in voices:
        if one.voice not in (own_voice, *voice_names()):
            raise InputError(f"the song's voice {one.name!r} is sung by {one.voice[:80]!r}, which is none of ours")
    of_parts = (part.name.partition("-")[2] for part in song.parts)
    for name in (*(section.style for section in song.plan.sections), *of_parts):
        if name and name not in style_names():
            raise InputError(f"the song has sections in the style {name[:80]!r}, which is none of ours")
    return replace(song, brief=replace(brief, voice=own_voice, style=own_style), voices=voices)


def _preset(what: str, own: str, given: str | None, known: tuple[str, ...]) -> str:
    """Return the voice or style of a song: a built-in one by its name, another only where the user gives it."""
    if own in known:
        if given is not None and given != own:
            raise InputError(f"the {what} of the song is {own!r}, which cannot be changed here: leave --{what} out")
        return own
    if given is None:
        raise InputError(
            f"the {what} of the song, {own[:80]!r}, does not come with songsmith: give its file with --{what} "
            f"({what}=...)"
        )
    return given
