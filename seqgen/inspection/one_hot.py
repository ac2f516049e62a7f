"""Learned vectors beside one-hot ones: the same network trained with either, and what each costs in bits and speed.

Over one-hot vectors, the first layer has a column of weights for each token. A learned vector is narrower: the tokens
share what the layer makes of its numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from seqgen.config import Budget, RecurrentConfig, TrainingConfig
from seqgen.errors import ConfigError
from seqgen.evaluation import Reading, TextSelection, readings
from seqgen.models import Decoder, build_model, count_parameters
from seqgen.run import SavedModel, StepReport
from seqgen.training.data import reopen_corpus
from seqgen.training.planning.recipes import NARROW_EMBEDDING
from seqgen.training.state import TrainingData, TrainingState
from seqgen.training.trainer import train
from seqgen.waiting import waiting

_NEVER = 1 << 40
_SHORTEST_S = 1e-9


@dataclass(frozen=True, kw_only=True)
class InputCost:
    """What a network costs that reads tokens in one of the two ways.

    >>> InputCost(width=None, n_parameters=10, bits=2.0, unit="character", tokens_per_s=5.0).name
    'one-hot'
    """

    width: int | None
    """Of the learned vectors; None: one-hot."""
    n_parameters: int
    bits: float
    unit: str
    """What the bits are counted per: characters, or tokens if these do not give the text back."""
    tokens_per_s: float
    """Of training: the median of the steps."""

    @property
    def name(self) -> str:
        """What the vectors are."""
        return "one-hot" if self.width is None else f"learned, {self.width} wide"

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report."""
        return {
            "vectors": self.name,
            "n_parameters": self.n_parameters,
            f"bits_per_{self.unit}": self.bits,
            "tokens_per_s": self.tokens_per_s,
        }


def require_one_hot(saved: SavedModel) -> RecurrentConfig:
    """The configuration of a run whose cell can read one-hot vectors.

    >>> from seqgen.run import open_model
    >>> require_one_hot(open_model("checkpoints/story")).cell
    'lstm'

    Raises:
        ConfigError: it cannot, or the run learned from pairs.
    """
    config = saved.record.model
    if saved.source_tokenizer is not None:
        raise ConfigError(f"{saved.name} learned from pairs: its vectors are not compared; name a run of a text")
    if not isinstance(config, RecurrentConfig):
        raise ConfigError(
            f"{saved.name} is a {config.cell}, whose layers cannot read one-hot vectors: leave out --one-hot, or name "
            "a run of a recurrent cell"
        )
    return config


def compare_inputs(saved: SavedModel, selection: TextSelection, *, n_steps: int) -> list[InputCost]:
    """Train the network of a run anew for some steps, with learned vectors and with one-hot ones, and score a text.

    Both begin from nothing and read the run's own training text in the same order. Their other fields are those of the
    run, without n-grams and tied weights, which one-hot vectors cannot have.

    Raises:
        ConfigError: the cell cannot read one-hot vectors.
        CorpusError: a text cannot be found, or the selected one is empty.

    >>> from seqgen.run import open_model
    >>> costs = compare_inputs(open_model("checkpoints/story"), TextSelection.of(["story.txt"]), n_steps=2)
    >>> [cost.name for cost in costs]
    ['learned, 16 wide', 'one-hot']
    """
    config = require_one_hot(saved)
    learned = config.d_embedding or min(NARROW_EMBEDDING, config.d_model)
    costs = []
    with torch.random.fork_rng(devices=[]), waiting("training with learned vectors", total=2 * n_steps) as work:
        reading = next(iter(readings(saved, selection)))
        training = replace(saved.record.training, evaluate_every=_NEVER, average=None, patience=None)
        corpus = reopen_corpus(saved.record.corpus, saved.tokenizer, corpus_paths=selection.corpus_paths)
        data = replace(corpus.streams(training), valid=None, valid_characters=None)
        for width, kind in ((learned, "learned"), (None, "one-hot")):
            torch.manual_seed(training.seed)  # of the weights and of dropout
            own = replace(config, d_embedding=width, tie_weights=False, ngram_order=None)
            model = build_model(own)  # type: ignore[arg-type]
            rates = []
            for tokens_per_s in _learn(model, data, training, n_steps=n_steps):
                rates.append(tokens_per_s)
                work.advance(what=f"training with {kind} vectors")
            bits, unit = _bits(model, reading)
            n_parameters, rate = count_parameters(model), float(np.median(rates))
            costs.append(InputCost(width=width, n_parameters=n_parameters, bits=bits, unit=unit, tokens_per_s=rate))
    return costs


def _learn(model: Decoder, data: TrainingData, config: TrainingConfig, *, n_steps: int) -> Iterator[float]:
    """Train a model in place. Yields the tokens per second of each step."""
    state, before_s = TrainingState.fresh(model, config), 0.0
    for report in train(state, data, config=config, budget=Budget(steps=n_steps)):
        if isinstance(report, StepReport):
            yield report.n_tokens / max(report.elapsed_s - before_s, _SHORTEST_S)
            before_s = report.elapsed_s


def _bits(model: Decoder, reading: Reading) -> tuple[float, str]:
    """Bits per character of the text, or per token."""
    score = replace(reading, decoder=model.eval()).score()
    if score.bits_per_character is not None:
        return score.bits_per_character, "character"
    return score.nats_per_token / math.log(2), "token"
