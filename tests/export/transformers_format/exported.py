"""Models with random weights, exported, and opened again by transformers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModelForCausalLM

from seqgen.config import CharConfig, ExportConfig, ExportPrecision, ModelConfig
from seqgen.export import export_model
from seqgen.inference import Stepper, build_stepper, weight_shapes
from seqgen.run import SavedModel, open_model
from seqgen.tokenizers import train_tokenizer
from tests.tiny import V

CHARACTERS = "abcdefghij"[: V - 1]
"""So many that the vocabulary of the tiny models has an id for each, and one for the end of a text."""


def random_model(run_folder: Path, config: ModelConfig, *, size: float = 0.4, **record: Any) -> SavedModel:
    """A saved model of this shape, whose weights are large enough to tell every mistake. The rest is that of a run."""
    random = np.random.default_rng(3)
    saved = open_model(str(run_folder))
    return replace(
        saved,
        record=replace(saved.record, model=config, **record),
        tokenizer=train_tokenizer(CharConfig(), [CHARACTERS], n_bytes=len(CHARACTERS)),
        weights={
            name: random.normal(scale=size, size=shape).astype(np.float32)
            for name, shape in weight_shapes(config).items()
        },
    )


def exported(saved: SavedModel, path: Path, precision: ExportPrecision = "float32") -> Path:
    """The folder of a model for transformers."""
    return export_model(saved, ExportConfig(format="transformers", precision=precision), out=path).path


def opened(folder: Path, **options: Any) -> Any:
    """The model of a folder, as transformers opens it."""
    model: Any = AutoModelForCausalLM.from_pretrained(str(folder), trust_remote_code=True, **options)
    return model.eval()


def stepper_of(saved: SavedModel) -> Stepper:
    return build_stepper(saved.record.model, saved.weights, n_streams=1)


def stepped(saved: SavedModel, ids: NDArray[np.int64]) -> NDArray[np.float32]:
    """The logits after each of T ids, (T, V), by seqgen's own steps."""
    stepper = stepper_of(saved)
    return np.array([stepper.step(np.array([token]))[0].copy() for token in ids])


def random_ids(n_time: int, *, seed: int = 0) -> NDArray[np.int64]:
    """(T,)"""
    return np.random.default_rng(seed).integers(0, V, n_time)


def logits_of(model: Any, ids: NDArray[np.int64], **options: Any) -> NDArray[np.float32]:
    """The logits after each of T ids, (T, V), in one pass of transformers."""
    with torch.inference_mode():
        logits: NDArray[np.float32] = model(torch.from_numpy(ids)[None], **options).logits[0].numpy()
    return logits


def greedy(saved: SavedModel, prompt: NDArray[np.int64], *, n_new: int) -> list[int]:
    """The prompt, and the likeliest id after it, and so on, by seqgen's own steps. No text ends."""
    stepper, ids = stepper_of(saved), [int(token) for token in prompt]
    logits = stepper.read(ids)
    for _ in range(n_new):
        ids.append(1 + int(logits[0, 1:].argmax()))
        logits = stepper.step(np.array(ids[-1:]))
    return ids


def read_step_by_step(model: Any, ids: NDArray[np.int64]) -> NDArray[np.float32]:
    """The logits after each of T ids, (T, V): transformers reads one id at a time, as `generate` lets it."""
    kwargs: dict[str, Any] = {"use_cache": True}
    rows = []
    with torch.inference_mode():
        for time in range(1, len(ids) + 1):
            before = torch.from_numpy(ids[:time])[None]
            n_next = {} if time == 1 else {"next_sequence_length": 1}
            inputs = model.prepare_inputs_for_generation(before, **n_next, **kwargs)
            outputs = model(**inputs)
            kwargs = model._update_model_kwargs_for_generation(outputs, kwargs)
            rows.append(outputs.logits[0, -1].numpy())
    return np.array(rows)
