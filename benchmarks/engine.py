"""How fast the server's engine writes for many clients at once, beside the sampler. There is no HTTP in it.

python benchmarks/engine.py cells [--seconds 2]   # characters per second, every cell, 1, 10 and 100 texts
python benchmarks/engine.py waits RUN             # how long texts wait: for their first character, and for others
python benchmarks/engine.py products              # what it costs that no row of a product depends on another

`cells` needs no run: the weights are random. The engine has one thread for all texts and one more for each further
processor; the sampler has as many. Both are in this process, and so is the client, who reads every 20 ms.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sampling import SHAPES, rate, stream, untrained
from threadpoolctl import threadpool_limits

from seqgen.config import ModelConfig, SamplingConfig, SamplingRequest
from seqgen.inference.base import Product
from seqgen.inference.row_products import MULTIPLE, RowProducts
from seqgen.models import build_model, read_weights
from seqgen.run import SavedModel, open_model
from seqgen.sampling import fit_prompt
from seqgen.server.engine import Engine, EngineLimits, Piece, StreamRequest, Ticket

_N_TEXTS = (1, 10, 100)
_LENGTH = 300
_READ_S = 0.02
_N_WAITS = 30
_ENDLESS = 10_000_000
_WATCHED_S = 3.0
_LIMITS = EngineLimits(most_streams=128, queue_length=128, most_unread=100_000)
_MATRICES = ((513, 2048), (514, 1024), (128, 1152), (513, 65))
_PATTERNS = ("[a-z ]+!", "([a-z]{1,30} ){1,40}!", "([^\\n]{10,60}\\n){8}")
_KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "top_p": {"top_p": 0.9},
    "repetition_penalty": {"repetition_penalty": 1.1},
    "ban": {"ban": ("the",)},
}


def asked(
    model: SavedModel, prompt: str = "", *, number: int = 0, length: int = _LENGTH, **options: Any
) -> StreamRequest:
    """A request for a text, without the log-probabilities of its tokens."""
    fitted, config = fit_prompt(prompt, model.tokenizer), SamplingConfig(**options)
    return StreamRequest(prompt=fitted, config=config, number=number, max_characters=length, is_scored=False)


def read_all(tickets: Sequence[Ticket]) -> int:
    """Read texts to their ends, as a server does: now and then, whatever has come. Returns their characters."""
    n_characters, going = 0, list(tickets)
    while going:
        time.sleep(_READ_S)
        events = {ticket: ticket.take() for ticket in going}
        n_characters += sum(len(event.text) for taken in events.values() for event in taken if isinstance(event, Piece))
        going = [ticket for ticket, taken in events.items() if not taken or isinstance(taken[-1], Piece)]
    return n_characters


def random_model(frame: SavedModel, config: ModelConfig) -> SavedModel:
    """A model of a shape."""
    torch.manual_seed(0)
    weights = dict(read_weights(build_model(config)))
    return replace(frame, weights=weights, record=replace(frame.record, model=config))


def speeds(model: SavedModel, n_texts: int, *, seconds: float, **options: Any) -> tuple[float, float]:
    """Characters per second of the sampler and of the engine, `n_texts` texts together."""
    request = SamplingRequest(length=_LENGTH, count=n_texts)
    engine = Engine(model, limits=_LIMITS)

    def sample() -> int:
        return sum(len(piece.text) for piece in stream(model, SamplingConfig(**options), request))

    def serve() -> int:
        return read_all([engine.submit(asked(model, number=number, **options)) for number in range(n_texts)])

    sampled, served = rate(sample, seconds), rate(serve, seconds)
    engine.close(within_s=0)
    return sampled, served


def compare_cells(seconds: float) -> None:
    """Print a table of all cells, and one of options that make work for single texts."""
    with tempfile.TemporaryDirectory() as folder:
        frame = untrained(folder)
    print("| model | texts | sampler | engine | engine / sampler |\n| --- | ---: | ---: | ---: | ---: |")
    for name, n_texts in itertools.product(SHAPES, _N_TEXTS):
        sampled, served = speeds(random_model(frame, SHAPES[name]), n_texts, seconds=seconds)
        print(f"| {name} | {n_texts} | {sampled:,.0f} | {served:,.0f} | {served / sampled:.0%} |", flush=True)
    print("\n| options, 100 texts | sampler | engine | engine / sampler |\n| --- | ---: | ---: | ---: |")
    model = random_model(frame, SHAPES["lstm 1x512"])
    for name, options in _KINDS.items():
        sampled, served = speeds(model, 100, seconds=seconds, **options)
        print(f"| {name} | {sampled:,.0f} | {served:,.0f} | {served / sampled:.0%} |", flush=True)


def first_ms(engine: Engine, model: SavedModel, *, prompt: str) -> float:
    """Milliseconds from a request to its first character."""
    came, begun = threading.Event(), time.perf_counter()
    ticket = engine.submit(asked(model, prompt, length=1, seed=int(begun * 1e6)))
    ticket.when_ready(came.set)
    came.wait()
    return 1000 * (time.perf_counter() - begun)


class Watched:
    """A text that is read as it comes, in a thread of its own, and the milliseconds between its characters."""

    def __init__(self, events: Ticket) -> None:
        self._gaps: list[float] = []
        self._ticket = events
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        times = [time.perf_counter() for _ in self._ticket]
        self._gaps = [1000 * (after - before) for before, after in itertools.pairwise(times)]

    def end(self) -> list[float]:
        """Stop the text. Returns the gaps."""
        self._ticket.cancel()
        self._thread.join()
        return self._gaps


def row(what: str, waits_ms: Sequence[float]) -> None:
    """Print a line of a table of waits."""
    print(f"| {what} | {statistics.median(waits_ms):.1f} ms | {max(waits_ms):.1f} ms |", flush=True)


def show_waits(model: SavedModel) -> None:
    """Print how long texts wait when the engine is idle, when others are written, and when work for others is done."""
    engine, long = Engine(model, limits=_LIMITS), "The cat sat by the river. " * 80
    print("| what waits | median | longest |\n| --- | ---: | ---: |")
    row("first character, idle", [first_ms(engine, model, prompt=f"The {n}") for n in range(_N_WAITS)])
    row(f"the same, prompt of {len(long):,}", [first_ms(engine, model, prompt=f"{n} {long}") for n in range(_N_WAITS)])
    others = [engine.submit(asked(model, number=number, length=_ENDLESS)) for number in range(99)]
    row("first character, 99 others", [first_ms(engine, model, prompt=f"a {n}") for n in range(_N_WAITS)])
    watched = Watched(engine.submit(asked(model, length=_ENDLESS)))
    time.sleep(_WATCHED_S)
    row("next character, 99 others", watched.end())
    work = {f"a prompt of {5 * len(long):,} is read": asked(model, long * 5, length=1)}
    work |= {f"a text matches {pattern}": asked(model, match=pattern, length=400) for pattern in _PATTERNS}
    for name, request in work.items():
        watched = Watched(engine.submit(asked(model, length=_ENDLESS)))
        for _ in engine.submit(request):
            pass
        row(f"the same, while {name}", watched.end())
    for ticket in others:
        ticket.cancel()
    engine.close(within_s=0)


def product_us(multiply: Product, shape: tuple[int, int], *, n_rows: int, seconds: float) -> float:
    """Microseconds of the product of some rows and a matrix of a shape."""
    rng = np.random.default_rng(0)
    rows, matrix = (rng.normal(size=size).astype(np.float32) for size in ((n_rows, shape[0]), shape))
    out = np.empty((n_rows, shape[1]), np.float32)

    def work() -> int:
        multiply(rows, matrix, out=out)
        return 1

    return 1e6 / rate(work, seconds)


def change(multiply: Product, shape: tuple[int, int], *, n_rows: int, n_fewest: int) -> float:
    """How much the products of the fewest rows change at most when others stand beside them."""
    rng = np.random.default_rng(0)
    rows, matrix = (rng.normal(size=size).astype(np.float32) for size in ((n_rows, shape[0]), shape))
    return float(np.abs(multiply(rows[:n_fewest], matrix) - multiply(rows, matrix)[:n_fewest]).max())


def compare_products(seconds: float) -> None:
    """Print microseconds of plain products, of those that keep the bits of rows, and of those of one row at a time.

    Before each time stands how much the fewest rows that this way has, 1 or 4, change among others.
    """
    names = ("plain", "rows keep their bits", "one row at a time")
    print(f"| matrix | rows | {' | '.join(f'{name}: change | us' for name in names)} |")
    print(f"| --- | ---: |{' ---: |' * 6}")
    for shape, n_rows in itertools.product(_MATRICES, (4, 16, 32, 100)):
        keeping = RowProducts.of([shape], np.dtype(np.float32))
        measured = []
        with threadpool_limits(1, user_api="blas"):
            for way, n_fewest in ((np.matmul, 1), (keeping, MULTIPLE), (RowProducts(None), 1)):
                most = change(way, shape, n_rows=n_rows, n_fewest=n_fewest)
                measured.append(f"{most:.1g} | {product_us(way, shape, n_rows=n_rows, seconds=seconds / 10):,.0f}")
        print(f"| {shape[0]} x {shape[1]} | {n_rows} | {' | '.join(measured)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("cells", "waits", "products"))
    parser.add_argument("run", nargs="?")
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    if options.what == "cells":
        compare_cells(options.seconds)
    elif options.what == "products":
        compare_products(options.seconds)
    else:
        show_waits(open_model(options.run if options.run == "english" else Path(options.run)))


if __name__ == "__main__":
    main()
