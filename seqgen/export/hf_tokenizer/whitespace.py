"""Words between spaces: a closed vocabulary, for which any other word is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqgen.export.character_classes import ranges_of
from seqgen.export.hf_tokenizer.segments import split_into_segments
from seqgen.tokenizers.whitespace import WhitespaceTokenizer

if TYPE_CHECKING:
    import tokenizers

_NEWLINE = "\n"
_UNREACHED = "\v"
"""Names the end of a line where newlines separate documents, so that no line ends in a text. No word contains it."""
_NO_WORD = "\f"
"""Stands for no word at all: the model has to have a name for unknown words."""


def build(tokenizer: WhitespaceTokenizer, end_of_text: str) -> tokenizers.Tokenizer:
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

    end_of_line = _UNREACHED if end_of_text == _NEWLINE else _NEWLINE
    vocab = {token: number for number, token in enumerate([end_of_text, end_of_line, *tokenizer.words])}
    built = Tokenizer(models.WordLevel(vocab=vocab, unk_token=_NO_WORD))
    spaces = ranges_of(r"[^\S\n]")
    steps = [
        split_into_segments(),
        pre_tokenizers.Split(_NEWLINE, behavior="isolated"),
        pre_tokenizers.Split(Regex(f"[{spaces}]+"), behavior="removed"),
    ]
    built.pre_tokenizer = pre_tokenizers.Sequence(steps)
    built.decoder = decoders.Sequence(
        [
            decoders.WordPiece(prefix=" ", cleanup=False),  # a space before each token, as none begins with one
            decoders.Fuse(),
            decoders.Replace(Regex(_beside(end_of_text)), ""),
            decoders.Replace(Regex(_beside(end_of_line)), ""),
            decoders.Replace(end_of_line, _NEWLINE),
        ]
    )
    return built


def _beside(end: str) -> str:
    """A space before or after an end, as a regular expression."""
    escaped = "".join(rf"\x{{{ord(character):x}}}" for character in end)
    return f" (?={escaped})|(?<={escaped}) "
