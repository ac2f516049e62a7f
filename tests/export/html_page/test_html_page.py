"""What a page carries: rounded weights, the expert if there is room for it, and notes about what it lacks."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from seqgen.config import ExportConfig, ExportPrecision
from seqgen.errors import ConfigError, TokenizerError
from seqgen.evaluation.ngram import NgramModel
from seqgen.export import EXPORTERS, export_model
from seqgen.export.html_page import writing
from seqgen.export.html_page.document import describe_model
from seqgen.export.html_page.loss import LossInBits, loss_in_bits
from seqgen.export.html_page.packing import pack_weights
from seqgen.export.html_page.vocabulary import describe_vocabulary
from seqgen.export.html_page.writing import page_content
from seqgen.inference import NgramExpert
from seqgen.run import SavedModel, open_model
from seqgen.tokenizers.alphabet import Alphabet
from seqgen.tokenizers.char import CharTokenizer
from seqgen.tokenizers.label import LabelTokenizer


@pytest.fixture
def model(run_folder: Path) -> SavedModel:
    return open_model(str(run_folder))


def mixed(model: SavedModel) -> SavedModel:
    """The same model with an expert, which knows how many tokens repeat."""
    v = model.tokenizer.vocab_size
    ids = np.random.default_rng(0).integers(0, v, 3000)
    return replace(model, expert=NgramExpert(NgramModel(ids, order=3, vocab_size=v).tables(), vocab_size=v, weight=0.5))


def without_its_text(model: SavedModel) -> SavedModel:
    """The same model on a machine that lacks its validation text."""
    corpus = model.record.corpus
    lost = {name: replace(part, sha256="0" * 64) for name, part in corpus.parts.items()}
    paths = replace(corpus.config, paths=("/nowhere/at/all.txt",))
    return replace(model, record=replace(model.record, corpus=replace(corpus, parts=lost, config=paths)))


def notes_of(model: SavedModel, precision: ExportPrecision) -> list[str]:
    return list(page_content(model, precision).notes)


def test_the_precisions_are_those_that_weights_can_be_packed_in() -> None:
    for precision in EXPORTERS["html"].precisions:
        assert pack_weights({"w": np.ones((2, 3))}, precision).tensors[0]["type"] == precision
    assert set(EXPORTERS["html"].precisions) == set(get_args(ExportPrecision))


@pytest.mark.parametrize(("precision", "furthest"), [("float32", 0), ("float16", 2**-11), ("int8", 0.5 / 127)])
def test_rounding_moves_a_weight_by_a_half_step_at_most(precision: ExportPrecision, furthest: float) -> None:
    weights = np.random.default_rng(0).normal(size=(30, 40)).astype(np.float32)
    moved = np.abs(pack_weights({"w": weights}, precision).rounded["w"] - weights)
    assert (moved <= 1.001 * furthest * np.abs(weights).max(axis=1, keepdims=True)).all()


def test_a_row_of_zeros_stays_one_in_8_bits() -> None:
    assert pack_weights({"w": np.zeros((2, 4))}, "int8").rounded["w"].tolist() == np.zeros((2, 4)).tolist()


def test_weights_that_float16_cannot_hold_are_refused() -> None:
    with pytest.raises(ConfigError, match="too large for float16: use --precision float32"):
        pack_weights({"w": np.full((1, 1), 1e6)}, "float16")


def test_a_page_of_8_bits_says_what_that_costs(model: SavedModel) -> None:
    note = notes_of(model, "int8")[-1]
    assert re.search(r"rounded to 8 bits; this costs .* bits per character, measured on \d{3,} characters of", note)


@pytest.mark.parametrize(
    ("loss", "words"), [(0.00264, "0.0026"), (0.0001, "0.0001"), (0.00004, "less than"), (-0.3, "less than 0.0001")]
)
def test_a_loss_is_told_in_bits(model: SavedModel, monkeypatch: pytest.MonkeyPatch, loss: float, words: str) -> None:
    measured = LossInBits(bits_per_character=loss, n_characters=1234)
    monkeypatch.setattr(writing, "loss_in_bits", lambda *_, **__: measured)
    assert f"this costs {words}" in notes_of(model, "int8")[-1]


def test_what_is_not_measured_is_said_to_be_so(model: SavedModel) -> None:
    note = notes_of(without_its_text(model), "int8")[-1]
    assert note.endswith("what this costs was not measured, because the validation text was not found")


def test_the_same_weights_cost_nothing_and_others_do(model: SavedModel) -> None:
    same = loss_in_bits(model, model.weights, expert=None)
    other = loss_in_bits(model, {name: -weight for name, weight in model.weights.items()}, expert=None)
    assert same is not None and same.bits_per_character == 0
    assert other is not None and other.bits_per_character > 0


def test_a_small_expert_is_carried(model: SavedModel) -> None:
    content = page_content(mixed(model), "float16")
    assert set(content.blobs) == {"weights", "expert"}
    assert content.data["expert"]["weight"] == 0.5
    assert len(content.notes) == 1


def test_a_large_expert_is_left_out_and_its_worth_is_said(model: SavedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MOST_BYTES", 1000)
    content = page_content(mixed(model), "float16")
    assert set(content.blobs) == {"weights"}
    assert content.data["expert"] is None
    assert re.search(r"expert is left out, .*; this costs (?:less than )?[\d.]+ bits per character", content.notes[-1])


def test_what_8_bits_cost_is_measured_without_an_expert_that_is_left_out(
    model: SavedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = []

    def record(saved: SavedModel, weights: object, *, expert: NgramExpert | None) -> None:
        compared.append((saved.expert is not None, expert is not None))

    monkeypatch.setattr(writing, "loss_in_bits", record)
    notes_of(mixed(model), "int8")
    assert compared == [(True, True)]
    monkeypatch.setattr(writing, "MOST_BYTES", 1000)
    notes_of(mixed(model), "int8")
    assert compared[1:] == [(True, False), (False, False)]  # what it costs to leave out the expert, and to round


def test_documents_that_a_regular_expression_ends_are_not_found_in_prompts(model: SavedModel) -> None:
    corpus = model.record.corpus
    cut = replace(corpus, config=replace(corpus.config, documents=r"re:^\d+$"))
    changed = replace(model, record=replace(model.record, corpus=cut))
    content = page_content(changed, "float16")
    assert content.data["reading"]["documents"] is None
    assert "reads a prompt as one document" in content.notes[-1]


def test_a_page_knows_the_line_ends_that_a_run_kept(model: SavedModel) -> None:
    lost = without_its_text(model)  # so that the vocabulary must tell
    corpus = replace(lost.record.corpus, config=replace(lost.record.corpus.config, line_ends="keep"))
    tokenizer = CharTokenizer(Alphabet("\r\nab", 0.1))
    kept = replace(lost, record=replace(lost.record, corpus=corpus), tokenizer=tokenizer)
    assert describe_model(kept)["reading"] == {"lineEnds": "keep", "learned": "\r\n", "documents": None}


def test_names_that_turn_text_around_are_written_out(model: SavedModel, tmp_path: Path) -> None:
    named = replace(model, path=Path("a\u202eb.safetensors"), record=replace(model.record, texts="c\u202ed.txt"))
    html = export_model(named, ExportConfig(format="html"), out=tmp_path / "page.html").path.read_text(encoding="utf-8")
    assert "<h1>a\\u202eb</h1>" in html and "learned from c\\u202ed.txt." in html
    assert "\u202e" not in html


def test_labels_are_no_vocabulary_of_a_page() -> None:
    with pytest.raises(TokenizerError, match="cannot hold the vocabulary of a label tokenizer"):
        describe_vocabulary(LabelTokenizer(["yes", "no"]))


def test_the_page_is_one_file_without_a_path_of_this_machine(model: SavedModel, tmp_path: Path) -> None:
    exported = export_model(model, ExportConfig(format="html"), out=tmp_path / "tiny.html")
    html = exported.path.read_text(encoding="utf-8")
    assert str(model.path.parent) not in html
    assert not re.search(r"(?:src|href)=[\"'](?!data:)", html)
