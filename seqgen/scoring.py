"""Nats of a token stream under a model: the one function behind validation and evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from seqgen.config import Precision
from seqgen.corpus import Batch, Streams
from seqgen.models import Decoder, State, matmul_precision


def token_nats(model: Decoder, streams: Streams, precision: Precision = "float32") -> Iterator[NDArray[Any]]:
    """-ln p of every id of the streams, in float64, window by window: (B, T) each, state carried.

    `precision` is that of the model's products.

    The ids that do not divide among the streams follow the last stream and come last, as (1, T).
    """
    was_training = model.training
    model.eval()
    state: State | None = None
    try:
        for number in range(len(streams)):
            nats, state = score_batch(model, streams[number], state, precision)
            yield nats
        rest = streams.rest()
        if rest is not None and state is not None:
            yield score_batch(model, rest, tuple(tensor[-1:] for tensor in state), precision)[0]
    finally:
        model.train(was_training)


def sum_nats(model: Decoder, streams: Streams, precision: Precision = "float32") -> float:
    """Nats of all ids of the streams together."""
    return float(sum(nats.sum() for nats in token_nats(model, streams, precision)))


@torch.inference_mode()
def score_batch(
    model: Decoder, batch: Batch, state: State | None = None, precision: Precision = "float32"
) -> tuple[NDArray[Any], State]:
    """`batch_nats` in float64, without gradients."""
    nats, state = batch_nats(model, batch, state, precision)
    return nats.cpu().double().numpy(), state


def batch_nats(
    model: Decoder, batch: Batch, state: State | None = None, precision: Precision = "float32"
) -> tuple[Tensor, State]:
    """-ln p of the targets of a batch, (B, T), and the state after it; masked targets get 0.

    `state` is the one that the batch before left; where the streams start anew it is not used.
    """
    device = next(model.parameters()).device
    inputs, targets = (torch.from_numpy(ids).to(device) for ids in (batch.inputs, batch.targets))  # (B, T)
    with matmul_precision(precision, device):
        logits, state = model(inputs, None if batch.starts_anew else state)  # (B, T, V)
    nats = F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), reduction="none").view_as(targets)
    return nats if batch.mask is None else nats * torch.from_numpy(batch.mask).to(device), state
