"""Fixtures for all tests: a private cache folder, and a small run that is trained once."""

from __future__ import annotations

import gc
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import torch

from seqgen.config import Budget
from tests import tiny, tiny_pairs
from tests.short import measure_little

gc.set_threshold(100_000, 50, 50)  # the many objects of the libraries take long to look through, and nothing is gained
torch.set_num_threads(1)  # so that results do not depend on the number of cores
os.environ.setdefault("OMP_NUM_THREADS", "1")  # of processes that tests start, whose threads would wait for each other
hypothesis.settings.register_profile("same every time", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("same every time")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One process more than there are processors, because some tests wait for others."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(autouse=True, scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A cache folder for fixtures that several tests share. Tests never touch the cache of the user."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQGEN_CACHE", str(tmp_path_factory.mktemp("shared-cache")))
        yield


@pytest.fixture(scope="session")
def new_caches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Names of cache folders, in a folder of their own. pytest looks through all folders beside a new one."""
    folder = tmp_path_factory.mktemp("caches")
    return (folder / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def own_cache(new_caches: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder for one test. Most tests need none, so it is there as soon as something is put into it."""
    folder = next(new_caches)
    monkeypatch.setenv("SEQGEN_CACHE", str(folder))
    return folder


@pytest.fixture(autouse=True)
def same_random_numbers() -> None:
    """PyTorch draws the same numbers, whichever tests came before. pytest-randomly seeds the other libraries."""
    torch.default_generator.manual_seed(0)


@pytest.fixture(autouse=True)
def no_wait_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines about long waits would come or not, as fast as the machine is."""
    monkeypatch.setattr("seqgen.cli.shared.wait_line._LINE_AFTER_S", 1e6)


@pytest.fixture(autouse=True)
def short_timings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is timed runs three times, not for a tenth of a second: few tests ask how fast this machine is."""
    monkeypatch.setattr("seqgen.training.planning.timing._MEASURE_S", 0.0)


@pytest.fixture(autouse=True)
def short_measurements(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is measured of baselines and samples is measured for a moment: few tests ask how good they are."""
    measure_little(monkeypatch)


@pytest.fixture(autouse=True)
def no_wait_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test writes need not outlive a power cut."""
    monkeypatch.setattr("os.fsync", lambda _: None)


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of a tiny LSTM on characters. Many tests read it, so do not write into it."""
    return tiny.trained(tmp_path_factory.mktemp("runs") / "tiny")


@pytest.fixture(scope="session")
def pair_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of a tiny GRU on pairs of a word and the same word from its end. Do not write into it."""
    return tiny_pairs.trained(tmp_path_factory.mktemp("runs") / "reversed", cell="gru", budget=Budget(steps=60))
