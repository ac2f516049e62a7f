"""Bytes: the library writes each as one visible character, of which a byte-pair model without merges makes a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqgen.export.byte_alphabet import byte_alphabet
from seqgen.tokenizers.byte import ByteTokenizer

if TYPE_CHECKING:
    import tokenizers


def build(tokenizer: ByteTokenizer, end_of_text: str) -> tokenizers.Tokenizer:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    vocab = {token: number for number, token in enumerate([end_of_text, *byte_alphabet()])}
    built = Tokenizer(models.BPE(vocab=vocab, merges=[]))
    built.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    built.decoder = decoders.ByteLevel()
    return built
