"""Models of every cell for the engine, without training: random weights in the frame of a trained run."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch

from seqgen.config import MODEL_CONFIGS, Cell, SamplingConfig
from seqgen.evaluation.ngram import NgramModel
from seqgen.inference import NgramExpert
from seqgen.models import build_model, read_weights
from seqgen.run import SavedModel
from seqgen.sampling import fit_prompt
from seqgen.server.engine import EngineLimits, Event, Failed, Finished, Piece, StreamRequest
from tests import tiny

LIMITS = EngineLimits(most_streams=8, queue_length=100)


def random_model(frame: SavedModel, cell: Cell, *, is_mixed: bool = True, d_model: int = 460) -> SavedModel:
    """A model with random weights, and an expert that knows the training text. It is so wide that BLAS sums few rows
    and many in different orders."""
    config = dataclasses.replace(
        tiny.MODEL_CONFIGS[cell], vocab_size=frame.tokenizer.vocab_size, d_model=d_model, n_layer=1
    )
    assert isinstance(config, MODEL_CONFIGS[cell])
    torch.manual_seed(0)
    weights = dict(read_weights(build_model(config)))
    ids = frame.tokenizer.encode(tiny.TEXT).ids
    tables = NgramModel(ids, order=4, vocab_size=config.vocab_size).tables()
    expert = NgramExpert(tables, vocab_size=config.vocab_size, weight=0.5) if is_mixed else None
    record = dataclasses.replace(frame.record, model=config)
    return dataclasses.replace(frame, weights=weights, record=record, expert=expert)


def ask(model: SavedModel, prompt: str = "", *, length: int | None = 40, **options: Any) -> StreamRequest:
    """A request; `options` are those of `StreamRequest`, and of `SamplingConfig`."""
    own = {field.name for field in dataclasses.fields(StreamRequest)}
    request = {name: options.pop(name) for name in list(options) if name in own}
    config = SamplingConfig(**options)
    fitted = fit_prompt(prompt, model.tokenizer)
    return StreamRequest(prompt=fitted, config=config, max_characters=length, **request)


def text_of(events: list[Event]) -> str:
    """The text that events tell."""
    return "".join(event.text for event in events if isinstance(event, Piece | Finished))


def last_of(events: list[Event]) -> Finished | Failed:
    """How a text ended."""
    assert isinstance(events[-1], Finished | Failed)
    return events[-1]
