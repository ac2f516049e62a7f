"""What a training run takes over from the model that it begins with, though nobody asked for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from seqgen.config import STORED_APART, CorpusConfig
from seqgen.errors import ConfigError
from seqgen.training.request import TrainingRequest


def inherit_documents(request: TrainingRequest) -> CorpusConfig:
    """How the corpus is divided: as requested, or else as that of the parent.

    >>> from seqgen.run import open_model
    >>> request = TrainingRequest(corpus=CorpusConfig(paths=("a",)), parent=open_model("checkpoints/story"))
    >>> inherit_documents(request).documents is None  # the parent learned from one text
    True
    """
    parent = request.parent
    if parent is None or request.corpus.documents is not None:
        return request.corpus
    documents = parent.record.corpus.documents
    if documents in STORED_APART:  # records and pairs need options, and a single file would be a single document
        documents = "file" if _has_several_files(request.corpus.paths) else None
    return replace(request.corpus, documents=documents)


def _has_several_files(paths: Sequence[str]) -> bool:
    return len(paths) > 1 or any(Path(path).is_dir() for path in paths)


def describe_inheritance(request: TrainingRequest) -> list[str]:
    """Say, in a sentence, what was not asked for.

    >>> describe_inheritance(TrainingRequest(corpus=CorpusConfig(paths=("story.txt",))))
    []
    """
    documents = inherit_documents(request).documents
    if documents == request.corpus.documents or request.parent is None:
        return []
    return [f"documents are divided as for {request.parent.name}: --documents {documents}"]


def require_same_direction(request: TrainingRequest) -> None:
    """Check that a run reads as the model that it begins with has learned to read.

    >>> from seqgen.run import open_model
    >>> corpus = CorpusConfig(paths=("a",), backward=True)
    >>> require_same_direction(TrainingRequest(corpus=corpus, parent=open_model("checkpoints/story")))
    Traceback (most recent call last):
    seqgen.errors.ConfigError: story reads from the beginning: leave out --backward, or begin from nothing ...

    Raises:
        ConfigError: it does not.
    """
    parent = request.parent
    if parent is None or parent.record.corpus.backward == request.corpus.backward:
        return
    if request.corpus.backward:
        raise ConfigError(
            f"{parent.name} reads from the beginning: leave out --backward, or begin from nothing (--from none)"
        )
    mend = "begin with a model that reads forward" if request.corpus.pairs else "add --backward"
    raise ConfigError(f"{parent.name} reads from the end of a text: {mend}, or begin from nothing (--from none)")
