"""What requests to the smaller endpoints may say: predictions of pairs, tokens of texts."""

from __future__ import annotations

from seqgen.config import PredictionConfig, ServingConfig
from seqgen.server.parameters.completions import MODEL
from seqgen.server.parameters.kinds import Flag, ListOf, OneOf, Text, Whole
from seqgen.server.parameters.table import Parameter, Table

_WIDEST_BEAM = 100
_LONGEST_SOURCE = 5000
"""A decoder with attention looks at every position of a source for each token that it tries."""
_LARGEST_ID = (1 << 31) - 1


def predict_table(config: ServingConfig) -> Table:
    """The fields of /v1/predict.

    >>> from seqgen.config import ServingConfig
    >>> list(predict_table(ServingConfig()))
    ['model', 'sources', 'top', 'beam']
    """
    source = Text(longest=min(_LONGEST_SOURCE, config.longest_prompt))
    return {
        "model": MODEL,
        "sources": Parameter(
            kind=OneOf((source, ListOf(of=source, least=1, most=config.most_texts))),
            help="A source, or a list of sources.",
            is_required=True,
        ),
        "top": Parameter(kind=Whole(least=1, most=_WIDEST_BEAM), help="How many targets are found for each source."),
        "beam": Parameter(
            kind=Whole(least=1, most=_WIDEST_BEAM),
            help=f"Width of the search for text targets. Left out: {PredictionConfig.beam}.",
        ),
    }


def tokenize_table(config: ServingConfig) -> Table:
    """The fields of /tokenize.

    >>> from seqgen.config import ServingConfig
    >>> list(tokenize_table(ServingConfig()))
    ['model', 'prompt', 'add_special_tokens']
    """
    return {
        "model": MODEL,
        "prompt": Parameter(kind=Text(longest=config.longest_prompt), help="A text.", is_required=True),
        "add_special_tokens": Parameter(
            kind=Flag(), help="Changes nothing: the server itself reads every prompt after an end-of-text token."
        ),
    }


def detokenize_table(config: ServingConfig) -> Table:
    """The fields of /detokenize.

    >>> from seqgen.config import ServingConfig
    >>> list(detokenize_table(ServingConfig()))
    ['model', 'tokens']
    """
    ids = ListOf(of=Whole(least=0, most=_LARGEST_ID), most=config.longest_prompt)
    return {"model": MODEL, "tokens": Parameter(kind=ids, help="Token ids.", is_required=True)}
