"""The files of a folder for transformers."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import torch
from transformers import GenerationConfig

from seqgen.api import load
from seqgen.config import Budget, Cell
from seqgen.export.transformers_format.folder import ARCHITECTURES
from seqgen.inference import STEPPERS, NgramExpert
from seqgen.run import SavedModel, open_model
from tests import tiny
from tests.export.transformers_format.exported import exported, logits_of, opened, random_ids, random_model, stepped
from tests.tiny import MODEL_CONFIGS, V

CELLS: tuple[Cell, ...] = ("gru", "transformer")
MODELS = (*CELLS, "lstm-ngrams", "rnn-one-hot", "transformer-ngrams")
FILES = {"config.json", "generation_config.json", "model.safetensors", "README.md"}
TOKENIZER_FILES = {"tokenizer.json", "tokenizer_config.json"}


@pytest.fixture
def saved(run_folder: Path) -> SavedModel:
    return open_model(str(run_folder))


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_every_cell_has_an_architecture() -> None:
    assert set(ARCHITECTURES) == set(STEPPERS)


def test_a_folder_holds_what_transformers_looks_for(saved: SavedModel, tmp_path: Path) -> None:
    found = {path.name for path in exported(saved, tmp_path / "out").iterdir()}
    assert found == FILES | TOKENIZER_FILES | {"modeling_seqgen.py"}


@pytest.mark.parametrize("name", MODELS)
def test_half_precision_takes_half_the_space_and_is_close(name: str, run_folder: Path, tmp_path: Path) -> None:
    saved, ids = random_model(run_folder, MODEL_CONFIGS[name]), random_ids(50)
    folder = exported(saved, tmp_path / "half", "float16")
    weights = safetensors.numpy.load_file(folder / "model.safetensors")
    assert sum(array.nbytes for array in weights.values()) == 2 * saved.n_parameters
    assert read_json(folder / "config.json")["dtype"] == "float16"
    model = opened(folder, dtype="float32")
    np.testing.assert_allclose(logits_of(model, ids), stepped(saved, ids), rtol=0, atol=2e-2)
    written = opened(folder).generate(torch.from_numpy(ids)[None], max_new_tokens=5)  # in float16 throughout
    assert written.shape == (1, 55)


def test_it_writes_as_seqgen_does_unless_told_otherwise(saved: SavedModel, tmp_path: Path) -> None:
    warm = replace(saved, record=replace(saved.record, temperature=0.65))
    generation = GenerationConfig.from_pretrained(exported(warm, tmp_path / "out"))
    assert (generation.do_sample, generation.temperature, generation.top_k) == (True, 0.65, 0)
    assert generation.suppress_tokens == [0]  # the training text has no documents, so none ends


def test_a_model_of_documents_ends_them(saved: SavedModel, tmp_path: Path) -> None:
    corpus = replace(saved.record.corpus, config=replace(saved.record.corpus.config, documents="blank-line"))
    of_documents = replace(saved, record=replace(saved.record, corpus=corpus))
    generation = GenerationConfig.from_pretrained(exported(of_documents, tmp_path / "out"))
    assert (generation.eos_token_id, generation.suppress_tokens) == (0, None)


def test_what_is_lacking_stands_in_the_readme(saved: SavedModel, tmp_path: Path) -> None:
    expert = NgramExpert([], vocab_size=V, weight=0.25)
    text = (exported(replace(saved, expert=expert), tmp_path / "out") / "README.md").read_text(encoding="utf-8")
    assert "The n-gram expert, which has 25% of the say in seqgen, is left out" in text
    assert 'model="PATH", trust_remote_code=True)' in text


def test_a_transformer_says_how_far_its_window_does_not_matter(run_folder: Path, tmp_path: Path) -> None:
    folder = exported(random_model(run_folder, MODEL_CONFIGS["transformer"]), tmp_path / "out")
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert "- A program that ignores its sliding window is right only for the first 9 tokens.\n" in text
    assert "trust_remote_code" not in text


@pytest.mark.parametrize("cell", CELLS)
def test_a_pipeline_writes_after_a_prompt_and_its_likeliest_text_is_that_of_seqgen(cell: Cell, tmp_path: Path) -> None:
    run = tiny.trained(tmp_path / "run", cell=cell, budget=Budget(steps=40))
    folder = exported(open_model(str(run)), tmp_path / "out")
    from transformers import pipeline  # here, because it loads for seconds

    write = pipeline("text-generation", model=str(folder), trust_remote_code=True)
    sampled = write("Mina ", max_new_tokens=30)[0]["generated_text"]
    assert (sampled[:5], len(sampled)) == ("Mina ", 35)
    likeliest = write("Mina ", max_new_tokens=60, do_sample=False)[0]["generated_text"]
    assert likeliest == "Mina " + load(run).write("Mina ", length=60, temperature=0.0)


def test_writing_a_folder_does_not_load_torch(run_folder: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from seqgen.config import ExportConfig\n"
        "from seqgen.export import export_model; from seqgen.run import open_model\n"
        f"export_model(open_model({str(run_folder)!r}), ExportConfig(format='transformers'), out=Path('out'))\n"
        "sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False).returncode == 0
