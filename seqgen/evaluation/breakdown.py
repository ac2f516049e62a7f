"""Where the nats go: by token, line or document, and the highest_loss places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from seqgen.tokenizers import END_OF_TEXT, Detokenizer, Tokenizer

By = Literal["token", "line", "document"]


@final
class Units:
    """An observer that hands on what every token, line or document cost, as it is over.

    A line ends with the token that holds its newline, a document with the end-of-text token; characters that the vocabulary
    lacks are in none.
    """

    def __init__(self, tokenizer: Tokenizer, by: By, write: Callable[[dict[str, Any]], None]) -> None:
        self._detokenizer = Detokenizer(tokenizer)
        self._by = by
        self._write = write
        self._number = 0
        self._text, self._n_tokens, self._nats = "", 0, 0.0

    def take(self, ids: NDArray[Any], nats: NDArray[np.float64]) -> None:
        for token, cost in zip(ids.tolist(), nats.tolist(), strict=True):
            text = self._detokenizer.write(token)
            self._text += text
            self._n_tokens += 1
            self._nats += cost
            if self._by == "token" or token == END_OF_TEXT or (self._by == "line" and "\n" in text):
                self._hand_on()

    def finish(self) -> None:
        """The text is over: hand on what has not ended."""
        self._text += self._detokenizer.finish()
        if self._n_tokens:
            self._hand_on()

    def _hand_on(self) -> None:
        self._number += 1
        self._write({"number": self._number, "text": self._text, "tokens": self._n_tokens, "nats": self._nats})
        self._text, self._n_tokens, self._nats = "", 0, 0.0


class TokenInContext(NamedTuple):
    """One token of a text, and what stands around it."""

    number: int
    nats: float
    before: str
    token: str
    after: str


@final
class HighestLoss:
    """An observer that remembers the tokens that cost most."""

    def __init__(self, n: int) -> None:
        self._n = n
        self._n_read = 0
        self._numbers = np.empty(0, dtype=np.int64)
        self._nats = np.empty(0)

    def take(self, ids: NDArray[Any], nats: NDArray[np.float64]) -> None:
        numbers = np.concatenate((self._numbers, self._n_read + np.arange(len(ids))))
        costs = np.concatenate((self._nats, nats))
        order = np.argsort(-costs, kind="stable")[: self._n]
        self._numbers, self._nats = numbers[order], costs[order]
        self._n_read += len(ids)

    def places(self, tokenizer: Tokenizer, ids: NDArray[Any], n_around: int = 30) -> list[TokenInContext]:
        """The places found, the highest_loss first, with so many tokens on each side."""

        def text(first: int, last: int) -> str:
            return tokenizer.decode(ids[max(0, first) : last].tolist())

        found = []
        for number, nats in zip(self._numbers.tolist(), self._nats.tolist(), strict=True):
            before, after = text(number - n_around, number), text(number + 1, number + 1 + n_around)
            found.append(TokenInContext(number, nats, before, text(number, number + 1), after))
        return found
