"""The option `words`: a text holds only known words."""

from __future__ import annotations

from typing import final

from seqgen.sampling.constraints.base import Constraint
from seqgen.sampling.constraints.word_graph import Node, WordGraph
from seqgen.sampling.filters import Logits


@final
class WholeWords(Constraint):
    """Removes every token that would end a word that is not known, or begin one.

    `node` is where the text begins in the graph.

    >>> import numpy as np
    >>> from seqgen.sampling.constraints.known_words import KnownWords
    >>> from seqgen.sampling.constraints.whole_words import WholeWords
    >>> from seqgen.sampling.constraints.word_graph import WordGraph, token_trees
    >>> from seqgen.tokenizers.byte import ByteTokenizer
    >>> tokenizer = ByteTokenizer()
    >>> graph = WordGraph(KnownWords.of(["sat", "saw"]), tokenizer, trees=token_trees(tokenizer))
    >>> constraint = WholeWords(graph, graph.at_end_of("she sa"))
    >>> logits = np.zeros(257)
    >>> constraint.apply(logits)
    >>> [chr(token - 1) for token in np.flatnonzero(logits == 0)]
    ['t', 'w']
    """

    def __init__(self, graph: WordGraph, node: Node) -> None:
        self._graph = graph
        self._node = node

    def take(self, token: int) -> None:
        self._node = self._node.after.get(token) or self._graph.after(self._node, token)

    def apply(self, logits: Logits) -> None:
        continuing = self._node.continuing
        kept = logits[continuing]
        logits += self._node.penalty
        logits[continuing] = kept
