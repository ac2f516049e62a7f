"""Words: a part of a text that is in the vocabulary is one token, any other part is spelled in characters."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from seqgen.export.character_classes import ranges_of
from seqgen.export.hf_tokenizer.segments import split_into_segments
from seqgen.tokenizers.word import APOSTROPHES, WordTokenizer, letters

if TYPE_CHECKING:
    import tokenizers


def build(tokenizer: WordTokenizer, end_of_text: str) -> tokenizers.Tokenizer:
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

    tokens = [end_of_text, *tokenizer.alphabet.characters, *tokenizer.words]
    vocab = {token: number for number, token in enumerate(tokens)}
    built = Tokenizer(models.BPE(vocab=vocab, merges=[], ignore_merges=True))
    split_words = pre_tokenizers.Split(Regex(_parts()), behavior="isolated")
    built.pre_tokenizer = pre_tokenizers.Sequence([split_into_segments(), split_words])
    built.decoder = decoders.Fuse()
    return built


@cache
def _parts() -> str:
    """What `split_words` does, as a regular expression for each word, number or mark in turn."""
    letter, number, mark, space = (f"[{ranges_of(kind)}]" for kind in (letters(), r"\d", r"[^\w\s]", r"\s"))
    word = f"{letter}+(?:[{APOSTROPHES}]{letter}+)*"
    return f" ?(?:{word}|{number}+|{mark})|_|{space}"
