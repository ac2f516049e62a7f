"""What a model that reads backward cannot do, and where what it writes stands."""

from __future__ import annotations

from seqgen.config import SamplingConfig
from seqgen.errors import ConfigError
from seqgen.run import SavedModel

_FROM_BEGINNING = ("stop", "ban", "bias", "match", "words", "no_copy")
"""Fields of a sampling configuration that follow a text from its beginning to its end."""


def require_forward(model: SavedModel, what: str) -> None:
    """Refuse a model that reads backward for an option or a command that follows a text from its beginning.

    >>> from seqgen.run import open_model
    >>> require_forward(open_model("checkpoints/story"), "--beam")

    Raises:
        ConfigError: it reads backward.
    """
    if model.record.corpus.backward:
        mend = f"leave out {what}, or name" if what.startswith("--") else "name"
        raise ConfigError(
            f"{model.name} reads and writes from the end of a text, and {what} follows one from its beginning: {mend} "
            "a run that reads forward"
        )


def require_no_order(model: SavedModel, config: SamplingConfig) -> None:
    """Refuse a configuration that follows a text from its beginning, for a model that writes it from its end.

    >>> from seqgen.config import SamplingConfig
    >>> from seqgen.run import open_model
    >>> require_no_order(open_model("checkpoints/story"), SamplingConfig(stop=("END",)))  # this one reads forward

    Raises:
        ConfigError: it does.
    """
    for name in _FROM_BEGINNING:
        if getattr(config, name):
            require_forward(model, f"--{name.replace('_', '-')}")


def whole_text(model: SavedModel, prompt: str, text: str) -> str:
    """What a model wrote, together with its prompt: before it, if the model reads backward.

    >>> from seqgen.run import open_model
    >>> whole_text(open_model("checkpoints/story"), "The ", "cat")
    'The cat'
    """
    return text + prompt if model.record.corpus.backward else prompt + text
