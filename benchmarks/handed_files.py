"""Hands damaged files of every other kind to the commands that read them, and counts what is not one clear line.

    python benchmarks/handed_files.py --folder mutations --count 500

The runs are those of mutations.py. Damaged are: the output of `sample --json` for `--replay`, the `metrics.jsonl` of a
run, its `last.safetensors` (or that of another run in its place), a second model beside the one that is opened by no
name, and texts, tables, compressed files and sources. What may come out is a result or one line.
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import json
import lzma
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import zstandard
from damage import change_bytes, change_document, change_tensor, damaged
from readers import train_all
from typer.testing import CliRunner

from seqgen.cli import app
from seqgen.container import read_container, write_container

COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstandard.compress,
}
PASSAGES = [
    b"cat\tcats\n", b'{"source":"a","target":"b","text":"x y"}\n', b'a,b\n"q ""x"" ,1",2\n', b"one two\n\n",
    b"\x00\xff\n", b"\r\n", b"\xef\xbb\xbf", b"\x22", b"\xf0\x9f\x98\x80", b"X:1\nT:t\nM:4/4\nK:D\nabcd|efga|]\n\n",
]  # fmt: skip
READINGS = ["", "--pairs", "--field text", "--pairs --columns source,target", "--documents blank-line"]
READINGS += ["--documents re:^X", "--encoding utf-16", "--encoding latin-1"]
UNWRITABLE = (ValueError, TypeError, RecursionError, UnicodeError)
Cases = Iterator[tuple[str, Sequence[object]]]
"""What is damaged, and a command that reads it."""


def changed_json(value: Any, draw: random.Random) -> bytes:
    """JSON with a wrong value, or with damaged bytes."""
    if draw.random() < 1 / 3:
        return change_bytes(json.dumps(value).encode(), draw)
    holder = {"value": json.loads(json.dumps(value))}
    change_document(holder, draw)
    return json.dumps(holder.get("value", holder)).encode()


def replays(runs: dict[str, Path], draw: random.Random) -> Cases:
    name = draw.choice(["documents", "words", "pairs"])
    source = ["--source", "cat"] if name == "pairs" else ["--match", "[a-z ]*", "--stop", "e"]
    command = ["sample", runs[name].parent, "--length", 12, "--count", 2, "--seed", 1, "--json", *source]
    made = CliRunner().invoke(app, [str(word) for word in command]).stdout
    Path("made.json").write_bytes(changed_json(json.loads(made), draw))
    yield name, ["sample", runs[name].parent, "--replay", "made.json"]


def histories(runs: dict[str, Path], draw: random.Random) -> Cases:
    run = copied(runs[draw.choice(["documents", "pairs"])].parent)
    path = run / "metrics.jsonl"
    lines = path.read_bytes().splitlines()
    number = draw.randrange(len(lines))
    lines[number] = changed_json(json.loads(lines[number]), draw)
    path.write_bytes(b"\n".join(lines))
    command = draw.choice([["info", run], ["info", run, "--json"], ["train", "--resume", run, "--steps", 4]])
    yield f"line {number}", command


def checkpoints(runs: dict[str, Path], draw: random.Random) -> Cases:
    run = copied(runs[draw.choice(sorted(runs))].parent)
    path = run / "last.safetensors"
    (run / "previous.safetensors").unlink(missing_ok=True)
    kind, how = draw.choice(["raw", "mixed", "content", "content"]), ""
    if kind == "raw":
        path.write_bytes(change_bytes(path.read_bytes(), draw))
    elif kind == "mixed":
        how = draw.choice(sorted(runs))
        shutil.copy(runs[how].parent / path.name, path)
    else:
        container = read_container(path, "checkpoint")
        document, tensors = container.document, container.tensors
        how = change_document(document, draw) if draw.random() < 0.5 else change_tensor(tensors, draw)
        write_container(path, "checkpoint", document=document, tensors=tensors)
    yield f"{kind} {how}", ["train", "--resume", run, "--steps", 5]


def candidates(runs: dict[str, Path], draw: random.Random) -> Cases:
    shutil.rmtree("checkpoints", ignore_errors=True)
    shutil.copytree(runs["documents"].parent, "checkpoints/healthy")
    Path("checkpoints/faulty").mkdir()
    how = damaged(runs["words"], Path("checkpoints/faulty/model.safetensors"), draw, raw=draw.random() < 0.5)
    yield how, draw.choice([["models"], ["info"], ["sample", "--length", 5]])


def texts(runs: dict[str, Path], draw: random.Random) -> Cases:
    ending = draw.choice([".tsv", ".jsonl", ".csv", ".txt", ".json", ".abc", *COMPRESSORS])
    data = b"".join(draw.choice(PASSAGES) for _ in range(draw.choice([1, 5, 60])))
    data = COMPRESSORS.get(ending, bytes)(data)
    name = f"text{ending}"
    Path(name).write_bytes(change_bytes(data, draw) if draw.random() < 0.7 else data)
    commands: list[list[object]] = [
        ["corpus", "stats", name, *draw.choice(READINGS).split()],
        ["predict", "--run", runs["pairs"].parent, "--file", name],
        ["sample", runs["documents"].parent, "--length", 5, "--prompt-file", name],
        ["sample", runs["documents"].parent, "--length", 5, "--words", name],
        ["eval", runs[draw.choice(["documents", "pairs"])].parent, "--on", name],
        ["tokenize", name],
    ]
    yield name, draw.choice(commands)


def copied(run: Path) -> Path:
    """A copy of a run that may be damaged."""
    copy = Path("copy")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(run, copy)
    return copy


KINDS = {"replay": replays, "history": histories, "checkpoint": checkpoints, "candidate": candidates, "text": texts}


def outcome_of(command: Sequence[object]) -> str:
    """What came of a command."""
    result = CliRunner().invoke(app, [str(word) for word in command])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        return f"exception {result.exception!r}"
    if result.exit_code == 0:
        return "accepted"
    is_diverged = "verdict: diverged" in result.stderr  # forged memory of an optimizer, of the right form
    n_lines = sum(line.startswith("seqgen: ") for line in result.stderr.splitlines())
    return "diverged" if is_diverged else "refused" if n_lines == 1 else f"several lines {result.stderr}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="with the runs; they are trained if it is new")
    parser.add_argument("--count", type=int, default=500, help="damaged files of each kind")
    parser.add_argument("--kind", choices=[*KINDS], help="this kind only")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    folder.mkdir(exist_ok=True)
    os.environ |= {"OMP_NUM_THREADS": "1", "SEQGEN_CACHE": str(folder / "cache")}
    runs = train_all(folder)
    (folder / "handed").mkdir(exist_ok=True)
    os.chdir(folder / "handed")
    for name, damage in KINDS.items():
        if arguments.kind in (None, name):
            outcomes: Counter[str] = Counter()
            for number in range(arguments.count):
                try:
                    for how, command in damage(runs, random.Random(number)):
                        outcome = outcome_of(command)
                        outcomes[outcome.partition(" ")[0]] += 1
                        if outcome.startswith(("exception", "several")):
                            print(f"{name} {number} ({how[:200]}): {outcome[-600:]}", flush=True)
                except UNWRITABLE:
                    outcomes["unwritable"] += 1
            print(f"{name}: " + ", ".join(f"{n:,} {outcome}" for outcome, n in outcomes.most_common()), flush=True)


if __name__ == "__main__":
    main()
