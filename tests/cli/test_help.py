"""Help, version, what is imported, exit statuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import seqgen
from seqgen.cli import app

COMMANDS = [
    "", "train", "plan", "race", "sample", "eval", "info", "tokenize",
    "corpus", "corpus stats", "corpus list", "corpus fetch",
]  # fmt: skip
SCREEN = 60


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def files_under(folder: Path) -> dict[str, bytes | None]:
    return {str(path): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


# --- help, version, imports ---------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_a_screen(command: str) -> None:
    result = run(*command.split(), "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith("Usage:")
    assert len(result.stdout.splitlines()) <= SCREEN
    assert result.stdout == run(*command.split(), "-h").stdout


@pytest.mark.parametrize(
    ("command", "options"),
    [
        (
            "train",
            "cell tokenizer vocab-size layers width dropout window streams memory lr clip steps epochs minutes "
            "patience precision seed device out resume from set fields documents valid-fraction test-fraction valid "
            "test encoding corpus",
        ),
        ("plan", "minutes cell tokenizer vocab-size documents valid encoding device set json"),
        ("race", "minutes equal tokenizer vocab-size documents valid encoding seed device set out json"),
        ("sample", "temp top-k top-p prompt prompt-file length count seed json"),
        ("eval", "on part corpus json"),
        ("tokenize", "tokenizer check"),
    ],
)
def test_help_names_every_option(command: str, options: str) -> None:
    words = run(command, "--help").stdout.replace(",", " ").split()
    assert {f"--{option}" for option in options.split()} <= set(words)


def test_version_is_that_of_the_package() -> None:
    """As a real process, which also shows that `python -m seqgen` is the command."""
    result = subprocess.run([sys.executable, "-m", "seqgen", "--version"], capture_output=True, text=True, check=True)
    assert result.stdout == f"seqgen {seqgen.__version__}\n"


def modules_after(*arguments: object) -> set[str]:
    """The packages that a process has loaded once the command has run."""
    script = (
        "import json, sys\n"
        "from seqgen.cli import main\n"
        "try:\n"
        "    main()\n"
        "except SystemExit as end:\n"
        "    assert not end.code, end.code\n"
        "print(json.dumps([*sys.modules]), file=sys.stderr)\n"
    )
    command = [sys.executable, "-c", script, *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8")
    return set(json.loads(result.stderr.splitlines()[-1]))


def test_help_loads_nothing_heavy() -> None:
    heavy = {
        "torch",
        "numpy",
        "matplotlib",
        "sentencepiece",
        "safetensors",
        "tqdm",
        "uniplot",
        "rich.console",
        "prompt_toolkit",
        "outlines_core",
    }
    assert not heavy & modules_after("--help")


def test_sample_never_imports_torch(run_folder: Path) -> None:
    loaded = modules_after("sample", run_folder, "--length", 20)
    assert "numpy" in loaded
    assert not {"torch", "matplotlib"} & loaded


def test_info_never_imports_torch(run_folder: Path) -> None:
    assert "torch" not in modules_after("info", run_folder)


# --- exit statuses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    ["--nonsense", "nonsense", "train --nonsense", "sample --temp", "sample a b", "tokenize", "corpus fetch"],
)
def test_a_wrong_use_exits_2(arguments: str) -> None:
    result = run(*arguments.split())
    assert result.exit_code == 2
    assert "Error: " in result.stderr
    assert not result.stdout


def test_a_bug_keeps_its_traceback(run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("seqgen.run.open_model", broken)
    assert isinstance(run("sample", run_folder).exception, ZeroDivisionError)


def test_ctrl_c_exits_130_without_a_traceback(run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("seqgen.run.open_model", interrupted)
    result = run("sample", run_folder)
    assert result.exit_code == 130
    assert "Traceback" not in result.stderr
