"""`seqgen inspect units`: what the units of a model follow in a text, and how its gates stand."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from seqgen.cli.inspect.options import UnitsOptions
from seqgen.cli.inspect.unit_shading import UnitShading, visible
from seqgen.cli.shared.render import count, note_run, print_json, print_prose, print_table
from seqgen.cli.shared.wait_line import starting
from seqgen.cli.shared.wanted_files import require_page, written
from seqgen.config import UnitName
from seqgen.wording import count_of

if TYPE_CHECKING:
    from seqgen.inspection.gates import GateUse
    from seqgen.inspection.unit_report import UnitReport

_SHOWN_TOKENS = 400
"""Of a passage in the terminal, if they fit into its lines."""
_SHOWN_LINES = 8
_WIDTH = 78


def units(options: UnitsOptions) -> None:
    """Find out what the units of a model follow in a text. Tries quotes, brackets, the place in the line, capitals.

    A unit is found only where chance and the size of the weights cannot explain it. After Karpathy, Johnson & Fei-Fei
    2015.
    """
    with starting():
        from seqgen.evaluation import TextSelection
        from seqgen.inspection.unit_report import measure_units
        from seqgen.run import open_model

    named = [UnitName.parse(text) for text in options.unit]
    path = None if options.out is None else require_page(options.out)
    saved = open_model(options.run)
    for unit in named:
        unit.require_in(saved.record.model)
    files = [] if options.on is None else [options.on]
    selection = TextSelection.of(files, encoding=options.encoding, part=options.part, corpus_paths=options.corpus)
    note_run(saved, is_named=options.run is not None)
    report = measure_units(saved, selection)

    def make_page() -> bytes:
        from seqgen.cli.inspect.unit_page import page_of

        return page_of(report, named, options=options)

    with written(path, make_page, kind="page"):
        if options.as_json:
            print_json(report.to_json())
        else:
            _print_report(report, named)


def _print_report(report: UnitReport, named: Sequence[UnitName]) -> None:
    n_units = len(report.activity.names)
    print_prose(f"{report.text.name}: {count(len(report.text.ids))} tokens; {count_of(n_units, 'unit')}")
    _print_found(report)
    for sentence in sentences_of(report):
        print_prose(sentence)
    _print_gates(report)
    strongest = {feature: group[0].unit for feature, group in report.by_feature().items()}
    first = [strongest[feature] for feature in report.features if feature in strongest][:1]
    for unit in dict.fromkeys(named or first):
        _print_passage(report, unit)


def sentences_of(report: UnitReport) -> Iterator[str]:
    """What was found, and how sure that is."""
    from seqgen.inspection.units import MOST_FALSE

    n_units, n_found = len(report.activity.names), len(report.found)
    if not n_found:
        yield (
            f"no unit is sure to follow one of the {len(report.features)} features that the text has often enough: "
            f"{', '.join(report.features)}"
        )
        return
    yield (
        f"{count(n_found)} of {count_of(n_units, 'unit')} follow a feature; r is the correlation in the half of the "
        "text where it was chosen, again in the other half, shuffled its usual size with the weights in a random order"
    )
    yield f"in a network that has learned nothing, the chance that even one unit is found is at most {MOST_FALSE:.0%}"


def _print_found(report: UnitReport) -> None:
    rows = [
        [
            feature,
            str(group[0].unit),
            f"{group[0].first:+.2f}",
            f"{group[0].second:+.2f}",
            f"{group[0].shuffled:.2f}",
            str(len(group)),
        ]
        for feature, group in report.by_feature().items()
    ]
    if rows:
        print_table(["feature", "unit", "r", "again", "shuffled", "units"], rows, n_left=2)


def _print_gates(report: UnitReport) -> None:
    if not report.gates:
        return
    rows = [[str(use.layer), use.name, f"{use.shut.mean():.0%}", f"{use.open.mean():.0%}"] for use in report.gates]
    print_table(["layer", "gate", "shut (below 0.1)", "open (above 0.9)"], rows, n_left=2)
    for use in report.memories:
        print_prose(memory_sentence(use))


def memory_sentence(use: GateUse) -> str:
    """How long the units of a layer keep what they carry."""
    import numpy as np

    from seqgen.inspection.unit_report import longest_memories

    assert use.time_constants is not None
    ((unit, longest),) = longest_memories(use, 1)
    return (
        f"layer {use.layer}: half of the units keep what they carry for more than {np.median(use.time_constants):.1f} "
        f"tokens, and {unit} the longest, for {longest:,.0f}"
    )


def _print_passage(report: UnitReport, unit: UnitName) -> None:
    from seqgen.tokenizers import MARK

    following, passage = report.following_of(unit), report.passage(unit, _SHOWN_TOKENS)
    verb = "follows" if following.is_found else "may follow"
    shading = UnitShading.of_terminal()
    print(f"\nunit {unit} {verb} {following.feature} (r {following.second:+.2f})\n{shading.legend()}")
    pieces = [visible(piece, end=MARK) for piece in passage.pieces]
    for line in itertools.islice(shading.lines(pieces, passage.levels, width=_WIDTH), _SHOWN_LINES):
        sys.stdout.write(line.rstrip(" ") + "\n")
