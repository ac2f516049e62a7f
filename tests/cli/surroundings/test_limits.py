"""What the machine refuses while a command runs is one line with a remedy."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from seqgen.cli.shared.mishaps import describe_mishap
from tests.cli.one_line import assert_one_line, run
from tests.cli.surroundings.processes import posix, shell

NO_MEMORY = "there is not enough memory for this|are free: give a shorter text or smaller numbers"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), NO_MEMORY),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), NO_MEMORY),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"), NO_MEMORY),
        (ImportError("libtorch.so: failed to map segment from shared object"), NO_MEMORY),
        (RuntimeError("could not create a primitive"), NO_MEMORY),
        (OSError(errno.EMFILE, "Too many open files", "story.txt"), "allow more, as with `ulimit -n 1024`"),
        (ImportError("libtorch.so: Too many open files"), "allow more, as with `ulimit -n 1024`"),
        (RuntimeError("can't start new thread"), "allows no further thread"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "a"), "a cannot be used: No such file or dir"),
    ],
    ids=repr,
)
def test_a_mishap_is_one_line(error: Exception, said: str, run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise error

    monkeypatch.setattr("seqgen.run.open_model", fail)
    assert_one_line(run("info", run_folder), said)


def test_a_full_gpu_does_not_show_what_the_machine_has_free() -> None:
    error = type("OutOfMemoryError", (RuntimeError,), {})("CUDA out of memory. Tried to allocate 8.00 GiB")
    message = "there is not enough memory on the GPU for this: give a shorter text or smaller numbers"
    assert describe_mishap(error) == message


@pytest.mark.parametrize("error", [ValueError("memory"), RuntimeError("a bug"), OSError(errno.EINVAL, "x")])
def test_a_bug_is_no_mishap(error: Exception) -> None:
    assert describe_mishap(error) is None


@posix
@pytest.mark.skipif("sys.platform != 'linux'", reason="other systems do not hold a process to such a limit")
def test_pytorch_does_not_begin_without_room_for_it(run_folder: Path) -> None:
    """It would end in a segmentation fault."""
    ended = shell(f"ulimit -v 600000; seqgen eval {run_folder}")
    assert ended.status == 1
    assert ended.error.startswith("seqgen: PyTorch needs 700 MB of memory to begin, and the limit of this shell ")
    assert ended.error.endswith("raise it, as with `ulimit -v unlimited`")


@posix
def test_an_error_after_results_that_cannot_be_written_either_is_one_line(pair_folder: Path, tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    ended = shell(f"ulimit -f 0; seqgen predict abc --run {pair_folder} --show attention --out {picture} >/dev/full")
    assert (ended.status, ended.error) == (1, f"seqgen: {picture} cannot be written: File too large")


FAILS_AT_EXIT = "import atexit; atexit.register(lambda: 1 / 0); from seqgen.cli import main; main()"
"""As PyTorch does without file handles."""


def test_a_library_that_fails_at_the_end_says_nothing_after_the_error(tmp_path: Path) -> None:
    line = [sys.executable, "-c", FAILS_AT_EXIT, "info", str(tmp_path / "none")]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and done.stderr.startswith(f"seqgen: {tmp_path}/none does not exist")


@posix
def test_few_file_handles_suffice(run_folder: Path) -> None:
    assert shell(f"ulimit -n 12; seqgen sample {run_folder} --length 20 --seed 0").status == 0


@posix
@pytest.mark.parametrize(
    ("command", "said"),
    [("write RUN", "seqgen write needs a terminal"), ("tokenize -", "there is no standard input")],
)
def test_a_closed_standard_input_is_one_line(command: str, said: str, run_folder: Path) -> None:
    ended = shell(f"seqgen {command.replace('RUN', str(run_folder))} <&-")
    assert ended.status == 1
    assert ended.error.startswith(f"seqgen: {said}")
