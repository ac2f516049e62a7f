"""The README: its commands run, its outputs are true, the options it names exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from seqgen.cli import app
from tests import tiny

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def console_steps() -> Iterator[tuple[str, str]]:
    """Each `$ command` of the console blocks with the output that stands below it."""
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = step.partition("\n")
            yield command, output


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as the README's reader has it: the corpora, a text, a trained run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "corpora").symlink_to(ROOT / "corpora")
    (tmp_path / "mytext.txt").write_text(tiny.TEXT, encoding="utf-8")
    tiny.trained(tmp_path / "checkpoints" / "stories")
    return tmp_path


def test_every_command_of_the_readme_runs_and_prints_what_stands_there(workshop: Path) -> None:
    """Only the training is shorter; runs of five minutes are for people."""
    steps = list(console_steps())
    assert len(steps) > 5
    for command, output in steps:
        program, *arguments = shlex.split(command.replace("--minutes 5", "--steps 2"))
        assert program == "seqgen"
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, f"{command}\n{result.output}"
        if output:
            assert result.output.rstrip() == output.rstrip(), command


def test_the_library_example_of_the_readme_runs(workshop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})
    assert len(capsys.readouterr().out) > 300


def test_every_option_that_the_readme_names_exists() -> None:
    commands = [typer.main.get_command(app)]
    known: set[str] = {"--extra-index-url", "--help", "--install-completion", "--nproc-per-node"}
    known |= {"--model", "--model_args", "--tasks", "--logdir"}  # of other programs
    while commands:
        command = commands.pop()
        commands.extend(getattr(command, "commands", {}).values())
        known.update(name for parameter in command.params for name in parameter.opts)
    named = set(re.findall(r"--[a-z][a-z-]+", README))
    assert named <= known, named - known


def test_the_readme_map_names_files_that_exist() -> None:
    for name in re.findall(r"seqgen/[a-z_/]+(?:\.py)?", README.split("## Map")[1]):
        assert (ROOT / name).exists(), name


@pytest.mark.parametrize("name", ["README.md", "benchmarks/RESULTS.md", "CONTRIBUTING.md", "corpora/SOURCES.md"])
def test_nothing_is_left_to_fill_in(name: str) -> None:
    assert not re.findall(r"^[A-Z]+$", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
