"""Texts that match a regular expression: its automaton over UTF-8 bytes, and what every token does to it."""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from seqgen.errors import ConfigError
from seqgen.sampling.constraints.automaton import Automaton, build_automaton
from seqgen.sampling.constraints.base import Constraint
from seqgen.sampling.filters import Logits
from seqgen.tokenizers import END_OF_TEXT, Tokenizer

Node = int
"""A state of the automaton, and the kind of the token before: what the next tokens are as bytes may depend on it."""


class Choices(NamedTuple):
    """Tokens that can come at a place."""

    tokens: NDArray[np.intp]
    needs: NDArray[np.float64]
    """The fewest characters with which each leads to an end, its own counted."""


@final
class Expression:
    """A regular expression as a graph of tokens: from each place those that lead on, and how far it is to the end.

    The syntax is that of the Rust crate regex, without anchors, look-around and back-references: an expression always
    matches a whole text. The automaton is built by outlines-core.

    Raises:
        ConfigError: no such expression, or one that nothing in the vocabulary can satisfy.
    """

    def __init__(self, pattern: str, tokenizer: Tokenizer, previous: int = END_OF_TEXT) -> None:
        try:
            self._automaton = build_automaton(pattern)
        except ValueError as error:
            raise ConfigError(f"--match {pattern}: {error}") from None
        self._kinds, lists = tokenizer.piece_tables
        self._tokens = [_Tokens(pieces) for pieces in lists]
        self._choices: dict[Node, Choices] = {}
        self.start = int(self._places(self._automaton.start, previous))
        self._n_needed = self._measure()
        if math.isinf(self.n_needed(self.start)):
            hint = f"; {tokenizer.separator!r} is the end of its documents, and in none" if tokenizer.separator else ""
            raise ConfigError(f"--match {pattern}: no text in the model's vocabulary matches it{hint}")

    def accepts(self, place: Node) -> bool:
        """Whether the text so far matches."""
        return bool(self._automaton.accepting[place // len(self._tokens)])

    def after(self, place: Node, token: int) -> Node:
        """Where a token leads."""
        state, tokens = self._at(place)
        for byte in tokens.pieces[token]:
            state = int(self._automaton.table[state, byte])
        return int(self._places(state, token))

    def n_needed(self, place: Node) -> float:
        """Fewest characters that the text must still grow by to match; infinite where it cannot."""
        return float(self._n_needed[place])

    def n_characters(self, token: int, place: Node) -> int:
        """Characters that a token begins."""
        return int(self._at(place)[1].n_characters[token])

    def choices(self, place: Node) -> Choices:
        """Tokens that can come at a place; the end-of-text token and tokens without bytes never."""
        if place not in self._choices:
            tokens, n_characters, places = self._walk(place)
            needs = n_characters + self._n_needed[places]
            can_match = np.isfinite(needs)
            self._choices[place] = Choices(tokens[can_match], needs[can_match])
        return self._choices[place]

    def _at(self, place: Node) -> tuple[int, _Tokens]:
        state, kind = divmod(place, len(self._tokens))
        return state, self._tokens[kind]

    def _places(self, states: Any, tokens: Any) -> Any:
        """Where one is after tokens that have led to states."""
        return states * len(self._tokens) + self._kinds[tokens]

    def _walk(self, place: Node) -> tuple[NDArray[np.intp], NDArray[np.int64], NDArray[np.int64]]:
        """Tokens that can come as far as the next bytes go, their characters, and the places that they lead to."""
        state, tokens = self._at(place)
        read, states = tokens.walk(self._automaton, state)
        is_alive = states != self._automaton.dead
        read, states = read[is_alive], states[is_alive]
        return read, tokens.n_characters[read], self._places(states, read)

    def _measure(self) -> NDArray[np.float64]:
        """Characters from every place to the nearest end (Dijkstra 1959, from the ends); infinite where none is met."""
        n_places = len(self._automaton.table) * len(self._tokens)
        into: dict[Node, list[tuple[Node, int]]] = defaultdict(list)
        found, waiting = {self.start}, [self.start]
        while waiting:
            place = waiting.pop()
            _, n_characters, places = self._walk(place)
            different, number = np.unique(places, return_inverse=True)
            fewest = np.full(len(different), np.iinfo(np.int64).max)
            np.minimum.at(fewest, number, n_characters)
            for after, n_fewest in zip(different.tolist(), fewest.tolist(), strict=True):
                into[after].append((place, n_fewest))
                if after not in found:
                    found.add(after)
                    waiting.append(after)
        n_needed = np.full(n_places, np.inf)
        queue = [(0, place) for place in found if self.accepts(place)]
        heapq.heapify(queue)
        while queue:
            n, place = heapq.heappop(queue)
            if n < n_needed[place]:
                n_needed[place] = n
                for before, n_more in into[place]:
                    heapq.heappush(queue, (n + n_more, before))
        return n_needed


@final
class RegexMatch(Constraint):
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
        if token != END_OF_TEXT:
            self._n_left -= self._expression.n_characters(token, self._place)
            self._place = self._expression.after(self._place, token)

    def apply(self, logits: Logits) -> None:
        allowed = self._tokens()
        kept, boundary = logits[allowed], logits[END_OF_TEXT]
        logits[:] = -np.inf
        logits[allowed] = kept
        if self._expression.accepts(self._place):
            logits[END_OF_TEXT] = boundary

    @property
    def is_complete(self) -> bool:
        return self._expression.accepts(self._place) and not len(self._tokens())

    def _tokens(self) -> NDArray[np.intp]:
        """Tokens after which the text can still match in the characters that are left."""
        tokens, needs = self._expression.choices(self._place)
        return tokens[needs <= self._n_left]


@final
class _Tokens:
    """The bytes of all tokens, the longest first, so that an automaton reads them together, byte by byte."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self.pieces = pieces
        self.n_characters = np.array([sum(byte & 0xC0 != 0x80 for byte in piece) for piece in pieces])
        """(V,): bytes of each token that begin a character."""
        lengths = np.array([0 if token == END_OF_TEXT else len(piece) for token, piece in enumerate(pieces)])
        self._longest_first = np.argsort(-lengths, kind="stable")[: np.count_nonzero(lengths)]
        ordered = [pieces[token] for token in self._longest_first.tolist()]
        n_longest = max(map(len, ordered), default=0)
        n_there = np.searchsorted(-lengths[self._longest_first], -np.arange(n_longest), side="left").tolist()
        self._columns = [
            np.frombuffer(bytes(piece[place] for piece in ordered[:n]), dtype=np.uint8)
            for place, n in enumerate(n_there)
        ]

    def walk(self, automaton: Automaton, state: int) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        """All tokens with bytes, and the state after each."""
        states = np.full(len(self._longest_first), state, dtype=np.int32)
        for column in self._columns:
            part = states[: len(column)]
            part[:] = automaton.table[part, column]
        return self._longest_first, states
