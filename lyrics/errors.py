"""What can be wrong with words."""


class LyricsError(ValueError):
    """The text cannot be used as written; the message names the place, the value and the remedy."""
