"""`seqgen eval --by`, `--show` and `--highest-loss`: where in a text the loss is."""

from __future__ import annotations

import csv
import io
import math
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from seqgen.cli.evaluate.options import Form
from seqgen.cli.shared.escaping import for_stdout, json_text
from seqgen.cli.shared.render import note, note_painted, print_prose, print_table
from seqgen.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seqgen.evaluation import Reading, Unit, UnitLoss

_N_AROUND = 24
"""Characters shown before and after a token, so that a row fits 80 columns."""


def print_units(readings: Iterable[Reading], by: Unit, *, form: Form | None) -> None:
    """Print a line for every token, line or document of every text under every model."""
    from seqgen.evaluation import UnitLosses

    write_row = row_writer(form)
    for reading in readings:

        def write_loss(loss: UnitLoss, reading: Reading = reading) -> None:
            write_row({"run": reading.run_name, "source": reading.text_name, **loss._asdict()})

        losses = UnitLosses(reading.saved.tokenizer, by, write=write_loss)
        reading.score([losses])
        losses.finish()


def row_writer(form: Form | None) -> Callable[[dict[str, Any]], None]:
    """A function that prints one row as JSON Lines or CSV. The first CSV row has a header above it."""
    if form in (None, "jsonl"):
        return lambda row: print(json_text(row))
    if form != "csv":
        raise ConfigError(f"--by has no form {form}: choose jsonl or csv")
    has_header = False

    def write(row: dict[str, Any]) -> None:
        nonlocal has_header
        lines = io.StringIO()
        table = csv.DictWriter(lines, list(row), lineterminator="\n")
        if not has_header:
            table.writeheader()
            has_header = True
        table.writerow(row)
        sys.stdout.write(for_stdout(lines.getvalue()))

    return write


def print_shaded(readings: Iterable[Reading]) -> None:
    """Print every text, shaded by how surprising its tokens were."""
    from seqgen.cli.shared.shading import Shading
    from seqgen.evaluation import write_symbol
    from seqgen.tokenizers import Detokenizer

    shading = Shading.of_terminal()
    note_painted(shading.legend())

    class Painter:
        """Prints tokens as they are scored."""

        def __init__(self, detokenizer: Detokenizer) -> None:
            self._detokenizer = detokenizer

        def take(self, symbols: NDArray[Any], nats: NDArray[np.float64]) -> None:
            for symbol, loss in zip(symbols.tolist(), nats.tolist(), strict=True):
                sys.stdout.write(shading.paint(for_stdout(write_symbol(self._detokenizer, symbol)), loss))

    for reading in readings:
        note(f"{reading.run_name} on {reading.text_name}")
        reading.score([Painter(Detokenizer(reading.saved.tokenizer))])
        sys.stdout.write("\n")


def print_highest_loss(readings: Iterable[Reading], n: int) -> None:
    """Print the n tokens of every text with the highest loss, each with the text around it."""
    from seqgen.evaluation import HighestLosses

    for reading in readings:
        highest_losses = HighestLosses(n)
        reading.score([highest_losses])
        rows = [
            [
                f"{loss.nats / math.log(2):.1f}",
                f"{loss.number:,}",
                _on_one_line(loss.before)[-_N_AROUND:],
                _on_one_line(loss.token),
                _on_one_line(loss.after)[:_N_AROUND],
            ]
            for loss in highest_losses.tokens(reading.saved.tokenizer, reading.encoded)
        ]
        print_prose(f"{reading.run_name} on {reading.text_name}")
        print_table(["bits", "position", "before", "token", "after"], rows, n_left=0)


def _on_one_line(text: str) -> str:
    return repr(text)[1:-1]
