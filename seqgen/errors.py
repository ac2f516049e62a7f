"""Errors that the user can correct, one class for each kind of cause.

Every message is one line that names the value, what was expected and the remedy, because the command line prints it
without any addition. A bug is never a `SeqgenError`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SeqgenError(Exception):
    """Something that the user can correct."""


class ConfigError(SeqgenError):
    """An option, a field or a combination of them is not possible.

    If it is a field, `field` names it and the message begins with its name. The command line then names the option that
    the user typed instead.

    >>> from seqgen.errors import ConfigError
    >>> str(ConfigError("is 1.5: it must be at most 1", field="top_p"))
    'top_p is 1.5: it must be at most 1'
    """

    def __init__(self, problem: str, *, field: str | None = None) -> None:
        super().__init__(problem if field is None else f"{field} {problem}")
        self.field = field
        self.problem = problem


class CorpusError(SeqgenError):
    """A text is missing, unreadable, empty or not the expected one."""


class TokenizerError(SeqgenError):
    """The vocabulary does not cover a text, or a text is too small for the vocabulary."""


class RunError(SeqgenError):
    """A run folder or one of its files is missing, damaged, in use, not writable or newer than this version."""


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """The end of a message about a word that is none of the choices: the nearest of them, or nothing if none is near.

    >>> from seqgen.errors import did_you_mean
    >>> did_you_mean("lstmm", ["rnn", "lstm"]), did_you_mean("elephant", ["rnn", "lstm"])
    ('; did you mean lstm?', '')
    """
    nearest = difflib.get_close_matches(word, list(choices), n=1)
    return f"; did you mean {nearest[0]}?" if nearest else ""
