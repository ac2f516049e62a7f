"""A corpus made ready for training: its vocabulary, its parts as ids, and notes for the user."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from seqgen.config import Part, TrainingConfig
from seqgen.corpus import (
    CorpusPart,
    CorpusRecord,
    EncodedText,
    Epochs,
    Pair,
    Streams,
    as_read,
    describe_changes,
    encode_part,
    open_corpus,
    reopen_part,
)
from seqgen.errors import ConfigError
from seqgen.tokenizers import Tokenizer, restore_tokenizer, train_tokenizer
from seqgen.training.inheritance import describe_inheritance, inherit_documents, require_same_direction
from seqgen.training.leak_notes import describe_leaks
from seqgen.training.planning.problem import CorpusFacts
from seqgen.training.request import TrainingRequest
from seqgen.training.state import TrainingData
from seqgen.training.unknown_characters import describe_unknown, require_known_characters
from seqgen.waiting import waiting
from seqgen.wording import count_of

_MAX_VALID_STREAMS = 64
_VALID_WINDOW = 256
_MIN_VALID_STREAM_LENGTH = 2048
"""Tokens. A stream begins without a past, so its first tokens have a high loss, which weighs too much in short ones."""
_MAX_LOGITS = 1 << 24
"""The most logits that one window of validation may have. They decide how much memory it takes."""
_FEW_CHARACTERS = 1000
"""Below this, a tenth held out has under 100 characters: at a standard deviation of about two bits per character, the
mean is known to plus or minus 0.4 bits, more than models of one text usually differ by."""
_ENCODED: tuple[Part, ...] = ("train", "valid")
"""The parts that training reads. The test part is encoded by `seqgen eval --part test`."""


@dataclass(frozen=True)
class PreparedCorpus:
    """The training part and the validation part as ids, with the tokenizer that made them."""

    tokenizer: Tokenizer
    parts: Mapping[Part, EncodedText]
    record: CorpusRecord
    """What the run will remember of its corpus."""
    notes: tuple[str, ...] = ()
    took_s: float = 0.0
    """How long reading and encoding took."""

    @property
    def source_tokenizer(self) -> None:
        """A text has no sources."""

    @property
    def examples(self) -> tuple[Pair, ...]:
        """A text has no pairs to show."""
        return ()

    @property
    def facts(self) -> CorpusFacts:
        """The sizes that the choice of a model depends on."""
        n_valid = len(self.parts["valid"].ids) if "valid" in self.parts else 0
        return CorpusFacts(self.tokenizer.vocab_size, len(self.parts["train"].ids), n_valid)

    @property
    def characters_per_token(self) -> float:
        """Mean over the training part. Characters that the vocabulary lacks are in no token and do not count."""
        train = self.parts["train"]
        return (train.n_characters - train.n_oov) / len(train.ids)

    def streams(self, config: TrainingConfig) -> TrainingData:
        """Training ids in the streams that the configuration asks for, validation ids in streams that score fast."""
        backward = self.record.backward
        train_ids = as_read(self.parts["train"].ids, backward=backward)
        streams = Streams(train_ids, n_streams=config.n_streams, window=config.window)
        train = Epochs(streams, shift=config.shift_epochs, vary=config.vary_window, seed=config.seed)
        valid = self.parts.get("valid")
        if valid is None or not len(valid.ids):
            return TrainingData(train, None, None)
        ids = valid.ids[: config.valid_tokens]
        n_streams = count_valid_streams(len(ids), self.tokenizer.vocab_size)
        covered = (valid.n_characters - valid.n_oov) * len(ids) / len(valid.ids)
        valid_streams = Streams(as_read(ids, backward=backward), n_streams=n_streams, window=_VALID_WINDOW)
        return TrainingData(train, valid_streams, covered if valid.is_lossless else None)


def count_valid_streams(n_tokens: int, vocab_size: int) -> int:
    """In how many streams so many tokens are validated.

    >>> count_valid_streams(4000, 50), count_valid_streams(12_000, 50)
    (1, 5)
    """
    affordable = _MAX_LOGITS // (_VALID_WINDOW * vocab_size)
    return max(1, min(_MAX_VALID_STREAMS, n_tokens // _MIN_VALID_STREAM_LENGTH, affordable))


def prepare_corpus(request: TrainingRequest) -> PreparedCorpus:
    """Read the corpus of a new run and encode it.

    The vocabulary is built from the training part, by the tokenizer that the request has to name. A run that begins
    from a parent takes, unless it says otherwise, the parent's vocabulary and the parent's way of telling documents
    apart.

    Raises:
        ConfigError: the parent learned from pairs, or reads texts in the other direction.
        CorpusError: the text cannot be read.
        TokenizerError: the text does not support the vocabulary, or the parent's lacks too many of its characters.

    >>> from seqgen.config import CorpusConfig
    >>> corpus = prepare_corpus(TrainingRequest(corpus=CorpusConfig(paths=("story.txt",))))
    >>> corpus.facts
    CorpusFacts(vocab_size=..., n_train=5400, n_valid=600)
    """
    started = time.monotonic()
    parent = request.parent
    if parent is not None and parent.source_tokenizer is not None:
        raise ConfigError(
            f"{parent.name} learned from pairs, and cannot begin a run on a text: add --pairs if it is pairs"
        )
    require_same_direction(request)
    corpus = open_corpus(inherit_documents(request))
    if parent is None or not request.keeps_vocabulary:
        assert request.tokenizer is not None, "choose a tokenizer first"
        train = corpus.parts["train"]
        with waiting("making the vocabulary"):
            tokenizer = train_tokenizer(
                request.tokenizer, train.chunks(), n_bytes=train.n_bytes, separator=corpus.separator
            )
    else:
        state = {**parent.tokenizer.state(), "separator": corpus.separator}
        tokenizer = restore_tokenizer(parent.tokenizer.kind, state, bulk=parent.tokenizer.bulk())
    prepared = _encode(tokenizer, corpus.parts, record=corpus.record(), notes=corpus.notes)
    if parent is not None and request.keeps_vocabulary:
        require_known_characters(prepared.parts["train"], parent)
    notes = (
        *_describe_shortness(prepared.record),
        *prepared.notes,
        *describe_inheritance(request),
        *describe_leaks(corpus),
    )
    return replace(prepared, notes=notes, took_s=time.monotonic() - started)


def reopen_corpus(record: CorpusRecord, tokenizer: Tokenizer, *, corpus_paths: Sequence[str] = ()) -> PreparedCorpus:
    """Encode the parts of a run's corpus again.

    Unlike `prepare_corpus`, this accepts only the recorded text, and builds no vocabulary.

    Raises:
        CorpusError: the text is no longer in the cache, and its files are gone or have changed.

    >>> from seqgen.run import open_model
    >>> saved = open_model("checkpoints/story")
    >>> reopen_corpus(saved.record.corpus, saved.tokenizer, corpus_paths=["story.txt"]).facts.n_train
    5400
    """
    names: list[Part] = [name for name in _ENCODED if name in record.parts]
    parts = {name: reopen_part(record, name, corpus_paths=corpus_paths) for name in names}
    return _encode(tokenizer, parts, record=record, notes=tuple(describe_changes(record)))


def _encode(
    tokenizer: Tokenizer, parts: Mapping[Part, CorpusPart], *, record: CorpusRecord, notes: tuple[str, ...] = ()
) -> PreparedCorpus:
    encoded = {name: encode_part(parts[name], tokenizer) for name in _ENCODED if name in parts}
    record = record.with_sizes({name: text.sizes for name, text in encoded.items()})
    lines = [note for name, text in encoded.items() for note in describe_unknown(text, name)]
    if "valid" not in encoded:
        lines.append(f"there is no validation part{_why_none(record)}: the last model is kept, not the best one")
    elif not len(encoded["valid"].ids):
        lines.append(
            "no character of the validation part is in the vocabulary: the last model is kept, not the best one"
        )
    return PreparedCorpus(tokenizer, encoded, record, (*notes, *lines))


def _describe_shortness(record: CorpusRecord) -> list[str]:
    """A warning about a text that is too short to learn from."""
    n_characters = sum(part.n_characters or 0 for part in record.parts.values())
    if n_characters >= _FEW_CHARACTERS:
        return []
    return [
        f"the text is very short, {count_of(n_characters, 'character')}: a model can only memorise it, and validation "
        f"says next to nothing; give {_FEW_CHARACTERS:,} characters or more"
    ]


def _why_none(record: CorpusRecord) -> str:
    """The reason why nothing is held out, in words."""
    config, train = record.config, record.parts["train"]
    if not config.valid_fraction:
        return ", because --valid-fraction is 0"
    if config.documents is not None and train.end - train.start == 1:
        return ", because the text is one document"
    if record.n_repeated and train.end - train.start == record.n_repeated + 1:
        return ", because all documents are equal"
    return ", because the text is too short to hold out a part of it"
