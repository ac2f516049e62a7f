"""What a request may not ask for, though each of its values is possible: what does not go together, and too much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seqgen.config import ServingConfig
from seqgen.corpus import reopen_part
from seqgen.errors import ConfigError
from seqgen.run import SavedModel
from seqgen.server.completions.prompts import Prompt
from seqgen.server.parameters.completions import DEFAULT_CHARACTERS, MOST_LOGPROBS_TOLD

_MOST_INDEXED = 5_000_000
"""Characters of a training text in which the server looks for copies."""


def require_possible(values: Mapping[str, Any], *, n: int, best_of: int) -> None:
    """Refuse values that do not go together.

    >>> require_possible({}, n=2, best_of=1)
    Traceback (most recent call last):
    seqgen.errors.ConfigError: best_of is 1: it must be at least n, which is 2

    Raises:
        ConfigError: some do not.
    """
    if best_of < n:
        raise ConfigError(f"is {best_of}: it must be at least n, which is {n}", field="best_of")
    if values.get("stream") and best_of > n:
        raise ConfigError("chooses among texts that have ended, so it cannot be streamed", field="best_of")
    if values.get("stream_options") and not values.get("stream"):
        raise ConfigError("means nothing without stream", field="stream_options")


def require_few(values: Mapping[str, Any], prompts: Sequence[Prompt], *, best_of: int, limits: ServingConfig) -> None:
    """Refuse a request for more than one may ask for.

    >>> from seqgen.config import ServingConfig
    >>> require_few({"logprobs": 50, "max_tokens": 9000}, ["Mina"], best_of=1, limits=ServingConfig())
    Traceback (most recent call last):
    seqgen.errors.ConfigError: logprobs asks for up to 459,000 log-probabilities: at most 200,000 a request

    Raises:
        ConfigError: it is too much.
    """
    n_texts, n_read = len(prompts) * best_of, sum(map(len, prompts))
    if n_texts > limits.most_texts:
        most = limits.most_texts
        raise ConfigError(f"asks for {n_texts:,} texts with its prompts: at most {most:,} a request", field="best_of")
    if n_read > limits.longest_prompt:
        most = limits.longest_prompt
        raise ConfigError(f"has {n_read:,} characters or tokens in all: it must have at most {most:,}", field="prompt")
    if "logprobs" in values:
        lengths = [int(values[name]) for name in ("max_tokens", "max_characters") if name in values]
        n_tokens = n_texts * min(lengths, default=DEFAULT_CHARACTERS) + best_of * n_read * values.get("echo", False)
        n_told = n_tokens * (1 + int(values["logprobs"]))
        if n_told > MOST_LOGPROBS_TOLD:
            most = MOST_LOGPROBS_TOLD
            raise ConfigError(
                f"asks for up to {n_told:,} log-probabilities: at most {most:,} a request", field="logprobs"
            )


def require_text(saved: SavedModel) -> None:
    """Check that the training text is there, and not so large that an index of it would fill the memory.

    >>> from seqgen.run import open_model
    >>> require_text(open_model("checkpoints/story"))

    Raises:
        ConfigError: it is too large.
        CorpusError: it is not found.
    """
    n_characters = saved.record.corpus.parts["train"].n_characters or 0
    if n_characters > _MOST_INDEXED:
        raise ConfigError(
            f"needs an index of the training text, whose {n_characters:,} characters are more than {_MOST_INDEXED:,}",
            field="no_copy",
        )
    reopen_part(saved.record.corpus, "train")
