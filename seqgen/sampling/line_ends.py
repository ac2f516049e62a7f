"""The line ends of a run that kept those of its training text, for a user who writes and reads newlines."""

from __future__ import annotations

from dataclasses import replace
from typing import final

from seqgen.config import SamplingConfig
from seqgen.corpus.line_ends import line_end_of, unify_line_ends
from seqgen.corpus.stored_text import find_text
from seqgen.run import SavedModel

_N_READ = 1 << 20
"""Bytes of the training text in which line ends are counted."""


@final
class LearnedLineEnds:
    """Turns newlines into the line end that a model learned, and what it writes back into newlines.

    Only runs with `line_ends=keep`, and old runs, have learned another one.

    >>> from seqgen.run import open_model
    >>> LearnedLineEnds(open_model("checkpoints/story")).learned
    '\\n'
    """

    def __init__(self, model: SavedModel) -> None:
        self._is_kept = model.record.corpus.config.line_ends == "keep"
        self.learned = _find_learned(model) if self._is_kept else "\n"

    def to_learned(self, text: str) -> str:
        """A text of the user as the model has learned to read it."""
        return text if self.learned == "\n" else unify_line_ends(text).replace("\n", self.learned)

    def to_newlines(self, text: str) -> str:
        """A text of the model as the user reads it."""
        return unify_line_ends(text) if self._is_kept else text

    def fit(self, config: SamplingConfig) -> SamplingConfig:
        """A configuration whose strings have the learned line end."""
        bias = {self.to_learned(text): value for text, value in config.bias.items()}
        stop, ban = (tuple(map(self.to_learned, texts)) for texts in (config.stop, config.ban))
        return replace(config, stop=stop, ban=ban, bias=bias)


def _find_learned(model: SavedModel) -> str:
    """The most frequent line end of the training text. If the cache has lost the text, the vocabulary must tell."""
    alphabet = model.tokenizer.alphabet
    if alphabet is not None and "\r" not in alphabet.characters:
        return "\n"
    train = find_text(model.record.corpus.parts["train"].sha256)
    if train is not None:
        with train.mapped() as data:
            return line_end_of(data[:_N_READ].decode(errors="replace"))
    if alphabet is None:
        return "\n"
    return "\r\n" if "\n" in alphabet.characters else "\r"
