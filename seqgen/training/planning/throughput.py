"""How fast a configuration trains on this machine and how much memory it needs, measured over a few steps."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from seqgen.config import ModelConfig, TrainingConfig
from seqgen.models import build_model, count_parameters
from seqgen.training.objective import Objective
from seqgen.training.optimizers import build_optimizers
from seqgen.training.planning.timing import times_of

_MAX_TIMED_WINDOW = 32
"""Only this many time steps are timed. The time and memory of a longer window are in proportion."""
_BYTES_PER_WEIGHT = 20
"""In float32: the weight, its gradient, its average, and the two moments of AdamW. Muon needs one number less."""
_BYTES_PER_TABLE_WEIGHT = 4
"""Tables of n-grams have neither an average nor moments, and their gradient is sparse."""


@dataclass(frozen=True, kw_only=True)
class Throughput:
    """What a training step costs."""

    step_s: float
    tokens_per_s: float
    memory_bytes: int
    """For weights, optimizers and the activations of one window. The program itself needs more."""
    n_parameters: int
    n_weights: int
    """Parameters without embedding, output layer, norms and biases: what `recipes.expected_ratio` counts."""
    spread: float
    """Time of the slowest window that was timed, divided by that of the fastest."""


def measure_throughput(model_config: ModelConfig, config: TrainingConfig, *, device: torch.device) -> Throughput:
    """Time a few short windows and a step of the optimizers. torch's random state stays as it is.

    Averaging the weights and clipping are not included; together they take about a hundredth of a step.

    >>> from seqgen.run import open_model
    >>> record = open_model("checkpoints/story").record
    >>> throughput = measure_throughput(record.model, record.training, device=torch.device("cpu"))
    >>> throughput.n_parameters, throughput.tokens_per_s > 0
    (..., True)
    """
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        model = build_model(model_config).to(device)
        objective = Objective(model, config)
        optimizers = build_optimizers(model, config)
        window = min(config.window, _MAX_TIMED_WINDOW)
        ids = torch.randint(0, model.vocab_size, (config.n_streams, window), device=device)

        whole = torch.randint(0, model.vocab_size, (config.n_streams, config.window), device=device)
        with torch.no_grad():
            state = objective(whole, whole, state=None)[2]  # the state that a whole window leaves, a Transformer's too

        def learn() -> None:
            objective(ids, ids, state=state)[0].backward()

        def step() -> None:
            for optimizer in optimizers:
                optimizer.step()

        saved_bytes = _saved_bytes(lambda: objective(ids, ids, state=state)[0])
        times = times_of(learn, device)
        learn_s, update_s = statistics.median(times), statistics.median(times_of(step, device))
    n_windows = config.window / window
    step_s = learn_s * n_windows + update_s
    n_parameters, n_weights = count_parameters(model), sum(matrix.weight.numel() for matrix in model.matrices())
    n_dense = sum(parameter.numel() for parameter in model.dense_parameters())
    weight_bytes = n_dense * _BYTES_PER_WEIGHT + (n_parameters - n_dense) * _BYTES_PER_TABLE_WEIGHT
    memory_bytes = round(weight_bytes + saved_bytes * n_windows)
    return Throughput(
        step_s=step_s,
        tokens_per_s=config.n_streams * config.window / step_s,
        memory_bytes=memory_bytes,
        n_parameters=n_parameters,
        n_weights=n_weights,
        spread=max(times) / min(times),
    )


def _saved_bytes(forward: Callable[[], Tensor]) -> int:
    """Bytes that a forward pass keeps for the backward pass, without the weights."""
    sizes: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        if isinstance(tensor, torch.nn.Parameter):
            return tensor
        storage = tensor.untyped_storage()
        sizes[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        kept = forward()
    del kept
    return sum(sizes.values())
