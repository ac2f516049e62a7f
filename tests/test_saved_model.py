"""A model file whose hash is right but whose parts do not fit each other is refused in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqgen.api import LanguageModel
from seqgen.config import SentencePieceConfig
from seqgen.container import read_container, write_container
from seqgen.errors import RunError
from seqgen.inference import weight_shapes
from seqgen.models import build_model
from seqgen.run import MODEL_FILE, History, amend_model, load_model, save_model
from tests import tiny

Tensors = dict[str, np.ndarray[Any, Any]]
Change = Callable[[dict[str, Any], Tensors], object]


def damaged(folder: Path, copy: Path, change: Change) -> Path:
    """A copy of a run's model with other content and the hash of that content."""
    container = read_container(folder / MODEL_FILE, "model")
    document, tensors = container.document, container.tensors
    change(document, tensors)
    path = copy / MODEL_FILE
    write_container(path, "model", document=document, tensors=tensors)
    return path


@pytest.mark.parametrize("config", tiny.MODEL_CONFIGS.values(), ids=tiny.MODEL_CONFIGS.keys())
def test_the_shapes_that_are_expected_are_those_of_the_torch_module(config: Any) -> None:
    shapes = {name: tuple(parameter.shape) for name, parameter in build_model(config).named_parameters()}
    assert weight_shapes(config) == shapes


