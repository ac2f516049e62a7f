"""`seqgen sample` as the tests call it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from seqgen.cli import app
from tests import tiny

TEXT = "[bold]Ünï[/bold] [red]\n" * 20 + tiny.TEXT


def sample(run: Path, *arguments: object, stdin: bytes | None = None) -> Result:
    """Run `seqgen sample` with these arguments."""
    return CliRunner().invoke(app, ["sample", str(run), *map(str, arguments)], input=stdin)


def text_of(run: Path, *arguments: object) -> str:
    """What it prints, if it ends well. The seed is 0 unless the arguments give one or need none."""
    has_seed = {"--seed", "--odds", "--beam", "--replay"} & set(arguments)
    result = sample(run, *arguments, *([] if has_seed else ["--seed", 0]))
    assert result.exit_code == 0, result.stderr
    return result.stdout


def objects_of(run: Path, *arguments: object) -> list[dict[str, Any]]:
    """Its JSON report."""
    objects: list[dict[str, Any]] = json.loads(text_of(run, *arguments, "--json"))
    return objects


every_tokenizer = pytest.mark.parametrize("tokenizer", tiny.LOSSLESS)
