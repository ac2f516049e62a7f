"""Which units of a model follow a feature of a text, found in one half of the text and confirmed in the other.

After Karpathy, Johnson & Fei-Fei (2015), who looked for such units by eye.

What the present token explains is taken out of units and features beforehand (`beyond_token`): that a unit reads the
token is no news. Two explanations must be ruled out:

1. The unit has nothing to do with the feature. So its correlation is compared with those for shifts of the text
   (`chance.py`).
2. The unit follows the feature as some unit of any network does, because every network reads the characters and
   remembers the last few. So the correlation is also compared with those in networks that have the same weights in a
   random order: each unit keeps its own, but no longer knows which is for what. By Fisher's transform these
   correlations are nearly normal, with mean 0.

In the first half, each unit gets the feature whose correlation surprises most by both comparisons, and its sign. The
second half tests this one guess for each unit, so of the first comparison only as many must be allowed for as there are
units (Bonferroni). A network is the same in both halves, so the second comparison allows for all features and signs as
well. In a network that has learned nothing, the chance that even one unit is found is at most `MOST_FALSE`. A trained
network may also have units that follow a feature and are of no use to it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqgen.config import ModelConfig, UnitName
from seqgen.inspection.activity import Activity, read_activity
from seqgen.inspection.chance import beyond_token, correlations, deviations, fisher, one_sided_p
from seqgen.inspection.text_features import features_of
from seqgen.inspection.token_text import TokenText
from seqgen.models import build_model, load_weights

MOST_FALSE = 0.05
"""The greatest chance that even one unit is found in a network that has learned nothing."""
_FEWEST_STRETCHES = 10
"""How often a feature must begin in each half to be looked for."""
_SHUFFLED_UNITS, _MOST_NETWORKS = 256, 8
"""So many shuffled units are compared with, unless that takes too many networks."""


@dataclass(frozen=True, kw_only=True)
class Following:
    """A unit and the feature of the text with which it goes most closely.

    >>> following = Following(unit=UnitName(0, 3), feature="indentation", first=0.8, second=0.7, shuffled=0.1, p=0.001)
    >>> following.is_found
    True
    """

    unit: UnitName
    feature: str
    first: float
    """The correlation in the half of the text in which it was chosen."""
    second: float
    """The correlation in the other half."""
    shuffled: float
    """The root mean square of the same correlation over the units of networks with shuffled weights."""
    p: float
    """How often the second correlation would come about by chance in any of the units, at most 1."""

    @property
    def is_found(self) -> bool:
        return self.p <= MOST_FALSE

    def to_json(self) -> dict[str, Any]:
        return {
            "unit": str(self.unit),
            "feature": self.feature,
            "correlation_first_half": self.first,
            "correlation_second_half": self.second,
            "shuffled_weights": self.shuffled,
            "p": self.p,
            "is_found": self.is_found,
        }


def usable_features(text: TokenText) -> dict[str, NDArray[np.float64]]:
    """The features that a text has often enough in both halves, a number for each token.

    >>> from seqgen.run import open_model
    >>> tokenizer = open_model("checkpoints/story").tokenizer
    >>> text = TokenText.of(tokenizer.encode("Mina sat. " * 50).ids, tokenizer)
    >>> sorted(usable_features(text))
    ['place in the sentence', 'place in the word']
    """
    features = {name: feature[text.last] for name, feature in features_of(text.text).items()}
    half = len(text.ids) // 2
    return {
        name: feature
        for name, feature in features.items()
        if min(_beginnings(feature[:half]), _beginnings(feature[half:])) >= _FEWEST_STRETCHES
    }


def _beginnings(feature: NDArray[np.float64]) -> int:
    """How often a feature leaves its least value."""
    is_on = feature > feature.min(initial=0.0)
    return int((is_on[1:] & ~is_on[:-1]).sum())


def find_followers(
    activity: Activity,
    shuffled: Sequence[Activity],
    *,
    features: Mapping[str, NDArray[np.float64]],
    ids: NDArray[np.int64],
) -> tuple[Following, ...]:
    """What each unit follows, the strongest first; `is_found` says of which one can be sure.

    >>> rng = np.random.default_rng(0)
    >>> quotes = np.repeat(rng.random(400) < 0.5, 10).astype(np.float64)
    >>> values = rng.normal(size=(3, 4000)).astype(np.float32)
    >>> values[1] += quotes
    >>> names = tuple(UnitName(0, number) for number in range(3))
    >>> new = Activity(names, rng.normal(size=(3, 4000)).astype(np.float32), ())
    >>> activity, ids = Activity(names, values, ()), rng.integers(1, 9, 4000)
    >>> first, *others = find_followers(activity, [new], features={"quotes": quotes}, ids=ids)
    >>> str(first.unit), first.is_found, any(other.is_found for other in others)
    ('0:1', True, False)
    """
    if not features:
        return ()
    table, half = np.stack(list(features.values())), activity.values.shape[1] // 2
    first, second = (
        _surprises(activity.part(part), [other.part(part) for other in shuffled], table=table[:, part], ids=ids[part])
        for part in (slice(half), slice(half, None))
    )
    names, found = list(features), []
    for row, (unit, column) in enumerate(zip(activity.names, first.chosen, strict=True)):
        sign = math.copysign(1.0, first.shifted[row, column])
        p_shifted = one_sided_p(sign * second.shifted[row, column])
        p_shuffled = one_sided_p(sign * second.among_shuffled[row, column]) * 2 * len(features)
        found.append(
            Following(
                unit=unit,
                feature=names[column],
                first=float(first.r[row, column]),
                second=float(second.r[row, column]),
                shuffled=float(np.tanh(second.spread[row, column])),
                p=min(1.0, max(p_shifted, p_shuffled) * len(activity.names)),
            )
        )
    return tuple(sorted(found, key=lambda following: (not following.is_found, -abs(following.second))))


class _Surprises(NamedTuple):
    """Units against features in a part of a text, (U, F) each."""

    r: NDArray[np.float64]
    spread: NDArray[np.float64]
    """The root mean square of Fisher's transform over the shuffled units of the same layer and kind."""
    shifted: NDArray[np.float64]
    """Each correlation in standard deviations of those for shifts of the text."""
    among_shuffled: NDArray[np.float64]
    """Each correlation in standard deviations of those of shuffled units."""

    @property
    def chosen(self) -> list[int]:
        """The feature of each unit that surprises most by the less surprised of both comparisons."""
        columns: list[int] = np.minimum(np.abs(self.shifted), np.abs(self.among_shuffled)).argmax(axis=1).tolist()
        return columns


