"""What pairs are made of: how many there are, how long, and which of them a person would look at."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from seqgen.config import Part
from seqgen.corpus.pairs import Pair, read_pairs
from seqgen.corpus.parts import CorpusPart
from seqgen.wording import count_of

_HEADINGS = {
    *("source", "target", "src", "tgt", "input", "output", "text", "label", "sentence", "class", "category"),
    *("word", "question", "answer", "prompt", "response"),
}
"""What columns are often called."""
_FEW_SOURCES = 100
_MANY_TARGETS = 10
"""With few distinct sources, and this many pairs for each or more, the sources that are held out matter much."""


@dataclass(frozen=True, kw_only=True)
class PairFacts:
    """Counts over some pairs. Lengths are in characters.

    >>> from seqgen.corpus.pair_facts import PairFacts
    >>> from seqgen.corpus.pairs import Pair
    >>> facts = PairFacts.of([Pair("one", "1"), Pair("one", ""), Pair("three", "3")])
    >>> facts.n_pairs, facts.n_sources, facts.longest_source, facts.n_empty_targets
    (3, 2, 5, 1)
    >>> for sentence in facts.sentences():
    ...     print(sentence)
    3 pairs, 2 distinct sources: sources of 3.7 characters on average, at most 5; targets of 0.7, at most 1
    1 target is empty
    """

    n_pairs: int
    n_sources: int
    """Distinct ones."""
    mean_source_length: float
    longest_source: int
    mean_target_length: float
    longest_target: int
    n_empty_sources: int
    n_empty_targets: int

    @classmethod
    def of(cls, pairs: Sequence[Pair]) -> PairFacts:
        """Count over at least one pair."""
        sources = [len(pair.source) for pair in pairs]
        targets = [len(pair.target) for pair in pairs]
        return cls(
            n_pairs=len(pairs),
            n_sources=len({pair.source for pair in pairs}),
            mean_source_length=sum(sources) / len(pairs),
            longest_source=max(sources),
            mean_target_length=sum(targets) / len(pairs),
            longest_target=max(targets),
            n_empty_sources=sources.count(0),
            n_empty_targets=targets.count(0),
        )

    def sentences(self) -> Iterator[str]:
        """The counts in words, and what is empty."""
        yield (
            f"{count_of(self.n_pairs, 'pair')}, {count_of(self.n_sources, 'distinct source')}: "
            f"sources of {self.mean_source_length:.1f} characters on average, at most {self.longest_source:,}; "
            f"targets of {self.mean_target_length:.1f}, at most {self.longest_target:,}"
        )
        for n_empty, name in ((self.n_empty_sources, "source"), (self.n_empty_targets, "target")):
            if n_empty:
                yield f"{count_of(n_empty, name)} {'is' if n_empty == 1 else 'are'} empty"


def describe_pairs(parts: Mapping[Part, CorpusPart], *, separate: Collection[Part], is_divided: bool) -> Iterator[str]:
    """What a user should know about the pairs of a corpus. `separate` are the parts that have files of their own.

    `is_divided`: a share of the pairs is to be held out.

    >>> from pathlib import Path
    >>> from seqgen.config import CorpusConfig
    >>> from seqgen.corpus import open_corpus
    >>> _ = Path("pairs.tsv").write_text("one\\t1\\ntwo\\t2\\n")
    >>> config = CorpusConfig(paths=("pairs.tsv",), pairs=True, valid_paths=("pairs.tsv",))
    >>> for note in open_corpus(config).notes:
    ...     print(note)
    2 pairs, 2 distinct sources: sources of 3.0 characters on average, at most 3; targets of 1.0, at most 1
    valid: 2 pairs, 2 distinct sources: sources of 3.0 characters on average, at most 3; targets of 1.0, at most 1
    valid: 2 of 2 sources also stand in the training part, so scores on it are optimistic
    """
    pairs = {name: read_pairs(part) for name, part in parts.items()}
    whole = PairFacts.of([pair for name, some in pairs.items() if name not in separate for pair in some])
    yield from whole.sentences()
    yield from _describe_header(itertools.chain(*pairs.values()))
    if is_divided and parts["train"].division.unites_duplicates:
        yield from _describe_split(whole)
    known = {pair.source for pair in pairs["train"]}
    for name in separate:
        yield from (f"{name}: {sentence}" for sentence in PairFacts.of(pairs[name]).sentences())
        sources = {pair.source for pair in pairs[name]}
        if sources & known:
            yield (
                f"{name}: {len(sources & known):,} of {count_of(len(sources), 'source')} also "
                f"{'stands' if len(sources & known) == 1 else 'stand'} in the training part, "
                "so scores on it are optimistic"
            )


def _describe_header(pairs: Iterable[Pair]) -> Iterator[str]:
    """Say if a pair looks like the names of two columns, which a file without `--columns` does not have."""
    for source, target in pairs:
        if source != target and {source.strip().lower(), target.strip().lower()} <= _HEADINGS:
            yield (
                f"one pair is {source!r} and {target!r}: if that is the header of a table, remove its line, or give "
                f"--columns {source},{target} with a file whose name ends in .csv or .tsv"
            )
            return


def _describe_split(facts: PairFacts) -> Iterator[str]:
    """How pairs with equal sources were divided."""
    if facts.n_sources == 1:
        yield (
            "all pairs have the same source, and pairs of one source are in the same part, so none is held out; "
            "--set unite_duplicates=false divides pair by pair"
        )
    elif facts.n_sources < _FEW_SOURCES and facts.n_pairs >= _MANY_TARGETS * facts.n_sources:
        yield (
            "all pairs of one source are in the same part, so what is held out has sources that training never saw; "
            f"with only {facts.n_sources:,} sources, --set unite_duplicates=false may be better, which divides pair by "
            "pair"
        )
    elif n_others := facts.n_pairs - facts.n_sources:
        yield (
            f"{count_of(n_others, 'pair')} {'has' if n_others == 1 else 'have'} the source of another one; "
            "they are kept in one part, so that no source is both trained on and held out"
        )
