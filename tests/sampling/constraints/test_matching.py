"""Texts that must match an expression do, for every tokenizer and within their length."""

from __future__ import annotations

import io
import itertools
import re
import runpy
import sys
from pathlib import Path
from types import ModuleType

import pytest

from seqgen.config import TOKENIZER_CONFIGS, Budget
from seqgen.corpus import line_search
from seqgen.errors import ConfigError
from seqgen.run import SavedModel, open_model
from seqgen.sampling import GeneratedText
from seqgen.sampling.constraints import automaton
from seqgen.sampling.constraints.expression import Expression
from tests import tiny
from tests.sampling.texts import write

TEXT = "Mina sat on the café wall. 1492 cats! \n" * 60


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SavedModel]:
    """A model of every tokenizer, and three others. None has learned much, so that nearly every token is sampled."""
    folder = tmp_path_factory.mktemp("models")
    few = Budget(steps=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQGEN_CACHE", str(folder / "cache"))
        runs: dict[str, Path] = {
            name: tiny.trained(folder / name, text=TEXT, tokenizer=config(), budget=few)
            for name, config in TOKENIZER_CONFIGS.items()
        }
        lines = tiny.trained(folder / "lines", text=TEXT, documents="line", budget=few)
        letters = tiny.trained(folder / "letters", text="abc\n" * 200, budget=few)
    runs |= {"lines": lines, "letters": letters}
    return {name: open_model(run) for name, run in runs.items()}


def matched(
    model: SavedModel, pattern: str, *, prompt: str = "", length: int = 40, count: int = 25
) -> list[GeneratedText]:
    return write(model, prompt, length=length, count=count, temperature=1.5, match=pattern)


PATTERNS = [
    "[A-Z][a-z]{2,5}",
    "(Mina|cat)s? (sat|on) .*",
    "[0-9]{1,3}( [0-9]{3})*!?",
    "[^\n]{5,12}",
    "(ab?|é)+",
    "[a-z]+( [a-z]+){2}",
    ".*wall.*",
    "",
]


@pytest.mark.parametrize("name", [*tiny.LOSSLESS, "lines"])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_text_matches_the_whole_expression(name: str, pattern: str, models: dict[str, SavedModel]) -> None:
    texts = matched(models[name], pattern)
    for text in texts:
        assert re.fullmatch(pattern, text.text), text
        assert len(text.text) <= 40
        assert text.ending in ("length", "match", "end-of-text")


@pytest.mark.parametrize(
    "pattern",
    [
        "(ab)*",
        "(ab)+c?",
        "(a|b\n)+",
        "a*b|c",
        "(aa|aab)*",
        "(a{2}b?)*c",
        "[^a]{2,3}(ca)*",
        "(|a|bc)",
        ".",
        "(?s).b*",
        "(?x) a  (b | c)  # a comment",
    ],
)
def test_exactly_the_texts_that_match_are_accepted(pattern: str, models: dict[str, SavedModel]) -> None:
    """All texts of up to six letters, against Python's own matching."""
    tokenizer = models["letters"].tokenizer
    expression = Expression(pattern, tokenizer)
    for n in range(7):
        for letters in itertools.product("abc\n", repeat=n):
            text = "".join(letters)
            node = expression.start()
            for token in tokenizer.encode(text).ids.tolist():
                node = expression.after(node, token)
            assert expression.accepts(node) == bool(re.fullmatch(pattern, text)), text


@pytest.mark.parametrize("name", ["char", "byte", "sentencepiece"])
def test_a_text_that_may_end_may_also_continue(name: str, models: dict[str, SavedModel]) -> None:
    texts = matched(models[name], "([a-z]{3}\n)*", length=40)
    assert {len(text.text) for text in texts} == {40}
    assert all(re.fullmatch("([a-z]{3}\n)*", text.text) for text in texts)


def test_an_automaton_that_takes_too_much_time_of_the_cpu_is_given_up(
    models: dict[str, SavedModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqgen.sampling.constraints.automaton._MAX_CPU_SECONDS", 1)
    with pytest.raises(ConfigError, match="its automaton is too large: use fewer or smaller counts in braces"):
        matched(models["char"], ".*[aeiou].{60}")


@pytest.mark.parametrize("program", [automaton, line_search])
def test_a_child_needs_no_seqgen(program: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs a file of a checkout that may be installed nowhere."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "seqgen"]:
        monkeypatch.setitem(sys.modules, name, None)
    assert program.__file__ is not None
    runpy.run_path(program.__file__, run_name="child")


def test_an_expression_that_needs_the_separator_is_refused_with_a_hint(models: dict[str, SavedModel]) -> None:
    with pytest.raises(ConfigError, match=r"'\\n' separates its documents, and stands in none of them"):
        matched(models["lines"], "([A-Z][a-z]+\n)+")


def test_words_of_a_closed_vocabulary_match_with_their_spaces(models: dict[str, SavedModel]) -> None:
    texts = matched(models["whitespace"], "(Mina|sat) (on|the|cats!)( wall.)?")
    assert len({text.text for text in texts}) > 5
    assert all(re.fullmatch("(Mina|sat) (on|the|cats!)( wall.)?", text.text) for text in texts)


def test_the_prompt_is_not_part_of_what_must_match(models: dict[str, SavedModel]) -> None:
    for text in matched(models["whitespace"], " cats!", prompt="the", count=3):
        assert text.text == " cats!"
    for text in matched(models["char"], "[a-z]{4}", prompt="Mina 1492 ", count=9):
        assert re.fullmatch("[a-z]{4}", text.text)


def test_a_text_ends_where_nothing_may_follow_and_where_the_model_ends_it(models: dict[str, SavedModel]) -> None:
    assert {text.ending for text in matched(models["char"], "(Mina|cats)!")} == {"match"}
    assert {text.ending for text in matched(models["char"], "[a-z]+")} == {"length"}
    endings = {text.ending for text in matched(models["lines"], "[a-z]+")}
    assert "end-of-text" in endings <= {"end-of-text", "length"}


@pytest.mark.parametrize("length", [9, 10, 11, 14])
def test_a_text_matches_within_its_length(length: int, models: dict[str, SavedModel]) -> None:
    """Tokens after which no match fits are removed, the long ones of sentencepiece among them."""
    for name in ("char", "byte", "sentencepiece", "word"):
        for text in matched(models[name], r"(.{3})* cats! ?", length=length, count=20):
            assert re.fullmatch(r"(.{3})* cats! ?", text.text)
            assert len(text.text) <= length


@pytest.mark.parametrize(
    ("pattern", "length", "line"),
    [
        ("[a-", 40, "--match [a-: unterminated character set at position 0"),
        (r"(a)\1", 40, "anchors, look-around and back-references are not supported"),
        ("^a$", 40, "anchors, look-around and back-references are not supported"),
        ("ф+", 40, "no text in the model's vocabulary matches it"),
        ("a{50}", 40, "--length is 40: the shortest text that --match allows has 50 characters"),
    ],
)
def test_an_expression_that_nothing_can_match_is_refused_at_once(
    pattern: str, length: int, line: str, models: dict[str, SavedModel]
) -> None:
    with pytest.raises(ConfigError, match=re.escape(line)) as error:
        matched(models["char"], pattern, length=length, count=1)
    assert "\n" not in str(error.value)


def test_a_child_process_ends_by_itself_where_its_parent_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    limited: list[int] = []
    monkeypatch.setattr(sys, "argv", ["", "10"])
    monkeypatch.setattr(resource, "setrlimit", lambda kind, _: limited.append(kind))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"ab*")))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO()))
    automaton._main()
    assert limited == [resource.RLIMIT_AS, resource.RLIMIT_CORE, resource.RLIMIT_CPU]
