"""`seqgen tokenize`: what a tokenizer makes of a text."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from seqgen.cli.shared.options import WordSplitOption, parse_settings, tokenizer_config
from seqgen.cli.shared.render import count, note, print_facts, print_json
from seqgen.config import TOKENIZER_CONFIGS, TokenizerName
from seqgen.errors import ConfigError

if TYPE_CHECKING:
    from seqgen.tokenizers import Tokenizer

_SHOWN = 60


def tokenize(
    file: Annotated[str, typer.Argument(help="Text file, folder, or - for standard input.")],
    tokenizer: Annotated[TokenizerName, typer.Option(help="What a token is.")] = "char",
    vocab_size: Annotated[int | None, typer.Option(help="Size of a word or sentencepiece vocabulary.", show_default="chosen")] = None,
    word_split: WordSplitOption = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="Any rarer field, such as sentencepiece_model=unigram.", show_default=False)] = None,
    show: Annotated[int, typer.Option(help="How many tokens to show.")] = _SHOWN,
    check: Annotated[bool, typer.Option("--check", help="Exit 0 if the text comes back unchanged, 1 if not.")] = False,
    encoding: Annotated[str, typer.Option(help="Encoding of the file.")] = "utf-8",
    as_json: Annotated[bool, typer.Option("--json", help="Print an object.")] = False,
) -> None:  # fmt: skip
    """Show the tokens of a text, with a vocabulary made from all of it."""
    if show < 0:
        raise ConfigError(f"--show is {show}: it must be 0 or more")
    settings = parse_settings(set_ or [], TOKENIZER_CONFIGS.values())
    config = tokenizer_config(tokenizer, {"vocab_size": vocab_size, "word_split": word_split, **settings})
    from seqgen.corpus.stored_text import store_text
    from seqgen.tokenizers import comes_back, train_tokenizer

    text = store_text([file], encoding)
    made = train_tokenizer(config, text.chunks(), n_bytes=text.n_bytes)
    n_tokens = sum(len(piece.ids) for piece in made.encode_stream(text.chunks()))
    facts: dict[str, str | int | float] = {
        "tokenizer": made.kind,
        "vocabulary": made.vocab_size,
        "characters": text.n_characters,
        "bytes": text.n_bytes,
        "tokens": n_tokens,
        "tokens_per_character": n_tokens / text.n_characters,
    }
    if as_json:
        print_json({**facts, "first_tokens": _first_tokens(made, text.chunks(), show)})
    else:
        print_facts(file, [(name.replace("_", " "), _in_words(value)) for name, value in facts.items()])
        print("\n" + " ".join(map(repr, _first_tokens(made, text.chunks(), show))))
    if check:
        same = comes_back(text.chunks(), made)
        note(f"{file}: {'comes back unchanged' if same else 'does not come back: this tokenizer loses part of it'}")
        raise typer.Exit(0 if same else 1)


def _in_words(value: str | int | float) -> str:
    if isinstance(value, float):
        return f"{value:.4f}"
    return count(value) if isinstance(value, int) else value


def _first_tokens(tokenizer: Tokenizer, chunks: Iterable[str], n_shown: int) -> list[str]:
    """The first tokens as text; a byte that is no character of its own is written <0xE2>."""
    from seqgen.tokenizers import END_OF_TEXT

    ids = itertools.islice((token for e in tokenizer.encode_stream(chunks) for token in e.ids.tolist()), n_shown)
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
