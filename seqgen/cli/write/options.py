"""The options of `seqgen write`, in the order of its help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from seqgen.cli.shared.options import Option, Options, RunArgument
from seqgen.config import SamplingConfig


@dataclass(frozen=True, kw_only=True)
class WriteOptions(Options):
    """What `seqgen write` may be told."""

    run: RunArgument = None
    file: Annotated[str, Option(help="Text to continue, and where it is saved.", metavar="FILE")] = "story.txt"
    temp: Annotated[float, Option(help="Low is safe, high is wild; ^T and ^G change it.")] = SamplingConfig.temperature
    length: Annotated[int, Option(help="Characters that the model suggests at a time.")] = 60
