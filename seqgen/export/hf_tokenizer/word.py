"""Words: a part of a text that is in the vocabulary is one token, any other part is spelled in characters."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from seqgen.export.hf_tokenizer.character_classes import ranges_of, ranges_where
from seqgen.export.hf_tokenizer.segments import split_into_segments
from seqgen.tokenizers.word import APOSTROPHES, WordTokenizer, is_letter

if TYPE_CHECKING:
    import tokenizers


def build(tokenizer: WordTokenizer, end_of_text: str) -> tokenizers.Tokenizer:
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

    tokens = [end_of_text, *tokenizer.alphabet.characters, *tokenizer.words]
    vocab = {token: number for number, token in enumerate(tokens)}
    built = Tokenizer(models.BPE(vocab=vocab, merges=[], ignore_merges=True))
    split_words = pre_tokenizers.Split(Regex(_parts()), behavior="isolated")
    built.pre_tokenizer = pre_tokenizers.Sequence([split_into_segments(), split_words])
    built.decoder = decoders.Sequence([decoders.Replace(end_of_text, tokenizer.separator), decoders.Fuse()])
    return built


@cache
def _parts() -> str:
    """What `split_words` does, as a regular expression for each word, number or mark in turn."""
    letters = f"[{ranges_where(is_letter)}]+"
    word = f"{letters}(?:[{APOSTROPHES}]{letters})*"
    number, mark, space = (f"[{ranges_of(expression)}]" for expression in (r"\d", r"[^\w\s]", r"\s"))
    return f" ?(?:{word}|{number}+|{mark})|_|{space}"
