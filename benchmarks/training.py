"""Training speed of every cell beside plain PyTorch loops and GPT-2, as ratios in one run.

python benchmarks/training.py [--rounds 3] [--gpt2]
The plain loop is what one writes first: nn.LSTM, nn.GRU or nn.RNN, float32, AdamW, gradients clipped, state carried.
Both sides read windows of the same shape, each in a process of its own, and take turns. --gpt2 needs transformers.
"""

from __future__ import annotations

import argparse
import importlib
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqgen.config import Budget, Cell
from seqgen.corpus import Streams
from seqgen.models import build_model, count_parameters
from seqgen.training.memory import keep_freed_memory
from seqgen.training.planning.precision import choose_precision
from seqgen.training.planning.problem import CorpusFacts, Problem
from seqgen.training.planning.resolve import resolve
from seqgen.training.schedule import Clock
from seqgen.training.state import TrainingState
from seqgen.training.trainer import take_step

_V = 66
_CORPUS = CorpusFacts(vocab_size=_V, n_train=1_000_000, n_valid=100_000)
_SECONDS = 3.0
_FLOPS_PER_WEIGHT = 6  # and token: a product and a sum, forward and twice backward

Step = Callable[[], None]


class PlainModel(nn.Module):
    """An embedding, torch's own recurrent module, and an output layer."""

    def __init__(self, cell: Cell, *, d_embedding: int, d_model: int, n_layer: int) -> None:
        super().__init__()
        modules: dict[Cell, Callable[..., nn.Module]] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
        self.embedding = nn.Embedding(_V, d_embedding)
        self.recurrent = modules[cell](d_embedding, d_model, n_layer, batch_first=True)
        self.head = nn.Linear(d_model, _V)

    def forward(self, ids: Tensor, state: Any) -> tuple[Tensor, Any]:
        x, state = self.recurrent(self.embedding(ids), state)
        return self.head(x), state


def plain_step(model: nn.Module, shape: tuple[int, int]) -> Step:
    """The training step that a tutorial has, state carried."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    ids = torch.randint(0, _V, shape)
    state: Any = None

    def step() -> None:
        nonlocal state
        logits, state = model(ids, state)
        state = tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()
        optimizer.zero_grad()
        torch.autograd.backward(F.cross_entropy(logits.flatten(0, 1), ids.flatten()))
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    return step


def own_step(cell: Cell) -> tuple[Step, Step, tuple[int, int], int, Any]:
    """seqgen's own step at its own recipe, the optimizers' part of it alone, and what a row says of the model."""
    resolved = resolve(cell, Problem(settings={"dropout": 0.0}, corpus=_CORPUS, budget=Budget(epochs=3)))
    precision, _ = choose_precision(torch.device("cpu"), resolved.model.d_model)
    config = replace(resolved.training, precision=precision)
    model = build_model(resolved.model)
    state = TrainingState.fresh(model, config)
    ids = np.random.default_rng(0).integers(0, _V, _CORPUS.n_train)
    windows = Streams(ids, n_streams=config.n_streams, window=config.window)
    clock = Clock(Budget(steps=10**6), tokens_per_epoch=len(ids))

    def step() -> None:
        state.window %= len(windows) - 1
        take_step(state, windows[state.window], config=config, clock=clock, fraction=0.5)

    def update() -> None:
        for optimizer in state.optimizers:
            optimizer.step()

    return step, update, (config.n_streams, config.window), count_parameters(model), resolved.model


def gpt2_step(config: Any, shape: tuple[int, int]) -> Step:
    """transformers' GPT-2 of the shape of a Transformer of seqgen's, float32, AdamW."""
    transformers = importlib.import_module("transformers")
    own = transformers.GPT2Config(
        vocab_size=_V,
        n_positions=shape[1],
        n_embd=config.d_model,
        n_layer=config.n_layer,
        n_head=config.n_head,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
    )
    model = transformers.GPT2LMHeadModel(own)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    ids = torch.randint(0, _V, shape)

    def step() -> None:
        optimizer.zero_grad()
        model(input_ids=ids, labels=ids, use_cache=False).loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    return step


def tokens_per_s(step: Step, n_tokens: int) -> float:
    """Speed over a few seconds, after a first step."""
    step()
    started, n_steps = time.perf_counter(), 0
    while time.perf_counter() - started < _SECONDS:
        step()
        n_steps += 1
    return n_steps * n_tokens / (time.perf_counter() - started)


def measure_side(side: str, cell: Cell) -> dict[str, Any]:
    """What one process finds out: `seqgen`, `plain` or `gpt2`, in the shapes of seqgen's recipe."""
    if side == "seqgen":
        keep_freed_memory()
    step, update, shape, n_parameters, config = own_step(cell)
    if side == "plain":
        sizes = {"d_embedding": config.d_embedding, "d_model": config.d_model, "n_layer": config.n_layer}
        step = plain_step(PlainModel(cell, **sizes), shape)
    elif side == "gpt2":
        step = gpt2_step(config, shape)
    speed = tokens_per_s(step, shape[0] * shape[1])
    update_share = speed / tokens_per_s(update, shape[0] * shape[1]) if side == "seqgen" else 0.0
    form, windows = f"{config.n_layer}x{config.d_model}", f"{shape[0]}x{shape[1]}"
    return {"speed": speed, "form": form, "windows": windows, "n_parameters": n_parameters, "update": update_share}


def in_own_process(side: str, cell: Cell) -> dict[str, Any]:
    command = [sys.executable, __file__, "--side", side, "--cell", cell]
    result: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return result


def peak_gflops(dtype: torch.dtype, size: int = 1024) -> float:
    """Speed of a square product."""
    x = torch.randn(size, size).to(dtype)

    def product() -> None:
        torch.mm(x, x)

    return tokens_per_s(product, 2 * size**3) / 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--gpt2", action="store_true")
    parser.add_argument("--side", choices=["seqgen", "plain", "gpt2"], help=argparse.SUPPRESS)
    parser.add_argument("--cell", default="lstm", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        print(json.dumps(measure_side(options.side, options.cell)))
        return
    peak = peak_gflops(torch.bfloat16)
    print(f"product of 1024 x 1024: float32 {peak_gflops(torch.float32):.0f}, bfloat16 {peak:.0f} GFLOP/s\n")
    print(
        "| cell | shape | streams x window | seqgen tokens/s | other | other tokens/s | ratio | of peak | optimizers |"
    )
    print("| --- | --- | --- | ---: | --- | ---: | ---: | ---: | ---: |")
    pairs: list[tuple[Cell, str]] = [("lstm", "plain"), ("gru", "plain"), ("rnn", "plain")]
    for cell, other in pairs + ([("transformer", "gpt2")] if options.gpt2 else []):
        rounds = [(in_own_process("seqgen", cell), in_own_process(other, cell)) for _ in range(options.rounds)]
        own, its = (statistics.median(pair[side]["speed"] for pair in rounds) for side in (0, 1))
        facts = rounds[0][0]
        share = _FLOPS_PER_WEIGHT * facts["n_parameters"] * own / 1e9 / peak
        row = [
            cell,
            facts["form"],
            facts["windows"],
            f"{own:,.0f}",
            other,
            f"{its:,.0f}",
            f"{own / its:.2f}",
            f"{share:.0%}",
            f"{facts['update']:.0%}",
        ]
        print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
