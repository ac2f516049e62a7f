"""A vocabulary as a tokenizer of Hugging Face's tokenizers library: `tokenizer.json`, and its configuration.

It gives every text the same ids, and ids of a text the same text. A text that contains the separator between documents
has the end-of-text token there, as with `Tokenizer.mark`. Without a separator, the end-of-text token has a name that
texts may contain as plain characters: `split_special_tokens` in the configuration tells transformers so. Whoever loads
`tokenizer.json` without transformers sets `encode_special_tokens = True`.

`notes_on` names what differs. And `skip_special_tokens`, which many programs set when they decode, leaves out
separators. Where there is none, programs that do not set it see the name of the end-of-text token: some of them look
for it at the beginning and at the end of a text, lm-evaluation-harness among them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqgen.errors import TokenizerError
from seqgen.export.end_of_text_name import end_of_text_name
from seqgen.export.hf_tokenizer import byte, char, sentencepiece, whitespace, word
from seqgen.tokenizers import END_OF_TEXT, Tokenizer
from seqgen.tokenizers.sentencepiece import SentencePieceTokenizer

if TYPE_CHECKING:
    import tokenizers

__all__ = [
    "BUILDERS",
    "CONFIG_FILE",
    "TOKENIZER_FILE",
    "build_tokenizer",
    "notes_on",
    "notes_on_javascript",
    "write_tokenizer",
]

BUILDERS: dict[str, Callable[[Any, str], tokenizers.Tokenizer]] = {
    "char": char.build,
    "byte": byte.build,
    "word": word.build,
    "whitespace": whitespace.build,
    "sentencepiece": sentencepiece.build,
}
"""For each kind: from a vocabulary and the name of its end-of-text token to the library's model and its other steps."""

TOKENIZER_FILE = "tokenizer.json"
CONFIG_FILE = "tokenizer_config.json"
_CLOSED_NOTE = (
    "a word that the vocabulary lacks is an error of the tokenizers library, which names a missing [UNK] token"
)
_NO_LIMIT = 10**30
"""How transformers writes that texts may have any length."""
_BEGINNING = "beginning"
"""A name inside of the template that puts the end-of-text token before a text."""


def build_tokenizer(tokenizer: Tokenizer) -> tokenizers.Tokenizer:
    """The library's tokenizer. It puts the end-of-text token before a text, as seqgen does before a prompt.

    >>> from seqgen.export.hf_tokenizer import build_tokenizer
    >>> from seqgen.run import open_model
    >>> tokenizer = open_model("checkpoints/story").tokenizer
    >>> built = build_tokenizer(tokenizer)
    >>> built.encode("Mina").ids == [0, *tokenizer.encode("Mina").ids.tolist()]
    True
    >>> built.decode(built.encode("Mina").ids)
    'Mina'

    Raises:
        TokenizerError: it is not a vocabulary of texts, or has pieces that the library would confuse with bytes.
    """
    from tokenizers import AddedToken, processors

    if tokenizer.kind not in BUILDERS:
        kinds = ", ".join(BUILDERS)
        raise TokenizerError(f"the tokenizer {tokenizer.kind} cannot be exported: it must be one of {kinds}")
    name = end_of_text_name(tokenizer)
    built = BUILDERS[tokenizer.kind](tokenizer, name)
    if built.get_vocab_size() < tokenizer.vocab_size:
        raise TokenizerError("the vocabulary has a piece like <0x0A>, which tokenizer.json would confuse with a byte")
    built.add_special_tokens([AddedToken(name, special=True, normalized=False)])
    built.post_processor = processors.TemplateProcessing(
        single=[_BEGINNING, "$A"],
        pair=[_BEGINNING, "$A", "$B"],
        special_tokens=[{"id": _BEGINNING, "ids": [END_OF_TEXT], "tokens": [name]}],
    )
    built.encode_special_tokens = not tokenizer.separator
    return built


def write_tokenizer(tokenizer: Tokenizer, folder: Path) -> None:
    """Write `tokenizer.json` and `tokenizer_config.json`, which transformers opens by the name of the folder.

    Raises:
        TokenizerError: the library cannot hold the vocabulary.
    """
    built = build_tokenizer(tokenizer)
    name = end_of_text_name(tokenizer)
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": name,
        "eos_token": name,
        "pad_token": name,
        "padding_side": "left",
        "split_special_tokens": not tokenizer.separator,
        "clean_up_tokenization_spaces": False,
        "model_max_length": _NO_LIMIT,
        "model_input_names": ["input_ids", "attention_mask"],
    }
    (folder / TOKENIZER_FILE).write_text(built.to_str(pretty=True) + "\n", encoding="utf-8")
    (folder / CONFIG_FILE).write_text(json.dumps(config, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def notes_on(tokenizer: Tokenizer) -> tuple[str, ...]:
    """For which texts the library's tokenizer differs, each a sentence without its full stop.

    >>> from seqgen.export.hf_tokenizer import notes_on
    >>> from seqgen.run import open_model
    >>> notes_on(open_model("checkpoints/story").tokenizer)
    ()
    """
    closed = (_CLOSED_NOTE,) if tokenizer.is_closed else ()
    of_pieces = sentencepiece.notes_on(tokenizer) if isinstance(tokenizer, SentencePieceTokenizer) else ()
    return closed + of_pieces


def notes_on_javascript(tokenizer: Tokenizer) -> tuple[str, ...]:
    """For which texts `@huggingface/tokenizers`, the library's twin in JavaScript, differs as well.

    >>> from seqgen.export.hf_tokenizer import notes_on_javascript
    >>> from seqgen.run import open_model
    >>> notes_on_javascript(open_model("checkpoints/story").tokenizer)
    ()
    """
    return sentencepiece.notes_on_javascript(tokenizer) if isinstance(tokenizer, SentencePieceTokenizer) else ()
