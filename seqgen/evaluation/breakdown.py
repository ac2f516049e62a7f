"""Where the nats of a text go: to which tokens, lines or documents, and which tokens lose the most.

Both classes are observers of a scoring: pass them to `Reading.score` or `score_text`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from seqgen.corpus import EncodedText
from seqgen.evaluation.symbols import Symbols, write_symbol
from seqgen.tokenizers import END_OF_TEXT, Detokenizer, Tokenizer

Unit = Literal["token", "line", "document"]


class UnitLoss(NamedTuple):
    """A token, line or document of a text, and what it costs.

    >>> loss = UnitLoss(number=1, text="Mina sat.\\n", tokens=10, nats=21.5)
    >>> loss.nats / loss.tokens
    2.15
    """

    number: int
    """Counted from 1."""
    text: str
    tokens: int
    """How many tokens it has."""
    nats: float


@final
class UnitLosses:
    """An observer that passes on the loss of every token, line or document as soon as it is complete.

    A line ends with the token that holds its newline, a document with the end-of-text token. Each out-of-vocabulary
    character counts as one token. Call `finish` at the end of the text.

    >>> from seqgen.evaluation import TextSelection, readings
    >>> from seqgen.run import open_model
    >>> model = open_model("checkpoints/story")
    >>> (reading,) = readings(model, TextSelection.of(["story.txt"]))
    >>> lines = []
    >>> losses = UnitLosses(model.tokenizer, "line", write=lines.append)
    >>> score = reading.score([losses])
    >>> losses.finish()
    >>> lines[0].text, lines[0].tokens
    ('...\\n', ...)
    >>> round(sum(line.nats for line in lines), 3) == round(score.nats, 3)
    True
    """

    def __init__(self, tokenizer: Tokenizer, unit: Unit, *, write: Callable[[UnitLoss], object]) -> None:
        self._detokenizer = Detokenizer(tokenizer)
        self._unit = unit
        self._write = write
        self._number = 0
        self._text, self._n_tokens, self._nats = "", 0, 0.0

    def take(self, symbols: NDArray[Any], nats: NDArray[np.float64]) -> None:
        """Receive the next symbols of the text and the nats of each."""
        for symbol, loss in zip(symbols.tolist(), nats.tolist(), strict=True):
            text = write_symbol(self._detokenizer, symbol)
            self._text += text
            self._n_tokens += 1
            self._nats += loss
            if self._unit == "token" or symbol == END_OF_TEXT or (self._unit == "line" and "\n" in text):
                self._write_unit()

    def finish(self) -> None:
        """Pass on the last unit, which has no end of its own."""
        self._text += self._detokenizer.finish()
        if self._n_tokens:
            self._write_unit()

    def _write_unit(self) -> None:
        self._number += 1
        self._write(UnitLoss(self._number, self._text, self._n_tokens, self._nats))
        self._text, self._n_tokens, self._nats = "", 0, 0.0


class TokenLoss(NamedTuple):
    """A token of a text, what it costs, and the text around it.

    >>> loss = TokenLoss(number=5, nats=9.0, before="Mina ", token="s", after="at.")
    >>> loss.before + loss.token + loss.after
    'Mina sat.'
    """

    number: int
    """Its position among the tokens of the text, counted from 0. Out-of-vocabulary characters count."""
    nats: float
    before: str
    token: str
    after: str


@final
class HighestLosses:
    """An observer that keeps the n tokens or out-of-vocabulary characters with the highest loss.

    >>> import numpy as np
    >>> from seqgen.corpus import encode_text
    >>> from seqgen.run import open_model
    >>> tokenizer = open_model("checkpoints/story").tokenizer
    >>> text = encode_text(["Mina sat"], tokenizer)
    >>> losses = HighestLosses(1)
    >>> losses.take(text.ids, np.array([1.0, 1, 1, 1, 1, 9, 1, 1]))
    >>> losses.tokens(tokenizer, text, n_around=3)
    [TokenLoss(number=5, nats=9.0, before='na ', token='s', after='at')]
    """

    def __init__(self, n: int) -> None:
        self._n = n
        self._n_read = 0
        self._numbers = np.empty(0, dtype=np.int64)
        self._nats = np.empty(0)

    def take(self, symbols: NDArray[Any], nats: NDArray[np.float64]) -> None:
        """Receive the next symbols of the text and the nats of each."""
        numbers = np.concatenate((self._numbers, self._n_read + np.arange(len(symbols))))
        losses = np.concatenate((self._nats, nats))
        highest = np.argsort(-losses, kind="stable")[: self._n]
        self._numbers, self._nats = numbers[highest], losses[highest]
        self._n_read += len(symbols)

    def tokens(self, tokenizer: Tokenizer, scored: EncodedText, *, n_around: int = 30) -> list[TokenLoss]:
        """The tokens, highest loss first, with `n_around` tokens of the scored text on each side."""
        symbols = Symbols(scored, tokenizer)

        def text(first: int, last: int) -> str:
            detokenizer = Detokenizer(tokenizer)
            numbers = symbols.between(max(0, first), min(last, len(symbols))).tolist()
            return "".join(write_symbol(detokenizer, number) for number in numbers) + detokenizer.finish()

        losses = []
        for number, nats in zip(self._numbers.tolist(), self._nats.tolist(), strict=True):
            before, after = text(number - n_around, number), text(number + 1, number + 1 + n_around)
            losses.append(TokenLoss(number, nats, before, text(number, number + 1), after))
        return losses
