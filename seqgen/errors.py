"""What can go wrong by the user's hand, one class for each kind of thing that was wrong.

Every message names the value, what was expected and the remedy, in one line: the command line prints it
as it stands. A bug is never a `SeqgenError`.
"""


class SeqgenError(Exception):
    """Something the user can mend."""


class ConfigError(SeqgenError):
    """An option, a field or a combination of them that cannot be."""


class CorpusError(SeqgenError):
    """A text that is missing, unreadable, empty or not what was asked for."""


class TokenizerError(SeqgenError):
    """A text that the vocabulary cannot take, or a vocabulary that the text cannot support."""


class RunError(SeqgenError):
    """A run folder or a model file that is absent, damaged, newer than this program or not seqgen's."""
