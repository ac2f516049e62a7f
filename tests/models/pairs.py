"""Models with an encoder, and pairs for them to read."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from seqgen.config import EncoderConfig, ModelConfig
from seqgen.corpus import Batch, Sources
from seqgen.models import Decoder, build_model
from tests.tiny import SOURCE_V, V

B, S, T = 4, 7, 12
LENGTHS = torch.tensor([7, 1, 4, 6])


def make(config: ModelConfig, encoder: EncoderConfig) -> Decoder:
    """A model in float64 whose every weight matters."""
    torch.manual_seed(1)
    model = build_model(config, encoder).double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return model


def some_sources() -> Tensor:
    ids = torch.randint(1, SOURCE_V, (B, S), generator=torch.Generator().manual_seed(2))
    return ids.where(torch.arange(S) < LENGTHS[:, None], 0)


def some_ids(length: int = T) -> Tensor:
    return torch.randint(0, V, (B, length), generator=torch.Generator().manual_seed(3))


def some_batch() -> Batch:
    """Four pairs whose sources and targets have different lengths."""
    inputs, targets = some_ids().numpy(), some_ids(T + 1).numpy()[:, 1:]
    mask = np.arange(T) < np.array([5, T, 1, 8])[:, None]
    sources = Sources(ids=some_sources().numpy(), lengths=LENGTHS.numpy())
    return Batch(inputs=inputs, targets=targets, mask=mask, starts_anew=True, sources=sources)


def alone(batch: Batch, number: int) -> Batch:
    """One pair of a batch without any padding."""
    assert batch.sources is not None and batch.mask is not None
    n_source, n_target = batch.sources.lengths[number], np.count_nonzero(batch.mask[number])
    row = slice(number, number + 1)
    return Batch(
        inputs=batch.inputs[row, :n_target],
        targets=batch.targets[row, :n_target],
        starts_anew=True,
        sources=Sources(ids=batch.sources.ids[row, :n_source], lengths=batch.sources.lengths[row]),
    )
