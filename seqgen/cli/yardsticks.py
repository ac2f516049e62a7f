"""What a text costs without a run, beside what it costs runs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seqgen.cli.render import note
from seqgen.cli.scores import Row

if TYPE_CHECKING:
    from seqgen.evaluation import Packed, PackedSize, Score


@dataclass(frozen=True)
class Line:
    """One line of a table."""

    name: str
    figures: Score | PackedSize
    is_run: bool = False

    @property
    def bits(self) -> float:
        per_byte = self.figures.bits_per_byte
        return math.inf if per_byte is None else per_byte


@dataclass(frozen=True)
class Yardstick:
    """What a text costs without a run: by counting, packing, or the lecture's strawmen."""

    name: str
    tokenizer: str | None
    """The kind of its tokens; None where it has none."""
    text_name: str
    text_key: str
    figures: Score | Packed

    def lines(self, has_one_kind: bool) -> Iterator[Line]:
        """One, or of a compressor two: after the training text, as a model has it, and alone."""
        from seqgen.evaluation import Packed

        if isinstance(self.figures, Packed):
            yield Line(self.name, self.figures.after)
            yield Line(f"{self.name}, alone", self.figures.alone)
        else:
            yield Line(self.name if has_one_kind else f"{self.name}, {self.tokenizer}", self.figures)

    def to_json(self) -> dict[str, Any]:
        from seqgen.evaluation import Packed

        own = {"baseline": self.name, "tokenizer": self.tokenizer, "text": self.text_name}
        if isinstance(self.figures, Packed):
            after, alone = self.figures.after, self.figures.alone
            return {
                **own,
                "bits_per_character": after.bits_per_character,
                "bits_per_byte": after.bits_per_byte,
                "bits_per_character_alone": alone.bits_per_character,
                "bits_per_byte_alone": alone.bits_per_byte,
            }
        return {**own, **self.figures.to_json()}


def yardsticks(rows: Sequence[Row], corpus_paths: Sequence[str]) -> Iterator[Yardstick]:
    """N-grams, strawmen and compressors; once for each text, training text and vocabulary.

    Where a run has no validation part, the order of the n-gram and the end of the strawmen's training are chosen on the
    text itself.
    """
    from seqgen.corpus import encode_part, reopen_part
    from seqgen.evaluation import ngram_scores, pack, read_whole, strawman_scores
    from seqgen.training.memory import keep_freed_memory

    keep_freed_memory()  # the strawmen train in a third less time
    done: set[tuple[str, ...]] = set()
    for row in rows:
        pair, tokenizer = row.pair, row.pair.saved.tokenizer
        record = pair.saved.record.corpus
        train = reopen_part(record, "train", corpus_paths=corpus_paths)
        same_text = (pair.text_key, train.key)
        if (*same_text, tokenizer.fingerprint) not in done:
            done.add((*same_text, tokenizer.fingerprint))
            has_valid = "valid" in record.parts
            valid = reopen_part(record, "valid", corpus_paths=corpus_paths) if has_valid else pair.source
            known, chosen_on = (encode_part(part, tokenizer) for part in (train, valid))
            note(f"yardsticks of {pair.text_name}: n-grams are counted and two small networks trained")
            for scores in (ngram_scores, strawman_scores):
                for name, score in scores(tokenizer, train=known, valid=chosen_on, scored=pair.encoded):
                    yield Yardstick(name, tokenizer.kind, pair.text_name, pair.text_key, score)
        if same_text not in done:
            done.add(same_text)
            for name, packed in pack(read_whole(train, tokenizer), read_whole(pair.source, tokenizer)):
                yield Yardstick(name, None, pair.text_name, pair.text_key, packed)
