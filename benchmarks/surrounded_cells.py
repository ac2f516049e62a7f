"""What came of each command in each of the surroundings, kept in a file, and the table of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from surrounding_kinds import FAULTS, fault_of


class Outcome(NamedTuple):
    """What came of one command in one of the surroundings."""

    is_refused: bool
    """It ended with one line and status 1."""
    has_remedy: bool
    """It was refused for a reason that has a remedy."""
    is_advised: bool
    """Its line named this remedy."""
    is_wrong: bool
    """Something was lost, or it ended in another way that it must not."""


class Cells:
    """The outcomes of these commands in these surroundings."""

    def __init__(self, path: Path, surroundings: Sequence[str], commands: Sequence[str]) -> None:
        self._path, self._surroundings, self._commands = path, surroundings, commands
        stored = json.loads(path.read_text()) if path.exists() else {}
        self._outcomes = {name: Outcome(*values) for name, values in stored.items()}

    def to_fill(self, command: str) -> list[str]:
        """The surroundings in which a command was not tried yet, or went wrong."""
        stored = {where: self._outcomes.get(f"{where} | {command}") for where in self._surroundings}
        return [where for where, outcome in stored.items() if outcome is None or outcome.is_wrong]

    def fill(self, where: str, command: str, outcome: Outcome) -> None:
        """Keep an outcome, in the file too."""
        self._outcomes[f"{where} | {command}"] = outcome
        self._path.write_text(json.dumps(self._outcomes, indent=0))

    def print_table(self) -> None:
        """One line for every kind of surroundings, and one for all."""
        counts: dict[str, Counter[str]] = {fault: Counter() for fault in (*FAULTS, "all")}
        commands: Counter[str] = Counter()
        for where in self._surroundings:
            for command in self._commands:
                if (outcome := self._outcomes.get(f"{where} | {command}")) is None:
                    continue
                commands[command] += 1
                for fault in (fault_of(where), "all"):
                    counts[fault].update(tried=1, **{name: int(value) for name, value in outcome._asdict().items()})
        print(f"commands: {', '.join(f'{command} ({count})' for command, count in commands.items())}")
        print("| fault | times tried | refused | times something was lost | times the message named the remedy |")
        print(f"{'| --- ' * 5}|")
        for fault, count in counts.items():
            named = f"{count['is_advised']} of {count['has_remedy']}" if count["has_remedy"] else ""
            print(f"| {fault} | {count['tried']} | {count['is_refused']} | {count['is_wrong']} | {named} |")
