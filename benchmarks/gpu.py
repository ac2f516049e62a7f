"""Everything that runs on a GPU, tried once for every cell and timed, beside the CPU of the same machine.

    python benchmarks/gpu.py TEXT [--seconds 20]

Training of each cell with its default shape for some seconds; whether a run that was stopped and resumed there has the
weights of one that was not; how far the scores of the two devices differ; and characters per second of one text and of
256 texts together.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from seqgen import load
from seqgen.config import Budget, Cell, CorpusConfig, Device
from seqgen.run import open_model
from seqgen.training import Session, StepReport, TrainingRequest
from seqgen.training.planning.recipes import RECIPES

_STEPS = 30
_STOP_AFTER = 13
_N_TEXTS = 256
_MOST_SCORED = 20_000


def session(text: Path, cell: Cell, *, budget: Budget, folder: Path) -> Session:
    """A new run on the GPU."""
    corpus = CorpusConfig(paths=(str(text),))
    return Session.start(
        TrainingRequest(corpus=corpus, cell=cell, settings={}, budget=budget, folder=folder, device="cuda")
    )


def train(text: Path, cell: Cell, *, seconds: float, folder: Path) -> float:
    """Train for some seconds; returns tokens per second."""
    run = session(text, cell, budget=Budget(minutes=seconds / 60), folder=folder)
    n_tokens = sum(report.n_tokens for report in run.reports() if isinstance(report, StepReport))
    run.close()
    return n_tokens / seconds


def resumes(text: Path, cell: Cell, folder: Path) -> bool:
    """Whether a run that is stopped and resumed has the same weights as one that is not."""
    for _ in session(text, cell, budget=Budget(steps=_STEPS), folder=folder / "whole").reports():
        pass
    stopped = session(text, cell, budget=Budget(steps=_STEPS), folder=folder / "stopped")
    for report in stopped.reports():
        if isinstance(report, StepReport) and report.step == _STOP_AFTER:
            break
    stopped.save()
    stopped.close()
    for _ in Session.resume(folder / "stopped").reports():
        pass
    whole, resumed = (open_model(folder / name).weights for name in ("whole", "stopped"))
    return all(np.array_equal(whole[name], resumed[name]) for name in whole)


def score(folder: Path, device: Device, text: str) -> float:
    """Nats per token."""
    return load(folder, device=device).score(text).nats_per_token


def characters_per_s(folder: Path, device: Device, *, n_texts: int, length: int) -> float:
    """Speed of sampling `n_texts` texts together. The first texts do not count."""
    model = load(folder, device=device)
    model.write_many(count=n_texts, length=20)
    started = time.perf_counter()
    texts = model.write_many(count=n_texts, length=length)
    return sum(map(len, texts)) / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", type=Path)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}, {options.seconds:g} s of training each\n")
    print("| cell | model | tokens/s | bits/token | resumed | nats, GPU - CPU", end=" ")
    print("| one text, GPU | CPU | 256 texts, GPU | CPU |")
    print("| --- | --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    for cell in RECIPES:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            tokens_per_s = train(options.text, cell, seconds=options.seconds, folder=folder / "run")
            same = resumes(options.text, cell, folder)
            saved = open_model(folder / "run")
            scored = options.text.read_text(encoding="utf-8")[-_MOST_SCORED:]
            nats = score(folder / "run", "cuda", scored), score(folder / "run", "cpu", scored)
            speeds = [
                characters_per_s(folder / "run", device, n_texts=n_texts, length=length)
                for n_texts, length in ((1, 1000), (_N_TEXTS, 200))
                for device in ("cuda", "cpu")
            ]
        shape = f"{saved.record.model.n_layer}x{saved.record.model.d_model}, {saved.n_parameters / 1e6:.2f}M"
        bits = (saved.record.progress.valid_nats_per_token or 0.0) / np.log(2)
        row = [cell, shape, f"{tokens_per_s:,.0f}", f"{bits:.4f}", "same bytes" if same else "differs"]
        row += [f"{nats[0] - nats[1]:+.1e}", *(f"{speed:,.0f}" for speed in speeds)]
        print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
