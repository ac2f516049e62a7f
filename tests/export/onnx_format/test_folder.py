"""The exported folder: what describes the step, and the programs of the card, which run as they stand."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from seqgen.config import Budget, ByteConfig, ExportConfig, SentencePieceConfig
from seqgen.errors import ConfigError
from seqgen.evaluation.ngram import NgramModel
from seqgen.export import export_model
from seqgen.export.onnx_format import folder as folder_module
from seqgen.inference import NgramExpert
from seqgen.run import SavedModel, open_model
from seqgen.version import __version__
from tests import tiny
from tests.export.hf_tokenizer.examples import trained
from tests.export.onnx_format.engine import exported, with_random_weights

FIXTURES = Path(__file__).parent.parent.parent / "fixtures" / "format-1"
VOCABULARIES: dict[str, dict[str, Any]] = {
    "byte": {"tokenizer": ByteConfig()},
    "byte-lines": {"tokenizer": ByteConfig(), "documents": "line"},
    "char-lines": {"documents": "line"},
    "sentencepiece": {"tokenizer": SentencePieceConfig(vocab_size=320)},
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory, run_folder: Path) -> dict[str, SavedModel]:
    """A model with each kind of vocabulary, hardly trained."""
    folder = tmp_path_factory.mktemp("onnx-runs")
    runs = {
        name: tiny.trained(folder / name, budget=Budget(steps=1), **options) for name, options in VOCABULARIES.items()
    }
    models = {name: open_model(str(run)) for name, run in {"char": run_folder, **runs}.items()}
    models["whitespace"] = open_model(str(FIXTURES / "lstm-whitespace"))
    for model in models.values():
        model.weights["head.bias"][0] = 3  # so that ends of documents occur wherever they may
    models["sentencepiece"].weights["head.bias"][1:257] = -50  # no single bytes, which need not be UTF-8
    return models


every_vocabulary = pytest.mark.parametrize("name", ["char", "whitespace", *VOCABULARIES])


def program(folder: Path, language: str) -> str:
    """The program in the card."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", (folder / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert isinstance(found, str)
    return found


@every_vocabulary
def test_the_python_program_of_the_card_continues_a_prompt(
    models: dict[str, SavedModel],
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    model = models[name]
    monkeypatch.chdir(exported(model, tmp_path / "onnx"))
    names: dict[str, Any] = {}
    exec(program(Path(), "python"), names)
    prompt, ids = model.tokenizer.encode("the" if name == "whitespace" else "The ").ids.tolist(), names["ids"]
    assert ids[: len(prompt) + 1] == [0, *prompt]
    assert len(ids) == 1 + len(prompt) + 200
    assert (0 in ids[1:]) == model.has_documents
    assert capsys.readouterr().out == f"{model.tokenizer.decode(ids[1:])}\n"


@every_vocabulary
def test_the_javascript_program_of_the_card_is_one(models: dict[str, SavedModel], name: str, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    path = tmp_path / "program.mjs"
    path.write_text(program(exported(models[name], tmp_path / "onnx"), "javascript"), encoding="utf-8")
    checked = subprocess.run([node, "--check", path], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_description_has_all_that_a_program_needs(models: dict[str, SavedModel], tmp_path: Path) -> None:
    model = models["char"]
    description = json.loads((exported(model, tmp_path / "onnx") / "model.json").read_text(encoding="utf-8"))
    tokens = description.pop("tokens")
    assert tokens == ["", *model.tokenizer.state()["characters"]]
    assert description == {
        "name": "tiny",
        "seqgen": __version__,
        "cell": "lstm",
        "tokenizer": "char",
        "separator": "",
        "temperature": model.temperature,
        "state": [
            {"name": "h_0", "type": "float32", "shape": [16]},
            {"name": "c_0", "type": "float32", "shape": [16]},
        ],
    }


def test_the_file_itself_says_what_it_is(models: dict[str, SavedModel], tmp_path: Path) -> None:
    model = onnx.load(exported(models["char"], tmp_path / "onnx") / "model.onnx")
    properties = {each.key: each.value for each in model.metadata_props}
    assert (properties["name"], properties["tokenizer"]) == ("tiny", "char")
    assert (properties["state"], properties["seqgen"]) == ("h_0 c_0", __version__)
    assert (model.producer_name, model.producer_version) == ("seqgen", __version__)
    assert [output.name for output in model.graph.output] == ["logits", "next_h_0", "next_c_0"]


def test_the_state_of_a_transformer_is_its_memory_and_a_position(models: dict[str, SavedModel], tmp_path: Path) -> None:
    model = with_random_weights(models["char"], tiny.MODEL_CONFIGS["transformer-ngrams"])
    state = json.loads((exported(model, tmp_path / "onnx") / "model.json").read_text(encoding="utf-8"))["state"]
    assert [part["name"] for part in state] == ["latest", "position", *_MEMORIES]
    assert state[-1] == {"name": "values_1", "type": "float32", "shape": [2, 9, 6]}


_MEMORIES = ("keys_0", "values_0", "keys_1", "values_1")


def test_what_the_file_lacks_is_said(models: dict[str, SavedModel], tmp_path: Path) -> None:
    model = models["char"]
    tables = NgramModel(np.arange(5), order=2, vocab_size=model.tokenizer.vocab_size).tables()
    mixed = replace(model, expert=NgramExpert(tables, vocab_size=model.tokenizer.vocab_size, weight=0.5))
    notes = export_model(mixed, ExportConfig(format="onnx", precision="int8"), out=tmp_path / "mixed").notes
    assert ["n-gram expert" in note for note in notes] == [True, False]
    assert notes[1] == "its weights are rounded to int8, and it computes in float32"
    card = (tmp_path / "mixed" / "README.md").read_text(encoding="utf-8")
    assert "- Its weights are rounded to int8, and it computes in float32.\n" in card
    assert export_model(model, ExportConfig(format="onnx"), out=tmp_path / "plain").notes == ()


def test_what_javascript_reads_otherwise_is_said_of_unigram_pieces_only(
    models: dict[str, SavedModel], tmp_path: Path
) -> None:
    """Tried with version 0.2.0 of the library, which gives such characters the id of the end of a text."""
    said = [
        any("in JavaScript" in note for note in export_model(model, ExportConfig(format="onnx"), out=out).notes)
        for name, out in (("unigram", tmp_path / "one"), ("bpe", tmp_path / "two"))
        for model in [replace(models["char"], tokenizer=trained(name))]
    ]
    assert said == [True, False]


def test_a_model_that_one_file_cannot_hold_is_refused(
    models: dict[str, SavedModel], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_module, "MOST_BYTES", 1000)
    with pytest.raises(ConfigError, match="one file of ONNX can hold 2 GB"):
        export_model(models["char"], ExportConfig(format="onnx"), out=tmp_path / "large")
