"""Dynamic evaluation, a scoring mode: the model continues to learn from the text while it is scored on it.

Every segment of the text is first scored and then used for one gradient step, so no token is learned before it has been
predicted. Texts repeat their own words and phrases. A model that picks them up predicts the rest of the text better.

The step follows Krause, Kahou, Murray & Renals (2018), section 3. For a weight w with gradient g on the segment:

    w <- w + decay_w * (w_0 - w) - rate * g / (size_w + epsilon)
    decay_w = min(1, decay * size_w / mean size)

    size_w   the usual size of this weight's gradient: the root of its mean square over the training text
    w_0      the trained weight, towards which w is pulled back; the more important the weight, the stronger the pull
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqgen.corpus import Streams
from seqgen.models import Decoder, State, detach
from seqgen.scoring import batch_nats
from seqgen.waiting import counted

_SEGMENT_LENGTH = 32
"""Tokens that are scored before they are learned."""
_N_SIZE_SEGMENTS = 200
"""How many segments of the training text are read to measure the usual sizes of gradients."""
_EPSILON = 1e-4
"""Added to the size, which is 0 for a feature that the training text lacks: its first step would be huge otherwise."""


@dataclass(frozen=True)
class DynamicEvaluation:
    """Scores a text segment by segment and learns from each segment after it has been scored.

    The state is carried from segment to segment, as in `Context()`. A copy of the model learns; the model itself is not
    changed, and every text starts from it. The tables of n-grams do not learn.

    >>> import numpy as np
    >>> from seqgen.evaluation import restore_decoder
    >>> from seqgen.run import open_model
    >>> decoder = restore_decoder(open_model("checkpoints/story"))
    >>> ids = np.tile([5, 6, 7, 8], 100)
    >>> nats = np.concatenate(list(DynamicEvaluation(train_ids=ids).nats(decoder, ids)))
    >>> bool(nats[-32:].mean() < nats[:32].mean())  # it has learned that the text repeats itself
    True
    """

    train_ids: NDArray[Any] = field(compare=False, repr=False)
    """The text that the model was trained on, or the beginning of it; one token or more."""
    rate: float = 2e-4
    """Learning rate."""
    decay: float = 3e-3
    """Strength of the pull towards the trained weights."""

    def __str__(self) -> str:
        return "dynamic"

    def describe(self) -> str:
        """The mode in a sentence."""
        return f"dynamic: read once, each {_SEGMENT_LENGTH} tokens learned after they are scored (Krause et al. 2018)"

    def nats(self, model: Decoder, ids: NDArray[Any]) -> Iterator[NDArray[np.float64]]:
        """-ln p of every id of a text, in order, a segment at a time."""
        learner = copy.deepcopy(model).eval()
        weights = learner.dense_parameters()
        trained = [weight.detach().clone() for weight in weights]
        sizes = self._gradient_sizes(learner)
        mean_size = torch.cat([size.flatten() for size in sizes]).mean()
        for nats, gradients in _nats_and_gradients(learner, ids):
            yield nats
            with torch.no_grad():
                for weight, gradient, size, start in zip(weights, gradients, sizes, trained, strict=True):
                    pull = (self.decay * size / mean_size).clamp(max=1.0)
                    weight.add_(pull * (start - weight) - self.rate * gradient / (size + _EPSILON))

    def _gradient_sizes(self, model: Decoder) -> list[Tensor]:
        """For every weight: the root mean square of its gradient over segments of the training text."""
        ids = self.train_ids[: _N_SIZE_SEGMENTS * _SEGMENT_LENGTH]
        means = [torch.zeros_like(weight) for weight in model.dense_parameters()]
        segments = counted(
            _nats_and_gradients(model, ids), "measuring gradients", total=_N_SIZE_SEGMENTS, size=lambda _: 1
        )
        for n_read, (_, gradients) in enumerate(segments, start=1):
            for mean, gradient in zip(means, gradients, strict=True):
                mean += (gradient.square() - mean) / n_read
        return [mean.sqrt() for mean in means]


def _nats_and_gradients(model: Decoder, ids: NDArray[Any]) -> Iterator[tuple[NDArray[np.float64], tuple[Tensor, ...]]]:
    """For every segment: its nats, (T,), and the gradient of their mean for each weight.

    The caller may change the weights between segments.
    """
    streams = Streams(ids, n_streams=1, window=_SEGMENT_LENGTH)
    state: State | None = None
    for number in range(len(streams)):
        batch = streams[number]
        nats, state_after = batch_nats(model, batch, state=state)  # (1, T)
        gradients = torch.autograd.grad(nats.sum() / batch.n_targets, model.dense_parameters())
        yield nats[0].detach().cpu().double().numpy(), gradients
        state = detach(state_after)
