"""What a model reads while it is measured: a text of its own run, a file, or ids drawn at random."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.config import DEFAULT_ENCODING, CharConfig
from seqgen.corpus import ExternalText, as_read, encode_part
from seqgen.evaluation.readings import TextSelection, sources_of
from seqgen.run import SavedModel
from seqgen.tokenizers import train_tokenizer

_RANDOM_VOCABULARY, _N_RANDOM = 32, 10_000


@dataclass(frozen=True, kw_only=True)
class Stream:
    """The ids of a text, and how many different ones a model of it knows.

    >>> from seqgen.run import open_model
    >>> stream = Stream.of_run(open_model("checkpoints/story"), TextSelection())
    >>> stream.name, len(stream.ids)
    ('tiny.txt (valid)', 600)
    """

    name: str
    ids: NDArray[Any]
    vocab_size: int

    @classmethod
    def of_run(cls, saved: SavedModel, selection: TextSelection) -> Stream:
        """A part of the text that a run learned from, or the first selected file, as the run reads it.

        Raises:
            CorpusError: the text of the run's corpus cannot be found, or has changed.
            TokenizerError: a word is missing from a closed vocabulary.
        """
        name, part, source = next(sources_of(saved, selection))
        names = ", ".join(Path(path).name or path for path in name.split(", ")) + (f" ({part})" if part else "")
        ids = as_read(encode_part(source, saved.tokenizer).ids, backward=saved.record.corpus.backward)
        return cls(name=names, ids=ids, vocab_size=saved.tokenizer.vocab_size)

    @classmethod
    def of_file(cls, name: str, *, encoding: str = DEFAULT_ENCODING) -> Stream:
        """The characters of a file.

        >>> Stream.of_file("story.txt").ids.shape
        (6000,)

        Raises:
            CorpusError: it cannot be read as text.
        """
        ((_, stored),) = TextSelection.of([name], encoding=encoding).files
        text = ExternalText(text=stored)
        tokenizer = train_tokenizer(CharConfig(), text.chunks(), n_bytes=stored.n_bytes)
        ids = encode_part(text, tokenizer).ids
        return cls(name=Path(name).name or name, ids=ids, vocab_size=tokenizer.vocab_size)

    @classmethod
    def at_random(cls, seed: int) -> Stream:
        """Ids that have nothing to do with each other.

        >>> Stream.at_random(seed=0).vocab_size
        32
        """
        ids = np.random.default_rng(seed).integers(0, _RANDOM_VOCABULARY, _N_RANDOM)
        return cls(name="random tokens", ids=ids, vocab_size=_RANDOM_VOCABULARY)
