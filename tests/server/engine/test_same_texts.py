"""A text does not depend on who else is served."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqgen.config import Cell, SamplingRequest
from seqgen.inference import SLOTS, one_thread
from seqgen.run import SavedModel, open_model
from seqgen.sampling import TextStream
from seqgen.server.engine import Event, StreamRequest, Ticket
from seqgen.server.engine.rounds import Rounds
from tests.server.engine.models import LIMITS, ask, random_model, text_of

_FILTERS: dict[str, Any] = {"top_k": 20, "top_p": 0.9, "min_p": 0.01, "typical": 0.9}
every_cell = pytest.mark.parametrize("cell", sorted(SLOTS))


def requests_of(model: SavedModel) -> list[StreamRequest]:
    """Requests as different as they can be."""
    return [
        ask(model, "Mina ", seed=1),
        ask(model, "Mina ", seed=1, number=1, top_logprobs=3),
        ask(model, "The cat sat by the river, and " * 3, seed=2, temperature=0.5, top_k=7),
        ask(model, "", seed=3, top_p=0.9, min_p=0.02, max_tokens=25),
        ask(model, "A", seed=4, typical=0.8, length=60),
        ask(model, "The ", seed=5, repetition_penalty=1.2, presence_penalty=0.3, frequency_penalty=0.1),
        ask(model, "The ", seed=6, ban=("e",), bias={"an": 2.0}),
        ask(model, "", seed=7, match="([a-z]{2,5} )*[a-z]+!"),
        ask(model, "The ", seed=8, no_copy=8),
        ask(model, "", seed=9, stop=("a", "qu"), length=200),
        ask(model, "", seed=10, temperature=0.0, token_bias={5: 1.5, 9: -100.0}),
        ask(model, "Mina", seed=11, words=("known",)),
        ask(model, "Mina", seed=12, is_scored=False),
        *(ask(model, "A", seed=13, number=number, **_FILTERS) for number in range(3)),
    ]


class Driven:
    """The work of an engine without its thread: the test says who comes and goes before every round."""

    def __init__(self, model: SavedModel) -> None:
        self.handed_in: list[Callable[[], None]] = []
        self.rounds = Rounds(model, LIMITS, hand_in=self.handed_in.append)

    def go_on(self, admitted: list[tuple[StreamRequest, Ticket]]) -> None:
        actions = [self.handed_in.pop(0) for _ in range(len(self.handed_in))]
        self.rounds.go_on(admitted, actions)

    def alone(self, request: StreamRequest) -> list[Event]:
        ticket = Ticket()
        self.go_on([(request, ticket)])
        while self.rounds.inside:
            self.go_on([])
        return ticket.take()

    def among_others(self, requests: list[StreamRequest]) -> list[list[Event]]:
        """All come at random moments, some twice: then their client leaves in the middle of the first. Some read so
        slowly that their text pauses."""
        rng = np.random.default_rng(0)
        coming = [number for number in range(len(requests)) for _ in range(1 + number % 2)]
        tickets = [Ticket(most_unread=3 if number % 3 else 1000) for number in coming]
        leaving = {first for first, second in itertools.pairwise(range(len(coming))) if coming[first] == coming[second]}
        events: list[list[Event]] = [[] for _ in coming]
        left = list(rng.permutation(len(coming)))
        while left or self.rounds.inside:
            is_coming = left and len(self.rounds.inside) < LIMITS.most_streams and rng.random() < 0.3
            now = [left.pop()] if is_coming else []
            self.go_on([(requests[coming[each]], tickets[each]) for each in now])
            for number, ticket in enumerate(tickets):
                if rng.random() < 0.3:
                    events[number] += ticket.take()
                if number in leaving and len(events[number]) > 5:
                    ticket.cancel()
        for number, ticket in enumerate(tickets):
            events[number] += ticket.take()
        return [events[each] for each in range(len(coming)) if each not in leaving]


@every_cell
@pytest.mark.parametrize("is_mixed", [True, False], ids=["mixed", "network"])
def test_a_request_has_the_same_events_alone_and_among_others(
    cell: Cell, is_mixed: bool, run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    monkeypatch.setattr("seqgen.server.engine.batch._FULL", 2)
    model = random_model(open_model(run_folder), cell, is_mixed=is_mixed)
    requests = requests_of(model)
    with one_thread():
        alone = [Driven(model).alone(request) for request in requests[:2]]
        driven = Driven(model)
        alone += [driven.alone(request) for request in requests[2:]]
        assert driven.among_others(requests) == alone


@every_cell
def test_a_request_has_the_text_that_the_sampler_writes_for_its_seed(cell: Cell, run_folder: Path) -> None:
    model = random_model(open_model(run_folder), cell)
    with one_thread():
        driven = Driven(model)
        for request in requests_of(model):
            if request.token_bias or request.max_tokens is not None:  # the sampler has no such options
                continue
            stream = TextStream(
                model,
                request.prompt,
                config=request.config,
                request=SamplingRequest(length=request.max_characters, first=request.number),
            )
            assert text_of(driven.alone(request)) == "".join(piece.text for piece in stream)
