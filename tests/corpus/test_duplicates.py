"""Documents that are equal: all of them go into one part, and nothing else about the split changes."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqgen.config import CorpusConfig
from seqgen.corpus import CorpusRecord, KnownDocuments, open_corpus, reopen_part
from seqgen.tokenizers import MARK
from tests.corpus.parts import open_text, text_of, texts_of, write

NAMES = "".join(f"name {number % 300}\n" for number in range(500))
"""200 names that stand there twice, and 100 that stand there once."""


@settings(max_examples=25, deadline=None, derandomize=True, database=None)
@given(
    names=st.lists(st.sampled_from(["Ann", "Bo", "Cy", "é", "Di"]), min_size=2, max_size=40),
    valid=st.sampled_from([0.1, 0.5]),
    test=st.sampled_from([0.0, 0.3]),
    seed=st.integers(0, 3),
)
def test_no_document_is_in_two_parts_and_none_is_lost(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], valid: float, test: float, seed: int
) -> None:
    text = "".join(f"{name}\n" for name in names)
    corpus = open_text(
        tmp_path_factory.getbasetemp(),
        text,
        documents="line",
        valid_fraction=valid,
        test_fraction=test,
        split_seed=seed,
    )
    parts = [found.split(MARK)[:-1] for found in texts_of(corpus).values()]
    assert sorted(name for part in parts for name in part) == sorted(names)
    assert sum(len(set(part)) for part in parts) == len(set(names))
    assert corpus.n_repeated == len(names) - len(set(names))


def test_the_shares_of_the_parts_are_kept(tmp_path: Path) -> None:
    corpus = open_text(tmp_path, NAMES, documents="line", test_fraction=0.2)
    shares = {name: part.n_bytes / len(NAMES) for name, part in corpus.parts.items()}
    assert shares == pytest.approx({"train": 0.7, "valid": 0.1, "test": 0.2}, abs=0.01)


def test_equal_documents_are_apart_within_a_part(tmp_path: Path) -> None:
    """Side by side, they would teach a model to repeat itself."""
    found = text_of(open_text(tmp_path, NAMES, documents="line").parts["train"]).split(MARK)[:-1]
    n_pairs = sum(first == second for first, second in itertools.pairwise(found))
    assert len(found) - len(set(found)) > 100
    assert n_pairs < 5


def test_a_text_without_equal_documents_is_split_as_ever(tmp_path: Path) -> None:
    text = "".join(f"document {number}\n" for number in range(99))
    united, apart = (
        open_text(tmp_path, text, documents="line", test_fraction=0.2, unite_duplicates=unites)
        for unites in (True, False)
    )
    assert texts_of(united) == texts_of(apart)
    assert {name: part.key for name, part in united.parts.items()} == {
        name: part.key for name, part in apart.parts.items()
    }


def test_documents_that_make_much_of_a_text_are_trained_on(tmp_path: Path) -> None:
    """However the rest is shuffled: as a group of their own they would be all of validation."""
    often, once, few = "Ann " * 99, "Bob " * 99, "Cid"
    text = "\n".join([*(f"name {number}" for number in range(300)), often, once, often, few, few])
    found: set[str] = set()
    for seed in range(5):
        corpus = open_text(tmp_path, text, documents="line", split_seed=seed, valid_fraction=0.4)
        found |= set(text_of(corpus.parts["valid"]).split(MARK))
        assert 0.3 < corpus.parts["valid"].n_bytes / len(text) < 0.41
    assert {once, few} <= found
    assert often not in found


def test_a_text_of_one_document_again_and_again_has_no_validation_part(tmp_path: Path) -> None:
    assert set(open_text(tmp_path, "Ann\n" * 50, documents="line").parts) == {"train"}


def test_a_document_of_any_hash_is_known_only_if_it_is_in_the_text(tmp_path: Path) -> None:
    known = KnownDocuments.around(open_text(tmp_path, "Ann\n", documents="line").parts["train"])
    assert [name for name in ("Ann", "Bob", "Cy", "Dee", "Eve", "Flo", "Gil") if name in known] == ["Ann"]


def test_equal_files_are_equal_documents(tmp_path: Path) -> None:
    paths = tuple(write(tmp_path / str(number), f"text {number % 10}") for number in range(30))
    corpus = open_corpus(CorpusConfig(paths=paths, documents="file", valid_fraction=0.3))
    train, valid = (set(text_of(corpus.parts[name]).split(MARK)[:-1]) for name in ("train", "valid"))
    assert not train & valid
    assert corpus.n_repeated == 20


def test_the_parts_come_back_as_they_were_split(tmp_path: Path) -> None:
    corpus = open_text(tmp_path, NAMES, documents="line", test_fraction=0.2)
    record = CorpusRecord.from_json(json.loads(json.dumps(corpus.record().to_json())))
    for name, part in corpus.parts.items():
        again = reopen_part(record, name)
        assert (text_of(again), again.key) == (text_of(part), part.key)


def test_a_record_without_the_rule_is_split_as_it_was(tmp_path: Path) -> None:
    """As versions before the rule wrote it: equal documents may be in several parts."""
    corpus = open_text(tmp_path, NAMES, documents="line", unite_duplicates=False)
    assert corpus.n_repeated == 0
    values = corpus.record().to_json()
    del values["unite_duplicates"], values["n_repeated"]
    record = CorpusRecord.from_json(values)
    found = {name: text_of(reopen_part(record, name)) for name in corpus.parts}
    assert found == texts_of(corpus)
    train, valid = (set(found[name].split(MARK)) for name in ("train", "valid"))
    assert len(train & valid) > 10


def test_a_validation_file_keeps_its_own_order(tmp_path: Path) -> None:
    valid = write(tmp_path / "valid", NAMES)
    corpus = open_text(tmp_path, NAMES + "one more\n", documents="line", valid_paths=(valid,))
    assert corpus.n_repeated == 200
    assert text_of(reopen_part(corpus.record(), "valid")) == text_of(corpus.parts["valid"])
