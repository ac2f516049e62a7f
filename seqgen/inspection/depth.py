"""Depth: a text is learned by models of one, two, four layers that have the same number of parameters and of steps."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from seqgen.config import Budget, Cell, CorpusConfig, FieldValue, TokenizerConfig
from seqgen.errors import ConfigError, CorpusError
from seqgen.inspection.equal_sizes import equal_widths
from seqgen.models import build_model, count_parameters
from seqgen.training import StepReport, TrainingRequest, ValidationReport
from seqgen.training.data import PreparedCorpus, prepare_corpus
from seqgen.training.planning.choice import configure_by_rule
from seqgen.training.planning.memory_needs import require_memory
from seqgen.training.planning.resolve import Resolved
from seqgen.training.state import TrainingState
from seqgen.training.trainer import train
from seqgen.waiting import Waiting, waiting

DEEPEST = 64
"""Layers of the deepest model. Deeper ones learn little in a comparison of minutes, and take long to build."""
LAYERS_EXPECTED = f"numbers from 1 to {DEEPEST}, each once, such as 1,2,4"
_SETTINGS: dict[str, FieldValue] = {"ngram_order": None, "precision": "float32", "patience": None}
"""Fields that the rules would choose otherwise: no tables beside the layers, the same numbers everywhere, and as many
steps for all."""
_DECIDED = ("n_layer", "d_model")
"""Fields that are what is compared."""


@dataclass(frozen=True, kw_only=True)
class DepthConfig:
    """What is compared, and how long each model is trained.

    >>> DepthConfig(layers=(1, 3)).n_parameters
    200000
    >>> DepthConfig(layers=())
    Traceback (most recent call last):
    seqgen.errors.ConfigError: layers is empty: it must be numbers from 1 to 64, each once, such as 1,2,4
    """

    cell: Cell = "lstm"
    layers: tuple[int, ...] = (1, 2, 4)
    n_parameters: int = 200_000
    """Roughly; embedding and output layer included."""
    n_steps: int = 600
    n_seeds: int = 1
    seed: int = 0
    """The first of the seeds."""

    def __post_init__(self) -> None:
        are_depths = bool(self.layers) and min(self.layers) >= 1 and max(self.layers) <= DEEPEST
        if not are_depths or len(set(self.layers)) < len(self.layers):
            given = ",".join(map(str, self.layers)) or "empty"
            raise ConfigError(f"is {given}: it must be {LAYERS_EXPECTED}", field="layers")


@dataclass(frozen=True, kw_only=True)
class DepthResult:
    """What models of one depth have learned, one model for each seed.

    >>> result = DepthResult(n_layer=2, d_model=99, n_parameters=1000, bits=(2.0, 2.2), train_bits=(1.9, 2.1))
    >>> round(result.mean_bits, 2), round(result.deviation, 3)
    (2.1, 0.141)
    """

    n_layer: int
    d_model: int
    n_parameters: int
    bits: tuple[float, ...]
    """Bits per character of the best validation, for each seed; infinite if the training diverged before the first."""
    train_bits: tuple[float, ...]
    """Bits per character of the training loss, over the last twentieth of the steps, with dropout."""

    @property
    def mean_bits(self) -> float:
        return statistics.fmean(self.bits)

    @property
    def deviation(self) -> float:
        """The standard deviation over the seeds; 0 for one seed, of which nothing is known."""
        is_known = len(self.bits) > 1 and math.isfinite(sum(self.bits))
        return statistics.stdev(self.bits) if is_known else 0.0

    @property
    def mean_train_bits(self) -> float:
        return statistics.fmean(self.train_bits)

    def certain_lead(self, other: DepthResult) -> float | None:
        """The lead over another depth that the spread of the seeds does not explain: twice the error of the difference.

        None for one seed.

        >>> first, second = (
        ...     DepthResult(n_layer=n, d_model=9, n_parameters=99, bits=(2.0, 2.2), train_bits=()) for n in (1, 2)
        ... )
        >>> round(first.certain_lead(second), 3)
        0.283
        """
        n_seeds = len(self.bits)
        if n_seeds < 2:
            return None
        return 2 * math.sqrt((self.deviation**2 + other.deviation**2) / n_seeds)

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report, under the names that `seqgen inspect depth --json` prints."""
        return {
            "n_layer": self.n_layer,
            "d_model": self.d_model,
            "n_parameters": self.n_parameters,
            "valid_bits_per_character": [bits if math.isfinite(bits) else None for bits in self.bits],
            "train_bits_per_character": [bits if math.isfinite(bits) else None for bits in self.train_bits],
        }


