"""The options of `seqgen serve`, in the order of its help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from seqgen.cli.shared.options import Option, Options, RunsArgument
from seqgen.config import ServingConfig


@dataclass(frozen=True, kw_only=True)
class ServeOptions(Options):
    """What `seqgen serve` may be told."""

    # fmt: off
    runs: RunsArgument = ()
    port: Annotated[int, Option(help="Port to listen at; 0 takes a free one.", sets="port")] = ServingConfig.port
    host: Annotated[str, Option(help="Address to listen at. Any but this machine's own needs --api-key or --open.", metavar="ADDRESS", sets="host")] = ServingConfig.host
    api_key: Annotated[str | None, Option(help="Key that clients must send; better in the environment variable SEQGEN_API_KEY, because others on this machine can read options.", metavar="KEY", sets="api_key")] = None
    open: Annotated[bool, Option(help="Let everyone who reaches the server use it without a key.", sets="open")] = ServingConfig.open
    allow_origin: Annotated[tuple[str, ...], Option(help="Let web pages of this origin use the server, as in https://example.org; may be repeated; * for all.", metavar="ORIGIN", sets="allow_origin")] = ()
    most_streams: Annotated[int, Option(help="Texts of a model that are written at the same time.", sets="most_streams")] = ServingConfig.most_streams
    queue: Annotated[int, Option(help="Texts of a model that may wait; further ones are refused.", sets="queue")] = ServingConfig.queue
    longest_text: Annotated[int, Option(help="Characters or tokens of a text, at most.", sets="longest_text")] = ServingConfig.longest_text
    longest_prompt: Annotated[int, Option(help="Characters or tokens of the prompts of a request, at most.", sets="longest_prompt")] = ServingConfig.longest_prompt
    # fmt: on
