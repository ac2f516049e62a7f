"""`seqgen inspect embeddings`: the table, the picture, the refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from seqgen.cli.inspect.embedding_pictures import draw_points_as_png, draw_points_in_terminal
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


def test_every_class_has_a_row_and_the_map_is_drawn_in_the_terminal(run_folder: Path, text: Path) -> None:
    lines = printed("embeddings", run_folder, "--on", text).splitlines()
    (header,) = (number for number, line in enumerate(lines) if line.startswith("class  "))
    names = [line.split()[0] for line in lines[header + 2 : header + 7]]
    assert names[0] == "consonant" and {"vowel", "capital", "punctuation"} <= set(names)
    (last,) = (number for number, line in enumerate(lines) if line.startswith("the vectors on a plane (PCA, "))
    drawn = lines[last - 18 : last]
    assert max(map(len, drawn)) <= 76 and drawn[0].strip() and drawn[-1].strip()
    shares = {row["class"]: row for row in report("embeddings", run_folder, "--on", text)["classes"]}
    assert shares["vowel"]["tokens"] == 5 and 0 < shares["vowel"]["chance"] < 0.2


def test_one_hot_compares_bits_and_speed(run_folder: Path, text: Path) -> None:
    options = ("--on", text, "--corpus", text, "--one-hot", 2)
    output = printed("embeddings", run_folder, *options)
    assert "learned, 16 wide" in output and "bits on text.txt, tokens per second of training" in output
    learned, one_hot = report("embeddings", run_folder, *options)["vectors"]
    assert (learned["vectors"], one_hot["vectors"]) == ("learned, 16 wide", "one-hot")
    assert learned["bits_per_character"] > 0 and one_hot["tokens_per_s"] > 0


def test_tokens_take_their_places_in_turn_and_those_without_room_are_counted() -> None:
    points = np.array([[0.0, 0], [1, 1], [1, 1], [0, 1], [0.5, 0.5]])
    drawn, n_left_out = draw_points_in_terminal(points, ["a", "b", "c", "漢", "the"])
    lines = drawn.splitlines()
    assert n_left_out == 1
    assert lines[0] == "漢" + " " * 73 + "b" and lines[-1] == "a" and "the" in drawn and "c" not in drawn


def test_names_of_near_points_do_not_cover_each_other_in_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *_, **__: drawn.append(figure))
    points = np.array([[0.0, 0.0], [0.01, 0.0], [0.0, 0.01], [5.0, 5.0]])
    draw_points_as_png(points, tokens=list("abcd"), classes=["vowel", "consonant", "consonant", "consonant"], title="")
    boxes = [text.get_window_extent() for text in drawn[0].axes[0].texts]
    assert [box.count_overlaps(boxes) for box in boxes] == [1, 1, 1, 1]  # each overlaps with itself alone


def test_a_model_without_an_embedding_shows_its_input_weights(tmp_path: Path) -> None:
    folder = tiny.trained(tmp_path / "run", settings={"d_embedding": None})
    assert report("embeddings", folder, "--on", f"{folder}.txt")["tokens"][0]["token"] == " "


def test_what_has_no_such_tokens_is_refused(pair_folder: Path, run_folder: Path, tmp_path: Path) -> None:
    assert "learned from pairs" in refusal("embeddings", pair_folder)
    (tmp_path / "short.txt").write_text("Mina", encoding="utf-8")
    transformer = tiny.trained(tmp_path / "transformer", cell="transformer")
    assert "is a transformer, whose layers cannot read one-hot" in refusal("embeddings", transformer, "--one-hot", 5)
    assert "--one-hot is 0: it must be 1 or more" in refusal("embeddings", run_folder, "--one-hot", 0)
    (tmp_path / "one.txt").write_text("M", encoding="utf-8")
    assert "it has 1 token that the model knows" in refusal("embeddings", run_folder, "--on", tmp_path / "one.txt")
    assert "is too short: it has 4 tokens" in refusal("embeddings", run_folder, "--on", tmp_path / "short.txt")


def test_strange_tokens_are_drawn() -> None:
    tokens, classes = ["$a$", "\x1b", "漢", "_", "⏎"], ["word", "punctuation", "consonant", "punctuation", "blank"]
    assert draw_points_as_png(np.eye(5, 2), tokens=tokens, classes=classes, title="a_$b").startswith(PNG)
