"""A regular expression as a graph of tokens: where each token leads, and how far it then is to a match.

The automaton of the expression (`automaton.py`) reads bytes, but a model writes tokens of one or more bytes. So the
automaton becomes a graph of tokens, in two steps:

- From a node, each token leads to another node: the automaton reads the bytes of the token one by one.
- For every node, the shortest way to an accepting node is measured, in characters.
"""

from __future__ import annotations

import functools
import heapq
import math
from collections.abc import Sequence
from typing import Any, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from seqgen.errors import ConfigError
from seqgen.sampling.constraints.automaton import Automaton, build_automaton
from seqgen.tokenizers import END_OF_TEXT, Tokenizer
from seqgen.waiting import waiting

Node = int
"""A state of the automaton together with the number of the table that tells the bytes of the next tokens. (A token may
have other bytes at the beginning of a text than within it, so a tokenizer may have several tables.)"""


class NextTokens(NamedTuple):
    """The tokens that may follow a node."""

    tokens: NDArray[np.intp]
    n_needed: NDArray[np.float64]
    """For each token: the fewest characters, its own included, after which a text may end."""


@functools.lru_cache(maxsize=1)  # building one takes a process of its own
def automaton_of(pattern: str) -> Automaton:
    """The automaton of a regular expression.

    >>> automaton_of("[a-z")
    Traceback (most recent call last):
    seqgen.errors.ConfigError: --match [a-z: ...

    Raises:
        ConfigError: not a valid expression, or its automaton is too large.
    """
    try:
        with waiting("building the automaton of the expression"):
            return build_automaton(pattern)
    except ValueError as error:
        raise ConfigError(f"--match {pattern}: {error}") from None


