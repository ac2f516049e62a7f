"""Damaged copies of a model file: wrong content under a right hash, or damaged bytes."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from seqgen.container import read_container, write_container

VALUES: list[Any] = [
    None, True, False, -1, 0, 1, 2, 1.5, 1e-320, 1e308, 10**6, 10**9, 10**20, 10**400, -(2**63), "", "x",
    "\x1b[31m\x07", "\ud800", "../../../../etc/passwd", "re:(", [], [1, [2]], ["a", "a"], {}, {"a": {"b": 1}},
    "9" * 5000, "é" * 3, [None] * 40,
]  # fmt: skip


def places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to all values inside a JSON value. Of a long list, only the first few."""
    found = [place] if place else []
    if isinstance(value, dict):
        items: list[tuple[Any, Any]] = list(value.items())
    else:
        items = list(enumerate(value))[:4] if isinstance(value, list) else []
    for key, item in items:
        found += places(item, (*place, key))
    return found


def change_document(document: dict[str, Any], draw: random.Random) -> str:
    """Change one value of a document, and say which."""
    place = draw.choice(places(document))
    holder = document
    for key in place[:-1]:
        holder = holder[key]
    kind = draw.choice(["replace", "replace", "replace", "delete", "add", "deepen", "vary"])
    old = holder[place[-1]]
    if kind == "delete":
        del holder[place[-1]]
    elif kind == "add" and isinstance(old, dict):
        old[draw.choice(["format", "cell", "x", "\x1b]0;x\x07"])] = draw.choice(VALUES)
    elif kind == "deepen":
        for _ in range(draw.choice([1, 30, 3000])):
            old = [old]
        holder[place[-1]] = old
    elif kind == "vary" and isinstance(old, int | float):
        holder[place[-1]] = draw.choice([old + 1, old - 1, old * 2, old / 2, -old, float(old), str(old), old * 10**6])
    elif kind == "vary" and isinstance(old, str):
        holder[place[-1]] = draw.choice([old + old, old[1:], old + "\0", old.upper(), [old], old[::-1]])
    else:
        kind, holder[place[-1]] = "replace", draw.choice(VALUES)
    return f"{kind} {place} -> {str(holder[place[-1]])[:60]!r}" if kind != "delete" else f"delete {place}"


def change_number(array: Any, draw: random.Random) -> Any:
    """The array with one number that no weight has, or bytes where it holds no floats."""
    if array.dtype.kind != "f":
        return change_data(array, draw)
    array.reshape(-1)[draw.randrange(array.size)] = draw.choice([np.nan, np.inf, -np.inf, 3e38, 1e30])
    return array


def change_data(array: Any, draw: random.Random) -> Any:
    """The array with a few other bytes."""
    data = bytearray(array.tobytes())
    for _ in range(draw.choice([1, 5, 50])):
        data[draw.randrange(len(data))] = draw.randrange(256)
    return np.frombuffer(bytes(data), array.dtype).reshape(array.shape)


TENSOR_CHANGES: dict[str, Callable[[Any, random.Random], Any]] = {
    "type": lambda array, draw: array.astype(draw.choice(["f2", "f8", "i1", "i8", "u8", "?", "u1"])),
    "shape": lambda array, draw: array.reshape(draw.choice([(-1,), (1, *array.shape), (*array.shape, 1)])),
    "transpose": lambda array, draw: array.T.copy(),
    "empty": lambda array, draw: array.reshape(-1)[:0],
    "number": change_number,
    "data": change_data,
}


def change_tensor(tensors: dict[str, Any], draw: random.Random) -> str:
    """Change one tensor, and say which."""
    name, kind = draw.choice(sorted(tensors)), draw.choice(["drop", "rename", "extra", "number", *TENSOR_CHANGES])
    if kind == "drop":
        del tensors[name]
    elif kind == "rename":
        tensors[draw.choice([name + "x", "model.x", "tokenizer", "expert", "label_expert"])] = tensors.pop(name)
    elif kind == "extra":
        tensors["model.extra"] = np.zeros(3, np.float32)
    else:
        with np.errstate(all="ignore"):
            tensors[name] = TENSOR_CHANGES[kind](tensors[name].copy(), draw)
    return f"{kind} {name}"


def change_bytes(data: bytes, draw: random.Random) -> bytes:
    """Bytes of a file with a few of them flipped, removed or added."""
    changed = bytearray(data)
    near_header = draw.random() < 0.7
    for _ in range(draw.choice([1, 1, 2, 10])):
        place = draw.randrange(min(len(changed), 4096) if near_header else len(changed))
        kind = draw.choice(["flip", "set", "cut", "remove", "add"])
        if kind == "flip":
            changed[place] ^= 1 << draw.randrange(8)
        elif kind == "set":
            changed[place] = draw.choice([0, 255, 0x22, 0x7B, draw.randrange(256)])
        elif kind == "cut":
            del changed[place:]
        elif kind == "remove":
            del changed[place : place + draw.choice([1, 8, 100])]
        else:
            changed[place:place] = bytes(draw.randrange(256) for _ in range(draw.choice([1, 8, 100])))
        if not changed:
            break
    return bytes(changed)


def damaged(source: Path, target: Path, draw: random.Random, *, raw: bool) -> str:
    """Write a damaged copy of a model file, and say how it is damaged."""
    if raw:
        target.write_bytes(change_bytes(source.read_bytes(), draw))
        return "raw"
    container = read_container(source, "model")
    changes = []
    for _ in range(draw.choice([1, 1, 1, 2])):
        changed_document = draw.random() < 0.7 and places(container.document)
        changes.append(
            change_document(container.document, draw) if changed_document else change_tensor(container.tensors, draw)
        )
    write_container(target, "model", document=container.document, tensors=container.tensors)
    return "; ".join(changes)
