"""Whether a training run should begin from a base: a short trial of it, and what to expect of the whole run."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch

from seqgen.config import Budget
from seqgen.corpus.folders import is_read_once
from seqgen.errors import ConfigError
from seqgen.models import build_model, load_weights
from seqgen.run import SavedModel
from seqgen.scoring import sum_nats
from seqgen.training.data import PreparedCorpus, prepare_corpus
from seqgen.training.planning.planner import Candidate, Planner
from seqgen.training.request import TrainingRequest
from seqgen.training.state import TrainingState
from seqgen.training.trainer import train
from seqgen.waiting import waiting

MAX_TRAIN_BYTES = 2_000_000
"""For a longer training part, no start from a base is tried: whoever learns from it alone comes to know as much."""
_TRIAL_STEPS = 16
_TRIAL_SHARE = 0.1
"""A trial takes at most this share of the steps that the time pays for."""
_TRIAL_WARMUP = 4
_TRIAL_VALID_TOKENS = 8192
_SLOPE, _GAIN_EXPONENT = 0.28, 1.3
"""The constants of `foresee`."""


@dataclass(frozen=True, kw_only=True)
class Start:
    """A base to begin from, how the run would go on, and what to expect of it."""

    base: SavedModel
    candidate: Candidate
    bits_before: float
    """Bits per character of the base on the beginning of the validation part."""
    trial_bits: float
    """The same after the trial."""
    expected_bits: float
    """Bits per character on the validation part, after the whole run."""


def try_start(request: TrainingRequest, base: SavedModel, *, device: torch.device) -> Start | None:
    """Continue a base for a few steps on the text of a request, and foresee the rest. None if that makes no sense.

    It makes none if the base does not fit the settings, if it knows less of the text than how frequent the tokens are,
    or if the text is long or cannot be validated on.

    >>> from seqgen.config import CorpusConfig
    >>> from seqgen.run import open_model
    >>> base = open_model("checkpoints/story")
    >>> request = TrainingRequest(corpus=CorpusConfig(paths=("story.txt",)), budget=Budget(minutes=1))
    >>> try_start(request, base, device=torch.device("cpu")) is None  # the base has learned for three steps only
    True
    """
    if any(map(is_read_once, request.corpus.all_paths)):
        return None
    begun = replace(request, parent=base)
    corpus = prepare_corpus(begun)
    if not corpus.facts.n_valid or (corpus.record.parts["train"].n_bytes or 0) > MAX_TRAIN_BYTES:
        return None
    try:
        planner = Planner.of(begun, corpus, device=device)
        if (planner.problem.parent_ratio or 0.0) >= 1:
            return None
        (candidate,) = planner.candidates()
    except ConfigError:
        return None
    n_steps = max(1, min(_TRIAL_STEPS, int(_TRIAL_SHARE * candidate.n_steps)))
    with waiting(f"trying {base.name} on the text"):
        before, after = _try(n_steps, base, candidate, corpus=corpus, device=device)
    if not math.isfinite(before + after):  # the trial has diverged, at a rate that the user has set for instance
        return None
    expected = foresee(before, after, share=n_steps / max(1, candidate.n_steps))
    return Start(base=base, candidate=candidate, bits_before=before, trial_bits=after, expected_bits=expected)


def foresee(bits_before: float, trial_bits: float, *, share: float) -> float:
    """The bits per character to expect after a whole run, of which a trial was this share.

    The logarithm of the bits falls with the logarithm of the steps, the faster the more the trial has gained.

    >>> round(foresee(9.0, 3.1, share=16 / 200), 2), round(foresee(1.75, 1.42, share=16 / 200), 2)
    (1.44, 1.29)
    """
    gain = max(0.0, math.log(bits_before / trial_bits))
    return trial_bits * float(max(1.0, 1 / share) ** -(_SLOPE * gain**_GAIN_EXPONENT))


def _try(
    n_steps: int, base: SavedModel, candidate: Candidate, *, corpus: PreparedCorpus, device: torch.device
) -> tuple[float, float]:
    """Bits per character of the validation part's beginning under the base, and after a run of only so many steps."""
    config = replace(
        candidate.resolved.training,
        warmup_steps=min(_TRIAL_WARMUP, n_steps - 1),
        evaluate_every=n_steps,
        valid_tokens=_TRIAL_VALID_TOKENS,
    )
    data = corpus.streams(config)
    assert data.valid is not None
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(config.seed)
        model = build_model(candidate.resolved.model)
        load_weights(model, base.weights)
        state = TrainingState.fresh(model.to(device), config)
        before = sum_nats(model, data.valid, precision=config.precision) / data.valid.n_targets
        for _ in train(state, data, config=config, budget=Budget(steps=n_steps)):
            pass
    unit = corpus.characters_per_token * math.log(2)
    return before / unit, state.best_nats / unit
