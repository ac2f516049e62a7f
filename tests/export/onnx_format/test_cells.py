"""The exported step of every cell computes what its NumPy stepper computes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from seqgen.config import Cell, ExportPrecision, ModelConfig
from seqgen.export.onnx_format.cells import CELLS
from seqgen.inference import STEPPERS, build_stepper
from seqgen.run import SavedModel, open_model
from tests.export.onnx_format.engine import Array, Engine, exported, with_random_weights
from tests.tiny import MODEL_CONFIGS, V

every_model = pytest.mark.parametrize("config", MODEL_CONFIGS.values(), ids=MODEL_CONFIGS.keys())
N_STEPS = 60
"""More than six times the attention window of the tiny Transformer."""


@pytest.fixture
def saved(run_folder: Path) -> SavedModel:
    return open_model(str(run_folder))


def random_ids(n_steps: int, n_texts: int) -> Array:
    return np.random.default_rng(0).integers(0, V, (n_steps, n_texts))


def stepped(model: SavedModel, ids: Array) -> Array:
    """The logits of the NumPy stepper, (T, B, V)."""
    stepper = build_stepper(model.record.model, model.weights, n_streams=ids.shape[1])
    return np.stack([stepper.step(row).copy() for row in ids])


def test_every_cell_has_a_graph() -> None:
    assert set(CELLS) == set(STEPPERS)


@every_model
def test_logits_equal_those_of_the_stepper(saved: SavedModel, config: ModelConfig, tmp_path: Path) -> None:
    model, ids = with_random_weights(saved, config), random_ids(N_STEPS, 3)
    engine = Engine(exported(model, tmp_path / "onnx"), n_texts=3)
    logits = np.stack([engine.step(row) for row in ids])
    np.testing.assert_allclose(logits, stepped(model, ids), rtol=1e-4, atol=1e-4)


@every_model
def test_the_file_is_a_valid_model_of_an_old_opset(saved: SavedModel, config: ModelConfig, tmp_path: Path) -> None:
    folder = exported(with_random_weights(saved, config), tmp_path / "onnx")
    model = onnx.load(folder / "model.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", 17)]
    assert model.ir_version == 8


@every_model
def test_texts_of_a_batch_may_be_at_different_positions(saved: SavedModel, config: ModelConfig, tmp_path: Path) -> None:
    model, ids = with_random_weights(saved, config), random_ids(30, 1)
    folder = exported(model, tmp_path / "onnx")
    older, batch = Engine(folder, n_texts=1), Engine(folder, n_texts=2)
    for row in ids[:13]:
        older.step(row)
    batch.state = {name: np.concatenate((older.state[name], part[1:])) for name, part in batch.state.items()}
    logits = [batch.step(np.concatenate((row, begun))) for row, begun in zip(ids[13:], ids, strict=False)]
    expected = stepped(model, ids)[:, 0]
    np.testing.assert_allclose([both[0] for both in logits], expected[13:], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose([both[1] for both in logits], expected[:17], rtol=1e-4, atol=1e-4)


def test_rotations_are_exact_at_very_large_positions(saved: SavedModel, tmp_path: Path) -> None:
    model = with_random_weights(saved, MODEL_CONFIGS["transformer"])
    engine, ids = Engine(exported(model, tmp_path / "onnx"), n_texts=1), random_ids(20, 1)
    stepper = build_stepper(model.record.model, model.weights, n_streams=1)
    for row in ids[:10]:  # the attention window is 9
        stepper.step(row)
    *memories, _ = stepper.state()
    far = np.array([10**9])
    stepper.set_state((*memories, far))
    engine.state["position"] = far.astype(np.int32)
    for name, memory in zip(("keys_0", "values_0", "keys_1", "values_1"), memories, strict=True):
        engine.state[name][:, :, 1:] = memory
    for row in ids[10:]:
        np.testing.assert_allclose(engine.step(row), stepper.step(row), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("precision", "tolerance"), [("float16", 0.02), ("int8", 0.5)])
@pytest.mark.parametrize("cell", sorted(CELLS))
def test_a_smaller_number_type_changes_logits_a_little(
    saved: SavedModel, cell: Cell, precision: ExportPrecision, tolerance: float, tmp_path: Path
) -> None:
    model, ids = with_random_weights(saved, MODEL_CONFIGS[cell]), random_ids(20, 2)
    engine = Engine(exported(model, tmp_path / "onnx", precision), n_texts=2)
    error = np.abs(np.stack([engine.step(row) for row in ids]) - stepped(model, ids)).max()
    assert 0 < error < tolerance


def test_a_smaller_number_type_makes_the_file_smaller(saved: SavedModel, tmp_path: Path) -> None:
    model = with_random_weights(saved, replace(MODEL_CONFIGS["lstm"], d_model=64))
    sizes = [
        (exported(model, tmp_path / precision, precision) / "model.onnx").stat().st_size
        for precision in ("float32", "float16", "int8")
    ]
    assert sizes[0] > 1.8 * sizes[1] > 3.0 * sizes[2]


def test_a_matrix_of_zeros_stays_one_in_8_bits(saved: SavedModel, tmp_path: Path) -> None:
    model = with_random_weights(saved, MODEL_CONFIGS["lstm"])
    model.weights["head.weight"][:] = 0
    with np.errstate(invalid="raise"):
        engine = Engine(exported(model, tmp_path / "onnx", "int8"), n_texts=1)
    np.testing.assert_allclose(engine.step(np.array([3]))[0], model.weights["head.bias"], atol=1e-6)
