"""Nats per token: -ln p of each target under a torch decoder.

Validation during training and every scoring mode of the evaluation use this module, so that their numbers agree. It
knows token ids only. `seqgen.evaluation.score` adds the nats up and makes rates per character and byte of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from seqgen.config import Precision
from seqgen.corpus import Batch, Batches
from seqgen.models import Decoder, State, matmul_precision


def token_nats(model: Decoder, streams: Batches, *, precision: Precision = "float32") -> Iterator[NDArray[Any]]:
    """The nats of every id of the streams, batch by batch: (B, T) each, in float64, without dropout.

    The state is carried from batch to batch. The ids that are left over when the text is cut into streams follow the
    last stream; they come last, as (1, T). `precision` is the number type of the matrix multiplications.

    >>> import numpy as np
    >>> from seqgen.corpus import Streams
    >>> from seqgen.evaluation import restore_decoder
    >>> from seqgen.run import open_model
    >>> decoder = restore_decoder(open_model("checkpoints/story"))
    >>> streams = Streams(np.arange(1, 24), n_streams=2, window=8)
    >>> [nats.shape for nats in token_nats(decoder, streams)]  # 2 streams of 11 ids, and 1 id left over
    [(2, 8), (2, 3), (1, 1)]
    """
    was_training = model.training
    model.eval()
    state: State | None = None
    try:
        for number in range(len(streams)):
            nats, state = score_batch(model, streams[number], state=state, precision=precision)
            yield nats
        rest = streams.rest()
        if rest is not None and state is not None:
            last_stream = tuple(tensor[-1:] for tensor in state)
            yield score_batch(model, rest, state=last_stream, precision=precision)[0]
    finally:
        model.train(was_training)


def sum_nats(model: Decoder, streams: Batches, *, precision: Precision = "float32") -> float:
    """The nats of all ids of the streams together.

    >>> import numpy as np
    >>> from seqgen.corpus import Streams
    >>> from seqgen.evaluation import restore_decoder
    >>> from seqgen.run import open_model
    >>> decoder = restore_decoder(open_model("checkpoints/story"))
    >>> ids = np.arange(1, 24)
    >>> sums = [sum_nats(decoder, Streams(ids, n_streams=1, window=window)) for window in (5, 23)]
    >>> abs(sums[0] - sums[1]) < 0.001  # how one stream is cut into batches does not matter
    True
    """
    return float(sum(nats.sum() for nats in token_nats(model, streams, precision=precision)))


@torch.inference_mode()
def score_batch(
    model: Decoder, batch: Batch, *, state: State | None = None, precision: Precision = "float32"
) -> tuple[NDArray[Any], State]:
    """`batch_nats` without gradients, in float64: (B, T), and the state after the batch.

    >>> import numpy as np
    >>> from seqgen.corpus import Streams
    >>> from seqgen.evaluation import restore_decoder
    >>> from seqgen.run import open_model
    >>> decoder = restore_decoder(open_model("checkpoints/story"))
    >>> nats, state = score_batch(decoder, Streams(np.arange(1, 13), n_streams=2, window=6)[0])
    >>> nats.shape, nats.dtype
    ((2, 6), dtype('float64'))
    """
    nats, state = batch_nats(model, batch, state=state, precision=precision)
    return nats.cpu().double().numpy(), state


def batch_nats(
    model: Decoder, batch: Batch, *, state: State | None = None, precision: Precision = "float32"
) -> tuple[Tensor, State]:
    """-ln p of every target of a batch, (B, T), and the state after it; masked targets get 0.

    `state` is what the previous batch left. It is not used if streams start anew in this batch: then the model begins
    with the sources of the batch, or, if it has none, with nothing.

    >>> import numpy as np
    >>> from seqgen.corpus import Streams
    >>> from seqgen.evaluation import restore_decoder
    >>> from seqgen.run import open_model
    >>> decoder = restore_decoder(open_model("checkpoints/story"))
    >>> nats, state = batch_nats(decoder, Streams(np.arange(1, 13), n_streams=2, window=6)[0])
    >>> nats.shape, nats.requires_grad
    (torch.Size([2, 6]), True)
    """
    device = next(model.parameters()).device
    inputs, targets = (torch.from_numpy(ids).to(device) for ids in (batch.inputs, batch.targets))  # (B, T)
    if batch.starts_anew:
        state = None
    with matmul_precision(precision, device):
        if batch.sources is not None:
            state = model.start(*(torch.from_numpy(array).to(device) for array in batch.sources.arrays))
        logits, state = model(inputs, state)  # (B, T, V)
    nats = F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), reduction="none").view_as(targets)
    return nats if batch.mask is None else nats * torch.from_numpy(batch.mask).to(device), state
