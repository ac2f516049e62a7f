"""Which tokenizer suits a text and a budget: a short training run with each of several, compared in bits per byte."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from seqgen.config import (
    DEFAULT_CELL,
    Budget,
    CharConfig,
    FieldValue,
    SentencePieceConfig,
    TokenizerConfig,
    TrainingConfig,
    WordConfig,
)
from seqgen.corpus import EncodedText
from seqgen.corpus.folders import is_read_once
from seqgen.errors import ConfigError, TokenizerError
from seqgen.models import build_model
from seqgen.models.devices import choose_device
from seqgen.training.data import PreparedCorpus, prepare_corpus
from seqgen.training.planning.memory_needs import require_memory
from seqgen.training.planning.precision import choose_precision
from seqgen.training.planning.problem import Problem
from seqgen.training.planning.resolve import Resolved, resolve
from seqgen.training.process_group import ProcessGroup
from seqgen.training.request import TrainingRequest
from seqgen.training.state import TrainingState
from seqgen.training.trainer import train
from seqgen.waiting import one_by_one
from seqgen.wording import count_of

TRIED: tuple[TokenizerConfig, ...] = (
    CharConfig(),
    WordConfig(),
    SentencePieceConfig(),
    SentencePieceConfig(vocab_size=1000),
    SentencePieceConfig(vocab_size=2000),
)
_SHARE = 1 / 8
"""Of the budget, for each trial. The order of the tokenizers changes with the budget, so trials grow with it."""
_MOST_MINUTES = 2.0
_SCORED_CHARACTERS = 50_000
"""Of the validation part, from its beginning."""
_UNKNOWN_NATS = math.log(0x110000)
"""What an out-of-vocabulary character costs: as much as choosing one of all characters of Unicode."""


@dataclass(frozen=True, kw_only=True)
class TokenizerTrial:
    """What one tokenizer reached.

    >>> trial = TokenizerTrial(tokenizer=CharConfig(), vocab_size=66, bits_per_byte=1.7, n_steps=120)
    >>> trial.describe()
    'char 1.700'
    """

    tokenizer: TokenizerConfig
    vocab_size: int
    bits_per_byte: float
    n_steps: int

    @property
    def name(self) -> str:
        """The tokenizer, with the size of its vocabulary unless it is one of characters."""
        name = self.tokenizer.name
        return name if name == "char" else f"{name} {self.vocab_size:,}"

    def describe(self) -> str:
        """The tokenizer and its bits per byte, in words."""
        return f"{self.name} {self.bits_per_byte:.3f}"


def settle_tokenizer(
    request: TrainingRequest, *, group: ProcessGroup | None = None
) -> tuple[TrainingRequest, list[TokenizerTrial]]:
    """The request with a tokenizer, and the trials that chose it: none if the request names a tokenizer.

    There are no trials on pairs, which need a named one.

    >>> from seqgen.config import CorpusConfig
    >>> request = TrainingRequest(corpus=CorpusConfig(paths=("story.txt",)))
    >>> settle_tokenizer(request) == (request, [])
    True
    """
    if request.tokenizer is not None or request.corpus.pairs:
        return request, []
    trials = try_tokenizers(request, group=group)
    return replace(request, tokenizer=trials[0].tokenizer), trials


def try_tokenizers(request: TrainingRequest, *, group: ProcessGroup | None = None) -> list[TokenizerTrial]:
    """Train a small while with each tokenizer that the text supports; the best trial first.

    Each trial has an eighth of the request's budget, and two minutes at most. It trains the model that the rules choose
    for the whole budget, an LSTM unless the request names another cell, and scores the same beginning of the validation
    part.

    Raises:
        SeqgenError: the text cannot be read or is too short to hold out a validation part, or an option cannot be met.

    >>> from seqgen.config import CorpusConfig
    >>> small = {"d_model": 8, "n_streams": 2, "window": 16, "precision": "float32"}
    >>> corpus, budget = CorpusConfig(paths=("story.txt",)), Budget(steps=8)
    >>> request = TrainingRequest(corpus=corpus, tokenizer=None, budget=budget, settings=small, device="cpu")
    >>> sorted({trial.tokenizer.name for trial in try_tokenizers(request)})
    ['char', 'sentencepiece', 'word']
    """
    if any(map(is_read_once, request.corpus.all_paths)):
        raise ConfigError(
            "--tokenizer auto reads the text several times, so it cannot come from standard input or a pipe"
        )
    if request.parent is not None:
        raise ConfigError("--tokenizer auto cannot be given with --from: name the new tokenizer, or leave it out")
    group = group or ProcessGroup()
    trials: list[TokenizerTrial] = []
    for config in one_by_one(TRIED, lambda config: f"trying the tokenizer {config.name}"):
        trial = _try(request, config, known={(trial.tokenizer.name, trial.vocab_size) for trial in trials})
        if trial is not None:
            trials.append(replace(trial, bits_per_byte=group.broadcast(trial.bits_per_byte)))
    if not trials:
        raise TokenizerError("no tokenizer suits this text: name one with --tokenizer")
    return sorted(trials, key=lambda trial: trial.bits_per_byte)


def describe_trials(trials: Sequence[TokenizerTrial]) -> tuple[str, ...]:
    """What the trials have shown, as a note for the user; no note without trials.

    >>> char = TokenizerTrial(tokenizer=CharConfig(), vocab_size=66, bits_per_byte=1.7, n_steps=120)
    >>> word = TokenizerTrial(tokenizer=WordConfig(), vocab_size=900, bits_per_byte=1.8, n_steps=120)
    >>> describe_trials([char, word])
    ('tokenizer: char. Bits per byte in 2 short trials: char 1.700, word 900 1.800',)
    """
    if not trials:
        return ()
    scores = ", ".join(trial.describe() for trial in trials)
    return (f"tokenizer: {trials[0].name}. Bits per byte in {count_of(len(trials), 'short trial')}: {scores}",)


def _try(request: TrainingRequest, config: TokenizerConfig, *, known: set[tuple[str, int]]) -> TokenizerTrial | None:
    """One trial; None if the text does not support the tokenizer, or one like it is already known."""
    attempt = replace(request, tokenizer=config)
    try:
        corpus = prepare_corpus(attempt)
    except TokenizerError:
        return None
    if corpus.facts.n_valid == 0:
        raise TokenizerError(
            "--tokenizer auto needs a validation part to compare on: give a longer text, --valid-fraction or --valid"
        )
    vocab_size = corpus.tokenizer.vocab_size
    if (config.name, vocab_size) in known:
        return None
    resolved, budget = _resolve(attempt, corpus)
    device = choose_device(request.device)
    require_memory(resolved.model, resolved.training, device=device)
    n_steps, nats = _train(resolved, corpus, budget=budget, device=device)
    valid = corpus.parts["valid"]
    bits = (nats * len(valid.ids) + valid.n_oov * _UNKNOWN_NATS) / valid.n_bytes / math.log(2)
    return TokenizerTrial(tokenizer=config, vocab_size=vocab_size, bits_per_byte=bits, n_steps=n_steps)


def _resolve(request: TrainingRequest, corpus: PreparedCorpus) -> tuple[Resolved, Budget]:
    """The shape that the rules choose for the whole budget, with what suits the budget of a trial."""
    cell, budget = request.cell or DEFAULT_CELL, request.budget_or_default
    problem = Problem(settings=request.settings, corpus=corpus.facts, budget=budget)
    model = resolve(cell, problem).model
    shape: dict[str, FieldValue] = {"n_layer": model.n_layer, "d_model": model.d_model}
    short = _share_of(budget)
    resolved = resolve(cell, replace(problem, budget=short, trial=shape))
    return replace(resolved, training=_for_trial(resolved, request, corpus.parts["valid"])), short


def _share_of(budget: Budget) -> Budget:
    """The budget of a trial."""
    if budget.steps is not None:
        return Budget(steps=max(1, int(budget.steps * _SHARE)))
    if budget.epochs is not None:
        return Budget(epochs=budget.epochs * _SHARE)
    assert budget.minutes is not None
    return Budget(minutes=min(_MOST_MINUTES, budget.minutes * _SHARE))


def _for_trial(resolved: Resolved, request: TrainingRequest, valid: EncodedText) -> TrainingConfig:
    """The training of a trial: it scores the same share of the validation part for every tokenizer."""
    share = min(1.0, _SCORED_CHARACTERS / max(1, valid.n_characters))
    training = replace(resolved.training, valid_tokens=max(1, math.ceil(share * len(valid.ids))))
    if training.precision != "auto":
        return training
    precision, _ = choose_precision(choose_device(request.device), resolved.model.d_model)
    return replace(training, precision=precision)


def _train(resolved: Resolved, corpus: PreparedCorpus, *, budget: Budget, device: torch.device) -> tuple[int, float]:
    """Train a model for a trial. Returns its steps, and the nats per token of its best validation."""
    torch.manual_seed(resolved.training.seed)
    state = TrainingState.fresh(build_model(resolved.model).to(device), resolved.training)
    for _ in train(state, corpus.streams(resolved.training), config=resolved.training, budget=budget):
        pass
    return state.step, state.best_nats
