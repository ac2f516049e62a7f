"""Run docs/notebook.ipynb, and store what its cells print and draw: python docs/run_notebook.py."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
NOTEBOOK = ROOT / "docs" / "notebook.ipynb"
_TIMEOUT_S = 600
_WIDGET = "application/vnd.jupyter.widget-view+json"


def execute(notebook: Any, *, corpora: Path) -> Any:
    """Run every cell, in a folder in which `../corpora` is this folder. Returns the notebook with its outputs."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(corpora, Path(folder) / "corpora")
        home = Path(folder) / "docs"
        home.mkdir()
        client = NotebookClient(
            notebook,
            timeout=_TIMEOUT_S,
            record_timing=False,
            store_widget_state=False,
            resources={"metadata": {"path": str(home)}},
        )
        return client.execute()


def without_bars(notebook: Any) -> Any:
    """The notebook without its progress bars, which have gone when a cell ends."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if _WIDGET not in output.get("data", {})]
    return notebook


def main() -> None:
    """The command line."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    done = without_bars(execute(notebook, corpora=ROOT / "corpora"))
    done.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    nbformat.write(done, NOTEBOOK)


if __name__ == "__main__":
    main()
