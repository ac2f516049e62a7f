"""Reading passages of a text with as much context as one wants, and with something else in the place of what is beyond.

A sliding window (`seqgen.evaluation.scoring_modes`) gives each token the context that it can; here every token gets the
same, whatever the length of the context, so that lengths can be compared token by token.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from seqgen.corpus import Batch
from seqgen.models import Decoder, State
from seqgen.scoring import score_batch
from seqgen.tokenizers import Tokenizer

N_PASSAGES = 24
"""How many passages are scored. `seqgen.intervals` needs 20."""
MIN_LENGTH, MAX_LENGTH = 4, 256
"""Tokens of a passage."""
_SHARE_SCORED = 8
"""One token of so many of a window is scored, so that the context of each is nearly the whole window."""
_CHUNK = 256
"""Tokens that a model reads at once. The state is carried on, so their number changes no result."""
_TOKENS_AT_ONCE = 1 << 13
"""Limit on the tokens of windows that are read side by side."""
_LOGITS_AT_ONCE = 1 << 23


@dataclass(frozen=True)
class Passages:
    """Passages of a text, all of the same length and spread evenly.

    >>> from seqgen.inspection.contexts import Passages
    >>> passages = Passages.of(5000, after=1000, n_tokens=600)
    >>> passages.length, len(passages.starts), passages.starts[:2].tolist(), int(passages.starts[-1])
    (16, 24, [1000, 1173], 4984)
    """

    starts: NDArray[np.int64]
    """The index of the first token of each. (P,)"""
    length: int
    """Tokens of each: a power of two."""

    @classmethod
    def of(cls, n_ids: int, *, after: int, n_tokens: int) -> Passages | None:
        """Passages with about `n_tokens` tokens together, all after the first `after`; None if there is no room."""
        n_each = min(n_tokens, n_ids - after) // N_PASSAGES
        if n_each < MIN_LENGTH:
            return None
        length = min(MAX_LENGTH, 1 << (n_each.bit_length() - 1))
        return cls(np.linspace(after, n_ids - length, N_PASSAGES).astype(np.int64), length)

    @property
    def n_tokens(self) -> int:
        return len(self.starts) * self.length


@torch.inference_mode()
def nats_given(
    model: Decoder, ids: NDArray[Any], passages: Passages, *, n_given: int, beyond: State | None = None
) -> NDArray[np.float64]:
    """The nats of each passage, if the model is given no more than `n_given` tokens before each of its tokens. (P,)

    A token has more than 7/8 of these before it; below 8, all of them. `beyond` is the state after what stands in the
    place of the rest, a row for each passage. If it is None, the model begins from nothing, as in `Context`.

    >>> from pathlib import Path
    >>> from seqgen.inspection.contexts import Passages, nats_given
    >>> from seqgen.restored import restore_decoder
    >>> from seqgen.run import open_model
    >>> model = open_model("checkpoints/story")
    >>> ids = model.tokenizer.encode(Path("story.txt").read_text()).ids
    >>> passages = Passages.of(len(ids), after=64, n_tokens=200)
    >>> nats_given(restore_decoder(model), ids, passages, n_given=64).shape
    (24,)
    """
    stride = min(passages.length, max(1, n_given // _SHARE_SCORED))
    n_read = n_given if model.reach is None else min(n_given, model.reach + stride - 1)
    first = passages.starts[:, None] + np.arange(0, passages.length, stride)  # (P, W): where windows begin to be scored
    owners, firsts = np.repeat(np.arange(len(first)), first.shape[1]), first.ravel()
    n_at_once = max(1, min(_TOKENS_AT_ONCE // min(n_read, _CHUNK), _LOGITS_AT_ONCE // model.vocab_size))
    nats = []
    for start in range(0, len(firsts), n_at_once):
        part = slice(start, start + n_at_once)
        state = None if beyond is None else tuple(tensor[torch.from_numpy(owners[part])] for tensor in beyond)
        targets = firsts[part, None] + np.arange(stride - n_read, stride)
        nats.append(_nats_of_ends(model, ids, targets, n_scored=stride, state=state))
    of_passages: NDArray[np.float64] = np.concatenate(nats).reshape(first.shape).sum(axis=1)
    return of_passages


def _nats_of_ends(
    model: Decoder, ids: NDArray[Any], targets: NDArray[np.int64], *, n_scored: int, state: State | None
) -> NDArray[np.float64]:
    """The nats of the last `n_scored` targets of windows, whose positions are (B, T), for each window. (B,)"""
    inputs = ids[targets - 1].astype(np.int64)
    n_before = inputs.shape[1] - n_scored
    if n_before:
        state = read_state(model, inputs[:, :n_before], state)
    total = np.zeros(len(inputs))
    n_at_once = max(1, min(_CHUNK, _LOGITS_AT_ONCE // (len(inputs) * model.vocab_size)))
    for start in range(n_before, inputs.shape[1], n_at_once):
        part = slice(start, start + n_at_once)
        of_part = ids[targets[:, part]].astype(np.int64)
        batch = Batch(inputs=inputs[:, part], targets=of_part, starts_anew=False)
        nats, state = score_batch(model, batch, state=state)
        total += nats.sum(axis=1)
    return total


@torch.inference_mode()
def read_state(model: Decoder, ids: NDArray[np.int64], state: State | None = None) -> State:
    """The state after ids, (B, T), of which there must be one or more.

    >>> import numpy as np
    >>> from seqgen.inspection.contexts import read_state
    >>> from seqgen.restored import restore_decoder
    >>> from seqgen.run import open_model
    >>> state = read_state(restore_decoder(open_model("checkpoints/story")), np.ones((3, 9), np.int64))
    >>> {len(tensor) for tensor in state}
    {3}
    """
    device = next(model.parameters()).device
    for start in range(0, ids.shape[1], _CHUNK):
        state = model.advance(torch.from_numpy(ids[:, start : start + _CHUNK]).to(device), state)
    assert state is not None
    return state


def ids_before(ids: NDArray[Any], passages: Passages, n: int) -> NDArray[np.int64]:
    """The n ids before each passage. (P, n)

    >>> import numpy as np
    >>> from seqgen.inspection.contexts import Passages, ids_before
    >>> ids_before(np.arange(100), Passages(np.array([50, 60]), 4), 3).tolist()
    [[47, 48, 49], [57, 58, 59]]
    """
    before: NDArray[np.int64] = ids[passages.starts[:, None] + np.arange(-n, 0)].astype(np.int64)
    return before


def shuffle_words(ids: NDArray[np.int64], tokenizer: Tokenizer, *, seed: int) -> NDArray[np.int64]:
    """Every row of ids with its words in random order; its tokens, if hardly any white space divides it into words.

    >>> import numpy as np
    >>> from seqgen.inspection.contexts import shuffle_words
    >>> from seqgen.run import open_model
    >>> tokenizer = open_model("checkpoints/story").tokenizer
    >>> row = tokenizer.encode("Mina sat by the river, ").ids.astype(np.int64)
    >>> tokenizer.decode(shuffle_words(row[None], tokenizer, seed=0)[0])
    'by river, the Mina sat '
    """
    random = np.random.default_rng(seed)
    return np.stack([_shuffle_row(row, tokenizer, random) for row in ids])


_LONGEST_WORD = 64
"""If the mean word of a row has more tokens, they are not words."""


def _shuffle_row(row: NDArray[np.int64], tokenizer: Tokenizer, random: np.random.Generator) -> NDArray[np.int64]:
    table_of, tables = tokenizer.piece_tables
    tokens = row.tolist()
    pieces = [tables[table_of[before]][token] for before, token in pairwise([tokens[0], *tokens])]
    begins = [
        number
        for number, (before, piece) in enumerate(pairwise(pieces), start=1)
        if piece.strip() and (before[-1:].isspace() or piece[:1].isspace())
    ]
    words = np.split(row, begins if len(begins) * _LONGEST_WORD >= len(row) else np.arange(1, len(row)))
    return np.concatenate([words[number] for number in random.permutation(len(words))])