def _surprises(
    activity: Activity, shuffled: Sequence[Activity], *, table: NDArray[np.float64], ids: NDArray[np.int64]
) -> _Surprises:
    rest = beyond_token(table, ids)
    r, n = correlations(beyond_token(activity.values, ids), rest)
    squares: dict[tuple[int, bool], list[NDArray[np.float64]]] = {}
    for other in shuffled:
        of_other, _ = correlations(beyond_token(other.values, ids), rest)
        for unit, square in zip(other.names, fisher(of_other) ** 2, strict=True):
            squares.setdefault((unit.layer, unit.is_cell), []).append(square)
    spreads = {kind: np.sqrt(np.mean(parts, axis=0)) for kind, parts in squares.items()}
    spread = np.stack([spreads[unit.layer, unit.is_cell] for unit in activity.names])
    return _Surprises(r, spread, shifted=deviations(r, n), among_shuffled=fisher(r) / np.maximum(spread, 1e-9))


def read_shuffled(config: ModelConfig, weights: Mapping[str, NDArray[Any]], text: TokenText) -> list[Activity]:
    """What the units of networks with shuffled weights do on a text; of several networks if they are small.

    >>> from seqgen.run import open_model
    >>> saved = open_model("checkpoints/story")
    >>> text = TokenText.of(np.arange(1, 9), saved.tokenizer)
    >>> len(read_shuffled(saved.record.model, saved.weights, text))
    8
    """
    n = min(_MOST_NETWORKS, math.ceil(_SHUFFLED_UNITS / config.d_model))
    activities = []
    for seed in range(n):
        network = build_model(config)
        load_weights(network, shuffled_weights(weights, seed=seed))
        what = f"reading the text with shuffled weights, {seed + 1} of {n}"
        activities.append(read_activity(network.eval(), config, text.ids, what=what))
    return activities


def shuffled_weights(weights: Mapping[str, NDArray[Any]], *, seed: int) -> dict[str, NDArray[Any]]:
    """The same weights in a random order within each row of each matrix. Biases stay where they are.

    >>> rows = shuffled_weights({"weight": np.array([[1, 2, 3], [4, 5, 6]]), "bias": np.array([7, 8])}, seed=0)
    >>> np.sort(rows["weight"], axis=1).tolist(), rows["bias"].tolist()
    ([[1, 2, 3], [4, 5, 6]], [7, 8])
    """
    rng = np.random.default_rng(seed)
    return {name: rng.permuted(array, axis=1) if array.ndim > 1 else array for name, array in weights.items()}
