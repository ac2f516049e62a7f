"""The fields of hashed n-gram embeddings, which every decoder has, and the hash that chooses their rows."""

from __future__ import annotations

from dataclasses import dataclass

from seqgen.config.fields import require, require_shares, require_sizes

MAX_NGRAM_ORDER = 8
NO_ID = -1
"""Stands for an id before the beginning of a stream."""
HASH_PRIME = 2**31 - 1
HASH_FACTORS = tuple(pow(48_271, power, HASH_PRIME) for power in range(1, MAX_NGRAM_ORDER + 1))
"""The hash of an n-gram is the sum of (id + 1) * factor over its ids, the latest id first, modulo `HASH_PRIME` (Karp &
Rabin 1987). Its row is that modulo the number of rows. No sum leaves int64 as long as ids are below `MOST_IDS`."""
MOST_IDS = 1 << 28
_MOST_WIDE = 1 << 16


@dataclass(frozen=True, kw_only=True)
class NgramConfig:
    """Embeddings of the latest 2, 3, ... tokens, which are added to the embedding of the latest one.

    >>> from seqgen.config import MODEL_CONFIGS, NgramConfig
    >>> all(issubclass(config, NgramConfig) for config in MODEL_CONFIGS.values())
    True
    """

    ngram_order: int | None = None
    """Length of the longest n-grams that have an embedding. None leaves n-grams out."""
    ngram_rows: int = 32_768
    """Rows of the table of each length. N-grams with the same hash share a row."""
    ngram_width: int = 16
    """Numbers in a row. A learned map makes an embedding of them."""
    ngram_dropout: float = 0.0
    """Share of the rows that are left out where they are read, in training."""

    def check_ngrams(self) -> None:
        """Check these fields."""
        order = self.ngram_order
        is_order = order is None or 2 <= order <= MAX_NGRAM_ORDER
        require(self, "ngram_order", is_order, f"from 2 to {MAX_NGRAM_ORDER}, or none")
        require_sizes(self, "ngram_rows", most=HASH_PRIME)
        require_sizes(self, "ngram_width", most=_MOST_WIDE)
        require_shares(self, "ngram_dropout")
