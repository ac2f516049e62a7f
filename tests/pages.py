"""The pages of the documentation, and the commands, examples and options that stand in them.

A comment on the line above a fenced block says what a test cannot do with it: `<!-- not run: REASON -->` stands above
commands that need what a test does not have, `<!-- numbers vary -->` above outputs whose numbers differ from machine
to machine, so that only their words are compared.
"""

from __future__ import annotations

import doctest
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
LECTURE = "docs/lecture.md"
"""The page that is built from its chapters. Its commands take minutes; tests/test_lecture.py tests them."""
PAGES = sorted(
    str(path.relative_to(ROOT))
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md"))
    if path.parent.name != "lecture"
)
"""The pages that are tested, by their path in the repository."""

_FENCED = re.compile(
    r"(?:<!-- (?P<note>[^>]*) -->\n)?^```(?P<language>\w*)\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE
)
_COMMAND = re.compile(r"`(seqgen [a-z][^`]*)`")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    body: str
    note: str
    """The comment above the block, if there is one."""

    @property
    def is_run(self) -> bool:
        return not self.note.startswith("not run: ")


@dataclass(frozen=True)
class Step:
    """A command, and the output that stands below it; an empty output means that none is shown."""

    command: str
    output: str = ""
    numbers_vary: bool = False

    def agrees_with(self, output: str) -> bool:
        """Whether an output is the one that the page shows, where `...` stands for anything."""
        shown, printed = ("\n".join(map(str.rstrip, text.strip().splitlines())) for text in (self.output, output))
        flags = doctest.ELLIPSIS
        if self.numbers_vary:
            shown, printed, flags = _words_of(shown), _words_of(printed), flags | doctest.NORMALIZE_WHITESPACE
        return doctest.OutputChecker().check_output(shown, printed, flags)


def _words_of(output: str) -> str:
    """An output in which every number is 0 and every rule is short."""
    return re.sub(r"─+", "─", re.sub(r"\d[\d,.]*(e-\d+)?", "0", output))


def read_page(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def prose(page: str) -> str:
    """A page without its fenced blocks and comments."""
    return _COMMENT.sub("", _FENCED.sub("", read_page(page)))


def blocks(page: str, language: str) -> list[Block]:
    """The fenced blocks of a page in one language, in order."""
    found = _FENCED.finditer(read_page(page))
    return [Block(block["body"], block["note"] or "") for block in found if block["language"] == language]


def steps(page: str) -> list[Step]:
    """Each `$ command` of the console blocks that can be run, then each whole command in a cell of a table."""
    shown = [step for block in blocks(page, "console") if block.is_run for step in _steps_of(block)]
    rows = "\n".join(line for line in prose(page).splitlines() if line.startswith("|"))
    return shown + [Step(command) for command in _COMMAND.findall(rows)]


def _steps_of(block: Block) -> Iterator[Step]:
    for step in re.split(r"^\$ ", block.body, flags=re.MULTILINE)[1:]:
        command, _, output = step.partition("\n")
        yield Step(command, output, block.note == "numbers vary")


def inline_commands(page: str) -> list[str]:
    """Every whole command that stands between backticks."""
    return _COMMAND.findall(prose(page))
