"""`seqgen write` in a real terminal: a pseudo-terminal of 80 by 24."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pyte
import pytest
from typer.testing import CliRunner

from seqgen.cli import app
from seqgen.config import SamplingConfig
from seqgen.run import open_model
from seqgen.sampling import CoWriter

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are for POSIX")

_PATIENCE_S = 30
TAB, CTRL = b"\t", {letter: bytes([ord(letter) - 96]) for letter in "bcgnpqstyz"}


class Terminal:
    """A process at the other end of a terminal."""

    def __init__(self, command: list[str], folder: Path, *, width: int = 80) -> None:
        self._own, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
        self.before = termios.tcgetattr(other)
        environment = {**os.environ, "TERM": "xterm-256color"}
        self.process = subprocess.Popen(command, stdin=other, stdout=other, stderr=other, cwd=folder, env=environment)
        self._other = other
        self._is_open = True
        self.raw = ""
        self.screen = pyte.Screen(width, 24)
        self._stream = pyte.Stream(self.screen)

    def press(self, *keys: bytes) -> None:
        for key in keys:
            os.write(self._own, key)

    def wait_for(self, text: str) -> None:
        """Read until a text stands on the screen."""
        deadline = time.monotonic() + _PATIENCE_S
        while not any(text in line for line in self.screen.display):
            assert time.monotonic() < deadline, "\n".join([f"{text!r} did not come:", *self.screen.display])
            self._read(0.2)

    def wait_for_end(self) -> int:
        deadline = time.monotonic() + _PATIENCE_S
        while self.process.poll() is None:
            assert time.monotonic() < deadline
            self._read(0.1)
        self._read(0.1)
        return self.process.returncode

    def after(self) -> list[object]:
        return termios.tcgetattr(self._other)

    def hang_up(self) -> None:
        """Close both ends."""
        os.close(self._own)
        os.close(self._other)
        self._is_open = False

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self._is_open:
            self.hang_up()

    def _read(self, seconds: float) -> None:
        if select.select([self._own], [], [], seconds)[0]:
            new = os.read(self._own, 65536).decode(errors="replace")
            self.raw += new
            self._stream.feed(new)


@pytest.fixture
def editor(request: pytest.FixtureRequest, run_folder: Path, tmp_path: Path) -> Iterator[Terminal]:
    """The editor on a file; a parameter is the width of its terminal."""
    options = ["--file", "tale.txt", "--length", "12", "--seed", "0"]
    command = [sys.executable, "-m", "seqgen", "write", str(run_folder), *options]
    (tmp_path / "tale.txt").write_text("Mina", encoding="utf-8")
    terminal = Terminal(command, tmp_path, width=getattr(request, "param", 80))
    terminal.wait_for("temperature 0.8")
    yield terminal
    terminal.close()


def suggested(run_folder: Path, text: str, seed: int = 0, temperature: float = 0.8) -> str:
    config = SamplingConfig(seed=seed, temperature=temperature)
    return CoWriter(open_model(run_folder)).continue_text(text, config, length=12)


def test_tab_accepts_the_suggestion_and_saving_keeps_it(editor: Terminal, run_folder: Path, tmp_path: Path) -> None:
    editor.press(b"\x1b[F")  # End
    editor.press(TAB)
    editor.wait_for("changed")
    editor.press(CTRL["s"])
    editor.wait_for("saved in tale.txt")
    editor.press(CTRL["q"])
    assert editor.wait_for_end() == 0
    assert (tmp_path / "tale.txt").read_text(encoding="utf-8") == "Mina" + suggested(run_folder, "Mina")


def test_keys_change_the_suggestion_and_the_temperature(editor: Terminal, run_folder: Path, tmp_path: Path) -> None:
    editor.press(b"\x1b[F", CTRL["n"], CTRL["t"])
    editor.wait_for("temperature 0.9")
    editor.press(TAB, CTRL["s"])
    editor.wait_for("saved in tale.txt")
    editor.press(CTRL["q"])
    assert editor.wait_for_end() == 0
    expected = "Mina" + suggested(run_folder, "Mina", seed=1, temperature=0.9)
    assert (tmp_path / "tale.txt").read_text(encoding="utf-8") == expected


def test_undo_and_versions_restore_texts(editor: Terminal, tmp_path: Path) -> None:
    editor.press(CTRL["b"])
    editor.wait_for("version 1 kept")
    editor.press(b"\x1b[F", b" sat", CTRL["p"])
    editor.wait_for("version 1 of 2")
    editor.press(CTRL["p"])
    editor.wait_for("version 2 of 2")
    editor.press(CTRL["s"])
    editor.wait_for("saved in tale.txt")
    assert (tmp_path / "tale.txt").read_text(encoding="utf-8") == "Mina sat"
    editor.press(TAB)
    editor.wait_for("changed")
    editor.press(CTRL["z"], CTRL["s"])
    editor.wait_for("saved in tale.txt")
    assert (tmp_path / "tale.txt").read_text(encoding="utf-8") == "Mina sat"


def test_a_branch_starts_at_the_cursor_and_keeps_the_whole_text(editor: Terminal, tmp_path: Path) -> None:
    editor.press(b"\x1b[H", b"\x1b[C", b"\x1b[C", CTRL["b"])
    editor.wait_for("version 1 kept")
    editor.press(b"ss", CTRL["s"])
    editor.wait_for("saved in tale.txt")
    assert (tmp_path / "tale.txt").read_text(encoding="utf-8") == "Miss"
    editor.press(CTRL["p"])
    editor.wait_for("version 1 of 2")
    editor.press(CTRL["s"])
    editor.wait_for("saved in tale.txt")
    assert (tmp_path / "tale.txt").read_text(encoding="utf-8") == "Mina"
    editor.press(CTRL["p"])
    editor.wait_for("version 2 of 2")
    editor.press(CTRL["z"], CTRL["z"], CTRL["y"], CTRL["s"])
    editor.wait_for("saved in tale.txt")
    assert (tmp_path / "tale.txt").read_text(encoding="utf-8") == "Mina"


def test_quitting_without_saving_warns_once_and_changes_neither_file_nor_terminal(
    editor: Terminal, tmp_path: Path
) -> None:
    editor.press(b"x")
    editor.wait_for("changed")
    editor.press(CTRL["c"])
    editor.wait_for("not saved")
    editor.press(CTRL["q"])
    assert editor.wait_for_end() == 0
    assert (tmp_path / "tale.txt").read_text(encoding="utf-8") == "Mina"
    assert editor.after() == editor.before
    assert "\x1b[?1049h" in editor.raw
    assert editor.raw.rindex("\x1b[?1049l") > editor.raw.rindex("\x1b[?1049h")
    assert "left without saving" in editor.raw


def test_the_whole_screen_fits_80_by_24(editor: Terminal) -> None:
    lines = [line.rstrip() for line in editor.screen.display]
    assert lines[0] == "Mina"
    assert lines[-1].startswith("^S save ^Q quit Tab accept") and lines[-1].endswith("cooler")
    assert lines[-2].startswith(" saved  temperature 0.8")
    assert "%" in lines[-3]


@pytest.mark.parametrize("editor", [40], indirect=True)
def test_the_text_breaks_between_words(editor: Terminal) -> None:
    editor.press(b"\x1b[F", b" sat beside the river and watched the boats.")
    editor.wait_for("boats.")
    lines = [line.rstrip() for line in editor.screen.display]
    assert lines[:2] == ["Mina sat beside the river and watched", "the boats."]
    assert (editor.screen.cursor.x, editor.screen.cursor.y) == (len("the boats."), 1)


@pytest.mark.parametrize("editor", [40], indirect=True)
def test_a_narrow_screen_leaves_out_keys_and_tokens_and_cuts_none(editor: Terminal) -> None:
    lines = [line.rstrip() for line in editor.screen.display]
    assert lines[-1] == "^S save ^Q quit Tab accept ^N new"
    assert re.fullmatch(r"( \S+ \d+% ?)+", lines[-3])


def test_quitting_warns_of_versions_that_were_not_saved(editor: Terminal) -> None:
    editor.press(b"\x1b[H", b"\x1b[C", CTRL["b"])
    editor.wait_for("version 1 kept")
    editor.press(b"x", CTRL["b"], CTRL["s"])
    editor.wait_for("saved in tale.txt")
    editor.press(CTRL["q"])
    editor.wait_for("1 version not saved, ^Q again quits")
    editor.press(CTRL["q"])
    assert editor.wait_for_end() == 0


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_an_unsaved_text_is_rescued_when_the_process_is_ended(name: str, editor: Terminal, tmp_path: Path) -> None:
    editor.press(b"\x1b[F", b"!")
    editor.wait_for("changed")
    editor.process.send_signal(getattr(signal, name))
    assert editor.wait_for_end() == 0
    assert (tmp_path / "tale.txt.unsaved").read_text(encoding="utf-8") == "Mina!"
    assert (tmp_path / "tale.txt").read_text(encoding="utf-8") == "Mina"
    assert editor.after() == editor.before


def test_an_unsaved_text_is_rescued_when_the_terminal_closes_while_it_is_asked_whether_to_quit(
    editor: Terminal, tmp_path: Path
) -> None:
    editor.press(b"\x1b[F", b"!", CTRL["q"])
    editor.wait_for("not saved: ^S saves, ^Q again quits")
    editor.hang_up()
    editor.process.wait(_PATIENCE_S)
    assert (tmp_path / "tale.txt.unsaved").read_text(encoding="utf-8") == "Mina!"


def test_without_a_terminal_it_says_so(run_folder: Path) -> None:
    result = CliRunner().invoke(app, ["write", str(run_folder)])
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("seqgen: seqgen write needs a terminal")
