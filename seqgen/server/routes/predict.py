"""/v1/predict: the targets of sources, from models of pairs. OpenAI's API has nothing like it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from seqgen.config import PredictionConfig
from seqgen.sampling import Prediction
from seqgen.server.answers import json_answer
from seqgen.server.leaving import while_connected
from seqgen.server.models import ServedModel
from seqgen.server.parameters.others import predict_table
from seqgen.server.parameters.table import Fields
from seqgen.server.service import service_of

_TOGETHER = 2000
"""Characters of the sources that are predicted together. A client that leaves stops the work before the next ones."""


async def predict(request: Request) -> Response:
    """The likeliest targets of each source."""
    service = service_of(request)
    fields = await service.read(request, predict_table(service.config))
    model = service.model_of(fields)
    has_left = threading.Event()
    work = service.workshop.run(lambda: predictions_of(model, fields, has_left=has_left))
    try:
        return json_answer(await while_connected(request.receive, work))
    finally:
        has_left.set()


def predictions_of(model: ServedModel, fields: Fields, *, has_left: threading.Event) -> dict[str, Any]:
    """The answer to a request. It is cut short where the client has left.

    >>> from seqgen.config import ServingConfig
    >>> from seqgen.run import open_model
    >>> from seqgen.server.models import ServedModels
    >>> with ServedModels.open([open_model("runs/reversed")], ServingConfig()) as models:
    ...     fields = Fields({"sources": ["abc", "d"]}, ())
    ...     answer = predictions_of(models.find("reversed"), fields, has_left=threading.Event())
    >>> [item["source"] for item in answer["data"]]
    ['abc', 'd']
    """
    given = fields.values["sources"]
    sources = [given] if isinstance(given, str) else given
    config = PredictionConfig(**{name: int(fields.values[name]) for name in ("top", "beam") if name in fields.values})
    predictor = model.predictor(config)
    found: list[list[Prediction]] = []
    for group in _groups([model.saved.read(source) for source in sources]):
        if has_left.is_set():
            break
        found += predictor.predict(group)
    warnings = [*fields.warnings, *(f"source: {note}" for note in predictor.new_notes())]
    data = [
        {"index": index, "source": source, "predictions": [_as_json(prediction) for prediction in predictions]}
        for index, (source, predictions) in enumerate(zip(sources, found, strict=False))
    ]
    return {"object": "list", "model": model.name, "data": data, **({"warnings": warnings} if warnings else {})}


def _groups(sources: Sequence[str]) -> Iterator[list[str]]:
    """Sources that are predicted together, in their order."""
    group: list[str] = []
    for source in sources:
        if group and sum(map(len, group)) + len(source) > _TOGETHER:
            yield group
            group = []
        group.append(source)
    yield group


def _as_json(prediction: Prediction) -> dict[str, Any]:
    return {
        "target": prediction.target,
        "log_probability": prediction.log_probability,
        "probability": prediction.probability,
        "ending": prediction.ending,
    }
