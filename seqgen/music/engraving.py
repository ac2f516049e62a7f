"""Notation as SVG, by verovio.

verovio is an extra. Without it there are no drawings, and `engraving_note` says how to get them. It draws the notes of
tuplets as plain notes. Its MIDI is not used: an accidental does not hold until the bar line there, and second endings
come after first ones.
"""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Sequence

from seqgen.music.symbols import CHORD

_SECONDS_A_TUNE = 2
_STARTING_SECONDS = 30
"""How long the process may take before it counts as stuck: to start, and then for each tune."""
_PLAIN_NOTE = re.compile(r"[_=^]*[A-Ga-g][,']*")


def engraving_note() -> str | None:
    """What is missing for drawings, and how to get it; None if it is there.

    >>> engraving_note() in (None, "notation needs another package: pip install verovio")
    True
    """
    if importlib.util.find_spec("verovio") is None:
        return "notation needs another package: pip install verovio"
    return None


def engrave(tunes: Sequence[str]) -> list[str | None]:
    """Draw tunes as SVG; None for a tune that verovio cannot read.

    >>> drawn = engrave(["X:1\\nM:2/4\\nL:1/4\\nK:C\\nc d|e2|]"] if engraving_note() is None else [])
    >>> all(svg is not None and "<svg" in svg for svg in drawn)
    True
    """
    readable = list(map(_with_lengths_inside, tunes))
    drawn: list[str | None] = []
    while len(drawn) < len(tunes):
        drawn += map(json.loads, _run(readable[len(drawn) :]))
        if len(drawn) < len(tunes):  # the process ended at this tune
            drawn.append(None)
    return drawn


def _with_lengths_inside(abc: str) -> str:
    """A tune with `[A2c2]` for `[Ac]2`: verovio does not read the length of a whole chord."""

    def inside(found: re.Match[str]) -> str:
        notes = _PLAIN_NOTE.findall(found[1])
        is_plain = found[2] and "".join(notes) == found[1]
        return f"[{''.join(note + found[2] for note in notes)}]" if is_plain else found[0]

    return CHORD.sub(inside, abc)


def _run(tunes: Sequence[str]) -> list[bytes]:
    """What the process writes about tunes, until the first that ends it."""
    command = [sys.executable, "-m", "seqgen.music.engraver"]
    limit = _STARTING_SECONDS + _SECONDS_A_TUNE * len(tunes)
    try:
        ran = subprocess.run(command, input=json.dumps(tunes).encode(), capture_output=True, timeout=limit, check=False)
        output = ran.stdout
    except subprocess.TimeoutExpired as error:
        output = error.stdout or b""
    return [line for line in output.splitlines(keepends=True) if line.endswith(b"\n")][: len(tunes)]
