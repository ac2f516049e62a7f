"""Inspection of a model that reads backward: measured as it reads, or refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from seqgen.cli.inspect.memory_report import describe
from seqgen.errors import ConfigError
from seqgen.evaluation import TextSelection, readings
from seqgen.inspection.attention_report import measure_attention
from seqgen.inspection.criteria import measure_criteria
from seqgen.inspection.memory import MemoryConfig, measure_memory
from seqgen.inspection.memory_curve import MemoryCurve
from seqgen.inspection.streams import Stream
from seqgen.inspection.unit_report import measure_units
from seqgen.run import SavedModel, open_model
from tests import tiny
from tests.backward import turned


@pytest.fixture
def model(run_folder: Path) -> SavedModel:
    return open_model(run_folder)


def selection(folder: Path, text: str) -> TextSelection:
    path = folder / "story.txt"
    path.write_text(text, encoding="utf-8")
    return TextSelection.of([str(path)])


def test_its_memory_is_that_of_what_follows(model: SavedModel, tmp_path: Path) -> None:
    """The same as that of a model that reads forward on the reversed text."""
    config = MemoryConfig(longest=64, n_tokens=400, beyond=("replaced",))
    (backward,) = readings(turned(model), selection(tmp_path, tiny.TEXT))
    (by_hand,) = readings(model, selection(tmp_path, tiny.TEXT[::-1]))
    first, second = (measure_memory(reading, config).to_json() for reading in (backward, by_hand))
    assert first["curves"] == second["curves"]
    assert (first["backward"], second["backward"]) == (True, False)


@pytest.mark.parametrize("tokens", [4, None])
def test_it_is_said_to_look_ahead(tokens: int | None, model: SavedModel, tmp_path: Path) -> None:
    config = MemoryConfig(longest=64, n_tokens=400)
    (reading,) = readings(turned(model), selection(tmp_path, tiny.TEXT))
    falling = [4.0, 3.0, *[1.0] * 5] if tokens else [1.0] * 7
    curve = MemoryCurve(beyond="nothing", lengths=(1, 2, 4, 8, 16, 32, 64), bits=np.repeat([falling], 24, axis=0).T)
    sentence = describe(replace(measure_memory(reading, config), curves=(curve,)))
    assert sentence.startswith("looks ahead 4 characters" if tokens else "gains nothing from what is after the next")
    assert "interval" not in sentence  # all passages have the same losses


def test_its_words_are_shuffled_as_words(model: SavedModel, tmp_path: Path) -> None:
    (reading,) = readings(turned(model), selection(tmp_path, tiny.TEXT))
    memory = measure_memory(reading, MemoryConfig(longest=64, n_tokens=400, beyond=("shuffled",)))
    assert [curve.beyond for curve in memory.curves] == ["nothing", "shuffled"]


def test_gradients_flow_over_what_it_reads(model: SavedModel, tmp_path: Path) -> None:
    ids = Stream.of_run(model, selection(tmp_path, tiny.TEXT)).ids
    assert Stream.of_run(turned(model), selection(tmp_path, tiny.TEXT)).ids.tolist() == ids[::-1].tolist()


def test_what_follows_a_text_from_its_beginning_is_refused(model: SavedModel, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="and seqgen inspect units follows one from its beginning"):
        measure_units(turned(model), selection(tmp_path, tiny.TEXT))
    with pytest.raises(ConfigError, match="and seqgen inspect attention follows one from its beginning"):
        measure_attention(replace(turned(model), expert=None), selection(tmp_path, tiny.TEXT))
    (reading,) = readings(turned(model), selection(tmp_path, tiny.TEXT))
    with pytest.raises(ConfigError, match="and seqgen inspect criteria follows one from its beginning: name a run"):
        measure_criteria(reading, reading.ids_as_read)
