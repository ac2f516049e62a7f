"""Scoring modes: what the model has read before each token that is scored. A score without its mode means little.

`Context` covers the usual ones; `dynamic.py` adds a mode in which the model learns while it reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol, final

import numpy as np
from numpy.typing import NDArray

from seqgen.corpus import Batch, Streams, from_end
from seqgen.errors import ConfigError
from seqgen.models import Decoder
from seqgen.scoring import score_batch, token_nats
from seqgen.tokenizers import END_OF_TEXT

_CARRIED_WINDOW = 1024
"""Tokens that are read at once in a carried context. The state is carried, so their number changes no result."""
_MAX_LOGITS = 1 << 24
"""Limit on tokens times vocabulary size of the windows that are read side by side; it bounds memory."""
_MAX_WINDOWS = 64


class ScoringMode(Protocol):
    """How a model reads a text that is scored."""

    def __str__(self) -> str:
        """The mode in a word or two, as reports name it."""

    def describe(self) -> str:
        """The mode in a sentence."""

    def nats(self, model: Decoder, ids: NDArray[Any]) -> Iterator[NDArray[np.float64]]:
        """-ln p of every id of a text (one id or more), in order, in arrays of any length."""


@dataclass(frozen=True)
class Context:
    """The model reads everything before a token, or only a window around it.

    - `carried`, the default: the text is read once, as one stream, and each token is predicted from all before it.
    - `cold:256`: the text is cut into windows of 256 tokens. Each is read from an empty state, and all are scored.
      Tokens at the beginning of a window have little context, so scores are worse.
    - `sliding:256/64`: windows of 256 tokens start every 64 tokens, and only the last 64 of each are scored (all of the
      first). Each token then has at least 192 before it.

    The first input of a window is the token before it, or the end-of-text token at the beginning of the text.

    >>> import numpy as np
    >>> from seqgen.evaluation import restore_decoder
    >>> from seqgen.run import open_model
    >>> model = open_model("checkpoints/story")
    >>> ids = model.tokenizer.encode("Mina sat by the river.").ids
    >>> for mode in (Context(), Context.parse("cold:8"), Context.parse("sliding:8/4")):
    ...     nats = np.concatenate(list(mode.nats(restore_decoder(model), ids)))
    ...     print(mode, len(nats))
    carried 22
    cold:8 22
    sliding:8/4 22
    """

    window: int | None = None
    """Tokens of a window; None for a carried context."""
    stride: int | None = None
    """How many tokens later the next window starts."""

    def __post_init__(self) -> None:
        if self.window is not None and not 1 <= (self.stride or 0) <= self.window:
            raise ConfigError(f"--context {self}: the window must be 1 or more, and the stride from 1 to the window")

    @classmethod
    def parse(cls, text: str) -> Context:
        """The context that `carried`, `cold:256` or `sliding:256/64` stands for.

        Raises:
            ConfigError: the text is none of these, or its numbers are out of their range.
        """
        if text == "carried":
            return cls()
        if match := re.fullmatch(r"cold:(\d+)", text):
            return cls(int(match[1]), int(match[1]))
        if match := re.fullmatch(r"sliding:(\d+)/(\d+)", text):
            return cls(int(match[1]), int(match[2]))
        raise ConfigError(f"--context {text}: it must be carried, cold:N or sliding:N/M, such as cold:256")

    def __str__(self) -> str:
        if self.window is None:
            return "carried"
        return f"cold:{self.window}" if self.stride == self.window else f"sliding:{self.window}/{self.stride}"

    def describe(self) -> str:
        """The mode in a sentence."""
        if self.window is None:
            return "carried: each text is read once, as one stream"
        if self.stride == self.window:
            return f"{self}: separate windows of {self.window} tokens, each read from an empty state"
        return f"{self}: windows of {self.window} tokens, of which the last {self.stride} are scored"

    def nats(self, model: Decoder, ids: NDArray[Any]) -> Iterator[NDArray[np.float64]]:
        """-ln p of every id of a text (one id or more), in order, in arrays of any length."""
        if self.window is None or self.stride is None:
            for carried in token_nats(model, Streams(ids, n_streams=1, window=_CARRIED_WINDOW)):
                yield carried.ravel()
        else:
            yield from _nats_in_windows(model, ids, window=self.window, stride=self.stride)


@final
@dataclass(frozen=True)
class FromEnd:
    """A mode for a model that reads backward: it gets each document from its end.

    Its nats stand in the order of the text, so that they can be compared with those of any other model, place by place.
    They come all at once.

    >>> import numpy as np
    >>> from seqgen.evaluation import restore_decoder
    >>> from seqgen.run import open_model
    >>> decoder, ids = restore_decoder(open_model("checkpoints/story")), np.array([5, 6, 7])
    >>> (backward,), (forward,) = FromEnd(Context()).nats(decoder, ids), Context().nats(decoder, ids[::-1])
    >>> bool((backward == forward[::-1]).all())
    True
    """

    mode: ScoringMode

    def __str__(self) -> str:
        return str(self.mode)

    def describe(self) -> str:
        """The mode in a sentence."""
        return f"{self.mode.describe()}, from the end"

    def nats(self, model: Decoder, ids: NDArray[Any]) -> Iterator[NDArray[np.float64]]:
        """-ln p of every id of a text (one id or more), in the order of the text."""
        yield from_end(np.concatenate(list(self.mode.nats(model, from_end(ids, ids)))), ids)


def _nats_in_windows(model: Decoder, ids: NDArray[Any], *, window: int, stride: int) -> Iterator[NDArray[np.float64]]:
    n_full = (len(ids) - window) // stride + 1 if len(ids) >= window else 0
    n_at_once = min(_MAX_WINDOWS, max(1, _MAX_LOGITS // (window * model.vocab_size)))
    for first in range(0, n_full, n_at_once):
        starts = np.arange(first, min(first + n_at_once, n_full)) * stride
        nats = _window_nats(model, ids, starts=starts, length=window)
        if first == 0 and stride < window:
            yield nats[0, : window - stride]
        yield nats[:, window - stride :].ravel()
    n_scored = window + (n_full - 1) * stride if n_full else 0
    if n_scored < len(ids):  # the last window is shorter
        start = n_full * stride
        yield _window_nats(model, ids, starts=np.array([start]), length=len(ids) - start)[0, n_scored - start :]


def _window_nats(model: Decoder, ids: NDArray[Any], *, starts: NDArray[np.int64], length: int) -> NDArray[np.float64]:
    """Nats of windows of one length, each read from an empty state. (B, T)"""
    positions = starts[:, None] + np.arange(length)
    inputs = np.where(positions > 0, ids[np.maximum(positions - 1, 0)], END_OF_TEXT)
    batch = Batch(inputs=inputs.astype(np.int64), targets=ids[positions].astype(np.int64), starts_anew=True)
    return score_batch(model, batch)[0]
