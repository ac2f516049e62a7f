"""Opens thousands of damaged model files, and counts what is not one clear line.

    python benchmarks/mutations.py --count 20000             # wrong content under a right hash
    python benchmarks/mutations.py --count 20000 --raw       # damaged bytes

Six small models are trained first: cells, tokenizers, documents, pairs and labels differ. Each damaged copy of one is
described as by `seqgen info`, writes 20 characters or predicts a target, and is scored. What may come out is a result
or a SeqgenError. Everything else is counted and shown: another exception, a death of the process, a second without an
answer, or more memory than ten times the file and 64 MB.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from seqgen.container import read_container, write_container
from seqgen.errors import SeqgenError

ROOT = Path(__file__).resolve().parent.parent
SHAPE = ["--width", "12", "--streams", "4", "--window", "16", "--steps", "3", "--device", "cpu", "--set", "dropout=0"]
RUNS: dict[str, list[str]] = {
    "char": ["stories.txt", "--cell", "lstm", "--documents", "blank-line"],
    "byte": ["stories.txt", "--cell", "rnn", "--tokenizer", "byte", "--set", "ngram_expert=false"],
    "word": ["stories.txt", "--cell", "gru", "--tokenizer", "word", "--vocab-size", "200"],
    "sentencepiece": [
        "stories.txt", "--cell", "transformer", "--layers", "1", "--memory", "16", "--set", "d_head=4",
        "--tokenizer", "sentencepiece", "--vocab-size", "330",
    ],
    "pairs": ["plurals.tsv", "--pairs", "--cell", "gru"],
    "labels": ["moods.tsv", "--pairs", "--cell", "lstm"],
}  # fmt: skip
VALUES: list[Any] = [
    None, True, False, -1, 0, 1, 2, 1.5, 1e-320, 1e308, 10**6, 10**9, 10**20, -(2**63), "", "x", "\x1b[31m\x07", "\ud800",
    "../../../../etc/passwd", "re:(", [], [1, [2]], ["a", "a"], {}, {"a": {"b": 1}}, "9" * 5000, "é" * 3, [None] * 40,
]  # fmt: skip
SECONDS, BYTES = 1.0, 64 << 20


def train_all(folder: Path) -> dict[str, Path]:
    """The model file of each run."""
    paths = {}
    for name, (corpus, *options) in RUNS.items():
        out = folder / name
        shape = SHAPE if "transformer" in options else [*SHAPE, "--layers", "1"]
        shape = [word for word in shape if word] if name != "sentencepiece" else SHAPE
        command = [sys.executable, "-m", "seqgen", "train", str(ROOT / "corpora" / corpus), *options, *shape]
        subprocess.run([*command, "--out", str(out)], check=True, capture_output=True, cwd=folder)
        paths[name] = out / "model.safetensors"
    return paths


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


def change_tensor(tensors: dict[str, Any], draw: random.Random) -> str:
    """Change one tensor, and say which."""
    name = draw.choice(sorted(tensors))
    array = tensors[name].copy()
    kind = draw.choice(["drop", "rename", "type", "shape", "transpose", "value", "value", "bytes", "empty", "extra"])
    if kind == "drop":
        del tensors[name]
    elif kind == "rename":
        tensors[draw.choice([name + "x", "model.x", "tokenizer", "expert", "label_expert"])] = tensors.pop(name)
    elif kind == "type":
        with np.errstate(all="ignore"):
            tensors[name] = array.astype(draw.choice(["f2", "f8", "i1", "i8", "u8", "?", "u1"]))
    elif kind == "shape":
        tensors[name] = array.reshape(draw.choice([(-1,), (1, *array.shape), (*array.shape, 1)]))
    elif kind == "transpose":
        tensors[name] = array.T.copy()
    elif kind == "empty":
        tensors[name] = array[:0]
    elif kind == "extra":
        tensors["model.extra"] = np.zeros(3, np.float32)
    elif kind == "value" and array.dtype.kind == "f":
        array.reshape(-1)[draw.randrange(array.size)] = draw.choice([np.nan, np.inf, -np.inf, 3e38, 1e30])
        tensors[name] = array
    else:
        data = bytearray(array.tobytes())
        for _ in range(draw.choice([1, 5, 50])):
            data[draw.randrange(len(data))] = draw.randrange(256)
        tensors[name] = np.frombuffer(bytes(data), array.dtype).reshape(array.shape)
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


def use(path: Path) -> None:
    """All that commands do with a model file."""
    from seqgen.api import LanguageModel
    from seqgen.cli.evaluate.info import facts_of
    from seqgen.run import load_model

    saved = load_model(path)
    "".join(f"{name}{value}" for name, value in facts_of(saved)).encode("utf-8", "surrogatepass")
    model = LanguageModel(saved)
    if saved.source_tokenizer is not None:
        model.predict(["the food"])
        model.evaluate([("cat", "cats"), ("the food was good", "kind")])
    else:
        model.write("Mina ", length=20, seed=1)
        model.score("Mina sat by the river, and the river was wide.")


def examine(sources: dict[str, Path], numbers: range, *, raw: bool, folder: Path) -> None:
    """Open damaged copies one after another. Writes what is not a result or a SeqgenError, and what is, as it goes."""
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", category=RuntimeWarning, module="seqgen")  # as the command does
    path, results = folder / "model.safetensors", (folder / "results").open("a", buffering=1, encoding="utf-8")

    def expire(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, expire)
    names = sorted(sources)
    use(sources[names[0]])  # what is imported and allocated once does not count
    for number in numbers:
        draw = random.Random(number)
        name = draw.choice(names)
        try:
            how = damaged(sources[name], path, draw, raw=raw)
        except (ValueError, TypeError, RecursionError, UnicodeError):  # cannot be written as a file at all
            results.write(json.dumps([number, "unwritable", name, ""]) + "\n")
            continue
        results.write(json.dumps([number, "begun", name, how]) + "\n")
        limit = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 + max(BYTES, 10 * path.stat().st_size)
        started = time.process_time()
        signal.setitimer(signal.ITIMER_REAL, 20)
        outcome, detail = "accepted", ""
        try:
            use(path)
        except SeqgenError as error:
            outcome, detail = ("refused", "") if "\n" not in str(error) else ("several lines", str(error))
        except TimeoutError:
            outcome = "hang"
        except BaseException:
            outcome, detail = "exception", traceback.format_exc(limit=-3)
        signal.setitimer(signal.ITIMER_REAL, 0)
        if outcome in ("accepted", "refused") and time.process_time() - started > SECONDS:
            outcome = "hang"
        if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 > limit:
            outcome = "memory"
        results.write(json.dumps([number, outcome, name, f"{how}\n{detail}"]) + "\n")


def read_results(folder: Path) -> dict[int, list[Any]]:
    """The latest line about each number."""
    lines = (folder / "results").read_text(encoding="utf-8").splitlines() if (folder / "results").exists() else []
    return {int(line[0]): line for line in map(json.loads, lines)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--raw", action="store_true", help="damage bytes, not content under a right hash")
    parser.add_argument("--show", type=int, default=20, help="how many kinds of failures to show")
    arguments = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["SEQGEN_CACHE"] = str(folder / "cache")
        sources = train_all(folder)
        numbers = range(arguments.first, arguments.first + arguments.count)
        context = multiprocessing.get_context("spawn")
        while numbers:
            process = context.Process(
                target=examine, args=(sources, numbers), kwargs={"raw": arguments.raw, "folder": folder}
            )
            process.start()
            process.join()
            done = read_results(folder)
            numbers = range(max(done, default=numbers[0]) + 1, numbers.stop) if process.exitcode else range(0)
        show(done, n_shown=arguments.show)


def show(done: dict[int, list[Any]], *, n_shown: int) -> None:
    outcomes = Counter("death" if line[1] == "begun" else line[1] for line in done.values())
    print(", ".join(f"{n} {outcome}" for outcome, n in outcomes.most_common()))
    kinds: dict[str, list[list[Any]]] = {}
    for line in done.values():
        if line[1] not in ("accepted", "refused", "unwritable"):
            last = line[3].strip().splitlines()
            kinds.setdefault(f"{line[1]}: {' | '.join(last[-3:])[-220:]}", []).append(line)
    for kind, lines in sorted(kinds.items(), key=lambda item: -len(item[1]))[:n_shown]:
        print(f"\n{len(lines)} x {kind}\n   e.g. {lines[0][0]} {lines[0][2]}: {lines[0][3].splitlines()[0][:200]}")


if __name__ == "__main__":
    main()
