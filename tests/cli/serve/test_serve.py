"""`seqgen serve` as a real process: what it prints, and how it ends."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from seqgen.cli import app


@pytest.fixture
def process(run_folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A server with a tiny model at a free port."""
    command = [sys.executable, "-m", "seqgen", "serve", str(run_folder), "--port", "0"]
    environment = {**os.environ, "SEQGEN_API_KEY": ""}
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        yield process
        process.kill()


def said(process: subprocess.Popen[str]) -> list[str]:
    """The lines that a server prints when it is ready."""
    assert process.stderr is not None
    return [process.stderr.readline() for _ in range(3)]


def test_it_prints_where_it_listens_and_a_command_that_works(process: subprocess.Popen[str]) -> None:
    serving, addresses, example = said(process)
    assert serving == "serving tiny (lstm, char)\n"
    assert re.fullmatch(r"page: (http://127.0.0.1:\d+)/   API: \1/v1   stop: Ctrl-C\n", addresses)
    _, command, url, option, body = shlex.split(example)
    assert (command, option) == ("curl", "-d")
    answer = httpx.post(url, content=body)
    assert len(answer.json()["choices"][0]["text"]) == 100


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_lets_a_stream_end_and_then_the_server(
    process: subprocess.Popen[str], number: signal.Signals, status: int
) -> None:
    address = said(process)[1].split()[1]
    fields = {"prompt": "Mina ", "max_characters": 300, "stream": True}
    with httpx.stream("POST", f"{address}v1/completions", json=fields) as response:
        lines = response.iter_lines()
        next(lines)
        process.send_signal(number)
        assert list(lines)[-2] == "data: [DONE]"
    assert process.wait(10) == status
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()


def test_a_second_signal_ends_the_server_at_once(process: subprocess.Popen[str]) -> None:
    address = said(process)[1].split()[1]
    fields = {"prompt": "Mina ", "max_characters": 20_000, "ignore_eos": True, "n": 64, "stream": True}
    with httpx.stream("POST", f"{address}v1/completions", json=fields) as response:
        next(response.iter_lines())
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        assert process.stderr.readline() == "stopping: texts that are being written have a few seconds to end\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(4) == 143  # texts may go on for five seconds after one signal


def run(*arguments: object, key: str = "") -> tuple[int, str]:
    """The status of a command that ends by itself, and its errors."""
    result = CliRunner().invoke(app, ["serve", *map(str, arguments)], env={"SEQGEN_API_KEY": key})
    return result.exit_code, result.stderr.strip()


def test_a_port_that_is_taken_is_one_line(run_folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(run_folder, "--port", port) == (
            1,
            f"seqgen: --port is {port}, where 127.0.0.1 cannot listen: Address already in use; name another port, "
            "or 0 for one that is free",
        )


def test_another_host_needs_a_key_or_the_word_open(run_folder: Path) -> None:
    status, line = run(run_folder, "--host", "0.0.0.0")
    assert status == 1
    assert line.startswith("seqgen: --host 0.0.0.0 can be reached from other machines: set a key")


def test_a_key_with_a_space_is_refused(run_folder: Path) -> None:
    status, line = run(run_folder, key="two words")
    assert (status, line) == (1, "seqgen: api_key is empty or holds a blank or a letter beyond ASCII: no header can")


def test_a_package_that_is_missing_is_named_with_what_to_type(
    run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "uvicorn" else find(name))
    line = "seqgen: seqgen serve needs the uvicorn package: pip install starlette uvicorn prometheus-client"
    assert run(run_folder) == (1, line)


def test_a_run_that_does_not_exist_is_one_line() -> None:
    status, line = run("nowhere")
    assert status == 1
    assert line.startswith("seqgen: nowhere does not exist")


def test_a_server_never_imports_torch(run_folder: Path) -> None:
    script = (
        "import json, sys\nfrom seqgen.run import open_model\nfrom seqgen.config import ServingConfig\n"
        "from seqgen.server.app import build_app\nfrom seqgen.server.models import ServedModels\n"
        f"build_app(ServedModels.open([open_model({str(run_folder)!r})], ServingConfig()), ServingConfig())\n"
        "print(json.dumps('torch' in sys.modules))\nimport os; sys.stdout.flush(); os._exit(0)\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) is False
