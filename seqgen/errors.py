"""Errors that the user can correct, one class for each kind of cause.

Every message is one line that names the value, what was expected and the remedy, because the command line prints it
without any addition. A bug is never a `SeqgenError`.
"""


class SeqgenError(Exception):
    """Something that the user can correct."""


class ConfigError(SeqgenError):
    """An option, a field or a combination of them is not possible."""


class CorpusError(SeqgenError):
    """A text is missing, unreadable, empty or not the expected one."""


class TokenizerError(SeqgenError):
    """The vocabulary does not cover a text, or a text is too small for the vocabulary."""


class RunError(SeqgenError):
    """A run folder or one of its files is missing, damaged, in use, not writable or newer than this version."""
