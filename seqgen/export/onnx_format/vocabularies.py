"""How a folder holds each kind of vocabulary, and the lines of the card's programs that read it."""

from __future__ import annotations

from dataclasses import dataclass

from seqgen.config import TokenizerKind


@dataclass(frozen=True, kw_only=True)
class Lines:
    """What differs between programs in one language for different kinds of vocabulary."""

    package: str = ""
    """What must be installed for it."""
    imports: str = ""
    setup: str = ""
    ids: str
    """The ids of `$prompt`."""
    text: str
    """The text of all ids but the first, which stands before every text."""


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """One kind of vocabulary in a folder."""

    python: Lines
    javascript: Lines
    has_tokens: bool = False
    """Whether `model.json` holds its tokens."""
    needs_library: bool = False
    """Whether it is held by a file of the tokenizers library."""


_CHAR = Vocabulary(
    has_tokens=True,
    python=Lines(
        setup='tokens = model["tokens"]',
        ids="(tokens.index(character) for character in $prompt if character in tokens)",
        text='"".join(tokens[number] for number in ids[1:])',
    ),
    javascript=Lines(
        setup="const tokens = model.tokens;",
        ids="[...$prompt].map((character) => tokens.indexOf(character)).filter((id) => id >= 0)",
        text='ids.slice(1).map((id) => tokens[id]).join("")',
    ),
)
_BYTE = Vocabulary(
    python=Lines(
        setup='tokens = [model["separator"].encode(), *(bytes([byte]) for byte in range(256))]',
        ids="(byte + 1 for byte in $prompt.encode())",
        text='b"".join(tokens[number] for number in ids[1:]).decode(errors="replace")',
    ),
    javascript=Lines(
        setup="const bytes = (text) => [...new TextEncoder().encode(text)];",
        ids="bytes($prompt).map((byte) => byte + 1)",
        text="new TextDecoder().decode("
        "Uint8Array.from(ids.slice(1).flatMap((id) => (id ? id - 1 : bytes(model.separator)))))",
    ),
)
_OF_LIBRARY = Vocabulary(
    needs_library=True,
    python=Lines(
        package="tokenizers",
        imports="from tokenizers import Tokenizer",
        setup='tokenizer = Tokenizer.from_file("tokenizer.json")',
        ids="tokenizer.encode($prompt, add_special_tokens=False).ids",
        text="tokenizer.decode(ids[1:], skip_special_tokens=False)",
    ),
    javascript=Lines(
        package="@huggingface/tokenizers",
        imports='import { Tokenizer } from "@huggingface/tokenizers";',
        setup='const json = async (name) => JSON.parse(await readFile(name, "utf8"));\n'
        'const tokenizer = new Tokenizer(await json("tokenizer.json"), await json("tokenizer_config.json"));',
        ids="tokenizer.encode($prompt, { add_special_tokens: false }).ids",
        text="tokenizer.decode(ids.slice(1), { skip_special_tokens: false })",
    ),
)
_PLAIN: dict[str, Vocabulary] = {"char": _CHAR, "byte": _BYTE}


def vocabulary_of(kind: TokenizerKind) -> Vocabulary:
    """How vocabularies of a kind are held. Characters and bytes need no library.

    >>> vocabulary_of("char").python.package, vocabulary_of("word").python.package
    ('', 'tokenizers')
    """
    return _PLAIN.get(kind, _OF_LIBRARY)
