"""Exported steps in onnxruntime beside the NumPy steppers: sizes, nodes, differences of logits, loss, and speed.

python benchmarks/onnx_steps.py RUN... --text TEXT             # over the first 400 positions of a text
python benchmarks/onnx_steps.py RUN... --text TEXT --speed     # steps a second as well
python benchmarks/onnx_steps.py --text TEXT                    # the base `english`
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from seqgen.config import ExportConfig, ExportPrecision
from seqgen.export import EXPORTERS, export_model
from seqgen.inference import build_stepper, one_thread
from seqgen.run import SavedModel, open_model

N_POSITIONS = 400
Array = NDArray[Any]
Step = Callable[[int], Array]
"""From the latest id to the logits of the next, (V,)."""


def stepper_of(saved: SavedModel) -> Step:
    stepper = build_stepper(saved.record.model, saved.weights, n_streams=1)
    return lambda token: stepper.step(np.array([token]))[0]


def engine_of(path: Path) -> Step:
    """An exported step on one thread, like the stepper."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options)
    types = {"tensor(float)": np.float32, "tensor(int32)": np.int32}
    parts = session.get_inputs()[1:]
    state = {part.name: np.zeros((1, *part.shape[1:]), types[part.type]) for part in parts}

    def step(token: int) -> Array:
        logits, *after = session.run(None, {"ids": np.array([token], np.int32), **state})
        state.update(zip(state, after, strict=True))
        read: Array = logits[0]
        return read

    return step


def logits_of(step: Step, ids: list[int]) -> Array:
    """The logits after each id, (T, V)."""
    return np.stack([step(token).copy() for token in ids])


def bits(logits: Array, ids: list[int]) -> float:
    """Mean bits of each id but the first under the logits before it."""
    shifted = (logits - logits.max(axis=1, keepdims=True)).astype(np.float64)
    nats = np.log(np.exp(shifted).sum(axis=1))[:-1] - shifted[np.arange(len(ids) - 1), ids[1:]]
    return float(nats.mean() / np.log(2))


def steps_a_second(step: Step, ids: list[int]) -> float:
    """The fastest of five readings."""
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        for token in ids:
            step(token)
        times.append(time.perf_counter() - begun)
    return len(ids) / min(times)


def rows(saved: SavedModel, ids: list[int], folder: Path, *, has_speed: bool) -> list[list[str]]:
    """A row of the table for each precision."""
    expected, found = logits_of(stepper_of(saved), ids), []
    for precision in EXPORTERS["onnx"].precisions:
        path = _exported(saved, folder / f"{saved.name}-{precision}", precision)
        logits = logits_of(engine_of(path), ids)
        row = [saved.name, precision, f"{path.stat().st_size:,}", str(len(onnx.load(path).graph.node))]
        row += [f"{np.abs(logits - expected).max():.1e}", f"{bits(logits, ids) - bits(expected, ids):+.5f}"]
        speeds = (engine_of(path), stepper_of(saved)) if has_speed else ()
        found.append([*row, *(f"{steps_a_second(step, ids):,.0f}" for step in speeds)])
    return found


def _exported(saved: SavedModel, out: Path, precision: ExportPrecision) -> Path:
    return export_model(saved, ExportConfig(format="onnx", precision=precision), out=out).path / "model.onnx"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="*", default=["english"])
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--speed", action="store_true")
    options = parser.parse_args()
    head = ["run", "precision", "bytes", "nodes", "largest difference", "bits"]
    head += ["steps/s", "NumPy steps/s"] if options.speed else []
    print(f"| {' | '.join(head)} |\n| {' | '.join(['---'] * 2 + ['---:'] * (len(head) - 2))} |")
    with tempfile.TemporaryDirectory() as folder, one_thread():
        for run in options.runs:
            saved = open_model(run)
            text = saved.read(options.text.read_text(encoding="utf-8"))
            ids = [0, *saved.tokenizer.encode(saved.tokenizer.mark(text)).ids[: N_POSITIONS - 1].tolist()]
            for row in rows(saved, ids, Path(folder), has_speed=options.speed):
                print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
