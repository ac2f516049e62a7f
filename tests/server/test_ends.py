"""What a server says where work cannot begin, and what becomes of work that nobody waits for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest
from starlette.requests import ClientDisconnect
from starlette.testclient import TestClient
from starlette.types import Message

from seqgen.errors import ConfigError
from seqgen.run import SavedModel
from seqgen.server.access.guard import Guard
from seqgen.server.faults import RequestError
from seqgen.server.leaving import while_connected
from seqgen.server.metrics import Metrics
from seqgen.server.models import ServedModels
from seqgen.server.patience import PatientProtocol
from seqgen.server.threads import Threads
from seqgen.server.work import Workshop
from tests.server.conftest import LIMITS
from tests.server.test_completions import ask, refusal


def test_a_text_that_comes_after_the_engine_has_ended_is_told_so(client: TestClient, served: ServedModels) -> None:
    engine = served.find(None).engine
    assert engine is not None
    engine.close(within_s=0)
    response = client.post("/v1/completions", json={"prompt": "Mina "})
    assert (response.status_code, response.json()["error"]["code"]) == (503, "stopping")


def test_a_text_that_the_engine_refuses_is_a_fault_of_the_request(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ConfigError("is not possible here", field="hold")

    monkeypatch.setattr("seqgen.server.engine.Engine.submit", refuse)
    assert refusal(client, prompt="Mina ") == ("hold is not possible here", "hold")


def test_a_training_text_that_is_too_large_for_an_index_is_refused(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqgen.server.completions.bounds._MOST_INDEXED", 10)
    message, field = refusal(client, prompt="Mina ", no_copy=8)
    assert (field, message.startswith("no_copy needs an index of the training text")) == ("no_copy", True)


def test_what_a_map_may_hold_is_said(client: TestClient) -> None:
    message, field = refusal(client, prompt="Mina ", logit_bias="none")
    assert (field, "an object with at most" in message) == ("logit_bias", True)


def test_an_echo_without_scores_begins_with_its_prompt(client: TestClient) -> None:
    (choice,) = ask(client, prompt="Mina ", echo=True, max_characters=3)["choices"]
    assert (choice["text"][:5], len(choice["text"]), choice["logprobs"]) == ("Mina ", 8, None)


def test_a_model_that_reads_backward_is_not_served(saved: SavedModel) -> None:
    corpus = replace(saved.record.corpus, config=replace(saved.record.corpus.config, backward=True))
    backward = replace(saved, record=replace(saved.record, corpus=corpus))
    with pytest.raises(ConfigError, match="name runs that read forward"):
        ServedModels.open([backward], LIMITS)


@pytest.mark.parametrize(("created", "seconds"), [("1970-01-01T00:01:00Z", 60), ("long ago", 0)])
def test_a_model_has_the_time_of_its_run_if_that_is_a_time(saved: SavedModel, created: str, seconds: int) -> None:
    dated = replace(saved, record=replace(saved.record, created=created))
    with ServedModels.open([dated], LIMITS) as models:
        assert models.find(None).description()["created"] == seconds


def test_work_is_refused_when_too_much_of_it_waits_and_after_the_end() -> None:
    async def fill() -> tuple[int, int]:
        shop, go_on = Workshop(most_waiting=0), threading.Event()
        doing = [asyncio.ensure_future(shop.run(lambda: go_on.wait(5))) for _ in range(shop._most)]
        await asyncio.sleep(0)
        with pytest.raises(RequestError) as full:
            await shop.run(lambda: True)
        go_on.set()
        assert await asyncio.gather(*doing) == [True] * len(doing)
        shop.close()
        with pytest.raises(RequestError) as closed:
            await shop.run(lambda: True)
        return full.value.code == "busy", closed.value.code == "stopping"

    assert asyncio.run(fill()) == (True, True)


def test_work_that_nobody_waits_for_any_more_does_not_begin() -> None:
    threads, go_on, done = Threads(1, name="test"), threading.Event(), []
    threads.submit(lambda: go_on.wait(5))
    unwanted: Future[Any] = threads.submit(lambda: done.append("unwanted"))
    last = threads.submit(lambda: done.append("last"))
    assert unwanted.cancel()
    go_on.set()
    last.result(5)
    assert done == ["last"]
    threads.close()


def test_only_leaving_counts_as_leaving() -> None:
    coming: Iterator[Message] = iter([{"type": "http.request"}, {"type": "http.disconnect"}])

    async def receive() -> Message:
        return next(coming)

    async def work() -> None:
        await asyncio.sleep(5)

    with pytest.raises(ClientDisconnect):
        asyncio.run(while_connected(receive, work()))
    assert next(coming, None) is None


def test_an_answer_that_fails_halfway_is_cut_off(served: ServedModels, capsys: pytest.CaptureFixture[str]) -> None:
    async def half(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise ValueError("a bug")

    client = TestClient(Guard(half, gates=[], metrics=Metrics(served, Workshop(most_waiting=0))))
    with pytest.raises(ValueError, match="a bug"):
        client.get("/")
    assert "ValueError: a bug" in capsys.readouterr().err


class Connection:
    """What `PatientProtocol` needs of a connection and of the protocol on it; says whether it was cut."""

    cycle = None

    def __init__(self) -> None:
        self.transport = self
        self.was_cut = False

    def is_closing(self) -> bool:
        return False

    def abort(self) -> None:
        self.was_cut = True

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


@pytest.mark.parametrize("reads_on", [True, False])
def test_a_client_that_reads_on_is_not_cut_off(reads_on: bool) -> None:
    async def write() -> bool:
        connection: Any = Connection()
        protocol = PatientProtocol(connection, head_s=60, write_s=0)
        protocol.connection_made(connection)
        protocol.pause_writing()
        if reads_on:
            protocol.resume_writing()
        for _ in range(9):
            await asyncio.sleep(0)
        protocol.connection_lost(None)
        return bool(connection.was_cut)

    assert asyncio.run(write()) is not reads_on
