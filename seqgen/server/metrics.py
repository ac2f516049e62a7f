"""What the server counts, in the text format of Prometheus."""

from __future__ import annotations

from typing import final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from seqgen.server.models import ServedModels
from seqgen.server.work import Workshop

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@final
class Metrics:
    """The counts of one server since it was started.

    >>> from seqgen.config import ServingConfig
    >>> from seqgen.run import open_model
    >>> with ServedModels.open([open_model("checkpoints/story")], ServingConfig()) as models:
    ...     metrics = Metrics(models, Workshop(most_waiting=0))
    ...     metrics.count_tokens("story", read=4, written=20)
    ...     'seqgen_tokens_written_total{model="story"} 20.0' in metrics.text().decode()
    True
    """

    content_type = "text/plain; version=0.0.4; charset=utf-8"

    def __init__(self, models: ServedModels, workshop: Workshop) -> None:
        self._registry = all_ = CollectorRegistry()
        self._requests = Counter("seqgen_requests", "Requests that were answered.", ["path", "status"], registry=all_)
        self._seconds = Histogram(
            "seqgen_request_seconds", "From a request to its whole answer.", ["path"], registry=all_, buckets=_SECONDS
        )
        self._first = Histogram(
            "seqgen_first_text_seconds",
            "From a request to the first text of a stream.",
            registry=all_,
            buckets=_SECONDS,
        )
        self._read = Counter("seqgen_tokens_read", "Tokens of prompts.", ["model"], registry=all_)
        self._written = Counter("seqgen_tokens_written", "Tokens that were written.", ["model"], registry=all_)
        self._writing = Gauge("seqgen_texts_writing", "Texts that are being written.", ["model"], registry=all_)
        self._waiting = Gauge("seqgen_texts_waiting", "Texts that wait for a place.", ["model"], registry=all_)
        self._work = Gauge("seqgen_work", "Prompts read or scored, sources predicted, now or soon.", registry=all_)
        self._models = models
        self._workshop = workshop

    def count_request(self, path: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self._requests.labels(path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def count_first_text(self, seconds: float) -> None:
        """Note how long a stream took to begin."""
        self._first.observe(seconds)

    def count_tokens(self, model: str, *, read: int, written: int) -> None:
        """Count the tokens of an answer."""
        self._read.labels(model).inc(read)
        self._written.labels(model).inc(written)

    def text(self) -> bytes:
        """All counts."""
        self._work.set(self._workshop.n_inside)
        for model in self._models:
            if model.engine is not None:
                self._writing.labels(model.name).set(model.engine.n_writing)
                self._waiting.labels(model.name).set(model.engine.n_waiting)
        return generate_latest(self._registry)