def test_a_learned_temperature_leaves_tensors_and_other_facts_as_they_are(run_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / MODEL_FILE
    before = read_container(run_folder / MODEL_FILE, "model")
    halves = {name: array.astype(np.float16) for name, array in before.tensors.items()}
    write_container(path, "model", document=before.document, tensors=halves)
    sha256 = amend_model(path, temperature=0.6)
    after = read_container(path, "model")
    assert after.sha256 == sha256
    assert after.document == {**before.document, "temperature": 0.6}
    for name, array in halves.items():
        assert after.tensors[name].tobytes() == array.tobytes()


def test_numbers_beyond_half_precision_stay_finite(tmp_path: Path) -> None:
    saved = load_model(tiny.trained(tmp_path / "run", settings={**tiny.NGRAMS, "d_embedding": 8}) / MODEL_FILE)
    rows = np.full_like(saved.weights["ngrams.rows.weight"], -1e30)
    weights = {**saved.weights, "ngrams.rows.weight": rows}
    save_model(tmp_path, saved.record, tokenizer=saved.tokenizer, weights=weights)
    assert load_model(tmp_path / MODEL_FILE).weights["ngrams.rows.weight"].max() == -65504


def test_a_model_that_has_learned_no_temperature_has_the_default(run_folder: Path) -> None:
    model = load_model(run_folder / MODEL_FILE)
    assert (model.record.temperature, model.temperature) == (None, 0.8)


HEAD = "model.head.weight"
CHANGES: dict[str, tuple[Change, str]] = {
    "a weight less": (lambda d, t: t.pop(HEAD), "the weight head.weight is missing"),
    "a weight more": (lambda d, t: t.update({"model.more": np.zeros(3, np.float32)}), "a weight more"),
    "another shape": (lambda d, t: t.update({HEAD: t[HEAD].T.copy()}), "head.weight has shape"),
    "a number": (lambda d, t: t.update({HEAD: np.ones((), np.float32)}), "head.weight has shape"),
    "integers": (lambda d, t: t.update({HEAD: t[HEAD].astype(np.int64)}), "numbers of type int64"),
    "bytes": (lambda d, t: t.update({HEAD: t[HEAD].astype(np.uint8)}), "numbers of type uint8"),
    "booleans": (lambda d, t: t.update({HEAD: t[HEAD] > 0}), "numbers of type bool"),
    "not a number": (lambda d, t: t[HEAD].__setitem__((0, 0), np.nan), "head.weight holds infinity or NaN"),
    "infinity": (lambda d, t: t[HEAD].__setitem__((0, 0), np.inf), "head.weight holds infinity or NaN"),
    "two types": (lambda d, t: t.update({HEAD: t[HEAD].astype(np.float64)}), "numbers of several types"),
    "a small vocabulary": (lambda d, t: d["model"].update(vocab_size=2), "vocab_size is 2, but the tokenizer has"),
    "a huge vocabulary": (lambda d, t: d["model"].update(vocab_size=10**8), "vocab_size is 100000000, but"),
    "many layers": (lambda d, t: d["model"].update(n_layer=10_000), "n_layer is 10000, but"),
    "a wide model": (lambda d, t: d["model"].update(d_model=10**8), "has shape"),
    "another embedding": (lambda d, t: d["model"].update(d_embedding=5), "embedding.weight has shape"),
    "no embedding": (lambda d, t: d["model"].update(d_embedding=None), "embedding.weight that the model does not have"),
    "a text for a number": (lambda d, t: d["model"].update(d_model="16"), "record of the run cannot be read"),
    "half a unit": (lambda d, t: d["model"].update(d_model=16.0), "d_model is 16.0: it must be a whole number"),
    "true for one": (lambda d, t: d["model"].update(n_layer=True), "n_layer is True: it must be a whole number"),
    "a number beyond all floats": (lambda d, t: d.update(temperature=10**400), "temperature is 1000"),
    "a text for a temperature": (
        lambda d, t: d.update(temperature="warm"),
        "temperature is 'warm': it must be a fin",
    ),
    "a number for a note": (lambda d, t: d.update(notes=[7]), "notes is"),
    "a list for a path": (lambda d, t: d["corpus"].update(paths=[["a"]]), "paths is"),
    "a text for a size": (lambda d, t: d["corpus"]["parts"]["valid"].update(n_bytes="3"), "n_bytes is '3'"),
    "a target longer than all of them": (
        lambda d, t: d["corpus"]["parts"]["train"].update(longest_target=10**9),
        "longest_target is 1000000000: it must be at most n_tokens",
    ),
    "a huge number for a float": (
        lambda d, t: d.update(temperature=10**400),
        "temperature is 1000.*: it must be a finite number",
    ),
    "a huge step": (
        lambda d, t: d["progress"].update(step=10**400),
        "step is 100*…: it must be a whole number below",
    ),
    "too many repetitions": (lambda d, t: d["corpus"].update(documents="re:a{99999999999}"), "a regular expression"),
    "nested groups": (lambda d, t: d["corpus"].update(documents="re:" + "(" * 2000), "a regular expression after re:"),
    "no training part": (lambda d, t: d["corpus"]["parts"].pop("train"), "there is no training part"),
    "another cell": (lambda d, t: d.update(cell="gru"), "record of the run cannot be read"),
    "no tokenizer": (lambda d, t: d.pop("tokenizer"), "a tokenizer that cannot be read"),
    "no characters": (lambda d, t: d["tokenizer"].update(state={}), "a tokenizer that cannot be read"),
    "a list of characters": (lambda d, t: d["tokenizer"]["state"].update(characters=[1, 2]), "tokenizer"),
    "equal characters": (lambda d, t: d["tokenizer"]["state"].update(characters="aab"), "not in order"),
    "no probability": (lambda d, t: d["tokenizer"]["state"].update(unseen_probability=2.0), "not a probability"),
    "a number for a separator": (lambda d, t: d["tokenizer"]["state"].update(separator=1), "separator is not a text"),
    "half a character": (lambda d, t: d["tokenizer"]["state"].update(separator="\ud800"), "surrogates not allowed"),
    "a tokenizer of no kind": (lambda d, t: d["tokenizer"].update(kind=["char"]), "a tokenizer that cannot be read"),
}


@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_parts_that_do_not_fit_are_one_clear_line(
    change: Change, expected: str, run_folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(RunError, match=expected) as error:
        load_model(damaged(run_folder, tmp_path, change))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_sentencepiece_part_is_refused_or_a_tokenizer(
    seed: int, sentencepiece_run: Path, tmp_path: Path
) -> None:
    random = np.random.default_rng(seed)

    def change(document: dict[str, Any], tensors: Tensors) -> None:
        data = tensors["tokenizer"].copy()
        data[random.integers(0, len(data), 40)] = random.integers(0, 256, 40)
        tensors["tokenizer"] = data[: random.integers(1, len(data))] if seed % 2 else data

    path = damaged(sentencepiece_run, tmp_path, change)
    try:
        model = load_model(path)
    except RunError:
        return
    assert isinstance(model.tokenizer.decode(range(model.record.model.vocab_size)), str)


@pytest.fixture(scope="module")
def sentencepiece_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    return tiny.trained(folder, tokenizer=SentencePieceConfig())


def test_a_whole_number_stands_for_a_float_however_large(tmp_path: Path) -> None:
    folder = tiny.trained(tmp_path / "run", cell="transformer")
    path = damaged(folder, tmp_path, lambda d, t: d["model"].update(rope_base=10**20))
    assert np.isfinite(LanguageModel(load_model(path)).score("Mina sat by the river.").nats)


def test_only_tables_of_ngrams_are_written_in_half_precision(run_folder: Path, tmp_path: Path) -> None:
    saved = load_model(run_folder / MODEL_FILE)
    weights = {**saved.weights, "ngrams.rows.weight": np.ones((2, 2), np.float32)}
    save_model(tmp_path, saved.record, tokenizer=saved.tokenizer, weights=weights)
    tensors = read_container(tmp_path / MODEL_FILE, "model").tensors
    assert {name for name, tensor in tensors.items() if tensor.dtype == np.float16} == {"model.ngrams.rows.weight"}


def test_a_model_outside_a_run_folder_has_the_name_of_its_file_and_no_history(run_folder: Path, tmp_path: Path) -> None:
    for path in run_folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / MODEL_FILE).rename(tmp_path / "mine.safetensors")
    model = load_model(tmp_path / "mine.safetensors")
    assert (model.name, model.base, model.address) == ("mine.safetensors", None, str(model.path))
    assert model.history() == History()
    assert load_model(run_folder / MODEL_FILE).history() != History()


def test_the_vocabulary_of_the_sources_has_the_size_that_the_model_reads(pair_folder: Path, tmp_path: Path) -> None:
    def change(document: dict[str, Any], tensors: Tensors) -> None:
        document["source_tokenizer"]["state"]["characters"] = "ab"

    with pytest.raises(RunError, match=r"the model reads [0-9]+ ids of sources, but there are 4"):
        load_model(damaged(pair_folder, tmp_path, change))
