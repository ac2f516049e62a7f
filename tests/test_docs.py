"""The documentation: its commands run, its outputs are true, its examples work."""

from __future__ import annotations

import contextlib
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.exceptions import TyperException
from typer.testing import CliRunner

from seqgen.cli import app
from seqgen.config import Budget, Cell, CorpusConfig
from seqgen.training import Session, TrainingRequest
from tests import pages, tiny
from tests.pages import PAGES, ROOT
from tests.test_architecture import LAYERS

TOP: Any = typer.main.get_command(app)
TEXT = tiny.STORIES.read_text(encoding="utf-8")[:29_000]
"""So long that a third of it is enough to compare two models on."""
TINY = ["--set", "d_model=16", "--set", "n_streams=4", "--set", "window=16", "--set", "precision=float32"]
SHORTER = [
    (r"^(seqgen train .*)--(?:minutes|steps|epochs) [\d.]+", r"\1--steps 20"),
    (r"^(seqgen train --resume .*)--steps 20", r"\1--steps 45"),  # of which it has done 40
    (r"^(seqgen (?:plan|race) .*)--minutes [\d.]+", r"\1--minutes 0.005"),
    (r"^(seqgen train .*--from english )--steps 20", r"\1--steps 1 --out from-english"),  # else it is the newest
    (r"--score \d+", "--score 15"),
    (r"^(seqgen fill \".*)$", r"\1 --draws 6"),
    (r"--samples \d+", "--samples 1"),
    (r"^(seqgen inspect (?:probe|criteria|depth) .*)$", r"\1 --steps 1"),
    (r"^(seqgen inspect gradients .*)--copy \d+", r"\1--copy 1"),
    (r"^seqgen inspect gradients( checkpoints/.*)?$", r"seqgen inspect gradients\1 --lag 30"),
]
"""Minutes are for people: what a test writes in the place of such a budget."""
SMALLER = {
    "evaluation.dynamic._N_SIZE_SEGMENTS": 20,
    "inspection.contexts.MAX_LENGTH": 32,
    "inspection.criteria._N_TASK_STEPS": 1,
}
"""Numbers that only make results more certain."""
NEEDS = {"write": "a terminal", "serve": "to be stopped"}
"""Commands that are only parsed, and what they would need to run."""
OTHER_OPTIONS = {
    *("--help", "--install-completion"),  # of every program made with typer
    *("--extra-index-url", "--no-deps", "--strict", "--nproc-per-node", "--logdir"),  # of other tools
    *("--model", "--model_args", "--tasks"),  # of lm-evaluation-harness
    "--ignore-eos",  # of llama.cpp
    *("--rounds", "--seconds", "--gpt2"),  # of the benchmarks
    *("--cov", "--randomly-seed"),  # of pytest
    *("--only", "--text"),  # of the script that builds the lecture
    *("--until-boundary", "--costliest", "--word-split"),  # old names
}
NAMES = ["train", "plan", "race", "tokenize", "corpus", "corpus stats", "inspect probe", "inspect depth"]
"""Commands that need a text or a task, which the prose names without one."""
MOST_BLOCKS_NOT_RUN = 7

every_page = pytest.mark.parametrize("page", PAGES)


@pytest.fixture(scope="session")
def trained_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two short runs on the same documents."""
    folder = tmp_path_factory.mktemp("documented")
    text = folder / "mytext.txt"
    text.write_text(TEXT, encoding="utf-8")
    steps: dict[Cell, int] = {"lstm": 40, "gru": 3}  # so that the first is surely better
    for cell, n_steps in steps.items():
        request = TrainingRequest(
            corpus=CorpusConfig(paths=(str(text),), documents="blank-line", valid_fraction=0.38),
            cell=cell,
            settings=tiny.SETTINGS[cell],
            budget=Budget(steps=n_steps),
            device="cpu",
            folder=folder / f"{cell}-run",
        )
        for _ in Session.start(request).reports():
            pass
    return folder


@pytest.fixture(scope="session")
def already_run() -> set[str]:
    """Commands that another page has too."""
    return set()


@pytest.fixture
def workshop(trained_runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as a reader has it: the corpora, some texts, two runs."""
    monkeypatch.chdir(tmp_path)
    for name, number in SMALLER.items():
        monkeypatch.setattr(f"seqgen.{name}", number)
    monkeypatch.setattr("seqgen.training.planning.race_requests.PLANNED_CELLS", ("lstm", "gru"))
    (tmp_path / "corpora").symlink_to(ROOT / "corpora")
    Path("mytext.txt").write_text(TEXT, encoding="utf-8")
    Path("other.txt").write_text(tiny.TEXT, encoding="utf-8")
    Path("words.txt").write_text("wug\nglimpy\n", encoding="utf-8")
    Path("start.txt").write_text("Mina sat by the", encoding="utf-8")
    Path("poems.jsonl").write_text('{"text": "Mina sat by the river, and so did the cat."}\n' * 99, encoding="utf-8")
    for name in ("lstm-run", "gru-run"):
        shutil.copytree(trained_runs / name, tmp_path / "checkpoints" / name)
    return tmp_path


