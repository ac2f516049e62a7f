"""What a GGUF file cannot hold, what it says, and what lies in the folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFReader

from seqgen.config import ExportConfig
from seqgen.errors import ConfigError, TokenizerError
from seqgen.export import export_model
from seqgen.export.gguf_format import vocabulary
from seqgen.export.gguf_format.vocabulary import vocabulary_of
from seqgen.inference import NgramExpert
from seqgen.run import SavedModel, open_model
from seqgen.tokenizers.sentencepiece_model import Pieces
from tests.export.gguf_format.models import transformer
from tests.export.hf_tokenizer.examples import trained

GGUF = ExportConfig(format="gguf")


@pytest.fixture
def saved(run_folder: Path) -> SavedModel:
    return open_model(str(run_folder))


def test_recurrent_cells_are_refused_with_what_else_to_use(saved: SavedModel, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has the cell lstm: gguf can hold Transformers only, so use --to html, onnx"):
        export_model(saved, GGUF, out=tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_ngram_embeddings_are_refused(saved: SavedModel, tmp_path: Path) -> None:
    model = transformer(saved, trained("char"), ngram_order=3)
    with pytest.raises(ConfigError, match="ngram_order is 3: gguf can hold no n-gram embeddings, so train with --set"):
        export_model(model, GGUF, out=tmp_path / "out")


@pytest.mark.parametrize("name", ["word", "whitespace"])
def test_words_are_refused(name: str) -> None:
    with pytest.raises(TokenizerError, match=f"gguf cannot hold the tokenizer {name}, .* train with --tokenizer char"):
        vocabulary_of(trained(name))


def test_unigram_pieces_are_refused() -> None:
    with pytest.raises(TokenizerError, match="train with --set sentencepiece_model=bpe, or use --to transformers"):
        vocabulary_of(trained("unigram"))


def test_the_folder_has_the_file_and_a_card_that_says_how_to_open_it(saved: SavedModel, tmp_path: Path) -> None:
    exported = export_model(transformer(saved, trained("char")), GGUF, out=tmp_path / "out")
    assert sorted(path.name for path in exported.path.iterdir()) == ["README.md", "tiny.gguf"]
    card = (exported.path / "README.md").read_text(encoding="utf-8")
    for part in (
        "llama.cpp of June 2026",
        "FROM ./tiny.gguf",
        "PARAMETER temperature 0.55",
        "--ignore-eos",
        "LM Studio",
    ):
        assert part in card
    assert "are left out of prompts" in exported.notes[0]
    assert all(f"{note[1:]}." in card for note in exported.notes)


def test_the_card_of_a_model_of_documents_lets_a_text_end(saved: SavedModel, tmp_path: Path) -> None:
    model = transformer(saved, trained("char", "\n"))
    corpus = replace(model.record.corpus, config=replace(model.record.corpus.config, documents="line"))
    exported = export_model(replace(model, record=replace(model.record, corpus=corpus)), GGUF, out=tmp_path / "out")
    card = (exported.path / "README.md").read_text(encoding="utf-8")
    assert "ignore" not in card


def test_half_precision_is_for_matrices_and_an_output_matrix_that_is_the_embedding_is_there_twice(
    saved: SavedModel, tmp_path: Path
) -> None:
    model = transformer(saved, trained("byte"), tie_weights=True)
    export_model(model, replace(GGUF, precision="float16"), out=tmp_path / "out")
    tensors = {tensor.name: tensor.data for tensor in GGUFReader(tmp_path / "out" / "tiny.gguf").tensors}
    embedding = model.weights["embedding.weight"].astype(np.float16)
    assert np.array_equal(tensors["token_embd.weight"], embedding)
    assert np.array_equal(tensors["output.weight"], embedding)
    assert tensors["blk.1.attn_q_norm.weight"].dtype == np.float32


def test_the_same_model_gives_the_same_bytes(saved: SavedModel, tmp_path: Path) -> None:
    model = transformer(saved, trained("bpe"))
    first, second = (export_model(model, GGUF, out=tmp_path / name).path / "tiny.gguf" for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()


def test_pieces_that_look_like_bytes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trainer of today makes none, even of a text that is full of them."""
    monkeypatch.setattr(vocabulary, "read_pieces", lambda model: Pieces("bpe", ("<0x0A>", "a"), (-0.0, -1.0)))
    with pytest.raises(TokenizerError, match="would confuse with a byte"):
        vocabulary_of(trained("bpe"))


def test_an_expert_that_stays_behind_is_named(saved: SavedModel, tmp_path: Path) -> None:
    model = transformer(saved, trained("char"))
    expert = NgramExpert([], vocab_size=model.tokenizer.vocab_size, weight=0.25)
    notes = export_model(replace(model, expert=expert), GGUF, out=tmp_path / "out").notes
    assert notes[0].startswith("the n-gram expert, which has 25% of the say in seqgen, is left out")
