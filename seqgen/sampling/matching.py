"""Texts that match a regular expression: its automaton over UTF-8 bytes, and what every token does to it."""

from __future__ import annotations

import heapq
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, final

import numpy as np
from numpy.typing import NDArray

from seqgen.errors import ConfigError
from seqgen.sampling.filters import Logits
from seqgen.sampling.rule import Rule
from seqgen.tokenizers import BOUNDARY, Tokenizer

if TYPE_CHECKING:
    from outlines_core import Index

_END = 256  # in the place of a byte: here a token ends
_MARK = "\U0010ffff"  # never a character of a text; put after the expression, it shows where that may end

State = int
Bytes = Mapping[State, Mapping[int, State]]
"""Where each byte leads from each state of the automaton."""
Place = tuple[State, int]
"""A state of the automaton, and the token before: what the next tokens are as bytes may depend on it."""
Choices = tuple[NDArray[np.intp], NDArray[np.float64]]


@final
class Expression:
    """A regular expression as a graph of tokens: from each place those that lead on, and how far it is to the end.

    The syntax is that of the Rust crate regex, without anchors, look-around and back-references: an expression always
    matches a whole text. The automaton is built by outlines-core.

    Raises:
        ConfigError: no such expression, or one that nothing in the vocabulary can satisfy.
    """

    def __init__(self, pattern: str, tokenizer: Tokenizer, previous: int = BOUNDARY) -> None:
        start, self._bytes, self._finals = _automaton(pattern)
        self._tokenizer = tokenizer
        self._tries: dict[int, _Trie] = {}
        self._kinds: dict[int, int] = {}
        self._arcs: dict[Place, dict[int, Place]] = {}
        self._choices: dict[Place, Choices] = {}
        self.start: Place = (start, self._kind(previous))
        self._n_needed = self._measure()
        if self.start not in self._n_needed:
            raise ConfigError(f"--match {pattern}: no text in the model's vocabulary matches it")

    def accepts(self, place: Place) -> bool:
        """Whether the text so far matches."""
        return place[0] in self._finals

    def arcs(self, place: Place) -> dict[int, Place]:
        """Tokens that can come at a place, and where they lead; the boundary and tokens without bytes never."""
        if place not in self._arcs:
            found = self._trie(place).walk(self._bytes, place[0])
            self._arcs[place] = {token: (state, self._kind(token)) for token, state in found}
        return self._arcs[place]

    def n_needed(self, place: Place) -> float:
        """Fewest characters that the text must still grow by to match; infinite where it cannot."""
        return self._n_needed.get(place, np.inf)

    def n_characters(self, token: int, place: Place) -> int:
        """Characters that a token begins."""
        return self._trie(place).lengths[token]

    def choices(self, place: Place) -> Choices:
        """Tokens that can come at a place, and the fewest characters with which each leads to an end."""
        if place not in self._choices:
            arcs = self.arcs(place)
            costs = [self.n_characters(token, place) + self.n_needed(after) for token, after in arcs.items()]
            self._choices[place] = np.array([*arcs], dtype=np.intp), np.array(costs)
        return self._choices[place]

    def _kind(self, token: int) -> int:
        """The first token that was met after which all tokens have the same bytes as after this one: fewer places."""
        return self._kinds.setdefault(id(self._tokenizer.pieces(token)), token)

    def _trie(self, place: Place) -> _Trie:
        kind = place[1]
        if kind not in self._tries:
            self._tries[kind] = _Trie(self._tokenizer.pieces(kind))
        return self._tries[kind]

    def _measure(self) -> dict[Place, float]:
        """Characters to the nearest end, from every place that can be reached (Dijkstra 1959, from the ends)."""
        into: dict[Place, list[tuple[Place, int]]] = defaultdict(list)
        found, waiting = {self.start}, [self.start]
        while waiting:
            place = waiting.pop()
            for token, after in self.arcs(place).items():
                into[after].append((place, self.n_characters(token, place)))
                if after not in found:
                    found.add(after)
                    waiting.append(after)
        n_needed: dict[Place, float] = {}
        queue = [(0, place) for place in found if self.accepts(place)]
        heapq.heapify(queue)
        while queue:
            n, place = heapq.heappop(queue)
            if place not in n_needed:
                n_needed[place] = n
                for before, n_more in into[place]:
                    heapq.heappush(queue, (n + n_more, before))
        return n_needed


