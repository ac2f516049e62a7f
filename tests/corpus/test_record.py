"""What a run keeps of its corpus: what is written, what an older record means, and what is answered from it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from seqgen.config import CorpusConfig, Part
from seqgen.corpus import CorpusRecord
from seqgen.corpus.record import PartRecord
from seqgen.errors import ConfigError

OF_PAIRS = {"pairs", "columns", "targets"}


def part(**fields: Any) -> PartRecord:
    return PartRecord(**{"sha256": "0" * 64, "start": 2, "end": 9, **fields})


def record(*, train: PartRecord | None = None, **fields: Any) -> CorpusRecord:
    parts: dict[Part, PartRecord] = {"train": train or part()}
    return CorpusRecord(config=CorpusConfig(**{"paths": ("a", "b"), **fields}), separator="\n", parts=parts)


@pytest.mark.parametrize("fields", [{}, {"backward": True}, {"pairs": True, "columns": ("en", "de")}], ids=str)
def test_a_record_comes_back_from_json(fields: dict[str, Any]) -> None:
    written = record(**fields)
    values = written.to_json()
    assert json.loads(json.dumps(values)) == values
    assert CorpusRecord.from_json(values) == written
    assert OF_PAIRS & values.keys() == (OF_PAIRS if written.config.pairs else set())
    assert ("backward" in values) == written.backward == written.config.backward
    assert values["parts"] == {"train": {"sha256": "0" * 64, "start": 2, "end": 9, "n_oov": 0}}


def test_a_record_without_the_newer_fields_means_what_was_done_then() -> None:
    values = record().to_json()
    for name in ("unite_duplicates", "n_repeated", "line_ends", "rules"):
        del values[name]
    read = CorpusRecord.from_json(values)
    assert (read.config.unite_duplicates, read.n_repeated) == (False, 0)
    assert (read.config.line_ends, read.config.rules) == ("keep", 1)


def test_a_record_without_a_training_part_is_refused() -> None:
    with pytest.raises(LookupError):
        CorpusRecord.from_json({**record().to_json(), "parts": {}})


@pytest.mark.parametrize("sizes", [(None, None), (0, None), (4, 4), (4, 1), (None, 7)])
def test_a_target_is_as_long_as_its_part_at_most(sizes: tuple[int | None, int | None]) -> None:
    part(n_tokens=sizes[0], longest_target=sizes[1])
    with pytest.raises(ConfigError, match="longest_target is 5"):
        part(n_tokens=4, longest_target=5)


@pytest.mark.parametrize(("n_bytes", "expected"), [(100, 1.0), (190, 1.0), (250, 1.5), (300, 2.0), (None, 1.0)])
def test_a_character_of_three_bytes_counts_as_two_letters(n_bytes: int | None, expected: float) -> None:
    n_characters = None if n_bytes is None else 100
    assert record(train=part(n_bytes=n_bytes, n_characters=n_characters)).letters_per_character == expected


@pytest.mark.parametrize(("line_ends", "expected"), [("newline", "a\nb\n"), ("keep", "a\r\nb\r")])
def test_a_text_from_elsewhere_gets_the_line_ends_of_the_training_text(line_ends: str, expected: str) -> None:
    assert record(line_ends=line_ends).read_line_ends("a\r\nb\r") == expected


def test_only_a_part_of_its_own_files_is_separate() -> None:
    read = record(test_paths=("c",))
    assert [read.is_separate(name) for name in ("train", "valid", "test")] == [False, False, True]
    assert [read.paths_of(name) for name in ("valid", "test")] == [("a", "b"), ("c",)]


@pytest.mark.parametrize(("documents", "expected"), [("line", 7), (None, None)])
def test_documents_are_counted_where_a_text_has_some(documents: str | None, expected: int | None) -> None:
    assert record(documents=documents).n_documents("train") == expected
