"""Candidates: the tokens that each of several texts may continue with. Sampling and beam search share this one step."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from seqgen.config import SamplingConfig
from seqgen.sampling.constraints.base import Constraint, is_complete, overriding
from seqgen.sampling.constraints.constraint_set import copies
from seqgen.sampling.filters import Counts, Logits, apply_filters, check_logits
from seqgen.sampling.prefill import Prefill
from seqgen.tokenizers import END_OF_TEXT

STUCK = -1
"""Stands in the place of a token if a text has no candidate left."""


@final
class Candidates:
    """The tokens that each of B texts may continue with, under a configuration.

    For every token of the texts: `restrict` the model's logits, choose a token for each text, `remove` the choices that
    a constraint `rejects` and choose again, then let the texts `take` their tokens.

    Each text has a list of constraints, which have read the prompt. The end-of-text token is a candidate only if a text
    `may_end`.

    >>> import numpy as np
    >>> from seqgen.config import SamplingConfig
    >>> from seqgen.run import open_model
    >>> from seqgen.sampling import Candidates, prefill
    >>> from seqgen.sampling.constraints.constraint_set import ConstraintSet
    >>> model, config = open_model("checkpoints/story"), SamplingConfig(match="yes|no")
    >>> constraints = ConstraintSet(model, config).after(prompt=(), length=None)
    >>> prefilled = prefill(model, ())
    >>> candidates = Candidates(prefilled, config, constraints=[constraints])
    >>> logits = candidates.restrict(prefilled.logits)
    >>> [model.tokenizer.decode([token]) for token in np.flatnonzero(np.isfinite(logits[0]))]
    ['n', 'y']
    """

    def __init__(
        self,
        prefilled: Prefill,
        config: SamplingConfig,
        *,
        constraints: Sequence[list[Constraint]],
        may_end: bool = False,
    ) -> None:
        self.config = config
        self.n_texts = len(constraints)
        self._may_end = may_end
        self._constraints = {text: _Constraints.of(own) for text, own in enumerate(constraints) if own}
        """Number of a text -> its constraints. Texts without constraints are left out, which keeps them fast."""
        self._recent: _RecentTokens | None = None
        if config.has_penalty:
            vocab_size = prefilled.logits.shape[1]
            self._recent = _RecentTokens(self.n_texts, vocab_size, config.penalty_window)
            for token in prefilled.prompt[-config.penalty_window :]:
                self._recent.take(np.full(self.n_texts, token))
        self._allowed: Logits = prefilled.logits
        """(B, V): the logits of the latest `restrict` after constraints and before filters."""

    @property
    def constrained(self) -> tuple[int, ...]:
        """The numbers of the texts that have constraints."""
        return tuple(self._constraints)

    def restrict(self, logits: Logits) -> Logits:
        """Apply constraints and filters to the model's logits, (B, V). The result is new; -inf removes a token.

        Raises:
            RunError: the model has diverged in training.
        """
        check_logits(logits)
        self._allowed = logits.copy()
        if not self._may_end:
            self._allowed[:, END_OF_TEXT] = -np.inf
        for text, own in self._constraints.items():
            for constraint in own.applying:
                constraint.apply(self._allowed[text])
        return apply_filters(self._allowed, self.config, counts=self._recent and self._recent.counts)

    def allows(self, text: int, token: int) -> bool:
        """Whether a token is neither excluded by the constraints nor removed since."""
        return bool(self._allowed[text, token] > -math.inf)

    def rejects(self, text: int, token: int) -> bool:
        """Whether a constraint rejects a token that it did not exclude before."""
        own = self._constraints.get(text)
        if own is None or not own.rejecting:
            return False
        return self.allows(text, token) and any(constraint.rejects(token) for constraint in own.rejecting)

    def remove(self, text: int, token: int) -> Logits:
        """Remove a token from the candidates of a text. Returns the text's logits, (V,), filtered again without it."""
        self._allowed[text, token] = -math.inf
        counts = None if self._recent is None else self._recent.counts[text]
        return apply_filters(self._allowed[text], self.config, counts=counts)

    def take(self, ids: NDArray[np.int64]) -> None:
        """Add one token to every text; `ids` is (B,). A text whose id is `STUCK` stays as it is."""
        for text, own in self._constraints.items():
            if ids[text] != STUCK:
                for constraint in own.all:
                    constraint.take(int(ids[text]))
        if self._recent is not None:
            self._recent.take(np.maximum(ids, END_OF_TEXT))

    def is_complete(self, text: int) -> bool:
        """Whether a text must end here because a constraint lets nothing follow."""
        own = self._constraints.get(text)
        return own is not None and is_complete(own.completing)

    def release(self, text: int) -> None:
        """Drop the constraints of a text that has ended. Its stream continues unseen."""
        self._constraints.pop(text, None)

    def select(self, texts: Iterable[int]) -> None:
        """Continue with copies of the texts of these numbers, in this order, and forget the others."""
        numbers = list(texts)
        self.n_texts = len(numbers)
        self._constraints = {
            text: _Constraints.of(copies(self._constraints[before].all))
            for text, before in enumerate(numbers)
            if before in self._constraints
        }
        if self._recent is not None:
            self._recent.select(numbers)


@final
class _Constraints(NamedTuple):
    """The constraints of one text, and which of them do what: the others are not asked at every token."""

    all: list[Constraint]
    applying: list[Constraint]
    rejecting: list[Constraint]
    completing: list[Constraint]

    @classmethod
    def of(cls, constraints: list[Constraint]) -> _Constraints:
        return cls(
            constraints,
            applying=overriding(constraints, "apply"),
            rejecting=overriding(constraints, "rejects"),
            completing=overriding(constraints, "is_complete"),
        )


@final
class _RecentTokens:
    """How often each token occurs among the latest tokens of every text."""

    def __init__(self, n_texts: int, vocab_size: int, window: int) -> None:
        self.counts: Counts = np.zeros((n_texts, vocab_size), dtype=np.int64)
        self._latest: deque[NDArray[np.int64]] = deque()
        self._window = window

    def take(self, ids: NDArray[np.int64]) -> None:
        """Count one more token of every text, and forget the one that leaves the window."""
        texts = np.arange(len(ids))
        self.counts[texts, ids] += 1
        self._latest.append(ids)
        if len(self._latest) > self._window:
            self.counts[texts, self._latest.popleft()] -= 1

    def select(self, texts: Sequence[int]) -> None:
        """Replace the texts: the new ones are copies of those with these numbers."""
        self.counts = self.counts[list(texts)]
        self._latest = deque(ids[list(texts)] for ids in self._latest)
