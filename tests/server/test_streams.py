"""Streams: server-sent events that together are the whole answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from starlette.testclient import TestClient


def events_of(client: TestClient, **fields: Any) -> list[dict[str, Any]]:
    """The events of a stream before its end."""
    response = client.post("/v1/completions", json={"stream": True, **fields})
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    *events, end = response.text.removesuffix("\n\n").split("\n\n")
    assert end == "data: [DONE]"
    return [json.loads(event.removeprefix("data: ")) for event in events]


def joined(events: Sequence[dict[str, Any]], index: int) -> dict[str, Any]:
    """One choice, put together from its events."""
    parts = [choice for event in events for choice in event["choices"] if choice["index"] == index]
    whole = {**parts[-1], "text": "".join(part["text"] for part in parts)}
    if parts[-1]["logprobs"] is not None:
        names = parts[-1]["logprobs"]
        whole["logprobs"] = {name: [each for part in parts for each in part["logprobs"][name]] for name in names}
    return whole


@pytest.mark.parametrize(
    "options",
    [
        {"max_characters": 60, "n": 2},
        {"max_characters": 60, "logprobs": 2, "stop": ["th", "e "]},
        {"max_tokens": 30, "logprobs": 0, "echo": True},
        {"max_tokens": 0, "logprobs": 1, "echo": True},
        {"prompt": ["M", "T"], "match": "[a-z ]{5,9}"},
    ],
)
def test_the_events_of_a_stream_are_the_whole_answer(client: TestClient, options: dict[str, Any]) -> None:
    fields = {"prompt": "Mina ", "seed": 3, **options}
    whole = client.post("/v1/completions", json=fields).json()
    events = events_of(client, **fields)
    assert [joined(events, choice["index"]) for choice in whole["choices"]] == whole["choices"]
    assert {event["id"] for event in events} == {events[0]["id"]}
    assert events[0]["seed"] == 3


def test_the_usage_comes_last_if_it_is_wanted(client: TestClient) -> None:
    *texts, last = events_of(client, prompt="Mina ", max_tokens=9, stream_options={"include_usage": True})
    assert last["choices"] == []
    assert last["usage"] == {"prompt_tokens": 5, "completion_tokens": 9, "total_tokens": 14}
    assert all(event["usage"] is None for event in texts)
    assert all("usage" not in event for event in events_of(client, prompt="Mina ", max_tokens=9))


def test_a_refusal_before_the_first_event_is_an_answer_of_its_own(client: TestClient) -> None:
    for fields in ({"temperature": -1}, {"ban": ["a"], "match": "a"}, {"n": 1, "best_of": 2}):
        response = client.post("/v1/completions", json={"stream": True, "prompt": "M", **fields})
        assert response.status_code == 400
        assert response.json()["error"]["message"]
