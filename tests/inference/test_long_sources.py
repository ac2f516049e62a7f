"""Long sources: a Transformer attends to them in parts, and streams do not copy them."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from seqgen.inference.source_memory import SourceMemory
from tests.inference.test_sources import LENGTHS, SOURCES, TARGETS, a_stepper, assert_close, steps
from tests.models.pairs import make
from tests.tiny import PAIR_CONFIGS


@pytest.mark.parametrize("direction", ["forward", "bidirectional"])
def test_a_transformer_attends_to_a_source_in_parts(direction: str, monkeypatch: pytest.MonkeyPatch) -> None:
    config, encoder = PAIR_CONFIGS[f"transformer-{direction}-attention"]
    stepper = a_stepper(make(config, encoder), config, encoder)
    logits = []
    for limit in (1 << 22, 3 * 4 * 7 * 2):  # all positions at once, then three
        monkeypatch.setattr("seqgen.inference.source_memory._MOST_SCORES", limit)
        stepper.start(SOURCES, LENGTHS)
        logits.append(steps(stepper, TARGETS))
        stepper.select(np.array([0]))
        stepper.read([1, 2, 3, 4, 5, 6, 7, 8])
        logits.append(stepper.step(np.array([1])))
    assert_close(logits[2], logits[0])
    assert_close(logits[3], logits[1])


def test_memory_grows_with_the_length_of_a_source_and_not_with_its_square(monkeypatch: pytest.MonkeyPatch) -> None:
    config, encoder = PAIR_CONFIGS["transformer-bidirectional-attention"]
    stepper = a_stepper(make(config, encoder), config, encoder)
    monkeypatch.setattr("seqgen.inference.source_memory._MOST_SCORES", 1 << 14)
    peaks = []
    for length in (500, 2000):
        tracemalloc.start()
        stepper.start(np.ones((1, length), np.int64), np.array([length]))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 5 * peaks[0]


def test_streams_with_the_same_source_share_it() -> None:
    memory = SourceMemory([np.ones((2, 3, 4)), np.ones((2, 3, 4))], np.array([3, 2])).select(np.array([1, 1, 1]))
    again = memory.select(np.array([0, 2]))
    assert [len(array) for array in (*memory.arrays, *again.arrays)] == [3, 3, 2, 2]
    assert all(np.shares_memory(one, other) for one, other in zip(memory.arrays, again.arrays, strict=True))
    assert again.lengths.tolist() == [2, 2]
