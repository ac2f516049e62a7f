"""Checks of the state of a tokenizer that a file holds: whoever wrote the file may have written anything.

All of these raise a ValueError, a TypeError or a LookupError; whoever restores a tokenizer turns them into one line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from seqgen.tokenizers.alphabet import Alphabet


def read_text(state: Mapping[str, Any], name: str) -> str:
    """The text under a name, which must be one that UTF-8 can hold.

    >>> read_text({"separator": "\\n"}, "separator")
    '\\n'
    """
    text = state[name]
    if not isinstance(text, str):
        raise TypeError(f"{name} is not a text")
    text.encode()  # raises a UnicodeEncodeError, which is a ValueError, for half a character, such as `MARK`
    return text


def read_alphabet(state: Mapping[str, Any]) -> Alphabet:
    """The alphabet, whose characters must differ and be in the order of their code points.

    >>> read_alphabet({"characters": "abc", "unseen_probability": 0.5})
    Alphabet(characters='abc', oov_probability=0.5)
    """
    characters, probability = read_text(state, "characters"), state["unseen_probability"]
    if not all(first < second for first, second in pairwise(characters)):
        raise ValueError("the characters are not in order")
    if not 0 < probability < 1:  # raises a TypeError for what is no number
        raise ValueError("unseen_probability is not a probability")
    return Alphabet(characters, probability)


def require_distinct(tokens: Sequence[str]) -> Sequence[str]:
    """The same tokens, which must be texts that differ.

    >>> require_distinct(["a", "b"])
    ['a', 'b']
    """
    if not all(isinstance(token, str) for token in tokens) or len(set(tokens)) < len(tokens):
        raise ValueError("the tokens are not texts that differ")
    "".join(tokens).encode()  # raises for half a character, such as `MARK`
    return tokens
