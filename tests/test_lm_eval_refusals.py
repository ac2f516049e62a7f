"""Runs that the harness cannot ask, and texts of which the vocabulary knows nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from lm_eval.api.instance import Instance

from seqgen.errors import ConfigError
from seqgen.evaluation.oov import oov_nats
from seqgen.lm_eval import SeqgenLM
from seqgen.run import open_model


def test_a_run_that_reads_backward_is_refused(run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = open_model(run_folder)
    corpus = replace(saved.record.corpus, config=replace(saved.record.corpus.config, backward=True))
    backward = replace(saved, record=replace(saved.record, corpus=corpus))
    monkeypatch.setattr("seqgen.lm_eval.open_model", lambda run: backward)
    with pytest.raises(ConfigError, match="reads from the end of a text"):
        SeqgenLM(str(run_folder))


def test_a_text_of_unknown_characters_costs_what_they_cost(run_folder: Path) -> None:
    model = SeqgenLM(str(run_folder))
    asked = [Instance(request_type="loglikelihood_rolling", doc={}, arguments=("жжж",), idx=0)]
    expected = -oov_nats(open_model(run_folder).tokenizer, n_tokens=0, n_oov=3)
    assert model.loglikelihood_rolling(asked) == [pytest.approx(expected)]
    assert expected < -30
