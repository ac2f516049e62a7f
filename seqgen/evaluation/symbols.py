"""A text as the observers of a scoring see it: its ids, and out-of-vocabulary characters in their places among them.

Such a character has no id, so a negative number stands for it: -1 less its code point. Ids and these numbers together
are called symbols.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any, Protocol, final

import numpy as np
from numpy.typing import NDArray

from seqgen.corpus import EncodedText, require_whole
from seqgen.evaluation.oov import oov_charges
from seqgen.tokenizers import Detokenizer, Tokenizer


class Observer(Protocol):
    """Receives the nats of every symbol while a text is scored, so that one scoring serves several reports.

    The nats include the charges for out-of-vocabulary characters: together they are those of the score.
    """

    def take(self, symbols: NDArray[Any], nats: NDArray[np.float64]) -> None:
        """Receive the next symbols of the text and the nats of each, (T,) both."""


def write_symbol(detokenizer: Detokenizer, symbol: int) -> str:
    """The text that a symbol adds: the out-of-vocabulary character it stands for, or what an id completes.

    >>> from seqgen.run import open_model
    >>> detokenizer = Detokenizer(open_model("checkpoints/story").tokenizer)
    >>> write_symbol(detokenizer, -1 - ord("é"))
    'é'
    """
    return chr(-1 - symbol) if symbol < 0 else detokenizer.write(symbol)


@final
class Symbols:
    """A text as observers see it: its ids, and a negative number in the place of each out-of-vocabulary character.

    >>> import numpy as np
    >>> from seqgen.corpus import encode_text
    >>> from seqgen.run import open_model
    >>> tokenizer = open_model("checkpoints/story").tokenizer
    >>> symbols = Symbols(encode_text(["Miña"], tokenizer), tokenizer)
    >>> len(symbols), symbols.between(2, 3).tolist() == [-1 - ord("ñ")]
    (4, True)
    """

    def __init__(self, text: EncodedText, tokenizer: Tokenizer) -> None:
        self._text = text
        self._known, self._unknown = oov_charges(tokenizer) if text.n_oov else (0.0, 0.0)

    def __len__(self) -> int:
        """Number of ids and out-of-vocabulary characters."""
        return len(self._text.ids) + self._text.n_oov

    def between(self, first: int, last: int) -> NDArray[Any]:
        """The symbols from one position to another."""
        require_whole(self._text.ids)
        start, stop = (self._n_oov_before(position) for position in (first, last))
        ids, places = self._text.ids[first - start : last - stop], self._text.oov_places[start:stop]
        return np.insert(ids.astype(np.int64), places["after"] - (first - start), _numbers(places))

    def _n_oov_before(self, position: int) -> int:
        after = self._text.oov_places["after"]
        return bisect_left(range(len(after)), position, key=lambda number: int(after[number]) + number)

    def charged(self, nats: NDArray[np.float64], *, first: int) -> tuple[NDArray[Any], NDArray[np.float64]]:
        """The symbols from the id at index `first` on, and the nats of each with all charges.

        `nats` are those of the ids. The characters before an id belong to it; the last id also has those after it.

        >>> import numpy as np
        >>> from seqgen.corpus import encode_text
        >>> from seqgen.run import open_model
        >>> tokenizer = open_model("checkpoints/story").tokenizer
        >>> symbols = Symbols(encode_text(["Miña"], tokenizer), tokenizer)
        >>> _, nats = symbols.charged(np.array([2.0, 1.0, 1.0]), first=0)
        >>> bool(nats[2] > 13.9 > nats[1] > 1.0)  # the third, "ñ", is one of a million characters
        True
        """
        require_whole(self._text.ids)
        last = first + len(nats)
        ids = self._text.ids[first:last]
        if not self._text.n_oov:
            return ids, nats
        after = self._text.oov_places["after"]
        start, stop = np.searchsorted(after, [first, last])
        places = self._text.oov_places[start : stop if last < len(self._text.ids) else None]
        at = places["after"] - first
        charged = np.insert(nats + self._known, at, self._unknown)
        return np.insert(ids.astype(np.int64), at, _numbers(places)), charged


def _numbers(places: NDArray[Any]) -> NDArray[np.int64]:
    """The numbers that stand for out-of-vocabulary characters."""
    numbers: NDArray[np.int64] = -1 - places["code"].astype(np.int64)
    return numbers
