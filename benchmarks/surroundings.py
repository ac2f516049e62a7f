"""Runs every command in every kind of bad surroundings, as real processes, and counts what goes wrong.

    python benchmarks/surroundings.py
    python benchmarks/surroundings.py --only "stdout" --commands "sample|info"
    python benchmarks/surroundings.py --folder /tmp/tried     # can be stopped, and goes on the next time
    python benchmarks/surroundings.py --folder /tmp/tried --minutes 4     # stops after so long
    python benchmarks/surroundings.py --training              # what happens around a long training run

Every command of `seqgen` first runs twice in normal surroundings. Then it runs with closed, full and abandoned
streams, without a home, with folders that cannot be written or vanish, in narrow terminals and terminals that close,
with a clock that is set back, with few file handles and little memory. What may come out is the same result, or one
line and status 1. Counted are tracebacks, other statuses, results that differ, files that are not whole, temporary
files that are left, and processes that do not end; and where a command is refused for a reason that has a remedy, how
often its line names it.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
import tempfile
import time
from pathlib import Path

from surrounded_cells import Cells, Outcome
from surrounded_commands import COMMANDS, make_workshop
from surrounded_processes import Ended, run_in
from surrounded_training import run_training
from surrounding_kinds import SURROUNDINGS, Surrounding

SHOWN = 4
"""Lines of one command in one surrounding that are shown."""
ALWAYS_SAID = re.compile(r"model: |step \d|seed \d|wrote |\W*$")
NUMBERS = re.compile(r"\d[\d.,]*")


def said(ended: Ended) -> set[str]:
    """The lines on stderr, without the numbers in them."""
    return {NUMBERS.sub("0", line) for line in ended.stderr.splitlines() if not ALWAYS_SAID.match(line)}


def faults(ended: Ended, normal: Ended, surrounding: Surrounding, *, is_repeatable: bool) -> list[str]:
    """What is wrong with the end of a command, in a few words each."""
    wrong = []
    is_terminal = surrounding.columns is not None
    everything = ended.stderr + ended.stdout
    if "Traceback" in everything or "Fatal Python" in everything or "Exception ignored" in everything:
        wrong.append("traceback")
    if ended.has_hung:
        wrong.append("hang")
    elif ended.status not in {normal.status, *surrounding.statuses, *([0] if is_terminal else [])}:
        wrong.append(f"status {ended.status}")
    errors = [line for line in ended.stderr.splitlines() if line.startswith("seqgen:")]
    if len(errors) > 1 or (ended.status == 1 and surrounding.shows_errors and not errors):
        wrong.append(f"{len(errors)} error lines")
    is_same = is_terminal or not is_repeatable or ended.stdout == normal.stdout
    if surrounding.shows_result and ended.status == normal.status and not is_same:
        wrong.append("another result")
    return [*wrong, *ended.file_faults]


def try_command(name: str, workshop: Path, cells: Cells, *, until_s: float) -> None:
    """Run one command in all surroundings of these cells that are not filled yet, or wrong, and fill them."""
    normal, again = (run_in(SURROUNDINGS["normal"], COMMANDS[name], workshop) for _ in range(2))
    is_repeatable = normal.stdout == again.stdout
    if normal.status != COMMANDS[name].status:
        print(f"{name} does not work at all: {normal.stderr}", flush=True)
        return
    for where in cells.to_fill(name):
        if time.monotonic() > until_s:
            return
        surrounding = SURROUNDINGS[where]
        ended = run_in(surrounding, COMMANDS[name], workshop)
        wrong = faults(ended, normal, surrounding, is_repeatable=is_repeatable)
        is_refused = ended.status == 1 and normal.status == 0
        is_advised = bool(is_refused and surrounding.remedy and re.search(surrounding.remedy, ended.stderr))
        cells.fill(where, name, Outcome(is_refused, bool(is_refused and surrounding.remedy), is_advised, bool(wrong)))
        new = sorted(said(ended) - said(normal))
        if wrong or new:
            print(f"{'WRONG' if wrong else 'said '} {where} | {name}: status {ended.status}", *wrong, sep="; ")
            for line in ended.stderr.splitlines()[-SHOWN:] if wrong else new[:SHOWN]:
                print(f"        {line}")
        sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="regular expression of surroundings")
    parser.add_argument("--commands", default="", help="regular expression of commands")
    parser.add_argument("--training", action="store_true", help="instead: what happens around a long training run")
    parser.add_argument("--folder", type=Path, help="keep texts, models and results here: the next time goes on")
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin nothing more after so long")
    parser.add_argument("--table", action="store_true", help="try nothing: show what is in the folder")
    options = parser.parse_args()
    until_s = time.monotonic() + 60 * options.minutes
    with tempfile.TemporaryDirectory() as name:
        workshop = make_workshop(options.folder or Path(name))
        if options.training:
            run_training(workshop, options.only)
            return
        surroundings = [where for where in SURROUNDINGS if where != "normal" and re.search(options.only, where)]
        commands = [command for command in COMMANDS if re.search(options.commands, command)]
        cells = Cells(workshop.parent / "cells.json", surroundings, commands)
        for command in commands:
            if cells.to_fill(command) and not options.table and time.monotonic() < until_s:
                try_command(command, workshop, cells, until_s=until_s)
        cells.print_table()


if __name__ == "__main__":
    main()
