"""Values of a wrong type, given by a program: one line each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seqgen
from seqgen.errors import ConfigError, CorpusError, SeqgenError
from tests import tiny


def test_what_is_no_path_and_no_device_opens_no_model(run_folder: Path) -> None:
    run: Any = b"english"
    with pytest.raises(ConfigError, match="run is b'english': it must be a path"):
        seqgen.load(run)
    device: Any = "gpu"
    with pytest.raises(ConfigError, match="device is 'gpu': it must be one of auto, cpu, cuda, mps"):
        seqgen.load(run_folder, device=device)


def test_what_is_no_text_is_neither_encoded_nor_scored(run_folder: Path) -> None:
    model = seqgen.load(run_folder)
    no_text: Any = b"Mina"
    for measure in (model.encode, model.score, model.logits, model.next_odds):
        with pytest.raises(ConfigError, match=r"^(text|prompt) is b'Mina': it must be a text$"):
            measure(no_text)
    with pytest.raises(CorpusError, match="half a character"):
        model.score("Mina \udc80")


@pytest.mark.parametrize(("method", "argument"), [("write", "prompt"), ("write", "temperature"), ("decode", "ids")])
def test_a_value_of_many_lines_is_shown_in_a_part_of_one(method: str, argument: str, run_folder: Path) -> None:
    with pytest.raises(SeqgenError, match=r"array\(\[") as error:
        getattr(seqgen.load(run_folder), method)(**{argument: np.zeros((30, 30))})
    assert "\n" not in str(error.value) and len(str(error.value)) < 140


def test_a_number_too_long_to_be_written_is_refused_too(run_folder: Path) -> None:
    message = r"^seed is a number of thousands of digits: it must be a whole number below 2\^63$"
    with pytest.raises(ConfigError, match=message):
        seqgen.load(run_folder).write(seed=10**5000)


def test_bytes_and_numbers_are_no_list_of_texts(run_folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"^stop is b'ab': it must be a list of texts$"):
        seqgen.load(run_folder).write(stop=b"ab")
    with pytest.raises(ConfigError, match=r"^stop is 5: it must be a list of texts$"):
        seqgen.load(run_folder).write(stop=np.array(5))


@pytest.mark.parametrize("value", [None, 5, np.array(5)])
def test_what_cannot_be_listed_is_refused_by_name(value: Any, pair_folder: Path) -> None:
    model = seqgen.load(pair_folder)
    with pytest.raises(ConfigError, match=r"^ids is .*: it must be a list of token ids$"):
        model.decode(value)
    with pytest.raises(ConfigError, match=r"^sources is .*: it must be a list of texts$"):
        model.predict(value)
    with pytest.raises(ConfigError, match=r"^pairs is .*: it must be a list of pairs$"):
        model.evaluate(value)


@pytest.mark.parametrize("sources", ["abc", b"abc"])
def test_one_source_alone_is_not_taken_for_several(sources: Any, pair_folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"^sources is b?'abc': predict takes several"):
        seqgen.load(pair_folder).predict(sources)


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        (3, "pair is 3: it must be a list of a source and a target"),
        (("abc",), r"pair is \('abc',\): it must be a source and a target"),
        (("abc", 3), "target is 3: it must be a text"),
    ],
)
def test_what_is_no_pair_is_not_scored(pair: Any, message: str, pair_folder: Path) -> None:
    with pytest.raises(ConfigError, match=f"^{message}$"):
        seqgen.load(pair_folder).evaluate([pair])


def test_a_budget_that_is_no_number_is_refused(run_folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"^steps is '2': it must be a whole number, or None$"):
        seqgen.train(tiny.TEXT, steps="2")
    with pytest.raises(ConfigError, match=r"^minutes is 'a': it must be"):
        seqgen.resume(run_folder, minutes="a")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("run", "options", "message"),
    [
        (3, {}, "run is 3: it must be a path"),
        (None, {"corpus": 3}, "corpus is 3: it must be a path"),
        (None, {"corpus": [b"a"]}, "corpus is b'a': it must be a path"),
        (None, {"device": "gpu"}, "device is 'gpu': it must be one of auto, cpu, cuda, mps"),
    ],
)
def test_a_wrong_value_of_resume_is_refused_in_one_line(
    run: Any, options: dict[str, Any], message: str, run_folder: Path
) -> None:
    with pytest.raises(ConfigError, match=message):
        seqgen.resume(run or run_folder, steps=9, **options)


def test_numbers_of_numpy_count_as_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings: dict[str, Any] = {**tiny.SETTINGS["lstm"], "device": "cpu"}
    model = seqgen.train(
        tiny.TEXT, cell="lstm", steps=np.int64(1), valid_fraction=np.float32(0.25), save_every=np.int64(9), **settings
    )
    assert model.saved.record.corpus.config.valid_fraction == 0.25
    assert model.write(length=3, seed=np.int64(4)) == model.write(length=3, seed=4)
    assert model.decode(np.array(model.encode("Mina"))) == "Mina"
