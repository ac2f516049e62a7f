"""The optimizers of a model, and their state as named arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from numpy.typing import NDArray
from torch import nn

from seqgen.config import TrainingConfig
from seqgen.models import Decoder
from seqgen.training.muon import Muon

Optimizers = tuple[torch.optim.Optimizer, ...]


def build_optimizers(model: Decoder, config: TrainingConfig) -> Optimizers:
    """`muon`: Muon for the matrices and AdamW for the rest; `adamw`: AdamW (Loshchilov & Hutter 2019) for all.

    Matrices and the output layer decay; embeddings (tied ones too), norms and biases do not. Every group of
    parameters keeps its highest learning rate under "peak".
    """
    matrices = model.matrices() if config.optimizer == "muon" else []
    taken = {id(matrix.weight) for matrix in matrices}
    embeddings = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
    decayed: list[nn.Parameter] = []
    kept: list[nn.Parameter] = []
    for parameter in model.parameters():
        is_matrix = parameter.dim() >= 2 and id(parameter) not in embeddings
        if id(parameter) not in taken:
            (decayed if is_matrix else kept).append(parameter)
    decays = ((decayed, config.weight_decay), (kept, 0.0))
    groups = [{"params": parameters, "weight_decay": decay} for parameters, decay in decays if parameters]
    betas = (config.beta1, config.beta2)
    optimizers: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(groups, lr=config.learning_rate, betas=betas, fused=True)
    ]
    if matrices:
        dtype = torch.bfloat16 if config.precision == "bfloat16" else matrices[0].weight.dtype
        decay = config.weight_decay
        muon = Muon(matrices, lr=config.muon_rate, momentum=config.muon_momentum, weight_decay=decay, dtype=dtype)
        optimizers.append(muon)
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["peak"] = group["lr"]
    return tuple(optimizers)


def set_rates(optimizers: Optimizers, share: float) -> None:
    """Give every group of parameters this share of its highest learning rate."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = share * group["peak"]


def read_optimizers(optimizers: Optimizers) -> dict[str, NDArray[Any]]:
    """Copies of everything the optimizers remember, as `<optimizer>.<parameter>.<name>`, numbered both."""
    return {
        f"{place}.{number}.{name}": value.detach().cpu().numpy().copy()
        for place, optimizer in enumerate(optimizers)
        for number, values in optimizer.state_dict()["state"].items()
        for name, value in values.items()
    }


def load_optimizers(optimizers: Sequence[torch.optim.Optimizer], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Give optimizers the memory that `read_optimizers` took of those over the same model."""
    states: list[dict[int, dict[str, torch.Tensor]]] = [{} for _ in optimizers]
    for key, array in arrays.items():
        place, number, name = key.split(".", 2)
        states[int(place)].setdefault(int(number), {})[name] = torch.from_numpy(array.copy())
    for optimizer, state in zip(optimizers, states, strict=True):
        optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
