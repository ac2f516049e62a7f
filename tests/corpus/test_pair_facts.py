"""What is said about pairs: how they were divided, and what looks like the header of a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqgen.config import CorpusConfig
from seqgen.corpus import open_corpus
from tests.corpus.pairs import open_pairs
from tests.corpus.parts import write


def some_pairs(n_sources: int, n_pairs: int) -> list[tuple[str, str]]:
    return [(f"s{number % n_sources}", f"t{number}") for number in range(n_pairs)]


@pytest.mark.parametrize(
    ("n_sources", "n_pairs", "words"),
    [
        (99, 990, "with only 99 sources, --set unite_duplicates=false may be better"),
        (99, 989, "890 pairs have the source of another one; they are kept in one part"),
        (100, 1000, "900 pairs have the source of another one; they are kept in one part"),
        (20, 21, "1 pair has the source of another one; they are kept in one part"),
    ],
)
def test_few_sources_with_ten_pairs_each_are_better_divided_pair_by_pair(
    n_sources: int, n_pairs: int, words: str, tmp_path: Path
) -> None:
    notes = open_pairs(tmp_path, some_pairs(n_sources, n_pairs)).notes
    assert [note for note in notes if "part" in note and words in note]
    divided = open_pairs(tmp_path, some_pairs(n_sources, n_pairs), unite_duplicates=False).notes
    assert not [note for note in divided if "source of another one" in note or "may be better" in note]


def test_nothing_is_said_of_a_separate_part_whose_sources_are_all_new(tmp_path: Path) -> None:
    train, valid = write(tmp_path / "a.tsv", "one\t1\ntwo\t2\n"), write(tmp_path / "b.tsv", "three\t3\n")
    notes = open_corpus(CorpusConfig(paths=(train,), pairs=True, valid_paths=(valid,))).notes
    assert notes[-1].startswith("valid: 1 pair, 1 distinct source: ")


@pytest.mark.parametrize(
    "header",
    ["source target", "src tgt", "Input Output", "text label", "sentence class", "word category", "question answer",
     "prompt response"],
)  # fmt: skip
def test_a_pair_of_names_of_columns_is_asked_about(header: str, tmp_path: Path) -> None:
    source, target = header.split()
    notes = open_pairs(tmp_path, [(source, target), ("one", "1")]).notes
    assert [note for note in notes if f"--columns {source},{target} with a file" in note]


def test_words_that_are_no_names_of_columns_are_not_asked_about(tmp_path: Path) -> None:
    for pair in (("text", "texts"), ("word", "word"), ("one", "label")):
        assert not [note for note in open_pairs(tmp_path, [pair, ("a", "b")]).notes if "--columns" in note]
