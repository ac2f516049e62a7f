"""Models with random weights, and their exported step in onnxruntime."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, final

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from seqgen.config import ExportConfig, ExportPrecision, ModelConfig
from seqgen.export.onnx_format import write
from seqgen.models import build_model, read_weights
from seqgen.run import SavedModel

Array = NDArray[Any]
TYPES = {"tensor(float)": np.float32, "tensor(int32)": np.int32}


def with_random_weights(saved: SavedModel, config: ModelConfig) -> SavedModel:
    """A model of another shape, with none of the zeros that training begins with."""
    torch.manual_seed(1)
    model = build_model(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    weights = {name: array.astype(np.float32) for name, array in read_weights(model).items()}
    if config.ngram_order is not None:  # these are read from a model file in half precision
        weights["ngrams.rows.weight"] = weights["ngrams.rows.weight"].astype(np.float16).astype(np.float32)
    return replace(saved, record=replace(saved.record, model=config), weights=weights)


def exported(saved: SavedModel, folder: Path, precision: ExportPrecision = "float32") -> Path:
    """The folder, with a model in it."""
    folder.mkdir()
    write(saved, folder, ExportConfig(format="onnx", precision=precision))
    return folder


@final
class Engine:
    """The step of an exported folder over a batch of texts, of which each is at its own place."""

    def __init__(self, folder: Path, *, n_texts: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(folder / "model.onnx", options)
        inputs = {each.name: each for each in self._session.get_inputs() if each.name != "ids"}
        self.state: dict[str, Array] = {
            name: np.zeros((n_texts, *each.shape[1:]), TYPES[each.type]) for name, each in inputs.items()
        }

    def step(self, ids: Array) -> Array:
        """The logits after one more id of each text, (B, V)."""
        logits, *after = self._session.run(None, {"ids": ids.astype(np.int32), **self.state})
        self.state = dict(zip(self.state, after, strict=True))
        read: Array = logits
        return read
