"""The rules that fill the fields which a user left open for pairs. `rules.py` has those for texts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import cast, final

from seqgen.config import Cell, FieldValue, TrainingConfig, fields_of
from seqgen.training.planning.continued_rate import continued_rate_share
from seqgen.training.planning.pair_problem import PairProblem
from seqgen.training.planning.problem import CorpusFacts
from seqgen.training.planning.recipes import LARGE_VOCABULARY, RECIPES
from seqgen.training.planning.validations import plan_validations

DEFAULT_PAIR_CELL: Cell = "gru"
"""The cell that pairs are trained with unless the user names one."""

_MEDIUM_N_TOKENS, _LARGE_N_TOKENS = 30_000, 1_000_000
"""From so many tokens on, of sources and targets together, a set of pairs counts as medium and as large."""
_BATCHES = ((1_000, 16), (20_000, 32), (math.inf, 64))
"""Each row: for fewer than this many pairs, the pairs in a batch."""
_MOST_WINDOW = 512
"""Tokens of the longest target that gradients flow back through. Longer ones are cut into windows."""
_DROPOUTS = ((3, 0.0), (8, 0.1), (20, 0.2), (60, 0.3), (math.inf, 0.4))
"""Each row: for fewer than this many weighted epochs, the dropout."""
_WORD_EPOCH_WEIGHT = 2.3
"""An epoch over words counts as this many: a model with parameters for every word soon memorises its pairs."""
_MIN_VALID_PAIRS = 500
_DEFAULT_AVERAGE = fields_of(TrainingConfig)["average"].default


@dataclass(frozen=True, kw_only=True)
class PairRecipe:
    """The shape and the rates that suit one cell.

    >>> PAIR_RECIPES["gru"].widths
    (128, 256, 384)
    """

    n_layer: int = 1
    widths: tuple[int, int, int] = (128, 256, 384)
    """For a small, a medium and a large set of pairs."""
    rate_share: float = 1.0
    """The learning rates, as a share of those for texts in `recipes.py`."""


PAIR_RECIPES: dict[Cell, PairRecipe] = {
    "rnn": PairRecipe(),
    "lstm": PairRecipe(),
    "gru": PairRecipe(),
    "mingru": PairRecipe(n_layer=2),
    "transformer": PairRecipe(n_layer=2, widths=(64, 128, 192), rate_share=0.5),
}


@final
@dataclass(frozen=True)
class PairRules:
    """The choices for one cell, given the problem.

    >>> from seqgen.config import Budget
    >>> from seqgen.training.planning.problem import PairSizes
    >>> sizes = {"n_source_tokens": 60_000, "n_target_tokens": 50_000, "longest_source": 9, "longest_target": 8}
    >>> facts = PairSizes(
    ...     vocab_size=27, source_vocab_size=28, n_pairs=10_000, n_valid_pairs=1_000, has_labels=False, **sizes
    ... )
    >>> choices = PairRules("gru", PairProblem(settings={}, facts=facts, budget=Budget(epochs=5))).choose()
    >>> choices["d_model"], choices["n_streams"], choices["window"], choices["dropout"]
    (256, 32, 8, 0.1)
    """

    cell: Cell
    problem: PairProblem

    def choose(self) -> dict[str, FieldValue]:
        """A value for every field that has no default, and for those whose default is for texts.

        The user's settings may still override some of them.
        """
        return {**self._shape(), **self._training(), "ngram_order": None, "ngram_expert": self.problem.facts.has_labels}

    def _shape(self) -> dict[str, FieldValue]:
        """One layer of a width that suits the number of pairs. Words have an embedding as wide as the model."""
        settings, facts = self.problem.settings, self.problem.facts
        d_model = cast(int, settings.get("d_model", self.problem.width or self._width))
        dropout = cast(float, settings.get("dropout", self._dropout))
        decided: dict[str, FieldValue] = {"tie_weights": False, **settings}
        if self._has_words:
            decided.setdefault("d_embedding", d_model)
        size = CorpusFacts(facts.vocab_size, facts.n_target_tokens, 0)
        filled = RECIPES[self.cell].fill(decided, size, d_model=d_model, dropout=dropout)
        if "memory" in filled:
            filled["memory"] = max(cast(int, filled["memory"]), self.problem.longest_row)
        return {"n_layer": PAIR_RECIPES[self.cell].n_layer, "d_model": d_model, "dropout": self._dropout, **filled}

    @property
    def _width(self) -> int:
        n_tokens = self.problem.facts.n_source_tokens + self.problem.facts.n_target_tokens
        return PAIR_RECIPES[self.cell].widths[(n_tokens >= _MEDIUM_N_TOKENS) + (n_tokens >= _LARGE_N_TOKENS)]

    @property
    def _has_words(self) -> bool:
        """Whether the decoder reads tokens that are words rather than characters."""
        facts = self.problem.facts
        read = facts.vocab_size if self.problem.direction else facts.vocab_size + facts.source_vocab_size
        return read >= LARGE_VOCABULARY

    @cached_property
    def n_streams(self) -> int:
        """Pairs in a batch: no more than there are."""
        n_pairs = self.problem.facts.n_pairs
        preferred = next(size for limit, size in _BATCHES if n_pairs < limit)
        return cast(int, self.problem.settings.get("n_streams", min(preferred, n_pairs)))

    @cached_property
    def _epochs(self) -> float:
        return self.problem.epochs(n_streams=self.n_streams)

    @cached_property
    def _dropout(self) -> float:
        """The more often every pair will be seen, the more."""
        facts = self.problem.facts
        has_words = max(facts.vocab_size, facts.source_vocab_size) >= LARGE_VOCABULARY
        epochs = self._epochs * (_WORD_EPOCH_WEIGHT if has_words else 1)
        return next(dropout for limit, dropout in _DROPOUTS if epochs < limit)

    def _training(self) -> dict[str, FieldValue]:
        """Batches, learning rates, clipping, weight decay and validations."""
        recipe, settings, facts = RECIPES[self.cell], self.problem.settings, self.problem.facts
        rate_share = PAIR_RECIPES[self.cell].rate_share * continued_rate_share(self.problem.parent_ratio)
        preferred = rate_share * recipe.learning_rate
        learning_rate = cast(float, settings.get("learning_rate", preferred))
        evaluate_every, n_scored = plan_validations(
            n_trained=self._epochs * facts.n_pairs,
            n_valid=facts.n_valid_pairs,
            n_per_step=self.n_streams,
            n_least=_MIN_VALID_PAIRS,
            has_average=settings.get("average", _DEFAULT_AVERAGE) is not None,
        )
        per_pair = facts.n_target_tokens / facts.n_pairs
        return {
            "n_streams": self.n_streams,
            "window": min(facts.longest_target, _MOST_WINDOW),
            "learning_rate": preferred,
            "muon_rate": recipe.muon_rate * learning_rate / recipe.learning_rate,
            "clip_norm": recipe.clip_norm,
            "weight_decay": recipe.weight_decay if settings.get("optimizer", "muon") == "muon" else 0.0,
            "evaluate_every": evaluate_every,
            "valid_tokens": None if n_scored is None else math.ceil(n_scored * per_pair),
        }
