"""The constraints that a text is written by, from its configuration."""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Callable, Sequence

from seqgen.config import SamplingConfig
from seqgen.corpus import reopen_part
from seqgen.run import SavedModel
from seqgen.sampling.constraints.base import Constraint
from seqgen.sampling.constraints.matching import Expression, RegexMatch
from seqgen.sampling.constraints.no_copy import NoCopy
from seqgen.sampling.constraints.phrases import PhraseBias, Phrases
from seqgen.sampling.constraints.substring_index import SubstringIndex
from seqgen.tokenizers import END_OF_TEXT


def constraint_factory(
    model: SavedModel, prompt: Sequence[int], config: SamplingConfig, length: int | None
) -> Callable[[], list[Constraint]]:
    """What makes the constraints of every text, which have read the prompt; what texts can share is made once.

    Raises:
        ConfigError: an expression that cannot be matched.
        CorpusError: the training text is needed and not found.
    """
    tokenizer = model.tokenizer
    separator = "" if config.until_end_of_text or config.match is not None else tokenizer.separator
    values = {**config.bias, **dict.fromkeys(config.ban, -math.inf)}
    constraints: list[Constraint] = []
    if values:
        constraints.append(PhraseBias(Phrases(tokenizer, values, separator)))
    if config.match is not None:
        expression = Expression(config.match, tokenizer, prompt[-1] if prompt else END_OF_TEXT)
        constraints.append(RegexMatch(expression, length))
    if config.no_copy is not None:
        index = SubstringIndex.of_part(reopen_part(model.record.corpus, "train"), config.no_copy)
        constraints.append(NoCopy(index, tokenizer, separator))
    for token, constraint in itertools.product(prompt, constraints):
        constraint.read(token)
    return lambda: [copy.copy(constraint) for constraint in constraints]
