"""The expert in a model file: it comes back as it was, and what does not fit is refused."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from seqgen.container import read_container, write_container
from seqgen.errors import RunError
from seqgen.evaluation.ngram import NgramModel
from seqgen.inference import ContextTable, NgramExpert
from seqgen.run import amend_model, load_model
from seqgen.run.stored_expert import pack_expert, unpack_expert
from tests import tiny

V = 300
IDS = np.random.default_rng(0).integers(0, V, 2000) ** 2 % V


def an_expert() -> NgramExpert:
    return NgramExpert(NgramModel(IDS, order=4, vocab_size=V).tables(), vocab_size=V, weight=0.25)


def test_it_comes_back_as_it_was() -> None:
    expert = an_expert()
    again = unpack_expert(*pack_expert(expert), vocab_size=V)
    contexts = expert.read(expert.beginning(1), IDS[None])[0]
    assert (again.order, again.weight, again.n_ngrams) == (4, 0.25, expert.n_ngrams)
    np.testing.assert_array_equal(again.probabilities(contexts), expert.probabilities(contexts))


def test_a_model_file_keeps_its_weights_when_it_gets_an_expert(tmp_path: Path) -> None:
    saved = load_model(tiny.trained(tmp_path / "run") / "model.safetensors")
    vocab_size = saved.tokenizer.vocab_size
    tables = NgramModel(IDS % vocab_size, order=3, vocab_size=vocab_size).tables()
    for weight in (0.25, 0.5):  # the second replaces the first
        sha256 = amend_model(saved.path, expert=NgramExpert(tables, vocab_size=vocab_size, weight=weight))
        again = load_model(saved.path)
        assert (again.sha256, again.expert and again.expert.weight) == (sha256, weight)
        assert again.record == saved.record
        assert {name: array.tobytes() for name, array in again.weights.items()} == {
            name: array.tobytes() for name, array in saved.weights.items()
        }


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"weight": 1.0}, "impossible"),
        ({"weight": 0.0}, "impossible"),
        ({"weight": "much"}, "cannot be read"),
        ({"contexts": []}, "impossible"),
        ({"contexts": [], "ngrams": [], "discounts": np.empty((0, 4))}, "impossible"),
        ({"contexts": [1] * 33, "ngrams": [1] * 33, "discounts": [[0, 1, 1, 1]] * 33}, "impossible"),
        ({"contexts": [1] * 32, "ngrams": [1] * 32, "discounts": [[0, 1, 1, 1]] * 32}, "are damaged"),
        ({"contexts": [1, 1, 1, 0]}, "impossible"),
        ({"contexts": [1, 10**8, 1, 1]}, "are damaged"),
        ({"ngrams": [1, 10**8, 1, 1]}, "impossible"),
        ({"ngrams": [10**8 - 3, 1, 1, 1]}, "are damaged"),
        ({"ngrams": [1, 1, 1, 1]}, "are damaged"),
        ({"ngrams": [-1, 1, 1, 1]}, "impossible"),
        ({"discounts": [[0, 0, 0, 0]] * 4}, "not those of an n-gram model"),
        ({"discounts": [[0, 1, 1.5, 9]] * 4}, "not those of an n-gram model"),
        ({"discounts": [[0.5, 1, 1.5, 2]] * 4}, "not those of an n-gram model"),
        ({"discounts": [[0, 1, 2]] * 4}, "impossible"),
    ],
)
def test_a_description_that_does_not_fit_is_refused(changes: dict[str, Any], fault: str) -> None:
    description, packed = pack_expert(an_expert())
    with pytest.raises(RunError, match=f"n-gram expert.*{fault}"):
        unpack_expert({**description, **changes}, packed, vocab_size=V)


def test_tables_for_a_larger_vocabulary_are_refused() -> None:
    with pytest.raises(RunError, match="n-gram expert"):
        unpack_expert(*pack_expert(an_expert()), vocab_size=V - 100)


@pytest.mark.parametrize("packed", [np.zeros(0, np.uint8), np.full(100, 7, np.uint8)])
def test_tables_that_cannot_be_unpacked_are_refused(packed: NDArray[np.uint8]) -> None:
    with pytest.raises(RunError, match="damaged"):
        unpack_expert(pack_expert(an_expert())[0], packed, vocab_size=V)


def test_the_error_names_the_file(tmp_path: Path) -> None:
    path = tiny.trained(tmp_path / "run") / "model.safetensors"
    container = read_container(path, "model")
    write_container(path, "model", document={**container.document, "expert": {}}, tensors=container.tensors)
    with pytest.raises(RunError, match=r"model\.safetensors is damaged: .*n-gram expert"):
        load_model(path)


def test_a_small_file_that_fills_the_memory_is_refused() -> None:
    n = 10**6
    description = {"weight": 0.5, "contexts": [1], "ngrams": [n], "discounts": [[0, 0.5, 0.5, 0.5]]}
    bomb = np.frombuffer(zlib.compress(bytes(12 + 6 * n)), np.uint8)
    with pytest.raises(RunError, match="damaged"):
        unpack_expert(description, bomb, vocab_size=V)


def test_tables_that_would_unpack_to_too_much_are_stored_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.run.stored_expert._MOST_COMPRESSION", 1)
    monkeypatch.setattr("seqgen.run.stored_expert._ALWAYS_BYTES", 0)
    expert = an_expert()
    assert unpack_expert(*pack_expert(expert), vocab_size=V).n_ngrams == expert.n_ngrams


def swapped(values: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([values[1::-1], values[2:]])


def with_first(values: NDArray[Any], first: int) -> NDArray[Any]:
    return np.concatenate([np.array([first], values.dtype), values[1:]])


@pytest.mark.parametrize(
    "change",
    [
        lambda table: {"sizes": with_first(table.sizes, 0)},
        lambda table: {"sizes": table.sizes + np.eye(1, len(table.sizes), dtype=table.sizes.dtype)[0]},
        lambda table: {"sizes": np.concatenate([[0, table.sizes[:2].sum()], table.sizes[2:]]).astype(np.uint32)},
        lambda table: {"ids": with_first(table.ids, V)},
        lambda table: {"counts": with_first(table.counts, 0)},
        lambda table: {"keys": swapped(table.keys)},
    ],
    ids=["too few", "too many", "an empty context", "an unknown id", "a count of 0", "out of order"],
)
def test_tables_in_which_a_look_up_would_go_wrong_are_refused(change: Callable[[ContextTable], dict[str, Any]]) -> None:
    tables = an_expert().tables
    wrong = NgramExpert([*tables[:-1], replace(tables[-1], **change(tables[-1]))], vocab_size=V, weight=0.25)
    with pytest.raises(RunError, match="are not those of an n-gram model"):
        unpack_expert(*pack_expert(wrong), vocab_size=V)


def test_the_largest_id_of_the_vocabulary_may_occur() -> None:
    largest = max(int(table.ids.max()) for table in an_expert().tables)
    assert unpack_expert(*pack_expert(an_expert()), vocab_size=largest + 1).order == 4
    with pytest.raises(RunError, match="n-gram expert"):
        unpack_expert(*pack_expert(an_expert()), vocab_size=largest)
