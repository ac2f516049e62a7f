"""Which tokens may come next if a text holds only known words: a graph whose nodes are begun words.

A token may finish a word, begin another one, or hold several whole ones. So the tree of all tokens is read along with
the known words, and what both have is allowed. Few words continue the begun one, so little of the tree is read. A node
is made when a text first comes to it, and kept.
"""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import final

import numpy as np
from numpy.typing import NDArray

from seqgen.sampling.constraints.known_words import APOSTROPHE, KnownWords
from seqgen.sampling.constraints.token_tree import Branch, TokenTree
from seqgen.tokenizers import END_OF_TEXT, Tokenizer
from seqgen.tokenizers.word import APOSTROPHES, is_letter

_LEADS, _LEAD_OF_THREE, _LEAD_OF_FOUR = range(0xC2, 0xF5), 0xE0, 0xF0
"""What the first byte of a character in UTF-8 can be if it is not ASCII; from which on two or three others follow."""
_CONTINUATIONS = range(0x80, 0xC0)
"""What the other bytes can be. Each holds six bits of the code point."""
_LEAST_CODE = {2: 0x80, 3: 0x800, 4: 0x10000}
"""The smallest code point that may be written in so many bytes."""
_SURROGATES = range(0xD800, 0xE000)
"""Code points that are no characters."""


@final
@dataclass(frozen=True, eq=False)
class Node:
    """All that matters of a text for its next token."""

    word: str
    """The word that the text ends with, whole or begun; empty after a space, say."""
    waiting: bytes
    """The first bytes of a character that is not complete yet."""
    table: int
    """The number of the table that tells the bytes of the next token."""
    penalty: NDArray[np.float32]
    """(V,): -inf for the tokens that may not come next, 0 for those that may."""
    continuing: NDArray[np.intp]
    """Tokens that may come next, whatever their penalty: those that continue the word."""
    after: dict[int, Node] = field(default_factory=dict)
    """The nodes after the tokens that texts have taken from here."""


