"""Fixtures for all tests: a private cache folder, and a small run that is trained once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests import tiny

torch.set_num_threads(1)  # so that results do not depend on the number of cores


@pytest.fixture(autouse=True, scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache folder for fixtures that several tests share. Tests never touch the cache of the user."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQGEN_CACHE", str(tmp_path_factory.mktemp("shared-cache")))
        yield


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new cache folder for one test."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("SEQGEN_CACHE", str(folder))
    return folder


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of a tiny LSTM on characters. Many tests read it, so do not write into it."""
    return tiny.trained(tmp_path_factory.mktemp("runs") / "tiny")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """TEMPORARY: a run without arguments leaves out the slow files unless FULL=1."""
    if os.environ.get("FULL") or config.args_source != pytest.Config.ArgsSource.TESTPATHS:
        return
    slow = (
        "tests/cli/",
        "test_process_group",
        "test_readme",
        "test_docs",
        "test_lm_eval",
        "test_session",
        "test_compare",
        "test_neural",
        "test_candidates",
        "test_old_runs",
        "test_contract",
    )
    items[:] = [item for item in items if not any(part in item.nodeid for part in slow)]
