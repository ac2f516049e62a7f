"""The label expert of a run: fitted, and mixed with its network, when the training has ended."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from seqgen.config import Part
from seqgen.corpus import CorpusPart, Pair, read_pairs
from seqgen.evaluation.label_regression import LabelRegression
from seqgen.evaluation.mixing_powers import best_powers, cross_fitted, mean_nats, nats_of
from seqgen.inference import LabelExpert, MixingPowers, NgramKinds, normalised, rows_of, weigh
from seqgen.run import SavedModel
from seqgen.sampling.prediction import predict_labels
from seqgen.tokenizers import Tokenizer

KINDS = NgramKinds()
PENALTIES = (1.0, 0.3, 0.1, 0.03, 0.01)
"""They are tried from the strongest on, for as long as the mixture becomes better on the validation part."""
_MOST_BYTES = 1 << 22
"""Of the table in the model file."""
_MOST_CHARACTERS = 3_000_000
"""Of the training sources to which an expert is fitted. More of them would take half a gigabyte."""
_MOST_WORK = 12_000_000
"""Those characters times labels. More would take longer than some seconds."""
_FEWEST_VALID = 50
_MOST_VALID = 5_000
"""Pairs of the validation part on which the penalty and the powers are found."""
_LEAST_GAIN = 0.003
"""Nats per label on validation. Less is not worth the table."""
_LEAST_ERRORS = 2.0
"""Standard errors of the gain that it exceeds. Less may be chance."""

Probabilities = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class LabelGain:
    """What a label expert brings on the validation part.

    It is measured on each half of the pairs with the powers and the penalty that are found on the other half.

    >>> powers = MixingPowers(network=0.5, expert=0.9)
    >>> LabelGain(powers=powers, penalty=0.1, nats=(0.75, 0.5), accuracy=(0.7, 0.8)).gain
    0.25
    """

    powers: MixingPowers
    """Those of the expert, which are found on all pairs."""
    penalty: float
    """The strength of the L2 penalty that did best on all pairs."""
    nats: tuple[float, float]
    """Nats per label of the network alone, and of the mixture."""
    accuracy: tuple[float, float]
    """The share of right labels, in the same order."""
    error: float = 0.0
    """The standard error of the gain."""

    @property
    def gain(self) -> float:
        """Nats per label."""
        before, after = self.nats
        return before - after

    @property
    def is_kept(self) -> bool:
        """Whether the expert is worth its table.

        >>> powers = MixingPowers(network=0.5, expert=0.9)
        >>> LabelGain(powers=powers, penalty=0.1, nats=(0.75, 0.7), accuracy=(0.7, 0.8), error=0.03).is_kept
        False
        """
        return self.gain >= _LEAST_GAIN and self.gain > _LEAST_ERRORS * self.error and self.powers.expert > 0


@dataclass(frozen=True, eq=False)
class LabelledSources:
    """Some sources, and the number of the label of each, from 0. (N,)

    >>> LabelledSources(["good", "bad"], np.array([0, 1])).labels.tolist()
    [0, 1]
    """

    sources: Sequence[str]
    labels: NDArray[np.int64]

    @classmethod
    def of(cls, pairs: Sequence[Pair], tokenizer: Tokenizer) -> LabelledSources:
        """Those of pairs whose labels are in the vocabulary."""
        ids = [int(tokenizer.encode(pair.target).ids[0]) for pair in pairs]
        return cls([pair.source for pair in pairs], np.array(ids, np.int64) - 1)

    def first(self, n: int) -> LabelledSources:
        """The first ones, at most so many."""
        return LabelledSources(self.sources[:n], self.labels[:n])


def weigh_label_expert(model: SavedModel, parts: Mapping[Part, CorpusPart]) -> tuple[LabelExpert, LabelGain] | None:
    """The label expert for a model's network and what it brings, or None if it is not worth it.

    It is fitted to the training part among `parts`. Its penalty and how it is mixed are found on the validation part.
    """
    known = {
        name: [pair for pair in read_pairs(part) if len(model.tokenizer.encode(pair.target).ids)]
        for name, part in parts.items()
    }
    valid = known["valid"][:_MOST_VALID]
    if len(valid) < _FEWEST_VALID:
        return None
    train, held_out = (LabelledSources.of(pairs, model.tokenizer) for pairs in (known["train"], valid))
    network = predict_labels(replace(model, label_expert=None), held_out.sources)
    return mix_with_expert(network, train=train, valid=held_out)


def mix_with_expert(
    network: Probabilities, *, train: LabelledSources, valid: LabelledSources
) -> tuple[LabelExpert, LabelGain] | None:
    """Fit an expert to the training sources and mix it with a network whose probabilities for the validation sources
    are given, (N, C). None if the mixture gains too little over the network, or perhaps by chance."""
    n_labels = network.shape[1]
    n_rows, n_train = table_size([len(source) for source in train.sources], n_labels=n_labels)
    learned_from = train.first(n_train)
    regression = LabelRegression(learned_from.sources, learned_from.labels, kinds=KINDS, shape=(n_rows, n_labels))
    rows = rows_of(valid.sources, KINDS, n_rows=n_rows)
    tried: list[Probabilities] = []
    least = math.inf
    for penalty in PENALTIES:
        table = regression.fit(penalty=penalty).astype(np.float16)
        alone = normalised(weigh(rows, table))
        tried.append(alone)
        powers = best_powers(network, alone, valid.labels)
        nats = mean_nats(powers.mix(network, alone), valid.labels)
        if nats >= least:
            break
        least, best_penalty, expert = nats, penalty, LabelExpert(table, kinds=KINDS, powers=powers)
    mixed = cross_fitted(network, tried, valid.labels)
    gain = _gain_of(network, mixed, labels=valid.labels, powers=expert.powers, penalty=best_penalty)
    return (expert, gain) if gain.is_kept else None


def table_size(n_characters: Sequence[int], *, n_labels: int) -> tuple[int, int]:
    """How many rows the table of an expert has, a power of two, and how many of the training sources it is fitted to.

    The table has two rows or more for each of their characters, unless the file would become too large.

    >>> table_size([100] * 10_000, n_labels=2), table_size([10] * 100, n_labels=2)
    ((1048576, 10000), (2048, 100))
    """
    ends = np.cumsum(n_characters)
    n_train = max(1, int(np.searchsorted(ends, min(_MOST_CHARACTERS, _MOST_WORK / n_labels), side="right")))
    n_wanted = 2 * max(1, int(ends[n_train - 1]))
    n_most = _MOST_BYTES // (n_labels * np.dtype(np.float16).itemsize)
    return min(1 << (n_wanted - 1).bit_length(), 1 << (n_most.bit_length() - 1)), n_train


def _gain_of(
    network: Probabilities, mixed: Probabilities, *, labels: NDArray[np.int64], powers: MixingPowers, penalty: float
) -> LabelGain:
    before, after = (nats_of(probabilities, labels) for probabilities in (network, mixed))
    right_before, right = (float((probabilities.argmax(axis=1) == labels).mean()) for probabilities in (network, mixed))
    return LabelGain(
        powers=powers,
        penalty=penalty,
        nats=(float(before.mean()), float(after.mean())),
        accuracy=(right_before, right),
        error=float((before - after).std(ddof=1)) / math.sqrt(len(labels)),
    )
