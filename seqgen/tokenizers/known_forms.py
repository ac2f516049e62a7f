"""What a vocabulary lacks, in the nearest form that it covers: a character, or a word of a closed vocabulary."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from seqgen.errors import TokenizerError
from seqgen.tokenizers.base import Tokenizer
from seqgen.tokenizers.end_of_text import MARK

_LOOK_ALIKES = ('"“”„‟«»〝〞＂', "'‘’‚‛′`´＇", "-‐‑‒–—―−－", " \u00a0\u2002\u2003\u2009\u202f\u3000\t", ".…。")
"""Groups of characters that may stand for one another, the plainest first."""
_BASE_LETTERS = {"ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"}
"""Letters that Unicode does not decompose."""


def covers(tokenizer: Tokenizer, character: str) -> bool:
    """Whether the vocabulary has a character, or can spell it."""
    if "\ud800" <= character <= "\udfff":
        return character == MARK
    return tokenizer.alphabet is None or character in tokenizer.alphabet.characters


def compose(text: str, tokenizer: Tokenizer) -> str:
    """A text with accents joined to their letters, or parted from them, if the vocabulary then covers more of it.

    >>> from seqgen.config import CharConfig
    >>> from seqgen.tokenizers import train_tokenizer
    >>> from seqgen.tokenizers.known_forms import compose
    >>> compose("cafe\u0301", train_tokenizer(CharConfig(), ["é"], n_bytes=2)) == "caf\u00e9"
    True
    """
    forms = [text, *(unicodedata.normalize(form, text) for form in ("NFC", "NFD"))]
    return min(forms, key=lambda form: sum(not covers(tokenizer, character) for character in form))


def nearest_known(character: str, tokenizer: Tokenizer) -> str | None:
    """The nearest form of a character that the vocabulary covers; None if there is none.

    >>> from seqgen.config import CharConfig
    >>> from seqgen.tokenizers import train_tokenizer
    >>> from seqgen.tokenizers.known_forms import nearest_known
    >>> letters = train_tokenizer(CharConfig(), ["abc"], n_bytes=3)
    >>> nearest_known("Á", letters), nearest_known("漢", letters)
    ('a', None)
    """
    forms = (form for form in _nearest_forms(character) if form)
    return next((form for form in forms if all(covers(tokenizer, part) for part in form)), None)


def nearest_known_word(word: str, tokenizer: Tokenizer) -> str | None:
    """The nearest form of a word that a closed vocabulary covers; None if there is none.

    >>> from seqgen.config import WhitespaceConfig
    >>> from seqgen.tokenizers import train_tokenizer
    >>> from seqgen.tokenizers.known_forms import nearest_known_word
    >>> words = train_tokenizer(WhitespaceConfig(), ["the cafe in Paris"], n_bytes=17)
    >>> [nearest_known_word(word, words) for word in ("The", "café", "PARIS", "bar")]
    ['the', 'cafe', 'Paris', None]
    """
    return next((form for form in _forms_of_word(word) if _is_known_word(form, tokenizer)), None)


def describe_unknown(character: str, read_as: str) -> str:
    """A note about a character that the vocabulary lacks.

    >>> from seqgen.tokenizers.known_forms import describe_unknown
    >>> describe_unknown("é", "read as 'e'")
    "the model does not know 'é': read as 'e'"
    """
    return f"the model does not know {_name(character)}: {read_as}"


def _nearest_forms(character: str) -> Iterator[str]:
    """Other ways to write a character, the nearest first: other width, look-alikes, no accents, other case."""
    yield unicodedata.normalize("NFKC", character)
    for group in _LOOK_ALIKES:
        if character in group:
            yield from group
    bare = _without_accents(character)
    yield bare
    yield _BASE_LETTERS.get(character, "")
    yield from (bare.lower(), bare.upper())


def _forms_of_word(word: str) -> Iterator[str]:
    """Other ways to write a word, the nearest first, as for a character."""
    yield from (unicodedata.normalize(form, word) for form in ("NFC", "NFD", "NFKC"))
    plain = "".join(next((group[0] for group in _LOOK_ALIKES if letter in group), letter) for letter in word)
    bare = "".join(_BASE_LETTERS.get(letter, letter) for letter in _without_accents(plain))
    yield from (plain, bare)
    for form in (word, plain, bare):
        yield from (form.lower(), form.capitalize(), form.upper())


def _without_accents(text: str) -> str:
    return "".join(part for part in unicodedata.normalize("NFKD", text) if not unicodedata.combining(part))


def _is_known_word(text: str, tokenizer: Tokenizer) -> bool:
    """Whether a text is one word, and a closed vocabulary covers it."""
    try:
        return len(tokenizer.encode(text).ids) == 1
    except TokenizerError:
        return False


def _name(character: str) -> str:
    if "\ud800" <= character <= "\udfff":
        return f"the byte {ord(character) & 0xFF:#x}, which is not UTF-8"
    return f"the mark U+{ord(character):04X}" if unicodedata.combining(character) else repr(character)
