"""Help, version, and what is imported for them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import seqgen
from seqgen.cli import app
from seqgen.cli.evaluate.options import EvalOptions, InfoOptions, ReportOptions
from seqgen.cli.export.options import ExportOptions
from seqgen.cli.fill.options import FillOptions
from seqgen.cli.inspect.options import (
    AttentionOptions,
    BallOptions,
    CriteriaOptions,
    DepthOptions,
    EmbeddingsOptions,
    GradientsOptions,
    MemoryOptions,
    ProbeOptions,
    UnitsOptions,
)
from seqgen.cli.music.options import MusicOptions
from seqgen.cli.predict.options import PredictOptions
from seqgen.cli.sample.options import SampleOptions
from seqgen.cli.serve.options import ServeOptions
from seqgen.cli.shared.command_group import RENAMED_OPTIONS
from seqgen.cli.shared.options import Option, Options, declarations, spell
from seqgen.cli.texts.options import FetchOptions, StatsOptions, TokenizeOptions
from seqgen.cli.train.options import PlanOptions, RaceOptions, TrainOptions
from seqgen.cli.write.options import WriteOptions
from tests import tiny

OPTIONS: dict[str, type[Options]] = {
    "train": TrainOptions,
    "plan": PlanOptions,
    "race": RaceOptions,
    "sample": SampleOptions,
    "fill": FillOptions,
    "predict": PredictOptions,
    "write": WriteOptions,
    "music": MusicOptions,
    "eval": EvalOptions,
    "report": ReportOptions,
    "info": InfoOptions,
    "tokenize": TokenizeOptions,
    "export": ExportOptions,
    "serve": ServeOptions,
    "inspect units": UnitsOptions,
    "inspect attention": AttentionOptions,
    "inspect embeddings": EmbeddingsOptions,
    "corpus stats": StatsOptions,
    "corpus fetch": FetchOptions,
    "inspect gradients": GradientsOptions,
    "inspect memory": MemoryOptions,
    "inspect probe": ProbeOptions,
    "inspect ball": BallOptions,
    "inspect criteria": CriteriaOptions,
    "inspect depth": DepthOptions,
}
GROUPS = ["", "corpus", "inspect"]
COMMANDS = [*GROUPS, "corpus list", "models", *OPTIONS]
SCREEN = 60


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_a_screen(command: str) -> None:
    result = run(*command.split(), "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith("Usage:")
    assert len(result.stdout.splitlines()) <= SCREEN
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert result.stdout == run(*command.split(), "-h").stdout


def test_every_command_is_tested() -> None:
    assert set(OPTIONS.values()) == {
        options for options in Options.__subclasses__() if options.__module__.startswith("seqgen.")
    }
    listed = {command: run(*command.split(), "--help").stdout.split("Commands:")[1] for command in GROUPS}
    named = {
        f"{group} {line.split()[0]}".strip()
        for group, text in listed.items()
        for line in text.splitlines()
        if line.startswith("  ") and line[2] != " "
    }
    assert named == set(COMMANDS) - {""}


def test_the_list_of_measurements_says_each_in_a_whole_sentence() -> None:
    listed = run("inspect", "--help").stdout.split("Commands:\n")[1].rstrip().splitlines()
    assert all(line.endswith(".") and not line.endswith("...") for line in listed), listed


@pytest.mark.parametrize("command", OPTIONS)
def test_help_explains_every_option(command: str) -> None:
    text = " ".join(run(*command.split(), "--help").stdout.split())
    for name, (_, declaration) in declarations(OPTIONS[command]).items():
        is_hidden = isinstance(declaration, Option) and declaration.is_hidden
        assert (spell(name, declaration) in text) is not is_hidden
        assert (declaration.help in text) is not is_hidden


@pytest.mark.parametrize("old", RENAMED_OPTIONS)
def test_renamed_options_are_in_no_help(old: str) -> None:
    texts = [run(*command.split(), "--help").stdout.split() for command in COMMANDS]
    assert not any(old in words for words in texts)
    assert any(RENAMED_OPTIONS[old] in words for words in texts)


def test_a_renamed_option_does_what_its_new_name_does(run_folder: Path) -> None:
    for command in ("eval {} --costliest", "sample {} --seed 0 --until-boundary"):
        old = command.split()[-1]
        arguments = command.format(run_folder)
        new = run(*arguments.replace(old, RENAMED_OPTIONS[old]).split())
        assert run(*arguments.split()).output == new.output
        assert "No such option" not in new.output


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


def test_fill_never_imports_torch(run_folder: Path, tmp_path: Path) -> None:
    backward = tiny.trained(tmp_path / "run", backward=True)
    loaded = modules_after("fill", "The __.", "--forward", run_folder, "--backward", backward, "--draws", 2)
    assert not {"torch", "matplotlib"} & loaded


def test_info_never_imports_torch(run_folder: Path) -> None:
    assert "torch" not in modules_after("info", run_folder)
