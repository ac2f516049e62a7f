"""Beam search for the targets of many sources at once. `beam.py` looks for one text, under all options of sampling."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from seqgen.config import PredictionConfig
from seqgen.inference import Stepper
from seqgen.sampling.filters import Logits, check_logits
from seqgen.tokenizers import END_OF_TEXT


class FoundTarget(NamedTuple):
    """A target that the search has ended with."""

    ids: tuple[int, ...]
    """Without the end-of-text token."""
    log_probability: float
    """Of all its tokens, the end-of-text token included."""
    score: float
    """What targets are ranked by: the higher the better."""
    is_cut_off: bool
    """Whether it ends because it is as long as it may be, and the model would rather have continued."""


class _Continuation(NamedTuple):
    """A begun target with one more token."""

    row: int
    """The number of the begun target among the streams."""
    token: int
    log_probability: float


@final
class TargetBeam:
    """The begun targets of S sources, at most `config.width` of each, which grow by one token in each step.

    Of all continuations of a source by one token, those among the best `width` that end the target are found targets,
    and the best `width` of the others go on. What cannot become better than the targets that are found and needed is
    dropped. The search for a source ends when `width` targets are found and what goes on is not better so far: without
    the second condition, a few short and poor targets would end it early. A beam of width 1 ends with its first target.

    `logits` are those of the first token, (S, V). A target of `limit` tokens, the end-of-text token included, must end.
    """

    def __init__(self, stepper: Stepper, logits: Logits, *, config: PredictionConfig, limit: int) -> None:
        self._stepper = stepper
        self._logits = logits
        self._config = config
        self._limit = limit
        n_sources = len(logits)
        self._found: list[list[FoundTarget]] = [[] for _ in range(n_sources)]
        self._owners: NDArray[np.int64] = np.arange(n_sources)
        """The source of each begun target, in ascending order. (R,)"""
        self._totals: NDArray[np.float64] = np.zeros(n_sources)
        """The log-probability of each begun target. (R,)"""
        self._ids: NDArray[np.int64] = np.empty((n_sources, 0), dtype=np.int64)
        """The tokens of each begun target. (R, T)"""

    def search(self) -> list[list[FoundTarget]]:
        """The targets of each source, the best first.

        Raises:
            RunError: the model has diverged in training.
        """
        while len(self._owners):
            if self._ids.shape[1] == self._limit - 1:
                self._end_all()
                break
            going_on = [choice for source, choices in self._ranked() for choice in self._sort_out(source, choices)]
            self._grow(going_on)
        return [sorted(found, key=lambda target: -target.score) for found in self._found]

    def _ranked(self) -> Iterator[tuple[int, list[_Continuation]]]:
        """For each source, its continuations by one token, the best first: enough for a step."""
        width = self._config.width
        check_logits(self._logits)
        n_kept = min(width + 1, self._logits.shape[1])  # of the best, one may be the end
        tokens = np.sort(np.argpartition(-self._logits, n_kept - 1, axis=1)[:, :n_kept], axis=1)  # (R, n_kept)
        totals = self._totals[:, None] + _log_probabilities(self._logits, tokens)
        starts = np.flatnonzero(np.diff(self._owners, prepend=-1))
        for start, end in zip(starts, [*starts[1:], len(self._owners)], strict=True):
            flat = totals[start:end].ravel()
            order = np.argsort(-flat, kind="stable")[: 2 * width]
            rows, places = np.divmod(order, n_kept)
            columns = (start + rows, tokens[start + rows, places], flat[order])
            choices = zip(*(column.tolist() for column in columns), strict=True)
            yield int(self._owners[start]), [_Continuation(*choice) for choice in choices]

    def _sort_out(self, source: int, choices: list[_Continuation]) -> list[_Continuation]:
        """Keep the targets that end here, and return the continuations with which the search goes on."""
        width, found = self._config.width, self._found[source]
        found += [self._ended(choice) for choice in choices[:width] if choice.token == END_OF_TEXT]
        going_on = [choice for choice in choices if choice.token != END_OF_TEXT][:width]
        needed = self._needed(found)
        n_tokens = self._ids.shape[1] + 2  # if it ended with the next token
        is_enough = len(found) >= width
        if is_enough and width == 1:
            return []
        return [
            choice
            for choice in going_on
            if self._score(choice.log_probability, n_tokens if is_enough else self._limit) > needed
        ]

    def _needed(self, found: list[FoundTarget]) -> float:
        """The score that a target must exceed to be among those that are returned.

        If several are wanted, some of those found may turn out to be the same text, so more of them must be better.
        """
        n_needed = 1 if self._config.top == 1 else self._config.width
        scores = sorted((target.score for target in found), reverse=True)
        return scores[n_needed - 1] if len(scores) >= n_needed else -math.inf

    def _end_all(self) -> None:
        """End every begun target here."""
        check_logits(self._logits)
        ends = _log_probabilities(self._logits, np.full((len(self._owners), 1), END_OF_TEXT))[:, 0]
        is_cut_off = self._logits.argmax(axis=1) != END_OF_TEXT
        for row, (owner, total) in enumerate(zip(self._owners.tolist(), (self._totals + ends).tolist(), strict=True)):
            target = self._ended(_Continuation(row, END_OF_TEXT, total), is_cut_off=bool(is_cut_off[row]))
            self._found[owner].append(target)

    def _ended(self, choice: _Continuation, *, is_cut_off: bool = False) -> FoundTarget:
        ids = tuple(self._ids[choice.row].tolist())
        score = self._score(choice.log_probability, len(ids) + 1)
        return FoundTarget(ids, choice.log_probability, score, is_cut_off)

    def _score(self, log_probability: float, n_tokens: int) -> float:
        return float(log_probability / n_tokens**self._config.length_power)

    def _grow(self, choices: list[_Continuation]) -> None:
        """Go on with these begun targets only."""
        rows = np.array([choice.row for choice in choices], dtype=np.int64)
        tokens = np.array([choice.token for choice in choices], dtype=np.int64)
        self._owners = self._owners[rows]
        self._totals = np.array([choice.log_probability for choice in choices], dtype=np.float64)
        self._ids = np.hstack([self._ids[rows], tokens[:, None]])
        if choices:
            self._stepper.select(rows)
            self._logits = self._stepper.step(tokens)


def _log_probabilities(logits: Logits, tokens: NDArray[np.int64]) -> NDArray[np.float64]:
    """The log-probabilities of some tokens of each row. (R, V), (R, N) -> (R, N)"""
    most = logits.max(axis=1, keepdims=True)
    sums = np.exp(logits - most).sum(axis=1, keepdims=True, dtype=np.float64)
    chosen: NDArray[np.float64] = np.take_along_axis(logits, tokens, axis=1) - most.astype(np.float64) - np.log(sums)
    return chosen
