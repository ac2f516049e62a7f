"""`seqgen music`: whole tunes, the bars that add up, the files and the page."""

from __future__ import annotations

import base64
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from seqgen.cli import app
from seqgen.music import read_tune
from tests.cli.music.conftest import HEADER

SVG = "<svg><text>notes</text></svg>"
BEGINNING = HEADER.replace("\n", r"\n")
LONG_BAR = BEGINNING + "cdefg|"
"""A beginning with a bar that is an eighth too long."""


def music(run: Path, *arguments: object) -> Result:
    usual = ["--seed", "0", "--temp", "0.5", "--prompt", BEGINNING]
    result = CliRunner().invoke(app, ["music", str(run), *usual, *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result


def report(run: Path, *arguments: object) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(music(run, *arguments, "--json").stdout)
    return loaded


@pytest.fixture
def verovio(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if it were installed, and could not read the first tune."""
    monkeypatch.setattr("seqgen.music.engraving_note", lambda: None)
    monkeypatch.setattr("seqgen.music.engrave", lambda tunes: [None, *(SVG for _ in tunes[1:])])


@pytest.fixture
def no_verovio(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "verovio" else find(name))


def test_it_writes_as_many_whole_tunes_as_asked_for(tunes_run: Path) -> None:
    tunes = report(tunes_run, "--count", 5)["tunes"]
    assert len(tunes) == 5
    for tune in tunes:
        assert re.fullmatch(r"X:\d+\nT:Air\nM:2/4\nL:1/8\nK:C\n.*\|\]", tune["abc"], re.DOTALL)
        assert (tune["title"], tune["metre"], tune["key"], tune["files"]) == ("Air", "2/4", "C", {})


def test_the_same_seed_writes_the_same_tunes_and_more_of_them_begin_alike(tunes_run: Path) -> None:
    few, many = (report(tunes_run, "--count", count)["tunes"] for count in (2, 4))
    assert many[:2] == few


def test_a_wrong_bar_is_found_and_counted(tunes_run: Path) -> None:
    found = report(tunes_run, "--count", 2, "--prompt", LONG_BAR)
    for tune in found["tunes"]:
        assert tune["wrong"][0] == {"bar": 1, "text": "cdefg", "excess": "1/8", "unread": ""}
        assert tune["adds_up"] is False
        assert tune["bars_that_add_up"] == tune["bars"] - len(tune["wrong"])
    assert (found["written"]["tunes"], found["written"]["add_up"], found["written"]["share"]) == (2, 0, 0.0)


def test_the_training_text_is_measured_in_the_same_way(tunes_run: Path) -> None:
    training = report(tunes_run, "--count", 1)["training"]
    assert (training["tunes"], training["add_up"], training["share"]) == (271, 271, 1.0)
    assert (training["bars"], training["bars_that_add_up"]) == (542, 542)
    assert 0.98 < training["share_low"] < 0.99


def test_the_terminal_shows_each_tune_its_wrong_bars_and_both_shares(tunes_run: Path) -> None:
    shown = music(tunes_run, "--count", 1, "--prompt", LONG_BAR).stdout
    assert re.search(r"^1 +Air +2/4 +C +\d +\d$", shown, re.MULTILINE)
    assert "tune 1: bar 1 is 1/8 too long: cdefg\n" in shown
    assert re.search(r"^written +1 +0 +0\.0 % \(0\.0 to 79\.3\) ", shown, re.MULTILINE)
    assert re.search(r"^training part +271 +271 +100\.0 % \(98\.6 to 100\.0\) +542 of 542$", shown, re.M)
    assert max(map(len, shown.splitlines())) <= 80


def test_a_training_text_that_is_gone_is_said_to_be(
    tunes_run: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = tunes_run.parent / "airs.txt"
    hidden = text.rename(text.with_suffix(".hidden"))
    try:
        result = music(tunes_run, "--count", 1)
        with_corpus = report(tunes_run, "--count", 1, "--corpus", hidden)
    finally:
        hidden.rename(text)
    assert "nothing to compare with: the run's text is no longer in the cache" in result.stderr
    assert "training part" not in result.stdout
    assert with_corpus["training"]["tunes"] == 271


def test_the_folder_has_a_page_and_the_files_of_each_tune(tunes_run: Path, tmp_path: Path, verovio: None) -> None:
    out = tmp_path / "new" / "tunes"
    found = report(tunes_run, "--count", 2, "--out", out)
    assert [tune["files"] for tune in found["tunes"]] == [
        {"abc": "01-air.abc", "mid": "01-air.mid"},
        {"abc": "02-air.abc", "mid": "02-air.mid", "svg": "02-air.svg"},
    ]
    names = ["01-air.abc", "01-air.mid", "02-air.abc", "02-air.mid", "02-air.svg", "index.html"]
    assert sorted(path.name for path in out.iterdir()) == names
    assert (out / "01-air.abc").read_text(encoding="utf-8") == found["tunes"][0]["abc"] + "\n"
    assert (out / "02-air.svg").read_text(encoding="utf-8") == SVG
    assert (out / "02-air.mid").read_bytes()[:4] == b"MThd"


def test_the_page_has_every_tune_and_loads_nothing(tunes_run: Path, tmp_path: Path, verovio: None) -> None:
    found = report(tunes_run, "--count", 3, "--out", tmp_path / "tunes")
    page = (tmp_path / "tunes" / "index.html").read_text(encoding="utf-8")
    assert page.count("<article") == page.count("<button") == 3
    assert page.count(base64.b64encode(SVG.encode()).decode()) == 2
    for tune in found["tunes"]:
        assert tune["abc"] in page
    (notes,) = map(json.loads, re.findall(r"const tunes = (.*);", page))
    first = read_tune(found["tunes"][0]["abc"])
    assert first is not None
    assert [pitch for _, _, pitch in notes[0]] == [note.pitch for bar in first.bars for note in bar.notes]
    assert not re.findall(r"https?:|//\w|@import|<link|<script src|url\(|fetch\(|XMLHttpRequest", page)


def test_a_title_cannot_act_on_the_page(tunes_run: Path, tmp_path: Path, no_verovio: None) -> None:
    prompt = HEADER.replace("Air", "</script><img src=x onerror=alert(1)>").replace("\n", r"\n")
    music(tunes_run, "--count", 1, "--out", tmp_path / "tunes", "--prompt", prompt)
    page = (tmp_path / "tunes" / "index.html").read_text(encoding="utf-8")
    assert "<img" not in page
    assert page.count("</script>") == 1


def test_without_verovio_one_line_says_so_and_the_rest_works(tunes_run: Path, tmp_path: Path, no_verovio: None) -> None:
    result = music(tunes_run, "--count", 2, "--out", tmp_path / "tunes")
    assert sum("pip install verovio" in line for line in result.stderr.splitlines()) == 1
    names = ["01-air.abc", "01-air.mid", "02-air.abc", "02-air.mid", "index.html"]
    assert sorted(path.name for path in (tmp_path / "tunes").iterdir()) == names


@pytest.mark.parametrize(
    ("kind", "said"), [("file", "is a file; name a folder"), ("folder", "give a new folder with --out")]
)
def test_nothing_is_overwritten(tunes_run: Path, tmp_path: Path, kind: str, said: str) -> None:
    out = tmp_path / "tunes"
    if kind == "folder":
        out.mkdir()
        (out / "mine.txt").write_text("mine", encoding="utf-8")
    else:
        out.write_text("mine", encoding="utf-8")
    result = CliRunner().invoke(app, ["music", str(tunes_run), "--out", str(out)])
    assert result.exit_code == 1
    assert result.stderr.rstrip().endswith(said)
    assert len(result.stderr.splitlines()) == 1


def test_a_model_that_writes_no_tunes_is_refused_in_one_line(run_folder: Path) -> None:
    result = CliRunner().invoke(app, ["music", str(run_folder), "--length", "40", "--seed", "0"])
    assert result.exit_code == 1
    assert "tiny writes no tunes: none of 32 texts is a whole tune in ABC, and 32 had not ended; name" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("seqgen: ")


def test_a_model_of_pairs_is_refused(pair_folder: Path) -> None:
    result = CliRunner().invoke(app, ["music", str(pair_folder)])
    assert result.exit_code == 1
    assert "learned from pairs" in result.stderr


def test_texts_that_have_not_ended_are_left_out_and_counted(tunes_run: Path) -> None:
    result = music(tunes_run, "--count", 12, "--length", 9)
    n_left_out = re.search(r"not whole, so left out: (\d+) texts? of \d+", result.stderr)
    assert n_left_out is not None
    assert int(n_left_out[1]) > 0


@pytest.mark.parametrize("option", [["--temp", 1.5], ["--top-k", 1], ["--ban", "g"], ["--bias", "g=3"], ["--seed", 1]])
def test_sampling_options_change_what_is_written(tunes_run: Path, option: list[object]) -> None:
    plain, changed = (report(tunes_run, "--count", 6, *more)["tunes"] for more in ([], option))
    assert plain != changed


def test_no_torch_is_loaded(tunes_run: Path, tmp_path: Path) -> None:
    arguments = ["music", str(tunes_run), "--count", "1", "--out", str(tmp_path / "out")]
    code = (
        "import sys; from seqgen.cli import app; "
        f"app({arguments!r}, standalone_mode=False); print('torch' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "False"
