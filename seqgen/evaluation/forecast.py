"""What to expect of a training run before it starts: how hard the text is, and how far each candidate may get."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from seqgen.evaluation.ngram import NgramModel
from seqgen.launch import require_single_process
from seqgen.models.devices import choose_device
from seqgen.training.data import PreparedCorpus, prepare_corpus
from seqgen.training.planning.planner import Candidate, Planner
from seqgen.training.request import TrainingRequest
from seqgen.training.tokenizer_trials import TokenizerTrial, settle_tokenizer
from seqgen.waiting import waiting

_NGRAM_ORDER = 7
_MAX_TRAIN_IDS = 2_000_000
"""The n-gram models count at most this many ids, from the beginning of the training part."""
_MAX_VALID_IDS = 200_000


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """A corpus, and the candidates for it, the most promising first.

    >>> from seqgen.config import CorpusConfig
    >>> from seqgen.training import TrainingRequest
    >>> corpus = CorpusConfig(paths=("story.txt",))
    >>> result = forecast(TrainingRequest(corpus=corpus, cell="rnn", settings={"d_model": 16}, device="cpu"))
    >>> 1 < result.expected_bits(result.candidates[0]) < 5
    True
    """

    text: PreparedCorpus
    trials: Sequence[TokenizerTrial]
    """What each tokenizer reached, the best first; empty unless the request leaves the tokenizer open."""
    candidates: Sequence[Candidate]
    unigram_nats: float
    """Mean nats of a validation token under a unigram model of the training part."""
    ngram_nats: float
    """Mean nats of a validation token under a Kneser-Ney 7-gram model of the training part."""
    read_s: float
    planned_s: float

    @property
    def characters_per_token(self) -> float:
        part = self.text.parts["train"]
        return part.n_characters / len(part.ids)

    @property
    def unigram_bits(self) -> float:
        """Bits per character of the unigram model."""
        return self._bits_per_character(self.unigram_nats)

    @property
    def ngram_bits(self) -> float:
        """Bits per character of the Kneser-Ney 7-gram model."""
        return self._bits_per_character(self.ngram_nats)

    def expected_bits(self, candidate: Candidate) -> float:
        """The bits per character that a candidate is expected to reach on validation.

        The candidate's `expected_ratio` is its loss divided by the loss of the 7-gram model, as it was in runs of the
        same length on other texts. No candidate is expected to be worse than the unigram model.
        """
        return self._bits_per_character(min(candidate.expected_ratio * self.ngram_nats, self.unigram_nats))

    def _bits_per_character(self, nats_per_token: float) -> float:
        return nats_per_token / self.characters_per_token / math.log(2)


def forecast(request: TrainingRequest) -> Forecast:
    """Read the corpus, score it with n-gram models, and time the candidates. Nothing is written except to the cache.

    Raises:
        SeqgenError: the corpus cannot be read, or the options cannot be met.

    >>> from seqgen.config import Budget, CorpusConfig
    >>> from seqgen.training import TrainingRequest
    >>> request = TrainingRequest(
    ...     corpus=CorpusConfig(paths=("story.txt",)),
    ...     cell="gru",
    ...     settings={"n_layer": 1, "d_model": 16, "precision": "float32"},
    ...     budget=Budget(minutes=1),
    ...     device="cpu",
    ... )
    >>> result = forecast(request)
    >>> [candidate.resolved.model.cell for candidate in result.candidates]
    ['gru']
    >>> result.ngram_nats < result.unigram_nats
    True
    """
    require_single_process("seqgen plan")
    device = choose_device(request.device)
    started = time.monotonic()
    request, trials = settle_tokenizer(request)
    text = prepare_corpus(request)
    candidates = Planner.of(request, text.facts, device=device).candidates()
    train = text.parts["train"].ids[:_MAX_TRAIN_IDS]
    scored = text.parts["valid"].ids[:_MAX_VALID_IDS] if text.facts.n_valid else train
    with waiting(f"counting {_NGRAM_ORDER}-grams"):
        unigram, ngram = (
            float(NgramModel(train, order=order, vocab_size=text.tokenizer.vocab_size).nats(scored).mean())
            for order in (1, _NGRAM_ORDER)
        )
    return Forecast(
        text=text,
        trials=trials,
        candidates=candidates,
        unigram_nats=unigram,
        ngram_nats=ngram,
        read_s=text.took_s,
        planned_s=time.monotonic() - started - text.took_s,
    )
