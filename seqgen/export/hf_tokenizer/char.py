"""Characters: a byte-pair model without merges knows exactly its characters, and drops others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqgen.tokenizers.char import CharTokenizer

if TYPE_CHECKING:
    import tokenizers


def build(tokenizer: CharTokenizer, end_of_text: str) -> tokenizers.Tokenizer:
    from tokenizers import Tokenizer, decoders, models

    tokens = [end_of_text, *tokenizer.alphabet.characters]
    vocab = {token: number for number, token in enumerate(tokens)}
    built = Tokenizer(models.BPE(vocab=vocab, merges=[]))
    built.decoder = decoders.Fuse()
    return built
