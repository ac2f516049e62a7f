"""Smaller numbers for what takes long and only makes results more certain: baselines that learn, and samples."""

from __future__ import annotations

import importlib

import pytest


def measure_little(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("seqgen.evaluation.neural_baselines._MAX_PREDICTIONS", 2_000)
    patch.setattr("seqgen.evaluation.learned_temperature._N_SAMPLES", 4)
    summary, report = (importlib.import_module(f"seqgen.cli.evaluate.{name}") for name in ("summary", "report"))
    for module in (summary, report):
        patch.setattr(module, "N_SAMPLES", 1)
    patch.setattr(report, "_N_COPY_SAMPLES", 1)
