"""A regular expression that ends documents is found where `re` finds it, and never searches without end."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import pytest

from seqgen import child_process
from seqgen.child_process import run_child
from seqgen.config import CorpusConfig
from seqgen.corpus import line_search
from seqgen.corpus.boundaries import find_boundaries, mark_boundaries
from seqgen.corpus.line_search import find_lines, search
from seqgen.errors import ConfigError, CorpusError
from tests.corpus.parts import open_text

ENDLESS = ["(a+)+$", "(a|a)*$", r"(.*)*\x00", "a*a*a*a*a*a*$", "(?:a?){40}a{40}$", "(?x) (a+) # of letters\n +$"]
LINES = [b"", b"Chapter 1", b"a" * 60, "Kapitel é".encode(), b"\xff\xfe", b"***", b"a b" * 9]


@pytest.mark.parametrize(
    "expression", ["^Chapter", "é$", "^$", "\ufffd", r"^\*+$", "(a b)+", "(?x) a # a comment\n [ ] b", r"\\?é"]
)
def test_lines_are_found_as_re_finds_them_here_and_in_a_child(expression: str) -> None:
    expected = [bool(re.search(expression, line.decode("utf-8", "replace"))) for line in LINES]
    assert list(find_lines(expression, LINES)) == expected
    assert line_search._search_apart(expression, LINES) == expected
    assert any(expected)


@pytest.mark.parametrize(
    ("expression", "line"), [*((endless, b"a" * 60 + b"b") for endless in ENDLESS), ("a*" * 99, b""), ("a|" * 15, b"")]
)
def test_what_may_search_without_end_is_searched_in_a_child(
    expression: str, line: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_search, "_search_apart", lambda expression, lines: [False, True])
    assert list(find_lines(expression, [line])) == [False, True]


@pytest.mark.parametrize("expression", [r"^Chapter \d+$", r"^#+ ", "^(ACT|SCENE) ", r"\s*\(x\)+", "^X:"])
def test_a_usual_expression_searches_a_prompt_without_a_child(expression: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_search, "_search_apart", lambda *_: pytest.fail("there is a child"))
    assert list(find_lines(expression, [b"It was late, and nobody was in the house."] * 3)) == [False] * 3


def test_a_search_without_end_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_search, "_MOST_WAITING_S", 0.2)
    with pytest.raises(
        CorpusError, match=r"^--documents 're:\(a\+\)\+\$' takes over 10 seconds .*repetitions"
    ) as caught:
        mark_boundaries("a" * 60 + "b", "re:(a+)+$")
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such signals")
def test_a_child_that_is_killed_is_not_said_to_have_taken_long(monkeypatch: pytest.MonkeyPatch) -> None:
    kill = ["sh", "-c", "kill -KILL $$"]
    monkeypatch.setattr(child_process, "run_child", lambda _, data, **options: run_child(kill, data, **options))
    reason = r"^the lines of --documents 're:\(a\+\)\+\$' were not found, because its process was ended by SIGKILL, as"
    with pytest.raises(CorpusError, match=reason):
        mark_boundaries("a" * 60 + "b", "re:(a+)+$")


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such signals")
def test_a_child_that_has_used_its_computing_time_took_too_long() -> None:
    with pytest.raises(TimeoutError):
        run_child(["sh", "-c", "kill -XCPU $$"], b"", most_s=60)


def test_the_child_limits_its_own_computing_time(monkeypatch: pytest.MonkeyPatch) -> None:
    resource, limits = pytest.importorskip("resource"), []
    out = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(resource, "setrlimit", lambda *limit: limits.append(limit))
    monkeypatch.setattr("sys.argv", ["", "7"])
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"^a\nab\nba")))
    monkeypatch.setattr("sys.stdout", out)
    line_search._main()
    assert limits == [(resource.RLIMIT_CORE, (0, 0)), (resource.RLIMIT_CPU, (7, 8))]
    assert out.buffer.getvalue() == b"10"


@pytest.mark.parametrize("limit", ["_BLOCK_BYTES", "_BLOCK_LINES"])
def test_lines_of_many_blocks_stay_in_order(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_search, limit, 2)
    text = b"one\n***\ntwo\nthree\n***\n***\nfour"
    assert len(list(find_boundaries(text, "re:^\\*+$"))) == 2
    assert list(find_lines("e", text.split(b"\n"))) == [True, False, False, True, False, False, False]


@pytest.mark.parametrize(("limit", "most"), [("_BLOCK_BYTES", 5), ("_BLOCK_BYTES", 6), ("_BLOCK_LINES", 3)])
def test_a_child_is_given_a_block_of_lines_at_a_time(limit: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_search, limit, most)
    monkeypatch.setattr(line_search, "_search_apart", lambda _, lines: [len(lines)])
    assert list(find_lines("(a+)+$", [b"a"] * 7)) == [3, 3, 1]


@pytest.mark.parametrize("expression", ["a{99999999999999999999}", "(" * 2000, "a" * 20_001, "["])
@pytest.mark.parametrize("prefix", ["re:", "starts:"])
def test_an_expression_that_python_cannot_read_is_one_short_line(prefix: str, expression: str) -> None:
    with pytest.raises(ConfigError, match="must be a regular expression after") as caught:
        CorpusConfig(paths=("a.txt",), documents=prefix + expression)
    assert len(str(caught.value)) < 400


def test_an_expression_that_python_warns_of_is_accepted(tmp_path: Path) -> None:
    corpus = open_text(tmp_path, "one\n[[\ntwo\n[[\nthree\n" * 9, documents="re:^[[]+$")
    assert corpus.parts["train"].end > 1
    assert list(search("^[[]+$", [b"[["])) == [True]
