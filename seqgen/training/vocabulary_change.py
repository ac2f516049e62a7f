"""A new vocabulary for an old model: which rows of its weights the new tokens take over, and how others begin.

The rows of a model that belong to tokens are those of its embedding and of its output layer. Its tables of n-grams
begin anew. All other weights do not depend on the vocabulary, and stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from seqgen.config import ModelConfig
from seqgen.errors import TokenizerError
from seqgen.inference import weight_shapes
from seqgen.run import SavedModel
from seqgen.run.saved_model import Weights
from seqgen.tokenizers import END_OF_TEXT, Tokenizer
from seqgen.wording import count_of

_HASHED = {"ngrams.rows.weight"}
"""Weights whose rows belong to hashes of ids: under other ids they would stand for other n-grams."""


@dataclass(frozen=True)
class VocabularyChange:
    """From the tokens of one vocabulary to those of another.

    >>> from seqgen.config import CharConfig
    >>> from seqgen.run import open_model
    >>> from seqgen.tokenizers import train_tokenizer
    >>> parent = open_model("checkpoints/story")
    >>> change = VocabularyChange.between(parent.tokenizer, train_tokenizer(CharConfig(), ["Mina: ж"], n_bytes=8))
    >>> print(change.describe("story"))
    new vocabulary: of 8 tokens, 6 have the weights that they have in story, 0 begin as the mean of their parts, ...
    """

    parts: tuple[tuple[int, ...], ...]
    """For each new token, the old tokens whose mean it begins as: its own if the old vocabulary has it, otherwise those
    that spell it; none if they cannot."""
    n_shared: int
    """New tokens that the old vocabulary has too."""

    @classmethod
    def between(cls, old: Tokenizer, new: Tokenizer) -> VocabularyChange:
        """The change from one tokenizer to another."""
        old_ids = {piece: token for token, piece in enumerate(old.pieces(END_OF_TEXT)) if token != END_OF_TEXT}
        pieces = list(enumerate(new.pieces(END_OF_TEXT)))
        shared = {token: old_ids[piece] for token, piece in pieces if token != END_OF_TEXT and piece in old_ids}
        shared[END_OF_TEXT] = END_OF_TEXT
        parts = ((shared[token],) if token in shared else _spell(piece, old) for token, piece in pieces)
        return cls(tuple(parts), len(shared))

    def describe(self, name: str) -> str:
        """What becomes of the weights of the model `name`, in a sentence."""
        n_spelled = sum(map(bool, self.parts)) - self.n_shared
        return (
            f"new vocabulary: of {count_of(len(self.parts), 'token')}, {self.n_shared:,} have the weights that they "
            f"have in {name}, {n_spelled:,} begin as the mean of their parts, {self.parts.count(()):,} are new"
        )

    def apply(self, parent: SavedModel, config: ModelConfig, *, fresh: Mapping[str, NDArray[np.float32]]) -> Weights:
        """The weights with which a model of this configuration begins. `fresh` has those of a new model."""
        weights: Weights = {}
        for name, axis in vocabulary_axes(config).items():
            if axis is None:
                weights[name] = fresh[name] if name in _HASHED else parent.weights[name]
                continue
            old, rows = np.moveaxis(parent.weights[name], axis, 0), np.moveaxis(fresh[name].copy(), axis, 0)
            for token, parts in enumerate(self.parts):
                if parts:
                    rows[token] = old[list(parts)].mean(axis=0)
            weights[name] = np.moveaxis(rows, 0, axis)
        return weights


def vocabulary_axes(config: ModelConfig) -> dict[str, int | None]:
    """For every weight of a model, the axis that has an entry for each token; None if it has none.

    >>> from seqgen.run import open_model
    >>> axes = vocabulary_axes(open_model("checkpoints/story").record.model)
    >>> sorted(name for name, axis in axes.items() if axis == 0)
    ['embedding.weight', 'head.bias', 'head.weight']
    """
    shapes = weight_shapes(config)
    larger = weight_shapes(replace(config, vocab_size=config.vocab_size + 1))
    return {
        name: next((axis for axis, size in enumerate(shape) if larger[name][axis] != size), None)
        for name, shape in shapes.items()
    }


def _spell(piece: bytes, tokenizer: Tokenizer) -> tuple[int, ...]:
    """The tokens that spell a piece of text; none if the piece is a part of a character, or they cannot."""
    try:
        encoding = tokenizer.encode(piece.decode())
    except (UnicodeDecodeError, TokenizerError):
        return ()
    return () if encoding.oov else tuple(encoding.ids.tolist())
