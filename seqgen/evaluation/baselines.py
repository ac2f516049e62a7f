"""Baselines: what a text costs without a trained run, from n-grams, small networks and compressors.

A score means little alone. Beside these it shows what the model adds to counting, and to general-purpose compression.
All baselines know the same training text as the run.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqgen.corpus import EncodedText, encode_part, reopen_part
from seqgen.evaluation.compare import ScoredText, score_blocks
from seqgen.evaluation.compressors import Compression, compress_text
from seqgen.evaluation.neural_baselines import neural_baseline_scores
from seqgen.evaluation.ngram import NgramModel
from seqgen.evaluation.readings import Reading, read_whole
from seqgen.evaluation.scored_readings import ScoredReading
from seqgen.tokenizers import Tokenizer
from seqgen.training.memory import keep_freed_memory
from seqgen.waiting import waiting

_HIGHEST_ORDER = 10
"""Each order costs time and memory. On four texts, the step from 9 to this one brought 0.6 % or less."""
_PATIENCE = 2
"""The search for the best order ends after this many orders in a row that are not better."""


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """What one text costs under one baseline.

    >>> from seqgen.evaluation import CompressedSize, Compression
    >>> size = CompressedSize(n_compressed=250, n_characters=1000, n_bytes=1000)
    >>> figures = Compression(after=size, alone=size)
    >>> baseline = Baseline(name="gzip -9", tokenizer=None, text_name="story.txt", text_key="", figures=figures)
    >>> baseline.to_json()["bits_per_byte"]
    2.0
    """

    name: str
    tokenizer: str | None
    """The kind of its tokens; None for a compressor, which has none."""
    text_name: str
    text_key: str
    """Equal for equal texts, as `Reading.text_key`."""
    figures: ScoredText | Compression

    def to_json(self) -> dict[str, Any]:
        """The numbers of a report, under the names that `seqgen eval --json` prints."""
        names = {"baseline": self.name, "tokenizer": self.tokenizer, "text": self.text_name}
        if isinstance(self.figures, Compression):
            after, alone = self.figures.after, self.figures.alone
            return {
                **names,
                "bits_per_character": after.bits_per_character,
                "bits_per_byte": after.bits_per_byte,
                "bits_per_character_alone": alone.bits_per_character,
                "bits_per_byte_alone": alone.bits_per_byte,
            }
        return {**names, **self.figures.score.to_json()}


def baselines_of(rows: Sequence[ScoredReading], corpus_paths: Sequence[str] = ()) -> Iterator[Baseline]:
    """Score the texts of these rows with every baseline, once for each text, training text and vocabulary.

    The order of the n-gram, and when the networks stop training, are chosen on the run's validation part. A run without
    one has them chosen on the text itself.

    Raises:
        CorpusError: the training text of a run cannot be found, or has changed.

    >>> from seqgen.evaluation import TextSelection, readings
    >>> from seqgen.run import open_model
    >>> (reading,) = readings(open_model("checkpoints/story"), TextSelection())
    >>> next(baselines_of([ScoredReading.of(reading)])).name
    'uniform'
    """
    keep_freed_memory()  # the networks train in a third less time
    done: set[tuple[str, ...]] = set()
    for reading in [row.reading for row in rows]:
        tokenizer = reading.saved.tokenizer
        train = reopen_part(reading.saved.record.corpus, "train", corpus_paths=corpus_paths)
        same_text = (reading.text_key, train.key)
        same_tokens = (*same_text, tokenizer.fingerprint)
        if same_tokens not in done:
            done.add(same_tokens)
            for name, scored in _token_scores(reading, corpus_paths):
                yield _baseline(reading, name=name, tokenizer=tokenizer.kind, figures=scored)
        if same_text not in done:
            done.add(same_text)
            text = read_whole(reading.source, tokenizer)
            for name, compression in compress_text(text, after=read_whole(train, tokenizer)):
                yield _baseline(reading, name=name, tokenizer=None, figures=compression)


def _baseline(reading: Reading, *, name: str, tokenizer: str | None, figures: ScoredText | Compression) -> Baseline:
    return Baseline(
        name=name, tokenizer=tokenizer, text_name=reading.text_name, text_key=reading.text_key, figures=figures
    )


def _token_scores(reading: Reading, corpus_paths: Sequence[str]) -> Iterator[tuple[str, ScoredText]]:
    """The baselines that predict the run's own tokens."""
    record, tokenizer = reading.saved.record.corpus, reading.saved.tokenizer
    train = encode_part(reopen_part(record, "train", corpus_paths=corpus_paths), tokenizer)
    source = reopen_part(record, "valid", corpus_paths=corpus_paths) if "valid" in record.parts else reading.source
    valid = encode_part(source, tokenizer)
    for scores in (ngram_scores, neural_baseline_scores):
        yield from scores(tokenizer, train=train, valid=valid, scored=reading.encoded)


def ngram_scores(
    tokenizer: Tokenizer, *, train: EncodedText, valid: EncodedText, scored: EncodedText
) -> Iterator[tuple[str, ScoredText]]:
    """Score a text with a uniform, a unigram and a Kneser-Ney model; yield their names and the text as they score it.

    The order of the last is the one of 2 to 10 that predicts `valid` best; two orders in a row that are no better end
    the search. Out-of-vocabulary characters cost what they cost a trained model.

    >>> from pathlib import Path
    >>> from seqgen.corpus import encode_text
    >>> from seqgen.run import open_model
    >>> tokenizer = open_model("checkpoints/story").tokenizer
    >>> text = encode_text([Path("story.txt").read_text()], tokenizer)
    >>> found = dict(ngram_scores(tokenizer, train=text, valid=text, scored=text))
    >>> list(found)  # the same text is learned and predicted: the longest context is best
    ['uniform', 'unigram', '10-gram Kneser-Ney']
    >>> round(found["uniform"].score.perplexity) == tokenizer.vocab_size
    True
    """
    vocab_size = tokenizer.vocab_size

    def score(model: NgramModel) -> ScoredText:
        return score_blocks([model.nats(scored.ids)], scored, tokenizer=tokenizer)

    uniform = np.full(len(scored.ids), math.log(vocab_size))
    yield "uniform", score_blocks([uniform], scored, tokenizer=tokenizer)
    yield "unigram", score(NgramModel(train.ids, order=1, vocab_size=vocab_size))
    order, model = _best_ngram(tokenizer, train=train, valid=valid)
    yield f"{order}-gram Kneser-Ney", score(model)


def _best_ngram(tokenizer: Tokenizer, *, train: EncodedText, valid: EncodedText) -> tuple[int, NgramModel]:
    """The order that predicts `valid` best, from 2 up to where higher orders bring nothing, and its model."""
    with waiting("counting 2-grams") as work:
        best = NgramModel(train.ids, order=2, vocab_size=tokenizer.vocab_size)
        best_nats, best_order = float(best.nats(valid.ids).sum()), 2
        for order in range(3, _HIGHEST_ORDER + 1):
            if order > best_order + _PATIENCE:
                break
            work.advance(what=f"counting {order}-grams")
            model = NgramModel(train.ids, order=order, vocab_size=tokenizer.vocab_size)
            if (nats := float(model.nats(valid.ids).sum())) < best_nats:
                best, best_nats, best_order = model, nats, order
    return best_order, best
