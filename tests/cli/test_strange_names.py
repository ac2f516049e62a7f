"""Names of files that are hard to show: dollars, bytes that are not UTF-8, letters that no font has."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from seqgen.cli.shared.escaping import escape_controls
from seqgen.cli.shared.picture_files import draw_or_note, save_picture
from seqgen.cli.shared.pictures import Curve, draw_as_png, draw_as_svg
from tests import tiny
from tests.cli.one_line import TINY, assert_one_line, run
from tests.tiny import TEXT

NOT_UTF8 = "caf\udce9"
"""How Python reads a name with the byte E9, which is é in Latin-1."""
NAMES = ["ca$h_money_$tories", "$x^2$ \\frac", "日本語", NOT_UTF8]

needs_any_name = pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="names must be Unicode there")


@pytest.fixture
def curves_of_runs() -> None:
    """They are drawn as ever."""


@needs_any_name
@pytest.mark.parametrize("name", NAMES)
def test_a_text_of_any_name_is_trained_on(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(f"{name}.txt").write_text(TEXT, encoding="utf-8")
    result = run("train", f"{name}.txt", *TINY.split())
    assert result.exit_code == 0, result.stderr
    (folder,) = Path("checkpoints").iterdir()
    assert (folder / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert escape_controls(f"its curve: {folder}/curve.png") in result.stderr
    assert "Warning" not in result.stderr


@pytest.fixture(scope="module")
def strange_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("strange")
        patch.setenv("SEQGEN_CACHE", str(folder / "cache"))
        return tiny.trained(folder / NOT_UTF8)


@needs_any_name
@pytest.mark.parametrize("command", ["info", "eval", "eval --novelty --samples 2", "report", "sample --length 9"])
def test_every_command_takes_a_run_of_any_name(
    command: str, strange_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name, *options = command.split()
    result = run(name, strange_run, *options)
    assert result.exit_code == 0, result.stderr
    assert NOT_UTF8 not in result.output
    if name != "report":
        assert "caf\\xe9" in result.output
    else:
        assert "caf\\xe9" in Path("report.html").read_text(encoding="utf-8")


@needs_any_name
@pytest.mark.parametrize("name", NAMES)
def test_copies_in_a_text_of_any_name_are_drawn(
    name: str, run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_folder = Path(run_folder)
    monkeypatch.chdir(tmp_path)
    Path(f"{name}.txt").write_text(TEXT, encoding="utf-8")
    moved = tmp_path / "model.safetensors"
    moved.write_bytes((run_folder / "model.safetensors").read_bytes())
    result = run("eval", moved, "--novelty", "--on", f"{name}.txt", "--corpus", run_folder.parent / "tiny.txt")
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / f"novelty-{name}.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", NAMES)
def test_labels_and_titles_are_plain_text(name: str) -> None:
    curve = Curve(name, [0, 1], [1, 0])
    assert draw_as_png([curve], title=name, x_label="step", y_label="loss").startswith(b"\x89PNG")
    svg = draw_as_svg([curve], key="key", x_label="step", y_label="loss")
    assert escape_controls(name).replace("&", "&amp;") in svg


def test_a_picture_that_cannot_be_drawn_is_a_note(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> bytes:
        raise ValueError("no ink\nat all")

    assert draw_or_note(fail, name="the curve") is None
    assert save_picture(tmp_path / "a.png", fail) is None
    assert save_picture(tmp_path, lambda: b"a picture") is None  # a folder has that name
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == ["the curve cannot be drawn: no ink", f"{tmp_path}/a.png cannot be drawn: no ink"]
    assert len(lines) == 3


def test_a_picture_that_fails_does_not_end_a_training(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> bytes:
        raise RuntimeError("no ink")

    monkeypatch.setattr("seqgen.cli.shared.picture_files.draw_as_png", fail)
    result = run("train", story, "--out", "new", *TINY.split())
    assert result.exit_code == 0
    assert "the curve of new cannot be drawn: no ink" in result.stderr
    assert "model: new/model.safetensors\n" in result.stderr


@pytest.mark.parametrize("option", ["ban", "bias", "match", "stop"])
def test_a_byte_that_is_not_utf8_gets_one_line(option: str, run_folder: Path) -> None:
    value = "\udce9=2" if option == "bias" else "\udce9"
    result = run("sample", run_folder, f"--{option}", value)
    assert_one_line(result, f"{option} holds the byte 0xe9: it must be text in UTF-8")


@needs_any_name
def test_tensorboard_refuses_a_name_that_is_not_utf8(story: Path) -> None:
    result = run("train", story, "--out", NOT_UTF8, "--log", "tensorboard", *TINY.split())
    assert result.exit_code == 1
    assert "seqgen: --log tensorboard cannot write into caf\\xe9" in result.stderr
