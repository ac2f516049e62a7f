"""The simple networks of every lecture on sequences: what they lack is what recurrence and attention are for."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from typing import Any, final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from seqgen.corpus import EncodedText
from seqgen.evaluation.score import Score, score_nats
from seqgen.tokenizers import END_OF_TEXT, Tokenizer

_LARGE_VOCABULARY = 1_000  # tokens, above which predictions cost so much that widths and batches are the smaller ones
_N_PREDICTIONS = 2_000_000
_MOST_LOGITS = 3_000_000_000  # of a training: of thousands of words there are fewer predictions
_MOST_EPOCHS = 20
_N_VALIDATIONS = 10
_MOST_VALIDATED = 5_000  # tokens
_READ_AT_ONCE = 1_024
_LEARNING_RATE = 4e-3


class NeuralBaseline(nn.Module):
    """Predicts a token from the last `n_before` tokens alone: (B, n_before) ids -> (B, V) logits."""

    n_before: int
    name: str


@final
class BagOfTokens(NeuralBaseline):
    """The last tokens in no order: the mean of their embeddings, and one layer on top."""

    n_before = 64
    name = "bag of 64 tokens"

    def __init__(self, vocab_size: int) -> None:
        super().__init__()
        width = 128 if vocab_size <= _LARGE_VOCABULARY else 64
        self.embedding = nn.EmbeddingBag(vocab_size, width, mode="mean")
        self.head = nn.Linear(width, vocab_size)

    def forward(self, before: Tensor) -> Tensor:
        logits: Tensor = self.head(self.embedding(before))
        return logits


@final
class FixedWindow(NeuralBaseline):
    """The network of Bengio et al. (2003), without its direct connections: the last tokens, each in its place."""

    n_before = 16
    name = "fixed window of 16"

    def __init__(self, vocab_size: int) -> None:
        super().__init__()
        width = 256 if vocab_size <= _LARGE_VOCABULARY else 64
        self.embedding = nn.Embedding(vocab_size, 32)
        self.hidden = nn.Linear(self.n_before * 32, width)
        self.head = nn.Linear(width, vocab_size)

    def forward(self, before: Tensor) -> Tensor:
        embedded = self.embedding(before).flatten(1)  # (B, n_before * 32)
        logits: Tensor = self.head(torch.tanh(self.hidden(embedded)))
        return logits


def neural_baseline_scores(
    tokenizer: Tokenizer, *, train: EncodedText, valid: EncodedText, scored: EncodedText
) -> Iterator[tuple[str, Score]]:
    """A bag of tokens and a fixed window, trained for some seconds and stopped where they predict `valid` best.

    In the model's own tokens; out-of-vocabulary characters cost what they cost the model.
    """
    for kind in (BagOfTokens, FixedWindow):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            model = kind(tokenizer.vocab_size)
        fitted = _fit(model, train.ids, valid.ids[:_MOST_VALIDATED])
        yield model.name, score_nats(_nats(fitted, scored.ids), tokenizer, scored)


def _fit(model: BagOfTokens | FixedWindow, ids: NDArray[Any], valid_ids: NDArray[Any]) -> NeuralBaseline:
    """AdamW at a rate that falls to nothing, on tokens drawn at random; the best of ten validations."""
    vocab_size = model.head.out_features
    n_predictions = min(_N_PREDICTIONS, _MOST_EPOCHS * len(ids), _MOST_LOGITS // vocab_size)
    batch = 1024 if vocab_size <= _LARGE_VOCABULARY else 256
    n_steps = math.ceil(n_predictions / batch)
    optimizer = torch.optim.AdamW(model.parameters(), lr=_LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, n_steps)
    random = np.random.default_rng(0)
    text = _Windows(ids, model.n_before)
    best, least = model, math.inf
    for step in range(1, n_steps + 1):
        before, targets = text[random.integers(0, len(ids), batch)]
        optimizer.zero_grad()
        F.cross_entropy(model(before), targets).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        if step % math.ceil(n_steps / _N_VALIDATIONS) == 0 or step == n_steps:
            nats = sum(float(piece.sum()) for piece in _nats(model, valid_ids))
            if nats < least:
                best, least = copy.deepcopy(model), nats
    return best


@torch.inference_mode()
def _nats(model: NeuralBaseline, ids: NDArray[Any]) -> Iterator[NDArray[np.float64]]:
    """-ln p of every id, each after the ids before it, piece by piece."""
    text = _Windows(ids, model.n_before)
    for first in range(0, len(ids), _READ_AT_ONCE):
        before, targets = text[np.arange(first, min(first + _READ_AT_ONCE, len(ids)))]
        yield F.cross_entropy(model(before), targets, reduction="none").double().numpy()


@final
class _Windows:
    """Tokens of a text by number, and the `n_before` before each; before the first stand end-of-text tokens."""

    def __init__(self, ids: NDArray[Any], n_before: int) -> None:
        self._padded = np.concatenate((np.full(n_before, END_OF_TEXT, dtype=ids.dtype), ids))
        self._n_before = n_before

    def __getitem__(self, places: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """(B, n_before) and (B,)."""
        windows = self._padded[places[:, None] + np.arange(self._n_before + 1)].astype(np.int64)
        return torch.from_numpy(windows[:, :-1]), torch.from_numpy(windows[:, -1])
