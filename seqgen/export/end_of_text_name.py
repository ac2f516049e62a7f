"""How the end-of-text token is written in vocabularies that map texts to ids."""

from __future__ import annotations

import itertools

from seqgen.tokenizers import Tokenizer


def end_of_text_name(tokenizer: Tokenizer) -> str:
    """The separator, if the vocabulary knows one: a text that contains it then has the id where a document ends.

    Otherwise a name that is part of no other token.

    >>> from seqgen.config import CharConfig
    >>> from seqgen.tokenizers import train_tokenizer
    >>> names = train_tokenizer(CharConfig(), ["Ann"], n_bytes=3, separator="\\n")
    >>> end_of_text_name(names), end_of_text_name(train_tokenizer(CharConfig(), ["Ann"], n_bytes=3))
    ('\\n', '<|endoftext|>')
    """
    if tokenizer.separator:
        return tokenizer.separator
    tokens = [tokenizer.token_bytes(token, 0) for token in range(1, tokenizer.vocab_size)]
    names = itertools.chain(["<|endoftext|>"], (f"<|endoftext{number}|>" for number in itertools.count(1)))
    return next(name for name in names if not any(name.encode() in token for token in tokens))
