"""`seqgen train` as the tests call it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from seqgen.cli import app
from seqgen.run import open_model
from tests.tiny import metrics_lines

SHAPE = "--width 16 --streams 4 --window 16 --device cpu"
TINY = f"{SHAPE} --steps 3".split()


def train(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["train", *map(str, arguments)])


def trained(*arguments: object) -> Result:
    result = train(*arguments)
    assert result.exit_code == 0, result.stderr
    return result


def weights(run: str | Path) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in open_model(run).weights.items()}


def reports(run: str | Path) -> list[dict[str, Any]]:
    """The lines of the metrics without what the clock says."""
    return [{k: v for k, v in line.items() if not k.endswith("_s")} for line in metrics_lines(Path(run))]