def depth_request(
    corpus: CorpusConfig, config: DepthConfig, *, tokenizer: TokenizerConfig, settings: Mapping[str, FieldValue]
) -> TrainingRequest:
    """The request that all models get, but for their shape and seed. `settings` are fields of model and training.

    Raises:
        ConfigError: the settings decide the depth or the width.

    >>> from seqgen.config import CharConfig
    >>> corpus, settings = CorpusConfig(paths=("story.txt",)), {"window": 64}
    >>> request = depth_request(corpus, DepthConfig(), tokenizer=CharConfig(), settings=settings)
    >>> request.settings["window"], request.settings["ngram_order"]
    (64, None)
    """
    if decided := [name for name in _DECIDED if name in settings]:
        raise ConfigError(f"{decided[0]} is what is compared: leave it out of --set")
    return TrainingRequest(
        corpus=corpus,
        cell=config.cell,
        tokenizer=tokenizer,
        settings={**_SETTINGS, **settings},
        budget=Budget(steps=config.n_steps),
    )


def measure_depth(request: TrainingRequest, config: DepthConfig) -> Iterator[DepthResult]:
    """Train the models of each depth, and yield what they have reached.

    All have the same steps, windows, rates and dropout; the rules of `seqgen train` choose them.

    Raises:
        SeqgenError: the text cannot be read or has no validation part, or a setting does not fit the cell.

    >>> from seqgen.config import CharConfig
    >>> config = DepthConfig(layers=(1, 2), n_parameters=50_000, n_steps=2)
    >>> corpus, settings = CorpusConfig(paths=("story.txt",)), {"n_streams": 2}
    >>> request = depth_request(corpus, config, tokenizer=CharConfig(), settings=settings)
    >>> [(result.n_layer, result.d_model) for result in measure_depth(request, config)]
    [(1, ...), (2, ...)]
    """
    prepared = prepare_corpus(request)
    valid = prepared.parts.get("valid")
    if valid is None or not len(valid.ids) or not valid.is_lossless:
        raise CorpusError("there is nothing to validate on in characters: give a longer text, or another --tokenizer")

    def shape(n_layer: int, width: int) -> Resolved:
        deep = replace(request, settings={**request.settings, "n_layer": n_layer})
        return configure_by_rule(deep, prepared, cell=config.cell, width=width)

    widths = equal_widths(lambda *sizes: _count(shape(*sizes)), config.layers, wanted=config.n_parameters)
    with waiting("training", total=len(widths) * config.n_seeds * config.n_steps) as work:
        for n_layer, width in widths.items():
            resolved = shape(n_layer, width)
            runs = [
                _train(prepared, resolved, seed=config.seed + number, n_steps=config.n_steps, work=work)
                for number in range(config.n_seeds)
            ]
            yield DepthResult(
                n_layer=n_layer,
                d_model=width,
                n_parameters=_count(resolved),
                bits=tuple(bits for bits, _ in runs),
                train_bits=tuple(bits for _, bits in runs),
            )


def _train(
    prepared: PreparedCorpus, resolved: Resolved, *, seed: int, n_steps: int, work: Waiting
) -> tuple[float, float]:
    """The bits per character of the best validation of a model, and of its training loss at the end."""
    training, shape = replace(resolved.training, seed=seed), resolved.model
    require_memory(shape, training, device=torch.device("cpu"))
    best, losses = math.inf, []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        state = TrainingState.fresh(build_model(shape), training)
        for report in train(state, prepared.streams(training), config=training, budget=Budget(steps=n_steps)):
            if isinstance(report, StepReport):
                losses.append(report.loss_nats)
                work.advance(what=f"training {shape.n_layer} x {shape.d_model}, seed {seed}")
            elif isinstance(report, ValidationReport) and report.bits_per_character is not None:
                best = min(best, report.bits_per_character)
    last = losses[-max(1, len(losses) // 20) :]
    return best, statistics.fmean(last) / prepared.characters_per_token / math.log(2)


def _count(resolved: Resolved) -> int:
    with torch.device("meta"):  # shapes without memory
        return count_parameters(build_model(resolved.model))
