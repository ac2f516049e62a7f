"""The rules that a text is written by, from its configuration."""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Callable, Sequence

from seqgen.config import SamplingConfig
from seqgen.corpus import reopen_part
from seqgen.run import SavedModel
from seqgen.sampling.constraints.base import Rule
from seqgen.sampling.constraints.matching import Expression, MatchRule
from seqgen.sampling.constraints.no_copy import NoCopyRule
from seqgen.sampling.constraints.phrases import PhraseBias, Phrases
from seqgen.sampling.constraints.substring_index import RunIndex
from seqgen.tokenizers import END_OF_TEXT


def rule_maker(
    model: SavedModel, prompt: Sequence[int], config: SamplingConfig, length: int | None
) -> Callable[[], list[Rule]]:
    """What makes the rules of every text, which have read the prompt; what texts can share is made once.

    Raises:
        ConfigError: an expression that cannot be matched.
        CorpusError: the training text is needed and not found.
    """
    tokenizer = model.tokenizer
    separator = "" if config.until_end_of_text or config.match is not None else tokenizer.separator
    values = {**config.bias, **dict.fromkeys(config.ban, -math.inf)}
    rules: list[Rule] = []
    if values:
        rules.append(PhraseBias(Phrases(tokenizer, values, separator)))
    if config.match is not None:
        expression = Expression(config.match, tokenizer, prompt[-1] if prompt else END_OF_TEXT)
        rules.append(MatchRule(expression, length))
    if config.no_copy is not None:
        index = RunIndex.of_part(reopen_part(model.record.corpus, "train"), config.no_copy)
        rules.append(NoCopyRule(index, tokenizer, separator))
    for token, rule in itertools.product(prompt, rules):
        rule.read(token)
    return lambda: [copy.copy(rule) for rule in rules]
