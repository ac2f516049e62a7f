"""A corpus made ready for training: its vocabulary, its parts as ids, and what was noticed on the way."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from seqgen.config import CorpusConfig, Part, TokenizerConfig, TrainingConfig
from seqgen.corpus import CorpusPart, CorpusRecord, EncodedText, Epochs, Streams, encode_part, open_corpus, reopen_part
from seqgen.errors import CorpusError
from seqgen.run import SavedModel
from seqgen.tokenizers import Tokenizer, restore_tokenizer, train_tokenizer
from seqgen.training.planning.recipes import CorpusFacts
from seqgen.training.trainer import TrainingData

_VALID_STREAMS = 64
_VALID_WINDOW = 256
_SHORTEST_VALID_STREAM = 2048  # each begins without a past, which costs the more the shorter it is
_MOST_LOGITS = 1 << 24  # in one window of validation
_ENCODED: tuple[Part, ...] = ("train", "valid")  # a test part waits for `seqgen eval --part test`


@dataclass(frozen=True)
class PreparedCorpus:
    """The training and the validation part as ids, with the tokenizer that made them."""

    tokenizer: Tokenizer
    parts: Mapping[Part, EncodedText]
    record: CorpusRecord
    """The corpus as a run remembers it."""
    notes: tuple[str, ...] = ()
    took_s: float = 0.0
    """How long reading and encoding took."""

    @property
    def facts(self) -> CorpusFacts:
        n_valid = len(self.parts["valid"].ids) if "valid" in self.parts else 0
        return CorpusFacts(self.tokenizer.vocab_size, len(self.parts["train"].ids), n_valid)

    def streams(self, config: TrainingConfig) -> TrainingData:
        """Training ids side by side, and validation ids on as many streams as scoring is fast with."""
        streams = Streams(self.parts["train"].ids, n_streams=config.n_streams, window=config.window)
        train = Epochs(streams, shift=config.shift_epochs, vary=config.vary_window, seed=config.seed)
        valid = self.parts.get("valid")
        if valid is None or not len(valid.ids):
            return TrainingData(train, None, None)
        ids = valid.ids[: config.valid_tokens]
        affordable = _MOST_LOGITS // (_VALID_WINDOW * self.tokenizer.vocab_size)
        n_streams = max(1, min(_VALID_STREAMS, len(ids) // _SHORTEST_VALID_STREAM, affordable))
        covered = (valid.n_characters - valid.n_oov) * len(ids) / len(valid.ids)
        valid_streams = Streams(ids, n_streams=n_streams, window=_VALID_WINDOW)
        return TrainingData(train, valid_streams, covered if valid.is_lossless else None)


def prepare_corpus(config: CorpusConfig, tokenizer: TokenizerConfig, parent: SavedModel | None) -> PreparedCorpus:
    """Read a corpus and encode it, with a vocabulary of its own or the parent's (and then its documents too).

    Raises:
        CorpusError: the text cannot be read, or leaves nothing to train on.
        TokenizerError: the text does not support the vocabulary.
    """
    started = time.monotonic()
    if parent is not None and config.documents is None:
        config = replace(config, documents=parent.record.corpus.documents)
    corpus = open_corpus(config)
    train = corpus.parts["train"]
    if parent is None:
        own = train_tokenizer(tokenizer, train.chunks(), n_bytes=train.n_bytes, separator=corpus.separator)
    else:
        state = {**parent.tokenizer.state(), "separator": corpus.separator}
        own = restore_tokenizer(parent.tokenizer.kind, state, parent.tokenizer.bulk())
    prepared = _encode(own, corpus.parts, corpus.record())
    if not len(prepared.parts["train"].ids):
        raise CorpusError("nothing of the training part is in the vocabulary: there is nothing to learn from")
    return replace(prepared, took_s=time.monotonic() - started)


def prepare_again(record: CorpusRecord, tokenizer: Tokenizer, corpus_paths: Sequence[str] = ()) -> PreparedCorpus:
    """The same parts as a run had, from its record.

    Raises:
        CorpusError: the text is found nowhere unchanged.
    """
    names: list[Part] = [name for name in _ENCODED if name in record.parts]
    return _encode(tokenizer, {name: reopen_part(record, name, corpus_paths=corpus_paths) for name in names}, record)


def _encode(tokenizer: Tokenizer, parts: Mapping[Part, CorpusPart], record: CorpusRecord) -> PreparedCorpus:
    encoded = {name: encode_part(parts[name], tokenizer) for name in _ENCODED if name in parts}
    for name, text in encoded.items():
        part = replace(record.parts[name], n_tokens=len(text.ids), n_characters=text.n_characters, n_bytes=text.n_bytes)
        record = record.with_part(name, part)
    notes = [
        f"characters of the {name} part that are not in the vocabulary, left out of training: {text.n_oov}"
        for name, text in encoded.items()
        if text.n_oov
    ]
    if "valid" not in encoded:
        notes.append("no validation part: the model that is kept is the last, not the best")
    return PreparedCorpus(tokenizer, encoded, record, tuple(notes))
