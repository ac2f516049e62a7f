"""A prompt in the characters that a vocabulary has: the nearest known form, never a silent loss."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from seqgen.errors import TokenizerError
from seqgen.tokenizers import MARK, Tokenizer

_ALIKE = ('"“”„‟«»〝〞＂', "'‘’‚‛′`´＇", "-‐‑‒–—―−－", " \u00a0\u2002\u2003\u2009\u202f\u3000\t", ".…。")
"""Groups of characters that stand for one another."""


@dataclass(frozen=True)
class FittedPrompt:
    """A prompt as ids, the text those ids stand for, and what had to be changed, in words."""

    ids: tuple[int, ...]
    text: str
    notes: tuple[str, ...]


def fit_prompt(prompt: str, tokenizer: Tokenizer) -> FittedPrompt:
    """Write a prompt in the characters that the vocabulary covers.

    Raises:
        TokenizerError: a prompt of which nothing is covered, or a word outside a closed vocabulary.
    """
    notes: dict[str, None] = {}
    composed = _composed(prompt, tokenizer)
    if composed != prompt:
        notes["letters and their accents are joined or parted as the model knows them"] = None
    marked = tokenizer.mark(composed)
    text = "".join(_known_form(character, tokenizer, notes) for character in marked)
    if prompt and not text:
        raise TokenizerError(
            f"the model knows no character of the prompt {prompt!r}: it learned from a text without them"
        )
    ids = tuple(tokenizer.encode(text).ids.tolist())
    return FittedPrompt(ids, tokenizer.decode(ids), tuple(notes))


def _composed(prompt: str, tokenizer: Tokenizer) -> str:
    """The prompt, or the canonical form of it of which the vocabulary covers more."""
    forms = [prompt, *(unicodedata.normalize(form, prompt) for form in ("NFC", "NFD"))]
    return min(forms, key=lambda form: sum(not covers(tokenizer, character) for character in form))


def _known_form(character: str, tokenizer: Tokenizer, notes: dict[str, None]) -> str:
    if covers(tokenizer, character):
        return character
    for form in _nearest_forms(character):
        if form and all(covers(tokenizer, part) for part in form):
            notes[f"the model does not know {_name(character)}: read as {form!r}"] = None
            return form
    notes[f"the model does not know {_name(character)}: skipped"] = None
    return ""


def _nearest_forms(character: str) -> Iterator[str]:
    """Other ways to write a character, the nearest first: width, look-alikes, without accents, other case."""
    compatible = unicodedata.normalize("NFKC", character)
    yield compatible
    for group in _ALIKE:
        if character in group:
            yield from group
    bare = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
    yield bare
    yield {"ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L"}.get(
        character, ""
    )
    yield from (bare.lower(), bare.upper())


def covers(tokenizer: Tokenizer, character: str) -> bool:
    """Whether a character has an id of its own or can be spelled."""
    if "\ud800" <= character <= "\udfff":
        return character == MARK
    return tokenizer.alphabet is None or character in tokenizer.alphabet.characters


def _name(character: str) -> str:
    if "\ud800" <= character <= "\udfff":
        return f"the byte {ord(character) & 0xFF:#x}, which is not UTF-8"
    return f"the mark U+{ord(character):04X}" if unicodedata.combining(character) else repr(character)
