"""What a training run says about its corpus: held-out text that it knows, and characters that it does not know."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seqgen.config import CorpusConfig
from seqgen.errors import TokenizerError
from seqgen.run import SavedModel, open_model
from seqgen.training import TrainingRequest
from seqgen.training.data import PreparedCorpus, prepare_corpus
from seqgen.training.inheritance import inherit_documents
from tests.corpus.parts import write
from tests.tiny import TEXT, start, trained


def prepared(folder: Path, text: str, *, parent: SavedModel | None = None, **corpus: Any) -> PreparedCorpus:
    path = write(folder / "text.txt", text)
    return prepare_corpus(TrainingRequest(corpus=CorpusConfig(paths=(path,), **corpus), parent=parent))


@pytest.mark.parametrize("valid", [TEXT, TEXT[2000:3000], TEXT[1000:2000] + TEXT[:1000].upper()])
def test_a_validation_text_that_is_trained_on_is_noticed(valid: str, tmp_path: Path) -> None:
    notes = prepared(tmp_path, TEXT, valid_paths=(write(tmp_path / "valid.txt", valid),)).notes
    (note,) = [note for note in notes if "optimistic" in note]
    assert "of the passages of 50 characters in valid.txt also occur in the training text" in note


def test_a_test_text_that_is_trained_on_is_noticed(tmp_path: Path) -> None:
    notes = prepared(tmp_path, TEXT, test_paths=(write(tmp_path / "test.txt", TEXT[:500]),)).notes
    assert [note for note in notes if note.startswith("100.0% of the passages of 50 characters in test.txt also occur")]


def test_names_in_both_texts_are_noticed_though_they_are_short(tmp_path: Path) -> None:
    valid = write(tmp_path / "valid.txt", "Ann\nDee\nEve\nFay\n")
    notes = prepared(tmp_path, "Ann\nBo\nCy\n" * 3, documents="line", valid_paths=(valid,)).notes
    assert [note for note in notes if note.startswith("25.0% of the passages")]


def test_nothing_is_said_of_another_text(tmp_path: Path) -> None:
    valid = write(tmp_path / "valid.txt", TEXT[3000:])
    notes = prepared(tmp_path, TEXT[:3000], valid_paths=(valid,)).notes
    assert not [note for note in notes if "optimistic" in note]


def test_equal_documents_are_counted(tmp_path: Path) -> None:
    text = "".join(f"name {number % 400}\n" for number in range(500))
    assert prepared(tmp_path, text, documents="line").notes == (
        "500 documents, median length 8 characters",
        "100 documents are equal to another one; equal documents are kept in one part, so that none is both trained on "
        "and held out",
    )
    assert len(prepared(tmp_path, text, documents="line", unite_duplicates=False).notes) == 1


def test_a_text_of_equal_documents_holds_nothing_out_and_says_why(tmp_path: Path) -> None:
    notes = prepared(tmp_path, "Ann\n" * 9, documents="line").notes
    assert [note for note in notes if "no validation part, because all documents are equal" in note]


def test_equal_documents_do_no_harm_where_nothing_is_split_off(tmp_path: Path) -> None:
    valid = write(tmp_path / "valid.txt", "Eve\n")
    notes = prepared(tmp_path, "Ann\nAnn\nEva\n", documents="line", valid_paths=(valid,)).notes
    assert not [note for note in notes if "equal" in note]


def test_a_text_that_the_parent_cannot_read_is_refused(tmp_path: Path, run_folder: Path) -> None:
    with pytest.raises(TokenizerError, match=r"the vocabulary of tiny lacks 100\.0% .*such as .ж.*with --tokenizer"):
        prepared(tmp_path, "ж" * 6499 + "e", parent=open_model(run_folder))


def test_characters_that_the_parent_does_not_know_are_counted(tmp_path: Path, run_folder: Path) -> None:
    corpus = prepared(tmp_path, ("e" * 19 + "ж") * 100, parent=open_model(run_folder))
    assert corpus.notes[:2] == (
        "characters of the train part that are not in the vocabulary and were left out: 90 (5.00%)",
        "characters of the valid part that are not in the vocabulary and were left out: 10 (5.00%)",
    )


def test_bits_are_those_of_known_characters(tmp_path: Path, run_folder: Path) -> None:
    """A character that the vocabulary lacks has no token, and must not make the others cheaper."""
    corpus = prepared(tmp_path, ("e" * 19 + "ж") * 100, parent=open_model(run_folder))
    assert corpus.characters_per_token == 1


def test_documents_that_are_divided_as_for_the_parent_are_said(tmp_path: Path) -> None:
    parent = open_model(trained(tmp_path / "poems", documents="blank-line"))
    text = "The cat sat.\n\nThe dog ran.\n\n" * 20
    assert "documents are divided as for poems: --documents blank-line" in prepared(tmp_path, text, parent=parent).notes
    asked = prepared(tmp_path, text, parent=parent, documents="line")
    assert not [note for note in asked.notes if "poems" in note]


def test_a_single_file_is_not_one_document_because_the_parent_learned_from_many_files(tmp_path: Path) -> None:
    parent = replace_documents(open_model(trained(tmp_path / "parent")), "file")
    single = TrainingRequest(corpus=CorpusConfig(paths=("a.txt",)), parent=parent)
    several = TrainingRequest(corpus=CorpusConfig(paths=("a.txt", "b.txt")), parent=parent)
    assert inherit_documents(single).documents is None
    assert inherit_documents(several).documents == "file"


def replace_documents(model: SavedModel, documents: str) -> SavedModel:
    """The same model, as if its text had been divided in another way."""
    corpus = replace(model.record.corpus, config=replace(model.record.corpus.config, documents=documents))
    return replace(model, record=replace(model.record, corpus=corpus))


@pytest.mark.parametrize(("n_characters", "is_short"), [(5, True), (999, True), (1000, False)])
def test_a_text_that_is_too_short_is_warned_about(n_characters: int, is_short: bool, tmp_path: Path) -> None:
    notes = start(tmp_path / "run", text=TEXT[:n_characters]).record.notes
    warnings = [note for note in notes if note.startswith("the text is very short, ")]
    assert len(warnings) == is_short
