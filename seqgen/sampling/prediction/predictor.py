"""Targets of sources, many at once: sources of similar lengths are read together, and come back in their own order."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar, final

import numpy as np
from numpy.typing import NDArray

from seqgen.config import PredictionConfig
from seqgen.corpus.encoded_texts import Ids
from seqgen.corpus.source_reader import MOST_NOTES
from seqgen.errors import ConfigError
from seqgen.inference import one_thread
from seqgen.run import SavedModel
from seqgen.sampling.filters import check_logits, softmax
from seqgen.sampling.growing_text import Ending
from seqgen.sampling.parallel import side_by_side
from seqgen.sampling.prediction.target_beam import FoundTarget, TargetBeam
from seqgen.sampling.prefill import cpu_stepper
from seqgen.sampling.sources import begin_targets, source_reader

_Result = TypeVar("_Result")

_MOST_STREAMS = 256
"""Begun targets that a stepper continues at once."""
_MOST_SCORES = 1 << 24
"""Pairs of positions in the sources that are read at once, so that long ones fit into memory: a Transformer's attention
has a score for each."""
_PADDED_SHARE, _FEW = 1 / 8, 8
"""How much padding the sources of a batch may have, as a share of their ids. A few more may be padded to a much longer
one: for so few, another batch would take longer."""
_MOST_LENGTHS = 2
"""A target has at most this many times the tokens of the longest one in training."""
_MOST_TOKENS = 400
"""The limit if that length is not known."""
_MOST_TOKENS_EVER = 1 << 16
"""The limit whatever length the record of a model claims: some models never end a target."""


@dataclass(frozen=True)
class Prediction:
    """A target that a model predicts from a source.

    >>> Prediction("wugs", -0.25).probability
    0.7788007830714049
    """

    target: str
    log_probability: float
    """In nats: of the tokens of the target and of its end; for a label, of the label among all labels."""
    ending: Ending = "end-of-text"
    """end-of-text: the model has ended it. length: it was cut off, at twice the tokens of the longest target in
    training, or at 65,536."""
    ids: tuple[int, ...] = field(default=(), repr=False)
    """The tokens of the target."""

    @property
    def probability(self) -> float:
        return math.exp(self.log_probability)


@final
class Predictor:
    """A model of pairs, ready to predict the targets of sources.

    Text targets are found by beam search, and ranked by log p / n^0.6, where p is the probability of a target and n its
    number of tokens with the end-of-text token. Labels are not searched for: each has its exact probability.

    >>> from seqgen.run import open_model
    >>> predictor = Predictor(open_model("runs/reversed"))
    >>> predictor.predict(["abc"])
    [[Prediction(target=..., log_probability=-..., ending=...)]]
    >>> predictor.predict(["ábc"]) == predictor.predict(["abc"]), predictor.new_notes()
    (True, ["the model does not know 'á': read as 'a'"])

    Raises:
        ConfigError: the model learned from a text.
    """

    def __init__(
        self, model: SavedModel, config: PredictionConfig | None = None, *, most_notes: int = MOST_NOTES
    ) -> None:
        """`most_notes` is how many unknown characters and words `new_notes` tells of."""
        self._reader = source_reader(model, most_notes=most_notes)
        self._model = model
        self._config = config or PredictionConfig()
        with one_thread():
            self._fresh = cpu_stepper(model)
        longest = model.record.corpus.parts["train"].longest_target
        self._limit = _MOST_TOKENS if longest is None else min(_MOST_LENGTHS * longest, _MOST_TOKENS_EVER)

    def new_notes(self) -> list[str]:
        """What had to be changed in sources since the last call, in words."""
        return self._reader.new_notes()

    def predict(self, sources: Sequence[str]) -> list[list[Prediction]]:
        """For each source the best targets that were found, at most `config.top`, all different, the best first.

        Raises:
            CorpusError: a source is longer than what the model reads.
            RunError: the model has diverged in training.
        """
        return self._labels(sources) if self._model.tokenizer.is_of_labels else self._texts(sources)

    def probabilities(self, sources: Sequence[str]) -> NDArray[np.float64]:
        """The probability of every label, in the order of their ids, for each source. (N, n_labels)

        Raises:
            ConfigError: the targets of the model are no labels.
            CorpusError: a source is longer than what the model reads.
            RunError: the model has diverged in training.
        """
        if not self._model.tokenizer.is_of_labels:
            raise ConfigError(f"the targets of {self._model.name} are text, not labels")
        encoded = self._reader.read(sources)
        found = np.empty((len(sources), self._model.tokenizer.vocab_size - 1))

        def read(batch: Sequence[Ids]) -> Sequence[NDArray[np.float64]]:
            _, logits = begin_targets(self._fresh, batch)
            check_logits(logits)
            return list(softmax(logits[:, 1:]))  # the end-of-text token is no label

        for number, row in self._in_batches(encoded, read, n_streams=_MOST_STREAMS):
            found[number] = row
        expert = self._model.label_expert
        return found if expert is None else expert.mix(found, sources)

    def _labels(self, sources: Sequence[str]) -> list[list[Prediction]]:
        labels = [self._model.tokenizer.decode([token]) for token in range(1, self._model.tokenizer.vocab_size)]
        predictions = []
        for row in self.probabilities(sources):
            best = np.argsort(-row, kind="stable")[: self._config.top]
            logs = np.log(np.maximum(row[best], np.finfo(np.float64).tiny))  # infinity has no form in JSON
            pairs = zip(best.tolist(), logs.tolist(), strict=True)
            predictions.append([Prediction(labels[number], value, ids=(number + 1,)) for number, value in pairs])
        return predictions

    def _texts(self, sources: Sequence[str]) -> list[list[Prediction]]:
        def search(batch: Sequence[Ids]) -> Sequence[list[FoundTarget]]:
            stepper, logits = begin_targets(self._fresh, batch)
            return TargetBeam(stepper, logits, config=self._config, limit=self._limit).search()

        encoded = self._reader.read(sources)
        predictions: list[list[Prediction]] = [[] for _ in sources]
        n_streams = max(1, _MOST_STREAMS // self._config.width)
        for number, found in self._in_batches(encoded, search, n_streams=n_streams):
            predictions[number] = self._different(found)
        return predictions

    def _different(self, found: Sequence[FoundTarget]) -> list[Prediction]:
        """The first targets that are different texts. Some vocabularies can spell a text in several ways."""
        different: dict[str, Prediction] = {}
        for target in found:
            text = self._model.tokenizer.decode(target.ids)
            ending: Ending = "length" if target.is_cut_off else "end-of-text"
            different.setdefault(text, Prediction(text, target.log_probability, ending, target.ids))
        return list(different.values())[: self._config.top]

    def _in_batches(
        self, encoded: Sequence[Ids], work: Callable[[Sequence[Ids]], Sequence[_Result]], *, n_streams: int
    ) -> Iterator[tuple[int, _Result]]:
        """Do some work on sources of similar lengths at once. Yields the number of each source, and its result."""

        def results(numbers: Sequence[int]) -> Generator[tuple[int, _Result]]:
            with one_thread():
                yield from zip(numbers, work([encoded[number] for number in numbers]), strict=True)

        batches = list(self._batches(encoded, n_streams))
        return side_by_side([results(numbers) for numbers in batches]) if batches else iter(())

    def _batches(self, encoded: Sequence[Ids], n_streams: int) -> Iterator[list[int]]:
        """The numbers of sources that are read at once."""
        batch: list[int] = []
        n_ids = 0
        for number in sorted(range(len(encoded)), key=lambda number: len(encoded[number])):
            length = len(encoded[number])
            n_padded = (len(batch) + 1) * length  # ids of the batch, padded to this source
            is_uneven = n_padded > (1 + _PADDED_SHARE) * (n_ids + length) + _FEW * length
            if batch and (len(batch) == n_streams or n_padded * length > _MOST_SCORES or is_uneven):
                yield batch
                batch, n_ids = [], 0
            batch.append(number)
            n_ids += length
        if batch:
            yield batch


def predict_texts(
    model: SavedModel, sources: Sequence[str], *, beam: int = PredictionConfig.beam, top: int = PredictionConfig.top
) -> list[list[Prediction]]:
    """For each source the best targets that a beam search finds, at most `top`, the best first.

    Raises:
        ConfigError: the model learned from a text, or its targets are labels.
        RunError: the model has diverged in training.

    >>> from seqgen.run import open_model
    >>> found, _ = predict_texts(open_model("runs/reversed"), ["abc", ""], beam=4, top=2)
    >>> len(found), found[0] == found[1]
    (2, False)
    """
    predictor = Predictor(model, PredictionConfig(beam=beam, top=top))
    if model.tokenizer.is_of_labels:
        raise ConfigError(f"the targets of {model.name} are labels, not text")
    return predictor.predict(sources)


def predict_labels(model: SavedModel, sources: Sequence[str]) -> NDArray[np.float64]:
    """The probability of every label for each source, (N, n_labels), in the order of `model.tokenizer.labels`.

    Raises:
        ConfigError: the model learned from a text, or its targets are no labels.
        RunError: the model has diverged in training.

    >>> from seqgen.run import open_model
    >>> predict_labels(open_model("runs/reversed"), ["abc"])
    Traceback (most recent call last):
    seqgen.errors.ConfigError: the targets of reversed are text, not labels
    """
    return Predictor(model).probabilities(sources)
