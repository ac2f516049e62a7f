"""What is found in a text as a whole: its documents, those that repeat, and its own line ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seqgen.config import CorpusConfig
from seqgen.corpus.summary import TextSummary, summarise_text
from tests.corpus.parts import write


def summary(folder: Path, *texts: str, **options: Any) -> TextSummary:
    paths = tuple(write(folder / str(number), text) for number, text in enumerate(texts))
    return summarise_text(CorpusConfig(paths=paths, **options))


@pytest.mark.parametrize(
    ("texts", "documents", "expected"),
    [
        (["Ann\r\nBobby\rEve\nAnn\u2028"], "line", {"n": 4, "median_length": 3, "n_repeated": 1}),
        (["one\r\ntwo\r\n\r\none\ntwo\n"], "blank-line", {"n": 2, "median_length": 7, "n_repeated": 1}),
        (["one\n\ntwo\n", "three"], "file", {"n": 2, "median_length": 7, "n_repeated": 0}),
        (["\n\n"], "line", {"n": 0, "median_length": 0, "n_repeated": 0}),
    ],
)
def test_documents_are_counted_and_those_that_repeat(
    texts: list[str], documents: str, expected: dict[str, int], tmp_path: Path
) -> None:
    found = summary(tmp_path, *texts, documents=documents)
    assert found.to_json()["documents"] == expected
    assert [sentence for sentence in found.sentences() if "documents" in sentence] == [
        "documents that equal an earlier one: 1"
    ] * expected["n_repeated"]


@pytest.mark.parametrize("documents", [None, "line"])
def test_line_ends_are_counted_as_they_are_in_the_file(documents: str | None, tmp_path: Path) -> None:
    found = summary(tmp_path, "Ann\r\nBob\n", documents=documents).to_json()
    assert found["faults"]["line_ends"] == {"CRLF": 1, "LF": 1}
    assert found["n_characters"] == 8
    assert ("documents" in found) == (documents is not None)
