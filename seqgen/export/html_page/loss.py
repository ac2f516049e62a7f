"""What a model loses by what a page changes in it, measured on the validation text of its run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqgen.corpus import reopen_part
from seqgen.errors import CorpusError
from seqgen.inference import MixedStepper, NgramExpert, build_stepper, one_thread
from seqgen.run import SavedModel
from seqgen.sampling.filters import surprise_nats
from seqgen.tokenizers import END_OF_TEXT
from seqgen.waiting import waiting

_N_STREAMS = 32
_N_STEPS = 512
"""Passages of the validation text that are read, and tokens of each at most."""


@dataclass(frozen=True, kw_only=True)
class LossInBits:
    """How much worse a changed model predicts."""

    bits_per_character: float
    n_characters: int
    """Of the validation text that was read."""


def loss_in_bits(
    saved: SavedModel, weights: Mapping[str, NDArray[Any]], *, expert: NgramExpert | None
) -> LossInBits | None:
    """What the bits per character grow by with these weights and this expert; None if the text is not found."""
    ids = _validation_ids(saved)
    if ids is None:
        return None
    with one_thread(), waiting("measuring what the page loses"):
        before = _nats(saved, saved.weights, expert=saved.expert, ids=ids)
        after = _nats(saved, weights, expert=expert, ids=ids)
    n_characters = sum(len(saved.tokenizer.decode(row)) for row in ids.tolist())
    return LossInBits(bits_per_character=(after - before) / math.log(2) / n_characters, n_characters=n_characters)


def _validation_ids(saved: SavedModel) -> NDArray[np.int64] | None:
    """Passages from all over the validation text, (B, T); None if it is not found, or holds too little."""
    try:
        part = reopen_part(saved.record.corpus, "valid")
        encodings = saved.tokenizer.encode_stream(part.chunks())
        ids = np.concatenate([encoding.ids for encoding in encodings])
    except (CorpusError, KeyError, ValueError):
        return None
    n_steps = min(_N_STEPS, len(ids) // _N_STREAMS)
    if n_steps < 1:
        return None
    starts = np.linspace(0, len(ids) - n_steps, _N_STREAMS).astype(np.int64)
    passages: NDArray[np.int64] = ids[starts[:, None] + np.arange(n_steps)].astype(np.int64)
    return passages


def _nats(
    saved: SavedModel, weights: Mapping[str, NDArray[Any]], *, expert: NgramExpert | None, ids: NDArray[np.int64]
) -> float:
    """The surprise of all tokens together, each passage read after an end-of-text token."""
    stepper = build_stepper(saved.record.model, weights, n_streams=len(ids))
    if expert is not None:
        stepper = MixedStepper.of(stepper, expert, n_streams=len(ids))
    total, rows, previous = 0.0, np.arange(len(ids)), np.full(len(ids), END_OF_TEXT)
    for column in ids.T:
        total += float(surprise_nats(stepper.step(previous))[rows, column].sum())
        previous = column
    return total
