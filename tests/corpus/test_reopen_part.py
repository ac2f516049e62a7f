"""A run finds the parts of its text again: in the cache, at its path, or where the user says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from seqgen.config import CorpusConfig, Documents, Part
from seqgen.corpus import Corpus, CorpusRecord, describe_changes, open_corpus, reopen_part
from seqgen.errors import ConfigError, CorpusError, RunError
from seqgen.run import RunRecord, open_model
from tests.corpus.parts import PARTS, open_text, text_of, write

TEXT = "".join(f"line {number} é\n" for number in range(50))


@pytest.fixture
def lose_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A function after which the cache is empty."""
    return lambda: monkeypatch.setenv("SEQGEN_CACHE", str(tmp_path / "empty cache"))


def recorded(corpus: Corpus) -> CorpusRecord:
    """The record as a run reads it back."""
    return CorpusRecord.from_json(json.loads(json.dumps(corpus.record().to_json())))


CUTS = pytest.mark.parametrize("documents", [None, "line", "file"])


@CUTS
@pytest.mark.parametrize("part", PARTS)
def test_a_part_comes_back_from_the_cache_though_the_file_is_gone(
    tmp_path: Path, documents: Documents | None, part: Part
) -> None:
    paths = tuple(write(tmp_path / str(number), TEXT + str(number)) for number in range(8))
    corpus = open_corpus(
        CorpusConfig(paths=paths, documents=documents, split_seed=3, valid_fraction=0.2, test_fraction=0.2)
    )
    expected = text_of(corpus.parts[part])
    for path in paths:
        Path(path).unlink()
    again = reopen_part(recorded(corpus), part)
    assert text_of(again) == expected
    assert again.key == corpus.parts[part].key


@pytest.mark.parametrize("part", ["train", "valid"])
def test_a_part_comes_back_from_its_path(tmp_path: Path, lose_cache: Callable[[], None], part: Part) -> None:
    corpus = open_text(tmp_path, TEXT, valid_paths=(write(tmp_path / "valid", "valid"),))
    expected = text_of(corpus.parts[part])
    lose_cache()
    assert text_of(reopen_part(recorded(corpus), part)) == expected


