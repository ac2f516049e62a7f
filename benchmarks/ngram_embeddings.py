"""What hashed n-gram embeddings bring: one cell on one text, once for each list of settings.

    python benchmarks/ngram_embeddings.py TEXT [CELL...] [--steps N]... [--tokenizer NAME] [--row "FIELD=VALUE ..."]...
    python benchmarks/ngram_embeddings.py speed [CELL...] [--row "FIELD=VALUE ..."]...

Every row is one training run of the same steps and the same seed. It is scored on the validation part, with the better
of the weights and their average, as `seqgen train` does. The first row of a table is the model without n-grams.
`speed` times training and sampling of untrained models of the default size instead.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from seqgen.config import (
    MODEL_CONFIGS,
    Budget,
    Cell,
    CorpusConfig,
    TokenizerName,
    TrainingConfig,
    parse_settings,
    tokenizer_config,
)
from seqgen.inference import build_stepper, one_thread
from seqgen.models import build_model, read_weights
from seqgen.run import StepReport, ValidationReport
from seqgen.training import Session, TrainingRequest
from seqgen.training.planning.problem import CorpusFacts, Problem
from seqgen.training.planning.resolve import resolve
from seqgen.training.planning.throughput import measure_throughput

_N_STEPS = 20_000
"""Steps of sampling that are timed."""
_ALWAYS = ["precision=bfloat16", "patience=none"]


def train(text: str, cell: Cell, settings: Sequence[str], *, steps: int, tokenizer: TokenizerName) -> str:
    """Train once; returns a row of the table."""
    with tempfile.TemporaryDirectory() as folder:
        request = TrainingRequest(
            corpus=CorpusConfig(paths=(text,)),
            cell=cell,
            tokenizer=tokenizer_config(tokenizer, {}),
            settings=parse_settings([*_ALWAYS, *settings], [MODEL_CONFIGS[cell], TrainingConfig]),
            budget=Budget(steps=steps),
            device="cpu",
            folder=Path(folder) / "run",
        )
        session = Session.start(request)
        learned, validated = [], []
        for report in session.reports():
            if isinstance(report, StepReport):
                learned.append(report.loss_nats)
            elif isinstance(report, ValidationReport):
                validated.append(report.nats_per_token)
    tail = learned[-max(1, steps // 20) :]
    shape = f"{cell} {session.record.model.n_layer}x{session.record.model.d_model}"
    cells = [
        shape,
        f"{steps:,}",
        f"{session.epoch:.1f}",
        " ".join(settings) or "none",
        f"{sum(tail) / len(tail):.4f}",
        f"{validated[-1]:.4f}",
        f"{min(validated):.4f}",
        f"{session.n_parameters / 1e6:.2f}M",
        f"{session.tokens_per_s:,.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def speed(cell: Cell, settings: Sequence[str]) -> str:
    """Time a training step and a step of sampling; returns a row of the table."""
    problem = Problem(
        settings=parse_settings(["precision=bfloat16", *settings], [MODEL_CONFIGS[cell], TrainingConfig]),
        corpus=CorpusFacts(vocab_size=66, n_train=1_000_000, n_valid=100_000),
        budget=Budget(epochs=3),
    )
    resolved = resolve(cell, problem)
    trained = measure_throughput(resolved.model, resolved.training, device=torch.device("cpu"))
    ids = np.random.default_rng(0).integers(1, 66, (_N_STEPS, 1))
    with one_thread():
        stepper = build_stepper(resolved.model, read_weights(build_model(resolved.model)), n_streams=1)
        started = time.perf_counter()
        for column in ids:
            stepper.step(column)
        seconds = time.perf_counter() - started
    cells = [
        f"{cell} {resolved.model.n_layer}x{resolved.model.d_model}",
        " ".join(settings) or "none",
        f"{trained.step_s * 1000:.0f} ms",
        f"{trained.tokens_per_s:,.0f}",
        f"{_N_STEPS / seconds:,.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def print_speeds(cells: Sequence[Cell], rows: Sequence[str]) -> None:
    print("| model | settings | training step | tokens/s | characters/s |")
    print("| --- | --- | ---: | ---: | ---: |", flush=True)
    for cell in cells:
        for row in rows:
            print(speed(cell, row.split()), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text")
    parser.add_argument("cells", nargs="*", default=["lstm"], metavar="CELL")
    parser.add_argument("--steps", type=int, action="append", metavar="N")
    parser.add_argument("--tokenizer", default="char")
    parser.add_argument("--row", action="append", default=[], metavar="SETTINGS")
    parser.add_argument("--without-none", action="store_true", help="leave out the first row")
    options = parser.parse_args()
    rows = ([] if options.without_none else ["ngram_order=none"]) + options.row
    if options.text == "speed":
        print_speeds(options.cells, rows)
        return
    print("| model | steps | epochs | settings | training | at the end | best | parameters | tokens/s |")
    print("| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |", flush=True)
    for cell in options.cells:
        for steps in options.steps or [300]:
            for row in rows:
                print(train(options.text, cell, row.split(), steps=steps, tokenizer=options.tokenizer), flush=True)


if __name__ == "__main__":
    main()
