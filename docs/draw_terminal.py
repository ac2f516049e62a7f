"""Draw docs/terminal.svg, the picture in the README: runs three commands once and shows what they print.

python docs/draw_terminal.py
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

_ROOT = Path(__file__).parent.parent
_COMMANDS = (
    "seqgen train corpora/stories.txt --documents blank-line --from english --minutes 1",
    "seqgen sample --length 420",
    "seqgen eval",
)
_WIDTH = 120
_SHOWN_STEPS = 2
"""How many lines of progress are shown at the beginning, and how many at the end."""


def shorten(lines: list[str]) -> list[str]:
    """The lines, with an ellipsis in place of the progress in the middle."""
    steps = [number for number, line in enumerate(lines) if line.startswith("step ")]
    if len(steps) <= 2 * _SHOWN_STEPS:
        return lines
    return [
        *lines[: steps[_SHOWN_STEPS]],
        "...",
        *(line for line in lines[steps[-_SHOWN_STEPS] :] if not line.startswith("  | ")),
    ]


def main() -> None:
    console = Console(record=True, width=_WIDTH, file=io.StringIO(), highlight=False)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "corpora").symlink_to(_ROOT / "corpora")
        environment = {**os.environ, "SEQGEN_CACHE": str(Path(folder) / "cache")}
        for command in _COMMANDS:
            words = [sys.executable, "-m", "seqgen", *command.split()[1:]]
            done = subprocess.run(
                words,
                cwd=folder,
                env=environment,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=True,
            )
            console.print(Text("$ ", style="bold green") + Text(command, style="bold"))
            console.print(Text("\n".join(shorten(done.stdout.splitlines()))))
            console.print()
    console.save_svg(str(Path(__file__).with_name("terminal.svg")), title="seqgen")


if __name__ == "__main__":
    main()
