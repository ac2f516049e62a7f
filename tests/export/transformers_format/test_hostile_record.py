"""A record of a stranger in an exported folder: data in its JSON, plain text in its README, and never code."""

from __future__ import annotations

import json
from pathlib import Path

from seqgen.run import open_model
from tests.export.transformers_format.exported import exported
from tests.hostile import MARKUP, STEERING, forged, steering_in

CODE = "'''\nimport os; os.abort()\n\"\"\"\n"


def test_the_code_is_the_same_whatever_the_record_says(run_folder: Path, tmp_path: Path) -> None:
    hostile = forged(run_folder, tmp_path / "hostile", f"{CODE}{MARKUP}{STEERING}")
    folders = [exported(open_model(str(run)), tmp_path / f"{run.name} exported") for run in (run_folder, hostile)]
    first, second = ({path.name for path in folder.iterdir()} for folder in folders)
    assert first == second
    for name in (name for name in first if name.endswith(".py")):
        codes = [(folder / name).read_bytes() for folder in folders]
        assert codes[0] == codes[1]
    assert any(name.endswith(".py") for name in first)


def test_the_readme_says_in_plain_text_what_the_model_learned_from(run_folder: Path, tmp_path: Path) -> None:
    hostile = forged(run_folder, tmp_path / "hostile", f"[a](b)\n---\nlicense: x\n# Big\n{MARKUP}{STEERING}")
    folder = exported(open_model(str(hostile)), tmp_path / "out")
    readme = (folder / "README.md").read_text(encoding="utf-8")
    (line,) = (line for line in readme.splitlines() if line.startswith("- learned from: "))
    assert "<" not in line
    assert r"\[a\](b)" in line
    assert steering_in(readme) == []
    assert "# Big" not in readme.splitlines()
    for name in ("config.json", "tokenizer_config.json"):
        json.loads((folder / name).read_text(encoding="utf-8"))
