"""Two small networks without recurrence or attention, as baselines: what do those two add?

Both look at a fixed number of tokens before the one they predict. The bag of tokens ignores their order. The fixed
window knows the order but forgets everything before it.
"""

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
from seqgen.evaluation.compare import ScoredText, score_blocks
from seqgen.tokenizers import END_OF_TEXT, Tokenizer
from seqgen.waiting import counted

_LARGE_VOCABULARY = 1_000
"""Above this size a prediction is so expensive that the networks are narrower and the batches smaller."""
_MAX_PREDICTIONS = 2_000_000
_MAX_EPOCHS = 20
_MAX_LOGITS = 3_000_000_000
"""Limit on predictions times vocabulary size, so that training takes seconds for any vocabulary."""
_N_VALIDATIONS = 10
_MAX_VALIDATION_TOKENS = 5_000
_SCORED_AT_ONCE = 1_024
_LEARNING_RATE = 4e-3


class NeuralBaseline(nn.Module):
    """Predicts a token from the `n_before` tokens before it: (B, n_before) ids -> (B, V) logits."""

    n_before: int
    name: str


@final
class BagOfTokens(NeuralBaseline):
    """The mean of the embeddings of the last 64 tokens, in no order, and one layer on top.

    >>> import torch
    >>> bag = BagOfTokens(vocab_size=10)
    >>> forwards = torch.tensor([[1, 2, 3, 4]])
    >>> torch.allclose(bag(forwards), bag(forwards.flip(1)), atol=1e-6)
    True
    """

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
    """The network of Bengio et al. (2003), without its direct connections: the last 16 tokens, in order.

    >>> import torch
    >>> FixedWindow(vocab_size=10)(torch.zeros(3, 16, dtype=torch.long)).shape
    torch.Size([3, 10])
    """

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
) -> Iterator[tuple[str, ScoredText]]:
    """Train both networks for some seconds and score a text; yield their names and the text as they score it.

    Each keeps the weights that predict `valid` best. Out-of-vocabulary characters cost what they cost a trained model.
    The global random state of torch is left as it was.

    >>> from pathlib import Path
    >>> from seqgen.corpus import encode_text
    >>> from seqgen.run import open_model
    >>> tokenizer = open_model("checkpoints/story").tokenizer
    >>> text = encode_text([Path("story.txt").read_text()[:500]], tokenizer)
    >>> [name for name, _ in neural_baseline_scores(tokenizer, train=text, valid=text, scored=text)]
    ['bag of 64 tokens', 'fixed window of 16']
    """
    for network in (BagOfTokens, FixedWindow):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            model = network(tokenizer.vocab_size)
        fitted = _fit(model, train.ids, valid_ids=valid.ids[:_MAX_VALIDATION_TOKENS])
        yield model.name, score_blocks(_nats(fitted, scored.ids), scored, tokenizer=tokenizer)


def _fit(model: BagOfTokens | FixedWindow, ids: NDArray[Any], *, valid_ids: NDArray[Any]) -> NeuralBaseline:
    """Train with AdamW on random positions, the learning rate falling to zero; the best of ten validations."""
    vocab_size = model.head.out_features
    n_predictions = min(_MAX_PREDICTIONS, _MAX_EPOCHS * len(ids), _MAX_LOGITS // vocab_size)
    batch_size = 1024 if vocab_size <= _LARGE_VOCABULARY else 256
    n_steps = math.ceil(n_predictions / batch_size)
    optimizer = torch.optim.AdamW(model.parameters(), lr=_LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, n_steps)
    random = np.random.default_rng(0)
    windows = _Windows(ids, model.n_before)
    best, best_nats = model, math.inf
    steps = counted(range(1, n_steps + 1), f"training the {model.name}", total=n_steps, size=lambda _: 1)
    for step in steps:
        before, targets = windows[random.integers(0, len(ids), batch_size)]
        optimizer.zero_grad()
        F.cross_entropy(model(before), targets).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        if step % math.ceil(n_steps / _N_VALIDATIONS) == 0 or step == n_steps:
            nats = sum(float(part.sum()) for part in _nats(model, valid_ids))
            if nats < best_nats:
                best, best_nats = copy.deepcopy(model), nats
    return best


@torch.inference_mode()
def _nats(model: NeuralBaseline, ids: NDArray[Any]) -> Iterator[NDArray[np.float64]]:
    """-ln p of every id, each after the ids before it, in order, in arrays of up to `_SCORED_AT_ONCE`."""
    windows = _Windows(ids, model.n_before)
    for first in range(0, len(ids), _SCORED_AT_ONCE):
        before, targets = windows[np.arange(first, min(first + _SCORED_AT_ONCE, len(ids)))]
        yield F.cross_entropy(model(before), targets, reduction="none").double().numpy()


@final
class _Windows:
    """The tokens at given positions of a text, and the `n_before` tokens before each.

    End-of-text tokens stand in for what is missing before the first tokens.
    """

    def __init__(self, ids: NDArray[Any], n_before: int) -> None:
        self._padded = np.concatenate((np.full(n_before, END_OF_TEXT, dtype=ids.dtype), ids))
        self._n_before = n_before

    def __getitem__(self, positions: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """The tokens before, (B, n_before), and the tokens, (B,)."""
        windows = self._padded[positions[:, None] + np.arange(self._n_before + 1)].astype(np.int64)
        return torch.from_numpy(windows[:, :-1]), torch.from_numpy(windows[:, -1])
