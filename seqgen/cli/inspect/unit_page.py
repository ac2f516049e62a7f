"""The page of `seqgen inspect units --out`: one HTML file that needs nothing else."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seqgen.cli.evaluate.page import filled_page
from seqgen.cli.inspect.options import UnitsOptions
from seqgen.cli.inspect.unit_shading import visible
from seqgen.cli.inspect.units import memory_sentence, sentences_of
from seqgen.cli.shared.render import count
from seqgen.config import UnitName

if TYPE_CHECKING:
    from seqgen.inspection.gates import GateUse
    from seqgen.inspection.unit_report import Passage, UnitReport

_TEMPLATE = "units.html.jinja"
_PASSAGE_TOKENS = 600
_MOST_OF_FEATURE = 3
"""Units that are shown of each feature."""
_LONGEST = 5


def page_of(report: UnitReport, named: Sequence[UnitName], *, options: UnitsOptions) -> bytes:
    """The page: units over passages, those that were found and those that were named, and the gates."""
    found = [group[:_MOST_OF_FEATURE] for group in report.by_feature().values()]
    shown = dict.fromkeys([*named, *(following.unit for group in found for following in group)])
    page = {
        "title": f"Units of {report.run}",
        "text_name": report.text.name,
        "n_tokens": count(len(report.text.ids)),
        "sentences": list(sentences_of(report)),
        "features": report.by_feature(),
        "units": [_unit(report, unit) for unit in shown],
        "gates": [_gate(use) for use in report.gates],
        "memories": [_memory(use) for use in report.memories],
        "command": _command(options),
    }
    return filled_page(_TEMPLATE, page)


def _unit(report: UnitReport, unit: UnitName) -> dict[str, Any]:
    following = report.following_of(unit)
    spans = _spans(report.passage(unit, _PASSAGE_TOKENS))
    return {"following": following, "spans": spans, "has_marks": any(span["is_on"] for span in spans)}


def _spans(passage: Passage) -> list[dict[str, Any]]:
    """Runs of tokens with the same shade. The ends of lines are shown, and kept."""
    from seqgen.tokenizers import MARK

    tokens = zip(passage.levels, passage.is_on, passage.pieces, strict=True)
    return [
        {"level": level, "is_on": is_on, "text": "".join(_shown(piece, MARK) for _, _, piece in run)}
        for (level, is_on), run in itertools.groupby(tokens, key=lambda token: token[:2])
    ]


def _shown(piece: str, end: str) -> str:
    text = visible(piece, end=end)
    return text + "\n" if piece == end else text.replace("⏎", "⏎\n")


def _gate(use: GateUse) -> dict[str, Any]:
    """A gate as a figure of 100 x 100: to the right how often it is open, upward how often it is shut."""
    points = [
        {"x": round(100 * is_open, 1), "y": round(100 - 100 * shut, 1), "name": f"{use.layer}:{number}"}
        for number, (is_open, shut) in enumerate(zip(use.open.tolist(), use.shut.tolist(), strict=True))
    ]
    return {"layer": use.layer, "name": use.name, "points": points}


def _memory(use: GateUse) -> dict[str, Any]:
    from seqgen.inspection.unit_report import longest_memories

    longest = [(str(unit), f"{time:,.0f}") for unit, time in longest_memories(use, _LONGEST)]
    return {"sentence": memory_sentence(use), "longest": longest}


def _command(options: UnitsOptions) -> str:
    words = ["seqgen", "inspect", "units", *([options.run] if options.run else [])]
    for name in ("on", "part", "encoding", "out"):
        if name in options.given:
            words += [f"--{name}", getattr(options, name)]
    for name in ("unit", "corpus"):
        for value in getattr(options, name):
            words += [f"--{name}", value]
    return shlex.join(words)
