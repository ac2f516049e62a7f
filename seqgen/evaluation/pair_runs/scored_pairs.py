"""Models of pairs with their answers, their loss and the baselines beside them: the contents of a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from seqgen.config import PredictionConfig
from seqgen.corpus import Pair
from seqgen.errors import CorpusError
from seqgen.evaluation.pair_runs.answers import Answers, Task
from seqgen.evaluation.pair_runs.label_task import LabelTask
from seqgen.evaluation.pair_runs.loss import PairLoss
from seqgen.evaluation.pair_runs.pair_sets import PairSet, training_pairs
from seqgen.evaluation.pair_runs.text_task import TextTask
from seqgen.evaluation.prediction_measures import LengthBin, measure_by_length
from seqgen.run import SavedModel

_FEW_CHARACTERS = 50_000
"""Of training sources. Baselines that learn from no more of them take a few seconds with 20 labels."""


@dataclass(frozen=True, kw_only=True)
class PairScoring:
    """How pairs are scored.

    >>> PairScoring(ignores_case=True).beam == PairScoring().beam
    True
    """

    beam: int = PredictionConfig.beam
    """How widely text targets are searched for, as in `PredictionConfig`."""
    ignores_case: bool = False
    """Whether upper and lower case are the same for chrF and BLEU."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ScoredPairs:
    """What one model answers to some pairs, and all that is measured about it."""

    model: SavedModel
    pair_set: PairSet
    task: Task
    answers: Answers
    loss: PairLoss
    baselines: Sequence[Answers] = ()

    @classmethod
    def of(cls, model: SavedModel, pair_set: PairSet, scoring: PairScoring | None = None) -> ScoredPairs:
        """Let a model answer some pairs, and measure its answers.

        Raises:
            RunError: the model has diverged in training.
            TokenizerError: a vocabulary is closed and lacks a word.
        """
        scoring = scoring or PairScoring()
        task = _task_of(model, pair_set.pairs, ignores_case=scoring.ignores_case)
        answers, loss = task.answer(model, PredictionConfig(beam=scoring.beam))
        return cls(model=model, pair_set=pair_set, task=task, answers=answers, loss=loss)

    @property
    def name(self) -> str:
        """The name of the run."""
        return self.answers.name

    @property
    def pairs(self) -> Sequence[Pair]:
        return self.pair_set.pairs

    @property
    def by_length(self) -> tuple[LengthBin, ...]:
        """The main measure over the lengths of sources in characters."""
        return measure_by_length([len(source) for source in self.task.sources], self.answers.main)

    @property
    def mistakes(self) -> list[int]:
        """The numbers of the pairs with the surest wrong answers, the surest first."""
        return self.answers.surest_mistakes([pair.source for pair in self.pairs])

    def by_pair(self) -> Iterator[dict[str, Any]]:
        """Every pair with its prediction, under the names that `seqgen eval --by pair` prints."""
        probabilities = self.answers.probabilities
        assert probabilities is not None, "a model gives each prediction a probability"
        columns = (self.answers.predictions, probabilities.tolist(), self.answers.is_right.tolist())
        for number, (pair, nats, *found) in enumerate(
            zip(self.pairs, self.loss.nats.tolist(), *columns, strict=True), start=1
        ):
            prediction, probability, is_right = found
            yield {
                "pair": number,
                "source": pair.source,
                "target": pair.target,
                "prediction": prediction,
                "probability": probability,
                "is_right": is_right,
                "nats": None if nats != nats else nats,  # not a number: nothing can predict it
            }

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report, under the names that `seqgen eval --json` prints."""
        pairs = list(self.by_pair())
        return {
            "run": str(self.model.path),
            "text": self.pair_set.name,
            "part": self.pair_set.part,
            "known_sources": self.pair_set.n_known,
            **self.loss.to_json(),
            **self.answers.measures.to_json(),
            "mistakes": [pairs[number] for number in self.mistakes],
            "by_length": [each.to_json() for each in self.by_length],
            "yardsticks": [baseline.to_json() for baseline in self.baselines],
        }


def _task_of(model: SavedModel, pairs: Sequence[Pair], *, ignores_case: bool) -> Task:
    tokenizer = model.tokenizer
    if tokenizer.is_of_labels:
        return LabelTask(pairs, [tokenizer.decode([token]) for token in range(1, tokenizer.vocab_size)])
    return TextTask(pairs, ignores_case=ignores_case)


def with_baselines(
    rows: Sequence[ScoredPairs], *, corpus_paths: Sequence[str] = (), is_asked: bool
) -> list[ScoredPairs]:
    """The same rows with baselines that have learned from the training part of each.

    Unless they are asked for, they are left out where they would take more than a few seconds or nothing can be found
    to learn from. Rows with the same pairs share them.

    >>> with_baselines([], is_asked=True)
    []

    Raises:
        CorpusError: they are asked for, and the training part cannot be found.
    """
    found: dict[tuple[str, ...], list[Answers]] = {}
    complete = []
    for row in rows:
        train = _to_learn_from(row, corpus_paths, is_asked=is_asked)
        if not train:
            complete.append(row)
            continue
        kind = row.answers.main.measure
        key = (kind, row.pair_set.key, PairSet(name="", part=None, pairs=train).key)
        if key not in found:
            found[key] = list(row.task.baselines(train))
        complete.append(replace(row, baselines=found[key]))
    return complete


def _to_learn_from(row: ScoredPairs, corpus_paths: Sequence[str], *, is_asked: bool) -> list[Pair]:
    """The training pairs of a model; none if baselines are not wanted."""
    if is_asked:
        return training_pairs(row.model, corpus_paths)
    try:
        pairs = training_pairs(row.model, corpus_paths)
    except CorpusError:
        return []
    return pairs if sum(len(pair.source) for pair in pairs) <= _FEW_CHARACTERS else []
