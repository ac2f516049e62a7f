"""Readings with their scores, and comparisons among several of them: the contents of the table of `seqgen eval`.

`readings.py` says what is read and by which model; `compare.py` holds the statistics of one comparison.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seqgen.corpus.overlap import describe_overlap
from seqgen.evaluation.compare import Blocks, Difference, ScoredText, compare, comparison_obstacle, uncertainty
from seqgen.evaluation.readings import Reading
from seqgen.evaluation.score import Score
from seqgen.evaluation.symbols import Observer


@dataclass(frozen=True)
class ScoredReading:
    """A reading and its score.

    >>> from seqgen.evaluation import TextSelection, readings
    >>> from seqgen.run import open_model
    >>> (reading,) = readings(open_model("checkpoints/story"), TextSelection.of(["story.txt"]))
    >>> row = ScoredReading.of(reading)
    >>> row.score.n_characters
    6000
    >>> row.to_json()["context"]
    'carried'
    """

    reading: Reading
    scored: ScoredText

    @classmethod
    def of(cls, reading: Reading, observers: Sequence[Observer] = ()) -> ScoredReading:
        """Score a reading; `observers` see the nats of every token.

        Raises:
            CorpusError: the text is empty, or none of its characters is in the vocabulary.
        """
        blocks = Blocks(reading.saved.tokenizer, reading.encoded.n_bytes)
        score = reading.score([blocks, *observers])
        return cls(reading, ScoredText(score, blocks))

    @property
    def score(self) -> Score:
        return self.scored.score

    @property
    def plus_minus(self) -> float | None:
        """Half the width of the 95 % interval of the bits per byte; None if the text is too short for one."""
        return uncertainty(self.scored)

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report, under the names that `seqgen eval --json` prints."""
        return {
            "run": str(self.reading.saved.path),
            "text": self.reading.name,
            "part": self.reading.part,
            **self.score.to_json(),
            "bits_per_byte_plus_minus": self.plus_minus,
            "training_overlap": self.reading.overlap,
        }


@dataclass(frozen=True)
class Comparison:
    """Two readings of one text, compared: `sentence` says which model is better.

    >>> from seqgen.evaluation import TextSelection, readings
    >>> from seqgen.run import open_model
    >>> (reading,) = readings(open_model("checkpoints/story"), TextSelection.of(["story.txt"]))
    >>> row = ScoredReading.of(reading)
    >>> print(Comparison.of(row, row).sentence)
    story.txt: not compared: a comparison needs a text of 10,000 bytes or more, and this one has 6,000
    """

    first: ScoredReading
    second: ScoredReading
    difference: Difference | None

    @classmethod
    def of(cls, first: ScoredReading, second: ScoredReading) -> Comparison:
        """Compare two readings of one text."""
        names = first.reading.run_name, second.reading.run_name
        return cls(first, second, compare(first.scored, second.scored, names=names))

    @property
    def sentence(self) -> str:
        """Which of the two is better, or why that cannot be said."""
        text_name = self.first.reading.text_name
        if self.difference is None:
            return f"{text_name}: not compared: {comparison_obstacle(self.first.score, self.second.score)}"
        return f"{text_name}: {self.difference}"

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report, under the names that `seqgen eval --json` prints."""
        return {
            "compared": [str(row.reading.saved.path) for row in (self.first, self.second)],
            "contexts": [str(row.reading.mode) for row in (self.first, self.second)],
            "text": self.first.reading.name,
            "difference": self.difference and self.difference.to_json(),
        }


def compare_all(rows: Sequence[ScoredReading]) -> list[Comparison]:
    """Compare every two runs on every text they share.

    Both must have read the text in the same scoring mode. One run is also compared with itself in two modes.

    >>> from seqgen.evaluation import TextSelection, readings
    >>> from seqgen.run import open_model
    >>> (reading,) = readings(open_model("checkpoints/story"), TextSelection.of(["story.txt"]))
    >>> row = ScoredReading.of(reading)
    >>> len(compare_all([row, row, row]))  # pairs of three
    3
    """
    return [
        Comparison.of(first, second)
        for first, second in itertools.combinations(rows, 2)
        if first.reading.text_key == second.reading.text_key
        and first.score.n_bytes == second.score.n_bytes
        and (str(first.reading.mode) == str(second.reading.mode) or first.reading.saved is second.reading.saved)
    ]


def split_warnings(rows: Sequence[ScoredReading]) -> list[str]:
    """Warn, in sentences, where a model may have been trained on the text that it is scored on.

    >>> from seqgen.evaluation import TextSelection, readings
    >>> from seqgen.run import open_model
    >>> (reading,) = readings(open_model("checkpoints/story"), TextSelection.of(["story.txt"]))
    >>> print(*split_warnings([ScoredReading.of(reading)]))
    story was trained on part of story.txt, so its scores are optimistic
    """
    warnings: list[str] = []
    for first, second in itertools.combinations([row.reading for row in in_first_mode(rows)], 2):
        same_file = first.source.text.sha256 == second.source.text.sha256
        if same_file and first.part and second.part and first.text_key != second.text_key:
            warnings.append(
                f"{first.run_name} and {second.run_name} split {first.text_name} differently: "
                "each may have been trained on text that the other is tested on"
            )
    leaks = [_describe_leak(row.reading) for row in in_first_mode(rows)]
    return [*warnings, *filter(None, leaks)]


def _describe_leak(reading: Reading) -> str | None:
    """A sentence if a model was trained on a part of the text, or if nobody can know; otherwise None."""
    name, text_name = reading.run_name, reading.text_name
    if not reading.is_other_text:
        return None
    if reading.part is None and reading.source.text.sha256 == reading.saved.record.corpus.parts["train"].sha256:
        return f"{name} was trained on part of {text_name}, so its scores are optimistic"
    if reading.overlap is None:
        return (
            f"the training text of {name} is not found, so nobody can say how much of it occurs in {text_name}: "
            "--corpus PATH tells where it is"
        )
    described = describe_overlap(reading.overlap, text_name)
    return described and f"{described} of {name}, so these scores are optimistic"


def in_first_mode(rows: Sequence[ScoredReading]) -> list[ScoredReading]:
    """One row for every run and text: those read in the first row's scoring mode.

    Some facts, such as warnings and out-of-vocabulary characters, do not depend on the mode and are told once.

    >>> from seqgen.evaluation import TextSelection, readings
    >>> from seqgen.run import open_model
    >>> model, selection = open_model("checkpoints/story"), TextSelection.of(["story.txt"])
    >>> rows = [ScoredReading.of(reading) for reading in readings(model, selection, dynamic=True)]
    >>> len(rows), len(in_first_mode(rows))
    (2, 1)
    """
    return [row for row in rows if row.reading.mode is rows[0].reading.mode]
