"""Runs of pairs that begin with a language model, or with a model of other pairs."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from seqgen.config import ByteConfig, Cell, CorpusConfig, FieldValue, WordConfig
from seqgen.errors import ConfigError, SeqgenError
from seqgen.run import SavedModel, open_model
from seqgen.run.saved_model import Weights
from seqgen.training import Session, TrainingRequest, another_seed
from tests import tiny, tiny_pairs
from tests.tiny_pairs import KINDS

TEXT = "abcd dcba bad cab\n" * 60
"""A text of the characters that the pairs have."""


def language_model(folder: Path, cell: Cell = "lstm", **settings: FieldValue) -> SavedModel:
    return open_model(tiny.trained(folder / f"{cell}-model", text=TEXT, cell=cell, settings=settings))


def begun(folder: Path, parent: SavedModel, *, same_shape: bool = True, **options: Any) -> Session:
    """A run of pairs before its first step, which leaves its shape to its parent."""
    more = {
        name: options.pop(name) for name in ("keeps_vocabulary", "target_tokenizer", "tokenizer") if name in options
    }
    request = tiny_pairs.request(folder / "run", cell=parent.record.model.cell, **options)
    settings = {**request.settings}
    for name in ("n_layer", "d_model", "d_head") if same_shape else ():
        settings.pop(name, None)
    return Session.start(replace(request, parent=parent, settings={**settings, **options.get("settings", {})}, **more))


def weights_of(session: Session) -> Weights:
    return session.snapshot().weights


@pytest.mark.parametrize("cell", get_args(Cell))
def test_the_decoder_begins_with_a_language_model_and_targets_have_its_vocabulary(cell: Cell, tmp_path: Path) -> None:
    parent = language_model(tmp_path, cell, ngram_order=2)
    session = begun(tmp_path, parent)
    weights = weights_of(session)
    for name, array in parent.weights.items():
        np.testing.assert_array_equal(weights[name], array)
    assert session.tokenizer.pieces(0) == parent.tokenizer.pieces(0)
    assert session.record.model.d_model == parent.record.model.d_model
    begins = "encoder and decoder begin" if cell == "transformer" else "the decoder begins"
    assert any(note.startswith(f"{begins} with the weights and the vocabulary of") for note in session.record.notes)
    for _ in session.reports():
        pass
    assert open_model(session.folder).record.parent == parent.sha256


def test_an_encoder_of_the_same_layers_begins_with_it_too(tmp_path: Path) -> None:
    parent = language_model(tmp_path, "transformer")
    session = begun(tmp_path, parent)
    weights = weights_of(session)
    assert session.source_tokenizer is not None
    assert session.source_tokenizer.vocab_size == parent.tokenizer.vocab_size
    np.testing.assert_array_equal(weights["encoder.embedding.weight"][:-1], parent.weights["embedding.weight"])
    assert session.record.encoder is not None
    assert session.record.encoder.direction == "bidirectional"


def test_targets_of_other_tokens_leave_the_decoder_fresh(tmp_path: Path) -> None:
    parent = language_model(tmp_path, "transformer")
    session = begun(tmp_path, parent, target_tokenizer=ByteConfig())
    weights = weights_of(session)
    assert (session.tokenizer.kind, session.source_tokenizer and session.source_tokenizer.kind) == ("byte", "char")
    name = next(name for name in parent.weights if name.startswith("blocks.0") and parent.weights[name].ndim == 2)
    assert not np.array_equal(weights[name], parent.weights[name])
    np.testing.assert_array_equal(weights[f"encoder.{name}"], parent.weights[name])


def test_sources_of_other_tokens_leave_the_encoder_fresh(tmp_path: Path) -> None:
    parent = language_model(tmp_path, "transformer")
    session = begun(tmp_path, parent, keeps_vocabulary=False, tokenizer=ByteConfig())
    assert (session.tokenizer.kind, session.source_tokenizer and session.source_tokenizer.kind) == ("char", "byte")
    assert any(note.startswith("the decoder begins with") for note in session.record.notes)


@pytest.mark.parametrize("kind", KINDS)
def test_a_decoder_that_reads_the_sources_too_begins_with_it(kind: str, tmp_path: Path) -> None:
    parent = language_model(tmp_path)
    session = begun(tmp_path, parent, text=KINDS[kind], encoder="none")
    weights, given = weights_of(session), parent.weights
    assert session.record.encoder is None
    n_targets = session.tokenizer.vocab_size
    np.testing.assert_array_equal(weights["embedding.weight"][n_targets:-1], given["embedding.weight"])
    layers = [name for name in given if name.startswith("layers.")]
    assert all(np.array_equal(weights[name], given[name]) for name in layers)
    assert np.array_equal(weights["head.weight"], given["head.weight"]) is (kind == "text")


def test_labels_need_an_encoder_that_fits_and_the_message_names_what_does_not(tmp_path: Path) -> None:
    parent = language_model(tmp_path)
    with pytest.raises(
        ConfigError, match=r"of lstm-model: the targets are labels, and layers\.0\..* \(64,.* --encoder none"
    ):
        begun(tmp_path, parent, text=KINDS["label"])
    fitting = language_model(tmp_path, "gru", d_embedding=16)
    session = begun(tmp_path, fitting, text=KINDS["label"], encoder="forward")
    name = "layers.0.cell.weight_hh_l0"
    np.testing.assert_array_equal(
        weights_of(session)[f"encoder.{name.replace('0.cell', '0.ahead.cell')}"], fitting.weights[name]
    )


def test_another_shape_or_too_many_unknown_characters_are_refused(tmp_path: Path) -> None:
    parent = language_model(tmp_path)
    with pytest.raises(ConfigError, match=r"^d_model is 8: the model that --from names has 16$"):
        begun(tmp_path, parent, settings={"d_model": 8})
    with pytest.raises(SeqgenError, match=r"lacks 100\.0% of the characters of the targets; .* --target-tokenizer$"):
        begun(tmp_path, parent, text="ab\txyz\nba\tzyx\nbad\tyyy\n")
    transformer = language_model(tmp_path, "transformer")
    with pytest.raises(ConfigError, match="the targets are labels, and the encoder has 3 layers, and"):
        begun(tmp_path, transformer, text=KINDS["label"], settings={"encoder_layers": 3})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("encoder", ["none", "forward"])
def test_a_model_of_pairs_goes_on_with_other_pairs(kind: str, encoder: Any, tmp_path: Path) -> None:
    options = {"encoder": encoder, "settings": {"encoder_width": 12} if encoder != "none" else {}}
    parent = open_model(tiny_pairs.trained(tmp_path / "parent", text=KINDS[kind], **options))
    other = "".join(KINDS[kind].splitlines(keepends=True)[5:35])  # too few to be labels by the rule
    session = begun(tmp_path, parent, text=other)
    for name, array in weights_of(session).items():
        np.testing.assert_array_equal(array, parent.weights[name])
    assert session.record.encoder is None if encoder == "none" else session.record.encoder == parent.record.encoder
    assert session.tokenizer.vocab_size == parent.tokenizer.vocab_size
    targets = "labels" if kind == "label" else "text"
    note = f"all weights and both vocabularies are those of parent, so targets are {targets}"
    assert note in session.record.notes


def test_a_label_that_the_model_to_begin_from_lacks_is_left_out_and_said_to_be_so(tmp_path: Path) -> None:
    parent = open_model(tiny_pairs.trained(tmp_path / "parent", text=KINDS["label"]))
    session = begun(tmp_path, parent, text=KINDS["label"] + "abc\tperhaps\n" * 2, valid_fraction=0.0)
    note = "of the train part were left out, because the model to begin from does not know the label"
    assert any(note in said for said in session.record.notes)


def test_only_a_run_that_goes_on_with_a_model_of_pairs_has_lower_rates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqgen.training.planning.pair_planner.measure_parent_of_pairs", lambda *_: 0.4)
    fresh = tiny_pairs.start(tmp_path / "fresh").record.training
    of_pairs = begun(tmp_path / "pairs", open_model(tiny_pairs.trained(tmp_path / "parent"))).record.training
    of_language = begun(tmp_path / "language", language_model(tmp_path)).record.training
    assert of_pairs.learning_rate == pytest.approx(fresh.learning_rate / 6)
    assert of_pairs.muon_rate == pytest.approx(fresh.muon_rate / 6)
    assert of_language.learning_rate == fresh.learning_rate


def test_what_a_model_of_pairs_does_not_have_is_refused(tmp_path: Path) -> None:
    parent = open_model(tiny_pairs.trained(tmp_path / "parent"))
    for options, message in (
        ({"encoder": "forward"}, "--encoder forward: parent has --encoder bidirectional"),
        ({"attention": False}, "--no-attention: parent was trained with attention"),
        ({"settings": {"encoder_width": 8}}, "encoder_width is 8: the model that --from names has 16"),
        ({"target_tokenizer": WordConfig()}, "--target-tokenizer: parent is a model of pairs, and keeps both"),
        ({"targets": "label"}, "--targets label: parent learned with --targets text"),
        ({"text": "".join(f"{n}\t{n}\n" for n in range(99))}, "lacks 100.0% of the characters of the sources"),
    ):
        with pytest.raises(SeqgenError, match=re.escape(message)):
            begun(tmp_path, parent, **options)


def test_a_model_of_pairs_begins_no_run_on_a_text(tmp_path: Path) -> None:
    parent = open_model(tiny_pairs.trained(tmp_path / "parent"))
    request = TrainingRequest(corpus=CorpusConfig(paths=(str(tiny.STORIES),)), folder=tmp_path / "run")
    with pytest.raises(ConfigError, match=r"^parent learned from pairs, and cannot begin a run on a text"):
        Session.start(replace(request, parent=parent))


def test_another_seed_begins_with_the_same_model(tmp_path: Path) -> None:
    session = begun(tmp_path, open_model(tiny_pairs.trained(tmp_path / "parent")))
    request = replace(tiny_pairs.request(tmp_path / "run"), parent=open_model(tmp_path / "parent"))
    other = Session.start(another_seed(request, session.record, folder=session.folder, n=1))
    assert other.record.model == session.record.model
    assert all(np.array_equal(array, weights_of(session)[name]) for name, array in weights_of(other).items())
