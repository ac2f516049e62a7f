"""Pairs of a corpus in memory, and the rule that says whether their targets are labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from seqgen.config import Targets
from seqgen.corpus.pair_files import PAIR_MARK
from seqgen.corpus.parts import CorpusPart, ExternalText
from seqgen.errors import CorpusError
from seqgen.tokenizers import MARK
from seqgen.wording import count_of

__all__ = ["PAIR_MARK", "Pair", "are_labels", "choose_targets", "describe_rule", "read_pairs", "written_chunks"]

MOST_LABELS = 100
LONGEST_LABEL = 60
"""Characters."""
PAIRS_A_LABEL = 20
"""What labels have on average, or more."""
_OFTEN = 5
"""How often a label occurs that is not rare."""
_COMMON_SHARE = 0.95
"""The share of the pairs whose labels are not rare, or more."""
_MAX_SHOWN = 40
_FEWEST_PAIRS = 3
"""Of the training part. With fewer, equal targets say nothing about what targets are."""


class Pair(NamedTuple):
    """A source, and the target that a model learns to predict from it.

    >>> from seqgen.corpus import Pair
    >>> Pair("one", "1").target
    '1'
    """

    source: str
    target: str


def read_pairs(part: CorpusPart | ExternalText) -> list[Pair]:
    """All pairs of a part, in the seeded order of its corpus, or of a text from elsewhere, in its own order.

    >>> from pathlib import Path
    >>> from seqgen.config import CorpusConfig
    >>> from seqgen.corpus import open_corpus
    >>> from seqgen.corpus.pairs import read_pairs
    >>> _ = Path("pairs.tsv").write_text("one\\t1\\ntwo\\t2\\n")
    >>> corpus = open_corpus(CorpusConfig(paths=("pairs.tsv",), pairs=True, valid_fraction=0))
    >>> sorted(read_pairs(corpus.parts["train"]))
    [Pair(source='one', target='1'), Pair(source='two', target='2')]

    Raises:
        CorpusError: the text was not read as pairs.
    """
    *documents, rest = "".join(part.chunks()).split(MARK)
    if rest or not all(PAIR_MARK in document for document in documents):
        raise CorpusError("the text holds no pairs: read it with --pairs")
    return [Pair(*document.split(PAIR_MARK, 1)) for document in documents]


def written_chunks(part: CorpusPart) -> Iterator[str]:
    """The text of a part that a model learns to write, with `MARK` behind every document: for pairs, the targets.

    >>> from seqgen.config import CorpusConfig
    >>> from seqgen.corpus import open_corpus
    >>> part = open_corpus(CorpusConfig(paths=("story.txt",))).parts["train"]
    >>> "".join(written_chunks(part)) == "".join(part.chunks())
    True
    """
    if part.division.documents == "pair":
        return (pair.target + MARK for pair in read_pairs(part))
    return part.chunks()


def are_labels(targets: Sequence[str]) -> bool:
    """Whether the targets of a training part are labels, each of which becomes one token.

    They are if there are 2 to 100 distinct ones of at most 60 characters, with 20 pairs each or more on average, and if
    at least 95 % of the pairs have a target that occurs 5 times or more.

    >>> from seqgen.corpus.pairs import are_labels
    >>> are_labels(["yes", "no"] * 20), are_labels(["yes", "no"] * 19), are_labels(["one", "two", "three"])
    (True, False, False)
    """
    counts = Counter(targets)
    n_common = sum(n for n in counts.values() if n >= _OFTEN)
    return (
        2 <= len(counts) <= MOST_LABELS
        and len(targets) >= PAIRS_A_LABEL * len(counts)
        and n_common >= _COMMON_SHARE * len(targets)
        and max(map(len, counts)) <= LONGEST_LABEL
    )


def choose_targets(targets: Sequence[str], asked: Targets | None = None) -> Targets:
    """What the targets of a training part are: what was asked for, or else what the rule says.

    >>> from seqgen.corpus.pairs import choose_targets
    >>> choose_targets(["yes", "no"] * 20), choose_targets(["yes", "no"] * 20, "text")
    ('label', 'text')

    Raises:
        CorpusError: all targets are the same, there are too few pairs, or labels were asked for and there are too many.
    """
    n_distinct = len(set(targets))
    if n_distinct == 1 and len(targets) < _FEWEST_PAIRS and asked != "text":
        raise CorpusError(
            f"the training part has {count_of(len(targets), 'pair')}: that is too few to learn from; add more pairs"
        )
    if n_distinct == 1 and asked != "text":
        shown = targets[0][:_MAX_SHOWN] + "…" if len(targets[0]) > _MAX_SHOWN else targets[0]
        raise CorpusError(
            f"every target of the training part is {shown!r}: labels need 2 different ones or more, "
            "and --targets text learns this one as text"
        )
    if asked == "label" and n_distinct > MOST_LABELS:
        raise CorpusError(
            f"the training part has {n_distinct:,} distinct targets: --targets label takes up to {MOST_LABELS} labels, "
            "and --targets text takes any number"
        )
    return asked or ("label" if are_labels(targets) else "text")


def describe_rule(targets: Sequence[str], asked: Targets | None = None) -> str:
    """Say what the targets of a training part are, why, and how to change it.

    >>> from seqgen.corpus.pairs import describe_rule
    >>> describe_rule(["yes", "no"] * 20)
    'targets are labels: 2 distinct ones, 20 pairs each on average; --targets text makes them text'
    >>> describe_rule(["one", "two", "three"], "text")
    'targets are text, as asked'
    """
    chosen, counts = choose_targets(targets, asked), Counter(targets)
    named = {"label": "labels", "text": "text"}[chosen]
    if asked is not None:
        return f"targets are {named}, as asked"
    each = len(targets) / len(counts)
    amount = f"{len(counts):,} distinct ones, {each:,.{1 if each < 10 else 0}f} pairs each on average"
    if chosen == "label":
        return f"targets are labels: {amount}; --targets text makes them text"
    if len(counts) > MOST_LABELS:
        return f"targets are text: {len(counts):,} different ones, more than the {MOST_LABELS} that labels may have"
    return f"targets are text: {_reason(targets, amount=amount)}; --targets label makes them labels"


def _reason(targets: Sequence[str], *, amount: str) -> str:
    """Why targets are no labels, though they are few enough."""
    counts = Counter(targets)
    longest = max(map(len, counts))
    if longest > LONGEST_LABEL:
        return f"one has {longest:,} characters, and a label at most {LONGEST_LABEL}"
    if len(targets) < PAIRS_A_LABEL * len(counts):
        return f"{amount}, and labels have {PAIRS_A_LABEL} or more"
    n_rare = sum(n for n in counts.values() if n < _OFTEN)
    return f"{n_rare / len(targets):.0%} of the pairs have one that occurs under {_OFTEN} times"
