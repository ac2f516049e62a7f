"""Texts that are right answers to one source, and the edits that lead from an answer to the nearest of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein


@dataclass(frozen=True)
class Question:
    """A source, and every target that stands beside it: each of them is a right answer.

    >>> Question("1 and 1", ("2", "two")).targets[0]
    '2'
    """

    source: str
    targets: tuple[str, ...]


def unite_sources(pairs: Iterable[tuple[str, str]]) -> tuple[Question, ...]:
    """The different sources of some pairs with all of their different targets, in the order of the pairs.

    >>> unite_sources([("read", "R IY D"), ("a", "AH"), ("read", "R EH D")])[0]
    Question(source='read', targets=('R IY D', 'R EH D'))
    """
    targets: dict[str, dict[str, None]] = {}
    for source, target in pairs:
        targets.setdefault(source, {})[target] = None
    return tuple(Question(source, tuple(found)) for source, found in targets.items())


def count_edits(answer: Sequence[str], references: Sequence[Sequence[str]]) -> tuple[int, int]:
    """The insertions, deletions and substitutions from an answer to the nearest reference, and its length.

    The nearest one has the fewest edits (Levenshtein 1966). If several do, it is the longest of them. Characters of a
    text and words of a list both count.

    >>> count_edits("kitten", ["sitting", "mitten"])
    (1, 6)
    >>> count_edits(["the", "cat"], [["the", "fat", "cat"]])
    (1, 3)
    """
    edits = ((Levenshtein.distance(answer, reference), -len(reference)) for reference in references)
    fewest, length = min(edits)
    return fewest, -length
