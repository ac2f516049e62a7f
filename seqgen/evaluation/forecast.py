"""What to expect of a training run before it starts: how hard the text is, and how far each candidate may get."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from seqgen.evaluation.ngram import NgramModel
from seqgen.evaluation.start import MAX_TRAIN_BYTES, Start, try_start
from seqgen.launch import require_single_process
from seqgen.models.devices import choose_device
from seqgen.run import SavedModel
from seqgen.training.data import PreparedCorpus, prepare_corpus
from seqgen.training.open_run import require_folder
from seqgen.training.planning.planner import Candidate, Planner, take_best
from seqgen.training.request import TrainingRequest
from seqgen.training.tokenizer_trials import TokenizerTrial, settle_tokenizer
from seqgen.waiting import waiting

_NGRAM_ORDER = 7
_MAX_TRAIN_IDS = 2_000_000
"""The n-gram models count at most this many ids, from the beginning of the training part."""
_MAX_VALID_IDS = 200_000


class Prospect(NamedTuple):
    """A candidate, what to expect of it, and the base that it begins from.

    >>> from seqgen.config import Budget, CorpusConfig
    >>> from seqgen.training import TrainingRequest
    >>> settings = {"d_model": 16, "precision": "float32"}
    >>> request = TrainingRequest(corpus=CorpusConfig(paths=("story.txt",)), cell="rnn", settings=settings)
    >>> (prospect,) = forecast(request).prospects
    >>> prospect.candidate.resolved.model.d_model, prospect.base
    (16, None)
    """

    candidate: Candidate
    expected_bits: float
    """Bits per character on validation."""
    base: SavedModel | None = None


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
    """Of models that begin from nothing, or from the parent that the request names."""
    start: Start | None
    """The same for a start from a base, or from the parent; None if none was tried."""
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

    @property
    def prospects(self) -> list[Prospect]:
        """All candidates, the start from a base or a parent among them, the most promising first."""
        start = self.start
        from_nothing = [candidate for candidate in self.candidates if start is None or candidate is not start.candidate]
        fresh = [Prospect(candidate, self.expected_bits(candidate)) for candidate in from_nothing]
        begun = [Prospect(start.candidate, start.expected_bits, start.base)] if start else []
        return sorted([*fresh, *begun], key=lambda prospect: prospect.expected_bits)

    def _bits_per_character(self, nats_per_token: float) -> float:
        return nats_per_token / self.characters_per_token / math.log(2)


def forecast(request: TrainingRequest, *, base: SavedModel | None = None) -> Forecast:
    """Read the corpus, score it with n-gram models, and time the candidates. Nothing is written except to the cache.

    Args:
        base: a start from this model is tried too.

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
    return _forecast(_time_candidates(request, base))


@dataclass(frozen=True, kw_only=True)
class _Timed:
    """A corpus and the candidates for it, before n-gram models tell how hard it is."""

    text: PreparedCorpus
    trials: Sequence[TokenizerTrial]
    candidates: list[Candidate]
    start: Start | None
    started: float

    def took_s(self) -> float:
        """Seconds until now, without those that reading the corpus took."""
        return time.monotonic() - self.started - self.text.took_s


def _time_candidates(request: TrainingRequest, base: SavedModel | None) -> _Timed:
    """Read the corpus, time the candidates, and try the start from the base."""
    require_single_process("seqgen plan")
    device = choose_device(request.device)
    started = time.monotonic()
    request, trials = settle_tokenizer(request)
    text = prepare_corpus(request)
    named, is_long = request.parent, (text.record.parts["train"].n_bytes or 0) > MAX_TRAIN_BYTES
    parent = named or base
    start = None if parent is None or is_long else try_start(request, parent, device=device)
    if named is not None and start is not None:
        candidates = [start.candidate]
    else:
        candidates = Planner.of(request, text, device=device).candidates()
    return _Timed(text=text, trials=trials, candidates=candidates, start=start, started=started)


def _forecast(timed: _Timed) -> Forecast:
    """Score the corpus with n-gram models, which tells what to expect of the candidates."""
    text = timed.text
    train = text.parts["train"].ids[:_MAX_TRAIN_IDS]
    scored = text.parts["valid"].ids[:_MAX_VALID_IDS] if text.facts.n_valid else train
    with waiting(f"counting {_NGRAM_ORDER}-grams"):
        unigram, ngram = (
            float(NgramModel(train, order=order, vocab_size=text.tokenizer.vocab_size).nats(scored).mean())
            for order in (1, _NGRAM_ORDER)
        )
    return Forecast(
        text=text,
        trials=timed.trials,
        candidates=timed.candidates,
        start=timed.start,
        unigram_nats=unigram,
        ngram_nats=ngram,
        read_s=text.took_s,
        planned_s=timed.took_s(),
    )


def choose_start(request: TrainingRequest, base: SavedModel) -> TrainingRequest:
    """The request as planned: begun from the base if that should predict the text better, and from nothing if not.

    >>> from seqgen.config import Budget, CorpusConfig
    >>> from seqgen.run import open_model
    >>> from seqgen.training import TrainingRequest
    >>> request = TrainingRequest(corpus=CorpusConfig(paths=("story.txt",)), budget=Budget(minutes=1), device="cpu")
    >>> chosen = choose_start(request, open_model("checkpoints/story"))  # which has learned for three steps only
    >>> chosen.parent is None, chosen.planned.model.d_model > 16
    (True, True)
    """
    require_folder(request)
    timed = _time_candidates(request, base)
    if timed.start is None:  # the candidates need no n-gram model to be compared with each other
        return replace(request, parent=None, planned=take_best(timed.candidates, took_s=timed.took_s()))
    result = _forecast(timed)
    best, candidates = result.prospects[0], list(result.candidates)
    if best.base is not None:
        candidates.insert(0, best.candidate)
    planned = take_best(candidates, took_s=result.planned_s)
    note = _describe_choice(best, timed.start, fresh_bits=result.expected_bits(result.candidates[0]))
    return replace(request, parent=best.base, planned=replace(planned, notes=(*planned.notes, note)))


def _describe_choice(best: Prospect, start: Start, *, fresh_bits: float) -> str:
    """Where the training begins, and why, in a sentence."""
    name, fresh, begun = start.base.name, f"{fresh_bits:.2f}", f"{start.expected_bits:.2f}"
    if best.base is None:
        return f"begins from nothing: {fresh} bits per character are expected, {begun} from {name} (--from {name})"
    return f"begins from {name}: {begun} bits per character are expected, {fresh} from nothing (--from none)"
