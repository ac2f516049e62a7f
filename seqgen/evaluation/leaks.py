"""Texts that a model is scored on though it was trained on them, or on a part of them."""

from __future__ import annotations

from collections.abc import Sequence

from seqgen.config import Part
from seqgen.corpus import CorpusPart, ExternalText, reopen_part
from seqgen.corpus.overlap import PassageIndex
from seqgen.errors import CorpusError
from seqgen.run import SavedModel


def training_overlap(
    saved: SavedModel, source: CorpusPart | ExternalText, part: Part | None, *, corpus_paths: Sequence[str] = ()
) -> float | None:
    """The share of the passages of a text that also occur in the training text of a model.

    None if the text is a part of the one that the model was trained on, or if the training text is not found.

    >>> from seqgen.corpus import ExternalText
    >>> from seqgen.corpus.stored_text import store_text
    >>> from seqgen.run import open_model
    >>> text = ExternalText(text=store_text(["story.txt"]))
    >>> round(training_overlap(open_model("checkpoints/story"), text, None), 1)  # nine tenths of it were trained on
    0.9
    """
    corpus = saved.record.corpus
    if part is not None and not corpus.is_separate(part):
        return None
    try:
        train = reopen_part(corpus, "train", corpus_paths=corpus_paths)
    except CorpusError:
        return None
    return PassageIndex.of_part(train).share_of(source.chunks())
