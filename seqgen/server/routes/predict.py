"""/v1/predict: the targets of sources, from models of pairs. OpenAI's API has nothing like it."""

from __future__ import annotations

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


async def predict(request: Request) -> Response:
    """The likeliest targets of each source."""
    service = service_of(request)
    fields = await service.read(request, predict_table(service.config))
    model = service.model_of(fields)
    work = service.workshop.run(lambda: _predictions(model, fields))
    return json_answer(await while_connected(request.receive, work))


def _predictions(model: ServedModel, fields: Fields) -> dict[str, Any]:
    given = fields.values["sources"]
    sources = [given] if isinstance(given, str) else given
    config = PredictionConfig(**{name: int(fields.values[name]) for name in ("top", "beam") if name in fields.values})
    predictor = model.predictor(config)
    found = predictor.predict([model.saved.read(source) for source in sources])
    warnings = [*fields.warnings, *(f"source: {note}" for note in predictor.new_notes())]
    data = [
        {"index": index, "source": source, "predictions": [_as_json(prediction) for prediction in predictions]}
        for index, (source, predictions) in enumerate(zip(sources, found, strict=True))
    ]
    return {"object": "list", "model": model.name, "data": data, **({"warnings": warnings} if warnings else {})}


def _as_json(prediction: Prediction) -> dict[str, Any]:
    return {
        "target": prediction.target,
        "log_probability": prediction.log_probability,
        "probability": prediction.probability,
        "ending": prediction.ending,
    }
