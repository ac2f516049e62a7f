"""How far back the networks of a race look: the picture that a race ends with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqgen.cli.inspect.memory_report import describe, draw_memories, print_memory_curves
from seqgen.cli.shared.picture_files import save_picture
from seqgen.cli.shared.render import note, print_prose
from seqgen.cli.train.race_entry import RaceEntry
from seqgen.errors import SeqgenError

if TYPE_CHECKING:
    from seqgen.inspection.memory import Memory

_LONGEST, _N_TOKENS = 1024, 24 * 64
"""Less than `seqgen inspect memory` takes by default: the race must not wait for it."""


def race_memories(entries: Sequence[RaceEntry]) -> dict[str, Memory]:
    """Cell -> how far back its network looks in the validation part. Empty for pairs, and if the part is too short.

    The n-grams that were counted at the end are left out: they are nearly the same for all cells.
    """
    from seqgen.evaluation import TextSelection, readings
    from seqgen.inspection.memory import MemoryConfig, measure_memory
    from seqgen.run import open_model

    config = MemoryConfig(usual=_LONGEST, n_tokens=_N_TOKENS)
    memories: dict[str, Memory] = {}
    try:
        for entry in entries:
            assert entry.session is not None
            if entry.session.source_tokenizer is not None:
                return {}
            network = replace(open_model(str(entry.session.folder)), expert=None)
            (reading,) = readings(network, TextSelection())
            memories[entry.cell] = measure_memory(reading, config)
    except SeqgenError as error:
        note(f"how far back the networks look is not measured: {error}")
        return {}
    return memories


def print_race_memories(memories: Mapping[str, Memory], race_picture: Path) -> None:
    """The curves, a line for each cell, and the picture beside that of the race."""
    if not memories:
        return
    print()
    print_memory_curves([*memories.values()], [*memories])
    for cell, memory in memories.items():
        print_prose(f"memory: {cell} {describe(memory)}")
    if picture := _draw_beside(race_picture, memories):
        print_prose(f"picture: {picture}")


def memory_to_json(memories: Mapping[str, Memory], race_picture: Path) -> dict[str, Any]:
    """The same for programs: `memory` is empty where it was not measured."""
    picture = _draw_beside(race_picture, memories) if memories else None
    return {
        "memory_picture": picture and str(picture),
        "memory": {cell: memory.to_json() for cell, memory in memories.items()},
    }


def _draw_beside(race_picture: Path, memories: Mapping[str, Memory]) -> Path | None:
    path = race_picture.with_stem(f"{race_picture.stem}-memory")
    title = "how far back the networks look"
    return save_picture(path, lambda: draw_memories([*memories.values()], [*memories], title=title))
