"""Nats of a token stream under a model: the one function behind validation and evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from seqgen.config import Precision
from seqgen.corpus import Streams
from seqgen.corpus.batches import Window
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
            nats, state = window_nats(model, streams[number], state, precision)
            yield nats
        rest = streams.rest()
        if rest is not None and state is not None:
            yield window_nats(model, rest, tuple(tensor[-1:] for tensor in state), precision)[0]
    finally:
        model.train(was_training)


def sum_nats(model: Decoder, streams: Streams, precision: Precision = "float32") -> float:
    """Nats of all ids of the streams together."""
    return float(sum(nats.sum() for nats in token_nats(model, streams, precision)))


@torch.inference_mode()
def window_nats(
    model: Decoder, window: Window, state: State | None = None, precision: Precision = "float32"
) -> tuple[NDArray[Any], State]:
    """-ln p of the targets of one window after a state, (B, T) in float64, and the state after it."""
    device = next(model.parameters()).device
    inputs, targets = (torch.from_numpy(array).to(device) for array in window)
    with matmul_precision(precision, device):
        logits, state = model(inputs, state)  # (B, T, V)
    nats = F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), reduction="none")
    return nats.view_as(targets).cpu().double().numpy(), state
