"""The option `match`: a text matches a regular expression as a whole.

`RegexMatch` follows one text through the graph of the expression (`expression.py`). At every node it removes the tokens
after which the text could no longer match within the characters that are left.
"""

from __future__ import annotations

import math
from typing import final

import numpy as np
from numpy.typing import NDArray

from seqgen.errors import ConfigError
from seqgen.sampling.constraints.base import Constraint
from seqgen.sampling.constraints.expression import Expression
from seqgen.sampling.filters import Logits
from seqgen.tokenizers import END_OF_TEXT


@final
class RegexMatch(Constraint):
    """Lets a text continue only in ways in which it can still match within `n_left` characters. None is no limit.

    >>> import numpy as np
    >>> from seqgen.sampling.constraints.expression import Expression
    >>> from seqgen.sampling.constraints.matching import RegexMatch
    >>> from seqgen.tokenizers import END_OF_TEXT
    >>> from seqgen.tokenizers.byte import ByteTokenizer
    >>> constraint = RegexMatch(Expression("(ha)+!", ByteTokenizer()), previous=END_OF_TEXT, n_left=4)
    >>> for byte in b"ha":
    ...     constraint.take(byte + 1)
    >>> logits = np.zeros(257)
    >>> constraint.apply(logits)
    >>> [chr(token - 1) for token in np.flatnonzero(logits == 0)]  # two characters are left: "ha!" would be too long
    ['!']

    Raises:
        ConfigError: no text of this length matches.
    """

    def __init__(self, expression: Expression, *, previous: int, n_left: int | None) -> None:
        self._expression = expression
        self._node = expression.start(previous)
        self._n_left = math.inf if n_left is None else n_left
        n_needed = expression.n_needed(self._node)
        if n_needed > self._n_left:
            raise ConfigError(
                f"--length is {n_left}: the shortest text that --match allows has {n_needed:.0f} characters"
            )

    def take(self, token: int) -> None:
        if token != END_OF_TEXT:
            self._n_left -= self._expression.n_characters(token, self._node)
            self._node = self._expression.after(self._node, token)

    def apply(self, logits: Logits) -> None:
        tokens = self._allowed_tokens()
        kept, end_of_text = logits[tokens], logits[END_OF_TEXT]
        logits[:] = -np.inf
        logits[tokens] = kept
        if self._expression.accepts(self._node):
            logits[END_OF_TEXT] = end_of_text

    @property
    def is_complete(self) -> bool:
        return self.has_matched and not len(self._allowed_tokens())

    @property
    def has_matched(self) -> bool:
        """Whether the text matches as it stands."""
        return self._expression.accepts(self._node)

    @property
    def is_lost(self) -> bool:
        """Whether the text cannot match any more: it took a token that `apply` would have removed."""
        return self._expression.n_needed(self._node) > self._n_left

    @property
    def is_full(self) -> bool:
        """Whether no character is left."""
        return self._n_left == 0

    def _allowed_tokens(self) -> NDArray[np.intp]:
        tokens, n_needed = self._expression.next_tokens(self._node)
        return tokens[n_needed <= self._n_left]
