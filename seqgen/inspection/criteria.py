"""Four things that are asked of a model of sequences, measured on a run beside two networks that fail some of them.

It must read inputs of any length, keep their order, use what is far away, and share its weights across the sequence.
A window of fixed size and a bag of tokens learn the same text, so that every number has something to be compared with.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.config import Cell
from seqgen.errors import ConfigError, CorpusError
from seqgen.evaluation import Reading
from seqgen.inspection.contexts import Passages
from seqgen.inspection.memory import DEFAULT_TOKENS, Memory, MemoryConfig, measure_memory
from seqgen.inspection.memory_curve import MemoryCurve
from seqgen.inspection.model_criteria import WINDOW, ModelCriteria
from seqgen.inspection.new_cells import NewCell
from seqgen.inspection.orders import measure_order
from seqgen.inspection.places import PLACES_VOCABULARY, learn_places, right_at_places
from seqgen.inspection.predictors import BagPredictor, DecoderPredictor, Predictor, WindowPredictor, learn, nats_after
from seqgen.inspection.text_draws import draw_bags, draw_windows
from seqgen.sampling import require_forward

N_STEPS = 500
"""Steps of training that the window and the bag get."""
_N_TASK_STEPS = 400
"""Steps for the task that shows whether weights are shared."""
_USUAL_LONGEST = 1024
_LEAST_LONGEST = 2 * WINDOW


@dataclass(frozen=True, kw_only=True)
class CriteriaConfig:
    """How the criteria are measured.

    >>> CriteriaConfig(n_steps=100).n_tokens
    6144
    """

    longest: int | None = None
    """Roughly the longest input, in characters; None: 1,024, or less if the text is short."""
    n_tokens: int = DEFAULT_TOKENS
    """How many tokens are predicted from inputs of each length, at most."""
    n_steps: int = N_STEPS
    """Steps of training of the window and the bag."""
    seed: int = 0
    """Of the weights of all that is trained, of what it learns from, and of the random order."""

    def __post_init__(self) -> None:
        if self.n_steps < 1:
            raise ConfigError(f"is {self.n_steps}: it must be 1 or more", field="steps")


@dataclass(frozen=True, kw_only=True)
class Criteria:
    """The criteria of a run, of the fixed window and of the bag of tokens.

    >>> from seqgen.evaluation import TextSelection, readings
    >>> from seqgen.run import open_model
    >>> (reading,) = readings(open_model("checkpoints/story"), TextSelection.of(["story.txt"]))
    >>> config = CriteriaConfig(longest=64, n_tokens=400, n_steps=5)
    >>> criteria = measure_criteria(reading, reading.encoded.ids, config)
    >>> [(model.name, model.most_counting) for model in criteria.models]
    [('lstm', 64), ('window of 16', 16), ('bag of tokens', 64)]
    """

    memory: Memory
    """How far back the run looks. It also says which text was read, and in what unit."""
    trained_window: int
    """Tokens of a window of the run's own training."""
    n_steps: int
    """Steps of training that the window and the bag got."""
    models: tuple[ModelCriteria, ...]
    """The run, the window, the bag."""

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report, under the names that `seqgen inspect criteria --json` prints."""
        return {
            "run": self.memory.run,
            "text": self.memory.text,
            "unit": self.memory.unit,
            "units_per_token": self.memory.units_per_token,
            "scored_tokens": self.memory.n_tokens,
            "trained_window": self.trained_window,
            "fixed_window": WINDOW,
            "steps": self.n_steps,
            "models": [model.to_json() for model in self.models],
        }


def measure_criteria(reading: Reading, train_ids: NDArray[Any], config: CriteriaConfig | None = None) -> Criteria:
    """Measure the criteria on a text. The window and the bag learn from `train_ids`, the training part of the run.

    Raises:
        ConfigError: the run reads backward.
        CorpusError: one of the two texts is too short.
    """
    require_forward(reading.saved, "seqgen inspect criteria")
    config = config or CriteriaConfig()
    memory = measure_memory(
        reading, MemoryConfig(longest=config.longest, usual=_USUAL_LONGEST, n_tokens=config.n_tokens)
    )
    longest = memory.nothing.lengths[-1]
    _require_room(reading, longest, len(train_ids))
    passages = Passages.of(len(reading.encoded.ids), after=longest, n_tokens=config.n_tokens)
    assert passages is not None, "the memory was measured on them"
    bench = _Bench(memory, reading.encoded.ids, passages, config.seed)
    cell = reading.saved.record.model.cell
    of_run = DecoderPredictor(reading.decoder, name=cell)
    window, bag = _learn_text(train_ids, reading.decoder.vocab_size, longest=longest, config=config)
    by_places = _learn_places(cell, seed=config.seed)
    curves = [memory.nothing, bench.curve_of(window), bench.curve_of(bag)]
    return Criteria(
        memory=memory,
        trained_window=reading.saved.record.training.window,
        n_steps=config.n_steps,
        models=tuple(
            bench.measure(predictor, curve, learner=learner)
            for predictor, curve, learner in zip((of_run, window, bag), curves, by_places, strict=True)
        ),
    )


def _require_room(reading: Reading, longest: int, n_train: int) -> None:
    if longest < _LEAST_LONGEST:
        raise CorpusError(
            f"inputs have {longest} tokens at most, because of --longest or because {reading.text_name} is short; the "
            f"window reads {WINDOW}, so they must have {_LEAST_LONGEST} or more"
        )
    if n_train <= longest:
        raise CorpusError(
            f"the training part has {n_train:,} tokens, too few to learn from inputs of {longest:,}: give a smaller "
            "--longest"
        )


def _learn_text(
    ids: NDArray[Any], vocab_size: int, *, longest: int, config: CriteriaConfig
) -> tuple[WindowPredictor, BagPredictor]:
    """The window and the bag, trained on a text."""
    seed, what = config.seed, "learning the text"
    window, bag = WindowPredictor(vocab_size, seed=seed), BagPredictor(vocab_size, seed=seed)
    windows = draw_windows(ids, n_before=WINDOW, vocab_size=vocab_size, seed=seed)
    learn(window, windows, n_steps=config.n_steps, what=what)
    bags = draw_bags(ids, longest=longest, vocab_size=vocab_size, seed=seed)
    learn(bag, bags, n_steps=config.n_steps, what=what)
    return window, bag


def _learn_places(cell: Cell, *, seed: int) -> list[Predictor]:
    """A small network of the cell, a window and a bag that have learned to name a letter at every other place."""
    small = NewCell(cell=cell, settings={}).build(PLACES_VOCABULARY, seed=seed)
    predictors = [
        DecoderPredictor(small, name=cell),
        WindowPredictor(PLACES_VOCABULARY, seed=seed),
        BagPredictor(PLACES_VOCABULARY, seed=seed),
    ]
    for predictor in predictors:
        learn_places(predictor, n_steps=_N_TASK_STEPS, seed=seed)
    return predictors


@dataclass(frozen=True)
class _Bench:
    """The tokens that all three are asked to predict."""

    memory: Memory
    ids: NDArray[Any]
    passages: Passages
    seed: int

    def curve_of(self, predictor: Predictor) -> MemoryCurve:
        """The bits of the passages, given inputs of the same lengths as the run was given."""
        starts, n_each = self.passages.starts, self.passages.length
        places = (starts[:, None] + np.arange(n_each)).ravel()
        per_unit = n_each * self.memory.units_per_token * math.log(2)
        lengths = self.memory.nothing.lengths
        bits = []
        for n_given in lengths:
            nats = nats_after(predictor, self.ids[places[:, None] + np.arange(-n_given, 0)], self.ids[places])
            bits.append(nats.reshape(len(starts), n_each).sum(axis=1) / per_unit)
        return MemoryCurve(beyond="nothing", lengths=lengths, bits=np.array(bits))

    def measure(self, predictor: Predictor, curve: MemoryCurve, *, learner: Predictor) -> ModelCriteria:
        """All numbers of one of them. `learner` is its like that has learned to name a letter."""
        per_token = self.memory.units_per_token
        return ModelCriteria(
            name=predictor.name,
            n_parameters=predictor.n_parameters,
            n_per_token=predictor.n_per_token,
            curve=curve,
            order=measure_order(predictor, self.ids, self.passages, units_per_token=per_token, seed=self.seed),
            right=right_at_places(learner, seed=self.seed),
        )
