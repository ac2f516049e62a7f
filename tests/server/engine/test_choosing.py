"""Tokens that are chosen together are those that are chosen one by one, and a fault ends one text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from seqgen.run import SavedModel, open_model
from seqgen.sampling.prefill import cpu_stepper
from seqgen.server.engine import Engine, EngineLimits, Finished, Ticket
from seqgen.server.engine.reading import PromptReader, ReadPrompt
from seqgen.server.engine.stream import BUG
from tests.server.engine.models import ask, last_of, text_of


@pytest.fixture(scope="module")
def model(run_folder: Path) -> SavedModel:
    return open_model(run_folder)


@pytest.fixture
def engine(model: SavedModel) -> Iterator[Engine]:
    made = Engine(model, limits=EngineLimits(most_streams=3, queue_length=2))
    yield made
    made.close(within_s=0)


def written(model: SavedModel) -> list[str]:
    """Three texts that an engine writes side by side."""
    engine = Engine(model, limits=EngineLimits(most_streams=3, queue_length=2))
    tickets = [engine.submit(ask(model, "Mina ", length=None, max_tokens=60, seed=seed)) for seed in range(3)]
    texts = [text_of(list(ticket)) for ticket in tickets]
    engine.close(within_s=0)
    return texts


@pytest.mark.parametrize("has_documents", [False, True])
def test_logits_that_are_not_sound_are_looked_at_one_by_one(
    model: SavedModel, has_documents: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(model.record.corpus.config, documents="line" if has_documents else None)
    dividing = replace(model, record=replace(model.record, corpus=replace(model.record.corpus, config=config)))
    together = written(dividing)
    monkeypatch.setattr("seqgen.server.engine.batch.are_sound", lambda logits: False)
    assert written(dividing) == together
    assert len(set(together)) == 3


@pytest.mark.parametrize("place", ["rounds.Stream", "stream.GrowingText.take"])
def test_a_bug_before_or_at_a_token_ends_its_text(
    engine: Engine, model: SavedModel, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(f"seqgen.server.engine.{place}", lambda *_, **__: 1 / 0)
        assert last_of(list(engine.submit(ask(model)))) == BUG
    assert last_of(list(engine.submit(ask(model, length=3)))) == Finished("length")


def test_a_bug_at_a_token_that_was_chosen_among_others_ends_its_text(
    engine: Engine, model: SavedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqgen.server.engine.stream.Stream.begin", lambda self: None)
    monkeypatch.setattr("seqgen.server.engine.stream.GrowingText.take", lambda *_, **__: 1 / 0)
    assert last_of(list(engine.submit(ask(model)))) == BUG


def test_a_text_that_nothing_can_follow_ends_and_says_so(engine: Engine, model: SavedModel) -> None:
    events = list(engine.submit(ask(model, match="a{3}", ban=("aaa",))))
    assert (text_of(events), last_of(events)) == ("aa", Finished("stuck"))


def test_a_prompt_that_was_forgotten_is_read_again(model: SavedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.server.engine.reading._MOST_KEPT", 1)
    reader, read = PromptReader(cpu_stepper(model)), list[ReadPrompt]()
    for prompt in ((1, 2), (1, 2), (3,), (1, 2)):
        reader.ask(prompt, Ticket(), read.append)
        reader.read(within_s=1.0)
    assert [each.prefilled.prompt for each in read] == [(1, 2), (1, 2), (3,), (1, 2)]
    assert read[0] is read[1]
    assert read[3] is not read[0]
