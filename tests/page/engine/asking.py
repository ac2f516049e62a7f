"""Questions to the engine of the page, in node or in a browser without a window."""

from __future__ import annotations

import base64
import dataclasses
import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from seqgen.config import ExportPrecision, ModelConfig
from seqgen.export.html_page.packing import pack_weights
from seqgen.export.html_page.writing import page_content
from seqgen.inference import NgramExpert, weight_shapes
from seqgen.page.assemble import Page, assemble_page
from seqgen.run import SavedModel
from seqgen.run.stored_expert import pack_expert
from tests.page.chromium import Browser

HERE = Path(__file__).parent
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed")

Question = dict[str, Any]
Blobs = dict[str, bytes]
Weights = dict[str, NDArray[np.float32]]


def ask_node(questions: Sequence[Question], blobs: Mapping[str, bytes] | None = None) -> list[Any]:
    """The answers of the engine in node."""
    encoded = {name: base64.b64encode(blob).decode() for name, blob in (blobs or {}).items()}
    command = [str(NODE), str(HERE / "in_node.mjs")]
    asked = json.dumps({"questions": questions, "blobs": encoded})
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    answers: list[Any] = json.loads(done.stdout)
    return answers


def carried_by(saved: SavedModel, *, precision: ExportPrecision = "float32") -> tuple[dict[str, Any], Blobs]:
    """The data and the bytes that the page of a model carries."""
    content = page_content(saved, precision)
    return content.data, content.blobs


def ask_page(browser: Browser, questions: Sequence[Question], blobs: Mapping[str, bytes]) -> list[Any]:
    """The answers of the engine in a page, under the content policy that every page has."""
    page = Page(
        title="Questions",
        lead="",
        start=HERE / "in_browser.js",
        data={"questions": list(questions)},
        blobs=dict(blobs),
        runs_wasm=True,
    )
    tab = browser.open(assemble_page(page))
    tab.wait_until("document.getElementById('answers') !== null")
    assert tab.complaints == []
    answers: list[Any] = json.loads(tab.evaluate("document.getElementById('answers').textContent"))
    return answers


def random_weights(config: ModelConfig) -> Weights:
    """Weights of a model that nothing was learned into, so small that no sum saturates."""
    rng = np.random.default_rng(1)
    shapes = weight_shapes(config)
    return {name: rng.normal(scale=0.3, size=shape).astype(np.float32) for name, shape in shapes.items()}


def logits_question(
    name: str,
    config: ModelConfig,
    *,
    streams: NDArray[np.int64],
    precision: ExportPrecision = "float32",
    expert: NgramExpert | None = None,
) -> tuple[Question, Blobs, Weights]:
    """What are the logits after each id of some streams? With the bytes that it needs, and the rounded weights."""
    packed = pack_weights(random_weights(config), precision)
    question = {
        "ask": "logits",
        "cell": config.cell,
        "config": dataclasses.asdict(config),
        "tensors": packed.tensors,
        "weights": f"{name}-weights",
        "streams": streams.tolist(),
    }
    blobs = {f"{name}-weights": packed.data}
    if expert is not None:
        description, tables = pack_expert(expert)
        question |= {"expert": description, "tables": f"{name}-expert"}
        blobs[f"{name}-expert"] = tables.tobytes()
    return question, blobs, packed.rounded
