"""The rules that a text is written by, from its configuration."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from seqgen.config import SamplingConfig
from seqgen.corpus import reopen_part
from seqgen.corpus.copies import RunIndex
from seqgen.run import SavedModel
from seqgen.sampling.copying import NoCopyRule
from seqgen.sampling.matching import Expression, MatchRule
from seqgen.sampling.phrases import PhraseBias
from seqgen.sampling.rule import Rule
from seqgen.tokenizers import BOUNDARY


def rule_maker(
    model: SavedModel, prompt: Sequence[int], config: SamplingConfig, length: int | None
) -> Callable[[], list[Rule]]:
    """What makes fresh rules for every text; what texts can share is made once.

    Raises:
        ConfigError: an expression that cannot be matched.
        CorpusError: the training text is needed and not found.
    """
    tokenizer = model.tokenizer
    values = {**config.bias, **dict.fromkeys(config.ban, -math.inf)}
    makers: list[Callable[[], Rule]] = []
    if values:
        makers.append(lambda: PhraseBias(tokenizer, values))
    if config.match is not None:
        expression = Expression(config.match, tokenizer, prompt[-1] if prompt else BOUNDARY)
        makers.append(lambda: MatchRule(expression, length))
    if config.no_copy is not None:
        index = RunIndex.of_part(reopen_part(model.record.corpus, "train"), config.no_copy)
        separator = "" if config.until_boundary or config.match is not None else tokenizer.separator
        makers.append(lambda: NoCopyRule(index, tokenizer, separator))

    def make() -> list[Rule]:
        return [maker() for maker in makers]

    return make
