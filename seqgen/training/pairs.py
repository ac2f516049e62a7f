"""Pairs made ready for training: the vocabularies of sources and of targets, and both as ids. `data.py` does texts."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from seqgen.config import LabelConfig, Part, TokenizerConfig, TrainingConfig
from seqgen.corpus import (
    CorpusRecord,
    EncodedPairs,
    Pair,
    PairBatches,
    PairEpochs,
    describe_changes,
    encode_pairs,
    open_corpus,
    read_pairs,
    reopen_part,
)
from seqgen.corpus.encoded_pairs import train_on_texts
from seqgen.corpus.pairs import choose_targets, describe_rule
from seqgen.errors import ConfigError
from seqgen.launch import process_count
from seqgen.run import SavedModel
from seqgen.tokenizers import Tokenizer
from seqgen.training.inheritance import require_same_direction
from seqgen.training.pair_notes import describe_encoded, require_known_pairs
from seqgen.training.pair_start import PairModelStart, PairStart, start_of
from seqgen.training.planning.problem import PairSizes
from seqgen.training.request import TrainingRequest
from seqgen.training.state import TrainingData
from seqgen.waiting import waiting

_N_EXAMPLES, _SHORT = 2, 70
"""How many pairs are shown while a model learns, and how many characters they have at most, so that each is a line."""
_ENCODED: tuple[Part, ...] = ("train", "valid")
"""The parts that training reads."""


@dataclass(frozen=True, kw_only=True)
class PreparedPairs:
    """The pairs of the training part and of the validation part as ids, with the tokenizers that made them."""

    tokenizer: Tokenizer
    """Of the targets."""
    source_tokenizer: Tokenizer
    parts: Mapping[Part, EncodedPairs]
    record: CorpusRecord
    """What the run will remember of its pairs. Its numbers of tokens and characters are those of the targets."""
    is_joined: bool
    """Whether the decoder itself reads the sources, because there is no encoder."""
    examples: tuple[Pair, ...] = ()
    """Some pairs of the validation part, to be shown while the model learns."""
    start: PairStart | None = None
    """What a new run begins with, if it does not begin with nothing."""
    notes: tuple[str, ...] = ()
    took_s: float = 0.0
    """How long reading and encoding took."""

    @property
    def tokenizers(self) -> tuple[Tokenizer, Tokenizer]:
        """Of the sources, and of the targets."""
        return self.source_tokenizer, self.tokenizer

    @property
    def facts(self) -> PairSizes:
        """The sizes that the choice of a model depends on."""
        train, valid = self.parts["train"], self.parts.get("valid")
        return PairSizes(
            vocab_size=self.tokenizer.vocab_size,
            source_vocab_size=self.source_tokenizer.vocab_size + 1,
            n_pairs=train.n_pairs,
            n_valid_pairs=0 if valid is None else valid.n_pairs,
            n_source_tokens=len(train.sources),
            n_target_tokens=len(train.targets),
            longest_source=max(int(part.source_lengths.max(initial=0)) for part in self.parts.values()),
            longest_target=int(train.target_lengths.max()),
            has_labels=self.tokenizer.is_of_labels,
        )

    @property
    def characters_per_token(self) -> float | None:
        """Mean over the targets of the training part; None for labels, which are no text."""
        train = self.parts["train"]
        if self.tokenizer.is_of_labels:
            return None
        return max(1, train.n_target_characters - train.n_target_oov) / len(train.targets)

    def streams(self, config: TrainingConfig) -> TrainingData:
        """Training pairs in the batches that the configuration asks for, validation pairs in batches that score fast.

        Every epoch has its own order.
        """
        joined = self.tokenizer.vocab_size if self.is_joined else None
        batches = PairBatches(self.parts["train"], n_streams=config.n_streams, window=config.window, joined=joined)
        share, n_processes = config.unknown_share, process_count()
        train = PairEpochs(batches, seed=config.seed, unknown_share=share, n_processes=n_processes)
        valid = self.parts.get("valid")
        if valid is None or not len(valid.targets):
            return TrainingData(train, None, None)
        scored = _first_tokens(valid, config.valid_tokens)
        valid_batches = self.batches_to_score(scored)
        covered = (valid.n_target_characters - valid.n_target_oov) * len(scored.targets) / len(valid.targets)
        has_characters = valid.is_lossless and not self.tokenizer.is_of_labels
        return TrainingData(train, valid_batches, covered if has_characters else None)

    def batches_to_score(self, encoded: EncodedPairs) -> PairBatches:
        """Some of the pairs in batches that score fast."""
        return PairBatches.to_score(encoded, vocab_size=self.tokenizer.vocab_size, is_joined=self.is_joined)


def _first_tokens(encoded: EncodedPairs, n_tokens: int | None) -> EncodedPairs:
    """The first pairs, whose order is random, with about so many tokens of targets; None: all of them."""
    if n_tokens is None or n_tokens >= len(encoded.targets):
        return encoded
    return encoded.first(int(np.searchsorted(encoded.target_starts, n_tokens)))


def prepare_pairs(request: TrainingRequest) -> PreparedPairs:
    """Read the pairs of a new run and encode them, with vocabularies from the training part.

    Raises:
        ConfigError: no tokenizer was named, or one was named for targets that are labels, or the parent does not fit.
        CorpusError: the pairs cannot be read.
        TokenizerError: the pairs do not support the vocabulary.

    >>> from pathlib import Path
    >>> from seqgen.config import CorpusConfig
    >>> _ = Path("pairs.tsv").write_text("".join(f"{n}\\t{n * n}\\n" for n in range(50)))
    >>> pairs = prepare_pairs(TrainingRequest(corpus=CorpusConfig(paths=("pairs.tsv",), pairs=True)))
    >>> pairs.facts.n_pairs, pairs.facts.has_labels, pairs.facts.longest_target
    (45, False, 5)
    """
    started = time.monotonic()
    require_same_direction(request)
    own = _tokenizer_of(request)
    corpus = open_corpus(request.corpus)
    pairs = {name: read_pairs(corpus.parts[name]) for name in _ENCODED if name in corpus.parts}
    targets = [pair.target for pair in pairs["train"]]
    start = start_of(request, targets)
    source_tokenizer, tokenizer = (None, None) if start is None else (start.source_tokenizer, start.tokenizer)
    with waiting("making the vocabularies"):
        source_tokenizer = source_tokenizer or train_on_texts(own, [pair.source for pair in pairs["train"]])
        tokenizer = tokenizer or train_on_texts(_target_tokenizer_of(request, targets), targets)
    line_ends = request.corpus.line_ends
    encoded = {
        name: encode_pairs(some, source_tokenizer, tokenizer, line_ends=line_ends) for name, some in pairs.items()
    }
    prepared = PreparedPairs(
        tokenizer=tokenizer,
        source_tokenizer=source_tokenizer,
        parts=encoded,
        record=corpus.record().with_sizes({name: part.sizes for name, part in encoded.items()}),
        is_joined=(request if start is None else start.inherited(request)).encoder == "none",
        examples=_choose_examples(pairs),
        start=start,
    )
    if start is not None:
        require_known_pairs(pairs["train"], prepared.parts["train"], prepared.tokenizers, name=start.parent.name)
    lacking = describe_encoded(encoded, prepared.tokenizers)
    notes = (*corpus.notes, *_describe_targets(request, targets, start), *lacking)
    return replace(prepared, notes=notes, took_s=time.monotonic() - started)


def reopen_pairs(saved: SavedModel, *, corpus_paths: Sequence[str] = ()) -> PreparedPairs:
    """Encode the pairs of a run again. This accepts only the recorded pairs, and builds no vocabulary.

    Raises:
        CorpusError: the pairs are no longer in the cache, and their files are gone or have changed.
    """
    record, source_tokenizer = saved.record.corpus, saved.source_tokenizer
    assert source_tokenizer is not None, "only a run of pairs has sources"
    names = [name for name in _ENCODED if name in record.parts]
    pairs = {name: read_pairs(reopen_part(record, name, corpus_paths=corpus_paths)) for name in names}
    encoded = {
        name: encode_pairs(some, source_tokenizer, saved.tokenizer, line_ends=record.config.line_ends)
        for name, some in pairs.items()
    }
    return PreparedPairs(
        tokenizer=saved.tokenizer,
        source_tokenizer=source_tokenizer,
        parts=encoded,
        record=record.with_sizes({name: part.sizes for name, part in encoded.items()}),
        is_joined=saved.record.encoder is None,
        examples=_choose_examples(pairs),
        notes=tuple(describe_changes(record)),
    )


def _choose_examples(pairs: Mapping[Part, Sequence[Pair]]) -> tuple[Pair, ...]:
    """The first pairs of the validation part that are short; none if there are none."""
    valid = pairs.get("valid", ())
    return tuple(itertools.islice((pair for pair in valid if len(pair.source + pair.target) <= _SHORT), _N_EXAMPLES))


def _describe_targets(request: TrainingRequest, targets: Sequence[str], start: PairStart | None) -> Iterator[str]:
    """What the targets are, and what the model begins with."""
    if not isinstance(start, PairModelStart):
        yield describe_rule(targets, request.corpus.targets)
    if start is not None:
        yield start.describe()


def _tokenizer_of(request: TrainingRequest) -> TokenizerConfig:
    if request.tokenizer is None:
        raise ConfigError("--tokenizer auto cannot be given with --pairs: name a tokenizer, or leave it out")
    return request.tokenizer


def _target_tokenizer_of(request: TrainingRequest, targets: Sequence[str]) -> TokenizerConfig | LabelConfig:
    """What makes tokens of the targets: they are labels, or have the tokenizer that is named for them or for both."""
    named = request.target_tokenizer
    if choose_targets(targets, request.corpus.targets) == "text":
        return named or _tokenizer_of(request)
    if named is not None:
        raise ConfigError(
            f"--target-tokenizer {named.name}: the targets are labels, one token each; "
            "--targets text makes them text, or leave it out"
        )
    return LabelConfig()
