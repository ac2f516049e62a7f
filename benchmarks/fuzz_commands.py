"""Runs many commands with values at the edges on texts of any bytes, and counts what is neither a result nor one line.

    python benchmarks/fuzz_commands.py --cases 10000
    python benchmarks/fuzz_commands.py --first 4711 --cases 1 --show      # one case again, with all it printed

Small models of every kind are trained first. Each case is a copy of their folder, a command with a few of its options,
a text and a standard input of any bytes. It runs in a process of its own that has all modules already, with limits on
memory and CPU time; when its time is up, it gets a Ctrl-C, as from a user. A case is its seed and number.
"""

from __future__ import annotations

import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1", MPLBACKEND="agg")

import argparse
import random
import re
import shlex
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import edges
from one_command import FINE, Outcome, import_all, run

ROOT = Path(__file__).resolve().parent.parent
SHAPE = "--width 12 --streams 4 --window 16 --steps 3 --device cpu --layers 1 --set ngram_order=none"
TRAINED = {
    "char": "story.txt --cell lstm --documents blank-line",
    "byte": "story.txt --cell rnn --tokenizer byte --set ngram_expert=false",
    "word": "story.txt --cell gru --tokenizer word --vocab-size 200",
    "white": "story.txt --cell mingru --tokenizer whitespace --valid story.txt",
    "sp": "story.txt --cell transformer --memory 16 --set d_head=4 --tokenizer sentencepiece --vocab-size 330",
    "pairs": "pairs.tsv --pairs --cell gru",
    "labels": "labels.tsv --pairs --cell lstm",
    "backward": "story.txt --cell lstm --backward",
    "tunes": "tunes.abc --cell lstm --documents blank-line",
}
TEXTS = {"story.txt": "stories.txt", "pairs.tsv": "plurals.tsv", "labels.tsv": "moods.tsv", "tunes.abc": "tunes.abc"}
N_BYTES = 6000
EVERY = 200


def prepare(folder: Path) -> None:
    """A folder with texts and small models."""
    folder.mkdir()
    for name, source in TEXTS.items():
        data = (ROOT / "corpora" / source).read_bytes()[:N_BYTES]
        (folder / name).write_bytes(data[: data.rindex(b"\n") + 1])
    (folder / "empty.txt").touch()
    (folder / "folder").mkdir()
    (folder / "folder" / "a.txt").write_bytes((folder / "story.txt").read_bytes())
    (folder.parent / "stdin").touch()
    for name, options in TRAINED.items():
        shape = SHAPE.replace("--layers 1", "--layers 2") if "transformer" in options else SHAPE
        outcome = run(["train", *options.split(), *shape.split(), "--out", f"runs/{name}"], folder, patience_s=300)
        if outcome.status:
            raise SystemExit(f"{name}: {outcome.err}")


def models_in(place: Path) -> tuple[Path, Path]:
    """A folder with the models, made if it is not there, and the one in which each case gets its copy."""
    base, folder = place.absolute() / "base", place.absolute() / "case"
    os.environ["SEQGEN_CACHE"] = str(folder / "cache")
    if not base.exists():
        place.mkdir(exist_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        prepare(folder)
        shutil.copytree(folder, base)
    return base, folder


def run_case(name: str, base: Path, folder: Path) -> tuple[list[str], Outcome]:
    """Run a case, named by its seed and number, in a new copy of the folder."""
    draw = random.Random(name)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(base, folder)
    words = edges.any_command(draw)
    for path in (folder / "any.txt", folder / "any.tsv", folder.parent / "stdin"):
        path.write_bytes(edges.any_bytes(draw))
    edges.make_special(folder)
    before = {path.name for path in folder.iterdir()}
    outcome = run(words, folder)
    if lost := edges.replaced(folder, before):
        outcome = Outcome(f"replaced {' '.join(lost)}", outcome.status, outcome.out, outcome.err)
    return words, outcome


def group_of(words: Sequence[str], outcome: Outcome) -> str:
    """What cases with the same fault have in common: where the exception came from, or the command."""
    frames = re.findall(r'File ".*/(seqgen/.*)", line (\d+)', outcome.err)
    last = (outcome.err.strip().splitlines() or [""])[-1]
    if outcome.kind in ("traceback", "memory", "death") and frames:
        return f"{outcome.kind}: {':'.join(frames[-1])} {last[:160]}"
    return f"{outcome.kind}: {' '.join(words[: 1 + (words[0] in ('inspect', 'corpus'))])} {last[:160]}"


@dataclass
class Findings:
    """How many cases came out how, and those that should not have."""

    counts: Counter[str]
    groups: dict[str, list[int]]

    def add(self, number: int, words: Sequence[str], outcome: Outcome) -> None:
        """Count a case. The first of a new fault is shown at once."""
        self.counts[outcome.kind] += 1
        if outcome.kind not in FINE:
            numbers = self.groups.setdefault(group_of(words, outcome), [])
            numbers.append(number)
            if len(numbers) == 1:
                print(f"{number} {group_of(words, outcome)}\n    seqgen {spelled(words)[:300]}", flush=True)
        if sum(self.counts.values()) % EVERY == 0:
            print(f"after {number}: {self}", flush=True)

    def __str__(self) -> str:
        return ", ".join(f"{n} {kind}" for kind, n in self.counts.most_common())


def spelled(words: Sequence[str]) -> str:
    """A command as a shell takes it."""
    return shlex.join(words).encode("utf-8", "backslashreplace").decode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", action="store_true", help="print all that a case printed")
    parser.add_argument("--folder", type=Path, help="keep the models there, for the next time")
    arguments = parser.parse_args()
    import_all()
    findings = Findings(Counter(), {})
    with tempfile.TemporaryDirectory() as name:
        base, folder = models_in(arguments.folder or Path(name))
        for number in range(arguments.first, arguments.first + arguments.cases):
            words, outcome = run_case(f"{arguments.seed} {number}", base, folder)
            findings.add(number, words, outcome)
            if arguments.show:
                print(f"seqgen {spelled(words)}\n{outcome.out}{outcome.err}{outcome.kind} ({outcome.status})")
    print(findings)
    for group, numbers in sorted(findings.groups.items(), key=lambda item: -len(item[1])):
        print(f"{len(numbers)} x {group} (cases {', '.join(map(str, numbers[:5]))})")


if __name__ == "__main__":
    main()
