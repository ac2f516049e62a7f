"""How far back models look, as curves, a table and a sentence for each. `seqgen race` ends with the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seqgen.cli.shared.length_pictures import LengthAxes, LengthCurve, draw_lengths_as_png, draw_lengths_in_terminal
from seqgen.cli.shared.picture_files import draw_or_note
from seqgen.cli.shared.render import count, print_left_out, print_prose, print_table
from seqgen.wording import count_of

if TYPE_CHECKING:
    from seqgen.inspection.memory import Memory
    from seqgen.inspection.memory_curve import MemoryCurve

_NEARLY = 0.05
"""A token is taken for a character if it has 1 ± this many: separators of documents have two, say."""
_SHOWN_EVERY = 2
"""The table has every other length: 1, 4, 16 and so on."""


def print_memories(memories: Sequence[Memory], names: Sequence[str]) -> None:
    """The curves, a table of the bits given some lengths, and how far each model looks back."""
    print_memory_curves(memories, names)
    _print_table(memories, names, _unit(memories))
    for memory, name in zip(memories, names, strict=True):
        print_prose(f"{name}: {describe(memory)}")


def print_memory_curves(memories: Sequence[Memory], names: Sequence[str]) -> None:
    """The curves as lines of characters."""
    unit = _unit(memories)
    curves = memory_curves(memories, names)
    title = f"bits per {unit}, given so many {unit}s"
    drawn = draw_or_note(lambda: draw_lengths_in_terminal(curves, title), name="the curves")
    if drawn:
        print(f"{drawn}\n")


def _print_table(memories: Sequence[Memory], names: Sequence[str], unit: str) -> None:
    """A row for each curve and a column for each other length, where all have the same lengths."""
    by_curve = [
        (_label(name, curve, memory), memory, curve)
        for memory, name in zip(memories, names, strict=True)
        for curve in memory.curves
    ]
    lengths = sorted({length for _, _, curve in by_curve for length in curve.lengths[::_SHOWN_EVERY]})
    rows = [
        [label, *(f"{curve.means[curve.lengths.index(n)]:.3f}" if n in curve.lengths else "" for n in lengths)]
        for label, _, curve in by_curve
    ]
    is_in_tokens = not all(map(_is_in_units, memories))
    header = [f"bits/{'char' if unit == 'character' else unit}", *map(count, lengths)]
    print_left_out(print_table(header, rows, n_left=1, droppable=header[2:-1:2]))
    if is_in_tokens and unit == "character":
        sizes = {name: memory.units_per_token for name, memory in zip(names, memories, strict=True)}
        print_prose(
            "columns: tokens given; characters per token: "
            + ", ".join(f"{name} {size:.2f}" for name, size in sizes.items())
        )


def describe(memory: Memory) -> str:
    """How far back a model looks, in a sentence without its subject.

    The interval is left out where both its ends are printed alike.
    """
    found, scale = memory.looks_back, memory.units_per_token
    limit = ""
    if memory.reach is not None:
        limit = f"; it cannot look farther than {count_of(round(scale * memory.reach), memory.unit)}"
    if found is None:
        known = "after the next token" if memory.backward else "before the last token"
        return f"gains nothing from what is {known}{limit}"
    low, high = (round(scale * end) for end in (found.low, found.high))
    looks = "looks ahead" if memory.backward else "looks back"
    interval = "" if low == high else f" (95 % interval {low:,} to {high:,})"
    return f"{looks} {count_of(round(scale * found.tokens), memory.unit)}{interval}{limit}"


def memory_curves(memories: Sequence[Memory], names: Sequence[str]) -> list[LengthCurve]:
    """A curve for each model, and for each thing that is put beyond its context."""
    return [
        LengthCurve(
            label=_label(name, curve, memory),
            lengths=[length * scale for length in curve.lengths],
            ys=curve.means,
            plus_minus=curve.plus_minus,
            at=memory.looks_back.tokens * scale if not dash and memory.looks_back else None,
            group=group,
            dash=dash,
        )
        for group, (memory, name) in enumerate(zip(memories, names, strict=True))
        for scale in [1.0 if _is_in_units(memory) else memory.units_per_token]
        for dash, curve in enumerate(memory.curves)
    ]


def draw_memories(memories: Sequence[Memory], names: Sequence[str], *, title: str) -> bytes:
    """The picture: an upright dotted line stands where a model has reached 99 % of what context brings."""
    unit = _unit(memories)
    axes = LengthAxes(
        title=title, x_label=f"context given, {unit}s (upright line: 99 % of the gain)", y_label=f"bits per {unit}"
    )
    return draw_lengths_as_png(memory_curves(memories, names), axes)


def _is_in_units(memory: Memory) -> bool:
    """Whether a token is nearly one unit, so that lengths in tokens can be read as lengths in units."""
    return abs(memory.units_per_token - 1) <= _NEARLY


def _label(name: str, curve: MemoryCurve, memory: Memory) -> str:
    """The model; with what is beyond the context, if the model has several curves."""
    return name if len(memory.curves) == 1 else f"{name}, {curve.beyond} beyond"


def _unit(memories: Sequence[Memory]) -> str:
    from seqgen.inspection.memory import common_unit

    return common_unit(memories)
