"""Fits the numbers with which planning predicts a score, from runs that were trained.

    python benchmarks/fit_recipes.py checkpoints/RUN [checkpoints/RUN ...]

Planning expects of a model (`seqgen.training.planning.recipes.expected_ratio`) that

    nats / 7-gram nats = at_best + (A / weights)^1.3 + (B / trained tokens)^0.7 + C * weights / training tokens

where nats are per validation token and `at_best` depends on the cell. With the exponents fixed, this is linear in
`at_best`, A^1.3, B^0.7 and C, so least squares find them. The script prints the `at_best` and the `tokens_per_s` of
each cell, for its recipe, and the residual of each run. `at_best` is fitted with A, B and C as they are now, so three
runs of a new cell will do. Let them train on a million tokens or more: runs of a quarter of that missed the formula by
up to 0.13. If the runs determine A, B and C as well, a last line says what these would be.

The text of every run must still be in the cache or where it was.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqgen.evaluation.ngram import NgramModel
from seqgen.models import build_model
from seqgen.run import load_checkpoint, open_model
from seqgen.training.data import reopen_corpus
from seqgen.training.planning.recipes import LENGTH_EXPONENT, RECIPES, SIZE_EXPONENT, expected_ratio

_NGRAM_ORDER = 7
_MAX_TRAIN_IDS = 2_000_000
_MAX_VALID_IDS = 200_000
_EXPONENTS = np.array([SIZE_EXPONENT, LENGTH_EXPONENT, 1.0])
"""Of A, B and C in the formula."""
_MAX_CONDITION = 100.0
"""Runs determine A, B and C only if the columns of the problem, scaled to length 1, have a lower condition number."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """What the fit uses of one run."""

    name: str
    cell: str
    n_weights: int
    n_trained: int
    n_train: int
    ratio: float
    """Nats of the best validation, divided by those of the 7-gram model."""
    tokens_per_s: float

    @property
    def terms(self) -> NDArray[np.float64]:
        """What A^1.3, B^0.7 and C are multiplied by."""
        return np.array(
            [self.n_weights**-SIZE_EXPONENT, self.n_trained**-LENGTH_EXPONENT, self.n_weights / self.n_train]
        )

    @property
    def shortfall(self) -> float:
        """How far the formula, with its present A, B and C, expects this run to stay above `at_best`."""
        cell = next(iter(RECIPES))
        return (
            expected_ratio(cell, self.n_weights, n_trained=self.n_trained, n_train=self.n_train) - RECIPES[cell].at_best
        )


def read_run(folder: Path) -> Run:
    """Read a run and score its text with the 7-gram model."""
    saved, progress = open_model(folder), load_checkpoint(folder).record.progress
    nats = saved.record.progress.valid_nats_per_token
    if nats is None:
        raise SystemExit(f"{folder} was not validated")
    parts = reopen_corpus(saved.record.corpus, saved.tokenizer).parts
    train = parts["train"].ids
    ngram = NgramModel(train[:_MAX_TRAIN_IDS], order=_NGRAM_ORDER, vocab_size=saved.tokenizer.vocab_size)
    return Run(
        name=saved.name,
        cell=saved.record.model.cell,
        n_weights=sum(matrix.weight.numel() for matrix in build_model(saved.record.model).matrices()),
        n_trained=progress.n_tokens,
        n_train=len(train),
        ratio=nats / float(ngram.nats(parts["valid"].ids[:_MAX_VALID_IDS]).mean()),
        tokens_per_s=progress.n_tokens / max(progress.elapsed_s, 1e-9),
    )


def fit_at_best(runs: Sequence[Run]) -> dict[str, float]:
    """The `at_best` of each cell that fits its runs best, with A, B and C as they are.

    >>> runs = [
    ...     Run(name="", cell="gru", n_weights=n, n_trained=10**7, n_train=10**6, tokens_per_s=1.0,
    ...         ratio=expected_ratio("gru", n, n_trained=10**7, n_train=10**6) + 0.01)
    ...     for n in (10**5, 10**6)
    ... ]
    >>> round(fit_at_best(runs)["gru"] - RECIPES["gru"].at_best, 6)
    0.01
    """
    cells = {run.cell for run in runs}
    return {cell: statistics.mean(run.ratio - run.shortfall for run in runs if run.cell == cell) for cell in cells}


def fit_all(runs: Sequence[Run]) -> tuple[dict[str, float], NDArray[np.float64]] | None:
    """The `at_best` of each cell, and A, B and C; None if the runs do not determine them."""
    cells = sorted({run.cell for run in runs})
    columns = np.array([[*(float(run.cell == cell) for cell in cells), *run.terms] for run in runs])
    lengths = np.linalg.norm(columns, axis=0)
    if len(runs) <= columns.shape[1] or np.linalg.cond(columns / lengths) > _MAX_CONDITION:
        return None
    solution = np.linalg.lstsq(columns / lengths, np.array([run.ratio for run in runs]), rcond=None)[0] / lengths
    if (solution <= 0).any():  # the formula only adds, so runs that call for a negative number do not follow it
        return None
    return dict(zip(cells, solution, strict=False)), solution[len(cells) :] ** (1 / _EXPONENTS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="run folders, of one or more cells")
    runs = [read_run(folder) for folder in parser.parse_args().runs]
    at_best = fit_at_best(runs)
    print("| cell | runs | at_best | in its recipe | tokens_per_s | in its recipe |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for cell, recipe in RECIPES.items():
        speeds = [run.tokens_per_s for run in runs if run.cell == cell]
        if speeds:
            fitted = f"{at_best[cell]:.3f} | {recipe.at_best} | {statistics.median(speeds):,.0f}"
            print(f"| {cell} | {len(speeds)} | {fitted} | {recipe.tokens_per_s:,.0f} |")
    print("\n| run | cell | weights | trained tokens | training tokens | ratio | residual |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for run in runs:
        sizes = f"{run.n_weights:,} | {run.n_trained:,} | {run.n_train:,}"
        residual = run.ratio - run.shortfall - at_best[run.cell]
        print(f"| {run.name} | {run.cell} | {sizes} | {run.ratio:.3f} | {residual:+.3f} |")
    refit = fit_all(runs)
    if refit is None:
        print("\nThese runs do not determine A, B and C, or do not follow the formula. Other sizes or texts may help.")
        return
    words = [f"{name} = {value:,.3g}" for name, value in zip("ABC", refit[1], strict=True)]
    words += [f"at_best of {cell} = {value:.3f}" for cell, value in refit[0].items()]
    print(f"\nWith A, B and C fitted too: {', '.join(words)}")


if __name__ == "__main__":
    main()
