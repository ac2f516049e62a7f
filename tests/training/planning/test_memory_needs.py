"""What training needs of memory is known before any is taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
import torch

from seqgen.config import Budget, Cell, CorpusConfig, EncoderConfig
from seqgen.errors import ConfigError
from seqgen.models import build_model, count_parameters
from seqgen.training import Session, TrainingRequest
from seqgen.training.planning.memory_needs import MemoryNeeds, memory_needs, require_memory
from seqgen.training.planning.problem import CorpusFacts, Problem
from seqgen.training.planning.resolve import Resolved, resolve
from tests import tiny

CPU = torch.device("cpu")
NOVEL = CorpusFacts(vocab_size=60, n_train=10**8, n_valid=0)
every_cell = pytest.mark.parametrize("cell", get_args(Cell))


def resolved(cell: Cell, **settings: Any) -> Resolved:
    return resolve(cell, Problem(settings=settings, corpus=NOVEL, budget=Budget(steps=10)))


def needs(cell: Cell, **settings: Any) -> MemoryNeeds:
    run = resolved(cell, **settings)
    return memory_needs(run.model, run.training)


@every_cell
def test_weights_count_as_those_of_the_model_that_is_built(cell: Cell) -> None:
    run = resolved(cell, d_model=16, n_layer=3, optimizer="adamw", average=None, ngram_order=None)
    encoder = EncoderConfig(vocab_size=9, n_layer=4, d_model=16, dropout=0.0)
    n_parameters = count_parameters(build_model(run.model, encoder))
    assert memory_needs(run.model, run.training, encoder=encoder).weights == 5 * 4 * n_parameters


@every_cell
def test_a_longer_window_and_more_streams_need_more(cell: Cell) -> None:
    few = needs(cell, n_streams=4, window=16, d_model=32)
    many = needs(cell, n_streams=8, window=32, d_model=32)
    assert many.activations >= 4 * few.activations and many.weights == few.weights


@every_cell
@pytest.mark.parametrize("size", [{"d_model": 10**6}, {"n_layer": 10**4, "d_model": 1024}, {"n_streams": 10**8}])
def test_what_no_machine_has_is_refused_in_one_line(cell: Cell, size: dict[str, int]) -> None:
    run = resolved(cell, **{"d_model": 64, "window": 1, **size})
    with pytest.raises(ConfigError, match=r"^this model needs about .* of memory in training, and .* free: give .*$"):
        require_memory(run.model, run.training, device=CPU)


def test_the_widest_model_of_all_is_refused_too() -> None:
    widest: dict[str, Any] = {"d_model": 2**28, "n_head": 2**16, "d_head": 2**16, "d_feedforward": 2**28}
    run = resolved("transformer", **widest, n_layer=2**14)
    with pytest.raises(ConfigError, match="TB of memory"):
        require_memory(run.model, run.training, device=CPU)


def test_the_remedy_is_about_what_takes_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.training.planning.memory_needs.free_bytes", lambda: 20_000_000)
    wide, long = resolved("gru", d_model=1024, window=1), resolved("gru", d_model=16, window=2000)
    with pytest.raises(ConfigError, match=r"20 MB are free: give a smaller width or vocabulary, or fewer layers"):
        require_memory(wide.model, wide.training, device=CPU)
    with pytest.raises(ConfigError, match="give fewer streams or a shorter window"):
        require_memory(long.model, long.training, device=CPU)


def test_nothing_is_refused_where_free_memory_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.training.planning.memory_needs.free_bytes", lambda: None)
    wide = resolved("gru", d_model=10**6)
    require_memory(wide.model, wide.training, device=CPU)
    assert memory_needs(wide.model, wide.training).total > 10**12


def test_what_just_fits_is_not_refused_and_a_byte_more_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = resolved("gru", d_model=64)
    n_bytes = memory_needs(run.model, run.training).total
    monkeypatch.setattr("seqgen.training.planning.memory_needs.free_bytes", lambda: n_bytes)
    require_memory(run.model, run.training, device=CPU)
    monkeypatch.setattr("seqgen.training.planning.memory_needs.free_bytes", lambda: n_bytes - 1)
    with pytest.raises(ConfigError, match="are free"):
        require_memory(run.model, run.training, device=CPU)


def test_a_process_of_several_needs_memory_for_its_own_streams() -> None:
    run = resolved("gru", n_streams=8)
    alone, of_four = (memory_needs(run.model, run.training, n_processes=n) for n in (1, 4))
    assert of_four.activations == alone.activations / 4


@pytest.mark.parametrize("budget", [Budget(steps=3), Budget(minutes=0.01)])
def test_a_run_that_needs_too_much_leaves_no_folder(tmp_path: Path, budget: Budget) -> None:
    text, folder = tmp_path / "text.txt", tmp_path / "run"
    text.write_text(tiny.TEXT, encoding="utf-8")
    corpus = CorpusConfig(paths=(str(text),))
    request = TrainingRequest(corpus=corpus, cell="lstm", settings={"d_model": 10**6}, budget=budget, folder=folder)
    with pytest.raises(ConfigError, match="of memory in training"):
        Session.start(request)
    assert not folder.exists()
