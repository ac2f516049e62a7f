"""`seqgen inspect embeddings`: the table, the picture, the refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqgen.cli.inspect.embedding_pictures import draw_points_as_png
from tests import tiny
from tests.cli.inspect.commands import printed, refusal, report

PNG = b"\x89PNG"


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(tiny.TEXT, encoding="utf-8")
    return path


def test_the_most_frequent_tokens_come_with_their_neighbours(run_folder: Path, text: Path) -> None:
    output = printed("embeddings", run_folder, "--on", text)
    rows = [line.split() for line in output.splitlines()]
    assert rows[3][:2] == ["␣", "blank"] and len(rows[3]) == 7
    assert "have a nearest neighbour of their own class" in output
    value = report("embeddings", run_folder, "--on", text)
    assert value["tokens"][0]["token"] == " " and len(value["tokens"][0]["neighbours"]) == 5


@pytest.mark.parametrize("options", [[], ["--map", "tsne"]])
def test_tokens_are_drawn_on_a_plane(options: list[str], run_folder: Path, text: Path, tmp_path: Path) -> None:
    picture = tmp_path / "map.png"
    printed("embeddings", run_folder, "--on", text, "--out", picture, *options)
    assert picture.read_bytes().startswith(PNG)


def test_a_model_without_an_embedding_shows_its_input_weights(tmp_path: Path) -> None:
    folder = tiny.trained(tmp_path / "run", settings={"d_embedding": None})
    assert report("embeddings", folder, "--on", f"{folder}.txt")["tokens"][0]["token"] == " "


def test_what_has_no_such_tokens_is_refused(pair_folder: Path, run_folder: Path, tmp_path: Path) -> None:
    assert "learned from pairs" in refusal("embeddings", pair_folder)
    (tmp_path / "short.txt").write_text("Mina", encoding="utf-8")
    assert "is too short: it has 4 tokens" in refusal("embeddings", run_folder, "--on", tmp_path / "short.txt")


def test_strange_tokens_are_drawn() -> None:
    tokens, classes = ["$a$", "\x1b", "漢", "_", "⏎"], ["word", "punctuation", "consonant", "punctuation", "blank"]
    assert draw_points_as_png(np.eye(5, 2), tokens=tokens, classes=classes, title="a_$b").startswith(PNG)
