"""The label expert in a model file: it comes back as it was, and what does not fit is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from seqgen.container import read_container, write_container
from seqgen.errors import RunError
from seqgen.inference import LabelExpert, MixingPowers, NgramKinds
from seqgen.run import amend_model, load_model
from seqgen.run.stored_label_expert import pack_label_expert, unpack_label_expert
from tests import tiny_pairs

SOURCES = ["aba", "", "dcx", "a b"]


def an_expert(power: float = 0.75) -> LabelExpert:
    table = np.random.default_rng(0).normal(size=(64, 2)).astype(np.float16)
    return LabelExpert(table, kinds=NgramKinds(words=1, characters=3), powers=MixingPowers(0.5, power))


def test_a_model_file_keeps_its_weights_when_it_gets_an_expert(tmp_path: Path) -> None:
    saved = load_model(tiny_pairs.trained(tmp_path / "run", text=tiny_pairs.KINDS["label"]) / "model.safetensors")
    assert saved.label_expert is None
    for power in (0.75, 0.5):  # the second replaces the first
        expert = an_expert(power)
        sha256 = amend_model(saved.path, label_expert=expert)
        again = load_model(saved.path)
        assert again.sha256 == sha256
        assert again.label_expert is not None
        assert (again.label_expert.powers, again.label_expert.kinds) == (expert.powers, expert.kinds)
        np.testing.assert_array_equal(again.label_expert.probabilities(SOURCES), expert.probabilities(SOURCES))
        assert again.record == saved.record
        assert {name: array.tobytes() for name, array in again.weights.items()} == {
            name: array.tobytes() for name, array in saved.weights.items()
        }


@pytest.mark.parametrize(
    "changes",
    [
        {"network_power": "much"},
        {"network_power": -1.0},
        {"expert_power": float("nan")},
        {"expert_power": 1e6},
        {"network_power": 1000.5},
        {"words": -1},
        {"words": 33},
        {"characters": 10**9},
        {"characters": None},
    ],
)
def test_a_description_that_cannot_be_is_refused(changes: dict[str, Any]) -> None:
    description, table = pack_label_expert(an_expert())
    with pytest.raises(RunError, match="label expert"):
        unpack_label_expert({**description, **changes}, table, n_labels=2)


def test_a_description_at_its_limits_is_read() -> None:
    description, table = pack_label_expert(an_expert())
    limits = {"network_power": 1000.0, "expert_power": 0.0, "words": 0, "characters": 32}
    expert = unpack_label_expert({**description, **limits}, table[:2], n_labels=2)
    assert (expert.powers, expert.kinds) == (MixingPowers(1000.0, 0.0), NgramKinds(words=0, characters=32))


@pytest.mark.parametrize(
    "table",
    [
        np.zeros((64, 3), np.float16),
        np.zeros((64, 2), np.float32),
        np.zeros((63, 2), np.float16),
        np.zeros((1, 2), np.float16),
        np.zeros((0, 2), np.float16),
        np.zeros(64, np.float16),
        np.full((64, 2), np.nan, np.float16),
    ],
)
def test_a_table_that_does_not_fit_is_refused(table: NDArray[Any]) -> None:
    with pytest.raises(RunError, match="label expert"):
        unpack_label_expert(pack_label_expert(an_expert())[0], table, n_labels=2)


def test_the_error_names_the_file(tmp_path: Path) -> None:
    path = tiny_pairs.trained(tmp_path / "run", text=tiny_pairs.KINDS["label"]) / "model.safetensors"
    container = read_container(path, "model")
    document = {**container.document, "label_expert": {}}
    write_container(path, "model", document=document, tensors=container.tensors)
    with pytest.raises(RunError, match=r"model\.safetensors is damaged: .*label expert"):
        load_model(path)
