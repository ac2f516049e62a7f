"""What a user is told about a corpus whose held-out parts the model knows from training."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from seqgen.config import Part
from seqgen.corpus import Corpus
from seqgen.corpus.overlap import PassageIndex, describe_overlap
from seqgen.wording import count_of

_HELD_OUT: tuple[Part, ...] = ("valid", "test")


def describe_leaks(corpus: Corpus) -> Iterator[str]:
    """A sentence about equal documents, and one about each separate text that overlaps with the training text.

    >>> from seqgen.config import CorpusConfig
    >>> from seqgen.corpus import open_corpus
    >>> print(*describe_leaks(open_corpus(CorpusConfig(paths=("story.txt",), valid_paths=("story.txt",)))))
    100.0% of the passages of 50 characters in story.txt also occur in the training text, so scores on it are ...
    """
    separate_paths = {"valid": corpus.config.valid_paths, "test": corpus.config.test_paths}
    held_out = [name for name in _HELD_OUT if name in corpus.parts]
    if corpus.n_repeated and any(not separate_paths[name] for name in held_out):
        documents, are = count_of(corpus.n_repeated, "document"), "is" if corpus.n_repeated == 1 else "are"
        yield (
            f"{documents} {are} equal to another one; equal documents are kept in one part, so that none is both "
            "trained on and held out"
        )
    for name in held_out:
        if separate_paths[name]:
            index = PassageIndex.of_part(corpus.parts["train"])
            text_name = ", ".join(Path(path).name for path in separate_paths[name])
            described = describe_overlap(index.share_of(corpus.parts[name].chunks()), text_name)
            if described:
                yield f"{described}, so scores on it are optimistic"
