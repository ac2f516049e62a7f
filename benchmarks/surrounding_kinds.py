"""The surroundings of `surroundings.py`: what is around a command, and what it may make of it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

NO_RIGHTS = "-dac_override,-dac_read_search,-fowner"
ORDINARY = f"setpriv --bounding-set={NO_RIGHTS} --inh-caps={NO_RIGHTS} "
"""Runs a command of root without the right to open what its permissions forbid."""
BACK = """
import datetime, sys, time
begun, real = time.monotonic(), time.time
def earlier():
    return real() - 3600 * (time.monotonic() - begun > 0.7)
class Earlier(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return datetime.datetime.fromtimestamp(earlier(), tz)
time.time, datetime.datetime = earlier, Earlier
"""
"""Sets the clock back by an hour while a command runs."""

GONE = """
import os, sys
folder = os.getcwd()
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "torch" and os.path.isdir(folder):
            os.rmdir(folder)
sys.meta_path.insert(0, Finder())
"""
"""Deletes the working folder when PyTorch is loaded."""


@dataclass(frozen=True, kw_only=True)
class Surrounding:
    """What is around a command, and what it may make of it."""

    shell: str = "CMD"
    """CMD stands for the command, HERE/ for the folder of this one process."""
    statuses: tuple[int, ...] = (1,)
    """That it may end with, beside the usual one."""
    shows_result: bool = True
    """Whether its standard output is seen, and must be the usual one if the status is."""
    shows_errors: bool = True
    columns: int | None = None
    """Of a terminal, which shows results and errors in one place. `seqgen write` runs only there."""
    event: Callable[[subprocess.Popen[bytes], Path], None] | None = None
    """What happens while it runs."""
    event_after_s: float = 0.7
    remedy: str = ""
    """Regular expression of what the line of a command that is refused must advise; empty if there is no advice."""


OUTPUT = "send it elsewhere"
CACHE = "set SEQGEN_CACHE to a folder"
HANDLES = "ulimit -n"
MEMORY = "ulimit -v|smaller numbers"
FOLDER = "go to another one with cd"
FAULTS = {
    "a stream closed, full, or without its reader": "closed|full|reader",
    "a home or cache that is missing, read-only or deleted": "HOME|home|cache|environment",
    "a folder for temporary files that is missing or read-only": "TMPDIR|temporary",
    "a locale that is not UTF-8": "LANG|ASCII|locale",
    "a terminal of another kind or size, or that goes away": "terminal|COLUMNS|NO_COLOR",
    "the clock set back, or the process stopped": "clock|stopped",
    "the working folder deleted": "working folder",
    "an output folder deleted or read-only": "output folder",
    "inputs deleted, forbidden or read-only": "texts and models|inputs|entered|umask",
    "few file handles, small files, little memory": "handles|files of|addresses",
}
"""Kinds of surroundings, each with the regular expression of their names. The first that fits counts."""


def fault_of(where: str) -> str:
    return next(fault for fault, names in FAULTS.items() if re.search(names, where))


def remove(name: str) -> Callable[[subprocess.Popen[bytes], Path], None]:
    def remove(_: subprocess.Popen[bytes], here: Path) -> None:
        shutil.rmtree(here / name, ignore_errors=True)

    return remove


def pause(process: subprocess.Popen[bytes], _: Path) -> None:
    os.killpg(process.pid, signal.SIGSTOP)
    time.sleep(6)
    os.killpg(process.pid, signal.SIGCONT)


SURROUNDINGS = {
    "normal": Surrounding(),
    "stdout closed": Surrounding(remedy=OUTPUT, shell="CMD >&-", shows_result=False),
    "stderr closed": Surrounding(shell="CMD 2>&-", shows_errors=False),
    "stdout and stderr closed": Surrounding(shell="CMD >&- 2>&-", shows_result=False, shows_errors=False),
    "stdin closed": Surrounding(shell="CMD <&-"),
    "all three closed": Surrounding(shell="CMD <&- >&- 2>&-", shows_result=False, shows_errors=False),
    "reader of stdout left": Surrounding(shell="CMD | true", statuses=(), shows_result=False),
    "reader of stdout leaves": Surrounding(shell="CMD | head -c 1 >/dev/null", statuses=(), shows_result=False),
    "reader of stderr left": Surrounding(shell="{ CMD 2>&1 >&3 | true; } 3>&1", shows_errors=False),
    "stdout full": Surrounding(remedy=OUTPUT, shell="CMD >/dev/full", shows_result=False),
    "stderr full": Surrounding(shell="CMD 2>/dev/full", shows_errors=False),
    "both full": Surrounding(shell="CMD >/dev/full 2>&1", shows_result=False, shows_errors=False),
    "no HOME": Surrounding(shell="env -u HOME -u SEQGEN_CACHE XDG_CACHE_HOME=HERE/xdg CMD"),
    "an empty environment": Surrounding(shell="env -i PYTHONPATH=$PYTHONPATH SEQGEN_CACHE=$SEQGEN_CACHE CMD"),
    "home read-only": Surrounding(
        remedy=CACHE,
        shell=f"mkdir -m 500 HERE/ro; env -u SEQGEN_CACHE HOME=HERE/ro XDG_CACHE_HOME= XDG_CONFIG_HOME= {ORDINARY} CMD",
        shows_result=False,
    ),
    "home not there": Surrounding(shell="env -u SEQGEN_CACHE HOME=HERE/nothing XDG_CACHE_HOME= CMD"),
    "home below a file": Surrounding(
        remedy=CACHE, shell="touch HERE/f; env -u SEQGEN_CACHE HOME=HERE/f/x XDG_CACHE_HOME= CMD", shows_result=False
    ),
    "cache read-only": Surrounding(
        remedy=CACHE, shell=f"mkdir -m 500 HERE/ro; SEQGEN_CACHE=HERE/ro {ORDINARY} CMD", shows_result=False
    ),
    "cache below a file": Surrounding(
        remedy=CACHE, shell="touch HERE/f; SEQGEN_CACHE=HERE/f/x CMD", shows_result=False
    ),
    "cache deleted while it runs": Surrounding(event=remove("cache")),
    "no TMPDIR": Surrounding(shell="touch HERE/f; TMPDIR=HERE/f/x CMD"),
    "no folder for temporary files": Surrounding(shell=f"mkdir -m 500 HERE/r; cd HERE/r; TMPDIR=HERE/r {ORDINARY} CMD"),
    "LANG=C": Surrounding(shell="LANG=C LC_ALL=C CMD"),
    "LANG=C, no UTF-8 mode": Surrounding(shell="LANG=C LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 CMD"),
    "ASCII": Surrounding(shell="LANG=C LC_ALL=C PYTHONUTF8=0 PYTHONIOENCODING=ascii CMD"),
    "a locale that is not there": Surrounding(shell="LANG=xx_XX LC_ALL=xx_XX.latin1 CMD"),
    "COLUMNS=20": Surrounding(shell="COLUMNS=20 LINES=5 CMD", shows_result=False),
    "COLUMNS=0": Surrounding(shell="COLUMNS=0 CMD", shows_result=False),
    "NO_COLOR, pipe": Surrounding(shell="NO_COLOR=1 TERM=dumb CMD"),
    "a terminal": Surrounding(columns=80),
    "a terminal of 20 columns": Surrounding(columns=20),
    "a terminal of 1 column": Surrounding(columns=1),
    "a terminal of no size": Surrounding(columns=0),
    "a dumb terminal": Surrounding(shell="TERM=dumb NO_COLOR=1 CMD", columns=80),
    "a terminal without TERM": Surrounding(shell="env -u TERM CMD", columns=80),
    "a terminal that goes away": Surrounding(columns=80, statuses=(1, 129, -1), shows_errors=False),
    "the clock set back": Surrounding(shell="PYTHONPATH=HERE/back:$PYTHONPATH CMD"),
    "stopped for six seconds": Surrounding(event=pause),
    "working folder deleted before": Surrounding(
        remedy=FOLDER, shell="mkdir HERE/work; cd HERE/work; rmdir HERE/work; CMD"
    ),
    "working folder deleted while it runs": Surrounding(
        remedy=FOLDER, shell="mkdir HERE/work; cd HERE/work; CMD", event=remove("work")
    ),
    "working folder deleted while PyTorch loads": Surrounding(
        remedy=FOLDER, shell="mkdir HERE/work; cd HERE/work; PYTHONPATH=HERE/gone:$PYTHONPATH CMD"
    ),
    "output folder deleted while it runs": Surrounding(shows_result=False, event=remove("out")),
    "texts and models deleted while it runs": Surrounding(event=remove("inputs")),
    "output folder read-only": Surrounding(
        remedy="another (folder|place)", shows_result=False, shell=f"chmod 500 HERE/out; {ORDINARY} CMD"
    ),
    "inputs that may not be read": Surrounding(shell=f"find HERE/inputs -type f -exec chmod 0 {{}} +; {ORDINARY} CMD"),
    "folders that may not be entered": Surrounding(shell=f"chmod 0 HERE/inputs; {ORDINARY} CMD"),
    "inputs read-only": Surrounding(shell=f"chmod -R a-w HERE/inputs; {ORDINARY} CMD"),
    "umask 077": Surrounding(shell="umask 077; CMD"),
    "32 file handles": Surrounding(remedy=HANDLES, shell="ulimit -n 32; CMD"),
    "12 file handles": Surrounding(remedy=HANDLES, shell="ulimit -n 12; CMD"),
    "files of at most 2 kB": Surrounding(shows_result=False, shell="ulimit -f 2; CMD"),
    "600 MB of addresses": Surrounding(remedy=MEMORY, shell="ulimit -v 600000; CMD"),
    "200 MB of addresses": Surrounding(remedy=MEMORY, shell="ulimit -v 200000; CMD"),
}
