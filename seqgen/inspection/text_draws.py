"""Examples for predictors to learn from: some tokens of a text and the one after them, at random places and lengths."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqgen.inspection.predictors import Draw
from seqgen.tokenizers import END_OF_TEXT

_MOST_EXAMPLES, _MOST_TOKENS, _MOST_LOGITS = 1 << 10, 1 << 16, 1 << 22
"""Limits on the examples of a step."""


def draw_windows(ids: NDArray[Any], *, n_before: int, vocab_size: int, seed: int) -> Draw:
    """Draw windows of `n_before` tokens: half of them whole, the others with only their last tokens, one or more.

    End-of-text tokens stand in for what is left out, so that a window of fixed size learns short inputs too.

    >>> before, targets = draw_windows(np.arange(1, 99), n_before=4, vocab_size=99, seed=0)()
    >>> before[0].tolist(), int(targets[0])
    ([80, 81, 82, 83], 84)
    >>> sorted(set((before > 0).sum(dim=1).tolist()))  # how many tokens are left in a window
    [1, 2, 3, 4]
    """
    random = np.random.default_rng(seed)
    n_examples = _n_examples(n_before, vocab_size)

    def draw() -> tuple[Tensor, Tensor]:
        before, targets = _examples(ids, random, n_before=n_before, n_examples=n_examples)
        n_given = random.integers(1, 2 * n_before, n_examples)
        before[np.arange(n_before) < n_before - n_given[:, None]] = END_OF_TEXT
        return torch.from_numpy(before), torch.from_numpy(targets)

    return draw


def draw_bags(ids: NDArray[Any], *, longest: int, vocab_size: int, seed: int) -> Draw:
    """Draw inputs of 1, 2, 4 and so on up to `longest` tokens, each time of one of these lengths.

    >>> draw = draw_bags(np.arange(1, 99), longest=8, vocab_size=99, seed=0)
    >>> sorted({draw()[0].shape[1] for _ in range(50)})
    [1, 2, 4, 8]
    """
    random = np.random.default_rng(seed)
    n_lengths = 1 + int(math.log2(longest))

    def draw() -> tuple[Tensor, Tensor]:
        n_before = 1 << int(random.integers(n_lengths))
        n_examples = _n_examples(n_before, vocab_size)
        before, targets = _examples(ids, random, n_before=n_before, n_examples=n_examples)
        return torch.from_numpy(before), torch.from_numpy(targets)

    return draw


def _examples(
    ids: NDArray[Any], random: np.random.Generator, *, n_before: int, n_examples: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Tokens at random places, (B,), and those before them, (B, n)."""
    places = random.integers(n_before, len(ids), n_examples)
    rows = ids[places[:, None] + np.arange(-n_before, 1)].astype(np.int64)
    return rows[:, :-1], rows[:, -1]


def _n_examples(n_before: int, vocab_size: int) -> int:
    return max(1, min(_MOST_EXAMPLES, _MOST_TOKENS // n_before, _MOST_LOGITS // vocab_size))