def test_a_relative_path_is_found_from_another_folder(
    tmp_path: Path, lose_cache: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "text", TEXT)
    monkeypatch.chdir(tmp_path)
    record = recorded(open_corpus(CorpusConfig(paths=("text",))))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    lose_cache()
    assert text_of(reopen_part(record, "train")) == TEXT[: len(TEXT) * 9 // 10]


def test_a_cache_that_takes_nothing_is_named_and_not_the_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = recorded(open_text(tmp_path, TEXT))
    monkeypatch.setenv("SEQGEN_CACHE", str(tmp_path / "text"))
    with pytest.raises(CorpusError, match=r"cannot be kept in .*; set SEQGEN_CACHE to a folder [^:]*$"):
        reopen_part(record, "train")


def test_a_run_without_paths_says_how_to_give_its_text(tmp_path: Path, lose_cache: Callable[[], None]) -> None:
    corpus = open_text(tmp_path, TEXT)
    record = replace(recorded(corpus), config=replace(corpus.config, paths=()))
    lose_cache()
    with pytest.raises(CorpusError, match=r"came without its text: .*--corpus PATH"):
        reopen_part(record, "train")
    again = reopen_part(record, "train", corpus_paths=[str(tmp_path / "text")])
    assert text_of(again) == text_of(corpus.parts["train"])


def test_a_file_that_has_changed_is_refused(tmp_path: Path, lose_cache: Callable[[], None]) -> None:
    corpus = open_text(tmp_path, TEXT)
    write(tmp_path / "text", TEXT.replace("7", "8"))
    lose_cache()
    with pytest.raises(CorpusError, match=r"text is not what it was trained on .*--corpus PATH"):
        reopen_part(recorded(corpus), "train")


def test_a_file_that_has_moved_is_given_by_its_new_path(tmp_path: Path, lose_cache: Callable[[], None]) -> None:
    corpus = open_text(tmp_path, TEXT)
    expected = text_of(corpus.parts["valid"])
    (tmp_path / "text").rename(tmp_path / "moved")
    lose_cache()
    with pytest.raises(CorpusError, match=r"no longer in the cache.*text does not exist.*--corpus PATH"):
        reopen_part(recorded(corpus), "valid")
    assert text_of(reopen_part(recorded(corpus), "valid", corpus_paths=[str(tmp_path / "moved")])) == expected


def test_another_text_is_refused(tmp_path: Path, lose_cache: Callable[[], None]) -> None:
    corpus = open_text(tmp_path, TEXT)
    (tmp_path / "text").unlink()
    lose_cache()
    with pytest.raises(CorpusError, match="other is not what it was trained on"):
        reopen_part(recorded(corpus), "train", corpus_paths=[write(tmp_path / "other", TEXT + "x")])


def test_a_run_on_two_texts_finds_each_among_those_that_are_given(
    tmp_path: Path, lose_cache: Callable[[], None]
) -> None:
    corpus = open_text(tmp_path, TEXT, valid_paths=(write(tmp_path / "valid", "abc" * 9),))
    expected = {name: text_of(part) for name, part in corpus.parts.items()}
    for name in ("text", "valid"):
        (tmp_path / name).rename(tmp_path / f"new-{name}")
    lose_cache()
    given = [str(tmp_path / "new-text"), str(tmp_path / "new-valid")]
    assert {name: text_of(reopen_part(recorded(corpus), name, corpus_paths=given)) for name in corpus.parts} == expected


def test_standard_input_is_kept_in_the_cache(
    tmp_path: Path,
    lose_cache: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = write(tmp_path / "text", TEXT)
    with Path(path).open(encoding="utf-8") as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        corpus = open_corpus(CorpusConfig(paths=("-",)))
    expected = text_of(corpus.parts["train"])
    assert text_of(reopen_part(recorded(corpus), "train")) == expected
    write(tmp_path / "-", "a file of the same name")
    monkeypatch.chdir(tmp_path)
    assert list(describe_changes(recorded(corpus))) == []
    lose_cache()
    with pytest.raises(CorpusError, match=r"standard input.*--corpus PATH"):
        reopen_part(recorded(corpus), "train")
    assert text_of(reopen_part(recorded(corpus), "train", corpus_paths=[path])) == expected


def test_a_part_that_the_run_does_not_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no test part.*--on FILE"):
        reopen_part(recorded(open_text(tmp_path, TEXT)), "test")


@pytest.mark.parametrize(
    "sha256",
    ["/etc/passwd", "../" * 9 + "secret", "0" * 63, "0" * 65, "0" * 63 + "\n", "g" * 64, "A" * 64, "", 7, None],
)
def test_a_digest_that_could_be_a_path_is_refused(tmp_path: Path, sha256: object) -> None:
    values = open_text(tmp_path, TEXT).record().to_json()
    values["parts"]["train"]["sha256"] = sha256
    with pytest.raises(ConfigError, match=r"sha256 is .*: it must be (64 hexadecimal digits|a text)"):
        CorpusRecord.from_json(values)


def test_a_forged_record_does_not_read_a_file_outside_the_cache(tmp_path: Path, run_folder: Path) -> None:
    """A text beside a file of facts, as the cache has them, whose path takes the place of the digest."""
    secret = tmp_path / "secret"
    write(secret.with_suffix(".txt"), "a secret")
    write(secret.with_suffix(".json"), json.dumps({"n_characters": 8, "file_ends": [8]}))
    values = open_model(run_folder).record.to_json()
    values["corpus"]["parts"]["valid"] = {"sha256": str(secret), "start": 0, "end": 8}
    with pytest.raises(RunError, match="sha256"):
        RunRecord.from_json(values)
