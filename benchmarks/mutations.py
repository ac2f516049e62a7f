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

from damage import damaged

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
SECONDS, PATIENCE_S, BYTES = 1.0, 20.0, 64 << 20


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


def outcome_of(path: Path) -> tuple[str, str]:
    """What came of using a model file, and what is to be seen of it if that is neither a result nor one line."""
    most_bytes = peak_bytes() + max(BYTES, 10 * path.stat().st_size)
    started = time.process_time()
    signal.setitimer(signal.ITIMER_REAL, PATIENCE_S)
    outcome, detail = "accepted", ""
    try:
        use(path)
    except SeqgenError as error:
        outcome, detail = ("several lines", str(error)) if "\n" in str(error) else ("refused", "")
    except TimeoutError:
        outcome = "hang"
    except BaseException:
        outcome, detail = "exception", traceback.format_exc(limit=-3)
    signal.setitimer(signal.ITIMER_REAL, 0)
    if time.process_time() - started > SECONDS:
        outcome = "hang"
    return ("memory" if peak_bytes() > most_bytes else outcome), detail


def peak_bytes() -> int:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def expire(*_: object) -> None:
    """What the alarm does."""
    raise TimeoutError


def examine(sources: dict[str, Path], numbers: range, *, raw: bool, folder: Path) -> None:
    """Open damaged copies one after another, and write down what came of each."""
    signal.signal(signal.SIGALRM, expire)
    path, names = folder / "model.safetensors", sorted(sources)
    for name in names:
        use(sources[name])  # what is imported and allocated once does not count
    warnings.simplefilter("error")
    warnings.simplefilter("ignore", RuntimeWarning)  # as the command does
    with (folder / "results").open("a", buffering=1, encoding="utf-8") as results:
        for number in numbers:
            draw = random.Random(number)
            name = draw.choice(names)
            try:
                how = damaged(sources[name], path, draw, raw=raw)
            except (ValueError, TypeError, RecursionError, UnicodeError):  # cannot be written as a file at all
                results.write(json.dumps([number, "unwritable", name, ""]) + "\n")
                continue
            results.write(json.dumps([number, "begun", name, how]) + "\n")
            outcome, detail = outcome_of(path)
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
