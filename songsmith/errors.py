"""What can go wrong, by what the user can do about it.

Every message says what was wrong, the value seen, what is accepted, and the next step. The command line
prints it as one line and ends with the exit code of its class.
"""


class SongsmithError(Exception):
    """Anything songsmith refuses or cannot do; `exit_code` is what the command line ends with."""

    exit_code = 2


class InputError(SongsmithError):
    """The input is wrong: a file, a value, a prompt, a combination of options."""

    exit_code = 2


class MissingPart(SongsmithError):  # noqa: N818 - named after what is the matter, not after its kind
    """A part that the request needs is not installed: a model, a SoundFont, an extra."""

    exit_code = 3
