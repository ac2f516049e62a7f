"""Sources as a model of pairs reads them: in the characters that it knows, as ids, and after that its first logits."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import final

import numpy as np
from numpy.typing import NDArray

from seqgen.corpus import encode_sources
from seqgen.corpus.pair_batches import pad_sources
from seqgen.errors import ConfigError, TokenizerError
from seqgen.inference import Stepper
from seqgen.run import SavedModel
from seqgen.sampling.filters import Logits
from seqgen.sampling.prompt import FittedPrompt, compose, covers, describe_unknown, nearest_known
from seqgen.tokenizers import END_OF_TEXT, MARK, Tokenizer

Ids = NDArray[np.int32]

_REPLACEMENT = "\ufffd"
"""Stands for what is no character: a byte of a source that is not UTF-8."""
_AS_UNKNOWN = "read as the unknown token"
_MOST_NOTES = 20
"""Notes about single characters. A file in another script has thousands of them."""
_WORD = re.compile(r"\S+|\n")


def source_tokenizer_of(model: SavedModel) -> Tokenizer:
    """The vocabulary of the sources that a model learned from.

    >>> from seqgen.run import open_model
    >>> source_tokenizer_of(open_model("checkpoints/story"))
    Traceback (most recent call last):
    seqgen.errors.ConfigError: story learned from a text, not from pairs, so it has no sources: ...

    Raises:
        ConfigError: it learned from a text.
    """
    if model.source_tokenizer is None:
        raise ConfigError(
            f"{model.name} learned from a text, not from pairs, so it has no sources: name a run of pairs "
            "(seqgen train --pairs makes one), or continue a text with seqgen sample --prompt"
        )
    return model.source_tokenizer


def after_source(prompt: FittedPrompt, model: SavedModel, source: str | None) -> FittedPrompt:
    """A prompt as the beginning of the target of a source. A model of texts has none.

    >>> from seqgen.run import open_model
    >>> from seqgen.sampling import fit_prompt
    >>> model = open_model("runs/reversed")
    >>> after_source(fit_prompt("c", model.tokenizer), model, "abc").source_ids
    (..., ..., ..., 0)

    Raises:
        ConfigError: there is a source, and the model learned from a text; or there is none, and it learned from pairs;
            or its targets are labels.
    """
    if model.source_tokenizer is None and source is None:
        return prompt
    if source is not None:
        source_tokenizer_of(model)
    if model.tokenizer.is_of_labels:
        raise ConfigError(f"the targets of {model.name} are labels, which are not sampled: use seqgen predict")
    if source is None:
        raise ConfigError(
            f"{model.name} learned from pairs, and writes the target of a source: give one with --source TEXT"
        )
    reader = SourceReader(model)
    ids = reader.read([source])[0]
    notes = (*prompt.notes, *reader.new_notes())
    return replace(prompt, source=source, source_ids=tuple(ids.tolist()), notes=notes)


def read_beginning(stepper: Stepper, model: SavedModel, *, source: Sequence[int], prompt: Sequence[int]) -> Logits:
    """Let a stepper of one stream read a source, if there is one, and the beginning of what is written after it.

    Returns the logits of the next token, (1, V).

    >>> from seqgen.run import open_model
    >>> from seqgen.sampling.prefill import cpu_stepper
    >>> model = open_model("checkpoints/story")
    >>> read_beginning(cpu_stepper(model), model, source=(), prompt=[3, 1]).shape[0]
    1
    """
    before: list[int] = []
    if model.record.encoder is not None:
        stepper.start(*pad_sources([np.array(source)]).arrays)
    else:
        before = [model.tokenizer.vocab_size + token for token in source]
    return stepper.read((*before, END_OF_TEXT, *prompt))


def begin_targets(fresh: Stepper, model: SavedModel, sources: Sequence[Ids]) -> tuple[Stepper, Logits]:
    """A stepper that has read B sources, and the logits of the first tokens of their targets, (B, V).

    `fresh` is a stepper of one stream that has read nothing, and stays so. Without an encoder, the sources have the
    same length.

    >>> from seqgen.run import open_model
    >>> from seqgen.sampling.prefill import cpu_stepper
    >>> model = open_model("runs/reversed")
    >>> sources = SourceReader(model).read(["abc", "d"])
    >>> stepper, logits = begin_targets(cpu_stepper(model), model, sources)
    >>> logits.shape == (2, model.tokenizer.vocab_size)
    True
    """
    stepper, first = fresh.fork(len(sources)), np.full(len(sources), END_OF_TEXT)
    if model.record.encoder is not None:
        stepper.start(*pad_sources(sources).arrays)
    else:
        for column in np.stack(sources, axis=1).astype(np.int64):
            stepper.step(model.tokenizer.vocab_size + column)
    return stepper, stepper.step(first)


@final
class SourceReader:
    """Turns sources into ids. What it has to change is noted, once for each character and not for each source.

    A character that the vocabulary lacks is read as its nearest form. If there is none, the unknown token stands in its
    place, which the model has met in training.

    >>> from seqgen.run import open_model
    >>> reader = SourceReader(open_model("runs/reversed"))
    >>> [len(ids) for ids in reader.read(["abc", "é", ""])]  # each ends with the end-of-text token
    [4, 2, 1]
    >>> reader.new_notes()
    ["the model does not know 'é': read as the unknown token"]
    """

    def __init__(self, model: SavedModel) -> None:
        self._tokenizer = source_tokenizer_of(model)
        self._read_line_ends: Callable[[str], str] = model.record.corpus.read_line_ends
        self._longest = model.record.corpus.parts["train"].longest_source
        self._forms: dict[str, str] = {}
        """Unknown characters and their nearest forms, or themselves."""
        self._notes: list[str] = []
        self._n_told = self._n_noted = 0
        self._has_met_longer = False

    def read(self, sources: Sequence[str]) -> list[Ids]:
        """The ids of some sources, each with the end-of-text token at its end."""
        fitted = [self._fit(source) for source in sources]
        try:
            encoded = encode_sources(fitted, self._tokenizer)
        except TokenizerError:  # a closed vocabulary lacks a word
            encoded = [self._read_words(source) for source in fitted]
        n_most = max(map(len, encoded), default=0)
        if self._longest is not None and n_most > self._longest and not self._has_met_longer:
            self._has_met_longer = True
            self._notes.append(
                f"a source has {n_most:,} tokens, and the longest one in training had {self._longest:,}: "
                "its target may be poor"
            )
        return encoded

    def new_notes(self) -> list[str]:
        """What had to be changed since the last call, in words."""
        new = self._notes[self._n_told :]
        self._n_told = len(self._notes)
        return new

    def _fit(self, source: str) -> str:
        source = self._read_line_ends(source).replace(MARK, _REPLACEMENT)
        if all(covers(self._tokenizer, character) for character in set(source)):
            return source
        return "".join(
            character if covers(self._tokenizer, character) else self._form_of(character)
            for character in compose(source, self._tokenizer)
        )

    def _form_of(self, character: str) -> str:
        """The nearest form of an unknown character; itself if there is none, and the tokenizer finds it unknown."""
        if character not in self._forms:
            form = nearest_known(character, self._tokenizer)
            self._note(describe_unknown(character, _AS_UNKNOWN if form is None else f"read as {form!r}"))
            is_byte = "\ud800" <= character <= "\udfff"
            self._forms[character] = form or (_REPLACEMENT if is_byte else character)
        return self._forms[character]

    def _read_words(self, source: str) -> Ids:
        """The ids of a source, word by word, with the unknown token for each word that a closed vocabulary lacks."""
        ids: list[int] = []
        for word in _WORD.findall(source):
            try:
                ids += self._tokenizer.encode(word).ids.tolist()
            except TokenizerError:
                ids.append(self._tokenizer.vocab_size)
                if word not in self._forms:
                    self._forms[word] = word
                    self._note(f"the model does not know the word {word[:40]!r}: {_AS_UNKNOWN}")
        return np.array([*ids, END_OF_TEXT], dtype=np.int32)

    def _note(self, line: str) -> None:
        self._n_noted += 1
        if self._n_noted <= _MOST_NOTES:
            self._notes.append(line)
        elif self._n_noted == _MOST_NOTES + 1:
            self._notes.append("more characters or words are unknown; there are no more notes on them")