def run(command: str) -> str:
    """What a command prints, both its streams together; `> FILE` at its end takes its standard output away."""
    for pattern, shorter in SHORTER:
        command = re.sub(pattern, shorter, command)
    program, *arguments = shlex.split(command)
    assert program == "seqgen", f"{command}: a test runs no other program than seqgen"
    path = Path(arguments.pop()) if arguments[-2:-1] == [">"] else None
    arguments = [argument for argument in arguments if argument != ">"]
    if arguments[0] in NEEDS:
        assert understands(arguments), command
        return ""
    if arguments[0] in ("train", "plan", "race"):
        arguments += shorter_training(arguments)
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, f"{command}\n{result.output}"
    if path is not None:
        path.write_text(result.stdout, encoding="utf-8")
    return result.stderr if path is not None else result.output


def shorter_training(arguments: list[str]) -> list[str]:
    """Options that make a training run small and short, as far as they go with the others."""
    given = set(arguments)
    budget = ["--steps", "20"] if arguments[0] == "train" and not given & {"--steps", "--fields"} else []
    return budget if given & {"--resume", "--from", "--fields"} else budget + TINY


@pytest.mark.parametrize("page", [page for page in PAGES if page != pages.LECTURE])
def test_every_command_runs_and_prints_what_stands_there(page: str, workshop: Path, already_run: set[str]) -> None:
    for block in pages.blocks(page, "python"):
        if found := re.match(r"# file: (\w+\.py)\n", block.body):
            Path(found[1]).write_text(block.body, encoding="utf-8")
    for step in pages.steps(page):
        if step.command in already_run and not step.output:
            continue
        if ">" not in step.command:  # which leaves a file for the commands below it
            already_run.add(step.command)
        output = run(step.command)
        assert not step.output or step.agrees_with(output), f"{page}: {step.command}\nprints\n{output}"


@every_page
def test_every_example_of_the_library_runs(page: str, workshop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(workshop))
    names: dict[str, Any] = {}
    examples = pages.blocks(page, "python")
    with contextlib.redirect_stdout(None):
        for example in examples:
            exec(compile(example.body, page, "exec"), names)
    assert len(examples) == pages.read_page(page).count("```python")


@every_page
def test_every_command_between_backticks_is_one_that_seqgen_understands(page: str) -> None:
    for command in pages.inline_commands(page):
        arguments = shlex.split(" ".join(command.split()).split(" > ")[0])[1:]
        assert " ".join(arguments) in NAMES or understands(arguments), command


def understands(arguments: list[str]) -> bool:
    """Parse a command without running it; whether the program takes it."""
    group, context = TOP, TOP.make_context("seqgen", [arguments[0], "--help"], resilient_parsing=True)
    while hasattr(group, "commands"):
        name, *arguments = arguments
        assert name in group.commands, f"seqgen has no command {name}"
        group = group.commands[name]
    try:
        group.make_context(group.name, arguments, parent=context)
    except TyperException:
        return False
    return True


@every_page
def test_every_option_exists(page: str) -> None:
    known = set(OTHER_OPTIONS)
    waiting = [TOP]
    while waiting:
        command = waiting.pop()
        waiting.extend(getattr(command, "commands", {}).values())
        known.update(name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts))
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9_-]+", pages.read_page(page)))
    assert named <= known, named - known


def test_few_blocks_are_not_run_and_each_says_why() -> None:
    left_out = [block for page in PAGES for block in pages.blocks(page, "console") if not block.is_run]
    assert len(left_out) <= MOST_BLOCKS_NOT_RUN
    assert all(block.note.removeprefix("not run: ") for block in left_out)


@every_page
def test_every_file_that_a_page_links_to_or_names_exists(page: str) -> None:
    text = pages.read_page(page)
    links = re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", text)
    missing = [link for link in links if not (ROOT / page).parent.joinpath(link).exists()]
    named = re.findall(r"`((?:seqgen|tests|benchmarks|docs|corpora)/[\w/]*(?:\.\w+)?)`", text)
    missing += [name for name in named if "NAME" not in name and not (ROOT / name).exists()]
    assert not missing


def test_the_architecture_page_has_the_import_order_that_the_tests_hold() -> None:
    page = pages.read_page("docs/architecture.md")
    rows = re.findall(r"^\| \d+ \| (.+?) \|", page, re.MULTILINE)
    assert [set(re.findall(r"`(\w+)`", row)) for row in rows] == LAYERS
