"""What to expect of a training before it begins: the text looked at, the candidates timed."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from seqgen.evaluation.ngram import NgramModel
from seqgen.launch import require_single_process
from seqgen.models.devices import choose_device
from seqgen.training.data import PreparedCorpus, prepare_corpus
from seqgen.training.planning.candidates import Candidate, Planner
from seqgen.training.request import TrainingRequest

_ORDER = 7
_MOST_TRAIN = 2_000_000  # ids that the n-gram models count
_MOST_VALID = 200_000


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """A corpus, and the candidates for it, the most promising first."""

    text: PreparedCorpus
    candidates: Sequence[Candidate]
    unigram_nats: float
    """Of a validation token by its frequency alone."""
    ngram_nats: float
    """Of a validation token under a Kneser-Ney 7-gram model of the training part."""
    read_s: float
    planned_s: float

    @property
    def characters_per_token(self) -> float:
        part = self.text.parts["train"]
        return part.n_characters / len(part.ids)

    def expected_bits(self, candidate: Candidate) -> float:
        """Bits per character that a candidate may reach on validation; the unigram's at worst."""
        nats = min(candidate.expected_ratio * self.ngram_nats, self.unigram_nats)
        return nats / self.characters_per_token / math.log(2)


def forecast(request: TrainingRequest) -> Forecast:
    """Read the corpus, score it with n-grams, and time the candidates; nothing is written but the cache.

    Raises:
        SeqgenError: the corpus or the options will not do.
    """
    require_single_process("seqgen plan")
    device = choose_device(request.device)
    text = prepare_corpus(request)
    started = time.monotonic()
    candidates = Planner.of(request, text.facts, device=device).candidates()
    train = text.parts["train"].ids[:_MOST_TRAIN]
    scored = text.parts["valid"].ids[:_MOST_VALID] if text.facts.n_valid else train
    unigram, ngram = (
        float(NgramModel(train, order=order, vocab_size=text.tokenizer.vocab_size).nats(scored).mean())
        for order in (1, _ORDER)
    )
    return Forecast(
        text=text,
        candidates=candidates,
        unigram_nats=unigram,
        ngram_nats=ngram,
        read_s=text.took_s,
        planned_s=time.monotonic() - started,
    )
