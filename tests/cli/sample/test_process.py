"""`seqgen sample` as a real process: its output as it is made, signals, and pipes that close."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from seqgen.config import TokenizerName
from tests.cli.sample.commands import text_of


@pytest.mark.skipif(os.name != "posix", reason="pipes break otherwise elsewhere")
def test_a_text_without_end_continues_until_the_pipe_closes(run_folder: Path) -> None:
    command = [sys.executable, "-m", "seqgen", "sample", str(run_folder), "--follow", "--seed", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        start = process.stdout.read(3000).decode()
        process.stdout.close()
        notes = process.stderr.read().decode()
    assert start == text_of(run_folder, "--length", 3000, "--seed", 2)
    assert "Traceback" not in notes


def test_the_output_is_utf8_whatever_the_environment_says(runs: dict[TokenizerName, Path]) -> None:
    options = ["--prompt", "Ünï [red]", "--length", "50", "--seed", "0"]
    command = [sys.executable, "-m", "seqgen", "sample", str(runs["char"]), *options]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    result = subprocess.run(command, capture_output=True, check=True, env=environment)
    assert result.stdout.decode() == text_of(runs["char"], "--prompt", "Ünï [red]", "--length", 50)


@pytest.mark.skipif(os.name != "posix", reason="signals are sent otherwise elsewhere")
def test_text_appears_as_it_is_made_and_ctrl_c_ends_it_quietly(run_folder: Path) -> None:
    command = [sys.executable, "-m", "seqgen", "sample", str(run_folder), "--length", "100000000", "--seed", "0"]

    def hear_sigint() -> None:  # which a suite in the background ignores, and its children with it
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=hear_sigint) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        start = process.stdout.read(100).decode()
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        notes = process.stderr.read().decode()
    assert start == text_of(run_folder, "--length", 100)
    assert process.returncode == 130
    assert "Traceback" not in notes


@pytest.mark.skipif(os.name != "posix", reason="pipes break otherwise elsewhere")
def test_a_pipe_that_closes_ends_the_process_quietly(run_folder: Path) -> None:
    command = [sys.executable, "-m", "seqgen", "sample", str(run_folder), "--length", "1000000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        notes = process.stderr.read().decode()
    assert "Traceback" not in notes
