"""How fast text is written, in characters per second.

python benchmarks/sampling.py cells [--seconds 2]           # every cell, beside its matrix multiplications and torch
python benchmarks/sampling.py constraints RUN               # what each option of sampling costs
python benchmarks/sampling.py expert RUN                    # what the n-gram expert costs
python benchmarks/sampling.py long RUN [--length 1000000]   # whether a long text becomes slower or takes more memory
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from memory import usage
from threadpoolctl import threadpool_limits

from seqgen.config import (
    Budget,
    CorpusConfig,
    GruConfig,
    LstmConfig,
    ModelConfig,
    RnnConfig,
    SamplingConfig,
    SamplingRequest,
    TransformerConfig,
)
from seqgen.inference import build_stepper
from seqgen.models import build_model
from seqgen.run import SavedModel, open_model
from seqgen.sampling import TextStream, fit_prompt
from seqgen.training import Session, TrainingRequest

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
_LENGTH = 10_000
"""Characters of the texts that compare options."""
_N_SEEDS = 7
_OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "--temp 0.8 --top-k 20": {"temperature": 0.8, "top_k": 20},
    "--temp 0.8 --top-p 0.9": {"temperature": 0.8, "top_p": 0.9},
    "--repetition-penalty 1.1": {"repetition_penalty": 1.1},
    "--ban the": {"ban": ("the",)},
    "--no-copy 24": {"no_copy": 24},
    "--no-copy 8": {"no_copy": 8},
    "--words known": {"words": ("known",)},
    "--match '([^\\n]{10,60}\\n)*'": {"match": "([^\\n]{10,60}\\n)*"},
}


def rate(work: Callable[[], int], seconds: float) -> float:
    """Characters per second of some work that returns how many characters it wrote. The first run does not count."""
    work()
    started, n_characters = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        n_characters += work()
    return n_characters / (time.perf_counter() - started)


def untrained(folder: str) -> SavedModel:
    """A run with a vocabulary of `_V` tokens. Its weights are replaced later."""
    path, run = Path(folder) / "text.txt", Path(folder) / "run"
    path.write_text("".join(map(chr, range(33, 32 + _V))) * 40)
    corpus = CorpusConfig(paths=(str(path),))
    settings: dict[str, Any] = {"n_layer": 1, "d_model": 8}
    request = TrainingRequest(corpus=corpus, cell="rnn", settings=settings, budget=Budget(steps=1), folder=run)
    for _ in Session.start(request).reports():
        pass
    return open_model(run)


def stream(model: SavedModel, config: SamplingConfig, request: SamplingRequest) -> TextStream:
    """Texts without a prompt."""
    return TextStream(model, fit_prompt("", model.tokenizer), config=config, request=request)


def measure(frame: SavedModel, config: ModelConfig, *, n_streams: int, seconds: float) -> list[float]:
    """Characters per second of four ways to write, each a part of the one before or its rival.

    They are: whole texts, the stepper alone, the matrix multiplications of the stepper alone, and torch's module used
    step by step.
    """
    torch.manual_seed(0)
    model = build_model(config).eval()
    weights = {name: parameter.detach().numpy() for name, parameter in model.named_parameters()}
    saved = dataclasses.replace(frame, weights=weights, record=dataclasses.replace(frame.record, model=config))
    stepper = build_stepper(config, weights, n_streams=n_streams)
    pairs = [
        (np.ones((n_streams, weight.shape[1]), np.float32), np.ascontiguousarray(weight.T))
        for name, weight in weights.items()
        if weight.ndim == 2 and "embedding" not in name and name != "layers.0.cell.weight_ih_l0"
    ]
    multiplications = [(x, weight, np.empty((n_streams, weight.shape[1]), np.float32)) for x, weight in pairs]
    ids = np.arange(n_streams) % _V
    window = torch.from_numpy(ids)[:, None]
    length = max(1000, 10_000 // n_streams)
    state: Any = None

    def write() -> int:
        request = SamplingRequest(length=length, count=n_streams)
        return sum(len(piece.text) for piece in stream(saved, SamplingConfig(), request))

    def step() -> int:
        stepper.step(ids)
        return n_streams

    def multiply() -> int:
        for x, weight, out in multiplications:
            np.matmul(x, weight, out=out)
        return n_streams

    @torch.inference_mode()
    def torch_step() -> int:
        nonlocal state
        _, state = model(window, state)
        return n_streams

    text = rate(write, seconds)
    with threadpool_limits(1, user_api="blas"):
        return [text, *(rate(work, seconds) for work in (step, multiply, torch_step))]


def compare_cells(seconds: float) -> None:
    """Print a table of all cells, writing one text and 64 texts."""
    print("| model | texts | text | stepper | its multiplications | torch | text / multiplications | text / torch |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        frame = untrained(folder)
    for name, n_streams in itertools.product(SHAPES, (1, 64)):
        rates = measure(frame, SHAPES[name], n_streams=n_streams, seconds=seconds)
        text, _, multiplications, module = rates
        columns = " | ".join(f"{rate:,.0f}" for rate in rates)
        print(f"| {name} | {n_streams} | {columns} | {text / multiplications:.0%} | {text / module:.1f} |", flush=True)


def seconds_per_character(model: SavedModel, options: dict[str, Any], seed: int) -> float:
    """Seconds per character of one text, without the time that its constraints take to build."""
    pieces = iter(stream(model, SamplingConfig(seed=seed, **options), SamplingRequest(length=_LENGTH)))
    next(pieces)
    started = time.perf_counter()
    n_characters = sum(len(piece.text) for piece in pieces)
    return (time.perf_counter() - started) / n_characters


def compare_options(model: SavedModel) -> None:
    """Print what each option costs. All options take turns, so that a machine that slows down does so for all."""
    times: dict[str, list[float]] = {name: [] for name in _OPTIONS}
    for seed in range(_N_SEEDS):
        for name, options in _OPTIONS.items():
            times[name].append(seconds_per_character(model, options, seed))
    print("| options | characters/s | time / time without options |\n| --- | ---: | ---: |")
    for name, seconds in times.items():
        ratio = statistics.median(time / plain for time, plain in zip(seconds, times["plain"], strict=True))
        print(f"| `{name}` | {1 / statistics.median(seconds):,.0f} | {ratio:.2f} |")


def compare_expert(model: SavedModel) -> None:
    """Print what the n-gram expert of a model costs. Both ways take turns."""
    network = dataclasses.replace(model, expert=None)
    times = [
        (seconds_per_character(network, {}, seed), seconds_per_character(model, {}, seed)) for seed in range(_N_SEEDS)
    ]
    alone, mixed = (1 / statistics.median(seconds) for seconds in zip(*times, strict=True))
    ratio = statistics.median(mixed / alone for alone, mixed in times)
    print("| characters/s without the expert | with it | time with it / time without |\n| ---: | ---: | ---: |")
    print(f"| {alone:,.0f} | {mixed:,.0f} | {ratio:.2f} |")


def write_long(model: SavedModel, length: int) -> None:
    """Write one long text, and print speed and memory after every tenth of it."""
    n_characters, started = 0, time.perf_counter()
    print("| characters | characters/s since the line before | memory |\n| ---: | ---: | ---: |")
    for piece in stream(model, SamplingConfig(), SamplingRequest(length=length)):
        n_characters += len(piece.text)
        if n_characters % (length // 10) == 0 and piece.text:
            seconds = time.perf_counter() - started
            print(f"| {n_characters:,} | {length / 10 / seconds:,.0f} | {usage(os.getpid())[0]:.0f} MB |", flush=True)
            started = time.perf_counter()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("cells", "constraints", "expert", "long"))
    parser.add_argument("run", nargs="?")
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--length", type=int, default=1_000_000)
    options = parser.parse_args()
    if options.what == "cells":
        compare_cells(options.seconds)
        return
    model = open_model(Path(options.run))
    if options.what == "long":
        write_long(model, options.length)
    else:
        (compare_options if options.what == "constraints" else compare_expert)(model)


if __name__ == "__main__":
    main()
