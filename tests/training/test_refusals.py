"""What training refuses before it begins, and what it leaves out on the way."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, cast

import pytest
import torch

from seqgen.config import Budget, CharConfig, CorpusConfig, Device, SentencePieceConfig
from seqgen.errors import ConfigError, TokenizerError
from seqgen.launch import require_single_process
from seqgen.models.devices import choose_device, recorded_device
from seqgen.run import SkipReport
from seqgen.training import Session, TrainingRequest
from seqgen.training import tokenizer_trials as trials
from seqgen.training.process_group import ProcessGroup
from seqgen.training.row_adagrad import RowAdagrad
from seqgen.training.tokenizer_trials import try_tokenizers
from seqgen.training.trainer import train
from tests import tiny
from tests.training.test_row_adagrad import table_of
from tests.training.trainer import CONFIG, data, fresh


@pytest.fixture
def second_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `torchrun` tells the second of two processes."""
    for name, value in {"WORLD_SIZE": "2", "RANK": "1", "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)


def test_a_window_whose_gradient_is_no_number_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    norms = iter([1.0, math.inf, math.nan, 1.0])
    monkeypatch.setattr("seqgen.training.trainer.clip", lambda model, norm: next(norms))
    reports = list(train(fresh(), data(), config=CONFIG, budget=Budget(steps=2)))
    assert [report.cause for report in reports if isinstance(report, SkipReport)] == ["gradient", "gradient"]


def test_a_table_that_no_step_has_read_stays_as_it_is() -> None:
    table = table_of()
    before = table.weight.detach().clone()
    RowAdagrad(list(table.parameters()), lr=0.1).step()
    assert torch.equal(table.weight, before)


@pytest.mark.usefixtures("second_of_two")
def test_several_processes_do_not_train_on_mps() -> None:
    with pytest.raises(ConfigError, match="not on mps"):
        ProcessGroup.join(torch.device("mps"))


@pytest.mark.usefixtures("second_of_two")
def test_a_command_that_cannot_share_its_work_is_refused() -> None:
    with pytest.raises(ConfigError, match="seqgen race runs in a single process"):
        require_single_process("seqgen race")


def test_several_processes_do_not_share_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqgen.training.open_run.ProcessGroup.join", lambda device: ProcessGroup(1, 2))
    request = TrainingRequest(corpus=CorpusConfig(paths=("-",)), device="cpu", folder=tmp_path / "run")
    with pytest.raises(ConfigError, match="cannot share standard input"):
        Session.start(request)


@pytest.mark.usefixtures("second_of_two")
def test_every_process_needs_a_gpu_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    with pytest.raises(ConfigError, match="process 2 has no GPU: this machine has 1"):
        choose_device("cuda")
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    assert choose_device("auto") == torch.device("cuda", 1)


def test_a_run_of_a_device_that_is_not_here_goes_to_the_best_one_that_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    assert recorded_device({"device": "cuda (a GPU)"}) == torch.device("cpu")


@pytest.mark.parametrize("environment", [{}, {"device": ""}, {"device": "tpu (x)"}], ids=repr)
def test_a_record_that_names_no_device_stands_for_the_best_one(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    assert recorded_device(environment) == torch.device("cpu")


def test_a_device_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^device is 'gpu': it must be one of auto, cpu, cuda, mps$"):
        choose_device(cast(Device, "gpu"))


def trial_request(folder: Path, **settings: Any) -> TrainingRequest:
    (folder / "text.txt").write_text(tiny.TEXT, encoding="utf-8")
    shape = {"d_model": 16, "n_streams": 4, "window": 16}
    return TrainingRequest(
        corpus=CorpusConfig(paths=(str(folder / "text.txt"),)),
        tokenizer=None,
        settings={**shape, **settings},
        budget=Budget(steps=8),
        device="cpu",
    )


def test_a_text_that_no_tokenizer_suits_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "TRIED", (SentencePieceConfig(vocab_size=60_000),))
    with pytest.raises(TokenizerError, match="no tokenizer suits this text"):
        try_tokenizers(trial_request(tmp_path))


def test_a_vocabulary_that_was_tried_is_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "TRIED", (CharConfig(), CharConfig()))
    assert len(try_tokenizers(trial_request(tmp_path))) == 1
