"""A run whose file says whatever a stranger likes, and a terminal that keeps what is written to it."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from seqgen.cli import app
from seqgen.container import read_container, write_container

STEERING = "\x1b]0;owned\x07\x1b[2J\x9b2J\x9d0;x\x9c\x7f\x08\r\u202eevil\u2066\u2028"
"""Sets the title of a terminal, clears it, rings its bell, goes back in the line and turns the order of letters."""
MARKUP = (
    "</script></style></pre><script>globalThis.broken=1</script><svg onload=globalThis.broken=1>"
    '<img src=x onerror="globalThis.broken=1">\'"--><!--\u2028`${globalThis.broken=1}{{7*7}}'
)
"""Breaks out of every place of a page that holds it as it is."""
_CHARACTERS = "\x07\x08\x1b\x7f\x9b\x9d\u2028\u202e\u2066<>&\"'"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def forged(run: Path, folder: Path, text: str, *, corpus: Path | None = None) -> Path:
    """A copy of a run on characters in a new folder. Its record says `text` wherever it may, and its vocabulary has
    characters that steer. Its corpus is nowhere, or a copy of the original text."""
    container = read_container(run / "model.safetensors", "model")
    document = container.document
    for name in ("name", "created", "version", "race", "begun_from", "texts"):
        document[name] = f"{name} {text}"
    for name in ("notes", "choices", "titles"):
        document[name] = [f"{name} {text}", text]
    document["environment"] = {text: text, "device": text, "torch": text}
    document["corpus"]["paths"] = [str(corpus)] if corpus else [f"/nowhere/{text}", f"{text}.txt"]
    state = document["tokenizer"]["state"]
    known = [character for character in state["characters"] if character not in _CHARACTERS]
    state["characters"] = "".join(sorted(_CHARACTERS + "".join(known[: len(state["characters"]) - len(_CHARACTERS)])))
    folder.mkdir(parents=True)
    write_container(folder / "model.safetensors", "model", document=document, tensors=container.tensors)
    (folder / "metrics.jsonl").write_bytes((run / "metrics.jsonl").read_bytes())
    return folder


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def shown_on_terminal(*arguments: object) -> tuple[int, str]:
    """Run `seqgen` with both streams on a terminal: its status, and what is to be seen there without the colours."""
    out, err = Terminal(newline=""), Terminal(newline="")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", out)
        patch.setattr("sys.stderr", err)
        patch.setattr("seqgen.cli.shared.wait_line._BAR_AFTER_S", 1e6)
        patch.setenv("TERM", "xterm-256color")
        patch.delenv("NO_COLOR", raising=False)
        try:
            app([str(argument) for argument in arguments])
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
    return status, _COLOURS.sub("", out.getvalue() + err.getvalue())


def steering_in(shown: str) -> list[str]:
    """The characters of an output that steer a terminal, each with a few before and after it."""
    return [repr(shown[max(0, found.start() - 20) : found.end() + 20]) for found in _STEERS.finditer(shown)]
