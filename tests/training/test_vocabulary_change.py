"""A new vocabulary for an old model: which weights its tokens begin with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from seqgen.config import (
    TOKENIZER_CONFIGS,
    Budget,
    ByteConfig,
    CharConfig,
    CorpusConfig,
    FieldValue,
    TokenizerConfig,
    TokenizerName,
    WordConfig,
)
from seqgen.errors import ConfigError
from seqgen.run import SavedModel, open_model
from seqgen.tokenizers import Tokenizer, train_tokenizer
from seqgen.training import Session, TrainingRequest
from seqgen.training.vocabulary_change import VocabularyChange
from tests import tiny

OTHER_TEXT = "Mina sat by the café. жук! " * 40


def tokenizer_of(config: TokenizerConfig, text: str = OTHER_TEXT) -> Tokenizer:
    return train_tokenizer(config, [text], n_bytes=len(text.encode()))


def begun(parent: SavedModel, folder: Path, tokenizer: TokenizerConfig, **settings: FieldValue) -> Session:
    text = folder.parent / "other.txt"
    text.write_text(OTHER_TEXT, encoding="utf-8")
    request = TrainingRequest(
        corpus=CorpusConfig(paths=(str(text),)),
        tokenizer=tokenizer,
        settings={"n_streams": 4, "window": 8, "precision": "float32", **settings},
        budget=Budget(steps=1),
        device="cpu",
        folder=folder,
        parent=parent,
        keeps_vocabulary=False,
    )
    return Session.start(request)


@pytest.fixture(scope="module")
def byte_model(tmp_path_factory: pytest.TempPathFactory) -> SavedModel:
    run = tiny.trained(tmp_path_factory.mktemp("parent") / "run", tokenizer=ByteConfig())
    return open_model(run)


def test_shared_tokens_keep_their_rows_and_others_begin_as_the_mean_of_their_bytes(
    byte_model: SavedModel, tmp_path: Path
) -> None:
    session = begun(byte_model, tmp_path / "run", CharConfig())
    weights, ids = session.snapshot().weights, session.tokenizer.encode("Mé").ids
    for name in ("embedding.weight", "head.weight", "head.bias"):
        old, new = byte_model.weights[name], weights[name]
        np.testing.assert_array_equal(new[ids[0]], old[ord("M") + 1])
        np.testing.assert_allclose(new[ids[1]], old[[byte + 1 for byte in "é".encode()]].mean(axis=0), rtol=1e-6)
        np.testing.assert_array_equal(new[0], old[0])
    for name in weights.keys() - {"embedding.weight", "head.weight", "head.bias"}:
        np.testing.assert_array_equal(weights[name], byte_model.weights[name])
    session.close()


@pytest.mark.parametrize("name", TOKENIZER_CONFIGS)
def test_the_run_records_what_became_of_the_tokens(name: TokenizerName, byte_model: SavedModel, tmp_path: Path) -> None:
    session = begun(byte_model, tmp_path / "run", TOKENIZER_CONFIGS[name]())
    for _ in session.reports():
        pass
    saved = open_model(tmp_path / "run")
    (note,) = [note for note in saved.record.notes if note.startswith("new vocabulary: ")]
    assert f"of {saved.tokenizer.vocab_size} tokens" in note
    assert note.endswith(" 0 are new")  # bytes spell everything
    assert saved.tokenizer.kind == name


def test_a_token_that_cannot_be_spelled_is_new() -> None:
    change = VocabularyChange.between(tokenizer_of(CharConfig(), "abc"), tokenizer_of(CharConfig(), "cabж"))
    assert change.parts == ((0,), (1,), (2,), (3,), ())
    assert VocabularyChange.between(tokenizer_of(CharConfig(), "abc"), tokenizer_of(ByteConfig())).n_shared == 4


def test_a_word_begins_as_the_mean_of_its_letters() -> None:
    old = tokenizer_of(CharConfig())
    new = tokenizer_of(WordConfig())
    word = int(new.encode(" sat").ids[0])
    assert VocabularyChange.between(old, new).parts[word] == tuple(old.encode(" sat").ids.tolist())


@pytest.mark.parametrize("settings", [{"d_embedding": None}, {"tie_weights": True, "d_embedding": 16}], ids=str)
def test_one_hot_and_tied_weights_change_their_vocabulary_too(settings: dict[str, FieldValue], tmp_path: Path) -> None:
    parent = open_model(tiny.trained(tmp_path / "parent", settings=settings))
    session = begun(parent, tmp_path / "run", CharConfig())
    weights, config = session.snapshot().weights, session.record.model
    old, new = (int(tokenizer.encode("M").ids[0]) for tokenizer in (parent.tokenizer, session.tokenizer))
    for name in {"embedding.weight", "head.weight"} & weights.keys():
        np.testing.assert_array_equal(weights[name][new], parent.weights[name][old])
    if settings["d_embedding"] is None:  # each column of the first input matrix belongs to a token
        name = next(name for name in weights if "weight_ih_l0" in name)
        np.testing.assert_array_equal(weights[name][:, new], parent.weights[name][:, old])
    assert replace(config, vocab_size=1) == replace(parent.record.model, vocab_size=1, dropout=config.dropout)
    session.close()


def test_another_width_is_refused(byte_model: SavedModel, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^d_model is 32: the model that --from names has 16$"):
        begun(byte_model, tmp_path / "run", CharConfig(), d_model=32)


def test_tables_of_ngrams_begin_anew_because_their_rows_belong_to_the_old_ids(tmp_path: Path) -> None:
    settings: dict[str, FieldValue] = {"ngram_order": 3, "ngram_rows": 64}
    parent = open_model(tiny.trained(tmp_path / "parent", settings=settings))
    assert parent.weights["ngrams.rows.weight"].any()
    begun(parent, tmp_path / "run", CharConfig()).close()
    assert not open_model(tmp_path / "run").weights["ngrams.rows.weight"].any()
