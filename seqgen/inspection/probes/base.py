"""A probe: a made-up task in which the answer depends on what stood a known distance before it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from seqgen.corpus import Batch

ProbeName = Literal["copy", "adding", "brackets", "counting"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Examples:
    """Sequences of ids, and which of them are answers.

    >>> import numpy as np
    >>> from seqgen.inspection.probes import PROBES
    >>> examples = PROBES["copy"].draw(8, 2, np.random.default_rng(0))
    >>> examples.batch.inputs.shape, examples.asked.sum(axis=1).tolist()
    ((2, 10), [3, 3])
    """

    ids: NDArray[np.int64]
    """(B, T+1). A model reads all but the last, and predicts all but the first."""
    learned: NDArray[np.bool_]
    """Which of the predicted ids are learned in training, (B, T). The others cannot be predicted."""
    asked: NDArray[np.bool_]
    """Which of the predicted ids are the answers at this distance, (B, T)."""

    @property
    def batch(self) -> Batch:
        """The sequences as the trainer and the scoring read them."""
        return Batch(inputs=self.ids[:, :-1], targets=self.ids[:, 1:], mask=self.learned, starts_anew=True)


Draw = Callable[[int, int, np.random.Generator], Examples]
"""Makes sequences, all with the same distance: (distance, how many, random numbers)."""


@dataclass(frozen=True, kw_only=True)
class Probe:
    """A task for small models.

    >>> import numpy as np
    >>> from seqgen.inspection.probes import PROBES
    >>> PROBES["copy"].example(8)
    'gfe....>gfe'
    """

    name: ProbeName
    task: str
    """What has to be done, in a sentence."""
    distance: str
    """What a distance is the distance of, as the label of an axis."""
    symbols: tuple[str, ...]
    """How each id is written. There are as many ids."""
    distances: tuple[int, ...]
    """Distances at which the answers are counted, from the shortest to the longest that are trained on."""
    draw: Draw
    chance: float | None
    """Share of right answers of whoever remembers nothing. None if the distance itself is asked for: then all answers
    of a sequence have to be right for it to count."""

    def chance_among(self, n_distances: int) -> float:
        """`chance`; if the distance itself is asked for, that of whoever always gives the same.

        >>> from seqgen.inspection.probes import PROBES
        >>> PROBES["copy"].chance_among(5), PROBES["counting"].chance_among(5)
        (0.125, 0.2)
        """
        return 1 / n_distances if self.chance is None else self.chance

    def example(self, distance: int, *, seed: int = 0) -> str:
        """One sequence as text."""
        (ids,) = self.draw(distance, 1, np.random.default_rng(seed)).ids.tolist()
        return "".join(self.symbols[token] for token in ids)


def ask_last(ids: NDArray[np.int64], n: int) -> Examples:
    """Examples whose last n ids are learned and asked for.

    >>> import numpy as np
    >>> from seqgen.inspection.probes.base import ask_last
    >>> ask_last(np.array([[1, 2, 3, 4]]), 2).asked.tolist()
    [[False, True, True]]
    """
    asked = np.zeros((len(ids), ids.shape[1] - 1), np.bool_)
    asked[:, -n:] = True
    return Examples(ids=ids, learned=asked, asked=asked)
