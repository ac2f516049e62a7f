"""Windows of a text in which a model is measured: some tokens to read first, then as many as the measure looks back."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqgen.errors import CorpusError
from seqgen.wording import count_of

_MOST_READ_BEFORE = 128
"""Tokens that a model reads before the measured ones, if the text has them, so that its state is a usual one."""


def windows_of(ids: NDArray[Any], *, lag: int, most: int, name: str = "the text") -> Tensor:
    """Up to `most` windows that begin at even distances, (B, T): `lag` tokens, the one after them, and some before.

    >>> windows_of(np.arange(100), lag=3, most=2)[:, -4:]  # the last 4 of 52 tokens each
    tensor([[48, 49, 50, 51],
            [96, 97, 98, 99]])

    Raises:
        CorpusError: the text is too short.
    """
    least = lag + 2  # the state before the first of the `lag` tokens is that after a token
    if len(ids) < least:
        raise CorpusError(
            f"{name} has {count_of(len(ids), 'token')}: looking {lag:,} back takes {least:,} or more, so give a longer "
            "text or a smaller --lag"
        )
    length = lag + 1 + min(_MOST_READ_BEFORE, max(1, (len(ids) - lag - 1) // 2))
    n_starts = len(ids) - length + 1
    starts = np.linspace(0, n_starts - 1, min(most, n_starts)).astype(int)
    return torch.from_numpy(np.stack([ids[start : start + length] for start in starts]).astype(np.int64))
