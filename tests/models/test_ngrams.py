"""Hashed n-gram embeddings: which rows are read, and when."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from seqgen.config import HASH_FACTORS, HASH_PRIME, MAX_NGRAM_ORDER, NgramConfig, RecurrentConfig
from seqgen.errors import ConfigError
from seqgen.inference.ngrams import NgramSums
from seqgen.models import build_model
from seqgen.models.ngrams import NgramEmbeddings
from tests.tiny import MODEL_CONFIGS

CONFIG = NgramConfig(ngram_order=4, ngram_rows=1000, ngram_width=6)


def make(config: NgramConfig = CONFIG) -> NgramEmbeddings:
    """Tables in float64 whose rows are not zero."""
    ngrams = NgramEmbeddings.of(config, 5)
    assert ngrams is not None
    torch.nn.init.normal_(ngrams.rows.weight)
    return ngrams.double()


def test_a_row_number_is_the_documented_hash() -> None:
    numbers = make().row_numbers(torch.tensor([[7, 3, 9, 2]]), past=None)
    for order in (2, 3, 4):
        latest_first = [2, 9, 3, 7][:order]
        total = sum((token + 1) * factor for token, factor in zip(latest_first, HASH_FACTORS, strict=False))
        assert numbers[0, 3, order - 2] == total % HASH_PRIME % 1000 + 1000 * (order - 2)


def test_new_tables_add_nothing() -> None:
    ngrams = NgramEmbeddings.of(CONFIG, 5)
    assert ngrams is not None
    assert not ngrams(torch.tensor([[1, 2, 3, 4, 5]]), None).any()


def test_an_ngram_that_begins_before_the_stream_adds_nothing() -> None:
    ngrams = make()
    ids = torch.tensor([[1, 2, 3, 4, 5]])
    n_read = (ngrams.row_numbers(ids, None) >= 0).sum(dim=2)
    assert n_read.tolist() == [[0, 1, 2, 3, 3]]
    assert not ngrams(ids, None)[0, 0].any()


def test_a_position_reads_the_same_rows_after_any_earlier_past() -> None:
    ngrams = make()
    first, second = (torch.tensor([[start, 4, 5, 6, 7]]) for start in (1, 2))
    assert torch.equal(ngrams(first, None)[:, 4], ngrams(second, None)[:, 4])


def test_a_single_stream_reads_the_same_bits_as_several() -> None:
    random = np.random.default_rng(0)
    sums = NgramSums(random.normal(size=(3000, 6)), random.normal(size=(6, 5)), order=4, n_streams=1)
    one, two = sums.fork(1), sums.fork(2)
    for token in random.integers(0, 60, 30):
        read = one.read(np.array([[token]]))
        assert read.shape == (1, 1, 5)
        np.testing.assert_array_equal(read, two.read(np.array([[token], [token]]))[:1])
        np.testing.assert_array_equal(one.past, two.past[:1])


def test_the_gradient_has_only_the_rows_that_were_read() -> None:
    ngrams = make()
    ids = torch.tensor([[1, 2, 3, 1, 2, 3]])
    ngrams(ids, None).sum().backward()
    gradient = ngrams.rows.weight.grad
    assert gradient is not None
    assert gradient.is_sparse
    numbers = ngrams.row_numbers(ids, None)
    assert gradient.coalesce().indices()[0].tolist() == [0, *sorted(set(numbers[numbers > 0].tolist()))]
    assert not gradient.to_dense()[0].any()  # stands in for n-grams that begin before the stream


def test_rows_are_left_out_in_training_only() -> None:
    ngrams = make(replace(CONFIG, ngram_dropout=0.5))
    ids = torch.arange(200)[None]
    dropped = (ngrams(ids, None) == 0).all(dim=2).double().mean()  # all three rows, in one case of eight
    assert 0.05 < dropped < 0.25
    assert not torch.equal(ngrams(ids, None), ngrams.eval()(ids, None))
    assert torch.equal(ngrams(ids, None), ngrams(ids, None))


def test_numpy_and_torch_read_the_same_rows_for_the_largest_ids() -> None:
    config = NgramConfig(ngram_order=MAX_NGRAM_ORDER, ngram_rows=1000, ngram_width=4)
    ngrams = make(config)
    weights = {f"ngrams.{name}": weight.detach().numpy() for name, weight in ngrams.named_parameters()}
    ids = torch.randint(2**28 - 9, 2**28, (3, 30))
    sums = NgramSums.of(config, weights, n_streams=3)
    assert sums is not None
    expected: Tensor = ngrams(ids, None).detach()
    np.testing.assert_allclose(sums.read(ids.numpy()), expected.numpy(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("change", [{"ngram_order": 1}, {"ngram_order": 9}, {"ngram_rows": 0}, {"ngram_dropout": 1.0}])
def test_values_out_of_range_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(change))):
        replace(CONFIG, **change).check_ngrams()


def test_ngrams_need_an_embedding_beside_which_they_stand() -> None:
    config = MODEL_CONFIGS["gru-one-hot"]
    assert isinstance(config, RecurrentConfig)
    with pytest.raises(ConfigError, match="ngram_order is 3: it must be none if d_embedding is none"):
        replace(config, ngram_order=3)


def test_a_model_with_new_tables_predicts_as_one_without_them() -> None:
    config = MODEL_CONFIGS["lstm-ngrams"]
    ids = torch.randint(0, 11, (2, 20))
    logits = []
    for order in (4, None):
        torch.manual_seed(0)
        logits.append(build_model(replace(config, ngram_order=order)).eval()(ids)[0])
    assert torch.equal(*logits)
