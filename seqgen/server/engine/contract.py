"""What the engine is asked for, and what it tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from seqgen.config import SamplingConfig
from seqgen.errors import SeqgenError
from seqgen.sampling import Ending, FittedPrompt


class QueueFull(SeqgenError):  # noqa: N818 -- the name says what is the case
    """As many texts wait as may wait."""


@dataclass(frozen=True, kw_only=True)
class EngineLimits:
    """How much one engine does at once.

    >>> from seqgen.server.engine import EngineLimits
    >>> EngineLimits(most_streams=8, queue_length=0).most_streams
    8
    """

    most_streams: int
    """Texts that are written at the same time."""
    queue_length: int
    """Texts that may wait beside them."""
    most_unread: int = 512
    """Events of a text that may wait for its client. The text pauses until some have been taken."""
    patience_s: float = 60.0
    """After so long a pause, the text fails: its client reads no more."""


@dataclass(frozen=True, kw_only=True)
class StreamRequest:
    """One text to write.

    >>> from seqgen.config import SamplingConfig
    >>> from seqgen.run import open_model
    >>> from seqgen.sampling import fit_prompt
    >>> from seqgen.server.engine import StreamRequest
    >>> prompt = fit_prompt("Mina", open_model("checkpoints/story").tokenizer)
    >>> StreamRequest(prompt=prompt, config=SamplingConfig(), max_characters=20).number
    0
    """

    prompt: FittedPrompt
    config: SamplingConfig
    """As `seqgen.sampling.prompt.fit_config` returns it."""
    max_tokens: int | None = None
    max_characters: int | None = None
    number: int = 0
    """Which of the texts of this seed it is."""
    top_logprobs: int | None = None
    """How many of the likeliest tokens are told with every piece."""
    token_bias: Mapping[int, float] = field(default_factory=dict)
    """Token -> what is added to its logit."""
    is_scored: bool = True
    """Whether pieces tell the log-probability of their token. It costs time with a large vocabulary."""


class Piece(NamedTuple):
    """What a text grew by with one token."""

    text: str
    """The characters that can be shown now; there may be none."""
    token: int
    logprob: float
    """Of the token, under the model itself. NaN if the request is not scored."""
    top_logprobs: tuple[tuple[int, float], ...] = ()
    """The likeliest tokens with their log-probabilities, the likeliest first."""


class Finished(NamedTuple):
    """The text has ended."""

    reason: Ending
    text: str = ""
    """Characters that waited for a token that did not come. There are some only if the text got stuck."""


Cause = Literal["request", "server", "ending"]
"""Why a text failed: its request is to blame, or the server, or the server ends."""


class Failed(NamedTuple):
    """The text could not be written."""

    message: str
    """For the client."""
    cause: Cause = "request"


CANCELLED = Failed("the text was stopped")
ENDING = Failed("the server is being stopped", "ending")


Event = Piece | Finished | Failed
