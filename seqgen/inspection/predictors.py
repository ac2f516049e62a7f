"""Predictors: a decoder, a fixed window and a bag of tokens in one form, so that the same is asked of all three.

A predictor is given any number of tokens and predicts the next one. The decoder reads them one after another. The
window reads the last of them, each with weights of its own. The bag adds up what they are, in no order.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, TypeVar, final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from seqgen.evaluation.neural_baselines import BagOfTokens, FixedWindow
from seqgen.models import Decoder, count_parameters
from seqgen.tokenizers import END_OF_TEXT
from seqgen.training.clipping import clip
from seqgen.waiting import waiting

_LEARNING_RATE, _CLIP_NORM = 4e-3, 1.0
_TOKENS_AT_ONCE, _ROWS_AT_ONCE = 1 << 16, 1 << 10
"""Limits on what is read side by side."""

_Network = TypeVar("_Network", bound=nn.Module)

Draw = Callable[[], tuple[Tensor, Tensor]]
"""Draws examples to learn from: the tokens before, (B, n), and the tokens that follow, (B,)."""


class Predictor(ABC):
    """Predicts a token from one or more tokens before it."""

    name: str
    network: nn.Module
    most_read: int | None
    """How many tokens it can read; None if there is no limit. Only the last ones are handed to `logits`."""
    n_per_token: int
    """Parameters that reading one more token would add."""

    @abstractmethod
    def logits(self, before: Tensor) -> Tensor:
        """The logits of the token after those before, (B, n) -> (B, V)."""

    @property
    def n_parameters(self) -> int:
        return count_parameters(self.network)


@final
class DecoderPredictor(Predictor):
    """A decoder that begins with an empty state.

    >>> from seqgen.inspection.new_cells import NewCell
    >>> predictor = DecoderPredictor(NewCell.parse("gru").build(vocab_size=9, seed=0), name="gru")
    >>> predictor.logits(torch.tensor([[1, 2, 3, 4]])).shape, predictor.n_per_token
    (torch.Size([1, 9]), 0)
    """

    n_per_token = 0

    def __init__(self, decoder: Decoder, *, name: str) -> None:
        self.name = name
        self.network = decoder
        self.most_read = decoder.reach
        self._decoder = decoder

    def logits(self, before: Tensor) -> Tensor:
        features, _ = self._decoder.features(before, None)
        logits: Tensor = self._decoder.head(features[:, -1])
        return logits


@final
class WindowPredictor(Predictor):
    """The network of Bengio et al. (2003). End-of-text tokens stand in for those that are missing in its window.

    >>> predictor = WindowPredictor(vocab_size=9, seed=0)
    >>> predictor.logits(torch.tensor([[1, 2, 3, 4]])).shape, predictor.most_read, predictor.n_per_token
    (torch.Size([1, 9]), 16, 8192)
    """

    def __init__(self, vocab_size: int, *, seed: int) -> None:
        self._window = _built(lambda: FixedWindow(vocab_size), seed)
        self.network = self._window
        self.most_read = FixedWindow.n_before
        self.name = f"window of {self.most_read}"
        self.n_per_token = self._window.hidden.weight.numel() // self.most_read

    def logits(self, before: Tensor) -> Tensor:
        missing = FixedWindow.n_before - before.shape[1]
        logits: Tensor = self._window(F.pad(before, (missing, 0), value=END_OF_TEXT))
        return logits


@final
class BagPredictor(Predictor):
    """A bag of all the tokens before: the mean of their embeddings, and one layer on top.

    >>> predictor = BagPredictor(vocab_size=9, seed=0)
    >>> torch.equal(predictor.logits(torch.tensor([[1, 2, 3]])), predictor.logits(torch.tensor([[3, 1, 2]])))
    True
    """

    name = "bag of tokens"
    most_read = None
    n_per_token = 0

    def __init__(self, vocab_size: int, *, seed: int) -> None:
        self._bag = _built(lambda: BagOfTokens(vocab_size), seed)
        self.network = self._bag

    def logits(self, before: Tensor) -> Tensor:
        in_no_order = before.sort(dim=1).values  # so that equal bags give equal sums, to the last bit
        logits: Tensor = self._bag(in_no_order)
        return logits


def learn(predictor: Predictor, draw: Draw, *, n_steps: int, what: str) -> None:
    """Train a predictor with AdamW, the learning rate falling to zero. `what` says what is learned.

    >>> predictor = BagPredictor(vocab_size=9, seed=0)
    >>> always = lambda: (torch.tensor([[1, 2, 3]]), torch.tensor([4]))
    >>> learn(predictor, always, n_steps=20, what="what follows")
    >>> int(predictor.logits(torch.tensor([[3, 2, 1]])).argmax())
    4
    """
    network = predictor.network
    optimizer = torch.optim.AdamW(network.parameters(), lr=_LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, n_steps)
    network.train()
    with waiting(f"{what}: {predictor.name}", total=n_steps) as work:
        for _ in range(n_steps):
            before, targets = draw()
            optimizer.zero_grad()
            F.cross_entropy(predictor.logits(before), targets).backward()  # type: ignore[no-untyped-call]
            clip(network, _CLIP_NORM)
            optimizer.step()
            schedule.step()
            work.advance()
    network.eval()


@torch.inference_mode()
def nats_after(predictor: Predictor, before: NDArray[Any], targets: NDArray[Any]) -> NDArray[np.float64]:
    """-ln p of each target, (N,), after the tokens before it, (N, n), of which no more are handed on than can be read.

    >>> nats = nats_after(BagPredictor(vocab_size=9, seed=0), np.array([[1, 2], [2, 1]]), np.array([5, 5]))
    >>> bool(nats[0] == nats[1])
    True
    """
    if predictor.most_read is not None:
        before = before[:, -predictor.most_read :]
    n_at_once = max(1, min(_ROWS_AT_ONCE, _TOKENS_AT_ONCE // before.shape[1]))
    nats = np.empty(len(before))
    for start in range(0, len(before), n_at_once):
        part = slice(start, start + n_at_once)
        logits = predictor.logits(torch.from_numpy(before[part].astype(np.int64)))
        wanted = torch.from_numpy(targets[part].astype(np.int64))
        nats[part] = F.cross_entropy(logits.float(), wanted, reduction="none").double().numpy()
    return nats


def _built(make: Callable[[], _Network], seed: int) -> _Network:
    """A network with weights drawn from a seed. torch's global random state stays as it is."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make().eval()
