"""`seqgen eval` inside a text: what each part of it costs, shaded, and where it costs most."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal

from seqgen.cli.pairs import Pair
from seqgen.cli.render import note, print_table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seqgen.evaluation import By, Observer

Form = Literal["jsonl", "csv"]
_N_AROUND = 24  # characters shown on each side of a costly token: a row fits 80


def _observe(pair: Pair, observer: Observer) -> None:
    """Score a text for somebody who looks on; unseen characters, which have no place among its tokens, are said."""
    from seqgen.evaluation import score_text

    if pair.encoded.n_unseen:
        note(
            f"{pair.run_name} on {pair.text_name}: {pair.unseen} stand in no "
            "line below, nor does what they cost; seqgen eval without this option has both"
        )
    score_text(pair.decoder, pair.saved.tokenizer, pair.encoded, rule=pair.rule, observers=[observer], name=pair.name)


def print_units(pairs: Iterable[Pair], by: By, form: Form) -> None:
    """A line for every token, line or document of every text under every model."""
    from seqgen.evaluation import Units

    write = _writer(form)
    for pair in pairs:

        def write_own(unit: dict[str, Any], pair: Pair = pair) -> None:
            write({"run": pair.run_name, "source": pair.text_name, **unit})

        units = Units(pair.saved.tokenizer, by, write_own)
        _observe(pair, units)
        units.finish()


def _writer(form: Form) -> Callable[[dict[str, Any]], None]:
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


def print_shaded(pairs: Iterable[Pair]) -> None:
    """Every text as it is, shaded by how surprising its tokens are."""
    from seqgen.cli.shading import Shading
    from seqgen.tokenizers import Writer

    shading = Shading.of_terminal()
    note(shading.legend())

    class Painter:
        def __init__(self, writer: Writer) -> None:
            self._writer = writer

        def take(self, ids: NDArray[Any], nats: NDArray[np.float64]) -> None:
            for token, cost in zip(ids.tolist(), nats.tolist(), strict=True):
                sys.stdout.write(shading.paint(self._writer.write(token), cost))

    for pair in pairs:
        note(f"{pair.run_name} on {pair.text_name}")
        painter = Painter(Writer(pair.saved.tokenizer))
        _observe(pair, painter)
        sys.stdout.write("\n")


def print_costliest(pairs: Iterable[Pair], n: int) -> None:
    """The tokens of every text that cost most, with what stands around them."""
    from seqgen.evaluation import Costliest

    for pair in pairs:
        costliest = Costliest(n)
        tokenizer = pair.saved.tokenizer
        _observe(pair, costliest)
        rows = [
            [f"{place.nats / math.log(2):.1f}", f"{place.number:,}", _line(place.before)[-_N_AROUND:], _line(place.token), _line(place.after)[:_N_AROUND]]
            for place in costliest.places(tokenizer, pair.encoded.ids)
        ]  # fmt: skip
        print(f"{pair.run_name} on {pair.text_name}")
        print_table(["bits", "token", "before", "here", "after"], rows, n_left=0)


def _line(text: str) -> str:
    return repr(text)[1:-1]
