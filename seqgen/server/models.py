"""The models that are served, each with its engine."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, final

from seqgen.config import PredictionConfig, ServingConfig
from seqgen.errors import ConfigError
from seqgen.inference import Stepper, one_thread
from seqgen.run import SavedModel
from seqgen.sampling import Predictor
from seqgen.sampling.prefill import cpu_stepper
from seqgen.server.engine import Engine, EngineLimits
from seqgen.server.faults import RequestError
from seqgen.server.parameters.table import ascii_only, shown

_UNSAFE = re.compile(r"[^\w.()+-]")
"""What no name of a model holds: clients put names into addresses and files."""


@final
@dataclass(frozen=True)
class ServedModel:
    """A model under the name that clients use.

    >>> from seqgen.config import ServingConfig
    >>> from seqgen.run import open_model
    >>> with ServedModels.open([open_model("checkpoints/story")], ServingConfig()) as models:
    ...     models.find("story").description()["id"]
    'story'
    """

    name: str
    saved: SavedModel
    engine: Engine | None = field(compare=False)
    """What writes its texts; None for a model of pairs, which predicts."""

    def description(self) -> dict[str, Any]:
        """What /v1/models says of it. The fields beyond OpenAI's are ours."""
        record, tokenizer = self.saved.record, self.saved.tokenizer
        return {
            "id": self.name,
            "object": "model",
            "created": _seconds(record.created),
            "owned_by": "seqgen",
            "kind": "pairs" if self.engine is None else "text",
            "cell": record.model.cell,
            "parameters": self.saved.n_parameters,
            "tokenizer": tokenizer.kind,
            "vocab_size": tokenizer.vocab_size,
            "temperature": self.saved.temperature,
            "has_documents": self.saved.has_documents,
            "learned_from": ascii_only(record.learned_from),
        }

    def writer(self) -> Engine:
        """The engine that writes its texts.

        Raises:
            RequestError: it learned from pairs.
        """
        if self.engine is None:
            raise RequestError(400, f"{self.name} learned from pairs: ask /v1/predict for targets", param="model")
        return self.engine

    def predictor(self, config: PredictionConfig) -> Predictor:
        """What predicts the targets of sources.

        Raises:
            RequestError: it learned from a text.
        """
        if self.saved.source_tokenizer is None:
            raise RequestError(400, f"{self.name} learned from a text: ask /v1/completions for texts", param="model")
        return Predictor(self.saved, config)

    @cached_property
    def fresh_stepper(self) -> Stepper:
        """A stepper of one stream that has read nothing. Use its forks."""
        with one_thread():
            return cpu_stepper(self.saved)


@final
class ServedModels:
    """All models of a server, by name. Leave the block to end their engines."""

    def __init__(self, models: Sequence[ServedModel]) -> None:
        self._models = {model.name: model for model in models}

    @classmethod
    def open(cls, saved: Iterable[SavedModel], config: ServingConfig) -> ServedModels:
        """Start to serve models. Two of the same name get different ones.

        Raises:
            ConfigError: one reads backward.
        """
        limits = EngineLimits(most_streams=config.most_streams, queue_length=config.queue)
        models: dict[str, ServedModel] = {}
        for model in saved:
            if model.record.corpus.backward:
                raise ConfigError(f"{model.name} writes from the end of a text: name runs that read forward")
            name = _free_name(_UNSAFE.sub("-", model.name) or "model", models)
            engine = Engine(model, limits=limits) if model.source_tokenizer is None else None
            models[name] = ServedModel(name, model, engine)
        return cls(list(models.values()))

    def __iter__(self) -> Iterator[ServedModel]:
        return iter(self._models.values())

    def __enter__(self) -> ServedModels:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self, *, within_s: float = 0.0) -> None:
        """End all engines. Texts that are under way may go on for so long; then their clients are told."""
        end = time.monotonic() + within_s
        for model in self:
            if model.engine is not None:
                model.engine.close(within_s=max(0.0, end - time.monotonic()))

    def find(self, name: str | None) -> ServedModel:
        """The model of a name; the first for None.

        Raises:
            RequestError: there is none of that name.
        """
        found = next(iter(self), None) if name is None else self._models.get(name)
        if found is None:
            message = f"model is {shown(name)}: it must be one of {', '.join(self._models)}"
            raise RequestError(404, message, param="model", code="model_not_found")
        return found

    def find_tokens_of(self, name: str | None) -> ServedModel:
        """The same for a question about tokens, which mean something else to another model.

        Raises:
            RequestError: there is none of that name, or the question names none of several that write texts.
        """
        if name is None and sum(model.engine is not None for model in self) > 1:
            message = f"model is missing: each model has its own tokens, so it must be one of {', '.join(self._models)}"
            raise RequestError(400, message, param="model")
        return self.find(name)


def _seconds(created: str) -> int:
    """A time in ISO 8601 as seconds since 1970, as OpenAI's API has it; 0 if it is none."""
    try:
        return int(datetime.fromisoformat(created.replace("Z", "+00:00")).timestamp())
    except (ValueError, OverflowError):
        return 0


def _free_name(name: str, taken: Iterable[str]) -> str:
    others, number = set(taken), 2
    free = name
    while free in others:
        free, number = f"{name}-{number}", number + 1
    return free
