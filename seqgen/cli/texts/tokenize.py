"""`seqgen tokenize`: the tokens that a tokenizer makes of a text."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer

from seqgen.cli.shared.options import require_at_least, settings_of
from seqgen.cli.shared.render import count, note, print_facts, print_json
from seqgen.cli.texts.options import TokenizeOptions
from seqgen.config import TOKENIZER_CONFIGS, ReadingConfig, parse_settings, tokenizer_config

if TYPE_CHECKING:
    from seqgen.corpus.stored_text import StoredText
    from seqgen.tokenizers import Tokenizer


def tokenize(options: TokenizeOptions) -> None:
    """Show the tokens of a text. The vocabulary is made from the whole text."""
    require_at_least(options, 0, "show")
    settings = {**settings_of(options), **parse_settings(options.set_, TOKENIZER_CONFIGS.values())}
    config = tokenizer_config(options.tokenizer, settings)
    from seqgen.corpus.stored_text import store_text
    from seqgen.tokenizers import comes_back, train_tokenizer

    text = store_text([options.file], ReadingConfig(encoding=options.encoding))
    for line in text.notes:
        note(line)
    tokenizer = train_tokenizer(config, text.chunks(), n_bytes=text.n_bytes)
    _print(tokenizer, text, options)
    if options.check:
        is_same = comes_back(text.chunks(), tokenizer)
        result = "comes back unchanged" if is_same else "does not come back unchanged: this tokenizer loses part of it"
        note(f"{options.file}: {result}")
        raise typer.Exit(0 if is_same else 1)


def _print(tokenizer: Tokenizer, text: StoredText, options: TokenizeOptions) -> None:
    n_tokens = sum(len(encoding.ids) for encoding in tokenizer.encode_stream(text.chunks()))
    facts: dict[str, str | int | float] = {
        "tokenizer": tokenizer.kind,
        "vocabulary": tokenizer.vocab_size,
        "characters": text.n_characters,
        "bytes": text.n_bytes,
        "tokens": n_tokens,
        "tokens_per_character": n_tokens / text.n_characters,
    }
    first_tokens = _first_tokens(tokenizer, text.chunks(), options.show)
    if options.as_json:
        print_json({**facts, "first_tokens": first_tokens})
        return
    print_facts(options.file, [(name.replace("_", " "), _in_words(value)) for name, value in facts.items()])
    print()
    print(" ".join(map(repr, first_tokens)))


def _in_words(value: str | int | float) -> str:
    if isinstance(value, float):
        return f"{value:.4f}"
    return count(value) if isinstance(value, int) else value


def _first_tokens(tokenizer: Tokenizer, chunks: Iterable[str], n_shown: int) -> list[str]:
    """The first tokens as text. Bytes that are not UTF-8 on their own are written like <0xE2>."""
    from seqgen.tokenizers import END_OF_TEXT

    ids = itertools.islice(
        (token for encoding in tokenizer.encode_stream(chunks) for token in encoding.ids.tolist()), n_shown
    )
    shown: list[str] = []
    previous = END_OF_TEXT
    for token in ids:
        data = tokenizer.token_bytes(token, previous)
        try:
            shown.append(data.decode())
        except UnicodeDecodeError:
            shown.append("".join(f"<0x{byte:02X}>" for byte in data))
        previous = token
    return shown
