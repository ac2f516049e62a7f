"""Baselines for text targets: the source itself, and the target of the nearest training source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seqgen.evaluation.prediction_measures.nearest_source import NearestSource, commonest
from seqgen.waiting import waiting


@dataclass(frozen=True)
class TextBaseline:
    """The answers of a baseline, one for each source.

    >>> TextBaseline("copied source", ("a", "b")).answers[1]
    'b'
    """

    name: str
    answers: tuple[str, ...]


def text_baselines(train: Sequence[tuple[str, str]], sources: Sequence[str]) -> Iterator[TextBaseline]:
    """Answer sources by every baseline; `train` holds the source and the target of each training pair.

    Where a source shares no n-gram with a training source, the commonest training target is the answer. The same pairs
    in the same order give the same answers.

    >>> train = [("ein Hund", "a dog"), ("eine Katze", "a cat")]
    >>> [baseline.answers for baseline in text_baselines(train, ["zwei Hunde"])]
    [('zwei Hunde',), ('a dog',)]
    """
    assert train
    yield TextBaseline("copied source", tuple(sources))
    index, otherwise = NearestSource([source for source, _ in train]), commonest([target for _, target in train])
    answers = []
    with waiting("finding the nearest training source of each source", total=len(sources)) as work:
        for source in sources:
            number = index.find(source)
            answers.append(otherwise if number is None else train[number][1])
            work.advance()
    yield TextBaseline("target of the nearest training source", tuple(answers))
