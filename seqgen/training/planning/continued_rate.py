"""What follows from how much a parent knows of a text or of pairs: the learning rates, and whether to begin from it."""

from __future__ import annotations

_LEAST_RATE_SHARE = 1 / 6
"""The learning rates of a training run that begins from a model which knows what it is to learn from, as a share of
those of a fresh one: at the full rates it would forget much of what the model knows."""
_KNOWN_RATIO, _UNKNOWN_RATIO = 0.5, 1.0
"""Up to the first `parent_ratio`, the rates have the least share, and from the second on the full one."""


def continued_rate_share(parent_ratio: float | None) -> float:
    """The learning rates, as a share of those of a run from nothing. The lower, the more the parent knows.

    `parent_ratio` is the nats under the parent before it learns, as a multiple of those of a unigram model; None if the
    run begins with fresh weights.

    >>> [round(continued_rate_share(ratio), 3) for ratio in (0.2, 0.75, 1.0, None)]
    [0.167, 0.408, 1.0, 1.0]
    """
    if parent_ratio is None:
        return 1.0
    unknown = (parent_ratio - _KNOWN_RATIO) / (_UNKNOWN_RATIO - _KNOWN_RATIO)
    return float(_LEAST_RATE_SHARE ** (1 - min(1.0, max(0.0, unknown))))


def note_parent(parent_ratio: float | None, *, predicted: str) -> list[str]:
    """A note if a run from nothing may do better. `predicted` is what the run learns to predict.

    >>> note_parent(0.7, predicted="text")
    []
    """
    if parent_ratio is None or parent_ratio < _UNKNOWN_RATIO:
        return []
    return [
        f"the model to begin from predicts {predicted} worse than the frequencies of the tokens alone would: a run "
        "from nothing (--from none) may do better"
    ]
