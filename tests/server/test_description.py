"""The OpenAPI document and the server agree: requests that it allows and requests that it forbids get what it says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from seqgen.run import SavedModel
from seqgen.server.app import build_app
from seqgen.server.listening import Server
from seqgen.server.models import ServedModels
from seqgen.server.openapi import describe
from tests.server.conftest import LIMITS

SMALL = replace(LIMITS, longest_text=20, longest_prompt=30, most_texts=2)
N_EXAMPLES = 6
"""A few, always the same; `benchmarks/fuzz_server.py` tries many."""
PATHS = describe(SMALL)["paths"]
DESCRIBED = schemathesis.openapi.from_dict(describe(SMALL))
POSITIVE = [(path, method, GenerationMode.POSITIVE) for path, methods in PATHS.items() for method in methods]
NEGATIVE = [(path, "post", GenerationMode.NEGATIVE) for path in PATHS if "requestBody" in PATHS[path].get("post", {})]


@contextmanager
def serving(saved: SavedModel) -> Iterator[str]:
    """The address of a server with one model."""
    with ServedModels.open([saved], SMALL) as models, Server(build_app(models, SMALL), SMALL) as server:
        yield server.address


@pytest.fixture(scope="module")
def addresses(saved: SavedModel, saved_pairs: SavedModel) -> Iterator[tuple[str, str]]:
    """Of a server whose model writes texts, and of one whose model predicts."""
    with serving(saved) as texts, serving(saved_pairs) as pairs:
        yield texts, pairs


@pytest.mark.parametrize(("path", "method", "mode"), [*POSITIVE, *NEGATIVE])
def test_requests_get_answers_of_the_described_form(
    addresses: tuple[str, str], path: str, method: str, mode: GenerationMode
) -> None:
    """Allowed values may still be refused beside each other, as `best_of` below `n`."""
    operation, address = DESCRIBED[path][method], addresses[path == "/v1/predict"]

    @seed(0)
    @settings(max_examples=N_EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def fuzz(data: st.DataObject) -> None:
        case = data.draw(operation.as_strategy(generation_mode=mode))
        response = case.call_and_validate(base_url=address, excluded_checks=[positive_data_acceptance])
        assert response.status_code < 500

    fuzz()
