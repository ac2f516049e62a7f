"""A vocabulary as llama.cpp has them: the text and the type of every token, and how texts are cut into tokens.

Two of its ways are used. `gpt2` begins with bytes, each written as one visible character, and merges pairs. `llama`
begins with characters, merges by score, and falls back to bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from seqgen.errors import TokenizerError
from seqgen.export.byte_alphabet import byte_alphabet, in_byte_alphabet
from seqgen.export.end_of_text_name import end_of_text_name
from seqgen.tokenizers import Tokenizer
from seqgen.tokenizers.byte import ByteTokenizer
from seqgen.tokenizers.char import CharTokenizer
from seqgen.tokenizers.sentencepiece import SentencePieceTokenizer
from seqgen.tokenizers.sentencepiece_model import SPACE_MARK, read_pieces

_NORMAL, _CONTROL, _BYTE = 1, 3, 6
"""Types of tokens in the format."""
_BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))
_UNKNOWN_NOTE = "characters that the model does not know are left out of prompts"
_SPACE_MARK_NOTE = f"the character {SPACE_MARK} in a prompt is read as a space"


@dataclass(frozen=True, kw_only=True)
class GgufVocabulary:
    """What the file says of a vocabulary. Token i is `tokens[i]`, and token 0 ends a text."""

    way: Literal["gpt2", "llama"]
    tokens: tuple[str, ...]
    types: tuple[int, ...]
    merges: tuple[str, ...] = ()
    """Pairs of a `gpt2` vocabulary, each with a space between its halves."""
    scores: tuple[float, ...] = ()
    """Of the tokens of a `llama` vocabulary."""
    notes: tuple[str, ...] = ()
    """For which texts llama.cpp differs, each a sentence without its full stop."""


def vocabulary_of(tokenizer: Tokenizer) -> GgufVocabulary:
    """The vocabulary in llama.cpp's terms.

    >>> from seqgen.config import CharConfig
    >>> from seqgen.tokenizers import train_tokenizer
    >>> vocabulary = vocabulary_of(train_tokenizer(CharConfig(), ["né"], n_bytes=3))
    >>> vocabulary.way, vocabulary.tokens, vocabulary.merges[1:]
    ('gpt2', ('<|endoftext|>', 'n', 'Ã©'), ('Ã ©',))

    Raises:
        TokenizerError: llama.cpp has nothing like it.
    """
    if tokenizer.kind not in _VOCABULARIES:
        raise TokenizerError(
            f"gguf cannot hold the tokenizer {tokenizer.kind}, because llama.cpp would cut texts otherwise: "
            "train with --tokenizer char, byte or sentencepiece, or use --to transformers"
        )
    vocabulary = _VOCABULARIES[tokenizer.kind](tokenizer, end_of_text_name(tokenizer))
    if len(set(vocabulary.tokens)) < len(vocabulary.tokens):
        raise TokenizerError(
            "the vocabulary has a piece like <0x0A>, which llama.cpp would confuse with a byte: use --to html"
        )
    return vocabulary


def _of_characters(tokenizer: CharTokenizer, end_of_text: str) -> GgufVocabulary:
    characters = [in_byte_alphabet(character.encode()) for character in tokenizer.alphabet.characters]
    pairs = (f"{character[:end]} {character[end]}" for character in characters for end in range(1, len(character)))
    return GgufVocabulary(
        way="gpt2",
        tokens=(end_of_text, *characters),
        types=(_CONTROL, *[_NORMAL] * len(characters)),
        merges=_never_empty(end_of_text, pairs),
        notes=(_UNKNOWN_NOTE, *_notes_on_end(tokenizer, end_of_text)),
    )


def _of_bytes(tokenizer: ByteTokenizer, end_of_text: str) -> GgufVocabulary:
    return GgufVocabulary(
        way="gpt2",
        tokens=(end_of_text, *byte_alphabet()),
        types=(_CONTROL, *[_NORMAL] * len(_BYTES)),
        merges=_never_empty(end_of_text, ()),
        notes=_notes_on_end(tokenizer, end_of_text),
    )


def _of_pieces(tokenizer: SentencePieceTokenizer, end_of_text: str) -> GgufVocabulary:
    pieces = read_pieces(tokenizer.bulk())
    if pieces.algorithm != "bpe":
        raise TokenizerError(
            f"gguf cannot hold sentencepiece_model={pieces.algorithm}, because llama.cpp would cut texts otherwise: "
            "train with --set sentencepiece_model=bpe, or use --to transformers"
        )
    return GgufVocabulary(
        way="llama",
        tokens=(end_of_text, *_BYTES, *(text.replace(" ", SPACE_MARK) for text in pieces.texts)),
        types=(_CONTROL, *[_BYTE] * len(_BYTES), *[_NORMAL] * len(pieces.texts)),
        scores=(0.0, *[0.0] * len(_BYTES), *pieces.scores),
        notes=(_SPACE_MARK_NOTE, *_notes_on_end(tokenizer, end_of_text)),
    )


_VOCABULARIES: dict[str, Callable[[Any, str], GgufVocabulary]] = {
    "char": _of_characters,
    "byte": _of_bytes,
    "sentencepiece": _of_pieces,
}


def _never_empty(end_of_text: str, pairs: Iterable[str]) -> tuple[str, ...]:
    """Merges, each once. llama.cpp wants one at least, so that the first is one that no text needs.

    The end-of-text token is written in visible characters here, because a space separates the halves.
    """
    visible = in_byte_alphabet(end_of_text.encode())
    return tuple(dict.fromkeys([f"{visible} {visible}", *pairs]))


def _notes_on_end(tokenizer: Tokenizer, end_of_text: str) -> tuple[str, ...]:
    return () if tokenizer.separator else (f"the text {end_of_text} in a prompt is read as the end of a text",)
