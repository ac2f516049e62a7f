"""The rounds of an engine, one by one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from seqgen.config import SamplingConfig
from seqgen.errors import ConfigError, CorpusError, SeqgenError
from seqgen.run import SavedModel, open_model
from seqgen.sampling.constraints.constraint_set import ConstraintSet
from seqgen.server.engine import Failed, Finished, StreamRequest, Ticket
from seqgen.server.engine.constraints import ConstraintBuilder
from seqgen.server.engine.rounds import Rounds
from seqgen.server.engine.stream import failure
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


def test_constraints_of_a_text_that_nobody_wants_are_not_built(
    model: SavedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[tuple[str, ...]] = []
    build = ConstraintBuilder._set_of

    def note_and_build(builder: ConstraintBuilder, config: SamplingConfig) -> ConstraintSet:
        built.append(config.ban)
        return build(builder, config)

    monkeypatch.setattr(ConstraintBuilder, "_set_of", note_and_build)
    has_come = threading.Event()
    builder = ConstraintBuilder(model)
    builder.build(ask(model, ban=("left",)), lambda _: None, is_wanted=lambda: False)
    builder.build(ask(model, ban=("here",)), lambda _: has_come.set(), is_wanted=lambda: True)
    assert has_come.wait(5)
    assert built == [("here",)]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ConfigError("leaves no token", field="ban"), Failed("ban leaves no token", "request")),
        (CorpusError("/home/me/secret.txt is gone"), Failed("the training text cannot be read any more", "server")),
    ],
)
def test_an_error_is_told_with_its_cause_and_without_a_path(error: SeqgenError, told: Failed) -> None:
    assert failure(error) == told
