"""How large the page of a model is, how exact, and how many characters per second it writes in Chromium.

python benchmarks/page.py [--seconds 3]         # models of every cell with random weights, in every precision
python benchmarks/page.py RUN... [--seconds 3]  # the pages of runs, with what each precision costs them
python benchmarks/page.py --sizes               # sizes and logits only, which do not depend on what else is running

`logits` is the largest difference to the logits of NumPy in full precision, over 400 tokens. `model` is the speed of
the model without the interface, `page` that of all a reader sees, and `plain` that of the model in a browser that may
not run WebAssembly.
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
from numpy.typing import NDArray
from sampling import SHAPES, untrained

from seqgen.config import ExportConfig, ExportPrecision, MinGruConfig, ModelConfig
from seqgen.export import export_model
from seqgen.export.html_page.loss import loss_in_bits
from seqgen.export.html_page.packing import pack_weights
from seqgen.export.html_page.writing import page_content
from seqgen.inference import MixedStepper, build_stepper, weight_shapes
from seqgen.page.assemble import Page, assemble_page
from seqgen.run import SavedModel, open_model

ROOT = Path(__file__).parents[1]
LARGE = "lstm 1x512"
N_LOGITS = 400
PAGE_LENGTH = 10_000
"""Characters that the interface is asked for."""
HEAD = """\
| model | parameters | weights | bytes | bits/char | logits | model | page | plain |
| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |"""
WRITE = """(async () => {
  const started = performance.now();
  document.getElementById('write').click();
  await new Promise((resolve) => {
    const look = () => document.querySelector('.is-writing') ? setTimeout(look, 5) : resolve();
    setTimeout(look, 5);
  });
  const n = [...document.querySelector('.written').textContent].length;
  return 1000 * n / (performance.now() - started);
})()"""
"""Presses the button, waits for the text, and gives characters per second."""


def untrained_models(folder: str) -> Iterator[SavedModel]:
    """A model of every cell with random weights."""
    frame = untrained(folder)
    lstm = SHAPES[LARGE]
    recurrent: dict[str, Any] = {"vocab_size": lstm.vocab_size, "dropout": 0.0, "input_dropout": 0.0, "d_embedding": 64}
    shapes: dict[str, ModelConfig] = {**SHAPES, "mingru 2x512": MinGruConfig(n_layer=2, d_model=512, **recurrent)}
    shapes[f"{LARGE}, n-gram tables"] = dataclasses.replace(lstm, ngram_order=5)
    rng = np.random.default_rng(0)
    for name, config in shapes.items():
        weights = {
            key: (rng.normal(size=shape) * shape[-1] ** -0.5 + ("norm" in key)).astype(np.float32)
            for key, shape in weight_shapes(config).items()
        }
        record = dataclasses.replace(frame.record, model=config)
        yield dataclasses.replace(frame, weights=weights, record=record, path=Path(f"{name}.safetensors"))


def open_alone(browser: Any, model: SavedModel, precision: ExportPrecision, *, plain: bool = False) -> Any:
    """A tab with the model of a page and no interface."""
    content = page_content(model, precision)
    start = Path(__file__).parent / "page_speed.js"
    data = {"model": content.data, "options": {"plain": plain}}
    return browser.open(
        assemble_page(Page(title="", lead="", start=start, data=data, blobs=content.blobs, runs_wasm=True))
    )


def numpy_logits(model: SavedModel, ids: NDArray[np.int64]) -> NDArray[np.float64]:
    """The logits after each id, (T, V)."""
    stepper = build_stepper(model.record.model, model.weights, n_streams=1)
    if model.expert is not None:
        stepper = MixedStepper.of(stepper, model.expert, n_streams=1)
    return np.array([stepper.step(ids[[time]])[0].tolist() for time in range(len(ids))])


def largest_difference(browser: Any, model: SavedModel, precision: ExportPrecision) -> float:
    """The largest difference between the logits of the page and those of NumPy."""
    ids = np.random.default_rng(0).integers(0, model.tokenizer.vocab_size, N_LOGITS)
    on_page = open_alone(browser, model, precision).evaluate(f"logitsAfter({ids.tolist()})")
    return float(np.abs(np.array(on_page) - numpy_logits(model, ids)).max())


def page_speed(browser: Any, page: Path) -> float | None:
    """Characters per second of a long text in the interface. None if the model ends its text at once."""
    tab = browser.open(page)
    tab.wait_until("document.getElementById('opening').hidden")
    tab.evaluate(f"document.getElementById('length').value = {PAGE_LENGTH}")
    tab.evaluate("document.getElementById('seed').value = 1")
    speed: float | None = tab.evaluate(WRITE)
    return speed


def speeds(browser: Any, model: SavedModel, precision: ExportPrecision, *, page: Path, seconds: float) -> list[str]:
    """The last cells of a row."""
    alone = [
        open_alone(browser, model, precision, plain=plain).evaluate(f"measure({seconds})") for plain in (False, True)
    ]
    all_speeds = (alone[0], page_speed(browser, page), alone[1])
    return ["-" if speed is None else f"{speed:,.0f}" for speed in all_speeds]


def rows(browser: Any, model: SavedModel, *, seconds: float | None, is_trained: bool) -> Iterator[str]:
    """The lines of the table for one model."""
    for precision in get_args(ExportPrecision):
        rounded = pack_weights(model.weights, precision).rounded
        loss = loss_in_bits(model, rounded, expert=model.expert) if is_trained else None
        lost = "-" if loss is None else f"{loss.bits_per_character:+.5f}"
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder) / "page.html"
            exported = export_model(model, ExportConfig(format="html", precision=precision), out=page)
            measured = ["-"] * 3 if seconds is None else speeds(browser, model, precision, page=page, seconds=seconds)
        size = [f"{model.n_parameters / 1e6:.2f}M", precision, f"{exported.n_bytes:,}"]
        cells = [model.name.removesuffix(".safetensors"), *size, lost]
        yield f"| {' | '.join([*cells, f'{largest_difference(browser, model, precision):.1e}', *measured])} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="*", metavar="RUN")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement of a model")
    parser.add_argument("--sizes", action="store_true", help="measure no speed")
    options = parser.parse_args()
    sys.path.append(str(ROOT))  # the driver of the browser belongs to the tests, which are no installed package
    from tests.page.chromium import started_browser

    print(HEAD)
    seconds = None if options.sizes else options.seconds
    with tempfile.TemporaryDirectory() as folder:
        for model in map(open_model, options.runs) if options.runs else untrained_models(folder):
            with started_browser() as browser:
                for row in rows(browser, model, seconds=seconds, is_trained=bool(options.runs)):
                    print(row, flush=True)


if __name__ == "__main__":
    main()