@final
class WordGraph:
    """Known words in the tokens of a vocabulary. Many texts share one.

    `trees` has a tree for every table of the tokenizer.

    >>> from seqgen.sampling.constraints.known_words import KnownWords
    >>> from seqgen.sampling.constraints.word_graph import WordGraph, token_trees
    >>> from seqgen.tokenizers.byte import ByteTokenizer
    >>> tokenizer = ByteTokenizer()
    >>> graph = WordGraph(KnownWords.of(["the", "they"]), tokenizer, trees=token_trees(tokenizer))
    >>> node = graph.at_end_of("the")
    >>> [chr(token - 1) for token in node.continuing][:2]  # a closing quotation mark may follow "the"
    ['y', "'"]
    """

    def __init__(self, words: KnownWords, tokenizer: Tokenizer, *, trees: Sequence[TokenTree]) -> None:
        self._words = words
        self._tokenizer = tokenizer
        self._grown: dict[frozenset[str], WordGraph] = {}
        """The latest graph with the words of a prompt, by those words."""
        self._table_after, _ = tokenizer.piece_tables
        self._trees = trees
        self._can_spell = all(any(map(is_letter, tree.root.longer)) for tree in trees)
        """Whether every begun word can be continued. In a vocabulary of whole words it cannot."""
        self._penalties = [self._penalty(tree, tokenizer.vocab_size) for tree in trees]
        self._closed = np.full(tokenizer.vocab_size, -np.inf, dtype=np.float32)
        self._nodes: dict[tuple[str, bytes, int], Node] = {}

    def with_words_of(self, prompt: str) -> WordGraph:
        """The graph of these words and those of a prompt."""
        new = self._words.new_in(prompt)
        if new not in self._grown:
            graph = WordGraph(self._words.joined_by(new), self._tokenizer, trees=self._trees) if new else self
            self._grown = {new: graph}  # the next prompt is likely to have the same new words
        return self._grown[new]

    def at_end_of(self, text: str, previous: int = END_OF_TEXT) -> Node:
        """The node of a text that ends with the token `previous`."""
        return self._node(_last_word("", text), b"", int(self._table_after[previous]))

    def after(self, node: Node, token: int) -> Node:
        """The node after a token."""
        if token not in node.after:
            word, waiting = "", b""
            if token != END_OF_TEXT:
                decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
                text = decoder.decode(node.waiting + self._trees[node.table].pieces[token])
                word, waiting = _last_word(node.word, text), decoder.getstate()[0]
            node.after[token] = self._node(word, waiting, int(self._table_after[token]))
        return node.after[token]

    def _node(self, word: str, waiting: bytes, table: int) -> Node:
        key = word, waiting, table
        if key not in self._nodes:
            tree, may_end = self._trees[table], self._is_whole(word) and not waiting
            tokens = list(self._within_character(word, waiting, tree) if waiting else self._continuing(word, tree))
            penalty = self._penalties[table] if may_end else self._closed
            self._nodes[key] = Node(word, waiting, table, penalty, np.array(tokens, dtype=np.intp))
        return self._nodes[key]

    def _penalty(self, tree: TokenTree, vocab_size: int) -> NDArray[np.float32]:
        """-inf for all tokens but those that may follow whatever whole word there is: they begin with a space, say."""
        penalty = np.full(vocab_size, -np.inf, dtype=np.float32)
        penalty[END_OF_TEXT] = 0
        for character, branch in tree.root.longer.items():
            if not is_letter(character) and character not in APOSTROPHES:
                penalty[list(self._within(branch, ""))] = 0
        penalty[[token for piece, token in tree.partial.items() if _may_begin_other_than_letter(piece)]] = 0
        return penalty

    def _continuing(self, word: str, tree: TokenTree) -> Iterator[int]:
        """The tokens that continue a word, or end it with an apostrophe."""
        for character in self._next_characters(word):
            if character in tree.root.longer:
                yield from self._within(tree.root.longer[character], _last_word(word, character))
            elif (first := character.encode()[:1]) in tree.partial:
                yield tree.partial[first]
        if self._is_whole(word):
            for character in APOSTROPHES:
                if not _joins(word, character) and character in tree.root.longer:
                    yield from self._within(tree.root.longer[character], "")

    def _within(self, branch: Branch, word: str) -> Iterator[int]:
        """The tokens of a branch that hold only known words, and end with the beginning of one or after one."""
        is_whole = self._is_whole(word)
        if is_whole or self._can_spell:
            yield from branch.tokens
        for character in self._next_characters(word) if branch.longer else "":
            if character in branch.longer:
                yield from self._within(branch.longer[character], _last_word(word, character))
        for character, longer in branch.longer.items() if is_whole else ():
            if not _joins(word, character):
                yield from self._within(longer, "")

    def _within_character(self, word: str, waiting: bytes, tree: TokenTree) -> Iterator[int]:
        """The tokens that continue a character, so that it continues or ends a known word."""
        letters, may_end = [character.encode() for character in self._next_characters(word)], self._is_whole(word)
        for piece, token in tree.partial.items():
            begun = waiting + piece
            if any(letter.startswith(begun) for letter in letters) or (may_end and _may_begin_other_than_letter(begun)):
                yield token

    def _next_characters(self, word: str) -> str:
        """The characters that may follow a word and belong to it, as yet: an apostrophe may also turn out to end it."""
        characters = self._words.next_characters(word)
        if APOSTROPHE in characters or (_joins(word, APOSTROPHE) and self._is_whole(word)):
            characters = characters.replace(APOSTROPHE, "") + APOSTROPHES
        return characters

    def _is_whole(self, word: str) -> bool:
        """Whether a text may end with this word, or with an apostrophe after it."""
        return not word or self._words.has(word) or (word[-1] == APOSTROPHE and self._words.has(word[:-1]))


def token_trees(tokenizer: Tokenizer) -> list[TokenTree]:
    """A tree for every table of a tokenizer."""
    _, tables = tokenizer.piece_tables
    return [TokenTree(pieces) for pieces in tables]


def _joins(word: str, character: str) -> bool:
    """Whether a character after a word belongs to it; an apostrophe does if a letter comes next."""
    return is_letter(character) or (character in APOSTROPHES and word != "" and word[-1] != APOSTROPHE)


def _last_word(word: str, text: str) -> str:
    """The word that a text ends with, after a text that ends with `word`."""
    for character in text:
        joins = _joins(word, character)
        word = word + (APOSTROPHE if character in APOSTROPHES else character) if joins else ""
    return word


@cache
def _may_begin_other_than_letter(data: bytes) -> bool:
    """Whether any character in UTF-8 begins with some bytes and is not a letter.

    >>> _may_begin_other_than_letter("×".encode()[:1]), _may_begin_other_than_letter(b"\\xd0")  # all of D0 is Cyrillic
    (True, False)
    """
    if data[0] not in _LEADS or any(byte not in _CONTINUATIONS for byte in data[1:]):
        return False
    n_bytes = 2 + (data[0] >= _LEAD_OF_THREE) + (data[0] >= _LEAD_OF_FOUR)
    code = data[0] & (0xFF >> (n_bytes + 1))
    for byte in data[1:]:
        code = code << 6 | byte & 0x3F
    n_missing = 6 * (n_bytes - len(data))
    codes = range(max(code << n_missing, _LEAST_CODE[n_bytes]), min((code + 1) << n_missing, sys.maxunicode + 1))
    return any(code not in _SURROGATES and not is_letter(chr(code)) for code in codes)
