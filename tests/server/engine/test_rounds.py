"""The rounds of an engine, one by one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from seqgen.run import SavedModel, open_model
from seqgen.server.engine import Failed, Finished, StreamRequest, Ticket
from seqgen.server.engine.rounds import Rounds
from tests.server.engine.models import LIMITS, ask


@pytest.fixture(scope="module")
def model(run_folder: Path) -> SavedModel:
    return open_model(run_folder)


class Shown:
    """The work of an engine without its thread."""

    def __init__(self, model: SavedModel) -> None:
        self.handed_in: list[Callable[[], None]] = []
        self.rounds = Rounds(model, LIMITS, hand_in=self.handed_in.append)

    def begin(self, request: StreamRequest, *tickets: Ticket) -> Rounds:
        """Two rounds, in which a text for each ticket comes and begins."""
        self.rounds.go_on([(request, ticket) for ticket in tickets], [])
        self.rounds.go_on([], self.handed_in)
        return self.rounds


def test_a_text_that_nobody_wants_is_not_stepped(model: SavedModel) -> None:
    ticket = Ticket()
    rounds = Shown(model).begin(ask(model, length=None), ticket)
    assert rounds.is_busy
    ticket.cancel()
    rounds.go_on([], [])
    assert not rounds.is_busy
    assert not rounds.inside
    assert rounds.counts.n_cancelled == 1


def test_a_text_that_pauses_is_not_stepped(model: SavedModel) -> None:
    ticket = Ticket(most_unread=2)
    rounds = Shown(model).begin(ask(model, length=None), ticket)
    assert not rounds.is_busy
    rounds.go_on([], [])
    assert len(ticket.take()) == 2
    rounds.go_on([], [])
    assert len(ticket.take()) == 1
    assert rounds.is_busy


def test_texts_share_steps(model: SavedModel) -> None:
    tickets = [Ticket() for _ in range(8)]
    rounds = Shown(model).begin(ask(model, length=10), *tickets)
    while rounds.inside:
        rounds.go_on([], [])
    assert [ticket.take()[-1] for ticket in tickets] == [Finished("length")] * 8
    assert (rounds.counts.n_steps, rounds.counts.n_tokens) == (9, 80)


def test_a_prompt_of_several_texts_is_read_once(model: SavedModel) -> None:
    rounds = Shown(model).begin(ask(model), *[Ticket() for _ in range(8)])
    assert rounds.counts.n_tokens_read == 1


def test_a_long_prompt_is_read_between_the_steps_of_others(model: SavedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.server.engine.rounds._READING_S", 0.0)
    shown, first, second = Shown(model), Ticket(), Ticket()
    shown.begin(ask(model, length=None), first)
    shown.handed_in.clear()
    rounds = shown.begin(ask(model, "Mina sat. " * 20), second)
    n_steps = rounds.counts.n_steps
    while not second.take():
        rounds.go_on([], [])
    assert rounds.counts.n_steps == n_steps + 200 // 32


def test_a_prompt_that_nobody_wants_is_not_read_on(model: SavedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.server.engine.rounds._READING_S", 0.0)
    ticket = Ticket()
    rounds = Shown(model).begin(ask(model, "Mina sat. " * 50), ticket)
    assert rounds.counts.n_tokens_read == 32
    ticket.cancel()
    rounds.go_on([], [])
    assert not rounds.is_busy
    assert ticket.take() == [Failed("the text was stopped")]
