"""Scores of several models in one call."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import seqgen
from seqgen.config import Budget
from seqgen.errors import ConfigError, CorpusError
from tests import tiny

FIXTURES = Path(__file__).parent.parent / "fixtures" / "format-1"
LONG = tiny.TEXT * 2


@pytest.fixture(scope="module")
def longer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that has learned for longer than the other."""
    return tiny.trained(tmp_path_factory.mktemp("runs") / "longer", budget=Budget(steps=60))


def test_the_scores_are_those_of_the_model_best_first_and_a_table_takes_them(run_folder: Path, longer: Path) -> None:
    result = seqgen.evaluate([run_folder, seqgen.load(longer)], LONG)
    table = pd.DataFrame(result.scores)
    assert table.model.tolist() == ["longer", "tiny"]
    assert table.bits_per_character[1] == pytest.approx(seqgen.load(run_folder).score(LONG).bits_per_character)
    assert any(sentence.startswith("text.txt: longer is better than tiny by ") for sentence in result.sentences)


def test_a_part_of_its_own_text_is_scored_where_none_is_given(run_folder: Path) -> None:
    (row,) = seqgen.evaluate(run_folder).scores
    assert (row["part"], row["characters"]) == ("valid", 600)
    assert seqgen.evaluate(run_folder, part="train").scores[0]["characters"] == 5400


def test_each_text_of_a_list_is_scored_on_its_own(run_folder: Path) -> None:
    result = seqgen.evaluate(run_folder, ["Mina sat.", "Oro slept by the river."])
    assert [Path(row["text"]).name for row in result.scores] == ["text-1.txt", "text-2.txt"]
    assert [row["characters"] for row in result.scores] == [9, 23]


def test_an_empty_list_of_texts_is_refused(run_folder: Path) -> None:
    with pytest.raises(CorpusError, match="the list of texts is empty: leave it out to score a part"):
        seqgen.evaluate(run_folder, [])


def test_a_model_without_bits_per_byte_stands_last(run_folder: Path) -> None:
    """Words between spaces do not give two spaces back, so the text has no bits per byte under this model."""
    words = FIXTURES / "lstm-whitespace"
    result = seqgen.evaluate([words, run_folder], "the cat  sat on the mat\n" * 5)
    assert [(row["model"], row["bits_per_byte"] is None) for row in result.scores] == [
        ("tiny", False),
        ("lstm-whitespace", True),
    ]


def test_characters_that_the_vocabulary_lacks_are_said(run_folder: Path) -> None:
    result = seqgen.evaluate(run_folder, LONG + "漢漢")
    assert "tiny, text.txt: 2 characters that the vocabulary lacks ('漢' 2 times); each is a token too" in str(result)


def test_baselines_stand_below_the_models(run_folder: Path) -> None:
    result = seqgen.evaluate(run_folder, baselines=True)
    assert {"uniform", "unigram"} <= {row["baseline"] for row in result.baselines}
    shown = str(result).splitlines()
    assert shown[0].split() == ["model", "text", "bits_per_character", "bits_per_byte", "perplexity"]
    assert shown[1].startswith("tiny ")
    assert any(line.startswith("unigram") for line in shown)


def test_a_context_changes_the_score(run_folder: Path) -> None:
    cold = seqgen.evaluate(run_folder, tiny.TEXT, context="cold:4").scores[0]
    assert cold["context"] == "cold:4"
    assert cold["nats"] != seqgen.evaluate(run_folder, tiny.TEXT).scores[0]["nats"]


def test_models_of_pairs_are_scored_on_pairs(pair_folder: Path) -> None:
    result = seqgen.evaluate(pair_folder, [("abc", "cba"), ("dab", "bad"), ("a", "a")], baselines=True)
    (row,) = result.scores
    assert row["model"] == "reversed" and row["targets"] == 3
    assert result.baselines
    assert "exact_match" in str(result).splitlines()[0]
    assert seqgen.evaluate(pair_folder).scores[0]["part"] == "valid"


def test_what_a_notebook_shows_is_escaped(run_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "<b>.txt").write_text("Mina sat.", encoding="utf-8")
    shown = seqgen.evaluate(run_folder, tmp_path / "<b>.txt")._repr_html_()
    assert shown.startswith("<table><thead><tr><th>model</th>")
    assert "&lt;b&gt;.txt" in shown and "<b>" not in shown


def test_scores_can_be_written_as_json(run_folder: Path, pair_folder: Path) -> None:
    for run in (run_folder, pair_folder):
        assert json.dumps(seqgen.evaluate(run).scores)


def test_what_cannot_be_scored_is_refused(run_folder: Path, pair_folder: Path) -> None:
    with pytest.raises(ConfigError, match="some models learned from texts and some from pairs"):
        seqgen.evaluate([run_folder, pair_folder])
    with pytest.raises(ConfigError, match="models of texts are scored on texts and paths"):
        seqgen.evaluate(run_folder, [("a", "b")])
    with pytest.raises(ConfigError, match="models of pairs are scored on pairs"):
        seqgen.evaluate(pair_folder, ["one", "two"])
    nothing: Any = 3
    with pytest.raises(ConfigError, match="run is 3: it must be a path"):
        seqgen.evaluate(nothing)
    with pytest.raises(ConfigError, match="3 is no text"):
        seqgen.evaluate(run_folder, nothing)
    with pytest.raises(ConfigError, match="context is 3: it must be a text"):
        seqgen.evaluate(run_folder, context=nothing)
    with pytest.raises(ConfigError, match="part is 3: it must be one of"):
        seqgen.evaluate(run_folder, part=nothing)
    with pytest.raises(ConfigError, match="there is no model"):
        seqgen.evaluate([])
    with pytest.raises(CorpusError, match="empty"):
        seqgen.evaluate(run_folder, [""])
