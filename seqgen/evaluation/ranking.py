"""Runs scored on texts, and which of two is better."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seqgen.evaluation.compare import LEAST_TEXT, Blocks, Difference, compare, uncertainty
from seqgen.evaluation.readings import Reading
from seqgen.evaluation.score import Observer, Score


@dataclass(frozen=True)
class ScoredReading:
    """A reading, its score, and the score of its blocks."""

    reading: Reading
    score: Score
    blocks: Blocks

    @classmethod
    def of(cls, reading: Reading, observers: Sequence[Observer] = ()) -> ScoredReading:
        """Score a text."""
        blocks = Blocks(reading.saved.tokenizer, reading.encoded.n_bytes)
        score = reading.score([blocks, *observers])
        return cls(reading, score, blocks)

    @property
    def plus_minus(self) -> float | None:
        """Half the 95 % interval of the bits per byte."""
        return uncertainty(self.score, self.blocks)

    def to_json(self) -> dict[str, Any]:
        return {
            "run": str(self.reading.saved.path),
            "text": self.reading.name,
            "part": self.reading.part,
            **self.score.to_json(),
            "bits_per_byte_plus_minus": self.plus_minus,
        }


@dataclass(frozen=True)
class Comparison:
    """Two runs on one text."""

    first: ScoredReading
    second: ScoredReading
    difference: Difference | None

    @property
    def sentence(self) -> str:
        names = self.first.reading.run_name, self.second.reading.run_name
        if self.difference is None:
            return f"{self.first.reading.text_name}: runs are not compared: {self._obstacle}"
        return f"{self.first.reading.text_name}: {self.difference.describe(*names)}"

    @property
    def _obstacle(self) -> str:
        if not (self.first.score.is_lossless and self.second.score.is_lossless):
            return "words between spaces do not give the text back, so that there are no bits per byte"
        return f"it takes {LEAST_TEXT:,} bytes, and there are {self.first.score.bytes:,}; --on names a longer text"

    def to_json(self) -> dict[str, Any]:
        numbers = (
            None
            if self.difference is None
            else {
                "bits_per_byte": self.difference.bits_per_byte,
                "plus_minus": self.difference.plus_minus,
                "is_certain": self.difference.is_certain,
            }
        )
        runs = [str(row.reading.saved.path) for row in (self.first, self.second)]
        contexts = [str(row.reading.mode) for row in (self.first, self.second)]
        return {"compared": runs, "contexts": contexts, "text": self.first.reading.name, "difference": numbers}


def compare_all(rows: Sequence[ScoredReading]) -> list[Comparison]:
    """Every two runs on every text that they share, read by one mode; and a run with itself read by another."""
    return [
        Comparison(one, other, compare((one.score, one.blocks), (other.score, other.blocks)))
        for one, other in itertools.combinations(rows, 2)
        if one.reading.text_key == other.reading.text_key
        and one.score.bytes == other.score.bytes
        and (str(one.reading.mode) == str(other.reading.mode) or one.reading.saved is other.reading.saved)
    ]


def split_warnings(rows: Sequence[ScoredReading]) -> list[str]:
    """Where one model may have learned what another, or the same, is tested on, in words."""
    warnings: list[str] = []
    for one, other in itertools.combinations(once(rows), 2):
        same_file = one.reading.source.text.sha256 == other.reading.source.text.sha256
        if same_file and one.reading.part and other.reading.part and one.reading.text_key != other.reading.text_key:
            warnings.append(
                f"{one.reading.run_name} and {other.reading.run_name} divide {one.reading.text_name} differently: "
                "each may have learned what the other is tested on"
            )
    for row in once(rows):
        reading = row.reading
        train = reading.saved.record.corpus.parts["train"]
        if reading.part is None and reading.source.text.sha256 == train.sha256:
            warnings.append(
                f"{reading.run_name} was trained on a part of {reading.text_name}: its figures are too good"
            )
    return warnings


def once(rows: Sequence[ScoredReading]) -> list[ScoredReading]:
    """Every run on every text by the first mode: what is to be said of both does not depend on it."""
    return [row for row in rows if row.reading.mode is rows[0].reading.mode]
