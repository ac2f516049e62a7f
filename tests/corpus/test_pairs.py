"""A corpus of pairs: its parts, its record, what is said of it, and the rule for labels."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqgen.config import CorpusConfig, ReadingConfig
from seqgen.corpus import CorpusRecord, ExternalText, describe_changes, open_corpus, read_pairs, reopen_part
from seqgen.corpus.documents import Division
from seqgen.corpus.pairs import are_labels, choose_targets, describe_rule
from seqgen.corpus.stored_text import store_text
from seqgen.errors import CorpusError
from seqgen.evaluation.external_texts import as_read_by, store_external
from seqgen.run import open_model
from tests.corpus.pairs import open_pairs
from tests.corpus.parts import open_text, write

SYNONYMS = [(f"word {number % 300}", f"meaning {number}") for number in range(500)]
"""200 sources with two targets each, and 100 with one."""


@settings(max_examples=25, deadline=None, derandomize=True, database=None)
@given(
    sources=st.lists(st.sampled_from(["Ann", "Bo", "Cy", "é", ""]), min_size=2, max_size=40),
    test=st.sampled_from([0.0, 0.3]),
    seed=st.integers(0, 3),
)
def test_no_source_is_in_two_parts_and_no_pair_is_lost(
    tmp_path_factory: pytest.TempPathFactory, sources: list[str], test: float, seed: int
) -> None:
    pairs = [(source, str(number)) for number, source in enumerate(sources)]
    corpus = open_pairs(tmp_path_factory.getbasetemp(), pairs, test_fraction=test, split_seed=seed)
    parts = [read_pairs(part) for part in corpus.parts.values()]
    assert sorted(itertools.chain(*parts)) == sorted(pairs)
    for first, second in itertools.combinations(parts, 2):
        assert not {pair.source for pair in first} & {pair.source for pair in second}
    assert corpus.n_repeated == len(sources) - len(set(sources))


def test_the_shares_of_the_parts_are_kept_and_the_seed_decides_them(tmp_path: Path) -> None:
    corpora = [open_pairs(tmp_path, SYNONYMS, test_fraction=0.2, split_seed=seed) for seed in (0, 0, 1)]
    train, again, other = ({pair.source for pair in read_pairs(corpus.parts["train"])} for corpus in corpora)
    assert len(read_pairs(corpora[0].parts["valid"])) == pytest.approx(50, abs=5)
    assert len(read_pairs(corpora[0].parts["test"])) == pytest.approx(100, abs=5)
    assert train == again != other


def test_pairs_are_divided_one_by_one_if_sources_are_not_united(tmp_path: Path) -> None:
    corpus = open_pairs(tmp_path, [("same", str(number)) for number in range(20)], unite_duplicates=False)
    assert len(read_pairs(corpus.parts["valid"])) == 2


def test_a_part_is_found_again_by_its_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = open_pairs(tmp_path, SYNONYMS, targets="text")
    record = CorpusRecord.from_json(json.loads(json.dumps(corpus.record().to_json())))
    assert record == corpus.record()
    assert record.n_documents("train") == len(read_pairs(corpus.parts["train"]))
    monkeypatch.setenv("SEQGEN_CACHE", str(tmp_path / "another"))  # from its file, then
    assert read_pairs(reopen_part(record, "valid")) == read_pairs(corpus.parts["valid"])


def test_columns_are_in_the_record(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,label\none,1\ntwo,2\n")
    record = open_corpus(CorpusConfig(paths=(path,), pairs=True, columns=("text", "label"))).record()
    assert CorpusRecord.from_json(json.loads(json.dumps(record.to_json()))).config.columns == ("text", "label")


def test_records_of_texts_have_no_keys_of_pairs_and_need_none(tmp_path: Path) -> None:
    record = open_text(tmp_path, "one\ntwo\nthree\n", documents="line").record()
    assert not {"pairs", "columns", "targets"} & record.to_json().keys()
    assert CorpusRecord.from_json(record.to_json()) == record


def test_a_text_from_elsewhere_keeps_the_order_of_its_pairs(tmp_path: Path) -> None:
    corpus = open_pairs(tmp_path, SYNONYMS)
    text = store_text([str(tmp_path / "pairs.tsv")], corpus.config.reading)
    assert read_pairs(ExternalText(text=text, division=Division(documents="pair"))) == SYNONYMS


@pytest.mark.parametrize("documents", ["pair", "line", None])
def test_a_text_that_was_not_read_as_pairs_is_refused(tmp_path: Path, documents: str | None) -> None:
    text = store_text([write(tmp_path / "story.txt", "It was a dark night.\n")])
    with pytest.raises(CorpusError, match="holds no pairs"):
        read_pairs(ExternalText(text=text, division=Division(documents=documents, separator="\n")))


def test_a_file_of_pairs_that_has_changed_is_noticed(tmp_path: Path) -> None:
    record = open_pairs(tmp_path, SYNONYMS).record()
    assert list(describe_changes(record)) == []
    open_pairs(tmp_path, SYNONYMS[1:])
    assert "has changed since this run began" in next(describe_changes(record))


def test_what_is_empty_or_equal_is_said(tmp_path: Path) -> None:
    notes = open_pairs(tmp_path, [*SYNONYMS, ("", "a"), ("b", ""), ("c", "")]).notes
    assert notes[0].startswith("503 pairs, 303 distinct sources: sources of 7.")
    assert notes[1:3] == ("1 source is empty", "2 targets are empty")
    assert notes[3].startswith("200 pairs have the source of another one; they are kept in one part")


def test_sources_that_are_all_different_need_no_word_on_how_they_are_divided(tmp_path: Path) -> None:
    notes = open_pairs(tmp_path, [(f"word {n}", "meaning") for n in range(200)]).notes
    assert "source of another" not in " ".join(notes)


def test_few_sources_with_many_targets_are_said(tmp_path: Path) -> None:
    notes = open_pairs(tmp_path, [(source, str(n)) for source in "abc" for n in range(10)]).notes
    assert "with only 3 sources, --set unite_duplicates=false may be better" in notes[-1]


def test_one_source_alone_is_given_as_the_reason_why_nothing_is_held_out(tmp_path: Path) -> None:
    pairs = [("a", str(n)) for n in range(30)]
    assert "all pairs have the same source" in open_pairs(tmp_path, pairs).notes[-1]
    assert "same source" not in " ".join(open_pairs(tmp_path, pairs, valid_fraction=0).notes)


def test_sources_of_a_separate_part_that_are_trained_on_are_counted(tmp_path: Path) -> None:
    test = write(tmp_path / "test.tsv", "word 1\tmeaning\nnew\tmeaning\n")
    corpus = open_pairs(tmp_path, SYNONYMS, valid_fraction=0, test_paths=(test,))
    assert read_pairs(corpus.parts["test"])[0].target == "meaning"
    assert corpus.notes[-1] == ("test: 1 of 2 sources also stands in the training part, so scores on it are optimistic")


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (["yes", "no"] * 20, True),
        (["yes", "no"] * 19 + ["no"], False),
        ([str(n) for n in range(100)] * 20, True),
        ([str(n) for n in range(101)] * 20, False),
        (["yes"] * 95 + list("abcde"), False),
        (["yes"] * 500 + list("abcde"), True),
        (["yes"] * 57 + ["no", "no", "perhaps"], True),
        (["yes"] * 56 + ["no", "no", "perhaps", "perhaps"], False),
        (["a" * 60, "b"] * 20, True),
        (["a" * 61, "b"] * 20, False),
        (["yes"] * 100, False),
    ],
)
def test_the_rule_for_labels(targets: list[str], expected: bool) -> None:
    assert are_labels(targets) == expected


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        (["a" * 61, "b"] * 20, "text: one has 61 characters, and a label at most 60"),
        (["yes", "no"], "text: 2 distinct ones, 1.0 pairs each on average, and labels have 20 or more"),
        (["yes"] * 56 + ["no", "no", "perhaps", "perhaps"], "text: 7% of the pairs have one that occurs under 5 times"),
        (["yes", "no"] * 20, "labels: 2 distinct ones, 20 pairs each on average"),
    ],
)
def test_what_the_rule_says_is_told_with_its_reason(targets: list[str], words: str) -> None:
    assert describe_rule(targets).startswith(f"targets are {words}; --targets ")


def test_more_targets_than_labels_can_be_are_not_offered_as_labels() -> None:
    targets = [str(n) for n in range(101)]
    assert describe_rule(targets) == "targets are text: 101 different ones, more than the 100 that labels may have"


def test_what_was_asked_for_overrides_the_rule() -> None:
    assert choose_targets(["yes", "no"], "label") == "label"
    assert choose_targets(["yes", "no"] * 20, "text") == "text"
    assert choose_targets(["yes"], "text") == "text"


@pytest.mark.parametrize("asked", [None, "label"])
def test_one_label_alone_is_refused(asked: str | None) -> None:
    with pytest.raises(CorpusError, match="every target of the training part is 'yes': labels need 2"):
        choose_targets(["yes"] * 30, asked)  # type: ignore[arg-type]


@pytest.mark.parametrize(("n", "pairs"), [(1, "1 pair"), (2, "2 pairs")])
def test_of_too_few_pairs_that_is_said_and_nothing_of_labels(n: int, pairs: str) -> None:
    with pytest.raises(CorpusError, match=f"the training part has {pairs}: that is too few to learn from"):
        choose_targets(["d"] * n)


def test_too_many_labels_are_refused_with_the_limit() -> None:
    with pytest.raises(CorpusError, match="101 distinct targets: --targets label takes up to 100 labels"):
        choose_targets([str(n) for n in range(101)], "label")


def test_texts_of_a_run_of_pairs_are_read_as_pairs(tmp_path: Path, run_folder: Path) -> None:
    table = write(tmp_path / "a.csv", "text,label\none,1\n")
    lines = write(tmp_path / "a.tsv.txt", "two\t2\n")
    config = CorpusConfig(paths=(table,), pairs=True, columns=("text", "label"), valid_fraction=0)
    saved = open_model(str(run_folder))
    saved = replace(saved, record=replace(saved.record, corpus=open_corpus(config).record()))
    for path, expected in ((table, ("one", "1")), (lines, ("two", "2"))):
        text = as_read_by(saved, path, store_external(path, ReadingConfig()), encoding="utf-8")
        assert read_pairs(ExternalText(text=text, division=saved.record.corpus.division)) == [expected]
