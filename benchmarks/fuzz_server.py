"""Fuzzes a server against its own description: many requests that it allows, and many that it forbids.

    python benchmarks/fuzz_server.py RUN... --examples 300

Each run has a server of its own. It prints how many requests of each operation got which status, and ends at the first
answer that the description does not allow.
"""

from __future__ import annotations

import argparse
from collections import Counter

import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from seqgen.config import ServingConfig
from seqgen.run import open_model
from seqgen.server.app import build_app
from seqgen.server.listening import Server
from seqgen.server.models import ServedModels
from seqgen.server.openapi import describe

LIMITS = ServingConfig(port=0, longest_text=100, longest_prompt=200, most_texts=4)


def fuzz(address: str, *, examples: int, start: int) -> None:
    """Send so many requests of each kind to every operation."""
    described = schemathesis.openapi.from_dict(describe(LIMITS))
    for path, methods in describe(LIMITS)["paths"].items():
        for method, operation in methods.items():
            for mode in GenerationMode:
                if mode is GenerationMode.POSITIVE or "requestBody" in operation:
                    counts = fuzz_one(described[path][method], address, mode=mode, run=(examples, start))
                    print(f"{method.upper():5} {path:22} {mode.value:9} {dict(sorted(counts.items()))}", flush=True)


def fuzz_one(operation: object, address: str, *, mode: GenerationMode, run: tuple[int, int]) -> Counter[int]:
    """How many requests of one operation got which status."""
    counts: Counter[int] = Counter()
    examples, start = run

    @seed(start)
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def check(data: st.DataObject) -> None:
        case = data.draw(operation.as_strategy(generation_mode=mode))  # type: ignore[attr-defined]
        response = case.call_and_validate(base_url=address, excluded_checks=[positive_data_acceptance])
        counts[response.status_code] += 1

    check()
    return counts


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--examples", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for run in options.runs:
        saved = open_model(run)
        print(saved.name)
        with ServedModels.open([saved], LIMITS) as models, Server(build_app(models, LIMITS), LIMITS) as server:
            fuzz(server.address, examples=options.examples, start=options.seed)


if __name__ == "__main__":
    main()
