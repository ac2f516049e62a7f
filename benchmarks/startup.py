"""Times whole processes: help, and a sample of 2,000 characters, beside an empty Python and `import torch`.

    python benchmarks/startup.py RUN

Rounds are interleaved, so that a machine that drifts does so for all of them.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

ROUNDS = 9


def wall_s(command: list[str]) -> float:
    """Seconds that one process takes."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    python = sys.executable
    commands = {
        "python -c pass": [python, "-c", "pass"],
        "seqgen --help": [python, "-m", "seqgen", "--help"],
        "seqgen train --help": [python, "-m", "seqgen", "train", "--help"],
        "seqgen sample --length 2000": [python, "-m", "seqgen", "sample", sys.argv[1], "--length", "2000"],
        "python -c 'import torch'": [python, "-c", "import torch"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(ROUNDS + 1):
        for name, command in commands.items():
            seconds = wall_s(command)
            if number:  # the first round warms the disk's cache
                times[name].append(seconds)
    print("| process | median | fastest |\n| --- | ---: | ---: |")
    for name, seconds_of in times.items():
        print(f"| `{name}` | {statistics.median(seconds_of):.3f} s | {min(seconds_of):.3f} s |")


if __name__ == "__main__":
    main()
