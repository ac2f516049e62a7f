"""Plants numbers that go wrong in training runs, and counts what is lost of them.

    python benchmarks/wrong_numbers.py --rounds 10

Each run is a real `seqgen train` of a small model, in a process of its own, which saves after every step. At a random
step of it a number goes wrong. Afterwards every number in every saved file must be finite, the best model must be the
one with the lowest validation, and the run must have gone on to its end or ended with a line that names what to try.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import partial
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch
from accidents import log_of, train_here

from seqgen.config import Cell
from seqgen.container import read_container
from seqgen.run import MODEL_FILE, open_model, read_history
from seqgen.training import trainer
from seqgen.training.state import TrainingState

ROOT = Path(__file__).resolve().parent.parent
SHAPE = (
    "--width 16 --streams 4 --window 16 --device cpu --precision float32 --set evaluate_every=10 "
    "--set valid_tokens=2000 --set ngram_order=none --set ngram_expert=false"
)
TRY = ("Try a lower --lr", "continue from the save before with seqgen train --resume")
EVERY_STEP = "0.000001s"
WRONG = ("not finite in a file", "best from a bad step", "neither went on nor said what to try")
"""What must not happen."""

Plant = Callable[[TrainingState, int, int], None]
"""Lets a number go wrong, given the state, the number of the step and the step at which it shall happen."""


def infinite_loss(state: TrainingState, step: int, at: int, *, n_steps: int = 1, factor: float = math.inf) -> None:
    """Multiply the losses of some steps."""
    if step == at:
        objective, n_left = state.objective, [n_steps]

        def wrong(*arguments: Any, **options: Any) -> Any:
            loss, nats, carried = objective(*arguments, **options)
            n_left[0] -= 1
            if not n_left[0]:
                state.objective = objective
            return loss * factor, nats * factor, carried

        state.objective = wrong  # type: ignore[assignment]


def infinite_gradient(state: TrainingState, step: int, at: int) -> None:
    """Let one number of a gradient be infinite."""
    if step == at:
        weight: Any = next(state.model.parameters())
        handle: Any = weight.register_hook(lambda gradient: _spoilt(gradient, handle))


def _spoilt(gradient: torch.Tensor, handle: Any) -> torch.Tensor:
    handle.remove()
    gradient = gradient.clone()
    gradient.view(-1)[0] = math.inf
    return gradient


def broken_weight(state: TrainingState, step: int, at: int) -> None:
    """Set one weight to NaN, any of them."""
    if step == at:
        weights = list(state.model.parameters())
        with torch.no_grad():
            flat = weights[at % len(weights)].view(-1)
            flat[at * 7919 % len(flat)] = math.nan


def lasting_spike(state: TrainingState, step: int, at: int) -> None:
    """Make all weights so large that the loss does not come down by itself."""
    if step == at:
        with torch.no_grad():
            for weight in state.model.parameters():
                weight.mul_(30)


def nothing(state: TrainingState, step: int, at: int) -> None:
    """Let the options alone do it."""


LONG = "--steps 260"
FAULTS: dict[str, tuple[Plant, str, range]] = {
    "infinite loss, once": (infinite_loss, "--steps 60", range(50)),
    "infinite gradient, once": (infinite_gradient, "--steps 60", range(50)),
    "NaN in three steps in a row": (partial(infinite_loss, n_steps=3, factor=math.nan), "--steps 60", range(50)),
    "a weight is NaN": (broken_weight, "--steps 60", range(60)),
    "an absurd learning rate": (nothing, "--steps 60 --set warmup_steps=0 --set learning_rate=RATE", range(1)),
    "all weights 30 times as large": (lasting_spike, LONG, range(150, 200)),
}
"""What is planted, the options of the run, and the steps at which it may happen."""
RATES = ("1e3", "1e6")


def try_fault(fault: str, cell: Cell, folder: Path, *, draw: random.Random) -> Counter[str]:
    """Train a run with a fault, and count what became of it."""
    plant, options, steps = FAULTS[fault]
    at, rate = draw.choice(steps), draw.choice(RATES)
    words = [str(ROOT / "corpora" / "stories.txt"), *SHAPE.split(), "--cell", cell, "--out", "run"]
    words += options.replace("RATE", f"{rate} --set muon_rate={rate}").split()
    folder.mkdir(parents=True)
    kwargs = {"every": EVERY_STEP, "plant": partial(_plant, plant, at)}
    process = ForkProcess(target=train_here, args=(words, folder), kwargs=kwargs)
    process.start()
    process.join()
    log = log_of(folder).read_text(encoding="utf-8")
    status, has_advice = process.exitcode, any(words in log for words in TRY)
    counts = Counter(
        {
            "tried": 1,
            "went on": status == 0,
            "ended with advice": status == 1 and has_advice,
            WRONG[0]: not all(map(_is_finite, folder.glob("run/*.safetensors"))),
            WRONG[1]: not _is_best(folder / "run"),
            WRONG[2]: not (status == 0 or (status == 1 and has_advice)),
        }
    )
    if any(counts[name] for name in WRONG):
        print(f"{cell}, {fault} at step {at}, rate {rate}: {+counts}\n{log}", file=sys.stderr)
    return counts


def _plant(plant: Plant, at: int) -> None:
    take_step, n_calls = trainer.take_step, [0]

    def planted(state: TrainingState, *arguments: Any, **options: Any) -> Any:
        plant(state, n_calls[0], at)
        n_calls[0] += 1
        return take_step(state, *arguments, **options)

    trainer.take_step = planted


def _is_finite(path: Path) -> bool:
    tensors = read_container(path, "model" if path.name == MODEL_FILE else "checkpoint").tensors
    tensors.pop("clock.best_nats", None)  # infinite until a model is validated
    return all(np.isfinite(array).all() for array in tensors.values() if array.dtype.kind == "f")


def _is_best(run: Path) -> bool:
    """Whether the saved model has the lowest of all validations."""
    scores = [report.nats_per_token for report in read_history(run).validations]
    finite = [score for score in scores if math.isfinite(score)]
    return open_model(run).record.progress.valid_nats_per_token == min(finite, default=None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--cells", nargs="*", default=get_args(Cell), choices=get_args(Cell))
    parser.add_argument("--faults", nargs="*", default=FAULTS, choices=FAULTS)
    options = parser.parse_args()
    columns = ("tried", "went on", "ended with advice", *WRONG)
    print("| fault |", " | ".join(columns), "|", flush=True)
    with tempfile.TemporaryDirectory() as name:
        for fault in options.faults:
            counts = Counter[str]()
            for cell in options.cells:
                for number in range(options.rounds):
                    folder = Path(name) / f"{fault} {cell}" / str(number)
                    counts += try_fault(fault, cell, folder, draw=random.Random(f"{fault} {cell} {number}"))
            print(f"| {fault} |", " | ".join(str(counts[column]) for column in columns), "|", flush=True)


if __name__ == "__main__":
    main()
