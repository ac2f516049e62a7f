"""Build docs/lecture.md from the chapters in docs/lecture/: run their commands, and show what these print and draw.

python docs/build_lecture.py                  all chapters
python docs/build_lecture.py --only memory    this chapter; the others keep the outputs that the page has
python docs/build_lecture.py --text           none: only the words around the commands are new

The lines below a command in a chapter say what is shown of its output: no line means all of it, `...` none of it, and
`... WORDS` the part from the line on that begins with WORDS. A `python` block prints into the `text` block below it.
In place of `<!-- code: seqgen.package.name -->` stands the source of this function, so that every reader sees it. The
picture `lecture/NAME.png` is the one that a command of its chapter draws into a file of this name.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Mapping
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "lecture.md"
SOURCES = PAGE.with_suffix("")
"""The folder of the chapters and their pictures."""
CHAPTERS = (
    "introduction",
    "sequences",
    "ball",
    "tokens",
    "criteria",
    "recurrence",
    "gradients",
    "gates",
    "memory",
    "probes",
    "depth",
    "direction",
    "pairs",
    "attention",
    "music",
    "reading",
)
"""In the order of the page."""
MOST_BYTES = 60_000
"""Of a picture."""
WIDTH = 80
"""Columns of the terminal."""

_COMMAND = re.compile(r"^\$ (?P<command>.+)\n(?P<below>(?:(?!\$ |```).*\n)*)", re.MULTILINE)
_PYTHON = re.compile(r"^```python\n(?P<command>.+?)^```\n\n```text\n(?P<below>.*?)(?=^```$)", re.MULTILINE | re.DOTALL)
_PICTURE = re.compile(r"^!\[[^\]]*\]\(lecture/(?P<name>[\w-]+\.png)\)$", re.MULTILINE)
_CODE = re.compile(r"^<!-- code: ([\w.]+) -->$", re.MULTILINE)
_CHAPTER = re.compile(r"^<!-- chapter: ([\w-]+) -->\n", re.MULTILINE)

Outputs = dict[str, str]
"""What stands below each command, or each Python block, of a chapter."""


def source_of(name: str) -> str:
    """A chapter as it is written, without outputs."""
    return (SOURCES / f"{name}.md").read_text(encoding="utf-8")


def steps_of(chapter: str) -> Outputs:
    """The commands of a chapter in their order, and what stands below each."""
    found = sorted((*_COMMAND.finditer(chapter), *_PYTHON.finditer(chapter)), key=re.Match.start)
    return {step["command"]: step["below"] for step in found}


def pictures_of(chapter: str) -> list[str]:
    """The file names of the pictures that a chapter shows."""
    return [found["name"] for found in _PICTURE.finditer(chapter)]


def read_page(page: str) -> dict[str, Outputs]:
    """The outputs on a page, by chapter."""
    _, *parts = _CHAPTER.split(page)
    return {name: steps_of(chapter) for name, chapter in zip(parts[::2], parts[1::2], strict=True)}


def write_page(outputs: Mapping[str, Outputs]) -> str:
    """The page: the chapters whose outputs are all known, with these outputs."""
    chapters = {name: source_of(name) for name in CHAPTERS}
    known = [name for name, chapter in chapters.items() if steps_of(chapter).keys() <= outputs.get(name, {}).keys()]
    return "\n".join(f"<!-- chapter: {name} -->\n{fill_in(chapters[name], outputs.get(name, {}))}" for name in known)


def fill_in(chapter: str, outputs: Outputs) -> str:
    """A chapter with the outputs and the quoted code in their places."""

    def with_output(step: re.Match[str]) -> str:
        return step[0][: step.start("below") - step.start()] + outputs[step["command"]]

    filled = _PYTHON.sub(with_output, _COMMAND.sub(with_output, chapter))
    return _CODE.sub(lambda found: quoted(found[1]), filled)


def quoted(name: str) -> str:
    """The source of a function as the other pages quote it, in a block that is no step: nothing runs it."""
    spec = importlib.util.spec_from_file_location("hooks", ROOT / "docs" / "hooks.py")
    assert spec is not None and spec.loader is not None
    hooks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hooks)
    return str(hooks.code_of(name)).replace("```python", "```py", 1)


def shorten(output: str, wish: str) -> str:
    """What is shown of an output, if `wish` stands below its command in the chapter."""
    lines = [f"{line}\n" for printed in output.strip("\n").splitlines() for line in folded(printed.rstrip())]
    words = wish.removeprefix("...").strip()
    if not wish.startswith("..."):
        return "".join(lines)
    if not words:
        return wish
    first = next((number for number, line in enumerate(lines) if line.startswith(words)), None)
    if first is None:
        raise SystemExit(f"no line of the output begins with {words!r}:\n{output}")
    return "".join(["...\n", *lines[first:]])


def folded(line: str) -> list[str]:
    """A line in several if it is too long for a terminal."""
    return textwrap.wrap(line, WIDTH, break_long_words=False) if len(line) > WIDTH else [line]


def run(command: str, folder: Path) -> str:
    """What a command of seqgen or some lines of Python print, both streams together."""
    is_python = not command.startswith("seqgen ")
    arguments = ["-c", command] if is_python else ["-m", *shlex.split(command)]
    surroundings = {**os.environ, "COLUMNS": str(WIDTH), "PYTHONPATH": str(ROOT), "SEQGEN_CACHE": str(folder / "cache")}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=surroundings,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode:
        what = "a block of Python" if is_python else command
        reason = (done.stdout.strip() or f"exit status {done.returncode}").splitlines()[-1]
        raise SystemExit(f"{what}: {reason}")
    return done.stdout


def build(name: str) -> Outputs:
    """Run a chapter in an empty folder that has the corpora; put its pictures beside its source."""
    chapter, outputs = source_of(name), {}
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        (folder / "corpora").symlink_to(ROOT / "corpora")
        for command, wish in steps_of(chapter).items():
            print(f"{name}: {command.splitlines()[0]}", flush=True)
            outputs[command] = shorten(run(command, folder), wish)
        for picture in pictures_of(chapter):
            drawn = next(folder.rglob(picture), None)
            if drawn is None:
                raise SystemExit(f"{name}: no command draws {picture}")
            (SOURCES / picture).write_bytes(shrink(drawn))
    return outputs


def shrink(picture: Path) -> bytes:
    """A picture as a PNG of few colours, so few that it is small."""
    with Image.open(picture) as image:
        plain = image.convert("RGB")
    for n_colors in (128, 64, 32, 16):
        small = io.BytesIO()
        plain.quantize(n_colors).save(small, "PNG", optimize=True)
        if small.tell() <= MOST_BYTES:
            return small.getvalue()
    raise SystemExit(f"{picture.name} has {small.tell():,} bytes: it must have {MOST_BYTES:,} at most")


def main() -> None:
    parser = argparse.ArgumentParser(description="Build docs/lecture.md from its chapters.")
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--only", action="append", choices=CHAPTERS, metavar="NAME", help="run this chapter alone")
    chosen.add_argument("--text", action="store_true", help="run no chapter; take the outputs from the page")
    arguments = parser.parse_args()
    outputs = read_page(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else {}
    for name in [] if arguments.text else arguments.only or CHAPTERS:
        outputs[name] = build(name)
        PAGE.write_text(write_page(outputs), encoding="utf-8")
    PAGE.write_text(write_page(outputs), encoding="utf-8")


if __name__ == "__main__":
    main()
