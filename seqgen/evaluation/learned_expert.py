"""The n-gram expert of a run: counted and weighed when the training has ended."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.config import Part
from seqgen.corpus import CorpusPart, Streams, as_read, encode_part
from seqgen.errors import CorpusError
from seqgen.evaluation.ngram import NgramModel, count_different
from seqgen.inference import NgramExpert
from seqgen.models import Decoder
from seqgen.restored import restore_decoder
from seqgen.run import SavedModel
from seqgen.scoring import token_nats
from seqgen.training.data import count_valid_streams

_MIN_ORDER = 3
_LIMITS = ((2_000_000, 8, 2_500_000), (6_000_000, 10, 4_000_000))
"""Each row: for up to how many tokens of the training part, the longest n-grams, and the most n-grams of all lengths.

N-grams take about three bytes each in the file, and forty in memory. Longer ones are worth that in a long text only.
Counting takes up to 200 bytes of memory for each token, so still longer texts get no expert."""
_FEWEST_VALID_IDS = 1_000
_MOST_VALID_IDS = 200_000
"""The weight is found on the validation part, or on its beginning."""
_MOST_WORK = 4e11
"""Multiplications by weights while the network reads that part: some seconds."""
_LEAST_GAIN = 0.003
"""Nats per token on validation. Less is not worth the look-ups."""
_WINDOW = 256
_N_ITERATIONS = 30


@dataclass(frozen=True)
class ExpertGain:
    """What an expert brings on the validation part.

    >>> ExpertGain(order=8, weight=0.36, nats_before=1.45, nats_after=1.41).gain
    0.04...
    """

    order: int
    weight: float
    nats_before: float
    """Nats per token of the network alone."""
    nats_after: float
    """Nats per token of the mixture."""

    @property
    def gain(self) -> float:
        """Nats per token."""
        return self.nats_before - self.nats_after


def weigh_expert(model: SavedModel, parts: Mapping[Part, CorpusPart]) -> tuple[NgramExpert, ExpertGain] | None:
    """The n-gram expert for a model's network and what it brings, or None if it is not worth it.

    It counts the n-grams of the training part among `parts`, and finds their weight on the validation part.
    """
    try:
        train, valid = (encode_part(parts[name], model.tokenizer).ids for name in ("train", "valid"))
    except CorpusError:
        return None
    if len(valid) < _FEWEST_VALID_IDS or len(train) > _LIMITS[-1][0]:
        return None
    ids = valid[: min(_MOST_VALID_IDS, int(_MOST_WORK / model.n_parameters))]
    if len(ids) < _FEWEST_VALID_IDS:
        return None
    train, ids = (as_read(each, backward=model.record.corpus.backward) for each in (train, ids))
    ngram = _count(train, vocab_size=model.tokenizer.vocab_size)
    decoder = restore_decoder(replace(model, expert=None))
    network_nats = _nats_in_streams(decoder, ids)
    of_network, of_ngram = np.exp(-network_nats), np.exp(-ngram.nats(ids))
    weight = best_weight(of_ngram, of_network)
    before, after = network_nats.mean(), -np.log(weight * of_ngram + (1 - weight) * of_network).mean()
    tables = ngram.tables()
    gain = ExpertGain(order=len(tables), weight=weight, nats_before=float(before), nats_after=float(after))
    if gain.gain < _LEAST_GAIN:
        return None
    return NgramExpert(tables, vocab_size=model.tokenizer.vocab_size, weight=weight), gain


def _nats_in_streams(decoder: Decoder, ids: NDArray[Any]) -> NDArray[np.float64]:
    """-ln p of every id, read as training validates: in streams side by side, which is much faster than in one."""
    n_streams = count_valid_streams(len(ids), decoder.vocab_size)
    parts = list(token_nats(decoder, Streams(ids, n_streams=n_streams, window=_WINDOW)))
    n_batched = len(ids) // n_streams
    whole = np.concatenate([part for part in parts if len(part) == n_streams], axis=1)[:, :n_batched]
    rest = [part[0] for part in parts if len(part) != n_streams]
    return np.concatenate([whole.ravel(), *rest])


def best_weight(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """The weight w with which w * first + (1 - w) * second makes a text likeliest, by EM (Jelinek & Mercer 1980).

    Args:
        first: the probability of each token of the text under one model, (N,).
        second: the same under the other model, (N,).

    >>> import numpy as np
    >>> round(best_weight(np.array([0.9, 0.1]), np.array([0.1, 0.9])), 3)
    0.5
    """
    weight = 0.5
    for _ in range(_N_ITERATIONS):
        weight = float(np.mean(weight * first / (weight * first + (1 - weight) * second)))
    return round(min(max(weight, 0.001), 0.999), 3)


def _count(ids: NDArray[Any], *, vocab_size: int) -> NgramModel:
    """The n-grams of some ids, as long ones as there is room for."""
    _, longest, most_ngrams = next(limits for limits in _LIMITS if len(ids) <= limits[0])
    n_ngrams = itertools.accumulate(count_different(ids, longest))
    order = max(_MIN_ORDER, sum(n <= most_ngrams for n in n_ngrams))
    return NgramModel(ids, order=order, vocab_size=vocab_size)
