"""The units of one model over one text: what they follow, how their gates stand, and passages that show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.config import UnitName
from seqgen.errors import ConfigError, CorpusError
from seqgen.evaluation import TextSelection
from seqgen.inspection.activity import Activity, most_tokens, read_activity
from seqgen.inspection.gates import KEPT, GateUse
from seqgen.inspection.token_text import TokenText, read_selected
from seqgen.inspection.units import MOST_FALSE, Following, find_followers, read_shuffled, usable_features
from seqgen.models import build_model, load_weights
from seqgen.run import SavedModel
from seqgen.sampling import require_forward

FEWEST_TOKENS = 1000
"""In a shorter text, no feature occurs often enough."""
HIGHEST = 4
"""The level of a value two standard deviations above the unit's mean; a lower value has a lower level, down to -4."""

_LONGEST_WORD = 30
"""Tokens of it."""


@dataclass(frozen=True, eq=False)
class Passage:
    """A part of a text, what a unit shows after each of its tokens, and where the feature that it follows is on."""

    pieces: tuple[str, ...]
    levels: tuple[int, ...]
    """From -4 to 4, about the mean of the unit over the whole text, half a standard deviation each."""
    is_on: tuple[bool, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class UnitReport:
    """What the units of one model do over one text.

    >>> from seqgen.run import open_model
    >>> report = measure_units(open_model("checkpoints/story"), TextSelection.of(["story.txt"]))
    >>> len(report.followings), report.gates[0].name, len(report.found) <= 32
    (32, 'input', True)
    >>> len(report.passage(report.followings[0].unit, 40).pieces)
    40
    """

    run: str
    text: TokenText
    activity: Activity
    features: dict[str, NDArray[np.float64]]
    """The features that the text has often enough, a number for each token."""
    followings: tuple[Following, ...]
    """Of every unit, those that were found first."""

    @property
    def found(self) -> tuple[Following, ...]:
        """The units of which one can be sure."""
        return tuple(following for following in self.followings if following.is_found)

    @property
    def gates(self) -> tuple[GateUse, ...]:
        """The gates of all layers, without what they say about what is kept."""
        return tuple(use for use in self.activity.gates if use.name != KEPT)

    @property
    def memories(self) -> tuple[GateUse, ...]:
        """What each layer keeps, with the time constants of its units."""
        return tuple(use for use in self.activity.gates if use.name == KEPT)

    def by_feature(self) -> dict[str, list[Following]]:
        """The units that were found, by the feature that they follow, the strongest first."""
        groups: dict[str, list[Following]] = {}
        for following in self.found:
            groups.setdefault(following.feature, []).append(following)
        return groups

    def following_of(self, unit: UnitName) -> Following:
        """What one unit follows, found or not."""
        return next(following for following in self.followings if following.unit == unit)

    def passage(self, unit: UnitName, n_tokens: int) -> Passage:
        """The passage of the second half in which the feature of a unit changes most, with the levels of the unit."""
        values = self.activity.values[self.activity.names.index(unit)].astype(np.float64)
        feature = self.features[self.following_of(unit).feature]
        first = _after_blank(self.text.pieces, _most_varied(feature, n_tokens))
        shown = slice(first, first + n_tokens)
        levels = np.rint(2 * (values - values.mean()) / max(values.std(), 1e-12)).clip(-HIGHEST, HIGHEST)
        is_two_valued = set(np.unique(feature).tolist()) <= {0.0, 1.0}
        is_on = (feature[shown] > 0.5) & is_two_valued
        return Passage(self.text.pieces[shown], tuple(levels[shown].astype(int).tolist()), tuple(is_on.tolist()))

    def to_json(self) -> dict[str, Any]:
        """The whole report, with every unit and every gate."""
        return {
            "run": self.run,
            "text": self.text.name,
            "tokens": len(self.text.ids),
            "units": len(self.activity.names),
            "features": list(self.features),
            "chance_of_a_false_discovery": MOST_FALSE,
            "found": len(self.found),
            "followings": [following.to_json() for following in self.followings],
            "gates": [use.to_json() for use in self.activity.gates],
        }


def measure_units(saved: SavedModel, selection: TextSelection) -> UnitReport:
    """Let a model and networks with its weights in a random order read a text, and find out what its units follow.

    The network alone is read, without an n-gram expert. Of a long text, the beginning is read.

    Raises:
        ConfigError: the model learned from pairs, or reads backward.
        CorpusError: the text cannot be found, is too short, or has no feature that could be followed.
        TokenizerError: a closed vocabulary lacks a word of the text.
    """
    if saved.source_tokenizer is not None:
        raise ConfigError(f"{saved.name} learned from pairs: units are read over a text, so name a run of a text")
    require_forward(saved, "seqgen inspect units")
    config = saved.record.model
    text = read_selected(saved, selection, fewest=FEWEST_TOKENS, most=most_tokens(config))
    features = usable_features(text)
    if not features:
        raise CorpusError(f"{text.name} has no feature often enough that a unit could follow, not even words")
    network = build_model(config)
    load_weights(network, saved.weights)
    activity = read_activity(network.eval(), config, text.ids)
    followings = find_followers(activity, read_shuffled(config, saved.weights, text), features=features, ids=text.ids)
    return UnitReport(run=saved.name, text=text, activity=activity, features=features, followings=followings)


def _most_varied(feature: NDArray[np.float64], n: int) -> int:
    """Where in the second half the n tokens begin over which a feature varies most."""
    half = len(feature) // 2
    values = feature[half:]
    sums, squares = (np.concatenate(([0.0], np.cumsum(part))) for part in (values, values**2))
    width = min(n, len(values))
    means, mean_squares = ((part[width:] - part[:-width]) / width for part in (sums, squares))
    return half + int(np.argmax(np.round(mean_squares - means**2, 9)))


def _after_blank(pieces: Sequence[str], first: int) -> int:
    """A place at most a few tokens before another one, where a word begins if there is such a place."""
    places = (place for place in range(first, max(0, first - _LONGEST_WORD), -1) if pieces[place - 1].isspace())
    return next(places, first)


def longest_memories(use: GateUse, n: int) -> Sequence[tuple[UnitName, float]]:
    """The units of a layer that keep what they carry longest, and for how many tokens.

    >>> kept = np.zeros(3)
    >>> longest_memories(GateUse(1, "kept", shut=kept, open=kept, time_constants=np.array([2.0, 9.0, 4.0])), 2)
    [(UnitName(layer=1, number=1, is_cell=False), 9.0), (UnitName(layer=1, number=2, is_cell=False), 4.0)]
    """
    assert use.time_constants is not None
    order = np.argsort(-use.time_constants, kind="stable")[:n].tolist()
    return [(UnitName(use.layer, number), float(use.time_constants[number])) for number in order]
