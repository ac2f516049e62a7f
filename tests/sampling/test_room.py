"""Texts that there is no memory for are refused before the first of them begins."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from seqgen.cli.sample.text_output import BYTES_OF_CHARACTER, BYTES_OF_PIECE, LaterText
from seqgen.config import Budget, SamplingConfig, SamplingRequest, TransformerConfig
from seqgen.errors import ConfigError
from seqgen.inference import build_stepper
from seqgen.models import build_model, read_weights
from seqgen.run import SavedModel, open_model
from seqgen.sampling import TextStream, beam_search, fit_prompt, prefill, write_texts
from seqgen.sampling.room import require_room_for_streams, require_room_for_texts
from seqgen.waiting import Wait, watched
from tests import tiny

CONFIG = SamplingConfig()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> SavedModel:
    folder = tmp_path_factory.mktemp("room")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQGEN_CACHE", str(folder / "cache"))
        return open_model(tiny.trained(folder / "run", budget=Budget(steps=2)))


def free(n_bytes: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let so much memory be free."""
    monkeypatch.setattr("seqgen.sampling.room.free_bytes", lambda: n_bytes)


REQUESTS = {"count": SamplingRequest(count=1000), "best_of": SamplingRequest(best_of=1000)}


@pytest.mark.parametrize(("field", "request_"), REQUESTS.items(), ids=REQUESTS)
def test_more_texts_than_fit_are_refused(
    field: str, request_: SamplingRequest, model: SavedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    free(100_000, monkeypatch)
    with pytest.raises(ConfigError, match=rf"^{field} asks for 1,000 texts, which need .* MB of memory"):
        TextStream(model, fit_prompt("", model.tokenizer), config=CONFIG, request=request_)


def test_many_texts_take_the_memory_of_those_that_are_under_way(
    model: SavedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    free(1_400_000_000, monkeypatch)
    require_room_for_streams(model, 1_000_000, field="count")  # all at once, they would need 40 GB
    free(1_200_000_000, monkeypatch)
    with pytest.raises(ConfigError, match=r"^count asks for 1,000,000 texts, which need 1\.2 GB of memory"):
        require_room_for_streams(model, 1_000_000, field="count")


def test_a_beam_that_does_not_fit_is_refused(model: SavedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    free(100_000, monkeypatch)
    with pytest.raises(ConfigError, match=r"^beam asks for 9,000 texts"):
        beam_search(model, fit_prompt("", model.tokenizer), config=CONFIG, length=5, width=9000)


def test_texts_that_are_kept_are_refused_if_they_are_too_long_to_keep(model: SavedModel) -> None:
    request = SamplingRequest(count=2, length=10**15)
    with pytest.raises(
        ConfigError, match=r"^to keep 2 texts of 1,000,000,000,000,000 characters takes 4,000 TB of memory"
    ):
        write_texts(model, fit_prompt("", model.tokenizer), config=CONFIG, request=request)


def test_texts_that_are_painted_when_others_have_been_take_more(
    model: SavedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    free(10_000, monkeypatch)
    request = SamplingRequest(count=2, length=1000)
    require_room_for_texts(CONFIG, request)
    with pytest.raises(ConfigError, match=r"^to keep 2 texts of 1,000 characters takes 202 KB of memory"):
        require_room_for_texts(CONFIG, request, n_bytes_each=100)


def test_texts_count_beside_their_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    free(500_000, monkeypatch)
    with pytest.raises(ConfigError, match=r"^to keep 1,000 texts of 1 character takes 1 MB of memory"):
        require_room_for_texts(CONFIG, SamplingRequest(count=1000, length=1))


@pytest.mark.parametrize(("scored", "most"), [(False, BYTES_OF_CHARACTER), (True, BYTES_OF_CHARACTER + BYTES_OF_PIECE)])
def test_a_text_that_is_shown_later_takes_no_more_than_is_said(*, scored: bool, most: float) -> None:
    tracemalloc.start()
    text = LaterText(scored=scored)
    for _ in range(10_000):
        text.add("a", 0.5)
    n_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert n_bytes < 10_000 * most


def test_a_text_that_is_shown_while_it_is_written_may_have_any_length(model: SavedModel) -> None:
    request = SamplingRequest(length=10**15)
    pieces = iter(TextStream(model, fit_prompt("", model.tokenizer), config=CONFIG, request=request))
    assert next(pieces).text


def test_a_text_that_may_end_before_may_have_any_length(model: SavedModel) -> None:
    request, config = SamplingRequest(length=10**15), SamplingConfig(stop=("e", " ", "a", "t", "\n"))
    (text,) = write_texts(model, fit_prompt("", model.tokenizer), config=config, request=request)
    assert text.ending == "stop"


def test_nothing_is_refused_where_free_memory_is_unknown(model: SavedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    free(None, monkeypatch)
    request = SamplingRequest(count=3, length=4)
    assert len(write_texts(model, fit_prompt("", model.tokenizer), config=CONFIG, request=request)) == 3


def test_the_numbers_that_a_stream_carries_are_those_of_its_stepper() -> None:
    for name, config in tiny.MODEL_CONFIGS.items():
        if config.ngram_order is None:
            stepper = build_stepper(config, read_weights(build_model(config)), n_streams=1)
            stepper.read([1] * 200)
            n_numbers = sum(part.size for part in stepper.state() if part.dtype.kind == "f")
            room = config.memory if isinstance(config, TransformerConfig) else None  # its latest place is free again
            assert n_numbers == (config.n_carried if room is None else config.n_carried * (room - 1) // room), name


def test_only_the_end_of_a_prompt_is_read_where_no_more_has_an_effect(tmp_path: Path) -> None:
    model = open_model(tiny.trained(tmp_path / "run", cell="transformer", budget=Budget(steps=2)))
    prompt = fit_prompt("the cat sat " * 1000, model.tokenizer)
    waits: list[Wait | None] = []
    with watched(waits.append):
        prefilled = prefill(model, prompt.ids)
    assert waits[0] is not None
    assert waits[0].total == prefilled.stepper.reach
    assert prefilled.prompt == prompt.ids


def test_a_search_says_how_far_it_is(model: SavedModel) -> None:
    waits: list[Wait | None] = []
    with watched(waits.append):
        beam_search(model, fit_prompt("", model.tokenizer), config=CONFIG, length=9, width=2)
    searching = [wait for wait in waits if wait is not None and wait.what == "searching"]
    assert [wait.done for wait in searching] == [*range(9)]
    assert {wait.total for wait in searching} == {9}


def test_a_long_prompt_says_how_far_it_is(model: SavedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.sampling.sources._AT_ONCE", 4)
    waits: list[Wait | None] = []
    with watched(waits.append):
        next(
            iter(TextStream(model, fit_prompt("the the t", model.tokenizer), config=CONFIG, request=SamplingRequest()))
        )
    done = [(wait.done, wait.total) for wait in waits if wait is not None and wait.what == "reading the prompt"]
    assert done == [(0, 10), (4, 10), (8, 10), (10, 10)]


def test_a_prompt_read_in_parts_gives_the_same_text(model: SavedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    prompt, request = fit_prompt("the the the", model.tokenizer), SamplingRequest(length=20)
    (at_once,) = write_texts(model, prompt, config=CONFIG, request=request)
    monkeypatch.setattr("seqgen.sampling.sources._AT_ONCE", 3)
    (in_parts,) = write_texts(model, prompt, config=CONFIG, request=request)
    assert in_parts == at_once
