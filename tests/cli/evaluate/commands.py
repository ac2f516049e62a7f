"""`seqgen eval` as the tests call it, and what its reports hold."""

from __future__ import annotations

import json
from typing import Any

from typer.testing import CliRunner, Result

from seqgen.cli import app

FIGURES = ["tokens", "characters", "bytes", "words", "nats", "nats_per_token", "perplexity", "perplexity_per_word"]
FIGURES += ["bits_per_character", "bits_per_byte", "unseen_characters", "bits_per_known_character"]
KNOWN = "Mina sat by the river.\n"


def evaluate(*arguments: object) -> Result:
    """Run `seqgen eval` with these arguments."""
    return CliRunner().invoke(app, ["eval", *map(str, arguments)])


def scores(*arguments: object) -> list[dict[str, Any]]:
    """The scores of runs in its JSON report."""
    result = evaluate(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    objects: list[dict[str, Any]] = json.loads(result.stdout)
    return [item for item in objects if "run" in item]


def others(*arguments: object) -> list[dict[str, Any]]:
    """Everything else in its JSON report: baselines and comparisons."""
    return [item for item in json.loads(evaluate(*arguments, "--json").stdout) if "run" not in item]
