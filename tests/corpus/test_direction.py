"""Reading from the end: each document is turned round, in its place, and turned back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from seqgen.config import TokenizerConfig
from seqgen.corpus import as_read, encode_text, from_end
from seqgen.tokenizers import END_OF_TEXT, MARK, train_tokenizer
from tests import tiny

SOME_IDS: st.SearchStrategy[np.ndarray[Any, Any]] = arrays(np.int32, st.integers(0, 30), elements=st.integers(0, 3))


@given(SOME_IDS)
def test_turned_twice_is_as_before(ids: np.ndarray[Any, Any]) -> None:
    values = np.arange(len(ids))
    assert from_end(from_end(values, ids), ids).tolist() == values.tolist()


@given(SOME_IDS)
def test_the_end_of_text_stays_behind_its_document(ids: np.ndarray[Any, Any]) -> None:
    turned = from_end(ids, ids)
    assert (turned == END_OF_TEXT).tolist() == (ids == END_OF_TEXT).tolist()
    documents = [np.split(each, np.flatnonzero(ids == END_OF_TEXT)) for each in (ids, turned)]
    for before, after in zip(*documents, strict=True):
        assert after[after != END_OF_TEXT].tolist() == before[before != END_OF_TEXT][::-1].tolist()


def test_one_document_is_no_copy() -> None:
    """A long text may be on disk."""
    ids = np.arange(1, 9)
    assert np.shares_memory(from_end(ids, ids), ids)


def test_forward_changes_nothing() -> None:
    ids = np.arange(9)
    assert as_read(ids, backward=False) is ids


@pytest.mark.parametrize("config", tiny.LOSSLESS.values(), ids=list(tiny.LOSSLESS))
def test_every_text_comes_back(config: TokenizerConfig) -> None:
    text = "Zoë sat.\nThe café, 漢字 👩‍👩‍👧!\n"
    marked = text.replace("\n", MARK) * 20
    tokenizer = train_tokenizer(config, [marked], n_bytes=len(text.encode()) * 20, separator="\n")
    ids = encode_text([marked], tokenizer).ids
    read = as_read(ids, backward=True)
    assert read.tolist() != ids.tolist()
    assert tokenizer.decode(from_end(read, read).tolist()) == text * 20
