"""Files that `--out` asks for: what cannot be written is refused before the work, and costs no result after it."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest

from seqgen.cli.shared.wanted_files import require_file, require_folder, require_page, require_picture, written
from seqgen.errors import ConfigError, RunError
from tests.cli.one_line import assert_one_line, run

TINY_CELL = "--cell rnn,d_model=8"
PICTURES = [
    "inspect attention",
    "inspect ball",
    "inspect criteria",
    "inspect depth story.txt",
    "inspect embeddings",
    "inspect gradients",
    "inspect memory",
    "inspect probe copy",
    "predict wug --show attention",
]
"""Commands that draw a picture if they are asked to."""


@pytest.mark.parametrize("command", [*PICTURES, "inspect units", "report", "music"])
def test_a_place_that_takes_no_file_is_refused_before_the_work(command: str, story: Path) -> None:
    """There is not even a model here that could be opened."""
    assert_one_line(run(*command.split(), "--out", f"{story}/new.png"), "seqgen: --out story.txt/new.png: ")


@pytest.mark.parametrize(
    ("out", "said"),
    [
        (".", "this is a folder or a device; name a file"),
        ("/dev/null", "this is a folder or a device; name a file"),
        ("none/a.html", "there is no folder none; name a file in a folder that exists"),
        ("new.html", ". is read-only; name a file in another folder"),
        ("old.html", "old.html is read-only; name a file in another folder"),
    ],
)
def test_the_reason_why_no_file_can_be_there_is_named(
    out: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("old.html").touch()
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(ConfigError, match=f"^--out {out}: {said}$"):
        require_file(out)


def test_a_picture_ends_with_png() -> None:
    assert require_picture(None) is None
    assert require_picture("a.PNG") == Path("a.PNG")
    with pytest.raises(ConfigError, match=r"^--out a.jpg: the picture is a PNG, so its name must end with .png$"):
        require_picture("a.jpg")


@pytest.mark.parametrize("name", ["a.PNG", "story.txt", "model.safetensors", "page"])
def test_a_page_takes_the_place_of_no_other_file(name: str, tmp_path: Path) -> None:
    assert require_page(f"{tmp_path}/a.htm") == tmp_path / "a.htm"
    with pytest.raises(ConfigError, match=rf"^--out {name}: the page is HTML, so its name must end with \.html$"):
        require_page(name)


@pytest.mark.parametrize("command", ["inspect units", "report"])
def test_a_command_that_writes_a_page_refuses_the_name_of_another_file(command: str) -> None:
    assert_one_line(run(*command.split(), "--out", "a.png"), "seqgen: --out a.png: the page is HTML")


def test_a_folder_need_not_exist_but_must_take_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    assert require_folder(f"{tmp_path}/new/pictures") == tmp_path / "new" / "pictures"
    with pytest.raises(ConfigError, match=r"file is a file; name a folder$"):
        require_folder(f"{tmp_path}/file/pictures")
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(ConfigError, match=f"{tmp_path} is read-only; name another folder$"):
        require_folder(f"{tmp_path}/new/pictures")


def test_a_file_that_fails_comes_after_the_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> bytes:
        raise ValueError("no ink\nat all")

    for make, path, said in (
        (fail, tmp_path / "a.png", "a.png cannot be drawn: no ink"),
        (lambda: b"a picture", tmp_path, "cannot be written: Is a directory"),
    ):
        with pytest.raises(RunError, match=said), written(path, make) as saved:
            print("result", saved)
        assert capsys.readouterr() == ("result None\n", "")


def test_a_file_that_is_written_is_named_after_the_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with written(None, lambda: b"") as nothing, written(tmp_path / "a.png", lambda: b"picture") as saved:
        assert nothing is None
    assert saved is not None and saved.read_bytes() == b"picture"
    assert capsys.readouterr() == ("", f"picture: {saved}\n")


def test_a_page_that_fails_is_not_called_a_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> bytes:
        raise ValueError("no paper")

    page = tmp_path / "a"
    with pytest.raises(RunError, match="a cannot be made: no paper"), written(page, fail, kind="page"):
        pass
    with written(page, lambda: b"page", kind="page"):
        pass
    assert capsys.readouterr().err == f"page: {page}\n"


@pytest.mark.parametrize("failing", ["a.png", "b.png"])
def test_what_was_written_is_named_though_another_file_failed(
    failing: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / failing).mkdir()
    (good,) = {"a.png", "b.png"} - {failing}
    with pytest.raises(RunError, match=failing), contextlib.ExitStack() as pictures:
        for name in ("a.png", "b.png"):
            pictures.enter_context(written(tmp_path / name, lambda: b"picture"))
        print("result")
    assert capsys.readouterr() == ("result\n", f"picture: {tmp_path / good}\n")


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on, no command can write a file."""

    def refuse(path: Path, *_: object, **__: object) -> None:
        raise RunError(f"{path} cannot be written: No space left on device")

    monkeypatch.setattr("seqgen.cli.shared.wanted_files.write_bytes", refuse)


@pytest.mark.parametrize(
    "command",
    [
        f"inspect gradients {TINY_CELL} --lag 9",
        "inspect memory RUN --longest 64",
        "inspect embeddings RUN",
        "inspect attention PAIRS --prompt abc",
    ],
)
def test_no_result_is_lost_with_its_picture(
    command: str, run_folder: Path, pair_folder: Path, full_disk: None, tmp_path: Path
) -> None:
    words = command.replace("RUN", str(run_folder)).replace("PAIRS", str(pair_folder)).split()
    ended = run(*words, "--json", "--out", tmp_path / "new.png")
    assert ended.exit_code == 1
    assert json.loads(ended.stdout)
    assert ended.stderr.splitlines()[-1] == f"seqgen: {tmp_path}/new.png cannot be written: No space left on device"
