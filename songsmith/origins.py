"""Where the parts of a song come from: its voice or its music may be a recording, or sound of an audio model.

Provenance tells: these are the names in it that mean so.
"""

from __future__ import annotations

from songsmith.song import Song

SINGER, ACCOMPANIST = "singer", "accompanist"
RECORDING = "recording"
"""Fills the role of the singer or the accompanist where that is sound of the user's."""

GAINS = "gains"
"""Fact of an accompanist: by what its sound was multiplied in the mix."""

BEATS = "beats"
"""Fact of an accompanist that is an audio model: whether its beats are those planned, or heard in its sound."""


def is_accompanied(song: Song) -> bool:
    """Tell whether the voice of a song is a recording."""
    singer = song.provenance.backend(SINGER)
    return singer is not None and singer.name == RECORDING


def is_over(song: Song) -> bool:
    """Tell whether a song is sung over a recording, or over sound that an audio model made."""
    accompanist = song.provenance.backend(ACCOMPANIST)
    return accompanist is not None and (accompanist.name == RECORDING or GAINS in dict(accompanist.facts))


def is_generated(song: Song) -> bool:
    """Tell whether the music of a song is sound that an audio model made."""
    accompanist = song.provenance.backend(ACCOMPANIST)
    return accompanist is not None and BEATS in dict(accompanist.facts)
