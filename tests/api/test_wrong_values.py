"""Values of a wrong type, given to a model from a program: one line each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import seqgen
from seqgen.errors import ConfigError, CorpusError


def test_what_is_no_path_and_no_device_opens_no_model(run_folder: Path) -> None:
    run: Any = b"english"
    with pytest.raises(ConfigError, match="run is b'english': it must be a path"):
        seqgen.load(run)
    device: Any = "gpu"
    with pytest.raises(ConfigError, match="device is 'gpu': it must be one of auto, cpu, cuda, mps"):
        seqgen.load(run_folder, device=device)


def test_what_is_no_text_is_neither_encoded_nor_scored(run_folder: Path) -> None:
    model = seqgen.load(run_folder)
    no_text: Any = b"Mina"
    for measure in (model.encode, model.score, model.logits, model.next_odds):
        with pytest.raises(ConfigError, match="b'Mina' is no text"):
            measure(no_text)
    with pytest.raises(CorpusError, match="half a character"):
        model.score("Mina \udc80")
