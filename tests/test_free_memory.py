"""How much memory is free: of the machine, of a control group of either version, and below `ulimit -v`."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqgen.free_memory import describe_bytes, free_bytes

MEMINFO = "MemTotal: 8000 kB\nMemFree: 100 kB\nMemAvailable: 4000 kB\nSwapFree: 1000 kB\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine with 5,000 kB free."""
    write(tmp_path / "proc/meminfo", MEMINFO)
    return tmp_path


def write(path: Path, text: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n", encoding="ascii")


def test_what_files_take_and_swap_space_count_as_free(root: Path) -> None:
    assert free_bytes(root) == 5000 * 1024


def test_a_machine_that_does_not_tell_has_all_its_memory_free(tmp_path: Path) -> None:
    free = free_bytes(tmp_path)
    assert free is None or free > 10 * 2**20


def test_a_container_of_the_second_version_has_what_its_limit_leaves(root: Path) -> None:
    write(root / "proc/self/cgroup", "0::/inner/mine")
    write(root / "sys/fs/cgroup/inner/memory.max", 3_000_000)
    write(root / "sys/fs/cgroup/inner/memory.current", 2_000_000)
    write(root / "sys/fs/cgroup/inner/memory.stat", "anon 5\ninactive_file 500000")
    write(root / "sys/fs/cgroup/inner/mine/memory.max", "max")
    assert free_bytes(root) == 1_500_000


def test_a_container_of_the_first_version_has_what_its_limit_leaves(root: Path) -> None:
    write(root / "proc/self/cgroup", "5:cpu:/\n4:memory:/mine\n0::/")
    write(root / "sys/fs/cgroup/memory/mine/memory.limit_in_bytes", 3_000_000)
    write(root / "sys/fs/cgroup/memory/mine/memory.usage_in_bytes", 2_000_000)
    write(root / "sys/fs/cgroup/memory/mine/memory.stat", "total_inactive_file 250000")
    assert free_bytes(root) == 1_250_000


def test_a_container_that_uses_more_than_its_limit_has_nothing_free(root: Path) -> None:
    write(root / "proc/self/cgroup", "0::/")
    write(root / "sys/fs/cgroup/memory.max", 1)
    write(root / "sys/fs/cgroup/memory.current", 2)
    write(root / "sys/fs/cgroup/memory.stat", "")
    assert free_bytes(root) == 0


@pytest.mark.skipif("sys.platform != 'linux'", reason="other systems do not hold a process to such a limit")
def test_a_limit_of_the_process_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * resource.getpagesize() + 50 * 2**20
    monkeypatch.setattr("resource.getrlimit", lambda _: (limit, limit))
    assert 0 < free_bytes() < 60 * 2**20  # type: ignore[operator]


def test_where_nothing_tells_nothing_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> int:
        raise ValueError(f"unrecognized configuration name {name}")

    monkeypatch.setattr("os.sysconf", refuse)
    monkeypatch.setattr("sys.platform", "darwin")
    assert free_bytes(tmp_path) is None


def test_a_limit_of_a_process_that_does_not_tell_what_it_uses_counts_for_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_text = Path.read_text

    def refusing(path: Path, **options: str) -> str:
        if path == Path("/proc/self/statm"):
            raise PermissionError(13, "Permission denied")
        return read_text(path, **options)

    monkeypatch.setattr("resource.getrlimit", lambda kind: (1000, 1000))
    monkeypatch.setattr(Path, "read_text", refusing)
    assert free_bytes(root) == 5000 * 1024


@pytest.mark.parametrize(
    ("n_bytes", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999.4, "999 bytes"),
        (999.6, "1 KB"),
        (12_345, "12 KB"),
        (999_499, "999 KB"),
        (999_600, "1 MB"),
        (9.96e9, "10.0 GB"),
        (999.6e9, "1 TB"),
    ],
)
def test_few_bytes_are_not_said_to_be_none(n_bytes: float, words: str) -> None:
    assert describe_bytes(n_bytes) == words
