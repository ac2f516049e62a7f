"""Baselines: what a text costs without a trained run, from n-grams, small networks and compressors."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqgen.corpus import EncodedText, encode_part, reopen_part
from seqgen.evaluation.compressors import Compression, compress_text
from seqgen.evaluation.neural_baselines import neural_baseline_scores
from seqgen.evaluation.ngram import NgramModel
from seqgen.evaluation.ranking import ScoredReading
from seqgen.evaluation.readings import read_whole
from seqgen.evaluation.score import Score, score_nats
from seqgen.tokenizers import Tokenizer
from seqgen.training.memory import keep_freed_memory

_ORDERS = range(2, 8)


@dataclass(frozen=True)
class Baseline:
    """What one text costs without a run."""

    name: str
    tokenizer: str | None
    """The kind of its tokens; None where it has none."""
    text_name: str
    text_key: str
    figures: Score | Compression

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report, under the names that `seqgen eval --json` prints."""
        own = {"baseline": self.name, "tokenizer": self.tokenizer, "text": self.text_name}
        if isinstance(self.figures, Compression):
            after, alone = self.figures.after, self.figures.alone
            return {
                **own,
                "bits_per_character": after.bits_per_character,
                "bits_per_byte": after.bits_per_byte,
                "bits_per_character_alone": alone.bits_per_character,
                "bits_per_byte_alone": alone.bits_per_byte,
            }
        return {**own, **self.figures.to_json()}


def baselines_of(rows: Sequence[ScoredReading], corpus_paths: Sequence[str] = ()) -> Iterator[Baseline]:
    """N-grams, small networks and compressors; once for each text, training text and vocabulary.

    Where a run has no validation part, the order of the n-gram and the end of the networks' training are chosen on the
    text itself.

    Raises:
        CorpusError: the training text of a run is found nowhere unchanged.
    """
    keep_freed_memory()  # the networks train in a third less time
    done: set[tuple[str, ...]] = set()
    for row in rows:
        reading, tokenizer = row.reading, row.reading.saved.tokenizer
        train = reopen_part(reading.saved.record.corpus, "train", corpus_paths=corpus_paths)
        same_text = (reading.text_key, train.key)
        if (*same_text, tokenizer.fingerprint) not in done:
            done.add((*same_text, tokenizer.fingerprint))
            for name, score in _model_scores(row, corpus_paths):
                yield Baseline(name, tokenizer.kind, reading.text_name, reading.text_key, score)
        if same_text not in done:
            done.add(same_text)
            for name, compression in compress_text(read_whole(train, tokenizer), read_whole(reading.source, tokenizer)):
                yield Baseline(name, None, reading.text_name, reading.text_key, compression)


def _model_scores(row: ScoredReading, corpus_paths: Sequence[str]) -> Iterator[tuple[str, Score]]:
    """The baselines that predict tokens."""
    reading, tokenizer = row.reading, row.reading.saved.tokenizer
    record = reading.saved.record.corpus
    train = encode_part(reopen_part(record, "train", corpus_paths=corpus_paths), tokenizer)
    source = reopen_part(record, "valid", corpus_paths=corpus_paths) if "valid" in record.parts else reading.source
    valid = encode_part(source, tokenizer)
    for scores in (ngram_scores, neural_baseline_scores):
        yield from scores(tokenizer, train=train, valid=valid, scored=reading.encoded)


def ngram_scores(
    tokenizer: Tokenizer, *, train: EncodedText, valid: EncodedText, scored: EncodedText
) -> Iterator[tuple[str, Score]]:
    """Uniform, unigram, and of the orders 2 to 7 that which predicts the validation part best.

    All of them in the model's own tokens; out-of-vocabulary characters cost what they cost the model.
    """
    vocab_size = tokenizer.vocab_size

    def score(model: NgramModel) -> Score:
        return score_nats(iter([model.nats(scored.ids)]), tokenizer, scored)

    uniform = np.full(len(scored.ids), math.log(vocab_size))
    yield "uniform", score_nats(iter([uniform]), tokenizer, scored)
    yield "unigram", score(NgramModel(train.ids, order=1, vocab_size=vocab_size))
    best, least, order = None, math.inf, 0
    for candidate in _ORDERS:
        model = NgramModel(train.ids, order=candidate, vocab_size=vocab_size)
        if (nats := float(model.nats(valid.ids).sum())) < least:
            best, least, order = model, nats, candidate
    if best is not None:
        yield f"{order}-gram Kneser-Ney", score(best)
