"""What the endpoints of one server share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from starlette.requests import Request

from seqgen.config import ServingConfig
from seqgen.errors import SeqgenError
from seqgen.page.served import server_page
from seqgen.server.bodies import read_json
from seqgen.server.faults import refused
from seqgen.server.metrics import Metrics
from seqgen.server.models import ServedModel, ServedModels
from seqgen.server.parameters.table import Fields, Table, read_fields
from seqgen.server.work import Workshop


@dataclass(frozen=True)
class Service:
    """The models of a server, its limits, its threads and its counts.

    >>> from seqgen.config import ServingConfig
    >>> from seqgen.run import open_model
    >>> with ServedModels.open([open_model("checkpoints/story")], ServingConfig()) as models:
    ...     Service.of(models, ServingConfig()).workshop.n_inside
    0
    """

    models: ServedModels
    config: ServingConfig
    desk: Workshop
    """Takes requests apart, which is quick."""
    workshop: Workshop
    """Scores prompts and predicts targets, which may take long."""
    metrics: Metrics

    @classmethod
    def of(cls, models: ServedModels, config: ServingConfig) -> Service:
        """A service that has not begun to work."""
        desk, workshop = Workshop(most_waiting=config.queue), Workshop(most_waiting=config.queue)
        return cls(models, config, desk, workshop, Metrics(models, workshop))

    def close(self) -> None:
        """Begin no more work, and end the engines."""
        self.desk.close()
        self.workshop.close()
        self.models.close()

    @cached_property
    def page(self) -> str:
        """The page at /. With a key, it names no model, because everyone can read it."""
        is_open = self.config.api_key is None
        models = [model.description() for model in self.models] if is_open else ()
        return server_page(models, longest_text=self.config.longest_text)

    async def read(self, request: Request, table: Table) -> Fields:
        """The fields of a request.

        Raises:
            RequestError: its body is not what the table describes.
        """
        body: Any = await read_json(request, self.config)
        try:
            return read_fields(body, table)
        except SeqgenError as error:
            raise refused(error) from None

    def model_of(self, fields: Fields) -> ServedModel:
        """The model that a request names.

        Raises:
            RequestError: there is no such model.
        """
        return self.models.find(fields.values.get("model"))


def service_of(request: Request) -> Service:
    """The service of the server that got a request."""
    service: Service = request.app.state.service
    return service
