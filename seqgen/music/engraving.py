"""Notation as SVG and sound as MIDI, by verovio.

verovio is an extra. Without it there is neither, and `engraving_note` says how to get them.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

_SECONDS_A_TUNE = 2
_STARTING_SECONDS = 30
"""How long the process may take before it counts as stuck: to start, and then for each tune."""


@dataclass(frozen=True)
class Engraving:
    """The notation and the sound of a tune, as the contents of two files.

    >>> Engraving(svg="<svg></svg>", midi=b"MThd").midi[:4]
    b'MThd'
    """

    svg: str
    midi: bytes


def engraving_note() -> str | None:
    """What is missing for notation and MIDI, and how to get it; None if it is there.

    >>> engraving_note() in (None, "notation and MIDI need another package: pip install verovio")
    True
    """
    if importlib.util.find_spec("verovio") is None:
        return "notation and MIDI need another package: pip install verovio"
    return None


def engrave(tunes: Sequence[str]) -> list[Engraving | None]:
    """Draw tunes and make their MIDI files; None for a tune that verovio cannot read.

    >>> drawn = engrave(["X:1\\nM:2/4\\nL:1/4\\nK:C\\nc d|e2|]"] if engraving_note() is None else [])
    >>> all(tune is not None and "<svg" in tune.svg for tune in drawn)
    True
    """
    drawn: list[Engraving | None] = []
    while len(drawn) < len(tunes):
        lines = _run(tunes[len(drawn) :])
        drawn += [_read(line) for line in lines]
        if len(drawn) < len(tunes):  # the process ended at this tune
            drawn.append(None)
    return drawn


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


def _read(line: bytes) -> Engraving | None:
    drawn = json.loads(line)
    return drawn and Engraving(drawn["svg"], base64.b64decode(drawn["midi"]))
