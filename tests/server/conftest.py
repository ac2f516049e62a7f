"""Fixtures: tiny models behind an application, and behind a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from seqgen.config import ServingConfig
from seqgen.run import SavedModel, open_model
from seqgen.server.app import build_app
from seqgen.server.listening import Server
from seqgen.server.models import ServedModels

LIMITS = ServingConfig(
    port=0,
    most_streams=4,
    queue=4,
    longest_text=20_000,
    longest_prompt=1000,
    most_texts=8,
    most_body_bytes=20_000,
    read_s=0.5,
    write_s=0.5,
    stop_s=1.0,
)


@pytest.fixture(scope="session")
def saved(run_folder: Path) -> SavedModel:
    """A tiny LSTM on characters."""
    return open_model(run_folder)


@pytest.fixture(scope="session")
def saved_pairs(pair_folder: Path) -> SavedModel:
    """A tiny GRU on pairs."""
    return open_model(pair_folder)


@pytest.fixture
def served(saved: SavedModel, saved_pairs: SavedModel) -> Iterator[ServedModels]:
    """Both models."""
    with ServedModels.open([saved, saved_pairs], LIMITS) as models:
        yield models


@pytest.fixture
def client(served: ServedModels) -> Iterator[TestClient]:
    """A client of an application with both models, without a socket."""
    with TestClient(build_app(served, LIMITS), base_url="http://localhost") as client:
        yield client


@pytest.fixture
def server(served: ServedModels) -> Iterator[Server]:
    """A server with both models at a port of this machine."""
    with Server(build_app(served, LIMITS), LIMITS) as server:
        yield server
