"""How well texts are predicted: exact match, error rates of characters and of words, chrF and BLEU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqgen.evaluation.prediction_measures.estimates import Estimate, share
from seqgen.evaluation.prediction_measures.outcomes import Measure, Outcomes, hits
from seqgen.evaluation.prediction_measures.references import count_edits
from seqgen.evaluation.prediction_measures.sentence_scores import SentenceScore, are_sentences, score_sentences


@dataclass(frozen=True, eq=False, kw_only=True)
class TextMeasures:
    """All that is measured about predicted texts, and what became of each source.

    >>> measures = measure_texts(["two cats", "a dog"], [["2 cats", "two cats"], ["a fog"]])
    >>> print(measures.exact_match), print(measures.word_error_rate)
    50.0 % (9.5 to 90.5)
    25.0 % (0.0 to 74.0)
    (None, None)
    """

    exact: Outcomes
    """Whether each answer is one of its references."""
    character_edits: Outcomes
    """Edits to the nearest reference, and its length, in characters."""
    word_edits: Outcomes
    """The same in words, which lie between white space: a phoneme or a tag is a word too."""
    sentence_scores: tuple[SentenceScore, ...]
    """chrF and BLEU; empty if the right answers are single words, or if sacrebleu is not installed."""

    @property
    def compared(self) -> tuple[Outcomes, ...]:
        """By what models are compared. They are ranked by the first: characters, or exact matches if all are empty."""
        outcomes = (self.character_edits, self.exact, self.word_edits)
        return tuple(each for each in outcomes if each.estimate is not None)

    @property
    def exact_match(self) -> Estimate:
        """The share of answers that are one of their references, character by character."""
        return share(int(self.exact.counts.sum()), len(self.exact.counts))

    @property
    def character_error_rate(self) -> Estimate | None:
        """The edits of all answers, divided by the characters of their nearest references."""
        return self.character_edits.estimate

    @property
    def word_error_rate(self) -> Estimate | None:
        """The edits of all answers, divided by the words of their nearest references."""
        return self.word_edits.estimate

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report."""
        numbers: dict[str, Any] = {"n_sources": len(self.exact.counts), **self.exact_match.to_json("exact_match")}
        for outcomes in (self.character_edits, self.word_edits):
            if outcomes.estimate is not None:
                numbers |= outcomes.estimate.to_json(outcomes.measure.replace(" ", "_"))
        for score in self.sentence_scores:
            key = score.name.lower()
            numbers |= {key: score.value, f"{key}_signature": score.signature}
        return numbers


def measure_texts(
    answers: Sequence[str], references: Sequence[Sequence[str]], *, lowercase: bool = False
) -> TextMeasures:
    """Measure one answer to each source against all right answers, the targets of a `Question`.

    An answer is exact if it is any of them, and its errors are counted from the nearest one. `lowercase` is for chrF
    and BLEU alone.

    >>> print(measure_texts(["kitten"], [["sitting"]]).character_error_rate.value == 3 / 7)
    True
    """
    assert len(answers) == len(references) > 0 and all(references)
    is_exact = [answer in found for answer, found in zip(answers, references, strict=True)]
    return TextMeasures(
        exact=hits(is_exact, "exact match"),
        character_edits=_edits(answers, references, measure="character error rate"),
        word_edits=_edits(answers, references, measure="word error rate"),
        sentence_scores=score_sentences(answers, references, lowercase=lowercase) if are_sentences(references) else (),
    )


_UNITS: dict[Measure, Callable[[str], Sequence[str]]] = {
    "character error rate": lambda text: text,
    "word error rate": str.split,
}


def _edits(answers: Sequence[str], references: Sequence[Sequence[str]], *, measure: Measure) -> Outcomes:
    """The edits of each answer in the units of an error rate."""
    divide = _UNITS[measure]
    counted = [
        count_edits(divide(answer), [divide(text) for text in found])
        for answer, found in zip(answers, references, strict=True)
    ]
    counts, sizes = np.array(counted, dtype=np.int64).T
    return Outcomes(measure, counts, sizes)
