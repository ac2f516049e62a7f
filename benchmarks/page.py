"""How large the page of a model is, and how many characters per second it writes in Chromium.

python benchmarks/page.py [--seconds 3]        # untrained models of every cell, in every precision
python benchmarks/page.py RUN... [--seconds 3] # the pages of runs, with what 8 bits cost them

`model` is the model in its page without the interface, `page` what a reader sees: each token is drawn and can be
shaded. `plain` is the model in a browser that may not run WebAssembly.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import numpy as np
from sampling import SHAPES, untrained

from seqgen.config import ExportConfig, ExportPrecision, MinGruConfig, ModelConfig
from seqgen.export import export_model
from seqgen.export.html_page.loss import loss_in_bits
from seqgen.export.html_page.packing import pack_weights
from seqgen.export.html_page.writing import page_content
from seqgen.inference import weight_shapes
from seqgen.page.assemble import Page, assemble_page
from seqgen.run import SavedModel, open_model

ROOT = Path(__file__).parents[1]
LARGE = "lstm 1x512"
PAGE_LENGTH = 10_000
"""Characters that the interface is asked for."""


def untrained_models(folder: str) -> Iterator[SavedModel]:
    """A model of every cell with random weights."""
    frame = untrained(folder)
    lstm = SHAPES[LARGE]
    recurrent: dict[str, Any] = {"vocab_size": lstm.vocab_size, "dropout": 0.0, "input_dropout": 0.0, "d_embedding": 64}
    shapes: dict[str, ModelConfig] = {**SHAPES, "mingru 2x512": MinGruConfig(n_layer=2, d_model=512, **recurrent)}
    shapes[f"{LARGE}, tables of n-grams"] = dataclasses.replace(lstm, ngram_order=5)
    rng = np.random.default_rng(0)
    for name, config in shapes.items():
        weights = {
            key: rng.normal(scale=0.1, size=shape).astype(np.float32) for key, shape in weight_shapes(config).items()
        }
        record = dataclasses.replace(frame.record, model=config)
        yield dataclasses.replace(frame, weights=weights, record=record, path=Path(f"{name}.safetensors"))


def measure_model(browser: Any, model: SavedModel, precision: ExportPrecision, *, plain: bool, seconds: float) -> float:
    """Characters per second of the model alone."""
    content = page_content(model, precision)
    start = Path(__file__).parent / "page_speed.js"
    data = {"model": content.data, "options": {"plain": plain}}
    page = Page(title="", lead="", start=start, data=data, blobs=content.blobs, runs_wasm=True)
    measured: dict[str, float] = browser.open(assemble_page(page)).evaluate(f"measure({seconds})")
    return measured["perSecond"]


def measure_page(browser: Any, page: Path) -> float:
    """Characters per second of a long text in the interface."""
    tab = browser.open(page)
    tab.wait_until("document.getElementById('opening').hidden")
    tab.evaluate(f"document.getElementById('length').value = {PAGE_LENGTH}")
    tab.evaluate("document.getElementById('seed').value = 1")
    seconds: float = tab.evaluate(
        "(async () => {"
        "  const started = performance.now();"
        "  document.getElementById('write').click();"
        "  await new Promise((resolve) => {"
        "    const look = () => document.querySelector('.is-writing') ? setTimeout(look, 5) : resolve();"
        "    setTimeout(look, 5);"
        "  });"
        "  return (performance.now() - started) / 1000;"
        "})()"
    )
    n_characters: int = tab.evaluate("[...document.querySelector('.written').textContent].length")
    return n_characters / seconds


def rows(browser: Any, model: SavedModel, *, seconds: float, is_trained: bool) -> Iterator[str]:
    """The lines of the table for one model."""
    for precision in get_args(ExportPrecision):
        with tempfile.TemporaryDirectory() as folder:
            exported = export_model(
                model, ExportConfig(format="html", precision=precision), out=Path(folder) / "page.html"
            )
            on_page = measure_page(browser, exported.path)
        speeds = [measure_model(browser, model, precision, plain=plain, seconds=seconds) for plain in (False, True)]
        rounded = pack_weights(model.weights, precision).rounded
        loss = loss_in_bits(model, rounded, expert=model.expert) if is_trained else None
        lost = "-" if loss is None else f"{loss.bits_per_character:+.5f}"
        name = model.name.removesuffix(".safetensors")
        cells = [name, f"{model.n_parameters / 1e6:.2f}M", precision, f"{exported.n_bytes:,}", lost]
        yield "| " + " | ".join([*cells, *(f"{speed:,.0f}" for speed in (speeds[0], on_page, speeds[1]))]) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="*", metavar="RUN")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement of a model")
    options = parser.parse_args()
    sys.path.append(str(ROOT))  # the driver of the browser belongs to the tests, which are no installed package
    from tests.page.chromium import started_browser

    print("| model | parameters | weights | bytes | bits/char | model | page | plain |")
    print("| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        for model in map(open_model, options.runs) if options.runs else untrained_models(folder):
            with started_browser() as browser:
                for row in rows(browser, model, seconds=options.seconds, is_trained=bool(options.runs)):
                    print(row, flush=True)


if __name__ == "__main__":
    main()
