"""The optimizers of a model, and their memory as named arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from numpy.typing import NDArray
from torch import nn

from seqgen.config import TrainingConfig
from seqgen.models import Decoder
from seqgen.training.adamw import AdamW
from seqgen.training.muon import Muon
from seqgen.training.optimizer_base import OptimizerBase, ParameterGroup
from seqgen.training.row_adagrad import RowAdagrad

Optimizers = tuple[OptimizerBase, ...]


def build_optimizers(model: Decoder, config: TrainingConfig) -> Optimizers:
    """The optimizers that the configuration asks for.

    `muon` gives Muon for the matrices and AdamW (Loshchilov & Hutter 2019) for the rest; `adamw` gives AdamW for all.
    Tables of n-grams have an optimizer of their own in both cases.
    Weight decay applies to matrices and to the output layer, but not to embeddings (even tied ones), norms and biases.

    >>> from seqgen.models import build_model
    >>> from seqgen.run import open_model
    >>> record = open_model("checkpoints/story").record
    >>> [type(optimizer).__name__ for optimizer in build_optimizers(build_model(record.model), record.training)]
    ['AdamW', 'Muon']
    """
    matrices = model.matrices() if config.optimizer == "muon" else []
    taken_by_muon = {id(matrix.weight) for matrix in matrices}
    embeddings = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
    decayed: list[nn.Parameter] = []
    undecayed: list[nn.Parameter] = []
    for parameter in model.dense_parameters():
        is_matrix = parameter.dim() >= 2 and id(parameter) not in embeddings
        if id(parameter) not in taken_by_muon:
            (decayed if is_matrix else undecayed).append(parameter)
    decays = ((decayed, config.weight_decay), (undecayed, 0.0))
    groups = [ParameterGroup(parameters, config.learning_rate, decay) for parameters, decay in decays if parameters]
    optimizers: list[OptimizerBase] = [AdamW(groups, betas=(config.beta1, config.beta2))]
    if matrices:
        dtype = torch.bfloat16 if config.precision == "bfloat16" else matrices[0].weight.dtype
        decay = config.weight_decay
        muon = Muon(matrices, lr=config.muon_rate, momentum=config.muon_momentum, weight_decay=decay, dtype=dtype)
        optimizers.append(muon)
    if model.ngrams is not None:
        # Not all devices, nor all ways of exchanging gradients between GPUs, know sparse ones.
        model.ngrams.rows.sparse = model.ngrams.rows.weight.device.type == "cpu"
        optimizers.append(RowAdagrad(model.ngrams.tables(), lr=config.ngram_rate))
    return tuple(optimizers)


def set_rates(optimizers: Optimizers, share: float) -> None:
    """Set every learning rate to this share of its peak."""
    for optimizer in optimizers:
        for group in optimizer.groups:
            group.rate = share * group.peak_rate


def read_optimizers(optimizers: Optimizers) -> dict[str, NDArray[Any]]:
    """Copies of everything that the optimizers remember.

    The names are `<optimizer>.<parameter>.<name>`, where optimizers and parameters are numbers.
    """
    return {
        f"{position}.{number}.{name}": value.detach().cpu().numpy().copy()
        for position, optimizer in enumerate(optimizers)
        for number, parameter in enumerate(optimizer.parameters())
        for name, value in optimizer.memory.get(parameter, {}).items()
    }


def load_optimizers(optimizers: Optimizers, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Give optimizers of the same model the memory that `read_optimizers` has copied.

    Raises:
        ValueError: the arrays do not fit the optimizers.
    """
    states: list[dict[int, dict[str, torch.Tensor]]] = [{} for _ in optimizers]
    for key, array in arrays.items():
        position, number, name = key.split(".", 2)
        states[int(position)].setdefault(int(number), {})[name] = torch.from_numpy(array.copy())
    for optimizer, state in zip(optimizers, states, strict=True):
        optimizer.load(state)
