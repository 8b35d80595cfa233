"""What can be wrong with words."""


class MissingData(RuntimeError):  # noqa: N818 - named after what is the matter
    """A package or data file that pronunciation needs is not installed; the message says how to get it."""


class LyricsError(ValueError):
    """The text cannot be used as written; the message names the place, the value and the remedy."""
