"""`seqgen inspect attention`: heads as a table, as a picture, as JSON; alignments of pairs; refusals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from seqgen.cli.inspect.head_pictures import draw_heads_as_png
from seqgen.config import Budget, TransformerConfig
from seqgen.run import open_model, save_model
from tests import tiny, tiny_pairs
from tests.cli.inspect.commands import printed, refusal, report
from tests.inspection.planted import with_heads

PNG = b"\x89PNG"
TEXT = "the cat sat on a mat. " * 100


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with a previous-token head, 0:0, and an induction head, 1:0."""
    folder = tmp_path_factory.mktemp("planted") / "run"
    settings = {"n_layer": 2, "d_model": 64, "n_head": 2, "d_head": 32, "memory": 64, "rope_base": 1e6}
    settings |= {"tie_weights": False}
    tiny.trained(folder, text=TEXT, cell="transformer", settings=settings)
    saved = open_model(folder)
    assert isinstance(saved.record.model, TransformerConfig)
    weights = {**saved.weights, **with_heads(saved.record.model)}
    weights = {name: array for name, array in weights.items() if name in saved.weights}
    save_model(folder, replace(saved.record), tokenizer=saved.tokenizer, weights=weights)
    return folder


def test_planted_heads_are_named_in_the_table_and_in_a_sentence(planted: Path) -> None:
    output = printed("attention", planted)
    lines = [" ".join(line.split()) for line in output.splitlines()]
    assert any(line.startswith("0:0 1.") and line.endswith("previous token") for line in lines)
    assert "previous token heads: 0:0" in lines and "all alike" in output


def test_the_json_has_every_head_beside_chance(planted: Path) -> None:
    value = report("attention", planted)
    assert [head["head"] for head in value["heads"]] == ["0:0", "0:1", "1:0", "1:1"]
    assert value["heads"][0]["kind"] == "previous token" and value["heads"][1]["kind"] is None
    assert 0 < value["chance"]["on_previous_token"] < 0.05


def test_heads_are_drawn_on_a_passage_in_a_file_and_one_in_the_terminal(planted: Path, tmp_path: Path) -> None:
    picture = tmp_path / "heads.png"
    output = printed("attention", planted, "--prompt", "a cat", "--head", "0:0", "--out", picture)
    assert picture.read_bytes().startswith(PNG)
    rows = output[output.index("head 0:0") :].splitlines()[2:8]
    assert [row.split()[0] for row in rows] == ["∎", "a", "␣", "c", "a", "t"]
    assert [row.index("█") for row in rows[1:]] == sorted(row.index("█") for row in rows[1:])


def test_a_model_of_pairs_shows_its_alignment(tmp_path: Path) -> None:
    options = {"encoder": "bidirectional", "attention": True, "budget": Budget(steps=3)}
    folder = tiny_pairs.trained(tmp_path / "run", cell="gru", **options)
    picture = tmp_path / "alignment.png"
    output = printed("attention", folder, "--prompt", "abc", "--out", picture)
    assert output.startswith("abc → ") and "∎ end of text" in output
    assert picture.read_bytes().startswith(PNG)
    value = report("attention", folder)
    assert len(value["weights"][0]) == len(value["source"]) and value["source"][-1] == "∎"


def test_what_has_no_attention_is_refused_in_one_line(run_folder: Path, planted: Path, tmp_path: Path) -> None:
    assert "has no attention, because its cell is lstm: name a Transformer" in refusal("attention", run_folder)
    plain = tiny_pairs.trained(tmp_path / "plain", cell="gru", encoder="none")
    assert "has no attention to its sources" in refusal("attention", plain)
    assert "--on cannot be given for a run of pairs" in refusal("attention", plain, "--on", f"{plain}.tsv")
    assert "there is no head '7:0': the heads are 0:0 to 1:1" in refusal("attention", planted, "--head", "7:0")
    short = tmp_path / "short.txt"
    short.write_text("the cat", encoding="utf-8")
    assert "is too short: it has 7 tokens" in refusal("attention", planted, "--on", short)


def test_many_heads_and_strange_tokens_are_drawn() -> None:
    rng = np.random.default_rng(0)
    weights = rng.random((2, 5, 8, 8)).astype(np.float32)
    titles = [f"{layer}:{head}" for layer in range(2) for head in range(5)]
    tokens = ["$x$", "a_b", "\x1b", *"漢字ab "]
    picture = draw_heads_as_png(weights, tokens=tokens, titles=titles, title="run_$1")
    assert picture.startswith(PNG)
