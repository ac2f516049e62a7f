"""Clients come to an engine, read, stop reading, leave, and ask for what cannot be had."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from seqgen.errors import ConfigError, RunError
from seqgen.run import SavedModel, open_model
from seqgen.sampling.constraints.phrases import PhraseBias
from seqgen.sampling.filters import Logits
from seqgen.server.engine import Engine, EngineLimits, Failed, Finished, Piece, QueueFull
from seqgen.server.engine.contract import ENDING
from seqgen.server.engine.stream import BUG
from tests.server.engine.models import ask, last_of, text_of


@pytest.fixture(scope="module")
def model(run_folder: Path) -> SavedModel:
    return open_model(run_folder)


@pytest.fixture
def engine(model: SavedModel) -> Iterator[Engine]:
    """An engine with few places."""
    made = Engine(model, limits=EngineLimits(most_streams=3, queue_length=2, most_unread=10))
    yield made
    made.close(within_s=0)


def test_a_text_has_as_many_characters_as_were_asked_for(engine: Engine, model: SavedModel) -> None:
    events = list(engine.submit(ask(model, "Mina ", length=30)))
    assert len(text_of(events)) == 30
    assert events[-1] == Finished("length")


def test_a_text_has_as_many_tokens_as_were_asked_for(engine: Engine, model: SavedModel) -> None:
    events = list(engine.submit(ask(model, "Mina ", length=None, max_tokens=7)))
    assert [type(event) for event in events] == [Piece] * 7 + [Finished]


@pytest.mark.parametrize("options", [{"length": 0}, {"length": None, "max_tokens": 0}])
def test_a_text_of_no_length_ends_before_it_begins(engine: Engine, model: SavedModel, options: dict[str, int]) -> None:
    assert list(engine.submit(ask(model, "Mina ", **options))) == [Finished("length")]


def test_characters_that_wait_for_a_stop_string_are_told_at_the_last_token(engine: Engine, model: SavedModel) -> None:
    text = text_of(list(engine.submit(ask(model, length=12))))
    stop = text[6:] + text  # it has begun when the text ends
    assert text_of(list(engine.submit(ask(model, length=None, max_tokens=12, stop=(stop,))))) == text


def test_log_probabilities_are_those_of_the_model(engine: Engine, model: SavedModel) -> None:
    *pieces, _ = engine.submit(ask(model, top_logprobs=model.tokenizer.vocab_size, top_k=1, length=5))
    for piece in pieces:
        assert isinstance(piece, Piece)
        assert sum(np.exp(logprob) for _, logprob in piece.top_logprobs) == pytest.approx(1)
        assert piece.top_logprobs[0] == (piece.token, piece.logprob)


def test_as_many_texts_wait_as_may_wait_and_no_more(engine: Engine, model: SavedModel) -> None:
    tickets = [engine.submit(ask(model, length=None)) for _ in range(5)]
    with pytest.raises(QueueFull, match="busy"):
        engine.submit(ask(model))
    assert len(next(iter(tickets[2]))) == 4  # the third is written, so the first two are
    assert (engine.n_writing, engine.n_waiting) == (3, 2)


def test_a_client_that_leaves_frees_its_place(engine: Engine, model: SavedModel) -> None:
    tickets = [engine.submit(ask(model, length=None)) for _ in range(3)]
    waiting = engine.submit(ask(model, length=3))
    tickets[1].cancel()
    assert last_of(list(waiting)) == Finished("length")
    assert last_of(list(tickets[1])) == Failed("the text was stopped")


def test_a_client_that_leaves_the_queue_is_told_so_at_once(engine: Engine, model: SavedModel) -> None:
    for _ in range(3):
        engine.submit(ask(model, length=None))
    waiting = engine.submit(ask(model))
    waiting.cancel()
    assert list(waiting) == [Failed("the text was stopped")]


def test_a_text_pauses_while_its_client_does_not_read_and_loses_nothing(engine: Engine, model: SavedModel) -> None:
    slow = engine.submit(ask(model, "Mina ", length=35, seed=3))
    expected = text_of(list(engine.submit(ask(model, "Mina ", length=35, seed=3))))
    events = slow.take()
    assert len(events) == 10
    assert text_of(events + list(slow)) == expected


def test_a_client_that_never_reads_is_given_up(model: SavedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.server.engine.engine._LOOK_S", 0.01)
    engine = Engine(model, limits=EngineLimits(most_streams=1, queue_length=1, most_unread=4, patience_s=0.0))
    slow = engine.submit(ask(model, length=None))
    assert last_of(list(engine.submit(ask(model, length=3)))) == Finished("length")
    assert last_of(list(slow)) == Failed("the client has not read the text for too long")
    engine.close(within_s=1)


def test_a_text_that_cannot_begin_fails_alone(engine: Engine, model: SavedModel) -> None:
    alphabet = model.tokenizer.alphabet
    assert alphabet is not None
    others = engine.submit(ask(model, length=30))
    (failed,) = engine.submit(ask(model, ban=tuple(alphabet.characters)))
    assert isinstance(failed, Failed)
    assert failed.message.startswith("no text can begin here")
    assert last_of(list(others)) == Finished("length")


def test_an_expression_that_is_none_fails_alone(engine: Engine, model: SavedModel) -> None:
    (failed,) = engine.submit(ask(model, match="[a-z"))
    assert isinstance(failed, Failed)
    assert failed.message.startswith("--match [a-z:")
    assert failed.cause == "request"


def test_a_bug_in_a_constraint_ends_only_its_text(
    engine: Engine, model: SavedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def apply(self: PhraseBias, logits: Logits) -> None:
        raise KeyError("bug")

    monkeypatch.setattr(PhraseBias, "apply", apply)
    others = engine.submit(ask(model, length=30))
    assert list(engine.submit(ask(model, ban=("the",)))) == [BUG]
    assert last_of(list(others)) == Finished("length")


def test_a_bug_in_the_engine_ends_the_texts_that_are_there_and_no_later_ones(
    engine: Engine, model: SavedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("seqgen.server.engine.batch.Batch.join", lambda self, streams: 1 / 0)
        assert last_of(list(engine.submit(ask(model)))) == BUG
    assert last_of(list(engine.submit(ask(model)))) == Finished("length")


def test_what_an_engine_cannot_do_is_refused_at_once(engine: Engine, model: SavedModel) -> None:
    with pytest.raises(ConfigError, match=r"^hold "):
        engine.submit(ask(model, hold={"0:1": 1.0}))
    with pytest.raises(ConfigError, match="token id"):
        engine.submit(ask(model, token_bias={model.tokenizer.vocab_size: 1.0}))


def test_pairs_are_refused(pair_folder: Path) -> None:
    with pytest.raises(ConfigError, match="learned from pairs"):
        Engine(open_model(pair_folder), limits=EngineLimits(most_streams=1, queue_length=1))


def test_an_engine_that_is_closed_lets_texts_end(model: SavedModel) -> None:
    engine = Engine(model, limits=EngineLimits(most_streams=1, queue_length=2))
    tickets = [engine.submit(ask(model, length=20, seed=seed)) for seed in range(3)]
    engine.close(within_s=10)
    assert [last_of(list(ticket)) for ticket in tickets] == [Finished("length")] * 3
    with pytest.raises(RunError, match="being stopped"):
        engine.submit(ask(model))


def test_an_engine_that_has_to_end_tells_every_client(model: SavedModel) -> None:
    engine = Engine(model, limits=EngineLimits(most_streams=1, queue_length=2))
    tickets = [engine.submit(ask(model, length=None)) for _ in range(3)]
    engine.close(within_s=0)
    assert [last_of(list(ticket)) for ticket in tickets] == [ENDING] * 3


def test_a_listener_is_called_once_there_is_something_to_take(engine: Engine, model: SavedModel) -> None:
    called = threading.Event()
    ticket = engine.submit(ask(model, length=5))
    ticket.when_ready(called.set)
    assert called.wait(10)
    assert ticket.take()


def test_texts_and_tokens_are_counted(engine: Engine, model: SavedModel) -> None:
    for _ in range(2):
        list(engine.submit(ask(model, "Mina", length=6)))
    list(engine.submit(ask(model, match="(")))
    counts = engine.counts
    assert (counts.n_finished, counts.n_failed, counts.n_cancelled) == (2, 1, 0)
    assert (counts.n_tokens, counts.n_tokens_read, counts.n_steps) == (12, 5, 10)
    assert 0 < counts.longest_step_s <= counts.step_s
