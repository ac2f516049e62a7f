"""From a configuration to constraints: what is slow to build is built once, and every text gets copies."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Sequence
from typing import final

from seqgen.config import SamplingConfig
from seqgen.corpus import CorpusRecord, reopen_part
from seqgen.errors import ConfigError
from seqgen.run import SavedModel
from seqgen.sampling.constraints.base import Constraint
from seqgen.sampling.constraints.expression import Expression, automaton_of
from seqgen.sampling.constraints.known_words import words_for
from seqgen.sampling.constraints.matching import RegexMatch
from seqgen.sampling.constraints.no_copy import NoCopy
from seqgen.sampling.constraints.phrases import PhraseBias, Phrases
from seqgen.sampling.constraints.substring_index import SubstringIndex
from seqgen.sampling.constraints.whole_words import WholeWords
from seqgen.sampling.constraints.word_graph import WordGraph, token_trees
from seqgen.sampling.direction import require_no_order
from seqgen.tokenizers import END_OF_TEXT

LEAST_RUN = 8
"""The least number of characters that `no_copy` takes."""
LEAST_RUN_OF_SHORT_DOCUMENTS = 2
SHORT_DOCUMENT = 20
"""Documents are short if they have fewer characters on average, the separators included. Most of a list of names are
shorter than `LEAST_RUN`, and could be copied whole."""


@final
class ConstraintSet:
    """The constraints that a configuration asks for, ready to follow any text of a model.

    Building it may take seconds: an automaton for `match`, an index of the training text for `no_copy`, its words for
    `words`. After that, `after` is quick.

    >>> from seqgen.config import SamplingConfig
    >>> from seqgen.run import open_model
    >>> from seqgen.sampling.constraints.constraint_set import ConstraintSet
    >>> constraints = ConstraintSet(open_model("checkpoints/story"), SamplingConfig(ban=("cat",), match="[a-z ]+"))
    >>> [type(constraint).__name__ for constraint in constraints.after(prompt=(), length=20)]
    ['PhraseBias', 'RegexMatch']

    Raises:
        ConfigError: `match` is not a regular expression, or its automaton is too large; `no_copy` is too small for the
            documents of the model; the model can write none of the `words`; the model reads backward.
        CorpusError: `no_copy` or `words` needs the training text, and it is not found; or a file of `words` cannot
            be read.
    """

    def __init__(self, model: SavedModel, config: SamplingConfig) -> None:
        require_no_order(model, config)
        tokenizer = model.tokenizer
        ends_with_document = config.until_end_of_text or config.match is not None
        separator = "" if ends_with_document else tokenizer.separator
        values = {**config.bias, **dict.fromkeys(config.ban, -math.inf)}
        self._whole_text: list[Constraint] = []
        """Constraints on the text with its prompt."""
        if values:
            self._whole_text.append(PhraseBias(Phrases(tokenizer, values, separator=separator)))
        if config.no_copy is not None:
            _require_long_enough(config.no_copy, model.record.corpus)
            index = SubstringIndex.of_part(reopen_part(model.record.corpus, "train"), config.no_copy)
            self._whole_text.append(NoCopy(index, tokenizer, separator=separator))
        self._expression = None if config.match is None else Expression(config.match, tokenizer)
        self._tokenizer = tokenizer
        self._words: WordGraph | None = None
        if config.words:
            words = words_for(model, config.words, ban=config.ban)
            self._words = WordGraph(words, tokenizer, trees=token_trees(tokenizer))

    def after(self, prompt: Sequence[int], *, length: int | None) -> list[Constraint]:
        """The constraints of a text that continues a prompt by at most `length` characters.

        Raises:
            ConfigError: no text of this length matches.
        """
        constraints = copies(self._whole_text)
        for constraint in constraints:
            for token in prompt:
                constraint.take(token)
        previous = prompt[-1] if prompt else END_OF_TEXT
        if self._expression is not None:  # the prompt is no part of what must match
            constraints.append(RegexMatch(self._expression, previous=previous, n_left=length))
        if self._words is not None:
            text = self._tokenizer.decode(prompt)
            graph = self._words.with_words_of(text)
            constraints.append(WholeWords(graph, graph.at_end_of(text, previous)))
        return constraints


def require_constraints(model: SavedModel, config: SamplingConfig) -> None:
    """Refuse at once what `ConstraintSet` would refuse after reading the training text.

    >>> from seqgen.config import SamplingConfig
    >>> from seqgen.run import open_model
    >>> require_constraints(open_model("checkpoints/story"), SamplingConfig(match="[a-z"))
    Traceback (most recent call last):
    seqgen.errors.ConfigError: --match [a-z: ...

    Raises:
        ConfigError: `match` is not a regular expression, or its automaton is too large; `no_copy` is too small for the
            documents of the model; the model reads backward.
    """
    require_no_order(model, config)
    if config.no_copy is not None:
        _require_long_enough(config.no_copy, model.record.corpus)
    if config.match is not None:
        automaton_of(config.match)


def _require_long_enough(no_copy: int, corpus: CorpusRecord) -> None:
    """Check that a text can be written without copying so few characters: nearly all short runs occur everywhere.

    Raises:
        ConfigError: it cannot.
    """
    n_documents, n_characters = corpus.n_documents("train"), corpus.parts["train"].n_characters
    is_short = n_documents and n_characters and n_characters < SHORT_DOCUMENT * n_documents
    least = LEAST_RUN_OF_SHORT_DOCUMENTS if is_short else LEAST_RUN
    if no_copy < least:
        reason = (
            f"nearly all runs of {no_copy} characters stand in the training text, so hardly any text could be written"
        )
        raise ConfigError(f"is {no_copy}: it must be {least} or more, because {reason}", field="no_copy")


def copies(constraints: Iterable[Constraint]) -> list[Constraint]:
    """The same constraints, for another text that so far is the same."""
    return [copy.copy(constraint) for constraint in constraints]
