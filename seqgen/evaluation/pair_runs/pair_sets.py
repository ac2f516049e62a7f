"""Which pairs a model is scored on: a part of its own corpus, or files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from seqgen.config import Part
from seqgen.corpus import Pair, read_pairs, reopen_part
from seqgen.corpus.pairs import PAIR_MARK
from seqgen.errors import CorpusError
from seqgen.evaluation.readings import TextSelection, sources_of
from seqgen.run import SavedModel
from seqgen.tokenizers import MARK
from seqgen.wording import count_of


@dataclass(frozen=True, kw_only=True)
class PairSet:
    """Pairs that a model is scored on.

    >>> from seqgen.corpus import Pair
    >>> PairSet(name="data/pairs.tsv", part="test", pairs=(Pair("one", "1"),)).text_name
    'pairs.tsv (test)'
    """

    name: str
    """The paths of the files, separated by commas."""
    part: Part | None
    """The part of the run's own corpus; None for other files."""
    pairs: Sequence[Pair]
    n_known: int = 0
    """Different sources that also stand in the training part, where a split cannot rule that out."""

    @property
    def text_name(self) -> str:
        """The file names without their folders, and which part of the corpus it is."""
        names = ", ".join(Path(name).name or name for name in self.name.split(", "))
        return names + (f" ({self.part})" if self.part else "")

    @property
    def key(self) -> str:
        """Equal for equal pairs in the same order."""
        return hashlib.sha256(_joined(self.pairs).encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def warning(self) -> str | None:
        """A sentence if scores on these pairs are optimistic.

        >>> from seqgen.corpus import Pair
        >>> PairSet(name="a.tsv", part=None, pairs=[Pair("one", "1"), Pair("two", "2")], n_known=1).warning
        '1 of 2 sources of a.tsv also stands in the training part, so scores on it are optimistic'
        """
        if not self.n_known:
            return None
        n_sources = len({pair.source for pair in self.pairs})
        stand = "stands" if self.n_known == 1 else "stand"
        return (
            f"{self.n_known:,} of {count_of(n_sources, 'source')} of {self.text_name} also {stand} in the training "
            "part, so scores on it are optimistic"
        )


def _joined(pairs: Sequence[Pair]) -> str:
    return MARK.join(PAIR_MARK.join(pair) for pair in pairs)


def pair_sets(model: SavedModel, selection: TextSelection) -> Iterator[PairSet]:
    """Every selected set of pairs, as one model reads it.

    Raises:
        CorpusError: the pairs cannot be found or read, or there is none.
    """
    for name, part, text in sources_of(model, selection):
        pairs = read_pairs(text)
        if not pairs:
            raise CorpusError(f"{name} holds no pair: there is nothing to score")
        known = _known_sources(model, selection.corpus_paths) if _may_repeat(model, part) else set()
        n_known = len(known & {pair.source for pair in pairs})
        yield PairSet(name=name, part=part, pairs=pairs, n_known=n_known)


def _may_repeat(model: SavedModel, part: Part | None) -> bool:
    """Whether held-out pairs may have sources of the training part."""
    corpus = model.record.corpus
    return part is None or corpus.is_separate(part) or (part != "train" and not corpus.config.unite_duplicates)


def _known_sources(model: SavedModel, corpus_paths: Sequence[str]) -> set[str]:
    """The sources of the training part; none if it is not found."""
    try:
        return {pair.source for pair in training_pairs(model, corpus_paths)}
    except CorpusError:
        return set()


def training_pairs(model: SavedModel, corpus_paths: Sequence[str] = ()) -> list[Pair]:
    """The pairs that a model learned from.

    Raises:
        CorpusError: they cannot be found, or have changed.
    """
    return read_pairs(reopen_part(model.record.corpus, "train", corpus_paths=corpus_paths))
