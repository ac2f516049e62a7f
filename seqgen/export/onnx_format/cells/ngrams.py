"""Hashed n-gram embeddings as operations: what `seqgen.inference.ngrams` computes."""

from __future__ import annotations

import numpy as np

from seqgen.config import HASH_FACTORS, HASH_PRIME, NgramConfig
from seqgen.export.onnx_format.graph import Graph, Value


def with_ngrams(graph: Graph, x: Value, config: NgramConfig) -> Value:
    """Add to the embeddings what the latest 2, 3, ... N ids stand for together, (B, E) -> (B, E).

    The state `latest` holds the N-1 ids before this one, the latest one last. Each is stored plus 1, so that 0 stands
    for none.
    """
    if config.ngram_order is None:
        return x
    n_past = config.ngram_order - 1
    past = graph.carried("latest", n_past, dtype=np.int32)
    latest = graph.op("Unsqueeze", graph.add(graph.ids, graph.integers(1)), graph.integers([1], np.int64))
    gram = graph.op("Concat", past, latest, axis=1)  # (B, N)
    graph.carry("latest", graph.op("Gather", gram, graph.integers(range(1, n_past + 1)), axis=1))
    rows = graph.op("Gather", graph.half_weight("ngrams.rows.weight"), _row_numbers(graph, gram, config), axis=0)
    # An n-gram is left out if its oldest id is missing: for a pair, the id before the latest one.
    oldest = graph.op("Gather", past, graph.integers(range(n_past - 1, -1, -1)), axis=1)
    is_whole = graph.cast(graph.op("Greater", oldest, graph.integers(0)), np.float32)  # (B, N-1)
    weights = graph.op("Unsqueeze", is_whole, graph.integers([1], np.int64))
    sums = graph.op("MatMul", weights, rows)  # (B, 1, W)
    return graph.add(x, graph.linear(graph.op("Squeeze", sums, graph.integers([1], np.int64)), "ngrams.map.weight"))


def _row_numbers(graph: Graph, gram: Value, config: NgramConfig) -> Value:
    """The row that each n-gram reads, (B, N) -> (B, N-1): a hash of its ids, within the table of its length."""
    assert config.ngram_order is not None
    ages, lengths = np.arange(config.ngram_order)[::-1, None], np.arange(2, config.ngram_order + 1)
    factors = np.where(ages < lengths, np.array(HASH_FACTORS)[ages], 0)  # (N, N-1)
    numbers = graph.op("MatMul", graph.cast(gram, np.int64), graph.integers(factors, np.int64))
    for divisor in (HASH_PRIME, config.ngram_rows):
        numbers = graph.op("Mod", numbers, graph.integers(divisor, np.int64))
    return graph.add(numbers, graph.integers((lengths - 2) * config.ngram_rows, np.int64))
