"""Characters per second of every cell: the stepper alone, with drawing, beside torch, and beside its own products.

python benchmarks/sampling.py [--seconds 2]
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from seqgen.config import GruConfig, LstmConfig, ModelConfig, RnnConfig, SamplingConfig, TransformerConfig
from seqgen.inference import build_stepper
from seqgen.models import build_model
from seqgen.sampling import generate

_V = 65
_SHARED: dict[str, Any] = {"vocab_size": _V, "dropout": 0.0}
_RECURRENT: dict[str, Any] = {**_SHARED, "input_dropout": 0.0, "d_embedding": 64}
SHAPES: dict[str, ModelConfig] = {
    "lstm 2x256": LstmConfig(n_layer=2, d_model=256, **_RECURRENT),
    "lstm 1x512": LstmConfig(n_layer=1, d_model=512, **_RECURRENT),
    "gru 1x512": GruConfig(n_layer=1, d_model=512, **_RECURRENT),
    "rnn 2x512": RnnConfig(n_layer=2, d_model=512, **_RECURRENT),
    "transformer 4x128": TransformerConfig(
        n_layer=4, d_model=128, n_head=2, d_head=64, d_feedforward=352, memory=128, **_SHARED
    ),
}


def rate(work: Callable[[], None], seconds: float, n_each: int) -> float:
    """Characters per second of some work that makes `n_each`, after a first go."""
    work()
    started, n_done = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        work()
        n_done += n_each
    return n_done / (time.perf_counter() - started)


def measure(config: ModelConfig, n_streams: int, seconds: float) -> list[float]:
    """Whole sampling, the stepper alone, its matrix products alone, torch's module step by step."""
    torch.manual_seed(0)
    model = build_model(config).eval()
    weights = {name: parameter.detach().numpy() for name, parameter in model.named_parameters()}
    ids = np.arange(n_streams) % _V
    tokens = generate(
        build_stepper(config, weights, n_streams=n_streams), [], SamplingConfig(), rules=[[] for _ in range(n_streams)]
    )

    def sample() -> None:
        for _ in itertools.islice(tokens, 20):
            pass

    stepper = build_stepper(config, weights, n_streams=n_streams)
    products = [
        (np.ones((n_streams, weight.shape[1]), np.float32), weight.T)
        for name, weight in weights.items()
        if weight.ndim == 2 and "embedding" not in name and name != "layers.0.cell.weight_ih_l0"
    ]
    outs = [np.empty((n_streams, weight.shape[1]), np.float32) for _, weight in products]

    def multiply() -> None:
        for (x, weight), out in zip(products, outs, strict=True):
            np.matmul(x, weight, out=out)

    state: Any = None
    window = torch.from_numpy(ids)[:, None]

    @torch.inference_mode()
    def torch_step() -> None:
        nonlocal state
        _, state = model(window, state)

    def step() -> None:
        stepper.step(ids)

    with threadpool_limits(1, user_api="blas"):
        numpy_rates = [
            rate(sample, seconds, 20 * n_streams),
            rate(step, seconds, n_streams),
            rate(multiply, seconds, n_streams),
        ]
    return [*numpy_rates, rate(torch_step, seconds, n_streams)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.0)
    seconds = parser.parse_args().seconds
    print("| model | streams | sampling | stepper | its products | torch | sampling / products | sampling / torch |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, n_streams in itertools.product(SHAPES, (1, 64)):
        whole, stepper, products, module = measure(SHAPES[name], n_streams, seconds)
        rates = [f"{value:,.0f}" for value in (whole, stepper, products, module)]
        print(
            f"| {name} | {n_streams} | {' | '.join(rates)} | {whole / products:.0%} | {whole / module:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
