"""The options of `seqgen export`, in the order of its help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from seqgen.cli.shared.options import JsonOption, Option, Options, RunArgument
from seqgen.config import ExportConfig, ExportFormat, ExportPrecision


@dataclass(frozen=True, kw_only=True)
class ExportOptions(Options):
    """What `seqgen export` may be told."""

    # fmt: off
    to: Annotated[ExportFormat, Option(help="Format.", sets="format")]
    run: RunArgument = None
    out: Annotated[str | None, Option(help="What to write; RUN with an ending if left out.", metavar="PATH")] = None
    precision: Annotated[ExportPrecision | None, Option(help="Number type of the weights; each format has a usual one.", sets="precision")] = ExportConfig.precision
    as_json: JsonOption = False
    # fmt: on
