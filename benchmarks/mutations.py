"""Opens thousands of damaged model files, and counts what is not one clear line. It needs Linux.

    python benchmarks/mutations.py --folder mutations --count 20000             # wrong content under a right hash
    python benchmarks/mutations.py --folder mutations --count 20000 --raw       # damaged bytes

Small runs are trained into the folder first: cells, tokenizers, documents, n-grams, experts, pairs and labels differ.
Each damaged copy of a model goes to everything that reads one: `info`, `sample` or `predict`, `eval`, `export` into one
of the formats, and `serve`. What may come out is a result or a SeqgenError of one line. Everything else is counted and
shown: another exception, a death of the process, more than a second of computing, or more memory than ten times the
file and 64 MB. What is done is kept in the folder; a second call goes on.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import shutil
import signal
import traceback
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

from damage import damaged
from readers import train_all, use

from seqgen.errors import SeqgenError

SECONDS, COMPUTING_S, WAITING_S, BYTES = 1.0, 20, 300, 64 << 20
FINE = ("accepted", "refused", "unwritable")


def outcome_of(path: Path, draw: random.Random) -> tuple[str, str]:
    """What came of using a model file, and what is to be seen of it: who refused it, or the exception."""
    before, most_bytes = resident_bytes("VmRSS"), max(BYTES, 10 * path.stat().st_size)
    Path("/proc/self/clear_refs").write_text("5")  # forgets the peak
    started = computed_s()
    signal.setitimer(signal.ITIMER_PROF, COMPUTING_S)
    signal.setitimer(signal.ITIMER_REAL, WAITING_S)
    outcome, detail = "accepted", ""
    try:
        detail = use(path, draw)
    except SeqgenError as error:
        outcome, detail = ("several lines", str(error)) if "\n" in str(error) else ("refused", "")
    except TimeoutError:
        outcome, detail = "hang", traceback.format_exc(limit=-3)
    except BaseException:
        outcome, detail = "exception", traceback.format_exc(limit=-3)
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    if outcome in FINE and computed_s() - started > SECONDS:
        outcome = "hang"
    grown = resident_bytes("VmHWM") - before
    return (f"memory of {grown >> 20} MB" if outcome in FINE and grown > most_bytes else outcome), detail


def computed_s() -> float:
    """Computing time of this process and of its children. How busy the machine is changes it little."""
    return sum(os.times()[:4])


def resident_bytes(name: str) -> int:
    """The memory of this process: now (VmRSS), or at most (VmHWM)."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024


def expire(*_: object) -> None:
    """What the alarms do."""
    raise TimeoutError


def examine(sources: dict[str, Path], numbers: range, *, raw: bool, results: Path) -> None:
    """Open damaged copies one after another, and write down what came of each."""
    signal.signal(signal.SIGALRM, expire)
    signal.signal(signal.SIGPROF, expire)
    path, names = results.parent / f"damaged {results.name}" / "model.safetensors", sorted(sources)
    path.parent.mkdir(exist_ok=True)
    exported = path.parent / "exported"
    for seed, name in enumerate(names):  # what is imported and allocated once does not count
        use(sources[name], random.Random(seed))
        shutil.rmtree(sources[name].parent / "exported", ignore_errors=True)
    warnings.simplefilter("error")
    warnings.simplefilter("ignore", RuntimeWarning)  # as the command does
    with results.open("a", buffering=1, encoding="utf-8") as out:
        for number in numbers:
            draw = random.Random(number)
            name = draw.choice(names)
            try:
                how = damaged(sources[name], path, draw, raw=raw)
            except (ValueError, TypeError, RecursionError, UnicodeError):  # cannot be written as a file at all
                out.write(json.dumps([number, "unwritable", name, "", ""]) + "\n")
                continue
            out.write(json.dumps([number, "begun", name, how, ""]) + "\n")
            outcome, detail = outcome_of(path, draw)
            out.write(json.dumps([number, outcome, name, how, detail]) + "\n")
            shutil.rmtree(exported, ignore_errors=True)


def read_results(results: Path) -> dict[int, list[Any]]:
    """The latest line about each number."""
    lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    return {int(line[0]): line for line in map(json.loads, lines)}


def forget_interrupted(results: Path) -> None:
    """Forget the copy at which the latest call was stopped from outside: it counts as a death otherwise."""
    lines = results.read_text(encoding="utf-8").splitlines(keepends=True) if results.exists() else []
    if lines and json.loads(lines[-1])[1] == "begun":
        results.write_text("".join(lines[:-1]), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="for the runs and what came of their copies")
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--raw", action="store_true", help="damage bytes, not content under a right hash")
    parser.add_argument("--show", type=int, default=20, help="how many kinds of failures to show")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    folder.mkdir(exist_ok=True)
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "SEQGEN_CACHE": str(folder / "cache")}
    sources = train_all(folder)
    results = folder / ("raw" if arguments.raw else "content")
    forget_interrupted(results)
    numbers = range(arguments.first, arguments.first + arguments.count)
    context = multiprocessing.get_context("spawn")
    while left := range(
        max((n for n in read_results(results) if n in numbers), default=numbers[0] - 1) + 1, numbers.stop
    ):
        settings = {"raw": arguments.raw, "results": results}
        process = context.Process(target=examine, args=(sources, left), kwargs=settings)
        process.start()
        process.join()
        if process.exitcode and left[0] not in read_results(results):
            raise SystemExit("the process ended before its first copy")
    show({number: line for number, line in read_results(results).items() if number in numbers}, arguments.show)


def show(done: dict[int, list[Any]], n_shown: int) -> None:
    outcomes = Counter("death" if line[1] == "begun" else line[1].partition(" of ")[0] for line in done.values())
    print(f"{len(done):,} copies: " + ", ".join(f"{n:,} {outcome}" for outcome, n in outcomes.most_common()))
    later = Counter(line[4] for line in done.values() if line[1] == "accepted")
    print("of those accepted, refused by: " + "; ".join(f"{names or 'none'} {n:,}" for names, n in later.most_common()))
    for name in sorted({line[2] for line in done.values()}):
        of_name = Counter(line[1] for line in done.values() if line[2] == name)
        print(f"{name}: " + ", ".join(f"{n:,} {outcome}" for outcome, n in of_name.most_common()))
    kinds: dict[str, list[list[Any]]] = {}
    for line in done.values():
        if line[1] not in FINE:
            last = line[4].strip().splitlines()
            kinds.setdefault(f"{line[1]}: {' | '.join(last[-3:])[-220:]}", []).append(line)
    for kind, lines in sorted(kinds.items(), key=lambda item: -len(item[1]))[:n_shown]:
        print(f"\n{len(lines)} x {kind}\n   e.g. {lines[0][0]} {lines[0][2]}: {lines[0][3][:200]}")


if __name__ == "__main__":
    main()
