"""Sources as ids, in training, scoring and predicting alike: what a vocabulary lacks is read as what is nearest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from typing import final

import numpy as np

from seqgen.config import LineEnds
from seqgen.corpus.encoded_texts import EncodedTexts, Ids, encode_texts
from seqgen.corpus.line_ends import unify_line_ends
from seqgen.errors import CorpusError, TokenizerError
from seqgen.tokenizers import END_OF_TEXT, MARK, Tokenizer
from seqgen.tokenizers.known_forms import compose, covers, describe_unknown, nearest_known, nearest_known_word

_REPLACEMENT = "\ufffd"
"""Stands for what is no character: a byte of a source that is not UTF-8."""
_AS_UNKNOWN = "read as the unknown token"
MOST_NOTES = 20
"""Notes about single characters, unless another number is asked for. A file in another script has thousands of them."""
_WORD = re.compile(r"\S+|\n")


@final
class SourceReader:
    """Turns sources into ids. What it has to change is noted, once for each character and not for each source.

    A character that the vocabulary lacks is read as its nearest form. If there is none, the unknown id stands in its
    place: `tokenizer.vocab_size`, which a model has met in training. So is a word that a closed vocabulary lacks.

    >>> from seqgen.config import CharConfig
    >>> from seqgen.corpus import SourceReader
    >>> from seqgen.tokenizers import train_tokenizer
    >>> reader = SourceReader(train_tokenizer(CharConfig(), ["abc"], n_bytes=3))
    >>> [ids.tolist() for ids in reader.read(["abc", "Á?", ""])]  # each ends with the end-of-text token
    [[1, 2, 3, 0], [1, 4, 0], [0]]
    >>> reader.new_notes()
    ["the model does not know 'Á': read as 'a'", "the model does not know '?': read as the unknown token"]

    Args:
        line_ends: how the line ends of the training text were read.
        longest: tokens of the longest source in training. A longer one is noted.
        most: tokens of the longest source that is accepted.
        most_notes: notes about single characters and words.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        *,
        line_ends: LineEnds = "keep",
        longest: int | None = None,
        most: int | None = None,
        most_notes: int = MOST_NOTES,
    ) -> None:
        self._tokenizer = tokenizer
        self._unifies_line_ends = line_ends == "newline"
        self._longest = longest
        self._most = most
        self._most_notes = most_notes
        self._forms: dict[str, str | None] = {}
        """Unknown characters and words, and the nearest form of each; None if there is none."""
        self._n_changed = 0
        """Characters that were read as another form, and words of a closed vocabulary that it lacked."""
        self._notes: list[str] = []
        self._n_told = self._n_noted = 0
        self._has_met_longer = False

    def encode(self, sources: Sequence[str]) -> EncodedTexts:
        """The ids of some sources. `n_oov` counts what the vocabulary lacks, whatever it was read as.

        Raises:
            CorpusError: a source is longer than what is accepted.
        """
        n_before = self._n_changed
        fitted = self._in_known_forms(sources)
        try:
            encoded = encode_texts(fitted, self._tokenizer, unknown_id=self._tokenizer.vocab_size)
        except TokenizerError:  # a closed vocabulary lacks a word
            encoded = EncodedTexts.joined([self._read_words(source) for source in fitted], n_oov=0)
        self._check_lengths(encoded, sources)
        return encoded._replace(n_oov=encoded.n_oov + self._n_changed - n_before)

    def read(self, sources: Sequence[str]) -> list[Ids]:
        """The ids of each source, with the end-of-text token at its end.

        Raises:
            CorpusError: a source is longer than what is accepted.
        """
        return self.encode(sources).split()

    def new_notes(self) -> list[str]:
        """What had to be changed since the last call, in words."""
        new = self._notes[self._n_told :]
        self._n_told = len(self._notes)
        return new

    def _in_known_forms(self, sources: Sequence[str]) -> Sequence[str]:
        """The same sources in characters that are known, or that are to become the unknown id."""
        if self._unifies_line_ends:
            sources = [unify_line_ends(source) for source in sources]
        used = set(chain.from_iterable(sources))
        if MARK in used:
            sources = [source.replace(MARK, _REPLACEMENT) for source in sources]
            used = used - {MARK} | {_REPLACEMENT}
        unknown = {character for character in used if not covers(self._tokenizer, character)}
        if not unknown:
            return sources
        return [source if unknown.isdisjoint(source) else self._in_known_form(source) for source in sources]

    def _in_known_form(self, source: str) -> str:
        return "".join(
            character if covers(self._tokenizer, character) else self._form_of(character)
            for character in compose(source, self._tokenizer)
        )

    def _form_of(self, character: str) -> str:
        """The nearest form of an unknown character; itself if there is none, and the tokenizer finds it unknown."""
        if character not in self._forms:
            form = nearest_known(character, self._tokenizer)
            self._forms[character] = form
            self._note(describe_unknown(character, _AS_UNKNOWN if form is None else f"read as {form!r}"))
        form = self._forms[character]
        if form is None:
            return _REPLACEMENT if "\ud800" <= character <= "\udfff" else character
        self._n_changed += 1
        return form

    def _read_words(self, source: str) -> Ids:
        """The ids of a source in a closed vocabulary. A word that it lacks has its nearest form, or the unknown id."""
        try:
            return encode_texts([source], self._tokenizer).ids
        except TokenizerError:
            ids = [token for word in _WORD.findall(source) for token in self._ids_of_word(word)]
            return np.array([*ids, END_OF_TEXT], dtype=np.int32)

    def _ids_of_word(self, word: str) -> list[int]:
        try:
            known: list[int] = self._tokenizer.encode(word).ids.tolist()
            return known
        except TokenizerError:
            self._n_changed += 1
        if word not in self._forms:
            form = nearest_known_word(word, self._tokenizer)
            self._forms[word] = form
            read_as = _AS_UNKNOWN if form is None else f"read as {form[:40]!r}"
            self._note(f"the model does not know the word {word[:40]!r}: {read_as}")
        form = self._forms[word]
        nearest: list[int] = [self._tokenizer.vocab_size] if form is None else self._tokenizer.encode(form).ids.tolist()
        return nearest

    def _check_lengths(self, encoded: EncodedTexts, sources: Sequence[str]) -> None:
        """Note a source that is longer than any in training, and refuse one that is longer than what is accepted."""
        lengths = np.diff(encoded.starts)
        n_most = int(lengths.max(initial=0))
        if self._most is not None and n_most > self._most:
            raise CorpusError(
                f"the source {sources[int(lengths.argmax())][:20]!r}… has {n_most:,} tokens, and this model reads at "
                f"most {self._most:,}: the time of its attention grows with the square of the length; shorten the "
                "source, or train a model with --cell gru"
            )
        if self._longest is not None and n_most > self._longest and not self._has_met_longer:
            self._has_met_longer = True
            self._notes.append(
                f"a source has {n_most:,} tokens, and the longest one in training had {self._longest:,}: "
                "its target may be poor"
            )

    def _note(self, line: str) -> None:
        self._n_noted += 1
        if self._n_noted <= self._most_notes:
            self._notes.append(line)
        elif self._n_noted == self._most_notes + 1:
            self._notes.append("more characters or words are unknown; there are no more notes on them")
