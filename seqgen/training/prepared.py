"""What a model learns from, made ready: a text or pairs. Which of the two a request gets is decided here."""

from __future__ import annotations

from collections.abc import Sequence

from seqgen.run import SavedModel
from seqgen.training.data import PreparedCorpus, prepare_corpus, reopen_corpus
from seqgen.training.pairs import PreparedPairs, prepare_pairs, reopen_pairs
from seqgen.training.request import TrainingRequest

Prepared = PreparedCorpus | PreparedPairs
"""Both have the same members: tokenizers, parts, record, notes, and the streams to train and validate on."""


def prepare(request: TrainingRequest) -> Prepared:
    """Read what a new run learns from, and encode it.

    Raises:
        CorpusError: a text or a pair cannot be read.
        TokenizerError: the text does not support the vocabulary.

    >>> from seqgen.config import CorpusConfig
    >>> type(prepare(TrainingRequest(corpus=CorpusConfig(paths=("story.txt",))))).__name__
    'PreparedCorpus'
    """
    return prepare_pairs(request) if request.corpus.pairs else prepare_corpus(request)


def reopen(saved: SavedModel, *, corpus_paths: Sequence[str] = ()) -> Prepared:
    """Encode what a run has learned from again.

    Raises:
        CorpusError: it is no longer in the cache, and its files are gone or have changed.

    >>> from seqgen.run import open_model
    >>> reopen(open_model("checkpoints/story"), corpus_paths=["story.txt"]).facts.n_train
    5400
    """
    if saved.source_tokenizer is not None:
        return reopen_pairs(saved, corpus_paths=corpus_paths)
    return reopen_corpus(saved.record.corpus, saved.tokenizer, corpus_paths=corpus_paths)
