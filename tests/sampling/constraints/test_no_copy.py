"""No copies: checked by looking for every run of a text in the training text."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqgen.config import TOKENIZER_CONFIGS, Budget, TokenizerConfig
from seqgen.corpus import reopen_part
from seqgen.errors import ConfigError
from seqgen.run import open_model
from seqgen.sampling import fit_prompt
from seqgen.sampling.constraints.substring_index import SubstringIndex
from seqgen.tokenizers import MARK
from tests import tiny
from tests.sampling.texts import write

TEXT = "the cat sat on the mat and the café was shut.\n" * 40
EVERY_TOKENIZER = [config() for config in TOKENIZER_CONFIGS.values()]
texts = st.text(alphabet="abé🙂", max_size=40)


@given(texts, texts, st.integers(1, 6))
def test_an_index_contains_exactly_the_runs_of_its_text(text: str, other: str, length: int) -> None:
    index = SubstringIndex.of_text(text, length)
    for start in range(len(other) - length + 1):
        run = other[start : start + length]
        assert index.contains(run) == (run in text)
    for start in range(len(text) - length + 1):
        assert index.contains(text[start : start + length])


@given(st.text(alphabet="ab", min_size=4, max_size=30))
def test_a_rolling_hash_is_that_of_the_run_alone(text: str) -> None:
    index, key = SubstringIndex.of_text("", 3), 0
    codes = [0, 0, 0, *map(ord, text)]
    for place in range(3, len(codes)):
        key = index.slide(key, entering=codes[place], leaving=codes[place - 3])
    alone = 0
    for code in codes[-3:]:
        alone = index.slide(alone, entering=code, leaving=0)
    assert key == alone


@pytest.mark.parametrize("tokenizer", EVERY_TOKENIZER, ids=lambda config: config.name)
@pytest.mark.parametrize("documents", [None, "line"])
def test_no_run_of_the_training_text_is_ever_written(
    tokenizer: TokenizerConfig, documents: str | None, tmp_path: Path
) -> None:
    """The model has memorised its text, and writes little else if it may."""
    run = tiny.trained(
        tmp_path / "run", text=TEXT, tokenizer=tokenizer, documents=documents, budget=Budget(steps=150),
        settings={"d_model": 32},
    )  # fmt: skip
    model = open_model(run)
    training = "".join(reopen_part(model.record.corpus, "train").chunks()).replace(MARK, model.tokenizer.separator)
    prompt = fit_prompt("the cat ", model.tokenizer)

    def copies(text: str, n: int) -> int:
        whole = prompt.text + text
        starts = range(max(0, len(prompt.text) - n + 1), len(whole) - n + 1)
        return sum(whole[start : start + n] in training for start in starts)

    free = write(model, prompt.text, length=150, count=3, temperature=0.5)
    assert any(copies(text.text, 8) for text in free)
    for n, temperature in itertools.product((8, 13), (0.5, 1.0)):
        for text in write(model, prompt.text, length=120, count=15, temperature=temperature, no_copy=n):
            assert copies(text.text, n) == 0
            assert text.ending in ("length", "stuck")


def test_an_index_is_kept_in_the_cache_and_used_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEQGEN_CACHE", str(tmp_path / "cache"))
    model = open_model(tiny.trained(tmp_path / "run", text=TEXT, budget=Budget(steps=1)))
    part = reopen_part(model.record.corpus, "train")
    first = SubstringIndex.of_part(part, 8)
    kept = sorted((tmp_path / "cache" / "runs").iterdir())
    times = [path.stat().st_mtime_ns for path in kept]
    again = SubstringIndex.of_part(part, 8)
    assert [path.stat().st_mtime_ns for path in kept] == times
    assert first.contains("the cat ")
    assert again.contains("the cat ")
    assert not again.contains("the dog ")


@pytest.mark.parametrize("damage", [b"", b"garbage", None], ids=["empty", "garbage", "cut off"])
def test_a_damaged_index_in_the_cache_is_built_again(
    damage: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEQGEN_CACHE", str(tmp_path / "cache"))
    model = open_model(tiny.trained(tmp_path / "run", text=TEXT, budget=Budget(steps=1)))
    part = reopen_part(model.record.corpus, "train")
    SubstringIndex.of_part(part, 8)
    for path in (tmp_path / "cache" / "runs").iterdir():
        path.write_bytes(path.read_bytes()[:-50] if damage is None else damage)
    assert SubstringIndex.of_part(part, 8).contains("the cat ")


@pytest.mark.parametrize(
    ("text", "documents", "least"),
    [
        (TEXT, None, 8),
        (TEXT, "line", 8),
        ("".join(f"name {number}\n" for number in range(60)), "line", 2),
    ],
    ids=["one text", "long documents", "short documents"],
)
def test_a_run_too_short_to_forbid_is_refused(text: str, documents: str | None, least: int, tmp_path: Path) -> None:
    model = open_model(tiny.trained(tmp_path / "run", text=text, documents=documents, budget=Budget(steps=1)))
    with pytest.raises(ConfigError, match=f"no_copy is {least - 1}: it must be {least} or more"):
        write(model, "", length=5, no_copy=least - 1)
    write(model, "", length=5, count=1, no_copy=least)


def test_a_short_document_copies_not_even_two_characters(tmp_path: Path) -> None:
    """Under `until_end_of_text` it ends where the model has no new pair of characters left."""
    names = [f"{first}{second}" for first in "abcdef" for second in "ghijkl"]
    text = "".join(f"{name}\n" for name in names)
    model = open_model(tiny.trained(tmp_path / "run", text=text, documents="line", budget=Budget(steps=1)))
    pairs = set("".join(reopen_part(model.record.corpus, "train").chunks()).split(MARK))
    for written in write(model, "", length=8, count=20, no_copy=2, until_end_of_text=True, temperature=2.0):
        assert not pairs & {written.text[start : start + 2] for start in range(len(written.text) - 1)}
