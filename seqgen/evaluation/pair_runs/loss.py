"""What targets cost a model: the nats of each, and the rates made of their sum."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.corpus import Pair, PairBatches, encode_pairs
from seqgen.evaluation.oov import oov_charges
from seqgen.restored import restore_decoder
from seqgen.run import SavedModel
from seqgen.sampling.sources import source_tokenizer_of
from seqgen.scoring import token_nats
from seqgen.tokenizers import Tokenizer
from seqgen.waiting import waiting


@dataclass(frozen=True, kw_only=True, eq=False)
class PairLoss:
    """The nats of each target given its source: of its tokens and its end, or of a label among all labels.

    >>> import numpy as np
    >>> loss = PairLoss(nats=np.array([1.0, 3.0]), n_tokens=8, n_characters=6)
    >>> loss.nats_per_target, loss.nats_per_token, round(loss.bits_per_character, 3)
    (2.0, 0.5, 0.962)
    """

    nats: NDArray[np.float64]
    """Not a number where the training part lacks the label, so that no model can predict it. (N,)"""
    n_tokens: int
    """Of all targets, with their end-of-text tokens and with characters that have no token."""
    n_characters: int | None
    """Of all targets. None for labels, and if targets cannot be restored from their tokens."""

    @property
    def total(self) -> float:
        """The nats of all targets that can be predicted."""
        return float(np.nansum(self.nats))

    @property
    def n_targets(self) -> int:
        """How many these are."""
        return int(np.count_nonzero(~np.isnan(self.nats)))

    @property
    def nats_per_target(self) -> float | None:
        return self.total / self.n_targets if self.n_targets else None

    @property
    def nats_per_token(self) -> float | None:
        return self.total / self.n_tokens if self.n_tokens else None

    @property
    def nats_per_character(self) -> float | None:
        """None for labels, and if all targets are empty."""
        return self.total / self.n_characters if self.n_characters else None

    @property
    def bits_per_character(self) -> float | None:
        """The same in bits."""
        return in_bits(self.nats_per_character)

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report."""
        return {
            "nats": self.total,
            "targets": self.n_targets,
            "tokens": self.n_tokens,
            "characters": self.n_characters,
            "nats_per_target": self.nats_per_target,
            "bits_per_target": in_bits(self.nats_per_target),
            "nats_per_token": self.nats_per_token,
            "nats_per_character": self.nats_per_character,
            "bits_per_character": self.bits_per_character,
        }


def in_bits(nats: float | None) -> float | None:
    """Nats in bits; None stays None.

    >>> round(in_bits(1.0), 4)
    1.4427
    """
    return None if nats is None else nats / math.log(2)


def score_targets(model: SavedModel, pairs: Sequence[Pair]) -> PairLoss:
    """The loss of text targets under the torch module of a model.

    Sources are read as in training and predicting. Out-of-vocabulary characters of targets are charged for, as in
    texts.

    Raises:
        TokenizerError: the vocabulary of the targets is closed and lacks a word.
    """
    tokenizer = model.tokenizer
    line_ends = model.record.corpus.config.line_ends
    encoded = encode_pairs(pairs, source_tokenizer_of(model), tokenizer, line_ends=line_ends)
    batches = PairBatches.to_score(encoded, vocab_size=tokenizer.vocab_size, is_joined=model.record.encoder is None)
    nats = np.zeros(len(pairs))
    with waiting("scoring the targets", total=len(batches)) as work:
        for number, found in enumerate(token_nats(restore_decoder(model), batches)):
            rows = batches.rows(number)
            nats[rows] += found[: len(rows)].sum(axis=1)
            work.advance()
    if encoded.n_target_oov:
        nats += _oov_nats(pairs, encoded.target_lengths, tokenizer)
    return PairLoss(
        nats=nats,
        n_tokens=len(encoded.targets) + encoded.n_target_oov,
        n_characters=encoded.n_target_characters if encoded.is_lossless else None,
    )


def _oov_nats(pairs: Sequence[Pair], lengths: NDArray[np.int64], tokenizer: Tokenizer) -> NDArray[np.float64]:
    """What the tokens and the out-of-vocabulary characters of each target cost in addition. (N,)"""
    of_token, of_character = oov_charges(tokenizer)
    n_oov = np.array([len(tokenizer.encode(pair.target).oov) for pair in pairs])
    charged: NDArray[np.float64] = lengths * of_token + n_oov * of_character
    return charged
