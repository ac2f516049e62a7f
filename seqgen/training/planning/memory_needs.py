"""How much memory training a configuration needs, from its numbers alone, so that nothing is allocated to find out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from seqgen.config import Cell, EncoderConfig, ModelConfig, RecurrentConfig, TrainingConfig
from seqgen.errors import ConfigError
from seqgen.free_memory import describe_bytes, free_bytes
from seqgen.inference import weight_shapes

_NUMBER = 4
"""Bytes of a float32."""
_COPIES = 3
"""Of each weight: the weight, its gradient and what the optimizer makes of it. The average is another one."""
_OF_ADAM, _OF_MUON = 2, 4
"""Numbers beside each weight: the moments of AdamW; the momentum of Muon, and what it orthogonalises."""
_TABLES = "ngrams.rows."
_NO_MATRICES = ("embedding.", "encoder.embedding.", "head.", _TABLES)
"""How the names of weights begin that Muon does not train."""
_KEPT_PER_UNIT: dict[Cell, tuple[int, int]] = {
    "rnn": (5, 1),
    "lstm": (13, 10),
    "gru": (10, 8),
    "mingru": (7, 5),
    "transformer": (37, 16),
}
"""Numbers for each unit and token, as measured: what every layer keeps, and what the layer at work takes besides."""
_NARROWER = "a smaller width or vocabulary, or fewer layers"
_SHORTER = "fewer streams or a shorter window"
_KEPT_PER_INPUT = 3
_KEPT_PER_LOGIT = 5
"""The same for each number of an embedding, and for each logit."""


@dataclass(frozen=True)
class MemoryNeeds:
    """Bytes that training takes, beside the program itself."""

    weights: int
    """Weights, gradients, average and optimizers."""
    activations: int
    """What a window keeps for its backward pass."""

    @property
    def total(self) -> int:
        """Both together."""
        return self.weights + self.activations


def memory_needs(
    model: ModelConfig, training: TrainingConfig, *, encoder: EncoderConfig | None = None, n_processes: int = 1
) -> MemoryNeeds:
    """An estimate for one of the processes, by a factor of 1.5 at most too large or too small. It is closer for
    large models. Sources do not count.

    >>> from seqgen.run import open_model
    >>> record = open_model("checkpoints/story").record
    >>> memory_needs(record.model, record.training).total < 10_000_000
    True
    """
    n_streams = max(1, training.n_streams // n_processes)
    return MemoryNeeds(_weight_bytes(model, training, encoder), n_streams * _stream_bytes(model, training.window))


def require_memory(
    model: ModelConfig,
    training: TrainingConfig,
    *,
    encoder: EncoderConfig | None = None,
    device: torch.device,
    n_processes: int = 1,
) -> None:
    """Refuse a configuration that needs more memory than there is, before any of it is allocated.

    Raises:
        ConfigError: naming what it needs, what is free, and what to change.

    >>> from dataclasses import replace
    >>> from seqgen.run import open_model
    >>> record = open_model("checkpoints/story").record
    >>> wide = replace(record.model, d_model=10**7, d_embedding=64)
    >>> require_memory(wide, record.training, device=torch.device("cpu"))
    Traceback (most recent call last):
    seqgen.errors.ConfigError: this model needs about ... TB of memory in training, and ... free: ...
    """
    needs = memory_needs(model, training, encoder=encoder, n_processes=n_processes)
    n_bytes = needs.total if device.type == "cpu" else needs.weights  # other devices keep less of a window
    is_wide = needs.weights > needs.activations or device.type != "cpu"
    _require(n_bytes, _free_bytes(device), " in training", remedy=_NARROWER if is_wide else _SHORTER)


def require_memory_for_weights(model: ModelConfig) -> None:
    """The same for a model that is built and not trained.

    Raises:
        ConfigError: as `require_memory`.

    >>> from seqgen.run import open_model
    >>> require_memory_for_weights(open_model("checkpoints/story").record.model)
    """
    n_numbers = sum(map(math.prod, weight_shapes(model).values()))
    _require(n_numbers * _NUMBER, free_bytes(), "", remedy=_NARROWER)


def _require(n_bytes: int, free: int | None, when: str, *, remedy: str) -> None:
    if free is not None and n_bytes > free:
        needed = f"this model needs about {describe_bytes(n_bytes)} of memory{when}"
        raise ConfigError(f"{needed}, and {describe_bytes(free)} are free: give {remedy}")


def _free_bytes(device: torch.device) -> int | None:
    return torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else free_bytes()


def _weight_bytes(model: ModelConfig, training: TrainingConfig, encoder: EncoderConfig | None) -> int:
    """Of everything that is as large as the weights."""
    sizes = {name: (math.prod(shape), len(shape)) for name, shape in weight_shapes(model, encoder).items()}
    n_tables = sum(size for name, (size, _) in sizes.items() if name.startswith(_TABLES))
    n_dense = sum(size for size, _ in sizes.values()) - n_tables
    matrices = [size for name, (size, n_dims) in sizes.items() if n_dims == 2 and not name.startswith(_NO_MATRICES)]
    n_muon = sum(matrices) if training.optimizer == "muon" else 0
    n_copies = _COPIES + (training.average is not None)
    n_numbers = n_copies * n_dense + _OF_MUON * n_muon + _OF_ADAM * (n_dense - n_muon) + n_tables
    return n_numbers * _NUMBER


def _stream_bytes(model: ModelConfig, window: int) -> int:
    """Of what one stream keeps of a window."""
    d_input = model.d_model
    if isinstance(model, RecurrentConfig):
        d_input = model.d_embedding or model.vocab_size + model.source_vocab_size
    of_layer, at_work = _KEPT_PER_UNIT[model.cell]
    n_kept = (of_layer * model.n_layer + at_work) * model.d_model
    n_kept += _KEPT_PER_INPUT * d_input + _KEPT_PER_LOGIT * model.vocab_size
    return window * n_kept * _NUMBER
