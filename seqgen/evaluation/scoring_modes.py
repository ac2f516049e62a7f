"""What a model has read before each token that it is asked for: the mode behind a number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from seqgen.corpus import Batch, Streams
from seqgen.errors import ConfigError
from seqgen.models import Decoder
from seqgen.scoring import score_batch, token_nats
from seqgen.tokenizers import END_OF_TEXT

_CARRIED_WINDOW = 1024  # how a stream is cut makes no difference to its nats
_MOST_LOGITS = 1 << 24  # of the windows that are read side by side
_MOST_WINDOWS = 64


class ScoringMode(Protocol):
    """How a model reads a text that is scored."""

    def __str__(self) -> str:
        """In a word or two."""

    def describe(self) -> str:
        """For people."""

    def nats(self, model: Decoder, ids: NDArray[Any]) -> Iterator[NDArray[np.float64]]:
        """-ln p of every id, one or more, in order, piece by piece."""


@dataclass(frozen=True)
class Context:
    """Either everything before, carried along, or the last part of it, read anew from an empty state.

    `carried`: one stream. `cold:256`: separate windows of 256 tokens, all scored. `sliding:256/64`: windows of 256,
    one every 64 tokens, of which the last 64 are scored, so that each has 192 before it at least. The input of a
    window's first token is the token before it.
    """

    window: int | None = None
    stride: int | None = None

    def __post_init__(self) -> None:
        if self.window is not None and not 1 <= (self.stride or 0) <= self.window:
            raise ConfigError(f"--context {self}: it must be one token or more, and the step no longer than the window")

    @classmethod
    def parse(cls, text: str) -> Context:
        """From `carried`, `cold:256` or `sliding:256/64`.

        Raises:
            ConfigError: it is something else.
        """
        if text == "carried":
            return cls()
        if found := re.fullmatch(r"cold:(\d+)", text):
            return cls(int(found[1]), int(found[1]))
        if found := re.fullmatch(r"sliding:(\d+)/(\d+)", text):
            return cls(int(found[1]), int(found[2]))
        raise ConfigError(f"--context {text}: it is carried, cold:256 or sliding:256/64, with numbers of your own")

    def __str__(self) -> str:
        if self.window is None:
            return "carried"
        return f"cold:{self.window}" if self.stride == self.window else f"sliding:{self.window}/{self.stride}"

    def describe(self) -> str:
        """For people."""
        if self.window is None:
            return "carried: each text read once, as one stream"
        if self.stride == self.window:
            return f"{self}: separate windows of {self.window} tokens, each from nothing"
        return f"{self}: windows of {self.window} tokens, the last {self.stride} of each scored"

    def nats(self, model: Decoder, ids: NDArray[Any]) -> Iterator[NDArray[np.float64]]:
        """-ln p of every id, one or more, in order, piece by piece."""
        if self.window is None or self.stride is None:
            for carried in token_nats(model, Streams(ids, n_streams=1, window=_CARRIED_WINDOW)):
                yield carried.ravel()
            return
        window, stride = self.window, self.stride
        n_full = (len(ids) - window) // stride + 1 if len(ids) >= window else 0
        n_beside = min(_MOST_WINDOWS, max(1, _MOST_LOGITS // (window * model.vocab_size)))
        for first in range(0, n_full, n_beside):
            starts = np.arange(first, min(first + n_beside, n_full)) * stride
            nats = _read(model, ids, starts, window)
            if first == 0 and stride < window:
                yield nats[0, : window - stride]
            yield nats[:, window - stride :].ravel()
        n_done = window + (n_full - 1) * stride if n_full else 0
        if n_done < len(ids):
            start = n_full * stride
            yield _read(model, ids, np.array([start]), len(ids) - start)[0, n_done - start :]


def _read(model: Decoder, ids: NDArray[Any], starts: NDArray[np.int64], length: int) -> NDArray[np.float64]:
    """Nats of windows of one length, each from an empty state: (B, T)."""
    places = starts[:, None] + np.arange(length)
    inputs = np.where(places > 0, ids[np.maximum(places - 1, 0)], END_OF_TEXT)
    batch = Batch(inputs=inputs.astype(np.int64), targets=ids[places].astype(np.int64), starts_anew=True)
    return score_batch(model, batch)[0]
