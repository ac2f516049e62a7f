"""`seqgen eval` inside a text: what each part of it costs, shaded, and where it costs most."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal

from seqgen.cli.shared.render import note, print_table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seqgen.evaluation import Observer, Reading, Unit, UnitLoss

Form = Literal["jsonl", "csv"]
_N_AROUND = 24  # characters shown on each side of a costly token: a row fits 80


def _observe(reading: Reading, observer: Observer) -> None:
    """Score a text for somebody who looks on; out-of-vocabulary characters, which have no place among its tokens, are said."""
    if reading.encoded.n_oov:
        note(
            f"{reading.run_name} on {reading.text_name}: {reading.oov_summary} stand in no "
            "line below, nor does what they cost; seqgen eval without this option has both"
        )
    reading.score([observer])


def print_units(readings: Iterable[Reading], by: Unit, form: Form) -> None:
    """A line for every token, line or document of every text under every model."""
    from seqgen.evaluation import UnitLosses

    write = _detokenizer(form)
    for reading in readings:

        def write_loss(loss: UnitLoss, reading: Reading = reading) -> None:
            write({"run": reading.run_name, "source": reading.text_name, **loss._asdict()})

        losses = UnitLosses(reading.saved.tokenizer, by, write=write_loss)
        _observe(reading, losses)
        losses.finish()


def _detokenizer(form: Form) -> Callable[[dict[str, Any]], None]:
    if form == "jsonl":
        return lambda unit: print(json.dumps(unit, ensure_ascii=False))
    table: csv.DictWriter[str] | None = None

    def write(unit: dict[str, Any]) -> None:
        nonlocal table
        if table is None:
            table = csv.DictWriter(sys.stdout, list(unit), lineterminator="\n")
            table.writeheader()
        table.writerow(unit)

    return write


def print_shaded(readings: Iterable[Reading]) -> None:
    """Every text as it is, shaded by how surprising its tokens are."""
    from seqgen.cli.shared.shading import Shading
    from seqgen.tokenizers import Detokenizer

    shading = Shading.of_terminal()
    note(shading.legend())

    class Painter:
        def __init__(self, detokenizer: Detokenizer) -> None:
            self._detokenizer = detokenizer

        def take(self, ids: NDArray[Any], nats: NDArray[np.float64]) -> None:
            for token, cost in zip(ids.tolist(), nats.tolist(), strict=True):
                sys.stdout.write(shading.paint(self._detokenizer.write(token), cost))

    for reading in readings:
        note(f"{reading.run_name} on {reading.text_name}")
        painter = Painter(Detokenizer(reading.saved.tokenizer))
        _observe(reading, painter)
        sys.stdout.write("\n")


def print_highest_loss(readings: Iterable[Reading], n: int) -> None:
    """The tokens of every text that cost most, with what stands around them."""
    from seqgen.evaluation import HighestLosses

    for reading in readings:
        highest_losses = HighestLosses(n)
        tokenizer = reading.saved.tokenizer
        _observe(reading, highest_losses)
        rows = [
            [f"{loss.nats / math.log(2):.1f}", f"{loss.number:,}", _line(loss.before)[-_N_AROUND:], _line(loss.token), _line(loss.after)[:_N_AROUND]]
            for loss in highest_losses.tokens(tokenizer, reading.encoded.ids)
        ]  # fmt: skip
        print(f"{reading.run_name} on {reading.text_name}")
        print_table(["bits", "token", "before", "here", "after"], rows, n_left=0)


def _line(text: str) -> str:
    return repr(text)[1:-1]
