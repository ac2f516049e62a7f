"""The rules that fill the fields which a user left open: shape, regularisation, rates and validations."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import cast, final

from seqgen.config import FieldValue, TrainingConfig, fields_of
from seqgen.training.planning.continued_rate import continued_rate_share
from seqgen.training.planning.problem import Problem
from seqgen.training.planning.recipes import LARGE_VOCABULARY, Recipe
from seqgen.training.planning.validations import plan_validations

_DEFAULT_AVERAGE = fields_of(TrainingConfig)["average"].default
_DEFAULT_OPTIMIZER = fields_of(TrainingConfig)["optimizer"].default

_SMALL_N_TOKENS = 200_000
"""A text, or a training run, of fewer tokens gets the narrow model and half the streams."""
_LARGE_N_TRAIN = 3_000_000
_LARGE_N_TRAINED = 20_000_000
"""A text of more than `_LARGE_N_TRAIN` tokens gets the wide model if it is trained on for more tokens than this."""
_WORD_WINDOW = 32
"""Time steps of a window where the vocabulary is large: a word says as much as several characters."""

_REFERENCE_N_TRAIN = 1_000_000
"""Tokens of the text that dropout was tuned on. Epochs over a shorter text count for more, over a longer for less."""
_WORD_EPOCH_WEIGHT = 2.3
"""An epoch over words counts as this many: a model with parameters for every word soon memorises a text."""
_REGULARISATION = ((6, 0.0, 0.0), (11, 0.15, 0.1), (35, 0.25, 0.1), (math.inf, 0.5, 0.3))
"""Each row: for fewer than this many weighted epochs, the dropout and the least weight decay."""

_NGRAM_ORDER = 5
"""Length of the longest n-grams that have an embedding."""
_MOST_NGRAM_EPOCHS, _MOST_NGRAM_TOKENS = 8, 10_000_000
"""For more epochs or trained tokens, and for large vocabularies, there are no tables of n-grams unless the user wants
them."""
_NGRAM_RATE_TIMES_STEPS = 16
_MIN_NGRAM_RATE, _MAX_NGRAM_RATE = 0.02, 0.3
"""The learning rate of the tables of n-grams is lower for more steps. Rows of rare n-grams otherwise memorise what
comes next."""
_NGRAM_DROPOUT = 0.5
"""The share of rows that is left out in training, from the second epoch on. In the first, nothing is read twice."""
_TOKENS_PER_NGRAM_ROW = 8
_MIN_NGRAM_ROWS, _MAX_NGRAM_ROWS = 256, 32_768

_MIN_VALID_TOKENS = 10_000


@final
@dataclass(frozen=True)
class Rules:
    """The choices for one cell, given its recipe and the problem.

    >>> from seqgen.config import Budget
    >>> from seqgen.training.planning.problem import CorpusFacts
    >>> from seqgen.training.planning.recipes import RECIPES
    >>> novel = CorpusFacts(vocab_size=66, n_train=1_000_000, n_valid=100_000)
    >>> problem = Problem(settings={}, corpus=novel, budget=Budget(epochs=3))
    >>> choices = Rules(RECIPES["lstm"], problem).choose()
    >>> choices["d_model"], choices["dropout"], choices["evaluate_every"]
    (512, 0.0, 244)
    """

    recipe: Recipe
    problem: Problem

    def choose(self) -> dict[str, FieldValue]:
        """A value for every field that has no default. The user's settings may still override some of them."""
        return {
            **self._shape(),
            "n_streams": self._n_streams,
            "window": self._window,
            **self._training(),
            **self._ngrams(),
            **self.problem.trial,
        }

    def _shape(self) -> dict[str, FieldValue]:
        """A wider model for more text, more dropout for more epochs."""
        decided, corpus = self.problem.decided, self.problem.corpus
        d_model = cast(int, decided.get("d_model", self._width))
        dropout, _ = self._regularisation
        return {
            "n_layer": self.recipe.n_layer,
            "d_model": d_model,
            "dropout": dropout,
            **self.recipe.fill(decided, corpus, d_model=d_model, dropout=cast(float, decided.get("dropout", dropout))),
        }

    @property
    def _width(self) -> int:
        n_train, n_trained = self.problem.corpus.n_train, self._n_trained
        if min(n_train, n_trained) < _SMALL_N_TOKENS:
            return self.recipe.d_model_small
        if n_train > _LARGE_N_TRAIN and n_trained > _LARGE_N_TRAINED:
            return self.recipe.d_model_large
        return self.recipe.d_model

    @cached_property
    def _window(self) -> int:
        """Tokens per window: as the recipe says, but no more than the text has."""
        corpus = self.problem.corpus
        preferred = _WORD_WINDOW if corpus.vocab_size >= LARGE_VOCABULARY else self.recipe.window
        return cast(int, self.problem.decided.get("window", min(preferred, corpus.n_train)))

    @cached_property
    def _n_streams(self) -> int:
        """Streams: no more than the text can fill. A small text gets fewer of them, which gives it more steps."""
        n_train = self.problem.corpus.n_train
        preferred = self.recipe.n_streams // 2 if n_train < _SMALL_N_TOKENS else self.recipe.n_streams
        most = max(1, n_train // max(1, self._window))
        return cast(int, self.problem.decided.get("n_streams", min(preferred, most)))

    @property
    def _tokens_per_step(self) -> int:
        return max(1, self._n_streams * self._window)

    @cached_property
    def _n_trained(self) -> float:
        """Roughly how many tokens the budget pays for."""
        budget = self.problem.budget
        if budget.minutes is not None:
            return budget.minutes * 60 * (self.problem.tokens_per_s or self.recipe.tokens_per_s)
        if budget.epochs is not None:
            return budget.epochs * self.problem.corpus.n_train
        return float(cast(int, budget.steps) * self._tokens_per_step)

    @cached_property
    def _regularisation(self) -> tuple[float, float]:
        """The dropout and the least weight decay, by how well the text will be known in the end."""
        corpus = self.problem.corpus
        epochs = self._n_trained / corpus.n_train * (_REFERENCE_N_TRAIN / corpus.n_train) ** (1 / 3)
        if corpus.vocab_size >= LARGE_VOCABULARY:
            epochs *= _WORD_EPOCH_WEIGHT
        return next((dropout, decay) for limit, dropout, decay in _REGULARISATION if epochs < limit)

    @property
    def _rate_share(self) -> float:
        return continued_rate_share(self.problem.parent_ratio)

    def _training(self) -> dict[str, FieldValue]:
        """Learning rates, clipping, weight decay and validations."""
        recipe, decided = self.recipe, self.problem.decided
        speed_up = self._speed_up
        has_muon = decided.get("optimizer", _DEFAULT_OPTIMIZER) == "muon"
        return {
            "learning_rate": recipe.learning_rate * self._rate_share,
            "muon_rate": recipe.muon_rate * speed_up,  # --lr scales the rates of all optimizers
            "clip_norm": recipe.clip_norm,
            "weight_decay": max(recipe.weight_decay, self._regularisation[1]) if has_muon else 0.0,  # tuned for Muon
            **self._validation(),
        }

    @property
    def _speed_up(self) -> float:
        """The rate of AdamW, as a multiple of the one that the recipe has for a fresh model."""
        rate = self.recipe.learning_rate
        return cast(float, self.problem.decided.get("learning_rate", self._rate_share * rate)) / rate

    @property
    def _ngram_order(self) -> int | None:
        """How long n-grams may be, as long as the user leaves it open. One-hot vectors cannot have any beside them."""
        corpus = self.problem.corpus
        is_short = self._n_trained <= min(_MOST_NGRAM_EPOCHS * corpus.n_train, _MOST_NGRAM_TOKENS)
        is_worthwhile = is_short and corpus.vocab_size < LARGE_VOCABULARY
        is_possible = self.problem.decided.get("d_embedding", 1) is not None
        return _NGRAM_ORDER if is_worthwhile and is_possible else None

    def _ngrams(self) -> dict[str, FieldValue]:
        """The tables of n-grams: the smaller the text, the smaller they are."""
        corpus = self.problem.corpus
        order = self.problem.decided.get("ngram_order", self._ngram_order)
        if order is None:
            return {}
        wanted = corpus.n_train / _TOKENS_PER_NGRAM_ROW
        rows = 2 ** round(math.log2(min(max(wanted, _MIN_NGRAM_ROWS), _MAX_NGRAM_ROWS)))
        epochs = self._n_trained / corpus.n_train
        rate = _NGRAM_RATE_TIMES_STEPS * self._tokens_per_step / self._n_trained
        rate = min(max(rate, _MIN_NGRAM_RATE), _MAX_NGRAM_RATE)
        return {
            "ngram_order": order,
            "ngram_rows": rows,
            "ngram_dropout": _NGRAM_DROPOUT if epochs > 1 else 0.0,
            "ngram_rate": rate * self._speed_up,
        }

    def _validation(self) -> dict[str, FieldValue]:
        """How often to validate, and on how many tokens."""
        evaluate_every, valid_tokens = plan_validations(
            n_trained=self._n_trained,
            n_valid=self.problem.corpus.n_valid,
            n_per_step=self._tokens_per_step,
            n_least=_MIN_VALID_TOKENS,
            has_average=self.problem.decided.get("average", _DEFAULT_AVERAGE) is not None,
        )
        return {"evaluate_every": evaluate_every, "valid_tokens": valid_tokens}
