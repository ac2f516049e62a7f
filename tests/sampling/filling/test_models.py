"""Which two models fill gaps: those that are named, or the newest that fit each other."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from seqgen.config import ByteConfig
from seqgen.errors import ConfigError, RunError
from seqgen.run import open_model
from seqgen.sampling.filling import FillModels, open_fill_models
from tests import tiny


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs of one text forward, one backward, and one backward in other tokens, which is the newest."""
    folder = tmp_path_factory.mktemp("fill")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQGEN_CACHE", str(folder / "cache"))
        for name in ("old", "forward"):
            tiny.trained(folder / "checkpoints" / name)
        tiny.trained(folder / "checkpoints" / "backward", backward=True)
        tiny.trained(folder / "checkpoints" / "bytes", backward=True, tokenizer=ByteConfig())
    return folder


@pytest.mark.parametrize(
    ("forward", "backward"), [(None, None), ("checkpoints/forward", None), (None, "checkpoints/backward")]
)
def test_the_newest_that_fit_are_taken(
    forward: str | None, backward: str | None, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    models = open_fill_models(forward, backward)
    assert (models.forward.name, models.backward.name) == ("forward", "backward")


def test_both_can_be_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    models = open_fill_models("checkpoints/old", "checkpoints/backward")
    assert (models.forward.name, models.backward.name) == ("old", "backward")


@pytest.mark.parametrize(
    ("forward", "backward", "words"),
    [
        ("checkpoints/backward", None, "backward reads from the end, and --forward needs"),
        (None, "checkpoints/old", "old reads forward, and --backward needs a run that reads from the end"),
        ("checkpoints/old", "checkpoints/bytes", "old and bytes have different vocabularies"),
    ],
)
def test_runs_that_do_not_fit_are_refused(
    forward: str | None, backward: str | None, words: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(ConfigError, match=re.escape(words)):
        open_fill_models(forward, backward)


def test_what_is_missing_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(folder)
    with pytest.raises(RunError, match=r"reads forward in the tokens of bytes: train one on the same text"):
        open_fill_models(None, "checkpoints/bytes")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunError, match=r"^no two runs under ./checkpoints/ read the same tokens forward and backward"):
        open_fill_models()


def test_pairs_fill_no_gaps(pair_folder: Path) -> None:
    model = open_model(pair_folder)
    with pytest.raises(ConfigError, match="learned from pairs, and fills no gaps"):
        FillModels(model, model)


def test_runs_of_pairs_and_runs_that_read_forward_alone_fill_nothing(
    run_folder: Path, pair_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (run_folder, pair_folder):
        shutil.copytree(folder, tmp_path / "checkpoints" / folder.name)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunError, match=r"no two runs under \./checkpoints/ read the same tokens forward and backward"):
        open_fill_models()
