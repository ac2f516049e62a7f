"""Sources as a model of pairs reads them, and its first logits after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from seqgen.corpus import SourceReader
from seqgen.corpus.encoded_texts import Ids
from seqgen.corpus.pair_batches import pad_sources
from seqgen.corpus.source_reader import MOST_NOTES
from seqgen.errors import ConfigError
from seqgen.inference import Stepper
from seqgen.run import SavedModel
from seqgen.sampling.filters import Logits
from seqgen.sampling.prompt import FittedPrompt
from seqgen.tokenizers import END_OF_TEXT, Tokenizer
from seqgen.waiting import waiting

_AT_ONCE = 1 << 14
"""Tokens of a prompt that are read before its reader hears how far it is."""
_LONGEST_IN_TRAINING = 1 << 17
"""Tokens of a source that any training can have read at once, whatever a record claims."""


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


def source_reader(model: SavedModel, *, most_notes: int = MOST_NOTES) -> SourceReader:
    """What turns sources into ids for a model of pairs. It notes so many unknown characters and words.

    >>> from seqgen.run import open_model
    >>> reader = source_reader(open_model("runs/reversed"))
    >>> [len(ids) for ids in reader.read(["abc", "é", ""])]  # each ends with the end-of-text token
    [4, 2, 1]
    >>> reader.new_notes()
    ["the model does not know 'é': read as the unknown token"]

    Raises:
        ConfigError: it learned from a text.
    """
    tokenizer, corpus = source_tokenizer_of(model), model.record.corpus
    longest = corpus.parts["train"].longest_source
    most = None if model.record.encoder is None else model.record.model.most_at_once
    if most is not None:  # what was read in training is accepted
        in_training = max(part.longest_source or 0 for part in corpus.parts.values())
        most = max(most, min(in_training, _LONGEST_IN_TRAINING))
    return SourceReader(tokenizer, line_ends=corpus.config.line_ends, longest=longest, most=most, most_notes=most_notes)


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
        CorpusError: the source is longer than what the model reads.
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
    reader = source_reader(model)
    ids = reader.read([source])[0]
    notes = (*prompt.notes, *reader.new_notes())
    return replace(prompt, source=source, source_ids=tuple(ids.tolist()), notes=notes)


def read_beginning(stepper: Stepper, *, source: Sequence[int], prompt: Sequence[int]) -> Logits:
    """Let a stepper of one stream read a source, if there is one, and the beginning of what is written after it.

    Of a long beginning, only what can still have an effect is read. Returns the logits of the next token, (1, V).

    >>> from seqgen.run import open_model
    >>> from seqgen.sampling.prefill import cpu_stepper
    >>> read_beginning(cpu_stepper(open_model("checkpoints/story")), source=(), prompt=[3, 1]).shape[0]
    1
    """
    if source:
        stepper.start(*pad_sources([np.array(source)]).arrays)
    tokens = (END_OF_TEXT, *prompt)[-(stepper.reach or 0) :]
    with waiting("reading the prompt", total=len(tokens)) as work:
        for first in range(0, len(tokens), _AT_ONCE):
            window = tokens[first : first + _AT_ONCE]
            logits = stepper.read(window)
            work.advance(len(window))
    return logits


def begin_targets(fresh: Stepper, sources: Sequence[Ids]) -> tuple[Stepper, Logits]:
    """A stepper that has read B sources, and the logits of the first tokens of their targets, (B, V).

    `fresh` is a stepper of one stream that has read nothing, and stays so.

    >>> from seqgen.run import open_model
    >>> from seqgen.sampling.prefill import cpu_stepper
    >>> model = open_model("runs/reversed")
    >>> sources = source_reader(model).read(["abc", "d"])
    >>> stepper, logits = begin_targets(cpu_stepper(model), sources)
    >>> logits.shape == (2, model.tokenizer.vocab_size)
    True
    """
    stepper, first = fresh.fork(len(sources)), np.full(len(sources), END_OF_TEXT)
    stepper.start(*pad_sources(sources).arrays)
    return stepper, stepper.step(first)