@final
class MatchRule(Rule):
    """Lets what a text grows by match an expression as a whole, in at most so many characters.

    Raises:
        ConfigError: the expression needs more characters than that.
    """

    def __init__(self, expression: Expression, n_left: int | None) -> None:
        self._expression = expression
        self._place = expression.start
        self._n_left = np.inf if n_left is None else n_left
        n_needed = expression.n_needed(self._place)
        if n_needed > self._n_left:
            raise ConfigError(
                f"--length is {n_left}: the shortest text that --match allows has {n_needed:.0f} characters"
            )

    def read(self, token: int) -> None:
        """The prompt is no part of what must match."""

    def take(self, token: int) -> None:
        if token != BOUNDARY:
            self._n_left -= self._expression.n_characters(token, self._place)
            self._place = self._expression.arcs(self._place)[token]

    def apply(self, logits: Logits) -> None:
        allowed = self._tokens()
        kept, boundary = logits[allowed], logits[BOUNDARY]
        logits[:] = -np.inf
        logits[allowed] = kept
        if self._expression.accepts(self._place):
            logits[BOUNDARY] = boundary

    @property
    def is_complete(self) -> bool:
        return self._expression.accepts(self._place) and not len(self._tokens())

    def _tokens(self) -> NDArray[np.intp]:
        """Tokens after which the text can still match in the characters that are left."""
        tokens, costs = self._expression.choices(self._place)
        return tokens[costs <= self._n_left]


@final
class _Trie:
    """Tokens by their bytes, so that tokens with the same beginning are walked together."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._root: dict[int, Any] = {}
        self.lengths = [sum(byte & 0xC0 != 0x80 for byte in piece) for piece in pieces]
        """Bytes of each token that begin a character."""
        for token, piece in enumerate(pieces):
            if token == BOUNDARY or not piece:
                continue
            node = self._root
            for byte in piece:
                node = node.setdefault(byte, {})
            node.setdefault(_END, []).append(token)

    def walk(self, arcs: Bytes, start: State) -> list[tuple[int, State]]:
        """Every token that an automaton can read from a state, and the state after it, in order of token."""
        found: list[tuple[int, State]] = []
        waiting = [(self._root, start)]
        while waiting:
            node, state = waiting.pop()
            found.extend((token, state) for token in node.get(_END, ()))
            after = arcs.get(state, {})
            waiting.extend((node[byte], after[byte]) for byte in node.keys() & after.keys())
        return sorted(found)


def _automaton(pattern: str) -> tuple[State, Bytes, set[State]]:
    """First state, arcs and accepting states of an expression's automaton over bytes.

    It is built for the expression with a mark after it, which alone leads to what outlines-core takes for the end: that
    loses the ways on from states in which a text may end but need not.
    """
    _index(pattern)  # which may be none, though it would be one in brackets
    index = _index(f"(?:{pattern}){_MARK}")
    ends, arcs = index.get_final_states(), index.get_transitions()
    accepting = set()
    for state in arcs:
        after: State | None = state
        for byte in _MARK.encode():
            after = None if after is None else arcs.get(after, {}).get(byte)
        if after in ends:
            accepting.add(state)
    without_mark = {
        state: {byte: after for byte, after in own.items() if after not in ends and byte != _END}
        for state, own in arcs.items()
    }
    return index.get_initial_state(), without_mark, accepting


def _index(pattern: str) -> Index:
    """The automaton of an expression, with bytes for tokens."""
    from outlines_core import Index, Vocabulary

    try:
        return Index(pattern, Vocabulary(_END, {bytes([byte]): [byte] for byte in range(256)}))
    except ValueError:
        reason = "anchors, look-around and back-references are not for it: the whole text always matches"
        try:
            re.compile(pattern)  # whose messages are made for people
        except re.error as error:
            reason = str(error)
        raise ConfigError(f"--match {pattern}: {reason}") from None