@final
class Expression:
    """A regular expression as a graph of tokens. All texts that match it share one.

    The syntax is that of the Rust crate regex, without anchors, look-around and back-references: an expression always
    matches a whole text.

    >>> from seqgen.sampling.constraints.expression import Expression
    >>> from seqgen.tokenizers.byte import ByteTokenizer
    >>> expression = Expression("(ha)+!", ByteTokenizer())
    >>> node = expression.start()
    >>> expression.n_needed(node)  # "ha!" is the shortest text that matches
    3.0
    >>> for byte in b"haha":
    ...     node = expression.after(node, byte + 1)
    >>> [chr(token - 1) for token in expression.next_tokens(node).tokens]
    ['!', 'h']

    Raises:
        ConfigError: not a valid expression, or its automaton is too large.
    """

    def __init__(self, pattern: str, tokenizer: Tokenizer) -> None:
        self._pattern = pattern
        self._separator = tokenizer.separator
        self._automaton = automaton_of(pattern)
        self._table_after, tables = tokenizer.piece_tables
        """(V,): the number of the table that tells the bytes of the tokens after this token."""
        self._tables = [_TokenBytes(pieces) for pieces in tables]
        self._next_tokens: dict[Node, NextTokens] = {}
        self._n_needed = self._measure()

    def start(self, previous: int = END_OF_TEXT) -> Node:
        """The node of an empty text that follows the token `previous`.

        Raises:
            ConfigError: no text in the vocabulary matches the expression.
        """
        node = int(self._nodes(self._automaton.start, previous))
        if math.isinf(self.n_needed(node)):
            hint = (
                f"; {self._separator!r} separates its documents, and stands in none of them" if self._separator else ""
            )
            raise ConfigError(f"--match {self._pattern}: no text in the model's vocabulary matches it{hint}")
        return node

    def accepts(self, node: Node) -> bool:
        """Whether a text that has led here matches."""
        return bool(self._automaton.accepting[node // len(self._tables)])

    def after(self, node: Node, token: int) -> Node:
        """The node to which a token leads."""
        state, table = self._split(node)
        for byte in table.pieces[token]:
            state = int(self._automaton.table[state, byte])
        return int(self._nodes(state, token))

    def n_needed(self, node: Node) -> float:
        """The fewest characters by which a text must still grow to match; infinite if it cannot match."""
        return float(self._n_needed[node])

    def n_characters(self, token: int, node: Node) -> int:
        """How many characters a token begins."""
        return int(self._split(node)[1].n_characters[token])

    def next_tokens(self, node: Node) -> NextTokens:
        """The tokens after which a text can still match. The end-of-text token is never among them."""
        if node not in self._next_tokens:
            tokens, n_characters, nodes = self._steps(node)
            n_needed = n_characters + self._n_needed[nodes]
            can_match = np.isfinite(n_needed)
            self._next_tokens[node] = NextTokens(tokens[can_match], n_needed[can_match])
        return self._next_tokens[node]

    def _split(self, node: Node) -> tuple[int, _TokenBytes]:
        """The state of a node, and the bytes of the tokens that may follow."""
        state, table = divmod(node, len(self._tables))
        return state, self._tables[table]

    def _nodes(self, states: Any, tokens: Any) -> Any:
        """The nodes of states that the automaton is in after tokens; both may be arrays."""
        return states * len(self._tables) + self._table_after[tokens]

    def _steps(self, node: Node) -> tuple[NDArray[np.intp], NDArray[np.int64], NDArray[np.int64]]:
        """The tokens that do not lead to the dead state, how many characters each begins, and the nodes after them."""
        state, table = self._split(node)
        tokens, states = table.read_all(self._automaton, state)
        is_alive = states != self._automaton.dead
        tokens, states = tokens[is_alive], states[is_alive]
        return tokens, table.n_characters[tokens], self._nodes(states, tokens)

    def _measure(self) -> NDArray[np.float64]:
        """Characters from every node to the nearest accepting node; infinite where there is no way to one.

        Dijkstra's algorithm (1959), run backwards from the accepting nodes, visits nodes in the order of their
        distance. Tokens without characters (bytes within a character) are steps of length 0.
        """
        arriving = self._arriving_steps()
        n_needed = np.full(len(self._automaton.table) * len(self._tables), np.inf)
        queue = [(0, node) for node in arriving if self.accepts(node)]
        heapq.heapify(queue)
        while queue:
            n_characters, node = heapq.heappop(queue)
            if n_characters < n_needed[node]:
                n_needed[node] = n_characters
                for before, n_more in arriving[node]:
                    heapq.heappush(queue, (n_characters + n_more, before))
        return n_needed

    def _arriving_steps(self) -> dict[Node, list[tuple[Node, int]]]:
        """For every node that a text can reach: the nodes one token before it, and the fewest characters between."""
        first = self._automaton.start * len(self._tables)
        arriving: dict[Node, list[tuple[Node, int]]] = {first + table: [] for table in range(len(self._tables))}
        waiting = list(arriving)
        while waiting:
            node = waiting.pop()
            _, n_characters, nodes = self._steps(node)
            different, groups = np.unique(nodes, return_inverse=True)
            fewest = np.full(len(different), np.iinfo(np.int64).max)
            np.minimum.at(fewest, groups, n_characters)
            for after, n_fewest in zip(different.tolist(), fewest.tolist(), strict=True):
                if after not in arriving:
                    arriving[after] = []
                    waiting.append(after)
                arriving[after].append((node, n_fewest))
        return arriving


@final
class _TokenBytes:
    """The bytes of all tokens, arranged so that an automaton reads all tokens at once, byte by byte.

    Tokens are sorted by length, the longest first. Then the tokens that have a third byte, say, are the first few, and
    those bytes form one array, a column.
    """

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self.pieces = pieces
        self.n_characters = np.array([sum(byte & 0xC0 != 0x80 for byte in piece) for piece in pieces])
        """(V,): how many characters each token begins. A continuation byte of UTF-8, 0b10xxxxxx, begins none."""
        lengths = np.array([0 if token == END_OF_TEXT else len(piece) for token, piece in enumerate(pieces)])
        self._longest_first = np.argsort(-lengths, kind="stable")[: np.count_nonzero(lengths)]
        ordered = [pieces[token] for token in self._longest_first.tolist()]
        n_columns = max(map(len, ordered), default=0)
        n_tokens = np.searchsorted(-lengths[self._longest_first], -np.arange(n_columns), side="left").tolist()
        self._columns = [
            np.frombuffer(bytes(piece[column] for piece in ordered[:n]), dtype=np.uint8)
            for column, n in enumerate(n_tokens)
        ]

    def read_all(self, automaton: Automaton, state: int) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        """All tokens that have bytes, and the state to which each leads from `state`."""
        states = np.full(len(self._longest_first), state, dtype=np.int32)
        for column in self._columns:
            part = states[: len(column)]
            part[:] = automaton.table[part, column]
        return self._longest_first, states
