"""Times whole commands, `--help` and a sample of 2,000 characters, beside an empty Python and `import torch`.

    python benchmarks/startup.py RUN

RUN is the run folder to sample from. Each round runs every command once, so that all of them suffer alike when the
machine slows down.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

ROUNDS = 9


def wall_s(command: list[str]) -> float:
    """Seconds that a command takes from start to end."""
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
            if number:  # round 0 is not counted: it fills the disk cache
                times[name].append(seconds)
    print("| process | median | fastest |\n| --- | ---: | ---: |")
    for name, measured_s in times.items():
        print(f"| `{name}` | {statistics.median(measured_s):.3f} s | {min(measured_s):.3f} s |")


if __name__ == "__main__":
    main()
