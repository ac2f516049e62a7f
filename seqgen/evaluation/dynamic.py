"""Dynamic evaluation: the weights go on learning from the text that they are scored on."""

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

_SEGMENT = 32  # tokens that are scored before they are learned
_N_SEGMENTS = 200  # of the training text, which tell how large gradients are
_EPSILON = 1e-4  # added to the usual size of a gradient, which is 0 where the training text has nothing of the kind


@dataclass(frozen=True)
class DynamicEvaluation:
    """A mode as `Context` is one: segment by segment, each scored first and then learned, state carried.

    Krause, Kahou, Murray & Renals (2018), section 3: a gradient is divided by its usual size (root of its mean square
    over the first segments of the training text), and the weights are drawn back to where they began, the harder the
    larger their gradients usually are. The model itself stays as it is: a copy learns, anew for every text.
    """

    train_ids: NDArray[Any] = field(compare=False, repr=False)
    """The text that the model was trained on, or the beginning of it; one token or more."""
    rate: float = 2e-4
    decay: float = 3e-3

    def __str__(self) -> str:
        return "dynamic"

    def describe(self) -> str:
        """For people."""
        return f"dynamic: read once, each {_SEGMENT} tokens learned after they are scored (Krause et al. 2018)"

    def nats(self, model: Decoder, ids: NDArray[Any]) -> Iterator[NDArray[np.float64]]:
        """-ln p of every id, one or more, in order, piece by piece."""
        learner = copy.deepcopy(model).eval()
        weights = list(learner.parameters())
        first = [weight.detach().clone() for weight in weights]
        sizes = self._sizes(learner)
        mean_size = torch.cat([size.flatten() for size in sizes]).mean()
        for nats, gradients in _read(learner, ids):
            yield nats
            with torch.no_grad():
                for weight, gradient, size, begun in zip(weights, gradients, sizes, first, strict=True):
                    pull = (self.decay * size / mean_size).clamp(max=1.0)
                    weight.add_(pull * (begun - weight) - self.rate * gradient / (size + _EPSILON))

    def _sizes(self, model: Decoder) -> list[Tensor]:
        """Of every weight: the root of its mean squared gradient over the first segments of the training text."""
        means = [torch.zeros_like(weight) for weight in model.parameters()]
        for n_read, (_, gradients) in enumerate(_read(model, self.train_ids[: _N_SEGMENTS * _SEGMENT]), start=1):
            for mean, gradient in zip(means, gradients, strict=True):
                mean += (gradient.square() - mean) / n_read
        return [mean.sqrt() for mean in means]


def _read(model: Decoder, ids: NDArray[Any]) -> Iterator[tuple[NDArray[np.float64], tuple[Tensor, ...]]]:
    """Of every segment, its nats and the gradients of their mean; the weights may change in between."""
    streams = Streams(ids, n_streams=1, window=_SEGMENT)
    state: State | None = None
    for number in range(len(streams)):
        batch = streams[number]
        nats, after = batch_nats(model, batch, state)  # (1, T)
        gradients = torch.autograd.grad(nats.sum() / batch.n_targets, list(model.parameters()))
        yield nats[0].detach().double().numpy(), gradients
        state = detach(after)
