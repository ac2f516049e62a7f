"""Runs scored on texts, and which of two is better."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seqgen.cli.pairs import Pair
from seqgen.cli.render import note

if TYPE_CHECKING:
    from seqgen.evaluation import Blocks, Difference, Observer, Score


@dataclass(frozen=True)
class Row:
    """A pair and its score."""

    pair: Pair
    score: Score
    blocks: Blocks

    @classmethod
    def of(cls, pair: Pair, observers: Sequence[Observer] = ()) -> Row:
        """Score a text."""
        from seqgen.evaluation import Blocks, score_text

        tokenizer = pair.saved.tokenizer
        blocks = Blocks(tokenizer, pair.encoded.n_bytes)
        score = score_text(
            pair.decoder, tokenizer, pair.encoded, rule=pair.rule, observers=[blocks, *observers], name=pair.text_name
        )
        return cls(pair, score, blocks)

    @property
    def plus_minus(self) -> float | None:
        """Half the 95 % interval of the bits per byte."""
        from seqgen.evaluation import uncertainty

        return uncertainty(self.score, self.blocks)

    def to_json(self) -> dict[str, Any]:
        return {
            "run": str(self.pair.saved.path),
            "text": self.pair.name,
            "part": self.pair.part,
            **self.score.to_json(),
            "bits_per_byte_plus_minus": self.plus_minus,
        }


@dataclass(frozen=True)
class Verdict:
    """Two runs on one text."""

    first: Row
    second: Row
    difference: Difference | None

    @property
    def sentence(self) -> str:
        names = self.first.pair.run_name, self.second.pair.run_name
        if self.difference is None:
            return f"{self.first.pair.text_name}: runs are not compared: {self._obstacle}"
        return f"{self.first.pair.text_name}: {self.difference.describe(*names)}"

    @property
    def _obstacle(self) -> str:
        from seqgen.evaluation.compare import LEAST_TEXT

        if not (self.first.score.in_full and self.second.score.in_full):
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
        runs = [str(row.pair.saved.path) for row in (self.first, self.second)]
        contexts = [str(row.pair.rule) for row in (self.first, self.second)]
        return {"compared": runs, "contexts": contexts, "text": self.first.pair.name, "difference": numbers}


def verdicts(rows: Sequence[Row]) -> list[Verdict]:
    """Every two runs on every text that they share, read by one rule; and a run with itself read by another."""
    from seqgen.evaluation import compare

    return [
        Verdict(one, other, compare((one.score, one.blocks), (other.score, other.blocks)))
        for one, other in itertools.combinations(rows, 2)
        if one.pair.text_key == other.pair.text_key
        and one.score.bytes == other.score.bytes
        and (str(one.pair.rule) == str(other.pair.rule) or one.pair.saved is other.pair.saved)
    ]


def warn_of_splits(rows: Sequence[Row]) -> None:
    """Say where one model may have learned what another, or the same, is tested on."""
    for one, other in itertools.combinations(once(rows), 2):
        same_file = one.pair.source.text.sha256 == other.pair.source.text.sha256
        if same_file and one.pair.part and other.pair.part and one.pair.text_key != other.pair.text_key:
            note(
                f"{one.pair.run_name} and {other.pair.run_name} divide {one.pair.text_name} differently: "
                "each may have learned what the other is tested on"
            )
    for row in once(rows):
        train = row.pair.saved.record.corpus.parts["train"]
        if row.pair.part is None and row.pair.source.text.sha256 == train.sha256:
            note(f"{row.pair.run_name} was trained on a part of {row.pair.text_name}: its figures are too good")


def once(rows: Sequence[Row]) -> list[Row]:
    """Every run on every text by the first rule: what is to be said of both does not depend on it."""
    return [row for row in rows if row.pair.rule is rows[0].pair.rule]
