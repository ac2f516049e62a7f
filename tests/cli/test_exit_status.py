"""How a command ends: with a wrong use, a bug, Ctrl-C; and with standard streams that are closed, full or left."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from seqgen.cli import app
from seqgen.run import MODEL_FILE, load_checkpoint, open_model
from tests.cli.one_line import assert_one_line

posix = pytest.mark.skipif(os.name != "posix", reason="this shell and its redirections are for POSIX")
TRAINING = "train story.txt --width 16 --streams 4 --window 16 --device cpu --steps 3 --out run"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def shell(command: str) -> subprocess.CompletedProcess[str]:
    """Run a shell command in which `seqgen` is this one; it fails if any command of a pipe does."""
    program = f'unset PYTHONUNBUFFERED; seqgen() {{ "{sys.executable}" -m seqgen "$@"; }}; set -o pipefail; {command}'
    return subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "arguments",
    ["--nonsense", "nonsense", "train --nonsense", "sample --temp", "sample a b", "tokenize", "corpus fetch"],
)
def test_a_wrong_use_exits_2(arguments: str) -> None:
    result = run(*arguments.split())
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("seqgen: ")
    assert not result.stdout


def test_a_bug_keeps_its_traceback(run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("seqgen.run.open_model", broken)
    assert isinstance(run("sample", run_folder).exception, ZeroDivisionError)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("Unable to allocate 41.0 GiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
    ],
    ids=["numpy", "torch"],
)
def test_memory_that_runs_out_is_one_line(error: Exception, run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise error

    monkeypatch.setattr("seqgen.run.open_model", broken)
    assert_one_line(run("sample", run_folder), "not enough memory")


def test_a_name_that_the_system_refuses_is_one_line(run_folder: Path) -> None:
    result = run("report", run_folder, "--out", "x" * 5000)
    assert_one_line(result, "xxx|cannot be used|too long")


def test_ctrl_c_exits_130_without_a_traceback(run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("seqgen.run.open_model", interrupted)
    result = run("sample", run_folder)
    assert result.exit_code == 130
    assert "Traceback" not in result.stderr


def test_the_prompt_after_ctrl_c_gets_a_line_of_its_own(run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> None:
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        raise KeyboardInterrupt

    monkeypatch.setattr("seqgen.run.open_model", interrupted)
    assert run("sample", run_folder).stderr == "\n"


@posix
@pytest.mark.parametrize("error", ["2>&1 | head -n 1", "2>/dev/full"], ids=["left", "full"])
def test_training_is_saved_when_nobody_reads_its_notes(error: str, story: Path) -> None:
    if "full" in error and not Path("/dev/full").exists():
        pytest.skip("this system has no device that is always full")
    result = shell(f"seqgen {TRAINING} {error}")
    assert result.returncode == 0, result.stderr
    assert open_model("run").record.progress.step == 3
    assert load_checkpoint(Path("run")).record.progress.step == 3


@posix
def test_no_file_takes_the_place_of_a_closed_stream(story: Path) -> None:
    """Otherwise what a library prints goes into a file that seqgen writes."""
    assert shell(f"seqgen {TRAINING} >&- 2>&- <&-").returncode == 0
    shown = shell("python3 -c 'print()' >/dev/null; seqgen info run")
    assert shown.returncode == 0, shown.stderr
    assert Path("run", MODEL_FILE).exists()
    assert load_checkpoint(Path("run")).record.progress.step == 3


@posix
@pytest.mark.parametrize(
    "command",
    [
        "sample RUN --length 9 --seed 0",
        "sample RUN --odds",
        "info RUN",
        "info RUN --json",
        "eval RUN",
        "corpus list",
        "--help",
    ],
)
def test_a_closed_output_is_one_line_and_status_1(command: str, run_folder: Path) -> None:
    result = shell(f"seqgen {command.replace('RUN', str(run_folder))} >&-")
    assert result.returncode == 1
    lines = [line for line in result.stderr.splitlines() if not line.startswith("model: ")]
    assert lines == ["seqgen: cannot write the result: Bad file descriptor; send it elsewhere, as with > FILE"]


@posix
def test_a_closed_error_stream_takes_nothing_from_the_result(run_folder: Path) -> None:
    quiet, normal = (shell(f"seqgen sample '{run_folder}' --length 50 --seed 0 {error}") for error in ("2>&-", ""))
    assert quiet.stdout == normal.stdout
    assert (quiet.returncode, quiet.stderr) == (0, "")


@posix
@pytest.mark.parametrize("command", ["info RUN", "corpus list", "sample RUN --length 300000", "--help"])
def test_a_reader_that_has_read_enough_is_no_error(command: str, run_folder: Path) -> None:
    """The reader has left for certain before anything is written."""
    result = shell(f"seqgen {command.replace('RUN', str(run_folder))} | true")
    assert result.returncode == 0, result.stderr
    assert "Error" not in result.stderr
