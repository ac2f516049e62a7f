"""`seqgen inspect units`: the table, the passages, the page and the refusals."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from seqgen.cli.inspect.unit_shading import UnitShading
from seqgen.run import open_model, save_model
from tests import tiny
from tests.cli.inspect.commands import inspect, printed, refusal, report
from tests.inspection.planted import quoted_text, with_quote_unit


@pytest.fixture(scope="module")
def quoting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on words between quotation marks, with a unit that follows them."""
    folder = tmp_path_factory.mktemp("quoting") / "run"
    settings = {"n_layer": 1, "d_embedding": None}
    tiny.trained(folder, text=quoted_text(8000), settings=settings, valid_fraction=0.4)
    saved = open_model(folder)
    weights = {**saved.weights, **with_quote_unit(saved.record.model, saved.tokenizer, number=5)}  # type: ignore[arg-type]
    save_model(folder, replace(saved.record), tokenizer=saved.tokenizer, weights=weights)
    return folder


def test_a_planted_unit_leads_the_table_and_is_shown_over_a_passage(quoting: Path) -> None:
    output = printed("units", quoting)
    row = next(line for line in output.splitlines() if line.startswith("inside quotes"))
    assert re.search(r"0:c?5 .*[+-](0\.99|1\.00)", row)
    assert "follows inside quotes" in output and "bars: ▁ the unit is low" in output
    assert max(map(len, output.splitlines()[:-20])) <= 160


def test_the_json_has_every_unit_and_every_gate(quoting: Path) -> None:
    value = report("units", quoting)
    assert value["tokens"] == 3200 and value["units"] == 32 == len(value["followings"])
    first = value["followings"][0]
    assert first["is_found"] and first["feature"] == "inside quotes" and first["unit"] in ("0:5", "0:c5")
    assert [gate["gate"] for gate in value["gates"]] == ["input", "forget", "output", "kept"]
    assert all(len(gate["shut_by_unit"]) == 16 for gate in value["gates"])
    assert len(value["gates"][-1]["time_constants"]) == 16
    assert 1.5 < value["gates"][-1]["time_constants"][5] < 3  # quotation marks wipe out everything, but are rare


def test_units_that_are_named_are_shown_whether_or_not_they_were_found(quoting: Path) -> None:
    output = printed("units", quoting, "--unit", "0:3", "--unit", "0:c5")
    assert "unit 0:3 may follow" in output and "unit 0:c5 follows inside quotes" in output


def test_the_page_is_whole_and_holds_hostile_text_as_text(quoting: Path, tmp_path: Path) -> None:
    hostile = tmp_path / "hostile.txt"
    hostile.write_text('"<script>alert(1)</script>" & <b>' + quoted_text(3000), encoding="utf-8")
    tiny.trained(tmp_path / "run", text=hostile.read_text(encoding="utf-8"))
    page = tmp_path / "units.html"
    printed("units", tmp_path / "run", "--on", hostile, "--unit", "0:1", "--out", page)
    html = page.read_text(encoding="utf-8")
    assert not re.search(r"<script|<b>|src=|href=|https?://|@import|url\(", html)
    assert "prefers-color-scheme: dark" in html and 'name="viewport"' in html and "<svg" in html
    assert "seqgen inspect units" in html


def test_a_text_in_script_tags_is_escaped(tmp_path: Path) -> None:
    text = "<script>x</script>\n" * 200
    folder = tiny.trained(tmp_path / "run", text=text)
    page = tmp_path / "units.html"
    printed("units", folder, "--on", f"{folder}.txt", "--unit", "0:1", "--out", page)
    html = page.read_text(encoding="utf-8")
    assert "&lt;" in html and "<script" not in html


def test_a_short_text_has_short_passages(run_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "short.txt").write_text(tiny.TEXT[:1000], encoding="utf-8")
    page = tmp_path / "units.html"
    assert "unit 0:1" in printed("units", run_folder, "--on", tmp_path / "short.txt", "--unit", "0:1", "--out", page)


def test_a_transformer_has_units_of_its_residual_stream_and_no_gates(tmp_path: Path) -> None:
    folder = tiny.trained(tmp_path / "run", cell="transformer")
    value = report("units", folder, "--on", f"{folder}.txt")
    assert value["units"] == 32 and value["gates"] == []


def test_what_cannot_be_inspected_is_refused_in_one_line(run_folder: Path, pair_folder: Path, tmp_path: Path) -> None:
    assert "is too short: it has 600 tokens that the model knows, and this needs 1,000" in refusal("units", run_folder)
    assert "learned from pairs" in refusal("units", pair_folder)
    assert "there is no unit 9:1" in refusal("units", run_folder, "--unit", "9:1")
    assert "'x' names no unit" in refusal("units", run_folder, "--unit", "x")
    (tmp_path / "even.txt").write_text("b" * 2000, encoding="utf-8")
    assert "has no feature often enough" in refusal("units", run_folder, "--on", tmp_path / "even.txt")
    assert "this is a folder" in refusal("units", run_folder, "--out", tmp_path)
    assert inspect("units", run_folder, "--on", "a.txt", "--part", "train").exit_code == 1


def test_shades_go_from_blue_to_orange_and_bars_from_low_to_high() -> None:
    from rich.color import ColorSystem

    pieces, levels = ["a", "b⏎", "⏎", "c"], [-4, 0, 1, 4]
    assert list(UnitShading(None).lines(pieces, levels, width=9)) == ["ab⏎⏎", "▁▄▄▅"[:2] + "▄▅"[:1] + "▅", "c", "█"]
    painted = list(UnitShading(ColorSystem.EIGHT_BIT).lines(pieces, levels, width=9))
    assert painted[0].startswith("\x1b[30;48;5;75ma\x1b[0mb⏎") and "48;5;208mc" in painted[1]


def test_long_lines_are_broken_between_words() -> None:
    text = "the cat sat"
    lines = list(UnitShading(None).lines(list(text), [0] * len(text), width=9))
    assert lines[::2] == ["the cat ", "sat"] and [len(bars) for bars in lines[1::2]] == [8, 3]


def test_long_lines_are_broken_and_wide_characters_have_wide_bars() -> None:
    lines = list(UnitShading(None).lines(["漢", "字", "a"], [4, 4, -4], width=4))
    assert lines == ["漢字", "████", "a", "▁"]
