"""A text cut into parts: their sizes, and documents that stay whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqgen.config import CharConfig, CorpusConfig, Documents, Part
from seqgen.corpus import Corpus, CorpusPart, ExternalText, encode_part, open_corpus
from seqgen.corpus.documents import SEPARATORS, Division
from seqgen.corpus.stored_text import store_text
from seqgen.tokenizers import MARK, train_tokenizer
from tests.corpus.parts import PARTS, open_text, text_of, texts_of, write


def documents_of(corpus: Corpus) -> dict[Part, list[str]]:
    return {name: text.split(MARK)[:-1] for name, text in texts_of(corpus).items()}


@pytest.mark.parametrize(
    ("length", "valid", "test", "sizes"),
    [
        (1000, 0.1, 0.0, (900, 100, 0)),
        (1000, 0.1, 0.2, (700, 100, 200)),
        (1000, 0.0, 0.0, (1000, 0, 0)),
        (100, 0.1, 0.29, (61, 10, 29)),
        (105, 0.0, 0.2, (84, 0, 21)),
        (2, 0.5, 0.0, (1, 1, 0)),
        (1, 0.9, 0.0, (1, 0, 0)),  # training always has a character
    ],
)
def test_the_last_shares_of_the_characters_are_validation_and_test(
    tmp_path: Path, length: int, valid: float, test: float, sizes: tuple[int, ...]
) -> None:
    text = ("aé語😀\n" * length)[:length]
    corpus = open_text(tmp_path, text, valid_fraction=valid, test_fraction=test)
    texts = [texts_of(corpus).get(name, "") for name in PARTS]
    assert "".join(texts) == text
    assert tuple(map(len, texts)) == sizes
    assert [part.n_bytes for part in corpus.parts.values()] == [len(text.encode()) for text in texts if text]


@pytest.mark.parametrize("length", [9, 105])
def test_validation_without_a_share_is_absent_however_large_the_test_part(tmp_path: Path, length: int) -> None:
    for test in (0.1, 0.29, 0.5):
        corpus = open_text(tmp_path, "a" * length, valid_fraction=0.0, test_fraction=test)
        assert "valid" not in corpus.parts


def test_the_vocabulary_comes_from_the_training_part_alone(tmp_path: Path) -> None:
    corpus = open_text(tmp_path, "ab" * 45 + "abcabcdabc")
    train, valid = corpus.parts["train"], corpus.parts["valid"]
    tokenizer = train_tokenizer(CharConfig(), train.chunks(), n_bytes=train.n_bytes)
    assert tokenizer.vocab_size == 3
    assert encode_part(valid, tokenizer).n_oov == 4


def test_separate_files_take_no_share_of_the_text(tmp_path: Path) -> None:
    valid, test = write(tmp_path / "valid", "valid"), write(tmp_path / "test", "test")
    corpus = open_text(tmp_path, "a" * 105, valid_paths=(valid,), test_paths=(test,), test_fraction=0.3)
    assert texts_of(corpus) == {"train": "a" * 105, "valid": "valid", "test": "test"}


def test_a_validation_file_leaves_the_test_share_and_loses_no_character(tmp_path: Path) -> None:
    valid = write(tmp_path / "valid", "valid")
    texts = texts_of(open_text(tmp_path, "a" * 94 + "b" * 11, valid_paths=(valid,), test_fraction=0.1))
    assert texts["train"] + texts["test"] == "a" * 94 + "b" * 11
    assert texts["valid"] == "valid"


BETWEEN: dict[Documents, str] = {"line": "\n", "blank-line": "\n\n"}
"""What separates documents in a text with plain line ends."""


def test_every_kind_of_document_has_a_separator() -> None:
    assert tuple(SEPARATORS) == get_args(Documents)


def split_by_lines(text: str, documents: Documents) -> list[str]:
    """The documents of a text, found line by line."""
    groups: list[list[str]] = [[]]
    for line in text.split("\n"):
        if documents == "line" or not line.strip():
            groups.append([])
        if line.strip():
            groups[-1].append(line)
    return ["\n".join(group) for group in groups if group]


@pytest.mark.parametrize("documents", BETWEEN)
@settings(max_examples=25, deadline=None, derandomize=True, database=None)
@given(
    text=st.lists(st.sampled_from(["\n", "\n\n", " \n", "\u00a0\f\n", "a", "é語", "b b"]), max_size=30).map(
        lambda parts: "".join([*parts, "a"])
    ),
    valid=st.sampled_from([0.0, 0.1, 0.5]),
    test=st.sampled_from([0.0, 0.3]),
    seed=st.integers(0, 3),
)
def test_every_document_is_whole_in_one_part(
    tmp_path_factory: pytest.TempPathFactory, documents: Documents, text: str, valid: float, test: float, seed: int
) -> None:
    shares: dict[str, Any] = {"valid_fraction": valid, "test_fraction": test, "split_seed": seed}
    corpus = open_text(tmp_path_factory.getbasetemp(), text, documents=documents, **shares)
    expected = split_by_lines(text, documents)
    found = documents_of(corpus)
    assert sorted(document for some in found.values() for document in some) == sorted(expected)
    for name, part in corpus.parts.items():
        assert part.n_bytes == len(text_of(part).replace(MARK, corpus.separator).encode())
        assert found[name]
    assert {"train"} <= set(found) <= {"train", *(["valid"] if valid else []), *(["test"] if test else [])}


@pytest.mark.parametrize(
    ("text", "documents", "separator", "expected"),
    [
        ("a\nb\n", "line", "\n", ["a", "b"]),
        ("a\nb\n\nc", "line", "\n", ["a", "b", "c"]),
        ("a\nb\n\nc\n", "blank-line", "\n\n", ["a\nb", "c"]),
        ("\n \na\n\n\n\tb \n\n", "blank-line", "\n\n", ["\tb ", "a"]),
        ("a\r\nb\r\n", "line", "\n", ["a", "b"]),
        ("a\r\nb\r\n\r\nc\r\n\r\n", "blank-line", "\n\n", ["a\nb", "c"]),
        ("***\na\n\n ***\n\n***\nb\n***", "***", "\n***\n", ["a", "b"]),
        ("a ***\n*** b\n***\n****\n", "***", "\n***\n", ["****", "a ***\n*** b"]),
        ("Part 1\na\n\nPart 2\n\nb\n", "re:^Part [0-9]", "", ["a\n", "b\n"]),
        ("x\n\nPart 1\na\nPart 2\nb\n", "starts:^Part [0-9]", "", ["Part 1\na\n", "Part 2\nb\n", "x\n"]),
        ("a b", "line", "\n", ["a b"]),
    ],
)
def test_documents_are_what_lies_between_their_separators(
    tmp_path: Path, text: str, documents: str, separator: str, expected: list[str]
) -> None:
    corpus = open_text(tmp_path, text, documents=documents, valid_fraction=0.0)
    assert corpus.separator == separator
    assert sorted(documents_of(corpus)["train"]) == expected


def test_files_are_documents_without_a_separator(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    texts = [f"text {number}\n\n" for number in range(10)]
    for text in texts:
        write(tmp_path / "texts" / text.strip(), text)
    corpus = open_corpus(CorpusConfig(paths=(str(tmp_path / "texts"),), documents="file"))
    found = documents_of(corpus)
    assert corpus.separator == ""
    assert sorted([*found["train"], *found["valid"]]) == texts
    assert len(found["valid"]) == 1


def test_the_order_of_documents_is_seeded(tmp_path: Path) -> None:
    text = "".join(f"document {number:02}\n" for number in range(100))
    first, again, other = (
        documents_of(open_text(tmp_path, text, documents="line", split_seed=seed)) for seed in (0, 0, 1)
    )
    assert first == again != other
    assert first["train"] != sorted(first["train"], key=text.index)
    assert len(first["valid"]) == 10


@pytest.mark.parametrize(
    ("n_documents", "test", "sizes"),
    [(1, 0.01, [1, 0, 0]), (2, 0.01, [1, 0, 1]), (3, 0.01, [1, 1, 1]), (4, 0.01, [2, 1, 1]), (2, 0.0, [1, 1, 0])],
)
def test_a_small_share_has_one_document_if_training_keeps_one(
    tmp_path: Path, n_documents: int, test: float, sizes: list[int]
) -> None:
    shares: dict[str, Any] = {"valid_fraction": 0.01, "test_fraction": test, "unite_duplicates": False}
    corpus = open_text(tmp_path, "one\n" * n_documents, documents="line", **shares)
    assert [text_of(corpus.parts[name]).count(MARK) if name in corpus.parts else 0 for name in PARTS] == sizes


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_documents_are_shared_out_by_their_bytes(tmp_path: Path, share: float) -> None:
    text = "".join("é" * length + "\n" for length in range(1, 60))
    for seed in range(5):
        corpus = open_text(tmp_path, text, documents="line", valid_fraction=share, split_seed=seed)
        missing = share * len(text.encode()) - corpus.parts["valid"].n_bytes
        assert 0 <= missing < 2 * 59 + 1  # the document at the cut stays in the training part


def test_whatever_changes_the_characters_of_a_text_changes_its_key(tmp_path: Path) -> None:
    """By their keys, parts are found in the cache and told apart in tables."""
    text = store_text([write(tmp_path / "text", "a\nb\n")])
    lines = Division(documents="line", separator="\n")
    divisions = [Division(), lines, replace(lines, rules=1), Division(documents="blank-line", separator="\n\n")]
    assert len({ExternalText(text=text, division=division).key for division in divisions}) == 4
    divisions += [replace(lines, seed=1), replace(lines, unites_duplicates=True)]
    parts = [CorpusPart(text=text, start=0, end=1, division=division) for division in divisions]
    assert len({part.key for part in [*parts, replace(parts[0], start=1), replace(parts[0], end=2)]}) == 8


def test_a_separator_at_the_start_of_a_text_ends_no_document(tmp_path: Path) -> None:
    text = store_text([write(tmp_path / "text", "***\na\n***\n***\nb\n")])
    division = Division(documents="***", separator="\n***\n")
    assert "".join(ExternalText(text=text, division=division).chunks()) == f"a{MARK}b\n"


def test_a_validation_file_is_cut_by_the_separator_of_the_text(tmp_path: Path) -> None:
    valid = write(tmp_path / "valid", "x\ny\n")
    corpus = open_text(tmp_path, "a\nb\n", documents="line", valid_paths=(valid,))
    assert {name: sorted(some) for name, some in documents_of(corpus).items()} == {
        "train": ["a", "b"],
        "valid": ["x", "y"],
    }
    assert corpus.notes[1:] == ("valid: 2 documents, median length 1 character",)
