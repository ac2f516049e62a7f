"""Texts that end where nothing can follow, and expressions whose automaton cannot be built."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqgen import child_process
from seqgen.child_process import run_child
from seqgen.config import ByteConfig, GruConfig, RnnConfig, SamplingConfig, UnitName
from seqgen.config.fields import LARGEST
from seqgen.config.parsing import parse_settings
from seqgen.config.serving import ServingConfig
from seqgen.config.unit_names import held_units
from seqgen.errors import ConfigError
from seqgen.run import open_model
from seqgen.sampling import CoWriter, fit_prompt
from seqgen.sampling.backward import BackwardText
from seqgen.sampling.constraints import automaton
from seqgen.sampling.constraints.base import Constraint
from seqgen.sampling.constraints.substring_index import SubstringIndex
from seqgen.sampling.growing_text import MAX_SILENT_TOKENS
from seqgen.tokenizers import train_tokenizer


class Nothing(Constraint):
    """A constraint that asks for nothing."""

    def take(self, token: int) -> None:
        pass


def test_a_constraint_that_asks_for_nothing_leaves_every_token() -> None:
    nothing, logits = Nothing(), np.zeros(3, np.float32)
    nothing.take(1)
    nothing.apply(logits)
    assert (nothing.rejects(1), nothing.is_complete, logits.tolist()) == (False, False, [0.0, 0.0, 0.0])


def test_a_text_that_stays_silent_from_the_end_ends() -> None:
    tokenizer = train_tokenizer(ByteConfig(), ["ab"], n_bytes=2)
    text = BackwardText(fit_prompt("b", tokenizer), tokenizer, config=SamplingConfig(), length=9)
    (continuation,) = tokenizer.encode("é").ids[1:].tolist()
    for _ in range(MAX_SILENT_TOKENS):
        assert text.ending is None
        text.take(continuation)
    assert text.ending == "silence"


def test_the_co_writer_holds_no_units(run_folder: Path) -> None:
    with pytest.raises(ConfigError, match="use seqgen sample --hold"):
        CoWriter(open_model(run_folder)).continue_text("Mina", SamplingConfig(hold={"0:1": 1.0}), length=3)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such signals")
@pytest.mark.parametrize(
    ("program", "reason"),
    [
        (
            "kill -KILL $$",
            "its automaton was not built, because its process was ended by SIGKILL, as happens where memory",
        ),
        ("echo no such module >&2; exit 1", r"because its process ended with status 1 \(no such module\): try again"),
        ("kill -ABRT $$", "too large"),
        ("kill -XCPU $$", "too large"),
        ("echo MemoryError >&2; exit 1", "too large"),
    ],
)
def test_an_automaton_that_is_not_built_says_why(program: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        child_process, "run_child", lambda _, data, **options: run_child(["sh", "-c", program], data, **options)
    )
    with pytest.raises(ValueError, match=reason):
        automaton.build_automaton("ab")


def test_runs_with_the_same_hash_are_told_apart() -> None:
    keys, starts = np.array([7, 7], np.uint64), np.array([0, 1], np.uint64)
    index = SubstringIndex(np.array([97, 98, 99], np.uint32), 2, keys=keys, starts=starts)
    assert index.contains_at(7, [98, 99], start=0)
    assert not index.contains_at(7, [99, 99], start=0)


@pytest.mark.parametrize("value", [LARGEST * 2, -LARGEST * 2, math.inf])
def test_a_unit_is_held_at_a_number_that_a_network_can_bear(value: float) -> None:
    with pytest.raises(ConfigError, match="the unit 0:1 is held at"):
        held_units({"0:1": value})


def test_only_an_lstm_has_cell_values() -> None:
    shape: dict[str, Any] = {"n_layer": 1, "d_model": 8, "d_embedding": 4, "dropout": 0.0, "input_dropout": 0.0}
    with pytest.raises(ConfigError, match="only an LSTM has cell values, and this is a gru"):
        UnitName(0, 1, is_cell=True).require_in(GruConfig(vocab_size=9, **shape))


def test_a_setting_that_is_true_or_false_is_nothing_else() -> None:
    with pytest.raises(ConfigError, match="true or false"):
        parse_settings(["tie_weights=perhaps"], [RnnConfig])


def test_a_host_may_be_called_by_its_name() -> None:
    assert ServingConfig(host="localhost").is_local
    assert not ServingConfig(host="example.org", open=True).is_local
