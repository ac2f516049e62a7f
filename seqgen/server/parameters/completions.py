"""What a request for completions may say."""

from __future__ import annotations

from seqgen.config import ServingConfig
from seqgen.server.parameters.kinds import Flag, ListOf, MapOf, Number, OneOf, Text, Whole
from seqgen.server.parameters.table import Parameter, Table

DEFAULT_CHARACTERS = 500
"""Of a text whose request has neither `max_tokens` nor `max_characters`. OpenAI's 16 tokens would be 16 characters of
most models here."""
MOST_LOGPROBS = 20
"""For each token."""
MOST_LOGPROBS_TOLD = 200_000
"""For all tokens of a request together."""
LARGEST_BIAS = 100
_MOST_PHRASES, _LONGEST_PHRASE = 32, 100
"""Every token that is written is held against all of them."""
_LONGEST_NAME, _LONGEST_EXPRESSION = 200, 2000
_LARGEST_SEED = (1 << 63) - 1
_LARGEST_ID = (1 << 31) - 1

MODEL = Parameter(kind=Text(longest=_LONGEST_NAME), help="Name of a model of /v1/models. Left out: the first of them.")
_PHRASES = ListOf(of=Text(longest=_LONGEST_PHRASE), most=_MOST_PHRASES)


def completion_table(config: ServingConfig) -> Table:
    """The fields of /v1/completions.

    >>> from seqgen.config import ServingConfig
    >>> sorted(completion_table(ServingConfig()))[:4]
    ['ban', 'best_of', 'bias', 'echo']
    """
    return {"model": MODEL, **_what(config), **_how_much(config), **_CHOICE, **_PENALTIES, **_CONSTRAINTS, **_ANSWER}


def prompt_kind(config: ServingConfig) -> OneOf:
    """A text or its token ids, or a list of these.

    >>> from seqgen.config import ServingConfig
    >>> kind = prompt_kind(ServingConfig())
    >>> kind.accepts("Mina"), kind.accepts([3, 1]), kind.accepts(["Mina", "Tom"]), kind.accepts(["Mina", 3])
    (True, True, True, False)
    """
    text = Text(longest=config.longest_prompt)
    ids = ListOf(of=Whole(least=0, most=_LARGEST_ID), most=config.longest_prompt)
    several = (ListOf(of=kind, least=1, most=config.most_texts) for kind in (text, ids))
    return OneOf((text, ids, *several))


def _what(config: ServingConfig) -> Table:
    return {
        "prompt": Parameter(
            kind=prompt_kind(config),
            help="What the texts follow: a text, a list of texts, token ids, or a list of these. Characters that the "
            "vocabulary lacks are replaced or left out, and `warnings` says so.",
        ),
        "echo": Parameter(
            kind=Flag(),
            help="Whether each text begins with its prompt. With `max_tokens` 0, only the prompt is scored.",
        ),
    }


def _how_much(config: ServingConfig) -> Table:
    length, texts = Whole(least=0, most=config.longest_text), Whole(least=1, most=config.most_texts)
    return {
        "max_tokens": Parameter(
            kind=length,
            help=f"Most tokens of each text. Without it and `max_characters`, a text has at most {DEFAULT_CHARACTERS} "
            "characters.",
        ),
        "max_characters": Parameter(kind=length, help="Most characters of each text, without its prompt."),
        "n": Parameter(kind=texts, help="Texts for each prompt."),
        "best_of": Parameter(
            kind=texts, help="Texts that are written for each prompt; the `n` least surprising per character are kept."
        ),
        "stop": Parameter(
            kind=OneOf((Text(longest=_LONGEST_PHRASE), _PHRASES)), help="A text ends before the first of these."
        ),
        "ignore_eos": Parameter(
            kind=Flag(), help="Whether a text goes on after the model has ended its document. If not, it ends there."
        ),
    }


_SHARE = Number(above=0, most=1)
_CHOICE: Table = {
    "temperature": Parameter(
        kind=Number(least=0),
        help="Higher is more varied; 0 takes the likeliest token. Left out: where the model writes best.",
    ),
    "seed": Parameter(
        kind=Whole(least=-1, most=_LARGEST_SEED),
        help="The same seed gives the same text, whoever else is served. Left out, or -1: a fresh one, "
        "which the answer tells.",
    ),
    "top_k": Parameter(kind=Whole(least=-1, most=_LARGEST_ID), help="Only the k likeliest tokens. 0 and -1: all."),
    "top_p": Parameter(kind=_SHARE, help="Only the likeliest tokens that together have this probability."),
    "min_p": Parameter(
        kind=Number(least=0, most=1), help="Only tokens at least this fraction as likely as the likeliest. 0: all."
    ),
    "typical": Parameter(kind=_SHARE, help="Only the tokens of most typical surprise, up to this probability."),
}
_PENALTIES: Table = {
    "presence_penalty": Parameter(kind=Number(), help="Subtracted from the logit of each token that occurred."),
    "frequency_penalty": Parameter(
        kind=Number(), help="Subtracted from the logit of a token for each time it occurred."
    ),
    "repetition_penalty": Parameter(
        kind=Number(above=0), help="The logits of tokens that occurred are divided by this. 1 changes nothing."
    ),
    "penalty_window": Parameter(
        kind=Whole(least=1, most=10_000), help="How many of the latest tokens the penalties look at."
    ),
    "logit_bias": Parameter(
        kind=MapOf(of=Number(least=-LARGEST_BIAS, most=LARGEST_BIAS), keys="[0-9]{1,10}", named="token ids", most=1000),
        help="Token id -> what is added to its logit.",
    ),
}
_CONSTRAINTS: Table = {
    "match": Parameter(
        kind=Text(longest=_LONGEST_EXPRESSION),
        help="A regular expression that each whole text, without its prompt, must match.",
    ),
    "no_copy": Parameter(
        kind=Whole(least=2, most=200),
        help="No run of this many characters may also stand in the training text. The server must have that text.",
    ),
    "ban": Parameter(kind=_PHRASES, help="Texts that never occur."),
    "bias": Parameter(
        kind=MapOf(of=Number(), named="texts", most=_MOST_PHRASES, longest_key=_LONGEST_PHRASE),
        help="Text -> what is added to the logit of a token that would complete it.",
    ),
}
_ANSWER: Table = {
    "logprobs": Parameter(
        kind=Whole(least=0, most=MOST_LOGPROBS),
        help="Tell the log-probability of each token under the model itself, and of so many of the likeliest.",
    ),
    "stream": Parameter(kind=Flag(), help="Whether the texts come as server-sent events while they are written."),
    "stream_options": Parameter(
        kind=MapOf(of=Flag(), named="options", most=16),
        help="`include_usage`: the last event before the end tells how many tokens were read and written.",
    ),
}
